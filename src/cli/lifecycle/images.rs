//! Each image, with what happens to it and which rule decides.

use super::gather::{Evaluated, Gathered};
use crate::cli::stdout::print;
use crate::cli::stdout::rows;
use crate::lifecycle::{Action, Fate, Policy, Verdict};
use crate::tabular::{Cell, Column, Format};

/// What happens to an image, in one word.
pub(super) fn fate(policy: &Policy, verdict: &Verdict) -> &'static str {
    match (verdict.fate, verdict.rule.map(|rule| policy.rules[rule].action)) {
        (Fate::Unknown, _) => "unknown",
        (Fate::Acted, Some(Action::Expire)) => "expires",
        (Fate::Acted, Some(Action::Archive)) => "archived",
        _ => "stays",
    }
}

/// The priorities of the rule that an image belongs to, and of the one that it is shielded from.
pub(super) fn priorities(policy: &Policy, verdict: &Verdict) -> (Option<i64>, Option<i64>) {
    let priority = |rule: usize| policy.rules[rule].priority;
    let shielded = verdict.shielded_from.filter(|_| verdict.fate == Fate::Stays);
    (verdict.rule.map(priority), shielded.map(priority))
}

/// Print them.
pub(super) fn write(gathered: &Gathered, format: Format) -> u8 {
    let people = matches!(format, Format::Table | Format::Markdown);
    let mut heads = vec![
        Column::text("repositoryName", "REPOSITORY"),
        Column::text("imageTags", "TAGS"),
        Column::text("imageDigest", "DIGEST"),
        Column::text("imagePushedAt", "PUSHED"),
        Column::number("imageSizeInBytes", "SIZE"),
        Column::text("fate", "FATE"),
        Column::number("rulePriority", "RULE"),
        Column::number("shieldedFrom", "SHIELDED FROM"),
    ];
    if !people {
        heads.insert(0, Column::text("registryId", "REGISTRY"));
        heads.insert(2, Column::text("region", "REGION"));
        heads.push(Column::text("possibleChild", "POSSIBLE CHILD"));
    }
    if gathered.has_references {
        heads.push(Column::text("inUse", "IN USE"));
    }
    print(|out| {
        let mut rows = rows(format, heads, out);
        for one in &gathered.repositories {
            for place in 0..one.images.len() {
                rows.row(&row(one, place, people))?;
            }
        }
        rows.finish()
    })
}

fn row(one: &Evaluated, place: usize, people: bool) -> Vec<Cell<'_>> {
    let (image, verdict) = (&one.images[place], &one.evaluation.verdicts[place]);
    let (rule, shielded) = priorities(&one.policy, verdict);
    let tags = Some(&*image.tags).filter(|tags| !tags.is_empty());
    let mut cells = vec![
        Cell::text(&*one.repository.name),
        Cell::of(tags, Cell::List),
        Cell::Digest(&image.digest),
        Cell::of(image.pushed_at, Cell::Instant),
        Cell::Bytes(image.bytes),
        Cell::text(fate(&one.policy, verdict)),
        Cell::of(rule, Cell::Integer),
        Cell::of(shielded, Cell::Integer),
    ];
    if !people {
        let region = Some(&*one.repository.region).filter(|region| !region.is_empty());
        cells.insert(0, Cell::text(&*one.repository.registry_id));
        cells.insert(2, Cell::of(region, Cell::text));
        cells.push(Cell::Flag(verdict.possible_child));
    }
    if let Some(in_use) = one.in_use.get(place) {
        cells.push(Cell::Flag(*in_use));
    }
    cells
}
