//! The figures of one snapshot as metrics, in the text format of `OpenMetrics` 1.0.
//!
//! Names and units follow its conventions: base units, the unit at the end of the name, no
//! counters (a snapshot is a state). Families are gauges only, so that a parser of the older Prometheus
//! text format reads the same text. No clock is read: the age of a capture is computed by who reads.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::figures::{Figures, Group, IMAGES_QUOTA, Reason, Repository, severity_key};
use crate::model::{Severity, visible};

/// How many repositories have series of their own by default; the smaller ones are added up.
pub(super) const REPOSITORIES: usize = 500;

/// The `repository` label of the sum of the smaller repositories. No repository can have this name.
const OTHER: &str = "_other";

/// The media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Print the metrics; at most `limit` repositories have series of their own.
pub(super) fn write(figures: &Figures, limit: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Text::default();
    snapshot(figures, &mut text);
    by_registry(figures, limit, &mut text);
    by_repository(figures, limit, &mut text);
    cleanup(figures, &mut text);
    quotas(figures, &mut text);
    text.0.push_str("# EOF\n");
    out.write_all(text.0.as_bytes())
}

/// Metrics as text.
#[derive(Default)]
struct Text(String);

impl Text {
    /// Begin a family of gauges. The unit is the end of its name, if it has one.
    fn family(&mut self, name: &str, unit: Option<&str>, help: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# TYPE {name} gauge");
        if let Some(unit) = unit {
            let _ = writeln!(self.0, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.0, "# HELP {name} {help}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{}\"", if index == 0 { '{' } else { ',' }, escaped(text));
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }
}

/// A label's value: control and direction characters made visible, then escaped.
fn escaped(text: &str) -> String {
    visible(text).replace('\\', "\\\\").replace('"', "\\\"")
}

fn snapshot(figures: &Figures, text: &mut Text) {
    let Some(last) = figures.last() else { return };
    let name = "ecrsnap_capture_timestamp_seconds";
    text.family(name, Some("seconds"), "When the snapshot was captured, in seconds since 1970.");
    text.sample(name, &[], last.captured_at.epoch_seconds());
    text.family("ecrsnap_snapshot_info", None, "The name of the snapshot, and the program that printed it.");
    text.sample("ecrsnap_snapshot_info", &[("program", &figures.program), ("snapshot", &last.snapshot)], 1);
    text.family("ecrsnap_snapshots", None, "Snapshots in the span of the report.");
    text.sample("ecrsnap_snapshots", &[], figures.snapshots.len());
}

fn by_registry(figures: &Figures, limit: usize, text: &mut Text) {
    let labels =
        |group: &Group| [("registry_id", group.registry_id.clone()), ("region", region(group.region.as_ref()))];
    let mut family = |name: &str, help: &str, value: &dyn Fn(&Group) -> u64| {
        text.family(name, None, help);
        for group in &figures.groups {
            let labels = labels(group);
            text.sample(name, &labels.each_ref().map(|(label, value)| (*label, value.as_str())), value(group));
        }
    };
    family("ecrsnap_repositories", "Repositories in the snapshot.", &|group| group.repositories);
    family("ecrsnap_incomplete_captures", "Repositories whose capture stopped early.", &|group| group.incomplete);
    let hidden = |group: &Group| {
        let in_group = |repository: &&Repository| {
            repository.place.registry_id == group.registry_id && repository.place.region == group.region
        };
        figures.repositories.iter().skip(limit).filter(in_group).count() as u64
    };
    family(
        "ecrsnap_repositories_without_series",
        "Repositories without series of their own; their sums have the repository label _other.",
        &hidden,
    );
}

fn region(region: Option<&String>) -> String {
    region.cloned().unwrap_or_default()
}

/// The sums of one repository, or of the smaller ones of a registry and region.
#[derive(Default)]
struct Series<'f> {
    registry_id: &'f str,
    region: Option<&'f str>,
    repository: &'f str,
    values: [u64; VALUES.len()],
    /// Images with counts of findings.
    counted: u64,
    findings: [u64; 6],
}

/// A gauge of a repository: name, unit, help, value.
type Gauge = (&'static str, Option<&'static str>, &'static str, fn(&Repository) -> u64);

/// The gauges of a repository.
const VALUES: [Gauge; 9] = [
    ("ecrsnap_images", None, "Images in the snapshot.", |it| it.totals.images),
    ("ecrsnap_tagged_images", None, "Images with a tag.", |it| it.totals.tagged),
    ("ecrsnap_untagged_images", None, "Images without a tag.", |it| it.totals.untagged),
    ("ecrsnap_archived_images", None, "Images with the status ARCHIVED.", |it| it.totals.archived),
    ("ecrsnap_stale_images", None, "Tagged images without a pull within the limit.", |it| it.stale.images),
    ("ecrsnap_counted_images", None, "Images with counts of findings.", |it| it.totals.counted),
    ("ecrsnap_unscanned_images", None, "Tagged images without a scan result.", |it| it.tagged_unscanned),
    ("ecrsnap_scan_stale_images", None, "Tagged images whose last scan is too old.", |it| it.tagged_scan_stale),
    (
        "ecrsnap_images_size_bytes",
        Some("bytes"),
        "Sum of the image sizes; an image index repeats the size of its largest platform.",
        |it| it.totals.bytes,
    ),
];

fn by_repository(figures: &Figures, limit: usize, text: &mut Text) {
    let mut series: Vec<Series<'_>> = Vec::new();
    for (index, repository) in figures.repositories.iter().enumerate() {
        let (registry_id, region) = (repository.place.registry_id.as_str(), repository.place.region.as_deref());
        let at = if index < limit {
            None
        } else {
            series.iter().position(|one| (one.registry_id, one.region, one.repository) == (registry_id, region, OTHER))
        };
        let at = at.unwrap_or_else(|| {
            let repository = if index < limit { &repository.place.repository_name } else { OTHER };
            series.push(Series { registry_id, region, repository, ..Series::default() });
            series.len() - 1
        });
        let sums = &mut series[at];
        for (sum, (_, _, _, value)) in sums.values.iter_mut().zip(VALUES) {
            *sum = sum.saturating_add(value(repository));
        }
        sums.counted += repository.totals.counted;
        for (sum, severity) in sums.findings.iter_mut().zip(Severity::ALL) {
            *sum = sum.saturating_add(repository.totals.findings.get(severity));
        }
    }
    let labels = |one: &Series<'_>| {
        [
            ("registry_id", one.registry_id.to_owned()),
            ("region", one.region.unwrap_or_default().to_owned()),
            ("repository", one.repository.to_owned()),
        ]
    };
    for (number, (name, unit, help, _)) in VALUES.into_iter().enumerate() {
        text.family(name, unit, help);
        for one in &series {
            let labels = labels(one);
            text.sample(name, &labels.each_ref().map(|(label, value)| (*label, value.as_str())), one.values[number]);
        }
    }
    text.family("ecrsnap_findings", None, "Findings by severity, over the images with counts.");
    // Without counts, findings are unknown, not 0.
    for one in series.iter().filter(|one| one.counted > 0) {
        let labels = labels(one);
        let [registry, region, repository] = labels.each_ref().map(|(label, value)| (*label, value.as_str()));
        for (severity, count) in Severity::ALL.into_iter().zip(one.findings) {
            let severity = ("severity", severity_key(severity));
            text.sample("ecrsnap_findings", &[registry, region, repository, severity], count);
        }
    }
}

fn cleanup(figures: &Figures, text: &mut Text) {
    let cleanup = &figures.cleanup;
    let kinds = [
        (Reason::Untagged, &cleanup.untagged_alone),
        (Reason::StalePulled, &cleanup.stale_pulled),
        (Reason::StaleNeverPulled, &cleanup.stale_never_pulled),
    ];
    let reason = |reason: Reason| match reason {
        Reason::Untagged => "untagged",
        Reason::StalePulled => "stale_pulled",
        Reason::StaleNeverPulled => "stale_never_pulled",
    };
    let name = "ecrsnap_deletion_candidates";
    text.family(name, None, "Images that could be deleted, by reason.");
    for (kind, share) in kinds {
        text.sample(name, &[("reason", reason(kind))], share.images);
    }
    let name = "ecrsnap_deletion_candidates_size_bytes";
    text.family(name, Some("bytes"), "The most that deleting them would free, without image indexes.");
    for (kind, share) in kinds {
        text.sample(name, &[("reason", reason(kind))], share.own_bytes());
    }
}

fn quotas(figures: &Figures, text: &mut Text) {
    let name = "ecrsnap_quota_used_ratio";
    text.family(
        name,
        Some("ratio"),
        "Used part of a quota, from 0 to 1: of each registry, and of its fullest repositories.",
    );
    for quota in figures.quotas.iter().filter(|quota| quota.limit > 0) {
        let kind = if quota.quota == IMAGES_QUOTA { "images_per_repository" } else { "repositories_per_registry" };
        let labels = [("quota", kind), ("name", quota.name.as_str())];
        text.sample(name, &labels, quota.used as f64 / quota.limit as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::{Text, escaped};

    #[test]
    fn labels_cannot_leave_their_quotes() {
        for (text, expected) in
            [("shop/web", "shop/web"), ("a\"b\\c", "a\\\"b\\\\c"), ("a\nb", "a\\\\u{a}b"), ("\u{202e}", "\\\\u{202e}")]
        {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn a_family_and_its_samples() {
        let mut text = Text::default();
        text.family("x_bytes", Some("bytes"), "Help.");
        text.sample("x_bytes", &[], 1);
        text.sample("x_bytes", &[("a", "b"), ("c", "")], 0.5);
        assert_eq!(
            text.0,
            "# TYPE x_bytes gauge\n# UNIT x_bytes bytes\n# HELP x_bytes Help.\nx_bytes 1\nx_bytes{a=\"b\",c=\"\"} 0.5\n"
        );
    }
}
