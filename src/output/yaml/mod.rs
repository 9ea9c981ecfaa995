//! `--output yaml` and `--output yaml-stream`: block style, sorted keys, one document.
//!
//! The real client (2.36) dumps with ruamel.yaml's safe dumper over libyaml's emitter, so that
//! emitter decides about quotes, folds and escapes: `emitter` follows its state, `scalar` its
//! choice of a style, and `implicit` the YAML 1.2 rules by which a text would be read as something
//! else than a string.
//!
//! Where a query's result holds one list or object of the response twice, the real dumper writes it
//! once with an anchor and then an alias: `anchors`. A [`Value`] does not say which of its parts are
//! one; [`SharedRefs`] do.

mod anchors;
mod emitter;
mod implicit;
mod scalar;

use std::io::{self, Write};

use self::anchors::Anchors;
use self::emitter::Emitter;
use super::node::Node;
use super::{Error, Formatter};
use crate::model::Value;
use crate::model::json::write_compact;
use crate::model::shared_refs::SharedRefs;

/// Prints a value as a document. `{}` prints nothing, and a scalar is printed as JSON, which
/// spares it YAML's end-of-document mark.
pub struct Yaml;

impl Formatter for Yaml {
    fn page(&mut self, value: &Value, out: &mut dyn Write) -> Result<(), Error> {
        self.page_with_shared_refs(value, &SharedRefs::default(), out)
    }

    fn page_with_shared_refs(
        &mut self,
        value: &Value,
        shared_refs: &SharedRefs,
        mut out: &mut dyn Write,
    ) -> Result<(), Error> {
        match value {
            Value::Map(map) if map.is_empty() => {}
            Value::List(_) | Value::Map(_) => {
                Emitter::new(out, Anchors::of(value, shared_refs)).document(value.into())?;
            }
            scalar => {
                write_compact(&mut out, scalar)?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }
}

/// Prints the document of an object whose only member is a list, element by element: the bytes that [`Yaml`]
/// prints for the whole, without holding it.
pub struct YamlListWriter<'o> {
    emitter: Emitter<'o>,
    any: bool,
}

impl<'o> YamlListWriter<'o> {
    /// A writer for the list of that key.
    pub fn new(key: &str, out: &'o mut dyn Write) -> Self {
        let mut emitter = Emitter::new(out, Anchors::default());
        emitter.open_list(key);
        YamlListWriter { emitter, any: false }
    }

    /// Print the next element.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn element<'v>(&mut self, element: impl Into<Node<'v>>) -> io::Result<()> {
        self.any = true;
        self.emitter.element(element.into())
    }

    /// End the document.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.emitter.close_list(self.any)
    }
}

/// Prints each page as the one item of a list; together they read as one list.
pub struct YamlStream {
    paginated: bool,
}

impl YamlStream {
    /// A printer of pages, or of the one response of an unpaginated call.
    pub fn new(paginated: bool) -> Self {
        YamlStream { paginated }
    }
}

impl Formatter for YamlStream {
    fn page(&mut self, value: &Value, out: &mut dyn Write) -> Result<(), Error> {
        self.page_with_shared_refs(value, &SharedRefs::default(), out)
    }

    fn page_with_shared_refs(
        &mut self,
        value: &Value,
        shared_refs: &SharedRefs,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        if self.paginated || value.as_map().is_none_or(|map| !map.is_empty()) {
            Emitter::new(out, Anchors::of(value, shared_refs)).document(Node::Values(std::slice::from_ref(value)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Yaml, YamlListWriter, YamlStream};
    use crate::model::json;
    use crate::model::shared_refs::SharedRefs;
    use crate::output::Formatter;

    fn printed(mut formatter: impl Formatter, texts: &[&str]) -> String {
        let mut out = Vec::new();
        for text in texts {
            formatter.page(&json::parse(text).unwrap(), &mut out).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    /// Ordinary values are compared with recordings of the real client; JSON has no way to record
    /// these.
    #[test]
    fn infinities_have_words_of_their_own() {
        assert_eq!(printed(Yaml, &["[1e999, -1e999]"]), "- .inf\n- -.inf\n");
        assert_eq!(printed(Yaml, &["1e999"]), "Infinity\n");
    }

    /// Numbers go by the second of each; what is inside a shared value stays with the first.
    #[test]
    fn twins_are_written_once() {
        let value = json::parse(r#"[[1], {"b": [2], "a": [1]}, [[2]], []]"#).unwrap();
        let [one, map, two, empty] = value.as_list().unwrap() else { panic!() };
        let inner = [map.get("b").unwrap(), map.get("a").unwrap(), &two.as_list().unwrap()[0]];
        let shared_refs = SharedRefs::new([vec![inner[0], inner[2]], vec![one, inner[1]], vec![empty]]);
        let mut out = Vec::new();
        Yaml.page_with_shared_refs(&value, &shared_refs, &mut out).unwrap();
        let expected = "- &id001\n  - 1\n- a: *id001\n  b: &id002\n  - 2\n- - *id002\n- []\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn pages_of_a_stream_make_one_list() {
        let pages = [r#"{"b": [1], "a": {}}"#, "{}", "null"];
        assert_eq!(printed(YamlStream::new(true), &pages), "- a: {}\n  b:\n  - 1\n- {}\n- null\n");
        assert_eq!(printed(YamlStream::new(false), &["{}"]), "");
    }

    #[test]
    fn a_list_in_pieces_is_the_list_as_a_whole() {
        for rows in ["", "{}", r#"{"b": [1, {"x": "yes"}], "a": "two\nlines"}, {"c": []}, "word", [[]]"#] {
            let whole = printed(Yaml, &[&format!(r#"{{"imageDetails": [{rows}]}}"#)]);
            let mut out = Vec::new();
            let mut list = YamlListWriter::new("imageDetails", &mut out);
            let rows = json::parse(&format!("[{rows}]")).unwrap();
            for row in rows.as_list().unwrap() {
                list.element(row).unwrap();
            }
            list.finish().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), whole);
        }
    }

    #[test]
    fn a_long_document_is_handed_on_in_pieces() {
        let item = format!("\"{}\"", "x".repeat(1000));
        let list = format!("[{}]", vec![item.as_str(); 100].join(","));
        assert_eq!(printed(Yaml, &[&list]), format!("- {}\n", "x".repeat(1000)).repeat(100));
    }
}
