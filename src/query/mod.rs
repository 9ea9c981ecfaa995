//! `--query`: `JMESPath` as jmespath.py 1.1.0 answers it, which is what the AWS CLI runs.
//!
//! ```
//! use ecrsnap::internal::model::json;
//! let page = json::parse(r#"{"imageDetails": [{"imageTags": ["b"], "imageSizeInBytes": 2}]}"#)?;
//! let expression = ecrsnap::internal::query::compile("imageDetails[].{size: imageSizeInBytes, tag: imageTags[0]}")?;
//! assert_eq!(json::to_compact(&expression.search(&page)?), r#"[{"size": 2, "tag": "b"}]"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An expression goes through `lexer` and `normalize`, which follow jmespath.py to the letter so that
//! errors have its text, then through the crate `jmespath`, which builds the tree,
//! then `ast`, which puts exact values back. `eval` applies the tree to a [`Value`]; its values
//! (`item`) borrow from the input, whose members keep their order and whose integers their digits.
//!
//! An answer of many rows need not be a [`Value`]: `projection` determines in advance which members of the
//! rows an expression can read, and `rows` makes them one by one when it does.
//!
//! Nothing here knows what an image is.

pub mod ast;
mod budget;
mod compare;
mod error;
mod eval;
mod functions;
mod item;
mod lexer;
mod library;
mod literal;
mod normalize;
mod number;
mod ordering;
mod projection;
mod rows;
mod shared_refs;
mod text;

#[cfg(test)]
mod tests;

pub use error::{ErrorKind, QueryError, Stage};
pub use functions::Function;
pub use rows::{Answer, Rows};

use std::collections::BTreeSet;

use crate::model::Value;
use crate::model::shared_refs::SharedRefs;
use item::Item;

/// How deep an expression may nest, and a JSON value written in one. Python gives up at about three
/// times this depth, with a `RecursionError`; the limit keeps the parsers off the end of the stack.
const MAX_DEPTH: usize = 128;

/// How high an expression's tree may be: a row such as `a || b || c` nests nothing but is as high as
/// it is long. Python's limit for one is about the same.
const MAX_HEIGHT: usize = 500;

/// A compiled expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    root: ast::Node,
}

/// Read an expression.
///
/// # Errors
/// What jmespath.py finds wrong with it, in its words.
pub fn compile(text: &str) -> Result<Expression, QueryError> {
    let root = ast::build(normalize::normalize(text)?)?;
    Ok(Expression { text: text.to_owned(), root })
}

impl Expression {
    /// What the expression makes of `value`.
    ///
    /// # Errors
    /// What jmespath.py, or Python under it, finds wrong on the way, in their words.
    pub fn search(&self, value: &Value) -> Result<Value, QueryError> {
        budget::within(budget::for_value(value), || eval::visit(&self.root, &Item::Ref(value))?.into_value())
    }

    /// What the expression makes of an answer whose rows are built as far as it looks at them: the
    /// same value and the same error as [`Expression::search`] makes of the whole.
    ///
    /// # Errors
    /// Those of [`Expression::search`].
    pub fn search_rows(&self, answer: &Answer<'_>) -> Result<Value, QueryError> {
        budget::within(budget::for_answer(answer), || eval::visit(&self.root, &answer.item())?.into_value())
    }

    /// The members of the elements of the list `key` at which the expression may look; `None` if
    /// it may look at all of them. An error's message may show more.
    pub fn members_of(&self, key: &str) -> Option<BTreeSet<&str>> {
        projection::members(&self.root, key)
    }

    /// The same, and which lists and objects of the result are one.
    ///
    /// # Errors
    /// Those of [`Expression::search`].
    pub fn search_with_shared_refs(&self, value: &Value) -> Result<(Value, SharedRefs), QueryError> {
        let (item, result) = budget::within(budget::for_value(value), || {
            let item = eval::visit(&self.root, &Item::Ref(value))?;
            let result = item.clone().into_value()?;
            Ok((item, result))
        })?;
        let shared_refs = shared_refs::find(&item, &result);
        Ok((result, shared_refs))
    }

    /// The tree, for those who can answer a part of it better.
    pub fn ast(&self) -> &ast::Node {
        &self.root
    }

    /// The text of the expression.
    pub fn text(&self) -> &str {
        &self.text
    }
}
