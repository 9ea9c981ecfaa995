//! The server over real sockets, on a database without snapshots.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Limits, Server};
use crate::serve::{Options, ServeError};

/// An empty store.
fn database(folder: &Path) -> (PathBuf, rusqlite::Connection) {
    let path = folder.join("store.db");
    crate::store::create_empty(&path);
    let connection = rusqlite::Connection::open(&path).unwrap();
    (path, connection)
}

fn options(db: PathBuf, listen: &str) -> Options {
    Options { db, listen: listen.parse().unwrap(), snapshot: None, region: None, allow_remote: false }
}

/// Ask for images and read until the server closes the connection.
fn list_images(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\
                Content-Type: application/x-amz-json-1.1\r\n\
                X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.ListImages\r\n\r\n{}";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_snapshot_that_comes_later_is_seen_and_the_end_is_orderly() {
    let folder = tempfile::tempdir().unwrap();
    let (path, connection) = database(folder.path());
    let server = Server::start(&options(path, "127.0.0.1:0")).unwrap();
    let address = server.address();
    let before = list_images(address);
    assert!(before.starts_with("HTTP/1.1 500 ") && before.contains("holds none yet"), "{before}");
    let add = "INSERT INTO snapshot (name, captured_at) VALUES ('first', 0)";
    connection.execute_batch(add).unwrap();
    let after = list_images(address);
    assert!(after.starts_with("HTTP/1.1 200 ") && after.ends_with("{\"imageIds\": []}"), "{after}");
    // A connection without a request does not delay the shutdown.
    let mut silent = TcpStream::connect(address).unwrap();
    server.stop();
    assert!(!matches!(silent.read(&mut [0]), Ok(1..)));
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_start_that_cannot_serve_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _connection) = database(folder.path());
    let missing = folder.path().join("none.db");
    let refused = |options: &Options| Server::start(options).err().map(|error| error.to_string()).unwrap_or_default();
    let remote = refused(&options(path.clone(), "0.0.0.0:0"));
    assert!(remote.contains("not authenticated") && remote.contains("--allow-remote"), "{remote}");
    assert!(refused(&options(missing, "127.0.0.1:0")).contains("no such database"));
    let named = Options { snapshot: Some("typo".to_owned()), ..options(path.clone(), "127.0.0.1:0") };
    assert!(refused(&named).contains("no snapshot `typo`"));
    let server = Server::start(&options(path.clone(), "127.0.0.1:0")).unwrap();
    let taken = Options { listen: server.address(), ..options(path.clone(), "127.0.0.1:0") };
    assert!(matches!(Server::start(&taken), Err(ServeError::Listen { .. })));
    let open = Options { allow_remote: true, ..options(path, "0.0.0.0:0") };
    Server::start(&open).unwrap().stop();
}

/// A server with short limits and the path of its database.
fn limited(change: impl FnOnce(&mut Limits)) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (path, connection) = database(folder.path());
    connection.execute_batch("INSERT INTO snapshot (name, captured_at) VALUES ('first', 0)").unwrap();
    let mut limits = Limits::default();
    change(&mut limits);
    (Server::start_with(&options(path, "127.0.0.1:0"), limits).unwrap(), folder)
}

fn request(body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.ListImages\r\n\r\n{body}",
        body.len()
    )
}

/// Read to the end, or fail after a time in which every limit of these tests is long over.
fn read_to_end(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("the connection stays open"),
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

#[test]
fn a_client_that_closes_its_side_gets_its_answer() {
    let (server, _folder) = limited(|_| {});
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(request("{}").as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = read_to_end(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("{\"imageIds\": []}"), "{answer}");
    server.stop();
}

/// The place of a client that never reads becomes free, and it does not hold up the end.
#[test]
fn a_client_that_never_reads_loses_its_place() {
    let (server, _folder) = limited(|limits| {
        limits.connections = 1;
        limits.stall = Duration::from_millis(200);
    });
    let address = server.address();
    let mut deaf = TcpStream::connect(address).unwrap();
    deaf.set_write_timeout(Some(Duration::from_mins(1))).unwrap();
    // More answers than all buffers hold: the server stops reading, then closes the connection.
    let requests = request("{}").repeat(1000);
    while deaf.write_all(requests.as_bytes()).is_ok() {}
    let mut next = TcpStream::connect(address).unwrap();
    next.write_all(request("{}").replace("Host:", "Connection: close\r\nHost:").as_bytes()).unwrap();
    assert!(read_to_end(&mut next).starts_with("HTTP/1.1 200 "));
    server.stop();
}

#[test]
fn a_head_that_does_not_come_ends_the_connection() {
    let (server, _folder) = limited(|limits| limits.head_within = Duration::from_millis(200));
    for beginning in ["", "POST / HTTP/1.1\r\nHost: local"] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(beginning.as_bytes()).unwrap();
        let answer = read_to_end(&mut stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    server.stop();
}

#[test]
fn a_body_that_does_not_come_is_answered_with_a_timeout() {
    let (server, _folder) = limited(|limits| limits.answer_within = Duration::from_millis(200));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let whole = request("{}");
    stream.write_all(&whole.as_bytes()[..whole.len() - 1]).unwrap();
    let answer = read_to_end(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("RequestTimeoutException"), "{answer}");
    server.stop();
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let (server, _folder) = limited(|limits| limits.head = 16 * 1024);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let long = request("{}").replace("Host:", &format!("X-Long: {}\r\nHost:", "x".repeat(20_000)));
    let _ = stream.write_all(long.as_bytes());
    assert!(read_to_end(&mut stream).starts_with("HTTP/1.1 431 "));
    server.stop();
}

/// The connection beyond the most waits until a place is free.
#[test]
fn connections_beyond_the_most_wait_for_a_place() {
    let (server, _folder) = limited(|limits| limits.connections = 1);
    let address = server.address();
    let held = TcpStream::connect(address).unwrap();
    let mut waiting = TcpStream::connect(address).unwrap();
    waiting.write_all(request("{}").replace("Host:", "Connection: close\r\nHost:").as_bytes()).unwrap();
    waiting.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(waiting.read(&mut [0]).is_err(), "answered without a place");
    drop(held);
    assert!(read_to_end(&mut waiting).starts_with("HTTP/1.1 200 "));
    server.stop();
}

/// The numbers of `docs/serve.md`.
#[test]
fn the_documented_limits_are_these() {
    let Limits { connections, head, body, head_within, answer_within, stall, drain_within } = Limits::default();
    assert_eq!((connections, head, body), (256, 64 << 10, 1 << 20));
    let seconds = [head_within, answer_within, stall, drain_within].map(|limit| limit.as_secs());
    assert_eq!(seconds, [15, 30, 10, 30]);
}
