//! Drawing sections: the frame, the bars of the indentation, and the colours.

use std::io::{self, Write};

use super::super::unicode::width;
use super::super::{Colour, RESET, Style};
use super::section::Section;

/// Bright blue, for cells.
const CELL: &str = "\x1b[1m\x1b[34m";
/// Dim yellow, for the bars of the indentation.
const BAR: &str = "\x1b[2m\x1b[33m";

/// Draw all sections in one width: the widest one's. Where that is more than the terminal has,
/// sections of a single row are turned upright first.
pub(super) fn render(mut sections: Vec<Section>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let widest = |sections: &[Section]| sections.iter().map(Section::natural_width).max().unwrap_or(0);
    let mut total = widest(&sections);
    if total > style.columns {
        sections = sections.into_iter().map(Section::upright).collect();
        total = widest(&sections);
    }
    let mut canvas = Canvas::new(out, style.colour);
    canvas.write(&format!("{}\n", "-".repeat(total)))?;
    sections.iter().try_for_each(|section| draw(section, total, &mut canvas))
}

/// Draw a section in a table of that width.
pub(super) fn draw(section: &Section, total: usize, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let frame = Frame::open(section, total, canvas)?;
    if section.rows.is_empty() || frame.widths.is_empty() {
        return Ok(());
    }
    frame.rule(canvas)?;
    let mut line = String::new();
    section.rows.iter().try_for_each(|row| frame.row(row, &mut line, canvas))?;
    frame.rule(canvas)
}

/// What the rows of a section are drawn in.
pub(super) struct Frame {
    widths: Vec<i64>,
    rule: String,
}

impl Frame {
    /// Draw a section's title and headers. Rows are between two rules.
    pub(super) fn open(section: &Section, total: usize, canvas: &mut Canvas<'_>) -> io::Result<Self> {
        canvas.indent(section.indent);
        Self::draw_head(section, total as i64 - 2 * section.indent as i64, canvas)
    }

    /// Draw a line between rows and what is around them.
    pub(super) fn rule(&self, canvas: &mut Canvas<'_>) -> io::Result<()> {
        canvas.line(&self.rule)
    }

    /// Draw a row; `line` is only room for it.
    pub(super) fn row(&self, row: &[String], line: &mut String, canvas: &mut Canvas<'_>) -> io::Result<()> {
        line.clear();
        for (index, (cell, width)) in row.iter().zip(&self.widths).enumerate() {
            push_left(line, cell, *width, index == 0, canvas.colour != Colour::Off);
        }
        canvas.line(line)
    }

    fn draw_head(section: &Section, total: i64, canvas: &mut Canvas<'_>) -> io::Result<Self> {
        if let Some(title) = section.title.as_deref().filter(|title| !title.is_empty()) {
            let mut line = String::new();
            push_centred(&mut line, title, total, true);
            canvas.line(&line)?;
            if section.headers.is_empty() && section.rows.is_empty() {
                canvas.line(&format!("+{}+", dashes(total - 2)))?;
            }
        }
        let widths = section.column_widths(total);
        let mut rule = String::with_capacity(total.max(0) as usize);
        for (index, width) in widths.iter().enumerate() {
            rule.push_str(if index == 0 { "+" } else { "" });
            push_repeated(&mut rule, '-', width - if index == 0 { 2 } else { 1 });
            rule.push('+');
        }
        if !section.headers.is_empty() {
            canvas.line(&rule)?;
            let mut line = String::new();
            for (index, (header, width)) in section.headers.iter().zip(&widths).enumerate() {
                push_centred(&mut line, header, *width, index == 0);
            }
            canvas.line(&line)?;
        }
        Ok(Frame { widths, rule })
    }
}

/// A text in the middle of `total` columns, a bar at its right and, for the first of a line, at
/// its left. If there is not enough room, the text is not cut and the line grows.
fn push_centred(line: &mut String, text: &str, total: i64, first: bool) {
    let (left, width) = (i64::from(first), width(text) as i64);
    let before = total.div_euclid(2) - width / 2 - 1;
    line.push_str(if first { "|" } else { "" });
    push_spaces(line, before);
    line.push_str(text);
    push_spaces(line, total - 1 - (left + before + width));
    line.push('|');
}

/// A text at the left of `total` columns after two spaces, or none where that is too much.
fn push_left(line: &mut String, text: &str, total: i64, first: bool, coloured: bool) {
    let (left, width) = (i64::from(first), width(text) as i64);
    let padding = if total > width + 2 + left { 2 } else { 0 };
    line.push_str(if first { "|" } else { "" });
    push_spaces(line, padding);
    if coloured {
        line.push_str(CELL);
        line.push_str(text);
        line.push_str(RESET);
    } else {
        line.push_str(text);
    }
    push_spaces(line, total - (left + padding + width) - 1);
    line.push('|');
}

fn push_spaces(line: &mut String, count: i64) {
    push_repeated(line, ' ', count);
}

/// A blank or a dash so many times, in pieces rather than one by one.
fn push_repeated(line: &mut String, character: char, count: i64) {
    const BLANKS: &str = "                                                                ";
    const DASHES: &str = "----------------------------------------------------------------";
    let piece = if character == '-' { DASHES } else { BLANKS };
    let mut left = count.max(0) as usize;
    while left > 0 {
        let some = left.min(piece.len());
        line.push_str(&piece[..some]);
        left -= some;
    }
}

fn dashes(count: i64) -> String {
    "-".repeat(count.max(0) as usize)
}

/// The writer with its colour habits: on some outputs a reset follows each write, so what counts
/// as one write must be as in the real client.
pub(super) struct Canvas<'o> {
    out: &'o mut dyn Write,
    colour: Colour,
    bars: String,
}

impl<'o> Canvas<'o> {
    pub(super) fn new(out: &'o mut dyn Write, colour: Colour) -> Self {
        Canvas { out, colour, bars: String::new() }
    }
    /// Set the bars at both ends of each following line.
    pub(super) fn indent(&mut self, depth: usize) {
        self.bars = match self.colour {
            Colour::Off => "|".repeat(depth),
            _ => format!("{BAR}|{RESET}").repeat(depth),
        };
    }

    /// A line between the bars: four writes, even where there is no bar.
    fn line(&mut self, text: &str) -> io::Result<()> {
        let bars = std::mem::take(&mut self.bars);
        for part in [&bars, text, &bars, "\n"] {
            self.write(part)?;
        }
        self.bars = bars;
        Ok(())
    }

    pub(super) fn write(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        match self.colour {
            Colour::Pipe | Colour::Terminal => self.out.write_all(RESET.as_bytes()),
            Colour::Off | Colour::Pager => Ok(()),
        }
    }
}
