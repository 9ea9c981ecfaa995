//! The repositories themselves: without a policy, created, deleted, with other settings.

use std::collections::BTreeMap;

use super::{Section, counted, name};
use crate::report::figures::{Figures, RepositoryEvent};
use crate::report::table::{Column, Table, Value, grouped};

/// What the captures say about the repositories; none if no capture has such pages.
pub(super) fn settings(figures: &Figures) -> Option<Section<'_>> {
    let settings = &figures.settings;
    let happened = settings.created.len() + settings.deleted.len() + settings.changes.len();
    if settings.described == 0 && settings.policies_known == 0 && happened == 0 {
        return None;
    }
    let mut notes = vec![format!(
        "The snapshot has the settings of {}, and says of {} whether they have a lifecycle policy: {} {} none.",
        counted(settings.described, "repository", "repositories"),
        grouped(settings.policies_known),
        grouped(settings.without_policy.len() as u64),
        if settings.without_policy.len() == 1 { "has" } else { "have" }
    )];
    if !settings.deleted.is_empty() {
        notes.push(
            "A repository counts as deleted if a later list of repositories of its registry and region is complete and \
             does not have it."
                .to_owned(),
        );
    }
    let mut tables = Vec::new();
    if !settings.without_policy.is_empty() {
        let repositories: BTreeMap<_, _> = figures.repositories.iter().map(|one| (&one.place, one)).collect();
        let rows = settings.without_policy.iter().map(|key| {
            let repository = repositories.get(key);
            vec![
                name(figures, key),
                Value::of(repository, |repository| Value::Count(repository.images)),
                Value::of(repository, |repository| Value::Bytes(repository.bytes)),
            ]
        });
        let columns = vec![Column::text("Repository"), Column::number("Images"), Column::bar("Size")];
        tables.push(Table::new("no-policy", "Repositories without a lifecycle policy", columns, rows.collect()));
    }
    tables.extend(events(figures, "created", "Repositories created since the first snapshot", &settings.created));
    tables.extend(events(figures, "deleted", "Repositories deleted since the first snapshot", &settings.deleted));
    if !settings.changes.is_empty() {
        let rows = settings.changes.iter().map(|change| {
            vec![
                name(figures, &change.place),
                Value::text(change.setting.as_str()),
                Value::of(change.from.as_deref(), beginning),
                Value::of(change.to.as_deref(), beginning),
                Value::text(change.after.as_str()),
                Value::text(change.by.as_str()),
            ]
        });
        let columns = vec![
            Column::text("Repository"),
            Column::text("Setting"),
            Column::text("From"),
            Column::text("To"),
            Column::text("After snapshot"),
            Column::text("By snapshot"),
        ];
        tables.push(Table::new("settings", "Settings and policies that changed", columns, rows.collect()).keys(0..2));
    }
    Some(Section { id: "repository-settings", heading: "Repository settings", notes, charts: Vec::new(), tables })
}

/// The beginning of a setting; a policy can be long, and JSON has all of it.
fn beginning(text: &str) -> Value<'_> {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Value::text(format!("{}...", &text[..end])),
        None => Value::text(text),
    }
}

fn events<'f>(
    figures: &'f Figures,
    id: &'static str,
    caption: &str,
    events: &'f [RepositoryEvent],
) -> Option<Table<'f>> {
    if events.is_empty() {
        return None;
    }
    let rows = events.iter().map(|event| {
        vec![
            name(figures, &event.place),
            Value::of(event.created_at, Value::Instant),
            Value::of(event.after.as_deref(), Value::text),
            Value::text(event.by.as_str()),
        ]
    });
    let columns = vec![
        Column::text("Repository"),
        Column::text("Created (UTC)"),
        Column::text("After snapshot"),
        Column::text("By snapshot"),
    ];
    Some(Table::new(id, caption, columns, rows.collect()))
}
