//! Charts as inline SVG: lines over a true time axis, small lines without axes, and bars.
//!
//! Every chart has a title and a description for screen readers; its numbers are also in a table. Each
//! instant of a line chart has an invisible column whose title has its values, so that a pointer shows
//! them without a script. Colours and dashes come from classes, so that a theme or a printer changes
//! them. All text goes through [`escaped`].

use std::fmt::Write as _;

use super::scale;
use crate::model::visible;

/// A series of a line chart.
pub(super) struct Series {
    /// The name, at the end of the line.
    pub(super) name: &'static str,
    /// The class that colours and dashes it: `s1`, `critical`, ...
    pub(super) class: &'static str,
    /// A value for each instant of the chart.
    pub(super) values: Vec<f64>,
}

/// Lines over time.
pub(super) struct Lines<'c> {
    pub(super) id: &'c str,
    pub(super) title: &'c str,
    pub(super) description: String,
    /// The instants in microseconds, in order.
    pub(super) times: &'c [i64],
    /// What each instant is called.
    pub(super) names: &'c [String],
    /// Letters for each instant whose values cannot be compared with the others; empty for the rest.
    pub(super) marks: &'c [String],
    pub(super) series: Vec<Series>,
    /// How a value is written at the axis.
    pub(super) label: fn(f64) -> String,
    /// How a value is written in full.
    pub(super) whole: fn(f64) -> String,
}

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 54.0;
const RIGHT: f64 = 116.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 26.0;
/// The least distance between the names at the ends of lines.
const LINE: f64 = 14.0;
/// More points than this have no dots, which would hide the lines.
const DOTS: usize = 40;
/// The least distance between two dates at the axis.
const DATE: f64 = 64.0;

impl Lines<'_> {
    /// The chart.
    pub(super) fn draw(&self) -> String {
        let greatest = self.series.iter().flat_map(|series| &series.values).copied().fold(0.0, f64::max);
        let marks = scale::numbers(greatest);
        let top = marks.last().copied().unwrap_or(1.0);
        let (first, last) = (self.times.first().copied().unwrap_or(0), self.times.last().copied().unwrap_or(0));
        let long = (last as f64 - first as f64).max(1.0);
        let x = |time: i64| LEFT + (time as f64 - first as f64) / long * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| TOP + (1.0 - value / top) * (HEIGHT - TOP - BOTTOM);
        let mut svg = open(self.id, self.title, &self.description, "lines", (WIDTH, HEIGHT));
        for mark in &marks {
            let (at, label) = (y(*mark), escaped(&(self.label)(*mark)));
            put(&mut svg, format_args!(r#"<path class="grid-line" d="M{LEFT} {at:.1}H{:.1}"/>"#, WIDTH - RIGHT));
            put(&mut svg, format_args!(r#"<text class="y" x="{:.1}" y="{:.1}">{label}</text>"#, LEFT - 8.0, at + 4.0));
        }
        for (time, label) in scale::dates_and_last(first, last, 5, (DATE / (WIDTH - LEFT - RIGHT) * long) as i64) {
            let (at, foot) = (x(time), HEIGHT - BOTTOM);
            put(&mut svg, format_args!(r#"<path class="tick" d="M{at:.1} {foot}v5"/>"#));
            put(
                &mut svg,
                format_args!(r#"<text class="x" x="{at:.1}" y="{:.1}">{}</text>"#, foot + 19.0, escaped(&label)),
            );
        }
        let marked = || self.times.iter().zip(self.marks).filter(|(_, mark)| !mark.is_empty());
        let lettered = marked().count() <= DOTS;
        for (time, mark) in marked() {
            let (at, foot) = (x(*time), HEIGHT - BOTTOM);
            put(&mut svg, format_args!(r#"<path class="doubt" d="M{at:.1} {TOP}V{foot}"/>"#));
            if lettered {
                let mark = escaped(mark);
                put(&mut svg, format_args!(r#"<text class="mark" x="{at:.1}" y="{:.1}">{mark}</text>"#, TOP - 5.0));
            }
        }
        for series in &self.series {
            let points = self.times.iter().zip(&series.values).map(|(time, value)| (x(*time), y(*value)));
            line(&mut svg, series.class, points.clone());
            if self.times.len() <= DOTS {
                for (at, up) in points {
                    put(
                        &mut svg,
                        format_args!(r#"<circle class="dot {}" cx="{at:.1}" cy="{up:.1}" r="2.5"/>"#, series.class),
                    );
                }
            }
        }
        self.names(&mut svg, y);
        self.values(&mut svg, x);
        svg.push_str("</svg>");
        svg
    }

    /// A column for each instant, with its values as a title and a line that a pointer makes visible.
    fn values(&self, svg: &mut String, x: impl Fn(i64) -> f64) {
        let foot = HEIGHT - BOTTOM;
        for (index, time) in self.times.iter().enumerate() {
            let at = x(*time);
            // Half way to the neighbours.
            let from = index.checked_sub(1).map_or(LEFT - 6.0, |before| f64::midpoint(x(self.times[before]), at));
            let until = self.times.get(index + 1).map_or(WIDTH - RIGHT + 6.0, |after| f64::midpoint(at, x(*after)));
            let name = self.names.get(index).map_or("", |name| name);
            put(svg, format_args!(r#"<g class="hit"><title>{}"#, escaped(&visible(name))));
            for series in &self.series {
                let value = series.values.get(index).copied().unwrap_or(0.0);
                put(svg, format_args!("\n{}: {}", escaped(series.name), escaped(&(self.whole)(value))));
            }
            put(
                svg,
                format_args!(
                    r#"</title><rect x="{from:.1}" y="{TOP}" width="{:.1}" height="{:.1}"/><path class="guide" d="M{at:.1} {TOP}V{foot}"/></g>"#,
                    (until - from).max(0.0),
                    foot - TOP
                ),
            );
        }
    }

    /// The names at the ends of the lines, moved apart if they would overlap.
    fn names(&self, svg: &mut String, y: impl Fn(f64) -> f64) {
        let end = |series: &Series| y(series.values.last().copied().unwrap_or(0.0)) + 4.0;
        let mut names: Vec<(f64, &Series)> = self.series.iter().map(|series| (end(series), series)).collect();
        names.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut floor = HEIGHT - BOTTOM + 4.0;
        for (at, _) in names.iter_mut().rev() {
            *at = at.min(floor);
            floor = *at - LINE;
        }
        for (at, series) in names {
            let (x, middle, class, name) = (WIDTH - RIGHT + 6.0, at - 4.0, series.class, escaped(series.name));
            put(svg, format_args!(r#"<path class="line {class}" d="M{x:.1} {middle:.1}h12"/>"#));
            put(svg, format_args!(r#"<text class="name" x="{:.1}" y="{at:.1}">{name}</text>"#, x + 17.0));
        }
    }
}

/// A small line between its own least and greatest value: a shape without an axis.
pub(super) fn spark(times: &[i64], values: &[f64]) -> String {
    let (width, height) = (120.0, 28.0);
    let (first, last) = (times.first().copied().unwrap_or(0), times.last().copied().unwrap_or(0));
    let long = (last as f64 - first as f64).max(1.0);
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let spread = values.iter().copied().fold(0.0, f64::max) - lowest;
    let mut svg = format!(
        r#"<svg class="spark" viewBox="0 0 {width} {height}" preserveAspectRatio="xMinYMid" aria-hidden="true" focusable="false">"#
    );
    let mut points = times.iter().zip(values).map(|(time, value)| {
        let up = if spread > 0.0 { (value - lowest) / spread } else { 0.5 };
        (2.0 + (*time as f64 - first as f64) / long * (width - 6.0), height - 4.0 - up * (height - 8.0))
    });
    line(&mut svg, "s1", points.clone());
    if let Some((at, up)) = points.next_back() {
        put(&mut svg, format_args!(r#"<circle class="dot s1" cx="{at:.1}" cy="{up:.1}" r="2.5"/>"#));
    }
    svg.push_str("</svg>");
    svg
}

/// One bar: its label, its value, the text after it, and its class.
pub(super) struct Bar<'c> {
    pub(super) label: &'c str,
    pub(super) value: f64,
    pub(super) text: String,
    pub(super) class: &'static str,
}

/// Horizontal bars, one below the other.
pub(super) fn bars(id: &str, title: &str, description: &str, bars: &[Bar<'_>]) -> String {
    let (row, left, right) = (24.0, 150.0, 78.0);
    let height = row * bars.len() as f64 + 4.0;
    let greatest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let mut svg = open(id, title, description, "bars", (WIDTH, height));
    for (index, bar) in bars.iter().enumerate() {
        let top = row * index as f64 + 2.0;
        let long = if greatest > 0.0 { bar.value / greatest * (WIDTH - left - right) } else { 0.0 };
        // A value above 0 is visible.
        let long = if bar.value > 0.0 { long.max(1.5) } else { 0.0 };
        let (middle, label, text) = (top + 14.5, escaped(bar.label), escaped(&bar.text));
        put(&mut svg, format_args!(r#"<text class="label" x="{:.1}" y="{middle:.1}">{label}</text>"#, left - 10.0));
        put(
            &mut svg,
            format_args!(
                r#"<rect class="bar {}" x="{left:.1}" y="{:.1}" width="{long:.1}" height="{:.1}" rx="2"/>"#,
                bar.class,
                top + 3.0,
                row - 8.0
            ),
        );
        put(
            &mut svg,
            format_args!(r#"<text class="value" x="{:.1}" y="{middle:.1}">{text}</text>"#, left + long + 7.0),
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Text escaped for HTML, SVG and attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    escape_into(&mut escaped, text);
    escaped
}

/// Append a text, escaped for HTML, SVG and attributes.
pub(super) fn escape_into(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

fn open(id: &str, title: &str, description: &str, class: &str, (width, height): (f64, f64)) -> String {
    let (title, description) = (escaped(title), escaped(description));
    format!(
        r#"<svg class="chart {class}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>"#
    )
}

fn line(svg: &mut String, class: &str, points: impl Iterator<Item = (f64, f64)>) {
    put(svg, format_args!(r#"<path class="line {class}" d=""#));
    for (index, (x, y)) in points.enumerate() {
        put(svg, format_args!("{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' }));
    }
    svg.push_str(r#""/>"#);
}

fn put(svg: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = svg.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::{Bar, Lines, Series, bars, spark};

    #[test]
    fn a_line_goes_by_time_and_not_by_count() {
        let series = Series { name: "images", class: "s1", values: vec![0.0, 10.0, 20.0] };
        let chart = Lines {
            id: "c",
            title: "A <title>",
            description: "\"what\" & why".to_owned(),
            // The second capture is a quarter of the way from the first to the third.
            times: &[0, 25, 100],
            names: &["one".to_owned(), "<two>".to_owned(), "three".to_owned()],
            marks: &[String::new(), "SF".to_owned(), String::new()],
            series: vec![series],
            label: |value| value.to_string(),
            whole: |value| format!("{value} in all"),
        };
        let svg = chart.draw();
        assert!(svg.contains(r#"<path class="line s1" d="M54.0 194.0L131.5 106.0L364.0 18.0"/>"#), "{svg}");
        assert!(svg.contains(r#"<path class="doubt" d="M131.5 18V194"/>"#), "{svg}");
        assert!(svg.contains(r#"<text class="mark" x="131.5" y="13.0">SF</text>"#), "{svg}");
        // The values are shown half way to the neighbours.
        assert!(
            svg.contains("<title>&lt;two&gt;\nimages: 10 in all</title><rect x=\"92.8\" y=\"18\" width=\"155.0\""),
            "{svg}"
        );
        assert!(svg.contains("<title id=\"c-t\">A &lt;title&gt;</title>"), "{svg}");
        assert!(svg.contains("&quot;what&quot; &amp; why</desc>"), "{svg}");
    }

    #[test]
    fn nothing_and_one_point_can_be_drawn() {
        for values in [vec![], vec![0.0], vec![7.0]] {
            let times = &[5][..values.len()];
            assert!(!spark(times, &values).contains("NaN"));
            let series = vec![Series { name: "a", class: "s1", values }];
            let chart = Lines {
                id: "c",
                title: "",
                description: String::new(),
                times,
                names: &[],
                marks: &[],
                series,
                label: |_| String::new(),
                whole: |_| String::new(),
            };
            assert!(!chart.draw().contains("NaN"));
        }
    }

    #[test]
    fn the_smallest_bar_is_visible_and_an_empty_one_is_not() {
        let bar = |value| Bar { label: "a", value, text: String::new(), class: "s1" };
        let svg = bars("b", "", "", &[bar(1e9), bar(1.0), bar(0.0)]);
        for width in ["252.0", "1.5", "0.0"] {
            assert!(svg.contains(&format!("width=\"{width}\"")), "{width}: {svg}");
        }
    }
}
