//! Writers killed at a random moment: the next command answers from the state before or after, and leaves one file.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::program::{Place, Random};
use super::{pages, upgrade};

/// A command that writes, and the database that it starts from.
pub(super) struct Writer {
    pub(super) name: &'static str,
    /// `None` begins without a database.
    pub(super) base: Option<&'static str>,
    pub(super) line: &'static str,
}

/// Every command that writes. `x.db` is a copy of the base.
pub(super) const WRITERS: [Writer; 8] = [
    Writer { name: "ingest into a database", base: Some("base.db"), line: "ingest day2 --snapshot two --db x.db" },
    Writer { name: "first ingest", base: None, line: "ingest day1 --snapshot one --db x.db" },
    Writer { name: "forget", base: Some("two.db"), line: "forget one --db x.db" },
    Writer { name: "forget without vacuum", base: Some("two.db"), line: "forget one --no-vacuum --db x.db" },
    Writer { name: "rename", base: Some("two.db"), line: "snapshots rename one first --db x.db" },
    Writer { name: "merge into a database", base: Some("base.db"), line: "merge later.db --db x.db" },
    Writer { name: "first merge", base: None, line: "merge later.db --db x.db" },
    Writer { name: "upgrade", base: Some("old.db"), line: "ingest day1 --snapshot new --db x.db" },
];

/// What the rounds of one writer showed.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) kills: u64,
    /// Kills that came before the command had ended.
    pub(super) in_time: u64,
    /// Rounds after which files of an unfinished write were next to the database.
    pub(super) unfinished: u64,
    pub(super) before: u64,
    pub(super) after: u64,
    /// The longest that the first read after a kill took.
    pub(super) longest_read: Duration,
}

/// A folder with the bases.
pub(super) fn place(images: u64, repositories: u64) -> Place {
    let place = Place::new();
    pages::write(&place.path("day1"), images, repositories, 3, 1);
    pages::write(&place.path("day2"), images, repositories, 3, 2);
    place.done("ingest day1 --snapshot one --db base.db");
    fs::copy(place.path("base.db"), place.path("two.db")).expect("a copy");
    place.done("ingest day2 --snapshot two --db two.db");
    place.done("ingest day2 --snapshot two --db later.db");
    upgrade::fixture(&place.path("old.db"));
    place
}

/// What a database holds, in the words of `snapshots`, and that `verify` finds nothing.
fn state(place: &Place) -> String {
    place.done("verify --db x.db");
    place.done("snapshots --output json --db x.db").stdout
}

/// Kill a writer `rounds` times, each time somewhere between its start and a little after its end.
pub(super) fn kill(place: &Place, writer: &Writer, rounds: u64, random: &mut Random) -> Figures {
    let base = || {
        for name in place.files("x.db") {
            fs::remove_file(place.path(&name)).expect("a file");
        }
        if let Some(base) = writer.base {
            fs::copy(place.path(base), place.path("x.db")).expect("a copy");
        }
    };
    base();
    let before = if writer.base.is_some() { state(place) } else { "[]\n".to_owned() };
    let took = place.done(writer.line).took;
    let after = state(place);
    assert_ne!(before, after, "{}", writer.name);
    let mut figures = Figures::default();
    for round in 0..rounds {
        base();
        let began = Instant::now();
        let mut child = place.start(writer.line);
        let moment = took.mul_f64((random.below(1100) as f64) / 1000.0);
        thread::sleep(moment.saturating_sub(began.elapsed()));
        let ended = child.try_wait().expect("a status").is_some();
        let _ = child.kill();
        child.wait().expect("a status");
        figures.kills += 1;
        figures.in_time += u64::from(!ended);
        figures.unfinished += u64::from(place.files("x.db").len() > 1);
        if !place.path("x.db").exists() {
            assert!(writer.base.is_none(), "{}: the database is gone", writer.name);
            figures.before += 1;
            continue;
        }
        // The first command after the kill only reads.
        let read = place.run("snapshots --output json --db x.db");
        assert_eq!(read.status, Some(0), "{} round {round}: {}", writer.name, read.stderr);
        figures.longest_read = figures.longest_read.max(read.took);
        match () {
            () if read.stdout == before => figures.before += 1,
            () if read.stdout == after => figures.after += 1,
            () => panic!("{} round {round}: neither before nor after: {}", writer.name, read.stdout),
        }
        if place.path("x.db").metadata().is_ok_and(|file| file.len() > 0) {
            place.assert_at_rest("x.db");
        }
        place.done("verify --db x.db");
        // And the write can be made again.
        if read.stdout == before && round % 4 == 0 {
            place.done(writer.line);
            assert_eq!(state(place), after, "{} round {round}", writer.name);
        }
    }
    figures
}

#[test]
fn the_next_command_answers_after_a_kill() {
    let place = place(3000, 3);
    let mut random = Random(0x0bad_cafe);
    for writer in &WRITERS {
        let figures = kill(&place, writer, 6, &mut random);
        assert_eq!(figures.kills, figures.before + figures.after, "{}", writer.name);
    }
}
