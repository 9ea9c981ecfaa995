//! A saved answer of get-lifecycle-policy-preview, and how it differs from an evaluation.

use std::collections::{BTreeMap, HashMap};

use super::evaluate::{Evaluation, Fate};
use super::image::Image;
use super::policy::{Action, Policy};
use crate::model::{Digest, Map, Value, json};

/// An image in a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewRow {
    /// `imageDigest`.
    pub digest: Digest,
    /// `imageTags`.
    pub tags: Vec<String>,
    /// `action`.
    pub action: Action,
    /// `appliedRulePriority`.
    pub priority: Option<i64>,
}

/// A saved answer of get-lifecycle-policy-preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// `registryId`.
    pub registry_id: Option<String>,
    /// `repositoryName`.
    pub repository_name: Option<String>,
    /// `lifecyclePolicyText`.
    pub policy_text: Option<String>,
    /// `status`; only `COMPLETE` has results.
    pub status: Option<String>,
    /// Whether a token says that further results were not saved.
    pub open: bool,
    /// `previewResults`.
    pub rows: Vec<PreviewRow>,
}

/// Why a text is not a preview.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreviewError {
    /// Not JSON.
    #[error("not JSON: {0}")]
    Json(String),
    /// JSON of something else.
    #[error("no `previewResults`: expected what `aws ecr get-lifecycle-policy-preview` prints")]
    NotPreview,
    /// A row that cannot be read.
    #[error("$.previewResults[{row}].{member}: {problem}")]
    Row {
        /// Its place.
        row: usize,
        /// The member.
        member: &'static str,
        /// What was found and what was expected.
        problem: String,
    },
}

impl Preview {
    /// Read the previews in a text: one answer, or a list of answers.
    ///
    /// # Errors
    /// The text is not JSON, or not of this shape.
    pub fn parse(text: &str) -> Result<Vec<Preview>, PreviewError> {
        let document = json::parse(text.trim_start_matches('\u{feff}'));
        match document.map_err(|error| PreviewError::Json(error.to_string()))? {
            Value::List(answers) if !answers.is_empty() => answers.iter().map(Preview::of).collect(),
            answer => Ok(vec![Preview::of(&answer)?]),
        }
    }

    fn of(answer: &Value) -> Result<Preview, PreviewError> {
        let members = answer.as_map().ok_or(PreviewError::NotPreview)?;
        let results = member(members, "previewResults").ok_or(PreviewError::NotPreview)?;
        let rows = match results {
            Value::List(rows) => rows.as_slice(),
            Value::Null => &[],
            // PowerShell takes the brackets off a list of one.
            one @ Value::Map(_) => std::slice::from_ref(one),
            _ => return Err(PreviewError::NotPreview),
        };
        let text = |name| member(members, name).and_then(Value::as_str).map(str::to_owned);
        Ok(Preview {
            registry_id: text("registryId"),
            repository_name: text("repositoryName"),
            policy_text: text("lifecyclePolicyText"),
            status: text("status"),
            open: member(members, "nextToken").is_some_and(|token| *token != Value::Null),
            rows: rows.iter().enumerate().map(|(row, value)| row_of(row, value)).collect::<Result<_, _>>()?,
        })
    }
}

/// A member in any spelling: without regard to case and `_`.
fn member<'m>(members: &'m Map, name: &str) -> Option<&'m Value> {
    members.get(name).or_else(|| {
        let found = members.iter().find(|(key, _)| key.replace('_', "").eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    })
}

fn row_of(row: usize, value: &Value) -> Result<PreviewRow, PreviewError> {
    let wrong = |member, problem: &str| PreviewError::Row { row, member, problem: problem.to_owned() };
    let members = value.as_map().ok_or_else(|| wrong("imageDigest", "missing"))?;
    let digest = member(members, "imageDigest").and_then(Value::as_str);
    let action = member(members, "action").and_then(|action| match action {
        Value::Map(action) => member(action, "type").and_then(word),
        other => word(other),
    });
    let action = match action.map(str::to_ascii_uppercase).as_deref() {
        Some("EXPIRE") => Action::Expire,
        Some("TRANSITION") => Action::Archive,
        _ => return Err(wrong("action", "expected EXPIRE or TRANSITION in `type`")),
    };
    let tags = match member(members, "imageTags") {
        Some(Value::List(tags)) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::Str(tag)) => vec![tag.clone()],
        _ => Vec::new(),
    };
    Ok(PreviewRow {
        digest: Digest::parse(digest.ok_or_else(|| wrong("imageDigest", "expected a text"))?),
        tags,
        action,
        priority: member(members, "appliedRulePriority").and_then(Value::as_int),
    })
}

/// A constant: a text, or the object that .NET makes of one.
fn word(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.as_map().and_then(|members| member(members, "value")).and_then(Value::as_str))
}

/// How the two results for an image differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceKind {
    /// The preview acts on it, the evaluation does not.
    OnlyInPreview,
    /// The evaluation acts on it, the preview does not.
    OnlyInEvaluation,
    /// Both act on it, by rules of different priority or with different actions.
    OtherRule,
    /// The preview acts on an image that the snapshot does not have.
    NotInSnapshot,
}

impl DifferenceKind {
    /// The word for it in answers.
    pub fn name(self) -> &'static str {
        match self {
            DifferenceKind::OnlyInPreview => "onlyInPreview",
            DifferenceKind::OnlyInEvaluation => "onlyInEvaluation",
            DifferenceKind::OtherRule => "otherRule",
            DifferenceKind::NotInSnapshot => "notInSnapshot",
        }
    }
}

/// An image for which a preview and an evaluation differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The digest.
    pub digest: Digest,
    /// The tags, as the snapshot has them if it has the image.
    pub tags: Vec<String>,
    /// How they differ.
    pub kind: DifferenceKind,
    /// The priority of the rule in the preview.
    pub preview: Option<i64>,
    /// The priority of the rule in the evaluation.
    pub evaluation: Option<i64>,
}

/// The differences between a preview and an evaluation, in the order of the images, then of the preview; and for
/// the images whose fate is unknown, how many the preview acts on and how many it does not.
pub fn differences(
    preview: &Preview,
    policy: &Policy,
    images: &[Image],
    evaluation: &Evaluation,
) -> (Vec<Difference>, BTreeMap<bool, u64>) {
    let live: HashMap<&Digest, &PreviewRow> = preview.rows.iter().map(|row| (&row.digest, row)).collect();
    let mut found = Vec::new();
    let mut settled = BTreeMap::new();
    let mut known = std::collections::HashSet::new();
    for (image, verdict) in images.iter().zip(&evaluation.verdicts) {
        known.insert(&image.digest);
        let row = live.get(&image.digest);
        if verdict.fate == Fate::Unknown {
            *settled.entry(row.is_some()).or_insert(0) += 1;
            continue;
        }
        let rule = verdict.rule.map(|rule| &policy.rules[rule]).filter(|_| verdict.fate == Fate::Acted);
        let kind = match (row, rule) {
            (None, None) => continue,
            (Some(_), None) => DifferenceKind::OnlyInPreview,
            (None, Some(_)) => DifferenceKind::OnlyInEvaluation,
            (Some(row), Some(rule)) => {
                if row.action == rule.action && row.priority.is_none_or(|priority| priority == rule.priority) {
                    continue;
                }
                DifferenceKind::OtherRule
            }
        };
        found.push(Difference {
            digest: image.digest.clone(),
            tags: image.tags.clone(),
            kind,
            preview: row.and_then(|row| row.priority),
            evaluation: rule.map(|rule| rule.priority),
        });
    }
    for row in preview.rows.iter().filter(|row| !known.contains(&row.digest)) {
        found.push(Difference {
            digest: row.digest.clone(),
            tags: row.tags.clone(),
            kind: DifferenceKind::NotInSnapshot,
            preview: row.priority,
            evaluation: None,
        });
    }
    (found, settled)
}

#[cfg(test)]
#[path = "preview_tests.rs"]
mod tests;
