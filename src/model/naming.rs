//! What a snapshot may be called, and what the manifest of an export is called.

/// The name of the manifest that an export has in each folder.
pub const EXPORT_MANIFEST: &str = "ecrsnap-export.json";

/// The version of the manifest that this program writes, and the newest that it reads.
pub const EXPORT_MANIFEST_VERSION: u32 = 1;

/// Why a snapshot cannot have that name: it must not read as a REF that means something else.
/// `None` if it can.
pub fn snapshot_name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty")
    } else if name.starts_with('@') {
        Some("begins with `@`, which marks a time")
    } else if name == "latest" || name.starts_with("latest~") {
        Some("stands for the newest snapshot")
    } else if name.chars().any(char::is_control) {
        Some("has a control character")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::snapshot_name_problem;

    #[test]
    fn a_name_is_no_other_ref() {
        for name in ["2026-03-01", "before the move", "latest-1", "a@b", "~1", "Latest", "é"] {
            assert_eq!(snapshot_name_problem(name), None, "{name}");
        }
        for name in ["", "@", "@2026-03-01", "latest", "latest~", "latest~1", "latest~x", "a\nb", "\u{1b}[2J"] {
            assert!(snapshot_name_problem(name).is_some(), "{name:?}");
        }
    }
}
