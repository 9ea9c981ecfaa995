//! `export`: snapshots as files: one as the pages that it was saved from, or several as a lake of Parquet.

#[cfg(feature = "lake")]
mod lake;
mod pages;
mod repositories;

use std::path::{Path, PathBuf};

use super::scope::Scope;
use super::{REFUSED, print_error};

/// Write snapshots as saved pages or as Parquet files
///
/// json and ndjson write one snapshot: one file for each repository, as describe-images would have printed it with
/// the images of every status: `shop+web.json` for shop/web, dated by the capture. Ingested again, each is the same
/// listing. If one of the files exists, nothing is written.
///
/// A page cannot say its region, nor its repository if it has no images. If a snapshot has several regions, each has
/// a folder; empty pages are put in DIR-empty.
///
/// parquet writes any number of snapshots to a lake: a folder that Spark, Trino, Athena and DuckDB read as five
/// tables, partitioned by capture date and registry. What the lake has is not written again, so the same command may
/// run after every ingest. See docs/scale.md.
#[derive(clap::Args)]
#[allow(clippy::doc_markdown, reason = "the text is the help of the command")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the line")]
#[command(after_help = "\
Examples:
  ecrsnap export latest --out pages
  ecrsnap export 2026-03-01 --repository-name 'shop/*' --format ndjson | jq .imageDigest
  ecrsnap export --format parquet --out lake --all
  ecrsnap export --format parquet --out lake --since @-7d --prune --dry-run")]
pub(super) struct Arguments {
    /// Snapshots: names, latest, latest~N or @TIME; exactly one for json and ndjson
    #[arg(value_name = "REF")]
    references: Vec<String>,
    /// The folder to write to; - writes pages to standard output
    #[arg(long, value_name = "DIR", default_value = "-")]
    out: PathBuf,
    #[command(flatten)]
    scope: Scope,
    /// json: pages; ndjson: a detail on each line, which cannot say that a listing is incomplete or empty; parquet: a
    /// lake [default: json]
    #[arg(long, value_name = "FORMAT", value_parser = FORMATS)]
    format: Option<String>,
    /// With --format parquet, json prints what was done to standard output; otherwise another word for --format
    #[arg(long, value_name = "FORMAT", value_parser = ["json", "ndjson"])]
    output: Option<String>,
    /// Overwrite existing files; in a lake, replace snapshots that it has with other content
    #[arg(long)]
    force: bool,
    /// All snapshots (parquet)
    #[arg(long, conflicts_with_all = ["references", "since"])]
    all: bool,
    /// The snapshot REF and all that were captured after it (parquet)
    #[arg(long, value_name = "REF", conflicts_with = "references")]
    since: Option<String>,
    /// Remove from the lake what the database does not have any more, of the registries and regions that it has
    /// (parquet)
    #[arg(long)]
    prune: bool,
    /// Print what would be written and removed, and change nothing (parquet)
    #[arg(long)]
    dry_run: bool,
}

#[cfg(feature = "lake")]
const FORMATS: [&str; 3] = ["json", "ndjson", "parquet"];
#[cfg(not(feature = "lake"))]
const FORMATS: [&str; 2] = ["json", "ndjson"];

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match problem(arguments) {
        Some(problem) => {
            print_error(&problem, None);
            REFUSED
        }
        #[cfg(feature = "lake")]
        None if arguments.format.as_deref() == Some("parquet") => lake::run(db, arguments),
        None => pages::run(db, arguments),
    }
}

/// What does not go together.
fn problem(arguments: &Arguments) -> Option<&'static str> {
    let Arguments { references, out, scope, format, output, all, since, prune, dry_run, .. } = arguments;
    let selected = !references.is_empty() || *all || since.is_some();
    if format.as_deref() == Some("parquet") {
        if out == Path::new("-") {
            return Some("--format parquet needs --out DIR, the folder of the lake");
        }
        if !selected && !*prune {
            return Some("no snapshot is selected; name one or more (latest), or use --since REF or --all");
        }
        if !scope.repository_name.is_empty() {
            return Some(
                "--repository-name does not go with --format parquet: a file holds a whole registry and region",
            );
        }
        return match output.as_deref() {
            Some("ndjson") => Some("with --format parquet, --output is json"),
            _ => None,
        };
    }
    if *all || since.is_some() || *prune || *dry_run {
        return Some("--all, --since, --prune and --dry-run need --format parquet");
    }
    if references.len() != 1 {
        return Some("expected one snapshot, such as latest; only --format parquet takes several");
    }
    match (format, output) {
        (Some(one), Some(other)) if one != other => Some("--format and --output differ; give one of them"),
        _ => None,
    }
}
