//! The order of file names that people expect: `page-2` before `page-10`, `page` before `page-2`.
//!
//! Pages of one repository become one listing in the order of their files, so this order is part
//! of the result and must not depend on the machine, the locale or the file system.

use std::cmp::Ordering;
use std::ffi::OsStr;

/// Compare two names: first what precedes the extensions, then the whole name, with runs of
/// digits taken as numbers and ASCII letters without regard to case; what is still equal is
/// ordered by its bytes. A total order.
pub(super) fn natural(left: &OsStr, right: &OsStr) -> Ordering {
    let (left, right) = (left.as_encoded_bytes(), right.as_encoded_bytes());
    by_parts(stem(left), stem(right)).then_with(|| by_parts(left, right)).then_with(|| left.cmp(right))
}

/// Compare two names of sources or members as a walk through folders would order them: part by
/// part, each in natural order.
pub(in crate::ingest) fn natural_paths(left: &str, right: &str) -> Ordering {
    let parts = |name| str::split(name, ['/', '!']).map(OsStr::new);
    let (mut left, mut right) = (parts(left), parts(right));
    loop {
        let order = match (left.next(), right.next()) {
            (Some(left), Some(right)) => natural(left, right),
            (left, right) => return left.is_some().cmp(&right.is_some()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The name without its extensions. Without this, `page-2.json` would come before `page.json`,
/// because `-` comes before `.`, and the first page of a listing would become its last.
fn stem(name: &[u8]) -> &[u8] {
    let mut stem = name;
    while let Some(dot) = stem.iter().rposition(|&byte| byte == b'.') {
        let extension = &stem[dot + 1..];
        // `.01` at the end of a date is not an extension.
        let is_word =
            extension.first().is_some_and(u8::is_ascii_alphabetic) && extension.iter().all(u8::is_ascii_alphanumeric);
        if dot == 0 || !is_word {
            break;
        }
        stem = &stem[..dot];
    }
    stem
}

fn by_parts(mut left: &[u8], mut right: &[u8]) -> Ordering {
    loop {
        let (Some(&first), Some(&second)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len());
        };
        let order = if first.is_ascii_digit() && second.is_ascii_digit() {
            by_number(take_number(&mut left), take_number(&mut right))
        } else {
            (left, right) = (&left[1..], &right[1..]);
            first.to_ascii_lowercase().cmp(&second.to_ascii_lowercase())
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Take a run of digits, without its leading zeros, from the front of `name`.
fn take_number<'a>(name: &mut &'a [u8]) -> &'a [u8] {
    let end = name.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(name.len());
    let (digits, rest) = name.split_at(end);
    *name = rest;
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    &digits[zeros..]
}

/// Numbers of any length: the longer is the greater.
fn by_number(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::{natural, natural_paths};
    use proptest::prelude::*;
    use std::cmp::Ordering;
    use std::ffi::OsStr;

    #[test]
    fn names_come_in_the_order_that_people_expect() {
        for order in [
            &["page-1.json", "page-2.json", "page-10.json"][..],
            &["page.json", "page (1).json", "page-2.json", "page10.json"],
            &["page.json.gz", "page-2.json.gz"],
            &["2023-12-31", "2024-1-2", "2024-01-10"],
            &["2024.05.01.json", "2024.05.02.json", "2024.05.10.json"],
            &["repo.v2.json", "repo.v10.json"],
            &["A.json", "a.json", "B.json", "b.json"],
            // Equal as numbers, so their bytes decide.
            &["page-01.json", "page-1.json", "page-2.json"],
            &["9", "99999999999999999999998", "99999999999999999999999"],
            &["app", "app-api", "application"],
            &["", ".json", "a"],
        ] {
            let mut sorted = order.to_vec();
            sorted.reverse();
            sorted.sort_by(|left, right| natural(OsStr::new(left), OsStr::new(right)));
            assert_eq!(sorted, order);
        }
    }

    #[test]
    fn paths_are_compared_part_by_part() {
        let order =
            ["a.tar", "a.tar!day-2/page-10.json", "a.tar!day-10/page-2.json", "a.tar!day-10/page-10.json", "a-b/x"];
        let mut sorted = order;
        sorted.reverse();
        sorted.sort_by(|left, right| natural_paths(left, right));
        assert_eq!(sorted, order);
    }

    proptest! {
        #[test]
        fn the_order_is_total(names in proptest::collection::vec("[-a-cA-C.0-2 ]{0,6}", 3)) {
            let compare = |left: usize, right: usize| natural(OsStr::new(&names[left]), OsStr::new(&names[right]));
            for left in 0..3 {
                for right in 0..3 {
                    prop_assert_eq!(compare(left, right), compare(right, left).reverse());
                    prop_assert_eq!(compare(left, right).is_eq(), names[left] == names[right]);
                }
            }
            if compare(0, 1) != Ordering::Greater && compare(1, 2) != Ordering::Greater {
                prop_assert_ne!(compare(0, 2), Ordering::Greater);
            }
        }
    }
}
