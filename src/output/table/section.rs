//! One box of a table: its title, headers and rows, and how wide each column must be.

use super::super::Error;
use super::super::unicode::width;

/// The spaces that a cell has around its text, and its share of the border.
pub(super) const PADDING: usize = 4;

/// A box. Rows are added as text, and must agree in length.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: Option<String>,
    pub(super) headers: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) indent: usize,
    columns: Option<usize>,
    widest: Vec<usize>,
}

impl Section {
    pub(super) fn new(title: Option<&str>, indent: usize) -> Self {
        Section {
            title: title.map(str::to_owned),
            headers: Vec::new(),
            rows: Vec::new(),
            indent,
            columns: None,
            widest: Vec::new(),
        }
    }

    /// A section with these headers whose columns are as wide as their widest cells, and no rows yet.
    pub(super) fn of_columns(title: Option<&str>, indent: usize, headers: Vec<String>, widest: Vec<usize>) -> Self {
        let columns = Some(headers.len());
        Section { headers, columns, widest, ..Section::new(title, indent) }
    }

    /// Name the columns. Headers that follow rows (an object inside a list of rows) replace those
    /// before them, and must not be more than the columns so far.
    pub(super) fn set_headers(&mut self, headers: Vec<String>) -> Result<(), Error> {
        self.measure(&headers)?;
        self.columns.get_or_insert(headers.len());
        self.headers = headers;
        Ok(())
    }

    pub(super) fn add_row(&mut self, row: Vec<String>) -> Result<(), Error> {
        let columns = *self.columns.get_or_insert(row.len());
        if row.len() != columns {
            let message = format!("Row should have {columns} elements, instead it has {}", row.len());
            return Err(Error::Shape(message));
        }
        self.measure(&row)?;
        self.rows.push(row);
        Ok(())
    }

    fn measure(&mut self, row: &[String]) -> Result<(), Error> {
        let widths = row.iter().map(|cell| width(cell));
        if self.widest.is_empty() {
            self.widest = widths.collect();
        } else if row.len() > self.widest.len() {
            return Err(Error::Shape("list index out of range".to_owned()));
        } else {
            for (widest, cell) in self.widest.iter_mut().zip(widths) {
                *widest = cell.max(*widest);
            }
        }
        Ok(())
    }

    /// The width that the section asks for, its border and the bars of its indentation included.
    pub(super) fn natural_width(&self) -> usize {
        let cells: usize = self.widest.iter().map(|cell| cell + PADDING).sum();
        natural_width(self.title.as_deref(), self.indent, cells)
    }

    /// The widths of columns that fill `total`: scaled in proportion and rounded, then a unit at a
    /// time taken from the left or given to the right until the sum is right.
    pub(super) fn column_widths(&self, total: i64) -> Vec<i64> {
        let natural: Vec<i64> = self.widest.iter().map(|cell| (cell + PADDING) as i64).collect();
        if natural.is_empty() {
            return natural;
        }
        let scale = total as f64 / natural.iter().sum::<i64>() as f64;
        let mut widths: Vec<i64> =
            natural.iter().map(|width| (scale * *width as f64).round_ties_even() as i64).collect();
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
        widths
    }

    /// A section of one row under headers, turned: a row of header and cell for each column.
    /// Other sections are unchanged.
    pub(super) fn upright(mut self) -> Self {
        if self.rows.len() != 1 || self.headers.is_empty() {
            return self;
        }
        let row = self.rows.pop().unwrap_or_default();
        let mut turned = Section { title: self.title, ..Section::new(None, self.indent) };
        for (header, cell) in self.headers.into_iter().zip(row) {
            // Two cells each, so neither of the checks can fail; the widths are all that is wanted.
            let _ = turned.add_row(vec![header, cell]);
        }
        turned
    }
}

/// The width of a section whose columns ask for `cells`, padding included.
pub(super) fn natural_width(title: Option<&str>, indent: usize, cells: usize) -> usize {
    let border = 2 + 2 * indent;
    // A section without title is measured as if it bore Python's word for none.
    width(title.unwrap_or("None")).max(cells) + border
}

#[cfg(test)]
mod tests {
    use super::Section;

    fn section(widths: &[usize]) -> Section {
        let mut section = Section::new(Some("t"), 0);
        section.add_row(widths.iter().map(|width| "x".repeat(*width)).collect()).unwrap();
        section
    }

    #[test]
    fn columns_fill_the_width_they_are_given() {
        for widths in [&[1][..], &[3, 3, 3], &[1, 20, 5, 5, 9], &[0, 0], &[40, 1, 1, 1, 1, 1, 1]] {
            for total in 1..200 {
                let columns = section(widths).column_widths(total);
                assert_eq!(columns.iter().sum::<i64>(), total, "{widths:?} in {total}");
            }
        }
    }

    #[test]
    fn half_a_column_rounds_to_even() {
        // 5 and 5 in 13 are 6.5 each, so 6 and 6, and the one that is left goes to the right.
        assert_eq!(section(&[1, 1]).column_widths(13), [6, 7]);
        // 5 and 5 in 15 are 7.5 each, so 8 and 8, and the one too many comes from the left.
        assert_eq!(section(&[1, 1]).column_widths(15), [7, 8]);
    }

    #[test]
    fn rows_must_agree() {
        let mut section = section(&[1, 1]);
        let error = section.add_row(vec![String::new()]).unwrap_err();
        assert_eq!(error.to_string(), "Row should have 2 elements, instead it has 1");
        let error = section.set_headers(vec![String::new(); 3]).unwrap_err();
        assert_eq!(error.to_string(), "list index out of range");
    }
}
