//! A YAML document as the client's loader (safe; YAML 1.2, or 1.1 if a directive says so) makes Python objects of it.
//!
//! `yaml-rust2` reads the syntax; here are the composition (anchors, merge keys, duplicate keys), in `yaml_tabs` the
//! rule for tabs and in `yaml_scalar` the types of plain words.

use std::collections::HashMap;

use indexmap::map::Entry;
use yaml_rust2::parser::{Event, Parser, Tag};
use yaml_rust2::scanner::TScalarStyle;

use super::pyvalue::{Dict, Key, Other, PyValue};
use super::yaml_scalar::{self, CORE, Version, tag_name};
use super::yaml_tabs;

/// Why a text is not a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum YamlError {
    /// The loader's own refusal, whatever it is about.
    Yaml,
    /// Another exception of Python, by its text.
    Python(String),
    /// A limit of ours, by its text.
    Limit(String),
}

/// How deep a document may nest, which in the client Python's stack limits.
const DEEPEST: usize = 200;

/// How many bytes of values aliases may expand to in all, the copies that anchors keep included. Python shares
/// them, so a short text can name more than memory holds; the largest request is a thousandth of this.
const MOST_ALIASED: usize = 64 << 20;

/// The bytes that count for a value besides those of its text.
const WEIGHT: usize = 64;

/// Read the only document of a text; nothing at all is `None`.
pub(super) fn load(text: &str) -> Result<PyValue, YamlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.chars().any(|c| !is_allowed(c)) {
        return Err(YamlError::Yaml);
    }
    let text = &*yaml_tabs::normalize(text)?;
    let mut loader = Loader::new(text, version(text)?);
    let mut document = None;
    loop {
        match loader.event()? {
            Event::StreamEnd => return Ok(document.unwrap_or(PyValue::None)),
            Event::StreamStart | Event::Nothing | Event::DocumentEnd => {}
            Event::DocumentStart if document.is_none() => {
                let first = loader.event()?;
                document = Some(loader.node(first, 0)?);
            }
            _ => return Err(YamlError::Yaml),
        }
    }
}

/// The version that the directives before the document say.
fn version(text: &str) -> Result<Version, YamlError> {
    let directives = text.lines().map_while(|line| match line.strip_prefix('%') {
        Some(directive) => Some(directive),
        None if line.trim_start_matches(' ').is_empty() || line.trim_start_matches(' ').starts_with('#') => Some(""),
        None => None,
    });
    let mut said = None;
    for directive in directives {
        let Some(number) = directive.strip_prefix("YAML ") else { continue };
        if said.is_some() {
            return Err(YamlError::Yaml);
        }
        let number = number.split('#').next().unwrap_or_default().trim_matches(' ');
        said = Some(match number.split_once('.') {
            Some(("1", "1")) => Version::V1_1,
            Some(("1", "2")) => Version::V1_2,
            Some(("1", minor)) if !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()) => {
                return Err(YamlError::Python(format!("version minor part can only be 2 or 1, got (1, {minor})")));
            }
            _ => return Err(YamlError::Yaml),
        });
    }
    Ok(said.unwrap_or(Version::V1_2))
}

/// The characters that a document may have at all.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

struct Loader<'a> {
    parser: Parser<std::str::Chars<'a>>,
    version: Version,
    /// How many events with a value came.
    values: usize,
    /// The last of them, if the text does not end with a line break: `yaml-rust2` gives a folded or literal
    /// text one even then.
    unended: Option<usize>,
    /// The finished value of each anchor, and its weight.
    anchors: HashMap<usize, (PyValue, usize)>,
    aliased: usize,
}

impl<'a> Loader<'a> {
    fn new(text: &'a str, version: Version) -> Self {
        let unended = if text.ends_with('\n') || !text.contains(['|', '>']) { None } else { last_value(text) };
        Loader { parser: Parser::new_from_str(text), version, values: 0, unended, anchors: HashMap::new(), aliased: 0 }
    }

    fn event(&mut self) -> Result<Event, YamlError> {
        let (mut event, _) = self.parser.next_token().map_err(|_| YamlError::Yaml)?;
        self.values += usize::from(is_value(&event));
        if let Event::Scalar(text, TScalarStyle::Literal | TScalarStyle::Folded, ..) = &mut event
            && self.unended == Some(self.values)
            && text.ends_with('\n')
        {
            text.pop();
        }
        Ok(event)
    }

    /// The value that starts with `event`.
    fn node(&mut self, event: Event, depth: usize) -> Result<PyValue, YamlError> {
        if depth == DEEPEST {
            return Err(YamlError::Python("maximum recursion depth exceeded".to_owned()));
        }
        let (value, anchor) = match event {
            Event::Alias(anchor) => {
                let (value, size) = self.anchors.get(&anchor).ok_or(YamlError::Yaml)?;
                self.aliased += size;
                within_limit(self.aliased)?;
                return Ok(value.clone());
            }
            Event::Scalar(text, style, anchor, tag) => {
                (yaml_scalar::construct(&text, style, tag_name(tag.as_ref()).as_deref(), self.version)?, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                let items = self.sequence(depth)?;
                (sequence_as(tag.as_ref(), items)?, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                let dict = self.mapping(depth)?;
                (mapping_as(tag.as_ref(), dict)?, anchor)
            }
            _ => return Err(YamlError::Yaml),
        };
        if anchor > 0 {
            let size = weight(&value);
            self.aliased += size;
            within_limit(self.aliased)?;
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok(value)
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<PyValue>, YamlError> {
        let mut items = Vec::new();
        loop {
            match self.event()? {
                Event::SequenceEnd => return Ok(items),
                event => items.push(self.node(event, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Dict, YamlError> {
        let mut own = Dict::new();
        let mut bases: Option<Vec<Dict>> = None;
        loop {
            let event = match self.event()? {
                Event::MappingEnd => break,
                event => event,
            };
            let merges = matches!(&event, Event::Scalar(text, style, _, None) if yaml_scalar::is_merge(text, *style));
            let key = if merges { PyValue::None } else { self.node(event, depth + 1)? };
            let value_event = self.event()?;
            let value = self.node(value_event, depth + 1)?;
            if merges {
                if bases.replace(to_merge(value)?).is_some() {
                    return Err(YamlError::Yaml);
                }
                continue;
            }
            match own.entry(hashable(&key)?) {
                Entry::Vacant(slot) => _ = slot.insert(value),
                Entry::Occupied(_) => return Err(YamlError::Yaml),
            }
        }
        let mut dict = Dict::new();
        // Among several the first has the last word, and the mapping's own members go over all.
        for part in bases.into_iter().flatten().rev().chain([own]) {
            dict.extend(part);
        }
        Ok(dict)
    }
}

/// Whether an event has a value of the document.
fn is_value(event: &Event) -> bool {
    matches!(event, Event::Scalar(..) | Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..))
}

/// How many events with a value there are, which is the number of the last one.
fn last_value(text: &str) -> Option<usize> {
    let mut parser = Parser::new_from_str(text);
    let mut values = 0;
    loop {
        match parser.next_token().ok()?.0 {
            Event::StreamEnd => return Some(values),
            event => values += usize::from(is_value(&event)),
        }
    }
}

/// The mappings that the value of a `<<` names.
fn to_merge(value: PyValue) -> Result<Vec<Dict>, YamlError> {
    let parts = match value {
        PyValue::List(items) => items,
        single => vec![single],
    };
    parts
        .into_iter()
        .map(|part| match part {
            PyValue::Dict(dict) => Ok(dict),
            _ => Err(YamlError::Yaml),
        })
        .collect()
}

/// A value as a key: a list becomes a tuple, a mapping cannot be one.
fn hashable(value: &PyValue) -> Result<Key, YamlError> {
    match value {
        PyValue::Str(text) => Ok(text.as_str().into()),
        PyValue::Dict(_) => Err(YamlError::Yaml),
        PyValue::List(items) => {
            let list = value.repr();
            let tuple = match items.len() {
                1 => format!("({},)", &list[1..list.len() - 1]),
                _ => format!("({})", &list[1..list.len() - 1]),
            };
            Ok(Key { text: tuple.clone(), not_string: Some(tuple) })
        }
        other => Ok(Key { text: other.str(), not_string: Some(other.repr()) }),
    }
}

fn sequence_as(tag: Option<&Tag>, items: Vec<PyValue>) -> Result<PyValue, YamlError> {
    let Some(tag) = tag_name(tag) else { return Ok(PyValue::List(items)) };
    match tag.strip_prefix(CORE) {
        None if tag == "!" => Ok(PyValue::List(items)),
        Some("seq") => Ok(PyValue::List(items)),
        Some("omap") => {
            let pairs = pairs(&items)?;
            Ok(other("ruamel.yaml.compat.ordereddict", format!("ordereddict({})", braced(&pairs, ": ", '{', '}'))))
        }
        Some("pairs") => {
            let tuples: Vec<_> = pairs(&items)?.into_iter().map(|(key, value)| format!("({key}, {value})")).collect();
            Ok(other("list", format!("[{}]", tuples.join(", "))))
        }
        _ => Err(YamlError::Yaml),
    }
}

fn mapping_as(tag: Option<&Tag>, dict: Dict) -> Result<PyValue, YamlError> {
    let Some(tag) = tag_name(tag) else { return Ok(PyValue::Dict(dict)) };
    match tag.strip_prefix(CORE) {
        None if tag == "!" => Ok(PyValue::Dict(dict)),
        Some("map") => Ok(PyValue::Dict(dict)),
        // Python shows a set in an order of its own.
        Some("set") if dict.is_empty() => Ok(other("set", "set()".to_owned())),
        Some("set") => {
            let members: Vec<_> = dict.into_keys().map(|key| repr_key(&key)).collect();
            Ok(other("set", format!("{{{}}}", members.join(", "))))
        }
        _ => Err(YamlError::Yaml),
    }
}

/// The only member of each element, as text.
fn pairs(items: &[PyValue]) -> Result<Vec<(String, String)>, YamlError> {
    let pair = |item: &PyValue| match item {
        PyValue::Dict(dict) if dict.len() == 1 => dict.first().map(|(key, value)| (repr_key(key), value.repr())),
        _ => None,
    };
    items.iter().map(pair).collect::<Option<_>>().ok_or(YamlError::Yaml)
}

fn braced(pairs: &[(String, String)], between: &str, open: char, close: char) -> String {
    let members: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}{between}{value}")).collect();
    format!("{open}{}{close}", members.join(", "))
}

fn repr_key(key: &Key) -> String {
    key.not_string.clone().unwrap_or_else(|| crate::model::python::str_repr(&key.text))
}

fn other(class: &'static str, repr: String) -> PyValue {
    PyValue::Other(Box::new(Other { class, text: repr.clone(), repr }))
}

/// About how many bytes a value takes.
fn weight(value: &PyValue) -> usize {
    WEIGHT
        + match value {
            PyValue::List(items) => items.iter().map(weight).sum(),
            PyValue::Dict(dict) => dict.iter().map(|(key, value)| WEIGHT + key.text.len() + weight(value)).sum(),
            PyValue::Str(text) => text.len(),
            PyValue::Bytes(bytes) => bytes.len(),
            PyValue::Other(other) => other.text.len() + other.repr.len(),
            _ => 0,
        }
}

fn within_limit(aliased: usize) -> Result<(), YamlError> {
    if aliased <= MOST_ALIASED {
        return Ok(());
    }
    let limit = MOST_ALIASED >> 20;
    Err(YamlError::Limit(format!("Invalid YAML received: its anchors and aliases stand for more than {limit} MiB.")))
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
