//! A table of the report, the same for every format: what each value means, not how it looks.

use std::borrow::Cow;
use std::ops::Range;

use crate::model::{Digest, Instant};
use crate::tabular::{short, size, whole_seconds};

/// One value in a table.
#[derive(Clone, Debug)]
pub(super) enum Value<'f> {
    /// Nothing is known.
    Absent,
    /// Anybody's text.
    Text(Cow<'f, str>),
    /// How many.
    Count(u64),
    /// How many more or fewer.
    Change(i64),
    /// A size.
    Bytes(u64),
    /// How much more or less.
    BytesChange(i64),
    /// A part of the whole, from 0 to 1.
    Share(f64),
    /// A moment.
    Instant(Instant),
    /// An image.
    Digest(&'f Digest),
    /// Several texts.
    List(&'f [String]),
}

impl<'f> Value<'f> {
    pub(super) fn text(text: impl Into<Cow<'f, str>>) -> Self {
        Value::Text(text.into())
    }

    pub(super) fn of<T>(value: Option<T>, make: impl FnOnce(T) -> Value<'f>) -> Self {
        value.map_or(Value::Absent, make)
    }

    /// A count; zero is left empty.
    pub(super) fn some(count: u64) -> Self {
        if count == 0 { Value::Absent } else { Value::Count(count) }
    }

    /// The tags of an image, which may have none.
    pub(super) fn tags(tags: &'f [String]) -> Self {
        if tags.is_empty() { Value::Absent } else { Value::List(tags) }
    }

    /// What people read.
    pub(super) fn shown(&self) -> Cow<'_, str> {
        match self {
            Value::Absent => "–".into(),
            Value::Text(text) => text.as_ref().into(),
            Value::Count(count) => grouped(*count).into(),
            Value::Change(change) => signed(*change, &grouped(change.unsigned_abs())).into(),
            Value::Bytes(bytes) => size(*bytes).into(),
            Value::BytesChange(change) => signed(*change, &size(change.unsigned_abs())).into(),
            Value::Share(part) => percent(*part).into(),
            Value::Instant(instant) => whole_seconds(*instant).into(),
            Value::Digest(digest) => short(digest).into(),
            Value::List(list) => list.join(", ").into(),
        }
    }

    /// The exact value, if people see less.
    pub(super) fn whole(&self) -> Option<String> {
        match self {
            Value::Digest(digest) => Some(digest.to_string()),
            Value::Bytes(bytes) => Some(format!("{} bytes", grouped(*bytes))),
            _ => None,
        }
    }

    /// The number to sort by; `None` if the text sorts right.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Value::Count(number) | Value::Bytes(number) => Some(*number as f64),
            Value::Change(number) | Value::BytesChange(number) => Some(*number as f64),
            Value::Share(part) => Some(*part),
            Value::Instant(instant) => Some(instant.epoch_seconds()),
            Value::Absent | Value::Text(_) | Value::Digest(_) | Value::List(_) => None,
        }
    }
}

/// One column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    /// Whether its values are aligned right.
    pub(super) number: bool,
    /// Whether each value has a bar next to its text.
    pub(super) bar: bool,
}

impl Column {
    pub(super) fn text(title: &'static str) -> Self {
        Column { title, number: false, bar: false }
    }

    pub(super) fn number(title: &'static str) -> Self {
        Column { title, number: true, bar: false }
    }

    pub(super) fn bar(title: &'static str) -> Self {
        Column { title, number: true, bar: true }
    }
}

/// One table.
#[derive(Clone, Debug)]
pub(super) struct Table<'f> {
    /// A word for links and scripts, without a dot.
    pub(super) id: &'static str,
    pub(super) caption: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Value<'f>>>,
    /// The columns that name a row.
    pub(super) keys: Range<usize>,
    /// How many rows there would be without a limit.
    pub(super) all: usize,
    /// Closed at first: the numbers behind a chart, or what few readers need.
    pub(super) folded: bool,
}

impl<'f> Table<'f> {
    /// A table with all of its rows, named by their first column.
    pub(super) fn new(
        id: &'static str,
        caption: impl Into<String>,
        columns: Vec<Column>,
        rows: Vec<Vec<Value<'f>>>,
    ) -> Self {
        let all = rows.len();
        Table { id, caption: caption.into(), columns, rows, keys: 0..1, all, folded: false }
    }

    /// With rows that are named by these columns.
    pub(super) fn keys(self, keys: Range<usize>) -> Self {
        Table { keys, ..self }
    }

    /// With the first rows of `all`.
    pub(super) fn first_of(self, all: u64) -> Self {
        Table { all: usize::try_from(all).unwrap_or(usize::MAX).max(self.rows.len()), ..self }
    }

    /// Closed at first.
    pub(super) fn folded(self) -> Self {
        Table { folded: true, ..self }
    }

    /// The caption of the first `shown` rows.
    pub(super) fn caption_of(&self, shown: usize) -> String {
        if shown < self.all {
            format!("{}: the first {} of {}", self.caption, grouped(shown as u64), grouped(self.all as u64))
        } else {
            self.caption.clone()
        }
    }
}

impl Table<'_> {
    /// The greatest number of a column.
    pub(super) fn greatest(&self, column: usize) -> f64 {
        self.rows.iter().filter_map(|row| row.get(column)?.number()).fold(0.0, f64::max)
    }
}

/// `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12.3 %`. A part above 0 is never printed as 0, and a part below 1 never as 100.
pub(super) fn percent(part: f64) -> String {
    let percent = part * 100.0;
    match percent {
        p if p > 0.0 && p < 0.05 => "< 0.1 %".to_owned(),
        p if (99.95..100.0).contains(&p) => "99.9 %".to_owned(),
        p => format!("{p:.1} %"),
    }
}

fn signed(number: i64, text: &str) -> String {
    match number {
        0 => "±0".to_owned(),
        1.. => format!("+{text}"),
        _ => format!("−{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, grouped, percent};

    #[test]
    fn numbers_for_people() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        for (part, text) in
            [(0.0, "0.0 %"), (0.0001, "< 0.1 %"), (0.1234, "12.3 %"), (0.9999, "99.9 %"), (1.0, "100.0 %")]
        {
            assert_eq!(percent(part), text);
        }
        assert_eq!(Value::Change(-1200).shown(), "−1,200");
        assert_eq!(Value::Change(0).shown(), "±0");
        assert_eq!(Value::BytesChange(1_500_000_000).shown(), "+1.50 GB");
        assert_eq!(Value::BytesChange(i64::MIN).shown(), "−9.22 EB");
    }
}
