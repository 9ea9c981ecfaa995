//! The proof of the rules of certainty: an independent model of a registry, captures of it that may be filtered, stop
//! early or have a scope, and every statement of `diff` and `history` held against what the model knows.
//!
//! The model knows nothing of the program. Its state at each instant is a plain map, and a capture is what the
//! service would have answered. `certain` must be true in every run, and so must `orArchived`; a capture of
//! everything must leave nothing unknown. To run more histories: `PROPTEST_CASES=20000 cargo test certainty`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::Path;

use ecrsnap::internal::coverage::{Absence, Coverage};
use ecrsnap::internal::diff::{Capture, Options, Seen, Thing, seen, snapshots};
use ecrsnap::internal::ingest::{self, source::Source};
use ecrsnap::internal::model::{DeclaredScope, Detail, Digest, Instant};
use ecrsnap::internal::store::read::{Reader, Repositories, Subject};
use proptest::collection::vec;
use proptest::prelude::*;

use super::details::{REGISTRY, page};

const NAMES: [&str; 3] = ["shop/web", "shop/job", "tools/ci"];
const TAGS: [&str; 3] = ["prod", "latest", "1.0"];
const DIGESTS: u8 = 5;
/// None is what a user does not say, which the service takes for active images.
const FILTERS: [Option<&str>; 7] = [
    Some("imageStatus=ANY"),
    None,
    Some("imageStatus=ACTIVE"),
    Some("imageStatus=ARCHIVED"),
    Some("tagStatus=TAGGED,imageStatus=ANY"),
    Some("tagStatus=TAGGED"),
    Some("tagStatus=UNTAGGED,imageStatus=ANY"),
];

/// Enough to find a wrong rule; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60)
}

fn instant(number: usize) -> Instant {
    Instant::from_micros(1_772_330_400_000_000 + number as i64 * 3_600_000_000).expect("an instant")
}

fn digest(number: u8) -> Digest {
    Digest::Sha256([number + 1; 32])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Active,
    Archived,
    Activating,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Image {
    pushed: usize,
    status: Status,
    tags: BTreeSet<&'static str>,
}

/// The images of a repository by digest.
type Images = BTreeMap<u8, Image>;

/// A registry at an instant.
type Registry = BTreeMap<&'static str, Images>;

/// Something that happens between two captures: what, in which repository, to which image, with which tag.
type Event = (u8, usize, u8, usize);

/// One instant of the history.
#[derive(Clone, Debug)]
struct Step {
    events: Vec<Event>,
    filter: Option<&'static str>,
    /// How each repository is captured: 0 stops early, 1 leaves it out, the rest is whole.
    how: [u8; 3],
    scope: bool,
    /// Whether the user says that images of every status were asked for.
    declared: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let events = vec((0..12u8, 0..NAMES.len(), 0..DIGESTS, 0..TAGS.len()), 0..9);
    let step = (events, prop::sample::select(FILTERS.to_vec()), [0..8u8, 0..8, 0..8], any::<[bool; 2]>());
    let step = step.prop_map(|(events, filter, how, [scope, declared])| Step { events, filter, how, scope, declared });
    vec(step, 2..6)
}

fn happen(registry: &mut Registry, (what, name, number, tag): Event, now: usize) {
    let (name, tag) = (NAMES[name], TAGS[tag]);
    let untag = |images: &mut Images| {
        for image in images.values_mut() {
            image.tags.remove(tag);
        }
    };
    match what {
        0..=2 => {
            let images = registry.entry(name).or_default();
            images.entry(number).or_insert(Image { pushed: now, status: Status::Active, tags: BTreeSet::new() });
            if what > 0 {
                untag(images);
                images.get_mut(&number).expect("it was pushed").tags.insert(tag);
            }
        }
        11 => drop(registry.remove(name)),
        _ => {
            let Some(images) = registry.get_mut(name).filter(|images| images.contains_key(&number)) else { return };
            match what {
                3 | 4 => {
                    untag(images);
                    images.get_mut(&number).expect("it is there").tags.insert(tag);
                }
                5 => untag(images),
                6 | 7 => images.get_mut(&number).expect("it is there").status = Status::Archived,
                8 => images.get_mut(&number).expect("it is there").status = Status::Activating,
                9 => images.get_mut(&number).expect("it is there").status = Status::Active,
                _ => drop(images.remove(&number)),
            }
        }
    }
}

/// What the service answers for a repository.
fn answer(images: &Images, name: &str, filter: Option<&str>) -> Vec<Detail> {
    let filter = filter.unwrap_or_default();
    let shown = |image: &Image| {
        let by_tags = match () {
            () if filter.contains("UNTAGGED") => image.tags.is_empty(),
            () if filter.contains("TAGGED") => !image.tags.is_empty(),
            () => true,
        };
        let by_status = match () {
            () if filter.contains("imageStatus=ANY") => true,
            () if filter.contains("imageStatus=ARCHIVED") => image.status == Status::Archived,
            () => image.status == Status::Active,
        };
        by_tags && by_status
    };
    let detail = |(number, image): (&u8, &Image)| {
        let mut detail = Detail::new(REGISTRY.into(), name.into(), digest(*number));
        detail.image_pushed_at = Some(instant(image.pushed));
        let tags = image.tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        detail.image_tags = Some(tags).filter(|tags| !tags.is_empty());
        let status = match image.status {
            Status::Active => "ACTIVE",
            Status::Archived => "ARCHIVED",
            Status::Activating => "ACTIVATING",
        };
        detail.image_status = Some(status.into());
        detail
    };
    images.iter().filter(|(_, image)| shown(image)).map(detail).collect()
}

/// The states of a registry at the instants of its captures, and the captures in a store.
struct History {
    _folder: tempfile::TempDir,
    reader: Reader,
    states: Vec<Registry>,
}

impl History {
    fn new(steps: &[Step]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = folder.path().join("ecrsnap.db");
        let (mut registry, mut states) = (Registry::new(), Vec::new());
        for (number, step) in steps.iter().enumerate() {
            // Events and captures are at instants of their own.
            for event in &step.events {
                happen(&mut registry, *event, 2 * number);
            }
            capture(&db, &registry, step, number);
            states.push(registry.clone());
        }
        let reader = Reader::open(&db).expect("a database");
        History { _folder: folder, reader, states }
    }
}

/// Ingest what a capture finds. As with real captures, an empty answer does not say whose it is and stays away.
fn capture(db: &Path, registry: &Registry, step: &Step, number: usize) {
    // A snapshot holds something; this repository never changes.
    let mut other = Detail::new(REGISTRY.into(), "shop/other".into(), digest(200));
    other.image_pushed_at = Some(instant(0));
    let mut pages = vec![page(&[other], None)];
    let mut all = true;
    for (name, how) in NAMES.into_iter().zip(step.how) {
        let Some(images) = registry.get(name) else { continue };
        let details = answer(images, name, step.filter);
        match how {
            0 if details.len() > 1 => pages.push(page(&details[..details.len() / 2], Some("more"))),
            1 => all = false,
            _ if details.is_empty() => {}
            _ => pages.push(page(&details, None)),
        }
    }
    // Without a capture filter the default is assumed, which shows less.
    let declared = step.filter.filter(|filter| step.declared || *filter != FILTERS[0].unwrap_or_default());
    let open = |page: String| Source::open("page.json", Box::new(Cursor::new(page.into_bytes())));
    let sources: Vec<Source> = pages.into_iter().map(open).collect();
    let options = ingest::Options {
        db: db.to_owned(),
        snapshot: Some(format!("capture {number}")),
        captured_at: Some(instant(2 * number + 1)),
        capture_filter: declared.map(|filter| filter.parse().expect("a filter")),
        // A user who says so asked for every repository.
        scope: if step.scope && all { DeclaredScope::Registries } else { DeclaredScope::Unknown },
        ..ingest::Options::default()
    };
    ingest::ingest(&sources, &options, &std::sync::Arc::default()).expect("pages that go in");
}

fn images<'r>(registry: &'r Registry, name: &str) -> &'r Images {
    static NONE: Images = Images::new();
    registry.get(name).unwrap_or(&NONE)
}

fn number_of(digest: &Digest) -> u8 {
    match digest {
        Digest::Sha256(bytes) => bytes[0] - 1,
        Digest::Other(_) => unreachable!("the model has sha256 alone"),
    }
}

/// Whether the model has that very image: the digest with that push.
fn has(registry: &Registry, name: &str, detail: &Detail, active_alone: bool) -> bool {
    images(registry, name).get(&number_of(&detail.image_digest)).is_some_and(|image| {
        Some(instant(image.pushed)) == detail.image_pushed_at && (!active_alone || image.status == Status::Active)
    })
}

/// The image that a tag is on.
fn holder<'r>(registry: &'r Registry, name: &str, tag: &str) -> Option<(u8, &'r Image)> {
    let found = images(registry, name).iter().find(|(_, image)| image.tags.contains(tag));
    found.map(|(number, image)| (*number, image))
}

fn tag_is_absent(registry: &Registry, name: &str, tag: &str, absence: Absence) -> bool {
    match (absence, holder(registry, name, tag)) {
        (Absence::Certain, Some(_)) => false,
        (Absence::OrArchived, Some((_, image))) => image.status != Status::Active,
        _ => true,
    }
}

fn image_is_absent(registry: &Registry, name: &str, detail: &Detail, absence: Absence) -> bool {
    match absence {
        Absence::Certain => !has(registry, name, detail, false),
        Absence::OrArchived => !has(registry, name, detail, true),
        Absence::Unknown => true,
    }
}

fn repository_is_absent(registry: &Registry, name: &str, absence: Absence) -> bool {
    match absence {
        Absence::Certain => images(registry, name).is_empty(),
        Absence::OrArchived => images(registry, name).values().all(|image| image.status != Status::Active),
        Absence::Unknown => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_comparison_says_nothing_false(steps in steps()) {
        let history = History::new(&steps);
        let captures = history.reader.snapshots().expect("snapshots");
        for from in 0..steps.len() {
            for to in 0..steps.len() {
                let pair = (&captures[from], &captures[to]);
                let found = snapshots(&history.reader, pair, &Repositories::default(), Options::default());
                let (one, other) = (&history.states[from], &history.states[to]);
                for change in found.expect("a comparison").repositories {
                    let name = &*change.repository.name;
                    if let Some(absence) = change.absence {
                        let lacking = if change.before.is_none() { one } else { other };
                        prop_assert!(repository_is_absent(lacking, name, absence), "{name} {absence:?} {from} to {to}");
                    }
                    for (images, shown, lacking) in [(&change.changes.added, other, one), (&change.changes.removed, one, other)] {
                        for image in images {
                            prop_assert!(has(shown, name, &image.detail, false));
                            let holds = image_is_absent(lacking, name, &image.detail, image.absence);
                            prop_assert!(holds, "{name} {image:?} {from} to {to}");
                        }
                    }
                    for tag in &change.changes.tags {
                        let on = |registry, digest: &Digest| {
                            holder(registry, name, &tag.tag).is_some_and(|(number, _)| number == number_of(digest))
                        };
                        prop_assert!(tag.from.as_ref().is_none_or(|digest| on(one, digest)), "{tag:?} {from} to {to}");
                        prop_assert!(tag.to.as_ref().is_none_or(|digest| on(other, digest)), "{tag:?} {from} to {to}");
                        let lacking = match (&tag.from, &tag.to) {
                            (Some(_), Some(_)) => continue,
                            (None, _) => one,
                            (_, None) => other,
                        };
                        let holds = tag_is_absent(lacking, name, &tag.tag, tag.absence);
                        prop_assert!(holds, "{name} {tag:?} {from} to {to}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_history_says_nothing_false(steps in steps()) {
        let history = History::new(&steps);
        for name in NAMES {
            let Some(repository) = history.reader.repositories(name, None, None).expect("repositories").pop() else {
                continue;
            };
            for tag in TAGS {
                let line = history.reader.line(&repository, Subject::Tag(tag)).expect("a line");
                let captures: Vec<Capture<'_>> = line.iter().map(ecrsnap::internal::diff::capture).collect();
                for (seen, state) in seen(&captures, Thing::Tag).into_iter().zip(&history.states) {
                    match seen {
                        Seen::Shown(detail) => {
                            let number = holder(state, name, tag).map(|(number, _)| number);
                            prop_assert_eq!(number, Some(number_of(&detail.image_digest)));
                        }
                        Seen::Absent(absence) => {
                            prop_assert!(tag_is_absent(state, name, tag, absence), "{name}:{tag} {absence:?}");
                        }
                    }
                }
            }
            for number in 0..DIGESTS {
                let digest = digest(number);
                let line = history.reader.line(&repository, Subject::Image(&digest)).expect("a line");
                let captures: Vec<Capture<'_>> = line.iter().map(ecrsnap::internal::diff::capture).collect();
                let mut nearest = captures.iter().find_map(|capture| capture.image);
                for ((seen, capture), state) in seen(&captures, Thing::Image).into_iter().zip(&captures).zip(&history.states) {
                    nearest = capture.image.or(nearest);
                    let (Seen::Absent(absence), Some(image)) = (seen, nearest) else { continue };
                    prop_assert!(image_is_absent(state, name, image, absence), "{name} {number} {absence:?}");
                }
            }
        }
    }

    /// Captures of everything, with a scope, leave nothing unknown.
    #[test]
    fn whole_captures_know_everything(steps in steps()) {
        let whole = |step: &Step| Step { filter: FILTERS[0], how: [7; 3], scope: true, declared: true, ..step.clone() };
        let steps: Vec<Step> = steps.iter().map(whole).collect();
        let history = History::new(&steps);
        let captures = history.reader.snapshots().expect("snapshots");
        for from in 0..steps.len() {
            for to in 0..steps.len() {
                let pair = (&captures[from], &captures[to]);
                let found = snapshots(&history.reader, pair, &Repositories::default(), Options::default());
                let found = found.expect("a comparison");
                let sums = found.summary();
                prop_assert_eq!(
                    (sums.images_unknown, sums.tags_unknown, sums.images_added_or_restored, sums.images_removed_or_archived),
                    (0, 0, 0, 0)
                );
                prop_assert!(found.repositories.iter().all(|change| change.absence.is_none_or(|it| it == Absence::Certain)));
                // What the model has on one side alone is all in the comparison.
                let mut expected = 0;
                for name in NAMES {
                    for tag in TAGS {
                        let on = |state: usize| holder(&history.states[state], name, tag).map(|(number, _)| number);
                        expected += u64::from(on(from) != on(to));
                    }
                }
                prop_assert_eq!(sums.tags_added + sums.tags_removed + sums.tags_moved, expected);
            }
        }
    }
}

/// A capture that is proven to be one of active images does not hide what it shows.
#[test]
fn the_model_finds_what_is_false() {
    let image = |tags: &[&'static str], status| Image { pushed: 0, status, tags: tags.iter().copied().collect() };
    let registry: Registry = [("shop/web", [(1, image(&["prod"], Status::Archived))].into())].into();
    assert!(!tag_is_absent(&registry, "shop/web", "prod", Absence::Certain));
    assert!(tag_is_absent(&registry, "shop/web", "prod", Absence::OrArchived));
    assert!(!repository_is_absent(&registry, "shop/web", Absence::Certain));
    let mut detail = Detail::new(REGISTRY.into(), "shop/web".into(), digest(1));
    detail.image_pushed_at = Some(instant(0));
    assert!(!image_is_absent(&registry, "shop/web", &detail, Absence::Certain));
    assert!(image_is_absent(&registry, "shop/web", &detail, Absence::OrArchived));
    let known = Coverage::new(instant(9), true, None);
    assert_eq!(known.absence_of_tag(), Absence::OrArchived);
}
