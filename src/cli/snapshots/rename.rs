//! `snapshots rename`: another name for a snapshot.

use std::path::Path;

use super::super::advice::{note_migration, print_store_error};
use super::super::interrupt::cancel_on_signals;
use super::super::{DONE, REFUSED, print_error};
use crate::model::{snapshot_name_problem, visible};
use crate::store::maintenance::Keeper;

/// Give a snapshot another name
///
/// The name must be free, and may not read as a REF that means something else: `latest`, `latest~1`
/// and names that begin with `@` are refused.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  ecrsnap snapshots rename 2026-03-01T02:00:00Z before-the-move")]
pub(super) struct Arguments {
    /// The snapshot: a name, latest, latest~N, @TIME or @-AGE
    #[arg(value_name = "REF")]
    old: String,
    /// Its new name
    #[arg(value_name = "NEW")]
    new: String,
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    let Arguments { old, new } = arguments;
    if let Some(problem) = snapshot_name_problem(new) {
        print_error(&format!("a snapshot cannot be called `{}`: it {problem}", visible(new)), None);
        return REFUSED;
    }
    let cancel = cancel_on_signals();
    match Keeper::open(db, &cancel).and_then(|keeper| keeper.rename(old, new)) {
        Ok(migrated) => {
            note_migration(migrated);
            DONE
        }
        Err(error) => {
            print_store_error(&error.of(db));
            REFUSED
        }
    }
}
