//! Random histories of exports: whatever came before, a day goes into a grown database as into a
//! new one.
//!
//! Known text and known files are not parsed again, and may have any shape and spelling,
//! after forgets and replacements. Each history follows from its number alone; to try more of them
//! than the suite does, say which: `ECRSNAP_HISTORIES=1000..9000 cargo test --release days`.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use ecrsnap::internal::ingest::source::{self, Source};
use ecrsnap::internal::ingest::{self, Defaults, Options, Outcome};
use ecrsnap::internal::store::Cancel;
use ecrsnap::internal::store::maintenance::Keeper;
use ecrsnap::internal::store::maintenance::verify::Verifier;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::again::{said, seen};
use super::session::without_counters;

/// Numbers that look random (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, sides: usize) -> usize {
        (self.roll() % sides.max(1) as u64) as usize
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// An image, and what the days have made of it. All its members follow from these.
#[derive(Clone, Copy)]
struct Image {
    number: u64,
    version: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// Each page a file.
    Pages,
    /// The pages of a repository as an array, or one after another, in one file.
    Array,
    Together,
    /// Below the name of a region.
    Region,
    /// Details in an array, or one a line.
    Bare,
    Lines,
}

#[derive(Clone, Copy, PartialEq)]
enum Packing {
    None,
    Mark,
    Gzip,
    Tar,
}

/// How a day's export is written.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is independent of the others")]
struct Style {
    shape: Shape,
    packing: Packing,
    /// Between members, and behind a name.
    space: (&'static str, &'static str),
    epoch: bool,
    offset: usize,
    escaped: bool,
    capital: bool,
    /// Which member is the first.
    first: usize,
    /// Whether details say whose they are.
    named: bool,
    /// Images of a page, and those of the page before that it repeats.
    size: usize,
    overlap: usize,
    /// The token of the last page is open.
    open: bool,
}

impl Style {
    fn new(dice: &mut Dice) -> Self {
        Style {
            shape: dice.pick(&[
                Shape::Pages,
                Shape::Pages,
                Shape::Array,
                Shape::Together,
                Shape::Region,
                Shape::Bare,
                Shape::Lines,
            ]),
            packing: dice.pick(&[Packing::None, Packing::None, Packing::Mark, Packing::Gzip, Packing::Tar]),
            space: dice.pick(&[
                ("\n            ", " "),
                ("\n            ", " "),
                ("", ""),
                ("\r\n\t", " "),
                (" ", "  "),
            ]),
            epoch: dice.one_in(3),
            offset: dice.pick(&[0, 0, 2]),
            escaped: dice.one_in(6),
            capital: dice.one_in(8),
            first: dice.pick(&[0, 0, 0, 3]),
            named: !dice.one_in(4),
            size: dice.pick(&[5, 40, 130, 1000, 1000, 1000]),
            overlap: dice.pick(&[0, 0, 0, 3, 30, 100]),
            open: dice.one_in(6),
        }
    }

    fn string(&self, text: &str) -> String {
        let mut out = serde_json::Value::from(text).to_string();
        if self.escaped {
            out = out.chars().fold(String::new(), |mut out, letter| {
                if letter.is_ascii() && letter != 'e' {
                    out.push(letter);
                } else {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        let _ = write!(out, "\\u{unit:04X}");
                    }
                }
                out
            });
        }
        out
    }

    fn object(&self, members: &[(&str, String)]) -> String {
        let (between, behind) = self.space;
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| {
                let capital = self.capital && *name != "madeUp" && !name.bytes().all(|byte| byte.is_ascii_uppercase());
                let name = if capital { name[..1].to_uppercase() + &name[1..] } else { (*name).to_owned() };
                format!("{between}\"{name}\":{behind}{value}")
            })
            .collect();
        format!("{{{}{between}}}", members.join(","))
    }

    /// So many seconds, with this fraction, after a certain minute.
    fn time(&self, seconds: u64, fraction: &str) -> String {
        if self.epoch {
            return format!("{}{fraction}", 1_733_654_640 + seconds % 60);
        }
        format!("\"2024-12-08T{}:44:{:02}{fraction}+{:02}:00\"", 10 + self.offset, seconds % 60, self.offset)
    }

    fn detail(&self, repository: &str, image: Image) -> String {
        let Image { number, version } = image;
        // What it has, by its number; a version may change that.
        let mut has = Dice(number.wrapping_mul(31).wrapping_add(version / 3));
        let digest = if has.one_in(800) {
            format!("sha256:{number}")
        } else {
            format!("sha256:{:016x}{number:048x}", Dice(number).roll())
        };
        let mut members = vec![("imageDigest", self.string(&digest))];
        if self.named {
            members.push(("registryId", self.string("123456789012")));
            members.push(("repositoryName", self.string(repository)));
        }
        let tags = [
            format!("v{number}.{version}"),
            ["latest é 😀", "quoted \"tag\""][usize::from(has.one_in(800))].to_owned(),
        ]
        .map(|tag| self.string(&tag));
        // Text that the fast path leaves to the general parser is rare: otherwise every chunk would have some.
        match has.below(800) {
            0 => members.push(("imageTags", "[]".to_owned())),
            1 => members.push(("imageTags", "null".to_owned())),
            2..100 => {}
            100..600 => members.push(("imageTags", format!("[{}]", tags[0]))),
            _ => members.push(("imageTags", format!("[{}]", tags.join(", ")))),
        }
        let size = match has.below(1500) {
            0 => i64::MAX.to_string(),
            1 => "-7".to_owned(),
            2 => i64::MIN.to_string(),
            _ => (1000 + number).to_string(),
        };
        members.push(("imageSizeInBytes", size));
        members.push(("imagePushedAt", self.time(number, ["", ".5", ".123456"][has.below(3)])));
        let status = self.string(["ACTIVE", "COMPLETE"][has.below(2)]);
        match has.below(600) {
            1..100 => {}
            0 => members.push(("imageScanStatus", self.object(&[("status", status), ("madeUp", "[1.0]".to_owned())]))),
            _ => {
                let description = self.string("Continuous scan is selected for image.");
                members.push(("imageScanStatus", self.object(&[("status", status), ("description", description)])));
            }
        }
        if has.one_in(2) {
            let counts = self.object(&[("HIGH", (number % 9).to_string()), ("LOW", version.to_string())]);
            let summary = [("imageScanCompletedAt", self.time(version, "")), ("findingSeverityCounts", counts)];
            members.push(("imageScanFindingsSummary", self.object(&summary)));
        }
        let media = ["application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"];
        members.push(("imageManifestMediaType", self.string(media[has.below(2)])));
        let fraction = if has.one_in(200) { ".123456789" } else { ".25" };
        members.push(("lastRecordedPullTime", self.time(version, fraction)));
        if has.one_in(800) {
            members.push(("madeUp", format!("{{\"a\":{}[1, {}]}}", self.space.0, self.string("é\u{7f}"))));
        }
        if has.one_in(10) {
            members.push(("subjectManifestDigest", self.string(&digest)));
        }
        let first = self.first % members.len();
        members.rotate_left(first);
        self.object(&members)
    }

    fn page(&self, details: &[String], token: bool) -> String {
        let (between, behind) = self.space;
        let details = format!("[{between}{}{between}]", details.join(&format!(",{between}")));
        let token = if token { "\"more\"" } else { "null" };
        let page = if self.first == 0 {
            format!("{{\"imageDetails\":{behind}{details},{between}\"nextToken\":{behind}{token}}}")
        } else {
            format!("{{\"nextToken\":{behind}{token},{between}\"imageDetails\":{behind}{details}}}")
        };
        if self.shape == Shape::Region { format!("{{\"eu-west-1\":{behind}{page}}}") } else { page }
    }

    /// The texts that the details of one repository, or of some mixed, are saved as.
    fn texts(&self, details: &[String]) -> Vec<String> {
        match self.shape {
            Shape::Bare => return vec![format!("[{}]", details.join(","))],
            Shape::Lines if !details.is_empty() && !self.space.0.contains('\n') => {
                return vec![details.join("\n") + "\n"];
            }
            _ => {}
        }
        let starts: Vec<usize> = (0..details.len().max(1)).step_by(self.size).collect();
        let pages = starts.iter().map(|start| {
            let end = (start + self.size).min(details.len());
            self.page(&details[start.saturating_sub(self.overlap)..end], end < details.len() || self.open)
        });
        let pages: Vec<String> = pages.collect();
        match self.shape {
            Shape::Array => vec![format!("[{}]", pages.join(",\n"))],
            Shape::Together => vec![pages.join("\n")],
            _ => pages,
        }
    }

    fn pack(&self, text: String) -> Vec<u8> {
        match self.packing {
            Packing::None => text.into_bytes(),
            Packing::Mark => format!("\u{feff}{text}").into_bytes(),
            Packing::Gzip => {
                let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                packed.write_all(text.as_bytes()).expect("bytes");
                packed.finish().expect("bytes")
            }
            Packing::Tar => {
                let mut archive = tar::Builder::new(Vec::new());
                let mut header = tar::Header::new_gnu();
                header.set_size(text.len() as u64);
                header.set_mode(0o644);
                archive.append_data(&mut header, "page.json", text.as_bytes()).expect("a member");
                archive.into_inner().expect("bytes")
            }
        }
    }
}

/// Repositories, and what they have now.
struct World {
    repositories: Vec<(&'static str, Vec<Image>)>,
    numbers: u64,
}

impl World {
    fn new(dice: &mut Dice) -> Self {
        let mut world = World { repositories: Vec::new(), numbers: 0 };
        for name in ["shop/web", "shop/api", "base"] {
            let count = dice.pick(&[0, 1, 60, 200, 400]);
            let images = (0..count).map(|_| world.image()).collect();
            world.repositories.push((name, images));
        }
        world
    }

    fn image(&mut self) -> Image {
        self.numbers += 1;
        Image { number: self.numbers, version: 0 }
    }

    /// What happens in a night.
    fn change(&mut self, dice: &mut Dice) {
        for _ in 0..dice.pick(&[0, 1, 1, 3, 6]) {
            let new = self.image();
            let index = dice.below(self.repositories.len());
            let (_, images) = &mut self.repositories[index];
            if images.is_empty() {
                images.push(new);
                continue;
            }
            let at = dice.below(images.len());
            let end = (at + dice.pick(&[1, 10, 80])).min(images.len());
            match dice.below(12) {
                0 => drop(images.remove(at)),
                1 => drop(images.drain(at..end)),
                2 | 3 => images[at].version += 1,
                4 => images[at..end].iter_mut().for_each(|image| image.version += 1),
                5 | 6 => images.insert(at, new),
                7 => images.push(new),
                8 => {
                    // They are elsewhere now.
                    let moved: Vec<Image> = images.drain(at..end).collect();
                    let to = dice.below(images.len() + 1);
                    drop(images.splice(to..to, moved));
                }
                9 => {
                    // They occur twice.
                    let again = images[at..end].to_vec();
                    let to = dice.below(images.len() + 1);
                    drop(images.splice(to..to, again));
                }
                10 => {
                    // One occurs twice, with different members.
                    let other = Image { version: images[at].version + 1, ..images[at] };
                    images.insert(dice.below(images.len() + 1), other);
                }
                _ => images.clear(),
            }
        }
    }

    /// The files of a day's export.
    fn export(&self, style: &Style, mixed: bool) -> Vec<(String, Vec<u8>)> {
        let mut lists: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, images) in &self.repositories {
            let details: Vec<String> = images.iter().map(|image| style.detail(name, *image)).collect();
            // An empty page names no repository, so it is only written for the one that the options name.
            if *name == "shop/web" || style.named && !details.is_empty() {
                lists.push((name, details));
            }
        }
        if mixed {
            let longest = lists.iter().map(|(_, details)| details.len()).max().unwrap_or(0);
            let all = (0..longest).flat_map(|at| lists.iter().filter_map(move |(_, details)| details.get(at).cloned()));
            lists = vec![("all", all.collect())];
        }
        let mut files = Vec::new();
        for (name, details) in lists {
            for (number, text) in style.texts(&details).into_iter().enumerate() {
                files.push((format!("{}.{number}", name.replace('/', "+")), style.pack(text)));
            }
        }
        files
    }
}

/// Files of a day, and how they are read.
struct Day {
    files: Vec<PathBuf>,
    defaults: Defaults,
    streams: bool,
}

impl Day {
    fn take(&self, db: &Path, snapshot: &str, change: impl FnOnce(&mut Options)) -> Outcome {
        let sources = if self.streams {
            let open = |path: &PathBuf| {
                let bytes = fs::read(path).expect("a file");
                Source::open(path.to_string_lossy(), Box::new(Cursor::new(bytes)))
            };
            self.files.iter().map(open).collect()
        } else {
            source::find(&self.files, || Box::new(std::io::empty())).sources
        };
        let mut options = Options {
            db: db.to_owned(),
            snapshot: Some(snapshot.to_owned()),
            captured_at: ecrsnap::internal::model::Instant::from_micros(1_733_654_640_000_000).ok(),
            defaults: self.defaults.clone(),
            ..Options::default()
        };
        change(&mut options);
        ingest::ingest(&sources, &options, &Arc::default()).expect("files that go in")
    }
}

/// Everything that there is of a snapshot, with the hashes of its listings.
fn all(db: &Path, snapshot: &str) -> Vec<Vec<Value>> {
    let mut all = seen(db, snapshot);
    let connection = Connection::open(db).expect("a database");
    let listings = "SELECT r.registry_id, r.name, r.region, l.hash, l.images, l.digests, l.tagged, l.bytes
         FROM snapshot s JOIN snapshot_listing sl ON sl.snapshot_id = s.id
         JOIN listing l ON l.id = sl.listing_id JOIN repository r ON r.id = l.repository_id
         WHERE s.name = ?1 ORDER BY 1, 2, 3";
    let mut listings = connection.prepare(listings).expect("a statement");
    let rows = listings.query_map([snapshot], |row| (0..8).map(|at| row.get(at)).collect()).expect("rows");
    all.extend(rows.map(|row| row.expect("a row")));
    all
}

fn assert_same(db: &Path, new: &Path, snapshot: &str, what: &str) {
    let (ours, expected) = (all(db, snapshot), all(new, snapshot));
    for (ours, expected) in ours.iter().zip(&expected) {
        assert_eq!(ours, expected, "{what}, {snapshot}");
    }
    assert_eq!(ours.len(), expected.len(), "{what}, {snapshot}");
}

fn assert_sound(db: &Path, what: &str) {
    let report = Verifier::open(db).expect("a database").run(&AtomicU64::new(0)).expect("a report");
    assert!(report.findings.is_empty(), "{what}: {:?}", report.findings);
}

fn forget(db: &Path, snapshot: &str) {
    let keeper = Keeper::open(db, &Cancel::default()).expect("a database");
    let id = Connection::open(db)
        .and_then(|connection| {
            connection.query_row("SELECT id FROM snapshot WHERE name = ?1", [snapshot], |row| row.get(0))
        })
        .expect("a snapshot");
    let forgetting = keeper.begin().expect("a beginning");
    forgetting.drop_snapshots(&[id]).expect("a forget");
    forgetting.commit().expect("an end");
}

fn history(number: u64) {
    let what = format!("history {number}");
    let mut dice = Dice(number);
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("ecrsnap.db");
    let new = |snapshot: &str| folder.path().join(format!("{snapshot}.db"));
    let mut world = World::new(&mut dice);
    let mut style = Style::new(&mut dice);
    let mut snapshots: Vec<String> = Vec::new();
    for number in 0..2 + dice.below(4) {
        if number > 0 {
            world.change(&mut dice);
        }
        // Mostly as the day before.
        if dice.one_in(3) {
            style = Style::new(&mut dice);
        }
        style.open = dice.one_in(6);
        let mixed = style.named && dice.one_in(5);
        let today = folder.path().join(format!("{number}"));
        fs::create_dir(&today).expect("a folder");
        let write = |(name, bytes): (String, Vec<u8>)| {
            let path = today.join(name);
            fs::write(&path, bytes).expect("a file");
            path
        };
        let mut files: Vec<PathBuf> = world.export(&style, mixed).into_iter().map(write).collect();
        if dice.one_in(8) {
            files.push(files[dice.below(files.len())].clone());
        }
        let day = Day {
            files,
            defaults: Defaults {
                registry_id: Some("123456789012".to_owned()),
                repository_name: Some("shop/web".to_owned()),
                region: dice.one_in(6).then(|| "us-east-1".to_owned()),
            },
            streams: dice.one_in(4),
        };
        let name = if !snapshots.is_empty() && dice.one_in(5) {
            snapshots[dice.below(snapshots.len())].clone()
        } else {
            snapshots.push(format!("day-{number}"));
            snapshots[snapshots.len() - 1].clone()
        };
        if dice.one_in(5) {
            let before = fs::read(&db).ok().map(without_counters);
            let dry = day.take(&db, &name, |options| (options.dry_run, options.replace) = (true, true));
            assert!(dry.loaded.images >= dry.loaded.new_images, "{what}");
            assert!(before == fs::read(&db).ok().map(without_counters), "{what}: a dry run wrote something");
        }
        let take = |db: &Path, name: &str| day.take(db, name, |options| options.replace = true);
        assert_eq!(said(&take(&db, &name)), said(&take(&new(&name), &name)), "{what}, {name}");
        assert_same(&db, &new(&name), &name, &what);
        assert_sound(&db, &what);
        // The same once more: into the same snapshot, and as another.
        if dice.one_in(3) {
            assert!(!take(&db, &name).loaded.changed, "{what}, {name}");
            let other = format!("again-{number}");
            let again = take(&db, &other);
            assert_eq!(again.loaded.new_images, 0, "{what}, {other}");
            assert_eq!(said(&again), said(&take(&new(&other), &other)), "{what}, {other}");
            assert_same(&db, &new(&other), &other, &what);
            snapshots.push(other);
        }
        if snapshots.len() > 1 && dice.one_in(4) {
            let gone = snapshots.remove(dice.below(snapshots.len()));
            forget(&db, &gone);
            fs::remove_file(new(&gone)).expect("a database");
            assert_sound(&db, &what);
        }
    }
    for name in &snapshots {
        assert_same(&db, &new(name), name, &what);
    }
    assert_sound(&db, &what);
}

#[test]
fn a_day_goes_in_as_into_a_new_database() {
    let said = std::env::var("ECRSNAP_HISTORIES").unwrap_or_else(|_| "40..56".to_owned());
    let (from, to) = said.split_once("..").expect("FROM..TO");
    for number in from.parse().expect("a number")..to.parse().expect("a number") {
        history(number);
    }
}
