//! How wide the columns of a table are, and which of them it has room for.
//!
//! A table that is too wide gives up, in this order: the seconds of times, the times of dates, the algorithm of
//! digests, long lines of text (they are wrapped), optional columns, and text once more, down to the longest word. A
//! date is never wrapped. What is too wide even so stays too wide.

use unicode_width::UnicodeWidthStr as _;

use super::Column;
use super::table::Shown;

/// Text is not wrapped to less than this many columns while a column can still be left out.
const COMFORTABLE: usize = 20;

/// Words of up to this many columns are not split; the later numbers are for tables that are still too wide.
const WORDS: [usize; 3] = [24, 12, 6];

/// What a table gives up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Brevity {
    /// Characters of an instant that are left out at the end.
    instants: usize,
    /// Digests without their algorithm.
    digests: bool,
}

/// The width of each column; `None` for one that is left out.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) widths: Vec<Option<usize>>,
    brevity: Brevity,
}

impl Layout {
    /// Lay out a table of that width; without one every column is as wide as its widest cell.
    pub(super) fn new(columns: &[Column], rows: &[Vec<Shown>], within: Option<usize>) -> Self {
        let mut brevity = Brevity::default();
        let mut natural = Natural::of(columns, rows, brevity, WORDS[0]);
        let mut kept = vec![true; columns.len()];
        let Some(within) = within else { return Layout::of(&natural.widths, &kept, brevity) };
        for step in [
            Brevity { instants: 3, digests: false },
            Brevity { instants: 9, digests: false },
            Brevity { instants: 9, digests: true },
        ] {
            if natural.total(&kept) <= within {
                return Layout::of(&natural.widths, &kept, brevity);
            }
            brevity = step;
            natural = Natural::of(columns, rows, brevity, WORDS[0]);
        }
        loop {
            if let Some(widths) = natural.fit(&kept, within, COMFORTABLE) {
                return Layout::of(&widths, &kept, brevity);
            }
            let optional = (0..columns.len()).filter(|at| kept[*at] && columns[*at].optional > 0);
            let Some(dropped) = optional.max_by_key(|at| (columns[*at].optional, *at)) else { break };
            kept[dropped] = false;
        }
        let mut widths = natural.widths;
        for word in WORDS {
            let natural = Natural::of(columns, rows, brevity, word);
            if let Some(widths) = natural.fit(&kept, within, 1) {
                return Layout::of(&widths, &kept, brevity);
            }
            widths = natural.narrowest();
        }
        Layout::of(&widths, &kept, brevity)
    }

    fn of(widths: &[usize], kept: &[bool], brevity: Brevity) -> Self {
        Layout { widths: widths.iter().zip(kept).map(|(width, kept)| kept.then_some(*width)).collect(), brevity }
    }

    /// The text of a cell in this layout.
    pub(super) fn text<'s>(&self, shown: &'s Shown) -> &'s str {
        shown.text(self.brevity)
    }
}

impl Shown {
    fn text(&self, brevity: Brevity) -> &str {
        match self {
            Shown::Instant(text) => text.get(..text.len().saturating_sub(brevity.instants)).unwrap_or(text),
            Shown::Digest(text) if brevity.digests => text.strip_prefix("sha256:").unwrap_or(text),
            Shown::Text(text) | Shown::Fixed(text) | Shown::Digest(text) => text,
        }
    }
}

/// How wide the columns are by their content.
struct Natural {
    /// Of the widest cell.
    widths: Vec<usize>,
    /// Of the widest thing that is not split.
    floors: Vec<usize>,
    /// Whether the cells may be wrapped.
    wraps: Vec<bool>,
}

impl Natural {
    fn of(columns: &[Column], rows: &[Vec<Shown>], brevity: Brevity, word: usize) -> Self {
        let mut widths: Vec<usize> = columns.iter().map(|column| width(&column.title)).collect();
        let mut floors = widths.clone();
        let mut wraps: Vec<bool> = columns.iter().map(|column| !column.number).collect();
        for row in rows {
            for (at, shown) in row.iter().enumerate().take(columns.len()) {
                let text = shown.text(brevity);
                let cell = width(text);
                wraps[at] &= matches!(shown, Shown::Text(_)) || text.is_empty();
                if cell > floors[at] {
                    let longest = words(text).map(|it| if is_moment(it) { width(it) } else { width(it).min(word) });
                    floors[at] = longest.max().unwrap_or(0).max(floors[at]);
                }
                widths[at] = widths[at].max(cell);
            }
        }
        Natural { widths, floors, wraps }
    }

    /// The least width of each column.
    fn narrowest(&self) -> Vec<usize> {
        let width = |at: usize| if self.wraps[at] { self.floors[at] } else { self.widths[at] };
        (0..self.widths.len()).map(width).collect()
    }

    /// The width of a table with those columns: a space on either side of each cell, none at the end.
    fn total(&self, kept: &[bool]) -> usize {
        let widths = self.widths.iter().zip(kept).filter(|(_, kept)| **kept).map(|(width, _)| width + 2);
        widths.sum::<usize>().saturating_sub(1)
    }

    /// Widths that fit, by wrapping the widest columns of text to equal widths of at least `least`.
    fn fit(&self, kept: &[bool], within: usize, least: usize) -> Option<Vec<usize>> {
        let mut widths = self.widths.clone();
        let floor =
            |at: usize| if self.wraps[at] { self.floors[at].max(least).min(self.widths[at]) } else { self.widths[at] };
        loop {
            let total = widths.iter().zip(kept).filter(|(_, kept)| **kept).map(|(width, _)| width + 2).sum::<usize>();
            let excess = total.saturating_sub(1).saturating_sub(within);
            if excess == 0 {
                return Some(widths);
            }
            let widest =
                (0..widths.len()).filter(|at| kept[*at] && widths[*at] > floor(*at)).max_by_key(|at| widths[*at])?;
            // Down to the next widest one at once, so that the number of rounds does not depend on the widths.
            let next = (0..widths.len()).filter(|at| kept[*at] && *at != widest && widths[*at] > floor(*at));
            let next = next.map(|at| widths[at]).max().unwrap_or(0).min(widths[widest].saturating_sub(1));
            widths[widest] = widths[widest].saturating_sub(excess).max(next).max(floor(widest));
        }
    }
}

/// How many columns a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The words of a text; a date and the time behind it are one word.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = rest.find(' ').unwrap_or(rest.len());
        if end == "2026-03-01".len() && is_moment(&rest[..end]) {
            let after = &rest[end..];
            let time = after[1.min(after.len())..].split(' ').next().unwrap_or_default();
            if time.len() >= 5
                && time.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b','))
                && time.contains(':')
            {
                end += 1 + time.len();
            }
        }
        let word = &rest[..end];
        rest = rest[end..].strip_prefix(' ').unwrap_or(&rest[end..]);
        Some(word)
    })
}

/// Whether a word is a date, with or without a time.
fn is_moment(word: &str) -> bool {
    let date = word.as_bytes().get(..10).unwrap_or_default();
    date.len() == 10
        && date.iter().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() })
}

/// The lines of a text in a column of that width.
pub(super) fn wrap(text: &str, within: usize) -> Vec<String> {
    if width(text) <= within || within == 0 {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new()];
    let mut room = within;
    for word in words(text) {
        let needed = width(word);
        let gap = usize::from(room < within);
        if gap + needed <= room {
            let line = lines.last_mut().expect("a first line");
            line.push_str(if gap == 1 { " " } else { "" });
            line.push_str(word);
            room -= gap + needed;
        } else {
            if room < within {
                lines.push(String::new());
                room = within;
            }
            for c in word.chars() {
                let mut buffer = [0; 4];
                let needed = width(c.encode_utf8(&mut buffer));
                if needed > room && room < within {
                    lines.push(String::new());
                    room = within;
                }
                lines.last_mut().expect("a first line").push(c);
                room = room.saturating_sub(needed);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{words, wrap};

    #[test]
    fn text_is_wrapped_between_words_and_never_within_a_date() {
        for (text, width, expected) in [
            ("a b", 3, vec!["a b"]),
            ("prod, 1.2.3, latest", 12, vec!["prod, 1.2.3,", "latest"]),
            ("abcdefgh", 3, vec!["abc", "def", "gh"]),
            ("ab cdefgh i", 3, vec!["ab", "cde", "fgh", "i"]),
            ("by 2026-03-01 02:00:00, gone", 20, vec!["by", "2026-03-01 02:00:00,", "gone"]),
            ("2026-03-01", 4, vec!["2026", "-03-", "01"]),
            ("é☃ x", 2, vec!["é☃", "x"]),
            ("日本語", 4, vec!["日本", "語"]),
            ("", 4, vec![""]),
        ] {
            assert_eq!(wrap(text, width), expected, "{text} {width}");
        }
        assert_eq!(words("2026-03-01 until 02:00").collect::<Vec<_>>(), ["2026-03-01", "until", "02:00"]);
    }
}
