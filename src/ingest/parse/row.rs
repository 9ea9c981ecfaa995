//! From a detail as the page spells it to the columns of the store, in a batch for the writer.
//!
//! Decides what a member's spelling means (instants, digests, members without a column), and why a detail is
//! refused. It knows nothing of files or SQL.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::anomalies::{Anomalies, Anomaly, is_tag};
use super::detail::{RawDetail, Unknown};
use super::minify::{minify, push_json_string};
use super::page::is_region;
use super::time::{TimeError, instant};
use crate::model::member::is_spelling_of;
use crate::model::{Digest, Instant};
use crate::store::columns::{KindText, KindTexts, Time, Times};
use crate::store::row::{Batch, Fingerprint, ImageRow, Kind, RepositoryName, Span, ends_chunk, hash_row};

/// What `--registry-id`, `--repository-name` and `--region` say for details that lack it.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// For details without `registryId`.
    pub registry_id: Option<String>,
    /// For details without `repositoryName`, and for empty pages.
    pub repository_name: Option<String>,
    /// The label of everything that no wrapping labels.
    pub region: Option<String>,
}

/// Why a detail is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DetailError {
    #[error("an image detail without imageDigest; if --query left it out, save the output without --query")]
    NoDigest,
    #[error("an image detail without {member}; pass it with {option}")]
    Nameless { member: &'static str, option: &'static str },
    #[error("{} {problem}", .time.name())]
    Time { time: Time, problem: TimeError },
    #[error("{0}")]
    Value(String),
    /// Nothing is wrong: the writer takes no more.
    #[error("the ingest was stopped")]
    Stopped,
}

impl DetailError {
    /// How many bytes into `data`, from which `detail` was read, the trouble is: at the value of a time, else
    /// at the detail.
    pub(super) fn ahead(&self, detail: &RawDetail<'_>, data: &[u8]) -> usize {
        let DetailError::Time { time, .. } = self else { return 0 };
        let ahead = |text: &str| text.as_ptr().addr().checked_sub(data.as_ptr().addr());
        detail.times[*time].and_then(ahead).filter(|ahead| *ahead < data.len()).unwrap_or(0)
    }
}

/// What a row means for the text around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing.
    Plain,
    /// A chunk ends here.
    Border,
    /// It is counted as odd each time.
    Anomaly,
}

/// Fills one [`Batch`] after another.
pub(crate) struct RowBuilder {
    defaults: Defaults,
    batch: Batch,
    repositories: HashMap<RepositoryName, u32>,
    kinds: hashbrown::HashMap<Kind, u32>,
    /// The hashes of the batch's repositories and kinds.
    repository_hashes: Vec<[u8; 16]>,
    kind_hashes: Vec<[u8; 16]>,
    scratch: Vec<u8>,
    anomalies: Anomalies,
    /// Microseconds after which an image cannot have been pushed.
    captured_at: i64,
}

/// 2015-01-01 in microseconds: the service was introduced that year.
const SERVICE_BEGAN: i64 = 1_420_070_400_000_000;
/// Clocks may differ and a capture takes its time: so long after it a push time is not odd yet.
const SLACK: i64 = 86_400_000_000;

impl RowBuilder {
    /// For pages that were captured at `captured_at`, as far as is known.
    pub(crate) fn new(defaults: Defaults, captured_at: Instant) -> Self {
        RowBuilder {
            captured_at: captured_at.micros().saturating_add(SLACK),
            defaults,
            batch: Batch::default(),
            repositories: HashMap::new(),
            kinds: hashbrown::HashMap::new(),
            repository_hashes: Vec::new(),
            kind_hashes: Vec::new(),
            scratch: Vec::new(),
            anomalies: Anomalies::default(),
        }
    }

    /// The options that it was made with.
    pub(crate) fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// Other options, for the rows from now on.
    pub(crate) fn set_defaults(&mut self, defaults: Defaults) {
        self.defaults = defaults;
    }

    /// Rows since the last [`RowBuilder::take`].
    pub(crate) fn rows(&self) -> usize {
        self.batch.rows.len()
    }

    /// Bytes of text since the last [`RowBuilder::take`].
    pub(crate) fn bytes(&self) -> usize {
        self.batch.arena.len()
    }

    /// The rows so far; the next batch starts empty.
    pub(crate) fn take(&mut self) -> Batch {
        self.repositories.clear();
        self.kinds.clear();
        self.repository_hashes.clear();
        self.kind_hashes.clear();
        let next = Batch {
            arena: String::with_capacity(self.batch.arena.len() + 1024),
            rows: Vec::with_capacity(self.batch.rows.len()),
            ..Batch::default()
        };
        std::mem::replace(&mut self.batch, next)
    }

    /// What was odd since the last call.
    pub(crate) fn take_anomalies(&mut self) -> Anomalies {
        std::mem::take(&mut self.anomalies)
    }

    /// The repository that the options name, for a page without details.
    pub(crate) fn default_repository(&self, region: Option<&str>) -> Result<RepositoryName, DetailError> {
        self.name(None, None, region)
    }

    fn name(
        &self,
        registry: Option<&str>,
        name: Option<&str>,
        region: Option<&str>,
    ) -> Result<RepositoryName, DetailError> {
        let registry = registry.or(self.defaults.registry_id.as_deref());
        let name = name.or(self.defaults.repository_name.as_deref());
        let region = region.or(self.defaults.region.as_deref()).unwrap_or_default();
        Ok(RepositoryName {
            registry_id: registry
                .ok_or(DetailError::Nameless { member: "registryId", option: "--registry-id" })?
                .into(),
            name: name.ok_or(DetailError::Nameless { member: "repositoryName", option: "--repository-name" })?.into(),
            region: region.into(),
        })
    }

    /// Note the text of the last `rows` rows; passed over if some of them are gone already.
    pub(crate) fn fingerprint(&mut self, rows: usize, text: Fingerprint) {
        if let Some(first) = self.batch.rows.len().checked_sub(rows) {
            self.batch.fingerprints.push((first as u32..self.batch.rows.len() as u32, text));
        }
    }

    /// Add a detail. If it is refused, the batch is unchanged except for text that nothing refers to.
    pub(crate) fn push(&mut self, detail: &RawDetail<'_>, region: Option<&str>) -> Result<Mark, DetailError> {
        let digest = Digest::parse(detail.image_digest.as_deref().ok_or(DetailError::NoDigest)?);
        let mut times = Times::default();
        let mut below = Times::default();
        for (time, raw) in detail.times.iter() {
            if let Some(raw) = raw {
                let at = instant(raw).map_err(|problem| DetailError::Time { time, problem })?;
                times[time] = Some(at.micros());
                below[time] = at.below_micros();
            }
        }
        let labels = Labels::of(detail);
        let region = labels.region.as_deref().or(region);
        let registry = detail.registry_id.as_deref().or(labels.account.as_deref());
        let repository = self.repository(registry, detail.repository_name.as_deref(), region)?;
        let kind = self.kind(detail);
        let mut mark = if self.is_odd(detail, &digest, times[Time::Pushed]) { Mark::Anomaly } else { Mark::Plain };
        let first_tag = self.batch.tags.len() as u32;
        let tags = detail.image_tags.as_deref().map(|tags| self.put_tags(tags));
        let counts = detail.findings.as_ref().and_then(|findings| findings.counts.as_deref());
        let severity_counts = counts.map(|counts| self.put_counts(counts));
        let rest = self.put_rest(detail, below)?;
        let mut row = ImageRow {
            hash: [0; 16],
            repository,
            kind,
            digest,
            tags,
            tag_spans: first_tag..self.batch.tags.len() as u32,
            size_bytes: detail.image_size_in_bytes,
            times,
            severity_counts,
            subject_digest: detail.subject_manifest_digest.as_deref().map(Digest::parse),
            rest,
        };
        let hashes = (&self.repository_hashes[repository as usize], &self.kind_hashes[kind as usize]);
        row.hash = hash_row(hashes.0, hashes.1, &row.columns(&self.batch), &mut self.scratch);
        if ends_chunk(&row.hash) && mark == Mark::Plain {
            mark = Mark::Border;
        }
        self.batch.rows.push(row);
        Ok(mark)
    }

    /// Count what is odd about a detail; whether anything is.
    fn is_odd(&mut self, detail: &RawDetail<'_>, digest: &Digest, pushed_at: Option<i64>) -> bool {
        let mut odd = false;
        let mut count = |anomaly, example: &str| {
            odd = true;
            self.anomalies.count(anomaly, example);
        };
        if let Digest::Other(text) = digest {
            count(Anomaly::Digest, text);
        }
        for tag in detail.image_tags.iter().flatten().filter(|tag| !is_tag(tag)) {
            count(Anomaly::Tag, tag);
        }
        if let Some(size @ ..0) = detail.image_size_in_bytes {
            count(Anomaly::Size, &size.to_string());
        }
        let counts = detail.findings.as_ref().and_then(|findings| findings.counts.as_ref());
        for (severity, findings) in counts.into_iter().flatten() {
            let Some(findings @ ..0) = findings else { continue };
            count(Anomaly::FindingCount, &format!("{severity}: {findings}"));
        }
        if let Some(member) = detail.twice {
            count(Anomaly::Twice, member.name());
        }
        if let Some(at) = pushed_at.filter(|at| *at < SERVICE_BEGAN) {
            count(Anomaly::PushedBefore, &shown(at));
        }
        if let Some(at) = pushed_at.filter(|at| *at > self.captured_at) {
            count(Anomaly::PushedAfter, &shown(at));
        }
        odd
    }

    /// The index of the detail's repository in the batch.
    fn repository(
        &mut self,
        registry: Option<&str>,
        name: Option<&str>,
        region: Option<&str>,
    ) -> Result<u32, DetailError> {
        if let (Some(registry), Some(name), Some(last)) = (registry, name, self.batch.rows.last()) {
            // Nearly always the one of the row before.
            let known = &self.batch.repositories[last.repository as usize];
            let region = region.or(self.defaults.region.as_deref()).unwrap_or_default();
            if *known.registry_id == *registry && *known.name == *name && *known.region == *region {
                return Ok(last.repository);
            }
        }
        let key = self.name(registry, name, region)?;
        if let Some(index) = self.repositories.get(&key) {
            return Ok(*index);
        }
        let index = self.batch.repositories.len() as u32;
        self.repository_hashes.push(key.hash());
        self.batch.repositories.push(key.clone());
        self.repositories.insert(key, index);
        Ok(index)
    }

    /// The index of the detail's kind in the batch.
    fn kind(&mut self, detail: &RawDetail<'_>) -> u32 {
        let scan = detail.scan_status.as_ref();
        let texts = KindTexts::from_fn(|text| match text {
            KindText::ScanStatus => scan.and_then(|scan| scan.status.as_deref()),
            KindText::ScanDescription => scan.and_then(|scan| scan.description.as_deref()),
            text => detail.texts[text].as_deref(),
        });
        if let Some(last) = self.batch.rows.last()
            && self.batch.kinds[last.kind as usize].texts() == texts
        {
            return last.kind;
        }
        if let Some(index) = self.kinds.get(&texts) {
            return *index;
        }
        let kind: Kind = texts.map(|text| text.map(Arc::from));
        let index = self.batch.kinds.len() as u32;
        self.kind_hashes.push(kind.hash());
        self.batch.kinds.push(kind.clone());
        self.kinds.insert(kind, index);
        index
    }

    fn put_tags(&mut self, tags: &[Cow<'_, str>]) -> Span {
        let start = self.batch.arena.len();
        let mut escaped = Vec::new();
        self.batch.arena.push('[');
        for (index, tag) in tags.iter().enumerate() {
            if index > 0 {
                self.batch.arena.push(',');
            }
            let quoted = self.batch.arena.len();
            push_json_string(&mut self.batch.arena, tag);
            if self.batch.arena.len() - quoted == tag.len() + 2 {
                self.batch.tags.push(quoted as u32 + 1..self.batch.arena.len() as u32 - 1);
            } else {
                escaped.push(tag);
            }
        }
        self.batch.arena.push(']');
        let span = self.span(start);
        // A tag with escapes needs its own text too, behind the array.
        for tag in escaped {
            let start = self.batch.arena.len();
            self.batch.arena.push_str(tag);
            let tag = self.span(start);
            self.batch.tags.push(tag);
        }
        span
    }

    fn put_counts(&mut self, counts: &[(Cow<'_, str>, Option<i64>)]) -> Span {
        let start = self.batch.arena.len();
        self.batch.arena.push('{');
        let mut digits = itoa::Buffer::new();
        for (index, (severity, count)) in counts.iter().enumerate() {
            if index > 0 {
                self.batch.arena.push(',');
            }
            push_json_string(&mut self.batch.arena, severity);
            self.batch.arena.push(':');
            self.batch.arena.push_str(count.map_or("null", |count| digits.format(count)));
        }
        self.batch.arena.push('}');
        self.span(start)
    }

    /// What has no column, as `{"members":{},"scan_status":{},"findings":{},"nanos":{}}`, each part
    /// only if it is needed; nothing at all for nearly every detail.
    fn put_rest(&mut self, detail: &RawDetail<'_>, below: Times<u16>) -> Result<Option<Span>, DetailError> {
        let none = Unknown::new();
        let scan = detail.scan_status.as_ref();
        let scan_unknown = scan.map_or(&none, |scan| &scan.unknown);
        let scan_bare = scan.is_some_and(|scan| scan.status.is_none() && scan.description.is_none());
        let findings = detail.findings.as_ref();
        let findings_unknown = findings.map_or(&none, |findings| &findings.unknown);
        let findings_bare = findings.is_some_and(|findings| {
            findings.completed_at.is_none() && findings.source_updated_at.is_none() && findings.counts.is_none()
        });
        let mut parts = Vec::new();
        if !detail.unknown.is_empty() {
            parts.push(("members", object_of(&detail.unknown)?));
        }
        if scan_bare || !scan_unknown.is_empty() {
            parts.push(("scan_status", object_of(scan_unknown)?));
        }
        if findings_bare || !findings_unknown.is_empty() {
            parts.push(("findings", object_of(findings_unknown)?));
        }
        if below != Times::default() {
            let nanos = below.iter().filter(|(_, below)| **below > 0);
            let nanos: Vec<String> = nanos.map(|(time, below)| format!("\"{}\":{below}", time.name())).collect();
            parts.push(("nanos", format!("{{{}}}", nanos.join(","))));
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let start = self.batch.arena.len();
        for (index, (name, object)) in parts.iter().enumerate() {
            let open = if index == 0 { '{' } else { ',' };
            // Writing to a string does not fail.
            let _ = write!(self.batch.arena, "{open}\"{name}\":{object}");
        }
        self.batch.arena.push('}');
        Ok(Some(self.span(start)))
    }

    fn span(&self, start: usize) -> Span {
        start as u32..self.batch.arena.len() as u32
    }
}

/// What rows of other tools (Steampipe, `CloudQuery`) say about a detail in members of their own. The members
/// stay what they are: unknown to the model, and kept.
#[derive(Default)]
struct Labels {
    account: Option<String>,
    region: Option<String>,
}

impl Labels {
    fn of(detail: &RawDetail<'_>) -> Self {
        let mut labels = Labels::default();
        for (name, value) in &detail.unknown {
            let text = || serde_json::from_str::<String>(value.get()).ok();
            if detail.registry_id.is_none() && is_spelling_of(name, "accountId") {
                labels.account = text();
            } else if name.eq_ignore_ascii_case("region") {
                labels.region = text().filter(|region| is_region(region));
            }
        }
        labels
    }
}

/// An instant in microseconds, for a message.
fn shown(micros: i64) -> String {
    Instant::from_micros(micros).map_or_else(|_| micros.to_string(), Instant::to_utc_text)
}

fn object_of(members: &Unknown<'_>) -> Result<String, DetailError> {
    let mut text = String::from("{");
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        push_json_string(&mut text, name);
        text.push(':');
        minify(value, &mut text).map_err(|error| DetailError::Value(format!("in `{name}`: {error}")))?;
    }
    text.push('}');
    Ok(text)
}
