//! No room: full disks, limits of file sizes, no file descriptors, output that cannot be written.

#![cfg(unix)]

use std::fs;

use super::pages;
use super::program::Place;
use super::upgrade;

/// Limits between a page and more than everything, in blocks of 512 bytes.
const BLOCKS: [u32; 6] = [8, 64, 400, 1000, 2000, 4000];

/// A file that becomes too large is an error of the write and no end of the program.
#[test]
fn a_limit_of_file_sizes_changes_nothing() {
    let place = Place::new();
    pages::write(&place.path("day1"), 3000, 3, 3, 1);
    pages::write(&place.path("day2"), 3000, 3, 1, 2);
    place.done("ingest day1 --snapshot one --db base.db");
    place.done("snapshots --db base.db");
    let mut refused = 0;
    for line in
        ["ingest day2 --snapshot two --db x.db", "forget one --db x.db", "ingest day1 --snapshot one --db new.db"]
    {
        for blocks in BLOCKS {
            fs::copy(place.path("base.db"), place.path("x.db")).expect("a copy");
            let _ = fs::remove_file(place.path("new.db"));
            let before = place.done("snapshots --output json --db x.db").stdout;
            let ran = place.shell(&format!("ulimit -f {blocks}; exec \"$ECRSNAP\" {line}"));
            assert!(matches!(ran.status, Some(0..=2)), "{line} with {blocks}: {:?} {}", ran.status, ran.stderr);
            if ran.status == Some(2) {
                refused += 1;
                assert!(ran.stderr.contains("nothing was changed"), "{line} with {blocks}: {}", ran.stderr);
                assert_eq!(place.done("snapshots --output json --db x.db").stdout, before, "{line} with {blocks}");
                assert!(!place.path("new.db").exists(), "{line} with {blocks}: {:?}", place.files("new.db"));
            }
            // A log that did not fit is folded in by the next command that may write so much.
            place.done("verify --db x.db");
            place.assert_at_rest("x.db");
        }
    }
    assert!(refused >= 6, "only {refused} of the limits were too small");
}

/// A merge that does not fit leaves both databases and the folder as they were; what is merged is never written to.
#[test]
fn a_limit_of_file_sizes_stops_a_merge() {
    let place = Place::new();
    pages::write(&place.path("day1"), 3000, 3, 3, 1);
    pages::write(&place.path("day2"), 3000, 3, 1, 2);
    place.done("ingest day1 --snapshot one --db base.db");
    place.done("ingest day2 --snapshot two --db later.db");
    upgrade::fixture(&place.path("old.db"));
    let mut refused = 0;
    for (line, other) in [
        ("merge later.db --db x.db", "later.db"),
        ("merge later.db --db new.db", "later.db"),
        // Its copy in the present format does not fit either.
        ("merge old.db --db x.db", "old.db"),
        ("merge old.db --db new.db", "old.db"),
    ] {
        for blocks in BLOCKS {
            fs::copy(place.path("base.db"), place.path("x.db")).expect("a copy");
            let _ = fs::remove_file(place.path("new.db"));
            let (target, source) = (place.path("x.db"), place.path(other));
            let before = place.done("snapshots --output json --db x.db").stdout;
            let held = fs::read(&source).expect("the other database");
            let files = place.files("");
            let ran = place.shell(&format!("ulimit -f {blocks}; exec \"$ECRSNAP\" {line}"));
            assert!(matches!(ran.status, Some(0 | 2)), "{line} with {blocks}: {:?} {}", ran.status, ran.stderr);
            assert_eq!(fs::read(&source).expect("the other database"), held, "{line} with {blocks}");
            if ran.status == Some(2) {
                refused += 1;
                let now = place.done("snapshots --output json --db x.db").stdout;
                assert_eq!(now, before, "{line} with {blocks}");
                assert!(!place.path("new.db").exists(), "{line} with {blocks}: {:?}", place.files("new.db"));
            }
            place.done("verify --db x.db");
            place.assert_at_rest("x.db");
            let mut left = place.files("");
            left.retain(|name| !files.contains(name) && name != "new.db");
            // The output of the commands is in files, too.
            left.retain(|name| name.contains(".db"));
            assert!(left.is_empty(), "{line} with {blocks}: {left:?}");
            assert!(target.exists());
        }
    }
    assert!(refused >= 8, "only {refused} of the limits were too small");
}

/// What was committed stays committed if only its report cannot be printed, and the exit status says so.
#[test]
#[cfg(target_os = "linux")]
fn a_report_that_cannot_be_printed() {
    let place = Place::new();
    pages::write(&place.path("day1"), 100, 1, 3, 1);
    pages::write(&place.path("day2"), 100, 1, 3, 2);
    place.done("ingest day1 --snapshot one --db x.db");
    for (line, status, said) in [
        ("ingest day2 --snapshot two --output json --db x.db", 1, "the snapshots were written nevertheless"),
        ("ingest day2 --snapshot three --output json --dry-run --db x.db", 2, "No space left"),
        ("forget one --db x.db", 1, "the snapshots were deleted nevertheless"),
        ("forget two --dry-run --db x.db", 2, "No space left"),
        ("snapshots --db x.db", 2, "No space left"),
        ("--help", 2, "No space left"),
        ("forget --help", 2, "No space left"),
        ("--version", 2, "No space left"),
    ] {
        let ran = place.shell(&format!("exec \"$ECRSNAP\" {line} > /dev/full"));
        assert_eq!(ran.status, Some(status), "{line}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{line}: {}", ran.stderr);
    }
    let listed = place.done("snapshots --output csv --db x.db").stdout;
    assert!(listed.contains("two,") && !listed.contains("one,"), "{listed}");
}

/// A report that cannot be written whole leaves the older one.
#[test]
fn an_older_report_stays() {
    let place = Place::new();
    pages::write(&place.path("day1"), 200, 2, 3, 1);
    place.done("ingest day1 --snapshot one --db x.db");
    place.done("report --out report.html --db x.db");
    place.done("export one --out pages --db x.db");
    let files = ["report.html", "pages/team+r0.json"].map(|name| (name, fs::read(place.path(name)).expect("a file")));
    for line in ["report --out report.html --db x.db", "export one --out pages --force --db x.db"] {
        let ran = place.shell(&format!("ulimit -f 8; exec \"$ECRSNAP\" {line}"));
        assert_eq!(ran.status, Some(2), "{line}: {}", ran.stderr);
        for (name, older) in &files {
            assert!(fs::read(place.path(name)).expect("a file") == *older, "{line}: {name} is another");
        }
    }
    assert_eq!(place.files("").iter().filter(|name| name.starts_with(".ecrsnap")).count(), 0);
}

/// Without file descriptors nothing can be said about damage.
#[test]
fn verify_without_file_descriptors() {
    let place = Place::new();
    pages::write(&place.path("day1"), 200, 2, 3, 1);
    place.done("ingest day1 --snapshot one --db x.db");
    for most in 3..16 {
        let ran = place.shell(&format!("ulimit -n {most}; exec \"$ECRSNAP\" verify --db x.db"));
        assert!(!ran.stdout.contains("damaged"), "{most}: {}", ran.stdout);
        assert_ne!(ran.status, Some(1), "{most}: {}{}", ran.stdout, ran.stderr);
    }
}
