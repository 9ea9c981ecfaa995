//! The figures of a report are what counting every image of every capture gives.

use std::collections::BTreeMap;
use std::io::Cursor;

use ecrsnap::internal::ingest::{self, source::Source};
use ecrsnap::internal::model::{Detail, Digest, FindingsSummary, Instant, Severity};
use ecrsnap::internal::report::figures::{Reason, TagKind};
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
    report_with(captures, &everything())
}

/// The report of one capture a day; `None` for a day that does not have the repository.
fn report_with(captures: &[Option<(Vec<Detail>, bool)>], options: &Options) -> Figures {
    let days: Vec<_> = captures
        .iter()
        .enumerate()
        .map(|(number, shown)| {
            (number, shown.as_ref().map(|(details, whole)| page(details, (!whole).then_some("more"))))
        })
        .collect();
    report_of_pages(&days, None, options)
}

/// The report of captures on certain days, with that filter.
fn report_of(captures: &[(Vec<Detail>, usize, bool)], filter: Option<&str>, options: &Options) -> Figures {
    let days: Vec<_> = captures
        .iter()
        .map(|(details, number, whole)| (*number, Some(page(details, (!whole).then_some("more")))))
        .collect();
    report_of_pages(&days, filter, options)
}

fn report_of_pages(days: &[(usize, Option<String>)], filter: Option<&str>, options: &Options) -> Figures {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("ecrsnap.db");
    for (number, shown) in days {
        // A snapshot holds something; this repository is always there and never changes.
        let other = Detail::new(REGISTRY.into(), "shop/other".into(), Digest::Sha256([1; 32]));
        let pages = std::iter::once(page(&[other], None)).chain(shown.clone());
        let open = |page: String| Source::open("page.json", Box::new(Cursor::new(page.into_bytes())));
        let ingest_options = ingest::Options {
            db: db.clone(),
            snapshot: Some(format!("day {number}")),
            captured_at: Some(day(*number)),
            capture_filter: filter.map(|filter| filter.parse().expect("a filter")),
            ..ingest::Options::default()
        };
        let sources: Vec<Source> = pages.map(open).collect();
        ingest::ingest(&sources, &ingest_options, &std::sync::Arc::default()).expect("pages that go in");
    }
    let reader = Reader::open(&db).expect("a database");
    let names = vec!["shop/w*".to_owned()];
    let options = Options { repositories: Repositories { names, ..Repositories::default() }, ..options.clone() };
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
        image("indexed", None, young, None),            // 1024: next to an index
    ];
    indexed[0].image_manifest_media_type = Some(INDEX.into());
    // An index may follow behind the end.
    let stopped = vec![image("stopped", None, old, None)]; // 2048
    let pages = [page(&alone, None), page(&indexed, None), page(&stopped, Some("more"))];

    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("ecrsnap.db");
    let open = |page: String| Source::open("page.json", Box::new(Cursor::new(page.into_bytes())));
    let sources: Vec<Source> = pages.into_iter().map(open).collect();
    let options = ingest::Options { db: db.clone(), captured_at: Some(day(0)), ..ingest::Options::default() };
    ingest::ingest(&sources, &options, &std::sync::Arc::default()).expect("pages that go in");
    let reader = Reader::open(&db).expect("a database");
    let options = Options::default();
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
    let candidates: Vec<_> = cleanup.candidates.iter().map(|one| (one.image.bytes, one.reason, one.is_index)).collect();
    assert_eq!(
        candidates,
        [
            (512, Reason::StaleNeverPulled, true),
            (32, Reason::Untagged, false),
            (16, Reason::Untagged, false),
            (8, Reason::StaleNeverPulled, false),
            (4, Reason::StalePulled, false),
        ]
    );
    assert_eq!((cleanup.stale_indexes.images, cleanup.stale_index_children.images), (1, 0));
    assert_eq!((cleanup.all_candidates().images, cleanup.all_candidates().own_bytes()), (5, 4 + 8 + 16 + 32));
    let of_repository = |name: &str| {
        let found = figures.repositories.iter().find(|repository| repository.place.repository_name == name);
        found.map(|repository| (repository.untagged_alone.images, repository.stale.images))
    };
    assert_eq!(of_repository("alone"), Some((2, 2)));
    assert_eq!(of_repository("indexed"), Some((0, 1)));
    assert_eq!(of_repository("stopped"), Some((0, 0)));
}

fn everything() -> Options {
    Options { stale_after: 0, quota_images: 1, quota_repositories: 1, ..Options::default() }
}

/// A stale index and its platforms: the list says that the row is an index and how large its platforms
/// probably are, and the sums have a range.
#[test]
fn a_stale_index_shows_its_probable_platforms() {
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    let old = day(0).micros() - 91 * 86_400_000_000;
    let image = |number: u16, bytes: i64, seconds: i64| {
        let mut detail = detail(&(number, 0, false), &BTreeMap::new());
        detail.image_size_in_bytes = Some(bytes);
        detail.image_pushed_at = Some(Instant::from_micros(old + seconds * 1_000_000).expect("an instant"));
        detail
    };
    let mut index = image(1, 1000, 0);
    index.image_tags = Some(vec!["1.4.2".to_owned()]);
    index.image_manifest_media_type = Some(INDEX.into());
    let mut signature = image(6, 5, 1);
    signature.subject_manifest_digest = Some(Digest::Sha256([9; 32]));
    // Two platforms and an attestation of the index, an image of a later build, a signature.
    let details = [index, image(2, 1000, -2), image(3, 900, -1), image(4, 10, -1), image(5, 700, 3600), signature];
    let captures = [Some((details.to_vec(), true))];
    let cleanup = report_with(&captures, &Options::default()).cleanup;
    assert_eq!((cleanup.stale_never_pulled.images, cleanup.stale_never_pulled.index_bytes), (1, 1000));
    assert_eq!((cleanup.stale_index_children.images, cleanup.stale_index_children.bytes), (3, 1910));
    assert_eq!((cleanup.untagged_beside_index.images, cleanup.untagged_attached.images), (4, 1));
    let [candidate] = &*cleanup.candidates else { panic!("{:?}", cleanup.candidates) };
    let children = candidate.probable_children.expect("an index");
    assert_eq!((candidate.is_index, children.images, children.bytes), (true, 3, 1910));
}

/// The lists have a limit, and their first rows do not depend on it.
#[test]
fn lists_have_a_limit() {
    let details: Vec<Detail> = (0..90).map(|number| detail(&(number, 3, false), &BTreeMap::new())).collect();
    let figures = |listed| {
        let options = Options { stale_after: 0, listed, ..Options::default() };
        report_with(&[Some((details.clone(), true))], &options)
    };
    let (some, all) = (figures(7), figures(usize::MAX));
    let digests = |figures: &Figures| -> Vec<Digest> {
        figures.cleanup.candidates.iter().map(|one| one.image.image_digest.clone()).collect()
    };
    assert_eq!((digests(&some).len(), digests(&all).len()), (7, 90));
    assert_eq!(digests(&some), digests(&all)[..7]);
    assert_eq!((some.scans.worst_images.len(), all.scans.worst_images.len()), (7, 60));
    assert_eq!(some.cleanup.all_candidates(), all.cleanup.all_candidates());
}

/// A digest that a listing shows twice is one image, and its last detail counts.
#[test]
fn totals_count_digests() {
    let tags = BTreeMap::new();
    let (mut first, mut last) = (detail(&(1, 5, false), &tags), detail(&(1, 2, false), &tags));
    first.image_tags = Some(vec!["a".to_owned(), "b".to_owned()]);
    last.image_tags = Some(vec!["b".to_owned()]);
    let other = detail(&(3, 7, false), &tags);
    let day = Some((vec![first, other.clone(), last.clone()], true));
    for captures in [vec![day.clone()], vec![day.clone(), day.clone()], vec![day, Some((vec![other, last], true))]] {
        let figures = report(&captures);
        for point in &figures.snapshots {
            assert_eq!(
                (point.totals.images, point.totals.tagged, point.totals.untagged, point.totals.counted),
                (2, 1, 1, 2)
            );
            assert_eq!((point.totals.bytes, point.totals.findings.total()), (1001 + 1003, 2 + 7));
        }
        let [repository] = &*figures.repositories else { panic!("one repository") };
        assert_eq!((repository.totals.images, repository.totals.tagged, repository.totals.findings.total()), (2, 1, 9));
        assert_eq!(figures.ages.iter().map(|bucket| bucket.images).sum::<u64>(), 2);
        // Nothing was deleted: the digest is still there in a row that both days have.
        assert!(
            figures.churn.iter().all(|month| month.deleted + month.deleted_or_archived == 0),
            "{:?}",
            figures.churn
        );
    }
}

/// Months count pushes by their time, deletions and moves by the capture that shows them.
#[test]
fn churn_by_month() {
    let pushed = |number: u16, at: usize| {
        let mut detail = detail(&(number, 0, false), &BTreeMap::new());
        detail.image_pushed_at = Some(day(at));
        detail
    };
    let mut moving = pushed(2, 0);
    moving.image_tags = Some(vec!["prod".to_owned()]);
    let mut moved = pushed(4, 40);
    moved.image_tags = Some(vec!["prod".to_owned()]);
    let plain = pushed(2, 0);
    // 2026-03-01, then 31 and 61 days later; every capture also asked for archived images.
    let (one, two, three) = (
        vec![pushed(1, 0), moving.clone(), pushed(3, 0)],
        vec![pushed(1, 0), moving],
        vec![plain, moved, pushed(5, 35), pushed(6, 60)],
    );
    let with = |complete: bool, filter: Option<&str>| {
        let captures = [(one.clone(), 0, true), (two.clone(), 31, complete), (three.clone(), 61, true)];
        let figures = report_of(&captures, filter, &Options::default());
        figures
            .churn
            .into_iter()
            .map(|it| (it.month, it.pushed, it.deleted, it.deleted_or_archived, it.moved))
            .collect::<Vec<_>>()
    };
    let month = |month: &str, pushed, deleted, archived, moved| (month.to_owned(), pushed, deleted, archived, moved);
    let any = Some("imageStatus=ANY");
    // 3 is gone on 1 April; 1 on 1 May, when prod is seen on 4, which was pushed in April as 5 and 6 were.
    assert_eq!(with(true, any), [month("2026-04", 3, 1, 0, 0), month("2026-05", 0, 1, 0, 1)]);
    assert_eq!(with(true, None), [month("2026-04", 3, 0, 1, 0), month("2026-05", 0, 0, 1, 1)]);
    // The second capture stopped early, so that only the third shows that 3 is gone.
    assert_eq!(with(false, any), [month("2026-04", 3, 0, 0, 0), month("2026-05", 0, 2, 0, 1)]);
    // A filter by tags cannot show what became of an image.
    let tagged = Some("tagStatus=TAGGED,imageStatus=ANY");
    assert_eq!(with(true, tagged), [month("2026-04", 3, 0, 0, 0), month("2026-05", 0, 0, 0, 1)]);
}

/// Release tags come first, and names that follow the newest build last.
#[test]
fn moved_tags_by_kind() {
    let tags = |on: [u16; 3]| BTreeMap::from([("latest", on[0]), ("1.4.2", on[1]), ("prod", on[2])]);
    let images: Vec<Image> = (0..9).map(|number| (number, 0, false)).collect();
    let capture = |on| Some((images.iter().map(|image| detail(image, &tags(on))).collect::<Vec<_>>(), true));
    let figures = report(&[capture([1, 1, 1]), capture([2, 1, 2]), capture([3, 2, 2])]);
    let names: Vec<_> = figures
        .moves
        .names
        .iter()
        .map(|name| (name.image_tag.as_str(), name.kind, name.times, name.repositories))
        .collect();
    assert_eq!(
        names,
        [("1.4.2", TagKind::Release, 1, 1), ("prod", TagKind::Other, 1, 1), ("latest", TagKind::Floating, 2, 1)]
    );
    let order: Vec<_> = figures.moves.tags.iter().map(|tag| tag.image_tag.as_str()).collect();
    assert_eq!(order, ["1.4.2", "prod", "latest"]);
}

/// Tagged images without a scan result, and with an old one; indexes, untagged and archived ones do not count.
#[test]
fn scans_that_are_missing_or_stale() {
    let tagged = |number: u16, days: Option<i64>| {
        let mut detail = detail(&(number, 0, false), &BTreeMap::new());
        detail.image_tags = Some(vec![format!("t{number}")]);
        let at = |days| Instant::from_micros(day(0).micros() - days * 86_400_000_000).expect("an instant");
        detail.image_scan_findings_summary = days.map(|days| FindingsSummary {
            finding_severity_counts: Some(vec![("HIGH".to_owned(), 1)]),
            image_scan_completed_at: Some(at(days)),
            ..FindingsSummary::default()
        });
        detail
    };
    let mut index = tagged(5, None);
    index.image_manifest_media_type = Some("application/vnd.oci.image.index.v1+json".into());
    let mut archived = tagged(6, None);
    archived.image_status = Some("ARCHIVED".into());
    let mut untagged = tagged(7, Some(90));
    untagged.image_tags = None;
    let details =
        vec![tagged(1, None), tagged(2, Some(31)), tagged(3, Some(40)), tagged(4, Some(29)), index, archived, untagged];
    let figures = report_with(&[Some((details, true))], &Options::default());
    let numbers = |images: &[ecrsnap::internal::report::figures::Image]| -> Vec<String> {
        images.iter().map(|image| image.image_tags.join(",")).collect()
    };
    assert_eq!((figures.scans.tagged_unscanned, figures.scans.tagged_scan_stale), (1, 2));
    assert_eq!(numbers(&figures.scans.unscanned_images), ["t1"]);
    assert_eq!(numbers(&figures.scans.scan_stale_images), ["t3", "t2"]);
    let [repository] = &*figures.repositories else { panic!("one repository") };
    assert_eq!((repository.tagged_unscanned, repository.tagged_scan_stale), (1, 2));
    assert_eq!(repository.oldest_scan.map(Instant::micros), Some(day(0).micros() - 40 * 86_400_000_000));
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
            prop_assert_eq!(point.totals.images, details.len() as u64);
            prop_assert_eq!(point.totals.tagged, count(|detail| detail.image_tags.is_some()));
            prop_assert_eq!(point.totals.untagged, count(|detail| detail.image_tags.is_none()));
            prop_assert_eq!(point.totals.archived, count(|detail| detail.image_status.as_deref() == Some("ARCHIVED")));
            prop_assert_eq!(point.totals.counted, details.iter().filter_map(counts).count() as u64);
            prop_assert_eq!(point.totals.findings.get(Severity::High), details.iter().filter_map(counts).sum::<u64>());
            prop_assert_eq!(point.totals.findings.total(), point.totals.findings.get(Severity::High));
            let bytes: i64 = details.iter().filter_map(|detail| detail.image_size_in_bytes).sum();
            prop_assert_eq!(point.totals.bytes, bytes as u64);
            prop_assert_eq!(point.incomplete.is_empty(), shown.as_ref().is_none_or(|(_, whole)| *whole));
        }
        let found: BTreeMap<String, u64> =
            figures.moves.tags.iter().map(|tag| (tag.image_tag.clone(), tag.times)).collect();
        prop_assert_eq!(found, moves(&captures));
        let last = figures.last().expect("a snapshot");
        prop_assert_eq!(figures.ages.iter().map(|bucket| bucket.images).sum::<u64>(), last.totals.images);
        prop_assert_eq!(figures.pulls.iter().map(|bucket| bucket.images).sum::<u64>(), last.totals.images);
        prop_assert_eq!(figures.statuses.iter().map(|count| count.images).sum::<u64>(), last.totals.images);
        let scans = &figures.scans;
        prop_assert_eq!(scans.with_findings + scans.nothing_found, last.totals.counted);
        let uncounted = scans.pending + scans.failed + scans.no_counts + scans.not_scanned;
        prop_assert_eq!(last.totals.counted + uncounted, last.totals.images);
    }
}
