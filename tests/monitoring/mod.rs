//! `monitoring/datasette/metadata.yml` against a database of this version: it describes every view with columns that exist, and
//! hides every table. `check.py` opens it in a real datasette.

use std::collections::BTreeSet;
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

fn ecrsnap(db: &str, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecrsnap"));
    let output = command.env_clear().args(["--db", db]).args(words).output().expect("the program");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn datasette_shows_every_view_and_no_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("ecrsnap.db");
    let db = db.to_str().expect("UTF-8");
    ecrsnap(db, &["ingest", &format!("{REPOSITORY}/samples/2026-03-15"), "--snapshot", "one"]);
    let metadata =
        std::fs::read_to_string(format!("{REPOSITORY}/monitoring/datasette/metadata.yml")).expect("metadata");
    let metadata = YamlLoader::load_from_str(&metadata).expect("YAML");
    let entries = metadata[0]["databases"]["ecrsnap"]["tables"].as_hash().expect("tables");
    let named = |wanted: &dyn Fn(&Yaml) -> bool| -> BTreeSet<String> {
        let names = entries.iter().filter(|(_, entry)| wanted(entry)).filter_map(|(name, _)| name.as_str());
        names.map(str::to_owned).collect()
    };
    let there = |kind: &str| -> BTreeSet<String> {
        let sql = format!("SELECT name FROM sqlite_schema WHERE type = '{kind}' AND name NOT LIKE 'sqlite_%'");
        ecrsnap(db, &["sql", "--output", "csv", &sql]).lines().skip(1).map(str::to_owned).collect()
    };
    assert_eq!(named(&|entry| entry["hidden"].as_bool() == Some(true)), there("table"), "hidden and existing tables");
    let described = named(&|entry| entry["description"].as_str().is_some());
    assert_eq!(described, there("view"), "described and existing views");
    for view in described {
        let sql = format!("SELECT name FROM pragma_table_info('{view}')");
        let columns = ecrsnap(db, &["sql", "--output", "csv", &sql]);
        let columns: Vec<&str> = columns.lines().skip(1).collect();
        let known = entries[&Yaml::String(view.clone())]["columns"].as_hash().into_iter().flatten();
        for (column, _) in known {
            assert!(
                columns.contains(&column.as_str().expect("a name")),
                "{view} has no column {column:?}: {columns:?}"
            );
        }
    }
}
