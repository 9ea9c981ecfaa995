//! One detail as `serde_json` reads it: every member borrowed from the page, nothing decided yet.
//!
//! Member names are read without regard to case and `_` (the Go SDK writes `ImageDigest`, Ruby
//! `image_digest`), a value may be wrapped in an object (`{"Value": "ACTIVE"}`), an explicit null is
//! an absent member, and the text of unknown members is kept. `row` turns a detail into the columns of the
//! store.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::value::RawValue;

use crate::model::member::is_spelling_of;
use crate::model::{Member, steps};

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
    /// A member that occurs twice, as `imageTags` and `ImageTags`.
    pub(crate) twice: Option<Member>,
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
    pub(crate) counts: Option<Vec<(Cow<'a, str>, Option<i64>)>>,
    pub(crate) unknown: Unknown<'a>,
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

    /// All members have been taken.
    fn end(&mut self) {}
}

/// In objects with at most this many members, names are compared pairwise to find one that occurs twice.
const FEW: usize = 16;

/// Leave of members with the same name the last one.
fn keep_last(members: &mut Unknown<'_>) {
    if members.len() < 2 {
        return;
    }
    let mut later = HashSet::new();
    let mut kept = vec![true; members.len()];
    for (at, (name, _)) in members.iter().enumerate().rev() {
        steps::count(members.len().min(FEW));
        kept[at] = if members.len() <= FEW {
            members[at + 1..].iter().all(|(other, _)| other != name)
        } else {
            later.insert(name)
        };
    }
    if kept.contains(&false) {
        let mut kept = kept.into_iter();
        members.retain(|_| kept.next().unwrap_or(true));
    }
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
        value.end();
        Ok(value)
    }
}

impl<'de> Members<'de> for RawDetail<'de> {
    const WHAT: &'static str = "an object with the members of an image detail";

    fn take<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, access: &mut A) -> Result<(), A::Error> {
        let Some(member) = Member::spelled(&name) else {
            return take_unknown(&mut self.unknown, name, access);
        };
        if self.has(member) {
            self.twice.get_or_insert(member);
        }
        match member {
            Member::RegistryId => self.registry_id = text(access, "registryId to be a string")?,
            Member::RepositoryName => self.repository_name = text(access, "repositoryName to be a string")?,
            Member::ImageDigest => self.image_digest = text(access, "imageDigest to be a string")?,
            Member::ImageTags => self.image_tags = access.next_value_seed(Tags)?,
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

    fn end(&mut self) {
        keep_last(&mut self.unknown);
    }
}

impl RawDetail<'_> {
    /// Whether the member has come.
    fn has(&self, member: Member) -> bool {
        match member {
            Member::RegistryId => self.registry_id.is_some(),
            Member::RepositoryName => self.repository_name.is_some(),
            Member::ImageDigest => self.image_digest.is_some(),
            Member::ImageTags => self.image_tags.is_some(),
            Member::ImageSizeInBytes => self.image_size_in_bytes.is_some(),
            Member::ImagePushedAt => self.times[0].is_some(),
            Member::ImageScanStatus => self.scan_status.is_some(),
            Member::ImageScanFindingsSummary => self.findings.is_some(),
            Member::ImageManifestMediaType => self.image_manifest_media_type.is_some(),
            Member::ArtifactMediaType => self.artifact_media_type.is_some(),
            Member::LastRecordedPullTime => self.times[3].is_some(),
            Member::SubjectManifestDigest => self.subject_manifest_digest.is_some(),
            Member::ImageStatus => self.image_status.is_some(),
            Member::LastArchivedAt => self.times[4].is_some(),
            Member::LastActivatedAt => self.times[5].is_some(),
        }
    }
}

impl<'de> Members<'de> for RawScanStatus<'de> {
    const WHAT: &'static str = "imageScanStatus to be an object";

    fn take<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, access: &mut A) -> Result<(), A::Error> {
        if is_spelling_of(&name, "status") {
            self.status = text(access, "imageScanStatus.status to be a string")?;
        } else if is_spelling_of(&name, "description") {
            self.description = text(access, "imageScanStatus.description to be a string")?;
        } else {
            take_unknown(&mut self.unknown, name, access)?;
        }
        Ok(())
    }

    fn end(&mut self) {
        keep_last(&mut self.unknown);
    }
}

impl<'de> Members<'de> for RawFindings<'de> {
    const WHAT: &'static str = "imageScanFindingsSummary to be an object";

    fn take<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, access: &mut A) -> Result<(), A::Error> {
        if is_spelling_of(&name, "imageScanCompletedAt") {
            self.completed_at = raw(access)?.map(RawValue::get);
        } else if is_spelling_of(&name, "vulnerabilitySourceUpdatedAt") {
            self.source_updated_at = raw(access)?.map(RawValue::get);
        } else if is_spelling_of(&name, "findingSeverityCounts") {
            self.counts = access.next_value::<Maybe<Counts<'de>>>()?.0.map(|counts| counts.0);
        } else {
            take_unknown(&mut self.unknown, name, access)?;
        }
        Ok(())
    }

    fn end(&mut self) {
        keep_last(&mut self.unknown);
    }
}

/// `findingSeverityCounts`.
#[derive(Default)]
struct Counts<'a>(Vec<(Cow<'a, str>, Option<i64>)>);

impl<'de> Members<'de> for Counts<'de> {
    const WHAT: &'static str = "findingSeverityCounts to be an object";

    fn take<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, access: &mut A) -> Result<(), A::Error> {
        let count = access.next_value_seed(Integer("each of findingSeverityCounts to be an integer"))?;
        self.0.push((name, count));
        Ok(())
    }

    /// Of severities with the same name, the first place and the last count.
    fn end(&mut self) {
        let mut places: HashMap<Cow<'de, str>, usize> = HashMap::new();
        let mut unique: Vec<(Cow<'de, str>, Option<i64>)> = Vec::with_capacity(self.0.len());
        let few = self.0.len() <= FEW;
        for (name, count) in std::mem::take(&mut self.0) {
            steps::count(if few { unique.len() } else { 1 });
            let place = if few {
                unique.iter().position(|(known, _)| *known == name)
            } else {
                places.insert(name.clone(), unique.len())
            };
            if let Some(place) = place {
                unique[place].1 = count;
                places.insert(name, place);
            } else {
                unique.push((name, count));
            }
        }
        self.0 = unique;
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

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Err(cut_off(T::WHAT, text))
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
        unknown.push((name, value));
    }
    Ok(())
}

/// The error for a text in place of a list or an object.
fn cut_off<E: serde::de::Error>(expected: &str, text: &str) -> E {
    let text: String = text.chars().take(60).collect();
    E::custom(format!(
        "expected {expected}, found the text `{}`; PowerShell cuts lists and objects off like this: save it again with \
         `ConvertTo-Json -Depth 10`",
        text.escape_debug()
    ))
}

/// Whether a member of this name holds the value of the object that it is in, as in `{"Value": "ACTIVE"}`.
pub(super) fn holds_value(name: &str) -> bool {
    ["value", "$date", "$numberLong", "$numberInt"].iter().any(|known| is_spelling_of(name, known))
}

/// Whether a wrapper object may have a member of this name next to the one with the value.
fn stands_next_to_value(name: &str) -> bool {
    ["count", "dateTime", "displayHint"].iter().any(|known| is_spelling_of(name, known))
}

/// The value inside a wrapper object: `{"Value": "ACTIVE"}`, `{"value": ["1.0"], "Count": 1}`.
fn from_object<'de, A: MapAccess<'de>, V: DeserializeSeed<'de> + Copy>(
    mut access: A,
    inner: V,
    what: &str,
) -> Result<V::Value, A::Error> {
    let mut value = None;
    while let Some(Name(name)) = access.next_key()? {
        if value.is_none() && holds_value(&name) {
            value = Some(access.next_value_seed(inner)?);
        } else if stands_next_to_value(&name) {
            access.next_value::<IgnoredAny>()?;
        } else {
            let name: String = name.chars().take(60).collect();
            return Err(A::Error::custom(format!("expected {what}, found an object with `{}`", name.escape_debug())));
        }
    }
    value.ok_or_else(|| A::Error::custom(format!("expected {what}, found an empty object")))
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

#[derive(Clone, Copy)]
struct Text(&'static str);

impl<'de> DeserializeSeed<'de> for Text {
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

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        from_object(access, Text(self.0), self.0)
    }
}

/// An integer of 64 bits; `None` for null.
#[derive(Clone, Copy)]
struct Integer(&'static str);

impl<'de> DeserializeSeed<'de> for Integer {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Integer {
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

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        from_object(access, InObject(self), self.0)
    }
}

/// An integer in an object of its own, where `MongoDB`'s tools write it as a string.
#[derive(Clone, Copy)]
struct InObject(Integer);

impl<'de> DeserializeSeed<'de> for InObject {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for InObject {
    type Value = Option<i64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visitor::expecting(&self.0, formatter)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        self.0.visit_u64(number)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map(Some).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// `imageTags`: a list of strings, or the one string that PowerShell leaves of a list of one.
#[derive(Clone, Copy)]
struct Tags;

const TAGS: &str = "imageTags to be a list of strings";
const TAG: &str = "each of imageTags to be a string";

impl<'de> DeserializeSeed<'de> for Tags {
    type Value = Option<Vec<Cow<'de, str>>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The only tag of a list that has lost its brackets. Tags have no spaces: a text with one is a list that
/// PowerShell joined, and an empty text is an empty list.
fn only_tag<E: serde::de::Error>(tag: Cow<'_, str>) -> Result<Option<Vec<Cow<'_, str>>>, E> {
    if tag.is_empty() || tag.contains(' ') { Err(cut_off(TAGS, &tag)) } else { Ok(Some(vec![tag])) }
}

impl<'de> Visitor<'de> for Tags {
    type Value = Option<Vec<Cow<'de, str>>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(TAGS)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut tags = Vec::with_capacity(2);
        while let Some(tag) = access.next_element_seed(Text(TAG))? {
            tags.push(tag.ok_or_else(|| A::Error::invalid_type(Unexpected::Unit, &TAG))?);
        }
        Ok(Some(tags))
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, tag: &'de str) -> Result<Self::Value, E> {
        only_tag(Cow::Borrowed(tag))
    }

    fn visit_str<E: serde::de::Error>(self, tag: &str) -> Result<Self::Value, E> {
        only_tag(Cow::Owned(tag.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        from_object(access, Tags, TAGS)
    }
}
