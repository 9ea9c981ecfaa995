//! SQL of the user's over the public views, read-only.
//!
//! Nothing here judges a statement by its text. The file is opened for reading, an authorizer refuses
//! all that is no reading while a statement is compiled, and a progress handler ends what takes too
//! long.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Moment};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};

use super::error::StoreError;
use super::open;

/// Lists the public views with their columns, in the order of `schema/`.
pub const VIEWS: &str = "SELECT m.name AS \"view\", c.name AS \"column\"
    FROM sqlite_schema m CROSS JOIN pragma_table_info(m.name) c WHERE m.type = 'view' ORDER BY m.rowid, c.cid";

/// The longest text or blob that a statement may make.
const LONGEST: i32 = 256 << 20;

/// How many of `SQLite`'s steps go by between two looks at the clock.
const STEPS: i32 = 10_000;

/// Why a statement has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The statement cannot be compiled, and where.
    #[error("{message}\n  line {number}: {line}\n  {mark:>width$}",
        mark = "^", width = number.to_string().len() + 7 + column)]
    Place {
        /// What `SQLite` says.
        message: String,
        /// The line, from 1.
        number: usize,
        /// Its text.
        line: String,
        /// The character in it, from 1.
        column: usize,
    },
    /// The text holds no statement.
    #[error("there is no statement")]
    Empty,
    /// The text holds several statements.
    #[error("one statement at a time; this is more than one")]
    Several,
    /// The statement would do more than read.
    #[error("read-only: the statement would do more than read the database")]
    Writes,
    /// A parameter of the statement that was given no value.
    #[error("the parameter {0} has no value; give it one with --param {name}=VALUE", name = bare(.0))]
    NoValue(String),
    /// A value for a parameter that the statement does not have.
    #[error("the statement has no parameter :{0}")]
    NoParameter(String),
    /// The time is over.
    #[error(
        "stopped after {}; --timeout gives it longer, and a condition on `snapshot` makes most statements fast",
        humantime::format_duration(*.0)
    )]
    Timeout(Duration),
    /// Anything else that `SQLite` says.
    #[error("{0}")]
    Sqlite(String),
}

/// A value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL
    Null,
    /// An integer.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text; what is not UTF-8 in it is replaced.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A database that takes statements.
pub struct Sql {
    connection: Connection,
    limit: Option<Duration>,
    clock: Arc<Clock>,
}

/// When the running statement is to end. Only the time in `SQLite` counts, not that of whoever reads.
struct Clock {
    start: Moment,
    /// In nanoseconds from the start.
    deadline: AtomicU64,
}

impl Clock {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn is_over(&self) -> bool {
        self.now() >= self.deadline.load(Ordering::Relaxed)
    }
}

impl Sql {
    /// Open a database for statements that may each take `limit`.
    pub fn open(path: &Path, limit: Option<Duration>) -> Result<Self, SqlError> {
        let mut connection = open::for_reading(path)?;
        let clock = Arc::new(Clock { start: Moment::now(), deadline: AtomicU64::new(u64::MAX) });
        confine(&mut connection, &clock).map_err(StoreError::from)?;
        Ok(Sql { connection, limit, clock })
    }

    /// Compile a statement and bind its named parameters, all of them texts.
    pub fn query(&self, text: &str, parameters: &[(String, String)]) -> Result<Query<'_>, SqlError> {
        let mut statement = self.connection.prepare(text).map_err(|error| self.error(error))?;
        if !statement.readonly() {
            return Err(SqlError::Writes);
        }
        if statement.column_count() == 0 {
            // A comment, or nothing at all.
            return Err(SqlError::Empty);
        }
        let mut used = vec![false; parameters.len()];
        for index in 1..=statement.parameter_count() {
            let name = statement.parameter_name(index).unwrap_or("?").to_owned();
            let Some(at) = parameters.iter().position(|(given, _)| given == bare(&name)) else {
                return Err(SqlError::NoValue(name));
            };
            used[at] = true;
            statement.raw_bind_parameter(index, &parameters[at].1).map_err(|error| self.error(error))?;
        }
        if let Some(unused) = used.iter().position(|used| !used) {
            return Err(SqlError::NoParameter(parameters[unused].0.clone()));
        }
        let columns = unique(statement.column_names());
        Ok(Query { sql: self, statement, columns })
    }

    fn error(&self, error: rusqlite::Error) -> SqlError {
        match error {
            rusqlite::Error::MultipleStatement => SqlError::Several,
            rusqlite::Error::SqlInputError { msg, sql, offset, .. } => place(msg, &sql, offset),
            error => match (error.sqlite_error_code(), self.limit) {
                (Some(ErrorCode::OperationInterrupted), Some(limit)) => SqlError::Timeout(limit),
                (Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly), _) => SqlError::Writes,
                _ => SqlError::Sqlite(error.to_string()),
            },
        }
    }
}

/// Set a connection up so that it reads and nothing else.
fn confine(connection: &mut Connection, clock: &Arc<Clock>) -> Result<(), rusqlite::Error> {
    // A view of somebody else's making may call no function that does more than calculate.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    let clock = Arc::clone(clock);
    connection.progress_handler(STEPS, Some(move || clock.is_over()))?;
    connection.authorizer(Some(
        |context: AuthContext<'_>| {
            if reads(context.action) { Authorization::Allow } else { Authorization::Deny }
        },
    ))
}

/// Whether an action only reads this database.
fn reads(action: AuthAction<'_>) -> bool {
    match action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => !matches!(function_name, "load_extension" | "fts3_tokenizer"),
        AuthAction::Pragma { pragma_name, pragma_value } => match pragma_name {
            "table_info" | "table_xinfo" | "table_list" | "index_list" | "index_info" | "index_xinfo"
            | "foreign_key_list" | "function_list" => true,
            "application_id" | "user_version" | "page_count" | "page_size" | "freelist_count" => pragma_value.is_none(),
            _ => false,
        },
        _ => false,
    }
}

/// A compiled statement.
pub struct Query<'s> {
    sql: &'s Sql,
    statement: rusqlite::Statement<'s>,
    columns: Vec<String>,
}

impl Query<'_> {
    /// The names of its columns, no two alike.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Its rows, one after another.
    pub fn rows(&mut self) -> Rows<'_> {
        let width = self.columns.len();
        Rows { sql: self.sql, width, left: self.sql.limit, rows: self.statement.raw_query() }
    }
}

/// The rows of an answer.
pub struct Rows<'q> {
    sql: &'q Sql,
    width: usize,
    left: Option<Duration>,
    rows: rusqlite::Rows<'q>,
}

impl Rows<'_> {
    /// The next row, where there is one.
    pub fn next(&mut self) -> Result<Option<Vec<Value>>, SqlError> {
        let clock = &self.sql.clock;
        let began = clock.now();
        if let Some(left) = self.left {
            let left = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX);
            clock.deadline.store(began.saturating_add(left), Ordering::Relaxed);
        }
        let row = self.rows.next().map_err(|error| self.sql.error(error))?;
        let Some(row) = row else { return Ok(None) };
        let values = (0..self.width).map(|index| row.get_ref(index).map(value)).collect::<Result<_, _>>();
        let values = values.map_err(|error| self.sql.error(error))?;
        let took = Duration::from_nanos(clock.now().saturating_sub(began));
        self.left = self.left.map(|left| left.saturating_sub(took));
        Ok(Some(values))
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// `:name`, `@name` and `$name` without their mark.
fn bare(name: &str) -> &str {
    name.trim_start_matches([':', '@', '$'])
}

/// Names, of which the second `a` is `a:1` and the third `a:2`, as `SQLite` itself names them.
fn unique<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        let mut candidate = name.to_owned();
        for count in 1.. {
            if !unique.contains(&candidate) {
                break;
            }
            candidate = format!("{name}:{count}");
        }
        unique.push(candidate);
    }
    unique
}

/// The place behind a byte offset. Tabs are single spaces, so that the mark stands below it.
fn place(message: String, sql: &str, offset: i32) -> SqlError {
    let Some(before) = usize::try_from(offset).ok().and_then(|offset| sql.get(..offset)) else {
        return SqlError::Sqlite(message);
    };
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = sql[start..].lines().next().unwrap_or_default().replace('\t', " ");
    SqlError::Place {
        message,
        number: before.matches('\n').count() + 1,
        line: crate::model::visible(&line),
        column: before[start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Sql, SqlError, VIEWS, Value};
    use crate::store::open;

    fn sql(limit: Option<Duration>) -> (tempfile::TempDir, Sql) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ecrsnap.db");
        open::for_writing(&path).expect("a database");
        let sql = Sql::open(&path, limit).expect("a database");
        (folder, sql)
    }

    fn all(sql: &Sql, text: &str, parameters: &[(&str, &str)]) -> Result<Vec<Vec<Value>>, SqlError> {
        let owned: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut query = sql.query(text, &owned)?;
        let mut rows = query.rows();
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(row);
        }
        Ok(all)
    }

    #[test]
    fn values_come_as_they_are() {
        let (_folder, sql) = sql(None);
        let text = "SELECT NULL, 9223372036854775807, 0.1, :t, x'00ff', CAST(x'61ff' AS TEXT), $t || @u";
        let expected = vec![
            Value::Null,
            Value::Integer(i64::MAX),
            Value::Real(0.1),
            Value::Text("1.10".to_owned()),
            Value::Blob(vec![0, 0xff]),
            Value::Text("a\u{fffd}".to_owned()),
            Value::Text("1.10é".to_owned()),
        ];
        // `:t` and `$t` are two parameters to SQLite and one name to us.
        assert_eq!(all(&sql, text, &[("t", "1.10"), ("u", "é")]).expect("rows"), [expected]);
    }

    #[test]
    fn columns_have_a_name_each() {
        let (_folder, sql) = sql(None);
        let query = sql.query("SELECT 1 AS a, 2 AS b, 3 AS a, 4 AS a", &[]).expect("a query");
        assert_eq!(query.columns(), ["a", "b", "a:1", "a:2"]);
        let views = all(&sql, VIEWS, &[]).expect("rows");
        assert!(views.contains(&vec![Value::Text("images".to_owned()), Value::Text("image_digest".to_owned())]));
    }

    #[test]
    fn what_does_not_only_read_is_refused() {
        let (_folder, sql) = sql(None);
        for text in [
            "DELETE FROM snapshot",
            "INSERT INTO snapshot VALUES (1, 'a', 0)",
            "UPDATE snapshot SET name = 'x' RETURNING name",
            "CREATE TABLE t (a)",
            "CREATE TEMP TABLE t (a)",
            "CREATE TEMP VIEW v AS SELECT 1",
            "DROP VIEW images",
            "ALTER TABLE snapshot RENAME TO x",
            "ATTACH 'other.db' AS other",
            "VACUUM INTO 'copy.db'",
            "BEGIN",
            "SAVEPOINT s",
            "PRAGMA user_version = 7",
            "PRAGMA query_only = 0",
            "PRAGMA query_only",
            "PRAGMA journal_mode = DELETE",
            "PRAGMA writable_schema = 1",
            "REINDEX",
            "ANALYZE",
            "SELECT load_extension('x')",
            "WITH t AS (SELECT 1) DELETE FROM snapshot",
        ] {
            let error = all(&sql, text, &[]).expect_err(text);
            assert!(
                matches!(error, SqlError::Writes | SqlError::Sqlite(_) | SqlError::Place { .. }),
                "{text}: {error:?}"
            );
        }
        assert_eq!(all(&sql, "PRAGMA user_version", &[]).expect("a number").len(), 1);
        assert_eq!(all(&sql, "SELECT count(*) FROM snapshot", &[]).expect("a row"), [[Value::Integer(0)]]);
    }

    #[test]
    fn errors_say_where() {
        let (_folder, sql) = sql(None);
        for (text, parameters, expected) in [
            ("SELECT é,\n\tmissing FROM images", &[][..], "no such column: é\n  line 1: SELECT é,\n                 ^"),
            (
                "SELECT 'é',\n\tmissing FROM images",
                &[],
                "no such column: missing\n  line 2:  missing FROM images\n           ^",
            ),
            ("SELECT 1; SELECT 2", &[], "one statement at a time; this is more than one"),
            ("SELECT 1; -- and no more", &[], ""),
            (" -- nothing", &[], "there is no statement"),
            ("", &[], "there is no statement"),
            ("SELECT :a", &[], "the parameter :a has no value; give it one with --param a=VALUE"),
            ("SELECT ?", &[], "the parameter ? has no value; give it one with --param ?=VALUE"),
            ("SELECT 1", &[("b", "1")], "the statement has no parameter :b"),
            ("SELECT json('{')", &[], "malformed JSON"),
            ("SELECT (", &[], "incomplete input"),
        ] {
            let said = all(&sql, text, parameters).err().map_or(String::new(), |error| error.to_string());
            assert_eq!(said, expected, "{text}");
        }
    }

    #[test]
    fn what_takes_too_long_is_stopped() {
        let forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let (_folder, sql) = sql(Some(Duration::from_millis(20)));
        for _ in 0..2 {
            let error = all(&sql, forever, &[]).expect_err("no end");
            assert!(error.to_string().starts_with("stopped after 20ms; "), "{error}");
        }
        assert_eq!(all(&sql, "SELECT 1", &[]).expect("a row"), [[Value::Integer(1)]]);
    }
}
