//! References in JSON: every string that is one, wherever it is.

use std::fmt;

use serde::de::{Deserialize as _, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::reference::{self, Parsed};
use super::{ImageRefs, RefsError};
use crate::model::Digest;

/// Members whose value is a reference even if it has neither a digest nor an ECR host, in lower case.
const IMAGE_MEMBERS: [&str; 10] = [
    "image",
    "images",
    "imageid",
    "imageuri",
    "resolvedimageuri",
    "imagename",
    "containerimage",
    "reference",
    "repotags",
    "repodigests",
];

/// Members whose value is the digest of an image that is not running.
const NOT_RUNNING: [&str; 1] = ["subjectmanifestdigest"];

/// Read one document or several, one after another.
pub(super) fn read(text: &str, refs: &mut ImageRefs) -> Result<(), RefsError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    loop {
        let walk = Walk { refs: &mut *refs, member: None };
        walk.deserialize(&mut deserializer).map_err(|error| RefsError::Json(error.to_string()))?;
        // `end` fails while another document follows.
        if deserializer.end().is_ok() {
            return Ok(());
        }
    }
}

/// Walks a value and adds its references. The value is the reference's index, if the value is a string and one.
struct Walk<'r, 'm> {
    refs: &'r mut ImageRefs,
    /// The member whose value this is, in lower case; the one around an array for its elements; `None` at the top.
    member: Option<&'m str>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<usize>, E> {
        match of_string(text.trim(), self.member) {
            Some(Parsed::Ecr(reference)) => Ok(Some(self.refs.add(reference))),
            Some(Parsed::Other(host)) => {
                self.refs.add_other(host);
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Option<usize>, A::Error> {
        let Walk { refs, member } = self;
        while elements.next_element_seed(Walk { refs, member })?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<usize>, A::Error> {
        let mut together = Vec::new();
        while let Some(Name(name)) = members.next_key_seed(NameSeed)? {
            let name = name.to_ascii_lowercase();
            let found = members.next_value_seed(Walk { refs: self.refs, member: Some(&name) })?;
            together.extend(found);
        }
        pair(self.refs, &together);
        Ok(None)
    }
}

/// The name of a member.
struct Name(String);

struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        String::deserialize(deserializer).map(Name)
    }
}

/// The reference in a string, if it is one.
fn of_string<'t>(text: &'t str, member: Option<&str>) -> Option<Parsed<'t>> {
    if text.is_empty() || text.len() > 1024 || text.contains(char::is_whitespace) {
        return None;
    }
    if member.is_some_and(|member| NOT_RUNNING.contains(&member)) {
        return None;
    }
    if member == Some("imagedigest") {
        return reference::parse(text).filter(|it| matches!(it, Parsed::Ecr(it) if it.digest.is_some()));
    }
    let parsed = reference::parse(text)?;
    let certain = match &parsed {
        Parsed::Ecr(it) => it.registry.is_some() || text.rsplit(['@', '/']).next().is_some_and(reference::is_full),
        Parsed::Other(_) => false,
    };
    let is_image = member.is_none_or(|member| IMAGE_MEMBERS.contains(&member));
    (certain || is_image).then_some(parsed)
}

/// Of the references in one object, give the one digest to those that have none: `image` and `imageDigest` of an ECS
/// container, `image` and `imageID` of a pod's container, `ImageUri` and `ResolvedImageUri` of a Lambda function.
fn pair(refs: &mut ImageRefs, together: &[usize]) {
    let mut digests: Vec<(&Option<String>, &Digest)> = together
        .iter()
        .map(|index| &refs.references[*index])
        .filter_map(|it| it.digest.as_ref().map(|digest| (&it.repository, digest)))
        .collect();
    digests.dedup();
    let [(repository, digest)] = digests.as_slice() else { return };
    let (repository, digest) = ((*repository).clone(), (*digest).clone());
    for index in together {
        let reference = &refs.references[*index];
        if reference.digest.is_none() && (repository.is_none() || reference.repository == repository) {
            refs.add_running(*index, &digest);
        }
    }
}
