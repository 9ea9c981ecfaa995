//! `export`: the files about repositories, next to the pages of their images.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::export::names::Layout;
use crate::export::{ExportError, Manifest, write_policy, write_repositories};
use crate::model::{CaptureScope, EXPORT_MANIFEST, Instant, RegistryName, visible};
use crate::store::StoreError;
use crate::store::read::{DescribedRepository, Listing, Reader, SavedPolicy, Snapshot};
use crate::store::row::RepositoryName;

/// What one folder of the export holds.
#[derive(Default)]
struct Folder<'e> {
    listings: Vec<(&'e Listing, String)>,
    described: Vec<&'e DescribedRepository>,
    policies: Vec<&'e SavedPolicy>,
}

/// The files about repositories with their content; none if the snapshot knows nothing about them. `whole` is whether
/// the export is of all repositories: a list of some of them would say that the others do not exist.
pub(super) fn files(
    reader: &Reader,
    snapshot: &Snapshot,
    (listings, whole): (&[Listing], bool),
    layout: Layout,
    out: &Path,
) -> Result<Vec<(PathBuf, Vec<u8>)>, ExportError> {
    let exported: HashSet<i64> = listings.iter().map(|listing| listing.repository_id).collect();
    let described = if whole { reader.described_repositories(snapshot.id)? } else { Vec::new() };
    let mut policies = reader.lifecycle_policies(snapshot.id)?;
    policies.retain(|policy| whole || exported.contains(&policy.repository_id));
    if described.is_empty() && policies.is_empty() {
        return Ok(Vec::new());
    }
    let place = |name: &RepositoryName, ending: &str| {
        let path = layout.path(name, ending);
        let folder = out.join(path.parent().unwrap_or(Path::new("")));
        (folder, path.file_name().unwrap_or_default().to_string_lossy().into_owned())
    };
    let mut folders: BTreeMap<PathBuf, Folder<'_>> = BTreeMap::new();
    for listing in listings {
        let (folder, file) = place(&listing.repository, "json");
        folders.entry(folder).or_default().listings.push((listing, file));
    }
    for repository in &described {
        folders.entry(place(&repository.repository, "json").0).or_default().described.push(repository);
    }
    for policy in &policies {
        folders.entry(place(&policy.repository, "json").0).or_default().policies.push(policy);
    }
    let scope = if whole { reader.scope(snapshot.id)? } else { CaptureScope::default() };
    let mut files = Vec::new();
    for (path, folder) in folders {
        if !folder.described.is_empty() {
            let mut page = Vec::new();
            let token = token(reader, snapshot, &folder.described[0].repository)?;
            write_repositories(&folder.described, token.as_deref(), &mut page)?;
            files.push((path.join("describe-repositories.json"), page));
        }
        for policy in folder.policies.iter().filter(|policy| policy.text.is_some()) {
            let mut page = Vec::new();
            write_policy(policy, &mut page)?;
            files.push((path.join(place(&policy.repository, "policy.json").1), page));
        }
        let mut manifest = Vec::new();
        manifest_of(&folder, snapshot, &scope)?.write(&mut manifest)?;
        files.push((path.join(EXPORT_MANIFEST), manifest));
    }
    Ok(files)
}

/// The token that the list of repositories of a registry and region ends with.
fn token(reader: &Reader, snapshot: &Snapshot, name: &RepositoryName) -> Result<Option<String>, StoreError> {
    let mut pages = reader.repository_pages(snapshot.id)?;
    pages.retain(|page| page.registry_id == *name.registry_id && page.region == *name.region);
    Ok(pages.pop().and_then(|page| page.token))
}

fn manifest_of<'f>(
    folder: &'f Folder<'_>,
    snapshot: &Snapshot,
    scope: &CaptureScope,
) -> Result<Manifest<'f>, StoreError> {
    let captured_at = Instant::from_micros(snapshot.captured_at)
        .map_err(|error| StoreError::Damaged(format!("the time of snapshot `{}` {error}", visible(&snapshot.name))))?;
    let names = || {
        let listings = folder.listings.iter().map(|(listing, _)| &listing.repository);
        let described = folder.described.iter().map(|repository| &repository.repository);
        listings.chain(described).chain(folder.policies.iter().map(|policy| &policy.repository))
    };
    // One value, or none if there are several.
    let only = |part: fn(&RepositoryName) -> &str| {
        let first = names().next().map(part);
        first.filter(|first| names().all(|name| part(name) == *first))
    };
    let filter = folder.listings.first().and_then(|(listing, _)| listing.capture_filter);
    let same = folder.listings.iter().all(|(listing, _)| listing.capture_filter == filter);
    let (registry_id, region) = (only(|name| &name.registry_id), only(|name| &name.region));
    // Ingested again, the scope is declared with the filter of the manifest.
    let whole = registry_id.zip(region).is_some_and(|(registry_id, region)| {
        let registry = RegistryName { registry_id: registry_id.to_owned(), region: region.to_owned() };
        same && scope.declared(&registry) == Some(filter)
    });
    Ok(Manifest {
        captured_at,
        registry_id,
        region,
        capture_filter: filter.filter(|_| same),
        whole,
        files: folder.listings.iter().map(|(listing, file)| (file.clone(), &listing.repository)).collect(),
        without_policy: folder
            .policies
            .iter()
            .filter(|policy| policy.text.is_none())
            .map(|policy| &policy.repository)
            .collect(),
    })
}
