//! Searches agree with a plain scan in Rust, of any details and with any conditions, order and limit.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::sync::Arc;

use ecrsnap::internal::image_refs::{self, ImageRefs};
use ecrsnap::internal::ingest::{self, Options, source::Source};
use ecrsnap::internal::model::{Detail, Digest, FindingsSummary, Instant, ScanStatus, Severity, greatest_version};
use ecrsnap::internal::store::StoreError;
use ecrsnap::internal::store::read::search::{
    Field, Filter, Group, Image, InUse, LastTime, Latest, LatestBy, Search, Sort, SortGroup, Tally,
};
use ecrsnap::internal::store::read::{Reader, Snapshot};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tempfile::TempDir;

use crate::cli::details::{REGISTRY, listing, page};

/// A database of two repositories, and the images in it.
struct Store {
    _folder: TempDir,
    reader: Reader,
    snapshot: Snapshot,
    images: Vec<(&'static str, u64, Detail)>,
}

const REPOSITORIES: [&str; 2] = ["shop/api", "shop/web"];

impl Store {
    fn new(details: [Vec<Detail>; 2]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let source = |(number, details): (usize, &Vec<Detail>)| {
            Source::open(format!("{number}.json"), Box::new(Cursor::new(page(details, None).into_bytes())))
        };
        // An empty page does not say whose it is.
        let full: Vec<_> = details.iter().filter(|details| !details.is_empty()).cloned().collect();
        let sources: Vec<_> = full.iter().enumerate().map(source).collect();
        let options =
            Options { db: folder.path().join("ecrsnap.db"), snapshot: Some("one".to_owned()), ..Options::default() };
        ingest::ingest(&sources, &options, &std::sync::Arc::default()).expect("pages that go in");
        let reader = Reader::open(&options.db).expect("a database");
        let snapshot = reader.snapshot("one").expect("a snapshot");
        let images = REPOSITORIES.into_iter().zip(details);
        let images =
            images.flat_map(|(name, details)| (0..).zip(details).map(move |(at, it)| (name, at, it))).collect();
        Store { _folder: folder, reader, snapshot, images }
    }

    /// What the search finds, by repository and position.
    fn search(&self, search: &Search) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        let visit = |image: &Image| {
            let name = image.repository.name.to_string();
            assert_eq!(Some(&image.detail), self.detail(&name, image.position), "another detail");
            found.push((name, image.position));
            Ok::<_, StoreError>(())
        };
        self.reader.search(self.snapshot.id, search, visit).expect("a search");
        found
    }

    fn detail(&self, name: &str, position: u64) -> Option<&Detail> {
        let mut images = self.images.iter();
        images.find(|(known, at, _)| *known == name && *at == position).map(|(.., detail)| detail)
    }

    /// The same in Rust, from the details alone.
    fn scan(&self, search: &Search) -> Vec<(String, u64)> {
        let used = self.used(&search.filter);
        let fits = |name: &str, it: &Detail| fits(&search.filter, name, it, self.indexes(name), &used);
        let mut found: Vec<_> = self.images.iter().filter(|(name, _, it)| fits(name, it)).collect();
        if let Some(Latest { count, by, except }) = search.filter.latest {
            let mut newest = BTreeSet::new();
            for repository in REPOSITORIES {
                let mut of_one: Vec<_> = found.iter().copied().filter(|(name, ..)| *name == repository).collect();
                let by_field = |field, a: &Detail, b: &Detail| last(key(field, a), key(field, b), true);
                of_one.sort_by(|(.., a), (.., b)| match by {
                    LatestBy::Pushed => by_field(Field::Pushed, a, b),
                    LatestBy::Version => by_field(Field::Version, a, b).then(by_field(Field::Pushed, a, b)),
                });
                let mut digests = Vec::new();
                for (.., detail) in of_one {
                    if !digests.contains(&&detail.image_digest) {
                        digests.push(&detail.image_digest);
                    }
                }
                newest.extend(digests.into_iter().take(count as usize).map(|digest| (repository, digest)));
            }
            found.retain(|(name, _, detail)| newest.contains(&(*name, &detail.image_digest)) != except);
        }
        found.sort_by(|a, b| {
            let step = |sort: &Sort| match sort.field {
                Field::Repository if sort.descending => b.0.cmp(a.0),
                Field::Repository => a.0.cmp(b.0),
                Field::Position if sort.descending => b.1.cmp(&a.1),
                Field::Position => a.1.cmp(&b.1),
                field => last(key(field, &a.2), key(field, &b.2), sort.descending),
            };
            search.sort.iter().map(step).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        let names = found.into_iter().map(|(name, at, _)| ((*name).to_owned(), *at));
        names.skip(search.offset as usize).take(search.limit.unwrap_or(u64::MAX) as usize).collect()
    }
}

impl Store {
    /// The digests of each repository that the references of a filter name.
    fn used(&self, filter: &Filter) -> BTreeSet<(&'static str, &Digest)> {
        let Some(InUse { references, .. }) = &filter.in_use else { return BTreeSet::new() };
        let named = self.images.iter().filter(|(name, _, detail)| {
            let repository = image_refs::Repository { registry_id: REGISTRY, name, region: "" };
            references.names(repository, &detail.image_digest, detail.image_tags.as_deref().unwrap_or_default())
        });
        named.map(|(name, _, detail)| (*name, &detail.image_digest)).collect()
    }

    /// How many images of a repository are indexes.
    fn indexes(&self, repository: &str) -> usize {
        let indexes = self.images.iter().filter(|(name, _, detail)| *name == repository && is_index(detail));
        indexes.map(|(.., detail)| &detail.image_digest).collect::<BTreeSet<_>>().len()
    }

    /// How many images some rows are: the digests of each repository.
    fn images_of(&self, rows: &[(String, u64)]) -> usize {
        let digest =
            |(name, at): &(String, u64)| (name.clone(), self.detail(name, *at).expect("a detail").image_digest.clone());
        rows.iter().map(digest).collect::<BTreeSet<_>>().len()
    }
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn is_index(detail: &Detail) -> bool {
    detail.image_manifest_media_type.as_deref() == Some(INDEX)
}

/// What an image is sorted by; numbers before texts never meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
}

fn key(field: Field, detail: &Detail) -> Option<Key> {
    let text = |text: Option<&str>| text.map(|text| Key::Text(text.to_owned()));
    match field {
        Field::Repository | Field::Position => None,
        Field::Tag => text(detail.image_tags.as_ref().and_then(|tags| tags.first()).map(String::as_str)),
        Field::Version => {
            let tags = detail.image_tags.iter().flatten().map(String::as_str);
            greatest_version(tags).map(|(key, _)| Key::Text(key))
        }
        Field::Digest => text(Some(&detail.image_digest.to_string())),
        Field::Pushed => detail.image_pushed_at.map(|at| Key::Number(at.micros())),
        Field::Pulled => detail.last_recorded_pull_time.map(|at| Key::Number(at.micros())),
        Field::Size => detail.image_size_in_bytes.map(Key::Number),
        Field::Status => text(Some(detail.effective_status())),
        Field::ScanStatus => text(scan_status(detail)),
        Field::MediaType => text(detail.image_manifest_media_type.as_deref()),
        Field::Findings(severity) => counts(detail).map(|counts| Key::Number(count(counts, severity))),
        Field::AllFindings => counts(detail).map(|counts| Key::Number(counts.iter().map(|(_, count)| count).sum())),
    }
}

/// An order in which what is absent comes last either way.
fn last(a: Option<Key>, b: Option<Key>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

fn scan_status(detail: &Detail) -> Option<&str> {
    detail.image_scan_status.as_ref()?.status.as_deref()
}

fn counts(detail: &Detail) -> Option<&Vec<(String, i64)>> {
    detail.image_scan_findings_summary.as_ref()?.finding_severity_counts.as_ref()
}

fn count(counts: &[(String, i64)], severity: Severity) -> i64 {
    counts.iter().filter(|(name, _)| Severity::of(name) == severity).map(|(_, count)| *count).sum()
}

/// Whether a detail meets every condition. The filter is taken apart, so that a field without a check does not compile.
fn fits(
    filter: &Filter,
    name: &str,
    detail: &Detail,
    indexes: usize,
    used: &BTreeSet<(&'static str, &Digest)>,
) -> bool {
    let Filter {
        repositories,
        registry_id,
        region,
        // The database of these tests has no policies.
        policy,
        tags: tag_globs,
        tag_regexes,
        without_tags,
        digests,
        tagged,
        pushed_from,
        pushed_before,
        pulled: pulled_asked,
        scanned: scanned_asked,
        min_size,
        max_size,
        severity,
        scan_statuses,
        media_types,
        artifact_types,
        statuses,
        attached,
        beside_index,
        in_use,
        // In `Store::scan`.
        latest: _,
    } = filter;
    let any = |globs: &[String], text: Option<&str>| {
        globs.is_empty() || text.is_some_and(|text| globs.iter().any(|pattern| glob(pattern, text)))
    };
    let tags = detail.image_tags.as_deref().unwrap_or_default();
    let has = |pattern: &String| tags.iter().any(|tag| glob(pattern, tag));
    let pulled = detail.last_recorded_pull_time.map(Instant::micros);
    let pushed = detail.image_pushed_at.map(Instant::micros);
    let size = detail.image_size_in_bytes;
    let at_least = |least: Severity, counts: &[(String, i64)]| match least {
        Severity::Other => counts.iter().any(|(_, count)| *count > 0),
        least => Severity::ALL.iter().any(|severity| *severity <= least && count(counts, *severity) > 0),
    };
    let matched = |regex: &String| {
        let regex = regex::Regex::new(regex).expect("a pattern");
        tags.iter().any(|tag| regex.is_match(tag))
    };
    let last_time = |asked: Option<LastTime>, at: Option<i64>, never: bool| match asked {
        None => true,
        Some(LastTime::Never) => never,
        Some(LastTime::Before(time)) => at.is_some_and(|at| at < time),
        Some(LastTime::NeverOrBefore(time)) => never || at.is_some_and(|at| at < time),
    };
    let summary = detail.image_scan_findings_summary.as_ref();
    let scanned = summary.and_then(|it| it.image_scan_completed_at).map(Instant::micros);
    let never_scanned = scanned.is_none() && counts(detail).is_none() && scan_status(detail) != Some("COMPLETE");
    let unattached = detail.subject_manifest_digest.is_none();
    let possible_child = !detail.is_tagged() && unattached && indexes > usize::from(is_index(detail));
    policy.is_none()
        && any(repositories, Some(name))
        && registry_id.as_deref().is_none_or(|id| id == REGISTRY)
        && region.as_deref().is_none_or(str::is_empty)
        && (tag_globs.is_empty() || tag_globs.iter().any(has))
        && (tag_regexes.is_empty() || tag_regexes.iter().any(matched))
        && !without_tags.iter().any(has)
        && (digests.is_empty()
            || digests.iter().any(|beginning| detail.image_digest.to_string().starts_with(beginning)))
        && tagged.is_none_or(|tagged| tagged == detail.is_tagged())
        && pushed_from.is_none_or(|from| pushed.is_some_and(|at| at >= from))
        && pushed_before.is_none_or(|before| pushed.is_some_and(|at| at < before))
        && last_time(*pulled_asked, pulled, pulled.is_none())
        && last_time(*scanned_asked, scanned, never_scanned)
        && min_size.is_none_or(|least| size.is_some_and(|size| i128::from(size) >= i128::from(least)))
        && max_size.is_none_or(|most| size.is_some_and(|size| i128::from(size) <= i128::from(most)))
        && severity.is_none_or(|least| counts(detail).is_some_and(|counts| at_least(least, counts)))
        && (scan_statuses.is_empty()
            || scan_status(detail).is_some_and(|status| scan_statuses.iter().any(|it| it == status)))
        && any(media_types, detail.image_manifest_media_type.as_deref())
        && any(artifact_types, detail.artifact_media_type.as_deref())
        && (statuses.is_empty() || statuses.iter().any(|it| it == detail.effective_status()))
        && attached.is_none_or(|attached| attached == detail.subject_manifest_digest.is_some())
        && beside_index.is_none_or(|beside| beside == possible_child)
        && in_use.as_ref().is_none_or(|it| {
            it.wanted == used.iter().any(|(of, digest)| *of == name && **digest == detail.image_digest)
        })
}

/// `*` and `?` alone.
fn glob(pattern: &str, text: &str) -> bool {
    let mut characters = pattern.chars();
    match characters.next() {
        None => text.is_empty(),
        Some('*') => {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| glob(characters.as_str(), &text[at..]))
        }
        Some(wanted) => text.chars().next().is_some_and(|found| {
            (wanted == '?' || wanted == found) && glob(characters.as_str(), &text[found.len_utf8()..])
        }),
    }
}

/// A glob that fits a text: a part of it, the rest as `*`; what is special in it as `?`.
fn glob_of(text: &str, keep: Index) -> String {
    let length = text.chars().count();
    let kept = keep.index(length + 1);
    let plain = text.chars().take(kept).map(|c| if "*?[".contains(c) { '?' } else { c });
    plain.chain((kept < length).then_some('*')).collect()
}

/// What is changed in a random detail, so that conditions meet more than chance would bring.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one independent change")]
struct Twist {
    counts: Option<BTreeMap<&'static str, i64>>,
    scanned: Option<i64>,
    complete: bool,
    index: bool,
    untagged: bool,
    version: Option<&'static str>,
    /// Another detail of the digest before it.
    again: bool,
}

fn twist() -> impl Strategy<Value = Twist> {
    let words = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED", "UNTRIAGED"].to_vec();
    let counts = proptest::option::of(proptest::collection::btree_map(select(words), 0i64..3, 0..4));
    let version = proptest::option::of(select(vec!["1.9.0", "1.10", "v2-rc1", "2.0", "latest"]));
    let flag = proptest::bool::weighted(0.15);
    (counts, proptest::option::of(0i64..9), flag, flag, any::<bool>(), version, flag).prop_map(
        |(counts, scanned, complete, index, untagged, version, again)| Twist {
            counts,
            scanned,
            complete,
            index,
            untagged,
            version,
            again,
        },
    )
}

/// Details with severities that are known or nearly, and without NUL, which ends a text for GLOB.
fn details(name: &'static str) -> impl Strategy<Value = Vec<Detail>> {
    (listing(name, 24), proptest::collection::vec(twist(), 24)).prop_map(|(mut details, twists)| {
        let mut before: Option<Digest> = None;
        for (detail, twist) in details.iter_mut().zip(twists) {
            let completed = twist.scanned.map(|at| Instant::from_micros(at).expect("an instant"));
            let counts =
                twist.counts.map(|counts| counts.into_iter().map(|(it, count)| (it.to_owned(), count)).collect());
            detail.image_scan_findings_summary = (completed.is_some() || counts.is_some()).then(|| FindingsSummary {
                image_scan_completed_at: completed,
                finding_severity_counts: counts,
                ..FindingsSummary::default()
            });
            if twist.complete {
                detail.image_scan_status =
                    Some(ScanStatus { status: Some("COMPLETE".into()), ..ScanStatus::default() });
            }
            if twist.index {
                detail.image_manifest_media_type = Some(INDEX.into());
            }
            if twist.untagged {
                (detail.image_tags, detail.subject_manifest_digest) = (None, None);
            } else if let Some(version) = twist.version {
                detail.image_tags.get_or_insert_default().push(version.to_owned());
            }
            if let (true, Some(before)) = (twist.again, &before) {
                detail.image_digest = before.clone();
            }
            before = Some(detail.image_digest.clone());
            for tag in detail.image_tags.iter_mut().flatten() {
                *tag = tag.replace('\0', "0");
            }
            for text in [&mut detail.image_manifest_media_type, &mut detail.artifact_media_type].into_iter().flatten() {
                *text = text.replace('\0', "0").into();
            }
        }
        details
    })
}

/// References that name an image by its digest or by a tag, as lines, if there are any that a line can hold.
fn references(detail: &Detail, by_tag: bool) -> Option<Arc<ImageRefs>> {
    let tag = detail.image_tags.iter().flatten().find(|tag| tag.chars().all(|c| c.is_ascii_alphanumeric()));
    let line = match tag {
        Some(tag) if by_tag && !tag.is_empty() => format!("{}:{tag}", detail.repository_name),
        _ => detail.image_digest.to_string(),
    };
    ImageRefs::parse(&line).ok().map(Arc::new)
}

/// A condition by its number, made of one of the details so that it often fits something.
fn condition(filter: &mut Filter, number: u8, detail: &Detail, keep: Index) {
    let text = |text: Option<&str>| text.map(|text| glob_of(text, keep));
    match number {
        0 => filter.repositories.push(glob_of(&detail.repository_name, keep)),
        1 | 2 => filter.tags.extend(detail.image_tags.iter().flatten().map(|tag| glob_of(tag, keep))),
        3 => filter.without_tags.extend(detail.image_tags.iter().flatten().take(1).map(|tag| glob_of(tag, keep))),
        4 => {
            let digest = detail.image_digest.to_string();
            filter.digests.push(digest.chars().take(keep.index(digest.chars().count() + 1)).collect());
        }
        5 => filter.tagged = Some(detail.is_tagged()),
        6 => filter.pushed_from = detail.image_pushed_at.map(Instant::micros),
        7 => filter.pushed_before = detail.image_pushed_at.map(Instant::micros),
        8 => {
            let pulled = detail.last_recorded_pull_time.map_or(0, Instant::micros);
            let choices = [LastTime::Never, LastTime::Before(pulled), LastTime::NeverOrBefore(pulled)];
            filter.pulled = Some(choices[keep.index(3)]);
        }
        9 => filter.min_size = detail.image_size_in_bytes.map(|size| size.max(0) as u64),
        10 => filter.max_size = detail.image_size_in_bytes.map(|size| size.max(0) as u64),
        11 => filter.severity = Some(Severity::ALL[keep.index(6)]),
        12 => filter.scan_statuses.extend(scan_status(detail).map(str::to_owned)),
        13 => filter.media_types.extend(text(detail.image_manifest_media_type.as_deref())),
        14 => filter.artifact_types.extend(text(detail.artifact_media_type.as_deref())),
        15 => filter.statuses.push(detail.effective_status().to_owned()),
        16 => filter.tag_regexes.extend(detail.image_tags.iter().flatten().take(1).map(|tag| {
            let kept: String = tag.chars().take(keep.index(tag.chars().count() + 1)).collect();
            format!("^{}", regex::escape(&kept))
        })),
        17 => {
            let scanned = 1 + keep.index(9) as i64;
            let choices = [LastTime::Never, LastTime::Before(scanned), LastTime::NeverOrBefore(scanned)];
            filter.scanned = Some(choices[keep.index(3)]);
        }
        18 => filter.attached = Some(detail.subject_manifest_digest.is_some()),
        19 => filter.beside_index = Some(keep.index(2) == 0),
        20 => {
            let references = references(detail, keep.index(4) > 1);
            filter.in_use = references.map(|references| InUse { references, wanted: keep.index(2) == 0 });
        }
        21 => filter.registry_id = Some([REGISTRY, "999999999999"][keep.index(2)].to_owned()),
        22 => filter.region = Some(["", "eu-west-1"][keep.index(2)].to_owned()),
        23 => filter.digests.push(detail.image_digest.to_string()),
        _ => {
            let by = [LatestBy::Pushed, LatestBy::Version][keep.index(2)];
            filter.latest = Some(Latest { count: 1 + keep.index(5) as u64, by, except: keep.index(3) == 0 });
        }
    }
}

fn order() -> impl Strategy<Value = Vec<Sort>> {
    let step = (select(Field::NAMES.to_vec()), any::<bool>());
    proptest::collection::vec(step.prop_map(|((_, field), descending)| Sort { field, descending }), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_search_is_a_scan(
        api in details(REPOSITORIES[0]), web in details(REPOSITORIES[1]),
        searches in proptest::collection::vec(
            (proptest::collection::vec((0u8..26, any::<Index>(), any::<Index>()), 0..4), order(), 0u64..40, 0u64..10), 1..12),
    ) {
        if api.is_empty() && web.is_empty() {
            return Ok(());
        }
        let store = Store::new([api, web]);
        for (conditions, sort, limit, offset) in searches {
            let mut filter = Filter::default();
            for (number, which, keep) in conditions {
                condition(&mut filter, number, &which.get(&store.images).2, keep);
            }
            let whole = Search { filter: filter.clone(), sort, ..Search::default() };
            let found = store.search(&whole);
            prop_assert_eq!(&found, &store.scan(&whole), "{:?}", whole);
            let images = store.images_of(&found);
            prop_assert_eq!(store.reader.count(store.snapshot.id, &whole).expect("a count"), images as u64);

            // A limit is a part of the whole, in the same order.
            let part = Search { limit: Some(limit), offset, ..whole };
            let expected: Vec<_> = found.iter().skip(offset as usize).take(limit as usize).cloned().collect();
            prop_assert_eq!(&store.search(&part), &expected);
            let counted = images.saturating_sub(offset as usize).min(limit as usize);
            prop_assert_eq!(store.reader.count(store.snapshot.id, &part).expect("a count"), counted as u64);

            // The newest and the rest are all, and none is in both.
            let half = |except| {
                let latest = Some(Latest { count: 1 + limit % 5, by: LatestBy::Version, except });
                store.search(&Search { filter: Filter { latest, ..filter.clone() }, ..Search::default() })
            };
            let (newest, rest) = (half(false), half(true));
            let mut both: Vec<_> = newest.iter().chain(&rest).cloned().collect();
            both.sort();
            let mut all =
                store.search(&Search { filter: Filter { latest: None, ..filter.clone() }, ..Search::default() });
            all.sort();
            prop_assert_eq!(both, all);

            // Groups are the images counted. Sizes of random details together may be more than a number holds.
            let mut expected: BTreeMap<Vec<Option<String>>, (u64, i128)> = BTreeMap::new();
            // Of several details of one digest the last counts.
            let mut last: BTreeMap<(String, &Digest), &Detail> = BTreeMap::new();
            for (name, at) in store.scan(&Search { filter: filter.clone(), ..Search::default() }) {
                let detail = store.detail(&name, at).expect("a detail");
                last.insert((name, &detail.image_digest), detail);
            }
            for ((name, _), detail) in last {
                let group = expected.entry([&name, detail.effective_status()].map(|text| Some(text.to_owned())).into());
                let (images, bytes) = group.or_default();
                *images += 1;
                *bytes += i128::from(detail.image_size_in_bytes.unwrap_or(0));
            }
            let tally = Tally { filter, by: vec![Group::Repository, Group::Status], ..Tally::default() };
            let groups = store.reader.tally(store.snapshot.id, &tally).expect("groups");
            let ours: Vec<_> = groups.iter().map(|it| (it.values.clone(), (it.images, it.bytes))).collect();
            let held = |bytes: i128| bytes.clamp(0, i64::MAX.into()) as u64;
            let expected: Vec<_> =
                expected.into_iter().map(|(values, (images, bytes))| (values, (images, held(bytes)))).collect();
            prop_assert_eq!(ours, expected);
            let by_size = Tally { sort: vec![SortGroup::Bytes { descending: true }], limit: Some(1), ..tally };
            let largest = store.reader.tally(store.snapshot.id, &by_size).expect("groups");
            prop_assert_eq!(largest.first().map(|it| it.bytes), groups.iter().map(|it| it.bytes).max());
        }
    }
}

/// 300 images of which each capture changes some, so that an image is in a chunk of its own version in each: then in few
/// chunks, and at last in more than are looked at one by one.
#[test]
fn tags_and_digests_are_found_in_every_snapshot_of_many() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("ecrsnap.db");
    let tag = |image: usize| if image.is_multiple_of(5) { "fifth".to_owned() } else { format!("v{image}") };
    for day in 0..24 {
        let detail = |image: usize| {
            // Three images move to the end, and one is pulled again.
            let pulled = if image == day * 7 % 300 { 1_800_000_000 + day } else { 1_700_000_000 };
            let tags = [format!("\"{}\"", tag(image)), format!("\"i{image}\"")].join(",");
            format!(
                r#"{{"registryId":"{REGISTRY}","repositoryName":"shop/api","imageDigest":"sha256:{image:064x}","imageTags":[{tags}],"imageSizeInBytes":{image},"lastRecordedPullTime":{pulled}}}"#
            )
        };
        let (first, moved): (Vec<usize>, Vec<usize>) = (0..300).partition(|image| image % 24 > day || image % 100 > 0);
        let details: Vec<String> = first.into_iter().chain(moved).map(detail).collect();
        let page = format!(r#"{{"imageDetails":[{}]}}"#, details.join(","));
        let source = Source::open("page.json".to_owned(), Box::new(Cursor::new(page.into_bytes())));
        let options = Options { db: db.clone(), snapshot: Some(format!("day-{day}")), ..Options::default() };
        ingest::ingest(&[source], &options, &std::sync::Arc::default()).expect("pages that go in");
    }
    let reader = Reader::open(&db).expect("a database");
    for day in 0..24 {
        let snapshot = reader.snapshot(&format!("day-{day}")).expect("a snapshot");
        let found = |filter: Filter| {
            let mut found = Vec::new();
            let visit = |image: &Image| {
                found.push((image.position, image.detail.clone()));
                Ok::<_, StoreError>(())
            };
            reader.search(snapshot.id, &Search { filter, ..Search::default() }, visit).expect("a search");
            found
        };
        let all = found(Filter::default());
        assert_eq!(all.len(), 300);
        for image in (0..300).step_by(11) {
            let digest = format!("sha256:{image:064x}");
            let with_digest = |(_, detail): &&(u64, Detail)| detail.image_digest.to_string() == digest;
            let expected: Vec<_> = all.iter().filter(with_digest).cloned().collect();
            assert_eq!(
                found(Filter { tags: vec![format!("i{image}")], ..Filter::default() }),
                expected,
                "{day} {image}"
            );
            assert_eq!(found(Filter { digests: vec![digest.clone()], ..Filter::default() }), expected, "{day} {image}");
        }
        let of_many = all.iter().filter(|(_, detail)| detail.image_tags.iter().flatten().any(|tag| tag == "fifth"));
        let of_many: Vec<_> = of_many.cloned().collect();
        assert_eq!(of_many.len(), 60);
        assert_eq!(found(Filter { tags: vec!["fifth".to_owned()], ..Filter::default() }), of_many, "{day}");
    }
}
