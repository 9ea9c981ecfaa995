//! The marks of an axis: round numbers, and round dates.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate};

const DAY: i64 = 86_400_000_000;

/// Round numbers from 0 to at least `greatest`, about four steps.
pub(super) fn numbers(greatest: f64) -> Vec<f64> {
    if greatest <= 0.0 || !greatest.is_finite() {
        return vec![0.0, 1.0];
    }
    let rough = greatest / 4.0;
    let magnitude = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|unit| unit * magnitude).find(|step| *step >= rough);
    // A count is a whole number.
    let step = step.unwrap_or(10.0 * magnitude).max(1.0);
    let step = if step < 10.0 { step.ceil() } else { step };
    let steps = (greatest / step).ceil() as u32;
    (0..=steps).map(|index| f64::from(index) * step).collect()
}

/// Round dates between two instants in microseconds, at most `most` of them, with their labels.
pub(super) fn dates(from: i64, until: i64, most: usize) -> Vec<(i64, String)> {
    let (Some(first), Some(last)) = (date(from), date(until)) else { return Vec::new() };
    let steps: [(Step, &str); 11] = [
        (Step::Days(1), "%-d %b"),
        (Step::Days(2), "%-d %b"),
        (Step::Days(7), "%-d %b"),
        (Step::Days(14), "%-d %b"),
        (Step::Months(1), "%b %Y"),
        (Step::Months(3), "%b %Y"),
        (Step::Months(6), "%b %Y"),
        (Step::Months(12), "%Y"),
        (Step::Months(24), "%Y"),
        (Step::Months(60), "%Y"),
        (Step::Months(120), "%Y"),
    ];
    for (step, format) in steps {
        let marks: Vec<(i64, String)> = step
            .from(first)
            .take_while(|date| *date <= last)
            .map(|date| (micros(date), date.format(format).to_string()))
            .filter(|(at, _)| (from..=until).contains(at))
            .take(most + 1)
            .collect();
        if marks.len() <= most {
            return marks;
        }
    }
    Vec::new()
}

/// Round dates between two instants, without those that are nearer than `least` to the last instant, and
/// the last instant itself with its year.
pub(super) fn dates_and_last(from: i64, until: i64, most: usize, least: i64) -> Vec<(i64, String)> {
    let mut marks = dates(from, until, most);
    marks.retain(|(at, _)| until.saturating_sub(*at) >= least.max(1));
    if let Some(last) = date(until) {
        marks.push((until, last.format("%-d %b %Y").to_string()));
    }
    marks
}

#[derive(Clone, Copy)]
enum Step {
    Days(u64),
    Months(u32),
}

impl Step {
    /// Round dates from one at or before `first` on.
    fn from(self, first: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let start = match self {
            Step::Days(_) => Some(first),
            Step::Months(months) => {
                let month = first.year() * 12 + first.month0() as i32;
                let month = month - month.rem_euclid(months as i32);
                NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1)
            }
        };
        std::iter::successors(start, move |date| match self {
            Step::Days(days) => date.checked_add_days(Days::new(days)),
            Step::Months(months) => date.checked_add_months(Months::new(months)),
        })
    }
}

fn date(micros: i64) -> Option<NaiveDate> {
    DateTime::from_timestamp_micros(micros).map(|time| time.date_naive())
}

fn micros(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days().saturating_mul(DAY)
}

#[cfg(test)]
mod tests {
    use super::{DAY, dates, dates_and_last, numbers};
    use crate::model::Instant;

    #[test]
    fn numbers_are_round_and_reach_the_greatest() {
        for (greatest, expected) in [
            (0.0, vec![0.0, 1.0]),
            (1.0, vec![0.0, 1.0]),
            (3.0, vec![0.0, 1.0, 2.0, 3.0]),
            (34.0, vec![0.0, 10.0, 20.0, 30.0, 40.0]),
            (20_100.0, vec![0.0, 10_000.0, 20_000.0, 30_000.0]),
            (7.0, vec![0.0, 2.0, 4.0, 6.0, 8.0]),
            (f64::NAN, vec![0.0, 1.0]),
        ] {
            assert_eq!(numbers(greatest), expected, "{greatest}");
        }
    }

    #[test]
    fn dates_are_few_and_round() {
        let at = |text: &str| Instant::from_text(text).expect("a time").micros();
        let labels = |from: &str, until: &str| -> Vec<String> {
            dates(at(from), at(until), 6).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels("2026-03-01T02:00:00Z", "2026-03-15T02:00:00Z"), ["8 Mar", "15 Mar"]);
        assert_eq!(labels("2026-03-01", "2026-03-03"), ["1 Mar", "2 Mar", "3 Mar"]);
        assert_eq!(labels("2025-01-01", "2025-12-31"), ["Jan 2025", "Apr 2025", "Jul 2025", "Oct 2025"]);
        assert_eq!(labels("2019-06-01", "2026-03-03").first().map(String::as_str), Some("2020"));
        assert_eq!(dates(i64::MIN, i64::MAX, 6), []);
        assert!(dates(at("0001-01-01"), at("9999-12-31"), 6).len() <= 6);
        assert_eq!(dates(5 * DAY + 1, 5 * DAY + 2, 6), []);
    }

    #[test]
    fn the_last_mark_is_the_last_instant() {
        let at = |text: &str| Instant::from_text(text).expect("a time").micros();
        let labels = |from: &str, until: &str, days: i64| -> Vec<String> {
            dates_and_last(at(from), at(until), 6, days * DAY).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels("2026-03-01", "2026-03-15", 3), ["1 Mar", "8 Mar", "15 Mar 2026"]);
        assert_eq!(labels("2025-01-01", "2025-12-31", 95), ["Jan 2025", "Apr 2025", "Jul 2025", "31 Dec 2025"]);
        assert_eq!(labels("2026-03-01", "2026-03-01", 0), ["1 Mar 2026"]);
        assert_eq!(dates_and_last(0, i64::MAX, 6, 0), []);
    }
}
