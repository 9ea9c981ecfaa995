//! The ids of list-images pages against the listing of the same repository.

use std::collections::HashSet;
use std::path::Path;

use super::applier::Ids;
use crate::model::{Digest, Member, Members};
use crate::store::StoreError;
use crate::store::read::{Reader, Selection};
use crate::store::row::RepositoryName;

/// How the ids of list-images pages agree with the images of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdsChecked {
    /// The repository.
    pub repository: RepositoryName,
    /// Pairs of digest and tag in the pages.
    pub ids: u64,
    /// Pairs that no image of the snapshot has.
    pub not_in_listing: u64,
    /// Pairs of active images that the pages do not have. 0 if the last page had an open token.
    pub not_in_ids: u64,
    /// One of them.
    pub example: Option<Digest>,
    /// Whether the snapshot has images of the repository at all.
    pub has_listing: bool,
}

impl IdsChecked {
    /// Whether the pages and the listing say the same.
    pub fn agrees(&self) -> bool {
        self.has_listing && self.not_in_listing == 0 && self.not_in_ids == 0
    }
}

/// Compare, by repository name.
pub(super) fn check(db: &Path, snapshot: &str, ids: Ids) -> Result<Vec<IdsChecked>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let reader = Reader::open(db)?;
    let snapshot = reader.snapshot(snapshot)?;
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_by(|left, right| left.0.name.cmp(&right.0.name));
    ids.into_iter().map(|(name, (ids, complete))| one(&reader, snapshot.id, name, ids, complete)).collect()
}

fn one(
    reader: &Reader,
    snapshot: i64,
    repository: RepositoryName,
    ids: Vec<(Digest, Option<String>)>,
    complete: bool,
) -> Result<IdsChecked, StoreError> {
    let listing = reader.listings(snapshot, Some(&repository.name))?.into_iter().find(|it| it.repository == repository);
    let mut wanted: HashSet<(Digest, Option<String>)> = ids.into_iter().collect();
    let mut checked = IdsChecked {
        repository,
        ids: wanted.len() as u64,
        not_in_listing: 0,
        not_in_ids: 0,
        example: None,
        has_listing: listing.is_some(),
    };
    if let Some(listing) = listing {
        let members = Members::NONE.with(Member::ImageDigest).with(Member::ImageTags).with(Member::ImageStatus);
        reader.details(&listing, 0, usize::MAX, &Selection::default(), members, &mut |found| {
            let tags = found.detail.image_tags.as_deref().unwrap_or_default();
            let pairs: Vec<Option<String>> =
                if tags.is_empty() { vec![None] } else { tags.iter().cloned().map(Some).collect() };
            for tag in pairs {
                // Without a filter, list-images shows active images alone.
                let shown = found.detail.effective_status() == "ACTIVE";
                if !wanted.remove(&(found.detail.image_digest.clone(), tag)) && shown && complete {
                    checked.not_in_ids += 1;
                    checked.example.get_or_insert_with(|| found.detail.image_digest.clone());
                }
            }
        })?;
    }
    checked.not_in_listing = wanted.len() as u64;
    if let Some((digest, _)) = wanted.into_iter().min() {
        checked.example = Some(digest);
    }
    Ok(checked)
}
