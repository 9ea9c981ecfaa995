//! From an option's words to the value of a parameter, by its shape: files, JSON, shorthand, numbers.

use crate::model::AwsCli;

use super::error::ParamError;
use super::files::{self, Content, Files};
use super::pyjson::{self, JsonError};
use super::pyvalue::{PyValue, int_of_bytes, int_of_str};
use super::shorthand;
use crate::model::python::is_space;
use crate::service::api::shape::{Kind, Shape};

/// What an option was given, after a file took the place of its only word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given<'a> {
    /// The words of an option that takes several.
    Words(&'a [String]),
    Text(String),
    Bytes(Vec<u8>),
}

impl<'a> Given<'a> {
    /// Take the words of `option` in, reading the file that a single one may point to.
    pub(super) fn load(
        option: &str,
        words: &'a [String],
        takes_several: bool,
        cli: AwsCli,
        files: &dyn Files,
    ) -> Result<Self, ParamError> {
        let [word] = words else { return Ok(Given::Words(words)) };
        if let Some(refusal) = files::web_refusal(word, cli) {
            return Err(ParamError::parsing(option, refusal));
        }
        Ok(match files::load(word, files).map_err(|message| ParamError::parsing(option, message))? {
            Some(Content::Text(text)) => Given::Text(text),
            Some(Content::Bytes(bytes)) => Given::Bytes(bytes),
            None if takes_several => Given::Words(words),
            None => Given::Text(word.clone()),
        })
    }
}

/// The value of a parameter of that shape.
pub(super) fn unpack(
    shape: &Shape,
    given: Given<'_>,
    option: &str,
    cli: AwsCli,
    files: &dyn Files,
) -> Result<PyValue, ParamError> {
    let context = Context { option, cli, files };
    match shape.kind {
        Kind::Structure(_) => context.structure(given),
        Kind::List(Shape { kind: Kind::String(_), .. }) => context.texts(given),
        Kind::List(_) => context.list(given),
        Kind::Integer => match &given {
            Given::Bytes(bytes) => int_of_bytes(bytes),
            Given::Text(text) => int_of_str(text),
            Given::Words(words) => int_of_str(&words.concat()),
        }
        .map_err(ParamError::general),
        // No request has a truth value: it would be a flag.
        Kind::Map(_) | Kind::String(_) | Kind::Boolean | Kind::Timestamp => Ok(match given {
            Given::Bytes(bytes) => PyValue::Bytes(bytes),
            Given::Text(text) => PyValue::Str(text),
            Given::Words(words) => PyValue::Str(words.concat()),
        }),
    }
}

struct Context<'a> {
    option: &'a str,
    cli: AwsCli,
    files: &'a dyn Files,
}

impl Context<'_> {
    fn structure(&self, given: Given<'_>) -> Result<PyValue, ParamError> {
        match given {
            Given::Bytes(bytes) => Err(Self::shorthand_of_bytes(&bytes)),
            Given::Text(text) if looks_like_json(&text) => self.json_object(&text),
            Given::Text(text) => self.shorthand(&text),
            Given::Words(words) => self.shorthand(&words.concat()),
        }
    }

    /// A list of structures: JSON of the whole, or each word an element, in JSON or shorthand as
    /// the first one is.
    fn list(&self, given: Given<'_>) -> Result<PyValue, ParamError> {
        let elements = match given {
            Given::Bytes(bytes) => return Err(Self::shorthand_of_bytes(&bytes)),
            // A file's text is the list and not an element, so its shorthand makes no
            // list, and an object in it is taken letter by letter. That is how the client has it.
            Given::Text(text) if !looks_like_json(&text) => return self.shorthand(&text),
            Given::Text(text) if starts_with_bracket(&text) => return self.json(&text),
            Given::Text(text) => {
                text.chars().map(|c| self.json_object(&c.to_string())).collect::<Result<Vec<_>, _>>()?
            }
            Given::Words([only]) if starts_with_bracket(only) => return self.json(only),
            Given::Words(words) if words.first().is_some_and(|first| looks_like_json(first)) => {
                words.iter().map(|word| self.json_object(word)).collect::<Result<_, _>>()?
            }
            Given::Words(words) => words.iter().map(|word| self.shorthand(word)).collect::<Result<_, _>>()?,
        };
        Ok(PyValue::List(elements))
    }

    /// A list of texts: JSON of the whole, or each word an element.
    fn texts(&self, given: Given<'_>) -> Result<PyValue, ParamError> {
        Ok(PyValue::List(match given {
            Given::Text(text) if starts_with_bracket(&text) => return self.json(&text),
            Given::Words([only]) if starts_with_bracket(only) => return self.json(only),
            Given::Words(words) => words.iter().map(|word| PyValue::Str(word.clone())).collect(),
            // A file's text is the list, and Python goes through it letter by letter.
            Given::Text(text) => text.chars().map(|c| PyValue::Str(c.to_string())).collect(),
            Given::Bytes(bytes) => bytes.into_iter().map(|byte| PyValue::Int(byte.into())).collect(),
        }))
    }

    fn json_object(&self, text: &str) -> Result<PyValue, ParamError> {
        match text.trim_start_matches(is_space).chars().next() {
            Some('{') => self.json(text),
            Some(_) => Err(ParamError::parsing(self.option, format!("Invalid JSON:\n{text}"))),
            None => Err(ParamError::general("string index out of range")),
        }
    }

    fn json(&self, text: &str) -> Result<PyValue, ParamError> {
        let loaded = pyjson::loads(text, self.cli).map(|value| value.ordered(self.cli));
        loaded.map_err(|error| match error {
            JsonError::Value(message) => {
                ParamError::parsing(self.option, format!("Invalid JSON: {message}\nJSON received: {text}"))
            }
            JsonError::Recursion(message) => ParamError::general(message),
        })
    }

    fn shorthand(&self, text: &str) -> Result<PyValue, ParamError> {
        shorthand::parse(text, self.option, self.cli, self.files)
    }

    /// The client parses the bytes of a `fileb://` as if they were text, and trips at once.
    fn shorthand_of_bytes(bytes: &[u8]) -> ParamError {
        match bytes {
            [] => ParamError::general("a bytes-like object is required, not 'str'"),
            _ => ParamError::general("'in <string>' requires string as left operand, not int"),
        }
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start_matches(is_space).starts_with(['[', '{'])
}

fn starts_with_bracket(text: &str) -> bool {
    text.trim_start_matches(is_space).starts_with('[')
}
