//! What an expression means: the tree that is evaluated, made from the crate's.
//!
//! It differs from [`jmespath::ast::Ast`] in its values, which keep order and exact numbers, in
//! functions that are known by name before anything runs, and in filters that are one node. It is
//! public so that a planner can look for the parts that a database answers better.

use jmespath::Variable;
use jmespath::ast::{Ast, Comparator, KeyValuePair};

use super::error::{ErrorKind, QueryError};
use super::functions::Function;
use super::normalize::{Bracket, Normalized};
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
pub(super) fn build(normalized: Normalized) -> Result<Node, QueryError> {
    let ast = jmespath::parse(&normalized.text).map_err(|error| misread(&normalized.text, &error.to_string()))?;
    Builder { normalized }.node(ast)
}

/// The crate and the normalization disagree: a bug in this program, which is reported as an error.
fn misread(text: &str, reason: &str) -> QueryError {
    QueryError::compile(ErrorKind::Parse, format!("the expression was spelled {text}, and not understood: {reason}"))
}

struct Builder {
    normalized: Normalized,
}

impl Builder {
    /// Like the evaluation, this goes as deep as the tree is high and so leaves the work to others.
    fn node(&mut self, ast: Ast) -> Result<Node, QueryError> {
        match ast {
            Ast::Identity { .. } => Ok(Node::Current),
            Ast::Field { name, .. } => Ok(Node::Field(name)),
            Ast::Literal { value, .. } => self.literal(&value),
            Ast::Index { idx, .. } => self.bracket(Some(idx)),
            Ast::Slice { start, .. } => self.bracket(start),
            Ast::Subexpr { lhs, rhs, .. } => self.two(lhs, rhs, Node::Then),
            Ast::And { lhs, rhs, .. } => self.two(lhs, rhs, Node::And),
            Ast::Or { lhs, rhs, .. } => self.two(lhs, rhs, Node::Or),
            Ast::Comparison { comparator, lhs, rhs, .. } => {
                let by = comparison(&comparator);
                self.two(lhs, rhs, |left, right| Node::Compare(by, left, right))
            }
            Ast::Projection { lhs, rhs, .. } => self.projection(lhs, *rhs),
            Ast::ObjectValues { node, .. } => self.one(node, Node::Values),
            Ast::Flatten { node, .. } => self.one(node, Node::Flatten),
            Ast::Not { node, .. } => self.one(node, Node::Not),
            Ast::Expref { ast, .. } => self.one(ast, Node::Reference),
            Ast::MultiList { elements, .. } => self.list(elements),
            Ast::MultiHash { elements, .. } => self.hash(elements),
            Ast::Function { name, args, .. } => self.function(name, args),
            // Made by the crate for filters alone, which `projection` takes whole.
            Ast::Condition { .. } => Err(self.no_entry("filter")),
        }
    }

    fn literal(&mut self, placeholder: &Variable) -> Result<Node, QueryError> {
        let number = placeholder.as_number().map(|number| number as usize);
        let literal = number.and_then(|number| self.normalized.literals.get_mut(number)).map(std::mem::take);
        literal.map(Node::Literal).ok_or_else(|| self.no_entry("literal"))
    }

    fn bracket(&self, placeholder: Option<i32>) -> Result<Node, QueryError> {
        let number = placeholder.and_then(|number| usize::try_from(number).ok());
        match number.and_then(|number| self.normalized.brackets.get(number)) {
            Some(Bracket::Index(index)) => Ok(Node::Index(*index)),
            Some(Bracket::Slice(slice)) => Ok(Node::Slice(*slice)),
            None => Err(self.no_entry("bracket")),
        }
    }

    fn one(&mut self, node: Box<Ast>, make: fn(Box<Node>) -> Node) -> Result<Node, QueryError> {
        Ok(make(self.boxed(node)?))
    }

    fn two(
        &mut self,
        left: Box<Ast>,
        right: Box<Ast>,
        make: impl FnOnce(Box<Node>, Box<Node>) -> Node,
    ) -> Result<Node, QueryError> {
        let left = self.boxed(left)?;
        Ok(make(left, self.boxed(right)?))
    }

    fn projection(&mut self, list: Box<Ast>, each: Ast) -> Result<Node, QueryError> {
        let list = self.boxed(list)?;
        match each {
            Ast::Condition { predicate, then, .. } => {
                self.two(predicate, then, |test, each| Node::Filter { list, test, each })
            }
            each => Ok(Node::Project { list, each: Box::new(self.node(each)?) }),
        }
    }

    fn hash(&mut self, pairs: Vec<KeyValuePair>) -> Result<Node, QueryError> {
        let mut members = Vec::with_capacity(pairs.len());
        for pair in pairs {
            members.push((pair.key, self.node(pair.value)?));
        }
        Ok(Node::Hash(members))
    }

    fn function(&mut self, name: String, arguments: Vec<Ast>) -> Result<Node, QueryError> {
        let callee = Function::named(&name).map_or(Callee::Unknown(name), Callee::Known);
        Ok(Node::Call(callee, self.nodes(arguments)?))
    }

    /// A multi-select list, or the one element of a wrapped one.
    fn list(&mut self, mut elements: Vec<Ast>) -> Result<Node, QueryError> {
        let wrapped = matches!(elements.first(), Some(Ast::Literal { value, .. }) if value.is_null());
        match elements.pop() {
            Some(only) if wrapped => self.node(only),
            last => {
                elements.extend(last);
                Ok(Node::List(self.nodes(elements)?))
            }
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

    fn no_entry(&self, what: &str) -> QueryError {
        misread(&self.normalized.text, &format!("there is no such {what}"))
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
