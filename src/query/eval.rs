//! Applies a tree to a value, node by node, as jmespath.py's interpreter does.

use std::borrow::Cow;
use std::rc::Rc;

use indexmap::IndexMap;

use super::ast::{Callee, Node, Slice};
use super::compare::compare;
use super::error::{ErrorKind, QueryError};
use super::functions;
use super::item::{Elements, Item};

/// What `node` makes of `value`.
pub(super) fn visit<'a>(node: &'a Node, value: &Item<'a>) -> Result<Item<'a>, QueryError> {
    Ok(match node {
        Node::Current => value.clone(),
        Node::Field(name) => value.member(name),
        Node::Index(index) => element(value, *index),
        Node::Slice(slice) => match value.elements() {
            Some(elements) => Item::list(sliced(&elements, *slice)?),
            None => Item::Null,
        },
        Node::Literal(literal) => Item::Ref(literal),
        Node::Then(first, second) => visit(second, &visit(first, value)?)?,
        Node::Project { list, each } => match visit(list, value)?.elements() {
            Some(elements) => Item::list(projected(each, elements.iter())?),
            None => Item::Null,
        },
        Node::Filter { list, test, each } => match visit(list, value)?.elements() {
            Some(elements) => Item::list(filtered(test, each, &elements)?),
            None => Item::Null,
        },
        Node::Values(object) => match visit(object, value)?.members() {
            Some(members) => Item::list(members.iter().map(|(_, member)| member).collect()),
            None => Item::Null,
        },
        Node::Flatten(list) => match visit(list, value)?.elements() {
            Some(elements) => Item::list(flattened(&elements)),
            None => Item::Null,
        },
        Node::Compare(by, left, right) => compare(*by, &visit(left, value)?, &visit(right, value)?)?,
        Node::And(left, right) => {
            let left = visit(left, value)?;
            if left.is_false() { left } else { visit(right, value)? }
        }
        Node::Or(left, right) => {
            let left = visit(left, value)?;
            if left.is_false() { visit(right, value)? } else { left }
        }
        // No number is false, zero included, so "not" is the opposite of "true" for all values.
        Node::Not(operand) => Item::Bool(visit(operand, value)?.is_false()),
        Node::List(_) | Node::Hash(_) if value.is_null() => Item::Null,
        Node::List(nodes) => Item::list(nodes.iter().map(|node| visit(node, value)).collect::<Result<_, _>>()?),
        Node::Hash(pairs) => {
            let mut members = IndexMap::with_capacity(pairs.len());
            for (name, node) in pairs {
                members.insert(Cow::Borrowed(name.as_str()), visit(node, value)?);
            }
            Item::Map(Rc::new(members))
        }
        Node::Call(callee, nodes) => {
            // The arguments come first: a mistake in one of them wins over an unknown name.
            let arguments = nodes.iter().map(|node| visit(node, value)).collect::<Result<Vec<_>, _>>()?;
            match callee {
                Callee::Known(function) => functions::call(*function, &arguments)?,
                Callee::Unknown(name) => {
                    let message = format!("Unknown function: {name}()");
                    return Err(QueryError::search(ErrorKind::UnknownFunction, message));
                }
            }
        }
        Node::Reference(expression) => Item::Reference(expression),
    })
}

fn element<'a>(value: &Item<'a>, index: i64) -> Item<'a> {
    let Some(elements) = value.elements() else { return Item::Null };
    let from_start = if index < 0 { index.saturating_add(elements.len() as i64) } else { index };
    usize::try_from(from_start).ok().and_then(|index| elements.get(index)).unwrap_or(Item::Null)
}

/// `each` of every element, without the nulls.
fn projected<'a>(each: &'a Node, elements: impl Iterator<Item = Item<'a>>) -> Result<Vec<Item<'a>>, QueryError> {
    let mut collected = Vec::new();
    for element in elements {
        let result = visit(each, &element)?;
        if !result.is_null() {
            collected.push(result);
        }
    }
    Ok(collected)
}

fn filtered<'a>(test: &'a Node, each: &'a Node, elements: &Elements<'a>) -> Result<Vec<Item<'a>>, QueryError> {
    let mut collected = Vec::new();
    for element in elements.iter() {
        if visit(test, &element)?.is_false() {
            continue;
        }
        let result = visit(each, &element)?;
        if !result.is_null() {
            collected.push(result);
        }
    }
    Ok(collected)
}

fn flattened<'a>(elements: &Elements<'a>) -> Vec<Item<'a>> {
    let mut merged = Vec::with_capacity(elements.len());
    for element in elements.iter() {
        match element.elements() {
            Some(inner) => merged.extend(inner.iter()),
            None => merged.push(element),
        }
    }
    merged
}

/// Python's `list[start:stop:step]`.
fn sliced<'a>(elements: &Elements<'a>, slice: Slice) -> Result<Vec<Item<'a>>, QueryError> {
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
    Ok(taken)
}

/// The expression behind a reference, applied to a value.
pub(super) fn apply<'a>(reference: &Item<'a>, value: &Item<'a>) -> Result<Item<'a>, QueryError> {
    match reference {
        Item::Reference(node) => visit(node, value),
        _ => Ok(Item::Null),
    }
}
