//! From pages to printed output: what each format is fed with, and when.

use std::io::{self, Write};

use crate::model::{Map, Value};
use crate::output::json::JsonListWriter;
use crate::output::{self, Format, Formatter, Style, Takes};
use crate::query::Expression;

use super::call::{Clock, Row, response};
use super::error::Failure;
use super::held::HeldBack;
use super::options::Operation;
use super::paginate::Page;

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
}

/// How a call's answer is printed.
pub(crate) struct Presentation<'a> {
    /// The operation that was called.
    pub(crate) operation: Operation,
    /// The format.
    pub(crate) format: Format,
    /// What the format must know beside the values.
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
        self.with_formatter(out, |formatter, out| match self.format.takes() {
            Takes::Whole => {
                let whole = self.merge(pages)?;
                self.feed(formatter, whole, out)
            }
            Takes::Pages => {
                while let Some(page) = pages.next()? {
                    let page = match self.format {
                        // Text shows the rows alone; a stream shows the whole response.
                        Format::Text => Page { next_token: None, ..page },
                        _ => page,
                    };
                    self.feed(formatter, response(self.operation, page, self.clock), out)?;
                }
                if let (Format::Text, Some(token)) = (self.format, pages.resume_token()) {
                    let token = member(NEXT_TOKEN, Value::from(token));
                    self.feed(formatter, member(NEXT_TOKEN, token), out)?;
                }
                Ok(())
            }
            Takes::Nothing => {
                while pages.next()?.is_some() {}
                Ok(())
            }
        })
    }

    /// Print one answer for which nobody pages.
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

    fn feed(&self, formatter: &mut dyn Formatter, value: Value, out: &mut dyn Write) -> Result<(), Ended> {
        let value = match self.query {
            Some(query) if self.format.shows_twins() => {
                let (value, twins) =
                    query.search_with_twins(&value).map_err(|error| Failure::General(error.to_string()))?;
                return Ok(formatter.page_with_twins(&value, &twins, out)?);
            }
            Some(query) => query.search(&value).map_err(|error| Failure::General(error.to_string()))?,
            None => value,
        };
        Ok(formatter.page(&value, out)?)
    }

    fn merge(&self, pages: &mut dyn Pages) -> Result<Value, Ended> {
        let mut rows = Vec::new();
        while let Some(page) = pages.next()? {
            rows.extend(page.rows.iter().map(|row| row.to_value(self.clock)));
        }
        let mut whole = Map::from_iter([(self.operation.result_key().to_owned(), Value::List(rows))]);
        if let Some(token) = pages.resume_token() {
            whole.insert(NEXT_TOKEN.to_owned(), Value::from(token));
        }
        Ok(Value::Map(whole))
    }

    /// The bytes that the merged answer would print, row by row.
    fn stream_json(&self, pages: &mut dyn Pages, out: &mut dyn Write) -> Result<(), Ended> {
        let mut out = HeldBack::new(out);
        let mut list = JsonListWriter::new(self.operation.result_key());
        while let Some(page) = pages.next()? {
            for row in &page.rows {
                list.element(&row.to_value(self.clock), &mut out)?;
            }
        }
        let token = pages.resume_token().map(Value::from);
        let rest: Vec<(&str, &Value)> = token.iter().map(|token| (NEXT_TOKEN, token)).collect();
        list.finish(&rest, &mut out)?;
        out.release()?;
        Ok(out.flush()?)
    }
}

fn member(name: &str, value: Value) -> Value {
    Value::Map(Map::from_iter([(name.to_owned(), value)]))
}
