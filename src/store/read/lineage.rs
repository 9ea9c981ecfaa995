//! One tag or one image in every snapshot. Its versions are looked up once; then each chunk of the
//! repository's listings is looked at once, by its keys, however many snapshots share it.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::{CachedStatement, Statement, params};

use super::decode::{digest_of, select};
use super::snapshots::{LISTING, listing_of};
use super::{Listing, Reader, Snapshot};
use crate::model::Members;
use crate::model::capture_filter::ImageStatus;
use crate::model::{Detail, Digest};
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
    /// Its listing of the repository; `None` where the repository is not in the capture.
    pub listing: Option<Listing>,
    /// The image, where the listing shows it: the last one, where it shows several.
    pub image: Option<Rc<Detail>>,
    /// Images that have the tag in another listing, and that this one shows without it.
    pub without: Vec<Digest>,
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
    pub fn line(&self, repository: &Repository, subject: Subject<'_>) -> Result<Vec<Sighting>, StoreError> {
        let by_tag = "SELECT image_id FROM tag_index WHERE repository_id = ?1 AND tag = ?2";
        let images = match subject {
            Subject::Tag(tag) => self.ids(by_tag, params![repository.id, tag])?,
            Subject::Image(digest) => self.ids_of(repository.id, digest)?,
        };
        let versions = self.versions(repository, &images)?;
        let others = match subject {
            Subject::Tag(_) => self.others(repository, &versions)?,
            Subject::Image(_) => HashMap::new(),
        };
        let known = |id: &i64| versions.get(id).map(|detail| &detail.image_digest).or_else(|| others.get(id));
        let captures = self.captures(repository.id)?;
        let mut search = Search::new(self, versions.keys().chain(others.keys()).copied().collect())?;
        let mut line = Vec::with_capacity(captures.len());
        for (snapshot, listing) in captures {
            let mut sighting = Sighting { snapshot, listing, image: None, without: Vec::new(), shows_inactive: false };
            if let Some(listing) = &sighting.listing {
                // Of several details of one digest the last counts.
                let mut met = HashSet::new();
                for id in search.all(listing.listing_id)?.iter().rev() {
                    let Some(digest) = known(id).filter(|digest| met.insert(*digest)) else { continue };
                    match versions.get(id) {
                        Some(image) => drop(sighting.image.get_or_insert_with(|| Rc::clone(image))),
                        None => sighting.without.push(digest.clone()),
                    }
                }
            }
            line.push(sighting);
        }
        self.look_for_inactive(repository.id, &mut line)?;
        Ok(line)
    }

    /// Find out what listings show that lack the image, where nobody told for which statuses they asked.
    fn look_for_inactive(&self, repository_id: i64, line: &mut [Sighting]) -> Result<(), StoreError> {
        let mut search = None;
        for sighting in line.iter_mut().filter(|sighting| sighting.image.is_none()) {
            let Some(listing) = &sighting.listing else { continue };
            // That it asked for active ones is what it did unasked, and what it shows may say otherwise.
            let status = listing.capture_filter.and_then(|filter| filter.image_status);
            if listing.complete && matches!(status, None | Some(ImageStatus::Active)) {
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

    /// The other versions of these images, by id: those which have another subject's tags, or none.
    fn others(
        &self,
        repository: &Repository,
        versions: &HashMap<i64, Rc<Detail>>,
    ) -> Result<HashMap<i64, Digest>, StoreError> {
        let sql = "SELECT i.id, i.digest FROM digest_index d CROSS JOIN image i ON i.id = d.image_id
                   WHERE d.repository_id = ?1 AND d.digest_lead = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let digests: HashSet<&Digest> = versions.values().map(|detail| &detail.image_digest).collect();
        let mut others = HashMap::new();
        for digest in digests {
            let mut rows = statement.query(params![repository.id, digest_prefix(digest)])?;
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                if !versions.contains_key(&id) && digest_of(row.get_ref(1)?).as_ref() == Some(digest) {
                    others.insert(id, digest.clone());
                }
            }
        }
        Ok(others)
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
