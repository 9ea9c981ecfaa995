//! Which of many snapshots a policy keeps: so many of the last, one a day for so many days, and so on.
//!
//! A pure function over capture times in UTC. It knows neither the store nor the clock: a day is a day that has a
//! snapshot, and counting begins at the newest one. As with restic, the oldest snapshot stays while the count of a rule
//! is not spent, so that the history is as long as the policy allows from its first day on.

use std::num::NonZeroU32;

use chrono::Datelike;

use crate::model::Instant;

/// One way to count: the newest snapshot of each period is kept, for so many periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Each snapshot is a period of its own.
    Last,
    /// Hours.
    Hourly,
    /// Days.
    Daily,
    /// Weeks from Monday to Sunday.
    Weekly,
    /// Months of the calendar.
    Monthly,
    /// Years of the calendar.
    Yearly,
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

impl Rule {
    /// Its name: `daily`.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Last => "last",
            Rule::Hourly => "hourly",
            Rule::Daily => "daily",
            Rule::Weekly => "weekly",
            Rule::Monthly => "monthly",
            Rule::Yearly => "yearly",
        }
    }

    /// The number of the period that a moment is in; `index` is the period of [`Rule::Last`].
    fn period(self, at: Instant, index: usize) -> i64 {
        let (seconds, _) = at.seconds();
        let date = || chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        match self {
            Rule::Last => index as i64,
            Rule::Hourly => seconds.div_euclid(HOUR),
            Rule::Daily => seconds.div_euclid(DAY),
            // 1970 began on a Thursday, three days after its Monday.
            Rule::Weekly => (seconds.div_euclid(DAY) + 3).div_euclid(7),
            Rule::Monthly => i64::from(date().year()) * 12 + i64::from(date().month0()),
            Rule::Yearly => i64::from(date().year()),
        }
    }
}

/// Rules with their counts. A snapshot is kept if any of them keeps it.
pub type Policy = [(Rule, NonZeroU32)];

/// Why a snapshot is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The rule that keeps it.
    pub rule: Rule,
    /// It is not the newest of its period, but the oldest of all while the rule's count is not spent.
    pub oldest: bool,
}

impl Kept {
    /// As people read it: `daily`, `oldest daily`.
    pub fn name(self) -> String {
        let oldest = if self.oldest { "oldest " } else { "" };
        format!("{oldest}{}", self.rule.name())
    }
}

/// What keeps each of the snapshots captured at these times, in their order; a snapshot that nothing keeps goes.
///
/// Every rule keeps the newest snapshot, so a policy with a rule in it never lets all of them go. Of two that were
/// captured at the same moment, the later in the list counts as newer.
pub fn keep(policy: &Policy, captured: &[Instant]) -> Vec<Vec<Kept>> {
    let mut newest_first: Vec<usize> = (0..captured.len()).collect();
    newest_first.sort_by_key(|index| std::cmp::Reverse((captured[*index], *index)));
    let mut kept = vec![Vec::new(); captured.len()];
    for &(rule, count) in policy {
        let mut left = count.get();
        let mut last = None;
        for (place, &index) in newest_first.iter().enumerate() {
            if left == 0 {
                break;
            }
            let period = Some(rule.period(captured[index], index));
            let oldest = period == last;
            if oldest && place + 1 < newest_first.len() {
                continue;
            }
            left -= 1;
            last = period;
            kept[index].push(Kept { rule, oldest });
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::Rule::{Daily, Hourly, Last, Monthly, Weekly, Yearly};
    use super::{Kept, Policy, Rule, keep};
    use crate::model::Instant;

    fn rule(rule: Rule, count: u32) -> (Rule, NonZeroU32) {
        (rule, NonZeroU32::new(count).expect("a count"))
    }

    fn kept(policy: &Policy, times: &[&str]) -> Vec<String> {
        let captured: Vec<Instant> = times.iter().map(|time| Instant::from_text(time).expect("a time")).collect();
        let kept = keep(policy, &captured);
        let kept = times.iter().zip(kept).filter(|(_, rules)| !rules.is_empty());
        kept.map(|(time, rules)| {
            let names: Vec<_> = rules.into_iter().map(Kept::name).collect();
            format!("{time} {}", names.join(" "))
        })
        .collect()
    }

    /// The turn of a year that is not the turn of a week: 2026-12-28 is a Monday, 2027-01-04 the next.
    const TIMES: [&str; 9] = [
        "2025-12-31T23:59:59Z",
        "2026-12-26",
        "2026-12-27",
        "2026-12-28",
        "2026-12-31T02:00:00Z",
        "2026-12-31T23:30:00Z",
        "2027-01-01T00:15:00+01:00",
        "2027-01-03",
        "2027-01-04",
    ];

    #[test]
    fn each_rule_keeps_the_newest_of_a_period_in_utc() {
        let cases: [(&Policy, &[&str]); 8] = [
            (&[rule(Last, 2)], &["2027-01-03 last", "2027-01-04 last"]),
            (&[rule(Last, 100)], &TIMES.map(|_| "")),
            (&[rule(Daily, 3)], &["2026-12-31T23:30:00Z daily", "2027-01-03 daily", "2027-01-04 daily"]),
            (
                &[rule(Hourly, 4)],
                &[
                    "2026-12-31T02:00:00Z hourly",
                    "2026-12-31T23:30:00Z hourly",
                    "2027-01-03 hourly",
                    "2027-01-04 hourly",
                ],
            ),
            (&[rule(Weekly, 3)], &["2026-12-27 weekly", "2027-01-03 weekly", "2027-01-04 weekly"]),
            (
                &[rule(Monthly, 9)],
                &["2025-12-31T23:59:59Z monthly", "2026-12-31T23:30:00Z monthly", "2027-01-04 monthly"],
            ),
            (&[rule(Yearly, 2)], &["2026-12-31T23:30:00Z yearly", "2027-01-04 yearly"]),
            (
                &[rule(Last, 1), rule(Daily, 1), rule(Yearly, 2)],
                &["2026-12-31T23:30:00Z yearly", "2027-01-04 last daily yearly"],
            ),
        ];
        for (policy, expected) in cases {
            let kept = kept(policy, &TIMES);
            if expected[0].is_empty() {
                assert_eq!(kept.len(), expected.len());
            } else {
                assert_eq!(kept, expected, "{policy:?}");
            }
        }
    }

    /// The oldest stays while a count is not spent, and goes when it is.
    #[test]
    fn the_oldest_stays_until_the_count_is_spent() {
        let times = ["2026-03-01T01:00:00Z", "2026-03-01T02:00:00Z", "2026-03-02T01:00:00Z", "2026-03-02T02:00:00Z"];
        for (policy, expected) in [
            (&[rule(Daily, 2)][..], vec!["2026-03-01T02:00:00Z daily", "2026-03-02T02:00:00Z daily"]),
            (
                &[rule(Daily, 3)],
                vec!["2026-03-01T01:00:00Z oldest daily", "2026-03-01T02:00:00Z daily", "2026-03-02T02:00:00Z daily"],
            ),
            (&[rule(Monthly, 2)], vec!["2026-03-01T01:00:00Z oldest monthly", "2026-03-02T02:00:00Z monthly"]),
            (&[rule(Monthly, 1)], vec!["2026-03-02T02:00:00Z monthly"]),
        ] {
            assert_eq!(kept(policy, &times), expected, "{policy:?}");
        }
    }

    #[test]
    fn of_equal_times_the_later_is_newer() {
        assert_eq!(kept(&[rule(Daily, 1)], &["2026-03-01", "2026-03-01"]).len(), 1);
        let at = Instant::from_text("2026-03-01").expect("a time");
        assert_eq!(keep(&[rule(Last, 1)], &[at, at]), [vec![], vec![Kept { rule: Last, oldest: false }]]);
        assert_eq!(keep(&[rule(Last, 1)], &[]), Vec::<Vec<Kept>>::new());
        assert_eq!(keep(&[], &[at]), [vec![]]);
    }

    proptest! {
        /// What a policy keeps, it keeps again: a second forget finds nothing to do.
        #[test]
        fn a_policy_applied_twice_is_applied_once(
            seconds in proptest::collection::vec(-100_000_000i64..100_000_000, 1..60), counts in [1u32..5, 1..5, 1..5, 1..5],
        ) {
            let policy = [rule(Last, counts[0]), rule(Daily, counts[1]), rule(Weekly, counts[2]), rule(Monthly, counts[3])];
            let captured: Vec<Instant> =
                seconds.iter().map(|seconds| Instant::from_micros(seconds * 1_000_000).expect("a time")).collect();
            let rules = keep(&policy, &captured);
            let newest = captured.iter().max().expect("one");
            let left: Vec<Instant> =
                captured.iter().zip(&rules).filter(|(_, rules)| !rules.is_empty()).map(|(at, _)| *at).collect();
            prop_assert!(left.contains(newest));
            let again = keep(&policy, &left);
            prop_assert_eq!(again, rules.into_iter().filter(|rules| !rules.is_empty()).collect::<Vec<_>>());
        }
    }
}
