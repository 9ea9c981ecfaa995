//! The snapshots of a span with what their listings' own rows say: no image is read here.

use std::collections::BTreeMap;

use super::figures::{Point, SeesArchived};
use crate::coverage::Coverage;
use crate::model::Instant;
use crate::model::capture_filter::ImageStatus;
use crate::store::StoreError;
use crate::store::read::figures::Sums;
use crate::store::read::{Listing, Reader, Repositories, Snapshot};

/// A repository's listings along the span, each with the index of its snapshot.
pub(super) type Visits = Vec<(usize, Listing)>;

/// Snapshots, and the repositories that they hold.
pub(super) struct Span {
    /// One for each snapshot; the sums are still to be added.
    pub(super) points: Vec<Point>,
    /// By name and key.
    pub(super) repositories: BTreeMap<(String, i64), Visits>,
}

impl Span {
    /// Read the listings of snapshots.
    pub(super) fn read(reader: &Reader, snapshots: &[Snapshot], asked: &Repositories) -> Result<Self, StoreError> {
        let mut points: Vec<Point> = snapshots.iter().map(point).collect::<Result<_, _>>()?;
        let mut repositories: BTreeMap<(String, i64), Visits> = BTreeMap::new();
        for (index, snapshot) in snapshots.iter().enumerate() {
            let listings = reader.select(snapshot.id, asked)?;
            conditions(&mut points[index], &listings);
            for listing in listings {
                let key = (listing.repository.name.to_string(), listing.repository_id);
                repositories.entry(key).or_default().push((index, listing));
            }
        }
        Ok(Span { points, repositories })
    }
}

/// Note what the captures of a snapshot asked for, as far as it is known.
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
    // How far it went does not matter here.
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
        sees_archived: SeesArchived::Unknown,
        capture_filters: Vec::new(),
        part_by_tags: false,
        part_by_status: false,
    })
}

/// Add a listing to the sums of its snapshot.
pub(super) fn add(point: &mut Point, listing: &Listing, sums: &Sums) {
    let sees_archived = sees_archived(listing, point.captured_at, sums.archived);
    // One that could not see them makes the snapshot one that did not see all of them.
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
        point.incomplete.push(listing.repository.name.to_string());
    }
}
