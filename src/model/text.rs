//! Other people's text (names of files, tags, descriptions) made fit to be shown on a terminal.

/// The text with what a terminal would act on escaped: control characters, and marks that turn the
/// direction of what follows.
pub fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn a_terminal_is_told_nothing() {
        for (text, shown) in [
            ("shop/web", "shop/web"),
            ("é☃", "é☃"),
            ("\u{1b}[2Jx", "\\u{1b}[2Jx"),
            ("a\nb\tc", "a\\u{a}b\\u{9}c"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
