//! The client's paginator: it asks for page after page, cuts what is too much, and says where to
//! resume.
//!
//! It knows a request as parameters by name, because that is how a token enters it, and rows as
//! things to count. What a row is and how a page is asked for is the caller's.

use num_bigint::BigInt;

use crate::model::{Map, Value};
use crate::output::python as shown;

use super::error::Failure;
use super::python;
use super::token::{self, INPUT_TOKEN, Start};

/// The parameter that limits a page.
pub(crate) const LIMIT_KEY: &str = "maxResults";

/// One page, as the service answered it or with rows cut off.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Page<R> {
    /// Its rows.
    pub(crate) rows: Vec<R>,
    /// The service's token for the next page.
    pub(crate) next_token: Option<String>,
}

/// `--max-items`, `--starting-token` and `--page-size`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paging {
    /// The most rows in all. What is not positive counts from the end, as a slice does in Python.
    pub(crate) max_items: Option<BigInt>,
    /// Where to start.
    pub(crate) starting_token: Option<String>,
    /// The most rows a page.
    pub(crate) page_size: Option<BigInt>,
}

impl Paging {
    /// The options as the one parameter `PaginationConfig`, which is what they are until the
    /// paginator takes them, and where nobody pages they end as a parameter that nobody knows.
    pub(crate) fn to_parameter(&self) -> Option<Value> {
        let mut members = Map::new();
        if let Some(token) = &self.starting_token {
            members.insert("StartingToken".to_owned(), Value::from(token.as_str()));
        }
        for (name, number) in [("PageSize", &self.page_size), ("MaxItems", &self.max_items)] {
            if let Some(number) = number {
                members.insert(name.to_owned(), python::value_of_int(number.clone()));
            }
        }
        (!members.is_empty()).then_some(Value::Map(members))
    }
}

/// The parameters of a request, as far as the paginator changes them.
pub(crate) trait Parameters {
    /// Set one.
    fn set(&mut self, name: &str, value: Value);
    /// Take one away, where it is there.
    fn unset(&mut self, name: &str);
}

/// Walks through the pages of one call.
#[derive(Debug)]
pub(crate) struct Paginator<P> {
    /// The parameters of the next request.
    parameters: P,
    max_items: Option<i128>,
    /// The token with which the page at hand was asked for.
    token: Map,
    /// How many rows of the first page to leave out; `None` after it, or where none was told.
    skip: Option<Value>,
    /// Rows so far.
    total: i128,
    /// The token before, which must not come again.
    previous: Option<Map>,
    /// What has to happen before the next page.
    state: State,
    resume_token: Option<String>,
}

#[derive(Debug)]
enum State {
    /// Ask for a page.
    Ask,
    /// The page was handed out; look at the token that it came with first.
    Look(Option<String>),
    Done,
}

impl<P: Parameters> Paginator<P> {
    /// A walk that starts where the options say. Nothing is asked for yet.
    pub(crate) fn new(parameters: P, paging: &Paging) -> Result<Self, Failure> {
        let mut paginator = Paginator {
            parameters,
            max_items: paging.max_items.as_ref().map(saturated),
            token: Start::beginning().token,
            skip: None,
            total: 0,
            previous: None,
            state: State::Ask,
            resume_token: None,
        };
        if let Some(text) = &paging.starting_token {
            let start = Start::parse(text)?;
            paginator.inject(&start.token);
            paginator.token = start.token;
            paginator.skip = Some(start.skip);
        }
        if let Some(size) = &paging.page_size {
            paginator.parameters.set(LIMIT_KEY, python::value_of_int(size.clone()));
        }
        Ok(paginator)
    }

    /// The next page, by way of `ask`.
    pub(crate) fn next_page<R>(
        &mut self,
        ask: &mut dyn FnMut(&P) -> Result<Page<R>, Failure>,
    ) -> Result<Option<Page<R>>, Failure> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Ask => {}
            State::Look(service_token) => {
                if !self.look(service_token)? {
                    return Ok(None);
                }
            }
            State::Done => return Ok(None),
        }
        let mut page = ask(&self.parameters)?;
        let skip = self.skip.take();
        if let Some(skip) = &skip {
            let from = slice_index(skip, page.rows.len())?;
            page.rows.drain(..from);
        }
        let excess = self.max_items.map_or(0, |most| (self.total + page.rows.len() as i128).saturating_sub(most));
        if excess > 0 {
            let keep = (page.rows.len() as i128).saturating_sub(excess);
            page.rows.truncate(clamped_index(keep, page.rows.len()));
            let done = keep.saturating_add(added_to_int(skip.as_ref())?);
            self.resume_token = Some(token::resume(std::mem::take(&mut self.token), Some(done))?);
        } else {
            self.total += page.rows.len() as i128;
            self.state = State::Look(page.next_token.clone());
        }
        Ok(Some(page))
    }

    /// The `NextToken` for the rest, once the last page was handed out and there is a rest.
    pub(crate) fn resume_token(&self) -> Option<&str> {
        self.resume_token.as_deref()
    }

    /// Decide by the token of the page before whether there is another one to ask for.
    fn look(&mut self, service_token: Option<String>) -> Result<bool, Failure> {
        let Some(service_token) = service_token.filter(|token| !token.is_empty()) else { return Ok(false) };
        let token = Map::from_iter([(INPUT_TOKEN.to_owned(), Value::Str(service_token))]);
        if self.max_items == Some(self.total) {
            self.resume_token = Some(token::resume(token, None)?);
            return Ok(false);
        }
        if self.previous.as_ref() == Some(&token) {
            let token = shown::repr(&Value::Map(token));
            return Err(Failure::General(format!(
                "Error during pagination: The same next token was received twice: {token}"
            )));
        }
        self.inject(&token);
        self.token.clone_from(&token);
        self.previous = Some(token);
        Ok(true)
    }

    /// Set the parameters that a token tells; null, and the word for it, take one away.
    fn inject(&mut self, token: &Map) {
        for (name, value) in token {
            if *value == Value::Null || value.as_str() == Some("None") {
                self.parameters.unset(name);
            } else {
                self.parameters.set(name, value.clone());
            }
        }
    }
}

fn saturated(number: &BigInt) -> i128 {
    let limit = if number.sign() == num_bigint::Sign::Minus { i128::MIN } else { i128::MAX };
    i128::try_from(number).unwrap_or(limit)
}

/// A Python slice's bound: what is negative counts from the end.
fn clamped_index(index: i128, length: usize) -> usize {
    let length = length as i128;
    let index = if index < 0 { index.saturating_add(length) } else { index };
    index.clamp(0, length) as usize
}

/// A value as the lower bound of a Python slice.
fn slice_index(value: &Value, length: usize) -> Result<usize, Failure> {
    Ok(match value {
        Value::Null => 0,
        Value::Bool(truth) => clamped_index((*truth).into(), length),
        Value::Int(number) => clamped_index((*number).into(), length),
        Value::Big(number) => clamped_index(saturated(number), length),
        _ => {
            let message = "slice indices must be integers or None or have an __index__ method";
            return Err(Failure::General(message.to_owned()));
        }
    })
}

/// The skipped rows as what Python adds to an integer; only what is a slice's bound comes here.
fn added_to_int(skip: Option<&Value>) -> Result<i128, Failure> {
    match skip {
        Some(Value::Null) => {
            Err(Failure::General("unsupported operand type(s) for +: 'int' and 'NoneType'".to_owned()))
        }
        Some(Value::Bool(truth)) => Ok((*truth).into()),
        Some(Value::Int(number)) => Ok((*number).into()),
        Some(Value::Big(number)) => Ok(saturated(number)),
        _ => Ok(0),
    }
}
