//! How a scalar is written: plain, in single quotes or in double quotes.

use super::implicit::is_other_than_text;

/// The three styles that a block document without literals has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
}

/// What a text allows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    plain: bool,
    single_quoted: bool,
}

impl Analysis {
    /// Look at each character and its neighbours once.
    pub(super) fn of(text: &str) -> Self {
        if is_word(text.as_bytes()) {
            return Analysis { multiline: false, plain: true, single_quoted: true };
        }
        Self::of_any(text)
    }

    fn of_any(text: &str) -> Self {
        let mut multiline = false;
        let mut indicator = text.starts_with("---") || text.starts_with("...");
        let mut unprintable = false;
        let mut space_beside_break = false;
        let mut before: Option<char> = None;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let blank_after = rest.clone().next().is_none_or(is_blank);
            indicator |= match (c, before) {
                (
                    '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
                    None,
                ) => true,
                ('-' | '?', None) | (':', _) => blank_after,
                ('#', Some(before)) => is_blank(before),
                _ => false,
            };
            unprintable |= !is_printable(c);
            multiline |= is_break(c);
            // In either order; a quoted text would lose such a space when it is folded.
            space_beside_break |= before.is_some_and(|b| (b == ' ' && is_break(c)) || (is_break(b) && c == ' '));
            before = Some(c);
        }
        let edge = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
        let single_quoted = !unprintable && !space_beside_break;
        let open_ended = edge(text.chars().next()) || edge(text.chars().next_back());
        Analysis { multiline, plain: single_quoted && !multiline && !indicator && !open_ended, single_quoted }
    }

    /// The style of a string; `key` says that it precedes a colon on the same line.
    pub(super) fn style(&self, text: &str, key: bool) -> Style {
        if key && self.multiline || !self.single_quoted {
            Style::DoubleQuoted
        } else if self.plain && !is_other_than_text(text) {
            Style::Plain
        } else {
            Style::SingleQuoted
        }
    }
}

/// Whether a text has nothing but letters, digits and what means nothing to YAML inside of them: most texts are such.
fn is_word(bytes: &[u8]) -> bool {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'+' | b'-' | b':');
    let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    letter(bytes.first()) && letter(bytes.last()) && bytes.iter().all(inside)
}

/// Whether a character ends a line, in YAML 1.1's wide sense.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character separates its neighbours; NUL counts as the end.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\0') || is_break(c)
}

/// Whether a character is printed unescaped. libyaml's table knows nothing beyond U+FFFF, so an
/// emoji is escaped, and takes a newline for printable.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::{Analysis, Style};

    proptest::proptest! {
        #[test]
        fn words_need_no_look_at_their_characters(text in "[-a-z0-9/._+:# ]{0,6}") {
            proptest::prop_assert_eq!(Analysis::of(&text), Analysis::of_any(&text));
        }
    }

    #[test]
    fn a_style_for_each_kind_of_text() {
        use Style::{DoubleQuoted, Plain, SingleQuoted};
        let cases = [
            ("plain text, with: nothing", SingleQuoted),
            ("a,b", Plain),
            ("a:b", Plain),
            ("a: b", SingleQuoted),
            ("a:", SingleQuoted),
            ("a#b", Plain),
            ("a #b", SingleQuoted),
            ("-x", Plain),
            ("- x", SingleQuoted),
            ("?x", Plain),
            ("---x", SingleQuoted),
            ("..", Plain),
            ("it's", Plain),
            ("'q", SingleQuoted),
            ("日本é", Plain),
            ("😀", DoubleQuoted),
            ("a\u{a0}", Plain),
            (" a", SingleQuoted),
            ("a\nb", SingleQuoted),
            ("a \nb", DoubleQuoted),
            ("a\n b", DoubleQuoted),
            ("tab\t", DoubleQuoted),
            ("1", SingleQuoted),
            ("", SingleQuoted),
        ];
        for (text, expected) in cases {
            assert_eq!(Analysis::of(text).style(text, false), expected, "{text:?}");
        }
        assert_eq!(Analysis::of("a\nb").style("a\nb", true), DoubleQuoted);
    }
}
