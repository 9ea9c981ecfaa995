//! Listings: their chunks follow one another, their sums add up, no image occurs twice in one, and
//! their hash is that of the repository and the chunks' hashes.

use std::collections::HashMap;
use std::ops::Range;

use rusqlite::{Connection, Row};

use super::chunks::{Chunk, total};
use super::finding::{Finding, Findings};
use super::images::Images;
use super::{Names, Repository};
use crate::store::error::StoreError;

/// A listing's row.
struct Listing {
    hash: Vec<u8>,
    repository: i64,
    images: i64,
    digests: i64,
    tagged: i64,
    bytes: i64,
}

/// Check every listing; the number of images that listings hold.
pub(super) fn check(
    connection: &Connection,
    names: &Names,
    images: &Images,
    chunks: &HashMap<i64, Chunk>,
    findings: &mut Findings,
) -> Result<u64, StoreError> {
    let mut used = vec![false; images.len()];
    let in_snapshot = "SELECT EXISTS (SELECT 1 FROM snapshot_listing WHERE listing_id = ?1)";
    let mut in_snapshot = connection.prepare(in_snapshot)?;
    let sql = "SELECT start, chunk_id FROM listing_chunk WHERE listing_id = ?1 ORDER BY start";
    let mut parts = connection.prepare(sql)?;
    let mut statement =
        connection.prepare("SELECT id, hash, repository_id, images, tagged, bytes, digests FROM listing")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let listing = listing_of(row)?;
        let of = parts.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let of: Vec<(i64, i64)> = of.collect::<Result<_, _>>()?;
        if in_snapshot.query_row([id], |row| row.get::<_, bool>(0))? {
            for chunk in of.iter().filter_map(|(_, chunk)| chunks.get(chunk)) {
                chunk.places.iter().for_each(|places| used[places.clone()].fill(true));
            }
        }
        let repository = names.repositories.get(&listing.repository);
        if let Err(problem) = put_together(&listing, repository, &of, chunks, images) {
            findings.add_with(|| {
                let name = repository.map(|repository| &*repository.name.name);
                Finding::of_repository(name, problem).at_listing(connection, id)
            });
        }
    }
    Ok(used.into_iter().filter(|used| *used).count() as u64)
}

fn listing_of(row: &Row<'_>) -> Result<Listing, rusqlite::Error> {
    Ok(Listing {
        hash: row.get(1)?,
        repository: row.get(2)?,
        images: row.get(3)?,
        tagged: row.get(4)?,
        bytes: row.get(5)?,
        digests: row.get(6)?,
    })
}

/// How many digests some images have.
fn digests(places: Vec<&Range<usize>>, images: &Images) -> i64 {
    let mut digests: Vec<u128> = places.into_iter().cloned().flatten().map(|place| images.digests[place]).collect();
    digests.sort_unstable();
    digests.dedup();
    digests.len() as i64
}

/// Follow the chunks, compare the sums and the hash.
fn put_together(
    listing: &Listing,
    repository: Option<&Repository>,
    parts: &[(i64, i64)],
    chunks: &HashMap<i64, Chunk>,
    images: &Images,
) -> Result<(), String> {
    let repository = repository.ok_or("its repository is missing")?;
    let mut hasher = blake3::Hasher::new();
    for text in [&repository.name.registry_id, &repository.name.name, &repository.name.region] {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let (mut length, mut tagged, mut damaged) = (0i64, 0, false);
    let mut members = Vec::with_capacity(parts.len());
    for (start, id) in parts {
        let chunk = chunks.get(id).ok_or("a chunk of its listing is missing")?;
        if *start != length {
            return Err(format!("its listing has a gap or an overlap at position {length}"));
        }
        hasher.update(&chunk.hash);
        length = length.saturating_add(chunk.length);
        tagged += chunk.tagged;
        damaged |= chunk.damaged;
        members.push(chunk);
    }
    if length != listing.images {
        return Err(format!("its listing says {} images and has {length}", listing.images));
    }
    if damaged {
        // Reported where it is, with its position.
        return Ok(());
    }
    let mut places: Vec<_> = members.iter().flat_map(|chunk| chunk.places.iter()).collect();
    if let Some(place) = places.first()
        && images.repositories[place.start] != listing.repository
    {
        return Err("its listing has the images of another repository".to_owned());
    }
    places.sort_unstable_by_key(|places| places.start);
    if places.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return Err("an image occurs twice in its listing".to_owned());
    }
    if tagged != listing.tagged {
        return Err(format!("its listing says {} tagged images and has {tagged}", listing.tagged));
    }
    let bytes = total(&members);
    if bytes != listing.bytes {
        return Err(format!("its listing says {} bytes and has {bytes}", listing.bytes));
    }
    let digests = digests(places, images);
    if digests != listing.digests {
        return Err(format!("its listing says {} digests and has {digests}", listing.digests));
    }
    if hasher.finalize().as_bytes()[..] != listing.hash[..] {
        return Err("its listing is not what was ingested (its hash differs)".to_owned());
    }
    Ok(())
}
