//! Applies a tree to a value, node by node, as jmespath.py's interpreter does.

use std::borrow::Cow;
use std::rc::Rc;

use indexmap::IndexMap;

use super::ast::{Callee, Comparison, Node, Slice};
use super::budget;
use super::compare::compare;
use super::error::{ErrorKind, QueryError};
use super::functions;
use super::item::Item;

type Outcome<'a> = Result<Item<'a>, QueryError>;

/// What `node` makes of `value`.
///
/// This calls itself as deep as the tree is high, so it does no more than choose: what needs room
/// on the stack is in functions of its own.
pub(super) fn visit<'a>(node: &'a Node, value: &Item<'a>) -> Outcome<'a> {
    match node {
        Node::Current => Ok(value.clone()),
        Node::Field(name) => Ok(value.member(name)),
        Node::Index(index) => Ok(element(value, *index)),
        Node::Slice(slice) => sliced(value, *slice),
        Node::Literal(literal) => Ok(Item::Ref(literal)),
        Node::Then(first, second) => then(first, second, value),
        Node::Project { list, each } => projected(list, each, value),
        Node::Filter { list, test, each } => filtered(list, test, each, value),
        Node::Values(object) => values(object, value),
        Node::Flatten(list) => flattened(list, value),
        Node::Compare(by, left, right) => compared(*by, left, right, value),
        Node::And(left, right) => either(left, right, value, true),
        Node::Or(left, right) => either(left, right, value, false),
        Node::Not(operand) => not(operand, value),
        Node::List(nodes) => list(nodes, value),
        Node::Hash(pairs) => hash(pairs, value),
        Node::Call(callee, nodes) => call(callee, nodes, value),
        Node::Reference(expression) => Ok(Item::Reference(expression)),
    }
}

fn then<'a>(first: &'a Node, second: &'a Node, value: &Item<'a>) -> Outcome<'a> {
    let between = visit(first, value)?;
    visit(second, &between)
}

/// `&&` continues to the right side when the left one is true, `||` when it is not.
fn either<'a>(left: &'a Node, right: &'a Node, value: &Item<'a>, goes_on_if: bool) -> Outcome<'a> {
    let matched = visit(left, value)?;
    if matched.is_false() == goes_on_if { Ok(matched) } else { visit(right, value) }
}

/// No number is false, zero included, so "not" is the opposite of "true" for all values.
fn not<'a>(operand: &'a Node, value: &Item<'a>) -> Outcome<'a> {
    visit(operand, value).map(|operand| Item::Bool(operand.is_false()))
}

fn compared<'a>(by: Comparison, left: &'a Node, right: &'a Node, value: &Item<'a>) -> Outcome<'a> {
    let left = visit(left, value)?;
    compare(by, &left, &visit(right, value)?)
}

fn values<'a>(object: &'a Node, value: &Item<'a>) -> Outcome<'a> {
    let Some(members) = visit(object, value)?.members() else { return Ok(Item::Null) };
    Ok(Item::list(members.iter().map(|(_, member)| member).collect()))
}

fn list<'a>(nodes: &'a [Node], value: &Item<'a>) -> Outcome<'a> {
    if value.is_null() {
        return Ok(Item::Null);
    }
    visit_all(nodes, value).map(Item::list)
}

fn hash<'a>(pairs: &'a [(String, Node)], value: &Item<'a>) -> Outcome<'a> {
    if value.is_null() {
        return Ok(Item::Null);
    }
    let mut members = IndexMap::with_capacity(pairs.len());
    for (name, node) in pairs {
        members.insert(Cow::Borrowed(name.as_str()), visit(node, value)?);
    }
    Ok(Item::Map(Rc::new(members)))
}

fn call<'a>(callee: &'a Callee, nodes: &'a [Node], value: &Item<'a>) -> Outcome<'a> {
    // The arguments come first: a mistake in one of them wins over an unknown name.
    let arguments = visit_all(nodes, value)?;
    match callee {
        Callee::Known(function) => functions::call(*function, &arguments),
        Callee::Unknown(name) => {
            Err(QueryError::search(ErrorKind::UnknownFunction, format!("Unknown function: {name}()")))
        }
    }
}

fn visit_all<'a>(nodes: &'a [Node], value: &Item<'a>) -> Result<Vec<Item<'a>>, QueryError> {
    let mut results = Vec::with_capacity(nodes.len());
    for node in nodes {
        results.push(visit(node, value)?);
    }
    Ok(results)
}

fn element<'a>(value: &Item<'a>, index: i64) -> Item<'a> {
    let Some(elements) = value.elements() else { return Item::Null };
    let from_start = if index < 0 { index.saturating_add(elements.len() as i64) } else { index };
    usize::try_from(from_start).ok().and_then(|index| elements.get(index)).unwrap_or(Item::Null)
}

/// `each` of every element, without the nulls.
fn projected<'a>(list: &'a Node, each: &'a Node, value: &Item<'a>) -> Outcome<'a> {
    let Some(elements) = visit(list, value)?.elements() else { return Ok(Item::Null) };
    let mut collected = Vec::new();
    budget::check(elements.len())?;
    for element in elements.iter() {
        let result = visit(each, &element)?;
        if !result.is_null() {
            collected.push(result);
        }
    }
    Ok(Item::list(collected))
}

fn filtered<'a>(list: &'a Node, test: &'a Node, each: &'a Node, value: &Item<'a>) -> Outcome<'a> {
    let Some(elements) = visit(list, value)?.elements() else { return Ok(Item::Null) };
    let mut collected = Vec::new();
    budget::check(elements.len())?;
    for element in elements.iter() {
        if visit(test, &element)?.is_false() {
            continue;
        }
        let result = visit(each, &element)?;
        if !result.is_null() {
            collected.push(result);
        }
    }
    Ok(Item::list(collected))
}

fn flattened<'a>(list: &'a Node, value: &Item<'a>) -> Outcome<'a> {
    let Some(elements) = visit(list, value)?.elements() else { return Ok(Item::Null) };
    let mut merged = Vec::with_capacity(elements.len());
    for element in elements.iter() {
        match element.elements() {
            Some(inner) => {
                budget::check(inner.len())?;
                merged.extend(inner.iter());
            }
            None => merged.push(element),
        }
    }
    Ok(Item::list(merged))
}

/// Python's `list[start:stop:step]`.
fn sliced<'a>(value: &Item<'a>, slice: Slice) -> Outcome<'a> {
    let Some(elements) = value.elements() else { return Ok(Item::Null) };
    let step = slice.step.unwrap_or(1);
    if step == 0 {
        return Err(QueryError::search(ErrorKind::Value, "slice step cannot be zero"));
    }
    let length = elements.len() as i64;
    // Where a bound may lie: going backwards, "before the first" is a place to stop at.
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i64| {
        let from_start = if bound < 0 { bound.saturating_add(length) } else { bound };
        from_start.clamp(lowest, highest)
    };
    let (first, last) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let mut index = slice.start.map_or(first, clamp);
    let end = slice.stop.map_or(last, clamp);
    let mut taken = Vec::new();
    while if step > 0 { index < end } else { index > end } {
        taken.extend(usize::try_from(index).ok().and_then(|index| elements.get(index)));
        index = index.saturating_add(step);
    }
    Ok(Item::list(taken))
}

/// The expression behind a reference, applied to a value.
pub(super) fn apply<'a>(reference: &Item<'a>, value: &Item<'a>) -> Result<Item<'a>, QueryError> {
    match reference {
        Item::Reference(node) => visit(node, value),
        _ => Ok(Item::Null),
    }
}
