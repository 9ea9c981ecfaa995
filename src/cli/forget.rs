//! `forget`: snapshots go, by name or by a policy.

use std::collections::HashMap;
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::path::Path;

use serde_json::json;

use super::advice::{advised, note_migration, print_store_error};
use super::interrupt::cancel_on_signals;
use super::stdout::{formats, plural, print, rows};
use super::values::from_one;
use super::{IN_PART, REFUSED, print_error};
use crate::model::Instant;
use crate::retention::{self, Kept, Rule};
use crate::store::StoreError;
use crate::store::maintenance::{Forgotten, Keeper};
use crate::store::read::Snapshot;
use crate::tabular::{Cell, Column, Format};

/// Delete snapshots, and everything that only they held
///
/// Name the snapshots, or pass rules for what to keep: --keep-daily 7 keeps the newest snapshot of each of the last
/// seven days that have one. A snapshot is kept if any --keep option keeps it; all others are deleted.
/// Days, weeks (from Monday), months and years are those of the capture time in UTC. The newest
/// snapshot is always kept, unless it is named. The oldest one is kept until the count of an option is
/// reached, as with restic, so that a young history does not lose its beginning.
///
/// It is one transaction. Afterwards the database is rewritten without the free space, which temporarily needs
/// as much disk space again; --no-vacuum does not shrink the file, and the next ingest reuses the free space.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap forget 2026-03-01 latest~5
  ecrsnap forget --keep-daily 14 --keep-weekly 8 --keep-monthly 24 --dry-run")]
pub(super) struct Arguments {
    /// Snapshots to forget: names, latest, latest~N, @TIME or @-AGE
    #[arg(value_name = "REF", conflicts_with = "policy")]
    references: Vec<String>,
    #[command(flatten)]
    policy: Policy,
    /// Print what would be deleted, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not shrink the database file
    #[arg(long)]
    no_vacuum: bool,
    /// How to print what is deleted and what is kept
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = formats([Format::Table, Format::Json]))]
    output: Format,
}

/// How many to keep by each rule.
#[derive(clap::Args)]
#[group(id = "policy", multiple = true)]
struct Policy {
    /// Keep the newest N
    #[arg(long = "keep-last", value_name = "N", value_parser = from_one::<NonZeroU32>)]
    last: Option<NonZeroU32>,
    /// Keep the newest of each of N hours
    #[arg(long = "keep-hourly", value_name = "N", value_parser = from_one::<NonZeroU32>)]
    hourly: Option<NonZeroU32>,
    /// Keep the newest of each of N days
    #[arg(long = "keep-daily", value_name = "N", value_parser = from_one::<NonZeroU32>)]
    daily: Option<NonZeroU32>,
    /// Keep the newest of each of N weeks
    #[arg(long = "keep-weekly", value_name = "N", value_parser = from_one::<NonZeroU32>)]
    weekly: Option<NonZeroU32>,
    /// Keep the newest of each of N months
    #[arg(long = "keep-monthly", value_name = "N", value_parser = from_one::<NonZeroU32>)]
    monthly: Option<NonZeroU32>,
    /// Keep the newest of each of N years
    #[arg(long = "keep-yearly", value_name = "N", value_parser = from_one::<NonZeroU32>)]
    yearly: Option<NonZeroU32>,
}

impl Policy {
    fn rules(&self) -> Vec<(Rule, NonZeroU32)> {
        let counts = [
            (Rule::Last, self.last),
            (Rule::Hourly, self.hourly),
            (Rule::Daily, self.daily),
            (Rule::Weekly, self.weekly),
            (Rule::Monthly, self.monthly),
            (Rule::Yearly, self.yearly),
        ];
        counts.into_iter().filter_map(|(rule, count)| Some((rule, count?))).collect()
    }
}

/// What becomes of a snapshot, and why it stays.
struct Decision {
    snapshot: Snapshot,
    goes: bool,
    kept_by: Vec<String>,
}

/// What was done.
struct Outcome {
    decisions: Vec<Decision>,
    forgotten: Forgotten,
    /// By how many bytes the file shrank; `None` if it was not shrunk.
    shorter: Option<u64>,
    /// What kept the file from becoming shorter.
    hindered: Option<StoreError>,
    /// The number of the older schema, if the database was brought up to date.
    migrated: Option<i64>,
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    if arguments.references.is_empty() && arguments.policy.rules().is_empty() {
        print_error(&"name the snapshots to forget, or pass a rule for what to keep, such as --keep-daily 7", None);
        return REFUSED;
    }
    let outcome = match forget(db, arguments) {
        Ok(outcome) => outcome,
        Err(error) => {
            print_store_error(&error.of(db));
            eprint_escaped!("ecrsnap: nothing was changed");
            return REFUSED;
        }
    };
    note_migration(outcome.migrated);
    let changed = outcome.forgotten.snapshots > 0 && !arguments.dry_run;
    let status = match print(|out| write(&outcome, arguments, out)) {
        REFUSED if changed => {
            eprint_escaped!("ecrsnap: the snapshots were deleted nevertheless");
            IN_PART
        }
        status => status,
    };
    let Some(error) = outcome.hindered else { return status };
    print_error(&format!("the snapshots were deleted, but the file was not shrunk: {}", advised(&error)), None);
    IN_PART
}

fn forget(db: &Path, arguments: &Arguments) -> Result<Outcome, StoreError> {
    let keeper = Keeper::open(db, &cancel_on_signals())?;
    let forgetting = keeper.begin()?;
    let migrated = forgetting.migrated().filter(|_| !arguments.dry_run);
    let decisions = decisions(&keeper, arguments)?;
    let ids: Vec<i64> =
        decisions.iter().filter(|decision| decision.goes).map(|decision| decision.snapshot.id).collect();
    if ids.is_empty() {
        let forgotten = Forgotten::default();
        return Ok(Outcome { decisions, forgotten, shorter: None, hindered: None, migrated: None });
    }
    let forgotten = forgetting.drop_snapshots(&ids)?;
    let mut outcome = Outcome { decisions, forgotten, shorter: None, hindered: None, migrated };
    if arguments.dry_run {
        return Ok(outcome);
    }
    forgetting.commit()?;
    if !arguments.no_vacuum {
        // The snapshots are deleted even if the file cannot be shrunk.
        match shorten(&keeper) {
            Ok(bytes) => outcome.shorter = Some(bytes),
            Err(error) => outcome.hindered = Some(error.of(db)),
        }
    }
    Ok(outcome)
}

fn shorten(keeper: &Keeper) -> Result<u64, StoreError> {
    let before = keeper.bytes()?;
    keeper.compact()?;
    Ok(before.saturating_sub(keeper.bytes()?))
}

/// What becomes of every snapshot, oldest first.
fn decisions(keeper: &Keeper, arguments: &Arguments) -> Result<Vec<Decision>, StoreError> {
    let snapshots = keeper.reader().snapshots()?;
    let rules = arguments.policy.rules();
    if !rules.is_empty() {
        let captured: Result<Vec<_>, _> =
            snapshots.iter().map(|snapshot| Instant::from_micros(snapshot.captured_at)).collect();
        let captured =
            captured.map_err(|_| StoreError::Damaged("a snapshot has no time that it was captured at".to_owned()))?;
        let kept = retention::keep(&rules, &captured);
        let decisions = snapshots.into_iter().zip(kept).map(|(snapshot, rules)| Decision {
            snapshot,
            goes: rules.is_empty(),
            kept_by: rules.into_iter().map(Kept::name).collect(),
        });
        return Ok(decisions.collect());
    }
    let mut named = HashMap::new();
    for reference in &arguments.references {
        named.insert(keeper.reader().snapshot(reference)?.id, reference);
    }
    let decision =
        |snapshot: Snapshot| Decision { goes: named.contains_key(&snapshot.id), kept_by: Vec::new(), snapshot };
    Ok(snapshots.into_iter().map(decision).collect())
}

fn write(outcome: &Outcome, arguments: &Arguments, out: &mut dyn Write) -> io::Result<()> {
    if arguments.output == Format::Json {
        return write_json(outcome, arguments, out);
    }
    let columns = vec![
        Column::text("name", "SNAPSHOT"),
        Column::text("capturedAt", "CAPTURED"),
        Column::text("decision", "DECISION"),
        Column::text("keptBy", "KEPT BY"),
    ];
    let mut rows = rows(Format::Table, columns, out);
    for decision in &outcome.decisions {
        rows.row(&[
            Cell::text(&decision.snapshot.name),
            Cell::of(Instant::from_micros(decision.snapshot.captured_at).ok(), Cell::Instant),
            Cell::text(word(decision)),
            Cell::List(&decision.kept_by),
        ])?;
    }
    rows.finish()?;
    drop(rows);
    let Forgotten { snapshots, repositories, listings, images, bytes } = outcome.forgotten;
    if snapshots == 0 {
        return writeln!(out, "\nnothing to forget");
    }
    let verb = if arguments.dry_run { "would forget" } else { "forgot" };
    writeln!(
        out,
        "\n{verb} {}, and with that {}, {} and {} that no other one holds",
        plural(snapshots, "snapshot"),
        plural(images, "image"),
        plural(listings, "listing"),
        plural(repositories, "repository")
    )?;
    match outcome.shorter {
        Some(shorter) => writeln!(out, "the file is {} shorter", indicatif::DecimalBytes(shorter)),
        None => writeln!(out, "{} in the file are free for the next ingest", indicatif::DecimalBytes(bytes)),
    }
}

fn word(decision: &Decision) -> &'static str {
    if decision.goes { "forget" } else { "keep" }
}

fn write_json(outcome: &Outcome, arguments: &Arguments, out: &mut dyn Write) -> io::Result<()> {
    let decisions = outcome.decisions.iter().map(|decision| {
        json!({
            "name": decision.snapshot.name,
            "capturedAt": Instant::from_micros(decision.snapshot.captured_at).ok().map(Instant::to_utc_text),
            "decision": word(decision),
            "keptBy": decision.kept_by,
        })
    });
    let all = json!({
        "dryRun": arguments.dry_run,
        "snapshots": decisions.collect::<Vec<_>>(),
        "forgotten": {
            "snapshots": outcome.forgotten.snapshots,
            "repositories": outcome.forgotten.repositories,
            "listings": outcome.forgotten.listings,
            "images": outcome.forgotten.images,
        },
        "bytesFree": outcome.forgotten.bytes,
        "bytesShorter": outcome.shorter,
    });
    crate::tabular::json::write_pretty(&mut *out, &all)?;
    writeln!(out)
}
