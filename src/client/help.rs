//! What `--help` and `help` print for the commands of the AWS CLI, and the words that manual pages and completions take.
//!
//! The AWS CLI opens a manual page there. The facts here are those of its manual pages (2.36.12) and of what ecrsnap does
//! differently; the options themselves come from [`options`].

use std::fmt::Write as _;

use crate::model::AwsCli;
use crate::service::api::{OPERATIONS, Operation};

use super::argparse::{Arity, Check, Spec};
use super::options;
use super::usage::PROGRAM;

/// What the help of an operation says besides its options.
#[derive(Debug)]
pub(crate) struct OperationHelp {
    /// One line, imperative.
    pub(crate) about: &'static str,
    /// What it prints and what to know about that.
    pub(crate) description: &'static str,
    /// Lines to run, without the program's name, and what each prints.
    pub(crate) examples: &'static [(&'static str, &'static str)],
}

/// The options that mean something to a snapshot in every command; the other global options change nothing or little.
const MAIN_OPTIONS: [&str; 11] = [
    "--snapshot",
    "--db",
    "--query",
    "--output",
    "--no-paginate",
    "--region",
    "--aws-cli",
    "--aws-config",
    "--cli-timestamp-format",
    "--help",
    "--version",
];

/// The words of an operation.
pub(crate) fn of(operation: &Operation) -> &'static OperationHelp {
    match operation.command {
        "describe-images" => &DESCRIBE_IMAGES,
        "list-images" => &LIST_IMAGES,
        "describe-repositories" => &DESCRIBE_REPOSITORIES,
        _ => &GET_LIFECYCLE_POLICY,
    }
}

static DESCRIBE_IMAGES: OperationHelp = OperationHelp {
    about: "Describe images as `aws ecr describe-images` did when the snapshot was taken",
    description: "Prints for each image its digest, its tags, its size, when it was pushed and last pulled, its media types, \
        its status and a summary of its scan findings, as far as the saved page has them. The size is that of the \
        compressed layers in the registry, so `docker images` shows a larger one.\n\nOnly images with the status ACTIVE \
        are shown unless --filter names another imageStatus. Without --repository-name, every repository of the registry \
        is described, which the AWS CLI refuses.",
    examples: &[
        ("describe-images --repository-name shop/web --image-ids imageTag=prod", "the image that has the tag `prod`"),
        (
            "describe-images --repository-name shop/web --query 'sort_by(imageDetails, &imagePushedAt)[-1].imageDigest' \
             --output text",
            "the digest of the image that was pushed last",
        ),
        (
            "describe-images --filter tagStatus=UNTAGGED,imageStatus=ANY --output table",
            "untagged images, archived ones too",
        ),
        (
            "describe-images --repository-name shop/web --snapshot @2026-03-15 --max-items 2",
            "the first two images of the newest snapshot up to the end of that day, and a token for --starting-token",
        ),
    ],
};

static LIST_IMAGES: OperationHelp = OperationHelp {
    about: "List image ids as `aws ecr list-images` did when the snapshot was taken",
    description: "Prints for each tag of an image the pair of imageDigest and imageTag, and for an untagged image the \
        imageDigest alone.\n\nOnly images with the status ACTIVE are listed unless --filter names another imageStatus. \
        Without --repository-name, every repository of the registry is listed, which the AWS CLI refuses.",
    examples: &[
        ("list-images --repository-name shop/web", "all digests and tags"),
        (
            "list-images --repository-name shop/web --filter tagStatus=TAGGED --query 'imageIds[].imageTag' --output text",
            "the tags alone, in one line for each page",
        ),
        (
            "list-images --repository-name shop/web --filter tagStatus=UNTAGGED",
            "untagged images, in the form that `aws ecr batch-delete-image` takes for --image-ids",
        ),
    ],
};

static DESCRIBE_REPOSITORIES: OperationHelp = OperationHelp {
    about: "Describe repositories as `aws ecr describe-repositories` did when the snapshot was taken",
    description: "Prints for each repository its ARN, registry, name, URI, creation time, tag mutability, and scanning and \
        encryption settings, from describe-repositories pages of the snapshot. If the snapshot has none, the registry and \
        the name of each repository are printed.",
    examples: &[
        ("describe-repositories", "every repository of the registry"),
        ("describe-repositories --repository-names shop/web shop/api", "two of them; fails if one does not exist"),
        ("describe-repositories --query 'repositories[].repositoryName' --output text", "names, separated by tabs"),
    ],
};

static GET_LIFECYCLE_POLICY: OperationHelp = OperationHelp {
    about: "Print a lifecycle policy as `aws ecr get-lifecycle-policy` did when the snapshot was taken",
    description: "Prints the registry, the repository, the policy as JSON in a string, and when the service last evaluated \
        it. The policy must be in the snapshot: `scripts/export.sh` saves it. Fails with LifecyclePolicyNotFoundException \
        if the repository is known to have no policy. `ecrsnap lifecycle` evaluates a policy.",
    examples: &[
        ("get-lifecycle-policy --repository-name shop/web", "the policy and its repository"),
        (
            "get-lifecycle-policy --repository-name shop/web --query lifecyclePolicyText --output text",
            "the policy document alone",
        ),
    ],
};

/// The name of an option's value and what the option does.
pub(crate) fn of_option(option: &str) -> Option<(&'static str, &'static str)> {
    const OFFLINE: &str = "Accepted without effect: ecrsnap makes no network connection";
    Some(match option {
        "--registry-id" => {
            ("ACCOUNT", "The AWS account ID of the registry. Needed only if the snapshot holds several registries")
        }
        "--repository-name" => ("NAME", "The repository"),
        "--repository-names" => {
            ("NAME", "The repositories to describe [default: all of the registry]. Cannot be used with --max-results")
        }
        "--image-ids" => (
            "ID",
            "The images to describe, each as imageTag=TAG, imageDigest=DIGEST or both, or all as a JSON list. Fails if one \
             does not exist; cannot be used with --max-results and --next-token",
        ),
        "--filter" => (
            "FILTER",
            "Show only some images: tagStatus=TAGGED|UNTAGGED|ANY, imageStatus=ACTIVE|ARCHIVED|ACTIVATING|ANY, or both with \
             a comma [default: imageStatus=ACTIVE]",
        ),
        "--next-token" => (
            "TOKEN",
            "Print one page only: the one that follows the page with this nextToken. For whole listings use \
             --starting-token",
        ),
        "--max-results" => {
            ("N", "Print one page only, of at most N entries and with a nextToken [default: 100; at most 1000]")
        }
        "--starting-token" => ("TOKEN", "Continue where an earlier --max-items stopped: the NextToken that it printed"),
        "--page-size" => {
            ("N", "Entries for each request [default: 100; at most 1000]. Does not change how many are printed")
        }
        "--max-items" => ("N", "Print at most N entries, and a NextToken for --starting-token if there are more"),
        "--no-paginate" => ("", "Print the first page only"),
        "--cli-input-json" => (
            "JSON or file://FILE",
            "Take the parameters from JSON as --generate-cli-skeleton prints it. Other options win",
        ),
        "--cli-input-yaml" => (
            "YAML or file://FILE",
            "Take the parameters from YAML as `--generate-cli-skeleton yaml-input` prints it. Other options win",
        ),
        "--generate-cli-skeleton" => (
            "KIND",
            "Print a template for --cli-input-json (input, the default) or a sample of the output, and do nothing else",
        ),
        "--query" => {
            ("EXPRESSION", "A JMESPath expression that selects from the answer, for example imageDetails[].imageTags")
        }
        "--output" => ("FORMAT", "The output format [default: json]"),
        "--color" => ("WHEN", "Colour tables"),
        "--region" => ("REGION", "Answer from repositories of this region. Needed only if the snapshot holds several"),
        "--cli-binary-format" => ("FORMAT", "Accepted without effect: these commands have no binary parameters"),
        "--cli-timestamp-format" => ("FORMAT", "Print times as iso8601 or as the service sends them (wire)"),
        "--cli-error-format" => ("FORMAT", "How to print errors"),
        "--no-cli-pager" => ("", "Print to the terminal without a pager"),
        "--cli-auto-prompt" | "--no-cli-auto-prompt" => ("", "Accepted without effect: ecrsnap never prompts"),
        "--version" => ("", "Print the version"),
        "--help" | "-h" => ("", "Print this help"),
        "--endpoint-url" => ("URL", OFFLINE),
        "--profile" => ("NAME", "The profile whose settings --aws-config reads; otherwise without effect"),
        "--ca-bundle" => ("FILE", OFFLINE),
        "--cli-read-timeout" | "--cli-connect-timeout" => ("SECONDS", OFFLINE),
        "--no-verify-ssl" | "--no-sign-request" => ("", OFFLINE),
        "--debug" | "--v2-debug" => ("", "Accepted without effect: there is no debug output"),
        "--snapshot" => (
            "REF",
            "The snapshot to answer from [default: latest]: a name, latest, latest~N (N before it), @TIME (the newest at or \
             before it) or @-AGE (@-7d)",
        ),
        "--db" => ("FILE", "The database [env: ECRSNAP_DB] [default: ecrsnap.db]"),
        "--aws-cli" => ("VERSION", "Print as this version of the AWS CLI does [default: v2]"),
        "--aws-config" => (
            "FILE",
            "Read output, cli_timestamp_format, cli_pager and region of the active profile from this file. \
             ECRSNAP_AWS_CONFIG=1 reads AWS_CONFIG_FILE or ~/.aws/config. Without either no configuration is read",
        ),
        _ => return None,
    })
}

/// The help of an operation, or of all in short.
pub(crate) fn text(operation: Option<&'static Operation>, aws_cli: AwsCli) -> String {
    let Some(operation) = operation else { return overview(aws_cli) };
    let help = of(operation);
    let mut text = format!("{}\n\nUsage: {PROGRAM} [ecr] {} [OPTIONS]\n\n", help.about, operation.command);
    for paragraph in help.description.split("\n\n") {
        wrapped(&mut text, paragraph, 0);
        text.push('\n');
    }
    let own = options::specs(operation, aws_cli);
    let required = options::required(operation, aws_cli, &[]);
    list(&mut text, "Options", own.iter().copied(), &required);
    globals(&mut text, aws_cli);
    text.push_str("\nExamples:\n");
    for (line, result) in help.examples {
        let _ = writeln!(text, "  {PROGRAM} {line}");
        wrapped(&mut text, result, 6);
    }
    text
}

fn overview(aws_cli: AwsCli) -> String {
    let mut text = format!(
        "Answer commands of `aws ecr` from a snapshot\n\nUsage: {PROGRAM} [ecr] COMMAND [OPTIONS]\n\nCommands:\n"
    );
    for operation in OPERATIONS {
        let _ = writeln!(text, "  {:<23}{}", operation.command, of(operation).about);
    }
    let _ = writeln!(text, "\n`{PROGRAM} COMMAND --help` shows the options of a command.");
    globals(&mut text, aws_cli);
    text
}

fn globals(text: &mut String, aws_cli: AwsCli) {
    let all = options::globals(aws_cli);
    let main = MAIN_OPTIONS.iter().filter_map(|name| all.iter().copied().find(|spec| spec.name == *name));
    text.push('\n');
    list(text, "Global options", main, &[]);
    text.push('\n');
    let other = all.iter().copied().filter(|spec| !MAIN_OPTIONS.contains(&spec.name) && spec.name != "-h");
    list(text, "Other global options of the AWS CLI", other, &[]);
}

fn list(text: &mut String, title: &str, specs: impl Iterator<Item = &'static Spec>, required: &[&str]) {
    let _ = writeln!(text, "{title}:");
    for spec in specs {
        let (value, meaning) = of_option(spec.name).unwrap_or(("VALUE", ""));
        let value = match spec.arity {
            Arity::Flag => String::new(),
            Arity::One => format!(" {value}"),
            Arity::OneOr(_) => format!(" [{value}]"),
            Arity::Many => format!(" {value}..."),
        };
        let short = if spec.name == "--help" { "-h, " } else { "" };
        let _ = writeln!(text, "  {short}{}{value}", spec.name);
        let mut meaning = meaning.to_owned();
        if required.contains(&spec.name) {
            meaning.push_str(". Required");
        }
        if let Check::Choices(choices) = spec.check {
            let _ = write!(meaning, " [one of: {}]", choices.join(", "));
        }
        wrapped(text, &meaning, 10);
    }
}

/// A paragraph in lines of at most 100 columns.
fn wrapped(text: &mut String, paragraph: &str, indent: usize) {
    const WIDTH: usize = 100;
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            text.push('\n');
            column = 0;
        }
        if column == 0 {
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::{AwsCli, MAIN_OPTIONS, OPERATIONS, of_option, options, text};

    #[test]
    fn every_option_is_described() {
        for cli in [AwsCli::V1, AwsCli::V2] {
            for operation in OPERATIONS {
                for spec in options::specs(operation, cli).iter().chain(options::globals(cli)) {
                    assert!(of_option(spec.name).is_some(), "{}", spec.name);
                }
            }
            assert!(MAIN_OPTIONS.iter().all(|name| options::globals(cli).iter().any(|spec| spec.name == *name)));
        }
        assert_eq!(of_option("--colour"), None);
    }

    #[test]
    fn a_required_option_is_marked_and_no_line_is_wide() {
        let policy = OPERATIONS.into_iter().find(|operation| operation.command == "get-lifecycle-policy");
        let help = text(policy, AwsCli::V2);
        assert!(help.contains("  --repository-name NAME\n          The repository. Required\n"), "{help}");
        for operation in OPERATIONS {
            let help = text(Some(operation), AwsCli::V1);
            assert!(!help.contains("yaml"), "version 1 has no YAML: {help}");
            let prose = help.lines().filter(|line| !line.starts_with("  ecrsnap "));
            prose.for_each(|line| assert!(line.chars().count() <= 100, "{line}"));
        }
    }
}
