//! The client's paginator: it asks for page after page, cuts what is too much, and says where to
//! resume.
//!
//! It knows a request as parameters by name, because that is how a token enters it, and rows as
//! items to count. The caller decides what a row is and how a page is requested.

use num_bigint::{BigInt, Sign};

use crate::model::{Map, Value};
use crate::output::python as shown;
use crate::service::api::{LIMIT_MEMBER, TOKEN_MEMBER};

use super::error::Failure;
use super::python;
use super::token::{self, Start};

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
    /// paginator takes them; without a paginator they become an unknown parameter.
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
#[derive(Clone, Debug)]
pub(crate) struct Paginator<P> {
    /// The parameters of the next request.
    parameters: P,
    max_items: Option<BigInt>,
    /// The token with which the current page was requested.
    token: Map,
    /// How many rows of the first page to leave out; `None` after it, or if the token has no number.
    skip: Option<Value>,
    /// Rows so far.
    total: usize,
    /// The token before, which must not come again.
    previous: Option<Map>,
    /// What has to happen before the next page.
    state: State,
    resume_token: Option<String>,
}

#[derive(Clone, Debug)]
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
            max_items: paging.max_items.clone(),
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
            paginator.parameters.set(LIMIT_MEMBER, python::value_of_int(size.clone()));
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
        let whole = BigInt::from(page.rows.len());
        let most = self.max_items.as_ref().map(|most| most - self.total);
        if let Some(keep) = most.filter(|most| *most < whole) {
            page.rows.truncate(slice_bound(&keep, page.rows.len()));
            let done = keep + added_to_int(skip.as_ref())?;
            self.resume_token = Some(token::resume(std::mem::take(&mut self.token), Some(done))?);
        } else {
            self.total += page.rows.len();
            self.state = State::Look(page.next_token.clone());
        }
        Ok(Some(page))
    }

    /// Whether rows may be left out.
    pub(crate) fn may_cut(&self) -> bool {
        self.max_items.is_some()
    }

    /// The `NextToken` for the rest, once the last page was handed out and there is a rest.
    pub(crate) fn resume_token(&self) -> Option<&str> {
        self.resume_token.as_deref()
    }

    /// Decide by the token of the page before whether there is another one to ask for.
    fn look(&mut self, service_token: Option<String>) -> Result<bool, Failure> {
        let Some(service_token) = service_token.filter(|token| !token.is_empty()) else { return Ok(false) };
        let token = Map::from_iter([(TOKEN_MEMBER.to_owned(), Value::Str(service_token))]);
        if self.max_items == Some(self.total.into()) {
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

    /// Set the parameters that a token holds; null, and the word for it, remove one.
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

/// A Python slice's bound: what is negative counts from the end.
fn slice_bound(index: &BigInt, length: usize) -> usize {
    if index.sign() == Sign::Minus {
        usize::try_from(index + length).unwrap_or(0)
    } else {
        usize::try_from(index).map_or(length, |index| index.min(length))
    }
}

/// A value as the lower bound of a Python slice.
fn slice_index(value: &Value, length: usize) -> Result<usize, Failure> {
    Ok(match value {
        Value::Null => 0,
        Value::Bool(truth) => slice_bound(&u8::from(*truth).into(), length),
        Value::Int(number) => slice_bound(&(*number).into(), length),
        Value::Big(number) => slice_bound(number, length),
        _ => {
            let message = "slice indices must be integers or None or have an __index__ method";
            return Err(Failure::General(message.to_owned()));
        }
    })
}

/// The skipped rows as what Python adds to an integer; only what is a slice's bound comes here.
fn added_to_int(skip: Option<&Value>) -> Result<BigInt, Failure> {
    match skip {
        Some(Value::Null) => {
            Err(Failure::General("unsupported operand type(s) for +: 'int' and 'NoneType'".to_owned()))
        }
        Some(Value::Bool(truth)) => Ok(u8::from(*truth).into()),
        Some(Value::Int(number)) => Ok((*number).into()),
        Some(Value::Big(number)) => Ok((**number).clone()),
        _ => Ok(BigInt::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Failure, LIMIT_MEMBER, Map, Page, Paginator, Paging, Parameters, Value};
    use crate::client::python;

    impl Parameters for Map {
        fn set(&mut self, name: &str, value: Value) {
            self.insert(name.to_owned(), value);
        }

        fn unset(&mut self, name: &str) {
            self.shift_remove(name);
        }
    }

    /// A service of `rows` numbers that gives `default` a page, and tokens `t1`, `t2`, ...
    fn service(rows: usize, default: usize) -> impl FnMut(&Map) -> Result<Page<usize>, Failure> {
        move |parameters| {
            let token = parameters.get("nextToken").and_then(Value::as_str).unwrap_or("t0");
            let start: usize = token[1..].parse().expect("a token of ours");
            let size = parameters.get(LIMIT_MEMBER).and_then(Value::as_int).map_or(default, |size| size as usize);
            let end = (start + size).min(rows);
            Ok(Page { rows: (start..end).collect(), next_token: (end < rows).then(|| format!("t{end}")) })
        }
    }

    fn walk(rows: usize, default: usize, paging: &Paging) -> Result<(Vec<usize>, Option<String>), Failure> {
        let mut paginator = Paginator::new(Map::new(), paging)?;
        let (mut service, mut seen) = (service(rows, default), Vec::new());
        while let Some(page) = paginator.next_page(&mut service)? {
            seen.extend(page.rows);
        }
        assert!(paginator.next_page(&mut service)?.is_none());
        Ok((seen, paginator.resume_token().map(str::to_owned)))
    }

    proptest! {
        /// Whatever is asked for at a time: resumed by its tokens, a walk sees every row once and in
        /// order. The size of a page has to stay, there as here: a token counts rows of a page, and
        /// of one that has become smaller than what was seen it leaves out too few.
        #[test]
        fn a_walk_in_steps_sees_what_a_walk_in_one_sees(
            rows in 0usize..60,
            default in 1usize..10,
            size in prop::option::of(1i64..15),
            steps in prop::collection::vec(1i64..12, 60),
        ) {
            let (mut seen, mut token) = (Vec::new(), None);
            for most in steps {
                let paging = Paging {
                    max_items: Some(most.into()),
                    starting_token: token.take(),
                    page_size: size.map(Into::into),
                };
                let (some, next) = walk(rows, default, &paging).unwrap();
                prop_assert!(some.len() as i64 <= most);
                seen.extend(some);
                token = next;
                if token.is_none() {
                    break;
                }
            }
            prop_assert_eq!(token, None);
            prop_assert_eq!(seen, (0..rows).collect::<Vec<_>>());
        }

        /// No text is a token that makes the walk panic.
        #[test]
        fn any_text_is_a_token_or_refused(text in ".{0,40}") {
            let paging = Paging { starting_token: Some(text), max_items: Some(2.into()), ..Paging::default() };
            let Ok(mut paginator) = Paginator::new(Map::new(), &paging) else { return Ok(()) };
            let _ = paginator.next_page(&mut |_: &Map| Ok(Page { rows: vec![1, 2, 3], next_token: None }));
        }
    }

    #[test]
    fn numbers_beyond_all_measure_end_a_walk_like_others() {
        let huge = python::int(&"9".repeat(60)).unwrap();
        let (seen, token) = walk(7, 3, &Paging { max_items: Some(huge.clone()), ..Paging::default() }).unwrap();
        assert_eq!((seen.len(), token), (7, None));
        let (seen, token) = walk(7, 3, &Paging { max_items: Some(-huge), ..Paging::default() }).unwrap();
        assert_eq!(seen.len(), 0);
        assert!(token.is_some());
    }

    #[test]
    fn the_same_token_twice_is_an_error_after_its_page() {
        let mut paginator = Paginator::new(Map::new(), &Paging::default()).unwrap();
        let mut service = |_: &Map| Ok(Page { rows: vec![0], next_token: Some("t1".to_owned()) });
        for _ in 0..2 {
            assert!(paginator.next_page(&mut service).unwrap().is_some());
        }
        let error = paginator.next_page(&mut service).unwrap_err();
        let message = "Error during pagination: The same next token was received twice: {'nextToken': 't1'}";
        assert_eq!(error, Failure::General(message.to_owned()));
    }
}
