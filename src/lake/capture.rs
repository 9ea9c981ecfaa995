//! A capture: what one snapshot holds of one registry and region, by content, and as rows of each table.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;

use indexmap::IndexMap;

use super::LakeError;
use super::columns::Rows;
use super::facts::{Facts, RepositoryFacts, captured_part};
use super::file::GROUP;
use super::tables::TABLES;
use crate::coverage::Coverage;
use crate::model::{Digest, Instant, ShownStatuses, Value, visible};
use crate::store::StoreError;
use crate::store::columns::{KindText, Time};
use crate::store::read::{DescribedRepository, Listing, Reader, Repositories, Snapshot, StoredImage};

/// What one snapshot holds of one registry and region.
pub(super) struct Capture {
    pub(super) snapshot: Snapshot,
    pub(super) registry: String,
    pub(super) region: String,
    /// By repository name.
    pub(super) listings: Vec<Listing>,
    /// What the snapshot says of the repositories.
    pub(super) facts: Facts,
    /// The hash of what it holds.
    pub(super) content: String,
    /// The hash of what the files of schema version 1 held of it.
    pub(super) content_1: String,
}

/// Rows of a table, by its place in [`TABLES`].
pub(super) type Group = (usize, Rows);

impl Capture {
    /// The captures of a snapshot that are wanted: of registries and regions with listings, or with facts about
    /// their repositories.
    pub(super) fn of(reader: &Reader, snapshot: &Snapshot, wanted: &Repositories) -> Result<Vec<Self>, StoreError> {
        let listings = reader.select(snapshot.id, wanted)?;
        let mut facts = Facts::of(reader, snapshot)?;
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        facts.retain(|(registry, region), _| is(&wanted.registry_id, registry) && is(&wanted.region, region));
        let mut captures: IndexMap<(String, String), Vec<Listing>> =
            facts.keys().map(|key| (key.clone(), Vec::new())).collect();
        for listing in listings {
            let name = &listing.repository;
            captures.entry((name.registry_id.to_string(), name.region.to_string())).or_default().push(listing);
        }
        let mut captures: Vec<Capture> = captures
            .into_iter()
            .map(|((registry, region), mut listings)| {
                listings.sort_by(|one, other| one.repository.name.cmp(&other.repository.name));
                let key = (registry, region);
                let facts = facts.remove(&key).unwrap_or_default();
                let (registry, region) = key;
                let content_1 = content(snapshot, &registry, &region, &listings, &Facts::default());
                let content = content(snapshot, &registry, &region, &listings, &facts);
                Capture { snapshot: snapshot.clone(), registry, region, listings, facts, content, content_1 }
            })
            .collect();
        captures.sort_by(|one, other| (&one.registry, &one.region).cmp(&(&other.registry, &other.region)));
        Ok(captures)
    }

    /// The hash of what files with this version of the columns hold of it.
    pub(super) fn content(&self, schema: u32) -> &str {
        if schema == 1 { &self.content_1 } else { &self.content }
    }

    /// The name of its files: a hash of its content and the version of the columns.
    pub(super) fn file(&self, schema: u32) -> String {
        let mut hash = blake3::Hasher::new();
        put(&mut hash, self.content(schema));
        hash.update(&schema.to_le_bytes());
        hash.finalize().to_hex()[..32].to_owned()
    }

    /// Its images.
    pub(super) fn images(&self) -> u64 {
        self.listings.iter().map(|listing| listing.images).fold(0, u64::saturating_add)
    }

    /// Read it, and send its rows in groups; `progress` counts images.
    ///
    /// # Errors
    /// If the store cannot be read. What ends the one that receives is that one's to say.
    pub(super) fn read(
        &self,
        reader: &Reader,
        groups: &SyncSender<Group>,
        progress: &AtomicU64,
    ) -> Result<(), LakeError> {
        let mut filler = Filler { capture: self, rows: TABLES.map(Rows::new), groups, texts: Texts::default() };
        for listing in &self.listings {
            let mut statuses = ShownStatuses::default();
            let mut position = 0;
            let read = reader.stored_images(listing, |image| {
                statuses.add(image.kind[KindText::ImageStatus]);
                filler.image(listing, position, image)?;
                position += 1;
                if position % 1024 == 0 {
                    progress.fetch_add(1024, Ordering::Relaxed);
                }
                Ok::<_, Stop>(())
            });
            match read {
                Ok(()) => {}
                // The other side says why it has stopped.
                Err(Stop::Receiver) => return Ok(()),
                Err(Stop::Store(error)) => return Err(error.into()),
            }
            progress.fetch_add(position as u64 % 1024, Ordering::Relaxed);
            filler.listing(listing, &statuses)?;
        }
        filler.repository_settings()?;
        filler.snapshot()?;
        filler.finish();
        Ok(())
    }
}

/// What makes a capture what it is. A fact that a later version adds is hashed only where it is known, so that what
/// was written before keeps its hash.
fn content(snapshot: &Snapshot, registry: &str, region: &str, listings: &[Listing], facts: &Facts) -> String {
    let mut hash = blake3::Hasher::new();
    for text in ["ecrsnap capture", &snapshot.name, registry, region] {
        put(&mut hash, text);
    }
    hash.update(&snapshot.captured_at.to_le_bytes());
    for listing in listings {
        put(&mut hash, &listing.repository.name);
        hash.update(&listing.hash);
        hash.update(&[u8::from(listing.complete)]);
        match &listing.capture_filter {
            Some(filter) => put(&mut hash, &filter.to_string()),
            None => drop(hash.update(&u64::MAX.to_le_bytes())),
        }
    }
    if !facts.is_empty() {
        facts.hash(&mut hash);
    }
    hash.finalize().to_hex()[..32].to_owned()
}

pub(super) fn put(hash: &mut blake3::Hasher, text: &str) {
    hash.update(&(text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

/// Why reading ends early.
enum Stop {
    Store(StoreError),
    Receiver,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Stop::Store(error)
    }
}

/// Makes rows of what is read.
struct Filler<'c> {
    capture: &'c Capture,
    rows: [Rows; TABLES.len()],
    groups: &'c SyncSender<Group>,
    texts: Texts,
}

/// Places in [`TABLES`].
const IMAGES_AT: usize = 0;
const TAGS_AT: usize = 1;
const FINDINGS_AT: usize = 2;
const LISTINGS_AT: usize = 3;
const SETTINGS_AT: usize = 4;
const SNAPSHOTS_AT: usize = 5;

/// Texts that are used again for each image.
#[derive(Default)]
struct Texts {
    digest: String,
    subject: String,
}

impl Filler<'_> {
    fn image(&mut self, listing: &Listing, position: i64, image: &StoredImage<'_>) -> Result<(), Stop> {
        let StoredImage { columns: image, kind } = image;
        spell(&mut self.texts.digest, &image.digest);
        let damaged = |what: &str| {
            StoreError::Damaged(format!("{what} of {} cannot be read", visible(&image.digest.to_string())))
        };
        let tags = image.tags.map(tags_of).transpose().map_err(|()| damaged("the tags"))?;
        let counts = image.severity_counts.map(counts_of).transpose().map_err(|()| damaged("the findings"))?;

        let rows = &mut self.rows[IMAGES_AT];
        key(rows, self.capture, listing, position, &self.texts.digest);
        rows.texts(tags.as_ref().map(|tags| tags.iter().map(AsRef::as_ref)));
        rows.integer(image.size_bytes);
        rows.integer(image.times[Time::Pushed]);
        rows.text(kind[KindText::ScanStatus]);
        rows.text(kind[KindText::ScanDescription]);
        rows.integer(image.times[Time::Scanned]);
        rows.integer(image.times[Time::SourceUpdated]);
        rows.counts(counts.as_ref().map(|counts| counts.iter().map(|(key, count)| (key.as_ref(), *count))));
        rows.text(kind[KindText::ManifestMediaType]);
        rows.text(kind[KindText::ArtifactMediaType]);
        rows.integer(image.times[Time::Pulled]);
        match &image.subject_digest {
            Some(digest) => {
                spell(&mut self.texts.subject, digest);
                rows.text(Some(&self.texts.subject));
            }
            None => rows.text(None),
        }
        rows.text(kind[KindText::ImageStatus]);
        rows.integer(image.times[Time::Archived]);
        rows.integer(image.times[Time::Activated]);
        rows.text(image.rest);

        let rows = &mut self.rows[TAGS_AT];
        for (at, tag) in tags.iter().flatten().enumerate() {
            key(rows, self.capture, listing, position, &self.texts.digest);
            rows.integer(Some(at as i64));
            rows.text(Some(tag));
        }
        let rows = &mut self.rows[FINDINGS_AT];
        for (severity, count) in counts.iter().flatten() {
            key(rows, self.capture, listing, position, &self.texts.digest);
            rows.texts(tags.as_ref().map(|tags| tags.iter().map(AsRef::as_ref)));
            rows.integer(image.times[Time::Scanned]);
            rows.text(Some(severity));
            rows.integer(Some(*count));
        }
        for at in [IMAGES_AT, TAGS_AT, FINDINGS_AT] {
            if self.rows[at].full(GROUP) {
                self.send(at)?;
            }
        }
        Ok(())
    }

    fn listing(&mut self, listing: &Listing, statuses: &ShownStatuses) -> Result<(), LakeError> {
        // How far the capture went is a column of its own.
        let mut coverage = Coverage { complete: true, ..Coverage::of(listing, self.captured_at()?) };
        coverage.shows(statuses);
        let (tag_status, image_status) = captured_part(&coverage);
        let rows = &mut self.rows[LISTINGS_AT];
        capture_key(rows, self.capture);
        rows.text(Some(&listing.repository.name));
        let sums = [listing.images, listing.tagged, listing.images.saturating_sub(listing.tagged), listing.bytes];
        for sum in sums {
            rows.integer(Some(held(sum)));
        }
        rows.boolean(Some(listing.complete));
        rows.text(listing.capture_filter.map(|filter| filter.to_string()).as_deref());
        rows.text(Some(tag_status.as_str()));
        rows.text(Some(image_status.as_str()));
        rows.text(Some(&blake3::Hash::from_bytes(listing.hash).to_hex()));
        Ok(())
    }

    fn captured_at(&self) -> Result<Instant, StoreError> {
        Instant::from_micros(self.capture.snapshot.captured_at)
            .map_err(|_| StoreError::Damaged("a snapshot has no readable capture time".to_owned()))
    }

    fn repository_settings(&mut self) -> Result<(), LakeError> {
        for (name, RepositoryFacts { described, policy }) in &self.capture.facts.repositories {
            let settings = described.as_ref().map(DescribedRepository::values).transpose()?;
            let mutability = settings.as_ref().and_then(|it| it.get("imageTagMutability"));
            let scanning = settings.as_ref().and_then(|it| it.get("imageScanningConfiguration"));
            let rows = &mut self.rows[SETTINGS_AT];
            capture_key(rows, self.capture);
            rows.text(Some(name));
            rows.boolean(Some(described.is_some()));
            rows.integer(described.as_ref().and_then(|it| it.created_at).map(Instant::micros));
            rows.text(match mutability {
                Some(Value::Str(text)) => Some(text),
                _ => None,
            });
            rows.boolean(match scanning.and_then(|it| it.get("scanOnPush")) {
                Some(Value::Bool(truth)) => Some(*truth),
                _ => None,
            });
            rows.text(described.as_ref().map(|it| it.members.as_str()));
            rows.boolean(Some(policy.is_some()));
            rows.text(policy.as_ref().and_then(|it| it.text.as_deref()));
            if self.rows[SETTINGS_AT].full(GROUP) && self.send(SETTINGS_AT).is_err() {
                // The other side says why it has stopped.
                return Ok(());
            }
        }
        Ok(())
    }

    fn snapshot(&mut self) -> Result<(), LakeError> {
        let Capture { listings, facts, .. } = self.capture;
        let scope_filter = facts.scope_filter(self.captured_at()?);
        let sum = |of: fn(&Listing) -> u64| Some(held(listings.iter().map(of).fold(0, u64::saturating_add)));
        let rows = &mut self.rows[SNAPSHOTS_AT];
        capture_key(rows, self.capture);
        rows.integer(sum(|_| 1));
        rows.integer(sum(|listing| u64::from(!listing.complete)));
        rows.integer(sum(|listing| listing.images));
        rows.integer(sum(|listing| listing.tagged));
        rows.integer(sum(|listing| listing.images.saturating_sub(listing.tagged)));
        rows.integer(sum(|listing| listing.bytes));
        rows.boolean(Some(facts.declared));
        rows.text(scope_filter.map(|(tag_status, _)| tag_status.as_str()));
        rows.text(scope_filter.map(|(_, image_status)| image_status.as_str()));
        rows.boolean(Some(facts.listed));
        Ok(())
    }

    fn send(&mut self, at: usize) -> Result<(), Stop> {
        let rows = std::mem::replace(&mut self.rows[at], Rows::new(TABLES[at]));
        self.groups.send((at, rows)).map_err(|_| Stop::Receiver)
    }

    fn finish(mut self) {
        for at in 0..TABLES.len() {
            if self.send(at).is_err() {
                return;
            }
        }
    }
}

/// The first columns of every table.
fn capture_key(rows: &mut Rows, capture: &Capture) {
    rows.text(Some(&capture.snapshot.name));
    rows.integer(Some(capture.snapshot.captured_at));
    rows.text(Some(&capture.registry));
    rows.text(Some(&capture.region));
}

/// The first columns of the tables of images.
fn key(rows: &mut Rows, capture: &Capture, listing: &Listing, position: i64, digest: &str) {
    capture_key(rows, capture);
    rows.text(Some(&listing.repository.name));
    rows.integer(Some(position));
    rows.text(Some(digest));
}

fn held(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn spell(text: &mut String, digest: &Digest) {
    use std::fmt::Write as _;
    text.clear();
    // Writing to a string does not fail.
    let _ = write!(text, "{digest}");
}

/// The texts of a JSON array of strings.
fn tags_of(text: &str) -> Result<Vec<std::borrow::Cow<'_, str>>, ()> {
    if let Some(inner) = text.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]"))
        && !inner.contains('\\')
    {
        let tags: Vec<_> = inner.split("\",\"").map(std::borrow::Cow::Borrowed).collect();
        if tags.iter().all(|tag| !tag.contains('"')) {
            return Ok(tags);
        }
    }
    let tags: Vec<String> = serde_json::from_str(text).map_err(drop)?;
    Ok(tags.into_iter().map(std::borrow::Cow::Owned).collect())
}

/// The counts of a JSON object of integers, in its order; of a name that is there twice the last.
fn counts_of(text: &str) -> Result<IndexMap<std::borrow::Cow<'_, str>, i64>, ()> {
    if let Some(counts) = plain_counts(text) {
        return Ok(counts);
    }
    let counts: IndexMap<String, Option<i64>> = serde_json::from_str(text).map_err(drop)?;
    Ok(counts.into_iter().filter_map(|(key, count)| Some((std::borrow::Cow::Owned(key), count?))).collect())
}

/// The same for names of capital letters, as all of the service's are.
fn plain_counts(text: &str) -> Option<IndexMap<std::borrow::Cow<'_, str>, i64>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut counts = IndexMap::new();
    for part in inner.split(',').filter(|_| !inner.is_empty()) {
        let (name, count) = part.strip_prefix('"')?.split_once("\":")?;
        if !name.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        counts.insert(std::borrow::Cow::Borrowed(name), count.parse().ok()?);
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::{TABLES, counts_of, tags_of};

    #[test]
    fn the_quick_ways_read_what_json_says() {
        for text in [
            r"[]",
            r#"["prod"]"#,
            r#"["a","b","c"]"#,
            r#"["a\"b","c"]"#,
            r#"["a","b"]"#,
            r#"["\u0041"]"#,
            r#"[""]"#,
            r#"["",""]"#,
            r#"["a,b"]"#,
            r#"["a", "b"]"#,
        ] {
            let expected: Vec<String> = serde_json::from_str(text).expect("JSON");
            assert_eq!(tags_of(text).expect("tags"), expected, "{text}");
        }
        for text in ["[1]", "[\"a\"", "{}", "[\"a\"b\"]", ""] {
            assert!(tags_of(text).is_err(), "{text}");
        }
        for (text, expected) in [
            ("{}", vec![]),
            (r#"{"HIGH":3}"#, vec![("HIGH", 3)]),
            (r#"{"LOW":0,"CRITICAL":-1}"#, vec![("LOW", 0), ("CRITICAL", -1)]),
            (r#"{"a,b":1,"c\":":2}"#, vec![("a,b", 1), ("c\":", 2)]),
            (r#"{"A":1,"B":2,"A":3}"#, vec![("A", 3), ("B", 2)]),
        ] {
            let counts = counts_of(text).expect("counts");
            let found: Vec<(&str, i64)> = counts.iter().map(|(key, count)| (key.as_ref(), *count)).collect();
            assert_eq!(found, expected, "{text}");
        }
        for text in [r#"{"A":1.5}"#, r#"{"A":"1"}"#, "[]", r#"{"A":1"#, r#"{"A":99999999999999999999}"#] {
            assert!(counts_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tables_are_where_they_are_filled() {
        let names = TABLES.map(|table| table.name);
        assert_eq!(names, ["images", "image_tags", "findings", "listings", "repository_settings", "snapshots"]);
    }
}
