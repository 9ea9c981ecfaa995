//! One image's columns as the JSON of a detail, on one line: members in the model's order, unknown
//! ones at the end with the very text that they had.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::{Digest, Instant, json, visible};
use crate::store::StoreError;
use crate::store::read::StoredImage;
use crate::store::row::{RepositoryName, TIMES};

/// The column `rest`; see `schema/README.md`.
#[derive(Default, Deserialize)]
struct Rest<'a> {
    #[serde(borrow, default)]
    members: Option<&'a RawValue>,
    #[serde(borrow, default)]
    scan_status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    findings: Option<&'a RawValue>,
    #[serde(borrow, default)]
    nanos: BTreeMap<Cow<'a, str>, u16>,
}

/// Add the detail to `out`.
pub(super) fn put(out: &mut String, repository: &RepositoryName, image: &StoredImage<'_>) -> Result<(), StoreError> {
    put_members(out, repository, image).map_err(|what| {
        StoreError::Damaged(format!("{} of {} cannot be read", what, visible(&image.digest.to_string())))
    })
}

fn put_members(out: &mut String, repository: &RepositoryName, image: &StoredImage<'_>) -> Result<(), &'static str> {
    let rest: Rest<'_> = match image.rest {
        Some(text) => serde_json::from_str(text).map_err(|_| "unknown members")?,
        None => Rest::default(),
    };
    let mut times: [Option<String>; 6] = Default::default();
    for (index, micros) in image.times.iter().enumerate() {
        if let Some(micros) = micros {
            let below = rest.nanos.get(TIMES[index]).copied().unwrap_or(0);
            let at = Instant::from_parts(*micros, below).map_err(|_| "a time")?;
            times[index] = Some(spelled(at));
        }
    }
    let [pushed, scanned, updated, pulled, archived, activated] = &times;
    let [manifest, artifact, image_status, scan_status, scan_description] = image.kind;
    let mut detail = Object::open(out);
    detail.text("registryId", Some(&repository.registry_id));
    detail.text("repositoryName", Some(&repository.name));
    detail.digest("imageDigest", Some(&image.digest));
    detail.raw("imageTags", image.tags);
    detail.raw("imageSizeInBytes", image.size_bytes.map(|size| size.to_string()).as_deref());
    detail.text("imagePushedAt", pushed.as_deref());
    if scan_status.is_some() || scan_description.is_some() || rest.scan_status.is_some() {
        let mut scan = detail.object("imageScanStatus");
        scan.text("status", scan_status);
        scan.text("description", scan_description);
        scan.members(rest.scan_status)?;
        scan.close();
    }
    if scanned.is_some() || updated.is_some() || image.severity_counts.is_some() || rest.findings.is_some() {
        let mut findings = detail.object("imageScanFindingsSummary");
        findings.text("imageScanCompletedAt", scanned.as_deref());
        findings.text("vulnerabilitySourceUpdatedAt", updated.as_deref());
        findings.raw("findingSeverityCounts", image.severity_counts);
        findings.members(rest.findings)?;
        findings.close();
    }
    detail.text("imageManifestMediaType", manifest);
    detail.text("artifactMediaType", artifact);
    detail.text("lastRecordedPullTime", pulled.as_deref());
    detail.digest("subjectManifestDigest", image.subject_digest.as_ref());
    detail.text("imageStatus", image_status);
    detail.text("lastArchivedAt", archived.as_deref());
    detail.text("lastActivatedAt", activated.as_deref());
    detail.members(rest.members)?;
    detail.close();
    Ok(())
}

/// An instant as the AWS CLI v2 prints it in UTC.
pub(super) fn spelled(at: Instant) -> String {
    let text = at.to_utc_text();
    format!("{}+00:00", text.trim_end_matches('Z'))
}

/// An object that is being written, with commas where they belong.
struct Object<'o> {
    out: &'o mut String,
    any: bool,
}

impl<'o> Object<'o> {
    fn open(out: &'o mut String) -> Self {
        out.push('{');
        Object { out, any: false }
    }

    fn close(self) {
        self.out.push('}');
    }

    fn name(&mut self, name: &str) {
        if self.any {
            self.out.push(',');
        }
        self.any = true;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    fn object(&mut self, name: &str) -> Object<'_> {
        self.name(name);
        Object::open(self.out)
    }

    /// A member whose value is JSON already.
    fn raw(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name);
            self.out.push_str(value);
        }
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            let mut quoted = Vec::with_capacity(value.len() + 2);
            // Writing to memory does not fail, and what is written is text.
            let _ = json::write_string(&mut quoted, value);
            self.name(name);
            self.out.push_str(&String::from_utf8(quoted).unwrap_or_default());
        }
    }

    fn digest(&mut self, name: &str, digest: Option<&Digest>) {
        self.text(name, digest.map(Digest::to_string).as_deref());
    }

    /// Write all members of an object unchanged.
    fn members(&mut self, object: Option<&RawValue>) -> Result<(), &'static str> {
        let Some(object) = object else { return Ok(()) };
        let inner = object.get().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let inner = inner.ok_or("unknown members")?;
        if !inner.is_empty() {
            if self.any {
                self.out.push(',');
            }
            self.any = true;
            self.out.push_str(inner);
        }
        Ok(())
    }
}
