//! The server half of a command: validation, filters, selection, pages, tokens, errors.
//!
//! Answers as the ECR API does, from one snapshot of a store. It knows nothing of terminals,
//! argument lines or HTTP: the offline client and `serve` both call it, each operation by its entry
//! in [`api::OPERATIONS`].

pub mod api;
mod check;
mod error;
mod repositories;
mod request;
mod scope;
mod snapshot;
mod token;

pub use error::{ErrorCode, ServiceError};
pub use snapshot::SnapshotEcr;

use crate::model::{
    DescribeImagesRequest, DescribeRepositoriesRequest, Detail, GetLifecyclePolicyRequest, ImageIdentifier,
    ListImagesRequest, Members, Record,
};

/// One page of `DescribeImages`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeImagesPage {
    /// The page's details, in the order of the listing or of the request's `imageIds`.
    pub image_details: Vec<Detail>,
    /// Where the next page starts; absent on the last.
    pub next_token: Option<String>,
}

/// One page of `ListImages`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListImagesPage {
    /// A row for each tag of an image, or one without a tag for an untagged image.
    pub image_ids: Vec<ImageIdentifier>,
    /// Where the next page starts; absent on the last.
    pub next_token: Option<String>,
}

/// One page of `DescribeRepositories`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeRepositoriesPage {
    /// The repositories in the order of the saved pages or of the request's `repositoryNames`, members in
    /// the model's order and unknown ones last.
    pub repositories: Vec<Record>,
    /// Where the next page starts; absent on the last.
    pub next_token: Option<String>,
}

/// A row of a response.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a row is handed over at once, and most are the largest")]
pub enum Row {
    /// Of `DescribeImages`.
    Detail(Detail),
    /// Of `ListImages`.
    Id(ImageIdentifier),
    /// Of any other operation.
    Record(Record),
}

/// The operations of the ECR API that a snapshot can answer.
pub trait Ecr {
    /// `DescribeImages`.
    ///
    /// # Errors
    /// What the API would refuse: bad parameters, an unknown repository or image.
    fn describe_images(&mut self, request: &DescribeImagesRequest) -> Result<DescribeImagesPage, ServiceError>;

    /// `DescribeImages`, with the details of the page handed over one by one; returns the token of
    /// the next page.
    ///
    /// # Errors
    /// Those of [`Ecr::describe_images`]; some details may have been handed over by then.
    fn each_image(
        &mut self,
        request: &DescribeImagesRequest,
        each: &mut dyn FnMut(Detail),
    ) -> Result<Option<String>, ServiceError> {
        let page = self.describe_images(request)?;
        page.image_details.into_iter().for_each(each);
        Ok(page.next_token)
    }

    /// `ListImages`.
    ///
    /// # Errors
    /// What the API would refuse: bad parameters, an unknown repository.
    fn list_images(&mut self, request: &ListImagesRequest) -> Result<ListImagesPage, ServiceError>;

    /// `DescribeRepositories`.
    ///
    /// # Errors
    /// What the API would refuse: bad parameters, an unknown repository.
    fn describe_repositories(
        &mut self,
        request: &DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesPage, ServiceError>;

    /// `GetLifecyclePolicy`: the whole response.
    ///
    /// # Errors
    /// What the API would refuse: an unknown repository, one without a policy; and a repository of which the
    /// snapshot does not say whether it has one.
    fn get_lifecycle_policy(&mut self, request: &GetLifecyclePolicyRequest) -> Result<Record, ServiceError>;

    /// Says which members of a detail will be looked at; from then on the others may be left out of
    /// an answer. No promise is asked for, so this does nothing by itself.
    fn narrow(&mut self, members: Members) {
        let _ = members;
    }
}
