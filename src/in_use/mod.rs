//! What became of the images that references name: there, moved, untagged, archived, gone.
//!
//! A reference is resolved in one snapshot. If the snapshot does not show the image, the captures before it say
//! whether it was ever seen; what the snapshot could not show is unknown, not gone. This module asks the store; it
//! does not print.

mod missing;

use crate::coverage::Absence;
use crate::image_refs::{self, ImageRef, ImageRefs};
use crate::model::{Detail, Digest, Severity, media};
use crate::store::StoreError;
use crate::store::read::search::{Filter, Search};
use crate::store::read::{Listing, Reader, Snapshot};
use crate::store::row::RepositoryName;

/// What became of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The reference resolves to the image, which is active.
    Ok,
    /// The tag is on another image by now.
    Moved,
    /// The image is there, but the tag of the reference is gone; or the image has no tag at all.
    Untagged,
    /// The image is archived (or still being restored), and cannot be pulled.
    Archived,
    /// The image was seen before, and is gone.
    Gone,
    /// The image was seen before; the snapshot could not show it.
    Unknown,
    /// No capture shows the image, or no capture holds the repository.
    NeverSeen,
}

impl State {
    /// All of them, the best first.
    pub const ALL: [State; 7] =
        [State::Ok, State::Moved, State::Untagged, State::Archived, State::Gone, State::Unknown, State::NeverSeen];

    /// The word for machines.
    pub fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Moved => "moved",
            State::Untagged => "untagged",
            State::Archived => "archived",
            State::Gone => "gone",
            State::Unknown => "unknown",
            State::NeverSeen => "neverSeen",
        }
    }
}

/// A reference and what is known of its image.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The reference.
    pub reference: ImageRef,
    /// What became of its image.
    pub state: State,
    /// How sure it is that a missing image is gone, or that its repository never was there; `None` if neither is known,
    /// and for an image that is there.
    pub absence: Option<Absence>,
    /// The repository of the image; `None` if no capture holds it.
    pub repository: Option<RepositoryName>,
    /// The image, as the snapshot shows it, or as the last capture that did; of a tag that moved, the image that it
    /// was on, if that is known.
    pub image: Option<Detail>,
    /// The digest that the tag is on now, if the tag moved.
    pub moved_to: Option<Digest>,
    /// The last capture that shows the image, if the snapshot does not.
    pub last_seen: Option<Snapshot>,
    /// The image is untagged in a repository with an image index: it may be one of the index's platforms.
    pub possible_child: bool,
}

impl Resolved {
    fn of(reference: &ImageRef, state: State) -> Self {
        Resolved {
            reference: reference.clone(),
            state,
            absence: None,
            repository: None,
            image: None,
            moved_to: None,
            last_seen: None,
            possible_child: false,
        }
    }

    /// The worst severity with a finding in the image: `Some(None)` if nothing was found, `None` if findings were
    /// not counted.
    pub fn worst(&self) -> Option<Option<Severity>> {
        let summary = self.image.as_ref()?.image_scan_findings_summary.as_ref()?;
        let counts = summary.finding_severity_counts.as_ref()?;
        Some(Severity::ALL.into_iter().find(|severity| severity.count(counts) > 0))
    }
}

/// Resolve references in a snapshot, in their order.
///
/// # Errors
/// If the store cannot be read.
pub fn resolve(reader: &Reader, snapshot: &Snapshot, references: &ImageRefs) -> Result<Vec<Resolved>, StoreError> {
    let resolver = Resolver { reader, snapshot, listings: reader.listings(snapshot.id, None)? };
    references.iter().map(|reference| resolver.resolve(reference)).collect()
}

struct Resolver<'r> {
    reader: &'r Reader,
    snapshot: &'r Snapshot,
    listings: Vec<Listing>,
}

impl Resolver<'_> {
    fn resolve(&self, reference: &ImageRef) -> Result<Resolved, StoreError> {
        let mut best: Option<Resolved> = None;
        let mut asked = Vec::new();
        for listing in self.listings.iter().filter(|listing| may_hold(reference, &listing.repository)) {
            asked.push(listing.repository_id);
            let Some(found) = self.in_listing(reference, listing)? else { continue };
            // Several repositories have that name if the reference has no host: the best answer counts.
            if best.as_ref().is_none_or(|best| found.state < best.state) {
                best = Some(found);
            }
        }
        match best {
            Some(best) => Ok(best),
            None => self.missing(reference),
        }
    }

    /// What a listing shows of the image of a reference; `None` if it shows neither the image nor its tag.
    fn in_listing(&self, reference: &ImageRef, listing: &Listing) -> Result<Option<Resolved>, StoreError> {
        let tag = match (&reference.tag, reference.tag_to_resolve()) {
            (Some(tag), _) => Some(tag.as_str()),
            (None, implied) => implied,
        };
        let tagged = match tag {
            Some(tag) => self.reader.find(listing, None, Some(tag))?.map(|found| found.detail),
            None => None,
        };
        let mut runs = Vec::new();
        for digest in reference.digests() {
            runs.extend(self.reader.find(listing, Some(digest), None)?.map(|found| found.detail));
        }
        if reference.digest.is_some() && runs.is_empty() {
            return Ok(None);
        }
        let mut found = self.judge(reference, listing, tag, tagged, runs)?;
        if let Some(found) = &mut found {
            found.repository = Some(listing.repository.clone());
        }
        Ok(found)
    }

    fn judge(
        &self,
        reference: &ImageRef,
        listing: &Listing,
        tag: Option<&str>,
        tagged: Option<Detail>,
        runs: Vec<Detail>,
    ) -> Result<Option<Resolved>, StoreError> {
        let state = |state, image| Ok(Some(Resolved { image: Some(image), ..Resolved::of(reference, state) }));
        let has_tag = |image: &Detail| tag.is_some_and(|tag| image.image_tags.iter().flatten().any(|it| it == tag));
        // The image that runs and is not the one with the tag: the first, if several run.
        let other = runs.iter().position(|image| tag.is_some() && !has_tag(image));
        match (tagged, other) {
            (Some(tagged), Some(at)) => {
                let image = runs[at].clone();
                // An index, or an image attached to another one, is not a platform.
                let may_be_platform = !is_index(&image) && image.subject_manifest_digest.is_none();
                if may_be_platform && is_index(&tagged) && self.is_possible_child(listing, &image)? {
                    // A platform of the index that has the tag, perhaps: nothing is known to have moved.
                    let found = of_status(reference, State::Ok, image);
                    return Ok(Some(Resolved { possible_child: true, ..found }));
                }
                let moved_to = Some(tagged.image_digest);
                Ok(Some(Resolved { moved_to, image: Some(image), ..Resolved::of(reference, State::Moved) }))
            }
            (Some(tagged), None) => Ok(Some(of_status(reference, State::Ok, tagged))),
            (None, Some(at)) => {
                let image = runs[at].clone();
                // A digest resolves without its tag, as long as another one keeps the image.
                let resolves = reference.digest.is_some() && image.is_tagged();
                let missing_tag = if resolves { State::Ok } else { State::Untagged };
                Ok(Some(of_status(reference, missing_tag, image)))
            }
            (None, None) => match runs.into_iter().next() {
                Some(image) if reference.repository.is_some() && !image.is_tagged() => {
                    let possible_child = self.is_possible_child(listing, &image)?;
                    let found = of_status(reference, State::Untagged, image);
                    Ok(Some(Resolved { possible_child, ..found }))
                }
                // A digest alone names content, and no tag that could be lost.
                Some(image) => Ok(Some(of_status(reference, State::Ok, image))),
                None => match (tag, self.image_that_lost(listing, tag)?) {
                    (Some(_), Some(image)) => state(State::Untagged, image),
                    _ => Ok(None),
                },
            },
        }
    }

    /// The image that a tag was on in an earlier capture, if the listing still shows it.
    fn image_that_lost(&self, listing: &Listing, tag: Option<&str>) -> Result<Option<Detail>, StoreError> {
        let Some(tag) = tag else { return Ok(None) };
        let Some((_, image)) = self.last_sighting_of_tag(listing.repository_id, &listing.repository, tag)? else {
            return Ok(None);
        };
        let found = self.reader.find(listing, Some(&image.image_digest), None)?;
        Ok(found.map(|found| found.detail))
    }

    fn is_possible_child(&self, listing: &Listing, image: &Detail) -> Result<bool, StoreError> {
        if image.is_tagged() {
            return Ok(false);
        }
        let RepositoryName { registry_id, name, region } = &listing.repository;
        let filter = Filter {
            repositories: vec![literal(name)],
            registry_id: Some(registry_id.to_string()),
            region: Some(region.to_string()),
            digests: vec![image.image_digest.to_string()],
            beside_index: Some(true),
            ..Filter::default()
        };
        Ok(self.reader.count(self.snapshot.id, &Search { filter, ..Search::default() })? > 0)
    }
}

/// A glob that matches this text only.
pub fn literal(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '*' | '?' | '[') { format!("[{c}]") } else { c.to_string() }).collect()
}

/// Whether a repository may hold the image of a reference.
fn may_hold(reference: &ImageRef, repository: &RepositoryName) -> bool {
    let RepositoryName { registry_id, name, region } = repository;
    reference.repository.is_none() || reference.is_in(image_refs::Repository { registry_id, name, region })
}

/// An image that is there, in that state unless it is archived.
fn of_status(reference: &ImageRef, state: State, image: Detail) -> Resolved {
    let state = if image.effective_status() == "ACTIVE" { state } else { State::Archived };
    Resolved { image: Some(image), ..Resolved::of(reference, state) }
}

/// Whether an image is a list of other images.
pub fn is_index(image: &Detail) -> bool {
    media::is_index(image.image_manifest_media_type.as_deref())
}
