//! From the columns of images to the bytes of a segment.

use super::column::{NONE, UNITS, WITH_GAPS};
use super::rows::findings;
use super::{SEVERITIES, SPAN, VERSION};
use crate::store::columns::{Columns, Time};

/// What a segment has of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Row {
    /// The key in `image_kind`.
    pub(in crate::store) kind: i64,
    /// Bytes.
    pub(in crate::store) size: Option<i64>,
    /// Microseconds since 1970, as the two below.
    pub(in crate::store) pushed: Option<i64>,
    /// The last recorded pull.
    pub(in crate::store) pulled: Option<i64>,
    /// The end of the last scan.
    pub(in crate::store) scanned: Option<i64>,
    /// Findings by severity; `None` if they are unknown.
    pub(in crate::store) findings: Option<[i64; SEVERITIES]>,
    /// Whether it has a tag.
    pub(in crate::store) tagged: bool,
    /// Whether it has a subject.
    pub(in crate::store) attached: bool,
}

impl Row {
    /// From the columns of an image, and whether it has a tag.
    pub(in crate::store) fn new(kind: i64, columns: &Columns<'_>, tagged: bool) -> Self {
        let times = &columns.times;
        Row {
            kind,
            size: columns.size_bytes,
            pushed: times[Time::Pushed],
            pulled: times[Time::Pulled],
            scanned: times[Time::Scanned],
            findings: findings(columns.severity_counts),
            tagged,
            attached: columns.subject_digest.is_some(),
        }
    }
}

/// The images of a segment, by slot.
#[derive(Clone, Debug)]
pub(in crate::store) struct Values([Option<Row>; SPAN]);

impl Default for Values {
    fn default() -> Self {
        Values([None; SPAN])
    }
}

impl Values {
    /// Put an image into its slot.
    pub(in crate::store) fn set(&mut self, slot: usize, row: Row) {
        self.0[slot] = Some(row);
    }

    /// Whether no slot has an image.
    pub(in crate::store) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// The bytes of the segment.
    pub(in crate::store) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        self.put(&mut bytes, |row| Some(row.kind));
        self.put(&mut bytes, |row| row.size);
        self.put(&mut bytes, |row| row.pushed);
        self.put(&mut bytes, |row| row.pulled);
        self.put(&mut bytes, |row| row.scanned);
        for severity in 0..SEVERITIES {
            self.put(&mut bytes, |row| Some(row.findings.map_or(0, |counts| counts[severity])));
        }
        self.put_flags(&mut bytes, |row| row.tagged);
        self.put_flags(&mut bytes, |row| row.attached);
        self.put_flags(&mut bytes, |row| row.findings.is_some());
        bytes
    }

    fn put(&self, bytes: &mut Vec<u8>, column: impl Fn(&Row) -> Option<i64>) {
        let mut values = [None; SPAN];
        for (value, row) in values.iter_mut().zip(&self.0) {
            *value = row.as_ref().and_then(&column);
        }
        let known = || values.iter().flatten().copied();
        let (Some(least), Some(most)) = (known().min(), known().max()) else {
            bytes.push(NONE);
            return;
        };
        let above = |value: i64| value.wrapping_sub(least) as u64;
        let fits = |unit: u64| known().all(|value| above(value).is_multiple_of(unit));
        // The last one is 1, which always fits.
        let (exponent, unit) = UNITS.into_iter().find(|(_, unit)| fits(*unit)).unwrap_or((0, 1));
        let width = 64 - (above(most) / unit).leading_zeros();
        let gaps = values.iter().any(Option::is_none);
        bytes.push(width as u8 | if gaps { WITH_GAPS } else { 0 });
        bytes.push(exponent);
        bytes.extend_from_slice(&least.to_le_bytes());
        if gaps {
            bytes.extend_from_slice(&bits(values.iter().map(Option::is_some)).to_le_bytes());
        }
        let (mut waiting, mut filled) = (0u128, 0);
        for value in values {
            let packed = value.map_or(0, |value| above(value) / unit);
            waiting |= u128::from(packed) << filled;
            filled += width;
            while filled >= 8 {
                bytes.push(waiting as u8);
                waiting >>= 8;
                filled -= 8;
            }
        }
        debug_assert_eq!(filled, 0, "64 values fill whole bytes, whatever their width");
    }

    fn put_flags(&self, bytes: &mut Vec<u8>, flag: impl Fn(&Row) -> bool) {
        match bits(self.0.iter().map(|row| row.as_ref().is_some_and(&flag))) {
            0 => bytes.push(0),
            u64::MAX => bytes.push(1),
            mixed => {
                bytes.push(2);
                bytes.extend_from_slice(&mixed.to_le_bytes());
            }
        }
    }
}

fn bits(flags: impl Iterator<Item = bool>) -> u64 {
    flags.enumerate().fold(0, |bits, (slot, flag)| bits | u64::from(flag) << slot)
}
