//! What holds for any details, asked of the library on real database files.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;

use ecrsnap::internal::ingest::{self, Defaults, Options, Outcome, source::Source};
use ecrsnap::internal::model::{DescribeImagesRequest, Detail, ImageFilter, Instant, ListImagesRequest};
use ecrsnap::internal::service::{Ecr, SnapshotEcr};
use ecrsnap::internal::store::maintenance::verify::{Report, Verifier};
use ecrsnap::internal::store::read::Reader;
use proptest::prelude::*;
use tempfile::TempDir;

use super::details::{REGISTRY, listing, page};

pub(super) const REPOSITORY: &str = "shop/web";

/// A database in a folder of its own.
pub(super) struct Store {
    _folder: TempDir,
    pub(super) db: PathBuf,
}

impl Store {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Store { db: folder.path().join("ecrsnap.db"), _folder: folder }
    }

    /// Ingest pages into a snapshot whose instant follows from its name.
    pub(super) fn take_at(&self, snapshot: &str, pages: &[String]) -> Outcome {
        let day = i64::from(snapshot.bytes().map(u32::from).sum::<u32>());
        let at = Instant::from_micros(1_772_344_800_000_000 + day * 86_400_000_000).expect("an instant");
        self.ingest(snapshot, pages, Some(at))
    }

    pub(super) fn take(&self, snapshot: &str, pages: &[String]) -> Outcome {
        self.ingest(snapshot, pages, None)
    }

    fn ingest(&self, snapshot: &str, pages: &[String], captured_at: Option<Instant>) -> Outcome {
        let open = |(number, page): (usize, &String)| {
            Source::open(format!("page-{number}.json"), Box::new(Cursor::new(page.clone().into_bytes())))
        };
        let sources: Vec<Source> = pages.iter().enumerate().map(open).collect();
        let options = Options {
            db: self.db.clone(),
            snapshot: Some(snapshot.to_owned()),
            defaults: Defaults {
                registry_id: Some(REGISTRY.to_owned()),
                repository_name: Some(REPOSITORY.to_owned()),
                region: None,
            },
            replace: true,
            captured_at,
            ..Options::default()
        };
        let outcome = ingest::ingest(&sources, &options, &std::sync::Arc::default()).expect("pages that go in");
        self.verify();
        outcome
    }

    /// What ingest makes, and forget leaves, is sound.
    pub(super) fn verify(&self) -> Report {
        let report = Verifier::open(&self.db).expect("a database").run(&AtomicU64::new(0)).expect("a report");
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        report
    }

    pub(super) fn ecr(&self, snapshot: &str) -> SnapshotEcr<Reader> {
        let reader = Reader::open(&self.db).expect("a database");
        let snapshot = reader.snapshot(snapshot).expect("a snapshot");
        SnapshotEcr::new(reader, snapshot, None)
    }

    /// Everything that a filter selects of a repository (or all), in pages of a size.
    fn ask(&self, snapshot: &str, name: Option<&str>, size: i64, filter: &ImageFilter) -> Vec<Detail> {
        let mut ecr = self.ecr(snapshot);
        let mut details = Vec::new();
        let mut next_token = None;
        loop {
            let answer = ecr
                .describe_images(&DescribeImagesRequest {
                    repository_name: name.map(str::to_owned),
                    max_results: Some(size),
                    filter: Some(filter.clone()),
                    next_token,
                    ..DescribeImagesRequest::default()
                })
                .expect("a page");
            assert!(answer.image_details.len() as i64 <= size);
            assert!(
                answer.next_token.is_none() || answer.image_details.len() as i64 == size,
                "a page that is not full"
            );
            details.extend(answer.image_details);
            next_token = answer.next_token;
            if next_token.is_none() {
                return details;
            }
        }
    }

    pub(super) fn all(&self, snapshot: &str) -> Vec<Detail> {
        self.ask(snapshot, Some(REPOSITORY), 1000, &any_status())
    }
}

fn any_status() -> ImageFilter {
    ImageFilter { tag_status: None, image_status: Some("ANY".to_owned()) }
}

fn filter() -> impl Strategy<Value = ImageFilter> {
    let one_of = |values: &'static [&'static str]| {
        proptest::option::of(proptest::sample::select(values).prop_map(str::to_owned))
    };
    (one_of(&["TAGGED", "UNTAGGED", "ANY"]), one_of(&["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]))
        .prop_map(|(tag_status, image_status)| ImageFilter { tag_status, image_status })
}

/// What a filter says, of one detail.
fn selects(filter: &ImageFilter, detail: &Detail) -> bool {
    let tagged = match filter.tag_status.as_deref() {
        Some("TAGGED") => detail.is_tagged(),
        Some("UNTAGGED") => !detail.is_tagged(),
        _ => true,
    };
    tagged
        && matches!(filter.image_status.as_deref().unwrap_or("ACTIVE"), status if status == "ANY" || status == detail.effective_status())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_detail_comes_back_as_it_was(details in listing(REPOSITORY, 12)) {
        let store = Store::new();
        store.take("one", &[page(&details, None)]);
        same(&store.all("one"), &details)?;
    }

    #[test]
    fn pages_of_any_size_and_filter_are_a_scan(details in listing(REPOSITORY, 40), size in 1i64..45, filter in filter()) {
        let store = Store::new();
        store.take("one", &[page(&details, None)]);
        let expected: Vec<Detail> = details.into_iter().filter(|detail| selects(&filter, detail)).collect();
        same(&store.ask("one", Some(REPOSITORY), size, &filter), &expected)?;

        // The same for the ids: one for each tag, one for an untagged image.
        let mut ecr = store.ecr("one");
        let mut request = ListImagesRequest {
            repository_name: Some(REPOSITORY.to_owned()), max_results: Some(size), filter: Some(filter), ..ListImagesRequest::default()
        };
        let mut ids = Vec::new();
        loop {
            let answer = ecr.list_images(&request).expect("a page");
            ids.extend(answer.image_ids.into_iter().map(|id| (id.image_digest, id.image_tag)));
            request.next_token = answer.next_token;
            if request.next_token.is_none() {
                break;
            }
        }
        let expected: Vec<_> = expected.iter().flat_map(|detail| {
            let digest = Some(detail.image_digest.to_string());
            match &detail.image_tags {
                Some(tags) if !tags.is_empty() => tags.iter().map(|tag| (digest.clone(), Some(tag.clone()))).collect(),
                _ => vec![(digest, None)],
            }
        }).collect();
        prop_assert_eq!(ids, expected);
    }

    #[test]
    fn the_order_of_repositories_does_not_matter(
        web in listing(REPOSITORY, 12), api in listing("shop/api", 12), cron in listing("cron", 12), size in 1i64..40,
    ) {
        let (one, other) = (Store::new(), Store::new());
        let pages = [&cron, &api, &web].map(|details| page(details, None));
        let mixed: Vec<Detail> = [web, api, cron].concat();
// An empty page would be of the default repository, whichever one was empty.
        one.take("one", &pages);
        other.take("one", &[page(&mixed, None)]);
        let expected = one.ask("one", None, 1000, &any_status());
        prop_assert_eq!(expected.len(), mixed.len());
        same(&other.ask("one", None, size, &any_status()), &expected)?;
    }

    #[test]
    fn pages_that_overlap_are_one_listing(details in listing(REPOSITORY, 30), size in 1usize..10, again in 0usize..4) {
        let store = Store::new();
        let starts: Vec<usize> = (0..details.len().max(1)).step_by(size).collect();
        let pages: Vec<String> = starts.iter().map(|start| {
            let end = (start + size).min(details.len());
            let token = (end < details.len()).then_some("more");
            page(&details[start.saturating_sub(again)..end], token)
        }).collect();
        let outcome = store.take("one", &pages);
        prop_assert_eq!(outcome.loaded.incomplete.len(), 0);
        same(&store.all("one"), &details)?;
    }

    /// Old rows that are used again, and ones that are not, give what a new database gives.
    #[test]
    fn edits_go_in_as_into_a_new_database(
        mut details in listing(REPOSITORY, 40),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..4u8), 0..8),
        other in listing(REPOSITORY, 8),
    ) {
        let (grown, fresh) = (Store::new(), Store::new());
        grown.take("one", &[page(&details, None)]);
        let before = details.clone();
        let mut other = other.into_iter();
        for (at, edit) in edits {
            if details.is_empty() {
                break;
            }
            let at = at.index(details.len());
            match (edit, other.next()) {
                (0, _) => drop(details.remove(at)),
                (1, Some(detail)) if details.iter().all(|known| known.image_digest != detail.image_digest) => {
                    details.insert(at, detail);
                }
                (2, _) => details[at].image_tags = Some(vec!["moved".to_owned()]),
                _ => details[at].last_recorded_pull_time = None,
            }
        }
        let edited = [page(&details, None)];
        fresh.take("two", &edited);
        grown.take("two", &edited);
        same(&grown.all("two"), &details)?;
        same(&fresh.all("two"), &details)?;
        same(&grown.all("one"), &before)?;
        prop_assert!(!grown.take("two", &edited).loaded.changed);
        grown.take("one", &edited);
        same(&grown.all("one"), &details)?;
    }
}

/// Compare; a failure shows the first difference alone, as a page would say it.
pub(super) fn same(ours: &[Detail], expected: &[Detail]) -> Result<(), TestCaseError> {
    for (at, (ours, expected)) in ours.iter().zip(expected).enumerate() {
        let say = |detail: &Detail| page(std::slice::from_ref(detail), None);
        prop_assert!(ours == expected, "at {}\n  ours     {}\n  expected {}", at, say(ours), say(expected));
    }
    prop_assert_eq!(ours.len(), expected.len());
    Ok(())
}
