//! What two listings do not have in common, found by keys: only images that differ are read.

use std::collections::{BTreeSet, HashMap, HashSet};

use rusqlite::params;

use super::decode::select;
use super::runs::ImageRun;
use super::snapshots::{LISTING, listing_of};
use super::{Listing, Reader};
use crate::model::{Detail, Digest, Instant, Members, ShownStatuses};
use crate::store::error::StoreError;
use crate::store::row::digest_prefix;

/// Which repositories of a snapshot to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repositories {
    /// Globs, of which a name must match one: `*`, `?` and `[...]`, where `*` crosses a slash. All
    /// names if there is none.
    pub names: Vec<String>,
    /// Of this registry only.
    pub registry_id: Option<String>,
    /// With this region label only.
    pub region: Option<String>,
}

/// A detail by the id of its row.
type Row = (i64, Detail);

impl Reader {
    /// The selected listings of a snapshot, by repository name, registry and region.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn select(&self, snapshot_id: i64, repositories: &Repositories) -> Result<Vec<Listing>, StoreError> {
        let Repositories { names, registry_id, region } = repositories;
        let globs = (!names.is_empty()).then(|| serde_json::Value::from(names.as_slice()).to_string());
        let sql = format!(
            "SELECT {LISTING} FROM snapshot_listing s JOIN repository r ON r.id = s.repository_id
             JOIN listing l ON l.id = s.listing_id
             WHERE s.snapshot_id = ?1 AND (?2 IS NULL OR r.registry_id = ?2) AND (?3 IS NULL OR r.region = ?3)
                 AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(?4) glob WHERE r.name GLOB glob.value))
             ORDER BY r.name, r.registry_id, r.region"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![snapshot_id, registry_id, region, globs], listing_of)?;
        let mut listings: Vec<Listing> = rows.collect::<Result<_, _>>()?;
        self.count_digests(&mut listings)?;
        Ok(listings)
    }

    /// The details in which two listings of one repository differ, in the order of each listing: for each digest the
    /// last one of either listing, unless both have the same. The order is not compared. They include the details that
    /// both listings have and that show a tag of a differing image as well: which image has the tag depends on them.
    /// The cost is proportional to the differences, plus a look at the keys of the chunks.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn differing(&self, before: &Listing, after: &Listing) -> Result<(Vec<Detail>, Vec<Detail>), StoreError> {
        if before.listing_id == after.listing_id {
            return Ok((Vec::new(), Vec::new()));
        }
        let (mut one, mut other) = (self.chunks(before.listing_id)?, self.chunks(after.listing_id)?);
        let chunks = subtract(&mut one, &mut other);
        let (mut one, mut other) = (self.images_of(&one)?, self.images_of(&other)?);
        let common = Common { chunks, images: subtract(&mut one, &mut other) };
        let (mut from, mut to) = (self.rows(before, &one)?, self.rows(after, &other)?);
        let repeated = self.repeated(before.repository_id, &from, &to, &common)?;
        if !repeated.is_empty() {
            self.keep_last(before, after, &repeated, &mut from, &mut to)?;
        }
        let contested = self.contested(before, after, &from, &to, &common)?;
        for (listing, rows) in [(before, &mut from), (after, &mut to)] {
            rows.extend(contested.iter().cloned());
            self.in_order(listing, rows)?;
        }
        let details = |rows: Vec<Row>| rows.into_iter().map(|(_, detail)| detail).collect();
        Ok((details(from), details(to)))
    }

    fn chunks(&self, listing_id: i64) -> Result<Vec<i64>, StoreError> {
        self.ids("SELECT chunk_id FROM listing_chunk WHERE listing_id = ?1", params![listing_id])
    }

    fn images_of(&self, chunks: &[i64]) -> Result<Vec<i64>, StoreError> {
        let mut images = Vec::new();
        self.runs_of(chunks, |first, end| images.extend(first..end))?;
        Ok(images)
    }

    /// Hand the first id and the one behind the last of every run of some chunks to `visit`.
    fn runs_of(&self, chunks: &[i64], mut visit: impl FnMut(i64, i64)) -> Result<(), StoreError> {
        let sql = "SELECT image_id, length FROM chunk_run WHERE chunk_id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        for chunk in chunks {
            let mut rows = statement.query([chunk])?;
            while let Some(row) = rows.next()? {
                let run = ImageRun::of(0, 0, row.get(0)?, row.get(1)?);
                let run = run.ok_or_else(|| StoreError::Damaged(format!("chunk {chunk} has a run that cannot be")))?;
                visit(run.image_id, run.image_id + run.length);
            }
        }
        Ok(())
    }

    fn rows(&self, listing: &Listing, ids: &[i64]) -> Result<Vec<Row>, StoreError> {
        let sql = format!("{} WHERE id = ?1", select(Members::ALL));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut details = Vec::with_capacity(ids.len());
        for id in ids {
            let mut rows = statement.query([id])?;
            let row = rows.next()?.ok_or_else(|| StoreError::Damaged(format!("image {id} is missing")))?;
            details.push((*id, self.detail(&listing.repository, row, Members::ALL)?));
        }
        Ok(details)
    }

    /// The ids of all versions of those digests that a listing holds more than once: twice among what
    /// differs, or once more in what both have. Captures made during a change have such listings.
    fn repeated(&self, repository_id: i64, from: &[Row], to: &[Row], common: &Common) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT image_id FROM digest_index WHERE repository_id = ?1 AND digest_lead = ?2";
        let mut known: HashMap<i64, [usize; 2]> = HashMap::new();
        for (side, rows) in [from, to].into_iter().enumerate() {
            for (_, detail) in rows {
                known.entry(digest_prefix(&detail.image_digest)).or_default()[side] += 1;
            }
        }
        let (mut repeated, mut elsewhere) = (Vec::new(), Vec::new());
        for (prefix, counts) in known {
            let versions = self.ids(sql, params![repository_id, prefix])?;
            if counts[0] > 1 || counts[1] > 1 {
                repeated.extend(versions);
            } else if versions.len() > counts[0] + counts[1] {
                elsewhere.extend(versions.into_iter().map(|id| (id, prefix)));
            }
        }
        elsewhere.sort_unstable();
        let twice: HashSet<i64> = self.shared(common, &elsewhere)?.into_iter().collect();
        repeated.extend(elsewhere.into_iter().filter(|(_, prefix)| twice.contains(prefix)).map(|(id, _)| id));
        Ok(repeated)
    }

    /// The digest prefixes of those images, given with their ids in order, that both listings have.
    fn shared(&self, common: &Common, images: &[(i64, i64)]) -> Result<Vec<i64>, StoreError> {
        let mut shared = Vec::new();
        if images.is_empty() {
            return Ok(shared);
        }
        shared
            .extend(images.iter().filter(|(id, _)| common.images.binary_search(id).is_ok()).map(|(_, prefix)| *prefix));
        self.runs_of(&common.chunks, |first, end| {
            let start = images.partition_point(|(id, _)| *id < first);
            shared.extend(images[start..].iter().take_while(|(id, _)| *id < end).map(|(_, prefix)| *prefix));
        })?;
        Ok(shared)
    }

    /// For the digests of those images, put the last row of either listing in place of what `from` and
    /// `to` have, and nothing if it is the same row.
    fn keep_last(
        &self,
        before: &Listing,
        after: &Listing,
        images: &[i64],
        from: &mut Vec<Row>,
        to: &mut Vec<Row>,
    ) -> Result<(), StoreError> {
        let mut last = Vec::with_capacity(2);
        for listing in [before, after] {
            let mut positions = self.positions(listing, images)?;
            positions.sort_unstable();
            let ids: Vec<i64> = positions.into_iter().map(|(_, id)| id).collect();
            let rows = self.rows(listing, &ids)?;
            last.push(rows.into_iter().map(|row| (row.1.image_digest.clone(), row)).collect::<HashMap<Digest, Row>>());
        }
        let same: HashSet<Digest> = last[0]
            .iter()
            .filter(|(digest, row)| last[1].get(*digest).is_some_and(|other| other.0 == row.0))
            .map(|(digest, _)| digest.clone())
            .collect();
        for (rows, last) in [from, to].into_iter().zip(last) {
            rows.retain(|(_, detail)| !last.contains_key(&detail.image_digest));
            rows.extend(last.into_values().filter(|(_, detail)| !same.contains(&detail.image_digest)));
        }
        Ok(())
    }

    /// The rows that both listings have and that show a tag which is not on the same images among the differing rows.
    fn contested(
        &self,
        before: &Listing,
        after: &Listing,
        from: &[Row],
        to: &[Row],
        common: &Common,
    ) -> Result<Vec<Row>, StoreError> {
        let (one, other) = (tags_of(from), tags_of(to));
        let changed: BTreeSet<&str> = one.symmetric_difference(&other).map(|(tag, _)| *tag).collect();
        let sql = "SELECT image_id FROM tag_index WHERE repository_id = ?1 AND tag = ?2";
        let mut images: Vec<(i64, i64)> = Vec::new();
        for tag in changed {
            images.extend(self.ids(sql, params![before.repository_id, tag])?.into_iter().map(|id| (id, id)));
        }
        images.sort_unstable();
        images.dedup();
        let superseded = [self.superseded(before)?, self.superseded(after)?].concat();
        let mut shared = self.shared(common, &images)?;
        shared.retain(|id| !superseded.contains(id));
        self.rows(before, &shared)
    }

    /// Put rows into the order of their listing, if a tag is on several of them: only then does it matter.
    fn in_order(&self, listing: &Listing, rows: &mut [Row]) -> Result<(), StoreError> {
        let mut met = HashSet::new();
        let several = rows.iter().flat_map(|(_, detail)| distinct_tags(detail)).any(|tag| !met.insert(tag));
        if several {
            let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
            let places: HashMap<i64, u64> =
                self.positions(listing, &ids)?.into_iter().map(|(position, id)| (id, position)).collect();
            rows.sort_by_key(|(id, _)| places.get(id).copied());
        }
        Ok(())
    }

    /// The details of a listing that were pushed after an instant.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn pushed_after(&self, listing: &Listing, instant: Instant) -> Result<Vec<Detail>, StoreError> {
        let sql = format!("{} WHERE id >= ?1 AND id < ?2 AND pushed_at > ?3", select(Members::ALL));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut details = Vec::new();
        self.runs(listing, 0, |run| {
            let mut rows = statement.query([run.image_id, run.image_id + run.length, instant.micros()])?;
            while let Some(row) = rows.next()? {
                details.push(self.detail(&listing.repository, row, Members::ALL)?);
            }
            Ok(true)
        })?;
        Ok(details)
    }

    /// Which statuses the images of a listing have. Costs nothing if the store has active images alone; otherwise a
    /// look at each image until every status is found.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn shown_statuses(&self, listing: &Listing) -> Result<ShownStatuses, StoreError> {
        let sql = "SELECT image_status, json_group_array(id) FROM image_kind WHERE image_status <> 'ACTIVE'
                   GROUP BY image_status ORDER BY image_status";
        let mut statement = self.connection.prepare_cached(sql)?;
        let kinds = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let kinds: Vec<(String, String)> = kinds.collect::<Result<_, _>>()?;
        let mut shown = ShownStatuses::default();
        for (status, kinds) in kinds {
            let sql = "kind_id IN (SELECT value FROM json_each(?3))";
            if self.any_image(listing, sql, &kinds)? {
                shown.others.push(status);
            }
        }
        if !shown.others.is_empty() {
            let sql = "kind_id NOT IN (SELECT value FROM json_each(?3))";
            shown.active = self.any_image(listing, sql, &self.inactive_kinds()?)?;
        }
        Ok(shown)
    }

    /// Whether the condition holds for an image of a listing.
    fn any_image(&self, listing: &Listing, condition: &str, kinds: &str) -> Result<bool, StoreError> {
        let sql = format!("SELECT 1 FROM image WHERE id >= ?1 AND id < ?2 AND {condition} LIMIT 1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = false;
        self.runs(listing, 0, |run| {
            found = statement.exists(params![run.image_id, run.image_id + run.length, kinds])?;
            Ok(!found)
        })?;
        Ok(found)
    }

    /// The kinds with a status other than `ACTIVE`, as a JSON array of their ids.
    pub(super) fn inactive_kinds(&self) -> Result<String, StoreError> {
        let sql = "SELECT json_group_array(id) FROM image_kind WHERE image_status <> 'ACTIVE'";
        Ok(self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }
}

/// What two listings have in common, as far as they were compared.
struct Common {
    /// Chunks.
    chunks: Vec<i64>,
    /// Images of other chunks, in order.
    images: Vec<i64>,
}

/// Every tag of some rows, with the image that shows it.
fn tags_of(rows: &[Row]) -> BTreeSet<(&str, &Digest)> {
    let mut tags = BTreeSet::new();
    for (_, detail) in rows {
        tags.extend(distinct_tags(detail).map(|tag| (tag, &detail.image_digest)));
    }
    tags
}

/// The tags of a detail; an odd page may give one twice.
fn distinct_tags(detail: &Detail) -> impl Iterator<Item = &str> {
    let tags: BTreeSet<&str> = detail.image_tags.iter().flatten().map(String::as_str).collect();
    tags.into_iter()
}

/// Sort both, take out of each what the other has too, and return that.
fn subtract(one: &mut Vec<i64>, other: &mut Vec<i64>) -> Vec<i64> {
    one.sort_unstable();
    other.sort_unstable();
    let kept = lacking(one, other);
    *other = lacking(other, one);
    let common = lacking(one, &kept);
    *one = kept;
    common
}

/// The elements of a sorted list that another sorted list lacks.
fn lacking(list: &[i64], other: &[i64]) -> Vec<i64> {
    let mut others = other.iter().peekable();
    let lacks = |id: &&i64| {
        while others.next_if(|other| other < id).is_some() {}
        others.peek() != Some(id)
    };
    list.iter().filter(lacks).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::subtract;

    #[test]
    fn what_is_common_goes() {
        for (one, other, left) in [
            (vec![], vec![], (vec![], vec![], vec![])),
            (vec![3, 1, 2], vec![2, 4, 3], (vec![1], vec![4], vec![2, 3])),
            (vec![1, 2], vec![2, 1], (vec![], vec![], vec![1, 2])),
            (vec![5], vec![], (vec![5], vec![], vec![])),
        ] {
            let (mut one, mut other) = (one, other);
            let common = subtract(&mut one, &mut other);
            assert_eq!((one, other, common), left);
        }
    }
}
