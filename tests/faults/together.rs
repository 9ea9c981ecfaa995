//! Several processes at once: writers take turns, readers never wait, and a paused reader blocks no other process.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::pages;
use super::program::Place;

/// Longer than any reader has to wait; the promise is a second, and the machine may be busy.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn two_writers_take_turns() {
    let place = Place::new();
    pages::write(&place.path("day1"), 4000, 4, 2, 1);
    pages::write(&place.path("day2"), 4000, 4, 2, 2);
    // Into a database that is not there yet, and into one that is.
    for (round, snapshots) in [(1, 2), (2, 4)] {
        let lines = [1, 2].map(|day| format!("ingest day{day} --snapshot round{round}-{day} --db x.db"));
        let mut children = lines.map(|line| place.start(&line));
        for child in &mut children {
            assert!(child.wait().expect("a status").success());
        }
        place.assert_at_rest("x.db");
        let listed = place.done("snapshots --output csv --db x.db").stdout;
        assert_eq!(listed.lines().count(), snapshots + 1, "{listed}");
        place.done("verify --db x.db");
    }
}

/// While a large load runs, every read is answered from the state before it.
#[test]
fn readers_answer_during_a_load() {
    let place = Place::new();
    pages::write(&place.path("small"), 50, 1, 1, 1);
    pages::write(&place.path("large"), 40_000, 4, 1, 2);
    place.done("ingest small --snapshot small --db x.db");
    let before = place.done("snapshots --output json --db x.db").stdout;
    for (line, expected) in [
        ("ingest large --snapshot large --db x.db", Some(before.as_str())),
        ("forget small --db x.db", None),
        ("ingest large --snapshot large --db new.db", Some("[]\n")),
    ] {
        let db = line.rsplit(' ').next().expect("a database");
        let mut child = place.start(line);
        let mut reads = 0;
        while child.try_wait().expect("a status").is_none() {
            if !place.path(db).exists() {
                continue;
            }
            let read = place.run(&format!("snapshots --output json --db {db}"));
            // It can have ended meanwhile.
            if child.try_wait().expect("a status").is_none() {
                assert_eq!(read.status, Some(0), "{line}: {}", read.stderr);
                assert!(read.took < SOON, "{line}: {:?}", read.took);
                if let Some(expected) = expected {
                    let after = read.stdout.contains("\"large\"");
                    assert!(read.stdout == expected || after, "{line}: {}", read.stdout);
                }
                reads += 1;
            }
        }
        assert!(child.wait().expect("a status").success(), "{line}");
        assert!(reads > 0, "{line}: it was over too soon");
        place.assert_at_rest(db);
        place.done(&format!("verify --db {db}"));
    }
}

/// A reader whose output is not consumed does not keep the next writer waiting.
#[test]
fn a_paused_reader_is_in_nobodys_way() {
    let place = Place::new();
    pages::write(&place.path("day1"), 8000, 2, 2, 1);
    pages::write(&place.path("day2"), 8000, 2, 2, 2);
    place.done("ingest day1 --snapshot one --db base.db");
    for line in [
        "images --output csv --db x.db",
        "export latest --db x.db",
        "sql --output csv --db x.db select*from(images)",
        "describe-images --repository-name team/r0 --db x.db",
        "list-images --repository-name team/r0 --db x.db",
    ] {
        fs::copy(place.path("base.db"), place.path("x.db")).expect("a copy");
        let mut reader = place.command(line).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a reader");
        let mut first = [0];
        let mut out = reader.stdout.take().expect("a pipe");
        out.read_exact(&mut first).expect("a first byte");
        let began = Instant::now();
        place.done("ingest day2 --snapshot two --db x.db");
        assert!(began.elapsed() < SOON * 3, "{line}: {:?}", began.elapsed());
        let mut rest = Vec::new();
        out.read_to_end(&mut rest).expect("the rest");
        assert!(reader.wait().expect("a status").success(), "{line}");
        assert!(rest.len() > 100_000, "{line} prints enough to be paused: {}", rest.len());
        thread::sleep(Duration::from_millis(20));
        place.assert_at_rest("x.db");
    }
}

/// An interrupt ends a write as an error does.
#[test]
#[cfg(unix)]
fn an_interrupted_write_changes_nothing() {
    let place = Place::new();
    pages::write(&place.path("small"), 50, 1, 1, 1);
    pages::write(&place.path("large"), 60_000, 4, 1, 2);
    place.done("ingest small --snapshot small --db x.db");
    let before = fs::read(place.path("x.db")).expect("a file");
    for (db, expected) in [("x.db", 1), ("new.db", 0)] {
        let script = format!(
            "\"$ECRSNAP\" ingest large --snapshot large --db {db} 2>errors & sleep 0.3; kill -INT $!; wait $!; echo $?"
        );
        let ran = place.shell(&script);
        let errors = fs::read_to_string(place.path("errors")).expect("a file");
        assert_eq!(ran.stdout, "2\n", "{errors}");
        assert!(errors.contains("interrupted") && errors.contains("nothing was changed"), "{errors}");
        assert_eq!(place.files(db).len(), expected, "{:?}", place.files(db));
    }
    place.assert_at_rest("x.db");
    assert_eq!(fs::read(place.path("x.db")).expect("a file").len(), before.len());
    place.done("verify --db x.db");
}
