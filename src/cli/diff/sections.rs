//! A comparison for people: sections with headings, for a terminal or in Markdown.

use std::io::{self, Write};

use super::settings::settings;
use super::{Arguments, Words};
use crate::cli::describe::{ChangeLine, brief, change_lines, status_text};
use crate::cli::paint::{Paint, paint};
use crate::cli::stdout::rows;
use crate::coverage::Absence;
use crate::diff::{Changed, Comparison, RepositoryChange, Summary, TagChange, Unmatched};
use crate::model::{Detail, Instant, Value, visible};
use crate::store::read::Snapshot;
use crate::tabular::{Cell, Column, Format, markdown_text, size, whole_seconds};

/// A heading with a table.
pub(super) struct Section<'a> {
    heading: &'static str,
    columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell<'a>>>,
}

impl Section<'_> {
    pub(super) fn of<const N: usize>(heading: &'static str, titles: [&'static str; N]) -> Self {
        Section { heading, columns: columns(titles), rows: Vec::new() }
    }
}

/// Print it. Of `format` there are tables and Markdown.
pub(super) fn write(
    comparison: &Comparison,
    arguments: &Arguments,
    format: Format,
    coloured: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (words, summary) = (Words::of(comparison, arguments.mapped()), arguments.summary);
    let mut page = Page { format, coloured, out };
    page.title(comparison, arguments)?;
    let mut sections = Vec::new();
    if !comparison.is_empty() || summary {
        sections.push(totals(comparison));
    }
    if comparison.is_empty() {
        page.line(if comparison.before.incomplete + comparison.after.incomplete > 0 {
            "no differences in what was captured; not all of it was"
        } else {
            "no differences"
        })?;
    } else if summary {
        sections.push(counts(&comparison.summary(), &words));
    } else {
        sections.extend([
            repositories(comparison, &words),
            settings(comparison, words.forward()),
            images(comparison, &words),
            tags(comparison, &words),
            findings(comparison, &words),
            statuses(comparison, &words),
            members(comparison, &words),
            damaged(comparison, &words),
        ]);
    }
    for section in sections.iter().filter(|section| !section.rows.is_empty()) {
        page.section(section)?;
    }
    Ok(())
}

/// Where the sections go.
struct Page<'w> {
    format: Format,
    coloured: bool,
    out: &'w mut dyn Write,
}

impl Page<'_> {
    /// What is compared.
    fn title(&mut self, comparison: &Comparison, arguments: &Arguments) -> io::Result<()> {
        let side = |snapshot: &Snapshot| match Instant::from_micros(snapshot.captured_at) {
            Ok(instant) => format!("{} ({})", snapshot.name, whole_seconds(instant)),
            Err(_) => snapshot.name.clone(),
        };
        let title = if arguments.mapped() {
            let maps: Vec<String> = arguments.map.iter().map(ToString::to_string).collect();
            format!("A: {}, B: {}, {}", side(&comparison.from), side(&comparison.to), maps.join(", "))
        } else {
            format!("{} to {}", side(&comparison.from), side(&comparison.to))
        };
        if self.format == Format::Markdown {
            return writeln!(self.out, "## {}", markdown_text(&title));
        }
        paint(self.out, Paint::Heading, self.coloured, &visible(&title))
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        let gap = if self.format == Format::Markdown { "\n" } else { "" };
        writeln!(self.out, "{gap}{text}")
    }

    fn section(&mut self, section: &Section<'_>) -> io::Result<()> {
        writeln!(self.out)?;
        if self.format == Format::Markdown {
            writeln!(self.out, "### {}\n", section.heading)?;
            return print(self.format, section, self.out);
        }
        paint(self.out, Paint::Heading, self.coloured, section.heading)?;
        let mut table = Vec::new();
        print(self.format, section, &mut table)?;
        for (number, line) in String::from_utf8_lossy(&table).lines().enumerate() {
            let colour = if number == 0 { Paint::Plain } else { Paint::of_sign(line) };
            paint(self.out, colour, self.coloured, line.trim_end())?;
        }
        Ok(())
    }
}

fn print(format: Format, section: &Section<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut printer = rows(format, section.columns.clone(), out);
    for row in &section.rows {
        printer.row(row)?;
    }
    printer.finish()
}

/// Columns of text by their titles; JSON never sees them.
fn columns<const N: usize>(titles: [&'static str; N]) -> Vec<Column> {
    // A narrow table can do without these.
    let optional = |title| match title {
        "PUSHED" => 1,
        "SIZE" => 2,
        _ => 0,
    };
    titles.map(|title| Column::text(title, title).optional(optional(title))).to_vec()
}

fn totals(comparison: &Comparison) -> Section<'static> {
    let (before, after) = (&comparison.before, &comparison.after);
    let mut rows = Vec::new();
    for (what, from, to) in [
        ("repositories", before.repositories, after.repositories),
        ("of them incomplete", before.incomplete, after.incomplete),
        ("images", before.images, after.images),
    ] {
        if what != "of them incomplete" || from + to > 0 {
            let change = i128::from(to) - i128::from(from);
            let change = if change == 0 { String::new() } else { format!("{change:+}") };
            rows.push(vec![Cell::text(what), Cell::count(from), Cell::count(to), Cell::text(change)]);
        }
    }
    let (from, to) = (before.bytes, after.bytes);
    let sign = if to < from { '-' } else { '+' };
    let change = if from == to { String::new() } else { format!("{sign}{}", size(from.abs_diff(to))) };
    rows.push(vec![Cell::text("bytes"), Cell::Bytes(from), Cell::Bytes(to), Cell::text(change)]);
    let number = |title| Column::number(title, title);
    let columns = vec![Column::text("", ""), number("BEFORE"), number("AFTER"), number("CHANGE")];
    Section { heading: "Totals (an image index counts in addition to its children)", columns, rows }
}

fn counts(sums: &Summary, words: &Words) -> Section<'static> {
    use Absence::{Certain, OrArchived};
    let mut lines = vec![
        ("+", "repositories", "in the second capture alone", sums.repositories_added),
        ("-", "repositories", "in the first capture alone", sums.repositories_removed),
        ("~", "repositories", "changed", sums.repositories_changed),
        ("~", "settings", "of repositories and their lifecycle policies", sums.settings_changed),
    ];
    for (sign, added, all, perhaps) in [
        ("+", true, sums.images_added, sums.images_added_or_restored),
        ("-", false, sums.images_removed, sums.images_removed_or_archived),
    ] {
        lines.push((sign, "images", words.image(added, Certain), all - perhaps));
        lines.push((sign, "images", words.image(added, OrArchived), perhaps));
    }
    lines.extend([
        ("?", "images", "unknown: the other capture would not show them", sums.images_unknown),
        ("~", "images", "changed", sums.images_changed),
        ("~", "images", "of these in their findings", sums.findings_changed),
        ("~", "images", "of these in their status", sums.statuses_changed),
        ("!", "images", "of these damaged: another size under the same digest", sums.sizes_damaged),
        ("+", "tags", words.tag(true, Certain), sums.tags_added - sums.tags_added_or_restored),
        ("+", "tags", words.tag(true, OrArchived), sums.tags_added_or_restored),
        ("-", "tags", words.tag(false, Certain), sums.tags_removed - sums.tags_removed_or_archived),
        ("-", "tags", words.tag(false, OrArchived), sums.tags_removed_or_archived),
        ("~", "tags", words.moved(), sums.tags_moved),
        ("?", "tags", "unknown: the other capture would not show them", sums.tags_unknown),
    ]);
    let row = |(sign, of, what, count)| vec![Cell::text(sign), Cell::text(of), Cell::text(what), Cell::count(count)];
    let rows = lines.into_iter().filter(|line| line.3 > 0).map(row).collect();
    let mut columns = columns(["", "OF", "WHAT"]);
    columns.push(Column::number("NUMBER", "NUMBER"));
    Section { heading: "Changes", columns, rows }
}

fn tagged(detail: &Detail) -> Cell<'_> {
    Cell::of(detail.image_tags.as_deref(), Cell::List)
}

/// One value, or both with an arrow.
fn arrow<T: PartialEq>(from: &T, to: &T, say: impl Fn(&T) -> String) -> String {
    if from == to { say(to) } else { format!("{} → {}", say(from), say(to)) }
}

fn repositories<'a>(comparison: &'a Comparison, words: &Words) -> Section<'a> {
    let row = |change: &'a RepositoryChange| {
        let absence = change.absence.unwrap_or(Absence::Certain);
        let note = match (&change.before, &change.after) {
            (None, _) => words.repository(true, absence),
            (_, None) => words.repository(false, absence),
            (Some(before), Some(after)) => match (before.coverage.complete, after.coverage.complete) {
                (true, true) => String::new(),
                (false, true) => format!("the capture of {} stopped early", words.from),
                (true, false) => format!("the capture of {} stopped early", words.to),
                (false, false) => "both captures stopped early".to_owned(),
            },
        };
        let (sign, from, to) = match (&change.before, &change.after) {
            (None, held) => ("+", held.as_ref(), held.as_ref()),
            (held, None) => ("-", held.as_ref(), held.as_ref()),
            (before, after) => ("~", before.as_ref(), after.as_ref()),
        };
        let numbers = from.zip(to).map(|(from, to)| {
            (arrow(&from.images, &to.images, u64::to_string), arrow(&from.bytes, &to.bytes, |bytes| size(*bytes)))
        });
        let (images, bytes) = numbers.unwrap_or_default();
        vec![Cell::text(sign), words.named(change), Cell::text(images), Cell::text(bytes), Cell::text(note)]
    };
    let columns = columns(["", "REPOSITORY", "IMAGES", "BYTES", "NOTE"]);
    Section { heading: "Repositories", columns, rows: comparison.repositories.iter().map(row).collect() }
}

fn images<'a>(comparison: &'a Comparison, words: &Words) -> Section<'a> {
    let mut rows = Vec::new();
    for change in &comparison.repositories {
        let sides = [("+", true, &change.changes.added), ("-", false, &change.changes.removed)];
        for (sign, added, images) in sides {
            for image in images.iter().filter(|image| image.absence != Absence::Unknown) {
                rows.push(image_row(words, (sign, added), change, image));
            }
            let unknown = images.iter().filter(|image| image.absence == Absence::Unknown).count();
            if unknown > 0 {
                rows.push(unknown_row(change, "image", unknown, added, words));
            }
        }
    }
    Section {
        heading: "Images",
        columns: columns(["", "REPOSITORY", "DIGEST", "TAGS", "SIZE", "PUSHED", "WHAT"]),
        rows,
    }
}

fn image_row<'a>(
    words: &Words,
    (sign, added): (&'a str, bool),
    change: &'a RepositoryChange,
    image: &'a Unmatched,
) -> Vec<Cell<'a>> {
    let detail = &image.detail;
    let bytes = detail.image_size_in_bytes.and_then(|bytes| u64::try_from(bytes).ok());
    vec![
        Cell::text(sign),
        words.named(change),
        Cell::Digest(&detail.image_digest),
        tagged(detail),
        Cell::of(bytes, Cell::Bytes),
        Cell::of(detail.image_pushed_at, Cell::Instant),
        Cell::text(words.image(added, image.absence)),
    ]
}

/// What one capture shows and the other says nothing of is only counted: it may be nearly everything.
fn unknown_row<'a>(
    change: &'a RepositoryChange,
    thing: &str,
    count: usize,
    added: bool,
    words: &Words,
) -> Vec<Cell<'a>> {
    let held = if added { &change.before } else { &change.after };
    let why = words.why(added, held.as_ref().map(|held| &held.coverage));
    let plural = if count == 1 { "" } else { "s" };
    let mut row = vec![Cell::text("?"), words.named(change), Cell::text(format!("{count} {thing}{plural}"))];
    row.extend(std::iter::repeat_n(Cell::Absent, if thing == "tag" { 2 } else { 3 }));
    row.push(Cell::text(format!("unknown: {why}")));
    row
}

fn tags<'a>(comparison: &'a Comparison, words: &Words) -> Section<'a> {
    let mut rows = Vec::new();
    for change in &comparison.repositories {
        let mut unknown = [0; 2];
        for tag in &change.changes.tags {
            if tag.absence == Absence::Unknown {
                unknown[usize::from(tag.from.is_none())] += 1;
            } else {
                rows.push(tag_row(words, change, tag));
            }
        }
        for (added, count) in [false, true].into_iter().zip(unknown) {
            if count > 0 {
                rows.push(unknown_row(change, "tag", count, added, words));
            }
        }
    }
    Section { heading: "Tags", columns: columns(["", "REPOSITORY", "TAG", "FROM", "TO", "WHAT"]), rows }
}

fn tag_row<'a>(words: &Words, change: &'a RepositoryChange, tag: &'a TagChange) -> Vec<Cell<'a>> {
    let (sign, what) = match (&tag.from, &tag.to) {
        (Some(_), Some(_)) => ("~", words.moved()),
        (None, _) => ("+", words.tag(true, tag.absence)),
        (_, None) => ("-", words.tag(false, tag.absence)),
    };
    let digest = |digest| Cell::of(digest, Cell::Digest);
    vec![
        Cell::text(sign),
        words.named(change),
        Cell::text(&tag.tag),
        digest(tag.from.as_ref()),
        digest(tag.to.as_ref()),
        Cell::text(what),
    ]
}

/// The changed images of every repository.
fn changed(comparison: &Comparison) -> impl Iterator<Item = (&RepositoryChange, &Changed)> {
    comparison.repositories.iter().flat_map(|change| change.changes.changed.iter().map(move |image| (change, image)))
}

/// The cells that say which image it is.
fn which<'a>(words: &Words, sign: &'a str, change: &'a RepositoryChange, image: &'a Changed) -> Vec<Cell<'a>> {
    vec![Cell::text(sign), words.named(change), Cell::Digest(&image.after.image_digest), tagged(&image.after)]
}

/// A section about the changed images; `cells` takes what belongs in it.
fn of_changed<'a>(
    comparison: &'a Comparison,
    words: &Words,
    sign: &'a str,
    section: Section<'a>,
    cells: impl Fn(ChangeLine<'a>) -> Option<Vec<Cell<'a>>>,
) -> Section<'a> {
    let mut section = section;
    for (change, image) in changed(comparison) {
        for cells in change_lines(image).into_iter().filter_map(&cells) {
            let mut row = which(words, sign, change, image);
            row.extend(cells);
            section.rows.push(row);
        }
    }
    section
}

fn findings<'a>(comparison: &'a Comparison, words: &Words) -> Section<'a> {
    let section = Section::of("Findings", ["", "REPOSITORY", "DIGEST", "TAGS", "FINDINGS"]);
    of_changed(comparison, words, "~", section, |line| match line {
        ChangeLine::Findings(text) => Some(vec![Cell::text(text)]),
        ChangeLine::ScannedAgain => Some(vec![Cell::text("scanned again, the same")]),
        _ => None,
    })
}

fn statuses<'a>(comparison: &'a Comparison, words: &Words) -> Section<'a> {
    let section = Section::of("Status", ["", "REPOSITORY", "DIGEST", "TAGS", "STATUS"]);
    of_changed(comparison, words, "~", section, |line| match line {
        ChangeLine::Status(from, to) if words.forward() => Some(vec![Cell::text(status_text(from, to))]),
        ChangeLine::Status(from, to) => Some(vec![Cell::text(format!("{from} → {to}"))]),
        _ => None,
    })
}

fn members<'a>(comparison: &'a Comparison, words: &Words) -> Section<'a> {
    let section = Section::of("Other members", ["", "REPOSITORY", "DIGEST", "TAGS", "MEMBER", "FROM", "TO"]);
    of_changed(comparison, words, "~", section, |line| match line {
        ChangeLine::Member(member) => {
            let value = |value: &Option<Value>| Cell::of(value.as_ref(), |value| Cell::text(brief(value)));
            Some(vec![Cell::text(&member.name), value(&member.from), value(&member.to)])
        }
        _ => None,
    })
}

fn damaged<'a>(comparison: &'a Comparison, words: &Words) -> Section<'a> {
    // A digest is the name of a content, which has one size.
    let heading = "Damaged: one digest with two sizes, of which one capture must be wrong";
    let section = Section::of(heading, ["", "REPOSITORY", "DIGEST", "TAGS", "BYTES BEFORE", "BYTES AFTER"]);
    of_changed(comparison, words, "!", section, |line| match line {
        ChangeLine::Damaged(from, to) => Some(vec![Cell::Integer(from), Cell::Integer(to)]),
        _ => None,
    })
}
