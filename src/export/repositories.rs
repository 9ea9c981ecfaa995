//! What a snapshot knows about repositories, as the pages that it was, and the manifest of an export.
//!
//! The manifest says what pages cannot: the region, the filter of the capture, the repository of each file, and the
//! repositories without a lifecycle policy. `ingest` reads it.

use std::io::{self, Write};

use serde_json::value::RawValue;

use super::detail::spelled;
use super::{ExportError, indent};
use crate::model::{CaptureFilter, EXPORT_MANIFEST_VERSION, Instant, json, visible};
use crate::store::StoreError;
use crate::store::read::{DescribedRepository, SavedPolicy};
use crate::store::row::RepositoryName;

/// Write a describe-repositories page of these repositories, with the token that it ends with.
pub fn write_repositories(
    repositories: &[&DescribedRepository],
    token: Option<&str>,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut text = String::from("{\"repositories\":[");
    for (index, repository) in repositories.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        put_repository(&mut text, repository)?;
    }
    text.push(']');
    if let Some(token) = token {
        put(&mut text, "nextToken", &quoted(token));
    }
    text.push('}');
    indent::write(out, &text, 0)?;
    Ok(writeln!(out)?)
}

/// Write a get-lifecycle-policy page. Nothing is written for a repository that has no policy.
pub fn write_policy(policy: &SavedPolicy, out: &mut dyn Write) -> Result<(), ExportError> {
    let Some(text) = &policy.text else { return Ok(()) };
    let mut page = String::from("{");
    put(&mut page, "registryId", &quoted(&policy.repository.registry_id));
    put(&mut page, "repositoryName", &quoted(&policy.repository.name));
    put(&mut page, "lifecyclePolicyText", &quoted(text));
    if let Some(at) = policy.last_evaluated_at {
        put(&mut page, "lastEvaluatedAt", &quoted(&spelled(at)));
    }
    let damaged =
        || StoreError::Damaged(format!("the lifecycle policy of {} cannot be read", visible(&policy.repository.name)));
    for (name, value) in members(policy.rest.as_deref().unwrap_or("{}")).ok_or_else(damaged)? {
        put(&mut page, &name, value.get());
    }
    page.push('}');
    indent::write(out, &page, 0)?;
    Ok(writeln!(out)?)
}

/// What a manifest says.
pub struct Manifest<'m> {
    /// When the capture was made.
    pub captured_at: Instant,
    /// The registry of the pages, if they are of one.
    pub registry_id: Option<&'m str>,
    /// The region of the pages, if they have one; empty for none.
    pub region: Option<&'m str>,
    /// The filter of the capture.
    pub capture_filter: Option<CaptureFilter>,
    /// Whether the images of every repository were captured.
    pub whole: bool,
    /// The file of each repository with images or an empty page.
    pub files: Vec<(String, &'m RepositoryName)>,
    /// Repositories that have no lifecycle policy.
    pub without_policy: Vec<&'m RepositoryName>,
}

impl Manifest<'_> {
    /// Write it.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut text = format!("{{\"ecrsnapExport\":{EXPORT_MANIFEST_VERSION}");
        put(&mut text, "capturedAt", &quoted(&self.captured_at.to_utc_text()));
        for (name, value) in [("registryId", self.registry_id), ("region", self.region)] {
            if let Some(value) = value {
                put(&mut text, name, &quoted(value));
            }
        }
        if let Some(filter) = self.capture_filter {
            put(&mut text, "captureFilter", &quoted(&filter.to_string()));
        }
        if self.whole {
            put(&mut text, "scope", "\"registry\"");
        }
        let files: Vec<String> =
            self.files.iter().map(|(file, name)| format!("{}:{}", quoted(file), quoted(&name.name))).collect();
        put(&mut text, "files", &format!("{{{}}}", files.join(",")));
        let without: Vec<String> = self.without_policy.iter().map(|name| quoted(&name.name)).collect();
        put(&mut text, "withoutLifecyclePolicy", &format!("[{}]", without.join(",")));
        text.push('}');
        indent::write(out, &text, 0)?;
        writeln!(out)
    }
}

fn put_repository(out: &mut String, repository: &DescribedRepository) -> Result<(), StoreError> {
    let damaged =
        || StoreError::Damaged(format!("the settings of {} cannot be read", visible(&repository.repository.name)));
    let members = members(&repository.members).ok_or_else(damaged)?;
    let member = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, value)| value.get());
    out.push('{');
    if let Some(arn) = member("repositoryArn") {
        put(out, "repositoryArn", arn);
    }
    put(out, "registryId", &quoted(&repository.repository.registry_id));
    put(out, "repositoryName", &quoted(&repository.repository.name));
    if let Some(uri) = member("repositoryUri") {
        put(out, "repositoryUri", uri);
    }
    if let Some(at) = repository.created_at {
        put(out, "createdAt", &quoted(&spelled(at)));
    }
    for (name, value) in &members {
        if name != "repositoryArn" && name != "repositoryUri" {
            put(out, name, value.get());
        }
    }
    out.push('}');
    Ok(())
}

fn put(out: &mut String, name: &str, value: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push_str(&quoted(name));
    out.push(':');
    out.push_str(value);
}

fn quoted(text: &str) -> String {
    let mut quoted = Vec::new();
    // Writing to memory does not fail.
    let _ = json::write_string(&mut quoted, text);
    String::from_utf8_lossy(&quoted).into_owned()
}

/// The members of an object in their order, each value with its text.
fn members(text: &str) -> Option<Vec<(String, Box<RawValue>)>> {
    let members: indexmap::IndexMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
    Some(members.into_iter().collect())
}
