//! What a tag name promises: one build forever, or whatever is newest.

use super::figures::TagKind;

/// Names that follow the newest build by convention.
const FLOATING: [&str; 17] = [
    "latest",
    "main",
    "master",
    "trunk",
    "head",
    "develop",
    "development",
    "dev",
    "edge",
    "nightly",
    "canary",
    "snapshot",
    "unstable",
    "next",
    "tip",
    "current",
    "rolling",
];

impl TagKind {
    /// The kind of a tag by its name.
    pub(super) fn of(tag: &str) -> Self {
        if is_full_version(tag) {
            return TagKind::Release;
        }
        let tag = tag.to_ascii_lowercase();
        // `latest-arm64`, `1.4-nightly`: the conventional word is the first or the last one.
        let words = || tag.split(['-', '_']);
        let floating = |word: Option<&str>| word.is_some_and(|word| FLOATING.contains(&word));
        if floating(words().next()) || floating(words().next_back()) { TagKind::Floating } else { TagKind::Other }
    }
}

/// Whether it has at least three numbers joined by dots, as `1.4.2`, `v1.4.2-rc.1` and `2024.01.31` have.
fn is_full_version(tag: &str) -> bool {
    let tag = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    let core = tag.split(['-', '+', '_']).next().unwrap_or_default();
    let mut parts = core.split('.');
    let numbers = parts.by_ref().take(3).filter(|part| is_number(part)).count();
    numbers == 3 && parts.all(is_number_or_letters)
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number_or_letters(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::TagKind;

    #[test]
    fn kinds_of_tags() {
        use TagKind::{Floating, Other, Release};
        for (tag, kind) in [
            ("1.4.2", Release),
            ("v1.4.2", Release),
            ("V2.0.0-rc.1", Release),
            ("1.4.2_hotfix", Release),
            ("2024.01.31", Release),
            ("1.2.3.4", Release),
            ("1.4", Other),
            ("v1", Other),
            ("1.4.x", Other),
            ("1..2", Other),
            ("prod", Other),
            ("build-417", Other),
            ("maintenance", Other),
            ("", Other),
            ("latest", Floating),
            ("LATEST", Floating),
            ("latest-arm64", Floating),
            ("1.4-nightly", Floating),
            ("main", Floating),
            ("feature-main-menu", Other),
        ] {
            assert_eq!(TagKind::of(tag), kind, "{tag:?}");
        }
    }
}
