//! Chunks: their runs cover them without a gap, their images are there, and their hash is that of
//! their images' hashes.

use std::collections::HashMap;
use std::ops::Range;

use rusqlite::Connection;

use super::Names;
use super::finding::{Finding, Findings};
use super::images::Images;
use crate::store::error::StoreError;

/// Images of consecutive ids.
#[derive(Clone, Copy)]
struct ChunkRun {
    chunk: i64,
    offset: i64,
    image: i64,
    length: i64,
}

/// What the check of a listing needs of a chunk.
pub(super) struct Chunk {
    pub(super) hash: [u8; 16],
    pub(super) length: i64,
    pub(super) tagged: i64,
    /// Sum of the sizes.
    pub(super) bytes: i128,
    /// The images in order, as places in [`Images`].
    pub(super) places: Vec<Range<usize>>,
    /// Already reported, itself or an image in it.
    pub(super) damaged: bool,
}

/// Read and check every chunk; by id.
pub(super) fn check(
    connection: &Connection,
    names: &Names,
    images: &Images,
    findings: &mut Findings,
) -> Result<HashMap<i64, Chunk>, StoreError> {
    let runs = runs(connection)?;
    let mut chunks = HashMap::new();
    let mut statement = connection.prepare("SELECT id, hash, length, tagged, bytes FROM chunk ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let start = runs.partition_point(|run| run.chunk < id);
        let end = start + runs[start..].partition_point(|run| run.chunk == id);
        let mut chunk = Chunk {
            hash: row.get(1).unwrap_or_default(),
            length: row.get(2)?,
            tagged: 0,
            bytes: 0,
            places: Vec::with_capacity(end - start),
            damaged: false,
        };
        let sums = (row.get(3)?, row.get(4)?);
        if let Err(problem) = put_together(&mut chunk, &runs[start..end], images, sums) {
            chunk.damaged = true;
            findings.add_with(|| Finding::of(problem).at_chunk(connection, id));
        }
        if let Some(place) = chunk.places.first().map(|places| places.start) {
            let other = chunk
                .places
                .iter()
                .cloned()
                .flatten()
                .find(|at| images.repositories[*at] != images.repositories[place]);
            if other.is_some() {
                chunk.damaged = true;
                findings.add_with(|| {
                    let name = names.repositories.get(&images.repositories[place]);
                    let name = name.map(|repository| &*repository.name.name);
                    Finding::of_repository(name, "images of two repositories are in one chunk of a listing")
                        .at_chunk(connection, id)
                });
            }
        }
        chunks.insert(id, chunk);
    }
    Ok(chunks)
}

/// Every run, by chunk and offset.
fn runs(connection: &Connection) -> Result<Vec<ChunkRun>, StoreError> {
    let sql = "SELECT chunk_id, \"offset\", image_id, length FROM chunk_run ORDER BY chunk_id, \"offset\"";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(ChunkRun { chunk: row.get(0)?, offset: row.get(1)?, image: row.get(2)?, length: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Follow the runs, fill in the sums and compare the hash.
fn put_together(
    chunk: &mut Chunk,
    runs: &[ChunkRun],
    images: &Images,
    (tagged, bytes): (i64, i64),
) -> Result<(), String> {
    let mut hasher = blake3::Hasher::new();
    let mut covered = 0i64;
    for run in runs {
        if run.offset != covered {
            return Err("a chunk of the listing has a gap or an overlap".to_owned());
        }
        let Some(places) = images.places(run.image, run.length) else {
            return Err(format!(
                "of the images {} to {}, some are missing",
                run.image,
                run.image.saturating_add(run.length).saturating_sub(1)
            ));
        };
        covered += run.length;
        for place in places.clone() {
            hasher.update(&images.hashes[place]);
            chunk.tagged += i64::from(images.tagged[place]);
            chunk.bytes += i128::from(images.sizes[place]);
            chunk.damaged |= images.damaged[place];
        }
        chunk.places.push(places);
    }
    if covered != chunk.length {
        return Err(format!("a chunk of the listing records {} images and has {covered}", chunk.length));
    }
    if hasher.finalize().as_bytes()[..16] != chunk.hash && !chunk.damaged {
        return Err("a chunk of the listing is not what was ingested (its hash differs)".to_owned());
    }
    if !chunk.damaged && (chunk.tagged != tagged || total(&[chunk]) != bytes) {
        return Err("the sums of a chunk of the listing are wrong".to_owned());
    }
    Ok(())
}

/// The sum of the sizes as ingest makes it: exact, and then held at the ends of 64 bits.
pub(super) fn total(chunks: &[&Chunk]) -> i64 {
    let bytes: i128 = chunks.iter().map(|chunk| chunk.bytes).sum();
    bytes.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}
