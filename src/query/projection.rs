//! Which members of a list's objects an expression can look at, found without a value.
//!
//! The tree is walked as `eval` walks it, but instead of values go shapes: what a value may be,
//! as far as an object of the list may be in it. A member that is taken from such an object is
//! noted. Where an object would go somewhere that is not followed here (into a comparison, into a
//! list of its own making, out as the result), all of its members count as looked at.
//!
//! A shape says "this, or a value without any such object in it": null, for one, is always possible.

use std::collections::BTreeSet;

use super::ast::{Callee, Node};
use super::functions::Function;

/// The members that `node`, applied to an object with the list `key`, may look at in the list's
/// elements; `None` for all.
pub(super) fn members<'n>(node: &'n Node, key: &str) -> Option<BTreeSet<&'n str>> {
    let mut walk = Walk { key, seen: BTreeSet::new(), all: false };
    let result = walk.visit(node, Shape::Answer);
    walk.escape(result);
    (!walk.all).then_some(walk.seen)
}

/// What a value may be.
#[derive(Clone, Copy, PartialEq)]
enum Shape<'n> {
    /// The object that the expression is applied to.
    Answer,
    /// The list, or some of its elements in some order.
    Elements,
    /// An element of it.
    Element,
    /// An expression that a function may apply.
    Reference(&'n Node),
    /// Nothing that holds an element.
    Other,
}

struct Walk<'k, 'n> {
    key: &'k str,
    seen: BTreeSet<&'n str>,
    all: bool,
}

impl<'n> Walk<'_, 'n> {
    /// The shape of what `node` makes of `value`.
    fn visit(&mut self, node: &'n Node, value: Shape<'n>) -> Shape<'n> {
        match node {
            Node::Current => value,
            Node::Field(name) => self.field(name, value),
            Node::Index(_) if value == Shape::Elements => Shape::Element,
            Node::Slice(_) if value == Shape::Elements => Shape::Elements,
            Node::Literal(_) | Node::Index(_) | Node::Slice(_) => Shape::Other,
            Node::Then(first, second) => {
                let between = self.visit(first, value);
                self.visit(second, between)
            }
            Node::Project { list, each } => self.project(list, None, each, value),
            Node::Filter { list, test, each } => self.project(list, Some(test), each, value),
            Node::Values(object) => {
                let object = self.visit(object, value);
                // An array has no values by name.
                if object == Shape::Elements { Shape::Other } else { self.escape(object) }
            }
            // The elements are objects, and stay in the list.
            Node::Flatten(list) => match self.visit(list, value) {
                Shape::Elements => Shape::Elements,
                _ => Shape::Other,
            },
            Node::Compare(_, left, right) => {
                for side in [left, right] {
                    let side = self.visit(side, value);
                    self.escape(side);
                }
                Shape::Other
            }
            Node::And(left, right) | Node::Or(left, right) => {
                let left = self.visit(left, value);
                let right = self.visit(right, value);
                self.either(left, right)
            }
            // Whether a list or an object is empty is known without its members.
            Node::Not(operand) => {
                self.visit(operand, value);
                Shape::Other
            }
            Node::List(nodes) => self.keep(nodes.iter(), value),
            Node::Hash(pairs) => self.keep(pairs.iter().map(|(_, node)| node), value),
            Node::Call(callee, nodes) => self.call(callee, nodes, value),
            Node::Reference(node) => Shape::Reference(node),
        }
    }

    /// Take note that a value goes where it is not followed.
    fn escape(&mut self, value: Shape<'n>) -> Shape<'n> {
        self.all |= !matches!(value, Shape::Other | Shape::Reference(_));
        Shape::Other
    }

    fn field(&mut self, name: &'n str, value: Shape<'n>) -> Shape<'n> {
        match value {
            Shape::Answer if name == self.key => return Shape::Elements,
            Shape::Element => {
                self.seen.insert(name);
            }
            _ => {}
        }
        Shape::Other
    }

    fn project(&mut self, list: &'n Node, test: Option<&'n Node>, each: &'n Node, value: Shape<'n>) -> Shape<'n> {
        // Elements of any other list hold none of ours, whatever is done with them.
        if self.visit(list, value) != Shape::Elements {
            return Shape::Other;
        }
        if let Some(test) = test {
            self.visit(test, Shape::Element);
        }
        let each = self.visit(each, Shape::Element);
        self.listed(each)
    }

    /// The shape of a list of values of one shape.
    fn listed(&mut self, each: Shape<'n>) -> Shape<'n> {
        if each == Shape::Element { Shape::Elements } else { self.escape(each) }
    }

    fn either(&mut self, left: Shape<'n>, right: Shape<'n>) -> Shape<'n> {
        match (left, right) {
            (shape, Shape::Other) | (Shape::Other, shape) => shape,
            (left, right) if left == right => left,
            (left, right) => {
                // Two kinds of value in one place: neither is followed.
                self.all = true;
                self.escape(left);
                self.escape(right)
            }
        }
    }

    /// Values that become parts of a list or an object of the expression's own.
    fn keep(&mut self, nodes: impl Iterator<Item = &'n Node>, value: Shape<'n>) -> Shape<'n> {
        for node in nodes {
            let part = self.visit(node, value);
            self.escape(part);
            // From there it could come back and be applied to anything.
            self.all |= matches!(part, Shape::Reference(_));
        }
        Shape::Other
    }

    fn call(&mut self, callee: &Callee, nodes: &'n [Node], value: Shape<'n>) -> Shape<'n> {
        let arguments: Vec<Shape<'n>> = nodes.iter().map(|node| self.visit(node, value)).collect();
        let Callee::Known(function) = callee else {
            return Shape::Other;
        };
        match (function, arguments.as_slice()) {
            (Function::Length, [Shape::Elements]) | (Function::Type, [_]) => Shape::Other,
            (Function::Reverse | Function::ToArray, [Shape::Elements]) | (Function::ToArray, [Shape::Element]) => {
                Shape::Elements
            }
            (Function::SortBy, [Shape::Elements, Shape::Reference(key)]) => {
                self.key(key);
                Shape::Elements
            }
            (Function::MinBy | Function::MaxBy, [Shape::Elements, Shape::Reference(key)]) => {
                self.key(key);
                Shape::Element
            }
            (Function::Map, [Shape::Reference(each), Shape::Elements]) => {
                let each = self.visit(each, Shape::Element);
                self.listed(each)
            }
            (Function::NotNull, shapes) => {
                shapes.iter().fold(Shape::Other, |so_far, shape| self.either(so_far, *shape))
            }
            (_, shapes) => shapes.iter().fold(Shape::Other, |_, shape| self.escape(*shape)),
        }
    }

    fn key(&mut self, key: &'n Node) {
        let key = self.visit(key, Shape::Element);
        self.escape(key);
    }
}

#[cfg(test)]
mod tests {
    use super::super::compile;

    #[test]
    fn what_an_expression_can_look_at() {
        for (expression, expected) in [
            ("length(imageDetails)", Some("")),
            ("NextToken", Some("")),
            ("sort_by(imageDetails,&imagePushedAt)[-1].imageTags[0]", Some("imagePushedAt imageTags")),
            ("imageDetails[*].imageDigest", Some("imageDigest")),
            ("imageDetails[].[imageDigest, imageTags[0]]", Some("imageDigest imageTags")),
            ("imageDetails[*].{a: imageDigest, b: @.imageSizeInBytes}", Some("imageDigest imageSizeInBytes")),
            ("imageDetails[?imageTags==`null`].imageDigest", Some("imageDigest imageTags")),
            ("imageDetails[?imageTags].imageDigest | [0]", Some("imageDigest imageTags")),
            ("imageDetails[?contains(imageTags || `[]`, 'prod')] | [0].imageDigest", Some("imageDigest imageTags")),
            ("max_by(imageDetails, &imageSizeInBytes).imageDigest", Some("imageDigest imageSizeInBytes")),
            ("reverse(imageDetails)[:5].imageStatus", Some("imageStatus")),
            ("map(&imageTags, imageDetails)[]", Some("imageTags")),
            ("sum(imageDetails[].imageSizeInBytes)", Some("imageSizeInBytes")),
            ("imageDetails[0].imageScanStatus.status", Some("imageScanStatus")),
            ("!imageDetails", Some("")),
            ("imageDetails[?@].imageTags", Some("imageTags")),
            ("(imageDetails || NextToken)[0].imageTags", Some("imageTags")),
            ("imageDetails[?!future].imageTags", Some("future imageTags")),
            // Elements that go out, or where they are not followed.
            ("@", None),
            ("imageDetails", None),
            ("imageDetails[0]", None),
            ("imageDetails[?imageTags]", None),
            ("imageDetails[*].[@]", None),
            ("imageDetails[*].*", None),
            ("*[].imageTags", None),
            ("imageDetails == `[]`", None),
            ("imageDetails[0] == imageDetails[1]", None),
            ("contains(imageDetails, `1`)", None),
            ("to_string(imageDetails[0])", None),
            ("keys(imageDetails[0])", None),
            ("length(imageDetails[0])", None),
            ("[imageDetails][0][0].imageTags", None),
            ("{a: imageDetails}.a[0].imageTags", None),
            ("not_null(imageDetails, imageDetails[0]).imageTags", None),
            ("sort_by(imageDetails, [&imageTags][0])", None),
            ("sort_by(imageDetails, &@)[0].imageTags", None),
            ("(imageDetails || &imageTags)", None),
        ] {
            let compiled = compile(expression).expect(expression);
            let found =
                compiled.members_of("imageDetails").map(|names| names.into_iter().collect::<Vec<_>>().join(" "));
            assert_eq!(found.as_deref(), expected, "{expression}");
        }
    }
}
