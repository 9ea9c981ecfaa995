//! The operations of the API, answered from one snapshot.

use std::borrow::Borrow;
use std::collections::HashSet;

use super::repositories::{self, Known, Repositories};
use super::scope::{self, Scope};
use super::token::{self, Position, TokenScope};
use super::{DescribeImagesPage, DescribeRepositoriesPage, Ecr, ErrorCode, ListImagesPage, ServiceError, check};
use crate::model::{
    DescribeImagesRequest, DescribeRepositoriesRequest, Detail, Digest, GetLifecyclePolicyRequest, ImageIdentifier,
    ListImagesRequest, Member, Members, Record,
};
use crate::store::read::{Listing, PositionedDetail, Reader, Selection, Snapshot};

/// A snapshot that answers as a registry would have when it was taken.
///
/// Over a [`Reader`] or a reference to one.
pub struct SnapshotEcr<R> {
    reader: R,
    snapshot: Snapshot,
    region: Option<String>,
    members: Members,
    /// Every repository, once one was asked for: a walk through their pages reads them once.
    known: Option<Vec<Known>>,
}

impl<R: Borrow<Reader>> SnapshotEcr<R> {
    /// Answer from `snapshot`; `region` chooses among repositories that carry such labels.
    pub fn new(reader: R, snapshot: Snapshot, region: Option<String>) -> Self {
        SnapshotEcr { reader, snapshot, region, members: Members::ALL, known: None }
    }

    fn repositories(&mut self) -> Result<Repositories<'_>, ServiceError> {
        let (reader, snapshot) = (self.reader.borrow(), &self.snapshot);
        let all = match &mut self.known {
            Some(all) => all,
            none => none.insert(repositories::known(reader, snapshot)?),
        };
        Ok(Repositories { reader, snapshot, region: self.region.as_deref(), all })
    }

    fn scope(&self, registry_id: Option<&str>, name: Option<&str>) -> Result<Scope, ServiceError> {
        scope::find(self.reader.borrow(), &self.snapshot, self.region.as_deref(), registry_id, name)
    }

    /// The listing that holds a position of the scope, by index, and the position in it.
    fn locate(scope: &Scope, mut position: u64) -> Option<(usize, u64)> {
        for (index, listing) in scope.listings.iter().enumerate() {
            if position < listing.details {
                return Some((index, position));
            }
            position -= listing.details;
        }
        None
    }

    /// The position in a token: one of ours, or one that a saved page ended with.
    fn position(&self, scope: &Scope, token_scope: &TokenScope, token: Option<&str>) -> Result<Position, ServiceError> {
        let Some(token) = token else {
            return Ok(Position::default());
        };
        if let Some(position) = token_scope.read(token) {
            return Ok(position);
        }
        let mut before = 0;
        for listing in &scope.listings {
            for page in self.reader.borrow().page_tokens(self.snapshot.id, listing.repository_id)? {
                if let Some(detail) = token::resume_saved(token, &page.token, page.end) {
                    return Ok(Position { detail: before + detail, id: 0 });
                }
            }
            before += listing.details;
        }
        Err(ServiceError::invalid("nextToken", "must be the token of a page of this repository, filter and snapshot"))
    }

    /// Hand selected details of the scope from a position on to `each`, at most `limit`; returns the
    /// position of the next one.
    fn read(
        &self,
        scope: &Scope,
        from: u64,
        limit: usize,
        selection: &Selection,
        members: Members,
        each: &mut dyn FnMut(PositionedDetail),
    ) -> Result<Option<u64>, ServiceError> {
        let Some((first, mut within)) = Self::locate(scope, from) else {
            return Ok(None);
        };
        let mut before: u64 = scope.listings[..first].iter().map(|listing| listing.details).sum();
        let mut left = limit;
        for listing in &scope.listings[first..] {
            let most = left;
            let mut hand = |found: PositionedDetail| {
                left -= 1;
                each(PositionedDetail { position: before + found.position, ..found });
            };
            let next = self.reader.borrow().details(listing, within, most, selection, members, &mut hand)?;
            if let Some(next) = next {
                return Ok(Some(before + next));
            }
            before += listing.details;
            within = 0;
        }
        Ok(None)
    }

    /// The images that a request names, in its order, one row for each digest.
    fn named(&self, listing: &Listing, ids: &[ImageIdentifier]) -> Result<Vec<Detail>, ServiceError> {
        let mut shown = HashSet::new();
        let mut details = Vec::new();
        for id in ids {
            let digest = id.image_digest.as_deref().map(Digest::parse);
            let found = self.reader.borrow().find(listing, digest.as_ref(), id.image_tag.as_deref())?;
            let Some(found) = found else {
                return Err(not_found(listing, id));
            };
            if shown.insert(found.detail.image_digest.clone()) {
                details.push(found.detail);
            }
        }
        Ok(details)
    }
}

fn not_found(listing: &Listing, id: &ImageIdentifier) -> ServiceError {
    // The service quotes the half that is absent, too.
    let half = |text: &'_ Option<String>| text.clone().unwrap_or_else(|| "null".to_owned());
    let message = format!(
        "The image with imageId {{imageDigest:'{}', imageTag:'{}'}} does not exist within the repository with name \
         '{}' in the registry with id '{}'",
        half(&id.image_digest),
        half(&id.image_tag),
        listing.repository.name,
        listing.repository.registry_id,
    );
    ServiceError::new(ErrorCode::ImageNotFound, message)
}

impl<R: Borrow<Reader>> Ecr for SnapshotEcr<R> {
    fn describe_images(&mut self, request: &DescribeImagesRequest) -> Result<DescribeImagesPage, ServiceError> {
        let mut image_details = Vec::new();
        let next_token = self.each_image(request, &mut |detail| image_details.push(detail))?;
        Ok(DescribeImagesPage { image_details, next_token })
    }

    fn each_image(
        &mut self,
        request: &DescribeImagesRequest,
        each: &mut dyn FnMut(Detail),
    ) -> Result<Option<String>, ServiceError> {
        let limit = check::max_results(request.max_results)?;
        let selection = check::filter(request.filter.as_ref())?;
        if let Some(ids) = &request.image_ids {
            check::image_ids(ids)?;
            if request.max_results.is_some() || request.next_token.is_some() {
                return Err(ServiceError::invalid("imageIds", "may not be given with maxResults or nextToken"));
            }
        }
        let scope = self.scope(request.registry_id.as_deref(), request.repository_name.as_deref())?;
        if let Some(ids) = &request.image_ids {
            let [listing] = scope.listings.as_slice() else {
                return Err(ServiceError::invalid("imageIds", "may only be given with repositoryName"));
            };
            self.named(listing, ids)?.into_iter().for_each(each);
            return Ok(None);
        }
        let token_scope = token_scope_of("DescribeImages", &scope, &selection);
        let from = self.position(&scope, &token_scope, request.next_token.as_deref())?;
        let mut hand = |found: PositionedDetail| each(found.detail);
        let next = self.read(&scope, from.detail, limit, &selection, self.members, &mut hand)?;
        Ok(next.map(|detail| token_scope.write(Position { detail, id: 0 })))
    }

    fn list_images(&mut self, request: &ListImagesRequest) -> Result<ListImagesPage, ServiceError> {
        let limit = check::max_results(request.max_results)?;
        let selection = check::filter(request.filter.as_ref())?;
        let scope = self.scope(request.registry_id.as_deref(), request.repository_name.as_deref())?;
        let token_scope = token_scope_of("ListImages", &scope, &selection);
        let from = self.position(&scope, &token_scope, request.next_token.as_deref())?;
        // Each detail has at least one id, so a page never needs more details than ids, and one
        // more where the page starts in the middle of a detail's ids.
        let most = limit + usize::from(from.id > 0);
        let members = Members::NONE.with(Member::ImageTags);
        let mut found = Vec::new();
        let mut next = self.read(&scope, from.detail, most, &selection, members, &mut |detail| found.push(detail))?;
        let mut image_ids = Vec::with_capacity(limit);
        let mut next_id = 0;
        'page: for PositionedDetail { position, detail } in found {
            let skipped = if position == from.detail { from.id } else { 0 };
            for (index, id) in (0..).zip(ids_of(&detail)).skip(skipped as usize) {
                if image_ids.len() == limit {
                    (next, next_id) = (Some(position), index);
                    break 'page;
                }
                image_ids.push(id);
            }
        }
        let next_token = next.map(|detail| token_scope.write(Position { detail, id: next_id }));
        Ok(ListImagesPage { image_ids, next_token })
    }

    fn describe_repositories(
        &mut self,
        request: &DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesPage, ServiceError> {
        self.repositories()?.describe(request)
    }

    fn get_lifecycle_policy(&mut self, request: &GetLifecyclePolicyRequest) -> Result<Record, ServiceError> {
        self.repositories()?.policy(request)
    }

    fn narrow(&mut self, members: Members) {
        self.members = members;
    }
}

/// An id for each tag, or one without a tag.
fn ids_of(detail: &Detail) -> Vec<ImageIdentifier> {
    let digest = detail.image_digest.to_string();
    let id = |image_tag| ImageIdentifier { image_digest: Some(digest.clone()), image_tag };
    match &detail.image_tags {
        Some(tags) if !tags.is_empty() => tags.iter().map(|tag| id(Some(tag.clone()))).collect(),
        _ => vec![id(None)],
    }
}

fn token_scope_of(operation: &str, scope: &Scope, selection: &Selection) -> TokenScope {
    let selection = format!("{:?} {:?}", selection.tagged, selection.status);
    TokenScope::new(operation, scope.listings.iter().map(|listing| listing.hash), &selection)
}
