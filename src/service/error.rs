//! The errors of the ECR API: a code of the service model and a message.

use crate::store::StoreError;

/// An exception of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// No image has the digest or tag of the request.
    ImageNotFound,
    /// A parameter violates a constraint.
    InvalidParameter,
    /// The repository has no lifecycle policy.
    LifecyclePolicyNotFound,
    /// The registry has no repository of that name.
    RepositoryNotFound,
    /// The store could not be read. The only error that is not the caller's.
    Server,
    /// The request cannot be answered from this snapshot.
    Validation,
}

impl ErrorCode {
    /// The name of the exception, such as `ImageNotFoundException`.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorCode::ImageNotFound => "ImageNotFoundException",
            ErrorCode::InvalidParameter => "InvalidParameterException",
            ErrorCode::LifecyclePolicyNotFound => "LifecyclePolicyNotFoundException",
            ErrorCode::RepositoryNotFound => "RepositoryNotFoundException",
            ErrorCode::Server => "ServerException",
            ErrorCode::Validation => "ValidationException",
        }
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// An error of the API, in the API's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// The exception.
    pub code: ErrorCode,
    /// The message, as the service words it.
    pub message: String,
}

impl ServiceError {
    /// An error with that message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        ServiceError { code, message: message.into() }
    }

    /// `InvalidParameterException` in the service's form.
    pub(crate) fn invalid(parameter: &str, constraint: &str) -> Self {
        let message = format!("Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'");
        ServiceError::new(ErrorCode::InvalidParameter, message)
    }

    /// `RepositoryNotFoundException`.
    pub(crate) fn no_repository(name: &str, registry_id: &str) -> Self {
        let message =
            format!("The repository with name '{name}' does not exist in the registry with id '{registry_id}'");
        ServiceError::new(ErrorCode::RepositoryNotFound, message)
    }
}

impl From<StoreError> for ServiceError {
    /// A store that cannot be read is the server's fault, as a failing backend is the service's.
    fn from(error: StoreError) -> Self {
        ServiceError::new(ErrorCode::Server, error.to_string())
    }
}
