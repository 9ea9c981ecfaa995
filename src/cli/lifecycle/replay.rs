//! A policy applied to every snapshot: what it would have deleted that was needed later.

use std::io::Write;

use serde::Serialize;

use super::gather::{self, Policies};
use super::{Arguments, LifecycleError, Output};
use crate::cli::stdout::rows;
use crate::cli::stdout::{plural, print};
use crate::image_refs::ImageRefs;
use crate::lifecycle::{Evidence, Loss, Policy, Replay, TagPattern};
use crate::model::{Instant, visible};
use crate::store::read::{Listing, Reader, Snapshot};
use crate::store::row::RepositoryName;
use crate::tabular::{Cell, Column, Format};
use crate::what_if::{Images, Saved};

/// A repository and what the policy would have deleted of it.
struct Replayed {
    repository: RepositoryName,
    losses: Vec<Loss>,
}

/// Print it.
pub(super) fn run(reader: &Reader, arguments: &Arguments) -> Result<u8, LifecycleError> {
    let Output::Rows(format) = arguments.output else {
        return Err(LifecycleError::Ids("--output ids prints what is deleted now, and --replay looks back".to_owned()));
    };
    let policies = gather::policies(arguments.policy.as_deref())?;
    let references = arguments.in_use.as_deref().map(gather::references).transpose()?;
    let keeps: Vec<TagPattern> = arguments.keep_tag.iter().map(TagPattern::new).collect();
    let last = reader.snapshot(&arguments.snapshot)?;
    let mut snapshots = reader.snapshots()?;
    snapshots.retain(|one| (one.captured_at, one.id) <= (last.captured_at, last.id));
    let selection = arguments.scope.repositories();
    let listings: Vec<Vec<Listing>> =
        snapshots.iter().map(|one| reader.select(one.id, &selection)).collect::<Result<_, _>>()?;
    let mut replayed = Vec::new();
    let (mut partial, mut without) = (0, 0);
    for listing in gather::listings(reader, &last, &selection)? {
        let Saved::Policy(found) = gather::policy_of(reader, &last, &policies, &listing)? else {
            without += 1;
            continue;
        };
        let chain: Vec<(usize, &Listing)> = listings
            .iter()
            .enumerate()
            .filter_map(|(capture, all)| {
                Some((capture, all.iter().find(|one| one.repository_id == listing.repository_id)?))
            })
            .collect();
        partial += chain.iter().filter(|(_, listing)| !listing.complete).count() as u64;
        let policy = &found.1;
        let losses = replay(reader, policy, &snapshots, &chain, &keeps, references.as_ref())?;
        replayed.push(Replayed { repository: listing.repository, losses });
    }
    if replayed.is_empty() {
        let what = if matches!(policies, Policies::Saved) { "these repositories" } else { "any repository" };
        return Err(LifecycleError::NoPolicy { snapshot: visible(&last.name), what });
    }
    if without > 0 {
        let count = plural(without, "repository");
        eprint_escaped!("ecrsnap: note: {count} without a known lifecycle policy left out");
    }
    if partial > 0 {
        let count = plural(partial, "incomplete listing");
        eprint_escaped!("ecrsnap: note: {count} left out: a rule that counts images needs all of them");
    }
    Ok(match format {
        Format::Json | Format::Ndjson => json(&snapshots, &replayed, arguments.list),
        format => table(&snapshots, &replayed, arguments.list, format),
    })
}

fn replay(
    reader: &Reader,
    policy: &Policy,
    snapshots: &[Snapshot],
    chain: &[(usize, &Listing)],
    keeps: &[TagPattern],
    references: Option<&ImageRefs>,
) -> Result<Vec<Loss>, LifecycleError> {
    let mut replay = Replay::new(policy);
    let newest = chain.last().map(|(capture, _)| *capture);
    for (capture, listing) in chain.iter().filter(|(_, listing)| listing.complete) {
        let captured_at = gather::captured_at(&snapshots[*capture])?;
        let Images { images, may_hide_index, .. } = Images::read(reader, listing, captured_at)?;
        // What runs now says nothing about the tags of an older capture.
        let used = references.filter(|_| Some(*capture) == newest);
        let used = used.map_or_else(Vec::new, |references| gather::in_use(references, &listing.repository, &images));
        let in_use = |place: usize| used.get(place).copied().unwrap_or_default();
        let keep = |tag: &str| keeps.iter().any(|pattern| pattern.matches(tag));
        replay.capture(*capture, captured_at, &images, may_hide_index, &keep, &in_use);
    }
    Ok(replay.losses().to_vec())
}

/// The losses to print, and on standard error what they add up to.
fn wanted(replayed: &[Replayed], captures: usize, list: bool) -> Vec<(&RepositoryName, &Loss)> {
    let all: Vec<(&RepositoryName, &Loss)> =
        replayed.iter().flat_map(|one| one.losses.iter().map(move |loss| (&one.repository, loss))).collect();
    let needed = all.iter().filter(|(_, loss)| !loss.evidence.is_empty()).count() as u64;
    eprint_escaped!(
        "ecrsnap: {} would have been deleted over {}; {} needed later",
        plural(all.len() as u64, "image"),
        plural(captures as u64, "snapshot"),
        if needed == 1 { "1 was".to_owned() } else { format!("{needed} were") }
    );
    all.into_iter().filter(|(_, loss)| list || !loss.evidence.is_empty()).collect()
}

fn table(snapshots: &[Snapshot], replayed: &[Replayed], list: bool, format: Format) -> u8 {
    let heads = vec![
        Column::text("repositoryName", "REPOSITORY"),
        Column::text("imageTags", "TAGS"),
        Column::text("imageDigest", "DIGEST"),
        Column::number("imageSizeInBytes", "SIZE"),
        Column::text("deletedIn", "DELETED IN"),
        Column::number("rulePriority", "RULE"),
        Column::text("neededLater", "NEEDED LATER"),
    ];
    let losses = wanted(replayed, snapshots.len(), list);
    print(|out: &mut dyn Write| {
        let mut rows = rows(format, heads, out);
        for (repository, loss) in losses {
            let tags = Some(&*loss.tags).filter(|tags| !tags.is_empty());
            let needed: Vec<String> =
                loss.evidence.iter().map(|(capture, it)| words(it, &snapshots[*capture].name)).collect();
            rows.row(&[
                Cell::text(&*repository.name),
                Cell::of(tags, Cell::List),
                Cell::Digest(&loss.digest),
                Cell::Bytes(loss.bytes),
                Cell::text(&*snapshots[loss.capture].name),
                Cell::Integer(loss.priority),
                Cell::text(needed.join(", ")),
            ])?;
        }
        rows.finish()
    })
}

fn words(evidence: &Evidence, snapshot: &str) -> String {
    match evidence {
        Evidence::Tagged(tag) => format!("tagged {tag} in {snapshot}"),
        Evidence::Pulled(at) => format!("pulled {}", &at.to_utc_text()[..10]),
        Evidence::InUse => "in use".to_owned(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    snapshots: Vec<&'a str>,
    images: Vec<LossAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LossAnswer<'a> {
    registry_id: &'a str,
    repository_name: &'a str,
    region: Option<&'a str>,
    image_digest: String,
    image_tags: &'a [String],
    image_size_in_bytes: u64,
    deleted_in: &'a str,
    deleted_at: String,
    rule_priority: i64,
    evidence: Vec<EvidenceAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceAnswer<'a> {
    kind: &'static str,
    snapshot: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_recorded_pull_time: Option<String>,
}

fn json(snapshots: &[Snapshot], replayed: &[Replayed], list: bool) -> u8 {
    let evidence = |(capture, it): &'_ (usize, Evidence)| -> (usize, Option<String>, Option<Instant>, &'static str) {
        match it {
            Evidence::Tagged(tag) => (*capture, Some(tag.clone()), None, it.name()),
            Evidence::Pulled(at) => (*capture, None, Some(*at), it.name()),
            Evidence::InUse => (*capture, None, None, it.name()),
        }
    };
    let losses = wanted(replayed, snapshots.len(), list);
    let seen: Vec<Vec<_>> = losses.iter().map(|(_, loss)| loss.evidence.iter().map(evidence).collect()).collect();
    let images = losses.iter().zip(&seen).map(|((repository, loss), seen)| LossAnswer {
        registry_id: &repository.registry_id,
        repository_name: &repository.name,
        region: Some(&*repository.region).filter(|region| !region.is_empty()),
        image_digest: loss.digest.to_string(),
        image_tags: &loss.tags,
        image_size_in_bytes: loss.bytes,
        deleted_in: &snapshots[loss.capture].name,
        deleted_at: loss.at.to_utc_text(),
        rule_priority: loss.priority,
        evidence: seen
            .iter()
            .map(|(capture, tag, pulled, kind)| EvidenceAnswer {
                kind,
                snapshot: &snapshots[*capture].name,
                image_tag: tag.as_deref(),
                last_recorded_pull_time: pulled.map(Instant::to_utc_text),
            })
            .collect(),
    });
    let document =
        Document { snapshots: snapshots.iter().map(|snapshot| &*snapshot.name).collect(), images: images.collect() };
    print(|out| {
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    })
}
