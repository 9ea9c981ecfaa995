//! Every output format against what the real clients printed.
//!
//! `cases.json` is what `record.py` recorded: a value, and for each format, width and colour the
//! bytes that AWS CLI v1, v2 or both put on standard output, or the message that they ended with.

use ecrsnap::internal::model::{AwsCli, Value, json};
use ecrsnap::internal::output::{Colour, Error, Format, RESET, Style};

const CASES: &str = include_str!("cases.json");

#[test]
fn each_format_prints_what_the_real_clients_print() {
    let cases = json::parse(CASES).expect("cases.json is JSON");
    let rows = cases.get("rows").and_then(Value::as_list).expect("cases.json has rows");
    let mut compared = 0;
    let mut differences = Vec::new();
    for row in rows {
        let value = row.get("value").expect("a row has a value");
        for output in row.get("outputs").and_then(Value::as_list).expect("a row has outputs") {
            for cli in output.get("cli").and_then(Value::as_list).expect("an output names its clients") {
                let cli = if cli.as_str() == Some("v1") { AwsCli::V1 } else { AwsCli::V2 };
                compared += 1;
                let (expected, printed) = (recorded(output), print(value, output, cli));
                if printed != expected {
                    let name = text(row, "name");
                    let format = text(output, "format");
                    differences.push(format!(
                        "{name}, {format} of {cli:?}\n--- real\n{}\n--- ours\n{}\n{}",
                        expected.0,
                        printed.0,
                        [&expected, &printed].map(|outcome| format!("{:?}", outcome.1)).join(" became "),
                    ));
                }
            }
        }
    }
    assert!(compared >= 200, "only {compared} cases");
    let count = differences.len();
    differences.truncate(3);
    assert!(count == 0, "{count} of {compared} differ; the first:\n{}", differences.join("\n\n"));
}

/// Standard output and the message of an error, if any.
type Outcome = (String, Option<String>);

fn recorded(output: &Value) -> Outcome {
    (text(output, "stdout").to_owned(), output.get("error").and_then(Value::as_str).map(str::to_owned))
}

fn print(value: &Value, output: &Value, cli: AwsCli) -> Outcome {
    let format = Format::parse(text(output, "format"), cli).expect("the client knows the format");
    let colour = match output.get("colour").and_then(Value::as_str) {
        Some("pipe") => Colour::Pipe,
        Some("terminal") => Colour::Terminal,
        Some("pager") => Colour::Pager,
        _ => Colour::Off,
    };
    let mut style = Style { colour, ..Style::plain("DescribeImages") };
    if let Some(columns) = output.get("columns").and_then(Value::as_int) {
        style.columns = usize::try_from(columns).expect("a width is positive");
    }
    style.paginated = output.get("paginated") != Some(&Value::Bool(false));
    let mut out = Vec::new();
    let mut formatter = format.formatter(style);
    let error = match formatter.page(value, &mut out) {
        Ok(()) => None,
        Err(Error::Shape(message)) => Some(message),
        Err(Error::Write(error)) => panic!("memory refused a write: {error}"),
    };
    formatter.finish(&mut out).expect("memory takes every write");
    if colour == Colour::Pager {
        // What the real client writes to the terminal when its pager has ended.
        out.extend_from_slice(RESET.as_bytes());
    }
    (String::from_utf8(out).expect("output is UTF-8"), error)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
