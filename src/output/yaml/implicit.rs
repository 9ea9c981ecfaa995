//! Which texts a YAML 1.2 reader would take for something else than a string.
//!
//! The rules are ruamel.yaml's, which are wider than the standard's: underscores in numbers, a bare
//! sign with an underscore, octal with and without `o`. All texts are bytes here, as each rule is
//! about ASCII alone.

/// Whether a plain scalar of that text would be read as a boolean, a number, null, a date, or one
/// of the special keys `<<` and `=`.
pub(super) fn is_other_than_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes.first() {
        None => true,
        Some(b't' | b'T' | b'f' | b'F') => {
            matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
        }
        Some(b'n' | b'N') => matches!(text, "null" | "Null" | "NULL"),
        Some(b'~' | b'=') => bytes.len() == 1,
        Some(b'<') => text == "<<",
        Some(b'-' | b'+' | b'.' | b'0'..=b'9') => is_integer(bytes) || is_float(bytes) || is_timestamp(bytes),
        Some(_) => false,
    }
}

fn unsigned(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"-").or_else(|| bytes.strip_prefix(b"+")).unwrap_or(bytes)
}

fn is_integer(bytes: &[u8]) -> bool {
    fn some(digits: &[u8], digit: fn(u8) -> bool) -> bool {
        !digits.is_empty() && digits.iter().all(|b| *b == b'_' || digit(*b))
    }
    match unsigned(bytes) {
        [b'0', b'b', digits @ ..] => some(digits, |b| matches!(b, b'0' | b'1')),
        [b'0', b'o', digits @ ..] => some(digits, |b| matches!(b, b'0'..=b'7')),
        [b'0', b'x', digits @ ..] => some(digits, |b| b.is_ascii_hexdigit()),
        digits => some(digits, |b| b.is_ascii_digit()),
    }
}

fn is_float(bytes: &[u8]) -> bool {
    let number = unsigned(bytes);
    if matches!(number, b".inf" | b".Inf" | b".INF") || matches!(bytes, b".nan" | b".NaN" | b".NAN") {
        return true;
    }
    let digits = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    let (whole, rest) = number.split_at(digits(number));
    match (whole.first(), rest) {
        // A fraction alone wants a digit, or an underscore, and a sign in its exponent.
        (None, [b'.', fraction @ ..]) => {
            let (fraction, exponent) = fraction.split_at(digits(fraction));
            !fraction.is_empty() && (exponent.is_empty() || is_exponent(exponent, true))
        }
        (Some(b'0'..=b'9'), [b'.', fraction @ ..]) => {
            let exponent = &fraction[digits(fraction)..];
            exponent.is_empty() || is_exponent(exponent, false)
        }
        (Some(b'0'..=b'9'), exponent) => is_exponent(exponent, false),
        _ => false,
    }
}

fn is_exponent(bytes: &[u8], signed: bool) -> bool {
    let [b'e' | b'E', power @ ..] = bytes else { return false };
    let digits = unsigned(power);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && (!signed || digits.len() < power.len())
}

/// A date, or a date and time: one or two digits for month, day and hour, a `T` or blanks between,
/// any fraction, and a zone of hours and perhaps minutes.
fn is_timestamp(bytes: &[u8]) -> bool {
    let mut at = Cursor { rest: bytes };
    let full_date = at.digits(4, 4) && at.byte(b"-") && at.digits(1, 2) && at.byte(b"-") && at.digits(1, 2);
    if !full_date {
        return false;
    }
    if at.rest.is_empty() {
        // A date alone has both of its two-digit numbers in full.
        return bytes.len() == 10;
    }
    if !at.byte(b"Tt") && at.blanks() == 0 {
        return false;
    }
    let clock = at.digits(1, 2) && at.byte(b":") && at.digits(2, 2) && at.byte(b":") && at.digits(2, 2);
    if !clock {
        return false;
    }
    if at.byte(b".") {
        at.digits(0, usize::MAX);
    }
    if at.rest.is_empty() {
        return true;
    }
    at.blanks();
    if at.byte(b"Z") {
        return at.rest.is_empty();
    }
    at.byte(b"-+") && at.digits(1, 2) && (at.rest.is_empty() || at.byte(b":") && at.digits(2, 2) && at.rest.is_empty())
}

/// What is left of a text that is read from its start.
struct Cursor<'t> {
    rest: &'t [u8],
}

impl Cursor<'_> {
    /// Step over as many digits as there are, up to `most`; false if there are too few.
    fn digits(&mut self, least: usize, most: usize) -> bool {
        let count = self.rest.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        self.rest = &self.rest[count..];
        count >= least
    }

    /// Step over one byte that is among `any`.
    fn byte(&mut self, any: &[u8]) -> bool {
        match self.rest {
            [first, rest @ ..] if any.contains(first) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Step over spaces and tabs, and say how many.
    fn blanks(&mut self) -> usize {
        let before = self.rest.len();
        while self.byte(b" \t") {}
        before - self.rest.len()
    }
}

#[cfg(test)]
mod tests {
    use super::is_other_than_text;

    #[test]
    fn texts_that_read_as_something_else() {
        for text in [
            "",
            "~",
            "null",
            "NULL",
            "true",
            "False",
            "=",
            "<<",
            "0",
            "-1",
            "+1",
            "1_000",
            "-_",
            "+_",
            "0b1",
            "0o17",
            "017",
            "08",
            "0x_F",
            "1.",
            "1.5",
            "-1.5e3",
            "1e5",
            "1_0E-5",
            ".5",
            "._",
            ".5e+1",
            ".inf",
            "-.INF",
            ".NaN",
            "2020-01-02",
            "2020-1-2T3:04:05",
            "2020-01-02 03:04:05.678Z",
            "2020-01-02t03:04:05. +1:30",
            "2020-01-02\t3:04:05-05",
        ] {
            assert!(is_other_than_text(text), "{text:?}");
        }
    }

    #[test]
    fn texts_that_stay_texts() {
        for text in [
            "yes",
            "no",
            "on",
            "y",
            "nULL",
            "tRUE",
            "==",
            "<",
            "-",
            "+",
            ".",
            "_1",
            "1a",
            "0b2",
            "0o8",
            "0xg",
            "0b",
            "1e",
            "1e+",
            ".5e1",
            "+.nan",
            ".Nan",
            "1.2.3",
            "12:30",
            "12:30:45",
            "2020-1-2",
            "2020-01-0",
            "20-01-02",
            "2020-01-02T",
            "2020-01-02T03:04",
            "2020-01-02T03:04:05z",
            "2020-01-02T03:04:05+123",
            "2020-01-02 x",
            "é",
        ] {
            assert!(!is_other_than_text(text), "{text:?}");
        }
    }
}
