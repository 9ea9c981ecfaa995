//! What the file of a listing is called: `shop+web.json` for `shop/web`, as `scripts/export.sh` has it.
//!
//! A name out of a page may be anything. What comes out here is one path component that no file
//! system takes for something else, and two names never give one file, also if case does not count.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::store::read::Listing;
use crate::store::row::RepositoryName;

/// Bytes of a component; file systems take 255, and an ending comes on top.
const LONGEST: usize = 200;

/// Which folders the files of a snapshot need: one for each registry or region only where it has
/// more than one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    registries: bool,
    regions: bool,
}

impl Layout {
    /// The layout for these listings.
    pub fn of(listings: &[Listing]) -> Self {
        Layout::of_names(&listings.iter().map(|listing| &listing.repository).collect::<Vec<_>>())
    }

    /// The layout for these repositories.
    pub fn of_names(names: &[&RepositoryName]) -> Self {
        let several =
            |part: fn(&RepositoryName) -> &str| names.iter().map(|name| part(name)).collect::<BTreeSet<_>>().len() > 1;
        Layout { registries: several(|name| &name.registry_id), regions: several(|name| &name.region) }
    }

    /// The path of a repository's file, below the folder of the export. What is in one folder has one
    /// region, since a page does not say it.
    pub fn path(self, repository: &RepositoryName, ending: &str) -> PathBuf {
        let mut path = PathBuf::new();
        if self.regions {
            path.push(component(&repository.region));
        }
        if self.registries {
            path.push(component(&repository.registry_id));
        }
        let mut name = component(&repository.name);
        // Names that other files of an export have. No component ends in a lone `%`.
        if name.ends_with(".policy") || ["describe-repositories", "ecrsnap-export"].contains(&name.as_str()) {
            name.push('%');
        }
        path.push(format!("{name}.{ending}"));
        path
    }
}

/// A text as one component of a path. `/` is `+`; all but lower-case letters, digits, `.`, `_` and
/// `-` is `%` and two hexadecimal digits; what is too long ends in a hash of the whole.
pub(crate) fn component(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'/' => name.push('+'),
            b'.' if at > 0 => name.push('.'),
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => name.push(char::from(byte)),
            // Writing to a string does not fail.
            _ => drop(write!(name, "%{byte:02x}")),
        }
    }
    if name.is_empty() {
        return "%".to_owned();
    }
    if name.len() > LONGEST {
        let hash = blake3::hash(text.as_bytes()).to_hex();
        // All of it is ASCII, so any place is good to cut.
        name.truncate(LONGEST - 33);
        name.push('%');
        name.push_str(&hash[..32]);
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::component;

    #[test]
    fn names_are_harmless() {
        for (text, name) in [
            ("shop/web", "shop+web"),
            ("a.b_c-d9", "a.b_c-d9"),
            ("", "%"),
            (".", "%2e"),
            ("..", "%2e."),
            ("../../etc/passwd", "%2e.+..+etc+passwd"),
            ("/etc/passwd", "+etc+passwd"),
            ("a+b", "a%2bb"),
            ("a%2b", "a%252b"),
            ("Web", "%57eb"),
            ("a\\b:c\n\0", "a%5cb%3ac%0a%00"),
            ("é", "%c3%a9"),
        ] {
            assert_eq!(component(text), name, "{text:?}");
        }
        assert_eq!(component(&"a".repeat(256)).len(), super::LONGEST);
        assert_ne!(component(&"a".repeat(256)), component(&"a".repeat(257)));
    }

    proptest! {
        #[test]
        fn two_names_are_two_files(names in proptest::collection::hash_set("[a-cA-C./+%é]{0,4}", 1..200)) {
            let mut files = HashMap::new();
            for name in &names {
                let file = component(name);
                prop_assert!(!file.contains(['/', '\\']) && !file.starts_with('.'));
                prop_assert_eq!(files.insert(file.to_lowercase(), name), None);
            }
        }
    }
}
