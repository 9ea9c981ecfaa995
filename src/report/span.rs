//! The snapshots of a span with the totals of their listings. Images are read only for a listing that
//! shows a digest more than once.

use std::collections::{BTreeMap, HashMap};

use super::figures::{Point, RepositoryKey, SeesArchived};
use crate::coverage::{CapturedPart, Coverage};
use crate::model::capture_filter::ImageStatus;
use crate::model::{CaptureFilter, Instant};
use crate::store::StoreError;
use crate::store::read::figures::{Sums, Totals};
use crate::store::read::{Listing, Reader, Repositories, Snapshot};

/// A repository's listings along the span, each with the index of its snapshot.
pub(super) type Visits = Vec<(usize, Listing)>;

/// Snapshots, and the repositories that they hold.
pub(super) struct Span {
    /// One for each snapshot; the sums are added later, by [`add`].
    pub(super) points: Vec<Point>,
    /// By name and key. The listings' totals count digests.
    pub(super) repositories: BTreeMap<(String, i64), Visits>,
    /// The sums by digest of the listings that show a digest more than once, by listing.
    pub(super) distinct: HashMap<i64, Sums>,
}

impl Span {
    /// Read the listings of snapshots.
    pub(super) fn read(reader: &Reader, snapshots: &[Snapshot], asked: &Repositories) -> Result<Self, StoreError> {
        let mut points: Vec<Point> = snapshots.iter().map(point).collect::<Result<_, _>>()?;
        let mut repositories: BTreeMap<(String, i64), Visits> = BTreeMap::new();
        let repeating = reader.listings_with_repeats()?;
        let mut totals: HashMap<i64, Totals> = HashMap::new();
        for (index, snapshot) in snapshots.iter().enumerate() {
            let listings = reader.select(snapshot.id, asked)?;
            conditions(&mut points[index], &listings);
            for mut listing in listings {
                if repeating.contains(&listing.listing_id) {
                    let distinct = match totals.get(&listing.listing_id) {
                        Some(distinct) => *distinct,
                        None => reader.distinct_totals(&listing)?,
                    };
                    totals.insert(listing.listing_id, distinct);
                    (listing.images, listing.tagged, listing.bytes) =
                        (distinct.images, distinct.tagged, distinct.bytes);
                }
                let key = (listing.repository.name.to_string(), listing.repository_id);
                repositories.entry(key).or_default().push((index, listing));
            }
        }
        mark_differences(&mut points, &repositories);
        let distinct = totals.into_iter().map(|(listing, totals)| (listing, totals.sums)).collect();
        Ok(Span { points, repositories, distinct })
    }
}

/// Mark the snapshots whose totals cannot be compared with those of the others: a repository is missing
/// that both an earlier and a later snapshot have, or a capture had another filter than the last one.
fn mark_differences(points: &mut [Point], repositories: &BTreeMap<(String, i64), Visits>) {
    for visits in repositories.values() {
        for pair in visits.windows(2) {
            let [(before, listing), (after, _)] = pair else { continue };
            for point in &mut points[before + 1..*after] {
                point.missing.push(RepositoryKey::from(&listing.repository));
            }
        }
        let Some((last, newest)) = visits.last() else { continue };
        let asked = |filter| Asked::of(filter, points[*last].captured_at);
        let newest = newest.capture_filter;
        let other: Vec<usize> = visits
            .iter()
            .filter(|(_, listing)| listing.capture_filter != newest && asked(listing.capture_filter) != asked(newest))
            .map(|(index, _)| *index)
            .collect();
        for index in other {
            points[index].other_filter = true;
        }
    }
}

/// What a filter requests: a part by tags, a part by status, and whether archived images are excluded.
/// Filters are compared as if used at one time, since before archiving existed none could exclude anything.
#[derive(PartialEq, Eq)]
struct Asked(CapturedPart, bool);

impl Asked {
    fn of(filter: Option<CaptureFilter>, captured_at: Instant) -> Self {
        let coverage = Coverage::new(captured_at, true, filter);
        Asked(coverage.part(), coverage.may_hide_archived())
    }
}

/// Add what is known of the filters of a snapshot's captures.
fn conditions(point: &mut Point, listings: &[Listing]) {
    for listing in listings {
        let coverage = Coverage::of(listing, point.captured_at);
        let part = coverage.part();
        point.part_by_tags |= part.is_by_tags();
        point.part_by_status |= part.is_by_status();
        point.capture_filters.extend(listing.capture_filter.map(|filter| filter.to_string()));
    }
    point.capture_filters.sort_unstable();
    point.capture_filters.dedup();
}

/// Whether a capture with so many archived images could see all of them.
fn sees_archived(listing: &Listing, captured_at: Instant, archived: u64) -> SeesArchived {
    // Whether it was complete does not matter here.
    let coverage = Coverage::new(captured_at, true, listing.capture_filter);
    match coverage.filter.image_status {
        _ if archived > 0 => SeesArchived::Yes,
        Some(ImageStatus::Any | ImageStatus::Archived) => SeesArchived::Yes,
        Some(ImageStatus::Activating) => SeesArchived::No,
        _ if !coverage.may_hide_archived() => SeesArchived::Yes,
        Some(_) => SeesArchived::No,
        None => SeesArchived::Unknown,
    }
}

fn point(snapshot: &Snapshot) -> Result<Point, StoreError> {
    let captured_at = Instant::from_micros(snapshot.captured_at)
        .map_err(|error| StoreError::Damaged(format!("the time of snapshot `{}` {error}", snapshot.name)))?;
    Ok(Point {
        snapshot: snapshot.name.clone(),
        captured_at,
        repositories: 0,
        images: 0,
        tagged: 0,
        untagged: 0,
        archived: 0,
        bytes: 0,
        counted: 0,
        findings: <_>::default(),
        incomplete: Vec::new(),
        missing: Vec::new(),
        other_filter: false,
        sees_archived: SeesArchived::Unknown,
        capture_filters: Vec::new(),
        part_by_tags: false,
        part_by_status: false,
    })
}

/// Add a listing to the sums of its snapshot.
pub(super) fn add(point: &mut Point, listing: &Listing, sums: &Sums) {
    let sees_archived = sees_archived(listing, point.captured_at, sums.archived);
    // One capture that could not see them means that the snapshot did not see all of them.
    point.sees_archived = if point.repositories == 0 { sees_archived } else { point.sees_archived.max(sees_archived) };
    point.repositories += 1;
    point.images += listing.images;
    point.tagged += listing.tagged;
    point.untagged += listing.images.saturating_sub(listing.tagged);
    point.bytes = point.bytes.saturating_add(listing.bytes);
    point.archived += sums.archived;
    point.counted += sums.counted;
    point.findings.add(&sums.findings);
    if !listing.complete {
        point.incomplete.push(RepositoryKey::from(&listing.repository));
    }
}
