//! The walker's hands: looking at tokens, writing them down, complaining about them.

use super::Walker;
use crate::model::json;
use crate::query::error::QueryError;
use crate::query::lexer::{Kind, Token};

impl Walker<'_> {
    pub(super) fn token(&self) -> &Token {
        &self.tokens[self.at]
    }

    pub(super) fn current(&self) -> Kind {
        self.token().kind
    }

    pub(super) fn write(&mut self, text: &str) {
        self.written.text.push_str(text);
    }

    /// Write the current token, which is always written alike, and continue.
    pub(super) fn take(&mut self) {
        self.write(self.current().spelling());
        self.at += 1;
    }

    pub(super) fn write_name(&mut self) {
        let token = &self.tokens[self.at];
        if token.kind == Kind::QuotedIdentifier {
            self.written.text.push_str(&json::to_compact(&token.value));
        } else {
            self.written.text.push_str(token.value.as_str().unwrap_or_default());
        }
    }

    pub(super) fn expect(&mut self, kind: Kind) -> Result<(), QueryError> {
        self.check(kind)?;
        self.take();
        Ok(())
    }

    pub(super) fn check(&self, kind: Kind) -> Result<(), QueryError> {
        if self.current() == kind { Ok(()) } else { Err(self.unexpected(kind.name())) }
    }

    pub(super) fn unexpected(&self, expected: &str) -> QueryError {
        match self.current() {
            Kind::Eof => QueryError::incomplete(self.expression),
            other => self.fail(&format!("Expecting: {expected}, got: {}", other.name()), self.token()),
        }
    }

    pub(super) fn fail(&self, message: &str, token: &Token) -> QueryError {
        QueryError::parse(message, token.start, &token.python_text(), token.kind.name(), self.expression)
    }
}
