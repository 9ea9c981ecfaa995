//! `file://` and `fileb://`: the contents of a file in place of a parameter's text.
//!
//! The file system, the home folder and the environment are reached through [`Files`], so nothing here
//! touches the machine.

use std::io;

use crate::model::AwsCli;

use crate::model::python::str_repr;

/// What a parameter may ask of the machine.
pub trait Files {
    /// The bytes of the file at `path`, which is already expanded.
    ///
    /// # Errors
    /// What the system says; its error number becomes part of the client's message.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The value of an environment variable, for `$NAME` and `${NAME}` in a path.
    fn variable(&self, name: &str) -> Option<String>;

    /// The home folder of `user`, or of the caller where that is empty, for a leading `~`.
    fn home(&self, user: &str) -> Option<String>;
}

/// The text after a prefix.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    /// `file://`: decoded, with every line end made `\n`.
    Text(String),
    /// `fileb://`: unchanged.
    Bytes(Vec<u8>),
}

/// The contents that `text` points to, or `None` where it has neither prefix.
///
/// # Errors
/// The client's sentence about a file that cannot be read or decoded.
pub(super) fn load(text: &str, files: &dyn Files) -> Result<Option<Content>, String> {
    let (path, binary) = match (text.strip_prefix("file://"), text.strip_prefix("fileb://")) {
        (Some(path), _) => (path, false),
        (None, Some(path)) => (path, true),
        (None, None) => return Ok(None),
    };
    let path = expand_path(path, files);
    let bytes = files
        .read(&path)
        .map_err(|error| format!("Unable to load paramfile {text}: {}: {}", os_error(&error), str_repr(&path)))?;
    if binary {
        return Ok(Some(Content::Bytes(bytes)));
    }
    match String::from_utf8(bytes) {
        Ok(decoded) => Ok(Some(Content::Text(universal_newlines(decoded)))),
        Err(_) => Err(format!(
            "Unable to load paramfile ({path}), text contents could not be decoded.  If this is a binary file, \
             please use the fileb:// prefix instead of the file:// prefix."
        )),
    }
}

/// What v1 says for a value that is an address of the web. It would fetch it; with no network this
/// is how that ends, and v2 accepts such a value unchanged.
pub(super) fn web_refusal(text: &str, cli: AwsCli) -> Option<String> {
    let web = text.starts_with("http://") || text.starts_with("https://");
    (cli == AwsCli::V1 && web)
        .then(|| format!("Unable to retrieve {text}: Could not connect to the endpoint URL: \"{text}\""))
}

/// Reading as text makes `\r\n` and a lone `\r` a `\n`.
pub(in crate::client) fn universal_newlines(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

/// The number and the words of a system error, as Python prints them.
fn os_error(error: &io::Error) -> String {
    let number = error.raw_os_error().or(match error.kind() {
        io::ErrorKind::NotFound => Some(2),
        io::ErrorKind::PermissionDenied => Some(13),
        io::ErrorKind::IsADirectory => Some(21),
        _ => None,
    });
    let Some(number) = number else { return error.to_string() };
    let words = io::Error::from_raw_os_error(number).to_string();
    let words = words.strip_suffix(&format!(" (os error {number})")).unwrap_or(&words);
    format!("[Errno {number}] {words}")
}

/// A path with its home folder and variables filled in.
pub(in crate::client) fn expand_path(path: &str, files: &dyn Files) -> String {
    expand_variables(&expand_home(path, files), files)
}

/// `~` and `~user` at the start of a path; an unknown user is not expanded.
fn expand_home(path: &str, files: &dyn Files) -> String {
    let Some(rest) = path.strip_prefix('~') else { return path.to_owned() };
    let (user, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match files.home(user) {
        Some(home) => {
            let expanded = format!("{}{tail}", home.trim_end_matches('/'));
            if expanded.is_empty() { "/".to_owned() } else { expanded }
        }
        None => path.to_owned(),
    }
}

/// `$NAME` and `${NAME}`; a name that is not set stays unchanged. The value of a variable is not
/// expanded again.
fn expand_variables(path: &str, files: &dyn Files) -> String {
    let mut expanded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('$') {
        let (before, from_dollar) = rest.split_at(at);
        expanded.push_str(before);
        let after = &from_dollar[1..];
        let (name, length) = if let Some(braced) = after.strip_prefix('{') {
            match braced.find('}') {
                Some(end) => (&braced[..end], end + 3),
                None => ("", 1),
            }
        } else {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            (&after[..end], end + 1)
        };
        let (written, next) = from_dollar.split_at(length);
        match files.variable(name).filter(|_| !name.is_empty()) {
            Some(value) => expanded.push_str(&value),
            None => expanded.push_str(written),
        }
        rest = next;
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::{Content, Files, expand_home, expand_variables, load};
    use std::io;

    struct Few;

    impl Files for Few {
        fn read(&self, path: &str) -> io::Result<Vec<u8>> {
            match path {
                "/home/me/a" => Ok(b"one\r\ntwo\rthree".to_vec()),
                "bad" => Ok(vec![b'a', 0xff]),
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        }

        fn variable(&self, name: &str) -> Option<String> {
            (name == "A").then(|| "/home/$B".to_owned())
        }

        fn home(&self, user: &str) -> Option<String> {
            user.is_empty().then(|| "/home/me/".to_owned())
        }
    }

    #[test]
    fn paths_expand_as_in_python() {
        for (path, expanded) in [
            ("$A/x", "/home/$B/x"),
            ("${A}b$A", "/home/$Bb/home/$B"),
            ("$", "$"),
            ("${A", "${A"),
            ("${}$NO/${NO}", "${}$NO/${NO}"),
            ("é$A.", "é/home/$B."),
        ] {
            assert_eq!(expand_variables(path, &Few), expanded, "{path}");
        }
        for (path, expanded) in [("~", "/home/me"), ("~/x", "/home/me/x"), ("~you/x", "~you/x"), ("a~", "a~")] {
            assert_eq!(expand_home(path, &Few), expanded, "{path}");
        }
    }

    #[test]
    fn text_has_its_line_ends_made_one_and_bytes_stay() {
        assert_eq!(load("file://~/a", &Few), Ok(Some(Content::Text("one\ntwo\nthree".to_owned()))));
        assert_eq!(load("fileb://bad", &Few), Ok(Some(Content::Bytes(vec![b'a', 0xff]))));
        assert_eq!(load("File://~/a", &Few), Ok(None));
        let missing = "Unable to load paramfile file://it's: [Errno 2] No such file or directory: \"it's\"";
        assert_eq!(load("file://it's", &Few), Err(missing.to_owned()));
    }
}
