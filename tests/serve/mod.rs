//! `ecrsnap serve` as its clients see it: the built program, sockets and signals.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

const TARGET: &str = "AmazonEC2ContainerRegistry_V20150921";
const MEDIA_TYPE: &str = "application/x-amz-json-1.1";

/// The program on a database of a folder, with an empty environment.
fn ecrsnap(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecrsnap"));
    command.args(words).env_clear().env("TZ", "UTC").current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn output(folder: &Path, words: &[&str]) -> Output {
    ecrsnap(folder, words).output().expect("the program starts")
}

fn ingest(folder: &Path, date: &str) {
    let samples = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/samples")).join(date);
    let at = format!("{date}T02:00:00Z");
    let ran = output(folder, &["ingest", &samples.to_string_lossy(), "--snapshot", date, "--captured-at", at.as_str()]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// A folder with a database of one date.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    ingest(folder.path(), "2026-03-01");
    folder
}

/// A server, which ends with its test.
struct Served {
    process: Child,
    /// Standard output behind the first line.
    rest: BufReader<ChildStdout>,
    first_line: String,
    address: SocketAddr,
}

impl Served {
    fn start(folder: &TempDir, options: &[&str]) -> Self {
        let words = [&["serve"], options].concat();
        let mut process = ecrsnap(folder.path(), &words).spawn().expect("the program starts");
        let mut rest = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut first_line = String::new();
        rest.read_line(&mut first_line).expect("a line");
        let address = first_line.trim_end().rsplit('/').next().and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address in {first_line:?}"));
        Served { process, rest, first_line, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        stream
    }

    /// Send what is given, and read to the end: the status and the body.
    fn send(&self, request: &[u8]) -> (u16, String) {
        let mut stream = self.connect();
        // A server that has refused the head does not read on.
        let _ = stream.write_all(request);
        answer(stream)
    }

    fn call(&self, operation: &str, body: &str) -> (u16, String) {
        self.send(&call(operation, MEDIA_TYPE, body))
    }

    fn interrupt(&self) {
        let kill = Command::new("sh").arg("-c").arg(format!("kill -INT {}", self.process.id())).status();
        assert!(kill.expect("a shell").success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn call(operation: &str, media_type: &str, body: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {media_type}\r\n\
         Content-Length: {}\r\nX-Amz-Target: {TARGET}.{operation}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut bytes = Vec::new();
    // A connection that is reset after its answer still gave it.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).expect("UTF-8");
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|text| text.get(..3)).and_then(|status| status.parse().ok());
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    (status.unwrap_or_else(|| panic!("no answer: {text:?}")), body.unwrap_or_default())
}

#[test]
fn the_first_line_is_the_address_and_it_answers_there() {
    let folder = folder();
    let served = Served::start(&folder, &[]);
    assert_eq!(served.first_line, format!("listening on http://{}\n", served.address));
    assert!(served.address.ip().is_loopback() && served.address.port() != 0);
    assert_eq!(
        served.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        (200, "ok\n".to_owned())
    );
    let (status, body) = served.call("ListImages", r#"{"repositoryName": "shop/mailer"}"#);
    assert_eq!(status, 200, "{body}");
    assert!(body.starts_with(r#"{"imageIds": [{"imageDigest": "sha256:"#), "{body}");
    let (status, body) = served.call("DescribeRepositories", "{}");
    assert!(status == 200 && body.contains(r#""repositoryName": "shop/web""#), "{body}");
}

#[test]
fn what_is_no_call_gets_an_error_of_the_protocol() {
    let folder = folder();
    let served = Served::start(&folder, &[]);
    let large = format!("{{\"nextToken\": \"{}\"}}", "x".repeat(2 << 20));
    let deep = "[".repeat(100_000);
    let cases = [
        (call("BatchDeleteImage", MEDIA_TYPE, "{}"), 400, "UnknownOperationException"),
        (call("", MEDIA_TYPE, "{}"), 400, "UnknownOperationException"),
        (call("DescribeImages", MEDIA_TYPE, "{\"repositoryName\": "), 400, "SerializationException"),
        (call("DescribeImages", MEDIA_TYPE, "[]"), 400, "SerializationException"),
        (call("DescribeImages", MEDIA_TYPE, "{\"maxResults\": \"10\"}"), 400, "SerializationException"),
        (call("DescribeImages", MEDIA_TYPE, &deep), 400, "SerializationException"),
        (call("DescribeImages", "application/json", "{}"), 415, "UnsupportedMediaTypeException"),
        (call("DescribeImages", "text/xml", "<x/>"), 415, "UnsupportedMediaTypeException"),
        (call("DescribeImages", MEDIA_TYPE, &large), 413, "RequestEntityTooLargeException"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_vec(), 405, "MethodNotAllowedException"),
        (call("DescribeImages", MEDIA_TYPE, "{\"repositoryName\": \"shop/none\"}"), 400, "RepositoryNotFoundException"),
    ];
    for (request, status, kind) in cases {
        let shown = String::from_utf8_lossy(&request[..request.len().min(400)]).into_owned();
        let (found, body) = served.send(&request);
        assert_eq!(found, status, "{shown}\n{body}");
        assert!(body.starts_with(&format!("{{\"__type\": \"{kind}\", \"message\": \"")), "{shown}\n{body}");
    }
}

#[test]
fn an_ingest_is_seen_by_the_next_request() {
    let folder = folder();
    let served = Served::start(&folder, &[]);
    let ask = || served.call("DescribeImages", r#"{"repositoryName": "shop/search"}"#);
    let (status, body) = ask();
    assert!(status == 400 && body.contains("RepositoryNotFoundException"), "{body}");
    ingest(folder.path(), "2026-03-08");
    let (status, body) = ask();
    assert!(status == 200 && body.contains(r#""repositoryName": "shop/search""#), "{body}");

    // A server with `--snapshot` keeps that snapshot.
    let named = Served::start(&folder, &["--snapshot", "2026-03-01"]);
    let (status, body) = named.call("DescribeImages", r#"{"repositoryName": "shop/search"}"#);
    assert!(status == 400 && body.contains("RepositoryNotFoundException"), "{body}");
}

#[test]
fn an_interrupt_lets_a_running_request_end() {
    let folder = folder();
    let mut served = Served::start(&folder, &[]);
    let request = call("ListImages", MEDIA_TYPE, r#"{"repositoryName": "shop/mailer"}"#);
    let (begun, rest) = request.split_at(request.len() - 5);
    let mut stream = served.connect();
    stream.write_all(begun).expect("a beginning");
    // Answered after the beginning was sent, so the server has most likely read that too.
    assert_eq!(served.call("ListImages", "{}").0, 200);
    served.interrupt();
    while TcpStream::connect(served.address).is_ok() {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(served.process.try_wait().expect("a process").is_none(), "it did not wait for the request");
    stream.write_all(rest).expect("a rest");
    let (status, body) = answer(stream);
    assert_eq!(status, 200, "{body}");
    assert_eq!(served.process.wait().expect("an end").code(), Some(0));
    let mut printed = String::new();
    served.rest.read_to_string(&mut printed).expect("UTF-8");
    assert_eq!(printed, "");
}

#[test]
fn an_address_beyond_this_machine_needs_leave() {
    let folder = folder();
    let served = Served::start(&folder, &["--listen", "0.0.0.0:0", "--allow-remote"]);
    assert!(served.address.ip().is_unspecified());
    for (words, text) in [
        (&["serve", "--listen", "0.0.0.0:0"][..], "pass --allow-remote to allow it"),
        (&["serve", "--listen", "[::]:0"], "pass --allow-remote to allow it"),
        (&["serve", "--listen", "nowhere"], "invalid value 'nowhere'"),
        (&["serve", "--snapshot", "typo"], "no snapshot `typo`"),
        (&["--db", "none.db", "serve"], "no such database"),
    ] {
        let ran = output(folder.path(), words);
        let stderr = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.code() == Some(2) && ran.stdout.is_empty(), "{words:?}: {stderr}");
        assert!(stderr.contains(text), "{words:?}: {stderr}");
    }
}
