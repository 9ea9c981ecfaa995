//! Functions in SQL, for the program's own searches and for the statements of the user.

use std::error::Error;

use regex::Regex;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

use crate::model::version_key;

/// The functions only calculate: no view can do harm with them.
fn flags() -> FunctionFlags {
    FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS
}

/// Define the functions that the user's statements may call: `regexp(PATTERN, TEXT)`, which is also the operator
/// `TEXT REGEXP PATTERN`, and `version_key(TAG)`.
pub(super) fn define_public(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("regexp", 2, flags(), matches)?;
    connection.create_scalar_function("version_key", 1, flags(), |context| Ok(text(context, 0).and_then(version_key)))
}

/// A pattern as [`regex`] reads it. The size of what it compiles to is limited.
///
/// # Errors
/// If the pattern is not a regular expression, or compiles to more than the limit.
pub fn regex(pattern: &str) -> std::result::Result<Regex, regex::Error> {
    regex::RegexBuilder::new(pattern).size_limit(1 << 20).build()
}

type BoxError = Box<dyn Error + Send + Sync + 'static>;

fn matches(context: &Context<'_>) -> Result<Option<bool>> {
    // NULL matches nothing and is not different from anything.
    let (Some(_), Some(text)) = (text(context, 0), text(context, 1)) else { return Ok(None) };
    let pattern = context.get_or_create_aux(0, |value| -> std::result::Result<Regex, BoxError> {
        regex(value.as_str()?).map_err(|error| format!("regexp: {error}").into())
    })?;
    Ok(Some(pattern.is_match(text)))
}

/// A text argument; `None` if it is NULL, another type, or not UTF-8.
fn text<'c>(context: &'c Context<'_>, index: usize) -> Option<&'c str> {
    match context.get_raw(index) {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

/// The first parts of a name: `shop` of `shop/web` at depth 1. A name with no more parts stays whole.
pub fn name_prefix(name: &str, depth: u32) -> &str {
    let end = name.match_indices('/').nth(depth.saturating_sub(1) as usize).map_or(name.len(), |(at, _)| at);
    &name[..end]
}

/// The family of a tag: its text before the first digit, `-`, `_` or `.`; `0-9` if a digit comes first.
pub fn tag_prefix(tag: &str) -> &str {
    if tag.starts_with(|c: char| c.is_ascii_digit()) {
        return "0-9";
    }
    let end = tag.find(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | '.')).unwrap_or(tag.len());
    &tag[..end]
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{define_public, name_prefix, tag_prefix};

    #[test]
    fn what_the_functions_return() {
        let connection = Connection::open_in_memory().expect("a database");
        define_public(&connection).expect("functions");
        for (sql, expected) in [
            ("regexp('^v[0-9]+$', 'v12')", Some("1")),
            ("'v12' REGEXP '^v'", Some("1")),
            ("'v12' REGEXP '2'", Some("1")),
            ("'v12' REGEXP '^2'", Some("0")),
            ("regexp(NULL, 'a')", None),
            ("regexp('a', NULL)", None),
            ("regexp('a', 1)", None),
            ("version_key('v1.2') = version_key('1.2.0')", Some("1")),
            ("version_key('1.9') < version_key('1.10')", Some("1")),
            ("version_key('latest')", None),
            ("version_key(NULL)", None),
        ] {
            let value = connection.query_row(&format!("SELECT CAST({sql} AS TEXT)"), [], |row| row.get(0));
            assert_eq!(value, Ok(expected.map(str::to_owned)), "{sql}");
        }
        for sql in ["SELECT regexp('(', 'a')", "SELECT regexp('(a{500}){500}', 'a')"] {
            assert!(connection.query_row(sql, [], |row| row.get::<_, bool>(0)).is_err(), "{sql}");
        }
    }

    #[test]
    fn prefixes() {
        for (name, depth, expected) in [
            ("shop/web", 1, "shop"),
            ("web", 1, "web"),
            ("a/b/c", 2, "a/b"),
            ("a/b", 9, "a/b"),
            ("", 1, ""),
            ("/a", 1, ""),
        ] {
            assert_eq!(name_prefix(name, depth), expected, "{name} {depth}");
        }
        for (tag, expected) in [
            ("v1.2", "v"),
            ("1.2", "0-9"),
            ("release-2", "release"),
            ("prod", "prod"),
            ("_x", ""),
            ("é1", "é"),
            ("", ""),
        ] {
            assert_eq!(tag_prefix(tag), expected, "{tag}");
        }
    }
}
