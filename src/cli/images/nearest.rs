//! What to say if nothing was found: which names are near.

use std::collections::BTreeSet;

use crate::model::visible;
use crate::store::StoreError;
use crate::store::read::search::{Filter, Search};
use crate::store::read::{Reader, Snapshot};

/// How many names to suggest.
const SUGGESTED: usize = 3;

/// How many images are looked at for their tags.
const LOOKED_AT: u64 = 20_000;

/// Say on stderr that a search found nothing, with the repository names or tags that are nearest to those asked for.
pub(super) fn note(reader: &Reader, snapshot: &Snapshot, search: &Search) -> Result<(), StoreError> {
    let filter = &search.filter;
    if search.limit == Some(0) || search.offset > 0 {
        return Ok(());
    }
    let names: BTreeSet<String> =
        reader.listings(snapshot.id, None)?.into_iter().map(|listing| listing.repository.name.to_string()).collect();
    let asked = Filter { repositories: filter.repositories.clone(), ..Filter::default() };
    let (kind, near) = if !filter.repositories.is_empty() && reader.searched(snapshot.id, &asked)?.is_empty() {
        ("repository names", nearest(&filter.repositories, &names))
    } else if reader.searched(snapshot.id, filter)?.is_empty() {
        ("repository names", Vec::new())
    } else if filter.tags.is_empty() {
        ("", Vec::new())
    } else {
        let scope = Filter {
            repositories: filter.repositories.clone(),
            registry_id: filter.registry_id.clone(),
            region: filter.region.clone(),
            ..Filter::default()
        };
        let tagged = Filter { tagged: Some(true), ..scope.clone() };
        let tags = reader.some_tags(snapshot.id, &tagged, LOOKED_AT)?;
        // A tag that exists is not what is missing.
        let with_tag = Search { filter: Filter { tags: filter.tags.clone(), ..scope }, ..Search::default() };
        match reader.count(snapshot.id, &with_tag)? {
            0 => ("tags", nearest(&filter.tags, &tags)),
            _ => ("", Vec::new()),
        }
    };
    if near.is_empty() {
        // That the repository does not exist has been said.
        if kind != "repository names" {
            eprint_escaped!("ecrsnap: note: no image meets all conditions");
        }
    } else {
        let near: Vec<_> = near.iter().map(|name| visible(name)).collect();
        eprint_escaped!("ecrsnap: note: no image meets all conditions; the nearest {kind}: {}", near.join(", "));
    }
    Ok(())
}

/// The names that are nearest to one of some globs, the nearest first: those that contain its text, in any case, then
/// those that are spelled alike.
fn nearest(globs: &[String], names: &BTreeSet<String>) -> Vec<String> {
    let mut near: Vec<(f64, &str)> = Vec::new();
    for name in names {
        let likeness = globs.iter().map(|glob| likeness(glob, name)).fold(0.0, f64::max);
        if likeness >= 0.5 {
            near.push((likeness, name));
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.into_iter().take(SUGGESTED).map(|(_, name)| name.to_owned()).collect()
}

/// How much a name is like the text of a glob, from 0 to 1.
fn likeness(glob: &str, name: &str) -> f64 {
    let text: String = glob.chars().filter(|c| !matches!(c, '*' | '?' | '[' | ']')).collect();
    let (text, name) = (text.trim_matches('/').to_lowercase(), name.to_lowercase());
    if text.is_empty() || text.len() > 300 {
        return 0.0;
    }
    let mut spelled = alike(&text, &name);
    if let (false, Some((_, last))) = (text.contains('/'), name.rsplit_once('/')) {
        spelled = spelled.max(alike(&text, last));
    }
    if name.contains(&text) { spelled.max(0.9) } else { spelled }
}

/// How alike the spelling of two texts is, from 0 to 1; 0 if it is less than a half anyway.
fn alike(text: &str, name: &str) -> f64 {
    // Each letter that one has more is a difference.
    let (shorter, longer) = (text.len().min(name.len()), text.len().max(name.len()));
    let (is_long, is_ascii) = (2 * shorter < longer, text.is_ascii() && name.is_ascii());
    if is_long && is_ascii { 0.0 } else { strsim::normalized_damerau_levenshtein(text, name) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::nearest;

    #[test]
    fn near_names_come_first() {
        let names: BTreeSet<String> =
            ["shop/api", "shop/web", "shop/worker", "tools/builder"].into_iter().map(str::to_owned).collect();
        for (glob, expected) in [
            ("shop/wbe", vec!["shop/web", "shop/worker", "shop/api"]),
            ("web", vec!["shop/web"]),
            ("SHOP/*", vec!["shop/api", "shop/web", "shop/worker"]),
            ("*builders*", vec!["tools/builder"]),
            ("nothing-like-it", vec![]),
            ("*", vec![]),
        ] {
            assert_eq!(nearest(&[glob.to_owned()], &names), expected, "{glob}");
        }
    }
}
