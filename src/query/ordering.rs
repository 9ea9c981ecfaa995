//! The functions that put values in order: `sort`, `min`, `max` and their kin with a key.

use std::cmp::Ordering;

use super::ast::Node;
use super::compare::order;
use super::error::QueryError;
use super::eval::apply;
use super::functions::{Function, type_name, wrong_type};
use super::item::{Elements, Item};
use super::rows::Rows;

/// `sort`: of numbers or of strings, which the check of arguments has made sure of.
pub(super) fn sort<'a>(array: &Item<'a>) -> Item<'a> {
    let mut items: Vec<_> = array.elements().iter().flat_map(Elements::iter).collect();
    items.sort_by(sort_order);
    Item::list(items)
}

/// `sort_by`: stable, and of one type, which the first element's key decides.
pub(super) fn sort_by<'a>(array: &Item<'a>, reference: &Item<'a>) -> Result<Item<'a>, QueryError> {
    if let Some((rows, ranks)) = ranked(array, reference) {
        let mut order: Vec<usize> = (0..ranks.len()).collect();
        order.sort_by_key(|row| ranks[*row]);
        return Ok(Item::list(order.into_iter().map(|row| Item::Row(rows, row)).collect()));
    }
    let Some(elements) = array.elements() else { return Ok(Item::Null) };
    let Some(first) = elements.get(0) else { return Ok(array.clone()) };
    let required = type_name(&apply(reference, &first)?);
    if !matches!(required, "number" | "string") {
        // The message shows the element and not its key, unlike all others.
        return Err(wrong_type(Function::SortBy, &first, &["string", "number"], required));
    }
    let mut keyed = Vec::with_capacity(elements.len());
    for element in elements.iter() {
        keyed.push((key(Function::SortBy, reference, &element, &[required])?, element));
    }
    if required == "string" {
        // The text is found once for each key and not for each comparison.
        let texts: Vec<&str> = keyed.iter().map(|(key, _)| key.as_str().unwrap_or_default()).collect();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|place| texts[*place]);
        return Ok(Item::list(order.into_iter().map(|place| keyed[place].1.clone()).collect()));
    }
    keyed.sort_by(|(left, _), (right, _)| sort_order(left, right));
    Ok(Item::list(keyed.into_iter().map(|(_, element)| element).collect()))
}

/// Rows in the order of one member of theirs, if it is known without a look at its values.
fn ranked<'a>(array: &Item<'a>, reference: &Item<'a>) -> Option<(&'a dyn Rows, Vec<i64>)> {
    match (array, reference) {
        (Item::Rows(rows), Item::Reference(Node::Field(name))) => Some((*rows, rows.ranks(name)?)),
        _ => None,
    }
}

/// `min`.
pub(super) fn least<'a>(array: &Item<'a>) -> Result<Item<'a>, QueryError> {
    pick(array, "<", Ordering::is_lt, |element| Ok(element.clone()))
}

/// `max`.
pub(super) fn greatest<'a>(array: &Item<'a>) -> Result<Item<'a>, QueryError> {
    pick(array, ">", Ordering::is_gt, |element| Ok(element.clone()))
}

/// `min_by`.
pub(super) fn least_by<'a>(array: &Item<'a>, reference: &Item<'a>) -> Result<Item<'a>, QueryError> {
    if let Some((rows, ranks)) = ranked(array, reference) {
        let first = (0..ranks.len()).min_by_key(|row| ranks[*row]);
        return Ok(first.map_or(Item::Null, |row| Item::Row(rows, row)));
    }
    pick(array, "<", Ordering::is_lt, |element| key(Function::MinBy, reference, element, &["number", "string"]))
}

/// `max_by`.
pub(super) fn greatest_by<'a>(array: &Item<'a>, reference: &Item<'a>) -> Result<Item<'a>, QueryError> {
    if let Some((rows, ranks)) = ranked(array, reference) {
        // Of equal ones the first.
        let first = (0..ranks.len()).rev().max_by_key(|row| ranks[*row]);
        return Ok(first.map_or(Item::Null, |row| Item::Row(rows, row)));
    }
    pick(array, ">", Ordering::is_gt, |element| key(Function::MaxBy, reference, element, &["number", "string"]))
}

/// The first element that no other one is better than. Keys are made and compared one after the
/// other, so the first mistake among them is reported.
fn pick<'a>(
    array: &Item<'a>,
    sign: &str,
    better: fn(Ordering) -> bool,
    key: impl Fn(&Item<'a>) -> Result<Item<'a>, QueryError>,
) -> Result<Item<'a>, QueryError> {
    let mut best: Option<(Item<'a>, Item<'a>)> = None;
    for element in array.elements().iter().flat_map(Elements::iter) {
        let candidate = key(&element)?;
        let wins = match &best {
            None => true,
            Some((so_far, _)) => order(&candidate, so_far, sign)?.is_some_and(better),
        };
        if wins {
            best = Some((candidate, element));
        }
    }
    Ok(best.map_or(Item::Null, |(_, element)| element))
}

fn key<'a>(
    function: Function,
    reference: &Item<'a>,
    element: &Item<'a>,
    types: &[&str],
) -> Result<Item<'a>, QueryError> {
    let key = apply(reference, element)?;
    let received = type_name(&key);
    if types.contains(&received) { Ok(key) } else { Err(wrong_type(function, &key, types, received)) }
}

fn sort_order(left: &Item<'_>, right: &Item<'_>) -> Ordering {
    match (left.as_number(), right.as_number()) {
        (Some(left), Some(right)) => left.sort_order(right),
        _ => left.as_str().cmp(&right.as_str()),
    }
}
