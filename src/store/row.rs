//! One image as the store has it: the columns, their hash, and the way back to a detail.
//!
//! A row is defined here once. The hash covers the columns as they are stored, so `verify` can
//! recompute it from a row alone, and two pages that spell the same detail differently (another
//! offset, other white space, escaped letters) give the same hash.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::Equivalent;
use rusqlite::Row;

use super::columns::{Column, ColumnValue, Columns, KindText, KindTexts, Times};
use crate::model::Digest;

/// The range of a text in its [`Batch`]'s arena.
pub type Span = Range<u32>;

/// A registry and one of its repositories, as a page names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RepositoryName {
    /// The registry's account.
    pub registry_id: Arc<str>,
    /// The repository's name.
    pub name: Arc<str>,
    /// The label given at ingest or by the page's wrapping; empty if there is none.
    pub region: Arc<str>,
}

impl RepositoryName {
    /// The repository's part in the hash of an image. With its region: an image, and so a chunk, is
    /// of one repository alone.
    pub(crate) fn hash(&self) -> [u8; 16] {
        hash_texts([&self.registry_id, &self.name, &self.region].map(|text| Some(&**text)))
    }
}

/// The texts of a detail that thousands of images share.
pub type Kind = KindTexts<Option<Arc<str>>>;

impl Kind {
    /// The texts, borrowed.
    pub fn texts(&self) -> KindTexts<Option<&str>> {
        KindTexts::from_fn(|text| self[text].as_deref())
    }

    /// That of a row that has the columns of [`KindText::list`] from the index `first` on.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let mut kind = Kind::default();
        for (index, text) in KindText::ALL.into_iter().enumerate() {
            kind[text] = row.get::<_, Option<String>>(first + index)?.map(Into::into);
        }
        Ok(kind)
    }

    /// The kind's part in the hash of an image.
    pub(crate) fn hash(&self) -> [u8; 16] {
        let mut bytes = Vec::new();
        for (_, value) in self.iter().filter(|(text, _)| text.is_first()) {
            put_text(&mut bytes, value.as_deref());
        }
        for (text, value) in self.iter().filter(|(text, value)| !text.is_first() && value.is_some()) {
            put_text(&mut bytes, Some(text.column()));
            put_text(&mut bytes, value.as_deref());
        }
        short_hash(&bytes)
    }
}

/// A kind is looked up by its texts, before there is one.
impl Equivalent<Kind> for KindTexts<Option<&str>> {
    fn equivalent(&self, kind: &Kind) -> bool {
        *self == kind.texts()
    }
}

/// The columns of one image, its texts in the arena of the batch it came with.
#[derive(Clone, Debug)]
pub struct ImageRow {
    /// Hash of everything below, with repository and kind; see `hash_row`.
    pub hash: [u8; 16],
    /// Index into [`Batch::repositories`].
    pub repository: u32,
    /// Index into [`Batch::kinds`].
    pub kind: u32,
    /// The manifest's digest.
    pub digest: Digest,
    /// A JSON array of the tags, without white space.
    pub tags: Option<Span>,
    /// The tags one by one: a range of [`Batch::tags`].
    pub tag_spans: Span,
    /// Bytes.
    pub size_bytes: Option<i64>,
    /// The instants in microseconds.
    pub times: Times<Option<i64>>,
    /// A JSON object of findings by severity, without white space.
    pub severity_counts: Option<Span>,
    /// The subject's digest.
    pub subject_digest: Option<Digest>,
    /// A JSON object of what has no column; see `schema/README.md`.
    pub rest: Option<Span>,
}

impl ImageRow {
    /// The values of its columns; the texts are those of its batch.
    pub(crate) fn columns<'a>(&'a self, batch: &'a Batch) -> Columns<'a> {
        let text = |span: &Option<Span>| span.as_ref().map(|span| batch.text(span));
        Columns {
            digest: Cow::Borrowed(&self.digest),
            tags: text(&self.tags),
            size_bytes: self.size_bytes,
            times: self.times,
            severity_counts: text(&self.severity_counts),
            subject_digest: self.subject_digest.as_ref().map(Cow::Borrowed),
            rest: text(&self.rest),
        }
    }
}

/// Rows on their way from a parser to the writer, with the texts they refer to.
#[derive(Debug, Default)]
pub struct Batch {
    /// The texts of all rows, one after another.
    pub arena: String,
    /// The rows in page order.
    pub rows: Vec<ImageRow>,
    /// The range of each tag's own text.
    pub tags: Vec<Span>,
    /// The repositories that the rows refer to.
    pub repositories: Vec<RepositoryName>,
    /// The kinds that the rows refer to.
    pub kinds: Vec<Kind>,
    /// Ranges of rows with the fingerprint of the text that held them.
    pub fingerprints: Vec<(Span, Fingerprint)>,
}

/// The fingerprint of the text of consecutive details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// A hash of the text's first bytes, by which it is looked up.
    pub prefix_hash: i64,
    /// Length of the text in bytes.
    pub length: u32,
    /// A hash of the whole text and of the options with which it is read.
    pub hash: [u8; 16],
}

/// A chunk ends at this length at the latest.
pub(crate) const LONGEST_CHUNK: usize = 512;

/// A number of images beyond which a store is damaged: a thousand thousand times what a registry has.
pub(crate) const MOST_IMAGES: i64 = 1 << 40;

/// Whether a chunk of a listing ends with the image of this hash, as one in 64 does.
pub(crate) fn ends_chunk(hash: &[u8; 16]) -> bool {
    hash[15].trailing_zeros() >= 6
}

impl Batch {
    /// The text behind a span of one of this batch's rows.
    pub fn text(&self, span: &Span) -> &str {
        &self.arena[span.start as usize..span.end as usize]
    }
}

/// The first 16 bytes of BLAKE3 over the columns: each one its kind (absent, text, bytes, number),
/// a text's length and the value, so that no two different rows write the same bytes. `scratch` is
/// only there to be used again.
///
/// Repository and kind come as hashes of their own: they are the same for thousands of images, and
/// what is left is half as long.
///
/// A column of a later schema version is part of it only if it holds something, with its name.
pub(crate) fn hash_row(
    repository: &[u8; 16],
    kind: &[u8; 16],
    columns: &Columns<'_>,
    scratch: &mut Vec<u8>,
) -> [u8; 16] {
    scratch.clear();
    scratch.extend_from_slice(repository);
    scratch.extend_from_slice(kind);
    for column in Column::ALL.into_iter().filter(|column| column.is_first()) {
        put(scratch, columns.value(column));
    }
    for column in Column::ALL.into_iter().filter(|column| !column.is_first()) {
        let value = columns.value(column);
        if !value.is_null() {
            put_text(scratch, Some(column.name()));
            put(scratch, value);
        }
    }
    short_hash(scratch)
}

fn put(bytes: &mut Vec<u8>, value: ColumnValue<'_>) {
    match value {
        ColumnValue::Text(text) => put_text(bytes, text),
        ColumnValue::Number(number) => put_number(bytes, number),
        ColumnValue::Digest(digest) => put_digest(bytes, digest),
    }
}

fn hash_texts<const N: usize>(texts: [Option<&str>; N]) -> [u8; 16] {
    let mut bytes = Vec::new();
    for text in texts {
        put_text(&mut bytes, text);
    }
    short_hash(&bytes)
}

fn short_hash(bytes: &[u8]) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    hash
}

const ABSENT: u8 = 0;
const TEXT: u8 = 1;
const BYTES: u8 = 2;
const NUMBER: u8 = 3;

fn put_text(bytes: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => {
            bytes.push(TEXT);
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        None => bytes.push(ABSENT),
    }
}

fn put_number(bytes: &mut Vec<u8>, number: Option<i64>) {
    match number {
        Some(number) => {
            bytes.push(NUMBER);
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        None => bytes.push(ABSENT),
    }
}

fn put_digest(bytes: &mut Vec<u8>, digest: Option<&Digest>) {
    match digest {
        Some(Digest::Sha256(sha)) => {
            bytes.push(BYTES);
            bytes.extend_from_slice(sha);
        }
        Some(Digest::Other(text)) => put_text(bytes, Some(text)),
        None => bytes.push(ABSENT),
    }
}

/// The number that `digest_index` has for a digest: six bytes, so that `SQLite` stores no more.
pub(crate) fn digest_prefix(digest: &Digest) -> i64 {
    let prefix = |bytes: &[u8]| bytes[..6].iter().fold(0, |number, byte| (number << 8) | i64::from(*byte));
    match digest {
        Digest::Sha256(bytes) => prefix(bytes),
        Digest::Other(text) => prefix(blake3::hash(text.as_bytes()).as_bytes()),
    }
}
