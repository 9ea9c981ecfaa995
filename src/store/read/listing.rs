//! The details of a listing: by position, by digest, by tag.

use rusqlite::params;

use super::decode::select;
use super::{Listing, Reader};
use crate::model::{Detail, Digest, Member, Members};
use crate::store::error::StoreError;
use crate::store::row::digest_prefix;

/// Which details of a listing to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    /// With tags, without, or both.
    pub tagged: Option<bool>,
    /// Of this status, a detail without one counting as `ACTIVE`; or of any.
    pub status: Option<String>,
}

/// A detail and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionedDetail {
    /// Position in the listing, from 0.
    pub position: u64,
    /// The detail.
    pub detail: Detail,
}

/// Images of consecutive ids at consecutive positions.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImageRun {
    pub(super) start: i64,
    pub(super) image_id: i64,
    pub(super) length: i64,
}

impl Reader {
    /// Hand up to `limit` selected details of a listing from a position on to `each`; returns the
    /// position of the next selected one where there is one. Costs what it reads: nothing before
    /// `from` is looked at, and of a detail no more is built than `members`.
    pub fn details(
        &self,
        listing: &Listing,
        from: u64,
        limit: usize,
        selection: &Selection,
        members: Members,
        each: &mut dyn FnMut(PositionedDetail),
    ) -> Result<Option<u64>, StoreError> {
        let read = if selection.tagged.is_some() { members.with(Member::ImageTags) } else { members };
        let sql = format!("{} WHERE id >= ?1 AND id < ?2", select(read));
        let mut images = self.connection.prepare_cached(&sql)?;
        let mut handed = 0;
        let mut next = None;
        self.runs(listing.listing_id, from, |run| {
            let mut rows = images.query([run.image_id, run.image_id + run.length])?;
            while let Some(row) = rows.next()? {
                if !self.selects(selection, row)? {
                    continue;
                }
                let position = (run.start + row.get::<_, i64>(0)? - run.image_id) as u64;
                if handed == limit {
                    next = Some(position);
                    return Ok(false);
                }
                handed += 1;
                each(PositionedDetail { position, detail: self.detail(&listing.repository, row, members)? });
            }
            Ok(true)
        })?;
        Ok(next)
    }

    fn selects(&self, selection: &Selection, row: &rusqlite::Row<'_>) -> Result<bool, StoreError> {
        if let Some(tagged) = selection.tagged {
            let has = row.get_ref(3)?.as_str_or_null().is_ok_and(|tags| tags.is_some_and(|tags| tags != "[]"));
            if has != tagged {
                return Ok(false);
            }
        }
        if let Some(status) = &selection.status {
            let kind = self.kind(row.get(1)?)?;
            return Ok(kind.image_status.as_deref().unwrap_or("ACTIVE") == status);
        }
        Ok(true)
    }

    /// Hand the runs of a listing from a position on to `visit` until it returns false; runs that
    /// continue each other are one.
    pub(super) fn runs(
        &self,
        listing_id: i64,
        from: u64,
        mut visit: impl FnMut(ImageRun) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT c.start + r.\"offset\", r.image_id, r.length
                   FROM listing_chunk c JOIN chunk_run r ON r.chunk_id = c.chunk_id
                   WHERE c.listing_id = ?1 AND c.start >=
                       (SELECT max(start) FROM listing_chunk WHERE listing_id = ?1 AND start <= ?2)
                   ORDER BY c.start, r.\"offset\"";
        let mut statement = self.connection.prepare_cached(sql)?;
        let from = from as i64;
        let mut rows = statement.query([listing_id, from])?;
        let mut held: Option<ImageRun> = None;
        while let Some(row) = rows.next()? {
            let mut run = ImageRun { start: row.get(0)?, image_id: row.get(1)?, length: row.get(2)? };
            let skipped = (from - run.start).clamp(0, run.length);
            run =
                ImageRun { start: run.start + skipped, image_id: run.image_id + skipped, length: run.length - skipped };
            if run.length == 0 {
                continue;
            }
            match &mut held {
                Some(last) if last.image_id + last.length == run.image_id => last.length += run.length,
                Some(last) => {
                    if !visit(std::mem::replace(last, run))? {
                        return Ok(());
                    }
                }
                None => held = Some(run),
            }
        }
        if let Some(run) = held {
            visit(run)?;
        }
        Ok(())
    }

    /// The detail of a listing with that digest and that tag, where both are given; the last where
    /// several rows of the listing have it. `None` where there is none.
    ///
    /// # Errors
    /// Where the store cannot be read. One of the two must be given.
    pub fn find(
        &self,
        listing: &Listing,
        digest: Option<&Digest>,
        tag: Option<&str>,
    ) -> Result<Option<PositionedDetail>, StoreError> {
        let by_digest = "SELECT image_id FROM digest_index WHERE repository_id = ?1 AND digest_lead = ?2";
        let by_tag = "SELECT image_id FROM tag_index WHERE repository_id = ?1 AND tag = ?2";
        let candidates: Vec<i64> = match (tag, digest) {
            (Some(tag), _) => self.ids(by_tag, params![listing.repository_id, tag])?,
            (None, Some(digest)) => self.ids(by_digest, params![listing.repository_id, digest_prefix(digest)])?,
            (None, None) => Vec::new(),
        };
        if candidates.is_empty() {
            return Ok(None);
        }
        let mut positions = self.positions(listing.listing_id, &candidates)?;
        positions.sort_unstable();
        let sql = format!("{} WHERE id = ?1", select(Members::ALL));
        let mut image = self.connection.prepare_cached(&sql)?;
        for (position, id) in positions.into_iter().rev() {
            let mut rows = image.query([id])?;
            let Some(row) = rows.next()? else {
                return Err(StoreError::Damaged(format!("image {id} is missing")));
            };
            let detail = self.detail(&listing.repository, row, Members::ALL)?;
            if digest.is_none_or(|digest| *digest == detail.image_digest) {
                return Ok(Some(PositionedDetail { position, detail }));
            }
        }
        Ok(None)
    }

    pub(super) fn ids(&self, sql: &str, key: &[&dyn rusqlite::ToSql]) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(key, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Where images stand in a listing; those that do not are left out.
    pub(super) fn positions(&self, listing_id: i64, images: &[i64]) -> Result<Vec<(u64, i64)>, StoreError> {
        let mut images = images.to_vec();
        images.sort_unstable();
        let mut found = Vec::new();
        self.runs(listing_id, 0, |run| {
            let first = images.partition_point(|id| *id < run.image_id);
            let within = images[first..].iter().take_while(|id| **id < run.image_id + run.length);
            found.extend(within.map(|id| ((run.start + id - run.image_id) as u64, *id)));
            Ok(true)
        })?;
        Ok(found)
    }
}
