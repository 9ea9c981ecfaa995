//! What a change of policy changes.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;

use super::gather::{self, Evaluated, Gathered};
use super::{Arguments, LifecycleError, Output};
use crate::cli::stdout::rows;
use crate::cli::stdout::{plural, print};
use crate::lifecycle::{Action, Change, ChangeKind, Sums, changes};
use crate::store::read::Reader;
use crate::tabular::{Cell, Column, Format};

/// A repository under both policies, and what differs.
struct Compared<'g> {
    old: &'g Evaluated,
    new: &'g Evaluated,
    changes: Vec<Change>,
}

/// Print it.
pub(super) fn run(reader: &Reader, arguments: &Arguments, sides: (&Path, &Path)) -> Result<u8, LifecycleError> {
    let Output::Rows(format) = arguments.output else {
        return Err(LifecycleError::Ids(
            "--output ids prints what one policy deletes, and --compare takes two".to_owned(),
        ));
    };
    let references = arguments.in_use.as_deref().map(gather::references).transpose()?;
    let evaluated = |side: &Path| gather::evaluated(reader, arguments, &gather::side(side)?, references.as_ref());
    let (old, new) = (evaluated(sides.0)?, evaluated(sides.1)?);
    new.note();
    let by_name: HashMap<_, _> = new.repositories.iter().map(|one| (&one.repository, one)).collect();
    let compared: Vec<Compared<'_>> = old
        .repositories
        .iter()
        .filter_map(|one| {
            let other = *by_name.get(&one.repository)?;
            let changes = changes((&one.policy, &one.evaluation), (&other.policy, &other.evaluation));
            Some(Compared { old: one, new: other, changes })
        })
        .collect();
    let left_out = old.repositories.len() + new.repositories.len() - 2 * compared.len();
    if left_out > 0 {
        let count = plural(left_out as u64, "repository");
        eprint_escaped!("ecrsnap: note: {count} left out: a policy is known on one side only");
    }
    if compared.iter().all(|one| one.changes.is_empty()) {
        eprint_escaped!("ecrsnap: note: no image is treated differently");
    }
    let printed = match format {
        Format::Json | Format::Ndjson => json(&new, &compared),
        format if arguments.list => list(&new, &compared, format),
        format => summary(&compared, format),
    };
    Ok(new.status(old.status(printed)))
}

/// A count and bytes of the changes of one kind.
fn sums(one: &Compared<'_>, kind: ChangeKind) -> Sums {
    let mut sums = Sums::default();
    for change in one.changes.iter().filter(|change| change.kind == kind) {
        sums.images += 1;
        sums.bytes = sums.bytes.saturating_add(one.old.images[change.image].bytes);
    }
    sums
}

fn summary(compared: &[Compared<'_>], format: Format) -> u8 {
    let heads = vec![
        Column::text("repositoryName", "REPOSITORY"),
        Column::text("change", "CHANGE"),
        Column::number("images", "IMAGES"),
        Column::number("bytes", "SIZE"),
    ];
    print(|out| {
        let mut rows = rows(format, heads, out);
        for one in compared {
            for kind in ChangeKind::ALL {
                let sums = sums(one, kind);
                if sums.images > 0 {
                    let name = Cell::text(&*one.old.repository.name);
                    rows.row(&[name, Cell::text(words(kind)), Cell::count(sums.images), Cell::Bytes(sums.bytes)])?;
                }
            }
        }
        rows.finish()
    })
}

/// A kind of change for people.
fn words(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::NowActed => "newly acted on",
        ChangeKind::NowStays => "now stays",
        ChangeKind::OtherAction => "another action",
        ChangeKind::Unknown => "unknown",
    }
}

/// `expires by rule 3`, or nothing for an image that stays.
fn side(side: Option<(Action, i64)>) -> String {
    match side {
        None => "stays".to_owned(),
        Some((Action::Expire, priority)) => format!("expires by rule {priority}"),
        Some((Action::Archive, priority)) => format!("archived by rule {priority}"),
    }
}

fn list(new: &Gathered, compared: &[Compared<'_>], format: Format) -> u8 {
    let mut heads = vec![
        Column::text("repositoryName", "REPOSITORY"),
        Column::text("imageTags", "TAGS"),
        Column::text("imageDigest", "DIGEST"),
        Column::text("imagePushedAt", "PUSHED"),
        Column::number("imageSizeInBytes", "SIZE"),
        Column::text("change", "CHANGE"),
        Column::text("before", "BEFORE"),
        Column::text("after", "AFTER"),
    ];
    if new.has_references {
        heads.push(Column::text("inUse", "IN USE"));
    }
    print(|out| {
        let mut rows = rows(format, heads, out);
        for one in compared {
            for change in &one.changes {
                let image = &one.old.images[change.image];
                let tags = Some(&*image.tags).filter(|tags| !tags.is_empty());
                let mut cells = vec![
                    Cell::text(&*one.old.repository.name),
                    Cell::of(tags, Cell::List),
                    Cell::Digest(&image.digest),
                    Cell::of(image.pushed_at, Cell::Instant),
                    Cell::Bytes(image.bytes),
                    Cell::text(words(change.kind)),
                    Cell::text(side(change.before)),
                    Cell::text(side(change.after)),
                ];
                if let Some(in_use) = one.new.in_use.get(change.image) {
                    cells.push(Cell::Flag(*in_use));
                }
                rows.row(&cells)?;
            }
        }
        rows.finish()
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    snapshot: &'a str,
    evaluated_at: String,
    repositories: Vec<RepositoryAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryAnswer<'a> {
    registry_id: &'a str,
    repository_name: &'a str,
    region: Option<&'a str>,
    expired_before: u64,
    expired_after: u64,
    archived_before: u64,
    archived_after: u64,
    changes: Vec<ChangeAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeAnswer<'a> {
    image_digest: String,
    image_tags: &'a [String],
    image_size_in_bytes: u64,
    change: &'static str,
    before: Option<SideAnswer>,
    after: Option<SideAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_use: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SideAnswer {
    action: &'static str,
    rule_priority: i64,
}

fn json(new: &Gathered, compared: &[Compared<'_>]) -> u8 {
    let document = Document {
        snapshot: &new.snapshot.name,
        evaluated_at: new.at.to_utc_text(),
        repositories: compared.iter().map(RepositoryAnswer::of).collect(),
    };
    print(|out| {
        crate::tabular::json::write_pretty(&mut *out, &document)?;
        writeln!(out)
    })
}

impl SideAnswer {
    fn of(side: Option<(Action, i64)>) -> Option<Self> {
        side.map(|(action, rule_priority)| SideAnswer { action: action.name(), rule_priority })
    }
}

impl<'a> RepositoryAnswer<'a> {
    fn of(one: &'a Compared<'_>) -> Self {
        let (before, after) = (&one.old.evaluation.total, &one.new.evaluation.total);
        let change = |change: &Change| {
            let image = &one.old.images[change.image];
            ChangeAnswer {
                image_digest: image.digest.to_string(),
                image_tags: &image.tags,
                image_size_in_bytes: image.bytes,
                change: change.kind.name(),
                before: SideAnswer::of(change.before),
                after: SideAnswer::of(change.after),
                in_use: one.new.in_use.get(change.image).copied(),
            }
        };
        RepositoryAnswer {
            registry_id: &one.old.repository.registry_id,
            repository_name: &one.old.repository.name,
            region: Some(&*one.old.repository.region).filter(|region| !region.is_empty()),
            expired_before: before.expired.images,
            expired_after: after.expired.images,
            archived_before: before.archived.images,
            archived_after: after.archived.images,
            changes: one.changes.iter().map(change).collect(),
        }
    }
}
