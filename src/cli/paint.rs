//! Lines in colour, for terminals.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

/// What a line is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// Nothing special.
    Plain,
    /// A title, or the head of a section.
    Heading,
    /// Something came.
    Added,
    /// Something went.
    Removed,
    /// Something is another.
    Changed,
    /// Something is not known.
    Unknown,
    /// Something is wrong.
    Wrong,
}

impl Paint {
    /// What a line of a table is whose first cell is a sign.
    pub(super) fn of_sign(line: &str) -> Self {
        let mut words = line.trim_start().chars();
        match (words.next(), words.next()) {
            (Some('+'), Some(' ')) => Paint::Added,
            (Some('-'), Some(' ')) => Paint::Removed,
            (Some('~'), Some(' ')) => Paint::Changed,
            (Some('?'), Some(' ')) => Paint::Unknown,
            (Some('!'), Some(' ')) => Paint::Wrong,
            _ => Paint::Plain,
        }
    }

    fn style(self) -> Style {
        match self {
            Paint::Plain => Style::new(),
            Paint::Heading => Style::new().bold(),
            Paint::Added => AnsiColor::Green.on_default(),
            Paint::Removed => AnsiColor::Red.on_default(),
            Paint::Changed => AnsiColor::Yellow.on_default(),
            Paint::Unknown => AnsiColor::Cyan.on_default(),
            Paint::Wrong => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// Print a line, in its colour if colours are wanted.
pub(super) fn paint(out: &mut dyn Write, paint: Paint, coloured: bool, line: &str) -> io::Result<()> {
    let style = if coloured { paint.style() } else { Style::new() };
    writeln!(out, "{style}{line}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::{Paint, paint};

    #[test]
    fn a_sign_decides() {
        for (line, expected) in [
            (" +  shop/web", Paint::Added),
            (" -  shop/web", Paint::Removed),
            (" ~  shop/web", Paint::Changed),
            (" ?  shop/web", Paint::Unknown),
            (" !  shop/web", Paint::Wrong),
            (" +x", Paint::Plain),
            ("", Paint::Plain),
        ] {
            assert_eq!(Paint::of_sign(line), expected, "{line}");
        }
    }

    #[test]
    fn colours_only_where_wanted() {
        for (coloured, expected) in [(true, "\u{1b}[32m+ x\u{1b}[0m\n"), (false, "+ x\n")] {
            let mut out = Vec::new();
            paint(&mut out, Paint::Added, coloured, "+ x").expect("memory");
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }
}
