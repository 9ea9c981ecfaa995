//! One tag or one image in every snapshot. Its versions are looked up once; then each chunk of the
//! repository's listings is looked at once, by its keys, however many snapshots share it.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::params;

use super::decode::COLUMNS;
use super::snapshots::{LISTING, listing_of};
use super::{Listing, Reader, Snapshot};
use crate::model::{Detail, Digest};
use crate::store::error::StoreError;
use crate::store::row::{RepositoryName, digest_lead};

/// A repository and its key in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its key.
    pub id: i64,
    /// Registry, name and region label.
    pub name: RepositoryName,
}

/// What to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A tag.
    Tag(&'a str),
    /// An image, by its whole digest.
    Image(&'a Digest),
}

/// What one snapshot says of a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Its listing of the repository; `None` where the repository is not in the capture.
    pub listing: Option<Listing>,
    /// The image, where the listing shows it: the last one, where it shows several.
    pub image: Option<Rc<Detail>>,
    /// The listing shows an image whose status is not `ACTIVE`. Only looked for where it matters: where
    /// the listing was captured with a filter that nobody told.
    pub shows_inactive: bool,
}

impl Reader {
    /// The repositories of that name, narrowed by registry and region label.
    pub fn repositories(
        &self,
        name: &str,
        registry_id: Option<&str>,
        region: Option<&str>,
    ) -> Result<Vec<Repository>, StoreError> {
        let sql = "SELECT id, registry_id, name, region FROM repository
                   WHERE name = ?1 AND (?2 IS NULL OR registry_id = ?2) AND (?3 IS NULL OR region = ?3)
                   ORDER BY registry_id, region";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![name, registry_id, region], |row| {
            let text = |index| row.get::<_, String>(index).map(Arc::<str>::from);
            Ok(Repository {
                id: row.get(0)?,
                name: RepositoryName { registry_id: text(1)?, name: text(2)?, region: text(3)? },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The digests of a repository that begin with a text of the form `sha256:` and at least twelve
    /// digits, which is what tables show of a digest.
    pub fn digests(&self, repository: &Repository, beginning: &str) -> Result<Vec<Digest>, StoreError> {
        let padded = format!("{beginning:0<71}");
        let lead = digest_lead(&Digest::parse(&padded));
        let sql = "SELECT image_id FROM digest_index WHERE repository_id = ?1 AND digest_lead = ?2";
        let images = self.ids(sql, params![repository.id, lead])?;
        let mut digests: Vec<Digest> =
            self.versions(repository, &images)?.into_values().map(|detail| detail.image_digest.clone()).collect();
        digests.retain(|digest| digest.to_string().starts_with(beginning));
        digests.sort_unstable();
        digests.dedup();
        Ok(digests)
    }

    /// What each snapshot says of a tag or image of a repository, oldest first.
    pub fn line(&self, repository: &Repository, subject: Subject<'_>) -> Result<Vec<Sighting>, StoreError> {
        let by_tag = "SELECT image_id FROM tag_index WHERE repository_id = ?1 AND tag = ?2";
        let by_digest = "SELECT image_id FROM digest_index WHERE repository_id = ?1 AND digest_lead = ?2";
        let images = match subject {
            Subject::Tag(tag) => self.ids(by_tag, params![repository.id, tag])?,
            Subject::Image(digest) => self.ids(by_digest, params![repository.id, digest_lead(digest)])?,
        };
        let mut versions = self.versions(repository, &images)?;
        if let Subject::Image(digest) = subject {
            versions.retain(|_, detail| detail.image_digest == *digest);
        }
        let captures = self.captures(repository.id)?;
        let untold = captures.iter().filter_map(|(_, listing)| listing.as_ref());
        let untold = untold.clone().any(|listing| listing.complete && listing.capture_filter.is_none());
        let inactive = if untold { self.inactive(repository.id)? } else { Vec::new() };
        let mut wanted: Vec<i64> = versions.keys().copied().collect();
        wanted.sort_unstable();
        let mut search = Search { wanted, inactive, chunks: HashMap::new() };
        let mut known: HashMap<i64, Holds> = HashMap::new();
        let mut line = Vec::with_capacity(captures.len());
        for (snapshot, listing) in captures {
            let holds = match &listing {
                None => Holds::default(),
                Some(listing) => match known.get(&listing.listing_id) {
                    Some(holds) => *holds,
                    None => {
                        let holds = search.listing(self, listing.listing_id)?;
                        known.insert(listing.listing_id, holds);
                        holds
                    }
                },
            };
            let image = holds.last.and_then(|id| versions.get(&id)).cloned();
            line.push(Sighting { snapshot, listing, image, shows_inactive: holds.inactive });
        }
        Ok(line)
    }

    /// Images by their ids.
    fn versions(&self, repository: &Repository, ids: &[i64]) -> Result<HashMap<i64, Rc<Detail>>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM image WHERE id = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut versions = HashMap::with_capacity(ids.len());
        for id in ids {
            let mut rows = statement.query([id])?;
            let row = rows.next()?.ok_or_else(|| StoreError::Damaged(format!("image {id} is missing")))?;
            versions.insert(*id, Rc::new(self.detail(&repository.name, row)?));
        }
        Ok(versions)
    }

    /// Every snapshot with its listing of a repository, oldest first.
    fn captures(&self, repository_id: i64) -> Result<Vec<(Snapshot, Option<Listing>)>, StoreError> {
        let sql = format!(
            "SELECT {LISTING} FROM snapshot_listing s JOIN repository r ON r.id = s.repository_id
             JOIN listing l ON l.id = s.listing_id WHERE s.snapshot_id = ?1 AND s.repository_id = ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut captures = Vec::new();
        for snapshot in self.snapshots()? {
            let mut rows = statement.query([snapshot.id, repository_id])?;
            let listing = rows.next()?.map(listing_of).transpose()?;
            captures.push((snapshot, listing));
        }
        Ok(captures)
    }

    /// The ids of a repository's images that are not active, in order.
    fn inactive(&self, repository_id: i64) -> Result<Vec<i64>, StoreError> {
        let kinds = self.inactive_kinds()?;
        if kinds == "[]" {
            return Ok(Vec::new());
        }
        let sql = "SELECT i.id FROM digest_index d CROSS JOIN image i ON i.id = d.image_id
                   WHERE d.repository_id = ?1 AND i.kind_id IN (SELECT value FROM json_each(?2)) ORDER BY i.id";
        self.ids(sql, params![repository_id, kinds])
    }
}

/// What a listing or a chunk holds of what is looked for.
#[derive(Clone, Copy, Debug, Default)]
struct Holds {
    /// The last wanted image.
    last: Option<i64>,
    /// An image that is not active.
    inactive: bool,
}

impl Holds {
    /// And what comes after it.
    fn then(self, next: Holds) -> Holds {
        Holds { last: next.last.or(self.last), inactive: self.inactive || next.inactive }
    }
}

/// Images that are looked for in chunk after chunk.
struct Search {
    /// Ids in order.
    wanted: Vec<i64>,
    /// Ids in order.
    inactive: Vec<i64>,
    /// What is known already.
    chunks: HashMap<i64, Holds>,
}

impl Search {
    fn listing(&mut self, reader: &Reader, listing_id: i64) -> Result<Holds, StoreError> {
        let mut chunks = reader
            .connection
            .prepare_cached("SELECT chunk_id FROM listing_chunk WHERE listing_id = ?1 ORDER BY start")?;
        let mut rows = chunks.query([listing_id])?;
        let mut holds = Holds::default();
        while let Some(row) = rows.next()? {
            let chunk_id = row.get(0)?;
            let found = match self.chunks.get(&chunk_id) {
                Some(found) => *found,
                None => {
                    let found = self.chunk(reader, chunk_id)?;
                    self.chunks.insert(chunk_id, found);
                    found
                }
            };
            holds = holds.then(found);
        }
        Ok(holds)
    }

    fn chunk(&self, reader: &Reader, chunk_id: i64) -> Result<Holds, StoreError> {
        let sql = "SELECT image_id, length FROM chunk_run WHERE chunk_id = ?1 ORDER BY \"offset\"";
        let mut runs = reader.connection.prepare_cached(sql)?;
        let mut rows = runs.query([chunk_id])?;
        let mut holds = Holds::default();
        while let Some(row) = rows.next()? {
            let (first, length): (i64, i64) = (row.get(0)?, row.get(1)?);
            let last = |ids: &[i64]| {
                let end = ids.partition_point(|id| *id < first.saturating_add(length));
                ids[..end].last().copied().filter(|id| *id >= first)
            };
            holds = holds.then(Holds { last: last(&self.wanted), inactive: last(&self.inactive).is_some() });
        }
        Ok(holds)
    }
}
