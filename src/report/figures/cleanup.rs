//! What could be deleted, in figures.

use serde::Serialize;

use super::Image;

/// Some of the images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// How many.
    pub images: u64,
    /// Sum of their sizes.
    pub bytes: u64,
    /// The part of `bytes` that image indexes repeat.
    pub index_bytes: u64,
}

/// What could be deleted, in kinds that share no image. Archived images are in none.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cleanup {
    /// Untagged, and no possible child of an image index.
    pub untagged_alone: Share,
    /// Untagged possible children of an image index: the repository has another image that is an index, or may have
    /// one because its capture stopped early or excluded tagged images.
    pub untagged_beside_index: Share,
    /// Untagged and attached to another image, as a signature is.
    pub untagged_attached: Share,
    /// Tagged, and last pulled before the limit.
    pub stale_pulled: Share,
    /// Tagged, no pull recorded, and pushed before the limit.
    pub stale_never_pulled: Share,
    /// Image indexes among the candidates.
    pub stale_indexes: Share,
    /// Untagged images that are probably platforms of those indexes. They are part of
    /// `untagged_beside_index`, and could be deleted with their index.
    pub stale_index_children: Share,
    /// The candidates, largest first: `untagged_alone`, `stale_pulled`, `stale_never_pulled`.
    pub candidates: Vec<Candidate>,
}

impl Cleanup {
    /// All candidates together, without the probable children of indexes.
    pub fn all_candidates(&self) -> Share {
        let mut all = Share::default();
        for share in [&self.untagged_alone, &self.stale_pulled, &self.stale_never_pulled] {
            all.join(share);
        }
        all
    }
}

impl Share {
    /// Add an image, which is an index or not.
    pub(in crate::report) fn add(&mut self, bytes: u64, index: bool) {
        self.join(&Share { images: 1, bytes, index_bytes: if index { bytes } else { 0 } });
    }

    /// Add other images.
    pub(in crate::report) fn join(&mut self, other: &Share) {
        self.images += other.images;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.index_bytes = self.index_bytes.saturating_add(other.index_bytes);
    }

    /// The sum of the sizes without those of image indexes, which repeat the size of a platform.
    pub fn own_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.index_bytes)
    }
}

/// An image that could be deleted.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Why.
    pub reason: Reason,
    /// Which image.
    #[serde(flatten)]
    pub image: Image,
    /// Whether it is an image index: deleting it does not delete its platforms, and deleting a
    /// platform first fails.
    pub is_index: bool,
    /// The untagged images that are probably its platforms; `None` if it is not an index.
    pub probable_children: Option<Share>,
}

/// Why an image could be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// Untagged, and no possible child of an image index.
    Untagged,
    /// Tagged, and last pulled before the limit.
    StalePulled,
    /// Tagged, no pull recorded, and pushed before the limit.
    StaleNeverPulled,
}
