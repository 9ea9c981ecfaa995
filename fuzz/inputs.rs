//! What each fuzz target does with an input. The targets of `fuzz_targets` call it, and so does `tests/corpus`, which runs
//! every corpus on a stable compiler. Nothing may panic, hang or take more memory than its limits say; what is refused is
//! refused with a message that can be printed.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Cursor, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ecrsnap::internal::client::params::{self, Files};
use ecrsnap::internal::client::{self, Environment, OpenError, Selection};
use ecrsnap::internal::export::{self, Shape};
use ecrsnap::internal::ingest::{self, Defaults, Inspected, Options, inspect, source::Source};
use ecrsnap::internal::model::{AwsCli, DescribeImagesRequest, Instant, json};
use ecrsnap::internal::service::api::Operation;
use ecrsnap::internal::service::{Ecr, SnapshotEcr};
use ecrsnap::internal::store::maintenance::verify::Verifier;
use ecrsnap::internal::store::read::{Reader, Repositories};
use ecrsnap::internal::store::sql::Sql;
use ecrsnap::internal::{diff, query, serve};

/// The longest input of a target whose cost is not bounded by the input alone: packed data unpack to more.
const LONGEST: usize = 64 << 10;

/// A message must be there, and must not control a terminal.
fn check_message(message: &str) {
    assert!(!message.is_empty());
    let odd = |c: char| c.is_control() && c != '\n';
    assert!(!message.chars().any(odd), "{message:?}");
}

fn read(data: Vec<u8>, extract: bool) -> Option<Inspected> {
    let defaults = Defaults {
        registry_id: Some("123456789012".to_owned()),
        repository_name: Some("a/b".to_owned()),
        region: None,
    };
    match inspect(&Source::open("input", Box::new(Cursor::new(data))), &defaults, extract) {
        Ok(found) => Some(found),
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with("input"), "{message:?}");
            check_message(&message);
            None
        }
    }
}

/// `page`: a page of any shape, read alone and within other text; returns whether it is one.
pub(crate) fn page(data: &[u8]) -> bool {
    let whole = read(data.to_vec(), false);
    read(data.to_vec(), true);
    whole.is_some()
}

/// `yaml`: a page in YAML. The input follows a line that makes it one.
pub(crate) fn yaml(data: &[u8]) -> bool {
    read([b"imageDetails:\n", data].concat(), false).is_some()
}

/// `archive`: archives and packed data, within one another.
pub(crate) fn archive(data: &[u8]) -> bool {
    data.len() <= LONGEST && read(data.to_vec(), false).is_some()
}

/// A machine whose only file is `input`, with this content.
struct OneFile<'a>(&'a [u8]);

impl Files for OneFile<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == "input" { Ok(self.0.to_vec()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn home(&self, _: &str) -> Option<String> {
        None
    }
}

/// Read the options of a line in both releases; whether version 2 would send a request.
fn parameters(option: &str, words: &[String], file: &[u8]) -> bool {
    let operation = Operation::of_command("describe-images").expect("an operation");
    let name = ["web".to_owned()];
    let mut sent = false;
    for cli in [AwsCli::V1, AwsCli::V2] {
        let files = OneFile(file);
        let given = |asked: &str| match asked {
            _ if asked == option => Some(words),
            "--repository-name" if option != "--cli-input-yaml" => Some(&name[..]),
            _ => None,
        };
        let checked =
            params::draft(operation, given, cli, &files).and_then(params::Draft::finish).and_then(|mut call| {
                call.take_pagination()?;
                call.check()
            });
        match checked {
            Ok(_) => sent = true,
            Err(error) => {
                assert!(!error.stderr(cli, "aws").is_empty());
                sent = false;
            }
        }
    }
    sent
}

/// `shorthand`: the text as `--image-ids` and as `--filter`; whether the first is sent.
pub(crate) fn shorthand(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let words: Vec<String> = text.split('\0').map(str::to_owned).collect();
    parameters("--filter", &words[..1], b"key=value");
    parameters("--image-ids", &words, b"key=value")
}

/// `cli_input_yaml`: a document of `--cli-input-yaml`; whether it is sent.
pub(crate) fn cli_input_yaml(data: &[u8]) -> bool {
    if let Ok(text) = std::str::from_utf8(data)
        && !text.contains("://")
    {
        parameters("--cli-input-yaml", &[text.to_owned()], b"");
    }
    parameters("--cli-input-yaml", &["fileb://input".to_owned()], data)
}

/// `jmespath`: an expression over a page; whether it has a result.
pub(crate) fn jmespath(data: &[u8]) -> bool {
    const PAGE: &str = r#"{"imageDetails": [{"imageDigest": "sha256:a", "imageTags": ["v1", "é"], "imageSizeInBytes": 5,
        "imagePushedAt": 1.5}, {"imageDigest": "sha256:b", "imageScanFindingsSummary": {"findingSeverityCounts":
        {"HIGH": 1, "LOW": 12345678901234567890}}}], "nextToken": null}"#;
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let page = json::parse(PAGE).expect("JSON");
    let found = query::compile(text).and_then(|expression| {
        expression.members_of("imageDetails");
        expression.search_with_shared_refs(&page)?;
        expression.search(&page)
    });
    match found {
        Ok(value) => !json::to_compact(&value).is_empty(),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// A database of two snapshots of three repositories, made once.
fn database() -> &'static Path {
    static MADE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ecrsnap.db");
        for day in 1..=2_u64 {
            let mut pages = String::new();
            for repository in ["a", "shop/web", "tools"] {
                let detail = |number: u64| {
                    format!(
                        r#"{{"registryId": "123456789012", "repositoryName": "{repository}", "imageDigest": "sha256:{:064x}",
                            "imageTags": ["v{number}", "é"], "imageSizeInBytes": {}, "imagePushedAt": {},
                            "imageScanFindingsSummary": {{"findingSeverityCounts": {{"HIGH": {number}}}}}, "new": [1, {{}}]}}"#,
                        (number + 1) * 0x9e37_79b9,
                        number * day,
                        1_700_000_000 + number
                    )
                };
                let details: Vec<String> = (day..70 + day).map(detail).collect();
                _ = writeln!(pages, "{{\"imageDetails\": [{}]}}", details.join(","));
            }
            let source = Source::open("page.json", Box::new(Cursor::new(pages.into_bytes())));
            let captured_at = Instant::from_text(&format!("2026-03-0{day}")).ok();
            let options = Options {
                db: path.clone(),
                snapshot: Some(format!("day-{day}")),
                captured_at,
                ..Options::default()
            };
            ingest::ingest(&[source], &options, &Arc::default()).expect("pages");
        }
        (folder, path)
    });
    path
}

fn service(db: &Path) -> Option<SnapshotEcr<Reader>> {
    let reader = Reader::open(db).ok()?;
    let snapshot = reader.snapshot("latest").ok()?;
    Some(SnapshotEcr::new(reader, snapshot, None))
}

/// `token`: a token of the client and of the service; whether the client continues from it.
pub(crate) fn token(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let mut taken = false;
    for option in ["--starting-token", "--next-token"] {
        for release in ["v1", "v2"] {
            let line = ["--aws-cli", release, "ecr", "describe-images", "--repository-name", "shop/web"];
            let mut line: Vec<OsString> = line.iter().map(OsString::from).collect();
            line.push(format!("{option}={text}").into());
            let environment =
                Environment { variables: [("AWS_DEFAULT_REGION".into(), "x".into())].into(), ..Environment::sealed() };
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let mut open = |_: &Selection| {
                let service = service(database()).ok_or_else(|| OpenError("no database".to_owned()))?;
                Ok::<Box<dyn Ecr>, OpenError>(Box::new(service))
            };
            let status = client::run(&line, &environment, &mut open, &mut out, &mut err);
            assert_eq!(status == 0, err.is_empty(), "{}", String::from_utf8_lossy(&err));
            taken |= status == 0 && option == "--starting-token";
        }
    }
    taken
}

/// `serve_body`: the body of a call; the first byte chooses the operation. Whether the server answers it.
pub(crate) fn serve_body(data: &[u8]) -> bool {
    static SERVER: OnceLock<serve::Server> = OnceLock::new();
    static STREAM: Mutex<Option<TcpStream>> = Mutex::new(None);
    let Some((first, body)) = data.split_first() else { return false };
    let operations = ["DescribeImages", "ListImages", "DescribeRepositories", "GetLifecyclePolicy", "PutImage"];
    let operation = operations[usize::from(*first) % operations.len()];
    let server = SERVER.get_or_init(|| {
        let listen = "127.0.0.1:0".parse().expect("an address");
        let db = database().to_owned();
        let options = serve::Options { db, listen, snapshot: None, region: None, allow_remote: false };
        serve::Server::start(&options).expect("a server")
    });
    let mut held = STREAM.lock().unwrap_or_else(PoisonError::into_inner);
    let request = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.{operation}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // A connection that was kept may be over by now; a new one is not.
    for attempt in 0..2 {
        let mut stream = match held.take() {
            Some(stream) => stream,
            None => TcpStream::connect(server.address()).expect("a connection"),
        };
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        let answer = stream.write_all(&[request.as_bytes(), body].concat()).and_then(|()| answer(&mut stream));
        match answer {
            Ok(status) => {
                assert!(matches!(status, 200 | 400 | 404 | 413), "{operation}: {status}");
                *held = Some(stream);
                return status == 200;
            }
            Err(error) => assert_eq!(attempt, 0, "{operation}: {error}"),
        }
    }
    false
}

/// Read an answer; its status.
fn answer(stream: &mut TcpStream) -> io::Result<u16> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(bad)?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).ok_or_else(bad)?;
    let mut body = vec![0; length.parse().map_err(|_| bad())?];
    stream.read_exact(&mut body)?;
    Ok(status)
}

/// `store`: a database with changed bytes: four bytes of the input each say where and what. Everything that reads is run
/// on it. Whether it is found to be whole.
pub(crate) fn store(data: &[u8]) -> bool {
    static WHOLE: OnceLock<Vec<u8>> = OnceLock::new();
    let mut bytes = WHOLE.get_or_init(|| fs::read(database()).expect("a database")).clone();
    for change in data.chunks_exact(4).take(64) {
        let at = u32::from_le_bytes([change[0], change[1], change[2], 0]) as usize % bytes.len();
        bytes[at] = change[3];
    }
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("ecrsnap.db");
    fs::write(&db, bytes).expect("a file");
    read_all(&db);
    let Ok(verifier) = Verifier::open(&db) else { return false };
    verifier.run(&AtomicU64::new(0)).is_ok_and(|report| report.findings.is_empty())
}

/// Read a database in every way. Errors are answers here.
fn read_all(db: &Path) {
    let Ok(reader) = Reader::open(db) else { return };
    let Ok(snapshots) = reader.snapshots() else { return };
    for snapshot in &snapshots {
        for listing in reader.listings(snapshot.id, None).unwrap_or_default() {
            _ = export::write(&reader, snapshot, &listing, Shape::Page, &mut io::sink());
            _ = reader.shown_statuses(&listing);
            _ = reader.superseded(&listing);
        }
        _ = reader.described_repositories(snapshot.id);
        _ = reader.lifecycle_policies(snapshot.id);
        _ = reader.ingests(snapshot.id);
    }
    if let [one, two, ..] = &snapshots[..] {
        _ = diff::snapshots(&reader, (one, two), &Repositories::default(), diff::Options::default());
    }
    if let Some(mut service) = service(db) {
        let mut request = DescribeImagesRequest {
            repository_name: Some("shop/web".to_owned()),
            max_results: Some(30),
            ..DescribeImagesRequest::default()
        };
        // A listing of 70 has three pages; a walk that continues after many is one that does not end.
        for page in 0.. {
            assert!(page < 1000, "a walk without end");
            let Ok(answer) = service.describe_images(&request) else { break };
            let Some(token) = answer.next_token else { break };
            request.next_token = Some(token);
        }
    }
    if let Ok(sql) = Sql::open(db, Some(Duration::from_secs(5))) {
        for view in ["images", "image_tags", "findings", "snapshots", "repositories", "pages"] {
            if let Ok(mut answer) = sql.query(&format!("SELECT * FROM {view}"), &[]) {
                _ = answer.rows().take_while(Result::is_ok).count();
            }
        }
    }
}
