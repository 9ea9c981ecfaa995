//! Where a YAML document may have tabs, as the scanner of the client (ruamel.yaml) has it.
//!
//! Its rule: in quotes, comments, and the text of a literal or folded scalar a tab is a character; between tokens it is
//! white space within brackets and an error outside; a plain scalar ends at one. `yaml-rust2` has other rules, so the
//! text is scanned here first, and the tabs that are white space become spaces. It knows tokens, not their meaning.

use std::borrow::Cow;

use super::yaml::YamlError;

/// The text with spaces for the tabs that are white space.
///
/// # Errors
/// A tab is where the client takes none.
pub(super) fn normalize(text: &str) -> Result<Cow<'_, str>, YamlError> {
    if !text.contains('\t') {
        return Ok(Cow::Borrowed(text));
    }
    let mut scan =
        Scan { chars: text.chars().collect(), at: 0, flow: Vec::new(), cut_short: false, after_value: false };
    while scan.token()? {}
    Ok(Cow::Owned(scan.chars.into_iter().collect()))
}

struct Scan {
    /// The text; a place that was passed has its final character.
    chars: Vec<char>,
    at: usize,
    /// The brackets that are open.
    flow: Vec<char>,
    /// The token before is a plain scalar that a tab ended. Another one cannot follow it: the tab is no part of a text.
    cut_short: bool,
    /// The token before is the `:` of a member.
    after_value: bool,
}

/// What ends a line, with the end of the text.
fn is_break_or_end(c: Option<char>) -> bool {
    matches!(c, None | Some('\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}'))
}

fn is_blank_or_end(c: Option<char>) -> bool {
    matches!(c, Some(' ' | '\t')) || is_break_or_end(c)
}

impl Scan {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn is_line_start(&self) -> bool {
        self.at == 0 || is_break_or_end(self.chars.get(self.at - 1).copied())
    }

    /// The column of a place.
    fn column(&self, at: usize) -> usize {
        self.chars[..at].iter().rev().take_while(|&&c| !is_break_or_end(Some(c))).count()
    }

    fn skip_line(&mut self) {
        while !is_break_or_end(self.peek(0)) {
            self.at += 1;
        }
    }

    /// Pass white space, comments, and one token; false at the end.
    fn token(&mut self) -> Result<bool, YamlError> {
        loop {
            match self.peek(0) {
                None => return Ok(false),
                Some(' ') => self.at += 1,
                Some('\t') if self.flow.is_empty() => return Err(YamlError::Yaml),
                Some('\t') => {
                    self.chars[self.at] = ' ';
                    self.at += 1;
                }
                // `yaml-rust2` takes no comment right behind a bracket.
                Some('#') => {
                    let begin = self.at;
                    self.skip_line();
                    self.chars[begin..self.at].fill(' ');
                }
                c if is_break_or_end(c) => self.at += 1,
                Some(c) => {
                    let cut_short = std::mem::take(&mut self.cut_short);
                    let after_value = std::mem::take(&mut self.after_value);
                    return self.token_at(c, cut_short, after_value).map(|()| true);
                }
            }
        }
    }

    fn token_at(&mut self, c: char, cut_short: bool, after_value: bool) -> Result<(), YamlError> {
        let next = self.peek(1);
        if cut_short && !matches!(c, ',' | ']' | '}') && !(c == ':' && self.is_value(after_value)) {
            return Err(YamlError::Yaml);
        }
        match c {
            '-' | '.'
                if self.is_line_start()
                    && (1..3).all(|ahead| self.peek(ahead) == Some(c))
                    && is_blank_or_end(self.peek(3)) =>
            {
                self.at += 3;
            }
            '%' if self.is_line_start() => {
                while !is_break_or_end(self.peek(0)) && self.peek(0) != Some('#') {
                    if self.peek(0) == Some('\t') {
                        return Err(YamlError::Yaml);
                    }
                    self.at += 1;
                }
            }
            '[' | '{' => {
                self.flow.push(c);
                self.at += 1;
            }
            ']' | '}' => {
                self.flow.pop();
                self.at += 1;
            }
            '\'' | '"' => self.quoted(c),
            '|' | '>' if self.flow.is_empty() => self.block_scalar()?,
            '!' => {
                while !is_blank_or_end(self.peek(0)) {
                    self.at += 1;
                }
                if self.peek(0) == Some('\t') {
                    return Err(YamlError::Yaml);
                }
            }
            ':' if self.is_value(after_value) => {
                self.at += 1;
                self.after_value = true;
            }
            ',' if !self.flow.is_empty() => self.at += 1,
            '-' | '?' if is_blank_or_end(next) => self.at += 1,
            '&' | '*' => {
                while !is_blank_or_end(self.peek(0)) && !matches!(self.peek(0), Some(',' | '[' | ']' | '{' | '}')) {
                    self.at += 1;
                }
            }
            '|' | '>' | '%' | '@' | '`' => return Err(YamlError::Yaml),
            _ => self.plain(),
        }
        Ok(())
    }

    /// Whether the `:` here ends a key.
    fn is_value(&self, after_value: bool) -> bool {
        let blank = is_blank_or_end(self.peek(1));
        match self.flow.last() {
            None | Some('[') => blank,
            Some(_) => blank || !after_value,
        }
    }

    /// Pass a quoted scalar. Blanks at a line break in it are folded away, so tabs among them may be spaces.
    fn quoted(&mut self, quote: char) {
        self.at += 1;
        while let Some(c) = self.peek(0) {
            if matches!(c, ' ' | '\t') {
                let begin = self.at;
                while matches!(self.peek(0), Some(' ' | '\t')) {
                    self.at += 1;
                }
                if is_break_or_end(self.peek(0)) || is_break_or_end(self.chars.get(begin - 1).copied()) {
                    self.chars[begin..self.at].fill(' ');
                }
                continue;
            }
            self.at += 1;
            if c == quote {
                if quote == '"' || self.peek(0) != Some('\'') {
                    return;
                }
                self.at += 1;
            } else if c == '\\' && quote == '"' {
                self.at += 1;
            }
        }
    }

    fn plain(&mut self) {
        loop {
            while !self.ends_plain() {
                self.at += 1;
            }
            // Spaces and line breaks within it; a tab is none of it.
            let end = self.at;
            let mut broken = false;
            while let Some(c @ (' ' | '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')) = self.peek(0) {
                broken |= c != ' ';
                self.at += 1;
            }
            self.cut_short = self.peek(0) == Some('\t') && !self.flow.is_empty();
            // In block context each line counts as a scalar of its own: what begins it is the same.
            let goes_on = self.at > end && !(broken && self.flow.is_empty()) && self.peek(0) != Some('#');
            if !goes_on || self.ends_plain() {
                return;
            }
        }
    }

    fn ends_plain(&self) -> bool {
        let in_flow = !self.flow.is_empty();
        match self.peek(0) {
            Some(':') => is_blank_or_end(self.peek(1)),
            Some(',' | '[' | ']' | '{' | '}') => in_flow,
            c => is_blank_or_end(c),
        }
    }

    fn block_scalar(&mut self) -> Result<(), YamlError> {
        let parent = self.parent_indent();
        self.at += 1;
        let mut increment = None;
        while let Some(c @ ('+' | '-' | '0'..='9')) = self.peek(0) {
            increment = c.to_digit(10).or(increment);
            self.at += 1;
        }
        while self.peek(0) == Some(' ') {
            self.at += 1;
        }
        match self.peek(0) {
            Some('#') => self.skip_line(),
            c if is_break_or_end(c) => {}
            _ => return Err(YamlError::Yaml),
        }
        let indent = match increment {
            Some(increment) => parent.max(1) + increment as usize - usize::from(increment > 0),
            None => parent.max(self.first_indent()),
        };
        // Each line of the text begins with so many spaces; a shorter one of spaces alone is an empty line.
        while self.at < self.chars.len() {
            self.at += 1;
            let spaces = (0..indent).take_while(|&ahead| self.peek(ahead) == Some(' ')).count();
            if spaces == indent {
                self.skip_line();
            } else if is_break_or_end(self.peek(spaces)) {
                self.at += spaces;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// The least indentation of a scalar whose header is here: one more than that of the block that it is in.
    fn parent_indent(&self) -> usize {
        let begin = self.at - self.column(self.at);
        let before = &self.chars[begin..self.at];
        let mut block = None;
        let mut at = 0;
        while at < before.len() {
            match before[at] {
                ' ' => at += 1,
                '-' | '?' if before.get(at + 1).is_none_or(|c| *c == ' ') => {
                    block = Some(at);
                    at += 1;
                }
                _ => {
                    // A key begins here, or a document, a tag or an anchor.
                    if before[at..].contains(&':') && !before.starts_with(&['-', '-', '-']) {
                        block = Some(at);
                    }
                    break;
                }
            }
        }
        block.map_or(0, |column| column + 1)
    }

    /// The most spaces before the first character of the text, or of the empty lines before it.
    fn first_indent(&self) -> usize {
        let (mut most, mut spaces) = (0, 0);
        for c in &self.chars[self.at..] {
            match c {
                ' ' => spaces += 1,
                c if is_break_or_end(Some(*c)) => spaces = 0,
                _ => break,
            }
            most = most.max(spaces);
        }
        most
    }
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn a_tab_is_white_space_only_in_brackets() {
        for (text, expected) in [
            ("a: b", Some("a: b")),
            ("{a:\tb}", Some("{a: b}")),
            ("{\n\ta: b\n}", Some("{\n a: b\n}")),
            ("[a\t, b]", Some("[a , b]")),
            ("[a\tb]", None),
            ("[a\n\tb]", None),
            ("[a\t'b']", None),
            ("[a\t&b]", None),
            ("[\t|]", None),
            ("{a\t: b}", Some("{a : b}")),
            ("[a]\t", None),
            ("[a]\t# x", None),
            ("a: [b, # x\ty\n\tc]", Some("a: [b,      \n c]")),
            ("a: b\n\t\nc: d", None),
            ("a: b\n\t# x\nc: d", None),
            ("a: 'b\tc'\nd: \"e\\\"\tf\"", Some("a: 'b\tc'\nd: \"e\\\"\tf\"")),
            ("a: 'b\t\n\t c\td'", Some("a: 'b \n  c\td'")),
            ("a: \"b\\\n\tc\\\t\n d\"", Some("a: \"b\\\n c\\\t\n d\"")),
            ("a: 'it''s\t' # b\tc\nd: e", Some("a: 'it''s\t'      \nd: e")),
            ("a: |\n  b\tc\n  \td\ne: f", Some("a: |\n  b\tc\n  \td\ne: f")),
            ("a: |\n  b\n\t\ne: f", None),
            ("a: >-\n\n  b\tc", Some("a: >-\n\n  b\tc")),
            ("- a: |1\n   \tb", Some("- a: |1\n   \tb")),
            ("a: |\nb:\tc", None),
            ("--- |\na\tb", Some("--- |\na\tb")),
            ("a: |\tb", None),
            ("[!!str\ta]", None),
            ("&a\tb", None),
            ("[&a\tb, *a\t]", Some("[&a b, *a ]")),
            ("%YAML\t1.2\n---\na", None),
            ("{a:\t:b}", Some("{a: :b}")),
        ] {
            assert_eq!(normalize(text).ok().as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn nothing_else_is_scanned() {
        for text in ["", "a: |\n  b", "{a: 'b", "]", "[", "%", "---", "- - ? :"] {
            assert_eq!(normalize(text).ok().as_deref(), Some(text));
            _ = normalize(&format!("{text}\t"));
            _ = normalize(&format!("[\t{text}"));
        }
    }
}
