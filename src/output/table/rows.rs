//! A table of one long list of objects without holding the list: it is read twice.
//!
//! The width of a table is that of its widest section, so nothing can be drawn before everything is measured.
//! [`RowsMeasure`] takes the rows of the first reading, [`RowsTable`] draws those of the second. The bytes are
//! those of [`super::Table`] for the whole value, which the tests compare with.

use std::io::{self, Write};

use super::super::node::{Node, place};
use super::super::unicode::width;
use super::super::{Error, Style};
use super::Builder;
use super::render::{Canvas, Frame};
use super::section::{PADDING, Section, natural_width};

/// The depth of the list, and of what is nested in its objects.
const LIST: usize = 1;
const NESTED: usize = 2;

/// What the first reading finds.
#[derive(Default)]
pub struct RowsMeasure {
    rows: usize,
    /// Each key that holds scalars and its widest cell, sorted.
    scalar: Vec<(String, usize)>,
    /// Each key that holds something else, sorted.
    nested: Vec<String>,
    /// The most by which the cells of one row are wider than their headers, in all.
    excess: usize,
    widest_cell: usize,
    /// The widest nested section, unchanged and turned upright.
    inner: usize,
    inner_upright: usize,
    builder: Builder,
    /// Room for the text of a cell.
    cell: String,
}

impl RowsMeasure {
    /// Measure the next row, an object.
    ///
    /// # Errors
    /// A nested value of a shape that a table cannot have.
    pub fn add(&mut self, row: Node<'_>) -> Result<(), Error> {
        self.rows += 1;
        let mut excess = 0;
        let (mut scalar, mut nested) = (0, 0);
        for (key, node) in row.members() {
            if !node.is_scalar() {
                nested = place(&self.nested, nested, key).unwrap_or_else(|new| {
                    self.nested.insert(new, key.to_owned());
                    new
                });
                self.measure_nested(key, node)?;
                continue;
            }
            self.cell.clear();
            node.push_str(&mut self.cell);
            let cell = width(&self.cell);
            excess += cell.saturating_sub(width(key));
            self.widest_cell = self.widest_cell.max(cell);
            scalar = place(&self.scalar, scalar, key).unwrap_or_else(|new| {
                self.scalar.insert(new, (key.to_owned(), 0));
                new
            });
            let widest = &mut self.scalar[scalar].1;
            *widest = cell.max(*widest);
        }
        self.excess = self.excess.max(excess);
        Ok(())
    }

    fn measure_nested(&mut self, key: &str, node: Node<'_>) -> Result<(), Error> {
        self.builder.clear();
        self.builder.section(Some(key), node, NESTED)?;
        for section in self.builder.sections() {
            self.inner = self.inner.max(section.natural_width(false));
            self.inner_upright = self.inner_upright.max(section.natural_width(true));
        }
        Ok(())
    }

    /// The table of an object that has the list under `key` and may have one more member, a text. `None` if
    /// the list has no rows, or a key that holds scalars in one row and something else in another: such a
    /// table is drawn as a whole.
    ///
    /// # Errors
    /// None that happens: the title's section has at most one row.
    pub fn table(self, key: &str, more: Option<(&str, &str)>, style: &Style) -> Result<Option<RowsTable>, Error> {
        let in_both = |key: &String| self.scalar.iter().any(|(scalar, _)| scalar == key);
        if self.rows == 0 || self.scalar.is_empty() || self.nested.iter().any(in_both) {
            return Ok(None);
        }
        let mut title = Section::default();
        title.open(Some(&style.title), 0);
        if let Some((name, value)) = more {
            title.add_row([Node::Text(name), Node::Text(value)].into_iter())?;
        }
        // Without anything nested all rows are in one section, else each has its own.
        let together = self.nested.is_empty() && self.rows > 1;
        let headers = || self.scalar.iter().map(|(key, _)| width(key));
        let cells: usize = if together {
            self.scalar.iter().map(|(key, widest)| width(key).max(*widest) + PADDING).sum()
        } else {
            headers().map(|header| header + PADDING).sum::<usize>() + self.excess
        };
        let list = natural_width(Some(width(key)), LIST, cells);
        let mut total = title.natural_width(false).max(list).max(self.inner);
        let upright = total > style.columns;
        if upright {
            let turned = headers().max().unwrap_or(0) + self.widest_cell + 2 * PADDING;
            let list = if together { list } else { natural_width(Some(width(key)), LIST, turned) };
            total = title.natural_width(false).max(list).max(self.inner_upright);
        }
        let mut section = Section::default();
        section.open(Some(key), LIST);
        section.set_columns(&self.scalar);
        Ok(Some(RowsTable {
            title,
            section,
            scalar: self.scalar,
            total,
            upright,
            together,
            frame: Frame::default(),
            canvas: Canvas::new(style.colour),
            builder: Builder::default(),
        }))
    }
}

/// Draws the rows of the second reading.
pub struct RowsTable {
    title: Section,
    /// The section of a row: its title and headers, and one row after another.
    section: Section,
    scalar: Vec<(String, usize)>,
    total: usize,
    upright: bool,
    /// Whether all rows are in one section.
    together: bool,
    /// That section's frame, or any frame's room.
    frame: Frame,
    canvas: Canvas,
    builder: Builder,
}

impl RowsTable {
    /// Draw the text before the first row.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.canvas.top(self.total);
        self.frame.draw(&self.title, false, self.total, &mut self.canvas);
        if self.together {
            self.frame.open(&self.section, false, self.total, &mut self.canvas);
            self.frame.rule(&mut self.canvas);
        }
        self.canvas.hand_on(out)
    }

    /// Draw the next row, an object.
    ///
    /// # Errors
    /// `out` cannot be written, or a nested value has a shape that a table cannot have.
    pub fn row(&mut self, row: Node<'_>, out: &mut dyn Write) -> Result<(), Error> {
        let members = row.members();
        let mut scalars = members.iter().filter(|(_, node)| node.is_scalar()).peekable();
        let cell = |(key, _): &(String, usize)| {
            scalars.next_if(|(name, _)| name == key).map_or(Node::Text(""), |(_, node)| *node)
        };
        self.section.clear_rows();
        self.section.add_row(self.scalar.iter().map(cell))?;
        if self.together {
            self.section.rows(false, |row| self.frame.row(row, &mut self.canvas));
            return Ok(self.canvas.hand_on(out)?);
        }
        self.builder.clear();
        for (key, node) in members.iter().filter(|(_, node)| !node.is_scalar()) {
            self.builder.section(Some(key), *node, NESTED)?;
        }
        for section in std::iter::once(&self.section).chain(self.builder.sections()) {
            self.frame.draw(section, self.upright, self.total, &mut self.canvas);
        }
        Ok(self.canvas.hand_on(out)?)
    }

    /// Draw the text after the last row.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn finish(mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.together {
            self.frame.rule(&mut self.canvas);
        }
        self.canvas.finish(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::RowsMeasure;
    use crate::model::{Map, Value, json};
    use crate::output::table::Table;
    use crate::output::{Colour, Formatter as _, Style};

    /// The table in two readings; `None` if it wants to be drawn as a whole.
    fn twice(rows: &[Value], token: Option<&str>, style: &Style) -> Option<String> {
        let mut measure = RowsMeasure::default();
        for row in rows {
            measure.add(row.into()).unwrap();
        }
        let mut out = Vec::new();
        let mut table = measure.table("imageDetails", token.map(|token| ("NextToken", token)), style).unwrap()?;
        table.begin(&mut out).unwrap();
        for row in rows {
            table.row(row.into(), &mut out).unwrap();
        }
        table.finish(&mut out).unwrap();
        Some(String::from_utf8(out).unwrap())
    }

    fn whole(rows: &[Value], token: Option<&str>, style: &Style) -> String {
        let mut members = Map::from_iter([("imageDetails".to_owned(), Value::List(rows.to_vec()))]);
        members.extend(token.map(|token| ("NextToken".to_owned(), Value::from(token))));
        let mut out = Vec::new();
        Table::new(style.clone()).page(&Value::Map(members), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_cannot_be_drawn_row_by_row_says_so() {
        let style = Style::plain("DescribeImages");
        let rows = |text: &str| json::parse(text).unwrap().as_list().unwrap().to_vec();
        assert_eq!(twice(&[], None, &style), None);
        assert_eq!(twice(&rows(r#"[{"a": 1}, {"a": [1]}]"#), None, &style), None);
        assert_eq!(twice(&rows(r#"[{"a": [1]}]"#), None, &style), None);
        assert!(twice(&rows(r#"[{"a": 1}]"#), None, &style).is_some());
    }

    fn row() -> impl Strategy<Value = Value> {
        let text = prop_oneof!["[a-z日 ]{0,12}", "x{30,60}"];
        let scalar = prop_oneof![
            text.prop_map(Value::from),
            any::<i32>().prop_map(|number| Value::Int(number.into())),
            Just(Value::Null),
        ];
        let scalars = prop::collection::btree_map("[a-d]|longer", scalar.clone(), 1..4);
        let nested = prop_oneof![
            prop::collection::vec(scalar.clone(), 0..3).prop_map(Value::List),
            prop::collection::btree_map("[k-m]|[a-z]{20}", scalar, 0..3)
                .prop_map(|members| Value::Map(members.into_iter().collect())),
        ];
        let nested = prop::collection::btree_map("[n-p]", nested, 0..3);
        (scalars, nested).prop_map(|(scalars, nested)| Value::Map(scalars.into_iter().chain(nested).collect()))
    }

    proptest! {
        #[test]
        fn two_readings_draw_what_one_draws(
            rows in prop::collection::vec(row(), 1..6),
            columns in prop_oneof![Just(80usize), Just(20), Just(1000)],
            token in prop::option::of("[a-z]{0,40}"),
            coloured in any::<bool>(),
        ) {
            let colour = if coloured { Colour::Pipe } else { Colour::Off };
            let style = Style { colour, columns, ..Style::plain("DescribeImages") };
            let drawn = twice(&rows, token.as_deref(), &style);
            prop_assert_eq!(drawn, Some(whole(&rows, token.as_deref(), &style)));
        }
    }
}
