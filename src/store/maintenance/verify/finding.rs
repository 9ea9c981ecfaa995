//! What is damaged, in the user's words: the snapshot, the repository, the position and the digest.

use std::fmt;

use rusqlite::{Connection, Row};

use crate::model::visible;
use crate::store::error::StoreError;

/// Findings that are kept word by word; of further ones only the number is.
const MOST: usize = 200;

/// One thing that is damaged, and where it shows. What is unknown or not at one place is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The first snapshot that it shows in.
    pub snapshot: Option<String>,
    /// How many further snapshots it shows in.
    pub further_snapshots: u64,
    /// The repository.
    pub repository: Option<String>,
    /// The position in the repository's listing.
    pub position: Option<u64>,
    /// The image.
    pub digest: Option<String>,
    /// What is wrong.
    pub problem: String,
}

impl Finding {
    /// A problem of the whole.
    pub(super) fn of(problem: impl Into<String>) -> Self {
        Finding { problem: problem.into(), ..Finding::default() }
    }

    /// A problem of a repository.
    pub(super) fn of_repository(name: Option<&str>, problem: impl Into<String>) -> Self {
        Finding { repository: name.map(str::to_owned), problem: problem.into(), ..Finding::default() }
    }

    /// Something that could not even be read, because it is damaged.
    fn unreadable(what: &str, error: &StoreError) -> Self {
        Finding::of(format!("{what} cannot be read: {error}"))
    }

    /// Say where an image shows.
    pub(super) fn at_image(self, connection: &Connection, id: i64) -> Self {
        let sql = "SELECT s.name, r.name, c.start + n.\"offset\" + ?1 - n.image_id
                   FROM chunk_run n
                   JOIN listing_chunk c ON c.chunk_id = n.chunk_id
                   JOIN snapshot_listing l ON l.listing_id = c.listing_id
                   JOIN repository r ON r.id = l.repository_id
                   JOIN snapshot s ON s.id = l.snapshot_id
                   WHERE n.image_id <= ?1 AND ?1 - n.image_id < n.length ORDER BY s.captured_at, s.id";
        self.located(connection, sql, id)
    }

    /// Say where a chunk shows.
    pub(super) fn at_chunk(self, connection: &Connection, id: i64) -> Self {
        let sql = "SELECT s.name, r.name, c.start
                   FROM listing_chunk c
                   JOIN snapshot_listing l ON l.listing_id = c.listing_id
                   JOIN repository r ON r.id = l.repository_id
                   JOIN snapshot s ON s.id = l.snapshot_id
                   WHERE c.chunk_id = ?1 ORDER BY s.captured_at, s.id";
        self.located(connection, sql, id)
    }

    /// Say where a listing shows.
    pub(super) fn at_listing(self, connection: &Connection, id: i64) -> Self {
        let sql = "SELECT s.name, r.name, NULL
                   FROM snapshot_listing l
                   JOIN repository r ON r.id = l.repository_id
                   JOIN snapshot s ON s.id = l.snapshot_id
                   WHERE l.listing_id = ?1 ORDER BY s.captured_at, s.id";
        self.located(connection, sql, id)
    }

    /// Say where a version of a repository's settings shows.
    pub(super) fn at_settings(self, connection: &Connection, id: i64) -> Self {
        let sql = "SELECT s.name, r.name, NULL
                   FROM snapshot_repository l
                   JOIN repository r ON r.id = l.repository_id
                   JOIN snapshot s ON s.id = l.snapshot_id
                   WHERE l.version_id = ?1 ORDER BY s.captured_at, s.id";
        self.located(connection, sql, id)
    }

    /// Say where a lifecycle policy shows.
    pub(super) fn at_policy(self, connection: &Connection, id: i64) -> Self {
        let sql = "SELECT s.name, r.name, NULL
                   FROM snapshot_policy l
                   JOIN repository r ON r.id = l.repository_id
                   JOIN snapshot s ON s.id = l.snapshot_id
                   WHERE l.policy_id = ?1 ORDER BY s.captured_at, s.id, r.id";
        self.located(connection, sql, id)
    }

    /// The place is the first row's; a database too damaged to say leaves it out.
    fn located(mut self, connection: &Connection, sql: &str, id: i64) -> Self {
        type Location = (String, String, Option<i64>);
        let place = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let found = connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement.query_map([id], place)?;
            Ok(rows.map_while(Result::ok).collect::<Vec<Location>>())
        });
        let Ok(places) = found else { return self };
        self.further_snapshots = (places.len() as u64).saturating_sub(1);
        if let Some((snapshot, repository, position)) = places.into_iter().next() {
            self.snapshot = Some(snapshot);
            self.repository = Some(repository);
            self.position = position.and_then(|position| u64::try_from(position).ok());
        }
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(snapshot) = &self.snapshot {
            write!(formatter, "snapshot {}", visible(snapshot))?;
            if self.further_snapshots > 0 {
                write!(formatter, " and {} more", self.further_snapshots)?;
            }
            formatter.write_str(", ")?;
        }
        if let Some(repository) = &self.repository {
            write!(formatter, "{}, ", visible(repository))?;
        }
        if let Some(position) = self.position {
            write!(formatter, "position {position}, ")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "{}: ", visible(digest))?;
        }
        formatter.write_str(&visible(&self.problem))
    }
}

/// What was found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The first ones.
    pub named: Vec<Finding>,
    /// How many there are beyond those.
    pub further: u64,
    /// Why something could not be checked, if the reason is not damage: no file descriptor, no memory.
    pub(super) refused: Option<String>,
}

impl Findings {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// Add a finding, made only if it will be stored: finding its places takes a search.
    pub(super) fn add_with(&mut self, finding: impl FnOnce() -> Finding) {
        if self.named.len() < MOST {
            self.named.push(finding());
        } else {
            self.further += 1;
        }
    }

    /// Add one.
    pub(super) fn add(&mut self, finding: Finding) {
        self.add_with(|| finding);
    }

    /// Add that something could not be read. Only damage is a finding.
    pub(super) fn unreadable(&mut self, what: &str, error: &StoreError) {
        if error.is_of_the_machine() {
            self.refused.get_or_insert_with(|| format!("{what}: {error}"));
        } else {
            self.add(Finding::unreadable(what, error));
        }
    }

    /// Add those of another check.
    pub(super) fn append(&mut self, other: Findings) {
        self.refused = self.refused.take().or(other.refused);
        self.further += other.further;
        for finding in other.named {
            self.add(finding);
        }
    }
}
