//! The `--filter` of a capture: parsed once, compared by its members, written in one form.

use std::fmt;
use std::str::FromStr;

/// Which images a capture asked for by their tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TagStatus {
    /// Images with at least one tag.
    Tagged,
    /// Images without a tag.
    Untagged,
    /// All of them; the service's default.
    Any,
}

/// Which images a capture asked for by their status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageStatus {
    /// Active images; the service's default.
    Active,
    /// Archived images.
    Archived,
    /// Images that are being restored from the archive.
    Activating,
    /// All of them.
    Any,
}

impl TagStatus {
    /// Every value.
    pub const ALL: [TagStatus; 3] = [TagStatus::Tagged, TagStatus::Untagged, TagStatus::Any];

    /// The value in the words of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            TagStatus::Tagged => "TAGGED",
            TagStatus::Untagged => "UNTAGGED",
            TagStatus::Any => "ANY",
        }
    }
}

impl ImageStatus {
    /// Every value.
    pub const ALL: [ImageStatus; 4] =
        [ImageStatus::Active, ImageStatus::Archived, ImageStatus::Activating, ImageStatus::Any];

    /// The value in the words of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            ImageStatus::Active => "ACTIVE",
            ImageStatus::Archived => "ARCHIVED",
            ImageStatus::Activating => "ACTIVATING",
            ImageStatus::Any => "ANY",
        }
    }
}

/// The `--filter` that a capture was made with.
///
/// It is read from shorthand (`tagStatus=TAGGED,imageStatus=ANY`) or JSON
/// (`{"imageStatus": "ANY"}`). [`fmt::Display`] writes the canonical form, which the store keeps:
/// shorthand, `tagStatus` first, only the members that were given, no white space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CaptureFilter {
    /// `tagStatus`, if given.
    pub tag_status: Option<TagStatus>,
    /// `imageStatus`, if given.
    pub image_status: Option<ImageStatus>,
}

/// Why a text is not a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureFilterError {
    /// The text has no condition.
    #[error("it has no condition; expected KEY=VALUE, such as tagStatus=TAGGED")]
    Empty,
    /// The text is neither `KEY=VALUE` pairs nor a JSON object of strings.
    #[error("`{0}` is not KEY=VALUE")]
    NotAPair(String),
    /// A key that the API does not have.
    #[error("unknown key `{0}`; expected one of: tagStatus, imageStatus")]
    UnknownKey(String),
    /// A value that the API does not have.
    #[error("unknown value `{value}` of {key}; expected one of: {expected}")]
    UnknownValue {
        /// `tagStatus` or `imageStatus`.
        key: &'static str,
        /// The value as the user gave it.
        value: String,
        /// The values of that key, separated by commas.
        expected: String,
    },
    /// A key that was given twice.
    #[error("{0} is given twice")]
    Twice(&'static str),
}

impl CaptureFilter {
    /// Every filter that can be given, and the one without a condition.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(None).chain(TagStatus::ALL.map(Some)).flat_map(|tag_status| {
            let statuses = std::iter::once(None).chain(ImageStatus::ALL.map(Some));
            statuses.map(move |image_status| CaptureFilter { tag_status, image_status })
        })
    }

    /// Whether a capture with it leaves out tagged images that are active.
    pub fn hides_tagged(&self) -> bool {
        self.tag_status == Some(TagStatus::Untagged)
            || matches!(self.image_status, Some(ImageStatus::Archived | ImageStatus::Activating))
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), CaptureFilterError> {
        match key {
            "tagStatus" => set_once(&mut self.tag_status, "tagStatus", value, &TagStatus::ALL, TagStatus::as_str),
            "imageStatus" => {
                set_once(&mut self.image_status, "imageStatus", value, &ImageStatus::ALL, ImageStatus::as_str)
            }
            _ => Err(CaptureFilterError::UnknownKey(key.to_owned())),
        }
    }
}

fn set_once<T: Copy>(
    member: &mut Option<T>,
    key: &'static str,
    value: &str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<(), CaptureFilterError> {
    if member.is_some() {
        return Err(CaptureFilterError::Twice(key));
    }
    *member = all.iter().copied().find(|known| as_str(*known) == value);
    if member.is_some() {
        return Ok(());
    }
    let expected = all.iter().map(|known| as_str(*known)).collect::<Vec<_>>().join(", ");
    Err(CaptureFilterError::UnknownValue { key, value: value.to_owned(), expected })
}

impl FromStr for CaptureFilter {
    type Err = CaptureFilterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut filter = CaptureFilter::default();
        if text.trim().is_empty() {
            return Err(CaptureFilterError::Empty);
        }
        if let Ok(serde_json::Value::Object(members)) = serde_json::from_str(text) {
            if members.is_empty() {
                return Err(CaptureFilterError::Empty);
            }
            for (key, value) in members {
                let value = value.as_str().ok_or_else(|| CaptureFilterError::NotAPair(key.clone()))?;
                filter.set(&key, value)?;
            }
            return Ok(filter);
        }
        for pair in text.split(',') {
            let (key, value) = pair.split_once('=').ok_or_else(|| CaptureFilterError::NotAPair(pair.to_owned()))?;
            filter.set(key.trim(), value.trim().trim_matches(['"', '\'']))?;
        }
        Ok(filter)
    }
}

impl fmt::Display for CaptureFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tags = self.tag_status.map(|status| ("tagStatus", status.as_str()));
        let images = self.image_status.map(|status| ("imageStatus", status.as_str()));
        for (number, (key, value)) in tags.into_iter().chain(images).enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(formatter, "{comma}{key}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{CaptureFilter, ImageStatus, TagStatus};

    #[test]
    fn one_filter_has_one_form() {
        for (texts, expected) in [
            (
                &["imageStatus=ANY", r#"{"imageStatus":"ANY"}"#, "imageStatus=\"ANY\"", " imageStatus = ANY "][..],
                "imageStatus=ANY",
            ),
            (
                &[
                    "tagStatus=TAGGED,imageStatus=ANY",
                    "imageStatus=ANY, tagStatus=TAGGED",
                    r#"{"imageStatus": "ANY", "tagStatus": "TAGGED"}"#,
                ],
                "tagStatus=TAGGED,imageStatus=ANY",
            ),
            (&["tagStatus=ANY"], "tagStatus=ANY"),
        ] {
            let canonical: CaptureFilter = expected.parse().expect(expected);
            for text in texts {
                let filter: CaptureFilter = text.parse().expect(text);
                assert_eq!(filter, canonical, "{text}");
                assert_eq!(filter.to_string(), expected, "{text}");
            }
        }
        for tags in TagStatus::ALL.map(Some).into_iter().chain([None]) {
            for images in ImageStatus::ALL.map(Some).into_iter().chain([None]) {
                let filter = CaptureFilter { tag_status: tags, image_status: images };
                let back = filter.to_string().parse();
                assert_eq!(back.ok(), (tags.is_some() || images.is_some()).then_some(filter));
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, expected) in [
            ("", "it has no condition; expected KEY=VALUE, such as tagStatus=TAGGED"),
            ("{}", "it has no condition; expected KEY=VALUE, such as tagStatus=TAGGED"),
            ("ANY", "`ANY` is not KEY=VALUE"),
            ("imageStatus", "`imageStatus` is not KEY=VALUE"),
            ("imageStatus=ANY,", "`` is not KEY=VALUE"),
            (r#"{"imageStatus": true}"#, "`imageStatus` is not KEY=VALUE"),
            ("status=ANY", "unknown key `status`; expected one of: tagStatus, imageStatus"),
            ("tagStatus=any", "unknown value `any` of tagStatus; expected one of: TAGGED, UNTAGGED, ANY"),
            ("imageStatus=ANY,imageStatus=ACTIVE", "imageStatus is given twice"),
        ] {
            let error = text.parse::<CaptureFilter>().expect_err(text);
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }
}
