//! What a lake records of itself: the manifest, which says whose it is, and for each registry and region the captures
//! that were written.
//!
//! The records hold no time of a run and nothing else that differs from run to run, so exporting the same again leaves
//! them byte for byte as they are. They are for `ecrsnap`; the engines read the data files alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LakeError, SCHEMA_VERSION, at, layout};

/// In the manifest, so that a lake is told from any other folder.
const FORMAT: &str = "ecrsnap lake";
/// The version of layout and records.
const VERSION: u64 = 1;

/// One capture that the lake has.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Entry {
    /// The name of its files.
    pub(super) file: String,
    /// The hash of what it holds, without the version of the columns.
    pub(super) content: String,
    /// The version of the columns.
    pub(super) schema: u32,
    pub(super) snapshot: String,
    /// Microseconds since 1970.
    pub(super) captured_at_us: i64,
    /// By table.
    pub(super) tables: BTreeMap<String, Size>,
}

/// The size of a file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Size {
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

/// The captures of one registry and region.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Record {
    pub(super) registry_id: String,
    pub(super) region: String,
    /// By instant and name.
    pub(super) captures: Vec<Entry>,
}

/// Check that a folder is a lake of this program, or empty, or missing.
///
/// # Errors
/// If it is another's, or of a newer version, or cannot be read.
pub(super) fn check(lake: &Path) -> Result<(), LakeError> {
    let path = lake.join(layout::manifest());
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.kind() == io::ErrorKind::NotADirectory => {
            return unclaimed(lake);
        }
        Err(error) => return Err(at(&path)(error)),
    };
    let foreign = || LakeError::Foreign(lake.to_owned());
    let Ok(Value::Object(manifest)) = serde_json::from_slice(&text) else { return Err(foreign()) };
    if manifest.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(foreign());
    }
    for (what, known) in [("version", VERSION), ("schema", u64::from(SCHEMA_VERSION))] {
        let problem = || LakeError::Record { path: path.clone(), problem: format!("`{what}` is not a number") };
        let found = manifest.get(what).and_then(Value::as_u64).ok_or_else(problem)?;
        if found > known {
            return Err(LakeError::Newer { path, what, found, known });
        }
    }
    Ok(())
}

/// A folder without a manifest: fine if nothing is in it.
fn unclaimed(lake: &Path) -> Result<(), LakeError> {
    match fs::read_dir(lake) {
        Ok(mut entries) => match entries.next() {
            // A run that was killed before it wrote its manifest leaves the folder for it, and nothing in that.
            Some(Ok(entry)) if entry.file_name() == layout::OWN && entries.next().is_none() => Ok(()),
            Some(_) => Err(LakeError::Foreign(lake.to_owned())),
            None => Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(LakeError::NotAFolder(lake.to_owned())),
        Err(error) => Err(at(lake)(error)),
    }
}

/// Write the manifest if it is not there or of an older version.
pub(super) fn claim(lake: &Path) -> Result<(), LakeError> {
    let text =
        format!("{{\n  \"format\": \"{FORMAT}\",\n  \"version\": {VERSION},\n  \"schema\": {SCHEMA_VERSION}\n}}\n");
    put(&lake.join(layout::manifest()), text.as_bytes())
}

impl Record {
    /// Read the record of a registry and region; an empty one if there is none.
    pub(super) fn read(lake: &Path, registry: &str, region: &str) -> Result<Self, LakeError> {
        let path = lake.join(layout::record(registry, region));
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Record {
                    registry_id: registry.to_owned(),
                    region: region.to_owned(),
                    captures: Vec::new(),
                });
            }
            Err(error) => return Err(at(&path)(error)),
        };
        let damaged = |problem: String| LakeError::Record { path: path.clone(), problem };
        let record: Record = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if record.registry_id != registry || record.region != region {
            return Err(damaged("it is the record of another registry or region".to_owned()));
        }
        // The names become paths.
        let plain = |name: &str| name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if record.captures.iter().any(|entry| !plain(&entry.file)) {
            return Err(damaged("the name of a file is not 32 hexadecimal digits".to_owned()));
        }
        Ok(record)
    }

    /// Write it; remove it if it holds nothing.
    pub(super) fn write(&mut self, lake: &Path) -> Result<(), LakeError> {
        let path = lake.join(layout::record(&self.registry_id, &self.region));
        if self.captures.is_empty() {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&path)(error)),
                _ => Ok(()),
            };
        }
        self.captures.sort_by(|one, other| {
            let key = |entry: &Entry| (entry.captured_at_us, entry.snapshot.clone(), entry.file.clone());
            key(one).cmp(&key(other))
        });
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        put(&path, &text)
    }
}

/// Put a file in place in one step, unless it holds this already.
fn put(path: &Path, content: &[u8]) -> Result<(), LakeError> {
    if fs::read(path).is_ok_and(|held| held == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let written = fs::File::create(&new).and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()));
    written.and_then(|()| fs::rename(&new, path)).map_err(|error| {
        // A part of a file that stays behind is written over by the next run.
        let _ = fs::remove_file(&new);
        at(path)(error)
    })
}
