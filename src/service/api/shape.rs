//! The types of a service model: what a value may be.

/// What a value of the model may be.
#[derive(Debug)]
pub struct Shape {
    /// The name of the shape in the model.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// The least value of a number, or the least length of a string or list.
    pub min: Option<i64>,
}

/// The type of a shape.
#[derive(Debug)]
pub enum Kind {
    /// An object with these members.
    Structure(&'static [ShapeMember]),
    /// An array of one shape.
    List(&'static Shape),
    /// An object whose keys are strings and whose values have one shape.
    Map(&'static Shape),
    /// A string, with the values that the model lists for it.
    String(&'static [&'static str]),
    /// An integer of 32 or 64 bits.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// An instant.
    Timestamp,
}

/// A member of a structure.
#[derive(Debug)]
pub struct ShapeMember {
    /// The name in the API, `imageIds`.
    pub name: &'static str,
    /// What it holds.
    pub shape: &'static Shape,
    /// Whether a request without it is refused.
    pub required: bool,
    /// The first sentence of its documentation; empty in responses.
    pub about: &'static str,
}

impl Shape {
    /// The members of a structure; of any other shape, none.
    pub fn members(&self) -> &'static [ShapeMember] {
        match self.kind {
            Kind::Structure(members) => members,
            _ => &[],
        }
    }
}
