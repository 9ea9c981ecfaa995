//! Images counted by what they have in common.

use hashbrown::HashMap;
use rusqlite::OptionalExtension as _;

use super::fields::{Group, SortGroup};
use super::keys::tags_of;
use super::scan::Block;
use super::{Counted, Tally};
use crate::model::Severity;
use crate::store::columns::KindText;
use crate::store::error::StoreError;
use crate::store::functions::{name_prefix, tag_prefix};
use crate::store::read::{Listing, Reader};
use crate::store::segment::{Column, Flag, SPAN};

/// Values by number, each once. Number 0 means that there is no value.
#[derive(Default)]
struct Values {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Values {
    fn number(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return 0 };
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.texts.push(text.to_owned());
        let number = self.texts.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        number
    }

    fn text(&self, number: u32) -> Option<&String> {
        self.texts.get((number as usize).checked_sub(1)?)
    }
}

/// One group of a tally: its values, and what is known of them without looking at a text again.
struct Grouping {
    group: Group,
    values: Values,
    /// Numbers by kind, by month, or by repository.
    known: HashMap<i64, u32>,
    snapshot_id: i64,
}

/// The values of a group in a block, by number.
enum Numbered {
    Same(u32),
    Each(Box<[u32; SPAN]>),
}

/// Groups under way.
pub(super) struct Groups {
    groupings: Vec<Grouping>,
    /// The number of each pair of the group so far and the next value, level by level.
    pairs: Vec<HashMap<(u32, u32), u32>>,
    /// The values of each group, by its number.
    values: Vec<Vec<u32>>,
    sums: Vec<(u64, i128)>,
}

impl Groups {
    pub(super) fn new(snapshot_id: i64, by: &[Group]) -> Self {
        let grouping =
            |group: &Group| Grouping { group: *group, values: Values::default(), known: HashMap::new(), snapshot_id };
        let pairs = by.iter().map(|_| HashMap::new()).collect();
        Groups { groupings: by.iter().map(grouping).collect(), pairs, values: Vec::new(), sums: Vec::new() }
    }

    /// Whether the groups depend on the repository alone.
    pub(super) fn of_repository_alone(by: &[Group]) -> bool {
        by.iter().all(|group| group.is_of_repository())
    }

    /// Add all images of a listing whose groups depend on the repository alone.
    pub(super) fn add_listing(&mut self, reader: &Reader, listing: &Listing) -> Result<(), StoreError> {
        let mut values = Vec::with_capacity(self.groupings.len());
        for grouping in &mut self.groupings {
            values.push(grouping.of_listing(reader, listing)?);
        }
        self.add(values, listing.images, i128::from(listing.bytes));
        Ok(())
    }

    fn add(&mut self, values: Vec<u32>, images: u64, bytes: i128) {
        let group = self.group(values);
        let (count, sum) = &mut self.sums[group as usize];
        *count += images;
        *sum += bytes;
    }

    /// The number of a group by its values.
    fn group(&mut self, values: Vec<u32>) -> u32 {
        let next = self.values.len() as u32;
        let mut so_far = 0;
        let mut known = true;
        for (pairs, value) in self.pairs.iter_mut().zip(&values) {
            let fresh = pairs.len() as u32;
            so_far = *pairs.entry((so_far, *value)).or_insert_with(|| {
                known = false;
                fresh
            });
        }
        if values.is_empty() {
            known = next > 0;
        }
        if !known {
            self.values.push(values);
            self.sums.push((0, 0));
        }
        so_far
    }

    /// Add the images of a block.
    pub(super) fn add_block(
        &mut self,
        reader: &Reader,
        listing: &Listing,
        block: &Block<'_>,
    ) -> Result<(), StoreError> {
        let mut numbered = Vec::with_capacity(self.groupings.len());
        for grouping in &mut self.groupings {
            numbered.push(grouping.of_block(reader, listing, block)?);
        }
        let sizes = block.segment.numbers(Column::Size);
        let present = sizes.present();
        let mut bytes = [0; SPAN];
        sizes.unpack(&mut bytes);
        let values_of = |slot: usize| {
            let value = move |numbers: &Numbered| match numbers {
                Numbered::Same(number) => *number,
                Numbered::Each(numbers) => numbers[slot],
            };
            numbered.iter().map(value)
        };
        let mut last: Option<(Vec<u32>, u32)> = None;
        for slot in block.each_slot() {
            let group = match &last {
                Some((values, group)) if values_of(slot).eq(values.iter().copied()) => *group,
                _ => {
                    let values: Vec<u32> = values_of(slot).collect();
                    let group = self.group(values.clone());
                    last = Some((values, group));
                    group
                }
            };
            let (images, sum) = &mut self.sums[group as usize];
            *images += 1;
            if present >> slot & 1 == 1 {
                *sum += i128::from(bytes[slot]);
            }
        }
        Ok(())
    }

    /// The groups in the order of a tally, and of these the ones that it wants.
    pub(super) fn finish(mut self, tally: &Tally) -> Vec<Counted> {
        let saturated = |bytes: i128| u64::try_from(bytes.clamp(0, i64::MAX.into())).unwrap_or_default();
        if tally.by.is_empty() && self.values.is_empty() {
            // All images are one group, even if there are none.
            self.group(Vec::new());
        }
        let groups = self.values.iter().zip(&self.sums).map(|(numbers, (images, bytes))| {
            let texts = self.groupings.iter().zip(numbers);
            let values = texts.map(|(grouping, number)| grouping.values.text(*number).cloned()).collect();
            Counted { values, images: *images, bytes: saturated(*bytes) }
        });
        let mut groups: Vec<Counted> = groups.collect();
        groups.sort_by(|a, b| {
            let value = |index: usize, descending: bool| {
                let (a, b): (&Option<String>, &Option<String>) = (&a.values[index], &b.values[index]);
                // What has no value comes last, whichever way.
                let order = if descending { b.cmp(a) } else { a.cmp(b) };
                a.is_none().cmp(&b.is_none()).then(order)
            };
            let either = |order: std::cmp::Ordering, descending: bool| if descending { order.reverse() } else { order };
            let step = |sort: &SortGroup| match *sort {
                SortGroup::Value { index, descending } => value(index, descending),
                SortGroup::Images { descending } => either(a.images.cmp(&b.images), descending),
                SortGroup::Bytes { descending } => either(a.bytes.cmp(&b.bytes), descending),
            };
            let asked = tally.sort.iter().map(step);
            let values = (0..a.values.len()).map(|index| value(index, false));
            asked.chain(values).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        groups.into_iter().skip(number(tally.offset)).take(tally.limit.map_or(usize::MAX, number)).collect()
    }
}

impl Grouping {
    /// The value that all images of a listing have in common, for a group that depends on the repository alone.
    fn of_listing(&mut self, reader: &Reader, listing: &Listing) -> Result<u32, StoreError> {
        let repository = &listing.repository;
        let text = match self.group {
            Group::Registry => Some(&*repository.registry_id),
            Group::Region => Some(&*repository.region).filter(|region| !region.is_empty()),
            Group::Repository => Some(&*repository.name),
            Group::Prefix(depth) => Some(name_prefix(&repository.name, depth)),
            _ => {
                if let Some(number) = self.known.get(&listing.repository_id) {
                    return Ok(*number);
                }
                let setting = self.setting(reader, listing.repository_id)?;
                let number = self.values.number(setting.as_deref());
                self.known.insert(listing.repository_id, number);
                return Ok(number);
            }
        };
        Ok(self.values.number(text))
    }

    /// A setting of a repository; none if the snapshot does not say it.
    fn setting(&self, reader: &Reader, repository_id: i64) -> Result<Option<String>, StoreError> {
        let of_version = "FROM snapshot_repository s JOIN repository_version v ON v.id = s.version_id
                          WHERE s.snapshot_id = ?1 AND s.repository_id = ?2";
        let sql = match self.group {
            Group::Policy => "SELECT iif(policy_id IS NULL, 'false', 'true') FROM snapshot_policy
                              WHERE snapshot_id = ?1 AND repository_id = ?2"
                .to_owned(),
            Group::TagMutability => format!("SELECT v.members ->> '$.imageTagMutability' {of_version}"),
            Group::ScanOnPush => {
                let scan = "iif(v.members ->> '$.imageScanningConfiguration.scanOnPush', 'true', 'false')";
                format!("SELECT {scan} {of_version}")
            }
            _ => return Ok(None),
        };
        let mut statement = reader.connection.prepare_cached(&sql)?;
        let found = statement.query_row([self.snapshot_id, repository_id], |row| row.get(0)).optional()?;
        Ok(found.flatten())
    }

    fn of_block(&mut self, reader: &Reader, listing: &Listing, block: &Block<'_>) -> Result<Numbered, StoreError> {
        if self.group.is_of_repository() {
            return self.of_listing(reader, listing).map(Numbered::Same);
        }
        let Grouping { group, values, known, snapshot_id: _ } = self;
        let mut numbers = Box::new([0; SPAN]);
        match group {
            Group::Tagged => {
                let (tagged, untagged) = (values.number(Some("true")), values.number(Some("false")));
                let flags = block.segment.flags(Flag::Tagged);
                for (slot, number) in numbers.iter_mut().enumerate() {
                    *number = if flags >> slot & 1 == 1 { tagged } else { untagged };
                }
            }
            Group::TagPrefix => {
                let tagged = block.slots & block.segment.flags(Flag::Tagged);
                reader.each_row("tags", block.first, tagged, |slot, row| {
                    let tags = tags_of(row, 1)?;
                    numbers[slot] = values.number(tags.first().map(|tag| tag_prefix(tag)));
                    Ok(())
                })?;
            }
            Group::Status | Group::ScanStatus | Group::MediaType | Group::ArtifactType => {
                let kinds = block.segment.numbers(Column::Kind);
                let mut number_of = |id: i64| -> Result<u32, StoreError> {
                    if let Some(number) = known.get(&id) {
                        return Ok(*number);
                    }
                    let kind = reader.kind(id)?;
                    let number = values.number(match group {
                        Group::Status => Some(kind[KindText::ImageStatus].as_deref().unwrap_or("ACTIVE")),
                        Group::ScanStatus => kind[KindText::ScanStatus].as_deref(),
                        Group::MediaType => kind[KindText::ManifestMediaType].as_deref(),
                        _ => kind[KindText::ArtifactMediaType].as_deref(),
                    });
                    known.insert(id, number);
                    Ok(number)
                };
                if let Some(id) = kinds.constant() {
                    return number_of(id).map(Numbered::Same);
                }
                let mut ids = [0; SPAN];
                kinds.unpack(&mut ids);
                for slot in block.each_slot() {
                    numbers[slot] = number_of(ids[slot])?;
                }
            }
            Group::Severity => {
                let counted = block.slots & block.segment.flags(Flag::Counted);
                let mut left = counted;
                for (index, severity) in Severity::ALL.into_iter().enumerate() {
                    let found = left & block.segment.numbers(Column::Findings(index)).within(1, i64::MAX);
                    if found != 0 {
                        put(&mut numbers, found, values.number(Some(severity.name())));
                    }
                    left &= !found;
                }
                if left != 0 {
                    put(&mut numbers, left, values.number(Some("NONE")));
                }
            }
            Group::PushedMonth => months(&mut numbers, block, Column::Pushed, values, known),
            Group::PulledMonth => months(&mut numbers, block, Column::Pulled, values, known),
            // Decided by the listing.
            Group::Registry
            | Group::Region
            | Group::Repository
            | Group::Prefix(_)
            | Group::Policy
            | Group::TagMutability
            | Group::ScanOnPush => {}
        }
        Ok(Numbered::Each(numbers))
    }
}

impl Group {
    /// Whether all images of a repository have the same value.
    fn is_of_repository(self) -> bool {
        match self {
            Group::Registry
            | Group::Region
            | Group::Repository
            | Group::Prefix(_)
            | Group::Policy
            | Group::TagMutability
            | Group::ScanOnPush => true,
            Group::TagPrefix
            | Group::Tagged
            | Group::Status
            | Group::ScanStatus
            | Group::MediaType
            | Group::ArtifactType
            | Group::Severity
            | Group::PushedMonth
            | Group::PulledMonth => false,
        }
    }
}

fn put(numbers: &mut [u32; SPAN], slots: u64, number: u32) {
    for slot in super::scan::Slots(slots) {
        numbers[slot] = number;
    }
}

fn months(
    numbers: &mut [u32; SPAN],
    block: &Block<'_>,
    column: Column,
    values: &mut Values,
    known: &mut HashMap<i64, u32>,
) {
    let times = block.segment.numbers(column);
    let mut micros = [0; SPAN];
    times.unpack(&mut micros);
    for slot in super::scan::Slots(block.slots & times.present()) {
        let (year, month) = month(micros[slot]);
        numbers[slot] =
            *known.entry(year * 12 + month).or_insert_with(|| values.number(Some(&format!("{year:04}-{month:02}"))));
    }
}

/// The year and month in UTC of microseconds since 1970.
fn month(micros: i64) -> (i64, i64) {
    // Days since 0000-03-01 in eras of 400 years; a year begins in March, so that the leap day is its last.
    let days = micros.div_euclid(86_400_000_000) + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let month = (5 * (day - (365 * year + year / 4 - year / 100)) + 2) / 153;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Datelike as _};
    use proptest::prelude::*;

    use super::month;

    proptest! {
        #[test]
        fn a_month_is_that_of_the_calendar(micros in -62_135_596_800_000_000i64..253_402_300_800_000_000) {
            let time = DateTime::from_timestamp_micros(micros).expect("a time");
            prop_assert_eq!(month(micros), (i64::from(time.year()), i64::from(time.month())));
        }
    }
}
