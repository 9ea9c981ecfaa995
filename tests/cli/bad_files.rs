//! Files that are refused with `--keep-going`: all of them are found in one reading of the sources.

use std::fs;
use std::path::Path;

use ecrsnap::internal::ingest::{self, IngestError, Options, Outcome, source};

fn page(repository: &str, token: Option<&str>) -> String {
    let token = token.map_or(String::new(), |token| format!(r#", "nextToken": "{token}""#));
    format!(
        r#"{{"imageDetails": [{{"registryId": "123456789012", "repositoryName": "{repository}", "imageDigest": "sha256:{}"}}]{token}}}"#,
        "ab".repeat(32)
    )
}

fn take(folder: &Path, keep_going: bool) -> Result<Outcome, IngestError> {
    let found = source::find(&[folder.join("pages")], || Box::new(std::io::empty()));
    let options =
        Options { db: folder.join("ecrsnap.db"), snapshot: Some("one".to_owned()), keep_going, ..Options::default() };
    ingest::ingest(&found.sources, &options, &std::sync::Arc::default())
}

fn folder(files: &[(String, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("pages")).expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join("pages").join(name), text).expect("a file");
    }
    folder
}

fn named(outcome: &Outcome) -> Vec<String> {
    let file = |error: &IngestError| {
        let text = error.to_string();
        let (path, _) = text.split_once(".json").expect("a file");
        path.rsplit('/').next().expect("a name").to_owned()
    };
    outcome.failed.iter().map(file).collect()
}

/// As many readings for twenty bad files as for one: one that finds them, and one without them.
#[test]
fn many_bad_files_cost_one_reading_more() {
    for bad in [0, 1, 20] {
        let good = (0..20).map(|number| (format!("{number:02}-good.json"), page(&format!("r{number}"), None)));
        let torn = (0..bad).map(|number| {
            let whole = page(&format!("bad{number}"), None);
            (format!("{number:02}-bad.json"), whole[..whole.len() - 2].to_owned())
        });
        let folder = folder(&good.chain(torn).collect::<Vec<_>>());
        let outcome = take(folder.path(), true).expect("the good files go in");
        assert_eq!((outcome.passes, outcome.sources, outcome.loaded.repositories), (1 + u32::from(bad > 0), 20, 20));
        let expected: Vec<String> = (0..bad).map(|number| format!("{number:02}-bad")).collect();
        assert_eq!(named(&outcome), expected);
    }
}

/// What a refused page begins does not continue in the file behind it.
#[test]
fn a_refused_series_is_not_continued() {
    let torn = page("bad", Some("more"));
    let files = [
        ("1.json".to_owned(), format!("{torn}\n{}", &torn[..40])),
        ("2.json".to_owned(), r#"{"imageDetails": []}"#.to_owned()),
        ("3.json".to_owned(), page("good", None)),
    ];
    let outcome = take(folder(&files).path(), true).expect("the good file goes in");
    assert_eq!((named(&outcome), outcome.loaded.repositories), (vec!["1".to_owned(), "2".to_owned()], 1));
    // The reading that finds the first, the one without it that finds the second, and the last.
    assert_eq!(outcome.passes, 3);
}

/// If it is not certain whose the empty pages are, all of them are refused: without one of them the numbers could agree.
#[test]
fn empty_pages_are_refused_together() {
    let repositories = r#"{"repositories": [
        {"registryId": "123456789012", "repositoryName": "a", "repositoryArn": "arn:aws:ecr:eu-west-1:123456789012:repository/a"},
        {"registryId": "123456789012", "repositoryName": "b", "repositoryArn": "arn:aws:ecr:eu-west-1:123456789012:repository/b"}]}"#;
    let mut files = vec![("0.json".to_owned(), repositories.to_owned())];
    files.extend((1..=3).map(|number| (format!("{number}.json"), r#"{"imageDetails": []}"#.to_owned())));
    files.push(("9.json".to_owned(), page("b", None)));
    let folder = folder(&files);
    let outcome = take(folder.path(), true).expect("the good files go in");
    assert_eq!(named(&outcome), ["1", "2", "3"]);
    assert_eq!(outcome.loaded.repositories, 1);
    assert!(outcome.passes <= 4, "{}", outcome.passes);
    let error = take(folder.path(), false).expect_err("an empty page without a repository");
    assert!(error.to_string().contains("1.json"), "{error}");
}

/// An archive out of order and bad files before and behind it: one reading finds all, one has the order, one is clean.
#[test]
fn an_archive_without_order_and_bad_files() {
    let folder = folder(&[("0.json".to_owned(), "{".to_owned()), ("9.json".to_owned(), "[".to_owned())]);
    let mut archive = tar::Builder::new(fs::File::create(folder.path().join("pages/5.tar")).expect("a file"));
    for (name, token) in [("page-2.json", None), ("page-1.json", Some("more"))] {
        let text = page("a", token);
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, text.as_bytes()).expect("a member");
    }
    archive.finish().expect("an archive");
    let outcome = take(folder.path(), true).expect("the archive goes in");
    assert_eq!((named(&outcome), outcome.passes), (vec!["0".to_owned(), "9".to_owned()], 2));
    assert_eq!((outcome.loaded.repositories, outcome.loaded.incomplete.len()), (1, 0));
}
