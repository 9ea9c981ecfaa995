//! The values of a detail as `serde_json` reads them: text, integers and tags, each possibly null or wrapped in an
//! object.
//!
//! It must not know the members of a detail: `detail` says which value each has.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::value::RawValue;

use crate::model::member::is_spelling_of;

/// The error for a text in place of a list or an object.
pub(super) fn cut_off<E: serde::de::Error>(expected: &str, text: &str) -> E {
    let text: String = text.chars().take(60).collect();
    E::custom(format!(
        "expected {expected}, found the text `{}`; PowerShell cuts lists and objects off like this: save it again with \
         `ConvertTo-Json -Depth 10`",
        text.escape_debug()
    ))
}

/// Whether a member of this name holds the value of the object that it is in, as in `{"Value": "ACTIVE"}`.
pub(super) fn holds_value(name: &str) -> bool {
    ["value", "$date", "$numberLong", "$numberInt"].iter().any(|known| is_spelling_of(name, known))
}

/// Whether a wrapper object may have a member of this name next to the one with the value.
fn may_be_next_to_value(name: &str) -> bool {
    ["count", "dateTime", "displayHint"].iter().any(|known| is_spelling_of(name, known))
}

/// The value inside a wrapper object: `{"Value": "ACTIVE"}`, `{"value": ["1.0"], "Count": 1}`.
fn from_object<'de, A: MapAccess<'de>, V: DeserializeSeed<'de> + Copy>(
    mut access: A,
    inner: V,
    what: &str,
) -> Result<V::Value, A::Error> {
    let mut value = None;
    while let Some(Name(name)) = access.next_key()? {
        if value.is_none() && holds_value(&name) {
            value = Some(access.next_value_seed(inner)?);
        } else if may_be_next_to_value(&name) {
            access.next_value::<IgnoredAny>()?;
        } else {
            let name: String = name.chars().take(60).collect();
            return Err(A::Error::custom(format!("expected {what}, found an object with `{}`", name.escape_debug())));
        }
    }
    value.ok_or_else(|| A::Error::custom(format!("expected {what}, found an empty object")))
}

/// The text of a value; `None` for null.
pub(super) fn raw<'de, A: MapAccess<'de>>(access: &mut A) -> Result<Option<&'de RawValue>, A::Error> {
    let value: &RawValue = access.next_value()?;
    Ok((value.get() != "null").then_some(value))
}

/// The name of a member, borrowed if it has no escapes.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_str(TextVisitor("a member's name"))?;
        Ok(Name(text.unwrap_or_default()))
    }
}

/// The string value of a member; `None` for null.
pub(super) fn text<'de, A: MapAccess<'de>>(
    access: &mut A,
    what: &'static str,
) -> Result<Option<Cow<'de, str>>, A::Error> {
    access.next_value_seed(Text(what))
}

#[derive(Clone, Copy)]
struct Text(&'static str);

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(TextVisitor(self.0))
    }
}

struct TextVisitor(&'static str);

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        from_object(access, Text(self.0), self.0)
    }
}

/// An integer of 64 bits; `None` for null.
#[derive(Clone, Copy)]
pub(super) struct Integer(pub(super) &'static str);

impl<'de> DeserializeSeed<'de> for Integer {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Integer {
    type Value = Option<i64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)?;
        formatter.write_str(" of 64 bits")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        i64::try_from(number).map(Some).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        from_object(access, InObject(self), self.0)
    }
}

/// An integer in an object of its own, where `MongoDB`'s tools write it as a string.
#[derive(Clone, Copy)]
struct InObject(Integer);

impl<'de> DeserializeSeed<'de> for InObject {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for InObject {
    type Value = Option<i64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visitor::expecting(&self.0, formatter)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        self.0.visit_u64(number)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map(Some).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// `imageTags`: a list of strings, or the one string that PowerShell leaves of a list of one.
#[derive(Clone, Copy)]
pub(super) struct Tags;

const TAGS: &str = "imageTags to be a list of strings";
const TAG: &str = "each of imageTags to be a string";

impl<'de> DeserializeSeed<'de> for Tags {
    type Value = Option<Vec<Cow<'de, str>>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The only tag of a list that has lost its brackets. Tags have no spaces: a text with one is a list that
/// PowerShell joined, and an empty text is an empty list.
fn only_tag<E: serde::de::Error>(tag: Cow<'_, str>) -> Result<Option<Vec<Cow<'_, str>>>, E> {
    if tag.is_empty() || tag.contains(' ') { Err(cut_off(TAGS, &tag)) } else { Ok(Some(vec![tag])) }
}

impl<'de> Visitor<'de> for Tags {
    type Value = Option<Vec<Cow<'de, str>>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(TAGS)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut tags = Vec::with_capacity(2);
        while let Some(tag) = access.next_element_seed(Text(TAG))? {
            tags.push(tag.ok_or_else(|| A::Error::invalid_type(Unexpected::Unit, &TAG))?);
        }
        Ok(Some(tags))
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, tag: &'de str) -> Result<Self::Value, E> {
        only_tag(Cow::Borrowed(tag))
    }

    fn visit_str<E: serde::de::Error>(self, tag: &str) -> Result<Self::Value, E> {
        only_tag(Cow::Owned(tag.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        from_object(access, Tags, TAGS)
    }
}
