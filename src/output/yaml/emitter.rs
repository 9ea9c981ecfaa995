//! Writes a document as libyaml's emitter does with ruamel.yaml's settings: block style, indents
//! of two, lists not indented within an object, folds past column 80.
//!
//! What comes next depends on a little state: the column, whether the line so far is indentation
//! alone (dashes count as such) and whether it ends with white space.

use std::io::{self, Write};

use super::super::node::Node;
use super::anchors::{Anchors, Mark};
use super::scalar::{Analysis, Style, is_break, is_printable};
use crate::model::Value;
use crate::model::json::python_float;

const INDENT: usize = 2;
/// A fold comes at the first space beyond this column.
const WIDTH: usize = 80;
/// A key longer than this many bytes gets a line of its own, after a question mark.
const LONGEST_KEY: usize = 128;
/// Text is handed on in pieces of about this size.
const PIECE: usize = 16 * 1024;

/// The position of a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NodeContext {
    /// The document's own list or object, or an element of a list.
    Free,
    /// A member's value, or a key on a line of its own.
    Member,
    /// A key with its colon on the same line.
    Key,
}

/// The state of one document.
pub(super) struct Emitter<'o> {
    out: &'o mut dyn Write,
    anchors: Anchors<'o>,
    piece: String,
    /// Room for the text of a scalar that is not a string.
    word: String,
    column: usize,
    /// The last character was white space, or nothing was written yet.
    blank: bool,
    /// The line is nothing but indentation so far.
    indenting: bool,
    /// The indent of the innermost list or object; none outside of all.
    indent: Option<usize>,
}

impl<'o> Emitter<'o> {
    pub(super) fn new(out: &'o mut dyn Write, anchors: Anchors<'o>) -> Self {
        Emitter {
            out,
            anchors,
            piece: String::new(),
            word: String::new(),
            column: 0,
            blank: true,
            indenting: true,
            indent: None,
        }
    }

    /// Write a whole document and its last newline.
    pub(super) fn document(mut self, node: Node<'_>) -> io::Result<()> {
        self.node(node, NodeContext::Free)?;
        self.indent();
        self.out.write_all(self.piece.as_bytes())
    }

    /// Begin an object whose only member is a list.
    pub(super) fn open_list(&mut self, key: &str) {
        self.increase_indent();
        self.key(key);
    }

    /// Write an element of the list that [`Emitter::open_list`] began.
    pub(super) fn element(&mut self, item: Node<'_>) -> io::Result<()> {
        self.indent();
        self.structure("-");
        self.value(item, NodeContext::Free)?;
        self.hand_on()
    }

    /// End the object, whose list was empty unless there was an element.
    pub(super) fn close_list(mut self, any: bool) -> io::Result<()> {
        if !any {
            self.indicator("[]", true);
        }
        self.indent = None;
        self.indent();
        self.out.write_all(self.piece.as_bytes())
    }

    /// Write an element or a member's value: behind its anchor, or as the alias of what is written.
    fn value(&mut self, node: Node<'_>, place: NodeContext) -> io::Result<()> {
        if let Node::Value(value) = node {
            match self.anchors.mark(value) {
                Some(Mark::Alias(number)) => {
                    self.indicator(&format!("*id{number:03}"), true);
                    return Ok(());
                }
                Some(Mark::Anchor(number)) => self.indicator(&format!("&id{number:03}"), true),
                None => {}
            }
        }
        self.node(node, place)
    }

    fn node(&mut self, node: Node<'_>, place: NodeContext) -> io::Result<()> {
        let outer = self.indent;
        if node.is_list() {
            if node.len() == 0 {
                self.indicator("[]", true);
            } else if place != NodeContext::Member || self.indenting {
                // A member's list starts at the member's own indent, unless its line has nothing
                // but indentation before it.
                self.increase_indent();
            }
            node.items().try_for_each(|item| self.element(item))?;
        } else if node.is_object() {
            let members = node.members();
            if members.is_empty() {
                self.indicator("{}", true);
            } else {
                self.increase_indent();
            }
            for (key, value) in members {
                self.key(key);
                self.value(value, NodeContext::Member)?;
            }
        } else {
            self.scalar(node, place);
        }
        self.indent = outer;
        Ok(())
    }

    fn scalar(&mut self, node: Node<'_>, place: NodeContext) {
        let mut word = std::mem::take(&mut self.word);
        word.clear();
        match node {
            Node::Value(Value::Str(text)) => self.text(text, &Analysis::of(text), place),
            Node::Text(text) => self.text(text, &Analysis::of(text), place),
            Node::Value(value) => {
                push_word(value, &mut word);
                self.plain(&word, true);
            }
            Node::Null => self.plain("null", true),
            node => {
                node.push_str(&mut word);
                if matches!(node, Node::Digest(_)) || matches!(node, Node::Time(_, times) if times.is_text()) {
                    self.text(&word, &Analysis::of(&word), place);
                } else {
                    self.plain(&word, true);
                }
            }
        }
        self.word = word;
    }

    fn key(&mut self, key: &str) {
        let analysis = Analysis::of(key);
        self.indent();
        if analysis.multiline || key.len() > LONGEST_KEY {
            self.structure("?");
            self.text(key, &analysis, NodeContext::Member);
            self.indent();
            self.structure(":");
        } else {
            self.text(key, &analysis, NodeContext::Key);
            self.indicator(":", false);
        }
    }

    fn text(&mut self, text: &str, analysis: &Analysis, place: NodeContext) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(INDENT, |indent| indent + INDENT));
        let fold = place != NodeContext::Key;
        match analysis.style(text, place == NodeContext::Key) {
            Style::Plain => self.plain(text, fold),
            Style::SingleQuoted => self.single_quoted(text, fold),
            Style::DoubleQuoted => self.double_quoted(text, fold),
        }
        self.indent = outer;
    }

    fn plain(&mut self, text: &str, fold: bool) {
        if !self.blank {
            self.put(' ');
        }
        if self.put_whole(text) {
            (self.blank, self.indenting) = (false, false);
            return;
        }
        let mut after_space = false;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let space = c == ' ';
            if space && fold && !after_space && self.column > WIDTH && !rest.as_str().starts_with(' ') {
                self.indent();
            } else {
                self.put(c);
            }
            after_space = space;
        }
        self.blank = false;
        self.indenting = false;
    }

    fn single_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("'", true);
        if !text.contains(['\'', '\n', '\r']) && self.put_whole(text) {
            self.indicator("'", false);
            return;
        }
        let (mut after_space, mut after_break) = (false, false);
        let mut rest = text.chars();
        let mut first = true;
        while let Some(c) = rest.next() {
            if c == ' ' {
                let inside = !first && !rest.as_str().is_empty() && !rest.as_str().starts_with(' ');
                if fold && !after_space && self.column > WIDTH && inside {
                    self.indent();
                } else {
                    self.put(c);
                }
                after_space = true;
            } else if is_break(c) {
                // A fold reads as a space, so the first newline of a run is written twice.
                if !after_break && c == '\n' {
                    self.line_break('\n');
                }
                self.line_break(c);
                self.indenting = true;
                after_break = true;
            } else {
                if after_break {
                    self.indent();
                }
                if c == '\'' {
                    self.put(c);
                }
                self.put(c);
                self.indenting = false;
                (after_space, after_break) = (false, false);
            }
            first = false;
        }
        if after_break {
            self.indent();
        }
        self.indicator("'", false);
    }

    fn double_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("\"", true);
        let mut after_space = false;
        let mut rest = text.chars();
        let mut first = true;
        while let Some(c) = rest.next() {
            let space = c == ' ';
            if !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
            } else if space && fold && !after_space && self.column > WIDTH && !first && !rest.as_str().is_empty() {
                self.indent();
                // The reader drops the spaces at the start of a line, except for an escaped one.
                if rest.as_str().starts_with(' ') {
                    self.put('\\');
                }
            } else {
                self.put(c);
            }
            after_space = space;
            first = false;
        }
        self.indicator("\"", false);
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(c);
                let text = match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.piece.push_str(&text);
                self.column += text.len();
                return;
            }
        };
        self.put('\\');
        self.put(short);
    }

    /// Go to the indent, on a new line unless the present one is still before it.
    fn indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indenting || self.column > indent || (self.column == indent && !self.blank) {
            self.line_break('\n');
        }
        if self.column < indent {
            self.piece.extend(std::iter::repeat_n(' ', indent - self.column));
            self.column = indent;
        }
        self.blank = true;
        self.indenting = true;
    }

    fn increase_indent(&mut self) {
        self.indent = Some(self.indent.map_or(0, |indent| indent + INDENT));
    }

    /// A mark that counts as indentation if it follows nothing but such: `-`, `?` and `:`.
    fn structure(&mut self, mark: &str) {
        let indenting = self.indenting;
        self.indicator(mark, true);
        self.indenting = indenting;
    }

    /// A mark, after a space if one is wanted and missing.
    fn indicator(&mut self, mark: &str, apart: bool) {
        if apart && !self.blank {
            self.put(' ');
        }
        self.piece.push_str(mark);
        self.column += mark.len();
        self.blank = false;
        self.indenting = false;
    }

    /// Put a text that has no place for a fold and no character that takes another column than its byte. False
    /// if it may have one.
    fn put_whole(&mut self, text: &str) -> bool {
        let whole = text.is_ascii() && (self.column + text.len() <= WIDTH || !text.contains(' '));
        if whole {
            self.piece.push_str(text);
            self.column += text.len();
        }
        whole
    }

    fn put(&mut self, c: char) {
        self.piece.push(c);
        self.column += 1;
    }

    fn line_break(&mut self, c: char) {
        self.piece.push(c);
        self.column = 0;
    }

    fn hand_on(&mut self) -> io::Result<()> {
        if self.piece.len() >= PIECE {
            self.out.write_all(self.piece.as_bytes())?;
            self.piece.clear();
        }
        Ok(())
    }
}

/// The text of a scalar that is not a string.
fn push_word(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Float(number) if number.is_nan() => text.push_str(".nan"),
        Value::Float(number) if number.is_infinite() => text.push_str(if *number > 0.0 { ".inf" } else { "-.inf" }),
        Value::Float(number) => text.push_str(&python_float(*number)),
        number => Node::Value(number).push_str(text),
    }
}
