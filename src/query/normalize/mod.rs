//! jmespath.py's grammar: its complaint about an expression, or a spelling the crate reads alike.
//!
//! The crate `jmespath` and jmespath.py disagree about a handful of expressions. This walks over
//! the tokens in the order in which jmespath.py's parser takes them, so the first thing wrong is
//! the thing it reports, and writes the expression down again so that the crate builds the tree
//! that jmespath.py builds. The bridges:
//!
//! 1. Literals go into a table and become `` `0` ``, `` `1` ``, ...: the crate sorts members,
//!    rounds numbers, and knows neither `NaN` nor the older spelling `` `text` ``.
//! 2. An index or a slice goes into a table too and becomes `[0]` or, if it projects, `[0:]`: the crate
//!    has 32 bits for it. A slice right after an index does not project in jmespath.py
//!    (`a[0][1:].b` looks for `b` in the list itself), so it is written like an index.
//! 3. A hash after a dot ends there in jmespath.py, so in `a[*].{b: b}.b` the last `.b` asks the list; the crate
//!    would ask each hash. [`WRAP`] is put around the hash.
//! 4. `a.*` binds what follows only as tight as a dot: `a.*.b.c` is `(a.*.b).c`. The crate would
//!    take `.c` into the projection; parentheses are put where they are needed.
//! 5. A comma may be missing between a hash's members and trail a function's arguments; it is
//!    written where the crate wants it.
//! 6. Quoted identifiers are written as `serde_json` writes them.
//!
//! What only the crate takes (`[a b]`, `[ ]`, `a.&b`) is refused here.

mod brackets;
mod cursor;
mod power;

use power::{DOT_POWER, FILTER_POWER, FLATTEN_POWER, NOT_POWER, PROJECTION_STOP, STAR_POWER, power};

use super::ast::Slice;
use super::error::QueryError;
use super::lexer::{Kind, Token, tokenize};
use super::{MAX_DEPTH, MAX_HEIGHT};
use crate::model::Value;

/// An expression in the crate's spelling, and what that spelling only points at.
#[derive(Debug)]
pub(super) struct Normalized {
    pub(super) text: String,
    /// The values of `` `0` ``, `` `1` ``, ...
    pub(super) literals: Vec<Value>,
    /// The values of `[0]` or `[0:]`, `[1]` or `[1:]`, ...
    pub(super) brackets: Vec<Bracket>,
}

/// The contents of brackets.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bracket {
    Index(i64),
    Slice(Slice),
}

/// Opens a list of `null` and one more element, which means that element alone. After a dot
/// the crate takes nothing but a list to be complete.
const WRAP: &str = "[`null`,";

/// Check `expression` and spell it for the crate.
pub(super) fn normalize(expression: &str) -> Result<Normalized, QueryError> {
    let tokens = tokenize(expression)?;
    let text = String::with_capacity(expression.len() + 16);
    let written = Normalized { text, literals: Vec::new(), brackets: Vec::new() };
    let mut walker = Walker { expression, tokens, at: 0, depth: 0, open_star: None, written };
    walker.expression(0, Precedes::Free)?;
    if walker.current() != Kind::Eof {
        let token = walker.token();
        return Err(walker.fail(&format!("Unexpected token: {}", token.python_text()), token));
    }
    Ok(walker.written)
}

/// What an expression begins after, which decides how it can be put in parentheses.
#[derive(Clone, Copy, PartialEq)]
enum Precedes {
    Free,
    Dot,
    /// The closing bracket of a projection; the expression begins with `[` or `[?`.
    Projection,
}

/// What is on the left of the next token.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Field,
    /// An index, or a slice after one.
    Index,
    Other,
}

/// A part of the expression that was read.
#[derive(Clone, Copy)]
struct Parsed {
    form: Form,
    /// How deep its tree is.
    height: usize,
}

impl Parsed {
    const LEAF: Parsed = Parsed { form: Form::Other, height: 1 };

    fn over(height: usize) -> Parsed {
        Parsed { form: Form::Other, height: height + 1 }
    }
}

struct Walker<'e> {
    expression: &'e str,
    tokens: Vec<Token>,
    at: usize,
    /// How many expressions are being read inside each other.
    depth: usize,
    /// The end of the text right after a `.*` projection was written, which the crate would continue.
    open_star: Option<usize>,
    written: Normalized,
}

impl Walker<'_> {
    fn expression(&mut self, binding: u8, mut place: Precedes) -> Result<Parsed, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(QueryError::too_deep());
        }
        let mut start = self.written.text.len();
        let mut wrapped = false;
        let mut left = self.head()?;
        while binding < power(self.current()) {
            if matches!(self.current(), Kind::Dot | Kind::Filter) && self.open_star == Some(self.written.text.len()) {
                start = self.close_star(start, place);
                wrapped |= place != Precedes::Free;
                place = Precedes::Free;
            }
            left = self.tail(left)?;
            if left.height > MAX_HEIGHT {
                return Err(QueryError::too_deep());
            }
        }
        if wrapped {
            self.write("]");
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Put what was written since `start` in parentheses (bridge 4); the place of the opening one.
    fn close_star(&mut self, start: usize, place: Precedes) -> usize {
        let lead = match place {
            Precedes::Free => String::new(),
            Precedes::Dot => WRAP.to_owned(),
            Precedes::Projection => format!(".{WRAP}"),
        };
        self.written.text.insert_str(start, &format!("{lead}("));
        self.write(")");
        start + lead.len()
    }

    /// What an expression can begin with.
    fn head(&mut self) -> Result<Parsed, QueryError> {
        let kind = self.current();
        match kind {
            Kind::Literal => {
                let value = self.token().value.clone();
                let number = self.written.literals.len();
                self.written.literals.push(value);
                self.write(&format!("`{number}`"));
                self.at += 1;
                Ok(Parsed::LEAF)
            }
            Kind::UnquotedIdentifier | Kind::QuotedIdentifier => {
                self.write_name();
                self.at += 1;
                if kind == Kind::QuotedIdentifier && self.current() == Kind::Lparen {
                    let message = "Quoted identifier not allowed for function names.";
                    return Err(QueryError::parse(message, 0, "(", "lparen", self.expression));
                }
                Ok(Parsed { form: Form::Field, height: 1 })
            }
            Kind::Current => {
                self.take();
                Ok(Parsed::LEAF)
            }
            Kind::Star => {
                self.take();
                Ok(Parsed::over(self.projection(STAR_POWER)?))
            }
            Kind::Flatten => {
                self.take();
                Ok(Parsed::over(self.projection(FLATTEN_POWER)?))
            }
            Kind::Filter => {
                self.take();
                self.filter(0)
            }
            Kind::Not => {
                self.take();
                Ok(Parsed::over(self.expression(NOT_POWER, Precedes::Free)?.height))
            }
            Kind::Expref => {
                self.take();
                // Two of them in a row would read as `&&`.
                self.write(" ");
                Ok(Parsed::over(self.expression(0, Precedes::Free)?.height))
            }
            Kind::Lparen => {
                self.take();
                let inner = self.expression(0, Precedes::Free)?;
                self.expect(Kind::Rparen)?;
                Ok(inner)
            }
            Kind::Lbrace => {
                self.take();
                self.hash()
            }
            Kind::Lbracket => {
                let next = self.tokens[self.at + 1].kind;
                if matches!(next, Kind::Number | Kind::Colon) {
                    self.at += 1;
                    return self.bracket(Parsed { form: Form::Other, height: 0 });
                }
                self.take();
                if next == Kind::Star && self.tokens[self.at + 1].kind == Kind::Rbracket {
                    self.take();
                    self.take();
                    return Ok(Parsed::over(self.projection(STAR_POWER)?));
                }
                self.list()
            }
            Kind::Eof => Err(QueryError::incomplete(self.expression)),
            _ => Err(self.fail("invalid token", self.token())),
        }
    }

    /// What can follow `left`, beginning with the token that binds it.
    fn tail(&mut self, left: Parsed) -> Result<Parsed, QueryError> {
        let kind = self.current();
        let right = match kind {
            Kind::Dot => {
                self.take();
                if self.current() == Kind::Star {
                    self.take();
                    let height = self.projection(DOT_POWER)?;
                    self.open_star = Some(self.written.text.len());
                    height
                } else {
                    self.after_dot(DOT_POWER)?
                }
            }
            Kind::Pipe | Kind::Or | Kind::And | Kind::Eq | Kind::Ne | Kind::Lt | Kind::Lte | Kind::Gt | Kind::Gte => {
                self.take();
                self.expression(power(kind), Precedes::Free)?.height
            }
            Kind::Flatten => {
                self.take();
                self.projection(FLATTEN_POWER)?
            }
            Kind::Filter => {
                self.take();
                return self.filter(left.height);
            }
            Kind::Lparen => {
                self.at += 1;
                self.arguments(left)?
            }
            Kind::Lbracket => {
                self.at += 1;
                if matches!(self.current(), Kind::Number | Kind::Colon) {
                    return self.bracket(left);
                }
                self.write("[");
                self.expect(Kind::Star)?;
                self.expect(Kind::Rbracket)?;
                self.projection(STAR_POWER)?
            }
            _ => return Err(self.fail("invalid token", self.token())),
        };
        Ok(Parsed::over(left.height.max(right)))
    }

    /// The right side of a projection; how deep it is.
    fn projection(&mut self, binding: u8) -> Result<usize, QueryError> {
        match self.current() {
            kind if power(kind) < PROJECTION_STOP => Ok(0),
            Kind::Lbracket | Kind::Filter => Ok(self.expression(binding, Precedes::Projection)?.height),
            Kind::Dot => {
                self.take();
                self.after_dot(binding)
            }
            _ => Err(self.fail("syntax error", self.token())),
        }
    }

    /// Parse what may follow a dot; returns its depth.
    fn after_dot(&mut self, binding: u8) -> Result<usize, QueryError> {
        match self.current() {
            Kind::QuotedIdentifier | Kind::UnquotedIdentifier | Kind::Star => {
                Ok(self.expression(binding, Precedes::Dot)?.height)
            }
            Kind::Lbracket => {
                self.take();
                Ok(self.list()?.height)
            }
            Kind::Lbrace => {
                self.write(WRAP);
                self.take();
                let hash = self.hash()?;
                self.write("]");
                Ok(hash.height)
            }
            other => {
                let expected = "['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace']";
                Err(self.fail(&format!("Expecting: {expected}, got: {}", other.name()), self.token()))
            }
        }
    }

    /// A filter's condition and what is projected, after its `[?`.
    fn filter(&mut self, left: usize) -> Result<Parsed, QueryError> {
        let condition = self.expression(0, Precedes::Free)?.height;
        self.expect(Kind::Rbracket)?;
        let right = self.projection(FILTER_POWER)?;
        Ok(Parsed::over(left.max(condition).max(right)))
    }
}
