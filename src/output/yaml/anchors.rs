//! Which lists and objects of a document are written once and then named.
//!
//! The first of several that are one gets an anchor (`&id001`), the others are an alias of it
//! (`*id001`). Numbers follow the order of the second occurrences in the document.

use std::collections::HashMap;

use super::super::node::Node;
use crate::model::Value;
use crate::model::shared_refs::SharedRefs;

/// What replaces a node, or precedes it.
pub(super) enum Mark {
    Anchor(usize),
    Alias(usize),
}

/// The anchors of one document.
#[derive(Default)]
pub(super) struct Anchors<'t> {
    shared_refs: Option<&'t SharedRefs>,
    /// By the number that shared references have in common.
    met: HashMap<usize, Anchor>,
    last: usize,
}

/// Shared references met so far.
#[derive(Default)]
struct Anchor {
    /// From the second one on.
    number: Option<usize>,
    written: bool,
}

impl<'t> Anchors<'t> {
    /// Number the shared references of a value, in the order in which it is written.
    pub(super) fn of(value: &Value, shared_refs: &'t SharedRefs) -> Self {
        let mut anchors = Anchors::default();
        if !shared_refs.is_empty() {
            anchors.shared_refs = Some(shared_refs);
            anchors.meet(value, shared_refs);
        }
        anchors
    }

    fn meet(&mut self, value: &Value, shared_refs: &SharedRefs) {
        if let Some(twin) = shared_refs.number(value) {
            if let Some(anchor) = self.met.get_mut(&twin) {
                // What is inside was met with the first one.
                if anchor.number.is_none() {
                    self.last += 1;
                    anchor.number = Some(self.last);
                }
                return;
            }
            self.met.insert(twin, Anchor::default());
        }
        match value {
            Value::List(items) => items.iter().for_each(|item| self.meet(item, shared_refs)),
            Value::Map(_) => {
                for (_, member) in Node::Value(value).members() {
                    if let Node::Value(member) = member {
                        self.meet(member, shared_refs);
                    }
                }
            }
            _ => {}
        }
    }

    /// The mark of the next node that is written.
    pub(super) fn mark(&mut self, value: &Value) -> Option<Mark> {
        let anchor = self.met.get_mut(&self.shared_refs?.number(value)?)?;
        let number = anchor.number?;
        if anchor.written {
            return Some(Mark::Alias(number));
        }
        anchor.written = true;
        Some(Mark::Anchor(number))
    }
}
