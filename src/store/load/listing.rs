//! One repository's details becoming a listing: repetitions dropped, chunks cut, hashes made.

use std::rc::Rc;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::PageRecord;
use super::images::Images;
use crate::store::error::StoreError;
use crate::store::row::{Batch, RepositoryName, digest_lead};

/// A chunk ends after an image whose hash ends in so many zero bits: 64 images on average.
const BORDER_MASK: u8 = 0x3f;
/// And at this length at the latest.
const LONGEST_CHUNK: usize = 512;

/// Rows with the same digest in one listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// Equal rows, of overlapping pages: one was kept.
    pub equal: u64,
    /// Rows that differ in another member: all were kept.
    pub unequal: u64,
}

/// An image of the chunk that is being filled.
enum Pending {
    /// A row that may be known to the store.
    Row(Rc<Batch>, usize),
    /// The id of an image in the store.
    Image(i64),
}

/// A listing in the making.
pub(super) struct Builder {
    name: RepositoryName,
    repository_id: i64,
    /// No image of this repository was in the store when the load began.
    new: bool,
    /// The hash of the first row of each digest, by the digest's lead.
    seen: HashMap<i64, [u8; 16]>,
    /// Hashes of further rows of a digest.
    variants: HashSet<[u8; 16]>,
    pending: Vec<Pending>,
    chunk_hash: blake3::Hasher,
    chunks: Vec<(i64, usize)>,
    hash: blake3::Hasher,
    images: u64,
    tagged: u64,
    bytes: i64,
    pages: Vec<PageRecord>,
    duplicates: Duplicates,
    /// The listing, where it is one of the store that is taken over.
    taken: Option<i64>,
}

impl Builder {
    pub(super) fn new(name: RepositoryName, repository_id: i64, new: bool) -> Self {
        let mut hash = blake3::Hasher::new();
        for text in [&name.registry_id, &name.name, &name.region] {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        Builder {
            name,
            repository_id,
            new,
            seen: HashMap::new(),
            variants: HashSet::new(),
            pending: Vec::new(),
            chunk_hash: blake3::Hasher::new(),
            chunks: Vec::new(),
            hash,
            images: 0,
            tagged: 0,
            bytes: 0,
            pages: Vec::new(),
            duplicates: Duplicates::default(),
            taken: None,
        }
    }

    /// A listing of the store with so many images, as it is, found in these pages.
    pub(super) fn taken(
        name: RepositoryName,
        repository_id: i64,
        (listing, images): (i64, u64),
        pages: Vec<PageRecord>,
    ) -> Self {
        Builder { images, pages, taken: Some(listing), ..Builder::new(name, repository_id, false) }
    }

    pub(super) fn name(&self) -> &RepositoryName {
        &self.name
    }

    pub(super) fn repository_id(&self) -> i64 {
        self.repository_id
    }

    pub(super) fn images(&self) -> u64 {
        self.images
    }

    pub(super) fn pages(&self) -> &[PageRecord] {
        &self.pages
    }

    pub(super) fn duplicates(&self) -> Duplicates {
        self.duplicates
    }

    /// Whether the last page had no token.
    pub(super) fn complete(&self) -> bool {
        self.pages.last().is_none_or(|page| page.token.is_none())
    }

    /// Add a row; false where an equal one is already there.
    pub(super) fn push(
        &mut self,
        batch: &Rc<Batch>,
        index: usize,
        images: &mut Images<'_>,
    ) -> Result<bool, StoreError> {
        let row = &batch.rows[index];
        match self.seen.entry(digest_lead(&row.digest)) {
            Entry::Vacant(entry) => {
                entry.insert(row.hash);
            }
            Entry::Occupied(entry) => {
                if *entry.get() == row.hash || self.variants.contains(&row.hash) {
                    self.duplicates.equal += 1;
                    return Ok(false);
                }
                self.variants.insert(row.hash);
                self.duplicates.unequal += 1;
            }
        }
        self.images += 1;
        self.tagged += u64::from(!row.tag_spans.is_empty());
        self.bytes = self.bytes.saturating_add(row.size_bytes.unwrap_or(0));
        self.chunk_hash.update(&row.hash);
        self.pending.push(Pending::Row(Rc::clone(batch), index));
        if row.hash[15] & BORDER_MASK == 0 || self.pending.len() == LONGEST_CHUNK {
            self.end_chunk(images)?;
        }
        Ok(true)
    }

    /// Give every waiting row its image, so that no batch is kept for it.
    pub(super) fn resolve(&mut self, images: &mut Images<'_>) -> Result<(), StoreError> {
        for pending in &mut self.pending {
            if let Pending::Row(batch, index) = pending {
                *pending = Pending::Image(images.id_of(self.repository_id, self.new, batch, *index)?);
            }
        }
        Ok(())
    }

    fn end_chunk(&mut self, images: &mut Images<'_>) -> Result<(), StoreError> {
        let mut hash = [0; 16];
        hash.copy_from_slice(&self.chunk_hash.finalize().as_bytes()[..16]);
        self.chunk_hash.reset();
        let length = self.pending.len();
        let known = if self.new { None } else { images.chunk(&hash)? };
        let id = if let Some(id) = known {
            id
        } else {
            self.resolve(images)?;
            let ids = self.pending.iter().filter_map(|pending| match pending {
                Pending::Image(id) => Some(*id),
                Pending::Row(..) => None,
            });
            images.add_chunk(&hash, length, ids)?
        };
        self.pending.clear();
        self.chunks.push((id, length));
        self.hash.update(&hash);
        Ok(())
    }

    /// Note a page that ends where the listing now ends.
    pub(super) fn page(&mut self, source: usize, images: u64, token: Option<String>) {
        self.pages.push(PageRecord { source, start: self.images - images, images, token });
    }

    /// The id of the listing, found or made.
    pub(super) fn finish(&mut self, images: &mut Images<'_>) -> Result<i64, StoreError> {
        if let Some(listing) = self.taken {
            return Ok(listing);
        }
        if !self.pending.is_empty() {
            self.end_chunk(images)?;
        }
        let hash = self.hash.finalize();
        if let Some(id) = images.listing(hash.as_bytes())? {
            return Ok(id);
        }
        let sums = [self.repository_id, self.images as i64, self.tagged as i64, self.bytes];
        images.add_listing(hash.as_bytes(), sums, &self.chunks)
    }
}
