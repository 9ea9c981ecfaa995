//! `sql`: the user's own statements over the samples.

use super::session::Session;

const TAGS: &str = "SELECT repository_name, image_tag, substr(image_digest, 8, 12) AS digest FROM image_tags
    WHERE snapshot = '2026-03-15' AND image_tag = :tag ORDER BY repository_name";

#[test]
fn answers() {
    let mut session = Session::with_three_dates();
    session.write("tags.sql", TAGS);
    for script in [
        r#"ecrsnap sql "SELECT snapshot, captured_at, images, bytes FROM snapshots ORDER BY captured_at""#,
        "ecrsnap sql --file tags.sql --param tag=prod",
        "ecrsnap sql - --param :tag=nightly --output json < tags.sql",
        r#"ecrsnap sql "SELECT NULL AS none, 9223372036854775807 AS most, 0.1 AS tenth, x'00ff' AS bytes, '=1+1' AS text, 1 AS text""#,
        r#"ecrsnap sql "SELECT NULL AS none, 9223372036854775807 AS most, 0.1 AS tenth, x'00ff' AS bytes, '=1+1' AS text, 1 AS text" --output json"#,
        r#"ecrsnap sql "SELECT NULL AS none, 1e300 AS large, 0.1 AS tenth, x'00ff' AS bytes, '=1+1' AS text" --output csv"#,
        r#"ecrsnap sql "SELECT char(27) || '[2J' AS hostile, 'a|b' AS pipe" --output markdown"#,
        r#"ecrsnap sql "SELECT char(27) || '[2J' AS hostile""#,
        r#"ecrsnap sql "VALUES (1, 'a'), (2, 'b')" --output ndjson"#,
        r#"ecrsnap sql "SELECT snapshot FROM snapshots WHERE 0""#,
        r#"ecrsnap sql "EXPLAIN QUERY PLAN SELECT * FROM snapshot WHERE name = 'x'" --output csv"#,
        r#"ecrsnap sql "SELECT image_tag FROM image_tags WHERE snapshot = '2026-03-15' AND image_tag REGEXP '^[0-9.]+$' \
            ORDER BY version_key(image_tag) DESC LIMIT 5" --output csv"#,
        r#"ecrsnap sql "SELECT regexp('b+', 'abc') AS found, version_key('latest') AS none, version_key('v1.2') AS key" --output json"#,
        "ecrsnap sql --schema --output csv | head -13",
    ] {
        let ran = session.run_shell(script);
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{script}");
    }
    session.golden("sql-answers");
}

#[test]
fn refusals() {
    let mut session = Session::with_three_dates();
    let before = session.files();
    for script in [
        r#"ecrsnap sql "SELECT repository, image_tag
FROM image_tags""#,
        r#"ecrsnap sql "SELEC 1""#,
        r#"ecrsnap sql "SELECT * FROM pictures""#,
        r#"ecrsnap sql "SELECT regexp('(', 'a')""#,
        r#"ecrsnap sql "DELETE FROM snapshot""#,
        r#"ecrsnap sql "ATTACH 'other.db' AS o""#,
        r#"ecrsnap sql "VACUUM INTO 'copy.db'""#,
        r#"ecrsnap sql "PRAGMA journal_mode = DELETE""#,
        r#"ecrsnap sql "SELECT 1; DROP TABLE snapshot""#,
        r#"ecrsnap sql "SELECT :a, :b" --param a=1"#,
        r#"ecrsnap sql "SELECT 1" --param a=1"#,
        r#"ecrsnap sql "SELECT 1" --param a"#,
        r#"ecrsnap sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n" --timeout 50ms"#,
        r#"ecrsnap sql "SELECT 1" --timeout soon"#,
        "ecrsnap sql",
        "ecrsnap sql ''",
        "ecrsnap sql --file missing.sql",
        r#"ecrsnap --db missing.db sql "SELECT 1""#,
    ] {
        let ran = session.run_shell(script);
        assert_eq!(ran.status, Some(2), "{script}: {}", ran.stdout);
    }
    assert_eq!(session.files(), before, "a file was changed");
    session.golden("sql-refusals");
}

/// What keeps a statement from writing keeps none of the views from being read, and the questions of
/// `schema/README.md` can be asked.
#[test]
fn every_view_can_be_read() {
    let session = Session::with_three_dates();
    session.quietly("ingest samples/2026-03-15 --snapshot 2026-03-15 --scope registry");
    session.quietly("ingest samples/repositories/2026-03-15 --snapshot 2026-03-15");
    let columns = session.shell("ecrsnap sql --schema --output csv").stdout;
    let mut views: Vec<_> = columns.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    views.dedup();
    assert!(views.len() >= 7, "{views:?}");
    for view in views {
        let ran = session.shell(&format!("ecrsnap sql 'SELECT * FROM {view}' --output ndjson"));
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{view}");
        assert!(!ran.stdout.is_empty(), "{view}");
    }
    let document = include_str!("../../schema/README.md");
    let questions: Vec<_> = document.split("```sql\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    assert_eq!(questions.len(), 10);
    for question in questions {
        session.write("question.sql", question);
        let ran = session.quietly("sql --file question.sql --output csv");
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{question}");
        assert!(ran.stdout.lines().count() > 1, "{question}: {}", ran.stdout);
    }
}

/// A reader that has seen enough ends the statement quietly.
#[test]
fn a_closed_pipe() {
    let session = Session::with_three_dates();
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let ran = session.shell(&format!("ecrsnap sql '{numbers}' --output csv | head -3"));
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("i\n1\n2\n", ""));
}
