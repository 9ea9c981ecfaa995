//! One image's columns as the JSON of a detail, on one line: members in the model's order, unknown
//! ones at the end with the very text that they had.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::{Digest, Instant, Member, json, visible};
use crate::store::StoreError;
use crate::store::columns::{Home, KindText, Time, Times};
use crate::store::read::StoredImage;
use crate::store::row::RepositoryName;

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
        StoreError::Damaged(format!("{} of {} cannot be read", what, visible(&image.columns.digest.to_string())))
    })
}

fn put_members(out: &mut String, repository: &RepositoryName, image: &StoredImage<'_>) -> Result<(), &'static str> {
    let columns = &image.columns;
    let rest: Rest<'_> = match columns.rest {
        Some(text) => serde_json::from_str(text).map_err(|_| "unknown members")?,
        None => Rest::default(),
    };
    let mut times: Times<Option<String>> = Times::default();
    for (time, micros) in columns.times.iter() {
        if let Some(micros) = micros {
            let below = rest.nanos.get(time.name()).copied().unwrap_or(0);
            let at = Instant::from_parts(*micros, below).map_err(|_| "a time")?;
            times[time] = Some(spelled(at));
        }
    }
    let mut detail = Object::open(out);
    for member in Member::ALL {
        let name = member.name();
        match Home::of(member) {
            Home::RegistryId => detail.text(name, Some(&repository.registry_id)),
            Home::RepositoryName => detail.text(name, Some(&repository.name)),
            Home::Digest => detail.digest(name, Some(&columns.digest)),
            Home::SubjectDigest => detail.digest(name, columns.subject_digest.as_deref()),
            Home::Tags => detail.raw(name, columns.tags),
            Home::Size => detail.raw(name, columns.size_bytes.map(|size| size.to_string()).as_deref()),
            Home::Time(time) => detail.text(name, times[time].as_deref()),
            Home::Kind(text) => detail.text(name, image.kind[text]),
            Home::ScanStatus => {
                let texts = [KindText::ScanStatus, KindText::ScanDescription];
                if rest.scan_status.is_some() || texts.iter().any(|text| image.kind[*text].is_some()) {
                    let mut scan = detail.object(name);
                    for text in texts {
                        scan.text(text.name(), image.kind[text]);
                    }
                    scan.members(rest.scan_status)?;
                    scan.close();
                }
            }
            Home::Findings => {
                let instants = [Time::Scanned, Time::SourceUpdated];
                let any = columns.severity_counts.is_some() || instants.iter().any(|time| times[*time].is_some());
                if any || rest.findings.is_some() {
                    let mut findings = detail.object(name);
                    for time in instants {
                        findings.text(time.name(), times[time].as_deref());
                    }
                    findings.raw("findingSeverityCounts", columns.severity_counts);
                    findings.members(rest.findings)?;
                    findings.close();
                }
            }
        }
    }
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
