//! Names saved output that is not a page of `describe-images`, and says what to do instead.
//!
//! `page_kind` knows the output of other commands by its members. This module looks at text that does not
//! begin as JSON, and at what surrounds JSON in captures of terminals and of CI logs.

use crate::model::Member;
use crate::model::member::is_spelling_of;

/// Bytes of a text that are looked at. YAML may have a long preamble before its list of details.
pub(crate) const ENOUGH: usize = 256 << 10;

/// Why a text is not JSON at the place where `data` begins, if the cause is known; `later` is whether JSON
/// precedes it.
pub(crate) fn name(data: &[u8], later: bool) -> Option<&'static str> {
    let all = data;
    let data = &data[..data.len().min(4096)];
    let text = String::from_utf8_lossy(data);
    let text = text.trim_start();
    let starts = |start: &str| text.starts_with(start);
    let within = || has_details(&String::from_utf8_lossy(all)).then_some(WITHIN);
    if later {
        return capture_hint(data).or_else(within);
    }
    Some(if text.contains("An error occurred (") || starts("usage: aws") || text.contains("[ERROR]:") {
        "this is a saved error message of the AWS CLI, not a page; ask again and save that"
    } else if starts("IMAGEDETAILS\t") || starts("NEXTTOKEN\t") {
        "this is the AWS CLI's text output, which leaves out the members' names; save it with `--output json`"
    } else if is_table(text) {
        "this is the AWS CLI's table output; save it with `--output json`"
    } else if starts("<") {
        "this is HTML or XML, not a page; save `aws ecr describe-images --output json`"
    } else {
        return capture_hint(data).or_else(within);
    })
}

const WITHIN: &str = "this is not a page, but one follows; `ecrsnap ingest --extract` reads pages within other text";

/// Whether a text begins as the AWS CLI's tables do.
fn is_table(text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let rule = first.len() > 3 && first.bytes().all(|byte| matches!(byte, b'-' | b'+'));
    first.starts_with('|') || rule && lines.next().is_some_and(|line| line.starts_with('|'))
}

/// What surrounds pages in the capture of a terminal or of a CI log, and what to do, if `data` begins with
/// it.
pub(crate) fn capture_hint(data: &[u8]) -> Option<&'static str> {
    let line = data.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = &line[..line.len().min(512)];
    let text = String::from_utf8_lossy(line);
    let text = text.trim();
    Some(if line.contains(&0x1b) {
        "these are a terminal's colours or cursor movements; `ecrsnap ingest --extract` takes the pages out of a capture"
    } else if super::capture::timestamp(text).is_some() {
        "this is a timestamp, as CI logs put one in front of every line; `ecrsnap ingest --extract` takes the pages out"
    } else if is_prompt(text) {
        "this is a command line; save the output alone (`aws ecr describe-images ... > page.json`), or \
         `ecrsnap ingest --extract` takes the pages out of a capture"
    } else if text.starts_with("HTTP/") {
        "these are HTTP headers (`curl -i`); save the body alone, or `ecrsnap ingest --extract` takes the pages out"
    } else if super::capture::is_pager_line(text) {
        "this is left over from a pager; set AWS_PAGER= when saving, or `ecrsnap ingest --extract` takes the pages out"
    } else if text.len() >= 3 && text.bytes().all(|byte| matches!(byte, b'-' | b'=' | b'*' | b'#' | b'_')) {
        "this is a separator between pages; `ecrsnap ingest --extract` takes the pages out"
    } else {
        return None;
    })
}

/// `$ aws ...`, `user@host:~$ aws`, `PS C:\> aws`, `aws ecr ...`.
fn is_prompt(line: &str) -> bool {
    let command = line.rsplit_once(['$', '#', '>', '%']).map_or(line, |(_, command)| command).trim_start();
    let starts = |words: &[&str]| words.iter().any(|word| command.starts_with(word));
    starts(&["aws ", "curl ", "ecrsnap ", "docker run "]) || line.starts_with("$ ") || line.starts_with("PS ")
}

/// What `print(response)` leaves, and what to do.
pub(crate) const PYTHON: &str =
    "this is a printed Python dict, not JSON; save it with `json.dump(response, file, default=str)`";

/// Whether a text is the AWS CLI's yaml output: a line has a member of a page as its key.
pub(crate) fn is_yaml(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&data[..data.len().min(ENOUGH)]);
    let is_key = |line: &str| {
        let key = line.trim_start().trim_start_matches("- ").trim_start();
        let Some((key, rest)) = key.split_once(':') else { return false };
        // JSON has its names in quotes too.
        let json = key.starts_with('"') && rest.trim_start().starts_with(['[', '{', '"']);
        let key = key.trim_matches(['"', '\'']);
        let known = is_spelling_of(key, "imageDetails") || Member::spelled(key) == Some(Member::ImageDigest);
        known && !json && (rest.is_empty() || rest.starts_with([' ', '\t']))
    };
    text.lines().any(is_key) && !is_table(text.trim_start())
}

/// Whether a string has JSON in it with image details.
pub(crate) fn has_details(text: &str) -> bool {
    // Quotes inside a string follow backslashes.
    text.split('"')
        .map(|part| part.trim_end_matches('\\'))
        .any(|part| is_spelling_of(part, "imageDetails") || Member::spelled(part) == Some(Member::ImageDigest))
        && text.contains(['{', '['])
}

/// A member's name for a message.
pub(crate) fn quoted(name: &str) -> String {
    let short: String = name.chars().take(60).collect();
    format!("`{}`", short.escape_debug())
}

/// The start of the text at that place, for a message.
pub(crate) fn excerpt(data: &[u8]) -> String {
    if data.is_empty() {
        return "the end of the text".to_owned();
    }
    let line = data.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let shown: String = String::from_utf8_lossy(&line[..line.len().min(200)]).chars().take(40).collect();
    let dots = if shown.len() < line.len() { "..." } else { "" };
    if shown.is_empty() { "the end of the line".to_owned() } else { format!("`{}{dots}`", shown.escape_debug()) }
}

#[cfg(test)]
mod tests {
    use super::{capture_hint, is_yaml};

    #[test]
    fn captures_are_known_by_their_lines() {
        for (line, word) in [
            ("\u{1b}[1m{", "terminal"),
            ("2026-03-01T10:00:00.000Z {", "timestamp"),
            ("[2026-03-01 10:00:00] {", "timestamp"),
            ("user@host:~$ aws ecr describe-images", "command line"),
            ("PS C:\\> aws ecr describe-images", "command line"),
            ("HTTP/1.1 200 OK", "HTTP"),
            ("(END)", "pager"),
            (":", "pager"),
            ("----", "separator"),
        ] {
            assert!(capture_hint(line.as_bytes()).is_some_and(|hint| hint.contains(word)), "{line}");
        }
        for line in ["{\"imageDetails\": []}", "x", "", "\"imageTags\": [", "}"] {
            assert_eq!(capture_hint(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn yaml_is_known_by_a_key_of_a_page() {
        for text in [
            "imageDetails:\n",
            "---\n# x\nother: 1\nimageDetails:\n- a",
            "- imageDigest: sha256:a\n",
            "-   image_digest: a",
        ] {
            assert!(is_yaml(text.as_bytes()), "{text}");
        }
        for text in [
            "imageDetails",
            "x\n  \"imageDetails\": [",
            "| imageDigest: a |\n",
            "------\n|  imageDetails: x |\nimageDigest: a",
            "digest: a",
            "",
        ] {
            assert!(!is_yaml(text.as_bytes()), "{text}");
        }
    }
}
