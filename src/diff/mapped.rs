//! Two captures compared under other names: a region with its replica, one account with another, dev with prod.
//!
//! The repositories have keys of their own, so that equal content is found by reading both sides. Push, pull and scan
//! times belong to each registry, so that nothing is concluded from them: an image is there or not, by its digest.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::detail;
use super::listing::{Changed, Changes, Unmatched, by_digest, sort};
use super::name_map::{NameMap, source, target};
use super::snapshots::{Comparison, Held, RepositoryChange, Side, held, totals};
use super::tags;
use crate::coverage::{Absence, Coverage};
use crate::model::{Detail, Glob, Members, visible};
use crate::store::StoreError;
use crate::store::read::{Listing, Reader, Repositories, Selection, Snapshot};
use crate::store::row::RepositoryName;

/// How many names an error lists.
const SHOWN: usize = 5;

/// Why nothing is compared.
#[derive(Debug, thiserror::Error)]
pub enum MappedError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// One side of a map matches nothing.
    #[error("--map {map}: no repository of snapshot `{snapshot}` has the {kind} `{side}`; there is {known}")]
    NothingMatches {
        /// The map.
        map: String,
        /// The snapshot of that side.
        snapshot: String,
        /// Which part of a name.
        kind: &'static str,
        /// The side.
        side: String,
        /// What the snapshot has instead.
        known: String,
    },
    /// Two repositories of the first capture are mapped to one of the second.
    #[error("`{one}` and `{other}` are both mapped to `{target}`; a target may have one source")]
    Twice {
        /// The first of them.
        one: String,
        /// The second of them.
        other: String,
        /// The target of both.
        target: String,
    },
    /// No repository of either capture takes part.
    #[error("no repository takes part: none matches every --map and the selection")]
    Nothing,
}

/// Compare the repositories of two snapshots that correspond to each other. `selection` narrows the names of the first
/// capture. Images are compared by digest, tags and size, with `members` by every member but the names.
///
/// # Errors
/// A map matches nothing on one side, or maps two repositories to one; or the store cannot be read.
pub fn mapped(
    reader: &Reader,
    (from, to): (&Snapshot, &Snapshot),
    maps: &[NameMap],
    selection: &Repositories,
    members: bool,
) -> Result<Comparison, MappedError> {
    let everything = Repositories::default();
    let (all_before, all_after) = (reader.select(from.id, &everything)?, reader.select(to.id, &everything)?);
    for map in maps {
        check_side(map, from, &map.left.to_string(), &all_before, |name| target(std::slice::from_ref(map), name))?;
        check_side(map, to, &map.right.to_string(), &all_after, |name| source(std::slice::from_ref(map), name))?;
    }
    let selected = |name: &RepositoryName| selects(selection, name);
    let mut before: BTreeMap<[String; 3], (Listing, RepositoryName)> = BTreeMap::new();
    for listing in all_before.into_iter().filter(|listing| selected(&listing.repository)) {
        let Some(name) = target(maps, &listing.repository) else { continue };
        let other = before.insert(key(&name), (listing, name));
        if let Some((other, name)) = other {
            let one = before.get(&key(&name)).map(|(listing, _)| whole_name(&listing.repository)).unwrap_or_default();
            return Err(MappedError::Twice {
                one: whole_name(&other.repository),
                other: one,
                target: whole_name(&name),
            });
        }
    }
    let takes_part = |listing: &Listing| source(maps, &listing.repository).is_some_and(|name| selected(&name));
    let mut after: HashMap<[String; 3], Listing> =
        all_after.into_iter().filter(takes_part).map(|listing| (key(&listing.repository), listing)).collect();
    if before.is_empty() && after.is_empty() {
        return Err(MappedError::Nothing);
    }
    let listings = |listings: Vec<&Listing>| totals(&listings.into_iter().cloned().collect::<Vec<_>>());
    let mut comparison = Comparison {
        from: from.clone(),
        to: to.clone(),
        before: listings(before.values().map(|(listing, _)| listing).collect()),
        after: listings(after.values().collect()),
        repositories: Vec::new(),
        settings: Vec::new(),
    };
    let sides = (Side::of(reader, from)?, Side::of(reader, to)?);
    for (key, (listing, name)) in before {
        let other = after.remove(&key);
        let names = (&listing.repository, &name);
        comparison.repositories.extend(pair(reader, (Some(&listing), other.as_ref()), names, &sides, members)?);
    }
    let mut alone: Vec<Listing> = after.into_values().collect();
    alone.sort_by_key(|listing| key(&listing.repository));
    for listing in alone {
        let Some(name) = source(maps, &listing.repository) else { continue };
        let names = (&name, &listing.repository);
        comparison.repositories.extend(pair(reader, (None, Some(&listing)), names, &sides, members)?);
    }
    comparison.repositories.sort_by_key(|change| key(&change.repository));
    Ok(comparison)
}

fn key(name: &RepositoryName) -> [String; 3] {
    [name.name.to_string(), name.registry_id.to_string(), name.region.to_string()]
}

/// A name with all its parts, as people write it.
fn whole_name(name: &RepositoryName) -> String {
    let region = if name.region.is_empty() { String::new() } else { format!(", {}", name.region) };
    visible(&format!("{} ({}{region})", name.name, name.registry_id))
}

/// A map that matches nothing on one side is more likely a slip than a question.
fn check_side(
    map: &NameMap,
    snapshot: &Snapshot,
    side: &str,
    listings: &[Listing],
    matched: impl Fn(&RepositoryName) -> Option<RepositoryName>,
) -> Result<(), MappedError> {
    if listings.iter().any(|listing| matched(&listing.repository).is_some()) {
        return Ok(());
    }
    let values: BTreeSet<&str> = listings.iter().map(|listing| map.kind.of(&listing.repository)).collect();
    let named = |value: &&str| if value.is_empty() { "none".to_owned() } else { format!("`{}`", visible(value)) };
    let mut known: Vec<String> = values.iter().take(SHOWN).map(named).collect();
    if values.len() > SHOWN {
        known.push(format!("{} more", values.len() - SHOWN));
    }
    Err(MappedError::NothingMatches {
        map: visible(&map.to_string()),
        snapshot: visible(&snapshot.name),
        kind: map.kind.as_str(),
        side: visible(side),
        known: if known.is_empty() { "nothing in it".to_owned() } else { known.join(", ") },
    })
}

fn selects(selection: &Repositories, name: &RepositoryName) -> bool {
    let by_name = |glob: &String| Glob::parse(glob).is_ok_and(|glob| glob.matches(&name.name));
    (selection.names.is_empty() || selection.names.iter().any(by_name))
        && selection.registry_id.as_deref().is_none_or(|registry| registry == &*name.registry_id)
        && selection.region.as_deref().is_none_or(|region| region == &*name.region)
}

/// What differs between two repositories that correspond to each other, or what the only one of them has. `names` are
/// those of both, whether a snapshot has them or not.
fn pair(
    reader: &Reader,
    (before, after): (Option<&Listing>, Option<&Listing>),
    names: (&RepositoryName, &RepositoryName),
    (one, other): &(Side, Side),
    members: bool,
) -> Result<Option<RepositoryChange>, StoreError> {
    let (from, one, held_before) = content(reader, before, one, names.0)?;
    let (to, other, held_after) = content(reader, after, other, names.1)?;
    let changes = compare((from, &one), (to, &other), members);
    let absence = match (before, after) {
        (Some(_), Some(_)) if changes.is_empty() => return Ok(None),
        (Some(_), Some(_)) => None,
        (None, _) => Some(one.absence_of_repository()),
        (_, None) => Some(other.absence_of_repository()),
    };
    let repository = if before.is_some() { names.0 } else { names.1 }.clone();
    let counterpart = Some(names.1.clone()).filter(|name| *name != repository);
    Ok(Some(RepositoryChange { repository, counterpart, before: held_before, after: held_after, absence, changes }))
}

/// Everything that one side holds, and what it says of what it does not hold.
fn content(
    reader: &Reader,
    listing: Option<&Listing>,
    side: &Side,
    name: &RepositoryName,
) -> Result<(Vec<Detail>, Coverage, Option<Held>), StoreError> {
    let Some(listing) = listing else {
        return Ok((Vec::new(), side.of_missing(name), None));
    };
    let mut details = Vec::new();
    let all = Selection::default();
    reader.details(listing, 0, usize::MAX, &all, Members::ALL, &mut |it| details.push(it.detail))?;
    let mut held = held(listing, side);
    if held.coverage.may_hide_archived() {
        held.coverage.shows(&reader.shown_statuses(listing)?);
    }
    Ok((details, held.coverage.clone(), Some(held)))
}

fn compare(before: (Vec<Detail>, &Coverage), after: (Vec<Detail>, &Coverage), members: bool) -> Changes {
    let (from, mut to) = (by_digest(before.0), by_digest(after.0));
    let mut changes =
        Changes { tags: tags::tags(from.values(), to.values(), (before.1, after.1)), ..Changes::default() };
    for (digest, detail) in from {
        if let Some(other) = to.shift_remove(&digest) {
            changes.changed.extend(changed(detail, other, members));
        } else {
            let absence = absence(after.1, &detail);
            changes.removed.push(Unmatched { detail, absence });
        }
    }
    for detail in to.into_values() {
        let absence = absence(before.1, &detail);
        changes.added.push(Unmatched { detail, absence });
    }
    sort(&mut changes);
    changes
}

/// A push in one registry says nothing about the other.
fn absence(coverage: &Coverage, detail: &Detail) -> Absence {
    coverage.absence(&Detail { image_pushed_at: None, ..detail.clone() })
}

fn changed(before: Detail, after: Detail, every: bool) -> Option<Changed> {
    const NAMES: [&str; 2] = ["registryId", "repositoryName"];
    let mut members = detail::members(&before, &after);
    members.retain(|member| {
        let name = member.name.as_str();
        if every { !NAMES.contains(&name) } else { name == "imageSizeInBytes" }
    });
    (!members.is_empty()).then_some(Changed { before, after, members })
}
