//! What the real clients make of parameters, against ours.
//!
//! `cases.json` holds what AWS CLI v1 and v2 did with each argument line of `case_list.py`; `record.py`
//! writes it. A line that the client sent is compared by the body of its request, any other by all
//! that it printed and by its exit status.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ecrsnap::internal::client::params::{self, Files, Operation, ParamError, Skeleton, skeleton};
use ecrsnap::internal::model::{AwsCli, Value, json};

/// The files of the recording, in the folder that was both home and working directory.
struct Recorded(HashMap<String, Vec<u8>>);

const HOME: &str = "/home/ecr";

impl Files for Recorded {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let path = path.strip_prefix(HOME).map_or(path, |rest| rest.trim_start_matches('/'));
        match self.0.get(path) {
            Some(content) => Ok(content.clone()),
            None if path == "sub" => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        (name == "FOLDER").then(|| "sub".to_owned())
    }

    fn home(&self, user: &str) -> Option<String> {
        user.is_empty().then(|| HOME.to_owned())
    }
}

/// What came of one line: a request, or what is printed and the exit status.
#[derive(Debug, PartialEq)]
enum Outcome {
    Request(Value),
    Printed { status: i64, stdout: String, stderr: String },
}

impl Outcome {
    fn recorded(value: &Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match value.get("request") {
            Some(request) => Outcome::Request(request.clone()),
            None => Outcome::Printed {
                status: value.get("status").and_then(Value::as_int).expect("a status"),
                stdout: text("stdout"),
                stderr: text("stderr"),
            },
        }
    }

    fn refused(error: &ParamError, cli: AwsCli) -> Self {
        Outcome::Printed {
            status: error.exit_status(cli).into(),
            stdout: String::new(),
            stderr: error.stderr(cli, "aws"),
        }
    }
}

/// The words of each option: all lines of the list name options in full.
fn split(args: &[&str]) -> HashMap<String, Vec<String>> {
    let mut options: HashMap<String, Vec<String>> = HashMap::new();
    let mut current = "";
    for &arg in args {
        if let Some((name, value)) = arg.split_once('=').filter(|(name, _)| name.starts_with("--")) {
            options.insert(name.to_owned(), vec![value.to_owned()]);
        } else if arg.starts_with("--") && !arg.contains(' ') {
            options.entry(arg.to_owned()).or_default();
            current = arg;
        } else {
            options.entry(current.to_owned()).or_default().push(arg.to_owned());
        }
    }
    options
}

fn ours(operation: &'static Operation, args: &[&str], cli: AwsCli, files: &Recorded) -> Result<Outcome, ParamError> {
    let options = split(args);
    let call = params::draft(operation, |name| options.get(name).map(Vec::as_slice), cli, files)?.finish()?;
    let stdout = match call.skeleton {
        None => return call.check().map(Outcome::Request),
        Some(Skeleton::Input) => skeleton::input_json(operation),
        Some(Skeleton::YamlInput) => skeleton::input_yaml(operation),
        Some(Skeleton::Output) => {
            call.check()?;
            // Indentation is the formatter's affair; the values and their order are the skeleton's.
            json::to_compact(&skeleton::response(operation, skeleton::SAMPLE_INSTANT_JSON))
        }
    };
    Ok(Outcome::Printed { status: 0, stdout, stderr: String::new() })
}

#[test]
fn parameters_end_as_in_the_real_clients() {
    let recording = json::parse(include_str!("cases.json")).expect("a recording");
    let files = recording.get("files").and_then(Value::as_map).expect("its files");
    let content = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default()).expect("base64");
    let files = Recorded(files.iter().map(|(name, value)| (name.clone(), content(value))).collect());
    let cases = recording.get("cases").and_then(Value::as_list).expect("its cases");
    let mut compared = 0;
    let mut differences = String::new();
    for case in cases {
        let args: Vec<&str> =
            case.get("args").and_then(Value::as_list).expect("arguments").iter().filter_map(Value::as_str).collect();
        let operation = [&params::DESCRIBE_IMAGES, &params::LIST_IMAGES]
            .into_iter()
            .find(|operation| operation.command == args[0])
            .expect("an operation");
        for (cli, name) in [(AwsCli::V1, "v1"), (AwsCli::V2, "v2")] {
            let Some(recorded) = case.get(name) else { continue };
            let mut expected = Outcome::recorded(recorded);
            if let Outcome::Printed { stdout, .. } = &mut expected
                && args.ends_with(&["output"])
                && !stdout.is_empty()
            {
                *stdout = json::to_compact(&json::parse(stdout).expect("a sample response"));
            }
            let actual = ours(operation, &args[1..], cli, &files).unwrap_or_else(|error| Outcome::refused(&error, cli));
            compared += 1;
            if actual != expected {
                _ = write!(differences, "\n{name} {args:?}\n  real: {expected:?}\n  ours: {actual:?}\n");
            }
        }
    }
    assert!(compared > 400, "{compared} outcomes compared");
    assert!(differences.is_empty(), "{differences}");
}
