//! Escapes untrusted text (names of files, tags, descriptions) for a terminal.

/// The text with what a terminal would act on escaped: control characters, bidirectional controls,
/// line separators other than the line feed, and invisible characters, so that two texts that look
/// alike are equal.
pub fn visible(text: &str) -> String {
    shown(text, |_| false)
}

/// The same for a text of several lines, which keeps its line feeds.
pub fn visible_lines(text: &str) -> String {
    shown(text, |c| c == '\n')
}

fn shown(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) && !keep(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// Whether a character acts on what shows it, or cannot be seen.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{visible, visible_lines};

    #[test]
    fn a_terminal_is_told_nothing() {
        for (text, shown) in [
            ("shop/web", "shop/web"),
            ("é☃", "é☃"),
            ("\u{1b}[2Jx", "\\u{1b}[2Jx"),
            ("a\nb\tc", "a\\u{a}b\\u{9}c"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
            ("\u{61c}\u{2066}", "\\u{61c}\\u{2066}"),
            ("a\u{2028}b\u{85}", "a\\u{2028}b\\u{85}"),
            ("prod\u{200b}\u{feff}\u{e0041}", "prod\\u{200b}\\u{feff}\\u{e0041}"),
        ] {
            assert_eq!(visible(text), shown);
            assert_eq!(visible(&visible(text)), shown);
        }
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(visible_lines("a\nb\r\u{1b}c"), "a\nb\\u{d}\\u{1b}c");
    }
}
