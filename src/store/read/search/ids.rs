//! A set of image ids, laid out as segments are.

use hashbrown::HashMap;

use crate::store::segment::place;

/// Image ids, as a bit for each slot of each segment.
#[derive(Debug, Default)]
pub(super) struct IdSet(HashMap<i64, u64>);

impl IdSet {
    pub(super) fn insert(&mut self, id: i64) {
        let (number, slot) = place(id);
        *self.0.entry(number).or_default() |= 1 << slot;
    }

    /// The slots of a segment whose images are in the set.
    pub(super) fn slots(&self, number: i64) -> u64 {
        self.0.get(&number).copied().unwrap_or(0)
    }
}

impl FromIterator<i64> for IdSet {
    fn from_iter<I: IntoIterator<Item = i64>>(ids: I) -> Self {
        let mut set = IdSet::default();
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}
