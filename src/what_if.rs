//! Lifecycle policies and the listings of a store: the saved policy of a repository, and what a policy would do to the
//! images of a listing.
//!
//! The rules are those of `lifecycle`; here is what it must not know: where images and policies come from. Nothing here
//! prints.

use crate::coverage::Coverage;
use crate::lifecycle::{Evaluation, Image, InvalidPolicy, Policy, evaluate_part};
use crate::model::{Instant, Member, Members};
use crate::store::StoreError;
use crate::store::read::{Listing, Reader, Selection};

/// What a snapshot says about the policy of a repository.
pub enum Saved {
    /// Its text, and what it says.
    Policy(Box<(String, Policy)>),
    /// It has none.
    Without,
    /// The snapshot does not say.
    Unknown,
    /// The saved text is not valid.
    Invalid(InvalidPolicy),
}

/// The saved policy of a repository.
///
/// # Errors
/// The store cannot be read.
pub fn saved_policy(reader: &Reader, snapshot_id: i64, repository_id: i64) -> Result<Saved, StoreError> {
    let Some(saved) = reader.lifecycle_policy(snapshot_id, repository_id)? else { return Ok(Saved::Unknown) };
    let Some(text) = saved.text else { return Ok(Saved::Without) };
    Ok(match Policy::parse(&text) {
        Ok(policy) => Saved::Policy(Box::new((text, policy))),
        Err(error) => Saved::Invalid(error),
    })
}

/// The members that rules look at.
const LOOKED_AT: Members = Members::NONE
    .with(Member::ImageDigest)
    .with(Member::ImageTags)
    .with(Member::ImageSizeInBytes)
    .with(Member::ImagePushedAt)
    .with(Member::ImageManifestMediaType)
    .with(Member::LastRecordedPullTime)
    .with(Member::SubjectManifestDigest)
    .with(Member::ImageStatus)
    .with(Member::LastArchivedAt)
    .with(Member::LastActivatedAt);

/// The images of a listing as rules see them.
pub struct Images {
    /// Each digest once.
    pub images: Vec<Image>,
    /// How many have no media type.
    pub untyped: u64,
    /// Whether the listing may hide an image index.
    pub may_hide_index: bool,
}

impl Images {
    /// Read a listing that was captured then.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn read(reader: &Reader, listing: &Listing, captured_at: Instant) -> Result<Self, StoreError> {
        let (mut images, mut untyped) = (Vec::new(), 0);
        reader.details(listing, 0, usize::MAX, &Selection::default(), LOOKED_AT, &mut |found| {
            untyped += u64::from(found.detail.image_manifest_media_type.is_none());
            images.push(Image::of(&found.detail));
        })?;
        let may_hide_index = Coverage::of(listing, captured_at).may_hide_tagged();
        Ok(Images { images: Image::distinct(images), untyped, may_hide_index })
    }

    /// What a policy would do to them at a moment.
    pub fn evaluate(&self, policy: &Policy, at: Instant) -> Evaluation {
        evaluate_part(policy, &self.images, at, self.may_hide_index)
    }
}
