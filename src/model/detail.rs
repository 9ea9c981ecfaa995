//! One image detail, the unit of a page: the `ImageDetail` shape of the ECR API.

use std::sync::Arc;

use super::digest::Digest;
use super::instant::Instant;
use super::member::Member;
use super::value::{Map, Value};

/// An `ImageDetail` as a page had it. An absent member is `None`; nothing is made up.
///
/// Source: the ECR API reference, `ImageDetail`; members in the model's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// The account that owns the registry, normally twelve digits.
    pub registry_id: Arc<str>,
    /// The repository.
    pub repository_name: Arc<str>,
    /// The digest of the manifest.
    pub image_digest: Digest,
    /// The tags in the page's order. The service leaves the member out for an untagged image; an empty list means the
    /// same and is kept.
    pub image_tags: Option<Vec<String>>,
    /// Compressed size in bytes; for an image index, that of its largest child.
    pub image_size_in_bytes: Option<i64>,
    /// When the image was pushed.
    pub image_pushed_at: Option<Instant>,
    /// The state of the last scan. Absent means "not scanned here".
    pub image_scan_status: Option<ScanStatus>,
    /// What the last scan found. Absent never means "no findings".
    pub image_scan_findings_summary: Option<FindingsSummary>,
    /// The media type of the manifest.
    pub image_manifest_media_type: Option<Arc<str>>,
    /// The media type of the artifact; an image index has none.
    pub artifact_media_type: Option<Arc<str>>,
    /// When the service last recorded a pull; at most once a day.
    pub last_recorded_pull_time: Option<Instant>,
    /// The digest of the manifest that this one refers to.
    pub subject_manifest_digest: Option<Digest>,
    /// `ACTIVE`, `ARCHIVED` or `ACTIVATING`; a capture from before 2025 has none.
    pub image_status: Option<Arc<str>>,
    /// When the image was archived last.
    pub last_archived_at: Option<Instant>,
    /// When the image was restored last.
    pub last_activated_at: Option<Instant>,
    /// Members that the model does not have, in the page's order, at the end.
    pub unknown: Map,
}

/// The `imageScanStatus` of a detail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScanStatus {
    /// `COMPLETE`, `IN_PROGRESS`, `FAILED`, `ACTIVE`, ...
    pub status: Option<Arc<str>>,
    /// The service's sentence about it.
    pub description: Option<Arc<str>>,
    /// Members that the model does not have.
    pub unknown: Map,
}

/// The `imageScanFindingsSummary` of a detail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindingsSummary {
    /// When the scan ended.
    pub image_scan_completed_at: Option<Instant>,
    /// When the list of vulnerabilities was last updated.
    pub vulnerability_source_updated_at: Option<Instant>,
    /// Findings by severity, in the page's order.
    pub finding_severity_counts: Option<Vec<(String, i64)>>,
    /// Severities whose count is null in the page, each with its place among all of its severities. The service has
    /// none; the AWS CLI prints them if an edited page has them.
    pub null_severities: Vec<(usize, String)>,
    /// Members that the model does not have.
    pub unknown: Map,
}

/// What one member of a detail holds.
#[derive(Clone, Copy, Debug)]
pub enum MemberValue<'d> {
    /// A text.
    Text(&'d str),
    /// A digest.
    Digest(&'d Digest),
    /// A number.
    Number(i64),
    /// An instant.
    Time(Instant),
    /// The tags. The service leaves the member out for an untagged image; a page that was edited can have none here.
    Tags(&'d [String]),
    /// The state of the last scan.
    ScanStatus(&'d ScanStatus),
    /// What the last scan found.
    Findings(&'d FindingsSummary),
    /// A member that the model does not have.
    Other(&'d Value),
}

impl Detail {
    /// A detail of a repository with a digest and nothing else.
    pub fn new(registry_id: Arc<str>, repository_name: Arc<str>, image_digest: Digest) -> Self {
        Detail {
            registry_id,
            repository_name,
            image_digest,
            image_tags: None,
            image_size_in_bytes: None,
            image_pushed_at: None,
            image_scan_status: None,
            image_scan_findings_summary: None,
            image_manifest_media_type: None,
            artifact_media_type: None,
            last_recorded_pull_time: None,
            subject_manifest_digest: None,
            image_status: None,
            last_archived_at: None,
            last_activated_at: None,
            unknown: Map::new(),
        }
    }

    /// Whether at least one tag points at the image.
    pub fn is_tagged(&self) -> bool {
        self.image_tags.as_ref().is_some_and(|tags| !tags.is_empty())
    }

    /// Whether it has members that the model does not have, at any depth.
    pub fn has_unknown(&self) -> bool {
        !self.unknown.is_empty()
            || self.image_scan_status.as_ref().is_some_and(|status| !status.unknown.is_empty())
            || self.image_scan_findings_summary.as_ref().is_some_and(|findings| !findings.unknown.is_empty())
    }

    /// The status that the service's filter sees: a detail of an older capture counts as `ACTIVE`.
    pub fn effective_status(&self) -> &str {
        self.image_status.as_deref().unwrap_or("ACTIVE")
    }

    /// What a member holds; `None` if it is absent.
    pub fn part(&self, member: Member) -> Option<MemberValue<'_>> {
        fn text(text: Option<&Arc<str>>) -> Option<MemberValue<'_>> {
            text.map(|text| MemberValue::Text(text))
        }
        match member {
            Member::RegistryId => Some(MemberValue::Text(&self.registry_id)),
            Member::RepositoryName => Some(MemberValue::Text(&self.repository_name)),
            Member::ImageDigest => Some(MemberValue::Digest(&self.image_digest)),
            Member::ImageTags => self.image_tags.as_deref().map(MemberValue::Tags),
            Member::ImageSizeInBytes => self.image_size_in_bytes.map(MemberValue::Number),
            Member::ImagePushedAt => self.image_pushed_at.map(MemberValue::Time),
            Member::ImageScanStatus => self.image_scan_status.as_ref().map(MemberValue::ScanStatus),
            Member::ImageScanFindingsSummary => self.image_scan_findings_summary.as_ref().map(MemberValue::Findings),
            Member::ImageManifestMediaType => text(self.image_manifest_media_type.as_ref()),
            Member::ArtifactMediaType => text(self.artifact_media_type.as_ref()),
            Member::LastRecordedPullTime => self.last_recorded_pull_time.map(MemberValue::Time),
            Member::SubjectManifestDigest => self.subject_manifest_digest.as_ref().map(MemberValue::Digest),
            Member::ImageStatus => text(self.image_status.as_ref()),
            Member::LastArchivedAt => self.last_archived_at.map(MemberValue::Time),
            Member::LastActivatedAt => self.last_activated_at.map(MemberValue::Time),
        }
    }

    /// The place of a member that is a text alone; `None` for other members.
    pub fn text_mut(&mut self, member: Member) -> Option<&mut Option<Arc<str>>> {
        match member {
            Member::ImageManifestMediaType => Some(&mut self.image_manifest_media_type),
            Member::ArtifactMediaType => Some(&mut self.artifact_media_type),
            Member::ImageStatus => Some(&mut self.image_status),
            _ => None,
        }
    }

    /// The place of a member that is an instant; `None` for other members.
    pub fn time_mut(&mut self, member: Member) -> Option<&mut Option<Instant>> {
        match member {
            Member::ImagePushedAt => Some(&mut self.image_pushed_at),
            Member::LastRecordedPullTime => Some(&mut self.last_recorded_pull_time),
            Member::LastArchivedAt => Some(&mut self.last_archived_at),
            Member::LastActivatedAt => Some(&mut self.last_activated_at),
            _ => None,
        }
    }

    /// The members that are there, by name: those of the model in its order, then the others.
    pub fn parts(&self) -> impl Iterator<Item = (&str, MemberValue<'_>)> {
        let known = Member::ALL.into_iter().filter_map(|member| Some((member.name(), self.part(member)?)));
        known.chain(self.unknown.iter().map(|(name, value)| (name.as_str(), MemberValue::Other(value))))
    }

    /// The part of that name.
    pub fn part_named(&self, name: &str) -> Option<MemberValue<'_>> {
        let known = Member::named(name).and_then(|member| self.part(member));
        known.or_else(|| self.unknown.get(name).map(MemberValue::Other))
    }

    /// The detail as the client sees it: members in the model's order, absent ones left out,
    /// instants in the form that `time` gives them.
    pub fn to_value(&self, time: &dyn Fn(Instant) -> Value) -> Value {
        let mut map = Map::with_capacity(16);
        map.extend(self.parts().map(|(name, part)| (name.to_owned(), part.to_value(time))));
        Value::Map(map)
    }
}

impl MemberValue<'_> {
    /// The part as the client sees it, instants in the form that `time` gives them.
    pub fn to_value(self, time: &dyn Fn(Instant) -> Value) -> Value {
        match self {
            MemberValue::Text(text) => Value::from(text),
            MemberValue::Digest(digest) => Value::Str(digest.to_string()),
            MemberValue::Number(number) => Value::Int(number),
            MemberValue::Time(instant) => time(instant),
            MemberValue::Tags(tags) => Value::List(tags.iter().map(|tag| Value::from(tag.as_str())).collect()),
            MemberValue::ScanStatus(status) => status.to_value(),
            MemberValue::Findings(findings) => findings.to_value(time),
            MemberValue::Other(value) => value.clone(),
        }
    }
}

impl ScanStatus {
    /// The status as an object.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        if let Some(status) = &self.status {
            map.insert("status".to_owned(), Value::from(&**status));
        }
        if let Some(description) = &self.description {
            map.insert("description".to_owned(), Value::from(&**description));
        }
        map.extend(self.unknown.clone());
        Value::Map(map)
    }
}

impl FindingsSummary {
    /// The members of `findingSeverityCounts` in the page's order; `None` is a null.
    pub fn severities(&self) -> impl Iterator<Item = (&str, Option<i64>)> {
        let mut counts = self.finding_severity_counts.iter().flatten();
        let mut nulls = self.null_severities.iter().peekable();
        let mut place = 0;
        std::iter::from_fn(move || {
            let null = nulls.next_if(|(at, _)| *at == place);
            place += 1;
            let counted = || counts.next().map(|(severity, count)| (severity.as_str(), Some(*count)));
            null.map(|(_, severity)| (severity.as_str(), None)).or_else(counted)
        })
    }

    /// The summary as an object, instants in the form that `time` gives them.
    pub fn to_value(&self, time: &dyn Fn(Instant) -> Value) -> Value {
        let mut map = Map::new();
        if let Some(at) = self.image_scan_completed_at {
            map.insert("imageScanCompletedAt".to_owned(), time(at));
        }
        if let Some(at) = self.vulnerability_source_updated_at {
            map.insert("vulnerabilitySourceUpdatedAt".to_owned(), time(at));
        }
        if self.finding_severity_counts.is_some() {
            let value = |count: Option<i64>| count.map_or(Value::Null, Value::Int);
            let counts: Map = self.severities().map(|(severity, count)| (severity.to_owned(), value(count))).collect();
            map.insert("findingSeverityCounts".to_owned(), Value::Map(counts));
        }
        map.extend(self.unknown.clone());
        Value::Map(map)
    }
}
