//! Two questions about characters, answered as Python's character database answers them.
//!
//! The tables are those of Unicode 16.0.0, which AWS CLI 2.36 carries. AWS CLI v1 runs on any
//! Python and takes that one's tables; they differ in characters newer than the interpreter.

mod tables;

/// How many columns a text takes in the eyes of the table format: two for each wide, full or
/// ambiguous character and one for every other, be it a combining mark or a control character.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().map(|c| if !c.is_ascii() && contains(tables::WIDE, c) { 2 } else { 1 }).sum()
}

/// Whether Python's `repr` shows the character as it is.
pub(super) fn is_printable(c: char) -> bool {
    if c.is_ascii() { matches!(c, ' '..='~') } else { !contains(tables::UNPRINTABLE, c) }
}

fn contains(ranges: &[(u32, u32)], c: char) -> bool {
    let code = u32::from(c);
    let after = ranges.partition_point(|(first, _)| *first <= code);
    after > 0 && code <= ranges[after - 1].1
}

#[cfg(test)]
mod tests {
    use super::{is_printable, tables, width};

    #[test]
    fn widths_are_those_of_the_real_table() {
        // Each one was measured with the function of the real client.
        let cases =
            [("", 0), ("abc", 3), ("日本", 4), ("é", 2), ("ë", 1), ("e\u{301}", 3), ("…", 2), ("😀", 2), ("ｱ", 1)];
        for (text, expected) in cases {
            assert_eq!(width(text), expected, "{text}");
        }
    }

    #[test]
    fn tables_are_sorted_and_apart() {
        for table in [tables::WIDE, tables::UNPRINTABLE] {
            assert!(table.iter().all(|(first, last)| first <= last));
            assert!(table.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
        assert!(is_printable('日') && !is_printable('\u{a0}') && !is_printable('\u{7f}'));
    }
}
