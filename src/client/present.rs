//! From pages to printed output: what each format is fed with, and when.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::model::{Map, Value, json};
use crate::output::json::JsonListWriter;
use crate::output::node::Node;
use crate::output::table::RowsMeasure;
use crate::output::text::Text;
use crate::output::yaml::YamlListWriter;
use crate::output::{self, Format, Formatter, Style, Takes};
use crate::query::{Answer, Expression};
use crate::service::api::{Operation, TOKEN_MEMBER};

use super::call::{Clock, Row, Seen};
use super::delayed_writer::DelayedWriter;
use super::error::Failure;
use super::paginate::Page;
use super::projected_row::Names;

/// The member in which the client's own token comes.
const NEXT_TOKEN: &str = "NextToken";

/// Why the output ended early.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The call failed.
    Failed(Failure),
    /// Writing failed.
    Write(io::Error),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Ended::Failed(failure)
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Ended::Write(error)
    }
}

impl From<output::Error> for Ended {
    fn from(error: output::Error) -> Self {
        match error {
            output::Error::Write(error) => Ended::Write(error),
            output::Error::Shape(message) => Ended::Failed(Failure::General(message)),
        }
    }
}

/// The pages of a call, one after the other.
pub(crate) trait Pages {
    /// The next page.
    fn next(&mut self) -> Result<Option<Page<Row>>, Failure>;
    /// The client's token, once there is no next page.
    fn resume_token(&self) -> Option<&str>;
    /// Start again with all members of the rows; false where they had all of them anyway.
    fn start_again(&mut self) -> bool;
    /// Start again with the same members.
    fn rewind(&mut self);
    /// Whether rows may be left out, so that a token follows them.
    fn may_be_cut(&self) -> bool;
}

/// How a call's answer is printed.
pub(crate) struct Presentation<'a> {
    /// The operation that was called.
    pub(crate) operation: &'static Operation,
    /// The format.
    pub(crate) format: Format,
    /// What the format must know in addition to the values.
    pub(crate) style: Style,
    /// `--query`.
    pub(crate) query: Option<&'a Expression>,
    /// How instants are shown.
    pub(crate) clock: Clock<'a>,
}

impl Presentation<'_> {
    /// Print the pages that the paginator brings.
    pub(crate) fn print_pages(&self, pages: &mut dyn Pages, out: &mut dyn Write) -> Result<(), Ended> {
        if self.format == Format::Json && self.query.is_none() {
            return self.stream_json(pages, out);
        }
        if self.format == Format::Yaml && self.query.is_none() && !pages.may_be_cut() {
            return self.stream_yaml(pages, out);
        }
        if self.format == Format::Text && self.query.is_none() {
            return self.with_formatter(out, |formatter, out| self.stream_text(formatter, pages, out));
        }
        if self.format == Format::Table && self.query.is_none() {
            return self.with_formatter(out, |formatter, out| self.table_in_two_readings(formatter, pages, out));
        }
        self.with_formatter(out, |formatter, out| match self.format.takes() {
            Takes::Whole => {
                let mut result = self.whole(pages)?;
                if result.is_err() && pages.start_again() {
                    result = self.whole(pages)?;
                }
                self.print(formatter, result?, out)
            }
            Takes::Pages => {
                let mut printed = 0;
                while let Some(page) = pages.next()? {
                    let mut result = self.page(page);
                    if result.is_err() && pages.start_again() {
                        for _ in 0..printed {
                            pages.next()?;
                        }
                        result = pages.next()?.map_or(result, |page| self.page(page));
                    }
                    self.print(formatter, result?, out)?;
                    printed += 1;
                }
                self.print_token_of_text(formatter, pages, out)
            }
            Takes::Nothing => {
                while pages.next()?.is_some() {}
                Ok(())
            }
        })
    }

    /// Print the token that follows the pages of text.
    fn print_token_of_text(
        &self,
        formatter: &mut dyn Formatter,
        pages: &dyn Pages,
        out: &mut dyn Write,
    ) -> Result<(), Ended> {
        let (Format::Text, Some(token)) = (self.format, pages.resume_token()) else { return Ok(()) };
        let token = member(NEXT_TOKEN, Value::from(token));
        self.feed(formatter, member(NEXT_TOKEN, token), out)
    }

    /// Print one answer of an operation without a paginator.
    pub(crate) fn print_answer(&self, answer: Value, out: &mut dyn Write) -> Result<(), Ended> {
        self.with_formatter(out, |formatter, out| match self.format.takes() {
            Takes::Whole | Takes::Pages => self.feed(formatter, answer, out),
            Takes::Nothing => Ok(()),
        })
    }

    /// Feed a formatter and end it, also where it stumbled; not where nothing can be written.
    fn with_formatter(
        &self,
        out: &mut dyn Write,
        feed: impl FnOnce(&mut dyn Formatter, &mut dyn Write) -> Result<(), Ended>,
    ) -> Result<(), Ended> {
        let mut formatter = self.format.formatter(self.style.clone());
        let outcome = feed(&mut *formatter, out);
        if !matches!(outcome, Err(Ended::Write(_))) {
            formatter.finish(out)?;
            out.flush()?;
        }
        outcome
    }

    /// Print what [`Presentation::result`] gave.
    fn print(&self, formatter: &mut dyn Formatter, result: Value, out: &mut dyn Write) -> Result<(), Ended> {
        if self.narrow_query().is_none() {
            return self.feed(formatter, result, out);
        }
        Ok(formatter.page(&result, out)?)
    }

    fn feed(&self, formatter: &mut dyn Formatter, value: Value, out: &mut dyn Write) -> Result<(), Ended> {
        let value = match self.query {
            Some(query) if self.format.shows_twins() => {
                let (value, shared_refs) =
                    query.search_with_shared_refs(&value).map_err(|error| Failure::General(error.to_string()))?;
                return Ok(formatter.page_with_shared_refs(&value, &shared_refs, out)?);
            }
            Some(query) => query.search(&value).map_err(|error| Failure::General(error.to_string()))?,
            None if matches!(self.format, Format::Text | Format::Table) && has_mixed_list(&value) => {
                without_mixed_lists(value)
            }
            None => value,
        };
        Ok(formatter.page(&value, out)?)
    }

    /// The query, where rows are built as far as it looks at them. YAML distinguishes one list
    /// in two places from two equal ones, so it gets the parts of one whole value.
    fn narrow_query(&self) -> Option<&Expression> {
        self.query.filter(|_| !matches!(self.format, Format::Yaml | Format::YamlStream))
    }

    /// The names of the members at which the query looks; `None` where all will be shown or looked
    /// at. The message of a query's error may show more: then [`Pages::start_again`] is called.
    pub(crate) fn names(&self) -> Option<Names> {
        let names = match self.format.takes() {
            Takes::Nothing => BTreeSet::new(),
            _ => self.narrow_query()?.members_of(self.result_key())?,
        };
        Some(names.into_iter().map(str::to_owned).collect())
    }

    /// The member that holds the rows. Only operations that have one are paged.
    fn result_key(&self) -> &'static str {
        self.operation.result_key.unwrap_or_default()
    }

    /// The result of all pages merged; the inner error is the query's.
    fn whole(&self, pages: &mut dyn Pages) -> Result<Result<Value, Failure>, Failure> {
        let mut rows = Vec::new();
        while let Some(page) = pages.next()? {
            if rows.is_empty() { rows = page.rows } else { rows.extend(page.rows) }
        }
        let token = pages.resume_token().map(|token| (NEXT_TOKEN, Value::from(token)));
        Ok(self.result(&rows, token))
    }

    /// The result of one page: of the rows alone in text, of the whole response in a stream.
    fn page(&self, page: Page<Row>) -> Result<Value, Failure> {
        let token = page.next_token.filter(|_| self.format != Format::Text);
        self.result(&page.rows, token.map(|token| (TOKEN_MEMBER, Value::Str(token))))
    }

    /// The query's result, or the whole answer where the query is not narrow.
    fn result(&self, rows: &[Row], token: Option<(&str, Value)>) -> Result<Value, Failure> {
        let seen = Seen { rows, clock: self.clock };
        let answer = Answer { key: self.result_key(), rows: &seen, token };
        let Some(query) = self.narrow_query() else { return Ok(answer.to_value()) };
        let value = query.search_rows(&answer).map_err(|error| Failure::General(error.to_string()))?;
        // A list that the query made of objects and other values fails as in the real client, one of a row does not.
        let is_of_a_row = || rows.iter().any(|row| has_mixed_list(&row.to_value(self.clock)));
        if matches!(self.format, Format::Text | Format::Table) && has_mixed_list(&value) && is_of_a_row() {
            return Ok(without_mixed_lists(value));
        }
        Ok(value)
    }

    /// The bytes that the merged answer would print, row by row. A token would precede the rows.
    fn stream_yaml(&self, pages: &mut dyn Pages, out: &mut dyn Write) -> Result<(), Ended> {
        let mut out = DelayedWriter::new(out);
        let mut list = YamlListWriter::new(self.result_key(), &mut out);
        while let Some(page) = pages.next()? {
            for row in &page.rows {
                match row.plain_detail() {
                    Some(detail) => list.element(Node::Detail(detail, &self.clock))?,
                    None => list.element(&row.to_value(self.clock))?,
                }
            }
        }
        list.finish()?;
        out.release()?;
        Ok(out.flush()?)
    }

    /// The bytes that each page would print.
    fn stream_text(
        &self,
        formatter: &mut dyn Formatter,
        pages: &mut dyn Pages,
        out: &mut dyn Write,
    ) -> Result<(), Ended> {
        let mut text = Text::default();
        while let Some(page) = pages.next()? {
            match page.rows.iter().map(Row::plain_detail).collect::<Option<Vec<_>>>() {
                Some(details) => text.node(Node::Rows(self.result_key(), &details, &self.clock), out)?,
                None => self.feed(formatter, self.page(page)?, out)?,
            }
        }
        self.print_token_of_text(formatter, pages, out)
    }

    /// The table that the merged answer would print: the first reading of the pages measures it, the second
    /// draws it. A snapshot does not change, so both readings see the same rows.
    fn table_in_two_readings(
        &self,
        formatter: &mut dyn Formatter,
        pages: &mut dyn Pages,
        out: &mut dyn Write,
    ) -> Result<(), Ended> {
        let mut measure = RowsMeasure::default();
        self.each_row(pages, &mut |row| Ok(measure.add(row)?))?;
        let token = pages.resume_token().map(str::to_owned);
        let table = measure.table(self.result_key(), token.as_deref().map(|token| (NEXT_TOKEN, token)), &self.style)?;
        pages.rewind();
        let Some(mut table) = table else {
            let whole = self.whole(pages)??;
            return self.feed(formatter, whole, out);
        };
        table.begin(out)?;
        self.each_row(pages, &mut |row| Ok(table.row(row, out)?))?;
        Ok(table.finish(out)?)
    }

    /// Hand every row to `each` as something that a table can show.
    fn each_row(
        &self,
        pages: &mut dyn Pages,
        each: &mut dyn FnMut(Node<'_>) -> Result<(), Ended>,
    ) -> Result<(), Ended> {
        while let Some(page) = pages.next()? {
            for row in &page.rows {
                if let Some(detail) = row.plain_detail() {
                    each(Node::Detail(detail, &self.clock))?;
                    continue;
                }
                let mut value = row.to_value(self.clock);
                if has_mixed_list(&value) {
                    value = without_mixed_lists(value);
                }
                if matches!(value, Value::Map(_)) {
                    each(Node::Value(&value))?;
                }
            }
        }
        Ok(())
    }

    /// The bytes that the merged answer would print, row by row.
    fn stream_json(&self, pages: &mut dyn Pages, out: &mut dyn Write) -> Result<(), Ended> {
        let mut out = DelayedWriter::new(out);
        let mut list = JsonListWriter::new(self.result_key());
        let mut text = Vec::new();
        while let Some(page) = pages.next()? {
            for row in &page.rows {
                list.next(&mut out)?;
                text.clear();
                row.write_json(&mut text, self.clock, JsonListWriter::DEPTH)?;
                out.write_all(&text)?;
            }
        }
        let token = pages.resume_token().map(Value::from);
        let rest: Vec<(&str, &Value)> = token.iter().map(|token| (NEXT_TOKEN, token)).collect();
        list.finish(&rest, &mut out)?;
        out.release()?;
        Ok(out.flush()?)
    }
}

/// Whether a list has objects and other values.
fn is_mixed(items: &[Value]) -> bool {
    let mut objects = items.iter().map(|item| matches!(item, Value::Map(_)));
    let first = objects.next();
    objects.any(|object| Some(object) != first)
}

fn has_mixed_list(value: &Value) -> bool {
    match value {
        Value::List(items) => is_mixed(items) || items.iter().any(has_mixed_list),
        Value::Map(map) => map.values().any(has_mixed_list),
        _ => false,
    }
}

/// The answer with every list that has objects next to other values as JSON text.
///
/// Text and tables cannot show such a list, and the real client fails with one. Its model has none, so only a
/// member that the model lacks can be one.
fn without_mixed_lists(value: Value) -> Value {
    match value {
        Value::List(items) => {
            if is_mixed(&items) {
                return Value::Str(json::to_compact(&Value::List(items)));
            }
            Value::List(items.into_iter().map(without_mixed_lists).collect())
        }
        Value::Map(map) => {
            Value::Map(map.into_iter().map(|(name, value)| (name, without_mixed_lists(value))).collect())
        }
        scalar => scalar,
    }
}

fn member(name: &str, value: Value) -> Value {
    Value::Map(Map::from_iter([(name.to_owned(), value)]))
}
