//! The tables of a lake and their columns: the one place that the Parquet schema, the order in which rows are
//! filled, and the tests of the committed DDL follow.
//!
//! Columns have the names of the public views. A column is never removed and never changes its meaning; one that is
//! added goes to the end of its table, is optional, and raises [`super::SCHEMA_VERSION`].

use std::fmt::Write as _;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// UTF-8.
    Text,
    /// 64 bits.
    Integer,
    /// Microseconds since 1970 in UTC.
    Instant,
    /// True or false.
    Boolean,
    /// A list of texts. NULL is not the empty list.
    Texts,
    /// A map from text to integer. NULL is not the empty map.
    Counts,
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Type,
    /// Whether it may be NULL.
    pub optional: bool,
    /// The schema version that has it first.
    pub since: u32,
}

/// A table: a folder of the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The schema version that has it first.
    pub since: u32,
    /// Its columns, in the order of the files.
    pub columns: &'static [Column],
}

const fn required(name: &'static str, kind: Type) -> Column {
    Column { name, kind, optional: false, since: 1 }
}

const fn optional(name: &'static str, kind: Type) -> Column {
    Column { name, kind, optional: true, since: 1 }
}

const fn added(since: u32, name: &'static str, kind: Type) -> Column {
    Column { name, kind, optional: true, since }
}

/// One row for each detail of a listing.
pub const IMAGES: Table = Table {
    name: "images",
    since: 1,
    columns: &[
        required("snapshot", Type::Text),
        required("captured_at", Type::Instant),
        required("registry_id", Type::Text),
        required("region", Type::Text),
        required("repository_name", Type::Text),
        required("position", Type::Integer),
        required("image_digest", Type::Text),
        optional("image_tags", Type::Texts),
        optional("image_size_in_bytes", Type::Integer),
        optional("image_pushed_at", Type::Instant),
        optional("image_scan_status", Type::Text),
        optional("image_scan_description", Type::Text),
        optional("image_scan_completed_at", Type::Instant),
        optional("vulnerability_source_updated_at", Type::Instant),
        optional("finding_severity_counts", Type::Counts),
        optional("image_manifest_media_type", Type::Text),
        optional("artifact_media_type", Type::Text),
        optional("last_recorded_pull_time", Type::Instant),
        optional("subject_manifest_digest", Type::Text),
        optional("image_status", Type::Text),
        optional("last_archived_at", Type::Instant),
        optional("last_activated_at", Type::Instant),
        optional("rest", Type::Text),
    ],
};

/// One row for each tag of an image.
pub const IMAGE_TAGS: Table = Table {
    name: "image_tags",
    since: 1,
    columns: &[
        required("snapshot", Type::Text),
        required("captured_at", Type::Instant),
        required("registry_id", Type::Text),
        required("region", Type::Text),
        required("repository_name", Type::Text),
        required("position", Type::Integer),
        required("image_digest", Type::Text),
        required("tag_position", Type::Integer),
        required("image_tag", Type::Text),
    ],
};

/// One row for each severity that an image's findings were counted by.
pub const FINDINGS: Table = Table {
    name: "findings",
    since: 1,
    columns: &[
        required("snapshot", Type::Text),
        required("captured_at", Type::Instant),
        required("registry_id", Type::Text),
        required("region", Type::Text),
        required("repository_name", Type::Text),
        required("position", Type::Integer),
        required("image_digest", Type::Text),
        optional("image_tags", Type::Texts),
        optional("image_scan_completed_at", Type::Instant),
        required("severity", Type::Text),
        required("findings", Type::Integer),
    ],
};

/// One row for each repository of a capture.
pub const LISTINGS: Table = Table {
    name: "listings",
    since: 1,
    columns: &[
        required("snapshot", Type::Text),
        required("captured_at", Type::Instant),
        required("registry_id", Type::Text),
        required("region", Type::Text),
        required("repository_name", Type::Text),
        required("images", Type::Integer),
        required("tagged", Type::Integer),
        required("untagged", Type::Integer),
        required("bytes", Type::Integer),
        required("complete", Type::Boolean),
        optional("capture_filter", Type::Text),
        required("captured_tag_status", Type::Text),
        required("captured_image_status", Type::Text),
        required("listing_hash", Type::Text),
    ],
};

/// One row for each repository whose settings or lifecycle policy a capture knows.
pub const REPOSITORY_SETTINGS: Table = Table {
    name: "repository_settings",
    since: 2,
    columns: &[
        required("snapshot", Type::Text),
        required("captured_at", Type::Instant),
        required("registry_id", Type::Text),
        required("region", Type::Text),
        required("repository_name", Type::Text),
        required("described", Type::Boolean),
        optional("created_at", Type::Instant),
        optional("image_tag_mutability", Type::Text),
        optional("scan_on_push", Type::Boolean),
        optional("settings", Type::Text),
        required("policy_known", Type::Boolean),
        optional("policy", Type::Text),
    ],
};

/// One row for each capture: what a snapshot holds of one registry and region.
pub const SNAPSHOTS: Table = Table {
    name: "snapshots",
    since: 1,
    columns: &[
        required("snapshot", Type::Text),
        required("captured_at", Type::Instant),
        required("registry_id", Type::Text),
        required("region", Type::Text),
        required("repositories", Type::Integer),
        required("incomplete", Type::Integer),
        required("images", Type::Integer),
        required("tagged", Type::Integer),
        required("untagged", Type::Integer),
        required("bytes", Type::Integer),
        added(2, "covers_all_repositories", Type::Boolean),
        added(2, "scope_tag_status", Type::Text),
        added(2, "scope_image_status", Type::Text),
        added(2, "lists_all_repositories", Type::Boolean),
    ],
};

/// All tables, in the order in which the files of a capture appear: a row of `snapshots` means that all are there.
pub const TABLES: [Table; 6] = [IMAGES, IMAGE_TAGS, FINDINGS, LISTINGS, REPOSITORY_SETTINGS, SNAPSHOTS];

impl Table {
    /// The schema in the notation of Parquet.
    pub fn message(&self) -> String {
        let mut text = format!("message {} {{\n", self.name);
        for Column { name, kind, optional, .. } in self.columns {
            let word = if *optional { "OPTIONAL" } else { "REQUIRED" };
            // Writing to a string does not fail.
            let _ = match kind {
                Type::Text => writeln!(text, "{word} BYTE_ARRAY {name} (STRING);"),
                Type::Integer => writeln!(text, "{word} INT64 {name};"),
                Type::Instant => writeln!(text, "{word} INT64 {name} (TIMESTAMP(MICROS,true));"),
                Type::Boolean => writeln!(text, "{word} BOOLEAN {name};"),
                Type::Texts => writeln!(
                    text,
                    "{word} group {name} (LIST) {{ REPEATED group list {{ REQUIRED BYTE_ARRAY element (STRING); }} }}"
                ),
                Type::Counts => writeln!(
                    text,
                    "{word} group {name} (MAP) {{ REPEATED group key_value {{ REQUIRED BYTE_ARRAY key (STRING); \
                     REQUIRED INT64 value; }} }}"
                ),
            };
        }
        text.push('}');
        text
    }
}

#[cfg(test)]
mod tests {
    use parquet::schema::parser::parse_message_type;

    use super::{TABLES, Type};
    use crate::lake::SCHEMA_VERSION;

    #[test]
    fn the_schemas_are_parquet() {
        for table in TABLES {
            let schema = parse_message_type(&table.message()).expect("a schema");
            assert_eq!(schema.get_fields().len(), table.columns.len(), "{}", table.name);
        }
    }

    /// A file of an older version must stay readable: what is added is optional and stands at the end.
    #[test]
    fn columns_are_only_added_at_the_end() {
        for table in TABLES {
            let versions: Vec<u32> = table.columns.iter().map(|column| column.since).collect();
            assert!(versions.is_sorted(), "{}", table.name);
            assert!(versions.iter().all(|since| (1..=SCHEMA_VERSION).contains(since)), "{}", table.name);
            assert!(
                table.columns.iter().all(|column| column.since <= table.since || column.optional),
                "{}",
                table.name
            );
            let nested = table.columns.iter().filter(|column| matches!(column.kind, Type::Texts | Type::Counts));
            assert!(nested.into_iter().all(|column| column.optional), "{}: lists and maps may be NULL", table.name);
        }
    }
}
