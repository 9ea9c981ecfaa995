//! Which repositories are large, which grow, which are absent, and how near the quotas are.

use super::{Section, listed_keys, name};
use crate::model::Severity;
use crate::report::figures::{Figures, Repository};
use crate::report::table::{Column, Table, Value};
use crate::store::read::figures::Severities;

/// Repositories by size and by growth.
pub(super) fn repositories(figures: &Figures) -> Section<'_> {
    let mut notes = Vec::new();
    let unknown = || figures.repositories.iter().filter(|repository| repository.bytes_grown.is_none());
    if figures.first().is_some() && unknown().next().is_some() {
        let keys = unknown().map(|repository| &repository.place);
        notes.push(format!(
            "Growth is unknown if a capture stopped early or had another filter: {}.",
            listed_keys(figures, keys)
        ));
    }
    let mut tables = Vec::new();
    tables.extend(groups(figures));
    tables.push(largest(figures));
    tables.extend(growing(figures));
    tables.extend(absent(figures));
    tables.retain(|table| !table.rows.is_empty());
    Section { id: "repositories", heading: "Repositories", notes, charts: Vec::new(), tables }
}

/// Subtotals, if there are several registries or regions.
fn groups(figures: &Figures) -> Option<Table<'_>> {
    if figures.groups.len() < 2 {
        return None;
    }
    let rows = figures.groups.iter().map(|group| {
        vec![
            Value::text(group.registry_id.as_str()),
            Value::of(group.region.as_deref(), Value::text),
            Value::Count(group.repositories),
            Value::Bytes(group.totals.bytes),
            Value::Bytes(group.totals.bytes.saturating_sub(group.index_bytes)),
            Value::Count(group.totals.images),
            Value::Count(group.totals.tagged),
            Value::Count(group.totals.untagged),
            Value::some(group.totals.archived),
            severity(group.totals.counted, &group.totals.findings, Severity::Critical),
            severity(group.totals.counted, &group.totals.findings, Severity::High),
        ]
    });
    let columns = vec![
        Column::text("Registry"),
        Column::text("Region"),
        Column::number("Repositories"),
        Column::bar("Size"),
        Column::number("Size without indexes"),
        Column::number("Images"),
        Column::number("Tagged"),
        Column::number("Untagged"),
        Column::number("Archived"),
        Column::number("Critical"),
        Column::number("High"),
    ];
    Some(Table::new("groups", "By registry and region", columns, rows.collect()).keys(0..2))
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
    let rows = figures.repositories.iter().map(|repository| {
        let name = name(figures, &repository.place);
        let mut row = vec![
            if repository.complete { name } else { Value::text(format!("{} (stopped early)", name.shown())) },
            Value::Bytes(repository.totals.bytes),
            Value::Count(repository.totals.images),
            Value::Count(repository.totals.tagged),
            Value::Count(repository.totals.untagged),
            Value::some(repository.totals.archived),
            severity(repository.totals.counted, &repository.totals.findings, Severity::Critical),
            severity(repository.totals.counted, &repository.totals.findings, Severity::High),
        ];
        if span {
            row.push(Value::of(repository.images_grown, Value::Change));
        }
        row
    });
    Table::new("largest", "Repositories, largest first", columns, rows.collect())
}

/// Findings of several images; unknown if none of them has counts.
fn severity(counted: u64, findings: &Severities, severity: Severity) -> Value<'static> {
    if counted == 0 { Value::Absent } else { Value::Count(findings.get(severity)) }
}

fn growing(figures: &Figures) -> Option<Table<'_>> {
    let first = figures.first()?;
    let grown = |repository: &&Repository| repository.bytes_grown.is_some_and(|grown| grown > 0);
    let mut growing: Vec<&Repository> = figures.repositories.iter().filter(grown).collect();
    growing.sort_by_key(|repository| std::cmp::Reverse(repository.bytes_grown));
    let rows = growing.into_iter().map(|repository| {
        let grown = repository.bytes_grown.unwrap_or(0);
        let before = repository.totals.bytes as i64 - grown;
        vec![
            name(figures, &repository.place),
            Value::BytesChange(grown),
            if before > 0 { Value::Share(grown as f64 / before as f64) } else { Value::text("new") },
            Value::of(repository.images_grown, Value::Change),
            Value::Bytes(repository.totals.bytes),
        ]
    });
    let columns = vec![
        Column::text("Repository"),
        Column::bar("Grown"),
        Column::number("Of its size then"),
        Column::number("Images"),
        Column::number("Size now"),
    ];
    let what = format!("Fastest growing since {}", first.snapshot);
    Some(Table::new("growing", what, columns, rows.collect()))
}

fn absent(figures: &Figures) -> Option<Table<'_>> {
    if figures.absent.is_empty() {
        return None;
    }
    let rows = figures.absent.iter().map(|absent| {
        vec![
            name(figures, &absent.place),
            Value::text(absent.last_snapshot.as_str()),
            Value::Count(absent.images),
            Value::Bytes(absent.bytes),
        ]
    });
    let columns = vec![
        Column::text("Repository"),
        Column::text("Last seen in"),
        Column::number("Images then"),
        Column::number("Size then"),
    ];
    let caption = "Not in the newest snapshot (deleted, emptied or not captured)";
    Some(Table::new("absent", caption, columns, rows.collect()))
}

/// How much of the quotas is used.
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
        Column::text("Registry or repository"),
        Column::number("Used"),
        Column::number("Limit"),
        Column::bar("Use"),
    ];
    let table = Table::new("quota", "Use of the quotas", columns, rows.collect()).keys(0..2);
    Section {
        id: "quotas",
        heading: "Quotas",
        notes: vec![
            "The limits are the service's defaults, unless --quota-images or --quota-repositories gave others. \
             Repositories that the snapshot does not cover are not counted."
                .to_owned(),
        ],
        charts: Vec::new(),
        tables: vec![table],
    }
}
