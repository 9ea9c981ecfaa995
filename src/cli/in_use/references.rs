//! Reading a file of references.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::image_refs::{ImageRefs, RefsError};
use crate::model::visible;

/// Why a file of references cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ReferencesError {
    /// The file cannot be read.
    #[error("{}: {source}", name(.path))]
    Read { path: PathBuf, source: io::Error },
    /// The file holds no references.
    #[error("{}: {source}", name(.path))]
    Text { path: PathBuf, source: RefsError },
}

impl ReferencesError {
    /// Whether the file is readable and holds no reference at all.
    pub(in crate::cli) fn is_empty(&self) -> bool {
        matches!(self, ReferencesError::Text { source: RefsError::Empty, .. })
    }

    pub(in crate::cli) fn advice(&self) -> Option<&'static str> {
        match self {
            ReferencesError::Read { .. } => None,
            ReferencesError::Text { source, .. } => Some(source.advice()),
        }
    }
}

fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { visible(&path.to_string_lossy()) }
}

/// The references of a file, or of standard input if it is `-`. The text may be UTF-8, or UTF-16 with a byte order
/// mark, as Windows PowerShell saves it.
pub(in crate::cli) fn read(path: &Path) -> Result<ImageRefs, ReferencesError> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().read_to_end(&mut bytes).map(drop)
    } else {
        fs::read(path).map(|read| bytes = read)
    };
    read.map_err(|source| ReferencesError::Read { path: path.to_owned(), source })?;
    let (text, _, _) = encoding_rs::UTF_8.decode(&bytes);
    ImageRefs::parse(&text).map_err(|source| ReferencesError::Text { path: path.to_owned(), source })
}

/// Say on stderr how many references name images of other registries.
pub(in crate::cli) fn note_others(references: &ImageRefs) {
    let others = references.other_registries();
    if others.is_empty() {
        return;
    }
    let hosts: Vec<_> = others.iter().take(3).map(|(host, count)| format!("{host} ({count})")).collect();
    let more = others.len().saturating_sub(hosts.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let count: usize = others.values().sum();
    let them = if count == 1 { "1 reference is" } else { &format!("{count} references are") };
    eprint_escaped!("ecrsnap: note: {them} not to ECR and left out: {}{more}", hosts.join(", "));
}
