//! Searches one snapshot: which of its images fit a [`Filter`], in which order, or how many of each
//! kind. Filter, order and limit run in SQL; only what is shown becomes a [`Detail`].
//!
//! The walk goes from repository to listing to chunk to image, each step a seek, and comes in the
//! order (repository, position) by itself: a search without a sort holds nothing back, and every sort
//! ends in that order, so equal rows always come out alike. Tags are looked up in `tag_index` first.

mod fields;
mod filter;
mod statement;
mod sum;

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Row, params, params_from_iter};

use super::decode::{digest_of, select};
use super::{Listing, Reader, Repository};
use crate::image_refs;
use crate::model::{Detail, Digest, Member, Members};
use crate::store::error::StoreError;
use crate::store::functions;
use crate::store::row::{RepositoryName, digest_prefix};
pub use fields::{Field, Group, Sort, SortGroup};
pub use filter::{Filter, InUse, LastTime, Latest, LatestBy};
use statement::{IN_USE, NEWEST, Statement, empty_table};

/// What to look for, in which order, and how much of it.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Which images.
    pub filter: Filter,
    /// The order; what is equal in all of it comes by repository and position.
    pub sort: Vec<Sort>,
    /// How many to leave out at the start.
    pub offset: u64,
    /// How many at most.
    pub limit: Option<u64>,
}

/// Images counted by what they have in common.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Which images.
    pub filter: Filter,
    /// What they have in common, one value a group each.
    pub by: Vec<Group>,
    /// The order; what is equal in all of it comes by the groups' values.
    pub sort: Vec<SortGroup>,
    /// How many to leave out at the start.
    pub offset: u64,
    /// How many groups at most.
    pub limit: Option<u64>,
}

/// An image that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Registry, name and region label.
    pub repository: RepositoryName,
    /// Position in the listing, from 0.
    pub position: u64,
    /// The detail.
    pub detail: Detail,
}

/// A group of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The value of each [`Tally::by`]; `None` where the images have none.
    pub values: Vec<Option<String>>,
    /// How many images; several details of one digest in one listing are one image.
    pub images: u64,
    /// The sum of their sizes; an image index repeats the size of its largest child.
    pub bytes: u64,
}

impl Reader {
    /// The listings of a snapshot that a filter looks into.
    pub fn searched(&self, snapshot_id: i64, filter: &Filter) -> Result<Vec<Listing>, StoreError> {
        let statement = Statement::repositories(snapshot_id, filter);
        let mut ids: Vec<i64> = Vec::new();
        self.each(&statement, |row| {
            ids.push(get(row, 0)?);
            Ok::<_, StoreError>(())
        })?;
        ids.sort_unstable();
        let mut listings = self.listings(snapshot_id, None)?;
        listings.retain(|listing| ids.binary_search(&listing.repository_id).is_ok());
        Ok(listings)
    }

    /// Hand what a search finds to `visit`, one after another, until it fails.
    pub fn search<E: From<StoreError>>(
        &self,
        snapshot_id: i64,
        search: &Search,
        mut visit: impl FnMut(&Image) -> Result<(), E>,
    ) -> Result<(), E> {
        let listings = self.searched(snapshot_id, &search.filter)?;
        let repositories: HashMap<_, _> = listings.iter().map(|it| (it.repository_id, &it.repository)).collect();
        self.look_up(snapshot_id, &search.filter)?;
        let sql = format!("{} WHERE id = ?1", select(Members::ALL));
        let mut image = self.connection.prepare_cached(&sql).map_err(StoreError::from)?;
        let statement = Statement::images(snapshot_id, search);
        self.each(&statement, |row| {
            let (id, position, repository): (i64, i64, i64) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
            let mut rows = image.query([id]).map_err(StoreError::from)?;
            let row = rows.next().map_err(StoreError::from)?;
            let (Some(row), Some(&repository)) = (row, repositories.get(&repository)) else {
                return Err(StoreError::Damaged(format!("image {id} is missing")).into());
            };
            let detail = self.detail(repository, row, Members::ALL)?;
            visit(&Image { repository: repository.clone(), position: position as u64, detail })
        })
    }

    /// How many images a search finds: the digests of what [`Reader::search`] hands out, by repository.
    pub fn count(&self, snapshot_id: i64, search: &Search) -> Result<u64, StoreError> {
        self.look_up(snapshot_id, &search.filter)?;
        let mut count = 0;
        let repeats = !self.repeats(snapshot_id, &search.filter)?.is_empty();
        self.each(&Statement::count(snapshot_id, search, repeats), |row| {
            count = get::<i64>(row, 0)? as u64;
            Ok::<_, StoreError>(())
        })?;
        Ok(count)
    }

    /// Count the images of each group.
    pub fn tally(&self, snapshot_id: i64, tally: &Tally) -> Result<Vec<Counted>, StoreError> {
        self.look_up(snapshot_id, &tally.filter)?;
        sum::define(&self.connection)?;
        let mut groups = Vec::new();
        let repeats = !self.repeats(snapshot_id, &tally.filter)?.is_empty();
        self.each(&Statement::tally(snapshot_id, tally, repeats), |row| {
            let values = (0..tally.by.len()).map(|index| get(row, index)).collect::<Result<_, StoreError>>()?;
            let images: i64 = get(row, tally.by.len())?;
            let bytes: i64 = get(row, tally.by.len() + 1)?;
            groups.push(Counted { values, images: images as u64, bytes: bytes as u64 });
            Ok::<_, StoreError>(())
        })?;
        Ok(groups)
    }

    /// Gather what must be known before the walk in temporary tables, where an id is a seek away: the images, of any
    /// snapshot, with a wanted and an unwanted tag, those in use, and the newest of each repository. The database's
    /// own file is not touched.
    fn look_up(&self, snapshot_id: i64, filter: &Filter) -> Result<(), StoreError> {
        functions::define(&self.connection)?;
        self.run(&Statement::tables(snapshot_id, filter))?;
        if let Some(in_use) = &filter.in_use {
            self.run(&empty_table(IN_USE))?;
            for listing in self.searched(snapshot_id, filter)? {
                for id in self.in_use(&listing, &in_use.references)? {
                    self.run(&[Statement::add_to(IN_USE, id)])?;
                }
            }
        }
        let Some(latest) = filter.latest else { return Ok(()) };
        self.run(&empty_table(NEWEST))?;
        let repeats = self.repeats(snapshot_id, filter)?;
        for listing in self.searched(snapshot_id, filter)? {
            let id = listing.repository_id;
            if !repeats.contains(&id) {
                self.run(&[Statement::newest(snapshot_id, filter, id, latest)])?;
                continue;
            }
            // Every detail of the newest digests.
            let mut digests: Vec<Digest> = Vec::new();
            let mut newest = Vec::new();
            self.each(&Statement::by_age(snapshot_id, filter, id, latest.by), |row| {
                let image: i64 = get(row, 0)?;
                let digest = digest_of(row.get_ref(1).map_err(StoreError::from)?);
                let digest =
                    digest.ok_or_else(|| StoreError::Damaged(format!("image {image} has no readable digest")))?;
                if !digests.contains(&digest) && (digests.len() as u64) < latest.count {
                    digests.push(digest.clone());
                }
                if digests.contains(&digest) {
                    newest.push(image);
                }
                Ok::<_, StoreError>(())
            })?;
            for image in newest {
                self.run(&[Statement::add_to(NEWEST, image)])?;
            }
        }
        Ok(())
    }

    /// The repositories that a filter looks into with several details of one digest.
    fn repeats(&self, snapshot_id: i64, filter: &Filter) -> Result<Vec<i64>, StoreError> {
        let mut repositories = Vec::new();
        self.each(&Statement::repeats(snapshot_id, filter), |row| {
            repositories.push(get(row, 0)?);
            Ok::<_, StoreError>(())
        })?;
        Ok(repositories)
    }

    /// The ids of every version of the images of a listing that references name. The look-up tables find them: it
    /// costs what is named, not what the listing holds.
    pub fn in_use(&self, listing: &Listing, references: &image_refs::ImageRefs) -> Result<Vec<i64>, StoreError> {
        let RepositoryName { registry_id, name, region } = &listing.repository;
        let repository = image_refs::Repository { registry_id, name, region };
        let mut digests: Vec<Digest> = references.bare_digests().cloned().collect();
        let by_tag = "SELECT image_id FROM tag_index WHERE repository_id = ?1 AND tag = ?2";
        let mut tagged = Vec::new();
        for reference in references.of_repository(repository) {
            digests.extend(reference.digests().cloned());
            if let Some(tag) = reference.tag_to_resolve() {
                tagged.extend(self.ids(by_tag, params![listing.repository_id, tag])?);
            }
        }
        if !tagged.is_empty() {
            let sql = format!("{} WHERE id = ?1", select(Members::NONE.with(Member::ImageTags)));
            let mut image = self.connection.prepare_cached(&sql)?;
            for (_, id) in self.positions(listing, &tagged)? {
                digests.push(
                    image
                        .query_row([id], |row| Ok(digest_of(row.get_ref(2)?)))?
                        .ok_or_else(|| StoreError::Damaged(format!("image {id} has no readable digest")))?,
                );
            }
        }
        digests.sort_unstable();
        digests.dedup();
        let sql = "SELECT t.image_id, i.digest FROM digest_index t JOIN image i ON i.id = t.image_id
                   WHERE t.repository_id = ?1 AND t.digest_lead = ?2";
        let mut versions = self.connection.prepare_cached(sql)?;
        let mut ids = Vec::new();
        for digest in &digests {
            let mut rows = versions.query(params![listing.repository_id, digest_prefix(digest)])?;
            while let Some(row) = rows.next()? {
                if digest_of(row.get_ref(1)?).as_ref() == Some(digest) {
                    ids.push(row.get(0)?);
                }
            }
        }
        Ok(ids)
    }

    /// The repositories with a version of an image of this digest, in any snapshot.
    pub fn repositories_with(&self, digest: &Digest) -> Result<Vec<Repository>, StoreError> {
        let sql = "SELECT r.id, r.registry_id, r.name, r.region, i.digest FROM repository r
                   CROSS JOIN digest_index t ON t.repository_id = r.id AND t.digest_lead = ?1
                   CROSS JOIN image i ON i.id = t.image_id ORDER BY r.name, r.registry_id, r.region";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([digest_prefix(digest)])?;
        let mut found: Vec<Repository> = Vec::new();
        while let Some(row) = rows.next()? {
            let text = |index| row.get::<_, String>(index).map(Arc::<str>::from);
            let name = RepositoryName { registry_id: text(1)?, name: text(2)?, region: text(3)? };
            let repository = Repository { id: row.get(0)?, name };
            if digest_of(row.get_ref(4)?).as_ref() == Some(digest) && found.last() != Some(&repository) {
                found.push(repository);
            }
        }
        Ok(found)
    }

    fn run(&self, statements: &[Statement]) -> Result<(), StoreError> {
        statements.iter().try_for_each(|statement| self.each(statement, |_| Ok::<_, StoreError>(())))
    }

    fn each<E: From<StoreError>>(
        &self,
        statement: &Statement,
        mut visit: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut prepared = self.connection.prepare_cached(&statement.sql).map_err(StoreError::from)?;
        let mut rows = prepared.query(params_from_iter(&statement.values)).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            visit(row)?;
        }
        Ok(())
    }
}

fn get<T: rusqlite::types::FromSql>(row: &Row<'_>, index: usize) -> Result<T, StoreError> {
    Ok(row.get(index)?)
}
