//! One tag or one image in every snapshot. Its versions are looked up once; then each chunk of the
//! repository's listings is looked at once, by its keys, however many snapshots share it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::{CachedStatement, Row, Statement, params};

use super::decode::select;
use super::snapshots::{LISTING, listing_of};
use super::{Listing, Reader, Snapshot};
use crate::model::capture_filter::ImageStatus;
use crate::model::{Detail, Digest, Members, MissingRepository, ShownStatuses};
use crate::store::error::StoreError;
use crate::store::row::{RepositoryName, digest_prefix};

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
    /// Its listing of the repository; `None` if the repository is not in the capture.
    pub listing: Option<Listing>,
    /// The image, if the listing shows it: the last one, if it shows several.
    pub image: Option<Rc<Detail>>,
    /// What the absence of a listing means.
    pub missing: MissingRepository,
    /// Which statuses the listing shows. Only looked for if it matters: the image is missing, and the capture was
    /// not known to have asked for every status.
    pub statuses: Option<ShownStatuses>,
}

impl Reader {
    /// The repositories of that name, narrowed by registry and region label.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
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
        let rows = statement.query_map(params![name, registry_id, region], repository_of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The repositories whose name matches a glob, narrowed by registry and region label, by name.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn repositories_matching(
        &self,
        glob: &str,
        registry_id: Option<&str>,
        region: Option<&str>,
    ) -> Result<Vec<Repository>, StoreError> {
        let sql = "SELECT id, registry_id, name, region FROM repository
                   WHERE name GLOB ?1 AND (?2 IS NULL OR registry_id = ?2) AND (?3 IS NULL OR region = ?3)
                   ORDER BY name, registry_id, region";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![glob, registry_id, region], repository_of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The digests of a repository that begin with a text of the form `sha256:` and at least twelve
    /// digits, which is what tables show of a digest.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn digests(&self, repository: &Repository, beginning: &str) -> Result<Vec<Digest>, StoreError> {
        let padded = format!("{beginning:0<71}");
        let prefix = digest_prefix(&Digest::parse(&padded));
        let sql = "SELECT image_id FROM digest_index WHERE repository_id = ?1 AND digest_lead = ?2";
        let images = self.ids(sql, params![repository.id, prefix])?;
        let mut digests: Vec<Digest> =
            self.versions(repository, &images)?.into_values().map(|detail| detail.image_digest.clone()).collect();
        digests.retain(|digest| digest.to_string().starts_with(beginning));
        digests.sort_unstable();
        digests.dedup();
        Ok(digests)
    }

    /// What each snapshot says of a tag or image of a repository, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn line(&self, repository: &Repository, subject: Subject<'_>) -> Result<Vec<Sighting>, StoreError> {
        let by_tag = "SELECT image_id FROM tag_index WHERE repository_id = ?1 AND tag = ?2";
        let images = match subject {
            Subject::Tag(tag) => self.ids(by_tag, params![repository.id, tag])?,
            Subject::Image(digest) => self.ids_of(repository.id, digest)?,
        };
        let mut versions = self.versions(repository, &images)?;
        if let Subject::Image(digest) = subject {
            versions.retain(|_, detail| detail.image_digest == *digest);
        }
        let mut search = Search::new(self, versions.keys().copied().collect())?;
        let mut line = Vec::new();
        // For the few listings in which a digest occurs several times.
        let mut superseded: HashMap<i64, Vec<i64>> = HashMap::new();
        for (snapshot, listing) in self.captures(repository.id)? {
            let missing = match &listing {
                Some(_) => MissingRepository::NotCovered,
                None => self.missing(&snapshot, &repository.name)?,
            };
            let mut sighting = Sighting { snapshot, listing, image: None, missing, statuses: None };
            if let Some(listing) = &sighting.listing {
                let shown = search.all(listing.listing_id)?;
                let superseded: &[i64] = if listing.details == listing.images || shown.is_empty() {
                    &[]
                } else {
                    match superseded.entry(listing.listing_id) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(place) => place.insert(self.superseded(listing)?),
                    }
                };
                let last = shown.iter().rev().find(|id| superseded.binary_search(id).is_err());
                sighting.image = last.and_then(|id| versions.get(id)).map(Rc::clone);
            }
            line.push(sighting);
        }
        self.look_for_inactive(repository.id, &mut line)?;
        Ok(line)
    }

    /// What it means that a snapshot has no listing of a repository.
    fn missing(&self, snapshot: &Snapshot, name: &RepositoryName) -> Result<MissingRepository, StoreError> {
        Ok(self.scope(snapshot.id)?.missing(&name.registry_id, &name.region, &name.name))
    }

    /// Find out which statuses the listings show that lack the image and may have been asked for active images alone.
    fn look_for_inactive(&self, repository_id: i64, line: &mut [Sighting]) -> Result<(), StoreError> {
        let mut search = None;
        for sighting in line.iter_mut().filter(|sighting| sighting.image.is_none()) {
            let Some(listing) = &sighting.listing else { continue };
            // The user may say that it asked for active ones, which is what it did unasked; what it shows counts more.
            let asked = listing.capture_filter.and_then(|filter| filter.image_status);
            if listing.complete && asked.is_none_or(|status| status == ImageStatus::Active) {
                let search = match &mut search {
                    Some(search) => search,
                    None => search.insert(Search::new(self, self.inactive(repository_id)?)?),
                };
                if search.any(listing.listing_id)? {
                    sighting.statuses = Some(self.shown_statuses(listing)?);
                }
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

fn repository_of(row: &Row<'_>) -> Result<Repository, rusqlite::Error> {
    let text = |index| row.get::<_, String>(index).map(Arc::<str>::from);
    Ok(Repository { id: row.get(0)?, name: RepositoryName { registry_id: text(1)?, name: text(2)?, region: text(3)? } })
}

/// Images that are looked for in listing after listing. What a chunk holds is found out once.
struct Search<'r> {
    /// The chunks of a listing.
    chunks_of: CachedStatement<'r>,
    /// The runs of a chunk.
    runs_of: CachedStatement<'r>,
    /// Ids in order.
    wanted: Vec<i64>,
    /// The wanted images of each chunk met so far, in order.
    chunks: HashMap<i64, Rc<[i64]>>,
    /// And of each listing.
    listings: HashMap<i64, Rc<[i64]>>,
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

    /// The wanted images of a listing, in order.
    fn all(&mut self, listing_id: i64) -> Result<Rc<[i64]>, StoreError> {
        if let Some(all) = self.listings.get(&listing_id) {
            return Ok(Rc::clone(all));
        }
        let mut all = Vec::new();
        self.each(listing_id, |found| {
            all.extend_from_slice(found);
            true
        })?;
        let all: Rc<[i64]> = all.into();
        self.listings.insert(listing_id, Rc::clone(&all));
        Ok(all)
    }

    /// Whether a listing holds a wanted image at all.
    fn any(&mut self, listing_id: i64) -> Result<bool, StoreError> {
        let mut any = false;
        if !self.wanted.is_empty() {
            self.each(listing_id, |found| {
                any = !found.is_empty();
                !any
            })?;
        }
        Ok(any)
    }

    /// Hand what each chunk of a listing holds to `visit`, in order, until it returns false.
    fn each(&mut self, listing_id: i64, mut visit: impl FnMut(&[i64]) -> bool) -> Result<(), StoreError> {
        let Search { chunks_of, runs_of, wanted, chunks, .. } = self;
        let mut rows = chunks_of.query([listing_id])?;
        while let Some(row) = rows.next()? {
            let chunk_id = row.get(0)?;
            let found = if let Some(found) = chunks.get(&chunk_id) {
                Rc::clone(found)
            } else {
                let found: Rc<[i64]> = in_chunk(runs_of, chunk_id, wanted)?.into();
                chunks.insert(chunk_id, Rc::clone(&found));
                found
            };
            if !visit(&found) {
                break;
            }
        }
        Ok(())
    }
}

/// The images of a chunk that are wanted, in order.
fn in_chunk(runs_of: &mut Statement<'_>, chunk_id: i64, wanted: &[i64]) -> Result<Vec<i64>, StoreError> {
    let (Some(lowest), Some(highest)) = (wanted.first(), wanted.last()) else {
        return Ok(Vec::new());
    };
    let mut rows = runs_of.query([chunk_id, *lowest, *highest])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (first, length): (i64, i64) = (row.get(0)?, row.get(1)?);
        let begin = wanted.partition_point(|id| *id < first);
        let end = wanted.partition_point(|id| *id < first.saturating_add(length));
        found.extend_from_slice(&wanted[begin..end.max(begin)]);
    }
    Ok(found)
}
