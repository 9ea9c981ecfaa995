//! How tight the tokens of jmespath.py's grammar bind, as its parser has it.

use crate::query::lexer::Kind;

/// Tokens that bind less than this end a projection.
pub(super) const PROJECTION_STOP: u8 = 10;
pub(super) const STAR_POWER: u8 = 20;
pub(super) const FILTER_POWER: u8 = 21;
pub(super) const FLATTEN_POWER: u8 = 9;
pub(super) const DOT_POWER: u8 = 40;
pub(super) const NOT_POWER: u8 = 45;

/// The binding power of a token over its left side.
pub(super) fn power(kind: Kind) -> u8 {
    match kind {
        Kind::Pipe => 1,
        Kind::Or => 2,
        Kind::And => 3,
        Kind::Eq | Kind::Ne | Kind::Lt | Kind::Lte | Kind::Gt | Kind::Gte => 5,
        Kind::Flatten => FLATTEN_POWER,
        Kind::Star => STAR_POWER,
        Kind::Filter => FILTER_POWER,
        Kind::Dot => DOT_POWER,
        Kind::Not => NOT_POWER,
        Kind::Lbrace => 50,
        Kind::Lbracket => 55,
        Kind::Lparen => 60,
        _ => 0,
    }
}
