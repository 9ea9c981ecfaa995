//! What each rule of each repository does, in counts and bytes.

use super::gather::{Evaluated, Gathered};
use crate::cli::stdout::print;
use crate::cli::stdout::rows;
use crate::lifecycle::RuleSums;
use crate::tabular::{Cell, Column, Format};

/// Print a row for each rule, one for each repository, and one for all if there are several.
pub(super) fn write(gathered: &Gathered, format: Format) -> u8 {
    let columns =
        Columns { people: matches!(format, Format::Table | Format::Markdown), in_use: gathered.has_references };
    print(|out| {
        let mut rows = rows(format, columns.heads(), out);
        for one in &gathered.repositories {
            for (rule, sums) in one.policy.rules.iter().zip(&one.evaluation.rules) {
                let rule = (Cell::Integer(rule.priority), Cell::text(rule.summary()));
                rows.row(&columns.row(Some(one), rule, sums, None))?;
            }
            let total = (Cell::text("total"), Cell::Absent);
            rows.row(&columns.row(Some(one), total, &one.evaluation.total, Some(one.broken())))?;
        }
        // Machines add up themselves.
        if columns.people && gathered.repositories.len() > 1 {
            let mut all = RuleSums::default();
            gathered.repositories.iter().for_each(|one| add(&mut all, &one.evaluation.total));
            let broken = gathered.repositories.iter().map(Evaluated::broken).sum();
            rows.row(&columns.row(None, (Cell::text("total"), Cell::Absent), &all, Some(broken)))?;
        }
        rows.finish()
    })
}

fn add(all: &mut RuleSums, one: &RuleSums) {
    all.matched += one.matched;
    for (sum, more) in [
        (&mut all.expired, one.expired),
        (&mut all.archived, one.archived),
        (&mut all.unknown, one.unknown),
        (&mut all.kept, one.kept),
    ] {
        sum.images += more.images;
        sum.bytes = sum.bytes.saturating_add(more.bytes);
    }
}

/// Which columns are printed.
struct Columns {
    people: bool,
    in_use: bool,
}

impl Columns {
    fn heads(&self) -> Vec<Column> {
        let mut heads = vec![Column::text("repositoryName", "REPOSITORY")];
        if !self.people {
            heads.insert(0, Column::text("registryId", "REGISTRY"));
            heads.push(Column::text("region", "REGION"));
        }
        heads.extend([
            Column::number("rulePriority", "RULE"),
            Column::text("rule", "SELECTS"),
            Column::number("matchedImages", "MATCHED"),
            Column::number("expiredImages", "EXPIRE"),
            Column::number("expiredBytes", "SIZE"),
            Column::number("archivedImages", "ARCHIVE"),
            Column::number("archivedBytes", "SIZE"),
            Column::number("unknownImages", "UNKNOWN"),
        ]);
        if !self.people {
            heads.push(Column::number("unknownBytes", "SIZE"));
        }
        heads.extend([Column::number("keptImages", "STAY"), Column::number("keptBytes", "SIZE")]);
        if self.in_use {
            heads.push(Column::number("inUse", "IN USE"));
        }
        heads
    }

    fn row<'c>(
        &self,
        one: Option<&'c Evaluated>,
        (priority, summary): (Cell<'c>, Cell<'c>),
        sums: &RuleSums,
        broken: Option<u64>,
    ) -> Vec<Cell<'c>> {
        let name = one.map(|one| &one.repository);
        let mut cells = vec![name.map_or(Cell::text("all"), |name| Cell::text(&*name.name))];
        if !self.people {
            cells.insert(0, Cell::of(name, |name| Cell::text(&*name.registry_id)));
            cells.push(Cell::of(name.filter(|name| !name.region.is_empty()), |name| Cell::text(&*name.region)));
        }
        cells.extend([
            priority,
            summary,
            Cell::count(sums.matched),
            Cell::count(sums.expired.images),
            Cell::Bytes(sums.expired.bytes),
            Cell::count(sums.archived.images),
            Cell::Bytes(sums.archived.bytes),
            Cell::count(sums.unknown.images),
        ]);
        if !self.people {
            cells.push(Cell::Bytes(sums.unknown.bytes));
        }
        cells.extend([Cell::count(sums.kept.images), Cell::Bytes(sums.kept.bytes)]);
        if self.in_use {
            cells.push(Cell::of(broken, Cell::count));
        }
        cells
    }
}
