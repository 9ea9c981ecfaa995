//! The details of a listing: by position, by digest, by tag.

use rusqlite::params;

use super::decode::select;
use super::{Listing, Reader};
use crate::model::{Detail, Digest, Member, Members};
use crate::store::columns::KindText;
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

/// A detail and its position.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionedDetail {
    /// Position in the listing, from 0.
    pub position: u64,
    /// The detail.
    pub detail: Detail,
}

impl Reader {
    /// Hand up to `limit` selected details of a listing from a position on to `each`; returns the
    /// position of the next selected one if there is one. Costs what it reads: nothing before
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
            return Ok(kind[KindText::ImageStatus].as_deref().unwrap_or("ACTIVE") == status);
        }
        Ok(true)
    }

    /// The detail of a listing with that digest and that tag, if both are given; the last where
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
        self.runs_with(listing, &images, |run| {
            found.push((run.start as u64, run.image_id));
            Ok(true)
        })?;
        Ok(found)
    }
}
