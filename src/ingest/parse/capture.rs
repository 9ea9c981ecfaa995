//! What captures of terminals and CI logs put around the text that a command printed.
//!
//! Knows single lines only. `extract` takes pages out of such text.

/// The length of a timestamp, with the space after it, that `line` begins with: ISO 8601 or a time of day,
/// perhaps in brackets, as CI systems put one in front of every line.
pub(super) fn timestamp(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let bracket = usize::from(bytes.first() == Some(&b'['));
    let mut at = bracket;
    // `d` means a digit.
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

/// The bytes at the start of a line that a CI system or a container runtime has put there.
fn prefix(line: &str) -> Option<usize> {
    if let Some(end) = timestamp(line) {
        // GitLab has the number and kind of the stream behind the time: `00O `, `01E+`.
        let stream = line.as_bytes().get(end..end + 4).unwrap_or_default();
        let is_stream = matches!(stream, [a, b, b'O' | b'E', b' ' | b'+'] if a.is_ascii_digit() && b.is_ascii_digit());
        return Some(if is_stream { end + 4 } else { end });
    }
    // `web-1  | {`: the name of a container.
    let name = line.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)).count();
    let spaces = line.bytes().skip(name).take_while(|byte| *byte == b' ').count();
    let bar = line.get(name + spaces..).is_some_and(|rest| rest.starts_with("| "));
    (name > 0 && spaces > 0 && bar).then_some(name + spaces + 2)
}

/// A line as a terminal would show it in the end, without what was put in front of it. `begins` is whether
/// this is the beginning of a line. A prefix becomes spaces, so that columns stay right; a line of a pager
/// becomes empty.
pub(super) fn cleaned(line: &str, begins: bool) -> String {
    let (body, end) = match line.strip_suffix('\n') {
        Some(body) => (body.strip_suffix('\r').unwrap_or(body), "\n"),
        None => (line, ""),
    };
    let body = if begins { body.trim_start_matches('\u{feff}') } else { body };
    let mut text = if body.bytes().any(|byte| byte < b' ' && byte != b'\t') { shown(body) } else { body.to_owned() };
    if begins {
        let mut start = 0;
        while let Some(length) = prefix(&text[start..]) {
            text.replace_range(start..start + length, &" ".repeat(length));
            start += length;
        }
        if is_pager_line(text.trim()) {
            text.clear();
        }
    }
    text + end
}

/// What a terminal shows of a line: colours are dropped, and what is written over is gone.
fn shown(line: &str) -> String {
    let mut cells: Vec<char> = Vec::with_capacity(line.len());
    let mut cursor = 0usize;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => cursor = 0,
            '\u{8}' => cursor = cursor.saturating_sub(1),
            '\u{1b}' => match characters.next() {
                Some('[') => {
                    let (number, last) = control(&mut characters);
                    match last {
                        'K' if number == 1 => cells.iter_mut().take(cursor).for_each(|cell| *cell = ' '),
                        'K' if number == 2 => cells.clear(),
                        'K' | 'J' => cells.truncate(cursor),
                        'C' => cursor = cursor.saturating_add(number.max(1)),
                        'D' => cursor = cursor.saturating_sub(number.max(1)),
                        'G' => cursor = number.max(1) - 1,
                        _ => {}
                    }
                }
                // A title or a link, up to BEL or ESC \\.
                Some(']') => {
                    while let Some(next) = characters.next() {
                        if next == '\u{7}' || (next == '\u{1b}' && characters.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                Some('(' | ')') => drop(characters.next()),
                _ => {}
            },
            '\t' | ' '.. => {
                // A cursor beyond every terminal is where the text ends.
                cursor = if cursor > cells.len() + WIDEST { cells.len() } else { cursor };
                while cells.len() < cursor {
                    cells.push(' ');
                }
                match cells.get_mut(cursor) {
                    Some(cell) => *cell = character,
                    None => cells.push(character),
                }
                cursor += 1;
            }
            _ => {}
        }
    }
    cells.into_iter().collect()
}

/// Columns of a terminal, at most.
const WIDEST: usize = 1000;

/// The first number of a control sequence behind `ESC [`, and its last character.
fn control(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> (usize, char) {
    let (mut number, mut first) = (0usize, true);
    for character in characters {
        match character {
            '0'..='9' if first => number = (number * 10 + character as usize - '0' as usize).min(WIDEST),
            ' '..='?' => first &= character == '?',
            last => return (number, last),
        }
    }
    (0, ' ')
}

/// Whether a line, without the space around it, is left over from a pager: its prompt or the end mark.
pub(super) fn is_pager_line(line: &str) -> bool {
    matches!(line, ":" | "(END)" | "~")
        || (line.starts_with("--More--") && line.len() < 40)
        || (line.starts_with("lines ") && line.len() < 60 && line.bytes().any(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{cleaned, is_pager_line, timestamp};

    #[test]
    fn a_line_is_what_a_terminal_shows() {
        for (line, expected) in [
            ("{\r\n", "{\n"),
            ("\u{feff}{", "{"),
            ("\u{1b}[1;39m{\u{1b}[0m\u{1b}[34;1m\"a\"\u{1b}[0m\n", "{\"a\"\n"),
            (":\r\u{1b}[K    \"a\": 1,", "    \"a\": 1,"),
            ("\u{1b}[?1h\u{1b}=\r    {", "    {"),
            (":\u{8} \u{8}}", "}"),
            ("\u{1b}]0;title\u{7}{\u{1b}]8;;x\u{1b}\\y", "{y"),
            ("(END)\n", "\n"),
            ("\u{1b}[7m(END)\u{1b}[27m\u{1b}[K\n", "\n"),
            ("2026-03-01T10:00:00Z {\n", "                     {\n"),
            ("2026-03-01T10:00:00.0Z 01O {", "                           {"),
            ("web-1  | [10:00:00] {", "                    {"),
            ("ab\u{1b}[2Dx", "xb"),
            ("\u{1b}[999999999999Cx", "x"),
            ("é\u{1b}[1Gx\u{1b}[", "x"),
        ] {
            assert_eq!(cleaned(line, true).trim_start(), expected.trim_start(), "{line:?}");
        }
        assert_eq!(cleaned("10:00:00 x", false), "10:00:00 x");
        assert_eq!(cleaned("2026-03-01T10:00:00Z {\n", true), "                     {\n");
    }

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
