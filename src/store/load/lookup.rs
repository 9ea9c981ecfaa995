//! The two look-up tables, `digest_index` and `tag_index`: gathered, sorted, written in key order.
//!
//! Key order makes a load append at the right edge of each tree instead of hitting it at random, and
//! one statement for many rows halves what a row of three short columns costs.

use std::ops::Range;

use rusqlite::{Connection, Statement};

use crate::store::error::StoreError;

/// Rows that are gathered before they are sorted and written: enough that a repository's rows come
/// in key order, little enough to be a few megabytes.
const GATHERED: usize = 1 << 16;
/// And bytes of tags.
const GATHERED_TEXT: usize = 16 << 20;
/// Rows of one statement. More make it no faster.
const AT_ONCE: usize = 48;

/// Rows that wait, and the statements that write them.
pub(super) struct LookUp<'c> {
    digests: Vec<DigestRow>,
    tags: Vec<TagRow>,
    tag_text: String,
    /// For [`AT_ONCE`] rows and for one.
    insert_digests: [Statement<'c>; 2],
    insert_tags: [Statement<'c>; 2],
}

/// In the order of the table's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct DigestRow {
    repository: i64,
    lead: i64,
    image: i64,
}

struct TagRow {
    repository: i64,
    /// The tag's first eight bytes, which nearly always settle the order.
    lead: u64,
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
            digests: Vec::new(),
            tags: Vec::new(),
            tag_text: String::new(),
            insert_digests: [digests(AT_ONCE)?, digests(1)?],
            insert_tags: [tags(AT_ONCE)?, tags(1)?],
        })
    }

    /// Note an image by its digest's lead.
    pub(super) fn digest(&mut self, repository: i64, lead: i64, image: i64) {
        self.digests.push(DigestRow { repository, lead, image });
    }

    /// Note an image by one of its tags.
    pub(super) fn tag(&mut self, repository: i64, tag: &str, image: i64) {
        let mut lead = [0; 8];
        let length = tag.len().min(8);
        lead[..length].copy_from_slice(&tag.as_bytes()[..length]);
        let start = self.tag_text.len() as u32;
        self.tag_text.push_str(tag);
        let text = start..self.tag_text.len() as u32;
        self.tags.push(TagRow { repository, lead: u64::from_be_bytes(lead), text, image });
    }

    /// Whether enough rows wait.
    pub(super) fn is_due(&self) -> bool {
        self.digests.len() >= GATHERED || self.tags.len() >= GATHERED || self.tag_text.len() >= GATHERED_TEXT
    }

    /// Write what waits.
    pub(super) fn write(&mut self) -> Result<(), StoreError> {
        self.digests.sort_unstable();
        in_groups(&mut self.insert_digests, &self.digests, |statement, at, row| {
            statement.raw_bind_parameter(at, row.repository)?;
            statement.raw_bind_parameter(at + 1, row.lead)?;
            statement.raw_bind_parameter(at + 2, row.image)
        })?;
        self.digests.clear();
        let text = &self.tag_text;
        let tag = |row: &TagRow| &text[row.text.start as usize..row.text.end as usize];
        self.tags.sort_unstable_by(|a, b| {
            let leads = (a.repository, a.lead).cmp(&(b.repository, b.lead));
            leads.then_with(|| (tag(a), a.image).cmp(&(tag(b), b.image)))
        });
        in_groups(&mut self.insert_tags, &self.tags, |statement, at, row| {
            statement.raw_bind_parameter(at, row.repository)?;
            statement.raw_bind_parameter(at + 1, tag(row))?;
            statement.raw_bind_parameter(at + 2, row.image)
        })?;
        self.tags.clear();
        self.tag_text.clear();
        Ok(())
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
