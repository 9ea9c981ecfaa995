//! Images counted by age and by a word of their page.

use std::cmp::Reverse;

use hashbrown::HashMap;

use super::figures::{Bucket, Count};

const DAY: i64 = 86_400_000_000;

/// The bars of the histograms: label, from day, before day.
const BARS: [(&str, u32, Option<u32>); 7] = [
    ("under 7 days", 0, Some(7)),
    ("7 to 30 days", 7, Some(30)),
    ("30 to 90 days", 30, Some(90)),
    ("90 to 180 days", 90, Some(180)),
    ("180 days to 1 year", 180, Some(365)),
    ("1 to 2 years", 365, Some(730)),
    ("2 years and more", 730, None),
];

/// Bars by days, and a last one for images without a time.
pub(super) struct Histogram(pub(super) Vec<Bucket>);

impl Histogram {
    pub(super) fn new(without: &'static str) -> Self {
        let bar = |label, from_days, before_days| Bucket { label, from_days, before_days, images: 0, bytes: 0 };
        let timed = BARS.iter().map(|(label, from, before)| bar(label, Some(*from), *before));
        Histogram(timed.chain([bar(without, None, None)]).collect())
    }

    /// Count an image of that age in microseconds. An age below zero counts as 0 days.
    pub(super) fn add(&mut self, age: Option<i64>, bytes: u64) {
        let at = match age {
            Some(age) => BARS.iter().rposition(|(_, from, _)| age >= i64::from(*from) * DAY).unwrap_or(0),
            None => BARS.len(),
        };
        self.0[at].images += 1;
        self.0[at].bytes = self.0[at].bytes.saturating_add(bytes);
    }
}

/// Images by a word of the page.
#[derive(Default)]
pub(super) struct Counts {
    named: HashMap<Box<str>, (u64, u64)>,
    without: (u64, u64),
}

impl Counts {
    pub(super) fn add(&mut self, name: Option<&str>, bytes: u64) {
        let (images, sum) = match name {
            None => &mut self.without,
            // Looked up first: a name is copied once, and not for each image.
            Some(name) if !self.named.contains_key(name) => self.named.entry(name.into()).or_default(),
            Some(name) => self.named.get_mut(name).unwrap_or(&mut self.without),
        };
        *images += 1;
        *sum = sum.saturating_add(bytes);
    }

    /// The most frequent first, equal ones by name.
    pub(super) fn finish(self) -> Vec<Count> {
        let count = |name, (images, bytes)| Count { name, images, bytes };
        let mut counts: Vec<Count> =
            self.named.into_iter().map(|(name, sums)| count(Some(name.into()), sums)).collect();
        counts.extend((self.without.0 > 0).then(|| count(None, self.without)));
        counts.sort_by(|a, b| (Reverse(a.images), &a.name).cmp(&(Reverse(b.images), &b.name)));
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, Histogram};

    #[test]
    fn bars_begin_at_their_day() {
        for (age, bar) in [
            (Some(-5), "under 7 days"),
            (Some(0), "under 7 days"),
            (Some(7 * DAY - 1), "under 7 days"),
            (Some(7 * DAY), "7 to 30 days"),
            (Some(364 * DAY), "180 days to 1 year"),
            (Some(i64::MAX), "2 years and more"),
            (None, "never"),
        ] {
            let mut histogram = Histogram::new("never");
            histogram.add(age, 3);
            let filled: Vec<_> = histogram.0.iter().filter(|bucket| bucket.images > 0).collect();
            assert_eq!((filled.len(), filled[0].label, filled[0].bytes), (1, bar, 3), "{age:?}");
        }
    }
}
