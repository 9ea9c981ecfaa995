//! The operations of the ECR API that a snapshot answers, as data.
//!
//! An entry of [`OPERATIONS`] has all that distinguishes an operation: its names and documentation, the
//! shapes of its request and response, whether it has pages, and the function that answers it. The client
//! derives argument lines, checks, skeletons and pages from the entry; `serve` reads bodies by it. A new
//! operation is an entry here, its shapes, and a method of [`Ecr`].
//!
//! Source: the AWS CLI's `ecr/2015-09-21/service-2.json` and `paginators-1.json`.

pub mod shape;
pub(crate) mod shapes;

use super::{Ecr, Row, ServiceError, request};
use crate::model::Value;
use shape::Shape;

/// The member of requests and responses that holds the service's token.
pub const TOKEN_MEMBER: &str = "nextToken";
/// The member of a request that limits a page.
pub const LIMIT_MEMBER: &str = "maxResults";

/// Answers a request that has the operation's input shape. Rows are handed over one by one; the result is
/// the token of the next page.
pub type Answer = fn(&mut dyn Ecr, &Value, &mut dyn FnMut(Row)) -> Result<Option<String>, ServiceError>;

/// One operation of the service.
#[derive(Debug)]
pub struct Operation {
    /// The name in the API, `DescribeImages`.
    pub name: &'static str,
    /// The name on the command line, `describe-images`.
    pub command: &'static str,
    /// The first sentence of its documentation.
    pub about: &'static str,
    /// The shape of a request.
    pub input: &'static Shape,
    /// The shape of a response.
    pub output: &'static Shape,
    /// The member of a response that holds a page's rows. An operation without one has no pages: its only
    /// row is the whole response.
    pub result_key: Option<&'static str>,
    /// Whether `repositoryName`, which the model requires, may be left out here: then the operation is about
    /// every repository of the registry.
    pub any_repository: bool,
    /// The service's half of it.
    pub answer: Answer,
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Operation {}

/// `DescribeImages`.
pub static DESCRIBE_IMAGES: Operation = Operation {
    name: "DescribeImages",
    command: "describe-images",
    about: "Returns metadata about the images in a repository.",
    input: &shapes::DESCRIBE_IMAGES_REQUEST,
    output: &shapes::DESCRIBE_IMAGES_RESPONSE,
    result_key: Some("imageDetails"),
    any_repository: true,
    answer: |ecr, input, each| {
        ecr.each_image(&request::describe_images(input), &mut |detail| each(Row::Detail(detail)))
    },
};

/// `ListImages`.
pub static LIST_IMAGES: Operation = Operation {
    name: "ListImages",
    command: "list-images",
    about: "Lists all the image IDs for the specified repository.",
    input: &shapes::LIST_IMAGES_REQUEST,
    output: &shapes::LIST_IMAGES_RESPONSE,
    result_key: Some("imageIds"),
    any_repository: true,
    answer: |ecr, input, each| {
        let page = ecr.list_images(&request::list_images(input))?;
        page.image_ids.into_iter().for_each(|id| each(Row::Id(id)));
        Ok(page.next_token)
    },
};

/// `DescribeRepositories`.
pub static DESCRIBE_REPOSITORIES: Operation = Operation {
    name: "DescribeRepositories",
    command: "describe-repositories",
    about: "Describes image repositories in a registry.",
    input: &shapes::DESCRIBE_REPOSITORIES_REQUEST,
    output: &shapes::DESCRIBE_REPOSITORIES_RESPONSE,
    result_key: Some("repositories"),
    any_repository: false,
    answer: |ecr, input, each| {
        let page = ecr.describe_repositories(&request::describe_repositories(input))?;
        page.repositories.into_iter().for_each(|repository| each(Row::Record(repository)));
        Ok(page.next_token)
    },
};

/// `GetLifecyclePolicy`.
pub static GET_LIFECYCLE_POLICY: Operation = Operation {
    name: "GetLifecyclePolicy",
    command: "get-lifecycle-policy",
    about: "Retrieves the lifecycle policy for the specified repository.",
    input: &shapes::GET_LIFECYCLE_POLICY_REQUEST,
    output: &shapes::GET_LIFECYCLE_POLICY_RESPONSE,
    result_key: None,
    any_repository: false,
    answer: |ecr, input, each| {
        each(Row::Record(ecr.get_lifecycle_policy(&request::get_lifecycle_policy(input))?));
        Ok(None)
    },
};

/// Every operation, in the order in which they are listed.
pub static OPERATIONS: [&Operation; 4] =
    [&DESCRIBE_IMAGES, &LIST_IMAGES, &DESCRIBE_REPOSITORIES, &GET_LIFECYCLE_POLICY];

impl Operation {
    /// The operation of that name in the API.
    pub fn named(name: &str) -> Option<&'static Operation> {
        OPERATIONS.into_iter().find(|operation| operation.name == name)
    }

    /// The operation of that name on the command line.
    pub fn of_command(command: &str) -> Option<&'static Operation> {
        OPERATIONS.into_iter().find(|operation| operation.command == command)
    }

    /// Whether a request has that member.
    pub fn takes(&self, member: &str) -> bool {
        self.input.members().iter().any(|known| known.name == member)
    }
}

#[cfg(test)]
mod tests {
    use super::shape::Kind;
    use super::{LIMIT_MEMBER, OPERATIONS, Operation, TOKEN_MEMBER};

    #[test]
    fn names_are_unique_and_commands_follow_them() {
        for operation in OPERATIONS {
            let mut command = String::new();
            for c in operation.name.chars() {
                if c.is_ascii_uppercase() && !command.is_empty() {
                    command.push('-');
                }
                command.push(c.to_ascii_lowercase());
            }
            assert_eq!(command, operation.command);
            assert!(std::ptr::eq(Operation::named(operation.name).unwrap(), operation));
            assert!(std::ptr::eq(Operation::of_command(&command).unwrap(), operation));
        }
    }

    /// A paginated operation has the token and the limit in its request, and the rows and the token in its
    /// response; another one has none of them.
    #[test]
    fn pages_have_their_members() {
        for operation in OPERATIONS {
            let paginated = operation.result_key.is_some();
            assert_eq!(operation.takes(TOKEN_MEMBER) && operation.takes(LIMIT_MEMBER), paginated);
            let output = operation.output.members();
            let rows = output.iter().find(|member| Some(member.name) == operation.result_key);
            assert_eq!(rows.is_some_and(|member| matches!(member.shape.kind, Kind::List(_))), paginated);
            assert_eq!(output.iter().any(|member| member.name == TOKEN_MEMBER), paginated);
        }
    }
}
