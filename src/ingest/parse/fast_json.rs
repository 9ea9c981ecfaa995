//! A quick reader of plainly spelled details: what the AWS CLI prints, and nothing else.
//!
//! It takes a detail whose members are all known, each once and in the model's spelling, with values of
//! their usual types and no escapes in strings. It returns `None` for anything else: `detail` reads that with
//! `serde_json`, and reports what is wrong with a text. So this reader must only be right about what it
//! takes; the tests compare it with the other on details of all kinds. It does not look for the end of a
//! detail first: one pass over the bytes, no tree.

use std::borrow::Cow;

use super::detail::{RawDetail, RawFindings, RawScanStatus};
use crate::model::Member;
use crate::store::columns::Home;

/// The detail that `text` begins with, and its length; `None` if it is not plain or not whole.
pub(in crate::ingest) fn detail(text: &str) -> Option<(RawDetail<'_>, usize)> {
    let mut cursor = Cursor { text, at: 0 };
    let mut detail = RawDetail::default();
    cursor.members(|cursor, name| match Home::of(Member::named(name)?) {
        Home::RegistryId => put(&mut detail.registry_id, cursor.text()?),
        Home::RepositoryName => put(&mut detail.repository_name, cursor.text()?),
        Home::Digest => put(&mut detail.image_digest, cursor.text()?),
        Home::SubjectDigest => put(&mut detail.subject_manifest_digest, cursor.text()?),
        Home::Kind(text) => put(&mut detail.texts[text], cursor.text()?),
        Home::Time(time) => put(&mut detail.times[time], cursor.time()?),
        Home::Tags => put(&mut detail.image_tags, cursor.tags()?),
        Home::Size => put(&mut detail.image_size_in_bytes, cursor.integer()?),
        Home::ScanStatus => put(&mut detail.scan_status, cursor.scan_status()?),
        Home::Findings => {
            put(&mut detail.findings, cursor.findings()?)?;
            detail.take_times_of_findings();
            Some(())
        }
    })?;
    // Without a digest it is a detail only if the objects around it say so.
    detail.image_digest.is_some().then_some((detail, cursor.at))
}

/// Set a member that was not set before. An object with a repeated member is not plain.
fn put<T>(member: &mut Option<T>, value: T) -> Option<()> {
    member.replace(value).is_none().then_some(())
}

/// Bytes of white space that `text` begins with.
pub(in crate::ingest) fn space(text: &str) -> usize {
    let mut cursor = Cursor { text, at: 0 };
    cursor.space();
    cursor.at
}

/// White space of JSON.
pub(in crate::ingest) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Severities in one detail that are plain: each is compared with those before it.
const MOST_COUNTS: usize = 32;

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// The same byte eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of the first zero byte, and perhaps of later bytes.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(eight(1)) & !word & eight(0x80)
}

impl<'a> Cursor<'a> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next eight bytes, the first one lowest.
    fn word(&self) -> Option<u64> {
        self.text.as_bytes().get(self.at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    fn space(&mut self) {
        loop {
            match self.next() {
                // Indentation.
                Some(b' ') => match self.word().map(|word| (word ^ eight(b' ')).trailing_zeros() as usize / 8) {
                    Some(spaces) => self.at += spaces,
                    None => self.at += 1,
                },
                Some(b'\n' | b'\r' | b'\t') => self.at += 1,
                _ => return,
            }
        }
    }

    /// A string without escapes.
    fn string(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        while let Some(word) = self.word() {
            let below_space = word.wrapping_sub(eight(b' ')) & !word & eight(0x80);
            let special = below_space | zeros(word ^ eight(b'"')) | zeros(word ^ eight(b'\\'));
            if special != 0 {
                self.at += special.trailing_zeros() as usize / 8;
                break;
            }
            self.at += 8;
        }
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' | 0..=0x1f => return None,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at - 1)
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        self.string().map(Cow::Borrowed)
    }

    /// An object: `take` gets each name and reads its value. An object without members is not plain.
    fn members(&mut self, mut take: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.expect(b':')?;
            self.space();
            take(self, name)?;
            self.space();
            match self.next()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn tags(&mut self) -> Option<Vec<Cow<'a, str>>> {
        let mut tags = Vec::with_capacity(2);
        self.expect(b'[')?;
        loop {
            self.space();
            tags.push(Cow::Borrowed(self.string()?));
            self.space();
            match self.next()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(tags);
                }
                _ => return None,
            }
        }
    }

    /// An integer that surely has less than 64 bits.
    fn integer(&mut self) -> Option<i64> {
        let start = self.at;
        let mut number = 0;
        while let digit @ b'0'..=b'9' = self.next()? {
            if self.at - start == 18 {
                return None;
            }
            number = number * 10 + i64::from(digit - b'0');
            self.at += 1;
        }
        let leading_zero = self.text.as_bytes()[start] == b'0' && self.at - start > 1;
        let ends = matches!(self.next()?, b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
        (self.at > start && ends && !leading_zero).then_some(number)
    }

    /// The text of a time: a string, or a number with at most a fraction.
    fn time(&mut self) -> Option<&'a str> {
        let start = self.at;
        if self.next()? == b'"' {
            self.string()?;
            return self.text.get(start..self.at);
        }
        let digits = |cursor: &mut Self| {
            let first = cursor.at;
            while cursor.next()?.is_ascii_digit() {
                cursor.at += 1;
            }
            (cursor.at > first).then_some(cursor.at - first)
        };
        let whole = digits(self)?;
        if self.text.as_bytes()[start] == b'0' && whole > 1 {
            return None;
        }
        if self.next()? == b'.' {
            self.at += 1;
            digits(self)?;
        }
        let ends = matches!(self.next()?, b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
        if ends { self.text.get(start..self.at) } else { None }
    }

    fn scan_status(&mut self) -> Option<RawScanStatus<'a>> {
        let mut scan = RawScanStatus::default();
        self.members(|cursor, name| {
            match name {
                "status" => scan.status = Some(cursor.text()?),
                "description" => scan.description = Some(cursor.text()?),
                _ => return None,
            }
            Some(())
        })?;
        Some(scan)
    }

    fn findings(&mut self) -> Option<RawFindings<'a>> {
        let mut findings = RawFindings::default();
        self.members(|cursor, name| {
            match name {
                "imageScanCompletedAt" => findings.completed_at = Some(cursor.time()?),
                "vulnerabilitySourceUpdatedAt" => findings.source_updated_at = Some(cursor.time()?),
                "findingSeverityCounts" => findings.counts = Some(cursor.counts()?),
                _ => return None,
            }
            Some(())
        })?;
        Some(findings)
    }

    fn counts(&mut self) -> Option<Vec<(Cow<'a, str>, Option<i64>)>> {
        let mut counts: Vec<(Cow<'a, str>, Option<i64>)> = Vec::with_capacity(6);
        if self.text.as_bytes().get(self.at..self.at + 2)? == b"{}" {
            self.at += 2;
            return Some(counts);
        }
        self.members(|cursor, name| {
            let count = cursor.integer()?;
            if counts.len() == MOST_COUNTS || counts.iter().any(|(known, _)| *known == name) {
                return None;
            }
            counts.push((Cow::Borrowed(name), Some(count)));
            Some(())
        })?;
        Some(counts)
    }
}
