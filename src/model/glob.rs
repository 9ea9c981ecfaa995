//! Globs for names and tags: `*` is any text (a slash too), `?` one character, `[a-z]` one of a set, `[^a]` one of the
//! others. They mean what `GLOB` of `SQLite` means, which the store uses for searches.

/// A glob that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
    /// Ranges, and whether the character must be in none of them.
    Set(Vec<(char, char)>, bool),
}

/// Why a text is not a glob that can match anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// The text is empty, and no name is.
    #[error("an empty pattern matches nothing")]
    Empty,
    /// A `[` without its `]`.
    #[error("the `[` has no `]`, so the pattern matches nothing; write `[[]` for the character")]
    Open,
    /// A range that ends before it begins, as `[z-a]`.
    #[error("the range {0}-{1} ends before it begins, so the pattern matches nothing")]
    Backwards(char, char),
}

impl Glob {
    /// Read a glob.
    ///
    /// # Errors
    /// The text can match nothing.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        let mut parts = Vec::new();
        let mut rest = text.chars();
        while let Some(next) = rest.next() {
            parts.push(match next {
                '*' => Part::Any,
                '?' => Part::One,
                '[' => set(&mut rest)?,
                other => Part::Char(other),
            });
        }
        if parts.is_empty() { Err(GlobError::Empty) } else { Ok(Glob { text: text.to_owned(), parts }) }
    }

    /// The text of the glob.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of a text matches. Takes at most the product of both lengths.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut part) = (0, 0);
        // The last `*`, and how much of the text it has taken.
        let mut star: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.parts.get(part) {
                Some(Part::Any) => {
                    star = Some((part, at));
                    part += 1;
                }
                Some(one) if one.takes(text[at]) => {
                    at += 1;
                    part += 1;
                }
                _ => {
                    let Some((star_part, taken)) = &mut star else { return false };
                    *taken += 1;
                    (part, at) = (*star_part + 1, *taken);
                }
            }
        }
        self.parts[part..].iter().all(|part| *part == Part::Any)
    }
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Part::Any => false,
            Part::One => true,
            Part::Char(own) => *own == c,
            Part::Set(ranges, outside) => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *outside,
        }
    }
}

/// Read the rest of a set behind its `[`. A `]` that comes first is one of its characters.
fn set(rest: &mut std::str::Chars<'_>) -> Result<Part, GlobError> {
    let outside = rest.as_str().starts_with('^');
    if outside {
        rest.next();
    }
    let mut ranges: Vec<(char, char)> = Vec::new();
    loop {
        match rest.next().ok_or(GlobError::Open)? {
            ']' if !ranges.is_empty() => return Ok(Part::Set(ranges, outside)),
            from => {
                let mut ahead = rest.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('-'), Some(to)) if to != ']' => {
                        if to < from {
                            return Err(GlobError::Backwards(from, to));
                        }
                        ranges.push((from, to));
                        *rest = ahead;
                    }
                    _ => ranges.push((from, from)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Glob, GlobError};

    #[test]
    fn globs_that_can_match_nothing_are_refused() {
        for (text, expected) in [
            ("", GlobError::Empty),
            ("shop/[", GlobError::Open),
            ("[]", GlobError::Open),
            ("[^", GlobError::Open),
            ("v[z-a]", GlobError::Backwards('z', 'a')),
        ] {
            assert_eq!(Glob::parse(text), Err(expected), "{text}");
        }
    }

    proptest! {
            #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

            /// What matches here matches in the store.
            #[test]
            fn it_means_what_sqlite_means(glob in "[ab*?/\\[\\]^-]{1,7}", text in "[ab/^-]{0,7}") {
                let connection = rusqlite::Connection::open_in_memory().expect("SQLite");
                let sql = "SELECT ?1 GLOB ?2";
                let theirs: bool = connection.query_row(sql, [&text, &glob], |row| row.get(0)).expect("an answer");
                match Glob::parse(&glob) {
                    Ok(ours) => prop_assert_eq!(ours.matches(&text), theirs, "{} {}", glob, text),
                    Err(GlobError::Open) => prop_assert!(!theirs, "{} {}", glob, text),
    // An empty range next to others.
                    Err(GlobError::Backwards(..)) => {}
                    Err(GlobError::Empty) => unreachable!("it is not empty"),
                }
            }

            #[test]
            fn it_ends_soon(stars in 1..60usize, length in 0..600usize) {
                let glob = Glob::parse(&"*a".repeat(stars)).expect("a glob");
                prop_assert_eq!(glob.matches(&"a".repeat(length)), length >= stars);
                let longer = "a".repeat(length) + "b";
                prop_assert!(!glob.matches(&longer));
            }
        }
}
