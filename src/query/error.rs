//! What can go wrong with an expression, in the words of jmespath.py.
//!
//! The AWS CLI prints `str(exception)` of whatever jmespath.py raised, so the text here is that
//! text, and [`ErrorKind::python_class`] is the class that carried it. Some of the exceptions are
//! plain Python ones that jmespath.py lets through (`'<' not supported between ...`).

use std::fmt;

/// A refused expression, or one that failed on the value it was given.
///
/// Its `Display` is the text that Python would print for the exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    kind: ErrorKind,
    stage: Stage,
    message: String,
}

/// When an expression failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// While it was read: no value can be queried with it.
    Compile,
    /// While it was applied to a value.
    Search,
}

/// The exception of jmespath.py, or of Python itself, that an error represents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `EmptyExpressionError`: the expression is empty.
    Empty,
    /// `LexerError`: a character or a quoted part that is not a token.
    Lexer,
    /// `ParseError`: a token in a place where it is not allowed.
    Parse,
    /// `IncompleteExpressionError`: the expression ends too early.
    Incomplete,
    /// `ArityError`: a function with the wrong number of arguments.
    Arity,
    /// `VariadictArityError`: too few arguments for a function that takes any number. The spelling
    /// is jmespath.py's.
    VariadicArity,
    /// `UnknownFunctionError`: no function has that name.
    UnknownFunction,
    /// `JMESPathTypeError`: an argument of a type that the function does not take.
    ArgumentType,
    /// Python's own `TypeError`.
    Type,
    /// Python's own `ValueError`.
    Value,
    /// Python's own `OverflowError`.
    Overflow,
    /// `RecursionError`: nested deeper than is read. The limit and the text are ours.
    TooDeep,
    /// `MemoryError`: more values than an evaluation may build. The limit and the text are ours.
    TooLarge,
}

impl ErrorKind {
    /// The name of the Python class.
    pub fn python_class(self) -> &'static str {
        match self {
            ErrorKind::Empty => "EmptyExpressionError",
            ErrorKind::Lexer => "LexerError",
            ErrorKind::Parse => "ParseError",
            ErrorKind::Incomplete => "IncompleteExpressionError",
            ErrorKind::Arity => "ArityError",
            ErrorKind::VariadicArity => "VariadictArityError",
            ErrorKind::UnknownFunction => "UnknownFunctionError",
            ErrorKind::ArgumentType => "JMESPathTypeError",
            ErrorKind::Type => "TypeError",
            ErrorKind::Value => "ValueError",
            ErrorKind::Overflow => "OverflowError",
            ErrorKind::TooDeep => "RecursionError",
            ErrorKind::TooLarge => "MemoryError",
        }
    }
}

impl QueryError {
    /// Which exception this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the expression was refused or its evaluation failed.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// An error of the expression itself.
    pub(super) fn compile(kind: ErrorKind, message: impl Into<String>) -> Self {
        QueryError { kind, stage: Stage::Compile, message: message.into() }
    }

    /// An error of the evaluation.
    pub(super) fn search(kind: ErrorKind, message: impl Into<String>) -> Self {
        QueryError { kind, stage: Stage::Search, message: message.into() }
    }

    /// jmespath.py's `LexerError`: the caret counts from the expression's first character.
    pub(super) fn lexer(message: &str, position: usize, expression: &str) -> Self {
        let blank = " ".repeat(position);
        Self::compile(ErrorKind::Lexer, format!("Bad jmespath expression: {message}:\n{expression}\n{blank}^"))
    }

    /// jmespath.py's `ParseError`: the expression is quoted, so the caret is one column further right.
    pub(super) fn parse(message: &str, position: usize, token: &str, token_type: &str, expression: &str) -> Self {
        let blank = " ".repeat(position + 1);
        let token_type = token_type.to_uppercase();
        Self::compile(
            ErrorKind::Parse,
            format!(
                "{message}: Parse error at column {position}, token \"{token}\" ({token_type}), \
                 for expression:\n\"{expression}\"\n{blank}^"
            ),
        )
    }

    /// jmespath.py's `IncompleteExpressionError`: the caret is after the last character.
    pub(super) fn incomplete(expression: &str) -> Self {
        let blank = " ".repeat(expression.chars().count() + 1);
        Self::compile(
            ErrorKind::Incomplete,
            format!("Invalid jmespath expression: Incomplete expression:\n\"{expression}\"\n{blank}^"),
        )
    }

    /// Nesting that is refused before it can exhaust the stack.
    pub(super) fn too_deep() -> Self {
        Self::compile(
            ErrorKind::TooDeep,
            format!(
                "the expression is too deep: it may nest {} levels and go on for {}",
                super::MAX_DEPTH,
                super::MAX_HEIGHT
            ),
        )
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for QueryError {}
