//! `report`: one page about a snapshot or a span of them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use super::advice::advised;
use super::interrupt::survive_file_size_limit;
use super::replace::replace;
use super::scope::Scope;
use super::stdout::{plural, print};
use super::values::{age, number};
use super::{DONE, REFUSED, print_error, read_at_once};
use crate::report::{self, Figures, Format, Options};
use crate::store::StoreError;
use crate::store::read::{Reader, Snapshot};
use crate::tabular;

/// Write a report: totals, trends, what could be deleted, findings, moved tags
///
/// The HTML report is one self-contained file that makes no network requests. It describes the newest
/// snapshot, and shows trends over all snapshots before it. The same database gives the same bytes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap report --out report.html
  ecrsnap report --since @2026-03-01 --repository-name 'shop/*' --out shop.html
  ecrsnap report --snapshot 2026-03-08 --format json
  ecrsnap report --format openmetrics --out /var/lib/node_exporter/ecrsnap.prom")]
pub(super) struct Arguments {
    /// One snapshot alone, without trends: a name, latest, latest~N, @TIME or @-AGE
    #[arg(long, value_name = "REF", conflicts_with_all = ["since", "until"])]
    snapshot: Option<String>,
    /// First snapshot of the span: a name, latest, latest~N, @TIME or @-AGE [default: the oldest]
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Last snapshot of the span, which the report describes [default: latest]
    #[arg(long, value_name = "REF")]
    until: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// File to write; an older one is replaced [default: standard output, unless it is a terminal]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Format of the report
    #[arg(long, visible_alias = "output", value_name = "FORMAT", value_enum, default_value = DEFAULT_FORMAT)]
    format: Kind,
    /// Images without a pull for longer are stale: 90d, 12w, 6months
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = age)]
    stale_after: Duration,
    /// Scans that are older are stale: 30d, 2w
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = age)]
    scan_stale_after: Duration,
    /// Length of each list of single images, such as the candidates for deletion; 0 for all of them
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = number)]
    rows: u64,
    /// Heading [default: Container images]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Quota of images in a repository, if yours is not the service's default
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = number)]
    quota_images: u64,
    /// Quota of repositories in a registry, if yours is not the service's default
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = number)]
    quota_repositories: u64,
}

/// HTML, in a build that has it.
const DEFAULT_FORMAT: &str = if cfg!(feature = "report") { "html" } else { "markdown" };

/// The formats by their names on the command line.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    #[cfg(feature = "report")]
    Html,
    Markdown,
    Json,
    Csv,
    Openmetrics,
}

impl From<Kind> for Format {
    fn from(kind: Kind) -> Self {
        match kind {
            #[cfg(feature = "report")]
            Kind::Html => Format::Html,
            Kind::Markdown => Format::Markdown,
            Kind::Json => Format::Json,
            Kind::Csv => Format::Csv,
            Kind::Openmetrics => Format::OpenMetrics,
        }
    }
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    #[cfg(feature = "report")]
    use std::io::IsTerminal as _;

    #[cfg(feature = "report")]
    if arguments.out.is_none() && arguments.format == Kind::Html && std::io::stdout().is_terminal() {
        print_error(
            &"the report is an HTML file, and standard output is a terminal",
            Some("write it to a file: `ecrsnap report --out report.html`; or read it here: --format markdown"),
        );
        return REFUSED;
    }
    let figures = match read_at_once(db, |reader| read(reader, arguments)) {
        Ok(figures) => figures,
        Err(refusal) => {
            print_error(&refusal, None);
            return REFUSED;
        }
    };
    if figures.repositories.is_empty() {
        eprint_escaped!("ecrsnap: warning: the snapshot has no repository to report on");
    }
    let format = arguments.format.into();
    let Some(path) = &arguments.out else {
        return print(|out| report::write(&figures, format, out));
    };
    survive_file_size_limit();
    let mut bytes = Vec::new();
    match report::write(&figures, format, &mut bytes).and_then(|()| replace(path, &bytes)) {
        Ok(()) => {
            eprint_escaped!("{}", written(path, bytes.len(), &figures));
            DONE
        }
        Err(error) => {
            print_error(&format_args!("cannot write {}: {error}", path.display()), None);
            REFUSED
        }
    }
}

/// What was written: `report.html: 58.3 kB about snapshot 2026-03-15 (17 images in 6 repositories)`.
fn written(path: &Path, bytes: usize, figures: &Figures) -> String {
    // Writing to a string does not fail.
    let mut line = format!("wrote {} ({})", path.display(), tabular::size(bytes as u64));
    if let Some(last) = figures.last() {
        let (images, repositories) = (plural(last.totals.images, "image"), plural(last.repositories, "repository"));
        let _ = write!(line, ": snapshot {}, {images} in {repositories}", last.snapshot);
    }
    if let Some(first) = figures.first() {
        let _ = write!(line, ", changes since {}", first.snapshot);
    }
    line
}

/// Why `report` failed.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{}", advised(.0))]
    Store(#[from] StoreError),
    #[error("--since `{since}` is later than --until `{until}`")]
    Backwards { since: String, until: String },
}

fn read(reader: &Reader, arguments: &Arguments) -> Result<Figures, Refusal> {
    let span = span(reader, arguments)?;
    let options = Options {
        title: arguments.title.clone(),
        repositories: arguments.scope.repositories(),
        stale_after: micros(arguments.stale_after),
        scan_stale_after: micros(arguments.scan_stale_after),
        listed: match usize::try_from(arguments.rows).unwrap_or(usize::MAX) {
            0 => usize::MAX,
            rows => rows,
        },
        quota_images: arguments.quota_images,
        quota_repositories: arguments.quota_repositories,
    };
    Ok(report::gather(reader, &span, &options)?)
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// The snapshots that the line names, oldest first.
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
