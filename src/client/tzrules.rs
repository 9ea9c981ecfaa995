//! When a zone's clocks change: compiled zone files (RFC 9636) and the rules of POSIX's `TZ`.
//!
//! As the C library reads them: a moment before the first change has the first kind of time that
//! is not daylight saving time, one after the last change follows the rule at the file's end.

use std::str::FromStr;

/// The changes of one zone.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Moments in UTC, ascending, and the kind of time from there on.
    changes: Vec<(i64, Kind)>,
    /// The kind of time before the first change.
    first: Kind,
    /// What holds from the last change on.
    last: Option<Rule>,
}

/// A kind of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Seconds ahead of UTC.
    pub(crate) offset: i32,
    /// Whether the rules call it daylight saving time.
    pub(crate) daylight: bool,
}

impl Rules {
    /// The kind of time at a moment of UTC, in seconds since 1970.
    pub(crate) fn at(&self, utc: i64) -> Kind {
        let passed = self.changes.partition_point(|(moment, _)| *moment <= utc);
        match (&self.last, passed.checked_sub(1)) {
            (Some(rule), _) if passed == self.changes.len() => rule.at(utc),
            (_, Some(change)) => self.changes[change].1,
            (_, None) => self.first,
        }
    }

    /// The rules of a `TZ` text such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let rule: Rule = text.parse().ok()?;
        Some(Rules { changes: Vec::new(), first: rule.standard, last: Some(rule) })
    }

    /// The rules of a compiled zone file.
    pub(crate) fn from_file(bytes: &[u8]) -> Option<Self> {
        let first_header = Header::read(bytes)?;
        if first_header.version == 0 {
            return first_header.body(bytes.get(HEADER..)?, 4);
        }
        let second = bytes.get(HEADER + first_header.length(4)..)?;
        let header = Header::read(second)?;
        let mut rules = header.body(second.get(HEADER..)?, 8)?;
        let footer = second.get(HEADER + header.length(8)..)?;
        let footer = footer.strip_prefix(b"\n")?.split(|byte| *byte == b'\n').next()?;
        rules.last = std::str::from_utf8(footer).ok().and_then(|text| text.parse().ok());
        Some(rules)
    }
}

const HEADER: usize = 44;

/// The counts at the head of each half of a zone file.
struct Header {
    version: u8,
    ut_flags: usize,
    standard_flags: usize,
    leap_seconds: usize,
    changes: usize,
    kinds: usize,
    names: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER)?;
        if !bytes.starts_with(b"TZif") {
            return None;
        }
        let count = |at: usize| usize::try_from(big_endian(&bytes[20 + 4 * at..24 + 4 * at])).ok();
        Some(Header {
            version: bytes[4],
            ut_flags: count(0)?,
            standard_flags: count(1)?,
            leap_seconds: count(2)?,
            changes: count(3)?,
            kinds: count(4)?,
            names: count(5)?,
        })
    }

    /// The bytes of the half that follows, its moments being `width` bytes wide. The counts have 31
    /// bits, so this cannot overflow.
    fn length(&self, width: usize) -> usize {
        self.changes * (width + 1)
            + self.kinds * 6
            + self.names
            + self.leap_seconds * (width + 4)
            + self.standard_flags
            + self.ut_flags
    }

    fn body(&self, bytes: &[u8], width: usize) -> Option<Rules> {
        let (moments, rest) = bytes.split_at_checked(self.changes * width)?;
        let (indexes, rest) = rest.split_at_checked(self.changes)?;
        let kinds = rest.get(..self.kinds * 6)?.chunks_exact(6);
        let kinds: Vec<Kind> =
            kinds.map(|kind| Kind { offset: big_endian(&kind[..4]) as i32, daylight: kind[4] != 0 }).collect();
        let changes = moments.chunks_exact(width).zip(indexes);
        let changes: Option<Vec<(i64, Kind)>> =
            changes.map(|(moment, index)| Some((big_endian(moment), *kinds.get(usize::from(*index))?))).collect();
        let first = kinds.iter().find(|kind| !kind.daylight).or(kinds.first())?;
        Some(Rules { changes: changes?, first: *first, last: None })
    }
}

/// A signed number of 4 or 8 bytes.
fn big_endian(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte))
}

/// A rule for every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule {
    standard: Kind,
    /// The other kind of time, the day and time at which it begins, and those at which it ends.
    daylight: Option<(Kind, Change, Change)>,
}

/// A day of each year and a time on its clock, in seconds, which may lie beyond that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    day: Day,
    time: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    /// `J1` to `J365`: 29 February is never counted.
    Julian(i64),
    /// `0` to `365`.
    Ordinal(i64),
    /// `Mm.w.d`: the w-th weekday d (0 is Sunday) of month m, the fifth being the last.
    Weekday { month: i64, week: i64, weekday: i64 },
}

impl Rule {
    fn at(&self, utc: i64) -> Kind {
        let Some((daylight, begin, end)) = self.daylight else { return self.standard };
        // The C library takes the days of 1970 for the years before it.
        let year = year_of(utc.div_euclid(86400)).max(1970);
        let begin = begin.moment(year) - i64::from(self.standard.offset);
        let end = end.moment(year) - i64::from(daylight.offset);
        let inside = if begin > end { utc < end || utc >= begin } else { utc >= begin && utc < end };
        if inside { daylight } else { self.standard }
    }
}

impl Change {
    /// The moment of that year, as if the clock showed UTC.
    fn moment(self, year: i64) -> i64 {
        let day = match self.day {
            Day::Julian(day) => {
                days_to(year, 1) + day - 1 + i64::from(day >= 60 && days_to(year, 3) - days_to(year, 1) == 60)
            }
            Day::Ordinal(day) => days_to(year, 1) + day,
            Day::Weekday { month, week, weekday } => {
                let first = days_to(year, month);
                // 1970 began on a Thursday.
                let first_such = first + (weekday - (first + 4)).rem_euclid(7);
                let end = if month == 12 { days_to(year + 1, 1) } else { days_to(year, month + 1) };
                let day = first_such + 7 * (week - 1);
                if day >= end { day - 7 } else { day }
            }
        };
        day * 86400 + self.time
    }
}

/// Days from 1970-01-01 to the first of a month.
fn days_to(year: i64, month: i64) -> i64 {
    // Counted from March, so that the leap day comes last.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 - 719_468
}

/// The year of a day counted from 1970-01-01.
fn year_of(day: i64) -> i64 {
    // A guess that is right or one too small or large.
    let guess = 1970 + day.div_euclid(365).saturating_sub(day.div_euclid(1461 * 365));
    let mut year = guess;
    while days_to(year, 1) > day {
        year -= 1;
    }
    while days_to(year + 1, 1) <= day {
        year += 1;
    }
    year
}

/// The text is not a rule.
#[derive(Debug)]
struct NoRule;

impl FromStr for Rule {
    type Err = NoRule;

    fn from_str(text: &str) -> Result<Self, NoRule> {
        let mut cursor = Cursor(text);
        cursor.name()?;
        let standard = Kind { offset: -cursor.clock(24)? as i32, daylight: false };
        if cursor.0.is_empty() {
            return Ok(Rule { standard, daylight: None });
        }
        cursor.name()?;
        let offset = match cursor.0.as_bytes().first() {
            None | Some(b',') => standard.offset + 3600,
            Some(_) => -cursor.clock(24)? as i32,
        };
        let daylight = Kind { offset, daylight: true };
        // Without days of its own the rule has those of the United States.
        let mut days = Cursor(if cursor.0.is_empty() { ",M3.2.0,M11.1.0" } else { cursor.0 });
        let changes = (days.change()?, days.change()?);
        if !days.0.is_empty() {
            return Err(NoRule);
        }
        Ok(Rule { standard, daylight: Some((daylight, changes.0, changes.1)) })
    }
}

/// The rest of a rule's text.
struct Cursor<'t>(&'t str);

impl Cursor<'_> {
    fn take(&mut self, prefix: char) -> bool {
        match self.0.strip_prefix(prefix) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, prefix: char) -> Result<(), NoRule> {
        if self.take(prefix) { Ok(()) } else { Err(NoRule) }
    }

    /// Three letters or more, or anything in angle brackets.
    fn name(&mut self) -> Result<(), NoRule> {
        let (name, rest) = if self.take('<') {
            self.0.split_once('>').ok_or(NoRule)?
        } else {
            let end = self.0.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.0.len());
            self.0.split_at(end)
        };
        self.0 = rest;
        if name.len() < 3 { Err(NoRule) } else { Ok(()) }
    }

    fn number(&mut self, most: i64) -> Result<i64, NoRule> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits.parse().ok().filter(|number| *number <= most).ok_or(NoRule)
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    fn clock(&mut self, most_hours: i64) -> Result<i64, NoRule> {
        let negative = self.take('-');
        if !negative {
            self.take('+');
        }
        let mut seconds = self.number(most_hours)? * 3600;
        for unit in [60, 1] {
            if !self.take(':') {
                break;
            }
            seconds += self.number(59)? * unit;
        }
        Ok(if negative { -seconds } else { seconds })
    }

    /// `,DAY[/TIME]`; two o'clock if there is no time.
    fn change(&mut self) -> Result<Change, NoRule> {
        self.expect(',')?;
        let day = if self.take('J') {
            Day::Julian(self.number(365).ok().filter(|day| *day > 0).ok_or(NoRule)?)
        } else if self.take('M') {
            let month = self.number(12)?;
            self.expect('.')?;
            let week = self.number(5)?;
            self.expect('.')?;
            let weekday = self.number(6)?;
            if month == 0 || week == 0 {
                return Err(NoRule);
            }
            Day::Weekday { month, week, weekday }
        } else {
            Day::Ordinal(self.number(365)?)
        };
        let time = if self.take('/') { self.clock(167)? } else { 2 * 3600 };
        Ok(Change { day, time })
    }
}

#[cfg(test)]
mod tests {
    use super::{Rules, days_to, year_of};

    #[test]
    fn years_and_days_agree_with_the_calendar() {
        let epoch = chrono::NaiveDate::default();
        for year in [-4, 1, 1600, 1899, 1900, 1970, 1999, 2000, 2024, 2100, 9999, 10_400] {
            for month in 1..=12 {
                let date = chrono::NaiveDate::from_ymd_opt(year, month, 1).unwrap();
                let days = date.signed_duration_since(epoch).num_days();
                assert_eq!(days_to(i64::from(year), i64::from(month)), days, "{date}");
                assert_eq!(year_of(days), i64::from(year), "{date}");
            }
        }
    }

    #[test]
    fn rules_change_at_their_moment() {
        // 2024: 31 March 01:00 UTC and 27 October 01:00 UTC in Europe, all the world's spellings.
        for (rule, begin, end) in [
            ("CET-1CEST,M3.5.0,M10.5.0/3", 1_711_846_800, 1_729_990_800),
            ("CET-1CEST-2,J90/2:00:00,J300/3", 1_711_846_800, 1_729_990_800),
            ("CET-1CEST,90/2,300/3", 1_711_846_800, 1_729_990_800),
            ("XST8XDT,M3.5.6/26,M10.5.0", 1_711_879_200, 1_730_019_600),
        ] {
            let rules = Rules::from_text(rule).unwrap();
            for (utc, daylight) in [(begin - 1, false), (begin, true), (end - 1, true), (end, false)] {
                assert_eq!(rules.at(utc).daylight, daylight, "{rule} at {utc}");
            }
        }
    }

    #[test]
    fn no_file_and_no_text_makes_it_panic() {
        let mut file = b"TZif2".to_vec();
        file.extend([0; 39]);
        for length in 0..file.len() {
            assert!(Rules::from_file(&file[..length]).is_none());
        }
        let mut greedy = file.clone();
        greedy[20..44].fill(0x7f);
        assert!(Rules::from_file(&greedy).is_none());
        greedy[20..44].fill(0xff);
        assert!(Rules::from_file(&greedy).is_none());
        for text in ["", "A", "AB5", "ABC", "ABC99", "ABC5DEF,", "ABC5DEF,M13.1.1,M1.1.1", "<>5", "<AAA5", "ABC5,J1,J2"]
        {
            assert!(Rules::from_text(text).is_none(), "{text}");
        }
    }
}
