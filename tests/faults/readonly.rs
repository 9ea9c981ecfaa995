//! Media that cannot be written: everything can be read, except what an interrupted write left half done.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Output;

use rusqlite::Connection;

use super::program::Place;
use super::{pages, upgrade};

/// The user `nobody`. Permissions do not apply to the superuser, as which tests may run.
const NOBODY: u32 = 65534;

/// A folder in which nothing can be written by those who run the program there.
struct ReadOnly {
    place: Place,
    as_nobody: bool,
}

impl ReadOnly {
    fn new() -> Self {
        let mut place = Place::new();
        let as_nobody = fs::metadata(place.path("")).is_ok_and(|folder| {
            use std::os::unix::fs::MetadataExt as _;
            folder.uid() == 0
        });
        if as_nobody {
            // Another user may not have access to the build directory.
            let program = place.path("program");
            fs::copy(env!("CARGO_BIN_EXE_ecrsnap"), &program).expect("a copy of the program");
            set_mode(&program, 0o755);
            place.set_program(program);
        }
        fs::create_dir(place.path("media")).expect("a folder");
        fs::create_dir(place.path("tmp")).expect("a folder");
        set_mode(&place.path("tmp"), 0o777);
        set_mode(&place.path(""), 0o755);
        ReadOnly { place, as_nobody }
    }

    /// Run a line on the media.
    fn run(&self, line: &str) -> Output {
        let media = self.place.path("media");
        for entry in fs::read_dir(&media).expect("a folder") {
            set_mode(&entry.expect("an entry").path(), 0o444);
        }
        set_mode(&media, 0o555);
        let mut command = self.place.command(line);
        command.env("TMPDIR", self.place.path("tmp"));
        if self.as_nobody {
            command.uid(NOBODY);
        }
        let output = command.output().expect("the program runs");
        set_mode(&media, 0o755);
        output
    }

    fn read(&self, line: &str) -> String {
        let output = self.run(line);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{line}: {errors}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

const READS: [&str; 6] =
    ["snapshots --output csv", "verify", "images --output csv", "report --format json", "export latest", "diff"];

#[test]
fn a_database_on_read_only_media_is_read() {
    let media = ReadOnly::new();
    let place = &media.place;
    pages::write(&place.path("day1"), 300, 2, 3, 1);
    pages::write(&place.path("day2"), 300, 2, 3, 2);
    place.done("ingest day1 --snapshot one --db made.db");
    place.done("ingest day2 --snapshot two --db made.db");
    fs::copy(place.path("made.db"), place.path("media/x.db")).expect("a copy");
    fs::copy(place.path("made.db"), place.path("media/log.db")).expect("a copy");
    // As a copy is that was made while a server had the database open.
    Connection::open(place.path("media/log.db"))
        .and_then(|db| db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())))
        .expect("a log");
    for line in READS {
        let (one, other) = (format!("{line} --db media/x.db"), format!("{line} --db media/log.db"));
        assert_eq!(media.read(&one), media.read(&other), "{line}");
    }
    let refused = media.run("forget one --db media/x.db");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("nothing was changed"));
}

#[test]
fn a_database_of_version_0_1_on_read_only_media_is_read() {
    let media = ReadOnly::new();
    let place = &media.place;
    upgrade::fixture(&place.path("media/old.db"));
    upgrade::fixture(&place.path("new.db"));
    place.done("snapshots rename three third --db new.db");
    place.done("snapshots rename third three --db new.db");
    for line in READS {
        let expected = place.done(&format!("{line} --db new.db")).stdout;
        assert_eq!(media.read(&format!("{line} --db media/old.db")), expected, "{line}");
    }
    assert_eq!(fs::read_dir(place.path("tmp")).expect("a folder").count(), 0, "no temporary copy stays");
}

/// What would have to be undone or completed first cannot be read, and the message says what to do.
#[test]
fn an_interrupted_write_on_read_only_media_is_named() {
    let media = ReadOnly::new();
    let place = &media.place;
    pages::write(&place.path("day1"), 300, 2, 3, 1);
    place.done("ingest day1 --snapshot one --db made.db");
    // A journal that has to be rolled back, and a log that was not folded in.
    for (name, mode) in [("journal.db", "DELETE"), ("wal.db", "WAL")] {
        let path = place.path(name);
        fs::copy(place.path("made.db"), &path).expect("a copy");
        let db = Connection::open(&path).expect("a database");
        db.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).expect("a mode");
        db.execute_batch("PRAGMA cache_size = 1; BEGIN; UPDATE image SET size_bytes = 1; UPDATE image SET tags = NULL")
            .expect("a write");
        if mode == "WAL" {
            db.execute_batch("COMMIT").expect("a commit");
        }
        for suffix in ["", "-journal", "-wal"] {
            let from = place.path(&format!("{name}{suffix}"));
            if from.exists() {
                fs::copy(from, place.path(&format!("media/{name}{suffix}"))).expect("a copy");
            }
        }
        drop(db);
        let output = media.run(&format!("snapshots --db media/{name}"));
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {errors}");
        assert!(errors.contains("belongs to it") && errors.contains("copy the database"), "{name}: {errors}");
        // On a disk that can be written the same files are read.
        fs::create_dir(place.path("disk")).expect("a folder");
        for entry in fs::read_dir(place.path("media")).expect("a folder") {
            let entry = entry.expect("an entry");
            let to = place.path("disk").join(entry.file_name());
            fs::copy(entry.path(), &to).expect("a copy");
            set_mode(&to, 0o644);
        }
        place.done(&format!("snapshots --db disk/{name}"));
        fs::remove_dir_all(place.path("disk")).expect("a folder");
    }
}
