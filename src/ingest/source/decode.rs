//! Unpacks whatever a source is packed in, layer by layer, down to streams of UTF-8 text.
//!
//! Each layer is a reader over the one below it, and a member is passed on while it streams by:
//! only the layers' buffers are in memory.

use super::archive::Archive;
use super::error::{Problem, SourceError};
use super::passed_over;
use super::sniff::{Format, look};
use super::unpack::{BLOCK, Gunzip, Unzstd};
use super::utf16::Utf16;
use super::{ArchiveEntry, Visit};
use std::io::{self, BufReader, Read};
use std::time::SystemTime;

/// How many layers there may be: an archive of archives of compressed pages, each compressed,
/// takes five. Data that unpack to themselves without end must stop somewhere.
const LAYERS: usize = 6;

/// The window that zstd frames may ask for: what `zstd -d` allows by default (128 MB,
/// only made by `--ultra` or `--long`) in the outermost layer, and what every decoder must allow
/// (8 MB) further in, so that layers cannot add up.
const WIDE_WINDOW: u32 = 27;
const WINDOW: u32 = 23;

/// What is being unpacked.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    pub(super) name: &'a str,
    pub(super) modified: Option<SystemTime>,
    /// How many layers are around it.
    pub(super) depth: usize,
}

type Bytes<'a> = &'a mut (dyn Read + Send);

/// Visit every stream of text in `raw`. What a visitor leaves unread is read to its end all the
/// same, so that checksums are checked and `raw` is read whole.
pub(super) fn decode<E: From<SourceError>>(layer: Layer<'_>, raw: Bytes<'_>, visit: Visit<'_, E>) -> Result<(), E> {
    let name = layer.name;
    let own = |error: io::Error| E::from(SourceError::from_io(name, error));
    let (format, mut whole) = look(raw).map_err(own)?;
    if layer.depth == LAYERS && matches!(format, Format::Gzip | Format::Zstd | Format::Tar) {
        return Err(SourceError::new(name, Problem::TooDeep(LAYERS)).into());
    }
    let within = Layer { depth: layer.depth + 1, ..layer };
    match format {
        Format::Utf8 { skip } => {
            whole.get_mut().0.set_position(skip);
            text(layer, &mut whole, visit)
        }
        Format::Utf16 { little_endian, skip } => {
            whole.get_mut().0.set_position(skip);
            text(layer, &mut Utf16::new(whole, name, little_endian, skip), visit)
        }
        Format::Gzip => packed(within, &mut Gunzip::new(whole, name), visit),
        Format::Zstd => {
            let window = if layer.depth == 0 { WIDE_WINDOW } else { WINDOW };
            packed(within, &mut Unzstd::new(whole, name, window).map_err(own)?, visit)
        }
        Format::Tar => members(within, Archive::new(BufReader::with_capacity(BLOCK, whole), name), visit),
        Format::Foreign { what, advice } => Err(SourceError::new(name, Problem::Foreign { what, advice }).into()),
    }
}

fn text<E: From<SourceError>>(layer: Layer<'_>, reader: Bytes<'_>, visit: Visit<'_, E>) -> Result<(), E> {
    visit(ArchiveEntry { name: layer.name, modified: layer.modified, reader: &mut *reader })?;
    drain(layer.name, reader)
}

fn packed<E: From<SourceError>>(within: Layer<'_>, reader: Bytes<'_>, visit: Visit<'_, E>) -> Result<(), E> {
    decode(within, &mut *reader, visit)?;
    drain(within.name, reader)
}

fn members<E: From<SourceError>>(
    within: Layer<'_>,
    mut archive: Archive<'_, impl Read + Send>,
    visit: Visit<'_, E>,
) -> Result<(), E> {
    let mut any = false;
    while let Some(entry) = archive.next_entry().map_err(|error| SourceError::from_io(within.name, error))? {
        if entry.path.split('/').any(passed_over) {
            continue;
        }
        any = true;
        let name = format!("{}!{}", within.name, entry.path.trim_start_matches("./"));
        if entry.sparse {
            return Err(SourceError::new(name, Problem::Sparse).into());
        }
        let member = Layer { name: &name, modified: entry.modified.or(within.modified), ..within };
        decode(member, &mut archive, visit)?;
    }
    if any { Ok(()) } else { Err(SourceError::new(within.name, Problem::EmptyArchive).into()) }
}

fn drain<E: From<SourceError>>(name: &str, reader: Bytes<'_>) -> Result<(), E> {
    io::copy(reader, &mut io::sink()).map_err(|error| SourceError::from_io(name, error))?;
    Ok(())
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
