//! The recorded cases: `cases.json` holds what Python's jmespath answered when `record.py` ran.

use std::fmt::Write;

use ecrsnap::internal::model::{Value, json};
use ecrsnap::internal::query::compile;

#[test]
fn recorded_cases_agree() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/query/cases.json");
    let text = std::fs::read_to_string(path).expect("cases.json is there");
    let groups = json::parse(&text).expect("cases.json is JSON");
    let (mut count, mut failures) = (0, String::new());
    for group in groups.as_list().expect("a list of groups") {
        let given = group.get("given").expect("a group has `given`");
        for case in group.get("cases").and_then(Value::as_list).expect("a group has `cases`") {
            count += 1;
            let expression = case.get("expression").and_then(Value::as_str).expect("a case has `expression`");
            let ours = match compile(expression).and_then(|compiled| compiled.search(given)) {
                Ok(result) => json::to_compact(&result),
                Err(error) => format!("{}: {error}", error.kind().python_class()),
            };
            let expected = recorded(case).unwrap_or_else(|| panic!("{expression} was not recorded: run record.py"));
            if ours != expected {
                let _ = writeln!(failures, "{expression}\n  python {expected}\n  ours   {ours}");
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    // Exact, so that no case gets lost: record.py says how many it recorded.
    assert_eq!(count, 540);
}

fn recorded(case: &Value) -> Option<String> {
    if let Some(result) = case.get("result") {
        return Some(json::to_compact(result));
    }
    let class = case.get("error").and_then(Value::as_str)?;
    let message = case.get("message").and_then(Value::as_str)?;
    Some(format!("{class}: {message}"))
}
