//! Random details, and the page that says them.

use std::sync::Arc;

use ecrsnap::internal::model::{Detail, Digest, FindingsSummary, Instant, Map, ScanStatus, Value, json};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub(super) const REGISTRY: &str = "123456789012";

/// 0001-01-01 and 9999-12-31 in microseconds from 1970.
const YEARS: std::ops::Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

fn instant() -> impl Strategy<Value = Instant> {
    let micros = prop_oneof![
        YEARS,
        Just(YEARS.start),
        Just(YEARS.end - 1),
        Just(0i64),
        1_700_000_000_000_000i64..1_800_000_000_000_000
    ];
    (micros, prop_oneof![Just(0), 0u16..1000])
        .prop_map(|(micros, below)| Instant::from_parts(micros, below).expect("in range"))
}

fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0), -2i64..300]
}

fn text() -> impl Strategy<Value = Arc<str>> {
    prop_oneof!["[a-z/+.]{0,12}", any::<String>()].prop_map(Arc::from)
}

/// Any value; null only within others, where it is not an absent member.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        integer().prop_map(Value::Int),
        (-1e300..1e300f64).prop_map(Value::Float),
        any::<String>().prop_map(Value::Str),
        Just(Value::Map(Map::new())),
        Just(Value::List(Vec::new())),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(prop_oneof![Just(Value::Null), inner.clone()], 0..4).prop_map(Value::List),
            vec((any::<String>(), prop_oneof![Just(Value::Null), inner]), 0..4)
                .prop_map(|members| Value::Map(members.into_iter().collect())),
        ]
    })
}

/// Members that no model has.
fn unknown() -> impl Strategy<Value = Map> {
    let member = ("x[A-Za-z \"é]{0,6}", value());
    prop_oneof![3 => Just(Map::new()), 1 => vec(member, 1..4).prop_map(|members| members.into_iter().collect())]
}

fn scan_status() -> impl Strategy<Value = ScanStatus> {
    (option::of(text()), option::of(text()), unknown()).prop_map(|(status, description, unknown)| ScanStatus {
        status,
        description,
        unknown,
    })
}

fn findings() -> impl Strategy<Value = FindingsSummary> {
    let counts = vec(("[A-Z]{1,9}", integer()), 0..4).prop_map(|counts| {
        let mut unique: Vec<(String, i64)> = Vec::new();
        for (severity, count) in counts {
            if unique.iter().all(|(known, _)| *known != severity) {
                unique.push((severity, count));
            }
        }
        unique
    });
    (option::of(instant()), option::of(instant()), option::of(counts), unknown()).prop_map(
        |(image_scan_completed_at, vulnerability_source_updated_at, finding_severity_counts, unknown)| {
            FindingsSummary {
                image_scan_completed_at,
                vulnerability_source_updated_at,
                null_severities: finding_severity_counts.iter().take(1).map(|_| (0, "lower".to_owned())).collect(),
                finding_severity_counts,
                unknown,
            }
        },
    )
}

/// A digest in the service's form, or text of any other.
fn digest() -> impl Strategy<Value = Digest> {
    prop_oneof![
        4 => any::<[u8; 32]>().prop_map(Digest::Sha256),
        1 => "(sha256:|sha512:|SHA256:)?[0-9A-Fg-zé:]{1,70}".prop_map(|text| Digest::parse(&text)),
    ]
}

fn detail(repository: &'static str) -> impl Strategy<Value = Detail> {
    let status = prop_oneof![Just("ACTIVE"), Just("ARCHIVED"), Just("ACTIVATING"), Just("")];
    (
        (digest(), option::of(vec(text(), 1..4)), option::of(integer()), unknown()),
        [option::of(instant()), option::of(instant()), option::of(instant()), option::of(instant())],
        (option::of(scan_status()), option::of(findings()), option::of(text()), option::of(text())),
        (option::of(digest()), option::of(status.prop_map(Arc::from))),
    )
        .prop_map(move |(first, times, scan, last)| Detail {
            image_tags: first.1.map(|tags| tags.iter().map(ToString::to_string).collect()),
            image_size_in_bytes: first.2,
            unknown: first.3,
            image_pushed_at: times[0],
            last_recorded_pull_time: times[1],
            last_archived_at: times[2],
            last_activated_at: times[3],
            image_scan_status: scan.0,
            image_scan_findings_summary: scan.1,
            image_manifest_media_type: scan.2,
            artifact_media_type: scan.3,
            subject_manifest_digest: last.0,
            image_status: last.1,
            ..Detail::new(REGISTRY.into(), repository.into(), first.0)
        })
}

/// The details of a repository, no digest twice.
pub(super) fn listing(repository: &'static str, most: usize) -> impl Strategy<Value = Vec<Detail>> {
    vec(detail(repository), 0..most).prop_map(|mut details| {
        let mut seen = std::collections::HashSet::new();
        details.retain(|detail| seen.insert(detail.image_digest.clone()));
        details
    })
}

/// A page that says these details exactly.
pub(super) fn page(details: &[Detail], token: Option<&str>) -> String {
    let time = |instant: Instant| Value::Str(spelled(instant));
    let mut page = Map::new();
    page.insert(
        "imageDetails".to_owned(),
        details.iter().map(|detail| detail.to_value(&time)).collect::<Vec<_>>().into(),
    );
    if let Some(token) = token {
        page.insert("nextToken".to_owned(), token.into());
    }
    json::to_compact(&Value::Map(page))
}

/// ISO 8601 with nine digits of fraction.
fn spelled(instant: Instant) -> String {
    let (seconds, micros) = instant.seconds();
    let nanos = micros * 1000 + u32::from(instant.below_micros());
    let time = chrono::DateTime::from_timestamp(seconds, nanos).expect("in range");
    time.format("%Y-%m-%dT%H:%M:%S%.9fZ").to_string()
}
