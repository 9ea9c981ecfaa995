//! The report as one HTML file that makes no network requests; its policy forbids any.
//!
//! The template escapes all text. Charts (escaped by `svg`), table rows (escaped here) and the style and
//! script of this program are inserted unchanged. The policy names the style and the script by their
//! hashes, so that no other one runs even if it got in.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::page::{Page, Section};
use super::svg::escape_into;
use super::table::{Table, Value};
use crate::model::visible;

const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

/// Print it.
pub(super) fn write(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let ids = RefCell::default();
    let document = Document { page, style: STYLE, script: SCRIPT, policy: policy(), ids };
    document.write_into(out)
}

/// Functions that the template calls by name.
#[allow(unreachable_pub, clippy::pedantic, reason = "the macro generates public items")]
mod filters {
    /// Text of unknown origin, with its control and direction characters made visible.
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
    /// The row ids that are taken.
    ids: RefCell<HashSet<String>>,
}

impl Document<'_> {
    /// The rows of a table as HTML.
    fn rows(&self, table: &Table<'_>) -> String {
        rows(table, &mut self.ids.borrow_mut())
    }
}

/// What the page may load and run: its own style and script only.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

impl Section<'_> {
    /// The tables that are open at first, or those that are closed.
    fn tables(&self, folded: bool) -> impl Iterator<Item = &Table<'_>> {
        self.tables.iter().filter(move |table| table.folded == folded)
    }
}

impl Table<'_> {
    /// The caption above its rows.
    fn heading(&self) -> String {
        self.caption_of(self.rows.len())
    }
}

/// The rows of a table as HTML, each with an id to link to.
fn rows(table: &Table<'_>, ids: &mut HashSet<String>) -> String {
    let greatest: Vec<f64> = (0..table.columns.len()).map(|column| table.greatest(column)).collect();
    let mut html = String::with_capacity(table.rows.len() * table.columns.len() * 40);
    for row in &table.rows {
        let id = row_id(table, row, ids);
        html.push_str("<tr id=\"");
        html.push_str(&id);
        html.push_str("\">");
        for (index, (value, column)) in row.iter().zip(&table.columns).enumerate() {
            if index == 0 {
                html.push_str("<th scope=\"row\"");
            } else {
                html.push_str("<td class=\"");
                html.push_str(class(value, column.number));
                html.push('"');
            }
            let number = value.number();
            if let Some(number) = number {
                put(&mut html, format_args!(" data-n=\"{number}\""));
            }
            if let Some(whole) = value.whole().filter(|_| index > 0) {
                html.push_str(" title=\"");
                put_text(&mut html, &whole);
                html.push('"');
            }
            html.push('>');
            if index == 0 {
                put(&mut html, format_args!("<a class=\"self\" href=\"#{id}\">"));
            }
            match number.filter(|_| column.bar && greatest[index] > 0.0) {
                Some(number) => {
                    let length = number.max(0.0) / greatest[index] * 100.0;
                    put(
                        &mut html,
                        format_args!(
                            r#"<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect width="{length:.1}" height="4"/></svg><span class="beside">"#
                        ),
                    );
                    put_text(&mut html, &value.shown());
                    html.push_str("</span>");
                }
                None => put_text(&mut html, &value.shown()),
            }
            html.push_str(if index == 0 { "</a></th>" } else { "</td>" });
        }
        html.push_str("</tr>\n");
    }
    html
}

fn class(value: &Value<'_>, number: bool) -> &'static str {
    match (value, number) {
        (Value::Digest(_), _) => "digest",
        (Value::Absent, true) => "number absent",
        (Value::Absent, false) => "absent",
        (Value::Instant(_), false) => "instant",
        (_, true) => "number",
        (_, false) => "text",
    }
}

/// An id for a row, from the table's id and the values that name the row: the same row has the same id
/// in the next report. It has no character that an address has to escape.
fn row_id(table: &Table<'_>, row: &[Value<'_>], ids: &mut HashSet<String>) -> String {
    /// Longer names are cut, and a number makes them unique.
    const LONGEST: usize = 120;
    let mut id = table.id.to_owned();
    for value in row.get(table.keys.clone()).unwrap_or_default() {
        id.push('.');
        let plain = |c: char| if c.is_ascii_alphanumeric() || "/_-".contains(c) { c } else { '-' };
        let shown = value.shown();
        // The digits of a digest are enough.
        id.extend(shown.strip_prefix("sha256:").unwrap_or(&shown).chars().take(LONGEST).map(plain));
    }
    let mut unique = id.clone();
    let mut number = 1;
    while ids.contains(&unique) {
        number += 1;
        unique = format!("{id}.{number}");
    }
    ids.insert(unique.clone());
    unique
}

/// Append text of unknown origin, escaped.
fn put_text(html: &mut String, text: &str) {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        escape_into(html, text);
    } else {
        escape_into(html, &visible(text));
    }
}

fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = html.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{SCRIPT, STYLE, policy, row_id, rows};
    use crate::report::table::{Column, Table, Value};

    fn table(names: &[&'static str]) -> Table<'static> {
        let rows = names.iter().map(|name| vec![Value::text(*name), Value::Count(7)]).collect();
        Table::new("t", "T", vec![Column::text("Name"), Column::number("N")], rows)
    }

    #[test]
    fn a_row_has_one_id_that_needs_no_escape() {
        let table = table(&["shop/web", "shop/web", "a b\"<", "", "é", "shop/web.2"]);
        let mut ids = HashSet::new();
        let found: Vec<String> = table.rows.iter().map(|row| row_id(&table, row, &mut ids)).collect();
        assert_eq!(found, ["t.shop/web", "t.shop/web.2", "t.a-b--", "t.", "t.-", "t.shop/web-2"]);
    }

    #[test]
    fn cells_are_escaped() {
        let html = rows(&table(&["<b>\u{202e}&\"'"]), &mut HashSet::new());
        assert_eq!(
            html,
            "<tr id=\"t.-b-----\"><th scope=\"row\"><a class=\"self\" href=\"#t.-b-----\">&lt;b&gt;\\u{202e}&amp;&quot;&#39;</a></th>\
             <td class=\"number\" data-n=\"7\">7</td></tr>\n"
        );
    }

    #[test]
    fn style_and_script_cannot_end_their_elements() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }

    #[test]
    fn the_policy_allows_only_our_style_and_script() {
        let policy = policy();
        assert!(policy.starts_with("default-src 'none';"));
        assert!(!policy.contains("unsafe") && !policy.contains("http"));
        assert_eq!(policy.matches("'sha256-").count(), 2);
    }
}
