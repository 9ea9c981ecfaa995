//! Aligned columns for people: the only place that knows `comfy_table`.

use std::io::{self, Write};

use comfy_table::{CellAlignment, presets};

use super::{Cell, Column, Rows, human};
use crate::model::visible;

/// Holds all rows until the end, since a column is as wide as its widest cell.
pub(super) struct Table<'w> {
    table: comfy_table::Table,
    out: &'w mut dyn Write,
}

impl<'w> Table<'w> {
    pub(super) fn new(columns: &[Column], out: &'w mut dyn Write) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(columns.iter().map(|column| visible(&column.title)));
        for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
            if column.number {
                shown.set_cell_alignment(CellAlignment::Right);
            }
        }
        Table { table, out }
    }
}

impl Rows for Table<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.table.add_row(cells.iter().map(|cell| visible(&human(cell))));
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        writeln!(self.out, "{}", self.table.trim_fmt())
    }
}
