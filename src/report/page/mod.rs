//! The report in sentences, tables and charts, as HTML and Markdown both show it.
//!
//! This module decides what is said and in which order, once for both. The formats decide how it looks
//! and escape it.

mod changes;
mod cleanup;
mod history;
mod images;
mod overview;
mod repositories;
mod scans;
mod settings;
mod trends;

use super::figures::{Figures, Image, Naming, RepositoryKey};
use super::table::{Table, Value, grouped};

/// Everything that a reader sees.
pub(super) struct Page<'f> {
    pub(super) title: &'f str,
    /// One line below the title.
    pub(super) lead: String,
    /// What a reader has to know before the numbers.
    pub(super) notices: Vec<String>,
    pub(super) tiles: Vec<Tile>,
    pub(super) sections: Vec<Section<'f>>,
    pub(super) program: &'f str,
}

/// A total.
pub(super) struct Tile {
    pub(super) label: &'static str,
    pub(super) value: String,
    /// The change since the start of the span; `None` without a span.
    pub(super) change: Option<String>,
    /// Its course as SVG; empty without a span.
    pub(super) spark: String,
}

/// A part of the report with a heading.
#[derive(Default)]
pub(super) struct Section<'f> {
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    /// Sentences that belong before the numbers.
    pub(super) notes: Vec<String>,
    pub(super) charts: Vec<Chart>,
    pub(super) tables: Vec<Table<'f>>,
}

/// A chart.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) svg: String,
}

/// Put a report into words.
pub(super) fn page(figures: &Figures) -> Page<'_> {
    // A snapshot without repositories has nothing but its history.
    let any = figures.last().is_some_and(|last| last.repositories > 0);
    let sections = [
        trends::trends(figures),
        (any || !figures.absent.is_empty()).then(|| repositories::repositories(figures)),
        any.then(|| images::ages(figures)),
        any.then(|| cleanup::cleanup(figures)),
        changes::moves(figures),
        changes::churn(figures),
        any.then(|| scans::scans(figures)),
        any.then(|| images::statuses(figures)),
        settings::settings(figures),
        settings::policies(figures),
        any.then(|| repositories::quotas(figures)),
        Some(history::captures(figures)),
    ];
    Page {
        title: &figures.title,
        lead: overview::lead(figures),
        notices: overview::notices(figures),
        tiles: overview::tiles(figures),
        sections: sections.into_iter().flatten().collect(),
        program: &figures.program,
    }
}

/// A repository's name; with registry and region if the report has several.
fn name<'f>(figures: &Figures, key: &'f RepositoryKey) -> Value<'f> {
    match figures.naming() {
        naming if naming == Naming::default() => Value::text(key.repository_name.as_str()),
        naming => Value::text(key.label(naming)),
    }
}

/// The first cells of a row about one image: repository, tags, digest.
fn identity<'f>(figures: &Figures, image: &'f Image) -> Vec<Value<'f>> {
    vec![name(figures, &image.place), Value::tags(&image.image_tags), Value::Digest(&image.image_digest)]
}

/// `1 image`, `2 images`.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// How many names a sentence has at most.
const NAMED: usize = 5;

/// Names in a sentence.
fn listed(names: &[String]) -> String {
    match names.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {} more", names[..NAMED].join(", "), grouped(more as u64)),
    }
}

/// Repositories in a sentence.
fn listed_keys<'k>(figures: &Figures, keys: impl IntoIterator<Item = &'k RepositoryKey>) -> String {
    let naming = figures.naming();
    let mut keys = keys.into_iter();
    let names: Vec<String> = keys.by_ref().take(NAMED).map(|key| key.label(naming)).collect();
    match keys.count() {
        0 => names.join(", "),
        more => format!("{} and {} more", names.join(", "), grouped(more as u64)),
    }
}

/// `90 days`, `12 hours`.
fn days(days: f64) -> String {
    match days {
        1.0 => "1 day".to_owned(),
        whole if whole.fract() == 0.0 => format!("{whole} days"),
        part => format!("{part:.1} days"),
    }
}
