//! The walk of a search: listing by listing, segment by segment, with a bit for each image that fits.
//!
//! A test looks at a whole column of a segment at once. What has no column, such as a digest, is read from the
//! rows of the images that are left.

use std::ops::Range;

use hashbrown::HashMap;
use rusqlite::Row;

use super::ids::IdSet;
use crate::model::media::INDEX_TYPES;
use crate::model::{ListedIndexes, Severity};
use crate::store::error::StoreError;
use crate::store::read::decode::digest_in;
use crate::store::read::runs::ImageRun;
use crate::store::read::segments::{Segments, places};
use crate::store::read::{Listing, Reader};
use crate::store::segment::{Column, Flag, SPAN, SPAN_BITS, Segment, place};

use super::filter::LastTime;

/// One test of a condition on images.
#[derive(Debug)]
pub(super) enum Test {
    /// In the set, or not in it.
    Ids(IdSet, bool),
    /// The flag is set, or not set.
    Flag(Flag, bool),
    /// The column has a value in the range.
    Within(Column, i64, i64),
    /// The last pull.
    Pulled(LastTime),
    /// The last scan; an image of one of these kinds was scanned, if it has no time of it either.
    Scanned(LastTime, Kinds),
    /// Of one of these kinds.
    Kinds(Kinds),
    /// At least one finding of this severity or a worse one.
    Severity(Severity),
    /// A possible child of an index, or not.
    BesideIndex(bool),
    /// The digest begins with one of these texts.
    Digests(Vec<String>),
}

/// Keys of `image_kind`, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Kinds(Vec<i64>);

impl Kinds {
    pub(super) fn new(mut ids: Vec<i64>) -> Self {
        ids.sort_unstable();
        Kinds(ids)
    }

    fn slots(&self, segment: &Segment) -> u64 {
        let kinds = segment.numbers(Column::Kind);
        if let Some(kind) = kinds.constant() {
            return if self.0.binary_search(&kind).is_ok() { kinds.present() } else { 0 };
        }
        let mut values = [0; SPAN];
        kinds.unpack(&mut values);
        let mut found = 0;
        // Neighbours nearly always are of one kind.
        let mut last = (values[0], self.0.binary_search(&values[0]).is_ok());
        for (slot, kind) in values.into_iter().enumerate() {
            if kind != last.0 {
                last = (kind, self.0.binary_search(&kind).is_ok());
            }
            found |= u64::from(last.1) << slot;
        }
        found & kinds.present()
    }
}

/// Images of one segment that fit, of one listing.
pub(super) struct Block<'s> {
    /// The segment, if a test or the visitor needs it.
    pub(super) segment: &'s Segment,
    /// A bit for each slot that fits.
    pub(super) slots: u64,
    /// The id of slot 0.
    pub(super) first: i64,
    /// The position of slot 0 in the listing; below zero if the listing begins in a later slot.
    start: i64,
}

impl<'s> Block<'s> {
    /// The same with some of its slots.
    pub(super) fn only(&self, slots: u64) -> Block<'s> {
        Block { slots: self.slots & slots, ..*self }
    }

    /// The position of a slot in the listing.
    pub(super) fn position(&self, slot: usize) -> u64 {
        (self.start + slot as i64) as u64
    }

    /// The number of the segment.
    pub(super) fn number(&self) -> i64 {
        self.first >> SPAN_BITS
    }

    /// The slots that fit, lowest first.
    pub(super) fn each_slot(&self) -> Slots {
        Slots(self.slots)
    }
}

/// The bits of a number that are set.
pub(super) struct Slots(pub(super) u64);

impl Iterator for Slots {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let slot = self.0.trailing_zeros() as usize;
        self.0 &= self.0.wrapping_sub(1);
        (slot < SPAN).then_some(slot)
    }
}

/// The tests of a search.
#[derive(Debug, Default)]
pub(super) struct Tests {
    all: Vec<Test>,
    /// The kinds of image indexes, if a test needs them.
    index_kinds: Kinds,
    /// By repository: the only images that can fit, in order. Of a repository that is not there, all can.
    few: HashMap<i64, Vec<i64>>,
}

impl Tests {
    /// Tests that need no column come first, then those of columns, then those that read rows.
    pub(super) fn new(mut tests: Vec<Test>, index_kinds: Kinds) -> Self {
        tests.sort_by_key(|test| match test {
            Test::Ids(..) => 0,
            Test::Digests(_) => 2,
            _ => 1,
        });
        Tests { all: tests, index_kinds, few: HashMap::new() }
    }

    /// The same, if a test leaves no more than a few images of some repositories.
    pub(super) fn only(self, few: HashMap<i64, Vec<i64>>) -> Self {
        Tests { few, ..self }
    }

    /// Whether every image fits.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn columns(&self) -> impl Iterator<Item = &Test> {
        self.all.iter().filter(|test| !matches!(test, Test::Ids(..)))
    }

    fn by_ids(&self, number: i64, mut slots: u64) -> u64 {
        for test in &self.all {
            if let Test::Ids(set, wanted) = test {
                slots &= if *wanted { set.slots(number) } else { !set.slots(number) };
            }
        }
        slots
    }

    fn test(&self, test: &Test, segment: &Segment, indexes: ListedIndexes) -> u64 {
        match test {
            Test::Ids(..) | Test::Digests(_) => u64::MAX,
            Test::Flag(flag, wanted) => {
                if *wanted {
                    segment.flags(*flag)
                } else {
                    !segment.flags(*flag)
                }
            }
            Test::Within(column, from, to) => segment.numbers(*column).within(*from, *to),
            Test::Pulled(asked) => last_time(*asked, segment, Column::Pulled, || u64::MAX),
            Test::Scanned(asked, complete) => {
                last_time(*asked, segment, Column::Scanned, || !segment.flags(Flag::Counted) & !complete.slots(segment))
            }
            Test::Kinds(kinds) => kinds.slots(segment),
            Test::Severity(least) => {
                // Counts of an image without any are 0.
                let found = |severity: usize| segment.numbers(Column::Findings(severity)).within(1, i64::MAX);
                (0..=*least as usize).map(found).fold(0, |slots, found| slots | found)
            }
            Test::BesideIndex(wanted) => {
                let of_index = if indexes.may_refer_to(true) { u64::MAX } else { 0 };
                let of_image = if indexes.may_refer_to(false) { u64::MAX } else { 0 };
                let is_index = self.index_kinds.slots(segment);
                let children = (is_index & of_index) | (!is_index & of_image);
                let possible_child = !segment.flags(Flag::Tagged) & !segment.flags(Flag::Attached) & children;
                if *wanted { possible_child } else { !possible_child }
            }
        }
    }
}

/// The slots whose last time is as asked; `never` are those without one that really had none.
fn last_time(asked: LastTime, segment: &Segment, column: Column, never: impl Fn() -> u64) -> u64 {
    let times = segment.numbers(column);
    let before = |time: i64| if time == i64::MIN { 0 } else { times.within(i64::MIN, time - 1) };
    let never = || !times.present() & never();
    match asked {
        LastTime::Before(time) => before(time),
        LastTime::Never => never(),
        LastTime::NeverOrBefore(time) => never() | before(time),
    }
}

/// A walk through listings.
pub(super) struct Scan<'r> {
    reader: &'r Reader,
    segments: Segments<'r>,
    empty: Segment,
}

impl<'r> Scan<'r> {
    pub(super) fn new(reader: &'r Reader) -> Result<Self, StoreError> {
        Ok(Scan { reader, segments: Segments::new(reader)?, empty: Segment::default() })
    }

    /// Hand the images of a listing that fit to `visit`, in the listing's order, until it returns false. `columns`
    /// says whether the visitor looks into segments.
    pub(super) fn listing<E: From<StoreError>>(
        &mut self,
        listing: &Listing,
        tests: &Tests,
        (indexes, columns): (ListedIndexes, bool),
        mut visit: impl FnMut(&Block<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let needed = columns || tests.columns().next().is_some();
        let mut failed = None;
        let of_run = |run: ImageRun| {
            let (from, last) = (run.image_id, run.image_id + run.length - 1);
            for (number, run_slots) in places(from..last + 1) {
                let first = number << SPAN_BITS;
                let mut slots = tests.by_ids(number, slots_of(run_slots));
                if slots == 0 {
                    continue;
                }
                let segment = if needed { self.segments.get(number)? } else { &self.empty };
                if needed {
                    if slots & !segment.numbers(Column::Kind).present() != 0 {
                        return Err(StoreError::Damaged(format!("of the images {from} to {last}, some are missing")));
                    }
                    for test in tests.columns() {
                        slots &= tests.test(test, segment, indexes);
                        if let Test::Digests(beginnings) = test {
                            slots = self.reader.with_digest(first, slots, beginnings)?;
                        }
                        if slots == 0 {
                            break;
                        }
                    }
                }
                if slots == 0 {
                    continue;
                }
                let block = Block { segment, slots, first, start: run.start + (first - from) };
                match visit(&block) {
                    Ok(true) => {}
                    Ok(false) => return Ok(false),
                    Err(error) => {
                        failed = Some(error);
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        };
        match tests.few.get(&listing.repository_id) {
            Some(images) => self.reader.runs_with(listing, images, of_run)?,
            None => self.reader.runs(listing, 0, of_run)?,
        }
        failed.map_or(Ok(()), Err)
    }
}

/// The bits of a range of slots.
fn slots_of(range: Range<usize>) -> u64 {
    let upto = |end: usize| if end >= SPAN { u64::MAX } else { (1 << end) - 1 };
    upto(range.end) & !upto(range.start)
}

impl Reader {
    /// Read columns of the images in some slots of a segment: `visit` gets the slot, and the row with its id first.
    pub(super) fn each_row(
        &self,
        columns: &str,
        first: i64,
        slots: u64,
        mut visit: impl FnMut(usize, &Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if slots == 0 {
            return Ok(());
        }
        let from = first + i64::from(slots.trailing_zeros());
        let to = first + i64::from(slots.ilog2());
        let sql = format!("SELECT id, {columns} FROM image WHERE id >= ?1 AND id <= ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([from, to])?;
        let mut met = 0;
        while let Some(row) = rows.next()? {
            let slot = place(row.get(0)?).1;
            if slots >> slot & 1 == 1 {
                met |= 1 << slot;
                visit(slot, row)?;
            }
        }
        if met == slots {
            return Ok(());
        }
        Err(StoreError::Damaged(format!("of the images {from} to {to}, some are missing")))
    }

    /// The slots whose digests begin with one of these texts.
    fn with_digest(&self, first: i64, slots: u64, beginnings: &[String]) -> Result<u64, StoreError> {
        let mut found = 0;
        self.each_row("digest", first, slots, |slot, row| {
            let digest = digest_in(row, 1)?.to_string();
            if beginnings.iter().any(|beginning| digest.starts_with(beginning.as_str())) {
                found |= 1 << slot;
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The kinds of image indexes.
    pub(super) fn index_kinds(&self) -> Result<Kinds, StoreError> {
        let sql = "SELECT id FROM image_kind WHERE manifest_media_type IN (?1, ?2)";
        self.ids(sql, &[&INDEX_TYPES[0], &INDEX_TYPES[1]]).map(Kinds::new)
    }
}
