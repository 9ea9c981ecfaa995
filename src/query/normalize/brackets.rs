//! Parses the contents of brackets, braces and parentheses: multi-select lists and hashes, indices, slices,
//! arguments.

use super::power::STAR_POWER;
use super::{Bracket, Form, Kind, Parsed, Precedes, QueryError, Slice, Value, Walker};

impl Walker<'_> {
    /// A multi-select list after its bracket.
    pub(super) fn list(&mut self) -> Result<Parsed, QueryError> {
        let mut height = 0;
        loop {
            height = height.max(self.expression(0, Precedes::Free)?.height);
            if self.current() == Kind::Rbracket {
                break;
            }
            self.expect(Kind::Comma)?;
        }
        self.take();
        Ok(Parsed::over(height))
    }

    /// A multi-select hash after its brace.
    pub(super) fn hash(&mut self) -> Result<Parsed, QueryError> {
        let mut height = 0;
        loop {
            if !matches!(self.current(), Kind::QuotedIdentifier | Kind::UnquotedIdentifier) {
                return Err(self.unexpected("['quoted_identifier', 'unquoted_identifier']"));
            }
            self.write_name();
            self.at += 1;
            self.expect(Kind::Colon)?;
            height = height.max(self.expression(0, Precedes::Free)?.height);
            match self.current() {
                Kind::Rbrace => break,
                Kind::Comma => self.take(),
                // Bridge 5.
                _ => self.write(","),
            }
        }
        self.take();
        Ok(Parsed::over(height))
    }

    /// A function's arguments after the parenthesis; how deep they are.
    pub(super) fn arguments(&mut self, name: Parsed) -> Result<usize, QueryError> {
        if name.form != Form::Field {
            let before = &self.tokens[self.at - 2];
            return Err(self.fail(&format!("Invalid function name '{}'", before.python_text()), before));
        }
        self.write("(");
        let mut height = 0;
        let mut first = true;
        while self.current() != Kind::Rparen {
            if !first {
                self.write(",");
            }
            first = false;
            height = height.max(self.expression(0, Precedes::Free)?.height);
            if self.current() == Kind::Comma {
                self.at += 1;
            }
        }
        self.take();
        Ok(height)
    }

    /// An index or a slice after its bracket (bridge 2).
    pub(super) fn bracket(&mut self, left: Parsed) -> Result<Parsed, QueryError> {
        let bracket = if self.current() == Kind::Colon || self.tokens[self.at + 1].kind == Kind::Colon {
            self.slice()?
        } else {
            let index = bound(&self.token().value);
            self.at += 1;
            Bracket::Index(index)
        };
        self.check(Kind::Rbracket)?;
        self.at += 1;
        let number = self.written.brackets.len();
        let projects = matches!(bracket, Bracket::Slice(_)) && left.form != Form::Index;
        self.written.brackets.push(bracket);
        if projects {
            self.write(&format!("[{number}:]"));
            let right = self.projection(STAR_POWER)?;
            return Ok(Parsed::over(left.height.max(right) + 1));
        }
        self.write(&format!("[{number}]"));
        Ok(Parsed { form: Form::Index, height: left.height + 1 })
    }

    fn slice(&mut self) -> Result<Bracket, QueryError> {
        let mut parts = [None; 3];
        let mut part = 0;
        while self.current() != Kind::Rbracket {
            match self.current() {
                Kind::Colon if part < 2 => part += 1,
                Kind::Number => parts[part] = Some(bound(&self.token().value)),
                _ => return Err(self.fail("syntax error", self.token())),
            }
            self.at += 1;
        }
        Ok(Bracket::Slice(Slice { start: parts[0], stop: parts[1], step: parts[2] }))
    }
}

/// A bound in 64 bits: what is beyond them is beyond every list, too.
fn bound(number: &Value) -> i64 {
    match number {
        Value::Int(number) => *number,
        Value::Big(number) if number.sign() == num_bigint::Sign::Minus => i64::MIN,
        _ => i64::MAX,
    }
}
