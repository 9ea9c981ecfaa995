//! The two look-up tables, `digest_index` and `tag_index`: gathered, sorted, written in key order.
//!
//! Key order makes a load append at the right edge of each tree instead of hitting it at random, and
//! one statement for many rows halves what a row of three short columns costs.

use std::ops::Range;
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, Statement};

use crate::store::error::StoreError;

/// Rows that are gathered before they are sorted and written: enough that a repository's rows come
/// in key order, little enough to be a few megabytes.
const GATHERED: usize = 1 << 16;
/// And bytes of tags.
const GATHERED_TEXT: usize = 16 << 20;
/// Rows of one statement. More make it no faster.
const AT_ONCE: usize = 48;

/// The statements that write the rows, and what waits for them.
pub(super) struct LookUp<'c> {
    gathered: Gathered,
    /// Those gathered before, which another thread sorts: the one that writes has enough to do.
    sorting: Option<JoinHandle<Gathered>>,
    /// For [`AT_ONCE`] rows and for one.
    insert_digests: [Statement<'c>; 2],
    insert_tags: [Statement<'c>; 2],
}

/// Rows of both tables.
#[derive(Default)]
struct Gathered {
    digests: Vec<DigestRow>,
    tags: Vec<TagRow>,
    tag_text: String,
}

/// In the order of the table's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct DigestRow {
    repository: i64,
    prefix: i64,
    image: i64,
}

struct TagRow {
    repository: i64,
    /// The tag's first eight bytes, which nearly always settle the order.
    prefix: u64,
    text: Range<u32>,
    image: i64,
}

impl<'c> LookUp<'c> {
    pub(super) fn new(connection: &'c Connection) -> Result<Self, StoreError> {
        // A conflict ends the load either way; ROLLBACK spares the statement's own journal.
        let digests = |rows| insert(connection, "INSERT OR ROLLBACK INTO digest_index", rows);
        // An image may have the same tag twice.
        let tags = |rows| insert(connection, "INSERT OR IGNORE INTO tag_index", rows);
        Ok(LookUp {
            gathered: Gathered::default(),
            sorting: None,
            insert_digests: [digests(AT_ONCE)?, digests(1)?],
            insert_tags: [tags(AT_ONCE)?, tags(1)?],
        })
    }

    /// Note an image by its digest's prefix.
    pub(super) fn digest(&mut self, repository: i64, prefix: i64, image: i64) {
        self.gathered.digests.push(DigestRow { repository, prefix, image });
    }

    /// Note an image by one of its tags.
    pub(super) fn tag(&mut self, repository: i64, tag: &str, image: i64) {
        let mut prefix = [0; 8];
        let length = tag.len().min(8);
        prefix[..length].copy_from_slice(&tag.as_bytes()[..length]);
        let Gathered { tags, tag_text, .. } = &mut self.gathered;
        let start = tag_text.len() as u32;
        tag_text.push_str(tag);
        tags.push(TagRow { repository, prefix: u64::from_be_bytes(prefix), text: start..tag_text.len() as u32, image });
    }

    /// Where enough rows wait, have them sorted, and write those that were sorted meanwhile; whether
    /// enough did.
    pub(super) fn write_some(&mut self) -> Result<bool, StoreError> {
        let Gathered { digests, tags, tag_text } = &self.gathered;
        if digests.len() < GATHERED && tags.len() < GATHERED && tag_text.len() < GATHERED_TEXT {
            return Ok(false);
        }
        self.write_sorted()?;
        let rows = std::mem::take(&mut self.gathered);
        self.sorting = Some(thread::spawn(|| rows.sorted()));
        Ok(true)
    }

    /// Write all that waits.
    pub(super) fn write_all(&mut self) -> Result<(), StoreError> {
        self.write_sorted()?;
        let rows = std::mem::take(&mut self.gathered).sorted();
        self.write(&rows)
    }

    fn write_sorted(&mut self) -> Result<(), StoreError> {
        let Some(sorting) = self.sorting.take() else { return Ok(()) };
        let rows = sorting.join().unwrap_or_else(|panic| resume_unwind(panic));
        self.write(&rows)
    }

    fn write(&mut self, rows: &Gathered) -> Result<(), StoreError> {
        in_groups(&mut self.insert_digests, &rows.digests, |statement, at, row| {
            statement.raw_bind_parameter(at, row.repository)?;
            statement.raw_bind_parameter(at + 1, row.prefix)?;
            statement.raw_bind_parameter(at + 2, row.image)
        })?;
        in_groups(&mut self.insert_tags, &rows.tags, |statement, at, row| {
            statement.raw_bind_parameter(at, row.repository)?;
            statement.raw_bind_parameter(at + 1, row.tag(&rows.tag_text))?;
            statement.raw_bind_parameter(at + 2, row.image)
        })
    }
}

impl Gathered {
    /// The rows of each table in the order of its key.
    fn sorted(mut self) -> Self {
        self.digests.sort_unstable();
        let text = &self.tag_text;
        self.tags.sort_unstable_by(|a, b| {
            let prefixes = (a.repository, a.prefix).cmp(&(b.repository, b.prefix));
            prefixes.then_with(|| (a.tag(text), a.image).cmp(&(b.tag(text), b.image)))
        });
        self
    }
}

impl TagRow {
    fn tag<'t>(&self, text: &'t str) -> &'t str {
        &text[self.text.start as usize..self.text.end as usize]
    }
}

fn insert<'c>(connection: &'c Connection, into: &str, rows: usize) -> Result<Statement<'c>, StoreError> {
    let values = vec!["(?, ?, ?)"; rows].join(", ");
    Ok(connection.prepare(&format!("{into} VALUES {values}"))?)
}

/// Write `rows` with the statement for many as far as they fill it, the others one by one.
fn in_groups<R>(
    [many, one]: &mut [Statement<'_>; 2],
    rows: &[R],
    bind: impl Fn(&mut Statement<'_>, usize, &R) -> rusqlite::Result<()>,
) -> Result<(), StoreError> {
    let groups = rows.chunks_exact(AT_ONCE);
    let last = groups.remainder();
    for group in groups {
        for (index, row) in group.iter().enumerate() {
            bind(many, index * 3 + 1, row)?;
        }
        many.raw_execute()?;
    }
    for row in last {
        bind(one, 1, row)?;
        one.raw_execute()?;
    }
    Ok(())
}
