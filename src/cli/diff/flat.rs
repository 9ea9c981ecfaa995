//! A comparison as CSV: one row a difference, all of one shape.

use std::io::{self, Write};

use super::{Arguments, certainty, json, settings};
use crate::cli::describe::shown;
use crate::diff::{Changed, Comparison, RepositoryChange, TagChange, Unmatched};
use crate::tabular::{Cell, Column, Format, Rows, rows};

/// What a row says, whatever it is about. Under a map the counterpart of the repository follows.
const COLUMNS: [&str; 13] = [
    "change",
    "certainty",
    "registryId",
    "repositoryName",
    "region",
    "imageDigest",
    "imageTags",
    "imageSizeInBytes",
    "imagePushedAt",
    "imageTag",
    "member",
    "from",
    "to",
];

/// The columns that a map adds.
const COUNTERPART: [&str; 3] = ["comparedRegistryId", "comparedRepositoryName", "comparedRegion"];

/// Print it.
pub(super) fn write(comparison: &Comparison, arguments: &Arguments, out: &mut dyn Write) -> io::Result<()> {
    let mapped = arguments.mapped();
    if arguments.summary {
        let columns = vec![Column::text("measure", "MEASURE"), Column::number("value", "VALUE")];
        let mut rows = rows(Format::Csv, columns, out);
        for (measure, value) in json::measures(comparison) {
            rows.row(&[Cell::text(measure), Cell::count(value)])?;
        }
        return rows.finish();
    }
    let mut columns = COLUMNS.map(|key| Column::text(key, key)).to_vec();
    if mapped {
        columns.extend(COUNTERPART.map(|key| Column::text(key, key)));
    }
    let mut rows = rows(Format::Csv, columns, out);
    for change in &comparison.settings {
        let (member, from, to) = settings::setting(&change.kind);
        let name = &change.repository;
        let region = Some(&*name.region).filter(|region| !region.is_empty());
        let mut row = vec![
            Cell::text(change.kind.name()),
            Cell::text("certain"),
            Cell::text(&*name.registry_id),
            Cell::text(&*name.name),
            Cell::of(region, Cell::text),
        ];
        row.extend([const { Cell::Absent }; 5]);
        row.push(Cell::text(member));
        row.extend([from, to].map(|value| Cell::of(value.map(|value| shown(&value)), Cell::text)));
        row.extend((0..if mapped { COUNTERPART.len() } else { 0 }).map(|_| Cell::Absent));
        rows.row(&row)?;
    }
    for repository in &comparison.repositories {
        let mut printer = Printer { repository, mapped, rows: &mut *rows };
        printer.repository()?;
        let changes = &repository.changes;
        for image in &changes.added {
            printer.image("imageAdded", image)?;
        }
        for image in &changes.removed {
            printer.image("imageRemoved", image)?;
        }
        for tag in &changes.tags {
            printer.tag(tag)?;
        }
        for changed in &changes.changed {
            printer.members(changed)?;
        }
    }
    rows.finish()
}

/// Prints the rows of one repository.
struct Printer<'a, 'w> {
    repository: &'a RepositoryChange,
    mapped: bool,
    rows: &'a mut (dyn Rows + 'w),
}

impl Printer<'_, '_> {
    /// Print a row: the last eight cells are given.
    fn row(&mut self, change: &str, certainty: &'static str, cells: [Cell<'_>; 8]) -> io::Result<()> {
        let name = &self.repository.repository;
        let mut row = vec![
            Cell::text(change),
            Cell::text(certainty),
            Cell::text(&*name.registry_id),
            Cell::text(&*name.name),
            Cell::text(&*name.region),
        ];
        row.extend(cells);
        if self.mapped {
            let other = self.repository.counterpart.as_ref();
            row.extend([
                Cell::of(other.map(|name| &*name.registry_id), Cell::text),
                Cell::of(other.map(|name| &*name.name), Cell::text),
                Cell::of(other.map(|name| &*name.region), Cell::text),
            ]);
        }
        self.rows.row(&row)
    }

    /// A repository that one capture alone has, with the numbers of its images.
    fn repository(&mut self) -> io::Result<()> {
        let RepositoryChange { before, after, absence, .. } = self.repository;
        let (Some(absence), images) = (absence, [before, after].map(|held| held.as_ref().map(|held| held.images)))
        else {
            return Ok(());
        };
        let change = if before.is_none() { "repositoryAdded" } else { "repositoryRemoved" };
        let [from, to] = images.map(|images| Cell::of(images, Cell::count));
        let none = || Cell::Absent;
        let certainty = certainty(*absence, before.is_none(), self.mapped);
        self.row(change, certainty, [none(), none(), none(), none(), none(), Cell::text("images"), from, to])
    }

    fn image(&mut self, change: &str, image: &Unmatched) -> io::Result<()> {
        let detail = &image.detail;
        let none = || Cell::Absent;
        let cells = [
            Cell::Digest(&detail.image_digest),
            Cell::of(detail.image_tags.as_deref(), Cell::List),
            Cell::of(detail.image_size_in_bytes, Cell::Integer),
            Cell::of(detail.image_pushed_at, Cell::Instant),
            none(),
            none(),
            none(),
            none(),
        ];
        self.row(change, certainty(image.absence, change == "imageAdded", self.mapped), cells)
    }

    fn tag(&mut self, tag: &TagChange) -> io::Result<()> {
        let change = match (&tag.from, &tag.to) {
            (Some(_), Some(_)) => "tagMoved",
            (None, _) => "tagAdded",
            (_, None) => "tagRemoved",
        };
        let none = || Cell::Absent;
        let [from, to] = [&tag.from, &tag.to].map(|digest| Cell::of(digest.as_ref(), Cell::Digest));
        let certainty = match change {
            "tagMoved" => "certain",
            _ => certainty(tag.absence, tag.from.is_none(), self.mapped),
        };
        self.row(change, certainty, [none(), none(), none(), none(), Cell::text(&tag.tag), none(), from, to])
    }

    fn members(&mut self, changed: &Changed) -> io::Result<()> {
        let after = &changed.after;
        for member in &changed.members {
            let [from, to] = [&member.from, &member.to].map(|value| Cell::of(value.as_ref(), |v| Cell::text(shown(v))));
            let cells = [
                Cell::Digest(&after.image_digest),
                Cell::of(after.image_tags.as_deref(), Cell::List),
                Cell::of(after.image_size_in_bytes, Cell::Integer),
                Cell::of(after.image_pushed_at, Cell::Instant),
                Cell::Absent,
                Cell::text(&member.name),
                from,
                to,
            ];
            self.row("imageChanged", "certain", cells)?;
        }
        Ok(())
    }
}
