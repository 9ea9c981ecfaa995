//! `lifecycle`: what a lifecycle policy would do to a snapshot.

mod change;
mod explain;
mod gather;
mod images;
mod json;
mod replay;
mod summary;
mod verify;

use std::path::{Path, PathBuf};

use clap::builder::TypedValueParser;

use super::advice::advised;
use super::scope::Scope;
use super::{REFUSED, print_error, read_at_once, stdout};
use crate::lifecycle::PreviewError;
use crate::model::{Instant, visible};
use crate::store::StoreError;
use crate::tabular::Format;
use gather::{Evaluated, Gathered};

const MODES: &str = "Other questions";

/// Show what a lifecycle policy would delete or archive
///
/// Applies a policy to the newest snapshot, as ECR would have at the time of the capture. Without --policy each
/// repository has the policy that its snapshot holds, from ingested get-lifecycle-policy pages. Nothing is deleted
/// anywhere: the answer is a list.
///
/// Untagged images of a repository that holds an image index may be children of the index. A capture does not show
/// whether ECR counts and deletes them, so what depends on it is unknown.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap lifecycle --policy policy.json --repository-name shop/web
  ecrsnap lifecycle --policy policy.json --list --in-use pods.json
  ecrsnap lifecycle --compare saved new-policy.json
  ecrsnap lifecycle --verify preview.json")]
pub(super) struct Arguments {
    /// The policy: a policy document, or a page of get-lifecycle-policy; - reads standard input [default: the policies
    /// that the snapshot holds]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The snapshot: a name, latest, latest~N or @TIME
    #[arg(long, value_name = "REF", default_value = "latest")]
    snapshot: String,
    #[command(flatten)]
    scope: Scope,
    /// The moment at which the policy is applied [default: the capture time]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// Print each image, with the rule that acts on it or the rule that shields it
    #[arg(long)]
    list: bool,
    /// Image references of what runs, as `in-use` reads them; - reads standard input. Says which of these images the
    /// policy takes away
    #[arg(long, value_name = "FILE")]
    in_use: Option<PathBuf>,
    /// Print how each rule sees an image: its digest, as much of it as tables show, or a tag
    #[arg(long, value_name = "DIGEST|TAG", help_heading = MODES, conflicts_with_all = ["compare", "replay", "verify", "list", "in_use"])]
    explain: Option<String>,
    /// Print what a change of policy changes; `saved` means the policies that the snapshot holds
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], help_heading = MODES, conflicts_with_all = ["policy", "replay", "verify"])]
    compare: Vec<PathBuf>,
    /// Apply the policy to every snapshot up to this one, and print the images that it would have deleted and that
    /// were needed later: tagged, pulled or in use
    #[arg(long, help_heading = MODES, conflicts_with_all = ["verify", "at"])]
    replay: bool,
    /// With --replay: a tag that shows that an image is needed; may be repeated
    #[arg(long, value_name = "GLOB", default_value = "prod", requires = "replay", help_heading = MODES)]
    keep_tag: Vec<String>,
    /// Compare with a saved answer of get-lifecycle-policy-preview, and exit with status 1 if there is a difference
    #[arg(long, value_name = "FILE", help_heading = MODES, conflicts_with = "in_use")]
    verify: Option<PathBuf>,
    /// How to print it; ids is what --image-ids of batch-delete-image reads from a file
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = output())]
    output: Output,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    /// As rows, or as JSON.
    Rows(Format),
    /// As the `imageIds` of a request.
    Ids,
}

fn output() -> impl TypedValueParser<Value = Output> {
    let formats = [Format::Table, Format::Json, Format::Csv, Format::Markdown];
    let mut choices: Vec<_> = formats.iter().map(|format| (format.name(), Output::Rows(*format))).collect();
    choices.push(("ids", Output::Ids));
    stdout::choice(choices)
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::from_text(text).map_err(|_| "expected a time such as 2026-03-01T02:00:00Z, or a date".to_owned())
}

/// Why `lifecycle` failed.
#[derive(Debug, thiserror::Error)]
enum LifecycleError {
    #[error("{}", advised(.0))]
    Store(#[from] StoreError),
    #[error("{}: {problem}", visible(&file.to_string_lossy()))]
    File { file: PathBuf, problem: String },
    #[error("snapshot `{snapshot}` has no repository of that name, registry and region")]
    NoRepository { snapshot: String },
    #[error("snapshot `{snapshot}` holds no lifecycle policy of {what}")]
    NoPolicy { snapshot: String, what: &'static str },
    #[error("{0}")]
    Ids(String),
    #[error("no image of the selected repositories has the tag `{0}`, or a digest that begins with it")]
    NoImage(String),
    #[error("{}: {source}", visible(&file.to_string_lossy()))]
    Preview { file: PathBuf, source: PreviewError },
    #[error("{}: the preview has the status `{status}`; only one with `COMPLETE` has results", visible(&file.to_string_lossy()))]
    Unfinished { file: PathBuf, status: String },
    #[error("{}: the preview ends with an open nextToken, so results are missing", visible(&file.to_string_lossy()))]
    Open { file: PathBuf },
    #[error("{}: the preview does not say its repositoryName", visible(&file.to_string_lossy()))]
    Nameless { file: PathBuf },
}

impl LifecycleError {
    fn advice(&self) -> Option<&'static str> {
        match self {
            LifecycleError::NoPolicy { .. } => {
                Some("pass one with --policy FILE, or ingest get-lifecycle-policy pages; scripts/export.sh saves them")
            }
            LifecycleError::Unfinished { .. } => Some("ask again until the status is COMPLETE, and save that"),
            LifecycleError::Open { .. } => Some("save it without --no-paginate and --max-items"),
            LifecycleError::Nameless { .. } => Some("select one repository with --repository-name"),
            LifecycleError::Ids(_) => {
                Some("select one with --repository-name, and --registry-id or --region if needed")
            }
            _ => None,
        }
    }
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match read_at_once(db, |reader| answer(reader, arguments)) {
        Ok(status) => status,
        Err(error) => {
            print_error(&error, error.advice());
            REFUSED
        }
    }
}

fn answer(reader: &crate::store::read::Reader, arguments: &Arguments) -> Result<u8, LifecycleError> {
    if let Some(file) = &arguments.verify {
        return verify::run(reader, arguments, file);
    }
    if arguments.replay {
        return replay::run(reader, arguments);
    }
    if let [old, new] = arguments.compare.as_slice() {
        return change::run(reader, arguments, (old, new));
    }
    let policies = gather::policies(arguments.policy.as_deref())?;
    let in_use = arguments.in_use.as_deref().map(gather::references).transpose()?;
    let gathered = gather::evaluated(reader, arguments, &policies, in_use.as_ref())?;
    if let Some(wanted) = &arguments.explain {
        return explain::run(&gathered, wanted, arguments);
    }
    gathered.note();
    let printed = match arguments.output {
        Output::Ids => ids(&gathered)?,
        Output::Rows(Format::Json) => json::write(&gathered, arguments.list),
        Output::Rows(format) if arguments.list => images::write(&gathered, format),
        Output::Rows(format) => summary::write(&gathered, format),
    };
    Ok(gathered.status(printed))
}

/// The images that the policy deletes, as a request has them. Never one that is in use, and none whose fate is
/// unknown.
fn ids(gathered: &Gathered) -> Result<u8, LifecycleError> {
    let [one]: &[Evaluated] = &gathered.repositories else {
        let names: Vec<_> = gathered.repositories.iter().take(3).map(|it| visible(&it.repository.name)).collect();
        let more = gathered.repositories.len().saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Err(LifecycleError::Ids(format!(
            "--output ids is for one repository; these are {}{more}",
            names.join(", ")
        )));
    };
    let digests: Vec<String> = one
        .deleted()
        .filter(|place| !one.in_use.get(*place).copied().unwrap_or_default())
        .map(|place| one.images[place].digest.to_string())
        .collect();
    if digests.is_empty() {
        eprint_escaped!("ecrsnap: note: no images; the AWS CLI refuses an empty list");
    }
    let ids: Vec<_> = digests.iter().map(|digest| serde_json::json!({ "imageDigest": digest })).collect();
    Ok(stdout::print(|out| {
        crate::tabular::json::write_pretty(&mut *out, &ids)?;
        writeln!(out)
    }))
}
