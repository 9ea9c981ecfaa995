//! What the saved lifecycle policies would do to the images of one snapshot, at its capture.

use super::figures::{PolicyEffect, RepositoryKey, Share};
use crate::coverage::Coverage;
use crate::lifecycle::{Action, Fate};
use crate::model::Instant;
use crate::store::StoreError;
use crate::store::read::{Listing, Reader};
use crate::what_if::{Images, Saved, saved_policy};

/// What the policy of a repository would do to a listing of it; `None` if it has none, or if it is not known.
pub(super) fn effect(
    reader: &Reader,
    snapshot_id: i64,
    listing: &Listing,
    captured_at: Instant,
) -> Result<Option<PolicyEffect>, StoreError> {
    let mut effect = PolicyEffect {
        place: RepositoryKey::from(&listing.repository),
        invalid: None,
        whole: shows_all(listing, captured_at),
        expired: Share::default(),
        archived: Share::default(),
        unknown: Share::default(),
        kept: Share::default(),
    };
    let policy = match saved_policy(reader, snapshot_id, listing.repository_id)? {
        Saved::Policy(policy) => policy.1,
        Saved::Without | Saved::Unknown => return Ok(None),
        Saved::Invalid(error) => return Ok(Some(PolicyEffect { invalid: Some(error.to_string()), ..effect })),
    };
    let found = Images::read(reader, listing, captured_at)?;
    let evaluation = found.evaluate(&policy, captured_at);
    for (image, verdict) in found.images.iter().zip(&evaluation.verdicts) {
        let action = verdict.rule.map(|rule| policy.rules[rule].action);
        let share = match (verdict.fate, action) {
            (Fate::Unknown, _) => &mut effect.unknown,
            (Fate::Acted, Some(Action::Expire)) => &mut effect.expired,
            (Fate::Acted, Some(Action::Archive)) => &mut effect.archived,
            _ => &mut effect.kept,
        };
        share.add(image.bytes, image.is_index);
    }
    Ok(Some(effect))
}

/// Whether a listing shows all images that rules of the storage class `standard` look at.
fn shows_all(listing: &Listing, captured_at: Instant) -> bool {
    let coverage = Coverage::of(listing, captured_at);
    let part = coverage.part();
    coverage.complete && !part.is_by_tags() && !part.is_by_status()
}

/// Whether a capture shows that a repository has no image.
pub(super) fn is_empty(listing: &Listing, captured_at: Instant) -> bool {
    listing.images == 0 && shows_all(listing, captured_at)
}
