//! A saved preview of the live service against our own evaluation.

use std::path::Path;

use serde::Serialize;

use super::gather;
use super::{Arguments, LifecycleError, Output};
use crate::cli::stdout::rows;
use crate::cli::stdout::{plural, print};
use crate::cli::{DONE, IN_PART};
use crate::lifecycle::{Difference, DifferenceKind, Policy, Preview, differences};
use crate::model::visible;
use crate::store::read::{Reader, Repositories};
use crate::store::row::RepositoryName;
use crate::tabular::{Cell, Column, Format};
use crate::what_if::{Images, Saved};

/// A preview and how our evaluation differs.
struct Verified {
    repository: RepositoryName,
    acted: u64,
    differences: Vec<Difference>,
    /// Images whose fate was unknown, and that the preview acts on or does not.
    settled: (u64, u64),
}

/// Print the differences.
pub(super) fn run(reader: &Reader, arguments: &Arguments, file: &Path) -> Result<u8, LifecycleError> {
    let Output::Rows(format) = arguments.output else {
        return Err(LifecycleError::Ids("--output ids prints what is deleted, and --verify compares".to_owned()));
    };
    let previews = Preview::parse(&gather::text_of(file)?)
        .map_err(|source| LifecycleError::Preview { file: file.to_owned(), source })?;
    let verified: Vec<Verified> =
        previews.iter().map(|preview| verify(reader, arguments, file, preview)).collect::<Result<_, _>>()?;
    for one in &verified {
        let name = visible(&one.repository.name);
        let (acts, does_not) = one.settled;
        eprint_escaped!(
            "ecrsnap: {name}: the preview acts on {}, {} from our evaluation",
            plural(one.acted, "image"),
            if one.differences.is_empty() {
                "with no difference".to_owned()
            } else {
                plural(one.differences.len() as u64, "difference")
            }
        );
        if acts + does_not > 0 {
            eprint_escaped!(
                "ecrsnap: {name}: of {} that may be children of an index, or depend on them, the preview acts on {acts}",
                plural(acts + does_not, "image")
            );
        }
    }
    let printed = match format {
        Format::Json | Format::Ndjson => json(&verified),
        format => table(&verified, format),
    };
    let differ = verified.iter().any(|one| !one.differences.is_empty());
    Ok(if printed == DONE && differ { IN_PART } else { printed })
}

fn verify(reader: &Reader, arguments: &Arguments, file: &Path, preview: &Preview) -> Result<Verified, LifecycleError> {
    let file = || file.to_owned();
    if let Some(status) = preview.status.as_ref().filter(|status| !status.eq_ignore_ascii_case("COMPLETE")) {
        return Err(LifecycleError::Unfinished { file: file(), status: visible(status) });
    }
    if preview.open {
        return Err(LifecycleError::Open { file: file() });
    }
    let snapshot = reader.snapshot(&arguments.snapshot)?;
    let mut selection: Repositories = arguments.scope.repositories();
    if selection.names.is_empty() {
        let name = preview.repository_name.clone().ok_or_else(|| LifecycleError::Nameless { file: file() })?;
        selection.names = vec![name];
    }
    if selection.registry_id.is_none() {
        selection.registry_id.clone_from(&preview.registry_id);
    }
    let listings = gather::listings(reader, &snapshot, &selection)?;
    let [listing] = listings.as_slice() else {
        let several = "the preview is of one repository, and the selection has several".to_owned();
        return Err(LifecycleError::Ids(several));
    };
    let wrong = |problem: String| LifecycleError::File { file: file(), problem };
    let policy = match (&arguments.policy, &preview.policy_text) {
        (None, Some(text)) => Policy::parse(text).map_err(|error| wrong(error.to_string()))?,
        (policy, _) => match gather::policy_of(reader, &snapshot, &gather::policies(policy.as_deref())?, listing)? {
            Saved::Policy(found) => found.1,
            Saved::Invalid(error) => return Err(wrong(error.to_string())),
            Saved::Without | Saved::Unknown => {
                return Err(LifecycleError::NoPolicy { snapshot: visible(&snapshot.name), what: "this repository" });
            }
        },
    };
    let captured_at = gather::captured_at(&snapshot)?;
    let found = Images::read(reader, listing, captured_at)?;
    let evaluation = found.evaluate(&policy, arguments.at.unwrap_or(captured_at));
    let (mut differences, settled) = differences(preview, &policy, &found.images, &evaluation);
    differences.sort_by_key(|it| it.preview.or(it.evaluation));
    let count = |acts: bool| settled.get(&acts).copied().unwrap_or_default();
    Ok(Verified {
        repository: listing.repository.clone(),
        acted: preview.rows.len() as u64,
        differences,
        settled: (count(true), count(false)),
    })
}

fn words(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::OnlyInPreview => "only the preview acts on it",
        DifferenceKind::OnlyInEvaluation => "only our evaluation acts on it",
        DifferenceKind::OtherRule => "by another rule",
        DifferenceKind::NotInSnapshot => "not in the snapshot",
    }
}

fn table(verified: &[Verified], format: Format) -> u8 {
    if format == Format::Table && verified.iter().all(|one| one.differences.is_empty()) {
        return DONE;
    }
    let heads = vec![
        Column::text("repositoryName", "REPOSITORY"),
        Column::number("previewRule", "PREVIEW RULE"),
        Column::number("rulePriority", "OUR RULE"),
        Column::text("imageTags", "TAGS"),
        Column::text("imageDigest", "DIGEST"),
        Column::text("difference", "DIFFERENCE"),
    ];
    print(|out| {
        let mut rows = rows(format, heads, out);
        for one in verified {
            for it in &one.differences {
                let tags = Some(&*it.tags).filter(|tags| !tags.is_empty());
                rows.row(&[
                    Cell::text(&*one.repository.name),
                    Cell::of(it.preview, Cell::Integer),
                    Cell::of(it.evaluation, Cell::Integer),
                    Cell::of(tags, Cell::List),
                    Cell::Digest(&it.digest),
                    Cell::text(words(it.kind)),
                ])?;
            }
        }
        rows.finish()
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerifiedAnswer<'a> {
    registry_id: &'a str,
    repository_name: &'a str,
    region: Option<&'a str>,
    acted_on_in_preview: u64,
    unknown_acted_on: u64,
    unknown_not_acted_on: u64,
    differences: Vec<DifferenceAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DifferenceAnswer<'a> {
    image_digest: String,
    image_tags: &'a [String],
    difference: &'static str,
    preview_rule: Option<i64>,
    rule_priority: Option<i64>,
}

fn json(verified: &[Verified]) -> u8 {
    let answers: Vec<VerifiedAnswer<'_>> = verified
        .iter()
        .map(|one| VerifiedAnswer {
            registry_id: &one.repository.registry_id,
            repository_name: &one.repository.name,
            region: Some(&*one.repository.region).filter(|region| !region.is_empty()),
            acted_on_in_preview: one.acted,
            unknown_acted_on: one.settled.0,
            unknown_not_acted_on: one.settled.1,
            differences: one
                .differences
                .iter()
                .map(|it| DifferenceAnswer {
                    image_digest: it.digest.to_string(),
                    image_tags: &it.tags,
                    difference: it.kind.name(),
                    preview_rule: it.preview,
                    rule_priority: it.evaluation,
                })
                .collect(),
        })
        .collect();
    print(|out| {
        serde_json::to_writer_pretty(&mut *out, &answers)?;
        writeln!(out)
    })
}
