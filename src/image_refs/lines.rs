//! References in lines.

use super::reference::{self, Parsed};
use super::{ImageRefs, RefsError};

/// How much of a line an error shows, in characters.
const SHOWN: usize = 80;

/// Read lines. A line holds one reference; of a line with several words (a table, `image: ...` of YAML) those count
/// that are references beyond doubt. Empty lines and lines that start with `#` are comments.
pub(super) fn read(text: &str, refs: &mut ImageRefs) -> Result<(), RefsError> {
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split([' ', '\t', ',']).map(bare).filter(|word| !word.is_empty()).collect();
        let found: Vec<Parsed<'_>> = match words.as_slice() {
            [only] => reference::parse(only).into_iter().collect(),
            words => words.iter().copied().filter(|word| is_certain(word)).filter_map(reference::parse).collect(),
        };
        if found.is_empty() {
            let shown: String = line.chars().take(SHOWN).collect();
            return Err(RefsError::Line { line: number, text: shown });
        }
        for parsed in found {
            match parsed {
                Parsed::Ecr(reference) => drop(refs.add(reference)),
                Parsed::Other(host) => refs.add_other(host),
            }
        }
    }
    Ok(())
}

/// A word without the quotes and the punctuation around it.
fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\'', '`', ';', '[', ']'])
}

/// Whether a word among others can only be a reference: it has a digest or the host of an ECR registry.
fn is_certain(word: &str) -> bool {
    word.contains("sha256:") || word.contains(".dkr.ecr") || word.contains(".dkr-ecr")
}
