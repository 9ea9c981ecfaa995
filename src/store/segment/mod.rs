//! Segments: what scans need of 64 images, column by column and packed.
//!
//! Segment `n` has the images with the ids `64 n` to `64 n + 63`. Each image has a slot, its id modulo 64; a slot
//! without an image has no kind. Ids are given in the order of the pages, so neighbours in a listing are neighbours in
//! a segment, whatever chunks they belong to.
//!
//! Everything here follows from the row of the image: a segment has no information of its own, and the same rows give
//! the same bytes. This module knows no SQL except [`rows`], which reads the rows of a segment, and not what a column
//! is used for.
//!
//! # Layout
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the version of the layout, 1 |
//! | | eleven columns of numbers: kind, size, push, pull, scan, and findings that are critical, high, medium, low, informational, other |
//! | | three columns of flags: has a tag, has a subject, has counts of findings |
//!
//! A column of numbers:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the number of bits `w` of a value, 0 to 64; 128 is added if some slots have no value; 255: no slot has one, and the column ends here |
//! | 1 | the exponent of the unit: values are multiples of 1, 1,000 or 1,000,000 (0, 3, 6) |
//! | 8 | the smallest value, little-endian, two's complement |
//! | 8 | if some slots have no value: a bit for each slot that has one, little-endian |
//! | 8 w | for each slot, lowest first, the value minus the smallest, in units, in `w` bits, little-endian; 0 without a value |
//!
//! A column of flags is one byte: 0 if no slot has it, 1 if every slot has it, 2 if a bit for each slot follows in 8
//! bytes.
//!
//! Instants are microseconds since 1970, sizes bytes. Findings are the counts of the named severities; `other` is the
//! sum of all further ones. Counts of an image without any are 0, and its flag says that they are unknown.

mod column;
mod encode;
mod rows;
mod writer;

pub(in crate::store) use column::Numbers;
pub(in crate::store) use encode::{Row, Values};
pub(in crate::store) use rows::{build, rebuild};
pub(in crate::store) use writer::Writer;

use column::Cursor;

/// Images of a segment, as an exponent of two.
pub(in crate::store) const SPAN_BITS: u32 = 6;
/// Images of a segment.
pub(in crate::store) const SPAN: usize = 1 << SPAN_BITS;

/// The version of the layout.
const VERSION: u8 = 1;

/// The segment of an image, and its slot there.
pub(in crate::store) fn place(image_id: i64) -> (i64, usize) {
    (image_id >> SPAN_BITS, (image_id & (SPAN as i64 - 1)) as usize)
}

/// The columns of numbers, in the order of the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Column {
    /// The key in `image_kind`.
    Kind,
    /// `imageSizeInBytes`.
    Size,
    /// `imagePushedAt`.
    Pushed,
    /// `lastRecordedPullTime`.
    Pulled,
    /// `imageScanCompletedAt`.
    Scanned,
    /// Findings of a severity: critical, high, medium, low, informational, other.
    Findings(usize),
}

/// The columns of flags, in the order of the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Flag {
    /// Has at least one tag.
    Tagged,
    /// Has a subject.
    Attached,
    /// Has counts of findings, be they zero.
    Counted,
}

/// The severities that are counted.
pub(in crate::store) const SEVERITIES: usize = 6;
const NUMBERS: usize = 5 + SEVERITIES;
const FLAGS: usize = 3;

impl Column {
    const fn index(self) -> usize {
        match self {
            Column::Kind => 0,
            Column::Size => 1,
            Column::Pushed => 2,
            Column::Pulled => 3,
            Column::Scanned => 4,
            Column::Findings(severity) => 5 + severity,
        }
    }
}

/// A segment, ready to be read.
#[derive(Debug, Default)]
pub(in crate::store) struct Segment {
    bytes: Vec<u8>,
    numbers: [column::Header; NUMBERS],
    flags: [u64; FLAGS],
}

impl Segment {
    /// Take in the bytes of another segment; `None` if they are not laid out as one.
    pub(in crate::store) fn read(&mut self, bytes: &[u8]) -> Option<()> {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        let mut cursor = Cursor::new(&self.bytes);
        if cursor.byte()? != VERSION {
            return None;
        }
        for header in &mut self.numbers {
            *header = cursor.header()?;
        }
        for flags in &mut self.flags {
            *flags = cursor.flags()?;
        }
        cursor.is_at_end().then_some(())
    }

    /// A column of numbers.
    pub(in crate::store) fn numbers(&self, column: Column) -> Numbers<'_> {
        Numbers::new(&self.numbers[column.index()], &self.bytes)
    }

    /// A column of flags, a bit for each slot.
    pub(in crate::store) fn flags(&self, flag: Flag) -> u64 {
        self.flags[flag as usize]
    }
}

#[cfg(test)]
mod tests;
