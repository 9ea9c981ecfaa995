//! The local time zone as AWS CLI v2 sees it.
//!
//! The client does not ask for the offset at a moment. Its date library (dateutil's `tzlocal`)
//! knows two offsets, those of this year's winter and summer, and asks the C library for one thing
//! only: whether a moment is in daylight saving time. So a moment of 1970 in London, when the
//! clocks were an hour ahead all year without calling it daylight saving time, prints with
//! `+00:00`; and Dublin, whose rules call the winter daylight saving time, prints its winter an
//! hour ahead. What is printed there is what is printed here.

use std::sync::Arc;

use super::tzrules::Rules;

/// A time zone: two offsets, and when the second holds. The default is UTC.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    standard: i32,
    daylight: i32,
    rules: Option<Arc<Rules>>,
}

/// Where the C library looks for a zone that is named.
const ZONE_FOLDER: &str = "/usr/share/zoneinfo";
/// The zone where `TZ` is not set.
const SYSTEM_ZONE: &str = "/etc/localtime";

/// The year as Python's `time` module counts it: 365 days and a quarter.
const YEAR: i64 = (365 * 24 + 6) * 3600;

impl Zone {
    /// The zone that `TZ` names, by the C library's rules: `:` before it means nothing, a name is
    /// a file in the zone folder, what names no file is a rule such as `EST5EDT,M3.2.0,M11.1.0`,
    /// what is not a rule either is UTC, and so is an empty text. Not set, it is the system's zone.
    ///
    /// `now` (seconds since 1970) decides which year's two offsets hold; `read` reads a file.
    pub fn load(tz: Option<&str>, now: i64, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Self {
        let rules = match tz.map(|tz| tz.strip_prefix(':').unwrap_or(tz)) {
            None => read(SYSTEM_ZONE).and_then(|bytes| Rules::from_file(&bytes)),
            Some("") => None,
            Some(name) => {
                let path = if name.starts_with('/') { name.to_owned() } else { format!("{ZONE_FOLDER}/{name}") };
                read(&path).and_then(|bytes| Rules::from_file(&bytes)).or_else(|| Rules::from_text(name))
            }
        };
        rules.map_or_else(Zone::default, |rules| Zone::from_rules(rules, now))
    }

    fn from_rules(rules: Rules, now: i64) -> Self {
        let new_year = now.div_euclid(YEAR) * YEAR;
        let (january, july) = (rules.at(new_year).offset, rules.at(new_year + YEAR / 2).offset);
        // The larger offset is taken for the daylight saving one, whatever the rules call it.
        let (standard, daylight) = (january.min(july), january.max(july));
        Zone { standard, daylight, rules: (standard != daylight).then(|| Arc::new(rules)) }
    }

    /// All offsets that it has, in seconds ahead of UTC.
    pub(crate) fn offsets(&self) -> [i32; 2] {
        [self.standard, self.daylight]
    }

    /// The local clock at a moment of UTC, and how far it is ahead, both in seconds.
    pub(crate) fn local(&self, utc: i64) -> (i64, i32) {
        let Some(rules) = &self.rules else { return (utc + i64::from(self.standard), self.standard) };
        let (standard, saved) = (i64::from(self.standard), i64::from(self.daylight - self.standard));
        // The rules are asked as if the clock showed standard time; so one hour of each year
        // seems to come twice, and a flag distinguishes its first time from its second.
        let daylight = |clock: i64| rules.at(clock - standard).daylight;
        let twice = |clock: i64| !daylight(clock) && daylight(clock - saved);
        let in_daylight = |clock: i64, second: bool| if twice(clock) { !second } else { daylight(clock) };

        let clock = utc + standard;
        let clock = if in_daylight(clock, true) { clock + saved } else { clock };
        let second = twice(clock) && clock - utc == standard;
        (clock, if in_daylight(clock, second) { self.daylight } else { self.standard })
    }
}

#[cfg(test)]
mod tests {
    use super::Zone;

    fn zone(tz: &str) -> Zone {
        Zone::load(Some(tz), 1_790_000_000, &|_| None)
    }

    #[test]
    fn what_names_no_zone_is_utc() {
        for tz in ["", ":", "Bogus/Zone", "EST", "EST5EDT,M3", "5", "EST99"] {
            assert_eq!(zone(tz).local(1_700_000_000), (1_700_000_000, 0), "{tz}");
        }
        assert_eq!(Zone::load(None, 0, &|_| None).local(0), (0, 0));
    }

    #[test]
    fn a_rule_stands_for_a_zone() {
        // Each row was printed by the real client with that TZ.
        for (tz, utc, offset) in [
            ("EST5EDT", 1_711_846_800, -14400),
            ("EST5EDT", 1_700_000_000, -18000),
            ("<+0330>-3:30", 1_700_000_000, 12600),
            ("XXX-3:30YYY,M3.2.0,M11.1.0", 1_564_617_600, 16200),
            ("XXX-3:30YYY,M3.2.0,M11.1.0", 1_700_000_000, 12600),
        ] {
            assert_eq!(zone(tz).local(utc), (utc + i64::from(offset), offset), "{tz} {utc}");
        }
    }

    #[test]
    fn the_system_zone_is_read_where_tz_is_not_set() {
        let read = |path: &str| (path == "/etc/localtime").then(|| b"no zone file".to_vec());
        assert_eq!(Zone::load(None, 0, &read).local(0), (0, 0));
    }
}
