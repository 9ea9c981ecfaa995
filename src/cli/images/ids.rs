//! `--output ids`: digests as a request has them, for deletion.

use std::collections::BTreeSet;

use super::super::stdout::{plural, print};
use super::super::{REFUSED, print_error};
use crate::in_use::{is_index, literal};
use crate::model::{Digest, visible};
use crate::store::StoreError;
use crate::store::read::search::{Filter, Image, InUse, Search};
use crate::store::read::{Reader, Snapshot};
use crate::store::row::RepositoryName;

/// How many ids `BatchDeleteImage` takes.
const IDS_OF_A_CALL: usize = 100;

/// Print the digests of a search. An image with several tags is one digest; deleting it deletes all its tags.
pub(super) fn print_ids(reader: &Reader, snapshot: &Snapshot, search: &Search) -> Result<u8, StoreError> {
    let mut repositories = BTreeSet::new();
    let mut digests: Vec<Digest> = Vec::new();
    let mut seen = BTreeSet::new();
    reader.search(snapshot.id, search, |Image { repository, detail, .. }| {
        repositories.insert((repository.name.clone(), repository.registry_id.clone(), repository.region.clone()));
        if seen.insert(detail.image_digest.clone()) {
            digests.push(detail.image_digest.clone());
        }
        Ok::<_, StoreError>(())
    })?;
    if repositories.len() > 1 {
        let names: Vec<_> = repositories.iter().take(3).map(|(name, ..)| visible(name)).collect();
        let more = repositories.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        print_error(
            &format!("--output ids is for one repository; these images are in {}{more}", names.join(", ")),
            Some("choose one with --repository-name (and --registry-id or --region if the name is not enough)"),
        );
        return Ok(REFUSED);
    }
    if let Some((name, registry_id, region)) = repositories.into_iter().next() {
        let repository = RepositoryName { registry_id, name, region };
        keep_what_runs(reader, snapshot, search, &repository, &mut digests)?;
    }
    if digests.is_empty() {
        eprint_escaped!("ecrsnap: note: no images; the AWS CLI refuses an empty list");
    }
    if digests.len() > IDS_OF_A_CALL {
        let count = digests.len();
        eprint_escaped!(
            "ecrsnap: note: {count} images; batch-delete-image takes {IDS_OF_A_CALL} a call: \
             --limit {IDS_OF_A_CALL}, then --limit {IDS_OF_A_CALL} --offset {IDS_OF_A_CALL}, and so on"
        );
    }
    let ids: Vec<_> = digests.iter().map(|digest| serde_json::json!({ "imageDigest": digest.to_string() })).collect();
    Ok(print(|out| {
        serde_json::to_writer_pretty(&mut *out, &ids)?;
        writeln!(out)
    }))
}

/// Take what is in use out of the digests of a repository, if the search has a file of references: the images that it
/// names; if one of these is an index, its possible children; and what is attached to any of these, as a signature is.
/// Then warn of the possible children that are left.
fn keep_what_runs(
    reader: &Reader,
    snapshot: &Snapshot,
    search: &Search,
    repository: &RepositoryName,
    digests: &mut Vec<Digest>,
) -> Result<(), StoreError> {
    let all = Filter {
        repositories: vec![literal(&repository.name)],
        registry_id: Some(repository.registry_id.to_string()),
        region: Some(repository.region.to_string()),
        ..Filter::default()
    };
    let find = |filter: Filter| {
        let (mut found, mut index) = (BTreeSet::new(), false);
        reader.search(snapshot.id, &Search { filter, ..Search::default() }, |image| {
            found.insert(image.detail.image_digest.clone());
            index |= is_index(&image.detail);
            Ok::<_, StoreError>(())
        })?;
        Ok::<_, StoreError>((found, index))
    };
    let (children, _) = find(Filter { beside_index: Some(true), ..all.clone() })?;
    let (mut kept, mut attached) = (0, 0);
    if let Some(InUse { references, .. }) = &search.filter.in_use {
        let in_use = InUse { references: references.clone(), wanted: true };
        let (used, index) = find(Filter { in_use: Some(in_use), ..all.clone() })?;
        let stays = |digest: &Digest| used.contains(digest) || index && children.contains(digest);
        let mut with_subject = BTreeSet::new();
        let filter = Filter { attached: Some(true), ..all };
        reader.search(snapshot.id, &Search { filter, ..Search::default() }, |image| {
            if image.detail.subject_manifest_digest.as_ref().is_some_and(stays) {
                with_subject.insert(image.detail.image_digest.clone());
            }
            Ok::<_, StoreError>(())
        })?;
        digests.retain(|digest| !used.contains(digest));
        let before = digests.len();
        digests.retain(|digest| !index || !children.contains(digest));
        kept = before - digests.len();
        digests.retain(|digest| !with_subject.contains(digest));
        attached = before - kept - digests.len();
    }
    if kept > 0 {
        eprint_escaped!(
            "ecrsnap: note: left out {kept} possible children of an image index: an index of this repository is in use"
        );
    }
    if attached > 0 {
        let attached = plural(attached as u64, "image");
        eprint_escaped!("ecrsnap: note: left out {attached} attached to what stays (signatures, SBOMs)");
    }
    let possible = digests.iter().filter(|digest| children.contains(digest)).count();
    if possible > 0 {
        eprint_escaped!(
            "ecrsnap: warning: {possible} of {} images are possible children of an image index (untagged, in a \
             repository with an index); deleting a child breaks its index; --not-beside-index leaves them out",
            digests.len()
        );
    }
    Ok(())
}
