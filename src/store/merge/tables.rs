//! Every table of the schema, with how its rows come along in a merge. This is the one place to add a table.
//!
//! Columns and references are read from the schema itself, so a column that a migration adds to one of these tables
//! travels without a change here.

use rusqlite::Connection;

use crate::store::error::StoreError;

/// How the rows of a table come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Images and what lists them: copied by content, by `load::copy`. Tables that follow from the images, such as
    /// look-ups, are written along with them.
    Object,
    /// Rows that others refer to and that are equal if these columns are; added when first referred to.
    Shared(&'static [&'static str]),
    /// The snapshots themselves, by name.
    Snapshot,
    /// What a snapshot says of what these columns name. It conflicts with a row that says something else. The second
    /// column, if any, is its place in a list of the snapshot: rows are added at the end of the list.
    Statement(&'static [&'static str], Option<&'static str>),
    /// Rows of a snapshot and repository that come along with that row of a [`Role::Statement`].
    Detail(&'static str),
    /// Pages of the list of a snapshot that a table of [`Role::Statement`] is: they follow the pages that are there.
    ListPage(&'static str),
    /// Runs of ingest: a run is equal to one of the same snapshot with the same columns and files.
    Run,
    /// The files of a run.
    RunFile,
    /// Of one database file alone.
    Own,
}

/// What names a repository in a snapshot.
const OF_REPOSITORY: [&str; 2] = ["snapshot_id", "repository_id"];

/// The tables, those that others refer to first.
pub(super) const TABLES: [(&str, Role); 22] = [
    ("migration", Role::Own),
    ("repository", Role::Shared(&["registry_id", "name", "region"])),
    ("repository_version", Role::Shared(&["hash"])),
    ("lifecycle_policy", Role::Shared(&["hash"])),
    ("image_kind", Role::Object),
    ("image", Role::Object),
    ("segment", Role::Object),
    ("digest_index", Role::Object),
    ("tag_index", Role::Object),
    ("chunk", Role::Object),
    ("chunk_run", Role::Object),
    ("listing", Role::Object),
    ("listing_chunk", Role::Object),
    ("snapshot", Role::Snapshot),
    ("ingest", Role::Run),
    ("source", Role::RunFile),
    ("snapshot_listing", Role::Statement(&OF_REPOSITORY, None)),
    ("page", Role::Detail("snapshot_listing")),
    ("snapshot_repository", Role::Statement(&OF_REPOSITORY, Some("position"))),
    ("repository_page", Role::ListPage("snapshot_repository")),
    ("snapshot_policy", Role::Statement(&OF_REPOSITORY, None)),
    ("snapshot_scope", Role::Statement(&["snapshot_id", "registry_id", "region"], None)),
];

/// A table as the schema has it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// The table whose id it holds.
    pub(super) refers_to: Option<String>,
}

impl Table {
    /// Read what the schema says of a table.
    pub(super) fn read(connection: &Connection, name: &'static str) -> Result<Self, StoreError> {
        let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
        let columns = columns.query_map([name], |row| Ok(Column { name: row.get(0)?, refers_to: None }))?;
        let mut columns: Vec<Column> = columns.collect::<Result<_, _>>()?;
        let mut references = connection.prepare("SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?1)")?;
        let mut rows = references.query([name])?;
        while let Some(row) = rows.next()? {
            let (from, to): (String, String) = (row.get(0)?, row.get(1)?);
            if let Some(column) = columns.iter_mut().find(|column| column.name == from) {
                column.refers_to = Some(to);
            }
        }
        Ok(Table { name, columns })
    }

    /// The index of a column.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// All columns, for a SELECT or an INSERT.
    pub(super) fn column_list(&self) -> String {
        self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
    }

    /// A condition that these columns, by their places, are equal to parameters.
    pub(super) fn equal(&self, places: &[usize]) -> String {
        places.iter().map(|at| format!("\"{}\" IS ?", self.columns[*at].name)).collect::<Vec<_>>().join(" AND ")
    }

    /// An INSERT of all columns.
    pub(super) fn insert(&self) -> String {
        let values = vec!["?"; self.columns.len()].join(", ");
        format!("INSERT INTO \"{}\" ({}) VALUES ({values})", self.name, self.column_list())
    }
}

/// The tables of a role.
pub(super) fn with_role(wanted: impl Fn(Role) -> bool) -> impl Iterator<Item = (&'static str, Role)> {
    TABLES.into_iter().filter(move |(_, role)| wanted(*role))
}

#[cfg(test)]
mod tests {
    use super::{OF_REPOSITORY, Role, TABLES, Table};
    use crate::store::open;

    /// A table that a migration adds must be given a role, or a merge would leave its rows behind.
    #[test]
    fn every_table_of_the_schema_has_a_role() {
        let model = open::model().expect("a schema");
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
        let mut names = model.prepare(sql).expect("a statement");
        let names: Vec<String> =
            names.query_map([], |row| row.get(0)).expect("tables").collect::<Result<_, _>>().expect("names");
        let mut listed: Vec<&str> = TABLES.iter().map(|(table, _)| *table).collect();
        listed.sort_unstable();
        assert_eq!(names, listed, "store/merge/tables.rs lists every table once, with how a merge carries it");
    }

    /// What the generic code relies on, of every table that it copies.
    #[test]
    fn tables_have_the_columns_of_their_role() {
        let model = open::model().expect("a schema");
        for (name, role) in TABLES {
            let table = Table::read(&model, name).expect("a table");
            let has = |column: &str| table.position(column).is_some();
            let fine = match role {
                Role::Object | Role::Own => true,
                Role::Shared(key) => has("id") && key.iter().all(|column| has(column)),
                Role::Snapshot => has("id") && has("name") && has("captured_at"),
                Role::Statement(key, place) => {
                    key.contains(&"snapshot_id") && key.iter().chain(&place).all(|column| has(column))
                }
                Role::Detail(of) => {
                    OF_REPOSITORY.iter().all(|column| has(column))
                        && TABLES.contains(&(of, Role::Statement(&OF_REPOSITORY, None)))
                }
                Role::ListPage(of) => {
                    ["snapshot_id", "ordinal", "source_id", "until"].iter().all(|column| has(column))
                        && TABLES.contains(&(of, Role::Statement(&OF_REPOSITORY, Some("position"))))
                }
                Role::Run => has("id") && has("snapshot_id"),
                Role::RunFile => has("id") && has("ingest_id"),
            };
            assert!(fine, "{name} lacks a column that {role:?} needs");
            let carried = |to: &str| TABLES.iter().any(|(table, _)| *table == to);
            let references = table.columns.iter().filter_map(|column| column.refers_to.as_deref());
            assert!(references.into_iter().all(carried), "{name} refers to a table that is not listed");
        }
    }
}
