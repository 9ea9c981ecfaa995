//! The report as one HTML page that needs nothing else: no request is made, and its policy forbids any.
//!
//! The template escapes all text; only the charts, which `svg` has escaped, and the style and script
//! of this program go in as they are. The policy names these two by their hashes, so that no other
//! style or script would run even if it got in.

use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::page::{Page, Section};
use super::table::{Column, Table, Value};
use crate::model::visible;

const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

/// Print it.
pub(super) fn write(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document { page, style: STYLE, script: SCRIPT, policy: policy() };
    document.write_into(out)
}

/// What the template calls by name.
#[allow(unreachable_pub, clippy::pedantic, reason = "the macro makes it so")]
mod filters {
    /// Other people's text, its control characters and turns of direction made visible.
    #[askama::filter_fn]
    pub(super) fn visible_text(text: impl AsRef<str>, _: &dyn askama::Values) -> Result<String, askama::Error> {
        Ok(crate::model::visible(text.as_ref()))
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct Document<'p> {
    page: &'p Page<'p>,
    style: &'static str,
    script: &'static str,
    policy: String,
}

/// What the page may load and run: its own style and script, nothing from anywhere.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

impl Section<'_> {
    /// Tables that are there at once, and those that are behind a summary.
    fn tables(&self, folded: bool) -> impl Iterator<Item = &Table<'_>> {
        self.tables.iter().filter(move |table| table.folded == folded)
    }
}

/// A cell as the template needs it.
struct Shown {
    text: String,
    /// The rest of what is shown, for a pointer that rests on it.
    whole: Option<String>,
    /// What to sort by.
    number: Option<f64>,
    class: &'static str,
    /// The bar's length, of 100.
    bar: Option<String>,
}

impl Table<'_> {
    /// The rows as the template needs them.
    fn shown(&self) -> impl Iterator<Item = Vec<Shown>> {
        let greatest: Vec<f64> = (0..self.columns.len()).map(|column| self.greatest(column)).collect();
        self.rows.iter().map(move |row| {
            let columns = self.columns.iter().zip(&greatest);
            row.iter().zip(columns).map(|(value, (column, greatest))| shown(value, column, *greatest)).collect()
        })
    }
}

fn shown(value: &Value<'_>, column: &Column, greatest: f64) -> Shown {
    let number = value.number();
    let bar = number
        .filter(|_| column.bar && greatest > 0.0)
        .map(|number| format!("{:.1}", number.max(0.0) / greatest * 100.0));
    let class = match (value, column.number) {
        (Value::Digest(_), _) => "digest",
        (Value::Absent, true) => "number absent",
        (Value::Absent, false) => "absent",
        (Value::Instant(_), false) => "instant",
        (_, true) => "number",
        (_, false) => "text",
    };
    Shown { text: visible(&value.shown()), whole: value.whole().map(|whole| visible(&whole)), number, class, bar }
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT, STYLE, policy};

    #[test]
    fn style_and_script_cannot_end_their_elements() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }

    #[test]
    fn the_policy_forbids_everything_that_is_not_ours() {
        let policy = policy();
        assert!(policy.starts_with("default-src 'none';"));
        assert!(!policy.contains("unsafe") && !policy.contains("http"));
        assert_eq!(policy.matches("'sha256-").count(), 2);
    }
}
