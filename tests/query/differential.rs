//! Random expressions, asked of this engine and of Python's jmespath.
//!
//! `ECRSNAP_PYTHON` names the interpreter (`python3` without it). More than the usual 1,000
//! expressions, or other ones, come with `ECRSNAP_QUERY_COUNT` and `ECRSNAP_QUERY_SEED`.

use std::io::Write;
use std::process::{Command, Stdio};

use ecrsnap::internal::model::{self, json};
use serde_json::{Value, json};

use super::generate::{Random, document, expression};

/// How many expressions each document is asked.
const EACH: usize = 20;

#[test]
fn random_expressions_agree_with_python() {
    let mut random = Random::new(setting("ECRSNAP_QUERY_SEED", 20_240_301));
    let count = setting("ECRSNAP_QUERY_COUNT", 1000) as usize;
    let mut questions = Vec::with_capacity(count);
    while questions.len() < count {
        let document = document(&mut random);
        for _ in 0..EACH.min(count - questions.len()) {
            questions.push((expression(&mut random), document.clone()));
        }
    }
    let answers = ask_python(&questions);
    assert_eq!(answers.len(), questions.len(), "Python stopped answering");
    let mut differences = Vec::new();
    for ((expression, document), python) in questions.iter().zip(&answers) {
        let ours = answer(expression, document);
        if &ours != python {
            differences.push(format!("{expression}\n  on     {document}\n  python {python}\n  ours   {ours}"));
        }
    }
    let shown = differences.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {count} differ, such as\n{shown}", differences.len());
    let answered = answers.iter().filter(|answer| answer.get("result").is_some()).count();
    assert!(answered > count / 3, "only {answered} of {count} expressions had a result: too few to compare");
}

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => default,
    }
}

/// This engine's answer, in the form that `oracle.py` describes.
fn answer(expression: &str, document: &Value) -> Value {
    let document = json::parse(&document.to_string()).expect("the document is JSON");
    match search(expression, &document) {
        Ok(result) => json!({ "result": json::to_compact(&result) }),
        Err(error) => json!({ "error": error.kind().python_class(), "message": error.to_string() }),
    }
}

fn search(expression: &str, document: &model::Value) -> Result<model::Value, ecrsnap::internal::query::QueryError> {
    ecrsnap::internal::query::compile(expression)?.search(document)
}

/// Python's answers, one process for all of them.
fn ask_python(questions: &[(String, Value)]) -> Vec<Value> {
    let python = std::env::var("ECRSNAP_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let needed = format!(
        "this test compares with Python's jmespath 1.1.0 and could not run it as `{python}`: \
         `python3 -m venv VENV && VENV/bin/pip install jmespath==1.1.0`, then set ECRSNAP_PYTHON=VENV/bin/python"
    );
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/query/oracle.py");
    let mut child = Command::new(&python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{needed} ({error})"));
    let mut lines = String::new();
    for (expression, document) in questions {
        lines.push_str(&json!({ "expression": expression, "document": document }).to_string());
        lines.push('\n');
    }
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    // Written on another thread, as neither side may wait for the other to empty a pipe.
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap_or_else(|error| panic!("{needed} ({error})"));
    let written = writer.join().expect("the writer does not panic");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && written.is_ok(), "{needed}\n{complaint}");
    let text = String::from_utf8(output.stdout).expect("answers are UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("an answer is JSON")).collect()
}
