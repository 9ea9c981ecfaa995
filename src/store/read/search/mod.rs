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

use rusqlite::{Row, params_from_iter};

use super::decode::select;
use super::{Listing, Reader};
use crate::model::{Detail, Members};
use crate::store::error::StoreError;
use crate::store::row::RepositoryName;
pub use fields::{Field, Group, Sort, SortGroup};
pub use filter::{Filter, Pulled};
use statement::Statement;

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
    /// How many images.
    pub images: u64,
    /// The sum of their sizes, an image index counted beside its children.
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

    /// How many images [`Reader::search`] would hand out.
    pub fn count(&self, snapshot_id: i64, search: &Search) -> Result<u64, StoreError> {
        self.look_up(snapshot_id, &search.filter)?;
        let mut count = 0;
        self.each(&Statement::count(snapshot_id, search), |row| {
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
        self.each(&Statement::tally(snapshot_id, tally), |row| {
            let values = (0..tally.by.len()).map(|index| get(row, index)).collect::<Result<_, StoreError>>()?;
            let images: i64 = get(row, tally.by.len())?;
            let bytes: i64 = get(row, tally.by.len() + 1)?;
            groups.push(Counted { values, images: images as u64, bytes: bytes as u64 });
            Ok::<_, StoreError>(())
        })?;
        Ok(groups)
    }

    /// Gather what must be known before the walk in temporary tables, where an image id is a seek away:
    /// the images, of any snapshot, that have a wanted and an unwanted tag, and the newest of each
    /// repository. The database's own file is not touched.
    fn look_up(&self, snapshot_id: i64, filter: &Filter) -> Result<(), StoreError> {
        for statement in Statement::tag_tables(snapshot_id, filter) {
            self.each(&statement, |_| Ok::<_, StoreError>(()))?;
        }
        let Some(newest) = filter.newest else { return Ok(()) };
        for statement in Statement::newest_table() {
            self.each(&statement, |_| Ok::<_, StoreError>(()))?;
        }
        for listing in self.searched(snapshot_id, filter)? {
            let statement = Statement::newest(snapshot_id, filter, listing.repository_id, newest);
            self.each(&statement, |_| Ok::<_, StoreError>(()))?;
        }
        Ok(())
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
