//! One repository's details becoming a listing: repetitions dropped, chunks cut, hashes made.

use std::rc::Rc;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::base::{Base, BaseMatch, InBase, Stored};
use super::images::{Chunk, Facts, Images, saturated};
use super::{KnownChunk, PageRecord};
use crate::store::error::StoreError;
use crate::store::row::{Batch, Fingerprint, LONGEST_CHUNK, RepositoryName, digest_prefix, ends_chunk};

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
    /// A row of a batch.
    Row(Rc<Batch>, usize, Stored),
    /// The id of an image in the store.
    Image(i64),
}

/// A listing in the making.
pub(super) struct Builder {
    name: RepositoryName,
    repository_id: i64,
    /// No image of this repository was in the store when the load began.
    new: bool,
    /// Prefixes of the digests of the rows so far. Nearly no listing repeats a digest, and eight bytes for each of ten
    /// million are enough to notice it.
    seen: HashSet<i64>,
    /// In their place, once they are needed: the hash of the first row of each digest, by the digest's prefix.
    first_hashes: Option<Box<HashMap<i64, [u8; 16]>>>,
    /// Hashes of further rows of a digest.
    variants: HashSet<[u8; 16]>,
    pending: Vec<Pending>,
    /// The hashes of the pending images. A hasher would need two kilobytes for each of a million repositories.
    pending_hashes: Vec<[u8; 16]>,
    /// The chunk that is being filled, except for its hash and length.
    chunk: Chunk,
    chunks: Vec<(i64, u64)>,
    chunk_hashes: Vec<[u8; 16]>,
    /// The listing that known chunks are of, once there was one.
    base: Option<Box<Base>>,
    /// A known chunk that is one only if nothing follows.
    tail: Option<Box<(i64, Chunk)>>,
    images: u64,
    tagged: u64,
    bytes: i128,
    pages: Vec<PageRecord>,
    duplicates: Duplicates,
    /// The listing, where it is one of the store that is taken over.
    taken: Option<i64>,
}

/// The hash of a listing before its first chunk: the hashes of its chunks follow in order.
pub(super) fn hasher(name: &RepositoryName) -> blake3::Hasher {
    let mut hash = blake3::Hasher::new();
    for text in [&name.registry_id, &name.name, &name.region] {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash
}

/// Add to a list that has one item in most of a million repositories: the first takes no room for more.
fn push<T>(list: &mut Vec<T>, item: T) {
    if list.capacity() == 0 {
        list.reserve_exact(1);
    }
    list.push(item);
}

impl Builder {
    pub(super) fn new(name: RepositoryName, repository_id: i64, new: bool) -> Self {
        Builder {
            name,
            repository_id,
            new,
            seen: HashSet::new(),
            first_hashes: None,
            variants: HashSet::new(),
            pending: Vec::new(),
            chunk: Chunk::default(),
            pending_hashes: Vec::new(),
            chunks: Vec::new(),
            chunk_hashes: Vec::new(),
            base: None,
            tail: None,
            images: 0,
            tagged: 0,
            bytes: 0,
            pages: Vec::new(),
            duplicates: Duplicates::default(),
            taken: None,
        }
    }

    /// A stored listing of `images` images that these pages repeat unchanged.
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

    /// Whether the sizes add up to more than the store can hold.
    pub(super) fn sum_is_beyond(&self) -> bool {
        i128::from(saturated(self.bytes)) != self.bytes
    }

    /// Whether the last page had no token.
    pub(super) fn complete(&self) -> bool {
        self.pages.last().is_none_or(|page| page.token.is_none())
    }

    /// Add a row; false if an equal one is already there.
    pub(super) fn push(
        &mut self,
        batch: &Rc<Batch>,
        index: usize,
        images: &mut Images<'_>,
    ) -> Result<bool, StoreError> {
        self.release_tail(images)?;
        let row = &batch.rows[index];
        let facts = Facts {
            prefix: digest_prefix(&row.digest),
            hash: row.hash,
            tagged: !row.tag_spans.is_empty(),
            bytes: row.size_bytes.unwrap_or(0),
        };
        self.add(facts, images, |stored| Pending::Row(Rc::clone(batch), index, stored))
    }

    fn add(
        &mut self,
        facts: Facts,
        images: &mut Images<'_>,
        pending: impl FnOnce(Stored) -> Pending,
    ) -> Result<bool, StoreError> {
        let Facts { prefix, hash, tagged, bytes } = facts;
        let BaseMatch { in_base, stored } = match &mut self.base {
            Some(base) => base.look_up(self.repository_id, prefix, &hash, images)?,
            None if self.new => BaseMatch { in_base: InBase::No, stored: Stored::No },
            None => BaseMatch { in_base: InBase::No, stored: Stored::Unknown },
        };
        let (equal, first) = self.look_for(prefix, &hash, in_base, images)?;
        if equal {
            self.duplicates.equal += 1;
            return Ok(false);
        }
        if !first || in_base == InBase::Other {
            self.variants.insert(hash);
            self.duplicates.unequal += 1;
        }
        self.images += 1;
        self.tagged += u64::from(tagged);
        self.bytes += i128::from(bytes);
        self.chunk.tagged += u64::from(tagged);
        self.chunk.bytes += i128::from(bytes);
        push(&mut self.pending_hashes, hash);
        push(&mut self.pending, pending(stored));
        if ends_chunk(&hash) || self.pending.len() == LONGEST_CHUNK {
            self.end_chunk(images)?;
        }
        Ok(true)
    }

    /// Whether an equal row is there already, and whether this is the first row of its digest outside of the base. What
    /// is new is noted.
    fn look_for(
        &mut self,
        prefix: i64,
        hash: &[u8; 16],
        in_base: InBase,
        images: &Images<'_>,
    ) -> Result<(bool, bool), StoreError> {
        let is_equal = in_base == InBase::Equal;
        if self.first_hashes.is_none() && !self.seen.contains(&prefix) {
            if !is_equal {
                self.seen.insert(prefix);
            }
            return Ok((is_equal, true));
        }
        Ok(match self.first_hashes(images)?.entry(prefix) {
            Entry::Vacant(entry) => {
                if !is_equal {
                    entry.insert(*hash);
                }
                (is_equal, true)
            }
            Entry::Occupied(entry) => {
                let first = entry.get() == hash;
                (first || is_equal || self.variants.contains(hash), first)
            }
        })
    }

    fn first_hashes(&mut self, images: &Images<'_>) -> Result<&mut HashMap<i64, [u8; 16]>, StoreError> {
        if self.first_hashes.is_none() {
            self.first_hashes = Some(Box::new(self.read_hashes(images)?));
            self.seen = HashSet::new();
        }
        Ok(self.first_hashes.get_or_insert_default())
    }

    /// The hash of the first row of each digest, read back from what was written of them.
    fn read_hashes(&self, images: &Images<'_>) -> Result<HashMap<i64, [u8; 16]>, StoreError> {
        let mut hashes = HashMap::with_capacity(self.seen.len());
        for (chunk, _) in &self.chunks {
            for (_, facts) in images.stored(*chunk)? {
                hashes.entry(facts.prefix).or_insert(facts.hash);
            }
        }
        for (pending, hash) in self.pending.iter().zip(&self.pending_hashes) {
            let prefix = match pending {
                Pending::Row(batch, index, _) => digest_prefix(&batch.rows[*index].digest),
                Pending::Image(id) => images.prefix_of(*id)?,
            };
            hashes.entry(prefix).or_insert(*hash);
        }
        Ok(hashes)
    }

    /// Add a chunk of the store, which is one of the listing `base`; how many images were added.
    ///
    /// It is taken over whole if the images would make this very chunk and none of them can be
    /// in the listing already; else they are added one by one.
    pub(super) fn push_known(
        &mut self,
        known: KnownChunk,
        base: i64,
        images: &mut Images<'_>,
    ) -> Result<u64, StoreError> {
        self.release_tail(images)?;
        if self.base.is_none() {
            let mut base = Base::read(base, images)?;
            let repository_id = self.repository_id;
            for (prefix, hash) in self.first_hashes(images)?.iter() {
                base.look_up(repository_id, *prefix, hash, images)?;
            }
            self.base = Some(Box::new(base));
        }
        let chunk = images.chunk_of(known.id)?;
        // A sum at either end of the 64-bit range may be saturated: its true value is unknown.
        let exact = chunk.bytes > i64::MIN.into() && chunk.bytes < i64::MAX.into();
        let whole = exact && self.pending.is_empty() && self.base.as_mut().is_some_and(|base| base.take(known.id));
        if !whole {
            return self.add_stored(known.id, images);
        }
        self.images += chunk.length;
        self.tagged += chunk.tagged;
        self.bytes += chunk.bytes;
        if known.last {
            self.tail = Some(Box::new((known.id, chunk)));
        } else {
            self.add_chunk(known.id, &chunk);
        }
        Ok(chunk.length)
    }

    fn add_chunk(&mut self, id: i64, chunk: &Chunk) {
        push(&mut self.chunks, (id, chunk.length));
        push(&mut self.chunk_hashes, chunk.hash);
    }

    /// Something follows the known chunk that was thought to be the last: its images are as others.
    fn release_tail(&mut self, images: &mut Images<'_>) -> Result<(), StoreError> {
        let Some((id, chunk)) = self.tail.take().map(|tail| *tail) else { return Ok(()) };
        self.images -= chunk.length;
        self.tagged -= chunk.tagged;
        self.bytes -= chunk.bytes;
        if let Some(base) = &mut self.base {
            base.give_back(id);
        }
        self.add_stored(id, images).map(|_| ())
    }

    fn add_stored(&mut self, chunk: i64, images: &mut Images<'_>) -> Result<u64, StoreError> {
        let mut added = 0;
        let stored = images.stored(chunk)?;
        if stored.len() as u64 != images.chunk_of(chunk)?.length {
            return Err(StoreError::Damaged(format!("chunk {chunk} has another number of images than it says")));
        }
        for (id, facts) in stored {
            added += u64::from(self.add(facts, images, |_| Pending::Image(id))?);
        }
        Ok(added)
    }

    /// Whether rows of batches wait for their images.
    pub(super) fn has_waiting(&self) -> bool {
        matches!(self.pending.last(), Some(Pending::Row(..)))
    }

    /// Give every waiting row its image, so that no batch is kept for it.
    pub(super) fn resolve(&mut self, images: &mut Images<'_>) -> Result<(), StoreError> {
        for pending in &mut self.pending {
            if let Pending::Row(batch, index, stored) = pending {
                *pending = Pending::Image(images.id_of(self.repository_id, *stored, batch, *index)?);
            }
        }
        Ok(())
    }

    fn end_chunk(&mut self, images: &mut Images<'_>) -> Result<(), StoreError> {
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.hash.copy_from_slice(&blake3::hash(self.pending_hashes.as_flattened()).as_bytes()[..16]);
        chunk.length = self.pending.len() as u64;
        self.pending_hashes.clear();
        let text = self.pending_text();
        let known = if self.new { None } else { images.chunk(&chunk.hash)? };
        let id = if let Some(id) = known {
            if let Some(text) = &text {
                images.set_text(id, text)?;
            }
            id
        } else {
            self.resolve(images)?;
            let ids = self.pending.iter().filter_map(|pending| match pending {
                Pending::Image(id) => Some(*id),
                Pending::Row(..) => None,
            });
            images.add_chunk(&chunk, text.as_ref(), ids)?
        };
        self.pending.clear();
        self.add_chunk(id, &chunk);
        Ok(())
    }

    /// The fingerprint of the text that consists of all pending rows and nothing else.
    fn pending_text(&self) -> Option<Fingerprint> {
        let (Some(Pending::Row(batch, first, _)), Some(Pending::Row(same, last, _))) =
            (self.pending.first(), self.pending.last())
        else {
            return None;
        };
        // Rows keep the batch's order, so none was left out if their number is right.
        let rows = *first as u32..*last as u32 + 1;
        let whole = Rc::ptr_eq(batch, same) && rows.len() == self.pending.len();
        let text = batch.fingerprints.iter().find(|(range, _)| *range == rows);
        text.filter(|_| whole).map(|(_, text)| *text)
    }

    /// Note a page that ends where the listing now ends.
    pub(super) fn page(&mut self, source: usize, images: u64, token: Option<String>) {
        let start = self.images.saturating_sub(images);
        push(&mut self.pages, PageRecord { source, start, images, token });
    }

    /// The id of the listing, found or made.
    pub(super) fn finish(&mut self, images: &mut Images<'_>) -> Result<i64, StoreError> {
        if let Some(listing) = self.taken {
            return Ok(listing);
        }
        if !self.pending.is_empty() {
            self.end_chunk(images)?;
        }
        if let Some((id, chunk)) = self.tail.take().map(|tail| *tail) {
            self.add_chunk(id, &chunk);
        }
        // Rows were compared by the first bytes of their digests; only whole digests decide.
        if self.duplicates.unequal > 0 {
            let digests = images.digests(&self.chunks)?;
            let unequal = self.images.checked_sub(digests);
            self.duplicates.unequal =
                unequal.ok_or_else(|| StoreError::Damaged("chunks hold more images than they say".to_owned()))?;
        }
        let digests = self.images - self.duplicates.unequal;
        let mut hash = hasher(&self.name);
        hash.update(self.chunk_hashes.as_flattened());
        let hash = hash.finalize();
        if let Some(id) = images.listing(hash.as_bytes())? {
            return Ok(id);
        }
        let sums = [self.repository_id, self.images as i64, digests as i64, self.tagged as i64, saturated(self.bytes)];
        images.add_listing(hash.as_bytes(), sums, &self.chunks)
    }
}
