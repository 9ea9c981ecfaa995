//! What an expression means: the tree that is evaluated, made from the crate's.
//!
//! It differs from [`jmespath::ast::Ast`] in its values, which keep order and exact numbers, in
//! functions that are known by name before anything runs, and in filters that are one node. It is
//! public so that a planner can look for the parts that a database answers better.

use jmespath::ast::{Ast, Comparator};

use super::error::{ErrorKind, QueryError};
use super::functions::Function;
use super::respell::{Bracket, Respelled};
use crate::model::Value;

/// One node of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// The value itself: `@`, and the right side of a projection without one.
    Current,
    /// A member of an object.
    Field(String),
    /// An element of an array, counted from the end when negative.
    Index(i64),
    /// A part of an array, as an array and not as a projection.
    Slice(Slice),
    /// A value written in the expression.
    Literal(Value),
    /// The second applied to what the first gives: `a.b`, `a[0]`, `a | b`.
    Then(Box<Node>, Box<Node>),
    /// `each` applied to every element of the array that `list` gives, nulls left out.
    Project {
        /// Gives the array.
        list: Box<Node>,
        /// Applied to its elements.
        each: Box<Node>,
    },
    /// `[?test]`: like [`Node::Project`] with only the elements for which `test` is true.
    Filter {
        /// Gives the array.
        list: Box<Node>,
        /// Decides on an element.
        test: Box<Node>,
        /// Applied to the elements that pass.
        each: Box<Node>,
    },
    /// The values of an object as an array: the left side of `*`.
    Values(Box<Node>),
    /// An array whose elements that are arrays are opened, once: the left side of `[]`.
    Flatten(Box<Node>),
    /// A comparison.
    Compare(Comparison, Box<Node>, Box<Node>),
    /// The first that is false, or else the second.
    And(Box<Node>, Box<Node>),
    /// The first that is true, or else the second.
    Or(Box<Node>, Box<Node>),
    /// `!`.
    Not(Box<Node>),
    /// `[a, b]`.
    List(Vec<Node>),
    /// `{a: a, b: b}`, in the order in which it was written.
    Hash(Vec<(String, Node)>),
    /// A function and its arguments.
    Call(Callee, Vec<Node>),
    /// `&a`: an expression as an argument.
    Reference(Box<Node>),
}

/// The bounds of a slice as they were written; those beyond 64 bits are cut to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// The first element's index.
    pub start: Option<i64>,
    /// The index to stop before.
    pub stop: Option<i64>,
    /// How far to go on each time.
    pub step: Option<i64>,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// The function that a call names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// One of jmespath.py's.
    Known(Function),
    /// No function; an error once it is called, and not before.
    Unknown(String),
}

/// Let the crate parse the expression, and put back what its spelling only points at.
pub(super) fn build(respelled: Respelled) -> Result<Node, QueryError> {
    let ast = jmespath::parse(&respelled.text).map_err(|error| misread(&respelled.text, &error.to_string()))?;
    Builder { respelled }.node(ast)
}

/// The crate and the respelling disagree: a mistake in this program, told rather than hidden.
fn misread(text: &str, reason: &str) -> QueryError {
    QueryError::compile(ErrorKind::Parse, format!("the expression was spelled {text}, and not understood: {reason}"))
}

struct Builder {
    respelled: Respelled,
}

impl Builder {
    fn node(&mut self, ast: Ast) -> Result<Node, QueryError> {
        Ok(match ast {
            Ast::Identity { .. } => Node::Current,
            Ast::Field { name, .. } => Node::Field(name),
            Ast::Literal { value, .. } => {
                let number = value.as_number().map(|number| number as usize);
                let literal = number.and_then(|number| self.respelled.literals.get_mut(number));
                Node::Literal(literal.map(std::mem::take).ok_or_else(|| self.no_entry("literal"))?)
            }
            Ast::Index { idx, .. } => match self.bracket(idx)? {
                Bracket::Index(index) => Node::Index(index),
                Bracket::Slice(slice) => Node::Slice(slice),
            },
            Ast::Slice { start, .. } => match self.bracket(start.unwrap_or(-1))? {
                Bracket::Slice(slice) => Node::Slice(slice),
                Bracket::Index(_) => return Err(self.no_entry("slice")),
            },
            Ast::Subexpr { lhs, rhs, .. } => Node::Then(self.boxed(lhs)?, self.boxed(rhs)?),
            Ast::Projection { lhs, rhs, .. } => match *rhs {
                Ast::Condition { predicate, then, .. } => {
                    Node::Filter { list: self.boxed(lhs)?, test: self.boxed(predicate)?, each: self.boxed(then)? }
                }
                each => Node::Project { list: self.boxed(lhs)?, each: Box::new(self.node(each)?) },
            },
            Ast::ObjectValues { node, .. } => Node::Values(self.boxed(node)?),
            Ast::Flatten { node, .. } => Node::Flatten(self.boxed(node)?),
            Ast::Comparison { comparator, lhs, rhs, .. } => {
                Node::Compare(comparison(&comparator), self.boxed(lhs)?, self.boxed(rhs)?)
            }
            Ast::And { lhs, rhs, .. } => Node::And(self.boxed(lhs)?, self.boxed(rhs)?),
            Ast::Or { lhs, rhs, .. } => Node::Or(self.boxed(lhs)?, self.boxed(rhs)?),
            Ast::Not { node, .. } => Node::Not(self.boxed(node)?),
            Ast::MultiList { elements, .. } => self.list(elements)?,
            Ast::MultiHash { elements, .. } => {
                let members = elements.into_iter().map(|pair| Ok((pair.key, self.node(pair.value)?)));
                Node::Hash(members.collect::<Result<_, QueryError>>()?)
            }
            Ast::Function { name, args, .. } => {
                let callee = Function::named(&name).map_or(Callee::Unknown(name), Callee::Known);
                Node::Call(callee, self.nodes(args)?)
            }
            Ast::Expref { ast, .. } => Node::Reference(self.boxed(ast)?),
            // Made by the crate for filters alone, which are taken whole above.
            Ast::Condition { .. } => return Err(self.no_entry("filter")),
        })
    }

    /// A multi-select list, or the one element of a wrapped one.
    fn list(&mut self, mut elements: Vec<Ast>) -> Result<Node, QueryError> {
        let wrapped = matches!(elements.first(), Some(Ast::Literal { value, .. }) if value.is_null());
        match elements.pop() {
            Some(only) if wrapped => self.node(only),
            Some(last) => {
                elements.push(last);
                Ok(Node::List(self.nodes(elements)?))
            }
            None => Ok(Node::List(Vec::new())),
        }
    }

    fn nodes(&mut self, asts: Vec<Ast>) -> Result<Vec<Node>, QueryError> {
        asts.into_iter().map(|ast| self.node(ast)).collect()
    }

    // The crate's trees come boxed; taking the box spares each caller the unpacking.
    #[expect(clippy::boxed_local)]
    fn boxed(&mut self, ast: Box<Ast>) -> Result<Box<Node>, QueryError> {
        Ok(Box::new(self.node(*ast)?))
    }

    fn bracket(&self, number: i32) -> Result<Bracket, QueryError> {
        let bracket = usize::try_from(number).ok().and_then(|number| self.respelled.brackets.get(number));
        bracket.cloned().ok_or_else(|| self.no_entry("bracket"))
    }

    fn no_entry(&self, what: &str) -> QueryError {
        misread(&self.respelled.text, &format!("there is no such {what}"))
    }
}

fn comparison(comparator: &Comparator) -> Comparison {
    match comparator {
        Comparator::Equal => Comparison::Equal,
        Comparator::NotEqual => Comparison::NotEqual,
        Comparator::LessThan => Comparison::Less,
        Comparator::LessThanEqual => Comparison::LessOrEqual,
        Comparator::GreaterThan => Comparison::Greater,
        Comparator::GreaterThanEqual => Comparison::GreaterOrEqual,
    }
}
