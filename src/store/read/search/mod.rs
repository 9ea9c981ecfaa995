//! Searches one snapshot: which of its images fit a [`Filter`], in which order, or how many of each
//! kind.
//!
//! `plan` turns a filter into listings and tests, `scan` walks the listings and tests 64 images at a time on
//! segments (`store::segment`), `walk` adds what depends on a whole listing (its newest images), `keys` sorts
//! and `groups` counts. Rows of images are read only for what is printed, and for what segments do not have: digests
//! and tags. Tags and whole digests are looked up in their indexes first (`statement`).
//!
//! The order is (repository, position) by itself, and every sort ends in that order, so equal rows always come out
//! alike.

mod fields;
mod filter;
mod groups;
mod ids;
mod keys;
mod plan;
mod scan;
mod statement;
mod walk;

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::params;

use super::decode::select;
use super::{Listing, Reader, Repository};
use crate::image_refs;
use crate::model::{Detail, Digest, Member, Members};
use crate::store::columns::digest_of;
use crate::store::error::StoreError;
use crate::store::row::{RepositoryName, digest_prefix};
pub use fields::{Field, Group, Sort, SortGroup};
pub use filter::{Filter, InUse, LastTime, Latest, LatestBy};
use groups::Groups;
use keys::{Sorter, tags_of};
use statement::Statement;
use walk::{Repeats, Walk};

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
    /// The value of each [`Tally::by`]; `None` if the images have none.
    pub values: Vec<Option<String>>,
    /// How many images; several details of one digest in one listing are one image.
    pub images: u64,
    /// The sum of their sizes; an image index repeats the size of its largest child.
    pub bytes: u64,
}

impl Reader {
    /// The listings of a snapshot that a filter looks into.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn searched(&self, snapshot_id: i64, filter: &Filter) -> Result<Vec<Listing>, StoreError> {
        let mut listings = self.listings(snapshot_id, None)?;
        let Filter { repositories, registry_id, region, policy, .. } = filter;
        if !repositories.is_empty() || registry_id.is_some() || region.is_some() || policy.is_some() {
            let mut ids = Statement::repositories(snapshot_id, filter).ids(self)?;
            ids.sort_unstable();
            listings.retain(|listing| ids.binary_search(&listing.repository_id).is_ok());
        }
        Ok(listings)
    }

    /// Hand what a search finds to `visit`, one after another, until it fails.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged; and those of `visit`.
    pub fn search<E: From<StoreError>>(
        &self,
        snapshot_id: i64,
        search: &Search,
        mut visit: impl FnMut(&Image) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut walk = Walk::new(self, snapshot_id, &search.filter)?;
        let sql = format!("{} WHERE id = ?1", select(Members::ALL));
        let mut image = self.connection.prepare_cached(&sql).map_err(StoreError::from)?;
        let mut found = |repository: &RepositoryName, position: u64, id: i64| {
            let mut rows = image.query([id]).map_err(StoreError::from)?;
            let Some(row) = rows.next().map_err(StoreError::from)? else {
                return Err(StoreError::Damaged(format!("image {id} is missing")).into());
            };
            let detail = self.detail(repository, row, Members::ALL)?;
            visit(&Image { repository: repository.clone(), position, detail })
        };
        let mut left = search.limit.unwrap_or(u64::MAX);
        let mut skip = search.offset;
        if search.sort.is_empty() {
            for index in 0..walk.listings().len() {
                if left == 0 {
                    break;
                }
                let repository = walk.listings()[index].repository.clone();
                walk.listing(index, (Repeats::All, false), |block| {
                    for slot in block.each_slot() {
                        if skip > 0 {
                            skip -= 1;
                            continue;
                        }
                        if left == 0 {
                            return Ok(false);
                        }
                        left -= 1;
                        found(&repository, block.position(slot), block.first + slot as i64)?;
                    }
                    Ok::<_, E>(left > 0)
                })?;
            }
            return Ok(());
        }
        let wanted = search.limit.map(|limit| limit.saturating_add(skip));
        let mut sorter = Sorter::new(&search.sort, wanted);
        for index in 0..walk.listings().len() {
            let listing = walk.listings()[index].clone();
            walk.listing(index, (Repeats::All, true), |block| {
                sorter.add(self, (index, &listing), block)?;
                Ok::<_, StoreError>(true)
            })?;
        }
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        for image in sorter.finish().into_iter().skip(skip) {
            found(&walk.listings()[image.listing].repository, image.position, image.id)?;
        }
        Ok(())
    }

    /// The tags of images that fit: of all in a repository, until at least so many images were looked at.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn some_tags(&self, snapshot_id: i64, filter: &Filter, images: u64) -> Result<BTreeSet<String>, StoreError> {
        let mut walk = Walk::new(self, snapshot_id, filter)?;
        let (mut tags, mut seen) = (BTreeSet::new(), 0);
        for index in 0..walk.listings().len() {
            if seen >= images {
                break;
            }
            walk.listing(index, (Repeats::All, false), |block| {
                seen += u64::from(block.slots.count_ones());
                self.each_row("tags", block.first, block.slots, |_, row| {
                    tags.extend(tags_of(row, 1)?);
                    Ok(())
                })?;
                Ok::<_, StoreError>(seen < images)
            })?;
        }
        Ok(tags)
    }

    /// How many images a search finds: the digests of what [`Reader::search`] hands out, by repository.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn count(&self, snapshot_id: i64, search: &Search) -> Result<u64, StoreError> {
        let mut walk = Walk::new(self, snapshot_id, &search.filter)?;
        let mut count: u64 = 0;
        if walk.is_everything() {
            count = walk.listings().iter().map(|listing| listing.images).sum();
        } else {
            for index in 0..walk.listings().len() {
                walk.listing(index, (Repeats::Last, false), |block| {
                    count += u64::from(block.slots.count_ones());
                    Ok::<_, StoreError>(true)
                })?;
            }
        }
        Ok(count.saturating_sub(search.offset).min(search.limit.unwrap_or(u64::MAX)))
    }

    /// Count the images of each group.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn tally(&self, snapshot_id: i64, tally: &Tally) -> Result<Vec<Counted>, StoreError> {
        let mut walk = Walk::new(self, snapshot_id, &tally.filter)?;
        let mut groups = Groups::new(snapshot_id, &tally.by);
        let by_sums = walk.is_everything() && Groups::of_repository_alone(&tally.by);
        for index in 0..walk.listings().len() {
            let listing = walk.listings()[index].clone();
            if listing.images == 0 {
                continue;
            }
            // A sum at the end of what a number holds may have been more, or less than nothing.
            if by_sums && listing.bytes > 0 && listing.bytes < i64::MAX as u64 {
                groups.add_listing(self, &listing)?;
                continue;
            }
            walk.listing(index, (Repeats::Last, true), |block| {
                groups.add_block(self, &listing, block)?;
                Ok::<_, StoreError>(true)
            })?;
        }
        Ok(groups.finish(tally))
    }

    /// The ids of every version of the images of a listing that references name. The look-up tables find them: it
    /// costs what is named, not what the listing holds.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
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
                        .query_row([id], |row| Ok(digest_of(row.get_ref(2)?).ok().flatten()))?
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
                if digest_of(row.get_ref(1)?).is_ok_and(|found| found.as_ref() == Some(digest)) {
                    ids.push(row.get(0)?);
                }
            }
        }
        Ok(ids)
    }

    /// The repositories with a version of an image of this digest, in any snapshot.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
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
            if digest_of(row.get_ref(4)?).is_ok_and(|found| found.as_ref() == Some(digest))
                && found.last() != Some(&repository)
            {
                found.push(repository);
            }
        }
        Ok(found)
    }
}
