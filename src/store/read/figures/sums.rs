//! Sums over the images of a listing that the listing's own row does not have.

use std::collections::HashMap;
use std::ops::Range;

use super::shape::Shape;
use crate::model::Severities;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::decode::text_of;
use crate::store::severity_counts;

/// What the images of a listing have together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Findings by severity.
    pub findings: Severities,
    /// Images with counts of findings, be they zero.
    pub counted: u64,
    /// Images whose status is `ARCHIVED`.
    pub archived: u64,
}

impl Sums {
    /// Add another listing's or image's.
    pub fn add(&mut self, other: &Sums) {
        self.findings.add(&other.findings);
        self.counted += other.counted;
        self.archived += other.archived;
    }

    fn less(&self, earlier: &Sums) -> Sums {
        let mut findings = self.findings;
        for (sum, before) in findings.0.iter_mut().zip(earlier.findings.0) {
            *sum = sum.saturating_sub(before);
        }
        Sums {
            findings,
            counted: self.counted.saturating_sub(earlier.counted),
            archived: self.archived.saturating_sub(earlier.archived),
        }
    }
}

/// The sums of all images up to an id, kept at the ids where something is added. A run of ids is
/// then a difference of two, whatever its length.
#[derive(Default)]
struct Running {
    ids: Vec<i64>,
    sums: Vec<Sums>,
}

impl Running {
    fn add(&mut self, id: i64, image: &Sums) {
        let mut sum = self.sums.last().copied().unwrap_or_default();
        sum.add(image);
        self.ids.push(id);
        self.sums.push(sum);
    }

    fn before(&self, id: i64) -> Sums {
        let at = self.ids.partition_point(|known| *known < id);
        if at == 0 { Sums::default() } else { self.sums[at - 1] }
    }

    fn over(&self, run: &Range<i64>) -> Sums {
        self.before(run.end).less(&self.before(run.start))
    }
}

impl Reader {
    /// The sums of each listing of a shape; every image is read once.
    pub(super) fn sums(&self, shape: &Shape) -> Result<Vec<Sums>, StoreError> {
        let sql = "SELECT id, kind_id, severity_counts FROM image WHERE id >= ?1 AND id < ?2";
        let mut images = self.connection.prepare_cached(sql)?;
        let mut running = Running::default();
        for range in shape.images() {
            let mut rows = images.query([range.start, range.end])?;
            while let Some(row) = rows.next()? {
                let kind = self.kind(row.get(1)?)?;
                let counts = text_of(row, 2)?;
                let archived = kind.image_status.as_deref() == Some("ARCHIVED");
                if counts.is_none() && !archived {
                    continue;
                }
                let id = row.get(0)?;
                let damaged = || StoreError::Damaged(format!("image {id} has no readable severity_counts"));
                let findings = match counts {
                    Some(counts) => severity_counts::read(counts).ok_or_else(damaged)?,
                    None => Severities::default(),
                };
                let image = Sums { findings, counted: u64::from(counts.is_some()), archived: u64::from(archived) };
                running.add(id, &image);
            }
        }
        let mut chunks: HashMap<i64, Sums> = HashMap::with_capacity(shape.chunks.len());
        let mut of_chunk = |chunk: i64| {
            *chunks.entry(chunk).or_insert_with(|| {
                let mut sum = Sums::default();
                for run in shape.runs(chunk) {
                    sum.add(&running.over(run));
                }
                sum
            })
        };
        let of_listing = |(listing, superseded): (&Vec<i64>, &Vec<i64>)| {
            let mut sum = Sums::default();
            for chunk in listing {
                sum.add(&of_chunk(*chunk));
            }
            for id in superseded {
                sum = sum.less(&running.over(&(*id..*id + 1)));
            }
            sum
        };
        Ok(shape.listings.iter().zip(&shape.superseded).map(of_listing).collect())
    }
}
