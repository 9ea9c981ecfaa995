//! The answer as get-lifecycle-policy-preview has it, with what an offline evaluation knows in addition.
//!
//! Members of the live answer come first and in its order. One repository is an object, several are an array.

use serde::Serialize;

use super::gather::{Evaluated, Gathered};
use super::images::{fate, priorities};
use crate::cli::stdout::print;
use crate::lifecycle::{Action, Fate, StorageClass, Sums};
use crate::model::Instant;

/// Print it.
pub(super) fn write(gathered: &Gathered, list: bool) -> u8 {
    let answers: Vec<Answer<'_>> = gathered.repositories.iter().map(|one| Answer::of(gathered, one, list)).collect();
    print(|out| {
        match answers.as_slice() {
            [one] => crate::tabular::json::write_pretty(&mut *out, one)?,
            several => crate::tabular::json::write_pretty(&mut *out, several)?,
        }
        writeln!(out)
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    registry_id: &'a str,
    repository_name: &'a str,
    lifecycle_policy_text: &'a str,
    status: &'static str,
    preview_results: Vec<Row<'a>>,
    summary: Summary,
    region: Option<&'a str>,
    snapshot: &'a str,
    evaluated_at: String,
    /// Untagged images that are acted on if they are not children of an index.
    possible_children: Vec<Row<'a>>,
    /// Other images that are acted on only if possible children count as ordinary images.
    unknown_results: Vec<Row<'a>>,
    /// Images that follow a deleted subject.
    referrers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_use: Option<Vec<String>>,
    sizes: Sizes,
    rules: Vec<RuleAnswer>,
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<Vec<ImageAnswer<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    image_tags: &'a [String],
    image_digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_pushed_at: Option<String>,
    action: ActionAnswer,
    applied_rule_priority: i64,
    storage_class: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionAnswer {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_storage_class: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    expiring_image_total_count: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transitioning_image_total_counts: Vec<Transitions>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Transitions {
    target_storage_class: &'static str,
    image_total_count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sizes {
    expired_bytes: u64,
    archived_bytes: u64,
    unknown_bytes: u64,
    kept_images: u64,
    kept_bytes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleAnswer {
    rule_priority: i64,
    matched_images: u64,
    expired: SumsAnswer,
    archived: SumsAnswer,
    unknown: SumsAnswer,
    kept: SumsAnswer,
}

#[derive(Serialize)]
struct SumsAnswer {
    images: u64,
    bytes: u64,
}

impl From<Sums> for SumsAnswer {
    fn from(Sums { images, bytes }: Sums) -> Self {
        SumsAnswer { images, bytes }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImageAnswer<'a> {
    image_digest: String,
    image_tags: &'a [String],
    fate: &'static str,
    rule_priority: Option<i64>,
    shielded_from: Option<i64>,
    possible_child: bool,
}

impl<'a> Answer<'a> {
    fn of(gathered: &'a Gathered, one: &'a Evaluated, list: bool) -> Self {
        let total = &one.evaluation.total;
        let rows = |wanted: &dyn Fn(Fate, bool) -> bool| -> Vec<Row<'a>> {
            let verdicts = one.evaluation.verdicts.iter().enumerate();
            verdicts
                .filter(|(_, verdict)| wanted(verdict.fate, verdict.possible_child))
                .filter_map(|(place, _)| Row::of(one, place))
                .collect()
        };
        let digest = |place: &usize| one.images[*place].digest.to_string();
        let in_use = gathered.has_references.then(|| {
            one.acted(|_| true).filter(|place| one.in_use[*place]).map(|place| digest(&place)).collect::<Vec<_>>()
        });
        let transitions = total.archived.images;
        Answer {
            registry_id: &one.repository.registry_id,
            repository_name: &one.repository.name,
            lifecycle_policy_text: &one.text,
            status: "COMPLETE",
            preview_results: rows(&|fate, _| fate == Fate::Acted),
            summary: Summary {
                expiring_image_total_count: total.expired.images,
                transitioning_image_total_counts: (transitions > 0)
                    .then_some(Transitions { target_storage_class: "ARCHIVE", image_total_count: transitions })
                    .into_iter()
                    .collect(),
            },
            region: Some(&*one.repository.region).filter(|region| !region.is_empty()),
            snapshot: &gathered.snapshot.name,
            evaluated_at: gathered.at.to_utc_text(),
            possible_children: rows(&|fate, child| fate == Fate::Unknown && child),
            unknown_results: rows(&|fate, child| fate == Fate::Unknown && !child),
            referrers: one.evaluation.referrers.iter().map(digest).collect(),
            in_use,
            sizes: Sizes {
                expired_bytes: total.expired.bytes,
                archived_bytes: total.archived.bytes,
                unknown_bytes: total.unknown.bytes,
                kept_images: total.kept.images,
                kept_bytes: total.kept.bytes,
            },
            rules: one
                .policy
                .rules
                .iter()
                .zip(&one.evaluation.rules)
                .map(|(rule, sums)| RuleAnswer {
                    rule_priority: rule.priority,
                    matched_images: sums.matched,
                    expired: sums.expired.into(),
                    archived: sums.archived.into(),
                    unknown: sums.unknown.into(),
                    kept: sums.kept.into(),
                })
                .collect(),
            notes: &one.notes,
            images: list.then(|| (0..one.images.len()).map(|place| ImageAnswer::of(one, place)).collect()),
        }
    }
}

impl<'a> Row<'a> {
    fn of(one: &'a Evaluated, place: usize) -> Option<Self> {
        let image = &one.images[place];
        let rule = &one.policy.rules[one.evaluation.verdicts[place].rule?];
        Some(Row {
            image_tags: &image.tags,
            image_digest: image.digest.to_string(),
            image_pushed_at: image.pushed_at.map(Instant::to_utc_text),
            action: ActionAnswer {
                r#type: rule.action.name(),
                target_storage_class: (rule.action == Action::Archive).then_some("ARCHIVE"),
            },
            applied_rule_priority: rule.priority,
            storage_class: match rule.storage_class {
                StorageClass::Standard => "STANDARD",
                StorageClass::Archive => "ARCHIVE",
            },
        })
    }
}

impl<'a> ImageAnswer<'a> {
    fn of(one: &'a Evaluated, place: usize) -> Self {
        let (image, verdict) = (&one.images[place], &one.evaluation.verdicts[place]);
        let (rule_priority, shielded_from) = priorities(&one.policy, verdict);
        ImageAnswer {
            image_digest: image.digest.to_string(),
            image_tags: &image.tags,
            fate: fate(&one.policy, verdict),
            rule_priority,
            shielded_from,
            possible_child: verdict.possible_child,
        }
    }
}
