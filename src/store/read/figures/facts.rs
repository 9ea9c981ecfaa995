//! What figures are counted from, image by image: the columns of segments. The digest and the tags, which few figures
//! need, are read from the image's row when they are asked for.

use std::rc::Rc;

use crate::model::{Digest, Severities};
use crate::store::error::StoreError;
use crate::store::read::decode::{digest_in, text_of};
use crate::store::read::segments::{Segments, places};
use crate::store::read::{Listing, Reader};
use crate::store::row::Kind;
use crate::store::segment::{Column, Flag, SPAN_BITS, Segment};

/// One image of a listing.
pub struct Facts<'r> {
    reader: &'r Reader,
    id: i64,
    /// Media types and statuses.
    pub kind: Rc<Kind>,
    /// Whether there is at least one tag.
    pub tagged: bool,
    /// The size; a negative one counts as 0.
    pub bytes: u64,
    /// Microseconds since 1970.
    pub pushed_at: Option<i64>,
    /// Microseconds since 1970; `None` if no pull is recorded.
    pub pulled_at: Option<i64>,
    /// Microseconds since 1970; `None` if no scan is recorded.
    pub scanned_at: Option<i64>,
    /// Counts of findings; `None` means "unknown", not "nothing found".
    pub findings: Option<Severities>,
    /// Whether it is attached to another image, as a signature is.
    pub attached: bool,
}

impl Facts<'_> {
    /// The digest, and the tags in the page's order.
    ///
    /// # Errors
    /// If the row of the image cannot be read.
    pub fn names(&self) -> Result<(Digest, Vec<String>), StoreError> {
        let sql = "SELECT id, digest, tags FROM image WHERE id = ?1";
        let mut image = self.reader.connection.prepare_cached(sql)?;
        let mut rows = image.query([self.id])?;
        let row = rows.next()?.ok_or_else(|| StoreError::Damaged(format!("image {} is missing", self.id)))?;
        let digest = digest_in(row, 1)?;
        // A list that cannot be read counts as no tags; `verify` reports it.
        let tags = text_of(row, 2)?.and_then(|tags| serde_json::from_str(tags).ok()).unwrap_or_default();
        Ok((digest, tags))
    }
}

/// The counts of findings in a slot, if there are any.
pub(super) fn findings(segment: &Segment, slot: usize) -> Option<Severities> {
    if segment.flags(Flag::Counted) >> slot & 1 == 0 {
        return None;
    }
    let mut severities = Severities::default();
    for (severity, count) in severities.0.iter_mut().enumerate() {
        let found = segment.numbers(Column::Findings(severity)).get(slot);
        *count = found.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    }
    Some(severities)
}

impl Reader {
    /// Call `visit` with each digest of a listing, in the listing's order. If a digest occurs more than once, its last
    /// detail counts, as in a comparison.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged; and those of `visit`.
    pub fn facts(
        &self,
        listing: &Listing,
        mut visit: impl FnMut(&Facts<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let superseded = self.superseded(listing)?;
        let mut segments = Segments::new(self)?;
        self.runs(listing, 0, |run| {
            for (number, slots) in places(run.image_id..run.image_id + run.length) {
                let segment = segments.get(number)?;
                for slot in slots {
                    let id = (number << SPAN_BITS) + slot as i64;
                    if !superseded.is_empty() && superseded.binary_search(&id).is_ok() {
                        continue;
                    }
                    let number = |column| segment.numbers(column).get(slot);
                    let flag = |flag| segment.flags(flag) >> slot & 1 == 1;
                    let missing = || StoreError::Damaged(format!("image {id} is missing"));
                    visit(&Facts {
                        reader: self,
                        id,
                        kind: self.kind(number(Column::Kind).ok_or_else(missing)?)?,
                        tagged: flag(Flag::Tagged),
                        bytes: number(Column::Size).unwrap_or(0).max(0) as u64,
                        pushed_at: number(Column::Pushed),
                        pulled_at: number(Column::Pulled),
                        scanned_at: number(Column::Scanned),
                        findings: findings(segment, slot),
                        attached: flag(Flag::Attached),
                    })?;
                }
            }
            Ok(true)
        })
    }
}
