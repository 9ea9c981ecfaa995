//! What a statement may do, and what is said of one that may not or cannot.

use std::time::Duration;

use super::{Sql, SqlError, VIEWS, Value};
use crate::store::open;

fn sql(limit: Option<Duration>) -> (tempfile::TempDir, Sql) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ecrsnap.db");
    open::create_empty(&path);
    let sql = Sql::open(&path, limit).expect("a database");
    (folder, sql)
}

fn all(sql: &Sql, text: &str, parameters: &[(&str, &str)]) -> Result<Vec<Vec<Value>>, SqlError> {
    let owned: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    sql.query(text, &owned)?.rows().collect()
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
        assert!(matches!(error, SqlError::Writes | SqlError::Sqlite(_) | SqlError::Place { .. }), "{text}: {error:?}");
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
        (" -- nothing", &[], "the statement is empty"),
        ("", &[], "the statement is empty"),
        ("SELECT :a", &[], "the parameter :a has no value"),
        ("SELECT ?", &[], "the parameter ? has no value"),
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
        assert!(error.to_string().starts_with("stopped after 20ms"), "{error}");
    }
    assert_eq!(all(&sql, "SELECT 1", &[]).expect("a row"), [[Value::Integer(1)]]);
    // What is done with the rows counts as well.
    let mut query = sql.query("SELECT 1 UNION ALL SELECT 2", &[]).expect("a query");
    let mut rows = query.rows();
    assert!(rows.next().is_some_and(|row| row.is_ok()));
    std::thread::sleep(Duration::from_millis(30));
    assert!(rows.next().is_some_and(|row| row.is_err()));
}
