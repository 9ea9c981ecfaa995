//! Aligned columns for people, fitted into a width.

use std::io::{self, Write};

use super::layout::{self, Layout};
use super::{Cell, Column, Rows, human};
use crate::model::{steps, visible};

/// Holds all rows until the end, since a column is as wide as its widest cell.
pub(super) struct Table<'w> {
    columns: Vec<Column>,
    rows: Vec<Vec<Shown>>,
    width: Option<usize>,
    out: &'w mut dyn Write,
}

/// The text of a cell, and what may become of it in a narrow table.
#[derive(Debug)]
pub(super) enum Shown {
    /// Text, which may be wrapped.
    Text(String),
    /// A number or a size, which stays whole.
    Fixed(String),
    /// `2026-03-01 02:00:00`, which may lose its seconds or its time.
    Instant(String),
    /// `sha256:0123456789ab`, which may lose its algorithm.
    Digest(String),
}

impl<'w> Table<'w> {
    pub(super) fn new(mut columns: Vec<Column>, width: Option<usize>, out: &'w mut dyn Write) -> Self {
        for column in &mut columns {
            column.title = visible(&column.title).into();
        }
        Table { columns, rows: Vec::new(), width, out }
    }
}

impl Rows for Table<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let shown = |cell: &Cell<'_>| {
            let text = visible(&human(cell));
            match cell {
                Cell::Instant(_) => Shown::Instant(text),
                Cell::Digest(_) => Shown::Digest(text),
                Cell::Integer(_) | Cell::Float(_) | Cell::Cost(_) | Cell::Bytes(_) | Cell::Flag(_) => {
                    Shown::Fixed(text)
                }
                _ => Shown::Text(text),
            }
        };
        self.rows.push(cells.iter().map(shown).collect());
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let layout = Layout::new(&self.columns, &self.rows, self.width);
        let titles: Vec<&str> = self.columns.iter().map(|column| &*column.title).collect();
        line(&layout, &self.columns, &titles, self.out)?;
        for row in &self.rows {
            let texts: Vec<&str> = row.iter().map(|shown| layout.text(shown)).collect();
            line(&layout, &self.columns, &texts, self.out)?;
        }
        Ok(())
    }
}

/// Print a row: one line, or several if a cell is wrapped.
fn line(layout: &Layout, columns: &[Column], texts: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let wrapped: Vec<Vec<String>> =
        texts.iter().zip(&layout.widths).map(|(text, width)| layout::wrap(text, width.unwrap_or(0))).collect();
    let last = layout.widths.iter().rposition(Option::is_some);
    let height = wrapped.iter().zip(&layout.widths).filter(|(_, width)| width.is_some()).map(|(lines, _)| lines.len());
    for number in 0..height.max().unwrap_or(1).max(1) {
        let mut printed = String::new();
        for (at, ((lines, width), column)) in wrapped.iter().zip(&layout.widths).zip(columns).enumerate() {
            let Some(width) = width else { continue };
            let text = lines.get(number).map_or("", String::as_str);
            // Nothing is behind the last text, and one row of it can be a million characters wide.
            let filled = column.number || Some(at) != last;
            let gap = if filled { " ".repeat(width.saturating_sub(layout::width(text))) } else { String::new() };
            steps::count(gap.len() + text.len());
            let (left, right) = if column.number { (gap.as_str(), "") } else { ("", gap.as_str()) };
            printed.extend([" ", left, text, right, " "]);
        }
        writeln!(out, "{}", printed.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Column, Format, rows};
    use crate::model::steps;

    #[test]
    fn a_wide_last_cell_costs_its_own_row_alone() {
        steps::assert_linear("rows behind a wide one", 300, |size| {
            let mut out = Vec::new();
            let columns = vec![Column::text("a", "A"), Column::text("b", "B")];
            let mut table = rows(Format::Table, columns, &mut out);
            table.row(&[Cell::text("x"), Cell::text("y".repeat(size))]).unwrap();
            for _ in 0..size {
                table.row(&[Cell::text("x"), Cell::text("y")]).unwrap();
            }
            table.finish().unwrap();
            drop(table);
            assert_eq!(out.len(), " A  B\n".len() + " x  \n".len() + size + size * " x  y\n".len());
        });
    }
}
