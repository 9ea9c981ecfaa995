//! The line of an image: what happened to it, one row each.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Arguments, Line, csv_cells, csv_columns, page, print_documents};
use crate::cli::describe::{ChangeLine, Named, Owner, brief, change_lines, raw, shown, status_text};
use crate::coverage::Absence;
use crate::diff::{Capture, Event, Options, Seen, Thing, What, events, seen};
use crate::model::{Detail, Instant, Value};
use crate::tabular::{Cell, Column, Format, rows};

/// Print them.
pub(super) fn write(lines: &[Line], arguments: &Arguments, out: &mut dyn Write) -> io::Result<()> {
    let captures: Vec<Vec<Capture<'_>>> = lines.iter().map(Line::captures).collect();
    let chains: Vec<Vec<Seen<'_>>> = captures.iter().map(|captures| seen(captures, Thing::Image)).collect();
    let options = Options { pulls: arguments.include_pulls, rescans: arguments.include_rescans };
    let events: Vec<Vec<Event<'_>>> = chains.iter().map(|chain| events(chain, options)).collect();
    let all = || lines.iter().zip(&chains).zip(&events).map(|((line, chain), events)| (line, chain, events));
    match arguments.output {
        Format::Json | Format::Ndjson => {
            let documents: Vec<_> = all().map(|(line, chain, events)| document(line, chain, events)).collect();
            print_documents(arguments, &documents, out)
        }
        Format::Csv => csv(arguments, all().map(|(line, _, events)| (line, events.as_slice())), out),
        format => {
            for (number, (line, chain, events)) in all().enumerate() {
                if number > 0 {
                    writeln!(out)?;
                }
                people(line, arguments, chain, events, format, out)?;
            }
            Ok(())
        }
    }
}

/// The first and the last capture that show the image.
fn ends(chain: &[Seen<'_>]) -> (usize, usize) {
    let shown = |seen: &Seen<'_>| matches!(seen, Seen::Shown(_));
    // A line that shows nothing is refused before.
    (chain.iter().position(shown).unwrap_or(0), chain.iter().rposition(shown).unwrap_or(0))
}

fn people(
    line: &Line,
    arguments: &Arguments,
    chain: &[Seen<'_>],
    events: &[Event<'_>],
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Vec::new();
    for event in events {
        let first = table.is_empty();
        for (what, of) in sentences(event, first) {
            table.push(vec![Cell::text(line.between(event.after, event.by)), Cell::text(what), Cell::text(of)]);
        }
    }
    let (_, last) = ends(chain);
    if !matches!(events.last(), Some(Event { what: What::Vanished(_), .. })) {
        table.push(vec![Cell::text(line.time(last)), Cell::text("last seen"), Cell::text(after(chain, last))]);
    }
    let columns = vec![Column::text("", "WHEN"), Column::text("", "EVENT"), Column::text("", "WHAT")];
    page(&line.title(arguments), columns, &table, format, out)
}

/// What the captures after the last sight of an image say.
fn after(chain: &[Seen<'_>], last: usize) -> &'static str {
    match chain.get(last + 1..) {
        None | Some([]) => "in the newest of them",
        Some(later) if later.iter().all(|seen| *seen == Seen::Absent(Absence::Unknown)) => "the later ones do not say",
        Some(_) => "",
    }
}

/// An event in words: what happened, and to what of the image.
fn sentences(event: &Event<'_>, first: bool) -> Vec<(&'static str, String)> {
    match &event.what {
        What::Appeared(detail) => vec![(if first { "first seen" } else { "seen again" }, portrait(detail))],
        What::Vanished(Absence::Certain) => vec![("gone", String::new())],
        What::Vanished(_) => vec![("gone or archived", String::new())],
        What::TagAdded(tag) => vec![("tag added", (*tag).to_owned())],
        What::TagRemoved(tag) => vec![("tag removed", (*tag).to_owned())],
        What::Changed(changed) => {
            let arrow = |from: &Option<Value>, to: &Option<Value>| {
                let text = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), brief);
                format!("{} → {}", text(from), text(to))
            };
            let sentence = |change_lines| match change_lines {
                ChangeLine::Findings(text) => ("findings", text),
                ChangeLine::ScannedAgain => ("findings", "scanned again, the same".to_owned()),
                ChangeLine::Status(from, to) => ("status", status_text(from, to)),
                ChangeLine::Damaged(from, to) => {
                    ("damaged", format!("another size under one digest: {from} → {to} bytes"))
                }
                ChangeLine::Member(member) => {
                    ("member", format!("{}: {}", member.name, arrow(&member.from, &member.to)))
                }
            };
            change_lines(changed).into_iter().map(sentence).collect()
        }
    }
}

/// An image in one line: its tags, when it was pushed, its status and findings.
fn portrait(detail: &Detail) -> String {
    let mut parts = vec![match detail.image_tags.as_deref() {
        None | Some([]) => "untagged".to_owned(),
        Some(tags) => tags.join(", "),
    }];
    if let Some(pushed) = detail.image_pushed_at {
        parts.push(format!("pushed {}", crate::tabular::whole_seconds(pushed)));
    }
    if detail.effective_status() != "ACTIVE" {
        parts.push(detail.effective_status().to_lowercase());
    }
    let counts = detail.image_scan_findings_summary.as_ref().and_then(|found| found.finding_severity_counts.as_ref());
    match counts.map(Vec::as_slice) {
        None => {}
        Some([]) => parts.push("nothing found".to_owned()),
        Some(counts) => {
            let counts: Vec<String> = counts.iter().map(|(severity, count)| format!("{severity} {count}")).collect();
            parts.push(counts.join(", "));
        }
    }
    parts.join("; ")
}

/// An event for machines: its name, and the tag or the member with its values.
struct Fact<'a> {
    event: &'static str,
    tag: Option<&'a str>,
    member: Option<&'a str>,
    from: Option<&'a Value>,
    to: Option<&'a Value>,
    image: Option<&'a Detail>,
}

fn facts<'a>(event: &'a Event<'a>, first: bool) -> Vec<Fact<'a>> {
    let fact = |event| Fact { event, tag: None, member: None, from: None, to: None, image: None };
    match &event.what {
        What::Appeared(detail) => {
            vec![Fact { image: Some(detail), ..fact(if first { "firstSeen" } else { "seenAgain" }) }]
        }
        What::Vanished(Absence::Certain) => vec![fact("gone")],
        What::Vanished(_) => vec![fact("goneOrArchived")],
        What::TagAdded(tag) => vec![Fact { tag: Some(tag), ..fact("tagAdded") }],
        What::TagRemoved(tag) => vec![Fact { tag: Some(tag), ..fact("tagRemoved") }],
        What::Changed(changed) => {
            let members = changed.members.iter().map(|member| Fact {
                member: Some(&member.name),
                from: member.from.as_ref(),
                to: member.to.as_ref(),
                ..fact("memberChanged")
            });
            members.collect()
        }
    }
}

fn csv<'a>(
    arguments: &Arguments,
    lines: impl Iterator<Item = (&'a Line, &'a [Event<'a>])>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = ["after", "by", "event", "imageTag", "member", "from", "to"];
    let mut rows = rows(Format::Csv, csv_columns(arguments, columns), out);
    for (line, events) in lines {
        let time = |capture: usize| Instant::from_micros(line.snapshot(capture).captured_at).ok();
        for (number, event) in events.iter().enumerate() {
            for fact in facts(event, number == 0) {
                let mut row = csv_cells(arguments, line);
                row.extend([
                    Cell::of(event.after.and_then(time), Cell::Instant),
                    Cell::of(time(event.by), Cell::Instant),
                    Cell::text(fact.event),
                    Cell::of(fact.tag, Cell::text),
                    Cell::of(fact.member, Cell::text),
                    Cell::of(fact.from.map(shown), Cell::text),
                    Cell::of(fact.to.map(shown), Cell::text),
                ]);
                rows.row(&row)?;
            }
        }
    }
    rows.finish()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(flatten)]
    owner: Owner<'a>,
    image_digest: String,
    captures: usize,
    first_seen: Named<'a>,
    last_seen: Named<'a>,
    events: Vec<JsonEvent<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonEvent<'a> {
    after: Option<Named<'a>>,
    by: Named<'a>,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<MemberJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_detail: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct MemberJson<'a> {
    name: &'a str,
    from: Option<Box<RawValue>>,
    to: Option<Box<RawValue>>,
}

fn document<'a>(line: &'a Line, chain: &[Seen<'_>], events: &'a [Event<'a>]) -> Document<'a> {
    let named = |capture: usize| Named::of(line.snapshot(capture));
    let (first, last) = ends(chain);
    let mut document = Document {
        owner: Owner::of(&line.repository.name),
        image_digest: line.digest.as_ref().map(ToString::to_string).unwrap_or_default(),
        captures: line.sightings.len(),
        first_seen: named(first),
        last_seen: named(last),
        events: Vec::new(),
    };
    for (number, event) in events.iter().enumerate() {
        document.events.extend(facts(event, number == 0).into_iter().map(|fact| JsonEvent {
            after: event.after.map(named),
            by: named(event.by),
            event: fact.event,
            image_tag: fact.tag,
            member: fact.member.map(|name| MemberJson {
                name,
                from: fact.from.and_then(raw),
                to: fact.to.and_then(raw),
            }),
            image_detail:
                fact.image.and_then(|detail| raw(&detail.to_value(&|instant| Value::Str(instant.to_utc_text())))),
        }));
    }
    document
}
