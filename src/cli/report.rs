//! `report`: one page about a snapshot or a span of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use super::scope::Scope;
use super::stdout::print;
use super::values::{age, number};
use super::{DONE, REFUSED, print_error, read_at_once};
use crate::report::{self, Figures, Format, Options};
use crate::store::StoreError;
use crate::store::read::{Reader, Snapshot};

/// Write a report: totals, trends, what could be deleted, findings, moved tags
///
/// HTML is one file that needs nothing else: it opens from anywhere, offline, and prints well. The
/// newest snapshot is described, and all before it show how it came about. The same database gives
/// the same bytes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap report --out report.html
  ecrsnap report --since @2026-03-01 --repository-name 'shop/*' --out shop.html
  ecrsnap report --snapshot 2026-03-08 --format json")]
pub(super) struct Arguments {
    /// One snapshot alone, without trends: a name, latest, latest~N, @TIME or @-AGE
    #[arg(long, value_name = "REF", conflicts_with_all = ["since", "until"])]
    snapshot: Option<String>,
    /// First snapshot of the span: a name, latest, latest~N, @TIME or @-AGE [default: the oldest]
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Last snapshot of the span, which the report describes, named likewise [default: latest]
    #[arg(long, value_name = "REF")]
    until: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to write it
    #[arg(long, visible_alias = "output", value_name = "FORMAT", value_enum, default_value = DEFAULT_FORMAT)]
    format: Kind,
    /// After how long without a pull an image is stale: 90d, 12w, 6months
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = age)]
    stale_after: Duration,
    /// The heading [default: Container images]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Quota of images in a repository, where yours is not the service's default
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = number)]
    quota_images: u64,
    /// Quota of repositories in a registry, where yours is not the service's default
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = number)]
    quota_repositories: u64,
}

/// HTML, in a build that has it.
const DEFAULT_FORMAT: &str = if cfg!(feature = "report") { "html" } else { "markdown" };

/// The formats by the names of the line.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    #[cfg(feature = "report")]
    Html,
    Markdown,
    Json,
    Csv,
}

impl From<Kind> for Format {
    fn from(kind: Kind) -> Self {
        match kind {
            #[cfg(feature = "report")]
            Kind::Html => Format::Html,
            Kind::Markdown => Format::Markdown,
            Kind::Json => Format::Json,
            Kind::Csv => Format::Csv,
        }
    }
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    let figures = match read_at_once(db, |reader| read(reader, arguments)) {
        Ok(figures) => figures,
        Err(refusal) => {
            print_error(&refusal, None);
            return REFUSED;
        }
    };
    if figures.repositories.is_empty() {
        eprint_escaped!("ecrsnap: warning: no repository to report on is in the snapshot");
    }
    let format = arguments.format.into();
    let Some(path) = &arguments.out else {
        return print(|out| report::write(&figures, format, out));
    };
    // Made whole first, so that an error on the way leaves an older report as it was.
    let mut bytes = Vec::new();
    match report::write(&figures, format, &mut bytes).and_then(|()| fs::write(path, bytes)) {
        Ok(()) => DONE,
        Err(error) => {
            print_error(&format_args!("{}: {error}", path.display()), None);
            REFUSED
        }
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("--since `{since}` is later than --until `{until}`")]
    Backwards { since: String, until: String },
}

fn read(reader: &Reader, arguments: &Arguments) -> Result<Figures, Refusal> {
    let span = span(reader, arguments)?;
    let options = Options {
        title: arguments.title.clone(),
        repositories: arguments.scope.repositories(),
        stale_after: i64::try_from(arguments.stale_after.as_micros()).unwrap_or(i64::MAX),
        quota_images: arguments.quota_images,
        quota_repositories: arguments.quota_repositories,
    };
    Ok(report::gather(reader, &span, &options)?)
}

/// The snapshots that the line asks for, oldest first.
fn span(reader: &Reader, arguments: &Arguments) -> Result<Vec<Snapshot>, Refusal> {
    if let Some(reference) = &arguments.snapshot {
        return Ok(vec![reader.snapshot(reference)?]);
    }
    let until = reader.snapshot(arguments.until.as_deref().unwrap_or("latest"))?;
    let since = arguments.since.as_deref().map(|since| reader.snapshot(since)).transpose()?;
    let key = |snapshot: &Snapshot| (snapshot.captured_at, snapshot.id);
    if let Some(since) = since.as_ref().filter(|since| key(since) > key(&until)) {
        return Err(Refusal::Backwards { since: since.name.clone(), until: until.name });
    }
    let mut snapshots = reader.snapshots()?;
    snapshots.retain(|one| key(one) <= key(&until) && since.as_ref().is_none_or(|since| key(one) >= key(since)));
    Ok(snapshots)
}
