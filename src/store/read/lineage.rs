//! One tag or one image in every snapshot. Its versions are looked up once; then each chunk of the
//! repository's listings is looked at once, by its keys, however many snapshots share it.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::{CachedStatement, Statement, params};

use super::decode::select;
use super::snapshots::{LISTING, listing_of};
use super::{Listing, Reader, Snapshot};
use crate::model::Members;
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
    /// the image is missing, and nobody told for which statuses the capture asked.
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
        let mut search = Search::new(self, versions.keys().copied().collect())?;
        let mut line = Vec::with_capacity(captures.len());
        for (snapshot, listing) in captures {
            let last = listing.as_ref().map(|listing| search.last(listing.listing_id)).transpose()?.flatten();
            let image = last.and_then(|id| versions.get(&id)).cloned();
            line.push(Sighting { snapshot, listing, image, shows_inactive: false });
        }
        self.look_for_inactive(repository.id, &mut line)?;
        Ok(line)
    }

    /// Find out what listings show that lack the image, where nobody told for which statuses they asked.
    fn look_for_inactive(&self, repository_id: i64, line: &mut [Sighting]) -> Result<(), StoreError> {
        let mut search = None;
        for sighting in line.iter_mut().filter(|sighting| sighting.image.is_none()) {
            let Some(listing) = &sighting.listing else { continue };
            let told = listing.capture_filter.as_deref().is_some_and(|filter| filter.contains("imageStatus"));
            if listing.complete && !told {
                let search = match &mut search {
                    Some(search) => search,
                    None => search.insert(Search::new(self, self.inactive(repository_id)?)?),
                };
                sighting.shows_inactive = search.any(listing.listing_id)?;
            }
        }
        Ok(())
    }

    /// Images by their ids.
    fn versions(&self, repository: &Repository, ids: &[i64]) -> Result<HashMap<i64, Rc<Detail>>, StoreError> {
        let sql = format!("{} WHERE id = ?1", select(Members::ALL));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut versions = HashMap::with_capacity(ids.len());
        for id in ids {
            let mut rows = statement.query([id])?;
            let row = rows.next()?.ok_or_else(|| StoreError::Damaged(format!("image {id} is missing")))?;
            versions.insert(*id, Rc::new(self.detail(&repository.name, row, Members::ALL)?));
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

/// Images that are looked for in listing after listing. What a chunk holds is found out once.
struct Search<'r> {
    /// The chunks of a listing.
    chunks_of: CachedStatement<'r>,
    /// The runs of a chunk.
    runs_of: CachedStatement<'r>,
    /// Ids in order.
    wanted: Vec<i64>,
    /// The last wanted image of each chunk met so far.
    chunks: HashMap<i64, Option<i64>>,
    /// And of each listing.
    listings: HashMap<i64, Option<i64>>,
}

impl<'r> Search<'r> {
    fn new(reader: &'r Reader, mut wanted: Vec<i64>) -> Result<Self, StoreError> {
        wanted.sort_unstable();
        let chunks_of = "SELECT chunk_id FROM listing_chunk WHERE listing_id = ?1 ORDER BY start";
        // SQLite passes over runs that are out of the question faster than it hands them out.
        let runs_of = "SELECT image_id, length FROM chunk_run
                       WHERE chunk_id = ?1 AND image_id <= ?3 AND image_id + length > ?2 ORDER BY \"offset\"";
        Ok(Search {
            chunks_of: reader.connection.prepare_cached(chunks_of)?,
            runs_of: reader.connection.prepare_cached(runs_of)?,
            wanted,
            chunks: HashMap::new(),
            listings: HashMap::new(),
        })
    }

    /// The last wanted image of a listing.
    fn last(&mut self, listing_id: i64) -> Result<Option<i64>, StoreError> {
        if let Some(last) = self.listings.get(&listing_id) {
            return Ok(*last);
        }
        let mut last = None;
        self.each(listing_id, |found| {
            last = found.or(last);
            true
        })?;
        self.listings.insert(listing_id, last);
        Ok(last)
    }

    /// Whether a listing holds a wanted image at all.
    fn any(&mut self, listing_id: i64) -> Result<bool, StoreError> {
        let mut any = false;
        if !self.wanted.is_empty() {
            self.each(listing_id, |found| {
                any = found.is_some();
                !any
            })?;
        }
        Ok(any)
    }

    /// Hand what each chunk of a listing holds to `visit`, in order, until it returns false.
    fn each(&mut self, listing_id: i64, mut visit: impl FnMut(Option<i64>) -> bool) -> Result<(), StoreError> {
        let Search { chunks_of, runs_of, wanted, chunks, .. } = self;
        let mut rows = chunks_of.query([listing_id])?;
        while let Some(row) = rows.next()? {
            let chunk_id = row.get(0)?;
            let found = if let Some(found) = chunks.get(&chunk_id) {
                *found
            } else {
                let found = last_in_chunk(runs_of, chunk_id, wanted)?;
                chunks.insert(chunk_id, found);
                found
            };
            if !visit(found) {
                break;
            }
        }
        Ok(())
    }
}

/// The last image of a chunk that is wanted.
fn last_in_chunk(runs_of: &mut Statement<'_>, chunk_id: i64, wanted: &[i64]) -> Result<Option<i64>, StoreError> {
    let (Some(lowest), Some(highest)) = (wanted.first(), wanted.last()) else {
        return Ok(None);
    };
    let mut rows = runs_of.query([chunk_id, *lowest, *highest])?;
    let mut last = None;
    while let Some(row) = rows.next()? {
        let (first, length): (i64, i64) = (row.get(0)?, row.get(1)?);
        let end = wanted.partition_point(|id| *id < first.saturating_add(length));
        last = wanted[..end].last().copied().filter(|id| *id >= first).or(last);
    }
    Ok(last)
}
