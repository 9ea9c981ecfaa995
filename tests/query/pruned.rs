//! A query over a snapshot reads and builds only the members that it looks at. Random expressions
//! print what the naive evaluator makes of the whole listing, errors included.

use std::ffi::OsString;
use std::io::Cursor;
use std::sync::Arc;

use ecrsnap::internal::client::{self, Environment, OpenError, Selection, Zone};
use ecrsnap::internal::ingest::{self, Options, source::Source};
use ecrsnap::internal::model::{AwsCli, Value, json};
use ecrsnap::internal::output::{Format, Style};
use ecrsnap::internal::query;
use ecrsnap::internal::service::{Ecr, SnapshotEcr};
use ecrsnap::internal::store::read::Reader;
use tempfile::TempDir;

use super::generate::{Random, expression};

/// Details with every member, without any, and with some that the model does not have.
const PAGE: &str = r#"{"imageDetails": [
    {"imageDigest": "sha256:c", "imageTags": ["v1", "latest"], "imageSizeInBytes": 3, "imagePushedAt": 1709290800.5,
     "imageScanStatus": {"status": "COMPLETE", "description": "done", "HIGH": [1]},
     "imageScanFindingsSummary": {"imageScanCompletedAt": 1709290900.0, "findingSeverityCounts": {"HIGH": 2, "LOW": 1}},
     "imageManifestMediaType": "m", "artifactMediaType": "a", "lastRecordedPullTime": 1709390800.25,
     "subjectManifestDigest": "sha256:s", "imageStatus": "ACTIVE", "lastArchivedAt": 1.5, "lastActivatedAt": 2.0},
    {"imageDigest": "sha256:a"},
    {"imageDigest": "sha256:b", "imageTags": ["v2"], "imageSizeInBytes": 1, "imagePushedAt": 1709204400.0,
     "findings": {"HIGH": 2, "LOW": [1, "x", null]}, "two words": [[], {}, ""]},
    {"imageDigest": "sha256:d", "imageTags": ["prod", "été"], "imageSizeInBytes": 3, "imagePushedAt": 1709204400.0,
     "findings": {"HIGH": null, "LOW": 0}, "summary": {"HIGH": 1.5}},
    {"imageDigest": "sha256:e", "imageSizeInBytes": 0, "imagePushedAt": 1709463600.123456, "HIGH": 7}
]}"#;

/// A day of 2026, whose rules the zones go by.
const NOW: i64 = 1_790_000_000;

/// Around a random part, what people do with a listing.
const FRAMES: &[(&str, &str)] = &[
    ("", ""),
    ("imageDetails[*].", ""),
    ("imageDetails[].[imageDigest, ", "]"),
    ("imageDetails[?", "].imageDigest"),
    ("imageDetails[?imageTags]|[0].", ""),
    ("sort_by(imageDetails[?imagePushedAt], &imagePushedAt)[-1].", ""),
    ("sort_by(imageDetails, &", ")[0].imageTags"),
    ("max_by(imageDetails, &imageSizeInBytes).", ""),
    ("reverse(imageDetails)[:2].{a: imageTags, b: ", "}"),
    ("map(&", ", imageDetails)"),
    ("length(imageDetails[?", "])"),
];

struct Store {
    _folder: TempDir,
    db: std::path::PathBuf,
}

impl Store {
    fn new(page: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = folder.path().join("ecrsnap.db");
        let mut options = Options { db: db.clone(), snapshot: Some("one".to_owned()), ..Options::default() };
        options.defaults.registry_id = Some("123456789012".to_owned());
        options.defaults.repository_name = Some("shop/web".to_owned());
        let source = Source::open("page.json", Box::new(Cursor::new(page.as_bytes().to_owned())));
        ingest::ingest(&[source], &options, &Arc::default()).expect("a page that goes in");
        Store { _folder: folder, db }
    }

    /// Status, standard output and standard error of a call.
    fn run(&self, words: &[&str]) -> (u8, String, String) {
        self.run_in("UTC0", words)
    }

    /// The same in another zone.
    fn run_in(&self, zone: &str, words: &[&str]) -> (u8, String, String) {
        let line = ["describe-images", "--repository-name", "shop/web"].iter().chain(words);
        let line: Vec<OsString> = line.map(OsString::from).collect();
        let mut open = |_: &Selection| {
            let reader = Reader::open(&self.db).map_err(|error| OpenError(error.to_string()))?;
            let snapshot = reader.snapshot("latest").map_err(|error| OpenError(error.to_string()))?;
            Ok::<Box<dyn Ecr>, OpenError>(Box::new(SnapshotEcr::new(reader, snapshot, None)))
        };
        let environment = Environment { zone: Zone::load(Some(zone), NOW, &|_| None), ..Environment::sealed() };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = client::run(&line, &environment, &mut open, &mut out, &mut err);
        (status, String::from_utf8(out).expect("UTF-8"), String::from_utf8(err).expect("UTF-8"))
    }
}

/// Expressions that can be compiled, half of them about the details for certain.
fn expressions(count: usize) -> Vec<String> {
    let mut random = Random::new(20_261_124);
    let mut found = Vec::with_capacity(count);
    while found.len() < count {
        for (before, behind) in FRAMES {
            let text = format!("{before}{}{behind}", expression(&mut random));
            if query::compile(&text).is_ok() {
                found.push(text);
            }
        }
    }
    found
}

#[test]
fn random_queries_print_what_the_naive_evaluator_makes_of_the_whole() {
    let store = Store::new(PAGE);
    let (_, whole, _) = store.run(&[]);
    let whole = json::parse(&whole).expect("JSON");
    let (mut pruned, mut failed) = (0, 0);
    for text in expressions(1500) {
        let compiled = query::compile(&text).expect("compiled before");
        pruned += usize::from(compiled.members_of("imageDetails").is_some_and(|members| !members.is_empty()));
        let (status, out, err) = store.run(&["--query", &text]);
        match compiled.search(&whole) {
            Ok(value) => assert_eq!((status, out), (0, printed(&value)), "{text}\n{err}"),
            Err(error) => {
                failed += 1;
                assert_eq!((status, out.as_str()), (255, ""), "{text}");
                assert!(err.contains(&error.to_string()), "{text}\n{err}\n{error}");
            }
        }
    }
    assert!(pruned > 500 && failed > 50, "{pruned} pruned and {failed} failed: too few to compare");
}

fn printed(value: &Value) -> String {
    let format = Format::parse("json", AwsCli::V2).expect("a format");
    let mut out = Vec::new();
    format.formatter(Style::plain("DescribeImages")).page(value, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("UTF-8")
}

/// Page by page and in every format: against the same query behind `[@] | [0]`, which changes nothing
/// but that every member counts as looked at.
#[test]
fn every_format_prints_the_same_with_all_members_read() {
    let store = Store::new(PAGE);
    for (number, text) in expressions(300).into_iter().enumerate() {
        let format = ["text", "table", "yaml", "yaml-stream", "off"][number % 5];
        let max_items = ["1", "3", "100"][number % 3];
        let options = ["--output", format, "--page-size", "2", "--max-items", max_items, "--query"];
        let whole = format!("[@] | [0] | {text}");
        assert_eq!(
            store.run(&[&options[..], &[&text]].concat()),
            store.run(&[&options[..], &[&whole]].concat()),
            "{text}"
        );
    }
}

/// Where all rows have a member of numbers or times, they are put in order without a look at its
/// values; ties and the hour that comes twice in autumn included.
#[test]
fn an_order_by_a_member_of_all_rows_is_that_of_its_values() {
    // From before the end of daylight saving time of 2026 in New York, in steps of 20 minutes, each twice.
    let detail = |number: i64| {
        let (pushed, size) = (1_793_505_600 + (number * 7 % 24) / 2 * 1200, number * 5 % 7);
        format!(
            r#"{{"imageDigest": "sha256:{number}", "imageSizeInBytes": {size}, "imagePushedAt": {pushed}.{}, "imageTags": ["t{number}"]}}"#,
            number % 3 * 5
        )
    };
    let details: Vec<String> = (0..24).map(detail).collect();
    let store = Store::new(&format!(r#"{{"imageDetails": [{}]}}"#, details.join(",")));
    for zone in ["UTC0", "EST5EDT,M3.2.0,M11.1.0", "<-00>0<+02>-2,M3.5.0,M11.1.0"] {
        for release in [&["--aws-cli", "v1"][..], &[]] {
            let (_, whole, _) = store.run_in(zone, release);
            let whole = json::parse(&whole).expect("JSON");
            for member in ["imagePushedAt", "imageSizeInBytes", "imageDigest", "imageTags"] {
                for text in [
                    format!("sort_by(imageDetails, &{member})[].imageTags[]"),
                    format!("reverse(sort_by(imageDetails, &{member}))[:3].imageDigest"),
                    format!("max_by(imageDetails, &{member}).imageTags"),
                    format!("min_by(imageDetails, &{member})"),
                ] {
                    let (status, out, err) = store.run_in(zone, &[release, &["--query", &text]].concat());
                    match query::compile(&text).expect("an expression").search(&whole) {
                        Ok(value) => assert_eq!((status, out), (0, printed(&value)), "{zone} {release:?} {text}"),
                        Err(error) => assert!(err.contains(&error.to_string()), "{text}\n{err}\n{error}"),
                    }
                }
            }
        }
    }
}
