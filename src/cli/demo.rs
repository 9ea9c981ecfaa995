//! `demo`: a small registry to try the commands on.

use std::io::Cursor;
use std::sync::Arc;

use super::stdout::print;
use super::{REFUSED, print_error};
use crate::ingest::source::Source;
use crate::ingest::{IngestError, Options, ingest};
use crate::model::capture_filter::ImageStatus;
use crate::model::{CaptureFilter, Instant};

/// Try the commands on a small registry: makes a temporary database of three dates
///
/// The pages are part of the program: a made-up registry on 2026-03-01, 2026-03-08 and 2026-03-15. The database is a new
/// file in the folder for temporary files; delete it when you are done.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap demo                           print the path of the database, and commands to try
  eval \"$(ecrsnap demo | head -n 1)\"    use the database in this shell")]
pub(super) struct Arguments {}

/// The pages of a date: their names and contents.
type Pages = (&'static str, &'static [(&'static str, &'static str)]);

macro_rules! pages {
    ($date:literal, $($file:literal),+) => {
        ($date, &[$(($file, include_str!(concat!("../../samples/", $date, "/", $file)))),+])
    };
}

/// The samples, oldest first.
const SAMPLES: [Pages; 3] = [
    pages!(
        "2026-03-01",
        "legacy+cron.json",
        "shop+api.json",
        "shop+mailer.json",
        "shop+web.page-1.json",
        "shop+web.page-2.json",
        "shop+worker.json",
        "tools+builder.json"
    ),
    pages!(
        "2026-03-08",
        "legacy+cron.json",
        "shop+api.json",
        "shop+mailer.json",
        "shop+search.json",
        "shop+web.page-1.json",
        "shop+web.page-2.json",
        "shop+worker.json",
        "tools+builder.json"
    ),
    pages!(
        "2026-03-15",
        "shop+api.json",
        "shop+search.json",
        "shop+web.page-1.json",
        "shop+web.page-2.json",
        "shop+worker.json",
        "tools+builder.json"
    ),
];

/// Questions, each with what it answers.
const QUESTIONS: [(&str, &str); 8] = [
    ("ecrsnap snapshots", "what the database holds"),
    ("ecrsnap describe-images --repository-name shop/web --image-ids imageTag=prod", "ask as you would ask AWS"),
    ("ecrsnap diff", "what changed since the week before"),
    ("ecrsnap history --repository-name shop/web --image-tag prod", "which image was prod, and when"),
    ("ecrsnap images --untagged --pushed-before 30d --group-by repository", "what is old and untagged"),
    ("ecrsnap images --tagged --min-severity high", "what has high or critical findings"),
    ("echo shop/web:1.3.0 | ecrsnap in-use -", "is what runs still there"),
    ("ecrsnap report --out report.html", "charts, in one HTML file"),
];

/// Run the command.
pub(super) fn run() -> u8 {
    match make() {
        Ok(db) => print(|out| {
            writeln!(out, "export ECRSNAP_DB={}", quoted(&db))?;
            QUESTIONS.iter().try_for_each(|(line, what)| writeln!(out, "{line:<80}  # {what}"))
        }),
        Err(message) => {
            print_error(&message, None);
            REFUSED
        }
    }
}

/// Make the database; returns its path.
fn make() -> Result<String, String> {
    let folder = tempfile::Builder::new().prefix("ecrsnap-demo-").tempdir();
    let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?;
    let db = folder.path().join("ecrsnap.db");
    for (date, pages) in SAMPLES {
        let source = |(name, text): &(&'static str, &'static str)| Source::open(*name, Box::new(Cursor::new(*text)));
        let sources: Vec<Source> = pages.iter().map(source).collect();
        let options = Options {
            db: db.clone(),
            snapshot: Some(date.to_owned()),
            captured_at: Instant::from_text(&format!("{date}T06:00:00Z")).ok(),
            capture_filter: Some(CaptureFilter { tag_status: None, image_status: Some(ImageStatus::Any) }),
            ..Options::default()
        };
        ingest(&sources, &options, &Arc::default()).map_err(|error: IngestError| error.to_string())?;
    }
    // From here on the folder is the user's.
    let _ = folder.keep();
    Ok(db.to_string_lossy().into_owned())
}

/// A path as a shell reads it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}
