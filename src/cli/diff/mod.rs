//! `diff`: what changed between two snapshots.

mod flat;
mod json;
mod sections;
mod settings;

use std::io::{self, IsTerminal as _};
use std::path::Path;

use super::advice::advised;
use super::scope::Scope;
use super::stdout::{coloured, formats, print};
use super::values::parsed_glob;
use super::{DONE, IN_PART, REFUSED, print_error, read_at_once};
use crate::coverage::{Absence, Coverage};
use crate::diff::{Comparison, MappedError, NameMap, Options, RepositoryChange, TagFilter, mapped, snapshots};
use crate::model::{CaptureFilter, Glob, visible};
use crate::store::StoreError;
use crate::store::read::{Reader, Repositories, Snapshot};
use crate::tabular::{Cell, Format};

/// Show what changed between two snapshots
///
/// Images are compared by digest, tags by name: a tag that points elsewhere has moved. What a capture could not show
/// (it stopped early, or left archived images out) is not called deleted. Pull times are left out, since they change
/// daily for what runs, and so are scans that found the same.
///
/// A and B are a name, latest, latest~N (N before it), @TIME (the newest at or before it) or @-AGE (so long before the
/// newest, such as @-7d). A alone is compared with the newest; the newest alone with the one before it.
///
/// With --map the repositories of A are compared with those of B that have another region, registry or name: is a
/// replica complete, which tags point elsewhere. A and B are then the newest snapshot by default. Images are compared
/// by digest, tags and size, and nothing is called deleted.
#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the line")]
#[command(after_help = "\
Examples:
  ecrsnap diff                                         the two newest snapshots
  ecrsnap diff 2026-03-01 latest --summary             counts and sizes only
  ecrsnap diff @-7d --image-tag 'v*' --repository-name 'shop/*' --exit-code
  ecrsnap diff --map region=eu-west-1:us-east-1        is the replica complete
  ecrsnap diff --map 'repository-name=dev/*:prod/*'    dev against prod")]
pub(super) struct Arguments {
    /// The snapshot to start from [default: the one before the newest]
    #[arg(value_name = "A")]
    from: Option<String>,
    /// The snapshot to compare it with [default: the newest]
    #[arg(value_name = "B")]
    to: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// Tags that match only, and images with such a tag, such as 'v*'; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = parsed_glob)]
    image_tag: Vec<Glob>,
    /// Leave out tags that match, and images that have no other tag; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = parsed_glob)]
    exclude_tag: Vec<Glob>,
    /// Compare across names: region=LEFT:RIGHT, registry-id=LEFT:RIGHT or repository-name=LEFT:RIGHT, where LEFT is in
    /// A and RIGHT in B, each with at most one `*`; may be repeated. The selection options then apply to the left names
    #[arg(long, value_name = "KIND=LEFT:RIGHT")]
    map: Vec<NameMap>,
    /// With --map, compare the other members too
    #[arg(long, requires = "map")]
    include_members: bool,
    /// Compare lastRecordedPullTime too
    #[arg(long, conflicts_with = "map")]
    include_pulls: bool,
    /// Show images too that were only scanned again, with the same findings
    #[arg(long, conflicts_with = "map")]
    include_rescans: bool,
    /// Print counts and sizes only
    #[arg(long)]
    summary: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = formats([Format::Table, Format::Json, Format::Csv, Format::Markdown]))]
    output: Format,
    /// Exit with status 1 when the snapshots differ
    #[arg(long)]
    exit_code: bool,
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    let (comparison, note) = match read_at_once(db, |reader| compare(reader, arguments)) {
        Ok(found) => found,
        Err(error) => {
            print_error(&error, None);
            return REFUSED;
        }
    };
    if let Some(note) = note {
        eprint_escaped!("ecrsnap: {note}");
    }
    let printed = print(|out| match arguments.output {
        Format::Csv => flat::write(&comparison, arguments, out),
        Format::Json | Format::Ndjson => json::write(&comparison, arguments, out),
        format => sections::write(&comparison, arguments, format, coloured(), out),
    });
    advise(&comparison);
    match printed {
        DONE if arguments.exit_code && !comparison.is_empty() => IN_PART,
        status => status,
    }
}

impl Arguments {
    /// Whether names are mapped.
    fn mapped(&self) -> bool {
        !self.map.is_empty()
    }
}

/// Suggest how the next captures can say more.
fn advise(comparison: &Comparison) {
    let sums = comparison.summary();
    let perhaps = sums.images_removed_or_archived + sums.images_added_or_restored;
    if perhaps > 0 && io::stderr().is_terminal() {
        eprint_escaped!(
            "ecrsnap: a capture leaves archived images out unless it asks for them with --filter imageStatus=ANY; \
             declare one that did with `ingest --capture-filter imageStatus=ANY`"
        );
    }
}

/// Why nothing is compared.
#[derive(Debug, thiserror::Error)]
enum DiffError {
    #[error("{}", advised(.0))]
    Store(#[from] StoreError),
    #[error(transparent)]
    Mapped(#[from] MappedError),
    #[error("the database has only one snapshot, `{0}`; a comparison needs two")]
    OneSnapshot(String),
    #[error("no repository of either snapshot is of that name, registry and region")]
    NoRepository,
}

/// The comparison, and what to say about the choice of its snapshots.
fn compare(reader: &Reader, arguments: &Arguments) -> Result<(Comparison, Option<String>), DiffError> {
    let (from, to, note) = pair(reader, arguments)?;
    let selection = arguments.scope.repositories();
    let mut comparison = if arguments.mapped() {
        mapped(reader, (&from, &to), &arguments.map, &selection, arguments.include_members)?
    } else {
        let options = Options { pulls: arguments.include_pulls, rescans: arguments.include_rescans };
        let comparison = snapshots(reader, (&from, &to), &selection, options)?;
        if comparison.before.repositories + comparison.after.repositories == 0 && selection != Repositories::default() {
            return Err(DiffError::NoRepository);
        }
        comparison
    };
    comparison.retain_tags(&TagFilter { only: arguments.image_tag.clone(), without: arguments.exclude_tag.clone() });
    Ok((comparison, note))
}

/// The two snapshots, and what to say about the choice.
fn pair(reader: &Reader, arguments: &Arguments) -> Result<(Snapshot, Snapshot, Option<String>), DiffError> {
    let newest = || reader.snapshot("latest");
    let before_newest = || match reader.snapshots()?.as_slice() {
        [only] => Err(DiffError::OneSnapshot(visible(&only.name))),
        _ => Ok(reader.snapshot("latest~1")?),
    };
    match (&arguments.from, &arguments.to) {
        (Some(from), Some(to)) => Ok((reader.snapshot(from)?, reader.snapshot(to)?, None)),
        (None, _) if arguments.mapped() => Ok((newest()?, newest()?, None)),
        (None, _) => Ok((before_newest()?, newest()?, None)),
        (Some(from), None) => {
            let (from, newest) = (reader.snapshot(from)?, newest()?);
            if from.id != newest.id || arguments.mapped() {
                return Ok((from, newest, None));
            }
            let before = before_newest()?;
            let note = format!(
                "{} is the newest snapshot; comparing the one before it, {}, with it",
                visible(&newest.name),
                visible(&before.name)
            );
            Ok((before, newest, Some(note)))
        }
    }
}

/// How the two captures relate, which decides the words for each kind of change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// The second capture is the later one.
    Forward,
    /// The second capture is the earlier one: nothing was pushed or deleted on the way.
    Back,
    /// Names are mapped: time does not matter.
    Mapped,
}

/// The words for each kind of change.
struct Words {
    /// The first and the second capture.
    from: String,
    to: String,
    direction: Direction,
    /// More than one registry has differences.
    registries: bool,
}

impl Words {
    fn of(comparison: &Comparison, mapped: bool) -> Self {
        let Snapshot { name, captured_at, .. } = &comparison.from;
        let mut registries = comparison.repositories.iter().map(|change| &change.repository.registry_id);
        let first = registries.next();
        let registries = registries.any(|registry| Some(registry) != first);
        let (from, to) =
            if mapped { ("A".to_owned(), "B".to_owned()) } else { (name.clone(), comparison.to.name.clone()) };
        let direction = match *captured_at <= comparison.to.captured_at {
            _ if mapped => Direction::Mapped,
            true => Direction::Forward,
            false => Direction::Back,
        };
        Words { from, to, direction, registries }
    }

    /// Whether time goes forward.
    fn forward(&self) -> bool {
        self.direction == Direction::Forward
    }

    /// A repository as people name it: with its region, and with its registry if there are several. Of two names
    /// that correspond, both.
    fn named<'a>(&self, change: &'a RepositoryChange) -> Cell<'a> {
        let (one, other) = (&change.repository, change.counterpart.as_ref().unwrap_or(&change.repository));
        let both = |one: &str, other: &str| match (one, other) {
            (one, other) if one == other => one.to_owned(),
            ("", other) => format!("none → {other}"),
            (one, "") => format!("{one} → none"),
            (one, other) => format!("{one} → {other}"),
        };
        let shown = self.registries || one.registry_id != other.registry_id;
        let registry = if shown { both(&one.registry_id, &other.registry_id) } else { String::new() };
        let labels: Vec<String> =
            [registry, both(&one.region, &other.region)].into_iter().filter(|label| !label.is_empty()).collect();
        let name = both(&one.name, &other.name);
        Cell::text(if labels.is_empty() { name } else { format!("{name} ({})", labels.join(", ")) })
    }

    /// What happened to an image that the second capture does not show, or that it alone shows.
    fn image(&self, added: bool, absence: Absence) -> &'static str {
        match (self.direction, added, absence) {
            (_, _, Absence::Unknown) => "unknown",
            (Direction::Forward, true, Absence::Certain) => "pushed",
            (Direction::Forward, true, Absence::OrArchived) => "pushed or restored",
            (Direction::Forward, false, Absence::Certain) => "deleted",
            (Direction::Forward, false, Absence::OrArchived) => "gone or archived",
            (Direction::Back, true, _) => "was there before",
            (Direction::Back, false, Absence::Certain) => "not there yet",
            (Direction::Back, false, Absence::OrArchived) => "not there yet, or archived",
            (Direction::Mapped, true, Absence::Certain) => "only in B",
            (Direction::Mapped, true, Absence::OrArchived) => "only in B, or archived in A",
            (Direction::Mapped, false, Absence::Certain) => "only in A",
            (Direction::Mapped, false, Absence::OrArchived) => "only in A, or archived in B",
        }
    }

    /// What happened to a tag that the second capture does not have, or that it alone has.
    fn tag(&self, added: bool, absence: Absence) -> &'static str {
        match (self.direction, added, absence) {
            (_, _, Absence::Unknown) => "unknown",
            (Direction::Mapped, true, Absence::Certain) => "only in B",
            (Direction::Mapped, true, Absence::OrArchived) => "only in B, or on an archived image in A",
            (Direction::Mapped, false, Absence::Certain) => "only in A",
            (Direction::Mapped, false, Absence::OrArchived) => "only in A, or on an archived image in B",
            (_, true, Absence::Certain) => "added",
            (_, true, Absence::OrArchived) => "added, or it was on an archived image",
            (_, false, Absence::Certain) => "removed",
            (_, false, Absence::OrArchived) => "removed, or it is on an archived image",
        }
    }

    /// What happened to a tag that both have on different images.
    fn moved(&self) -> &'static str {
        if self.direction == Direction::Mapped { "points elsewhere" } else { "moved" }
    }

    /// What happened to a repository that the second capture does not have, or that it alone has.
    fn repository(&self, added: bool, absence: Absence) -> String {
        let text = match (self.direction, added, absence) {
            (Direction::Forward, true, Absence::Certain) => "appeared",
            (Direction::Forward, true, Absence::OrArchived) => "appeared, or its images were archived",
            (Direction::Forward, false, Absence::Certain) => "gone",
            (Direction::Forward, false, Absence::OrArchived) => "gone, or its images are archived",
            (Direction::Forward, false, Absence::Unknown) => "gone, or not captured",
            (Direction::Back, true, Absence::Certain | Absence::OrArchived) => "was there before",
            (Direction::Back, false, Absence::Certain) => "not there yet",
            (Direction::Back, false, Absence::OrArchived) => "not there yet, or its images were archived",
            (Direction::Mapped, _, Absence::Certain | Absence::OrArchived) => self.image(added, absence),
            (_, true, Absence::Unknown) => return format!("not in the capture of {}", self.from),
            (_, false, Absence::Unknown) => return format!("not in the capture of {}", self.to),
        };
        text.to_owned()
    }

    /// Why a capture says nothing of what another shows.
    fn why(&self, added: bool, coverage: Option<&Coverage>) -> String {
        let silent = if added { &self.from } else { &self.to };
        match coverage {
            None => format!("not in the capture of {silent}"),
            Some(coverage) if !coverage.complete => format!("the capture of {silent} stopped early"),
            Some(coverage) if coverage.filter == CaptureFilter::default() => {
                format!("the capture of {silent} may have left archived images out")
            }
            Some(_) => format!("the capture of {silent} was filtered"),
        }
    }
}

/// What JSON and CSV call the certainty of something that one capture does not have; `added` is that the second has
/// it. Under a map nothing was pushed or deleted.
fn certainty(absence: Absence, added: bool, mapped: bool) -> &'static str {
    match absence {
        Absence::Certain if mapped && added => "onlyInB",
        Absence::Certain if mapped => "onlyInA",
        Absence::Certain => "certain",
        Absence::OrArchived => "orArchived",
        Absence::Unknown => "unknown",
    }
}
