//! `export --format parquet`: snapshots into a lake.

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant as Moment;

use serde_json::json;

use super::super::advice::print_store_error;
use super::super::progress::watched;
use super::super::stdout::{plural, print};
use super::super::{DONE, REFUSED, print_error, read_at_once};
use super::Arguments;
use crate::lake::{Done, FileRecord, Lake, LakeError, Options, Outcome};
use crate::model::visible;
use crate::store::read::{Reader, Snapshot};

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    let began = Moment::now();
    match read_at_once(db, |reader| export(reader, arguments)) {
        Ok(outcome) => {
            summarize(&outcome, arguments, began);
            if arguments.output.is_none() {
                return DONE;
            }
            print(|out| write_json(&outcome, arguments, out))
        }
        Err(LakeError::Store(error)) => {
            print_store_error(&error);
            REFUSED
        }
        Err(error) => {
            print_error(&error, None);
            REFUSED
        }
    }
}

fn export(reader: &Reader, arguments: &Arguments) -> Result<Outcome, LakeError> {
    let snapshots = snapshots(reader, arguments)?;
    let scope = arguments.scope.repositories();
    let options = Options {
        registry_id: scope.registry_id,
        region: scope.region,
        force: arguments.force,
        prune: arguments.prune,
        dry_run: arguments.dry_run,
    };
    let lake = Lake::open(&arguments.out, arguments.dry_run)?;
    let plan = lake.plan(reader, &snapshots, &options)?;
    let shapes = ["{bar:30} {human_pos} of {human_len} images, {eta} left", "{spinner} {human_pos} images"];
    watched(Some(plan.images()), shapes, |progress| lake.export(reader, plan, &options, progress))
}

/// The selected snapshots, each once, oldest first.
fn snapshots(reader: &Reader, arguments: &Arguments) -> Result<Vec<Snapshot>, LakeError> {
    let all = reader.snapshots()?;
    if arguments.all {
        return Ok(all);
    }
    if let Some(since) = &arguments.since {
        let first = reader.snapshot(since)?;
        return Ok(all.into_iter().filter(|snapshot| snapshot.captured_at >= first.captured_at).collect());
    }
    let mut named = Vec::with_capacity(arguments.references.len());
    for reference in &arguments.references {
        named.push(reader.snapshot(reference)?.id);
    }
    Ok(all.into_iter().filter(|snapshot| named.contains(&snapshot.id)).collect())
}

fn summarize(outcome: &Outcome, arguments: &Arguments, began: Moment) {
    let lake = visible(&arguments.out.to_string_lossy());
    let Outcome { written, present, replaced, pruned, images, files } = outcome;
    for (done, file) in files.iter().filter(|(done, _)| arguments.dry_run && *done == Done::Removed) {
        debug_assert_eq!(*done, Done::Removed);
        eprint_escaped!("would remove {}", visible(&file.path.to_string_lossy()));
    }
    let sums = |wanted| {
        let files = files.iter().filter(|(done, _)| *done == wanted);
        files.fold((0, 0), |(count, bytes), (_, file)| (count + 1, bytes + file.bytes))
    };
    let ((made, bytes), (gone, _)) = (sums(Done::Written), sums(Done::Removed));
    let mut parts = vec![format!(
        "{}{} with {}",
        if arguments.dry_run { "would write " } else { "" },
        plural(*written, "capture"),
        plural(*images, "image")
    )];
    if *written > 0 {
        parts.push(if arguments.dry_run {
            plural(made, "file")
        } else {
            format!("{}, {}", plural(made, "file"), indicatif::DecimalBytes(bytes))
        });
    }
    parts.push(format!("{present} there already"));
    if gone > 0 {
        let verb = if arguments.dry_run { "would be removed" } else { "removed" };
        parts.push(format!(
            "{} {verb} ({replaced} replaced, {pruned} not in the database)",
            plural(replaced + pruned, "capture")
        ));
    }
    let took = began.elapsed().as_secs_f64();
    eprint_escaped!("{lake}: {} in {took:.1} s", parts.join("; "));
}

fn write_json(outcome: &Outcome, arguments: &Arguments, out: &mut dyn Write) -> io::Result<()> {
    let files = |wanted: Done| {
        let files = outcome.files.iter().filter(move |(done, _)| *done == wanted);
        let file = |(_, file): &(Done, FileRecord)| json!({ "path": file.path.to_string_lossy(), "rows": file.rows, "bytes": file.bytes });
        files.map(file).collect::<Vec<_>>()
    };
    let all = json!({
        "lake": arguments.out.to_string_lossy(),
        "dryRun": arguments.dry_run,
        "capturesWritten": outcome.written,
        "capturesPresent": outcome.present,
        "capturesReplaced": outcome.replaced,
        "capturesPruned": outcome.pruned,
        "images": outcome.images,
        "filesWritten": files(Done::Written),
        "filesRemoved": files(Done::Removed),
    });
    crate::tabular::json::write_pretty(&mut *out, &all)?;
    writeln!(out)
}
