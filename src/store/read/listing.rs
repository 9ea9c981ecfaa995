//! The details of a listing: by position, by digest, by tag.

use rusqlite::params;

use super::decode::select;
use super::{Listing, Reader};
use crate::model::{Detail, Digest, Member, Members};
use crate::store::error::StoreError;
use crate::store::row::{LONGEST_CHUNK, digest_prefix};

/// Which details of a listing to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    /// With tags, without, or both.
    pub tagged: Option<bool>,
    /// Of this status, a detail without one counting as `ACTIVE`; or of any.
    pub status: Option<String>,
}

/// A detail and its position.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionedDetail {
    /// Position in the listing, from 0.
    pub position: u64,
    /// The detail.
    pub detail: Detail,
}

/// The most images that are returned as one run. A listing that was loaded at once is one run, and a caller that
/// wants one page of it does not need its end.
const LONGEST_RUN: i64 = 4096;

/// Images of consecutive ids at consecutive positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImageRun {
    pub(super) start: i64,
    pub(super) image_id: i64,
    pub(super) length: i64,
}

impl ImageRun {
    /// The run in a row of `chunk_run`, in a chunk that begins at `start`. `None` if it cannot have been
    /// written by us: then neither position nor id may be calculated with.
    pub(super) fn of(start: i64, offset: i64, image_id: i64, length: i64) -> Option<Self> {
        let fine = start >= 0 && offset >= 0 && image_id > 0 && (1..=LONGEST_CHUNK as i64).contains(&length);
        let start = start.checked_add(offset).filter(|_| fine)?;
        start.checked_add(length)?;
        image_id.checked_add(length)?;
        Some(ImageRun { start, image_id, length })
    }

    /// An error unless so many of its images were found.
    pub(super) fn whole(&self, found: i64) -> Result<(), StoreError> {
        if found == self.length {
            return Ok(());
        }
        let (first, last) = (self.image_id, self.image_id + self.length - 1);
        Err(StoreError::Damaged(format!("of the images {first} to {last}, some are missing")))
    }

    /// The position behind it.
    fn end(&self) -> i64 {
        self.start + self.length
    }

    /// The part of it from `position` on.
    fn from(self, position: i64) -> Option<Self> {
        let skipped = (position - self.start).max(0);
        (skipped < self.length).then(|| ImageRun {
            start: self.start + skipped,
            image_id: self.image_id + skipped,
            length: self.length - skipped,
        })
    }
}

impl Reader {
    /// Hand up to `limit` selected details of a listing from a position on to `each`; returns the
    /// position of the next selected one where there is one. Costs what it reads: nothing before
    /// `from` is looked at, and of a detail no more is built than `members`.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
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
        self.runs(listing, from, |run| {
            let mut rows = images.query([run.image_id, run.image_id + run.length])?;
            let mut met = 0;
            while let Some(row) = rows.next()? {
                met += 1;
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
            run.whole(met)?;
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
    /// continue each other are one, up to [`LONGEST_RUN`] images. Reads no further than `visit` goes.
    ///
    /// # Errors
    /// Those of `visit`; if the store cannot be read, or the runs do not follow one another without a
    /// gap to the end of the listing.
    pub(super) fn runs(
        &self,
        listing: &Listing,
        from: u64,
        mut visit: impl FnMut(ImageRun) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT c.start, r.\"offset\", r.image_id, r.length
                   FROM listing_chunk c JOIN chunk_run r ON r.chunk_id = c.chunk_id
                   WHERE c.listing_id = ?1 AND c.start >=
                       (SELECT max(start) FROM listing_chunk WHERE listing_id = ?1 AND start <= ?2)
                   ORDER BY c.start, r.\"offset\"";
        let broken = || {
            let name = crate::model::visible(&listing.repository.name);
            StoreError::Damaged(format!("the listing of {name} has a gap or an overlap"))
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let (from, details) = (position(from), position(listing.details));
        let mut rows = statement.query([listing.listing_id, from])?;
        let mut pending: Option<ImageRun> = None;
        let mut end: Option<i64> = None;
        while let Some(row) = rows.next()? {
            let run = ImageRun::of(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?).ok_or_else(broken)?;
            if run.end() > details || end.is_some_and(|end| end != run.start) {
                return Err(broken());
            }
            end = Some(run.end());
            let Some(run) = run.from(from) else { continue };
            match &mut pending {
                Some(last) if last.image_id + last.length == run.image_id && last.length < LONGEST_RUN => {
                    last.length += run.length;
                }
                Some(last) => {
                    if !visit(std::mem::replace(last, run))? {
                        return Ok(());
                    }
                }
                None => pending = Some(run),
            }
        }
        if end.unwrap_or(0) != details && from < details {
            return Err(broken());
        }
        if let Some(run) = pending {
            visit(run)?;
        }
        Ok(())
    }

    /// The detail of a listing with that digest and that tag, where both are given; the last where
    /// several rows of the listing have it. `None` if there is none.
    ///
    /// # Errors
    /// Where the store cannot be read. One of the two must be given.
    pub fn find(
        &self,
        listing: &Listing,
        digest: Option<&Digest>,
        tag: Option<&str>,
    ) -> Result<Option<PositionedDetail>, StoreError> {
        let by_tag = "SELECT image_id FROM tag_index WHERE repository_id = ?1 AND tag = ?2";
        let candidates: Vec<i64> = match (tag, digest) {
            (Some(tag), _) => self.ids(by_tag, params![listing.repository_id, tag])?,
            (None, Some(digest)) => self.ids_of(listing.repository_id, digest)?,
            (None, None) => Vec::new(),
        };
        if candidates.is_empty() {
            return Ok(None);
        }
        let mut positions = self.positions(listing, &candidates)?;
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

    /// The ids of the images of a repository with that digest.
    pub(super) fn ids_of(&self, repository_id: i64, digest: &Digest) -> Result<Vec<i64>, StoreError> {
        // The first bytes find, the whole decides.
        let sql = "SELECT i.id FROM digest_index d CROSS JOIN image i ON i.id = d.image_id
                   WHERE d.repository_id = ?1 AND d.digest_lead = ?2 AND i.digest = ?3";
        let prefix = digest_prefix(digest);
        match digest {
            Digest::Sha256(bytes) => self.ids(sql, params![repository_id, prefix, bytes]),
            Digest::Other(text) => self.ids(sql, params![repository_id, prefix, text]),
        }
    }

    pub(super) fn ids(&self, sql: &str, key: &[&dyn rusqlite::ToSql]) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(key, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The positions of images in a listing; images that are not in it are left out.
    pub(super) fn positions(&self, listing: &Listing, images: &[i64]) -> Result<Vec<(u64, i64)>, StoreError> {
        let mut images = images.to_vec();
        images.sort_unstable();
        let mut found = Vec::new();
        self.runs(listing, 0, |run| {
            let first = images.partition_point(|id| *id < run.image_id);
            let within = images[first..].iter().take_while(|id| **id < run.image_id + run.length);
            found.extend(within.map(|id| ((run.start + id - run.image_id) as u64, *id)));
            Ok(true)
        })?;
        Ok(found)
    }
}

/// A position as `SQLite` has it. None is beyond 2^63: those that are count as the last.
fn position(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::ImageRun;

    #[test]
    fn a_run_that_cannot_be_is_none() {
        for (start, offset, image_id, length, expected) in [
            (0, 0, 1, 1, Some((0, 1))),
            (64, 3, 9, 5, Some((67, 72))),
            (0, 0, 1, 0, None),
            (0, 0, 1, -5, None),
            (-1, 0, 1, 1, None),
            (0, -1, 1, 1, None),
            (0, 0, 0, 1, None),
            (0, 0, i64::MAX, 1, None),
            (i64::MAX, 1, 1, 1, None),
            (0, i64::MAX - 1, 1, 2, None),
            (0, 0, 1, 513, None),
            (0, 0, 1, i64::MAX, None),
        ] {
            let run = ImageRun::of(start, offset, image_id, length).map(|run| (run.start, run.end()));
            assert_eq!(run, expected, "{start} {offset} {image_id} {length}");
        }
    }

    #[test]
    fn a_run_from_a_position_on() {
        let run = ImageRun { start: 10, image_id: 100, length: 5 };
        assert_eq!(run.from(0), Some(run));
        assert_eq!(run.from(13), Some(ImageRun { start: 13, image_id: 103, length: 2 }));
        assert_eq!(run.from(15), None);
        assert_eq!(run.from(i64::MAX), None);
    }
}
