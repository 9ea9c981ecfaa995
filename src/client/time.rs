//! Timestamps as the client prints them.

use crate::model::python::float_repr;
use crate::model::{AwsCli, Instant, Value};
use crate::output::detail::write_epoch_seconds;

use super::zone::Zone;

/// A value of the setting `cli_timestamp_format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampFormat {
    /// As the service sends it: seconds since 1970.
    Wire,
    /// ISO 8601 in the local zone.
    Iso8601,
}

impl TimestampFormat {
    /// What a release line prints if nothing is set.
    pub(crate) fn default_of(aws_cli: AwsCli) -> Self {
        match aws_cli {
            AwsCli::V1 => TimestampFormat::Wire,
            AwsCli::V2 => TimestampFormat::Iso8601,
        }
    }

    /// The format of that name, or how the release line refuses it.
    pub(crate) fn parse(name: &str, aws_cli: AwsCli) -> Result<Self, String> {
        match (name, aws_cli) {
            ("wire", _) | ("none", AwsCli::V1) => Ok(TimestampFormat::Wire),
            ("iso8601", _) => Ok(TimestampFormat::Iso8601),
            (_, AwsCli::V1) => Err(format!(
                "Unknown cli_timestamp_format value: {name}, valid values are \"none\", \"wire\" or \"iso8601\""
            )),
            (_, AwsCli::V2) => {
                Err(format!("Unknown cli_timestamp_format value: {name}, valid values are \"wire\" or \"iso8601\""))
            }
        }
    }

    /// An instant as the client's value for it.
    pub(crate) fn value(self, instant: Instant, zone: &Zone) -> Value {
        match self {
            TimestampFormat::Wire => Value::Float(instant.epoch_seconds()),
            TimestampFormat::Iso8601 => {
                let mut text = String::with_capacity(32);
                push_iso8601(&mut text, instant, zone);
                Value::Str(text)
            }
        }
    }

    /// A number for each instant: they are to each other, less or equal, as the values are. `None`
    /// where an instant prints beyond the local calendar.
    pub(crate) fn rank(self, instant: Instant, zone: &Zone) -> Option<i64> {
        let seconds = instant.epoch_seconds();
        match self {
            TimestampFormat::Wire => {
                // The bits of a double are in its order; those below zero are in the opposite one.
                let bits = (seconds + 0.0).to_bits() as i64;
                Some(if bits < 0 { bits ^ i64::MAX } else { bits })
            }
            TimestampFormat::Iso8601 => {
                let (utc, micros) = whole_and_micros(seconds);
                let (clock, offset) = zone.local(utc);
                // The offset follows the clock and its fraction: `+` before `-`, then the digits.
                let text = |offset: i32| (offset < 0, offset.unsigned_abs());
                let [one, other] = zone.offsets().map(text);
                let last = i64::from(text(offset) > one.min(other));
                CALENDAR.contains(&clock).then(|| (clock * 1_000_000 + i64::from(micros)) * 2 + last)
            }
        }
    }

    /// That value as Python's `str` has it.
    pub(crate) fn push(self, instant: Instant, zone: &Zone, text: &mut String) {
        match self {
            TimestampFormat::Wire => text.push_str(&float_repr(instant.epoch_seconds())),
            TimestampFormat::Iso8601 => push_iso8601(text, instant, zone),
        }
    }

    /// That value as JSON.
    pub(crate) fn write_json(self, instant: Instant, zone: &Zone, out: &mut Vec<u8>) {
        match self {
            TimestampFormat::Wire => write_epoch_seconds(instant, out),
            TimestampFormat::Iso8601 => {
                let mut text = String::with_capacity(34);
                text.push('"');
                push_iso8601(&mut text, instant, zone);
                text.push('"');
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
}

/// The first and the last second of the calendar, as seconds since 1970.
const CALENDAR: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Append Python's `datetime.fromtimestamp(seconds, tzlocal()).isoformat()`.
///
/// The client has the instant as a double, and rounds that to microseconds, half to even. Where the
/// local date would lie before the year 1 or after 9999 the client fails; here the instant prints
/// in UTC.
fn push_iso8601(text: &mut String, instant: Instant, zone: &Zone) {
    let (utc, micros) = whole_and_micros(instant.epoch_seconds());
    let (mut clock, mut offset) = zone.local(utc);
    if !CALENDAR.contains(&clock) {
        (clock, offset) = (utc.clamp(*CALENDAR.start(), *CALENDAR.end()), 0);
    }
    push_clock(text, clock);
    if micros > 0 {
        text.push('.');
        push_digits(text, u64::from(micros), 6);
    }
    text.push(if offset < 0 { '-' } else { '+' });
    let ahead = offset.unsigned_abs();
    push_digits(text, u64::from(ahead / 3600), 2);
    text.push(':');
    push_digits(text, u64::from(ahead / 60 % 60), 2);
    if ahead % 60 > 0 {
        text.push(':');
        push_digits(text, u64::from(ahead % 60), 2);
    }
}

/// A double of seconds as whole seconds, rounded down, and microseconds.
fn whole_and_micros(seconds: f64) -> (i64, u32) {
    let whole = seconds.trunc();
    let micros = ((seconds - whole) * 1e6).round_ties_even() as i64;
    let whole = whole as i64;
    (whole + micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000) as u32)
}

/// `2024-01-31T12:00:00` of a clock's seconds since 1970.
fn push_clock(text: &mut String, clock: i64) {
    let (day, second) = (clock.div_euclid(86400), clock.rem_euclid(86400) as u64);
    // Days are counted from 1 March of the year 0, in eras of 400 years.
    let shifted = day + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, after_december) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year_of_era + after_december;
    push_digits(text, year as u64, 4);
    for (separator, number) in
        [('-', month as u64), ('-', day as u64), ('T', second / 3600), (':', second / 60 % 60), (':', second % 60)]
    {
        text.push(separator);
        push_digits(text, number, 2);
    }
}

/// The last `width` decimal digits of a number; the width is even.
fn push_digits(text: &mut String, number: u64, width: u32) {
    /// `00` to `99`.
    const PAIRS: &str = "00010203040506070809101112131415161718192021222324252627282930313233343536373839\
                         40414243444546474849505152535455565758596061626364656667686970717273747576777879\
                         8081828384858687888990919293949596979899";
    for place in (0..width / 2).rev() {
        let pair = (number / 100u64.pow(place) % 100) as usize;
        text.push_str(&PAIRS[2 * pair..2 * pair + 2]);
    }
}

#[cfg(test)]
mod tests {
    use super::{TimestampFormat, whole_and_micros};
    use crate::client::zone::Zone;
    use crate::model::{AwsCli, Instant, Value};

    fn iso(number: &str, tz: &str) -> String {
        let zone = Zone::load(Some(tz), 1_790_000_000, &|_| None);
        match TimestampFormat::Iso8601.value(Instant::from_number(number).unwrap(), &zone) {
            Value::Str(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_fraction_has_six_digits_or_none() {
        // Each row is what the real client printed.
        for (number, text) in [
            ("1700000000", "2023-11-14T22:13:20+00:00"),
            ("1700000000.5", "2023-11-14T22:13:20.500000+00:00"),
            ("1700000000.123456", "2023-11-14T22:13:20.123456+00:00"),
            ("1700000000.0000005", "2023-11-14T22:13:20+00:00"),
            ("1700000000.0000014", "2023-11-14T22:13:20.000001+00:00"),
            ("-1.5", "1969-12-31T23:59:58.500000+00:00"),
            ("-10000000000.25", "1653-02-10T06:13:19.750000+00:00"),
            ("-62135596800", "0001-01-01T00:00:00+00:00"),
            ("253402300799", "9999-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(iso(number, "UTC0"), text, "{number}");
        }
    }

    #[test]
    fn the_offset_is_the_local_one() {
        for (number, tz, text) in [
            ("1564617600", "EST5EDT", "2019-07-31T20:00:00-04:00"),
            ("1700000000.5", "<+0330>-3:30", "2023-11-15T01:43:20.500000+03:30"),
            ("1700000000", "LMT-0:19:32", "2023-11-14T22:32:52+00:19:32"),
            ("0", "XXX0:00:01", "1969-12-31T23:59:59-00:00:01"),
        ] {
            assert_eq!(iso(number, tz), text, "{number} {tz}");
        }
    }

    #[test]
    fn a_date_that_the_zone_puts_beyond_the_calendar_prints_in_utc() {
        assert_eq!(iso("253402300799", "AAA-5"), "9999-12-31T23:59:59+00:00");
        assert_eq!(iso("-62135596800", "AAA5"), "0001-01-01T00:00:00+00:00");
    }

    #[test]
    fn every_day_of_the_calendar_is_right() {
        for day in (-719_162..2_932_896).step_by(97) {
            let instant = Instant::from_micros(day * 86_400_000_000).unwrap();
            let expected = instant.to_utc_text().replace('Z', "+00:00");
            assert_eq!(TimestampFormat::Iso8601.value(instant, &Zone::default()), Value::Str(expected));
        }
    }

    #[test]
    fn the_wire_has_a_float() {
        let instant = Instant::from_number("1546320694").unwrap();
        assert_eq!(TimestampFormat::Wire.value(instant, &Zone::default()), Value::Float(1_546_320_694.0));
    }

    /// Also in the hour that a clock shows twice, where the offset decides.
    #[test]
    fn ranks_are_in_the_order_of_the_values() {
        let texts = |tz: &str| {
            let zone = Zone::load(Some(tz), 1_790_000_000, &|_| None);
            let autumn = 1_793_491_200;
            let mut instants: Vec<Instant> =
                (0..40).map(|step| Instant::from_micros((autumn + step * 900) * 1_000_000).unwrap()).collect();
            for number in
                ["0", "-0.5", "-1", "0.0000001", "1700000000", "1700000000.5", "1700000000.0000001", "-62135590000"]
            {
                instants.push(Instant::from_number(number).unwrap());
            }
            (zone, instants)
        };
        for tz in [
            "UTC0",
            "EST5EDT,M3.2.0,M11.1.0",
            "CET-1CEST,M3.5.0,M10.5.0/3",
            "<-00>0<+02>-2,M3.5.0,M10.5.0",
            "AAA0:00:30BBB0,M3.5.0,M10.5.0",
        ] {
            let (zone, instants) = texts(tz);
            for format in [TimestampFormat::Wire, TimestampFormat::Iso8601] {
                for (one, other) in instants.iter().flat_map(|one| instants.iter().map(move |other| (*one, *other))) {
                    let (Some(left), Some(right)) = (format.rank(one, &zone), format.rank(other, &zone)) else {
                        continue;
                    };
                    let expected = match (format.value(one, &zone), format.value(other, &zone)) {
                        (Value::Str(one), Value::Str(other)) => one.cmp(&other),
                        (Value::Float(one), Value::Float(other)) => one.partial_cmp(&other).unwrap(),
                        _ => panic!("values of two types"),
                    };
                    assert_eq!(left.cmp(&right), expected, "{tz} {format:?} {one:?} {other:?}");
                }
            }
        }
        let last = Instant::from_number("253402300799").unwrap();
        let (zone, _) = texts("AAA-5");
        assert_eq!(TimestampFormat::Iso8601.rank(last, &zone), None);
    }

    #[test]
    fn seconds_split_as_in_python() {
        for (seconds, split) in [
            (0.999_999_6, (1, 0)),
            (-0.25, (-1, 750_000)),
            (-0.000_000_1, (0, 0)),
            (1.000_000_5, (1, 1)),
            (1.000_001_5, (1, 1)),
        ] {
            assert_eq!(whole_and_micros(seconds), split, "{seconds}");
        }
    }

    #[test]
    fn each_release_line_refuses_in_its_own_words() {
        assert_eq!(TimestampFormat::parse("none", AwsCli::V1), Ok(TimestampFormat::Wire));
        assert!(TimestampFormat::parse("none", AwsCli::V2).unwrap_err().ends_with("\"wire\" or \"iso8601\""));
        assert!(TimestampFormat::parse("", AwsCli::V1).unwrap_err().contains("\"none\""));
    }
}
