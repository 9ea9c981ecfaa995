//! A table of one long list of objects without holding the list: it is read twice.
//!
//! The width of a table is that of its widest section, so nothing can be drawn before everything is measured.
//! [`RowsMeasure`] takes the rows of the first reading, [`RowsTable`] draws those of the second. The bytes are
//! those of [`super::Table`] for the whole value, which the tests compare with.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::super::unicode::width;
use super::super::{Error, Style};
use super::render::{Canvas, Frame, draw};
use super::section::{PADDING, Section, natural_width};
use super::{Builder, is_scalar, str, text};
use crate::model::Map;

/// The depth of the list, and of what is nested in its objects.
const LIST: usize = 1;
const NESTED: usize = 2;

/// What the first reading finds.
#[derive(Debug, Default)]
pub struct RowsMeasure {
    rows: usize,
    /// The widest cell of each key that holds scalars.
    scalar: BTreeMap<String, usize>,
    nested: BTreeSet<String>,
    /// The most by which the cells of one row are wider than their headers, in all.
    excess: usize,
    widest_cell: usize,
    /// The widest nested section, unchanged and turned upright.
    inner: usize,
    inner_upright: usize,
}

impl RowsMeasure {
    /// Measure the next row.
    ///
    /// # Errors
    /// A nested value of a shape that a table cannot have.
    pub fn add(&mut self, row: &Map) -> Result<(), Error> {
        self.rows += 1;
        let mut excess = 0;
        for (key, value) in row {
            if !is_scalar(value) {
                self.note_nested(key, value)?;
                continue;
            }
            let cell = width(&str(value));
            excess += cell.saturating_sub(width(key));
            self.widest_cell = self.widest_cell.max(cell);
            match self.scalar.get_mut(key) {
                Some(widest) => *widest = cell.max(*widest),
                None => _ = self.scalar.insert(key.clone(), cell),
            }
        }
        self.excess = self.excess.max(excess);
        Ok(())
    }

    fn note_nested(&mut self, key: &str, value: &crate::model::Value) -> Result<(), Error> {
        if !self.nested.contains(key) {
            self.nested.insert(key.to_owned());
        }
        let mut builder = Builder { sections: Vec::new() };
        builder.section(Some(key), value, NESTED)?;
        for section in builder.sections {
            self.inner = self.inner.max(section.natural_width());
            self.inner_upright = self.inner_upright.max(section.upright().natural_width());
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
        if self.rows == 0 || self.scalar.is_empty() || self.nested.iter().any(|key| self.scalar.contains_key(key)) {
            return Ok(None);
        }
        let mut title = Section::new(Some(&style.title), 0);
        if let Some((name, value)) = more {
            title.add_row(vec![name.to_owned(), value.to_owned()])?;
        }
        // Without anything nested all rows are in one section, else each has its own.
        let together = self.nested.is_empty() && self.rows > 1;
        let headers = || self.scalar.keys().map(|key| width(key));
        let cells: usize = if together {
            self.scalar.iter().map(|(key, widest)| width(key).max(*widest) + PADDING).sum()
        } else {
            headers().map(|header| header + PADDING).sum::<usize>() + self.excess
        };
        let list = natural_width(Some(key), LIST, cells);
        let mut total = title.natural_width().max(list).max(self.inner);
        let upright = total > style.columns;
        if upright {
            let turned = headers().max().unwrap_or(0) + self.widest_cell + 2 * PADDING;
            let list = if together { list } else { natural_width(Some(key), LIST, turned) };
            total = title.natural_width().max(list).max(self.inner_upright);
        }
        let widest = self.scalar.iter().map(|(key, widest)| width(key).max(*widest)).collect();
        let together = together.then_some(widest);
        Ok(Some(RowsTable {
            style: style.clone(),
            title,
            key: key.to_owned(),
            scalar: self.scalar.into_keys().collect(),
            nested: self.nested.into_iter().collect(),
            total,
            upright,
            together,
            frame: None,
            line: String::new(),
        }))
    }
}

/// Draws the rows of the second reading.
pub struct RowsTable {
    style: Style,
    title: Section,
    key: String,
    scalar: Vec<String>,
    nested: Vec<String>,
    total: usize,
    upright: bool,
    /// The width of each column if all rows are in one section.
    together: Option<Vec<usize>>,
    /// That section under way.
    frame: Option<Frame>,
    line: String,
}

impl RowsTable {
    /// Draw the text before the first row.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut canvas = Canvas::new(out, self.style.colour);
        canvas.write(&format!("{}\n", "-".repeat(self.total)))?;
        draw(&self.title, self.total, &mut canvas)?;
        if let Some(widest) = self.together.take() {
            let section = Section::of_columns(Some(&self.key), LIST, self.scalar.clone(), widest);
            let frame = Frame::open(&section, self.total, &mut canvas)?;
            frame.rule(&mut canvas)?;
            self.frame = Some(frame);
        }
        Ok(())
    }

    /// Draw the next row.
    ///
    /// # Errors
    /// `out` cannot be written, or a nested value has a shape that a table cannot have.
    pub fn row(&mut self, row: &Map, out: &mut dyn Write) -> Result<(), Error> {
        let mut canvas = Canvas::new(out, self.style.colour);
        let cells = self.scalar.iter().map(|key| row.get(key).map(text).unwrap_or_default()).collect();
        if let Some(frame) = &self.frame {
            canvas.indent(LIST);
            return Ok(frame.row(&Vec::from_iter::<Vec<String>>(cells), &mut self.line, &mut canvas)?);
        }
        let mut section = Section::new(Some(&self.key), LIST);
        section.set_headers(self.scalar.clone())?;
        section.add_row(cells)?;
        let mut builder = Builder { sections: vec![section] };
        for key in &self.nested {
            if let Some(value) = row.get(key) {
                builder.section(Some(key), value, NESTED)?;
            }
        }
        for section in builder.sections {
            let section = if self.upright { section.upright() } else { section };
            draw(&section, self.total, &mut canvas)?;
        }
        Ok(())
    }

    /// Draw the text after the last row.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        let mut canvas = Canvas::new(out, self.style.colour);
        canvas.indent(LIST);
        self.frame.map_or(Ok(()), |frame| frame.rule(&mut canvas))
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
            measure.add(row.as_map().unwrap()).unwrap();
        }
        let mut out = Vec::new();
        let mut table = measure.table("imageDetails", token.map(|token| ("NextToken", token)), style).unwrap()?;
        table.begin(&mut out).unwrap();
        for row in rows {
            table.row(row.as_map().unwrap(), &mut out).unwrap();
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
