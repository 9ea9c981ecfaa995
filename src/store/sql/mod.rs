//! Runs the user's SQL on the public views, read-only.
//!
//! Nothing here judges a statement by its text. The file is opened for reading, an authorizer refuses
//! every action that is not a read while a statement is compiled, and a progress handler interrupts a statement at
//! its time limit.

use std::collections::HashSet;
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
use super::functions;
use super::open::{self, Handle};

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
    #[error("the statement is empty")]
    Empty,
    /// The text holds several statements.
    #[error("one statement at a time; this is more than one")]
    Several,
    /// The statement would do more than read.
    #[error("read-only: the statement would do more than read the database")]
    Writes,
    /// A parameter of the statement that was given no value.
    #[error("the parameter {0} has no value")]
    NoValue(String),
    /// A value for a parameter that the statement does not have.
    #[error("the statement has no parameter :{0}")]
    NoParameter(String),
    /// A parameter has two values.
    #[error("the parameter :{0} has two values; give it once")]
    Twice(String),
    /// The time is over.
    #[error("stopped after {}", humantime::format_duration(*.0))]
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
    connection: Handle,
    limit: Option<Duration>,
    clock: Arc<Clock>,
}

/// When the running statement is to end. From its first row on everything counts: the steps of `SQLite`, and
/// what is done with each row before the next one is asked for.
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
    ///
    /// # Errors
    /// If the file does not exist, is not a database of ecrsnap, or cannot be opened.
    pub fn open(path: &Path, limit: Option<Duration>) -> Result<Self, SqlError> {
        let mut connection = open::for_reading(path)?;
        check_names(&connection)?;
        let clock = Arc::new(Clock { start: Moment::now(), deadline: AtomicU64::new(u64::MAX) });
        functions::define_public(&connection).map_err(StoreError::from)?;
        confine(&mut connection, &clock).map_err(StoreError::from)?;
        Ok(Sql { connection, limit, clock })
    }

    /// Compile a statement and bind its named parameters, all of them texts.
    ///
    /// # Errors
    /// If the statement is not valid SQL, is not a single reading statement, or has a parameter without a value.
    pub fn query(&self, text: &str, parameters: &[(String, String)]) -> Result<Query<'_>, SqlError> {
        let mut statement = self.connection.prepare(text).map_err(|error| self.error(error))?;
        if !statement.readonly() {
            return Err(SqlError::Writes);
        }
        if statement.column_count() == 0 {
            // A comment, or nothing at all.
            return Err(SqlError::Empty);
        }
        let mut names = HashSet::new();
        if let Some((twice, _)) = parameters.iter().find(|(name, _)| !names.insert(name)) {
            return Err(SqlError::Twice(twice.clone()));
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

/// Refuse a schema with texts that are not UTF-8, which the check of a statement cannot take.
fn check_names(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT name, tbl_name, sql FROM sqlite_schema")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for index in 0..3 {
            if row.get_ref(index)?.as_str_or_null().is_err() {
                return Err(StoreError::Damaged("the schema has names that are not UTF-8".to_owned()));
            }
        }
    }
    Ok(())
}

/// Set a connection up so that it reads and nothing else.
fn confine(connection: &mut Connection, clock: &Arc<Clock>) -> Result<(), rusqlite::Error> {
    // A view that another program created may call only functions without side effects.
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
    pub fn rows(&mut self) -> Answer<'_> {
        let width = self.columns.len();
        let clock = &self.sql.clock;
        if let Some(limit) = self.sql.limit {
            let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
            clock.deadline.store(clock.now().saturating_add(limit), Ordering::Relaxed);
        }
        Answer { sql: self.sql, width, rows: self.statement.raw_query() }
    }
}

/// The rows of an answer, one after another.
pub struct Answer<'q> {
    sql: &'q Sql,
    width: usize,
    rows: rusqlite::Rows<'q>,
}

impl Answer<'_> {
    fn step(&mut self) -> Result<Option<Vec<Value>>, rusqlite::Error> {
        let Some(row) = self.rows.next()? else { return Ok(None) };
        (0..self.width).map(|index| row.get_ref(index).map(value)).collect::<Result<_, _>>().map(Some)
    }
}

impl Iterator for Answer<'_> {
    type Item = Result<Vec<Value>, SqlError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(limit) = self.sql.limit.filter(|_| self.sql.clock.is_over()) {
            return Some(Err(SqlError::Timeout(limit)));
        }
        self.step().map_err(|error| self.sql.error(error)).transpose()
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

/// The place behind a byte offset. Tabs become single spaces, so that the mark is printed below it.
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
mod tests;
