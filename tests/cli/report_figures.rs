//! The figures of a report are what counting every image of every capture gives.

use std::collections::BTreeMap;
use std::io::Cursor;

use ecrsnap::internal::ingest::{self, source::Source};
use ecrsnap::internal::model::{Detail, Digest, FindingsSummary, Instant, Severity};
use ecrsnap::internal::report::{Figures, Options, gather};
use ecrsnap::internal::store::read::{Reader, Repositories};
use proptest::collection::vec;
use proptest::prelude::*;

use super::details::{REGISTRY, page};

const REPOSITORY: &str = "shop/web";
const TAGS: [&str; 3] = ["prod", "staging", "v1"];
/// More than a chunk holds, so that most chunks are shared from day to day.
const IMAGES: u16 = 180;

fn day(number: usize) -> Instant {
    Instant::from_micros(1_772_330_400_000_000 + number as i64 * 86_400_000_000).expect("an instant")
}

/// An image: its number, findings, whether it is archived.
type Image = (u16, i64, bool);

/// One day: which image to change how, where each tag goes (to none beyond the images), and how much of
/// the repository is captured: all, the beginning, nothing.
#[derive(Clone, Debug)]
struct Day {
    edits: Vec<(u8, u16)>,
    tags: [Option<u16>; 3],
    captured: u8,
}

fn days() -> impl Strategy<Value = Vec<Day>> {
    let tag = || prop_oneof![2 => Just(None), 1 => (0..IMAGES + 40).prop_map(Some)];
    let captured = prop_oneof![5 => Just(0u8), 1 => Just(1u8), 1 => Just(2u8)];
    let day = (vec((0..5u8, 0..IMAGES + 20), 0..6), [tag(), tag(), tag()], captured);
    vec(day.prop_map(|(edits, tags, captured)| Day { edits, tags, captured }), 1..7)
}

/// What each day's capture shows of the repository, and whether it is all; `None` for nothing.
fn captures(days: &[Day]) -> Vec<Option<(Vec<Detail>, bool)>> {
    let mut images: Vec<Image> = (0..IMAGES).map(|number| (number, i64::from(number % 3), false)).collect();
    let mut tags = BTreeMap::from([("prod", 3), ("staging", 90), ("v1", 170)]);
    let mut captures = Vec::new();
    for day in days {
        for (what, number) in &day.edits {
            let known = images.iter().position(|image| image.0 == *number);
            match (what, known) {
                (0, Some(at)) => drop(images.remove(at)),
                (1, None) => images.insert(usize::from(*number) % (images.len() + 1), (*number, 7, false)),
                (2, Some(at)) => images[at].1 += 1,
                (3, Some(at)) => images[at].2 ^= true,
                (4, _) => images.rotate_left(1),
                _ => {}
            }
        }
        for (tag, to) in TAGS.into_iter().zip(day.tags) {
            if let Some(to) = to {
                tags.insert(tag, to);
            }
        }
        let details: Vec<Detail> = images.iter().map(|image| detail(image, &tags)).collect();
        let half = details[..details.len() / 2].to_vec();
        captures.push(match day.captured {
            0 => Some((details, true)),
            1 => Some((half, false)),
            _ => None,
        });
    }
    captures
}

fn detail(&(number, findings, archived): &Image, tags: &BTreeMap<&str, u16>) -> Detail {
    let mut bytes = [7; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    let mut detail = Detail::new(REGISTRY.into(), REPOSITORY.into(), Digest::Sha256(bytes));
    let on_it = tags.iter().filter(|(_, on)| **on == number).map(|(tag, _)| (*tag).to_owned());
    detail.image_tags = Some(on_it.collect()).filter(|tags: &Vec<_>| !tags.is_empty());
    detail.image_size_in_bytes = Some(1000 + i64::from(number));
    detail.image_status = Some(if archived { "ARCHIVED" } else { "ACTIVE" }.into());
    // Every third image has no counts, and every third a count of nothing.
    detail.image_scan_findings_summary = (number % 3 != 2).then(|| FindingsSummary {
        finding_severity_counts: Some(vec![("HIGH".to_owned(), findings)]),
        ..FindingsSummary::default()
    });
    detail
}

fn report(captures: &[Option<(Vec<Detail>, bool)>]) -> Figures {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("ecrsnap.db");
    for (number, shown) in captures.iter().enumerate() {
        // A snapshot holds something; this repository is always there and never changes.
        let other = Detail::new(REGISTRY.into(), "shop/other".into(), Digest::Sha256([1; 32]));
        let shown = shown.as_ref().map(|(details, whole)| page(details, (!whole).then_some("more")));
        let pages = std::iter::once(page(&[other], None)).chain(shown);
        let open = |page: String| Source::open("page.json", Box::new(Cursor::new(page.into_bytes())));
        let options = ingest::Options {
            db: db.clone(),
            snapshot: Some(format!("day {number}")),
            captured_at: Some(day(number)),
            ..ingest::Options::default()
        };
        let sources: Vec<Source> = pages.map(open).collect();
        ingest::ingest(&sources, &options, &std::sync::Arc::default()).expect("pages that go in");
    }
    let reader = Reader::open(&db).expect("a database");
    let names = vec!["shop/w*".to_owned()];
    let options = Options { repositories: Repositories { names, ..Repositories::default() }, ..everything() };
    let span = reader.snapshots().expect("snapshots");
    gather(&reader, &span, &options).expect("figures")
}

/// How often each tag moved, from the whole of every capture.
fn moves(captures: &[Option<(Vec<Detail>, bool)>]) -> BTreeMap<String, u64> {
    let mut known: BTreeMap<String, Digest> = BTreeMap::new();
    let mut moves = BTreeMap::new();
    for (details, whole) in captures.iter().flatten() {
        let mut shown = BTreeMap::new();
        for detail in details {
            for tag in detail.image_tags.iter().flatten() {
                shown.insert(tag.clone(), detail.image_digest.clone());
            }
        }
        for (tag, digest) in &shown {
            if known.get(tag).is_some_and(|was| was != digest) {
                *moves.entry(tag.clone()).or_default() += 1;
            }
        }
        if *whole {
            known = shown;
        } else {
            known.extend(shown);
        }
    }
    moves
}

/// Each image is one kind of candidate or none; the sizes are powers of two, so that a sum names its parts.
#[test]
fn what_could_be_deleted() {
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    let (young, old) = (day(0).micros() - 86_400_000_000, day(0).micros() - 91 * 86_400_000_000);
    let mut number = 0;
    let mut image = |repository: &str, tag: Option<&str>, pushed: i64, pulled: Option<i64>| {
        let mut detail = detail(&(number, 0, false), &BTreeMap::new());
        detail.repository_name = repository.into();
        detail.image_tags = tag.map(|tag| vec![tag.to_owned()]);
        detail.image_size_in_bytes = Some(1 << number);
        detail.image_pushed_at = Some(Instant::from_micros(pushed).expect("an instant"));
        detail.last_recorded_pull_time = pulled.map(|at| Instant::from_micros(at).expect("an instant"));
        number += 1;
        detail
    };
    let mut alone = vec![
        image("alone", Some("new"), young, None),         // 1
        image("alone", Some("in-use"), old, Some(young)), // 2
        image("alone", Some("left"), old, Some(old)),     // 4: stale, pulled
        image("alone", Some("never-used"), old, None),    // 8: stale, never pulled
        image("alone", None, young, None),                // 16: untagged alone
        image("alone", None, old, Some(young)),           // 32: untagged alone
        image("alone", None, old, None),                  // 64: attached
        image("alone", Some("archived"), old, None),      // 128: in no kind
        image("alone", None, old, None),                  // 256: in no kind, archived
    ];
    alone[6].subject_manifest_digest = Some(Digest::Sha256([9; 32]));
    for archived in &mut alone[7..] {
        archived.image_status = Some("ARCHIVED".into());
    }
    let mut indexed = vec![
        image("indexed", Some("old-index"), old, None), // 512: stale, and all of it repeated
        image("indexed", None, young, None),            // 1024: beside an index
    ];
    indexed[0].image_manifest_media_type = Some(INDEX.into());
    // An index may stand behind the end.
    let stopped = vec![image("stopped", None, old, None)]; // 2048
    let pages = [page(&alone, None), page(&indexed, None), page(&stopped, Some("more"))];

    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("ecrsnap.db");
    let open = |page: String| Source::open("page.json", Box::new(Cursor::new(page.into_bytes())));
    let sources: Vec<Source> = pages.into_iter().map(open).collect();
    let options = ingest::Options { db: db.clone(), captured_at: Some(day(0)), ..ingest::Options::default() };
    ingest::ingest(&sources, &options, &std::sync::Arc::default()).expect("pages that go in");
    let reader = Reader::open(&db).expect("a database");
    let options = Options { stale_after: 90 * 86_400_000_000, ..everything() };
    let figures = gather(&reader, &reader.snapshots().expect("snapshots"), &options).expect("figures");

    let cleanup = &figures.cleanup;
    for (name, share, images, bytes, index_bytes) in [
        ("alone", cleanup.untagged_alone, 2, 16 + 32, 0),
        ("beside an index", cleanup.untagged_beside_index, 2, 1024 + 2048, 0),
        ("attached", cleanup.untagged_attached, 1, 64, 0),
        ("stale, pulled", cleanup.stale_pulled, 1, 4, 0),
        ("stale, never pulled", cleanup.stale_never_pulled, 2, 8 + 512, 512),
    ] {
        assert_eq!((share.images, share.bytes, share.index_bytes), (images, bytes, index_bytes), "{name}");
    }
    let stale: Vec<u64> = cleanup.largest_stale.iter().map(|image| image.bytes).collect();
    assert_eq!(stale, [512, 8, 4]);
    let of_repository = |name: &str| {
        let found = figures.repositories.iter().find(|repository| repository.place.repository_name == name);
        found.map(|repository| (repository.untagged_alone.images, repository.stale.images))
    };
    assert_eq!(of_repository("alone"), Some((2, 2)));
    assert_eq!(of_repository("indexed"), Some((0, 1)));
    assert_eq!(of_repository("stopped"), Some((0, 0)));
}

fn everything() -> Options {
    Options {
        title: None,
        repositories: Repositories::default(),
        stale_after: 0,
        quota_images: 1,
        quota_repositories: 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_what_counting_gives(days in days()) {
        let captures = captures(&days);
        let figures = report(&captures);
        prop_assert_eq!(figures.snapshots.len(), captures.len());
        for (point, shown) in figures.snapshots.iter().zip(&captures) {
            let details = shown.as_ref().map_or(&[][..], |(details, _)| details);
            let count = |test: fn(&Detail) -> bool| details.iter().filter(|detail| test(detail)).count() as u64;
            let counts = |detail: &Detail| {
                let summary = detail.image_scan_findings_summary.as_ref()?;
                Some(summary.finding_severity_counts.as_ref()?[0].1 as u64)
            };
            prop_assert_eq!(point.images, details.len() as u64);
            prop_assert_eq!(point.tagged, count(|detail| detail.image_tags.is_some()));
            prop_assert_eq!(point.untagged, count(|detail| detail.image_tags.is_none()));
            prop_assert_eq!(point.archived, count(|detail| detail.image_status.as_deref() == Some("ARCHIVED")));
            prop_assert_eq!(point.counted, details.iter().filter_map(counts).count() as u64);
            prop_assert_eq!(point.findings.get(Severity::High), details.iter().filter_map(counts).sum::<u64>());
            prop_assert_eq!(point.findings.total(), point.findings.get(Severity::High));
            let bytes: i64 = details.iter().filter_map(|detail| detail.image_size_in_bytes).sum();
            prop_assert_eq!(point.bytes, bytes as u64);
            prop_assert_eq!(point.incomplete.is_empty(), shown.as_ref().is_none_or(|(_, whole)| *whole));
        }
        let found: BTreeMap<String, u64> =
            figures.moves.tags.iter().map(|tag| (tag.image_tag.clone(), tag.times)).collect();
        prop_assert_eq!(found, moves(&captures));
        let last = figures.last().expect("a snapshot");
        prop_assert_eq!(figures.ages.iter().map(|bucket| bucket.images).sum::<u64>(), last.images);
        prop_assert_eq!(figures.pulls.iter().map(|bucket| bucket.images).sum::<u64>(), last.images);
        prop_assert_eq!(figures.statuses.iter().map(|count| count.images).sum::<u64>(), last.images);
        let scans = &figures.scans;
        prop_assert_eq!(scans.with_findings + scans.nothing_found, last.counted);
        let uncounted = scans.pending + scans.failed + scans.no_counts + scans.not_scanned;
        prop_assert_eq!(last.counted + uncounted, last.images);
    }
}
