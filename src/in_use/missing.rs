//! References whose image a snapshot does not show: what the captures until then say.

use std::collections::BTreeSet;

use super::{Resolved, Resolver, State, may_hold};
use crate::coverage::Absence;
use crate::diff::capture;
use crate::image_refs::ImageRef;
use crate::model::{Detail, MissingRepository, RegistryName};
use crate::store::StoreError;
use crate::store::read::{Repository, Sighting, Snapshot, Subject};
use crate::store::row::RepositoryName;

impl Resolver<'_> {
    /// Find a reference in the captures before the snapshot.
    pub(super) fn missing(&self, reference: &ImageRef) -> Result<Resolved, StoreError> {
        let repositories = match (&reference.repository, &reference.digest) {
            (Some(name), _) => self.reader.repositories(name, None, None)?,
            (None, Some(digest)) => self.reader.repositories_with(digest)?,
            (None, None) => Vec::new(),
        };
        let mut best: Option<(Snapshot, Resolved)> = None;
        let mut known = None;
        for repository in repositories.into_iter().filter(|it| may_hold(reference, &it.name)) {
            known.get_or_insert_with(|| repository.name.clone());
            let Some((seen, found)) = self.in_captures(reference, &repository)? else { continue };
            if best.as_ref().is_none_or(|(last, _)| seen.captured_at > last.captured_at) {
                best = Some((seen, found));
            }
        }
        if let Some((last_seen, found)) = best {
            return Ok(Resolved { last_seen: Some(last_seen), ..found });
        }
        let never = known.is_none() && self.is_not_listed(reference)?;
        let absence = never.then_some(Absence::Certain);
        Ok(Resolved { repository: known, absence, ..Resolved::of(reference, State::NeverSeen) })
    }

    /// Whether complete lists of the repositories show that no registry of the snapshot has the reference's repository.
    fn is_not_listed(&self, reference: &ImageRef) -> Result<bool, StoreError> {
        let Some(name) = &reference.repository else { return Ok(false) };
        let scope = self.reader.scope(self.snapshot.id)?;
        let listed = scope.registries().map(|(registry, _)| registry.clone());
        let captured = self.listings.iter().map(|listing| RegistryName {
            registry_id: listing.repository.registry_id.to_string(),
            region: listing.repository.region.to_string(),
        });
        let mut registries: BTreeSet<RegistryName> = listed.chain(captured).collect();
        registries.retain(|RegistryName { registry_id, region }| {
            let (registry_id, region) = (registry_id.as_str().into(), region.as_str().into());
            may_hold(reference, &RepositoryName { registry_id, name: name.as_str().into(), region })
        });
        let not_listed = |RegistryName { registry_id, region }: &RegistryName| {
            scope.missing(registry_id, region, name) == MissingRepository::NotListed
        };
        Ok(!registries.is_empty() && registries.iter().all(not_listed))
    }

    /// The last capture in which a repository shows the image, and what it means that the snapshot does not.
    fn in_captures(
        &self,
        reference: &ImageRef,
        repository: &Repository,
    ) -> Result<Option<(Snapshot, Resolved)>, StoreError> {
        let mut last: Option<(Snapshot, Detail)> = None;
        let mut now = None;
        let subjects = reference.digests().map(Subject::Image).chain(reference.tag_to_resolve().map(Subject::Tag));
        for subject in subjects {
            let line = self.line(repository, subject)?;
            if let Some((seen, image)) = last_sighting(&line)
                && last.as_ref().is_none_or(|(last, _)| seen.captured_at > last.captured_at)
            {
                last = Some((seen, image));
                now = line.into_iter().find(|sighting| sighting.snapshot.id == self.snapshot.id);
            }
        }
        let Some((seen, image)) = last else { return Ok(None) };
        let absence = now.map_or(Absence::Unknown, |sighting| absence(&sighting, &image));
        let state = if absence == Absence::Unknown { State::Unknown } else { State::Gone };
        let found = Resolved {
            absence: Some(absence),
            repository: Some(repository.name.clone()),
            image: Some(image),
            ..Resolved::of(reference, state)
        };
        Ok(Some((seen, found)))
    }

    /// The last capture in which a tag was on an image, and the image.
    pub(super) fn last_sighting_of_tag(
        &self,
        id: i64,
        name: &RepositoryName,
        tag: &str,
    ) -> Result<Option<(Snapshot, Detail)>, StoreError> {
        let repository = Repository { id, name: name.clone() };
        Ok(last_sighting(&self.line(&repository, Subject::Tag(tag))?))
    }

    /// What the captures until the snapshot say of a subject, oldest first.
    fn line(&self, repository: &Repository, subject: Subject<'_>) -> Result<Vec<Sighting>, StoreError> {
        let mut line = self.reader.line(repository, subject)?;
        line.retain(|sighting| sighting.snapshot.captured_at <= self.snapshot.captured_at);
        Ok(line)
    }
}

fn last_sighting(line: &[Sighting]) -> Option<(Snapshot, Detail)> {
    let last = line.iter().rev().find_map(|it| it.image.as_ref().map(|image| (&it.snapshot, image)));
    last.map(|(snapshot, image)| (snapshot.clone(), Detail::clone(image)))
}

/// What it means that a capture does not show an image.
fn absence(sighting: &Sighting, image: &Detail) -> Absence {
    capture(sighting).coverage.map_or(Absence::Unknown, |coverage| coverage.absence(image))
}
