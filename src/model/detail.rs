//! One image detail, the unit of a page: the `ImageDetail` shape of the ECR API.

use std::sync::Arc;

use super::digest::Digest;
use super::instant::Instant;
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
    /// The tags in the page's order. The service leaves the member out for an untagged image.
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
    /// Members that the model does not have.
    pub unknown: Map,
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

    /// The status that the service's filter sees: a detail of an older capture counts as `ACTIVE`.
    pub fn effective_status(&self) -> &str {
        self.image_status.as_deref().unwrap_or("ACTIVE")
    }

    /// The detail as the client sees it: members in the model's order, absent ones left out,
    /// instants in the form that `time` gives them.
    pub fn to_value(&self, time: &dyn Fn(Instant) -> Value) -> Value {
        let mut map = Map::with_capacity(16);
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        };
        let text = |text: &Option<Arc<str>>| text.as_deref().map(Value::from);
        let at = |instant: Option<Instant>| instant.map(time);
        put("registryId", Some(Value::from(&*self.registry_id)));
        put("repositoryName", Some(Value::from(&*self.repository_name)));
        put("imageDigest", Some(Value::Str(self.image_digest.to_string())));
        let tags = self.image_tags.as_ref().filter(|tags| !tags.is_empty());
        put("imageTags", tags.map(|tags| tags.iter().map(|tag| Value::from(tag.as_str())).collect::<Vec<_>>().into()));
        put("imageSizeInBytes", self.image_size_in_bytes.map(Value::Int));
        put("imagePushedAt", at(self.image_pushed_at));
        put("imageScanStatus", self.image_scan_status.as_ref().map(ScanStatus::to_value));
        put(
            "imageScanFindingsSummary",
            self.image_scan_findings_summary.as_ref().map(|summary| summary.to_value(time)),
        );
        put("imageManifestMediaType", text(&self.image_manifest_media_type));
        put("artifactMediaType", text(&self.artifact_media_type));
        put("lastRecordedPullTime", at(self.last_recorded_pull_time));
        put(
            "subjectManifestDigest",
            self.subject_manifest_digest.as_ref().map(|digest| Value::Str(digest.to_string())),
        );
        put("imageStatus", text(&self.image_status));
        put("lastArchivedAt", at(self.last_archived_at));
        put("lastActivatedAt", at(self.last_activated_at));
        for (key, value) in &self.unknown {
            put(key, Some(value.clone()));
        }
        Value::Map(map)
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
    /// The summary as an object, instants in the form that `time` gives them.
    pub fn to_value(&self, time: &dyn Fn(Instant) -> Value) -> Value {
        let mut map = Map::new();
        if let Some(at) = self.image_scan_completed_at {
            map.insert("imageScanCompletedAt".to_owned(), time(at));
        }
        if let Some(at) = self.vulnerability_source_updated_at {
            map.insert("vulnerabilitySourceUpdatedAt".to_owned(), time(at));
        }
        if let Some(counts) = &self.finding_severity_counts {
            let counts: Map = counts.iter().map(|(severity, count)| (severity.clone(), Value::Int(*count))).collect();
            map.insert("findingSeverityCounts".to_owned(), Value::Map(counts));
        }
        map.extend(self.unknown.clone());
        Value::Map(map)
    }
}
