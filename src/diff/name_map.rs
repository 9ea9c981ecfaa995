//! How the repositories of one capture correspond to those of another: `region=eu-west-1:us-east-1`.

use std::fmt;
use std::str::FromStr;

use crate::store::row::RepositoryName;

/// Which part of a repository's name a map changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MapKind {
    /// The region label.
    Region,
    /// The registry.
    RegistryId,
    /// The name itself.
    RepositoryName,
}

impl MapKind {
    /// All of them.
    pub const ALL: [MapKind; 3] = [MapKind::Region, MapKind::RegistryId, MapKind::RepositoryName];

    /// Its word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            MapKind::Region => "region",
            MapKind::RegistryId => "registry-id",
            MapKind::RepositoryName => "repository-name",
        }
    }

    /// That part of a name.
    pub fn of(self, name: &RepositoryName) -> &str {
        match self {
            MapKind::Region => &name.region,
            MapKind::RegistryId => &name.registry_id,
            MapKind::RepositoryName => &name.name,
        }
    }

    fn put(self, name: &mut RepositoryName, value: String) {
        match self {
            MapKind::Region => name.region = value.into(),
            MapKind::RegistryId => name.registry_id = value.into(),
            MapKind::RepositoryName => name.name = value.into(),
        }
    }
}

/// One side of a map: a text with at most one `*`, which matches any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    before: String,
    /// What follows the `*`; `None` if there is no `*`.
    after: Option<String>,
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, NameMapError> {
        match text.split_once('*') {
            None => Ok(Pattern { before: text.to_owned(), after: None }),
            Some((_, after)) if after.contains('*') => Err(NameMapError::Stars(text.to_owned())),
            Some((before, after)) => Ok(Pattern { before: before.to_owned(), after: Some(after.to_owned()) }),
        }
    }

    /// The part of a text that the `*` matches; an empty text if there is no `*`. `None` if the text does not match.
    fn matched<'t>(&self, text: &'t str) -> Option<&'t str> {
        match &self.after {
            None => (text == self.before).then_some(""),
            Some(after) => text.strip_prefix(&*self.before)?.strip_suffix(&**after),
        }
    }

    fn filled(&self, star: &str) -> String {
        match &self.after {
            None => self.before.clone(),
            Some(after) => format!("{}{star}{after}", self.before),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.after {
            None => formatter.write_str(&self.before),
            Some(after) => write!(formatter, "{}*{after}", self.before),
        }
    }
}

/// One map: what is called `left` in the first capture is called `right` in the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameMap {
    /// Which part of a name it changes.
    pub kind: MapKind,
    /// The first capture's side.
    pub left: Pattern,
    /// The second capture's side.
    pub right: Pattern,
}

/// Why a text is not a map.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameMapError {
    /// The text is not of the form.
    #[error("expected KIND=LEFT:RIGHT, such as region=eu-west-1:us-east-1 or 'repository-name=dev/*:prod/*'")]
    Form,
    /// A word before the `=` that does not name a part of a name.
    #[error("unknown kind `{0}`; expected one of: region, registry-id, repository-name")]
    Kind(String),
    /// More than one `*` in a side.
    #[error("`{0}` has more than one `*`; a side may have one")]
    Stars(String),
    /// The right side has a `*` that the left side has not.
    #[error("`{0}` has a `*` and the left side has none, so the text that it matches is undefined")]
    Unfilled(String),
    /// A side of a registry or name that is empty.
    #[error("a side is empty; only a region may be, for listings without a region label")]
    EmptySide,
}

impl FromStr for NameMap {
    type Err = NameMapError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, sides) = text.split_once('=').ok_or(NameMapError::Form)?;
        let (left, right) = sides.split_once(':').ok_or(NameMapError::Form)?;
        if right.contains(':') {
            return Err(NameMapError::Form);
        }
        let known = MapKind::ALL.into_iter().find(|known| known.as_str() == kind);
        let kind = known.ok_or_else(|| NameMapError::Kind(kind.to_owned()))?;
        if kind != MapKind::Region && (left.is_empty() || right.is_empty()) {
            return Err(NameMapError::EmptySide);
        }
        let map = NameMap { kind, left: Pattern::parse(left)?, right: Pattern::parse(right)? };
        if map.right.after.is_some() && map.left.after.is_none() {
            return Err(NameMapError::Unfilled(right.to_owned()));
        }
        Ok(map)
    }
}

impl fmt::Display for NameMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}:{}", self.kind.as_str(), self.left, self.right)
    }
}

/// What a name of the first capture is called in the second; `None` if it does not take part. The first map of each
/// kind that fits counts.
pub(super) fn target(maps: &[NameMap], name: &RepositoryName) -> Option<RepositoryName> {
    turned(maps, name, |map| (&map.left, &map.right))
}

/// What a name of the second capture is called in the first; `None` if it does not take part.
pub(super) fn source(maps: &[NameMap], name: &RepositoryName) -> Option<RepositoryName> {
    turned(maps, name, |map| (&map.right, &map.left))
}

fn turned<'m>(
    maps: &'m [NameMap],
    name: &RepositoryName,
    sides: impl Fn(&'m NameMap) -> (&'m Pattern, &'m Pattern),
) -> Option<RepositoryName> {
    let mut turned = name.clone();
    for kind in MapKind::ALL {
        let mut of_kind = maps.iter().filter(|map| map.kind == kind).peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        let value = of_kind.find_map(|map| {
            let (here, there) = sides(map);
            Some(there.filled(here.matched(kind.of(name))?))
        })?;
        kind.put(&mut turned, value);
    }
    Some(turned)
}

#[cfg(test)]
mod tests {
    use super::{NameMap, NameMapError, RepositoryName, source, target};

    fn name(text: &str) -> RepositoryName {
        let mut parts = text.split('|').map(Into::into);
        let mut next = || parts.next().expect("three parts");
        RepositoryName { registry_id: next(), region: next(), name: next() }
    }

    fn maps(texts: &[&str]) -> Vec<NameMap> {
        texts.iter().map(|text| text.parse().expect("a map")).collect()
    }

    #[test]
    fn names_are_mapped_and_back() {
        for (texts, here, there) in [
            (&["region=eu:us"][..], "1|eu|shop/web", Some("1|us|shop/web")),
            (&["region=eu:us"], "1|us|shop/web", None),
            (&["region=:us"], "1||shop/web", Some("1|us|shop/web")),
            (&["registry-id=1:2", "region=eu:us"], "1|eu|a/b", Some("2|us|a/b")),
            (&["registry-id=1:2", "region=eu:us"], "1|ap|a/b", None),
            (&["repository-name=dev/*:prod/*"], "1||dev/web/x", Some("1||prod/web/x")),
            (&["repository-name=*-dev:live/*"], "1||web-dev", Some("1||live/web")),
            (&["repository-name=dev/*:prod/*", "repository-name=test/*:stage/*"], "1||test/a", Some("1||stage/a")),
        ] {
            let maps = maps(texts);
            assert_eq!(target(&maps, &name(here)), there.map(name), "{texts:?} {here}");
            if let Some(there) = there {
                assert_eq!(source(&maps, &name(there)), Some(name(here)), "{texts:?} {there}");
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        use NameMapError::{EmptySide, Form, Kind, Stars, Unfilled};
        for (text, expected) in [
            ("", Form),
            ("region", Form),
            ("region=eu", Form),
            ("region=eu:us:ap", Form),
            ("account=1:2", Kind("account".to_owned())),
            ("registry-id=:2", EmptySide),
            ("repository-name=a/*/*:b/*", Stars("a/*/*".to_owned())),
            ("repository-name=a:b/*", Unfilled("b/*".to_owned())),
        ] {
            assert_eq!(text.parse::<NameMap>(), Err(expected), "{text}");
        }
        assert_eq!(maps(&["repository-name=dev/*:prod/*"])[0].to_string(), "repository-name=dev/*:prod/*");
    }
}
