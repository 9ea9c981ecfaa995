//! `history`: a tag or an image through all snapshots.

mod image;
mod tag;

use std::io::{self, Write};
use std::path::Path;

use super::advice::advised;
use super::stdout::{coloured, formats, plural, print, rows};
use super::{REFUSED, print_error, read_at_once};
use crate::cli::paint::{Paint, paint};
use crate::coverage::Coverage;
use crate::diff::Capture;
use crate::model::{Digest, Instant, visible};
use crate::store::StoreError;
use crate::store::read::{Reader, Repository, Sighting, Snapshot, Subject};
use crate::tabular::{Cell, Column, Format, markdown_text, whole_seconds};

/// Follow a tag or an image through all snapshots
///
/// A tag: which image it was on, and from when to when. An image: when it came and went, its tags, its
/// findings and its status over time. A snapshot sees an instant, so a change is known to lie between
/// two of them; one that does not show enough to tell is a gap, and not a change.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("followed").required(true).args(["image_tag", "image_digest"]))]
#[command(after_help = "\
Examples:
  ecrsnap history --repository-name shop/web --image-tag prod
  ecrsnap history --repository-name shop/web --image-digest sha256:ad4ff98558f8 --since @2026-01-01")]
pub(super) struct Arguments {
    /// The repository
    #[arg(long, value_name = "NAME")]
    repository_name: String,
    /// The tag to follow
    #[arg(long, value_name = "TAG")]
    image_tag: Option<String>,
    /// The image to follow: its digest, or as much of it as tables show
    #[arg(long, value_name = "DIGEST")]
    image_digest: Option<String>,
    /// The registry, where several have such a repository
    #[arg(long, value_name = "ID")]
    registry_id: Option<String>,
    /// The region label, where several have such a repository
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Leave out snapshots captured before that one: a name, latest, latest~N or @TIME
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Leave out snapshots captured after that one, named likewise
    #[arg(long, value_name = "REF")]
    until: Option<String>,
    /// Tell changes of lastRecordedPullTime too
    #[arg(long)]
    include_pulls: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = formats([Format::Table, Format::Json, Format::Csv, Format::Markdown]))]
    output: Format,
}

/// Why there is no line to show.
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
    #[error("no snapshot was captured in that span")]
    NoSnapshot,
    #[error("no snapshot shows {thing} ({} looked at)", plural(*captures as u64, "snapshot"))]
    NeverSeen { captures: usize, thing: String },
}

impl HistoryError {
    fn advice(&self) -> Option<&'static str> {
        match self {
            HistoryError::SeveralRepositories { .. } => Some("choose one with --registry-id or --region"),
            HistoryError::NoDigest { .. } => Some("a digest is `sha256:` and at least the first twelve digits"),
            HistoryError::SeveralDigests { .. } => Some("give more digits"),
            _ => None,
        }
    }
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match read_at_once(db, |reader| follow(reader, arguments)) {
        Ok(line) => print(|out| match &line.digest {
            None => tag::write(&line, arguments, out),
            Some(digest) => image::write(&line, digest, arguments, out),
        }),
        Err(error) => {
            print_error(&visible(&error.to_string()), error.advice());
            REFUSED
        }
    }
}

/// What is followed, and what every snapshot says of it.
struct Line {
    repository: Repository,
    /// The image; `None` where it is a tag.
    digest: Option<Digest>,
    sightings: Vec<Sighting>,
}

fn follow(reader: &Reader, arguments: &Arguments) -> Result<Line, HistoryError> {
    let repository = repository(reader, arguments)?;
    let digest = match &arguments.image_digest {
        Some(beginning) => Some(digest(reader, &repository, beginning)?),
        None => None,
    };
    let subject = match &digest {
        Some(digest) => Subject::Image(digest),
        None => Subject::Tag(arguments.image_tag.as_deref().unwrap_or_default()),
    };
    let mut sightings = reader.line(&repository, subject)?;
    if let Some(since) = &arguments.since {
        let since = reader.snapshot(since)?.captured_at;
        sightings.retain(|sighting| sighting.snapshot.captured_at >= since);
    }
    if let Some(until) = &arguments.until {
        let until = reader.snapshot(until)?.captured_at;
        sightings.retain(|sighting| sighting.snapshot.captured_at <= until);
    }
    if sightings.is_empty() {
        return Err(HistoryError::NoSnapshot);
    }
    if sightings.iter().all(|sighting| sighting.image.is_none()) {
        let thing = thing(&repository, digest.as_ref(), arguments);
        return Err(HistoryError::NeverSeen { captures: sightings.len(), thing });
    }
    Ok(Line { repository, digest, sightings })
}

fn repository(reader: &Reader, arguments: &Arguments) -> Result<Repository, HistoryError> {
    let name = &arguments.repository_name;
    let mut found =
        reader.repositories(name, arguments.registry_id.as_deref(), arguments.region.as_deref())?.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(HistoryError::NoRepository(name.clone())),
        (Some(repository), None) => Ok(repository),
        (Some(one), Some(other)) => {
            let place = |repository: &Repository| match &*repository.name.region {
                "" => repository.name.registry_id.to_string(),
                region => format!("{} in {region}", repository.name.registry_id),
            };
            let places: Vec<String> = [one, other].into_iter().chain(found).map(|one| place(&one)).collect();
            Err(HistoryError::SeveralRepositories { name: name.clone(), places: places.join(", ") })
        }
    }
}

/// The digest that is meant by a whole one or its beginning.
fn digest(reader: &Reader, repository: &Repository, beginning: &str) -> Result<Digest, HistoryError> {
    const SHORTEST: usize = "sha256:".len() + 12;
    let hex = beginning.strip_prefix("sha256:");
    let shortened = hex.is_some_and(|hex| hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    if !shortened || beginning.len() < SHORTEST || Digest::sha256_bytes(beginning).is_some() {
        return Ok(Digest::parse(beginning));
    }
    let mut found = reader.digests(repository, beginning)?.into_iter();
    match (found.next(), found.next()) {
        (Some(digest), None) => Ok(digest),
        (None, _) => Err(HistoryError::NoDigest {
            repository: repository.name.name.to_string(),
            beginning: beginning.to_owned(),
        }),
        (Some(one), Some(other)) => {
            let digests: Vec<String> = [one, other].into_iter().chain(found).map(|digest| digest.to_string()).collect();
            Err(HistoryError::SeveralDigests { beginning: beginning.to_owned(), digests: digests.join(", ") })
        }
    }
}

/// What is followed, as people write it.
fn thing(repository: &Repository, digest: Option<&Digest>, arguments: &Arguments) -> String {
    let name = &repository.name.name;
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

    /// A capture's time as people read it: the date, where no two captures are of one date.
    fn time(&self, capture: usize) -> String {
        let text = |capture: usize| {
            let instant = Instant::from_micros(self.snapshot(capture).captured_at);
            instant.map(whole_seconds).unwrap_or_default()
        };
        let date = |capture: usize| text(capture).get(..10).map(str::to_owned);
        let alone = [capture.checked_sub(1), Some(capture + 1).filter(|next| *next < self.sightings.len())]
            .into_iter()
            .flatten()
            .all(|beside| date(beside) != date(capture));
        if alone { date(capture).unwrap_or_default() } else { text(capture) }
    }

    /// When something happened: after one capture, and not after another.
    fn between(&self, after: Option<usize>, by: usize) -> String {
        match after {
            Some(after) => format!("between {} and {}", self.time(after), self.time(by)),
            None => format!("by {}", self.time(by)),
        }
    }

    /// What is followed, and through what, for people.
    fn title(&self, arguments: &Arguments) -> String {
        let last = self.sightings.len() - 1;
        let silent = self.sightings.iter().filter(|sighting| sighting.listing.is_none()).count();
        let missing = if silent > 0 { format!(" ({silent} without the repository)") } else { String::new() };
        format!(
            "{} in {} snapshots, {} to {}{missing}",
            thing(&self.repository, self.digest.as_ref(), arguments),
            self.sightings.len(),
            self.time(0),
            self.time(last)
        )
    }
}

fn capture(sighting: &Sighting) -> Capture<'_> {
    // A time that cannot be read says nothing.
    let at = Instant::from_micros(sighting.snapshot.captured_at).ok();
    let mut coverage = at.zip(sighting.listing.as_ref()).map(|(at, listing)| Coverage::of(listing, at));
    if let Some(coverage) = coverage.as_mut().filter(|coverage| coverage.may_hide_archived())
        && sighting.shows_inactive
    {
        coverage.shows_archived();
    }
    Capture { coverage, image: sighting.image.as_deref(), without: &sighting.without }
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
