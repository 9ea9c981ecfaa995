//! The options of every command as data, in the order in which the AWS CLI has them, which is the
//! order in which its messages list them.
//!
//! The options of an operation follow from its entry in [`OPERATIONS`], as in the AWS CLI they follow from
//! the service model. Source of the others: the manual pages, and what the parsers of AWS CLI 1.46.3 and
//! 2.36.12 hold at run time.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::AwsCli;
use crate::service::api::shape::{Kind, ShapeMember};
use crate::service::api::{OPERATIONS, Operation};

use super::argparse::{Arity, Check, Spec};
use super::call::REPOSITORY_NAME;

/// An option of an operation's command.
#[derive(Debug)]
pub struct CommandOption {
    /// How the argument parser reads it.
    pub(crate) spec: Spec,
    /// Whether the argument line is refused without it; [`lifts_requirements`] names what lifts that.
    pub(crate) required: bool,
    /// What its words become.
    pub(crate) role: Role,
}

/// What an option's words become.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// A member of the request.
    Member(&'static ShapeMember),
    /// `--cli-input-json`: members of the request.
    CliInputJson,
    /// `--cli-input-yaml`, in version 2: the same in YAML.
    CliInputYaml,
    /// `--starting-token`: where the paginator starts.
    StartingToken,
    /// `--page-size` and `--max-items`, integers of the paginator.
    Paging,
    /// `--generate-cli-skeleton`: a sample in place of an answer.
    GenerateCliSkeleton,
}

impl CommandOption {
    /// The option with its dashes, `--image-ids`.
    pub fn name(&self) -> &'static str {
        self.spec.name
    }

    /// Whether any number of words follows it.
    pub(crate) fn takes_several(&self) -> bool {
        self.spec.arity == Arity::Many
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
static AWS_CONFIG: Spec = ours(text("--aws-config"));
static AWS_CLI: Spec = ours(choice("--aws-cli", &["v1", "v2"]));
static HELP: Spec = ours(flag("--help"));
static HELP_SHORT: Spec = ours(flag("-h"));
static CLI_TIMESTAMP_FORMAT: Spec = ours(text("--cli-timestamp-format"));

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

/// The options that may precede or follow the command. Ours come last.
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
        &AWS_CONFIG,
        &CLI_TIMESTAMP_FORMAT,
        &HELP,
        &HELP_SHORT,
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
        &AWS_CONFIG,
        &CLI_TIMESTAMP_FORMAT,
        &HELP,
        &HELP_SHORT,
    ];
    match aws_cli {
        AwsCli::V1 => V1,
        AwsCli::V2 => V2,
    }
}

/// The options that version 2 looks for before it reads the line in earnest.
pub(crate) static FIRST_PASS: &[&Spec] = &[&PROFILE, &DEBUG];

/// The options of an operation in the order in which the AWS CLI lists them and takes their values in.
pub(crate) fn of(operation: &'static Operation, aws_cli: AwsCli) -> &'static [CommandOption] {
    /// Both release lines of each operation, in the order of [`OPERATIONS`].
    static TABLES: LazyLock<Vec<[Vec<CommandOption>; 2]>> = LazyLock::new(|| {
        let tables = OPERATIONS.into_iter().map(|operation| [AwsCli::V1, AwsCli::V2].map(|cli| make(operation, cli)));
        tables.collect()
    });
    let place = OPERATIONS.iter().position(|known| *known == operation);
    let release = match aws_cli {
        AwsCli::V1 => 0,
        AwsCli::V2 => 1,
    };
    place.and_then(|place| TABLES.get(place)).map_or(&[], |tables| tables[release].as_slice())
}

/// The options of an operation as the argument parser wants them.
pub(crate) fn specs(operation: &'static Operation, aws_cli: AwsCli) -> Vec<&'static Spec> {
    of(operation, aws_cli).iter().map(|option| &option.spec).collect()
}

fn make(operation: &'static Operation, aws_cli: AwsCli) -> Vec<CommandOption> {
    let of_member = |member: &'static ShapeMember| CommandOption {
        spec: Spec {
            name: option_name(member.name),
            arity: if matches!(member.shape.kind, Kind::List(_)) { Arity::Many } else { Arity::One },
            check: Check::Any,
            abbreviates: true,
        },
        required: member.required && !(member.name == REPOSITORY_NAME && operation.any_repository),
        role: Role::Member(member),
    };
    let other = |spec: &Spec, role| CommandOption { spec: *spec, required: false, role };
    let mut options: Vec<CommandOption> = operation.input.members().iter().map(of_member).collect();
    options.push(other(&CLI_INPUT_JSON, Role::CliInputJson));
    if aws_cli == AwsCli::V2 {
        options.push(other(&CLI_INPUT_YAML, Role::CliInputYaml));
    }
    if operation.result_key.is_some() {
        options.push(other(&STARTING_TOKEN, Role::StartingToken));
        options.extend([&PAGE_SIZE, &MAX_ITEMS].map(|spec| other(spec, Role::Paging)));
    }
    options.push(match aws_cli {
        AwsCli::V1 => other(&SKELETON_V1, Role::GenerateCliSkeleton),
        AwsCli::V2 => other(&SKELETON_V2, Role::GenerateCliSkeleton),
    });
    options
}

/// `imageIds` as an option: `--image-ids`. Each name is made once.
fn option_name(member: &'static str) -> &'static str {
    static NAMES: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
        let members = OPERATIONS.iter().flat_map(|operation| operation.input.members());
        members.map(|member| (member.name, with_dashes(member.name))).collect()
    });
    NAMES.get(member).map_or("", String::as_str)
}

fn with_dashes(member: &str) -> String {
    let mut name = String::from("--");
    for c in member.chars() {
        if c.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// The required options of an operation that a line of its words may not leave out.
pub(crate) fn required(operation: &'static Operation, aws_cli: AwsCli, words: &[String]) -> Vec<&'static str> {
    if lifts_requirements(words) {
        return Vec::new();
    }
    of(operation, aws_cli).iter().filter(|option| option.required).map(CommandOption::name).collect()
}

/// Whether a word of the line, typed in full, lifts what is required: a document may hold it, and a skeleton
/// of the input needs nothing. The AWS CLI looks at the words before it reads them.
fn lifts_requirements(words: &[String]) -> bool {
    if words.iter().any(|word| word == CLI_INPUT_JSON.name || word == CLI_INPUT_YAML.name) {
        return true;
    }
    let skeleton = words.iter().position(|word| word == SKELETON_V2.name);
    skeleton.is_some_and(|at| words.get(at + 1).is_none_or(|kind| kind != "output"))
}

#[cfg(test)]
mod tests {
    use super::{of, option_name, required};
    use crate::model::AwsCli;
    use crate::service::api::{DESCRIBE_IMAGES, DESCRIBE_REPOSITORIES, GET_LIFECYCLE_POLICY, LIST_IMAGES, Operation};

    fn names(operation: &'static Operation, cli: AwsCli) -> String {
        of(operation, cli).iter().map(super::CommandOption::name).collect::<Vec<_>>().join(" ")
    }

    /// As the usage of both AWS CLIs lists them.
    #[test]
    fn options_are_named_and_ordered_as_in_the_client() {
        assert_eq!(option_name("imageIds"), "--image-ids");
        let paging = "--starting-token --page-size --max-items --generate-cli-skeleton";
        assert_eq!(
            names(&DESCRIBE_IMAGES, AwsCli::V1),
            format!(
                "--registry-id --repository-name --image-ids --next-token --max-results --filter --cli-input-json {paging}"
            )
        );
        assert_eq!(
            names(&LIST_IMAGES, AwsCli::V2),
            format!(
                "--registry-id --repository-name --next-token --max-results --filter --cli-input-json --cli-input-yaml \
                 {paging}"
            )
        );
        assert_eq!(
            names(&DESCRIBE_REPOSITORIES, AwsCli::V2),
            format!(
                "--registry-id --repository-names --next-token --max-results --cli-input-json --cli-input-yaml {paging}"
            )
        );
        assert_eq!(
            names(&GET_LIFECYCLE_POLICY, AwsCli::V1),
            "--registry-id --repository-name --cli-input-json --generate-cli-skeleton"
        );
    }

    #[test]
    fn a_document_or_a_skeleton_of_the_input_lifts_what_is_required() {
        for (line, expected) in [
            ("", &["--repository-name"][..]),
            ("--registry-id 1", &["--repository-name"]),
            ("--cli-input-json {}", &[]),
            ("--cli-input-yaml {}", &[]),
            ("--cli-input-json={}", &["--repository-name"]),
            ("--generate-cli-skeleton", &[]),
            ("--generate-cli-skeleton input", &[]),
            ("--generate-cli-skeleton output", &["--repository-name"]),
            ("--generate-cli-skeleton=input", &["--repository-name"]),
        ] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            assert_eq!(required(&GET_LIFECYCLE_POLICY, AwsCli::V2, &words), expected, "{line}");
            assert!(required(&DESCRIBE_IMAGES, AwsCli::V2, &words).is_empty(), "{line}");
        }
    }
}
