//! The report as GitHub's Markdown: headings, sentences and tables, without the charts.

use std::io::{self, Write};

use super::page::{Page, Section};
use super::table::Table;
use crate::tabular::{self, Cell, Format, markdown_text};

/// How many rows a table has at most; the newest ones of the table of all snapshots.
const ROWS: usize = 25;

/// Print it.
pub(super) fn write(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n\n{}", markdown_text(page.title), markdown_text(&page.lead))?;
    if !page.notices.is_empty() {
        writeln!(out)?;
        for notice in &page.notices {
            writeln!(out, "- {}", markdown_text(notice))?;
        }
    }
    writeln!(out, "\n## Totals\n")?;
    totals(page, out)?;
    for section in &page.sections {
        write_section(section, out)?;
    }
    writeln!(out, "\nMade by {}.", markdown_text(page.program))
}

fn totals(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut columns = vec![tabular::Column::text("total", "Total"), tabular::Column::number("now", "Now")];
    if page.has_changes() {
        columns.push(tabular::Column::number("change", "Change"));
    }
    let mut rows = tabular::rows(Format::Markdown, columns, out);
    for tile in &page.tiles {
        let change = tile.change.as_deref().map(Cell::text);
        let cells = [Cell::text(tile.label), Cell::text(tile.value.as_str())];
        rows.row(&cells.into_iter().chain(change).collect::<Vec<_>>())?;
    }
    rows.finish()
}

fn write_section(section: &Section<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## {}", section.heading)?;
    for note in &section.notes {
        writeln!(out, "\n{}", markdown_text(note))?;
    }
    for table in &section.tables {
        write_table(table, out)?;
    }
    Ok(())
}

fn write_table(table: &Table<'_>, out: &mut dyn Write) -> io::Result<()> {
    let more = table.rows.len().saturating_sub(ROWS);
    let skipped = if table.id == "numbers" { more } else { 0 };
    let caption = markdown_text(&if skipped > 0 {
        format!("{}: the newest {ROWS} of {}", table.caption, table.rows.len())
    } else {
        table.caption_of(table.rows.len() - more)
    });
    writeln!(out, "\n**{caption}**\n")?;
    let column = |column: &super::table::Column| {
        if column.number { tabular::Column::number("", column.title) } else { tabular::Column::text("", column.title) }
    };
    let mut rows = tabular::rows(Format::Markdown, table.columns.iter().map(column).collect(), out);
    for row in table.rows.iter().skip(skipped).take(ROWS) {
        rows.row(&row.iter().map(|value| Cell::Text(value.shown())).collect::<Vec<_>>())?;
    }
    rows.finish()
}
