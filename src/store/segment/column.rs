//! One column of a segment: how numbers are packed, and how they are read and compared.

use super::SPAN;

/// The first byte of a column without any value.
pub(super) const NONE: u8 = 255;
/// Set in the first byte if some slots have no value.
pub(super) const WITH_GAPS: u8 = 128;
/// The units, by exponent; the largest that fits is taken.
pub(super) const UNITS: [(u8, u64); 3] = [(6, 1_000_000), (3, 1000), (0, 1)];

/// Where a column of numbers begins, and how it is packed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    width: u32,
    unit: u64,
    least: i64,
    /// A bit for each slot that has a value.
    present: u64,
    /// Where the packed values begin.
    start: usize,
}

/// Reads the bytes of a segment from the front.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Cursor { bytes, at: 0 }
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = self.bytes.get(self.at..self.at + N)?.try_into().ok()?;
        self.at += N;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(super) fn header(&mut self) -> Option<Header> {
        let first = self.byte()?;
        if first == NONE {
            return Some(Header { unit: 1, ..Header::default() });
        }
        let width = u32::from(first & !WITH_GAPS);
        let exponent = self.byte()?;
        let (_, unit) = UNITS.into_iter().find(|(known, _)| *known == exponent)?;
        let least = i64::from_le_bytes(self.take()?);
        let present = if first & WITH_GAPS == 0 { u64::MAX } else { u64::from_le_bytes(self.take()?) };
        let start = self.at;
        self.at = start.checked_add(SPAN / 8 * width as usize)?;
        (width <= 64 && self.at <= self.bytes.len()).then_some(Header { width, unit, least, present, start })
    }

    pub(super) fn flags(&mut self) -> Option<u64> {
        match self.byte()? {
            0 => Some(0),
            1 => Some(u64::MAX),
            2 => Some(u64::from_le_bytes(self.take()?)),
            _ => None,
        }
    }
}

/// A column of numbers.
#[derive(Clone, Copy)]
pub(in crate::store) struct Numbers<'s> {
    header: &'s Header,
    packed: &'s [u8],
}

impl<'s> Numbers<'s> {
    pub(super) fn new(header: &'s Header, bytes: &'s [u8]) -> Self {
        let end = header.start + SPAN / 8 * header.width as usize;
        Numbers { header, packed: &bytes[header.start..end] }
    }

    /// A bit for each slot that has a value.
    pub(in crate::store) fn present(&self) -> u64 {
        self.header.present
    }

    /// The value of every slot, if all that have one have the same.
    pub(in crate::store) fn constant(&self) -> Option<i64> {
        (self.header.width == 0).then_some(self.header.least)
    }

    fn packed(&self, slot: usize) -> u64 {
        let width = self.header.width as usize;
        if width == 0 {
            return 0;
        }
        let bit = slot * width;
        let mut bytes = [0u8; 16];
        let from = bit / 8;
        let until = (from + 9).min(self.packed.len());
        bytes[..until - from].copy_from_slice(&self.packed[from..until]);
        let value = (u128::from_le_bytes(bytes) >> (bit % 8)) as u64;
        if width == 64 { value } else { value & ((1 << width) - 1) }
    }

    fn value(&self, packed: u64) -> i64 {
        self.header.least.wrapping_add(packed.wrapping_mul(self.header.unit) as i64)
    }

    /// The value of a slot.
    pub(in crate::store) fn get(&self, slot: usize) -> Option<i64> {
        (self.header.present >> slot & 1 == 1).then(|| self.value(self.packed(slot)))
    }

    /// Write the value of every slot; without one, a number that means nothing.
    pub(in crate::store) fn unpack(&self, values: &mut [i64; SPAN]) {
        self.each_packed(|slot, packed| values[slot] = self.value(packed));
    }

    /// Hand the packed value of every slot to `visit`.
    #[inline]
    fn each_packed(&self, mut visit: impl FnMut(usize, u64)) {
        let width = self.header.width as usize;
        if width == 0 {
            (0..SPAN).for_each(|slot| visit(slot, 0));
            return;
        }
        // Up to 57 bits lie within eight bytes, wherever they begin.
        let safe =
            if width > 57 || self.packed.len() < 8 { 0 } else { ((self.packed.len() - 8) * 8 / width + 1).min(SPAN) };
        let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
        for slot in 0..safe {
            let bit = slot * width;
            let from = bit / 8;
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&self.packed[from..from + 8]);
            visit(slot, u64::from_le_bytes(bytes) >> (bit % 8) & mask);
        }
        (safe..SPAN).for_each(|slot| visit(slot, self.packed(slot)));
    }

    /// A bit for each slot whose value is in `from..=to`.
    pub(in crate::store) fn within(&self, from: i64, to: i64) -> u64 {
        let Header { width, unit, least, present, .. } = *self.header;
        if present == 0 || to < least || from > to {
            return 0;
        }
        let widest = if width == 64 { u64::MAX } else { (1 << width) - 1 };
        let (least, unit) = (i128::from(least), i128::from(unit));
        // In units above the smallest: rounded up, and down.
        let low = (i128::from(from) - least + unit - 1).div_euclid(unit).max(0);
        let high = (i128::from(to) - least).div_euclid(unit).min(i128::from(widest));
        if low > high {
            return 0;
        }
        if low == 0 && high == i128::from(widest) {
            return present;
        }
        let (low, span) = (low as u64, (high - low) as u64);
        let mut found = 0;
        self.each_packed(|slot, packed| found |= u64::from(packed.wrapping_sub(low) <= span) << slot);
        found & present
    }
}
