//! The columns that figures are counted from, image by image, without the cost of a whole detail.

use crate::model::{Digest, Severities};
use crate::store::error::StoreError;
use crate::store::read::decode::{damaged, digest_of, text_of};
use crate::store::read::{Listing, Reader};
use crate::store::row::Kind;
use crate::store::severity_counts;

/// One image of a listing, borrowed from its row.
#[derive(Debug)]
pub struct Facts<'r> {
    /// The manifest.
    pub digest: Digest,
    /// Media types and statuses.
    pub kind: &'r Kind,
    /// The tags as a JSON array; see [`Facts::tags`].
    tags: Option<&'r str>,
    /// The size; a negative one counts as 0.
    pub bytes: u64,
    /// Microseconds since 1970.
    pub pushed_at: Option<i64>,
    /// Microseconds since 1970; `None` where no pull is recorded.
    pub pulled_at: Option<i64>,
    /// Microseconds since 1970; `None` if no scan is recorded.
    pub scanned_at: Option<i64>,
    /// Counts of findings; `None` means "unknown", not "nothing found".
    pub findings: Option<Severities>,
    /// Whether it is attached to another image, as a signature is.
    pub attached: bool,
}

impl Facts<'_> {
    /// Whether there is at least one tag.
    pub fn is_tagged(&self) -> bool {
        self.tags.is_some_and(|tags| tags != "[]")
    }

    /// The tags in the page's order.
    pub fn tags(&self) -> Vec<String> {
        // A list that is damaged after its first byte counts as no tags; `verify` reports it.
        self.tags.and_then(|tags| serde_json::from_str(tags).ok()).unwrap_or_default()
    }
}

impl Reader {
    /// Call `visit` with each digest of a listing, in the listing's order. If a digest occurs more than once, its last
    /// detail counts, as in a comparison.
    pub fn facts(&self, listing: &Listing, mut visit: impl FnMut(Facts<'_>)) -> Result<(), StoreError> {
        let sql = "SELECT id, kind_id, digest, tags, size_bytes, pushed_at, pulled_at, severity_counts,
                          subject_digest IS NOT NULL, scan_completed_at
                   FROM image WHERE id >= ?1 AND id < ?2";
        let mut images = self.connection.prepare_cached(sql)?;
        let superseded = self.superseded(listing)?;
        self.runs(listing, 0, |run| {
            let mut rows = images.query([run.image_id, run.image_id + run.length])?;
            let mut met = 0;
            while let Some(row) = rows.next()? {
                met += 1;
                if !superseded.is_empty() && superseded.binary_search(&row.get(0)?).is_ok() {
                    continue;
                }
                let kind = self.kind(row.get(1)?)?;
                let findings = match text_of(row, 7)? {
                    Some(text) => Some(severity_counts::read(text).ok_or_else(|| damaged(row, "severity_counts"))?),
                    None => None,
                };
                let tags = text_of(row, 3)?;
                if tags.is_some_and(|tags| !tags.starts_with('[')) {
                    return Err(damaged(row, "tags"));
                }
                visit(Facts {
                    digest: digest_of(row.get_ref(2)?).ok_or_else(|| damaged(row, "digest"))?,
                    kind: &kind,
                    tags,
                    bytes: row.get::<_, Option<i64>>(4)?.unwrap_or(0).max(0) as u64,
                    pushed_at: row.get(5)?,
                    pulled_at: row.get(6)?,
                    scanned_at: row.get(9)?,
                    findings,
                    attached: row.get(8)?,
                });
            }
            run.whole(met)?;
            Ok(true)
        })
    }
}
