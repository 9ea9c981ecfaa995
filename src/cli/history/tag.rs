//! The line of a tag: the images that it was on, one row each.

use std::io::{self, Write};

use serde::Serialize;

use super::{Arguments, Line, csv_cells, csv_columns, page, print_documents};
use crate::cli::describe::{Named, Owner};
use crate::coverage::Absence;
use crate::diff::{Capture, Seen, Span, TagTarget, Thing, seen, spans};
use crate::model::{Detail, Instant};
use crate::tabular::{Cell, Column, Format, rows, short};

/// Print them.
pub(super) fn write(lines: &[Line], arguments: &Arguments, out: &mut dyn Write) -> io::Result<()> {
    let captures: Vec<Vec<Capture<'_>>> = lines.iter().map(Line::captures).collect();
    let chains: Vec<Vec<Seen<'_>>> = captures.iter().map(|captures| seen(captures, Thing::Tag)).collect();
    let spans: Vec<Vec<Span<'_>>> = chains.iter().map(|chain| spans(chain)).collect();
    let of_line = |number: usize| -> Vec<PrintedSpan<'_>> {
        let (line, chain) = (&lines[number], chains[number].as_slice());
        spans[number].iter().map(|span| PrintedSpan { line, span, chain }).collect()
    };
    let spans: Vec<Vec<PrintedSpan<'_>>> = (0..lines.len()).map(of_line).collect();
    match arguments.output {
        Format::Json | Format::Ndjson => json(lines, arguments, &spans, out),
        Format::Csv => csv(arguments, &spans.concat(), out),
        format => {
            for (number, (line, spans)) in lines.iter().zip(&spans).enumerate() {
                if number > 0 {
                    writeln!(out)?;
                }
                people(line, arguments, spans, format, out)?;
            }
            Ok(())
        }
    }
}

/// A span with what is needed to print it.
#[derive(Clone, Copy)]
struct PrintedSpan<'a> {
    line: &'a Line,
    span: &'a Span<'a>,
    chain: &'a [Seen<'a>],
}

impl<'a> PrintedSpan<'a> {
    /// The image in the last capture of this span.
    fn image(&self) -> Option<&'a Detail> {
        match self.chain[self.span.last] {
            Seen::Shown(detail) => Some(detail),
            Seen::Absent(_) => None,
        }
    }

    /// What is known of the place.
    fn certainty(&self) -> &'static str {
        match self.span.place {
            TagTarget::Nowhere(Absence::OrArchived) => "orArchived",
            _ => "certain",
        }
    }

    /// When the tag left, as people say it.
    fn until(&self) -> String {
        let Span { last, ended_before, .. } = *self.span;
        let newest = self.line.sightings.len() - 1;
        match ended_before {
            Some(before) => format!("between {} and {}", self.line.time(last), self.line.time(before)),
            None if last == newest => "still so".to_owned(),
            None => format!("not known after {}", self.line.time(last)),
        }
    }

    fn pushed_at(&self) -> Option<Instant> {
        self.image().and_then(|image| image.image_pushed_at)
    }
}

fn people(
    line: &Line,
    arguments: &Arguments,
    spans: &[PrintedSpan<'_>],
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut columns = vec![
        Column::text("", "IMAGE"),
        Column::text("", "PUSHED"),
        Column::text("", "FROM"),
        Column::text("", "UNTIL"),
        Column::number("", "SEEN"),
    ];
    let gaps = spans.iter().any(|printed| printed.span.gaps() > 0);
    if gaps {
        columns.push(Column::number("", "GAPS"));
    }
    let row = |printed: &PrintedSpan<'_>| {
        let span = printed.span;
        let mut row = vec![
            match printed.span.place {
                // Its text is copied, so that no row borrows from another.
                TagTarget::On(digest) => Cell::text(short(digest)),
                TagTarget::Nowhere(Absence::OrArchived) => Cell::text("none, or an archived one"),
                TagTarget::Nowhere(_) => Cell::text("none"),
            },
            Cell::of(printed.pushed_at(), Cell::Instant),
            Cell::text(line.between(span.began_after, span.first)),
            Cell::text(printed.until()),
            Cell::count(span.captures as u64),
        ];
        if gaps {
            row.push(Cell::count(span.gaps() as u64));
        }
        row
    };
    let table: Vec<Vec<Cell<'_>>> = spans.iter().map(row).collect();
    page(&line.title(arguments), columns, &table, format, out)
}

fn csv(arguments: &Arguments, spans: &[PrintedSpan<'_>], out: &mut dyn Write) -> io::Result<()> {
    let columns = [
        "imageDigest",
        "certainty",
        "beganAfter",
        "firstSeen",
        "lastSeen",
        "endedBefore",
        "captures",
        "gaps",
        "imagePushedAt",
    ];
    let mut rows = rows(Format::Csv, csv_columns(arguments, columns), out);
    for printed in spans {
        let span = printed.span;
        let time = |capture: usize| Instant::from_micros(printed.line.snapshot(capture).captured_at).ok();
        let at = |capture: Option<usize>| Cell::of(capture.and_then(time), Cell::Instant);
        let mut row = csv_cells(arguments, printed.line);
        row.extend([
            match span.place {
                TagTarget::On(digest) => Cell::Digest(digest),
                TagTarget::Nowhere(_) => Cell::Absent,
            },
            Cell::text(printed.certainty()),
            at(span.began_after),
            at(Some(span.first)),
            at(Some(span.last)),
            at(span.ended_before),
            Cell::count(span.captures as u64),
            Cell::count(span.gaps() as u64),
            Cell::of(printed.pushed_at(), Cell::Instant),
        ]);
        rows.row(&row)?;
    }
    rows.finish()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(flatten)]
    owner: Owner<'a>,
    image_tag: &'a str,
    captures: usize,
    spans: Vec<JsonSpan<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonSpan<'a> {
    image_digest: Option<String>,
    certainty: &'static str,
    began_after: Option<Named<'a>>,
    first_seen: Named<'a>,
    last_seen: Named<'a>,
    ended_before: Option<Named<'a>>,
    captures: usize,
    gaps: usize,
    image_pushed_at: Option<String>,
}

fn json(lines: &[Line], arguments: &Arguments, spans: &[Vec<PrintedSpan<'_>>], out: &mut dyn Write) -> io::Result<()> {
    let documents = lines.iter().zip(spans).map(|(line, spans)| document(line, arguments, spans));
    print_documents(arguments, &documents.collect::<Vec<_>>(), out)
}

fn document<'a>(line: &'a Line, arguments: &'a Arguments, spans: &[PrintedSpan<'a>]) -> Document<'a> {
    let named = |capture: usize| Named::of(line.snapshot(capture));
    let span = |printed: &PrintedSpan<'_>| {
        let span = printed.span;
        JsonSpan {
            image_digest: match span.place {
                TagTarget::On(digest) => Some(digest.to_string()),
                TagTarget::Nowhere(_) => None,
            },
            certainty: printed.certainty(),
            began_after: span.began_after.map(named),
            first_seen: named(span.first),
            last_seen: named(span.last),
            ended_before: span.ended_before.map(named),
            captures: span.captures,
            gaps: span.gaps(),
            image_pushed_at: printed.pushed_at().map(Instant::to_utc_text),
        }
    };
    Document {
        owner: Owner::of(&line.repository.name),
        image_tag: arguments.image_tag.as_deref().unwrap_or_default(),
        captures: line.sightings.len(),
        spans: spans.iter().map(span).collect(),
    }
}
