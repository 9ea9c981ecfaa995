//! The `JMESPath` project's own cases, which are run from a folder of theirs and not kept here.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use ecrsnap::internal::model::{Value, json};
use ecrsnap::internal::query::compile;

#[test]
#[ignore = "needs the JMESPath compliance files: set ECRSNAP_JMESPATH_CASES to their folder"]
fn compliance_cases_pass() {
    let folder = std::env::var_os("ECRSNAP_JMESPATH_CASES").map(PathBuf::from);
    let folder = folder.expect("ECRSNAP_JMESPATH_CASES names the folder of the JMESPath compliance files");
    let entries = std::fs::read_dir(&folder).expect("ECRSNAP_JMESPATH_CASES is a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let (mut count, mut failures) = (0, String::new());
    for file in &files {
        count += run_file(file, &mut failures);
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count > 500, "only {count} cases in {}", folder.display());
}

fn run_file(file: &Path, failures: &mut String) -> usize {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let groups = json::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut count = 0;
    for group in groups.as_list().expect("a list of groups") {
        let given = group.get("given").expect("a group has `given`");
        for case in group.get("cases").and_then(Value::as_list).expect("a group has `cases`") {
            count += 1;
            let expression = case.get("expression").and_then(Value::as_str).expect("a case has `expression`");
            let ours = compile(expression).and_then(|compiled| compiled.search(given));
            // Equal as JSON values: the order of members and 1 or 1.0 are not their subject. A case
            // without either is one of their benchmarks, which need only run.
            let passed = match (case.get("result"), case.get("error")) {
                (Some(expected), _) => ours.as_ref().is_ok_and(|result| same(result, expected)),
                (None, Some(_)) => ours.is_err(),
                (None, None) => ours.is_ok(),
            };
            if !passed {
                let _ = writeln!(failures, "{}: {expression}\n  wants {case:?}\n  has   {ours:?}", file.display());
            }
        }
    }
    count
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(whole), Value::Float(_)) => Value::Float(*whole as f64) == *right,
        (Value::Float(_), Value::Int(_)) => same(right, left),
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Map(left), Value::Map(right)) => {
            let member = |name| right.get(name);
            left.len() == right.len()
                && left.iter().all(|(name, left)| member(name).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}
