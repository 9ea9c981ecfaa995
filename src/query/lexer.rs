//! An expression's tokens, as jmespath.py's lexer makes them.
//!
//! The whole expression is read before anything is parsed, so a bad token wins over a misplaced
//! one. Positions count characters, as Python does and the carets in its messages show.

use super::error::{ErrorKind, QueryError};
use super::literal::{LoadError, loads};
use super::text;
use crate::model::python::is_space;
use crate::model::python::{IntError, MOST_DIGITS};
use crate::model::{Value, json};

/// What a token is; the names are those in jmespath.py's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    UnquotedIdentifier,
    QuotedIdentifier,
    Literal,
    Number,
    Dot,
    Star,
    Flatten,
    Filter,
    Lbracket,
    Rbracket,
    Lbrace,
    Rbrace,
    Lparen,
    Rparen,
    Comma,
    Colon,
    Current,
    Expref,
    Pipe,
    Or,
    And,
    Not,
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    Eof,
}

impl Kind {
    /// The name in an error message.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::UnquotedIdentifier => "unquoted_identifier",
            Kind::QuotedIdentifier => "quoted_identifier",
            Kind::Literal => "literal",
            Kind::Number => "number",
            Kind::Dot => "dot",
            Kind::Star => "star",
            Kind::Flatten => "flatten",
            Kind::Filter => "filter",
            Kind::Lbracket => "lbracket",
            Kind::Rbracket => "rbracket",
            Kind::Lbrace => "lbrace",
            Kind::Rbrace => "rbrace",
            Kind::Lparen => "lparen",
            Kind::Rparen => "rparen",
            Kind::Comma => "comma",
            Kind::Colon => "colon",
            Kind::Current => "current",
            Kind::Expref => "expref",
            Kind::Pipe => "pipe",
            Kind::Or => "or",
            Kind::And => "and",
            Kind::Not => "not",
            Kind::Eq => "eq",
            Kind::Ne => "ne",
            Kind::Lt => "lt",
            Kind::Lte => "lte",
            Kind::Gt => "gt",
            Kind::Gte => "gte",
            Kind::Eof => "eof",
        }
    }

    /// How a token that is always written alike is written.
    pub(super) fn spelling(self) -> &'static str {
        match self {
            Kind::UnquotedIdentifier | Kind::QuotedIdentifier | Kind::Literal | Kind::Number | Kind::Eof => "",
            Kind::Dot => ".",
            Kind::Star => "*",
            Kind::Flatten => "[]",
            Kind::Filter => "[?",
            Kind::Lbracket => "[",
            Kind::Rbracket => "]",
            Kind::Lbrace => "{",
            Kind::Rbrace => "}",
            Kind::Lparen => "(",
            Kind::Rparen => ")",
            Kind::Comma => ",",
            Kind::Colon => ":",
            Kind::Current => "@",
            Kind::Expref => "&",
            Kind::Pipe => "|",
            Kind::Or => "||",
            Kind::And => "&&",
            Kind::Not => "!",
            Kind::Eq => "==",
            Kind::Ne => "!=",
            Kind::Lt => "<",
            Kind::Lte => "<=",
            Kind::Gt => ">",
            Kind::Gte => ">=",
        }
    }
}

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// How many characters come before it.
    pub(super) start: usize,
    /// An identifier's name, a number, a literal; [`Value::Null`] for the rest.
    pub(super) value: Value,
}

impl Token {
    /// The token's value as Python's `str` puts it.
    pub(super) fn python_text(&self) -> String {
        match self.kind {
            Kind::UnquotedIdentifier | Kind::QuotedIdentifier | Kind::Literal | Kind::Number => text::str(&self.value),
            fixed => fixed.spelling().to_owned(),
        }
    }
}

/// Split `expression`; the last token is [`Kind::Eof`].
pub(super) fn tokenize(expression: &str) -> Result<Vec<Token>, QueryError> {
    if expression.is_empty() {
        return Err(QueryError::compile(ErrorKind::Empty, "Invalid JMESPath expression: cannot be empty."));
    }
    let mut lexer = Lexer { expression, chars: expression.chars().collect(), at: 0, tokens: Vec::new() };
    while lexer.at < lexer.chars.len() {
        lexer.next_token()?;
    }
    lexer.push(Kind::Eof, lexer.at, Value::Null);
    Ok(lexer.tokens)
}

struct Lexer<'e> {
    expression: &'e str,
    chars: Vec<char>,
    at: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn push(&mut self, kind: Kind, start: usize, value: Value) {
        self.tokens.push(Token { kind, start, value });
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn fail(&self, message: &str, position: usize) -> QueryError {
        QueryError::lexer(message, position, self.expression)
    }

    fn next_token(&mut self) -> Result<(), QueryError> {
        let start = self.at;
        let first = self.chars[start];
        self.at += 1;
        let kind = match first {
            ' ' | '\t' | '\n' | '\r' => return Ok(()),
            '.' => Kind::Dot,
            '*' => Kind::Star,
            ']' => Kind::Rbracket,
            ',' => Kind::Comma,
            ':' => Kind::Colon,
            '@' => Kind::Current,
            '(' => Kind::Lparen,
            ')' => Kind::Rparen,
            '{' => Kind::Lbrace,
            '}' => Kind::Rbrace,
            '[' if self.follows(']') => Kind::Flatten,
            '[' if self.follows('?') => Kind::Filter,
            '[' => Kind::Lbracket,
            '|' if self.follows('|') => Kind::Or,
            '|' => Kind::Pipe,
            '&' if self.follows('&') => Kind::And,
            '&' => Kind::Expref,
            '<' if self.follows('=') => Kind::Lte,
            '<' => Kind::Lt,
            '>' if self.follows('=') => Kind::Gte,
            '>' => Kind::Gt,
            '!' if self.follows('=') => Kind::Ne,
            '!' => Kind::Not,
            '=' if self.follows('=') => Kind::Eq,
            '=' => return Err(self.fail("Unknown token '='", start)),
            'a'..='z' | 'A'..='Z' | '_' => {
                let name = self.consume_while(start, |c| c.is_ascii_alphanumeric() || c == '_');
                self.push(Kind::UnquotedIdentifier, start, Value::Str(name));
                return Ok(());
            }
            '0'..='9' | '-' => return self.number(start),
            '"' => return self.quoted_identifier(start),
            '\'' => {
                let text = self.consume_until('\'', start)?.replace("\\'", "'");
                self.push(Kind::Literal, start, Value::Str(text));
                return Ok(());
            }
            '`' => return self.literal(start),
            _ => return Err(self.fail(&format!("Unknown token {first}"), start)),
        };
        self.push(kind, start, Value::Null);
        Ok(())
    }

    /// Take the next character when it is `expected`.
    fn follows(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn consume_while(&mut self, start: usize, accept: fn(char) -> bool) -> String {
        while self.peek().is_some_and(accept) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// The text before the closing `delimiter`, backslashes included: they only keep a delimiter
    /// from closing.
    fn consume_until(&mut self, delimiter: char, start: usize) -> Result<String, QueryError> {
        let mut text = String::new();
        while let Some(character) = self.peek() {
            self.at += 1;
            if character == delimiter {
                return Ok(text);
            }
            text.push(character);
            if character == '\\'
                && let Some(escaped) = self.peek()
            {
                self.at += 1;
                text.push(escaped);
            }
        }
        Err(self.fail(&format!("Unclosed {delimiter} delimiter"), start))
    }

    fn number(&mut self, start: usize) -> Result<(), QueryError> {
        let text = self.consume_while(start, |c| c.is_ascii_digit());
        let digits = text.trim_start_matches('-').len();
        if digits > MOST_DIGITS {
            return Err(QueryError::compile(ErrorKind::Value, IntError::TooLong(digits).message(&text)));
        }
        match json::parse_number(&text) {
            Some(number) => {
                self.push(Kind::Number, start, number);
                Ok(())
            }
            None => Err(self.fail(&format!("Unknown token '{text}'"), start)),
        }
    }

    fn quoted_identifier(&mut self, start: usize) -> Result<(), QueryError> {
        let text = format!("\"{}\"", self.consume_until('"', start)?);
        let name = loads(&text).map_err(|error| match error {
            LoadError::Invalid(message) => self.fail(message, start),
            LoadError::TooDeep | LoadError::HalfCharacter => self.half_character(start),
        })?;
        self.push(Kind::QuotedIdentifier, start, name);
        Ok(())
    }

    fn literal(&mut self, start: usize) -> Result<(), QueryError> {
        let text = self.consume_until('`', start)?.replace("\\`", "`");
        let value = loads(&text).or_else(|error| match error {
            // A text that is not JSON is a string, the older way to write one.
            LoadError::Invalid(_) => loads(&format!("\"{}\"", text.trim_start_matches(is_space))),
            other => Err(other),
        });
        let value = value.map_err(|error| match error {
            LoadError::Invalid(_) => self.fail(&format!("Bad token {text}"), start),
            LoadError::TooDeep => QueryError::too_deep(),
            LoadError::HalfCharacter => self.half_character(start),
        })?;
        self.push(Kind::Literal, start, value);
        Ok(())
    }

    /// Python reads these and fails when it comes to print them; no text of ours can hold them.
    fn half_character(&self, start: usize) -> QueryError {
        self.fail("An escape stands for half of a surrogate pair", start)
    }
}
