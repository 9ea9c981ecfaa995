//! Versions as people tag them, in an order.

use std::fmt::Write as _;

/// A text that sorts, byte by byte, as the versions do. `None` if the tag is not a version.
///
/// A version has numbers with dots between them, perhaps after a `v`, and perhaps a pre-release: `1.4.0`, `v2`,
/// `1.25-alpine`, `2.0.0-rc.1`, `3.0rc2`. Missing numbers count as 0. A pre-release comes before its release and is
/// compared word by word, numbers in it as numbers (so `rc2` comes before `rc10`). What follows `+`, or `_` after
/// the numbers, is compared like a pre-release too, since a tag cannot hold a `+`.
pub fn version_key(tag: &str) -> Option<String> {
    let text = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    // A dot before a word belongs to the word: `1.4.0.Final`.
    let (numbers, rest) = (text[..end].trim_end_matches('.'), &text[end..]);
    let mut parts: Vec<&str> = numbers.split('.').map(|part| part.trim_start_matches('0')).collect();
    if numbers.is_empty() || numbers.split('.').any(str::is_empty) || (rest.is_empty() && end > numbers.len()) {
        return None;
    }
    let separated = end > numbers.len() || rest.starts_with(['-', '_', '+']);
    // Without a separator only the usual words are meant: `7e3a` is a hash.
    let is_known = rest.is_empty() || separated || (parts.len() > 1 && is_pre_release(rest));
    if !is_known {
        return None;
    }
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    let mut key = String::with_capacity(4 * parts.len() + rest.len() + 2);
    for part in &parts {
        push_number(&mut key, part);
    }
    // Lower than every digit, so that 1.2 comes before 1.2.1; and a release after its pre-releases.
    key.push(' ');
    if rest.is_empty() {
        key.push('~');
        return Some(key);
    }
    key.push('-');
    push_words(&mut key, rest)?;
    Some(key)
}

/// The greatest key of the versions among some tags, and the tag itself.
pub fn greatest_version<'t>(tags: impl IntoIterator<Item = &'t str>) -> Option<(String, &'t str)> {
    tags.into_iter().filter_map(|tag| version_key(tag).map(|key| (key, tag))).max()
}

/// A number: how many digits it has, then the digits.
fn push_number(key: &mut String, digits: &str) {
    // Writing to a text does not fail.
    let _ = write!(key, "{:03}{digits}", digits.len());
}

/// The words of a pre-release: a number is lower than a word, and fewer words are lower than more.
fn push_words(key: &mut String, rest: &str) -> Option<()> {
    let mut characters = rest.chars().peekable();
    while let Some(c) = characters.peek().copied() {
        let mut run = String::new();
        let same = |other: &char| {
            c.is_ascii_digit() == other.is_ascii_digit() && c.is_ascii_alphabetic() == other.is_ascii_alphabetic()
        };
        while let Some(next) = characters.next_if(|other| same(other)) {
            run.push(next.to_ascii_lowercase());
        }
        if c.is_ascii_digit() {
            key.push('0');
            push_number(key, run.trim_start_matches('0'));
        } else if c.is_ascii_alphabetic() {
            key.push('1');
            key.push_str(&run);
            key.push(' ');
        } else if !run.chars().all(|c| matches!(c, '-' | '_' | '.' | '+')) {
            return None;
        }
    }
    Some(())
}

/// Whether a text starts with a word for a pre-release and continues with a number or nothing.
fn is_pre_release(rest: &str) -> bool {
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    matches!(
        rest[..end].to_ascii_lowercase().as_str(),
        "a" | "alpha" | "b" | "beta" | "c" | "rc" | "pre" | "preview" | "dev" | "m" | "snapshot"
    )
}

#[cfg(test)]
mod tests {
    use super::{greatest_version, version_key};

    #[test]
    fn versions_sort_by_their_keys() {
        let ascending = [
            "0",
            "0.0.1",
            "0.1.0-alpha",
            "0.1.0",
            "v0.2",
            "0.9.9",
            "1.0.0-0",
            "1.0.0-1",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0rc2",
            "1.0.0-rc10",
            "v1.0.0",
            "1.0.0.1",
            "1.0.1",
            "1.2-alpine",
            "1.2",
            "1.2.1",
            "1.10",
            "V2",
            "2.0.0.1",
            "2.1.0-SNAPSHOT",
            "2.1",
            "2026.3.1",
            "2026.03.08",
            "20260301",
            "99999999999999999999999999",
        ];
        for pair in ascending.windows(2) {
            let keys = (version_key(pair[0]).expect(pair[0]), version_key(pair[1]).expect(pair[1]));
            assert!(keys.0 < keys.1, "{pair:?}: {keys:?}");
        }
        for (one, other) in [("1", "v1.0.0"), ("1.2", "1.02.0"), ("1.0-RC1", "1.0.0-rc.1"), ("1.0rc1", "1.0-rc-1")] {
            assert_eq!(version_key(one), version_key(other), "{one} {other}");
        }
    }

    #[test]
    fn other_tags_are_not_versions() {
        for tag in [
            "",
            "v",
            "latest",
            "prod",
            "release-1.2",
            "7e3a",
            "4f06b3e2",
            "1.2.3x",
            "1..2",
            ".1",
            "1.",
            "vv1",
            "1.2-é",
            "-1",
        ] {
            assert_eq!(version_key(tag), None, "{tag}");
        }
    }

    #[test]
    fn the_greatest_of_several_tags() {
        assert_eq!(greatest_version(["latest", "1.9", "1.10-rc1", "prod"]).map(|(_, tag)| tag), Some("1.10-rc1"));
        assert_eq!(greatest_version(["latest"]), None);
    }
}
