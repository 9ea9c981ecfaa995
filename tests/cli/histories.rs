//! Comparisons and lines of real database files: by keys they find what a look at everything finds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::Path;

use ecrsnap::internal::coverage::{Absence, Coverage};
use ecrsnap::internal::diff::{
    Capture, Changes, Options, Seen, TagTarget, Thing, What, events, listings, seen, snapshots, spans,
};
use ecrsnap::internal::ingest::{self, source::Source};
use ecrsnap::internal::model::{Detail, Digest, FindingsSummary, Instant};
use ecrsnap::internal::store::read::{Reader, Repositories, Repository, Sighting, Snapshot, Subject};
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use super::details::{REGISTRY, page};

const REPOSITORY: &str = "shop/web";
const TAGS: [&str; 4] = ["prod", "staging", "v1", "latest"];
/// More than a chunk holds, so that most chunks are equal from capture to capture.
const IMAGES: u16 = 200;

fn day(number: usize) -> Instant {
    Instant::from_micros(1_772_330_400_000_000 + number as i64 * 86_400_000_000).expect("an instant")
}

fn digest(number: u16) -> Digest {
    let mut bytes = [7; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    Digest::Sha256(bytes)
}

/// A repository that changes from capture to capture.
#[derive(Clone, Default)]
struct World {
    /// In the order of the listing.
    images: Vec<u16>,
    /// A tag is on one image.
    tags: BTreeMap<&'static str, u16>,
    findings: BTreeMap<u16, i64>,
    pulls: BTreeMap<u16, usize>,
}

/// One step: what to do, to which image, with which tag.
type Edit = (u8, u16, usize);

impl World {
    fn new() -> Self {
        let tags = TAGS.into_iter().zip([3, 50, 100, 150]).collect();
        World { images: (0..IMAGES).collect(), tags, ..World::default() }
    }

    fn edit(&mut self, (what, image, tag): Edit, capture: usize) {
        let tag = TAGS[tag % TAGS.len()];
        let known = self.images.contains(&image);
        match what {
            0 => {
                self.images.retain(|other| *other != image);
                self.tags.retain(|_, on| *on != image);
            }
            1 if !known => self.images.insert(usize::from(image) % (self.images.len() + 1), image),
            2 if known => drop(self.tags.insert(tag, image)),
            3 => drop(self.tags.remove(tag)),
            4 => *self.findings.entry(image).or_default() += 1,
            5 => drop(self.pulls.insert(image, capture)),
            6 => self.images.rotate_left(1),
            _ => {}
        }
    }

    fn details(&self) -> Vec<Detail> {
        let detail = |number: &u16| {
            let mut detail = Detail::new(REGISTRY.into(), REPOSITORY.into(), digest(*number));
            let tags = self.tags.iter().filter(|(_, on)| *on == number).map(|(tag, _)| (*tag).to_owned());
            detail.image_tags = Some(tags.collect()).filter(|tags: &Vec<_>| !tags.is_empty());
            detail.image_scan_findings_summary = self.findings.get(number).map(|count| FindingsSummary {
                finding_severity_counts: Some(vec![("HIGH".to_owned(), *count)]),
                ..FindingsSummary::default()
            });
            detail.last_recorded_pull_time = self.pulls.get(number).map(|capture| day(*capture));
            detail
        };
        self.images.iter().map(detail).collect()
    }
}

/// One capture: the edits before it, and what it shows of the repository.
#[derive(Clone, Debug)]
struct Step {
    edits: Vec<Edit>,
    shown: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Whole,
    Beginning,
    Nothing,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let shown = prop_oneof![4 => Just(Shown::Whole), 1 => Just(Shown::Beginning), 1 => Just(Shown::Nothing)];
    let edits = vec((0..7u8, 0..IMAGES + 20, 0..TAGS.len()), 0..6);
    vec((edits, shown).prop_map(|(edits, shown)| Step { edits, shown }), 2..6)
}

/// The captures in a database, and what each of them showed.
struct Chain {
    _folder: TempDir,
    reader: Reader,
    snapshots: Vec<Snapshot>,
    /// The details and whether they are all; `None` if the repository is not in the capture.
    shown: Vec<Option<(Vec<Detail>, bool)>>,
}

impl Chain {
    fn new(steps: &[Step]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = folder.path().join("ecrsnap.db");
        let mut world = World::new();
        let mut shown = Vec::new();
        for (capture, step) in steps.iter().enumerate() {
            for edit in &step.edits {
                world.edit(*edit, capture);
            }
            let details = world.details();
            let half = details[..details.len() / 2].to_vec();
            shown.push(match step.shown {
                Shown::Whole => Some((details, true)),
                Shown::Beginning => Some((half, false)),
                Shown::Nothing => None,
            });
            ingest(&db, capture, shown[capture].as_ref());
        }
        let reader = Reader::open(&db).expect("a database");
        let snapshots = reader.snapshots().expect("snapshots");
        Chain { _folder: folder, reader, snapshots, shown }
    }

    fn repository(&self) -> Option<Repository> {
        self.reader.repositories(REPOSITORY, None, None).expect("repositories").pop()
    }

    fn coverage(&self, capture: usize) -> Option<Coverage> {
        let complete = self.shown[capture].as_ref()?.1;
        Some(Coverage::new(day(capture), complete, "imageStatus=ANY".parse().ok()))
    }

    /// What the store finds between two captures, and the changes of the repository.
    fn compared(&self, from: usize, to: usize) -> Option<Changes> {
        let pair = (&self.snapshots[from], &self.snapshots[to]);
        let options = Options { pulls: true, rescans: true };
        let found = snapshots(&self.reader, pair, &Repositories::default(), options).expect("a comparison");
        found
            .repositories
            .into_iter()
            .find(|change| &*change.repository.name == REPOSITORY)
            .map(|change| change.changes)
    }

    fn line(&self, subject: Subject<'_>) -> Vec<Sighting> {
        let repository = self.repository().expect("a repository");
        self.reader.line(&repository, subject).expect("a line")
    }

    fn captures<'a>(&self, line: &'a [Sighting]) -> Vec<Capture<'a>> {
        let capture = |(number, sighting): (usize, &'a Sighting)| Capture {
            coverage: self.coverage(number),
            image: sighting.image.as_deref(),
        };
        line.iter().enumerate().map(capture).collect()
    }
}

fn ingest(db: &Path, capture: usize, shown: Option<&(Vec<Detail>, bool)>) {
    // A snapshot holds something; this repository is always there and never changes.
    let other = Detail::new(REGISTRY.into(), "shop/other".into(), digest(1));
    let mut pages = vec![page(&[other], None)];
    if let Some((details, whole)) = shown
        && !details.is_empty()
    {
        pages.push(page(details, (!whole).then_some("more")));
    }
    let open = |page: String| Source::open("page.json", Box::new(Cursor::new(page.into_bytes())));
    let sources: Vec<Source> = pages.into_iter().map(open).collect();
    let options = ingest::Options {
        db: db.to_owned(),
        snapshot: Some(format!("day {capture}")),
        captured_at: Some(day(capture)),
        capture_filter: "imageStatus=ANY".parse().ok(),
        ..ingest::Options::default()
    };
    ingest::ingest(&sources, &options, &std::sync::Arc::default()).expect("pages that go in");
}

/// Pages that overlap while an image changes leave it twice in a listing. The last counts, and a row that
/// both listings have is not a difference, whatever its position.
#[test]
fn an_image_twice_in_a_listing() {
    let row = |number: u16, tag: &str| {
        let mut detail = Detail::new(REGISTRY.into(), REPOSITORY.into(), digest(number));
        detail.image_tags = Some(vec![tag.to_owned()]);
        detail
    };
    let (old, new, other) = (row(1, "old"), row(1, "new"), row(2, "other"));
    for (before, after, expected) in [
        (vec![&old, &other, &new], vec![&other, &new], vec![]),
        (vec![&old, &other, &new], vec![&old, &other], vec!["new", "old"]),
        // Nothing but the order differs.
        (vec![&old, &new], vec![&new, &old], vec![]),
        (vec![&old], vec![&old, &other, &new], vec!["new", "old", "other"]),
        (vec![&old, &new, &other], vec![&other], vec!["new"]),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let db = folder.path().join("ecrsnap.db");
        for (capture, details) in [before, after].into_iter().enumerate() {
            ingest(&db, capture, Some(&(details.into_iter().cloned().collect(), true)));
        }
        let reader = Reader::open(&db).expect("a database");
        let both = reader.snapshots().expect("snapshots");
        let found = snapshots(&reader, (&both[0], &both[1]), &Repositories::default(), Options::default());
        let changes = found.expect("a comparison").repositories.pop().map(|change| change.changes).unwrap_or_default();
        assert_eq!(changes.tags.iter().map(|change| change.tag.as_str()).collect::<Vec<_>>(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Keys of listings, chunks and images lead to the same changes as all details of both sides do.
    #[test]
    fn keys_find_what_a_full_comparison_finds(steps in steps()) {
        let chain = Chain::new(&steps);
        for from in 0..steps.len() {
            for to in 0..steps.len() {
                let (Some(before), Some(after)) = (&chain.shown[from], &chain.shown[to]) else { continue };
                let (one, other) = (chain.coverage(from).expect("one"), chain.coverage(to).expect("other"));
                let expected = listings((before.0.clone(), &one), (after.0.clone(), &other), Options { pulls: true, rescans: true });
                let found = chain.compared(from, to);
                prop_assert_eq!(found.unwrap_or_default(), expected, "{} to {}", from, to);
            }
        }
    }

    /// What a line says of two captures that follow each other is what their comparison says.
    #[test]
    fn a_line_agrees_with_the_chain_of_comparisons(steps in steps()) {
        let chain = Chain::new(&steps);
        prop_assume!(chain.repository().is_some());
        let whole = |capture: usize| chain.shown[capture].as_ref().is_some_and(|shown| shown.1);
        for tag in TAGS {
            let line = chain.line(Subject::Tag(tag));
            prop_assert_eq!(line.len(), chain.shown.len());
            let captures = chain.captures(&line);
            let seen = seen(&captures, Thing::Tag);
            let spans = spans(&seen);
            for next in 1..steps.len() {
                if !whole(next - 1) || !whole(next) {
                    continue;
                }
                let border = spans.iter().any(|span| span.began_after == Some(next - 1) && span.first == next);
                let moved = chain.compared(next - 1, next).unwrap_or_default();
                let moved: Vec<_> = moved.tags.into_iter().filter(|change| change.tag == tag).collect();
                prop_assert_eq!(border, !moved.is_empty(), "{} before {}", tag, next);
                if let Some(change) = moved.first() {
                    let place = |capture: usize| match seen[capture] {
                        Seen::Shown(detail) => Some(detail.image_digest.clone()),
                        Seen::Absent(_) => None,
                    };
                    prop_assert_eq!((&change.from, &change.to), (&place(next - 1), &place(next)));
                }
            }
            check_spans(&spans, &seen)?;
        }
    }

    #[test]
    fn the_events_of_an_image_agree_with_the_comparisons(steps in steps()) {
        let chain = Chain::new(&steps);
        prop_assume!(chain.repository().is_some());
        let whole = |capture: usize| chain.shown[capture].as_ref().is_some_and(|shown| shown.1);
        let touched: BTreeSet<u16> = steps.iter().flat_map(|step| step.edits.iter().map(|edit| edit.1)).collect();
        for number in touched {
            let digest = digest(number);
            let line = chain.line(Subject::Image(&digest));
            let captures = chain.captures(&line);
            let seen = seen(&captures, Thing::Image);
            let events = events(&seen, Options { pulls: true, rescans: true });
            for next in 1..steps.len() {
                if !whole(next - 1) || !whole(next) {
                    continue;
                }
                let changes = chain.compared(next - 1, next).unwrap_or_default();
                let here: Vec<_> = events.iter().filter(|event| event.by == next).map(|event| &event.what).collect();
                let is = |detail: &Detail| detail.image_digest == digest;
                prop_assert_eq!(
                    changes.added.iter().any(|image| is(&image.detail)),
                    here.iter().any(|what| matches!(what, What::Appeared(_)))
                );
                prop_assert_eq!(
                    changes.removed.iter().any(|image| is(&image.detail)),
                    here.iter().any(|what| matches!(what, What::Vanished(Absence::Certain)))
                );
                let told = here.iter().find_map(|what| match what {
                    What::Changed(changed) => Some(&**changed),
                    _ => None,
                });
                prop_assert_eq!(changes.changed.iter().find(|changed| is(&changed.after)), told);
            }
        }
    }
}

/// Every capture that says something is in one span, which says the same.
fn check_spans(spans: &[ecrsnap::internal::diff::Span<'_>], seen: &[Seen<'_>]) -> Result<(), TestCaseError> {
    for (capture, seen) in seen.iter().enumerate() {
        let within: Vec<_> = spans.iter().filter(|span| (span.first..=span.last).contains(&capture)).collect();
        match seen {
            Seen::Absent(Absence::Unknown) => prop_assert!(within.len() <= 1),
            Seen::Absent(absence) => prop_assert_eq!(within[0].place, TagTarget::Nowhere(*absence)),
            Seen::Shown(detail) => prop_assert_eq!(within[0].place, TagTarget::On(&detail.image_digest)),
        }
    }
    for pair in spans.windows(2) {
        prop_assert_eq!(pair[0].ended_before, Some(pair[1].first));
        prop_assert_eq!(pair[1].began_after, Some(pair[0].last));
    }
    Ok(())
}
