//! The options of `describe-images` and `list-images` as data, in the order in which the AWS CLI
//! has them, which is the order in which its messages list them.
//!
//! Source: the manual pages, and what the parsers of AWS CLI 1.45.11 and 2.36.12 hold at run time.

use crate::model::AwsCli;

use super::argparse::{Arity, Check, Spec};

/// An operation of the ECR API that is answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `describe-images`
    DescribeImages,
    /// `list-images`
    ListImages,
}

impl Operation {
    /// The operation's name on the command line.
    pub fn command(self) -> &'static str {
        match self {
            Operation::DescribeImages => "describe-images",
            Operation::ListImages => "list-images",
        }
    }

    /// The operation's name in the API.
    pub fn api_name(self) -> &'static str {
        match self {
            Operation::DescribeImages => "DescribeImages",
            Operation::ListImages => "ListImages",
        }
    }

    /// The member of a response that holds its rows.
    pub fn result_key(self) -> &'static str {
        match self {
            Operation::DescribeImages => "imageDetails",
            Operation::ListImages => "imageIds",
        }
    }

    /// The operation of that name on the command line.
    pub(crate) fn from_command(command: &str) -> Option<Self> {
        [Operation::DescribeImages, Operation::ListImages].into_iter().find(|it| it.command() == command)
    }
}

const fn flag(name: &'static str) -> Spec {
    Spec { name, arity: Arity::Flag, check: Check::Any, abbreviates: true }
}

const fn text(name: &'static str) -> Spec {
    Spec { name, arity: Arity::One, check: Check::Any, abbreviates: true }
}

const fn number(name: &'static str) -> Spec {
    Spec { name, arity: Arity::One, check: Check::Int, abbreviates: true }
}

const fn choice(name: &'static str, choices: &'static [&'static str]) -> Spec {
    Spec { name, arity: Arity::One, check: Check::Choices(choices), abbreviates: true }
}

/// An option that the AWS CLI does not have.
const fn ours(spec: Spec) -> Spec {
    Spec { abbreviates: false, ..spec }
}

static DEBUG: Spec = flag("--debug");
static ENDPOINT_URL: Spec = text("--endpoint-url");
static NO_VERIFY_SSL: Spec = flag("--no-verify-ssl");
static NO_PAGINATE: Spec = flag("--no-paginate");
static OUTPUT_V1: Spec = choice("--output", &["json", "text", "table"]);
static OUTPUT_V2: Spec = choice("--output", &["json", "text", "table", "yaml", "yaml-stream", "off"]);
static QUERY: Spec = text("--query");
static PROFILE: Spec = text("--profile");
static REGION: Spec = text("--region");
static COLOR: Spec = choice("--color", &["on", "off", "auto"]);
static NO_SIGN_REQUEST: Spec = flag("--no-sign-request");
static CA_BUNDLE: Spec = text("--ca-bundle");
static CLI_READ_TIMEOUT: Spec = text("--cli-read-timeout");
static CLI_CONNECT_TIMEOUT: Spec = text("--cli-connect-timeout");
static V2_DEBUG: Spec = flag("--v2-debug");
static CLI_BINARY_FORMAT: Spec = choice("--cli-binary-format", &["base64", "raw-in-base64-out"]);
static NO_CLI_PAGER: Spec = flag("--no-cli-pager");
static CLI_AUTO_PROMPT: Spec = flag("--cli-auto-prompt");
static NO_CLI_AUTO_PROMPT: Spec = flag("--no-cli-auto-prompt");
static CLI_ERROR_FORMAT: Spec = choice("--cli-error-format", &["legacy", "json", "yaml", "text", "table", "enhanced"]);
static VERSION: Spec = Spec { name: "--version", arity: Arity::Flag, check: Check::Version, abbreviates: true };

static SNAPSHOT: Spec = ours(text("--snapshot"));
static DB: Spec = ours(text("--db"));
static AWS_CLI: Spec = ours(choice("--aws-cli", &["v1", "v2"]));
static CLI_TIMESTAMP_FORMAT: Spec = ours(text("--cli-timestamp-format"));

static REGISTRY_ID: Spec = text("--registry-id");
static REPOSITORY_NAME: Spec = text("--repository-name");
static IMAGE_IDS: Spec = Spec { name: "--image-ids", arity: Arity::Many, check: Check::Any, abbreviates: true };
static NEXT_TOKEN: Spec = text("--next-token");
static MAX_RESULTS: Spec = text("--max-results");
static FILTER: Spec = text("--filter");
static CLI_INPUT_JSON: Spec = text("--cli-input-json");
static CLI_INPUT_YAML: Spec = text("--cli-input-yaml");
static STARTING_TOKEN: Spec = text("--starting-token");
static PAGE_SIZE: Spec = number("--page-size");
static MAX_ITEMS: Spec = number("--max-items");
static SKELETON_V1: Spec = skeleton(&["input", "output"]);
static SKELETON_V2: Spec = skeleton(&["input", "output", "yaml-input"]);

const fn skeleton(choices: &'static [&'static str]) -> Spec {
    Spec {
        name: "--generate-cli-skeleton",
        arity: Arity::OneOr("input"),
        check: Check::Choices(choices),
        abbreviates: true,
    }
}

/// The options that stand before or after the command. Ours come last.
pub(crate) fn globals(aws_cli: AwsCli) -> &'static [&'static Spec] {
    static V1: &[&Spec] = &[
        &DEBUG,
        &ENDPOINT_URL,
        &NO_VERIFY_SSL,
        &NO_PAGINATE,
        &OUTPUT_V1,
        &QUERY,
        &PROFILE,
        &REGION,
        &COLOR,
        &NO_SIGN_REQUEST,
        &CA_BUNDLE,
        &CLI_READ_TIMEOUT,
        &CLI_CONNECT_TIMEOUT,
        &V2_DEBUG,
        &VERSION,
        &SNAPSHOT,
        &DB,
        &AWS_CLI,
        &CLI_TIMESTAMP_FORMAT,
    ];
    static V2: &[&Spec] = &[
        &DEBUG,
        &ENDPOINT_URL,
        &NO_VERIFY_SSL,
        &NO_PAGINATE,
        &OUTPUT_V2,
        &QUERY,
        &PROFILE,
        &REGION,
        &COLOR,
        &NO_SIGN_REQUEST,
        &CA_BUNDLE,
        &CLI_READ_TIMEOUT,
        &CLI_CONNECT_TIMEOUT,
        &CLI_BINARY_FORMAT,
        &NO_CLI_PAGER,
        &CLI_AUTO_PROMPT,
        &NO_CLI_AUTO_PROMPT,
        &CLI_ERROR_FORMAT,
        &VERSION,
        &SNAPSHOT,
        &DB,
        &AWS_CLI,
        &CLI_TIMESTAMP_FORMAT,
    ];
    match aws_cli {
        AwsCli::V1 => V1,
        AwsCli::V2 => V2,
    }
}

/// The options that version 2 looks for before it reads the line in earnest.
pub(crate) static FIRST_PASS: &[&Spec] = &[&PROFILE, &DEBUG];

/// The options of an operation.
pub(crate) fn of(operation: Operation, aws_cli: AwsCli) -> Vec<&'static Spec> {
    let mut options: Vec<&'static Spec> = vec![&REGISTRY_ID, &REPOSITORY_NAME];
    if operation == Operation::DescribeImages {
        options.push(&IMAGE_IDS);
    }
    options.extend([&NEXT_TOKEN, &MAX_RESULTS, &FILTER, &CLI_INPUT_JSON]);
    if aws_cli == AwsCli::V2 {
        options.push(&CLI_INPUT_YAML);
    }
    options.extend([&STARTING_TOKEN, &PAGE_SIZE, &MAX_ITEMS]);
    options.push(match aws_cli {
        AwsCli::V1 => &SKELETON_V1,
        AwsCli::V2 => &SKELETON_V2,
    });
    options
}

#[cfg(test)]
mod tests {
    use super::{Arity, Operation, of};
    use crate::client::params::{self, Words};
    use crate::model::AwsCli;

    /// The parameters have a table of their own, made from the model: what is read there is what is
    /// read here, in the same order.
    #[test]
    fn the_tables_of_line_and_parameters_agree() {
        for (operation, model) in
            [(Operation::DescribeImages, &params::DESCRIBE_IMAGES), (Operation::ListImages, &params::LIST_IMAGES)]
        {
            assert_eq!((operation.command(), operation.api_name()), (model.command, model.name));
            for cli in [AwsCli::V1, AwsCli::V2] {
                let words = |arity| match arity {
                    Arity::Flag | Arity::One => Words::One,
                    Arity::OneOr(_) => Words::AtMostOne,
                    Arity::Many => Words::Any,
                };
                let here: Vec<_> =
                    of(operation, cli).iter().map(|spec| (spec.name.to_owned(), words(spec.arity))).collect();
                let there: Vec<_> = model.options(cli).into_iter().map(|option| (option.name, option.words)).collect();
                assert_eq!(here, there);
            }
        }
    }
}
