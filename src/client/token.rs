//! The tokens that the client's paginator makes and takes (`NextToken`, `--starting-token`).
//!
//! One is base64 of a JSON object: the service's token as the parameter that carries it, and how
//! many rows of that page were shown already. Older clients wrote `TOKEN___N` and `None___N`. What
//! is neither is the service's own token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigInt;

use crate::model::{Map, Value, json};
use crate::output::python as shown;

use crate::service::api::TOKEN_MEMBER;

use super::error::Failure;
use super::python;

/// The member that says how many rows of the page are done.
const TRUNCATE_AMOUNT: &str = "boto_truncate_amount";
/// A member that names the members that are bytes. The service's tokens are text, so it is ignored.
const ENCODED_KEYS: &str = "boto_encoded_keys";

/// Where to start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Start {
    /// The parameters to set; null takes one away.
    pub(crate) token: Map,
    /// How many rows of the first page to leave out.
    pub(crate) skip: Value,
}

impl Start {
    /// The very beginning.
    pub(crate) fn beginning() -> Self {
        Start { token: Map::from_iter([(TOKEN_MEMBER.to_owned(), Value::Null)]), skip: Value::Int(0) }
    }

    /// What a `--starting-token` means.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let decoded = decode_base64(text.as_bytes())
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|document| json::parse(&document).ok());
        match decoded {
            Some(Value::Map(mut token)) => {
                token.shift_remove(ENCODED_KEYS);
                let skip = token.shift_remove(TRUNCATE_AMOUNT).unwrap_or(Value::Int(0));
                Ok(Start { token, skip })
            }
            None | Some(Value::List(_)) => Self::parse_old(text),
            // The client fails on a document that is not an object.
            Some(other) => {
                let class = shown::type_name(&other);
                Err(Failure::General(format!("'{class}' object has no attribute 'pop'")))
            }
        }
    }

    /// `TOKEN___N`, `None___N`, or the service's own token.
    fn parse_old(text: &str) -> Result<Self, Failure> {
        let parts: Vec<&str> = text.split("___").collect();
        let (token, skip) = match parts[..] {
            [token] => (token, None),
            [token, skip] => match python::int(skip) {
                Some(skip) => (token, Some(skip)),
                None => (text, None),
            },
            _ => return Err(Failure::General(format!("Bad starting token: {text}"))),
        };
        let token = if token == "None" { Value::Null } else { Value::from(token) };
        let skip = skip.map_or(Value::Int(0), python::value_of_int);
        Ok(Start { token: Map::from_iter([(TOKEN_MEMBER.to_owned(), token)]), skip })
    }
}

/// The `NextToken` that resumes at `token`, after `done` rows of its page if given.
pub(crate) fn resume(mut token: Map, done: Option<BigInt>) -> Result<String, Failure> {
    let known = token.len() == 1 && token.contains_key(TOKEN_MEMBER);
    if let Some(done) = done {
        token.insert(TRUNCATE_AMOUNT.to_owned(), python::value_of_int(done));
    }
    let token = Value::Map(token);
    if !known {
        return Err(Failure::General(format!("Bad starting token: {}", shown::repr(&token))));
    }
    Ok(STANDARD.encode(ascii(&json::to_compact(&token))))
}

/// JSON with everything beyond printable ASCII escaped, as Python's `json.dumps` writes it.
fn ascii(document: &str) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(document.len());
    for character in document.chars() {
        if matches!(character, ' '..='~') {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// Python's `base64.b64decode`: what is not of the alphabet is passed over, and so is everything
/// after a padding that is complete.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut quad, mut left, mut pads) = (0, 0u8, 0);
    for byte in text {
        let sextet = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                if quad >= 2 {
                    pads += 1;
                    if quad + pads >= 4 {
                        return Some(bytes);
                    }
                }
                continue;
            }
            _ => continue,
        };
        pads = 0;
        match quad {
            0 => left = sextet,
            1 => {
                bytes.push(left << 2 | sextet >> 4);
                left = sextet & 0x0f;
            }
            2 => {
                bytes.push(left << 4 | sextet >> 2);
                left = sextet & 0x03;
            }
            _ => bytes.push(left << 6 | sextet),
        }
        quad = (quad + 1) % 4;
    }
    (quad == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Failure, Map, Start, Value, decode_base64, resume};

    fn token(text: Option<&str>) -> Map {
        Map::from_iter([("nextToken".to_owned(), text.map_or(Value::Null, Value::from))])
    }

    #[test]
    fn tokens_are_the_bytes_that_botocore_writes() {
        // Each token was printed by botocore's own encoder.
        for (service, done, expected) in [
            (None, Some(2), "eyJuZXh0VG9rZW4iOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAyfQ=="),
            (Some("t3"), Some(1), "eyJuZXh0VG9rZW4iOiAidDMiLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAxfQ=="),
            (Some("t3"), None, "eyJuZXh0VG9rZW4iOiAidDMifQ=="),
            (Some("é😀\u{7f}\"\\"), None, "eyJuZXh0VG9rZW4iOiAiXHUwMGU5XHVkODNkXHVkZTAwXHUwMDdmXCJcXCJ9"),
        ] {
            let resumed = resume(token(service), done.map(Into::into)).unwrap();
            assert_eq!(resumed, expected, "{service:?} {done:?}");
            let start = Start::parse(&resumed).unwrap();
            assert_eq!(start, Start { token: token(service), skip: Value::Int(done.unwrap_or(0)) });
        }
    }

    #[test]
    fn old_tokens_and_the_services_own_are_told_apart() {
        for (text, service, skip) in [
            ("t3", Some("t3"), 0),
            ("t3___2", Some("t3"), 2),
            ("None___ +1_0 ", None, 10),
            ("None", None, 0),
            ("t3___x", Some("t3___x"), 0),
            ("t3___", Some("t3___"), 0),
            ("", Some(""), 0),
            ("___-1", Some(""), -1),
            // Base64 of a list, and of no JSON at all.
            ("WzFd", Some("WzFd"), 0),
            ("e30", Some("e30"), 0),
        ] {
            assert_eq!(Start::parse(text), Ok(Start { token: token(service), skip: Value::Int(skip) }), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_as_python_would() {
        for (text, message) in [
            ("a___b___c", "Bad starting token: a___b___c"),
            ("MTIz", "'int' object has no attribute 'pop'"),
            ("bnVsbA==", "'NoneType' object has no attribute 'pop'"),
            ("ImEi", "'str' object has no attribute 'pop'"),
            ("MS41", "'float' object has no attribute 'pop'"),
            ("dHJ1ZQ==", "'bool' object has no attribute 'pop'"),
        ] {
            assert_eq!(Start::parse(text), Err(Failure::General(message.to_owned())), "{text}");
        }
        let refused = resume(Map::new(), Some(1.into()));
        assert_eq!(refused, Err(Failure::General("Bad starting token: {'boto_truncate_amount': 1}".to_owned())));
    }

    #[test]
    fn base64_is_read_as_leniently_as_in_python() {
        for (text, bytes) in [
            ("", Some("")),
            ("YQ==", Some("a")),
            ("Y Q\n=-=", Some("a")),
            ("YQ==YQ==", Some("a")),
            ("=YWI=", Some("ab")),
            ("YQ=", None),
            ("YQ", None),
            ("Y", None),
            ("YWJj", Some("abc")),
        ] {
            assert_eq!(decode_base64(text.as_bytes()).as_deref(), bytes.map(str::as_bytes), "{text:?}");
        }
    }
}
