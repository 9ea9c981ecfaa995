//! One detail as `serde_json` reads it: every member borrowed from the page, nothing decided yet.
//!
//! Member names are taken without regard to case (the Go SDK and PowerShell write `ImageDigest`),
//! an explicit null is an absent member, and what the model does not have is kept as its raw text.
//! What a row of the store makes of it is in `row`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::value::RawValue;

/// A detail whose texts are still those of the page.
#[derive(Debug, Default)]
pub(crate) struct RawDetail<'a> {
    pub(crate) registry_id: Option<Cow<'a, str>>,
    pub(crate) repository_name: Option<Cow<'a, str>>,
    pub(crate) image_digest: Option<Cow<'a, str>>,
    pub(crate) image_tags: Option<Vec<Cow<'a, str>>>,
    pub(crate) image_size_in_bytes: Option<i64>,
    /// Their JSON text, in the order of [`crate::store::row::TIMES`].
    pub(crate) times: [Option<&'a str>; 6],
    pub(crate) image_manifest_media_type: Option<Cow<'a, str>>,
    pub(crate) artifact_media_type: Option<Cow<'a, str>>,
    pub(crate) image_status: Option<Cow<'a, str>>,
    pub(crate) subject_manifest_digest: Option<Cow<'a, str>>,
    pub(crate) scan_status: Option<RawScanStatus<'a>>,
    pub(crate) findings: Option<RawFindings<'a>>,
    pub(crate) unknown: Unknown<'a>,
}

/// Members that the model does not have, with the text of their values.
pub(crate) type Unknown<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

#[derive(Debug, Default)]
pub(crate) struct RawScanStatus<'a> {
    pub(crate) status: Option<Cow<'a, str>>,
    pub(crate) description: Option<Cow<'a, str>>,
    pub(crate) unknown: Unknown<'a>,
}

#[derive(Debug, Default)]
pub(crate) struct RawFindings<'a> {
    pub(crate) completed_at: Option<&'a str>,
    pub(crate) source_updated_at: Option<&'a str>,
    pub(crate) counts: Option<Vec<(Cow<'a, str>, i64)>>,
    pub(crate) unknown: Unknown<'a>,
}

/// The members of an `ImageDetail`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    RegistryId,
    RepositoryName,
    ImageDigest,
    ImageTags,
    ImageSizeInBytes,
    ImagePushedAt,
    ImageScanStatus,
    ImageScanFindingsSummary,
    ImageManifestMediaType,
    ArtifactMediaType,
    LastRecordedPullTime,
    SubjectManifestDigest,
    ImageStatus,
    LastArchivedAt,
    LastActivatedAt,
}

const MEMBERS: [(&str, Member); 15] = [
    ("registryId", Member::RegistryId),
    ("repositoryName", Member::RepositoryName),
    ("imageDigest", Member::ImageDigest),
    ("imageTags", Member::ImageTags),
    ("imageSizeInBytes", Member::ImageSizeInBytes),
    ("imagePushedAt", Member::ImagePushedAt),
    ("imageScanStatus", Member::ImageScanStatus),
    ("imageScanFindingsSummary", Member::ImageScanFindingsSummary),
    ("imageManifestMediaType", Member::ImageManifestMediaType),
    ("artifactMediaType", Member::ArtifactMediaType),
    ("lastRecordedPullTime", Member::LastRecordedPullTime),
    ("subjectManifestDigest", Member::SubjectManifestDigest),
    ("imageStatus", Member::ImageStatus),
    ("lastArchivedAt", Member::LastArchivedAt),
    ("lastActivatedAt", Member::LastActivatedAt),
];

/// The member of that name, in any case.
pub(crate) fn member(name: &str) -> Option<Member> {
    MEMBERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, member)| *member)
}

impl<'de> Deserialize<'de> for RawDetail<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object::<Self>(PhantomData))
    }
}

/// An object that is read member by member into `T`.
struct Object<T>(PhantomData<T>);

trait Members<'de>: Default {
    const WHAT: &'static str;

    /// Take the value of the member `name`.
    fn take<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, access: &mut A) -> Result<(), A::Error>;
}

impl<'de, T: Members<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<T, A::Error> {
        let mut value = T::default();
        while let Some(Name(name)) = access.next_key()? {
            value.take(name, &mut access)?;
        }
        Ok(value)
    }
}

impl<'de> Members<'de> for RawDetail<'de> {
    const WHAT: &'static str = "an object with the members of an image detail";

    fn take<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, access: &mut A) -> Result<(), A::Error> {
        let Some(member) = member(&name) else {
            return take_unknown(&mut self.unknown, name, access);
        };
        match member {
            Member::RegistryId => self.registry_id = text(access, "registryId to be a string")?,
            Member::RepositoryName => self.repository_name = text(access, "repositoryName to be a string")?,
            Member::ImageDigest => self.image_digest = text(access, "imageDigest to be a string")?,
            Member::ImageTags => self.image_tags = access.next_value::<Tags<'de>>()?.0,
            Member::ImageSizeInBytes => {
                self.image_size_in_bytes = access.next_value_seed(Integer("imageSizeInBytes to be an integer"))?;
            }
            Member::ImagePushedAt => self.times[0] = raw(access)?.map(RawValue::get),
            Member::LastRecordedPullTime => self.times[3] = raw(access)?.map(RawValue::get),
            Member::LastArchivedAt => self.times[4] = raw(access)?.map(RawValue::get),
            Member::LastActivatedAt => self.times[5] = raw(access)?.map(RawValue::get),
            Member::ImageScanStatus => self.scan_status = access.next_value::<Maybe<RawScanStatus<'de>>>()?.0,
            Member::ImageScanFindingsSummary => {
                self.findings = access.next_value::<Maybe<RawFindings<'de>>>()?.0;
                self.times[1] = self.findings.as_ref().and_then(|findings| findings.completed_at);
                self.times[2] = self.findings.as_ref().and_then(|findings| findings.source_updated_at);
            }
            Member::ImageManifestMediaType => {
                self.image_manifest_media_type = text(access, "imageManifestMediaType to be a string")?;
            }
            Member::ArtifactMediaType => self.artifact_media_type = text(access, "artifactMediaType to be a string")?,
            Member::SubjectManifestDigest => {
                self.subject_manifest_digest = text(access, "subjectManifestDigest to be a string")?;
            }
            Member::ImageStatus => self.image_status = text(access, "imageStatus to be a string")?,
        }
        Ok(())
    }
}

impl<'de> Members<'de> for RawScanStatus<'de> {
    const WHAT: &'static str = "imageScanStatus to be an object";

    fn take<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, access: &mut A) -> Result<(), A::Error> {
        if name.eq_ignore_ascii_case("status") {
            self.status = text(access, "imageScanStatus.status to be a string")?;
        } else if name.eq_ignore_ascii_case("description") {
            self.description = text(access, "imageScanStatus.description to be a string")?;
        } else {
            take_unknown(&mut self.unknown, name, access)?;
        }
        Ok(())
    }
}

impl<'de> Members<'de> for RawFindings<'de> {
    const WHAT: &'static str = "imageScanFindingsSummary to be an object";

    fn take<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, access: &mut A) -> Result<(), A::Error> {
        if name.eq_ignore_ascii_case("imageScanCompletedAt") {
            self.completed_at = raw(access)?.map(RawValue::get);
        } else if name.eq_ignore_ascii_case("vulnerabilitySourceUpdatedAt") {
            self.source_updated_at = raw(access)?.map(RawValue::get);
        } else if name.eq_ignore_ascii_case("findingSeverityCounts") {
            self.counts = access.next_value::<Maybe<Counts<'de>>>()?.0.map(|counts| counts.0);
        } else {
            take_unknown(&mut self.unknown, name, access)?;
        }
        Ok(())
    }
}

/// `findingSeverityCounts`.
#[derive(Default)]
struct Counts<'a>(Vec<(Cow<'a, str>, i64)>);

impl<'de> Members<'de> for Counts<'de> {
    const WHAT: &'static str = "findingSeverityCounts to be an object";

    fn take<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, access: &mut A) -> Result<(), A::Error> {
        if let Some(count) = access.next_value_seed(Integer("each of findingSeverityCounts to be an integer"))? {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = count,
                None => self.0.push((name, count)),
            }
        }
        Ok(())
    }
}

/// An object or null.
struct Maybe<T>(Option<T>);

impl<'de, T: Members<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MaybeVisitor::<T>(PhantomData))
    }
}

struct MaybeVisitor<T>(PhantomData<T>);

impl<'de, T: Members<'de>> Visitor<'de> for MaybeVisitor<T> {
    type Value = Maybe<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::WHAT)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Maybe(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        Object::<T>(PhantomData).visit_map(access).map(|value| Maybe(Some(value)))
    }
}

fn take_unknown<'de, A: MapAccess<'de>>(
    unknown: &mut Unknown<'de>,
    name: Cow<'de, str>,
    access: &mut A,
) -> Result<(), A::Error> {
    if let Some(value) = raw(access)? {
        unknown.retain(|(known, _)| *known != name);
        unknown.push((name, value));
    }
    Ok(())
}

/// The text of a value; `None` for null.
fn raw<'de, A: MapAccess<'de>>(access: &mut A) -> Result<Option<&'de RawValue>, A::Error> {
    let value: &RawValue = access.next_value()?;
    Ok((value.get() != "null").then_some(value))
}

/// The name of a member, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_str(TextVisitor("a member's name"))?;
        Ok(Name(text.unwrap_or_default()))
    }
}

/// The string value of a member; `None` for null.
fn text<'de, A: MapAccess<'de>>(access: &mut A, what: &'static str) -> Result<Option<Cow<'de, str>>, A::Error> {
    access.next_value_seed(Text(what))
}

struct Text(&'static str);

impl<'de> serde::de::DeserializeSeed<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(TextVisitor(self.0))
    }
}

struct TextVisitor(&'static str);

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// An integer of 64 bits; `None` for null.
struct Integer(&'static str);

impl<'de> serde::de::DeserializeSeed<'de> for Integer {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Integer {
    type Value = Option<i64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)?;
        formatter.write_str(" of 64 bits")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        i64::try_from(number).map(Some).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// `imageTags`: a list of strings, or the one string that PowerShell leaves of a list of one.
struct Tags<'a>(Option<Vec<Cow<'a, str>>>);

impl<'de> Deserialize<'de> for Tags<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TagsVisitor)
    }
}

struct TagsVisitor;

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = Tags<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("imageTags to be a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut tags = Vec::with_capacity(2);
        while let Some(tag) = access.next_element_seed(Text("each of imageTags to be a string"))? {
            tags.push(
                tag.ok_or_else(|| A::Error::invalid_type(Unexpected::Unit, &"each of imageTags to be a string"))?,
            );
        }
        Ok(Tags(Some(tags)))
    }

    fn visit_borrowed_str<E>(self, tag: &'de str) -> Result<Self::Value, E> {
        Ok(Tags(Some(vec![Cow::Borrowed(tag)])))
    }

    fn visit_str<E>(self, tag: &str) -> Result<Self::Value, E> {
        Ok(Tags(Some(vec![Cow::Owned(tag.to_owned())])))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Tags(None))
    }
}
