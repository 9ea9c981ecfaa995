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
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::detail_values::{Integer, Name, Tags, cut_off, raw, text};
use crate::model::member::is_spelling_of;
use crate::model::{Member, steps};
use crate::store::columns::{Home, KindTexts, Time, Times};

/// A detail whose texts are still those of the page.
#[derive(Debug, Default)]
pub(crate) struct RawDetail<'a> {
    pub(crate) registry_id: Option<Cow<'a, str>>,
    pub(crate) repository_name: Option<Cow<'a, str>>,
    pub(crate) image_digest: Option<Cow<'a, str>>,
    pub(crate) image_tags: Option<Vec<Cow<'a, str>>>,
    pub(crate) image_size_in_bytes: Option<i64>,
    /// Their JSON text; those of the findings, too.
    pub(crate) times: Times<Option<&'a str>>,
    /// Those that are members of the detail itself.
    pub(crate) texts: KindTexts<Option<Cow<'a, str>>>,
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
        match Home::of(member) {
            Home::RegistryId => self.registry_id = text(access, member.is_a_string())?,
            Home::RepositoryName => self.repository_name = text(access, member.is_a_string())?,
            Home::Digest => self.image_digest = text(access, member.is_a_string())?,
            Home::SubjectDigest => {
                self.subject_manifest_digest = text(access, member.is_a_string())?;
            }
            Home::Kind(column) => self.texts[column] = text(access, member.is_a_string())?,
            Home::Time(time) => self.times[time] = raw(access)?.map(RawValue::get),
            Home::Tags => self.image_tags = access.next_value_seed(Tags)?,
            Home::Size => {
                self.image_size_in_bytes = access.next_value_seed(Integer("imageSizeInBytes to be an integer"))?;
            }
            Home::ScanStatus => self.scan_status = access.next_value::<Maybe<RawScanStatus<'de>>>()?.0,
            Home::Findings => {
                self.findings = access.next_value::<Maybe<RawFindings<'de>>>()?.0;
                self.take_times_of_findings();
            }
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
        match Home::of(member) {
            Home::RegistryId => self.registry_id.is_some(),
            Home::RepositoryName => self.repository_name.is_some(),
            Home::Digest => self.image_digest.is_some(),
            Home::SubjectDigest => self.subject_manifest_digest.is_some(),
            Home::Kind(text) => self.texts[text].is_some(),
            Home::Time(time) => self.times[time].is_some(),
            Home::Tags => self.image_tags.is_some(),
            Home::Size => self.image_size_in_bytes.is_some(),
            Home::ScanStatus => self.scan_status.is_some(),
            Home::Findings => self.findings.is_some(),
        }
    }

    pub(super) fn take_times_of_findings(&mut self) {
        let findings = self.findings.as_ref();
        self.times[Time::Scanned] = findings.and_then(|findings| findings.completed_at);
        self.times[Time::SourceUpdated] = findings.and_then(|findings| findings.source_updated_at);
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
