//! Which untagged images are probably the platforms of an image index.
//!
//! `describe-images` does not say which images an index points at. A build pushes the platforms and
//! then the index, within seconds, and the service gives an index the size of its largest platform.
//! So an untagged image is a probable child of an index of its repository if it was pushed within
//! [`WINDOW`] of it, is not larger, and some child of that index has exactly its size. With several
//! such indexes the nearest one in time gets it. This is an estimate for sums, not a proof.

use std::collections::HashMap;

/// The longest time between the pushes of a platform and of its index, in microseconds.
pub(super) const WINDOW: i64 = 60_000_000;

/// At most so many indexes on either side are compared in time, so that a repository in which
/// everything was pushed at once still takes linear time.
const NEAREST: usize = 4;

/// An image by what counts here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pushed {
    /// Microseconds since 1970.
    pub(super) at: i64,
    /// Its size.
    pub(super) bytes: u64,
}

/// How many probable children an index has, and the sum of their sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Children {
    pub(super) images: u64,
    pub(super) bytes: u64,
}

/// The probable children of each index, in the order of `indexes`, among the untagged images of the
/// same repository. No image is the child of two indexes.
pub(super) fn probable(indexes: &[Pushed], mut untagged: Vec<Pushed>) -> Vec<Children> {
    let mut by_time: Vec<(Pushed, usize)> = indexes.iter().copied().zip(0..).collect();
    by_time.sort_unstable();
    untagged.sort_unstable();
    // By size: when images of that size were pushed.
    let mut sizes: HashMap<u64, Vec<i64>> = HashMap::new();
    for image in &untagged {
        sizes.entry(image.bytes).or_default().push(image.at);
    }
    let has_equal = |index: &Pushed| {
        sizes.get(&index.bytes).is_some_and(|times| {
            let from = times.partition_point(|at| *at < index.at.saturating_sub(WINDOW));
            times.get(from).is_some_and(|at| *at <= index.at.saturating_add(WINDOW))
        })
    };
    by_time.retain(|(index, _)| has_equal(index));
    let mut children = vec![(Children::default(), false); indexes.len()];
    for image in &untagged {
        let middle = by_time.partition_point(|(index, _)| index.at < image.at);
        let near = &by_time[middle.saturating_sub(NEAREST)..(middle + NEAREST).min(by_time.len())];
        let fits = |(index, _): &&(Pushed, usize)| {
            index.bytes >= image.bytes && index.at.abs_diff(image.at) <= WINDOW.unsigned_abs()
        };
        // Of indexes at the same distance, the one of the same size, then always the same one.
        let nearest = near
            .iter()
            .filter(fits)
            .min_by_key(|(index, number)| (index.at.abs_diff(image.at), index.bytes != image.bytes, *number));
        if let Some((index, number)) = nearest {
            let (sum, equal) = &mut children[*number];
            sum.images += 1;
            sum.bytes = sum.bytes.saturating_add(image.bytes);
            *equal |= index.bytes == image.bytes;
        }
    }
    children.into_iter().map(|(sum, equal)| if equal { sum } else { Children::default() }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Children, Pushed, WINDOW, probable};

    fn pushed(at: i64, bytes: u64) -> Pushed {
        Pushed { at, bytes }
    }

    #[test]
    fn children_are_near_in_time_and_one_has_the_size_of_the_index() {
        let second = 1_000_000;
        for (name, index, untagged, expected) in [
            ("two platforms, an attestation", pushed(100, 50), vec![(99, 50), (98, 40), (100, 1)], (3, 91)),
            ("no image of its size", pushed(100, 50), vec![(99, 49), (98, 40)], (0, 0)),
            ("a larger image is not a child", pushed(100, 50), vec![(99, 50), (98, 51)], (1, 50)),
            ("pushed too early or too late", pushed(0, 50), vec![(-WINDOW - 1, 50), (WINDOW + 1, 50)], (0, 0)),
            ("pushed at the ends of the window", pushed(0, 50), vec![(-WINDOW, 50), (WINDOW, 50)], (2, 100)),
            ("times at the ends of what there is", pushed(i64::MIN, 50), vec![(i64::MAX, 50)], (0, 0)),
            ("nothing else", pushed(second, 50), vec![], (0, 0)),
        ] {
            let untagged = untagged.into_iter().map(|(at, bytes)| pushed(at, bytes)).collect();
            let expected = Children { images: expected.0, bytes: expected.1 };
            assert_eq!(probable(&[index], untagged), [expected], "{name}");
        }
    }

    #[test]
    fn the_nearest_index_gets_an_image() {
        let indexes = [pushed(1_000_000, 50), pushed(30_000_000, 60)];
        let untagged = vec![pushed(900_000, 50), pushed(950_000, 40), pushed(29_000_000, 60), pushed(29_000_001, 45)];
        let children = probable(&indexes, untagged);
        assert_eq!(children, [Children { images: 2, bytes: 90 }, Children { images: 2, bytes: 105 }]);
    }

    /// Every image was pushed in the same microsecond: the work must stay linear, and no image count twice.
    #[test]
    fn a_repository_pushed_at_once_is_divided() {
        let indexes = vec![pushed(5, 7); 2000];
        let children = probable(&indexes, vec![pushed(5, 7); 20_000]);
        assert_eq!(children.iter().map(|one| one.images).sum::<u64>(), 20_000);
    }
}
