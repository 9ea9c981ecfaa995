//! Sets of image ids as sorted ranges that do not touch.

use std::ops::Range;

/// Ranges of image ids.
pub(super) type Ranges = Vec<Range<i64>>;

/// Sort ranges, and join those that touch or overlap.
pub(super) fn joined(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Ranges = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The ids of `a` that are not in `b`; both are joined.
pub(super) fn without(a: &[Range<i64>], b: &[Range<i64>]) -> Ranges {
    let mut left = Vec::new();
    let mut b = b.iter().peekable();
    for range in a {
        let mut start = range.start;
        while b.next_if(|other| other.end <= start).is_some() {}
        while let Some(other) = b.peek().filter(|other| other.start < range.end) {
            if start < other.start {
                left.push(start..other.start);
            }
            start = other.end;
            if other.end > range.end {
                // It may cover the next range too.
                break;
            }
            b.next();
        }
        if start < range.end {
            left.push(start..range.end);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ops::Range;

    use proptest::prelude::*;

    use super::{joined, without};

    fn ids(ranges: &[Range<i64>]) -> BTreeSet<i64> {
        ranges.iter().cloned().flatten().collect()
    }

    proptest! {
        #[test]
        fn ranges_are_sets(
            a in prop::collection::vec((0..60i64, 1..9i64), 0..9),
            b in prop::collection::vec((0..60i64, 1..9i64), 0..9),
        ) {
            let ranges = |list: Vec<(i64, i64)>| list.into_iter().map(|(start, length)| start..start + length).collect();
            let (a, b): (Vec<_>, Vec<_>) = (ranges(a), ranges(b));
            let (all_a, all_b) = (ids(&a), ids(&b));
            let (a, b) = (joined(a), joined(b));
            prop_assert_eq!(&ids(&a), &all_a);
            prop_assert!(a.windows(2).all(|pair| pair[0].end < pair[1].start));
            let left = without(&a, &b);
            prop_assert_eq!(left.iter().cloned().flatten().count(), ids(&left).len());
            prop_assert_eq!(ids(&left), &all_a - &all_b);
        }
    }
}
