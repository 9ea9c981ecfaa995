//! What captures of terminals and CI logs put around the text that a command printed.
//!
//! Knows single lines only. `extract` takes pages out of such text.

/// The length of a timestamp, with the space after it, that `line` begins with: ISO 8601 or a time of day,
/// perhaps in brackets, as CI systems put one in front of every line.
pub(super) fn timestamp(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let bracket = usize::from(bytes.first() == Some(&b'['));
    let mut at = bracket;
    // `d` stands for a digit.
    let matches = |at: usize, pattern: &str| {
        bytes.get(at..at + pattern.len()).is_some_and(|part| {
            part.iter()
                .zip(pattern.bytes())
                .all(|(byte, want)| if want == b'd' { byte.is_ascii_digit() } else { *byte == want })
        })
    };
    if matches(at, "dddd-dd-dd") {
        at += 10;
        if !matches!(bytes.get(at), Some(b'T' | b' ')) {
            return None;
        }
        at += 1;
    }
    if !matches(at, "dd:dd:dd") {
        return None;
    }
    at += 8;
    if matches!(bytes.get(at), Some(b'.' | b',')) && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
        at += 1 + bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    }
    if bytes.get(at) == Some(&b'Z') {
        at += 1;
    } else if matches(at, "+dd:dd") || matches(at, "-dd:dd") {
        at += 6;
    } else if matches(at, "+dddd") || matches(at, "-dddd") {
        at += 5;
    }
    if bracket == 1 {
        if bytes.get(at) != Some(&b']') {
            return None;
        }
        at += 1;
    }
    match bytes.get(at) {
        None => Some(at),
        Some(b' ' | b'\t') => Some(at + 1),
        Some(_) => None,
    }
}

/// Whether a line, without the space around it, is left over from a pager: its prompt or the end mark.
pub(super) fn is_pager_line(line: &str) -> bool {
    matches!(line, ":" | "(END)" | "~")
        || (line.starts_with("--More--") && line.len() < 40)
        || (line.starts_with("lines ") && line.len() < 60 && line.bytes().any(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{is_pager_line, timestamp};

    #[test]
    fn timestamps_of_ci_logs() {
        for (line, rest) in [
            ("2026-03-01T10:00:00.0000000Z {", "{"),
            ("2026-03-01T10:00:00Z", ""),
            ("2026-03-01 10:00:00,123 {", "{"),
            ("[2026-03-01T10:00:00.000Z]   {", "  {"),
            ("2026-03-01T10:00:00+01:00 {", "{"),
            ("10:00:00 {", "{"),
            ("[10:00:00] {", "{"),
        ] {
            assert_eq!(timestamp(line).map(|end| &line[end..]), Some(rest), "{line}");
        }
        for line in ["2026-03-01", "2026-03-01T10:00", "[1, 2]", "10:00:00\"", "{", "", "[10:00:00 x", "é"] {
            assert_eq!(timestamp(line), None, "{line}");
        }
    }

    #[test]
    fn pager_lines() {
        for line in [":", "(END)", "~", "--More--(12%)", "lines 1-24/80 30%"] {
            assert!(is_pager_line(line), "{line}");
        }
        for line in ["", "{", "\"a\": 1", "::"] {
            assert!(!is_pager_line(line), "{line}");
        }
    }
}
