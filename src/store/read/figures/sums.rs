//! Sums over the images of a listing that the listing's own row does not have.

use std::ops::Range;

use hashbrown::HashMap;

use super::facts::findings;
use super::shape::Shape;
use crate::model::Severities;
use crate::store::columns::KindText;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::segments::{Segments, places};
use crate::store::segment::{Column, SPAN_BITS};

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
        let mut segments = Segments::new(self)?;
        let mut archived: HashMap<i64, bool> = HashMap::new();
        let mut running = Running::default();
        for range in shape.images() {
            for (number, slots) in places(range) {
                let segment = segments.get(number)?;
                let kinds = segment.numbers(Column::Kind);
                for slot in slots {
                    let id = (number << SPAN_BITS) + slot as i64;
                    let kind = kinds.get(slot).ok_or_else(|| StoreError::Damaged(format!("image {id} is missing")))?;
                    let archived = if let Some(archived) = archived.get(&kind) {
                        *archived
                    } else {
                        let is_archived = self.kind(kind)?[KindText::ImageStatus].as_deref() == Some("ARCHIVED");
                        *archived.entry(kind).or_insert(is_archived)
                    };
                    let findings = findings(segment, slot);
                    if findings.is_some() || archived {
                        let counted = u64::from(findings.is_some());
                        let findings = findings.unwrap_or_default();
                        running.add(id, &Sums { findings, counted, archived: u64::from(archived) });
                    }
                }
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
