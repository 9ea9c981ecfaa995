//! The server over real sockets, on a database without snapshots.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use super::Server;
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
    // A silent connection is no running request and does not hold the end.
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
