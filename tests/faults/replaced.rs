//! A database that is replaced or removed under a running server: it answers from the file that is there, or says so.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use super::pages;
use super::program::Place;

/// A server, ended when it is dropped.
pub(super) struct Server {
    child: Child,
    address: String,
}

impl Server {
    pub(super) fn start(place: &Place, line: &str) -> Self {
        let mut child = place.command(line).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a server");
        let mut first = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut first).expect("a line");
        let address = first.trim().rsplit('/').next().expect("an address").to_owned();
        Server { child, address }
    }

    /// Status and body of a request.
    pub(super) fn ask(&self, request: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.1\r\n\
             x-amz-target: AmazonEC2ContainerRegistry_V20150921.ListImages\r\ncontent-length: {length}\r\n\r\n{body}",
            self.address
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer)
    }

    pub(super) fn list(&self) -> (u16, String) {
        self.ask("POST /", r#"{"repositoryName":"team/r0","maxResults":1}"#)
    }

    /// End it as a service manager does, and wait.
    #[cfg(unix)]
    pub(super) fn stop(mut self) {
        let id = self.child.id().to_string();
        let killed = std::process::Command::new("kill").arg(&id).status().expect("kill");
        assert!(killed.success());
        assert!(self.child.wait().expect("a status").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_server_answers_from_the_file_that_is_there() {
    let place = Place::new();
    pages::write(&place.path("day1"), 50, 1, 1, 1);
    pages::write(&place.path("other"), 70, 1, 1, 2);
    place.done("ingest day1 --snapshot one --db x.db");
    place.done("ingest other --snapshot other --db restored.db");
    // The newest tag of the one is v0, and so is that of the other; the number of images distinguishes them.
    let server = Server::start(&place, "serve --db x.db");
    let count = |server: &Server| {
        let (status, body) = server.ask("POST /", r#"{"repositoryName":"team/r0","maxResults":1000}"#);
        assert_eq!(status, 200, "{body}");
        body.matches("imageDigest").count()
    };
    // Every thread of the pool has it open.
    for _ in 0..20 {
        assert_eq!(count(&server), 50);
    }
    fs::rename(place.path("restored.db"), place.path("x.db")).expect("a move");
    for _ in 0..20 {
        assert_eq!(count(&server), 70);
    }
    fs::rename(place.path("x.db"), place.path("away.db")).expect("a move");
    for _ in 0..8 {
        let (status, body) = server.list();
        assert_eq!(status, 500, "{body}");
        assert!(body.contains("no such database"), "{body}");
        assert_eq!(server.ask("GET /healthz", "").0, 503);
    }
    fs::rename(place.path("away.db"), place.path("x.db")).expect("a move");
    assert_eq!(count(&server), 70);
    assert_eq!(server.ask("GET /healthz", "").0, 200);
}

/// A server sees what is ingested, blocks no writer, and leaves one file when it ends.
#[test]
#[cfg(unix)]
fn a_server_goes_on_through_writes() {
    let place = Place::new();
    pages::write(&place.path("day1"), 500, 2, 2, 1);
    pages::write(&place.path("day2"), 500, 2, 2, 2);
    place.done("ingest day1 --snapshot one --db x.db");
    let server = Server::start(&place, "serve --db x.db");
    assert_eq!(server.list().0, 200);
    place.done("ingest day2 --snapshot two --db x.db");
    assert_eq!(server.list().0, 200);
    place.done("forget one --db x.db");
    assert_eq!(server.list().0, 200);
    place.done("verify --db x.db");
    server.stop();
    place.assert_at_rest("x.db");
    // A server that has nothing to do for a moment folds the log in while it runs.
    let server = Server::start(&place, "serve --db x.db");
    assert_eq!(server.list().0, 200);
    place.done("ingest day1 --snapshot again --db x.db");
    let began = std::time::Instant::now();
    while place.files("x.db").len() > 1 && began.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    place.assert_at_rest("x.db");
    assert_eq!(server.list().0, 200);
}
