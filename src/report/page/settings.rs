//! The repositories themselves: without a policy, empty, created, deleted, with other settings; what their policies
//! would do.

use std::collections::BTreeMap;

use super::{Section, counted, listed_keys, name};
use crate::report::figures::{Figures, PolicyEffect, RepositoryEvent, Share};
use crate::report::table::{Column, Table, Value, grouped};
use crate::tabular::size;

/// What the captures say about the repositories; none if no capture has such pages.
pub(super) fn settings(figures: &Figures) -> Option<Section<'_>> {
    let settings = &figures.settings;
    let happened = settings.created.len() + settings.deleted.len() + settings.changes.len();
    if settings.described == 0 && settings.policies_known == 0 && settings.empty.is_empty() && happened == 0 {
        return None;
    }
    let mut notes = Vec::new();
    if settings.described > 0 || settings.policies_known > 0 {
        notes.push(format!(
            "The snapshot has the settings of {}, and says of {} whether they have a lifecycle policy: {} {} none.",
            counted(settings.described, "repository", "repositories"),
            grouped(settings.policies_known),
            grouped(settings.without_policy.len() as u64),
            if settings.without_policy.len() == 1 { "has" } else { "have" }
        ));
    }
    if !settings.deleted.is_empty() {
        notes.push(
            "A repository counts as deleted if a later list of repositories of its registry and region is complete and \
             does not have it."
                .to_owned(),
        );
    }
    if !settings.empty.is_empty() {
        notes.push(format!(
            "{} {} no images: {}.",
            counted(settings.empty.len() as u64, "repository", "repositories"),
            if settings.empty.len() == 1 { "has" } else { "have" },
            listed_keys(figures, &settings.empty)
        ));
    }
    let mut tables = Vec::new();
    if !settings.without_policy.is_empty() {
        let repositories: BTreeMap<_, _> = figures.repositories.iter().map(|one| (&one.place, one)).collect();
        let rows = settings.without_policy.iter().map(|key| {
            let repository = repositories.get(key);
            vec![
                name(figures, key),
                Value::of(repository, |repository| Value::Count(repository.totals.images)),
                Value::of(repository, |repository| Value::Bytes(repository.totals.bytes)),
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

/// What the saved lifecycle policies would do; none if no policy is known.
pub(super) fn policies(figures: &Figures) -> Option<Section<'_>> {
    let effects = &figures.settings.policies;
    if effects.is_empty() {
        return None;
    }
    let sum = |part: fn(&PolicyEffect) -> &Share| {
        let mut sum = Share::default();
        for effect in effects {
            sum.join(part(effect));
        }
        sum
    };
    let (expired, archived) = (sum(|effect| &effect.expired), sum(|effect| &effect.archived));
    let mut notes = vec![format!(
        "At the time of the capture the saved policies would delete {} ({}) and archive {} ({}). ecrsnap lifecycle \
         shows them rule by rule and image by image.",
        counted(expired.images, "image", "images"),
        size(expired.bytes),
        counted(archived.images, "image", "images"),
        size(archived.bytes)
    )];
    let unknown = sum(|effect| &effect.unknown).images;
    if unknown > 0 {
        notes.push(format!(
            "For {} it depends on whether untagged images are children of an image index, which a capture does not show.",
            counted(unknown, "image", "images")
        ));
    }
    let in_part = effects.iter().filter(|effect| !effect.whole);
    if in_part.clone().next().is_some() {
        notes.push(format!(
            "Not all images are captured of {}: rules that count images would delete more there.",
            listed_keys(figures, in_part.map(|effect| &effect.place))
        ));
    }
    let invalid = effects.iter().filter(|effect| effect.invalid.is_some());
    if invalid.clone().next().is_some() {
        let names = listed_keys(figures, invalid.map(|effect| &effect.place));
        notes.push(format!("Invalid policies, which are not applied: {names}."));
    }
    let rows = effects.iter().filter(|effect| effect.invalid.is_none()).map(|effect| {
        vec![
            name(figures, &effect.place),
            Value::Count(effect.expired.images),
            Value::Bytes(effect.expired.bytes),
            Value::Count(effect.archived.images),
            Value::Bytes(effect.archived.bytes),
            Value::Count(effect.unknown.images),
            Value::Count(effect.kept.images),
            Value::Bytes(effect.kept.bytes),
        ]
    });
    let columns = vec![
        Column::text("Repository"),
        Column::number("Expire"),
        Column::bar("Size"),
        Column::number("Archive"),
        Column::number("Size of these"),
        Column::number("Unknown"),
        Column::number("Stay"),
        Column::number("Their size"),
    ];
    let tables = vec![Table::new("policies", "What the lifecycle policies would do", columns, rows.collect())];
    Some(Section { id: "lifecycle", heading: "Lifecycle policies", notes, charts: Vec::new(), tables })
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
