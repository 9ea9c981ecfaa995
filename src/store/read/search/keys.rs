//! What images are sorted by, and the sort.

use std::cmp::Ordering;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::fields::{Field, Sort};
use super::scan::Block;
use crate::model::{Severity, greatest_version};
use crate::store::columns::KindText;
use crate::store::error::StoreError;
use crate::store::read::decode::digest_in;
use crate::store::read::{Listing, Reader};
use crate::store::segment::{Column, Flag, Numbers, SEVERITIES, SPAN};

/// A value to sort by. What is absent comes last in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Absent,
    Number(i64),
    Text(Box<str>),
}

impl Key {
    /// The order of two values.
    pub(super) fn compare(&self, other: &Key, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Key::Absent, Key::Absent) => return Ordering::Equal,
            (Key::Absent, _) => return Ordering::Greater,
            (_, Key::Absent) => return Ordering::Less,
            (Key::Number(a), Key::Number(b)) => a.cmp(b),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            // A field has values of one type.
            (Key::Number(_), Key::Text(_)) => Ordering::Less,
            (Key::Text(_), Key::Number(_)) => Ordering::Greater,
        };
        if descending { order.reverse() } else { order }
    }
}

/// The greatest version among the tags in a column of a row.
pub(super) fn version_of(row: &Row<'_>, column: usize) -> Result<Key, StoreError> {
    let tags = tags_of(row, column)?;
    let version = greatest_version(tags.iter().map(String::as_str));
    Ok(version.map_or(Key::Absent, |(key, _)| Key::Text(key.into())))
}

/// The tags in a column of a row; none if they cannot be read, which `verify` reports.
pub(super) fn tags_of(row: &Row<'_>, column: usize) -> Result<Vec<String>, StoreError> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(text) => serde_json::from_slice(text).unwrap_or_default(),
        _ => Vec::new(),
    })
}

/// An image that was found, with what it is sorted by.
#[derive(Clone, Debug)]
pub(super) struct Sorted {
    key: Key,
    /// The keys of further steps.
    more: Box<[Key]>,
    pub(super) listing: usize,
    pub(super) position: u64,
    pub(super) id: i64,
}

/// Sorts images, and keeps no more than the best if there is a limit.
pub(super) struct Sorter<'s> {
    steps: &'s [Sort],
    /// So many are wanted.
    wanted: Option<usize>,
    found: Vec<Sorted>,
    /// The last of the best so far, once there are enough.
    bound: Option<Sorted>,
}

/// Images beyond the wanted ones that are held before the worst are dropped.
const SLACK: usize = 4096;

impl<'s> Sorter<'s> {
    pub(super) fn new(steps: &'s [Sort], wanted: Option<u64>) -> Self {
        let wanted = wanted.and_then(|wanted| usize::try_from(wanted).ok());
        Sorter { steps, wanted, found: Vec::new(), bound: None }
    }

    fn compare(steps: &[Sort], a: &Sorted, b: &Sorted) -> Ordering {
        let (first, rest) = steps.split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
        let order = first.map_or(Ordering::Equal, |step| a.key.compare(&b.key, step.descending));
        let order = order.then_with(|| {
            let of = |(step, (a, b)): (&Sort, (&Key, &Key))| a.compare(b, step.descending);
            let mut orders = rest.iter().zip(a.more.iter().zip(&b.more)).map(of);
            orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        order.then_with(|| (a.listing, a.position).cmp(&(b.listing, b.position)))
    }

    /// Add the images of a block.
    pub(super) fn add(
        &mut self,
        reader: &Reader,
        (index, listing): (usize, &Listing),
        block: &Block<'_>,
    ) -> Result<(), StoreError> {
        let slots = block.slots & self.possible(block);
        if slots == 0 {
            return Ok(());
        }
        let block = block.only(slots);
        let columns = self.steps.iter().map(|step| column(reader, step.field, listing, &block));
        let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
        for slot in block.each_slot() {
            let mut keys = columns.iter_mut().map(|column| column.take(slot, &block));
            let key = keys.next().unwrap_or(Key::Absent);
            let more = keys.collect();
            let id = block.first + slot as i64;
            self.found.push(Sorted { key, more, listing: index, position: block.position(slot), id });
        }
        if let Some(wanted) = self.wanted
            && self.found.len() > wanted.saturating_mul(2).saturating_add(SLACK)
        {
            self.drop_worst(wanted);
        }
        Ok(())
    }

    fn drop_worst(&mut self, wanted: usize) {
        let steps = self.steps;
        if wanted == 0 {
            self.found.clear();
        } else if wanted < self.found.len() {
            let (_, last, _) = self.found.select_nth_unstable_by(wanted - 1, |a, b| Sorter::compare(steps, a, b));
            self.bound = Some(last.clone());
            self.found.truncate(wanted);
        }
    }

    /// The slots that can still come before the last of the best.
    fn possible(&self, block: &Block<'_>) -> u64 {
        let (Some(bound), Some(step)) = (&self.bound, self.steps.first()) else { return u64::MAX };
        let (Some(column), Key::Number(last)) = (step.field.column(), &bound.key) else { return u64::MAX };
        let numbers = block.segment.numbers(column);
        let counted = if let Column::Findings(_) = column { block.segment.flags(Flag::Counted) } else { u64::MAX };
        counted & if step.descending { numbers.within(*last, i64::MAX) } else { numbers.within(i64::MIN, *last) }
    }

    /// The images in order.
    pub(super) fn finish(mut self) -> Vec<Sorted> {
        if let Some(wanted) = self.wanted {
            self.drop_worst(wanted);
        }
        let steps = self.steps;
        self.found.sort_unstable_by(|a, b| Sorter::compare(steps, a, b));
        self.found
    }
}

/// The values of a field in a block.
enum Values<'b> {
    /// The same for each image.
    Same(Key),
    Position,
    Numbers(Numbers<'b>, u64),
    /// Findings of every severity together.
    AllFindings,
    /// Of slots.
    Texts(Vec<Key>),
}

impl Values<'_> {
    fn take(&mut self, slot: usize, block: &Block<'_>) -> Key {
        match self {
            Values::Same(key) => key.clone(),
            Values::Position => Key::Number(block.position(slot) as i64),
            Values::Numbers(numbers, known) => {
                if *known >> slot & 1 == 0 {
                    return Key::Absent;
                }
                numbers.get(slot).map_or(Key::Absent, Key::Number)
            }
            Values::AllFindings => {
                if block.segment.flags(Flag::Counted) >> slot & 1 == 0 {
                    return Key::Absent;
                }
                let count = |severity| block.segment.numbers(Column::Findings(severity)).get(slot).unwrap_or(0);
                Key::Number((0..SEVERITIES).fold(0, |sum: i64, severity| sum.saturating_add(count(severity))))
            }
            Values::Texts(keys) => std::mem::replace(&mut keys[slot], Key::Absent),
        }
    }
}

fn column<'b>(reader: &Reader, field: Field, listing: &Listing, block: &Block<'b>) -> Result<Values<'b>, StoreError> {
    if let Some(column) = field.column() {
        let known = if let Column::Findings(_) = column { block.segment.flags(Flag::Counted) } else { u64::MAX };
        return Ok(Values::Numbers(block.segment.numbers(column), known));
    }
    let mut keys = vec![Key::Absent; SPAN];
    match field {
        Field::Repository => return Ok(Values::Same(Key::Text((&*listing.repository.name).into()))),
        Field::Position => return Ok(Values::Position),
        Field::AllFindings => return Ok(Values::AllFindings),
        Field::Digest => reader.each_row("digest", block.first, block.slots, |slot, row| {
            keys[slot] = Key::Text(digest_in(row, 1)?.to_string().into());
            Ok(())
        })?,
        Field::Tag | Field::Version => {
            let tagged = block.slots & block.segment.flags(Flag::Tagged);
            reader.each_row("tags", block.first, tagged, |slot, row| {
                keys[slot] = if field == Field::Version {
                    version_of(row, 1)?
                } else {
                    tags_of(row, 1)?.into_iter().next().map_or(Key::Absent, |tag| Key::Text(tag.into()))
                };
                Ok(())
            })?;
        }
        Field::Status | Field::ScanStatus | Field::MediaType => {
            for slot in block.each_slot() {
                let id = block.segment.numbers(Column::Kind).get(slot).unwrap_or_default();
                let kind = reader.kind(id)?;
                let text = match field {
                    Field::Status => Some(kind[KindText::ImageStatus].as_deref().unwrap_or("ACTIVE")),
                    Field::ScanStatus => kind[KindText::ScanStatus].as_deref(),
                    _ => kind[KindText::ManifestMediaType].as_deref(),
                };
                keys[slot] = text.map_or(Key::Absent, |text| Key::Text(text.into()));
            }
        }
        // Those with a column of their own.
        Field::Pushed | Field::Pulled | Field::Size | Field::Findings(_) => {}
    }
    Ok(Values::Texts(keys))
}

impl Field {
    /// The column of numbers that has the field's values.
    fn column(self) -> Option<Column> {
        match self {
            Field::Pushed => Some(Column::Pushed),
            Field::Pulled => Some(Column::Pulled),
            Field::Size => Some(Column::Size),
            Field::Findings(severity) => {
                let index = Severity::ALL.iter().position(|it| *it == severity)?;
                Some(Column::Findings(index))
            }
            _ => None,
        }
    }
}
