//! One box of a table: its title, headers and rows, and how wide each column must be.

use super::super::Error;
use super::super::node::Node;
use super::super::unicode::width;

/// The spaces that a cell has around its text, and its share of the border.
pub(super) const PADDING: usize = 4;

/// A text and the columns that it takes.
pub(super) type Cell<'s> = (&'s str, usize);

/// The place of a text in the section's own, and its width.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: usize,
    end: usize,
    width: usize,
}

/// A box. Rows are added as text, and must agree in length. It can be opened again, so that a long list of
/// boxes takes no more memory than the largest.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) indent: usize,
    /// All texts, one after another.
    text: String,
    title: Option<Place>,
    headers: Vec<Place>,
    /// Row after row.
    cells: Vec<Place>,
    rows: usize,
    columns: Option<usize>,
    widest: Vec<usize>,
}

impl Section {
    /// Begin anew, with nothing but a title.
    pub(super) fn open(&mut self, title: Option<&str>, indent: usize) {
        self.text.clear();
        self.headers.clear();
        self.cells.clear();
        self.widest.clear();
        (self.indent, self.rows, self.columns) = (indent, 0, None);
        self.title = title.map(|title| self.put(|text| text.push_str(title)));
    }

    /// Name the columns of a section without rows, which are as wide as their widest cells.
    pub(super) fn set_columns(&mut self, headers: &[(String, usize)]) {
        for (header, _) in headers {
            let place = self.put(|text| text.push_str(header));
            self.headers.push(place);
        }
        self.widest = headers.iter().map(|(header, widest)| width(header).max(*widest)).collect();
        self.columns = Some(headers.len());
    }

    /// Name the columns. Headers that follow rows (an object inside a list of rows) replace those
    /// before them, and must not be more than the columns so far.
    pub(super) fn set_headers<'h>(&mut self, headers: impl Iterator<Item = &'h str>) -> Result<(), Error> {
        self.headers.clear();
        for header in headers {
            let place = self.put(|text| text.push_str(header));
            self.headers.push(place);
        }
        measure(&mut self.widest, &self.headers)?;
        self.columns.get_or_insert(self.headers.len());
        Ok(())
    }

    pub(super) fn add_row<'n>(&mut self, row: impl Iterator<Item = Node<'n>>) -> Result<(), Error> {
        let before = self.cells.len();
        for node in row {
            let place = self.put(|text| node.push_str(text));
            self.cells.push(place);
        }
        let length = self.cells.len() - before;
        let columns = *self.columns.get_or_insert(length);
        if length != columns {
            let message = format!("Row should have {columns} elements, instead it has {length}");
            return Err(Error::Shape(message));
        }
        measure(&mut self.widest, &self.cells[before..])?;
        self.rows += 1;
        Ok(())
    }

    /// Drop the rows; title and headers stay.
    pub(super) fn clear_rows(&mut self) {
        self.cells.clear();
        self.rows = 0;
        self.text.truncate(self.headers.last().or(self.title.as_ref()).map_or(0, |place| place.end));
        self.widest.clear();
        self.widest.extend(self.headers.iter().map(|header| header.width));
    }

    fn put(&mut self, write: impl FnOnce(&mut String)) -> Place {
        let start = self.text.len();
        write(&mut self.text);
        Place { start, end: self.text.len(), width: width(&self.text[start..]) }
    }

    fn cell(&self, place: Place) -> Cell<'_> {
        (&self.text[place.start..place.end], place.width)
    }

    pub(super) fn title(&self) -> Option<Cell<'_>> {
        self.title.map(|title| self.cell(title))
    }

    /// The headers; none if the section is drawn `upright` and can be.
    pub(super) fn headers(&self, upright: bool) -> impl Iterator<Item = Cell<'_>> {
        let headers = if self.turns(upright) { &[] } else { &self.headers[..] };
        headers.iter().map(|place| self.cell(*place))
    }

    /// Hand the cells of each row to `each`.
    pub(super) fn rows(&self, upright: bool, mut each: impl FnMut(&mut dyn Iterator<Item = Cell<'_>>)) {
        if self.turns(upright) {
            for (header, cell) in self.headers.iter().zip(&self.cells) {
                each(&mut [*header, *cell].into_iter().map(|place| self.cell(place)));
            }
        } else {
            let columns = self.columns.unwrap_or(0);
            for row in 0..self.rows {
                each(&mut self.cells[row * columns..][..columns].iter().map(|place| self.cell(*place)));
            }
        }
    }

    pub(super) fn has_rows(&self) -> bool {
        self.rows > 0
    }

    /// Whether the section is drawn turned: a row of header and cell for each column. Only a single row
    /// under headers can be.
    fn turns(&self, upright: bool) -> bool {
        upright && self.rows == 1 && !self.headers.is_empty()
    }

    /// The width of the widest cell of each column.
    fn widest(&self, upright: bool, widest: &mut Vec<i64>) {
        widest.clear();
        if self.turns(upright) {
            let turned = self.headers.iter().zip(&self.cells);
            let both =
                turned.fold([0, 0], |[left, right], (header, cell)| [left.max(header.width), right.max(cell.width)]);
            widest.extend(both.map(|cell| cell as i64));
        } else {
            widest.extend(self.widest.iter().map(|cell| *cell as i64));
        }
    }

    /// The width that the section asks for, its border and the bars of its indentation included.
    pub(super) fn natural_width(&self, upright: bool) -> usize {
        let cells = if self.turns(upright) {
            let widest = |places: &[Place]| places.iter().map(|place| place.width).max().unwrap_or(0);
            widest(&self.headers) + widest(&self.cells) + 2 * PADDING
        } else {
            self.widest.iter().map(|cell| cell + PADDING).sum()
        };
        natural_width(self.title().map(|(_, width)| width), self.indent, cells)
    }

    /// The widths of columns that fill `total`: scaled in proportion and rounded, then a unit at a
    /// time taken from the left or given to the right until the sum is right.
    pub(super) fn column_widths(&self, total: i64, upright: bool, widths: &mut Vec<i64>) {
        self.widest(upright, widths);
        if widths.is_empty() {
            return;
        }
        for cell in widths.iter_mut() {
            *cell += PADDING as i64;
        }
        let scale = total as f64 / widths.iter().sum::<i64>() as f64;
        for width in widths.iter_mut() {
            *width = (scale * *width as f64).round_ties_even() as i64;
        }
        let mut excess = widths.iter().sum::<i64>() - total;
        while excess > 0 {
            for width in widths.iter_mut().take(excess as usize) {
                *width -= 1;
                excess -= 1;
            }
        }
        while excess < 0 {
            for width in widths.iter_mut().rev().take(excess.unsigned_abs() as usize) {
                *width += 1;
                excess += 1;
            }
        }
    }
}

fn measure(widest: &mut Vec<usize>, row: &[Place]) -> Result<(), Error> {
    if widest.is_empty() {
        widest.extend(row.iter().map(|cell| cell.width));
    } else if row.len() > widest.len() {
        return Err(Error::Shape("list index out of range".to_owned()));
    } else {
        for (widest, cell) in widest.iter_mut().zip(row) {
            *widest = cell.width.max(*widest);
        }
    }
    Ok(())
}

/// The width of a section whose columns ask for `cells`, padding included.
pub(super) fn natural_width(title: Option<usize>, indent: usize, cells: usize) -> usize {
    let border = 2 + 2 * indent;
    // A section without title is measured as if it bore Python's word for none.
    title.unwrap_or(width("None")).max(cells) + border
}

#[cfg(test)]
mod tests {
    use super::Section;
    use crate::output::node::Node;

    fn section(widths: &[usize]) -> Section {
        let texts: Vec<String> = widths.iter().map(|width| "x".repeat(*width)).collect();
        let mut section = Section::default();
        section.open(Some("t"), 0);
        section.add_row(texts.iter().map(|text| Node::Text(text))).unwrap();
        section
    }

    fn columns(widths: &[usize], total: i64) -> Vec<i64> {
        let mut columns = Vec::new();
        section(widths).column_widths(total, false, &mut columns);
        columns
    }

    #[test]
    fn columns_fill_the_width_they_are_given() {
        for widths in [&[1][..], &[3, 3, 3], &[1, 20, 5, 5, 9], &[0, 0], &[40, 1, 1, 1, 1, 1, 1]] {
            for total in 1..200 {
                let columns = columns(widths, total);
                assert_eq!(columns.iter().sum::<i64>(), total, "{widths:?} in {total}");
            }
        }
    }

    #[test]
    fn half_a_column_rounds_to_even() {
        // 5 and 5 in 13 are 6.5 each, so 6 and 6, and the one that is left goes to the right.
        assert_eq!(columns(&[1, 1], 13), [6, 7]);
        // 5 and 5 in 15 are 7.5 each, so 8 and 8, and the one too many comes from the left.
        assert_eq!(columns(&[1, 1], 15), [7, 8]);
    }

    #[test]
    fn rows_must_agree() {
        let mut section = section(&[1, 1]);
        let error = section.add_row([Node::Text("")].into_iter()).unwrap_err();
        assert_eq!(error.to_string(), "Row should have 2 elements, instead it has 1");
        let error = section.set_headers(["", "", ""].into_iter()).unwrap_err();
        assert_eq!(error.to_string(), "list index out of range");
    }
}
