//! A comparison as one JSON object: the counts, and under the same names the lists.

use std::io::{self, Write};

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::RawValue;

use super::settings::setting;
use super::{Arguments, certainty};
use crate::cli::describe::{Named, Owner, raw};
use crate::coverage::Absence;
use crate::diff::{Changed, Comparison, Held, RepositoryChange, SettingsChange, TagChange, Unmatched};
use crate::model::{Detail, Instant};

/// Print it.
pub(super) fn write(comparison: &Comparison, arguments: &Arguments, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        from: Named::of(&comparison.from),
        to: Named::of(&comparison.to),
        summary: measures(comparison).into_iter().collect(),
        lists: (!arguments.summary).then(|| Lists::of(comparison, arguments.mapped())),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Every count and sum by its name.
pub(super) fn measures(comparison: &Comparison) -> Vec<(&'static str, u64)> {
    let (sums, before, after) = (comparison.summary(), &comparison.before, &comparison.after);
    vec![
        ("repositoriesAdded", sums.repositories_added),
        ("repositoriesRemoved", sums.repositories_removed),
        ("repositoriesChanged", sums.repositories_changed),
        ("settingsChanged", sums.settings_changed),
        ("imagesAdded", sums.images_added),
        ("imagesAddedOrRestored", sums.images_added_or_restored),
        ("imagesRemoved", sums.images_removed),
        ("imagesRemovedOrArchived", sums.images_removed_or_archived),
        ("imagesUnknown", sums.images_unknown),
        ("imagesChanged", sums.images_changed),
        ("findingsChanged", sums.findings_changed),
        ("statusesChanged", sums.statuses_changed),
        ("sizesDamaged", sums.sizes_damaged),
        ("tagsAdded", sums.tags_added),
        ("tagsAddedOrRestored", sums.tags_added_or_restored),
        ("tagsRemoved", sums.tags_removed),
        ("tagsRemovedOrArchived", sums.tags_removed_or_archived),
        ("tagsMoved", sums.tags_moved),
        ("tagsUnknown", sums.tags_unknown),
        ("repositoriesBefore", before.repositories),
        ("repositoriesAfter", after.repositories),
        ("incompleteBefore", before.incomplete),
        ("incompleteAfter", after.incomplete),
        ("imagesBefore", before.images),
        ("imagesAfter", after.images),
        ("bytesBefore", before.bytes),
        ("bytesAfter", after.bytes),
    ]
}

#[derive(Serialize)]
struct Document<'a> {
    from: Named<'a>,
    to: Named<'a>,
    summary: IndexMap<&'static str, u64>,
    #[serde(flatten)]
    lists: Option<Lists<'a>>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Lists<'a> {
    repositories_added: Vec<Repository<'a>>,
    repositories_removed: Vec<Repository<'a>>,
    repositories_changed: Vec<Repository<'a>>,
    settings_changed: Vec<Setting<'a>>,
    images_added: Vec<OneSided<'a>>,
    images_removed: Vec<OneSided<'a>>,
    images_unknown: Vec<OneSided<'a>>,
    images_changed: Vec<ChangedImage<'a>>,
    tags_added: Vec<Pointer<'a>>,
    tags_removed: Vec<Pointer<'a>>,
    tags_moved: Vec<Pointer<'a>>,
    tags_unknown: Vec<Pointer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Repository<'a> {
    #[serde(flatten)]
    owner: Owner<'a>,
    certainty: &'static str,
    before: Option<Sums>,
    after: Option<Sums>,
}

/// Something that differs about a repository itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Setting<'a> {
    #[serde(flatten)]
    owner: Owner<'a>,
    change: &'static str,
    member: &'a str,
    from: Option<Box<RawValue>>,
    to: Option<Box<RawValue>>,
}

impl<'a> Setting<'a> {
    fn of(change: &'a SettingsChange) -> Self {
        let (member, from, to) = setting(&change.kind);
        Setting {
            owner: Owner::of(&change.repository),
            change: change.kind.name(),
            member,
            from: from.as_ref().and_then(raw),
            to: to.as_ref().and_then(raw),
        }
    }
}

#[derive(Serialize)]
struct Sums {
    images: u64,
    bytes: u64,
    complete: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OneSided<'a> {
    #[serde(flatten)]
    owner: Owner<'a>,
    image_digest: String,
    image_tags: &'a [String],
    image_size_in_bytes: Option<i64>,
    image_pushed_at: Option<String>,
    image_status: &'a str,
    shown_in: &'static str,
    certainty: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedImage<'a> {
    #[serde(flatten)]
    owner: Owner<'a>,
    image_digest: String,
    image_tags: &'a [String],
    members: Vec<MemberJson<'a>>,
    findings: Option<Findings<'a>>,
    image_status: Option<Pair<&'a str>>,
    damaged_size: Option<Pair<i64>>,
}

#[derive(Serialize)]
struct MemberJson<'a> {
    name: &'a str,
    from: Option<Box<RawValue>>,
    to: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Findings<'a> {
    from: Option<IndexMap<&'a str, i64>>,
    to: Option<IndexMap<&'a str, i64>>,
    deltas: IndexMap<&'a str, i64>,
}

#[derive(Serialize)]
struct Pair<T> {
    from: T,
    to: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pointer<'a> {
    #[serde(flatten)]
    owner: Owner<'a>,
    image_tag: &'a str,
    from: Option<String>,
    to: Option<String>,
    certainty: &'static str,
}

impl<'a> Lists<'a> {
    fn of(comparison: &'a Comparison, mapped: bool) -> Self {
        let settings_changed = comparison.settings.iter().map(Setting::of).collect();
        let mut lists = Lists { settings_changed, ..Lists::default() };
        for change in &comparison.repositories {
            lists.take(change, mapped);
        }
        lists
    }

    fn take(&mut self, change: &'a RepositoryChange, mapped: bool) {
        let owner = Owner::of(&change.repository).compared_with(change.counterpart.as_ref());
        let certainty = |absence, added| certainty(absence, added, mapped);
        let list = match (&change.before, &change.after) {
            (None, _) => &mut self.repositories_added,
            (_, None) => &mut self.repositories_removed,
            _ => &mut self.repositories_changed,
        };
        let sums = |held: &Option<Held>| {
            held.as_ref().map(|held| Sums { images: held.images, bytes: held.bytes, complete: held.coverage.complete })
        };
        list.push(Repository {
            owner: owner.clone(),
            certainty: match change.absence {
                Some(absence) => certainty(absence, change.before.is_none()),
                None => "certain",
            },
            before: sums(&change.before),
            after: sums(&change.after),
        });
        let sides = [
            (&change.changes.added, &mut self.images_added, "to"),
            (&change.changes.removed, &mut self.images_removed, "from"),
        ];
        for (images, list, shown_in) in sides {
            for image in images {
                let list = if image.absence == Absence::Unknown { &mut self.images_unknown } else { &mut *list };
                list.push(OneSided::of(&owner, image, shown_in, certainty(image.absence, shown_in == "to")));
            }
        }
        self.images_changed.extend(change.changes.changed.iter().map(|changed| ChangedImage::of(&owner, changed)));
        for tag in &change.changes.tags {
            let list = match (&tag.from, &tag.to) {
                (Some(_), Some(_)) => &mut self.tags_moved,
                _ if tag.absence == Absence::Unknown => &mut self.tags_unknown,
                (None, _) => &mut self.tags_added,
                (_, None) => &mut self.tags_removed,
            };
            let certainty = if tag.is_move() { "certain" } else { certainty(tag.absence, tag.from.is_none()) };
            list.push(Pointer::of(&owner, tag, certainty));
        }
    }
}

fn tags(detail: &Detail) -> &[String] {
    detail.image_tags.as_deref().unwrap_or_default()
}

impl<'a> OneSided<'a> {
    fn of(owner: &Owner<'a>, image: &'a Unmatched, shown_in: &'static str, certainty: &'static str) -> Self {
        let detail = &image.detail;
        OneSided {
            owner: owner.clone(),
            image_digest: detail.image_digest.to_string(),
            image_tags: tags(detail),
            image_size_in_bytes: detail.image_size_in_bytes,
            image_pushed_at: detail.image_pushed_at.map(Instant::to_utc_text),
            image_status: detail.effective_status(),
            shown_in,
            certainty,
        }
    }
}

impl<'a> ChangedImage<'a> {
    fn of(owner: &Owner<'a>, changed: &'a Changed) -> Self {
        let members = changed.members.iter().map(|member| MemberJson {
            name: &member.name,
            from: member.from.as_ref().and_then(raw),
            to: member.to.as_ref().and_then(raw),
        });
        let by_severity = |counts: Option<&'a [(String, i64)]>| {
            counts.map(|counts| counts.iter().map(|(severity, count)| (severity.as_str(), *count)).collect())
        };
        let findings = changed.findings().map(|findings| Findings {
            from: by_severity(findings.from),
            to: by_severity(findings.to),
            deltas: findings.deltas().into_iter().collect(),
        });
        ChangedImage {
            owner: owner.clone(),
            image_digest: changed.after.image_digest.to_string(),
            image_tags: tags(&changed.after),
            members: members.collect(),
            findings,
            image_status: changed.status().map(|(from, to)| Pair { from, to }),
            damaged_size: changed.damaged_size().map(|(from, to)| Pair { from, to }),
        }
    }
}

impl<'a> Pointer<'a> {
    fn of(owner: &Owner<'a>, tag: &'a TagChange, certainty: &'static str) -> Self {
        Pointer {
            owner: owner.clone(),
            image_tag: &tag.tag,
            from: tag.from.as_ref().map(ToString::to_string),
            to: tag.to.as_ref().map(ToString::to_string),
            certainty,
        }
    }
}
