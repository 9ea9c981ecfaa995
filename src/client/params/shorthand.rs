//! The shorthand syntax of parameters: `imageTag=a,imageDigest=b`, lists, braces and quotes.
//!
//! ```text
//! parameter     = keyval *("," keyval)
//! keyval        = key ["@"] "=" values           ; "@=" reads file:// and fileb:// values
//! values        = [value] *("," value) / explicit-list / hash
//! explicit-list = "[" [explicit *("," explicit)] "]"
//! hash          = "{" [key ["@"] "=" explicit *("," key ["@"] "=" explicit)] "}"
//! explicit      = explicit-list / hash / [value]
//! value         = plain / "'" quoted "'" / '"' quoted '"'
//! ```
//!
//! It knows nothing of shapes. The client continues to fit what it parsed to the model (a scalar in
//! place of a list, the text of a number); every shorthand parameter of these operations is made of
//! structures and strings alone, for which that does nothing.

use crate::model::AwsCli;

use super::error::ParamError;
use super::files::{self, Content, Files};
use super::pyvalue::{Dict, Key, PyValue};
use crate::model::python::is_space;

/// Read one parameter. `option` is what an error says was being parsed.
pub(super) fn parse(text: &str, option: &str, cli: AwsCli, files: &dyn Files) -> Result<PyValue, ParamError> {
    let input: Vec<char> = text.chars().collect();
    let mut parser = Parser { input: &input, at: 0, depth: 0, reads_files: false, files };
    parser.parameter().map(PyValue::Dict).map_err(|fault| fault.into_error(&input, option, cli))
}

/// Why a text is not a parameter.
#[derive(Debug)]
enum Fault {
    /// The only one that a list without brackets recovers from.
    Syntax {
        expected: &'static str,
        at: usize,
        /// The lexical rule that found nothing, in place of a character.
        rule: bool,
    },
    DuplicateKey {
        key: String,
        at: usize,
    },
    File(String),
    TooDeep,
}

/// Each level costs the client two calls of the thousand that Python allows.
const DEEPEST: usize = 480;

impl Fault {
    fn into_error(self, input: &[char], option: &str, cli: AwsCli) -> ParamError {
        match self {
            Fault::Syntax { expected, at, rule } => {
                let received = match input.get(at) {
                    _ if rule => "<none>".to_owned(),
                    Some(c) => c.to_string(),
                    None => "EOF".to_owned(),
                };
                let indent = match cli {
                    AwsCli::V1 => "",
                    AwsCli::V2 => " ",
                };
                let place = place(input, at);
                let message = format!("Expected: '{expected}', received: '{received}' for input:\n{indent}{place}");
                ParamError::parsing(option, message)
            }
            Fault::DuplicateKey { key, at } => ParamError::parsing(
                option,
                format!(
                    "Second instance of key \"{key}\" encountered for input:\n{}\nThis is often because there is a \
                     preceding \",\" instead of a space.",
                    place(input, at)
                ),
            ),
            Fault::File(message) => ParamError::general(message),
            Fault::TooDeep => ParamError::general("maximum recursion depth exceeded"),
        }
    }
}

/// The input with a line below the one at fault that has a caret under the place.
fn place(input: &[char], at: usize) -> String {
    let at = at.min(input.len());
    let line_start = input[..at].iter().rposition(|&c| c == '\n').map_or(0, |newline| newline + 1);
    let line_end = input[at..].iter().position(|&c| c == '\n').map_or(input.len(), |length| at + length);
    let text = |part: &[char]| part.iter().collect::<String>();
    format!("{}\n{}^{}", text(&input[..line_end]), " ".repeat(at - line_start), text(&input[line_end..]))
}

struct Parser<'a> {
    input: &'a [char],
    at: usize,
    depth: usize,
    /// Whether the value that is being read follows `@=`.
    reads_files: bool,
    files: &'a dyn Files,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.input.get(self.at).copied()
    }

    fn at_end(&self) -> bool {
        self.at >= self.input.len()
    }

    /// The white space between tokens is ASCII's, unlike that inside values.
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t'..='\r')) {
            self.at += 1;
        }
    }

    fn expect_here(&mut self, token: &'static str) -> Result<(), Fault> {
        if self.peek() != token.chars().next() {
            return Err(Fault::Syntax { expected: token, at: self.at, rule: false });
        }
        self.at += 1;
        Ok(())
    }

    /// A token with white space around it.
    fn expect(&mut self, token: &'static str) -> Result<(), Fault> {
        self.skip_space();
        self.expect_here(token)?;
        self.skip_space();
        Ok(())
    }

    fn parameter(&mut self) -> Result<Dict, Fault> {
        let mut dict = Dict::new();
        let (key, value) = self.keyval()?;
        dict.insert(key, value);
        let mut last = self.at;
        while !self.at_end() {
            self.expect(",")?;
            let (key, value) = self.keyval()?;
            if dict.contains_key(&key) {
                return Err(Fault::DuplicateKey { key: key.text, at: last + 1 });
            }
            dict.insert(key, value);
            last = self.at;
        }
        Ok(dict)
    }

    fn keyval(&mut self) -> Result<(Key, PyValue), Fault> {
        let key = self.key()?;
        let value = match self.peek() {
            None => PyValue::Str(String::new()),
            Some('[') => self.explicit_list()?,
            Some('{') => self.hash()?,
            Some(_) => self.comma_list()?,
        };
        Ok((key, value))
    }

    /// A key and the sign behind it.
    fn key(&mut self) -> Result<Key, Fault> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || "-_.#/:".contains(c)) {
            self.at += 1;
        }
        let key: String = self.input[start..self.at].iter().collect();
        self.reads_files = self.expect("@").is_ok();
        self.expect("=")?;
        Ok(key.into())
    }

    /// One value, or several with commas between: `a=b` is a text, `a=b,c` a list. A comma may as
    /// well end the whole value (`a=b,c=d`), which shows only further on.
    fn comma_list(&mut self) -> Result<PyValue, Fault> {
        let first = self.first_value()?;
        self.skip_space();
        if self.peek() != Some(',') {
            return Ok(first);
        }
        self.expect(",")?;
        let mut items = vec![first];
        loop {
            match self.next_of_comma_list() {
                Ok((item, more)) => {
                    items.push(item);
                    if !more {
                        break;
                    }
                }
                Err(fault @ Fault::Syntax { .. }) if self.at_end() => return Err(fault),
                Err(Fault::Syntax { .. }) => {
                    // What was read last is the next key. The client goes back to the nearest
                    // comma, even one inside quotes.
                    while self.at > 0 && self.peek() != Some(',') {
                        self.at -= 1;
                    }
                    break;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(if items.len() == 1 { items.swap_remove(0) } else { PyValue::List(items) })
    }

    fn next_of_comma_list(&mut self) -> Result<(PyValue, bool), Fault> {
        let item = match self.peek() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
            _ => match self.plain(is_plain_in_list) {
                Some(text) => self.resolve(text)?,
                None => return Err(Fault::Syntax { expected: "<second>", at: self.at, rule: true }),
            },
        };
        self.skip_space();
        if self.at_end() {
            return Ok((item, false));
        }
        self.expect(",")?;
        Ok((item, true))
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth == DEEPEST {
            return Err(Fault::TooDeep);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn explicit_list(&mut self) -> Result<PyValue, Fault> {
        self.expect("[")?;
        let mut items = Vec::new();
        while self.peek() != Some(']') {
            items.push(self.deeper(Self::explicit)?);
            self.end_of_element(']')?;
        }
        self.expect_here("]")?;
        Ok(PyValue::List(items))
    }

    fn hash(&mut self) -> Result<PyValue, Fault> {
        self.expect("{")?;
        let mut dict = Dict::new();
        while self.peek() != Some('}') {
            let key = self.key()?;
            let value = self.deeper(Self::explicit)?;
            self.end_of_element('}')?;
            dict.insert(key, value);
        }
        self.expect_here("}")?;
        Ok(PyValue::Dict(dict))
    }

    /// A comma, unless the container ends here.
    fn end_of_element(&mut self, end: char) -> Result<(), Fault> {
        self.skip_space();
        if self.peek() != Some(end) {
            self.expect_here(",")?;
            self.skip_space();
        }
        Ok(())
    }

    fn explicit(&mut self) -> Result<PyValue, Fault> {
        match self.peek() {
            Some('[') => self.explicit_list(),
            Some('{') => self.hash(),
            _ => self.first_value(),
        }
    }

    fn first_value(&mut self) -> Result<PyValue, Fault> {
        match self.peek() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            _ => match self.plain(is_plain) {
                Some(text) => self.resolve(text),
                None => Ok(PyValue::Str(String::new())),
            },
        }
    }

    /// Characters without quotes; `\,` is a comma, and white space at the end is dropped.
    fn plain(&mut self, follows: fn(char) -> bool) -> Option<String> {
        let start = self.at;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if c == '\\' && self.input.get(self.at + 1) == Some(&',') {
                text.push(',');
                self.at += 2;
            } else if if self.at == start { starts_plain(c) } else { follows(c) } {
                text.push(c);
                self.at += 1;
            } else {
                break;
            }
        }
        (self.at > start).then(|| text.trim_end_matches(is_space).to_owned())
    }

    /// A text in quotes, in which a backslash protects the quote and a backslash.
    fn quoted(&mut self, quote: char) -> Result<PyValue, Fault> {
        let start = self.at + 1;
        let mut end = start;
        let mut last_protected = None;
        let close = loop {
            match self.input.get(end) {
                Some('\\') if self.input.get(end + 1) == Some(&quote) => {
                    last_protected = Some(end + 1);
                    end += 2;
                }
                Some(&c) if c == quote => break Some(end),
                Some(_) => end += 1,
                // Nothing closes the text but a quote that was taken for a protected one.
                None => break last_protected,
            }
        };
        let Some(close) = close else {
            let expected = if quote == '\'' { "<singled quoted>" } else { "<double quoted>" };
            return Err(Fault::Syntax { expected, at: self.at, rule: true });
        };
        let raw: String = self.input[start..close].iter().collect();
        self.at = close + 1;
        self.resolve(raw.replace(&format!("\\{quote}"), &quote.to_string()).replace("\\\\", "\\"))
    }

    /// Behind `@=`, the file that a text may point to.
    fn resolve(&self, text: String) -> Result<PyValue, Fault> {
        if !self.reads_files {
            return Ok(PyValue::Str(text));
        }
        Ok(match files::load(&text, self.files).map_err(Fault::File)? {
            None => PyValue::Str(text),
            Some(Content::Text(content)) => PyValue::Str(content),
            Some(Content::Bytes(content)) => PyValue::Bytes(content),
        })
    }
}

/// What a value may start with, in addition to `\,`. The client's patterns end at U+FFFF.
fn starts_plain(c: char) -> bool {
    matches!(c, '!' | '#'..='&' | '('..='+' | '-'..='<' | '>'..='Z' | '\\'..='z' | '|'..='\u{ffff}')
}

/// What may follow where a bracket or brace could end a container.
fn is_plain(c: char) -> bool {
    is_space(c) || matches!(c, '!' | '#'..='&' | '('..='+' | '-'..='\\' | '^'..='|' | '~'..='\u{ffff}')
}

/// What may follow in a list without brackets, where `=` shows that a key has begun.
fn is_plain_in_list(c: char) -> bool {
    is_space(c) || matches!(c, '!' | '#'..='&' | '('..='+' | '-'..='<' | '>'..='\u{ffff}')
}

#[cfg(test)]
#[path = "shorthand_tests.rs"]
mod tests;
