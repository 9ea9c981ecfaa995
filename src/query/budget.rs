//! A limit for what one evaluation may build.
//!
//! An expression can name a value many times (`[@,@] | [@,@] | ...` doubles it with each stage), and a result
//! holds each of them. jmespath.py then takes all memory there is. Here an evaluation may build four times as
//! many values as the answer has, and some millions more, which no expression of use comes near.

use std::cell::Cell;

use super::error::{ErrorKind, QueryError};
use super::rows::Answer;
use crate::model::Value;

/// What any evaluation may build, however small the answer.
const LEAST: u64 = 4_000_000;
/// How often an answer may be in a result.
const TIMES: u64 = 4;
/// How many bytes of a text count as a value.
const BYTES_OF_A_VALUE: usize = 32;
/// About how many values an image has.
const VALUES_OF_A_ROW: u64 = 60;

thread_local! {
    /// What the evaluation under way may still build.
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// The limit for an evaluation over a value.
pub(super) fn for_value(value: &Value) -> u64 {
    LEAST + TIMES * count(value)
}

/// The limit for an evaluation over an answer.
pub(super) fn for_answer(answer: &Answer<'_>) -> u64 {
    LEAST + TIMES * VALUES_OF_A_ROW * answer.rows.len() as u64
}

fn count(value: &Value) -> u64 {
    1 + match value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Do `work`, which may build `limit` values.
///
/// # Errors
/// That of `work`; or that it went beyond the limit, whatever else came of it.
pub(super) fn within<T>(limit: u64, work: impl FnOnce() -> Result<T, QueryError>) -> Result<T, QueryError> {
    let before = LEFT.replace(limit);
    let outcome = work();
    let left = LEFT.replace(before);
    if left == 0 { Err(too_large(limit)) } else { outcome }
}

/// Note that so many values are built. False once the limit is reached: what is built then is thrown away.
pub(super) fn spend(values: usize) -> bool {
    LEFT.with(|left| {
        left.set(left.get().saturating_sub(values as u64));
        left.get() > 0
    })
}

/// [`spend`] for a text, which is as much as some values.
pub(super) fn spend_text(text: &str) -> bool {
    spend(text.len() / BYTES_OF_A_VALUE)
}

/// [`spend_text`], if an error can be returned.
pub(super) fn check_text(text: &str) -> Result<(), QueryError> {
    check(text.len() / BYTES_OF_A_VALUE)
}

/// [`check`] for rows of the answer that are built.
pub(super) fn check_rows(rows: usize) -> Result<(), QueryError> {
    check(rows.saturating_mul(VALUES_OF_A_ROW as usize))
}

/// [`spend`], if an error can be returned.
pub(super) fn check(values: usize) -> Result<(), QueryError> {
    // `within` replaces the error with the one that names the limit.
    if spend(values) { Ok(()) } else { Err(too_large(0)) }
}

fn too_large(limit: u64) -> QueryError {
    let message = format!(
        "the expression builds more than {limit} values, the limit for this answer: {TIMES} times its size and {LEAST} \
         more"
    );
    QueryError::search(ErrorKind::TooLarge, message)
}

#[cfg(test)]
mod tests {
    use crate::model::Value;
    use crate::model::json;
    use crate::query::{Answer, ErrorKind, Rows, compile};

    /// Rows that are built when they are looked at; building none of them is the point.
    struct Fifty;

    impl Rows for Fifty {
        fn len(&self) -> usize {
            50
        }

        fn member(&self, _: usize, _: &str) -> Option<Value> {
            None
        }

        fn row(&self, _: usize) -> Value {
            Value::Null
        }
    }

    /// Each copy of the rows counts, although they are built only with the result.
    #[test]
    fn rows_count_as_often_as_they_are_in_the_result() {
        let answer = Answer { key: "imageDetails", rows: &Fifty, token: None };
        for (text, fits) in [("[@, @, @]", true), (&*vec!["[@,@]"; 20].join("|"), false)] {
            let outcome = compile(text).unwrap().search_rows(&answer);
            assert_eq!(outcome.is_ok(), fits, "{text}");
        }
    }

    /// Each builds more than any memory holds.
    #[test]
    fn what_doubles_with_each_stage_has_an_end() {
        let page = json::parse(r#"{"imageDetails": [{"imageTags": ["a", "b"], "imageDigest": "x"}]}"#).unwrap();
        let stages = |stage: &str, last: &str| format!("{}{last}", format!("{stage} | ").repeat(40));
        for text in [
            stages("[@,@]", "@"),
            stages("{a: @, b: @}", "@"),
            stages("[@,@]", "to_string(@)"),
            stages("[@,@]", "@ == [`1`]"),
            stages("[@,@][]", "length(@)"),
            stages("[@,@]", "length(@[][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][])"),
            stages("[@,@]", "abs(@)"),
            stages("[@,@]", "[@ == @, @ == @]"),
            stages("join('', [to_string(@), to_string(@)])", "@"),
            stages("[@,@]", "reverse(to_array(@))"),
        ] {
            let outcome = compile(&text).unwrap().search(&page);
            if let Err(error) = outcome {
                assert_eq!(error.kind(), ErrorKind::TooLarge, "{text}: {error}");
                assert!(error.to_string().contains("limit"), "{error}");
            } else {
                assert!(text.contains("=="), "{text}");
            }
        }
    }

    /// An answer may be in a result a few times, whatever its size.
    #[test]
    fn a_few_copies_of_the_whole_are_no_matter() {
        let row = r#"{"imageTags": ["a", "b"], "imageDigest": "x"}"#;
        let page = json::parse(&format!(r#"{{"imageDetails": [{}]}}"#, vec![row; 5000].join(","))).unwrap();
        let expression = compile("[@, @, imageDetails[], imageDetails[].imageTags[], length(imageDetails)]").unwrap();
        assert!(expression.search(&page).is_ok());
    }
}
