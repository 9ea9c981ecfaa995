//! Which snapshots there are, what a REF means, and which listings a snapshot holds.

use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

use super::Reader;
use crate::model::{CaptureFilter, Instant, visible};
use crate::store::error::StoreError;
use crate::store::row::{MOST_IMAGES, RepositoryName};

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// A snapshot's own row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its key in the store.
    pub id: i64,
    /// The name that the user gave it.
    pub name: String,
    /// Microseconds since 1970.
    pub captured_at: i64,
}

/// One repository in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The repository's key in the store.
    pub repository_id: i64,
    /// Registry, name and region label.
    pub repository: RepositoryName,
    /// The listing's key in the store.
    pub listing_id: i64,
    /// The listing's content, in 32 bytes.
    pub hash: [u8; 32],
    /// Details in it. More than `images` if one digest has several details, which differ in other members.
    pub details: u64,
    /// Images: each digest counts once, with its last detail.
    pub images: u64,
    /// Images with at least one tag.
    pub tagged: u64,
    /// Sum of the sizes of the images in bytes. An image index counts in addition to its children.
    pub bytes: u64,
    /// False if the last page's token was still open.
    pub complete: bool,
    /// The `--filter` of the capture, if the user said it.
    pub capture_filter: Option<CaptureFilter>,
}

/// A token that a saved page ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    /// As the page had it.
    pub token: String,
    /// The position in the listing behind the page's last detail.
    pub end: u64,
}

impl Reader {
    /// All snapshots, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, StoreError> {
        let sql = "SELECT id, name, captured_at FROM snapshot ORDER BY captured_at, id";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_map([], snapshot_of)?.collect::<Result<_, _>>()?)
    }

    /// The snapshot that a REF names: a name, `latest`, `latest~N` (N before it), `@TIME` (the newest at or before it;
    /// a date alone means until its end in UTC) or `@-AGE` (the newest at or before that long before the newest one,
    /// such as `@-7d`).
    ///
    /// # Errors
    /// Unknown snapshot; the message lists the known ones.
    pub fn snapshot(&self, reference: &str) -> Result<Snapshot, StoreError> {
        let back = match reference.strip_prefix("latest") {
            Some("") => Some(0),
            Some(rest) => rest.strip_prefix('~').and_then(|count| count.parse::<u32>().ok()),
            None => None,
        };
        let found = if let Some(back) = back {
            let sql = "SELECT id, name, captured_at FROM snapshot ORDER BY captured_at DESC, id DESC LIMIT 1 OFFSET ?1";
            self.connection.prepare_cached(sql)?.query_row([i64::from(back)], snapshot_of).optional()?
        } else if let Some(age) = reference.strip_prefix("@-") {
            let Ok(age) = humantime::parse_duration(age) else {
                return Err(no_snapshot(reference, &format!("; `{}` is not an age, write it as @-7d", visible(age))));
            };
            let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
            let sql = "SELECT id, name, captured_at FROM snapshot
                       WHERE captured_at <= (SELECT max(captured_at) FROM snapshot) - ?1
                       ORDER BY captured_at DESC, id DESC LIMIT 1";
            self.connection.prepare_cached(sql)?.query_row([age], snapshot_of).optional()?
        } else if let Some(time) = reference.strip_prefix('@') {
            let Ok(at) = Instant::from_text(time).or_else(|_| Instant::from_number(time)) else {
                return Err(no_snapshot(
                    reference,
                    &format!("; `{time}` is not a time, write it as @2026-03-01 or @-7d"),
                ));
            };
            let until = if time.len() == 10 && time.contains('-') { at.micros() + DAY - 1 } else { at.micros() };
            let sql = "SELECT id, name, captured_at FROM snapshot WHERE captured_at <= ?1
                       ORDER BY captured_at DESC, id DESC LIMIT 1";
            self.connection.prepare_cached(sql)?.query_row([until], snapshot_of).optional()?
        } else {
            let sql = "SELECT id, name, captured_at FROM snapshot WHERE name = ?1";
            self.connection.prepare_cached(sql)?.query_row([reference], snapshot_of).optional()?
        };
        match found {
            Some(snapshot) => Ok(snapshot),
            None => Err(no_snapshot(reference, &self.what_there_is()?)),
        }
    }

    fn what_there_is(&self) -> Result<String, StoreError> {
        let shown = |snapshot: Snapshot| format!("`{}`", visible(&snapshot.name));
        let names: Vec<String> = self.snapshots()?.into_iter().rev().map(shown).collect();
        Ok(match names.as_slice() {
            [] => "; the database holds none yet".to_owned(),
            [only] => format!("; there is only {only}"),
            names if names.len() <= 5 => format!("; there are {}", names.join(", ")),
            names => format!("; the newest of {} are {}", names.len(), names[..5].join(", ")),
        })
    }

    /// The listings of a snapshot by repository name, registry and region; of one name where it is
    /// given.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn listings(&self, snapshot_id: i64, name: Option<&str>) -> Result<Vec<Listing>, StoreError> {
        // Two statements, so that one name seeks and all names scan.
        let columns = LISTING;
        let order = "ORDER BY r.name, r.registry_id, r.region";
        let mut statement = match name {
            Some(_) => self.connection.prepare_cached(&format!(
                "SELECT {columns} FROM repository r
                 JOIN snapshot_listing s ON s.snapshot_id = ?1 AND s.repository_id = r.id
                 JOIN listing l ON l.id = s.listing_id WHERE r.name = ?2 {order}"
            ))?,
            None => self.connection.prepare_cached(&format!(
                "SELECT {columns} FROM snapshot_listing s JOIN repository r ON r.id = s.repository_id
                 JOIN listing l ON l.id = s.listing_id WHERE s.snapshot_id = ?1 AND ?2 IS NULL {order}"
            ))?,
        };
        let rows = statement.query_map(params![snapshot_id, name], listing_of)?;
        let mut listings: Vec<Listing> = rows.collect::<Result<_, _>>()?;
        self.count_digests(&mut listings)?;
        Ok(listings)
    }

    /// The tokens that the saved pages of a repository ended with.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn page_tokens(&self, snapshot_id: i64, repository_id: i64) -> Result<Vec<PageToken>, StoreError> {
        let sql = "SELECT token, start + images FROM page
                   WHERE snapshot_id = ?1 AND repository_id = ?2 AND token IS NOT NULL ORDER BY ordinal";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([snapshot_id, repository_id], |row| {
            Ok(PageToken { token: row.get(0)?, end: row.get::<_, i64>(1)?.clamp(0, MOST_IMAGES) as u64 })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn no_snapshot(reference: &str, hint: &str) -> StoreError {
    StoreError::NoSnapshot { reference: visible(reference), hint: hint.to_owned() }
}

/// The columns that [`listing_of`] reads, of `repository` r, `listing` l and `snapshot_listing` s.
pub(super) const LISTING: &str =
    "r.id, r.registry_id, r.name, r.region, l.id, l.hash, l.images, l.tagged, l.bytes, s.complete, s.capture_filter,
     l.digests";

/// The listing in a row of [`LISTING`]. Its sums count details until [`Reader::count_digests`] has run.
pub(super) fn listing_of(row: &Row<'_>) -> Result<Listing, rusqlite::Error> {
    let text = |index| row.get::<_, String>(index).map(Arc::<str>::from);
    Ok(Listing {
        repository_id: row.get(0)?,
        repository: RepositoryName { registry_id: text(1)?, name: text(2)?, region: text(3)? },
        listing_id: row.get(4)?,
        hash: row.get(5)?,
        details: count_of(row, 6)?,
        images: count_of(row, 11)?,
        tagged: count_of(row, 7)?,
        // Sizes below zero, which no registry has, may add up to less than nothing.
        bytes: row.get::<_, i64>(8)?.max(0) as u64,
        complete: row.get(9)?,
        capture_filter: filter_of(row, 10)?,
    })
}

/// A number of images; what cannot be one is an error here and not where it is calculated with.
fn count_of(row: &Row<'_>, column: usize) -> Result<u64, rusqlite::Error> {
    let count: i64 = row.get(column)?;
    if (0..=MOST_IMAGES).contains(&count) {
        Ok(count as u64)
    } else {
        Err(rusqlite::Error::IntegralValueOutOfRange(column, count))
    }
}

/// The filter in a column. The store holds the canonical form alone.
pub(super) fn filter_of(row: &Row<'_>, column: usize) -> Result<Option<CaptureFilter>, rusqlite::Error> {
    let Some(text) = row.get::<_, Option<String>>(column)? else { return Ok(None) };
    let damaged = |error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error));
    text.parse().map(Some).map_err(damaged)
}

fn snapshot_of(row: &Row<'_>) -> Result<Snapshot, rusqlite::Error> {
    Ok(Snapshot { id: row.get(0)?, name: row.get(1)?, captured_at: row.get(2)? })
}
