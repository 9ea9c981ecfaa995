//! The snapshots of a span with the totals of their listings. No image is read.

use std::collections::BTreeMap;

use super::figures::{Point, RepositoryKey, SeesArchived, Totals};
use crate::coverage::{CapturedPart, Coverage};
use crate::model::capture_filter::ImageStatus;
use crate::model::{CaptureFilter, CaptureScope, Instant, MissingRepository};
use crate::store::StoreError;
use crate::store::read::figures::Sums;
use crate::store::read::{Listing, Reader, Repositories, Snapshot};
use crate::store::row::RepositoryName;

/// A repository's listings along the span, each with the index of its snapshot.
pub(super) type Visits = Vec<(usize, Listing)>;

/// Snapshots, and the repositories that they hold.
pub(super) struct Span {
    /// One for each snapshot; the sums are added later, by [`add`].
    pub(super) points: Vec<Point>,
    /// By name and key.
    pub(super) repositories: BTreeMap<(String, i64), Visits>,
    /// What each snapshot says about repositories that it does not have.
    pub(super) scopes: Vec<CaptureScope>,
}

impl Span {
    /// Read the listings of snapshots.
    pub(super) fn read(reader: &Reader, snapshots: &[Snapshot], asked: &Repositories) -> Result<Self, StoreError> {
        let mut points: Vec<Point> = snapshots.iter().map(point).collect::<Result<_, _>>()?;
        let mut repositories: BTreeMap<(String, i64), Visits> = BTreeMap::new();
        let mut scopes = Vec::with_capacity(snapshots.len());
        for (index, snapshot) in snapshots.iter().enumerate() {
            let listings = reader.select(snapshot.id, asked)?;
            conditions(&mut points[index], &listings);
            scopes.push(reader.scope(snapshot.id)?);
            for listing in listings {
                let key = (listing.repository.name.to_string(), listing.repository_id);
                repositories.entry(key).or_default().push((index, listing));
            }
        }
        mark_differences(&mut points, &scopes, &repositories);
        Ok(Span { points, repositories, scopes })
    }
}

/// The coverage of a capture that does not have a repository, if it says anything about it: the repository did not
/// exist, or had no image that the capture would have shown.
pub(super) fn coverage_without(
    scope: &CaptureScope,
    repository: &RepositoryName,
    captured_at: Instant,
) -> Option<Coverage> {
    let missing = scope.missing(&repository.registry_id, &repository.region, &repository.name);
    (missing != MissingRepository::NotCovered).then(|| Coverage::of_missing(missing, captured_at))
}

/// Mark the snapshots whose totals cannot be compared with those of the others: a repository is missing
/// that both an earlier and a later snapshot have, and the capture need not have covered it; or a capture had another
/// filter than the last one.
fn mark_differences(points: &mut [Point], scopes: &[CaptureScope], repositories: &BTreeMap<(String, i64), Visits>) {
    for visits in repositories.values() {
        for pair in visits.windows(2) {
            let [(before, listing), (after, _)] = pair else { continue };
            for (point, scope) in points.iter_mut().zip(scopes).take(*after).skip(before + 1) {
                if coverage_without(scope, &listing.repository, point.captured_at).is_none() {
                    point.missing.push(RepositoryKey::from(&listing.repository));
                }
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
        totals: Totals::default(),
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
    point.totals.add(&Totals::of(listing, sums));
    if !listing.complete {
        point.incomplete.push(RepositoryKey::from(&listing.repository));
    }
}
