//! The service's `nextToken`: opaque, short, checked, and good for a seek.
//!
//! A token is a position and a check value over the position and everything that the position
//! depends on (operation, listings, filter). So a token of another repository, filter or listing is
//! refused, as is one that was tampered with, without anything of them being written down.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::model::{Value, json};

/// Of a token's own format.
const VERSION: u8 = 1;
const CHECK: usize = 8;
const CONTEXT: &str = "ecrsnap 2026-11-24 nextToken check value";

/// What a token belongs to, as one key.
pub(super) struct TokenScope([u8; 32]);

/// Where a page starts: a detail's position, and for `ListImages` which of its ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) detail: u64,
    pub(super) id: u64,
}

impl TokenScope {
    /// From everything that a position depends on.
    pub(super) fn new(operation: &str, listings: impl Iterator<Item = [u8; 32]>, selection: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        for text in [operation, selection] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        for hash in listings {
            hasher.update(&hash);
        }
        TokenScope(*hasher.finalize().as_bytes())
    }

    /// The token of a page that starts at `position`.
    pub(super) fn write(&self, position: Position) -> String {
        let mut bytes = vec![VERSION];
        for mut number in [position.detail, position.id] {
            while number >= 0x80 {
                bytes.push(number as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
        }
        let check = blake3::keyed_hash(&self.0, &bytes);
        bytes.extend_from_slice(&check.as_bytes()[..CHECK]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position in a token that this scope wrote; `None` for any other text.
    pub(super) fn read(&self, token: &str) -> Option<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (body, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK)?)?;
        if blake3::keyed_hash(&self.0, body).as_bytes()[..CHECK] != *check || body.first() != Some(&VERSION) {
            return None;
        }
        let mut numbers = [0u64; 2];
        let mut rest = body[1..].iter();
        for number in &mut numbers {
            for shift in (0..64).step_by(7) {
                let byte = rest.next()?;
                *number |= u64::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        Some(Position { detail: numbers[0], id: numbers[1] })
    }
}

/// Where a saved page's own token leads: the token that the AWS CLI printed as `NextToken` wraps
/// the service's and says how many details of that page were already shown.
///
/// `saved` is the token in the page, `end` the position behind its last detail; the answer is the
/// position at which the service's page begins that `token` names.
pub(super) fn resume_saved(token: &str, saved: &str, end: u64) -> Option<u64> {
    if token == saved {
        return Some(end);
    }
    let decoded = STANDARD.decode(saved).ok()?;
    let wrapped = json::parse(std::str::from_utf8(&decoded).ok()?).ok()?;
    let shown = wrapped.get("boto_truncate_amount").and_then(Value::as_int).unwrap_or(0);
    let inner = wrapped.get("nextToken")?.as_str()?;
    (inner == token).then(|| end.saturating_sub(shown.max(0) as u64))
}

#[cfg(test)]
mod tests {
    use super::{Position, TokenScope, resume_saved};

    fn scope(selection: &str) -> TokenScope {
        TokenScope::new("DescribeImages", [[7; 32]].into_iter(), selection)
    }

    #[test]
    fn a_token_gives_its_position_back_to_its_owner_alone() {
        for detail in [0, 1, 127, 128, 5_000, 1 << 40, u64::MAX] {
            let position = Position { detail, id: 3 };
            let token = scope("all").write(position);
            assert_eq!(scope("all").read(&token), Some(position));
            assert_eq!(scope("tagged").read(&token), None);
            assert!(token.len() < 40, "{token}");
        }
    }

    #[test]
    fn no_altered_token_is_read() {
        let token = scope("all").write(Position { detail: 100, id: 0 });
        for at in 0..token.len() {
            for other in ['A', 'z', '-'] {
                let mut altered = token.clone();
                altered.replace_range(at..=at, &other.to_string());
                assert!(altered == token || scope("all").read(&altered).is_none(), "{altered}");
            }
        }
        for foreign in ["", "AQ", "not base64!", "eyJuZXh0VG9rZW4iOm51bGx9"] {
            assert_eq!(scope("all").read(foreign), None);
        }
    }

    #[test]
    fn a_saved_pages_token_leads_behind_its_last_detail() {
        assert_eq!(resume_saved("abc", "abc", 40), Some(40));
        // {"nextToken": "abc", "boto_truncate_amount": 7}
        let saved = "eyJuZXh0VG9rZW4iOiAiYWJjIiwgImJvdG9fdHJ1bmNhdGVfYW1vdW50IjogN30=";
        assert_eq!(resume_saved("abc", saved, 47), Some(40));
        assert_eq!(resume_saved("other", saved, 47), None);
    }
}
