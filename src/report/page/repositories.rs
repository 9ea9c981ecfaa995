//! Which repositories are large, which grow, which are gone, and how near the quotas are.

use super::{SHOWN, Section, caption, listed, name};
use crate::model::Severity;
use crate::report::figures::{Figures, Repository};
use crate::report::table::{Column, Table, Value};

/// How many repositories the table of growth shows.
const GROWING: usize = 10;

/// Repositories by size and by growth.
pub(super) fn repositories(figures: &Figures) -> Section<'_> {
    let mut notes = Vec::new();
    let unknown = figures.repositories.iter().filter(|repository| repository.bytes_grown.is_none());
    let unknown: Vec<String> = unknown.map(|repository| repository.place.repository_name.clone()).collect();
    if figures.first().is_some() && !unknown.is_empty() {
        notes.push(format!("Growth is unknown where a capture stopped early: {}.", listed(&unknown)));
    }
    let mut tables = vec![largest(figures)];
    tables.extend(growing(figures));
    tables.extend(absent(figures));
    tables.retain(|table| !table.rows.is_empty());
    Section { id: "repositories", heading: "Repositories", notes, charts: Vec::new(), tables }
}

fn largest(figures: &Figures) -> Table<'_> {
    let span = figures.first().is_some();
    let mut columns = vec![
        Column::text("Repository"),
        Column::bar("Size"),
        Column::number("Images"),
        Column::number("Tagged"),
        Column::number("Untagged"),
        Column::number("Archived"),
        Column::number("Critical"),
        Column::number("High"),
    ];
    if span {
        columns.push(Column::number("Images grown"));
    }
    let rows = figures.repositories.iter().take(SHOWN).map(|repository| {
        let name = name(figures, &repository.place);
        let mut row = vec![
            if repository.complete { name } else { Value::text(format!("{} (stopped early)", name.shown())) },
            Value::Bytes(repository.bytes),
            Value::Count(repository.images),
            Value::Count(repository.tagged),
            Value::Count(repository.untagged),
            Value::some(repository.archived),
            severity(repository, Severity::Critical),
            severity(repository, Severity::High),
        ];
        if span {
            row.push(Value::of(repository.images_grown, Value::Change));
        }
        row
    });
    let rows: Vec<_> = rows.collect();
    let caption = caption("Largest repositories", rows.len(), figures.repositories.len());
    Table { id: "largest", caption, columns, rows, folded: false }
}

/// Findings of a repository: nothing is known where no image has counts.
fn severity(repository: &Repository, severity: Severity) -> Value<'static> {
    if repository.counted == 0 { Value::Absent } else { Value::Count(repository.findings.get(severity)) }
}

fn growing(figures: &Figures) -> Option<Table<'_>> {
    let first = figures.first()?;
    let grown = |repository: &&Repository| repository.bytes_grown.is_some_and(|grown| grown > 0);
    let mut growing: Vec<&Repository> = figures.repositories.iter().filter(grown).collect();
    growing.sort_by_key(|repository| std::cmp::Reverse(repository.bytes_grown));
    let all = growing.len();
    growing.truncate(GROWING);
    let rows = growing.into_iter().map(|repository| {
        let grown = repository.bytes_grown.unwrap_or(0);
        let before = repository.bytes as i64 - grown;
        vec![
            name(figures, &repository.place),
            Value::BytesChange(grown),
            if before > 0 { Value::Share(grown as f64 / before as f64) } else { Value::text("new") },
            Value::of(repository.images_grown, Value::Change),
            Value::Bytes(repository.bytes),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let columns = vec![
        Column::text("Repository"),
        Column::bar("Grown"),
        Column::number("Of its size then"),
        Column::number("Images"),
        Column::number("Size now"),
    ];
    let what = format!("Fastest growing since {}", first.snapshot);
    Some(Table { id: "growing", caption: caption(&what, rows.len(), all), columns, rows, folded: false })
}

fn absent(figures: &Figures) -> Option<Table<'_>> {
    if figures.absent.is_empty() {
        return None;
    }
    let rows = figures.absent.iter().take(SHOWN).map(|absent| {
        vec![
            name(figures, &absent.place),
            Value::text(absent.last_snapshot.as_str()),
            Value::Count(absent.images),
            Value::Bytes(absent.bytes),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let columns = vec![
        Column::text("Repository"),
        Column::text("Last seen in"),
        Column::number("Images then"),
        Column::number("Size then"),
    ];
    let caption =
        caption("Not in the newest snapshot (deleted, emptied or not captured)", rows.len(), figures.absent.len());
    Some(Table { id: "absent", caption, columns, rows, folded: false })
}

/// How near the quotas are.
pub(super) fn quotas(figures: &Figures) -> Section<'_> {
    let rows = figures.quotas.iter().map(|quota| {
        vec![
            Value::text(quota.quota),
            Value::text(quota.name.as_str()),
            Value::Count(quota.used),
            Value::Count(quota.limit),
            Value::of((quota.limit > 0).then_some(quota.limit), |limit| Value::Share(quota.used as f64 / limit as f64)),
        ]
    });
    let columns = vec![
        Column::text("Quota"),
        Column::text("Where"),
        Column::number("Used"),
        Column::number("Limit"),
        Column::bar("Use"),
    ];
    let table =
        Table { id: "quota", caption: "Use of the quotas".to_owned(), columns, rows: rows.collect(), folded: false };
    Section {
        id: "quotas",
        heading: "Quotas",
        notes: vec![
            "The limits are assumptions: the service's defaults, unless the report was told others. An account may have \
             its own. Repositories that the snapshot does not cover are not counted."
                .to_owned(),
        ],
        charts: Vec::new(),
        tables: vec![table],
    }
}
