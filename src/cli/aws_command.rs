//! The commands of the AWS CLI: the client over a snapshot of the database.

use std::ffi::OsString;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use super::advice::advised;
use crate::client::{self, OpenError, Selection, machine};
use crate::service::{Ecr, SnapshotEcr};
use crate::store::StoreError;
use crate::store::read::Reader;

/// Run a line of the client's.
pub(super) fn run(line: &[OsString]) -> u8 {
    let environment = machine::environment();
    let default = environment.set_variable("ECRSNAP_DB").unwrap_or("ecrsnap.db").to_owned();
    let mut open = |selection: &Selection| open(selection, &default).map_err(|error| OpenError(advised(&error)));
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    client::run(line, &environment, &mut open, &mut out, &mut io::stderr().lock())
}

fn open(selection: &Selection, default: &str) -> Result<Box<dyn Ecr>, StoreError> {
    let db = PathBuf::from(selection.db.as_deref().unwrap_or(default));
    let reader = Reader::open(&db)?;
    let snapshot = reader.snapshot(selection.snapshot.as_deref().unwrap_or("latest"))?;
    let region = selection.region.clone().or_else(|| selection.ambient_region.clone());
    Ok(Box::new(SnapshotEcr::new(reader, snapshot, region)))
}
