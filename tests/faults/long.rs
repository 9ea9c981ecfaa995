//! The long form: many kills, a load of a million images with concurrent readers, a full disk; it prints its figures.

use std::fs;
use std::time::{Duration, Instant};

use super::kill::{self, WRITERS};
use super::program::{Place, Random};
use super::replaced::Server;
use super::{damage, pages};

/// How much is done, from the environment: `ECRSNAP_FAULTS_KILLS=600`.
fn count(name: &str, default: u64) -> u64 {
    std::env::var(format!("ECRSNAP_FAULTS_{name}")).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
#[ignore = "the long form: some minutes"]
fn killed_writers() {
    let (kills, images) = (count("KILLS", 420), count("KILL_IMAGES", 30_000));
    let place = kill::place(images, 10);
    let mut random = Random(u64::from(std::process::id()) << 20 | 0x9e37);
    println!("killed writers: {images} images, pages of two days, {kills} kills");
    let mut all = 0;
    for writer in &WRITERS {
        let figures = kill::kill(&place, writer, kills / WRITERS.len() as u64, &mut random);
        println!(
            "  {}: {} kills ({} before its end, {} with an unfinished write next to the file); all reads answered, \
             {} from the state before and {} after; longest read {} ms",
            writer.name,
            figures.kills,
            figures.in_time,
            figures.unfinished,
            figures.before,
            figures.after,
            figures.longest_read.as_millis()
        );
        all += figures.kills;
    }
    println!("  {all} kills, {all} databases answered by the next command and verified");
}

/// The longest, and how many.
#[derive(Default)]
struct Waits {
    reads: u64,
    longest: Duration,
}

impl Waits {
    fn add(&mut self, took: Duration) {
        self.reads += 1;
        self.longest = self.longest.max(took);
    }
}

#[test]
#[ignore = "the long form: some minutes"]
fn readers_during_a_load() {
    let images = count("IMAGES", 1_000_000);
    let place = Place::new();
    pages::write(&place.path("small"), 2000, 2, 1, 1);
    pages::write(&place.path("large"), images, 200, 1, 2);
    place.done("ingest small --snapshot small --db x.db");
    let alone = place.done("snapshots --output json --db x.db");
    println!("readers during writes: a load of {images} images; one read alone takes {} ms", alone.took.as_millis());
    for (line, serve) in [
        ("ingest large --snapshot large --db x.db", true),
        ("forget small --db x.db", true),
        ("ingest large --snapshot large --db new.db", false),
    ] {
        let db = line.rsplit(' ').next().expect("a database");
        let server = serve.then(|| Server::start(&place, &format!("serve --db {db}")));
        let (mut commands, mut requests) = (Waits::default(), Waits::default());
        let began = Instant::now();
        let mut child = place.start(line);
        while child.try_wait().expect("a status").is_none() {
            if !place.path(db).exists() {
                continue;
            }
            let read = place.done(&format!("snapshots --output json --db {db}"));
            commands.add(read.took);
            if let Some(server) = &server {
                let began = Instant::now();
                let (status, body) = server.list();
                // The snapshot that it answers from may be the one that is forgotten.
                assert!(status == 200 || line.starts_with("forget"), "{body}");
                requests.add(began.elapsed());
            }
        }
        assert!(child.wait().expect("a status").success());
        println!(
            "  {line}: {:.1} s; {} commands, the longest {} ms; {} requests to serve, the longest {} ms",
            began.elapsed().as_secs_f64(),
            commands.reads,
            commands.longest.as_millis(),
            requests.reads,
            requests.longest.as_millis()
        );
        #[cfg(unix)]
        if let Some(server) = server {
            server.stop();
        }
        place.assert_at_rest(db);
        place.done(&format!("verify --db {db}"));
    }
}

#[test]
#[ignore = "the long form: some minutes"]
fn damaged_files() {
    let (copies, runs) = damage::long(count("DAMAGED", 60));
    println!("damaged files: {copies} copies, each kind of page in six ways; {runs} runs, none panicked or went on");
}

/// A disk of its own that fills up. It takes a user namespace; where there is none, this fails and says so.
#[test]
#[ignore = "the long form: needs a user namespace"]
#[cfg(target_os = "linux")]
fn full_disks() {
    let place = Place::new();
    pages::write(&place.path("day1"), 5000, 3, 3, 1);
    pages::write(&place.path("day2"), 5000, 3, 1, 2);
    place.done("ingest day1 --snapshot one --db base.db");
    let size = place.path("base.db").metadata().expect("a file").len() / 1024;
    let (mut disks, mut refused) = (0, 0);
    for line in ["ingest day2 --snapshot two", "forget one", "snapshots rename one other"] {
        for step in 0..25 {
            let room = size + 8 + step * size / 8;
            let script = format!(
                "mkdir -p disk && exec unshare -rm sh -c 'mount -t tmpfs -o size={room}k none disk && cp base.db disk/x.db && \
                 \"$ECRSNAP\" snapshots --output json --db disk/x.db > before && \
                 {{ \"$ECRSNAP\" {line} --db disk/x.db 2> errors; echo $? > status; }} && \
                 \"$ECRSNAP\" snapshots --output json --db disk/x.db > after && \"$ECRSNAP\" verify --db disk/x.db'"
            );
            let ran = place.shell(&script);
            assert_eq!(ran.status, Some(0), "{line} in {room} kB: {}{}", ran.stdout, ran.stderr);
            let text = |name: &str| fs::read_to_string(place.path(name)).expect("a file");
            disks += 1;
            if text("status").trim() == "2" {
                refused += 1;
                assert!(
                    text("errors").contains("nothing was changed") || line.contains("rename"),
                    "{}",
                    text("errors")
                );
                assert_eq!(text("before"), text("after"), "{line} in {room} kB");
            }
        }
    }
    println!(
        "full disks: {disks} disks of other sizes, {refused} writes refused, every database as it was before or after"
    );
}
