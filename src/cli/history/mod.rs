//! `history`: a tag or an image through all snapshots.

mod image;
mod tag;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::advice::advised;
use super::stdout::{coloured, formats, plural, print, rows};
use super::values::glob;
use super::{REFUSED, print_error, read_at_once};
use crate::cli::paint::{Paint, paint};
use crate::diff::{Capture, capture};
use crate::model::{Digest, Instant, visible};
use crate::store::StoreError;
use crate::store::read::{Reader, Repository, Sighting, Snapshot, Subject};
use crate::store::row::RepositoryName;
use crate::tabular::{Cell, Column, Format, markdown_text, whole_seconds};

/// Follow a tag or an image through all snapshots
///
/// A tag: which image it was on, and from when to when. An image: when it came and went, its tags, its findings and its
/// status over time. A snapshot sees an instant, so a change lies between two of them; a snapshot that does not show
/// enough is a gap, and not a change.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("followed").required(true).args(["image_tag", "image_digest"]))]
#[command(after_help = "\
Examples:
  ecrsnap history --repository-name shop/web --image-tag prod
  ecrsnap history --repository-name 'shop/*' --image-tag prod --since @-30d
  ecrsnap history --repository-name shop/web --image-digest sha256:ad4ff98558f8 --since @2026-01-01")]
pub(super) struct Arguments {
    /// The repository, or a glob such as 'shop/*': then each repository that shows the tag or image has its own history
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    repository_name: String,
    /// The tag to follow
    #[arg(long, value_name = "TAG")]
    image_tag: Option<String>,
    /// The image to follow: its digest, or at least the first twelve digits of it
    #[arg(long, value_name = "DIGEST")]
    image_digest: Option<String>,
    /// The registry, if several have such a repository
    #[arg(long, value_name = "ID")]
    registry_id: Option<String>,
    /// The region label, if several have such a repository
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Leave out snapshots captured before that one: a name, latest, latest~N, @TIME or @-AGE
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Leave out snapshots captured after that one, named likewise
    #[arg(long, value_name = "REF")]
    until: Option<String>,
    /// Show changes of lastRecordedPullTime too
    #[arg(long)]
    include_pulls: bool,
    /// Show scans that found the same too
    #[arg(long)]
    include_rescans: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = formats([Format::Table, Format::Json, Format::Csv, Format::Markdown]))]
    output: Format,
}

/// Why `history` has nothing to show.
#[derive(Debug, thiserror::Error)]
enum HistoryError {
    #[error("{}", advised(.0))]
    Store(#[from] StoreError),
    #[error("no snapshot holds a repository `{0}`")]
    NoRepository(String),
    #[error("`{name}` is in more than one registry or region: {places}")]
    SeveralRepositories { name: String, places: String },
    #[error("no image of `{repository}` has a digest that begins with `{beginning}`")]
    NoDigest { repository: String, beginning: String },
    #[error("several images have a digest that begins with `{beginning}`: {digests}")]
    SeveralDigests { beginning: String, digests: String },
    #[error("`{0}` is not a digest prefix")]
    NotADigest(String),
    #[error("no snapshot was captured in that span")]
    NoSnapshot,
    #[error("no snapshot shows {thing} ({} searched)", plural(*captures as u64, "snapshot"))]
    NeverSeen { captures: usize, thing: String },
}

impl HistoryError {
    fn advice(&self) -> Option<&'static str> {
        match self {
            HistoryError::SeveralRepositories { .. } => Some("choose one with --registry-id or --region"),
            HistoryError::NoDigest { .. } | HistoryError::NotADigest(_) => {
                Some("a digest is `sha256:` and 64 hexadecimal digits; at least the first twelve of them are needed")
            }
            HistoryError::SeveralDigests { .. } => Some("give more digits"),
            _ => None,
        }
    }
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match read_at_once(db, |reader| follow(reader, arguments)) {
        Ok(lines) => print(|out| match arguments.image_digest {
            None => tag::write(&lines, arguments, out),
            Some(_) => image::write(&lines, arguments, out),
        }),
        Err(error) => {
            print_error(&visible(&error.to_string()), error.advice());
            REFUSED
        }
    }
}

impl Arguments {
    /// Whether several repositories are asked for: the output then says whose each line is.
    fn several(&self) -> bool {
        self.repository_name.contains(['*', '?', '['])
    }
}

/// What is followed in one repository, and what every snapshot says of it.
struct Line {
    repository: Repository,
    /// The image; `None` for a tag.
    digest: Option<Digest>,
    sightings: Vec<Sighting>,
}

/// A line for each repository that is asked for and shows the tag or image.
fn follow(reader: &Reader, arguments: &Arguments) -> Result<Vec<Line>, HistoryError> {
    let repositories = repositories(reader, arguments)?;
    let digest = match &arguments.image_digest {
        Some(beginning) => Some(digest(reader, &repositories, beginning, &arguments.repository_name)?),
        None => None,
    };
    let since = arguments.since.as_deref().map(|since| reader.snapshot(since)).transpose()?;
    let until = arguments.until.as_deref().map(|until| reader.snapshot(until)).transpose()?;
    let (mut lines, mut captures) = (Vec::new(), 0);
    for repository in repositories {
        let subject = match &digest {
            Some(digest) => Subject::Image(digest),
            None => Subject::Tag(arguments.image_tag.as_deref().unwrap_or_default()),
        };
        let mut sightings = reader.line(&repository, subject)?;
        sightings.retain(|sighting| {
            let at = sighting.snapshot.captured_at;
            since.as_ref().is_none_or(|since| at >= since.captured_at)
                && until.as_ref().is_none_or(|until| at <= until.captured_at)
        });
        captures = sightings.len();
        if sightings.iter().any(|sighting| sighting.image.is_some()) {
            lines.push(Line { repository, digest: digest.clone(), sightings });
        }
    }
    match (captures, lines.is_empty()) {
        (0, _) => Err(HistoryError::NoSnapshot),
        (_, true) => {
            let thing = thing(&arguments.repository_name, digest.as_ref(), arguments);
            Err(HistoryError::NeverSeen { captures, thing })
        }
        _ => Ok(lines),
    }
}

/// The repository of that name, or those that match.
fn repositories(reader: &Reader, arguments: &Arguments) -> Result<Vec<Repository>, HistoryError> {
    let name = &arguments.repository_name;
    let (registry_id, region) = (arguments.registry_id.as_deref(), arguments.region.as_deref());
    let found = if arguments.several() {
        reader.repositories_matching(name, registry_id, region)?
    } else {
        reader.repositories(name, registry_id, region)?
    };
    match found.as_slice() {
        [] => Err(HistoryError::NoRepository(name.clone())),
        [_, _, ..] if !arguments.several() => {
            let place = |repository: &Repository| match &*repository.name.region {
                "" => repository.name.registry_id.to_string(),
                region => format!("{} in {region}", repository.name.registry_id),
            };
            let places: Vec<String> = found.iter().map(place).collect();
            Err(HistoryError::SeveralRepositories { name: name.clone(), places: places.join(", ") })
        }
        _ => Ok(found),
    }
}

/// The digest that a whole one or its beginning names in some repositories.
fn digest(reader: &Reader, repositories: &[Repository], text: &str, asked: &str) -> Result<Digest, HistoryError> {
    const SHORTEST: usize = "sha256:".len() + 12;
    const LONGEST: usize = "sha256:".len() + 64;
    // Hexadecimal digits alone are those of a sha256.
    let bare = text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let beginning = if bare { format!("sha256:{}", text.to_ascii_lowercase()) } else { text.to_owned() };
    let hex = beginning.strip_prefix("sha256:");
    let shortened = hex.is_some_and(|hex| hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    if shortened && !(SHORTEST..=LONGEST).contains(&beginning.len()) {
        return Err(HistoryError::NotADigest(text.to_owned()));
    }
    if !shortened || Digest::sha256_bytes(&beginning).is_some() {
        // Redacted pages have digests of other forms.
        return Ok(Digest::parse(&beginning));
    }
    let mut found = BTreeSet::new();
    for repository in repositories {
        found.extend(reader.digests(repository, &beginning)?);
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(digest), None) => Ok(digest),
        (None, _) => Err(HistoryError::NoDigest { repository: asked.to_owned(), beginning }),
        (Some(one), Some(other)) => {
            let digests: Vec<String> = [one, other].into_iter().chain(found).map(|digest| digest.to_string()).collect();
            Err(HistoryError::SeveralDigests { beginning, digests: digests.join(", ") })
        }
    }
}

/// What is followed, as people write it.
fn thing(name: &str, digest: Option<&Digest>, arguments: &Arguments) -> String {
    match (digest, &arguments.image_tag) {
        (Some(digest), _) => format!("{name}@{digest}"),
        (None, tag) => format!("{name}:{}", tag.as_deref().unwrap_or_default()),
    }
}

impl Line {
    fn snapshot(&self, capture: usize) -> &Snapshot {
        &self.sightings[capture].snapshot
    }

    /// The chain as the pure functions take it.
    fn captures(&self) -> Vec<Capture<'_>> {
        self.sightings.iter().map(capture).collect()
    }

    /// A capture's time as people read it: the date, if no two captures are of one date.
    fn time(&self, capture: usize) -> String {
        let text = |capture: usize| {
            let instant = Instant::from_micros(self.snapshot(capture).captured_at);
            instant.map(whole_seconds).unwrap_or_default()
        };
        let date = |capture: usize| text(capture).get(..10).map(str::to_owned);
        let alone = [capture.checked_sub(1), Some(capture + 1).filter(|next| *next < self.sightings.len())]
            .into_iter()
            .flatten()
            .all(|other| date(other) != date(capture));
        if alone { date(capture).unwrap_or_default() } else { text(capture) }
    }

    /// When something happened: after one capture, and not after another.
    fn between(&self, after: Option<usize>, by: usize) -> String {
        match after {
            Some(after) => format!("between {} and {}", self.time(after), self.time(by)),
            None => format!("by {}", self.time(by)),
        }
    }

    /// The repository's name; among several with its region, if it has one.
    fn name(&self, arguments: &Arguments) -> String {
        let RepositoryName { name, region, .. } = &self.repository.name;
        if arguments.several() && !region.is_empty() { format!("{name} ({region})") } else { name.to_string() }
    }

    /// What is followed, and through what, for people.
    fn title(&self, arguments: &Arguments) -> String {
        let last = self.sightings.len() - 1;
        let silent = self.sightings.iter().filter(|sighting| sighting.listing.is_none()).count();
        let missing = if silent > 0 { format!(" ({silent} without the repository)") } else { String::new() };
        format!(
            "{} in {} snapshots, {} to {}{missing}",
            thing(&self.name(arguments), self.digest.as_ref(), arguments),
            self.sightings.len(),
            self.time(0),
            self.time(last)
        )
    }
}

/// Print a title and a table, for people.
fn page(
    title: &str,
    columns: Vec<Column>,
    table: &[Vec<Cell<'_>>],
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    if format == Format::Markdown {
        writeln!(out, "## {}\n", markdown_text(title))?;
    } else {
        paint(out, Paint::Heading, coloured(), &visible(title))?;
        writeln!(out)?;
    }
    let mut rows = rows(format, columns, out);
    for row in table {
        rows.row(row)?;
    }
    rows.finish()
}

/// The columns of CSV, with those of the repository if several are asked for.
fn csv_columns<const N: usize>(arguments: &Arguments, columns: [&'static str; N]) -> Vec<Column> {
    let owner: &[&'static str] = if arguments.several() { &["registryId", "repositoryName", "region"] } else { &[] };
    owner.iter().copied().chain(columns).map(|key| Column::text(key, key)).collect()
}

/// The cells of those columns that say whose a line is.
fn csv_cells<'a>(arguments: &Arguments, line: &'a Line) -> Vec<Cell<'a>> {
    if !arguments.several() {
        return Vec::new();
    }
    let RepositoryName { registry_id, name, region } = &line.repository.name;
    vec![Cell::text(&**registry_id), Cell::text(&**name), Cell::text(&**region)]
}

/// Print one document as itself, and those of several repositories as an array.
fn print_documents(arguments: &Arguments, documents: &[impl Serialize], out: &mut dyn Write) -> io::Result<()> {
    match documents {
        [only] if !arguments.several() => crate::tabular::json::write_pretty(&mut *out, only)?,
        all => crate::tabular::json::write_pretty(&mut *out, all)?,
    }
    writeln!(out)
}
