//! The snapshots of a span with what their listings' own rows say: no image is read here.

use std::collections::BTreeMap;

use super::figures::{Point, SeesArchived};
use crate::diff::Coverage;
use crate::model::Instant;
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
    let mut sees_archived = None;
    for listing in listings {
        let coverage = Coverage::new(point.captured_at, true, listing.capture_filter.as_deref());
        let one = match coverage.filter.image_status.as_deref() {
            Some("ANY" | "ARCHIVED") => SeesArchived::Yes,
            Some(_) => SeesArchived::No,
            None if coverage.may_hide_archived() => SeesArchived::Unknown,
            None => SeesArchived::Yes,
        };
        // One that could not see them makes the snapshot one that did not see all of them.
        sees_archived = sees_archived.max(Some(one));
        point.part_by_tags |= coverage.filter.tag_status.is_some_and(|tags| tags != "ANY");
        point.capture_filters.extend(listing.capture_filter.clone());
    }
    point.sees_archived = sees_archived.unwrap_or(SeesArchived::Unknown);
    point.capture_filters.sort_unstable();
    point.capture_filters.dedup();
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
    })
}

/// Add a listing to the sums of its snapshot.
pub(super) fn add(point: &mut Point, listing: &Listing, sums: &Sums) {
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
