//! The report in sentences, tables and charts, as HTML and Markdown both show it.
//!
//! Here it is decided what is said and in which order, once for both; the formats decide how it looks
//! and escape it.

mod history;
mod images;
mod overview;
mod repositories;
mod scans;
mod trends;

use super::figures::{Figures, RepositoryKey};
use super::table::{Table, Value, grouped};

/// How many rows the longest tables show; JSON has them all.
const SHOWN: usize = 25;

/// All that a reader is shown.
pub(super) struct Page<'f> {
    pub(super) title: &'f str,
    /// One line below the title.
    pub(super) lead: String,
    /// What to know before reading a number.
    pub(super) notices: Vec<String>,
    pub(super) tiles: Vec<Tile>,
    pub(super) sections: Vec<Section<'f>>,
    pub(super) program: &'f str,
}

/// A total.
pub(super) struct Tile {
    pub(super) label: &'static str,
    pub(super) value: String,
    /// The change since the start of the span, where there is one.
    pub(super) change: Option<String>,
    /// How it went, as SVG; empty where there is no span.
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
    // Of a snapshot that holds nothing there is only to say how it came to that.
    let any = figures.last().is_some_and(|last| last.repositories > 0);
    let sections = [
        trends::trends(figures),
        (any || !figures.absent.is_empty()).then(|| repositories::repositories(figures)),
        any.then(|| images::ages(figures)),
        any.then(|| images::cleanup(figures)),
        history::moves(figures),
        any.then(|| scans::scans(figures)),
        any.then(|| images::statuses(figures)),
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

/// A repository's name, with what it takes to tell it from others of the name.
fn name<'f>(figures: &Figures, place: &'f RepositoryKey) -> Value<'f> {
    let registry = Some(&place.registry_id).filter(|_| figures.registries.len() > 1);
    let region = Some(&place.region).filter(|region| figures.regions.len() > 1 && !region.is_empty());
    match (registry, region) {
        (None, None) => Value::text(place.repository_name.as_str()),
        (Some(beside), None) | (None, Some(beside)) => Value::text(format!("{} ({beside})", place.repository_name)),
        (Some(registry), Some(region)) => Value::text(format!("{} ({registry}, {region})", place.repository_name)),
    }
}

/// A caption that says how much of it is shown.
fn caption(what: &str, shown: usize, all: usize) -> String {
    if shown < all { format!("{what}: the first {shown} of {}", grouped(all as u64)) } else { what.to_owned() }
}

/// `1 image`, `2 images`.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// Names in a sentence, at most five of them.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names if names.len() <= 5 => names.join(", "),
        names => format!("{} and {} more", names[..5].join(", "), names.len() - 5),
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
