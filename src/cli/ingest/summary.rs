//! What `ingest` prints about a snapshot: warnings, notes and the line of counts.

use std::path::Path;
use std::time::Duration;

use super::Arguments;
use crate::cli::advice::note_migration;
use crate::cli::print_error;
use crate::cli::stdout::plural;
use crate::ingest::{Anomalies, Outcome, Skipped};
use crate::model::{Instant, visible};
use crate::store::read::Reader;

/// What happened, for people.
pub(super) fn report(outcome: &Outcome, dry_run: bool, took: Duration) {
    for error in &outcome.failed {
        print_error(error, error.advice());
    }
    let loaded = &outcome.loaded;
    note_migration(loaded.migrated);
    for name in &loaded.beyond_sums {
        eprint_escaped!(
            "ecrsnap: warning: {}: the sum of the sizes does not fit in 64 bits; the nearest 64-bit number is shown",
            visible(&name.name)
        );
    }
    for name in &loaded.incomplete {
        eprint_escaped!(
            "ecrsnap: warning: {}: the last page has a nextToken, so images are missing; the snapshot is marked as incomplete",
            visible(&name.name)
        );
    }
    for (name, duplicates) in &loaded.duplicates {
        if duplicates.unequal > 0 {
            eprint_escaped!(
                "ecrsnap: warning: {}: {} with the digest of another image but other members; all were kept",
                visible(&name.name),
                plural(duplicates.unequal, "image")
            );
        }
    }
    warn_of(&outcome.anomalies);
    if outcome.sources == 0 {
        return;
    }
    warn_of_repositories(outcome);
    if outcome.skipped != Skipped::default() {
        eprint_escaped!(
            "ecrsnap: --extract passed over {} and {} around the pages",
            plural(outcome.skipped.lines, "line"),
            plural(outcome.skipped.bytes, "byte")
        );
    }
    let written = if dry_run { ", not written" } else { "" };
    let state = if loaded.changed { "" } else { ", all there before" };
    let described = described(outcome);
    eprint_escaped!(
        "snapshot {}{written}: {}, {} ({} new){described}{state}; {} in {:.1} s",
        visible(&outcome.snapshot),
        plural(loaded.repositories, "repository"),
        plural(loaded.images, "image"),
        loaded.new_images,
        plural(outcome.sources, "file"),
        took.as_secs_f64()
    );
}

/// What describe-repositories and get-lifecycle-policy pages say, in counts.
fn described(outcome: &Outcome) -> String {
    let described = &outcome.loaded.described;
    let listed = (described.listed > 0).then(|| format!(", {} listed", plural(described.listed, "repository")));
    let policies = (described.policies > 0)
        .then(|| format!(", the lifecycle policies of {}", plural(described.policies, "repository")));
    listed.unwrap_or_default() + &policies.unwrap_or_default()
}

/// What the pages say about repositories that a person should know.
fn warn_of_repositories(outcome: &Outcome) {
    for name in &outcome.loaded.described.changed {
        eprint_escaped!(
            "ecrsnap: warning: {}: two describe-repositories pages show it with different settings; the later one counts",
            visible(&name.name)
        );
    }
    for (registry, region) in &outcome.unlabelled {
        eprint_escaped!(
            "ecrsnap: note: the database holds the repositories of registry {} without a region, and the pages say {}; \
             they keep no region, so that their history continues (pass --region to label them)",
            visible(registry),
            visible(region)
        );
    }
    if let Some(first) = outcome.unlisted.first() {
        let more = outcome.unlisted.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        eprint_escaped!(
            "ecrsnap: warning: {}{more}: it has images, but the list of repositories does not have it; the list \
             is not treated as complete",
            visible(&first.name)
        );
    }
    for checked in outcome.ids.iter().filter(|checked| !checked.agrees()) {
        let name = visible(&checked.repository.name);
        if !checked.has_listing {
            eprint_escaped!("ecrsnap: warning: {name}: it has list-images pages, but no images");
            continue;
        }
        let example = checked.example.as_ref().map_or(String::new(), |digest| format!(", such as {digest}"));
        eprint_escaped!(
            "ecrsnap: warning: {name}: list-images and describe-images disagree: ids that no image has: {} of {}; active \
             images that no id has: {}{example}",
            checked.not_in_listing,
            checked.ids,
            checked.not_in_ids
        );
    }
}

/// Warn if the capture time is probably not the intended one. A folder that is copied to another machine
/// easily loses the times of its files; a date in the snapshot's name that differs shows it. A snapshot that
/// existed before keeps its time.
pub(super) fn warn_of_time(db: &Path, arguments: &Arguments, outcome: &Outcome) {
    let stored = Reader::open(db).and_then(|reader| reader.snapshot(&outcome.snapshot)).ok();
    let stored = stored.and_then(|snapshot| Instant::from_micros(snapshot.captured_at).ok());
    let name = visible(&outcome.snapshot);
    match (arguments.captured_at, stored.or(outcome.dated)) {
        (Some(said), Some(stored)) if said.micros() != stored.micros() => eprint_escaped!(
            "ecrsnap: warning: snapshot {name} exists, captured at {}, and keeps that time; forget it first to give it \
             another",
            stored.to_utc_text()
        ),
        (None, Some(stored)) if outcome.loaded.changed && is_another_day(&outcome.snapshot, stored) => eprint_escaped!(
            "ecrsnap: warning: snapshot {name} has the capture time {}, from the dates of its files; if they were \
             copied without their times, forget it and ingest it with --captured-at",
            &stored.to_utc_text()[..10]
        ),
        _ => {}
    }
}

/// Whether a name begins with a date that is more than a day away: other zones and captures that take
/// all night come so close.
fn is_another_day(name: &str, captured: Instant) -> bool {
    let named = name.get(..10).and_then(|date| Instant::from_text(date).ok());
    named.is_some_and(|named| !(-1..=1).contains(&(captured.micros() - named.micros()).div_euclid(86_400_000_000)))
}

fn warn_of(anomalies: &Anomalies) {
    for (anomaly, count, example) in anomalies.found() {
        let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
        eprint_escaped!(
            "ecrsnap: warning: {}: `{}`{more}; accepted unchanged",
            anomaly.description(),
            visible(example)
        );
    }
}
