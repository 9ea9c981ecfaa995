//! Drawing sections: the frame, the bars of the indentation, and the colours.

use std::io::{self, Write};

use super::super::{Colour, RESET, Style};
use super::section::{Cell, Section};

/// Bright blue, for cells.
const CELL: &str = "\x1b[1m\x1b[34m";
/// Dim yellow, for the bars of the indentation.
const BAR: &str = "\x1b[2m\x1b[33m";

/// Draw all sections in one width: the widest one's. Where that is more than the terminal has,
/// sections of a single row are turned upright.
pub(super) fn render(sections: &[Section], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let widest = |upright| sections.iter().map(|section| section.natural_width(upright)).max().unwrap_or(0);
    let upright = widest(false) > style.columns;
    let total = widest(upright);
    let mut canvas = Canvas::new(style.colour);
    let mut frame = Frame::default();
    canvas.top(total);
    for section in sections {
        frame.draw(section, upright, total, &mut canvas);
        canvas.hand_on(out)?;
    }
    canvas.finish(out)
}

/// What the rows of a section are drawn in.
#[derive(Default)]
pub(super) struct Frame {
    widths: Vec<i64>,
    rule: String,
}

impl Frame {
    /// Draw a section in a table of that width.
    pub(super) fn draw(&mut self, section: &Section, upright: bool, total: usize, canvas: &mut Canvas) {
        self.open(section, upright, total, canvas);
        if !section.has_rows() || self.widths.is_empty() {
            return;
        }
        self.rule(canvas);
        section.rows(upright, |row| self.row(row, canvas));
        self.rule(canvas);
    }

    /// Draw a section's title and headers. Rows are between two rules.
    pub(super) fn open(&mut self, section: &Section, upright: bool, total: usize, canvas: &mut Canvas) {
        canvas.indent(section.indent);
        let total = total as i64 - 2 * section.indent as i64;
        if let Some(title) = section.title().filter(|(title, _)| !title.is_empty()) {
            canvas.line(|line| push_centred(line, title, total, true));
            if section.headers(upright).next().is_none() && !section.has_rows() {
                canvas.line(|line| {
                    line.push('+');
                    push_repeated(line, '-', total - 2);
                    line.push('+');
                });
            }
        }
        section.column_widths(total, upright, &mut self.widths);
        self.rule.clear();
        for (index, width) in self.widths.iter().enumerate() {
            self.rule.push_str(if index == 0 { "+" } else { "" });
            push_repeated(&mut self.rule, '-', width - if index == 0 { 2 } else { 1 });
            self.rule.push('+');
        }
        if section.headers(upright).next().is_some() {
            self.rule(canvas);
            canvas.line(|line| {
                for (index, (header, width)) in section.headers(upright).zip(&self.widths).enumerate() {
                    push_centred(line, header, *width, index == 0);
                }
            });
        }
    }

    /// Draw a line between rows and what is around them.
    pub(super) fn rule(&self, canvas: &mut Canvas) {
        canvas.line(|line| line.push_str(&self.rule));
    }

    /// Draw a row.
    pub(super) fn row(&self, row: &mut dyn Iterator<Item = Cell<'_>>, canvas: &mut Canvas) {
        let coloured = canvas.colour != Colour::Off;
        canvas.line(|line| {
            for (index, (cell, width)) in row.zip(&self.widths).enumerate() {
                push_left(line, cell, *width, index == 0, coloured);
            }
        });
    }
}

/// A text in the middle of `total` columns, a bar at its right and, for the first of a line, at
/// its left. If there is not enough room, the text is not cut and the line grows.
fn push_centred(line: &mut String, (text, width): Cell<'_>, total: i64, first: bool) {
    let (left, width) = (i64::from(first), width as i64);
    let before = total.div_euclid(2) - width / 2 - 1;
    line.push_str(if first { "|" } else { "" });
    push_repeated(line, ' ', before);
    line.push_str(text);
    push_repeated(line, ' ', total - 1 - (left + before + width));
    line.push('|');
}

/// A text at the left of `total` columns after two spaces, or none if that is too much.
fn push_left(line: &mut String, (text, width): Cell<'_>, total: i64, first: bool, coloured: bool) {
    let (left, width) = (i64::from(first), width as i64);
    let padding = if total > width + 2 + left { 2 } else { 0 };
    line.push_str(if first { "|" } else { "" });
    push_repeated(line, ' ', padding);
    if coloured {
        line.push_str(CELL);
        line.push_str(text);
        line.push_str(RESET);
    } else {
        line.push_str(text);
    }
    push_repeated(line, ' ', total - (left + padding + width) - 1);
    line.push('|');
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

/// Drawn text is handed on in pieces of about this size.
const PIECE: usize = 16 * 1024;

/// The lines with their colour habits: on some outputs a reset follows each write, so what counts
/// as one write must be as in the real client.
pub(super) struct Canvas {
    /// Lines that were not handed on yet.
    text: String,
    colour: Colour,
    bars: String,
    /// What follows each write.
    reset: &'static str,
}

impl Canvas {
    pub(super) fn new(colour: Colour) -> Self {
        let reset = match colour {
            Colour::Pipe | Colour::Terminal => RESET,
            Colour::Off | Colour::Pager => "",
        };
        Canvas { text: String::new(), colour, bars: String::new(), reset }
    }

    /// Draw the line at the top, in one write.
    pub(super) fn top(&mut self, total: usize) {
        push_repeated(&mut self.text, '-', total as i64);
        self.text.push('\n');
        self.text.push_str(self.reset);
    }

    /// Set the bars at both ends of each following line.
    pub(super) fn indent(&mut self, depth: usize) {
        self.bars.clear();
        for _ in 0..depth {
            match self.colour {
                Colour::Off => self.bars.push('|'),
                _ => self.bars.extend([BAR, "|", RESET]),
            }
        }
    }

    /// A line between the bars: four writes, even if there is no bar.
    fn line(&mut self, write: impl FnOnce(&mut String)) {
        self.text.push_str(&self.bars);
        self.text.push_str(self.reset);
        write(&mut self.text);
        self.text.push_str(self.reset);
        self.text.push_str(&self.bars);
        self.text.push_str(self.reset);
        self.text.push('\n');
        self.text.push_str(self.reset);
    }

    /// Write what has been drawn if it is long.
    pub(super) fn hand_on(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.text.len() < PIECE { Ok(()) } else { self.finish(out) }
    }

    /// Write what has been drawn.
    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }
}
