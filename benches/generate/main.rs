//! Writes exports of a made-up registry, to measure with: the same seed gives the same bytes anywhere.
//!
//! `cargo bench --bench generate -- --out DIR` and the options below. It is a bench target so that it is built with
//! optimisation and never shipped, and it uses nothing but the standard library.

mod page;
mod random;
mod registry;

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use page::{Layout, Page};
use random::Random;
use registry::{Registry, Repository};

const USAGE: &str = "\
usage: cargo bench --bench generate -- --out DIR [options]

  --out DIR           where the files go; `-` writes everything to standard output
  --images N          images on the first day (default 100000)
  --repositories R    repositories that share them (default 20)
  --files F           files a day, at least one for each repository (default R)
  --days D            consecutive days from 2025-01-01, one folder each when above 1 (default 1)
  --change X          fraction of images that a day changes (default 0.001)
  --pulls X           fraction of images of which a day moves nothing but the pull time (default 0)
  --seed S            another seed is another registry (default 1)
  --single-file       a day is one page of all repositories
  --ndjson            one detail a line instead of pages
";

struct Options {
    out: PathBuf,
    registry: Registry,
    files: u64,
    days: u64,
    single_file: bool,
    layout: Layout,
}

fn main() -> ExitCode {
    // `cargo bench` adds a flag for the standard harness, which this is not.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.is_empty() || arguments.iter().any(|argument| argument == "--help") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match Options::parse(arguments).and_then(|options| options.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    fn parse(arguments: Vec<String>) -> Result<Self, Box<dyn Error>> {
        let mut out = None;
        let mut registry = Registry { seed: 1, images: 100_000, repositories: 20, change: 0.001, pulls: 0.0 };
        let (mut files, mut days, mut single_file, mut layout) = (None, 1, false, Layout::Page);
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--out" => out = Some(PathBuf::from(value()?)),
                "--images" => registry.images = value()?.parse()?,
                "--repositories" => registry.repositories = value()?.parse()?,
                "--files" => files = Some(value()?.parse()?),
                "--days" => days = value()?.parse()?,
                "--change" => registry.change = value()?.parse()?,
                "--pulls" => registry.pulls = value()?.parse()?,
                "--seed" => registry.seed = value()?.parse()?,
                "--single-file" => single_file = true,
                "--ndjson" => layout = Layout::Line,
                _ => return Err(format!("unknown option {name}\n\n{USAGE}").into()),
            }
        }
        let files = files.unwrap_or(registry.repositories);
        if registry.repositories == 0 || files < registry.repositories {
            return Err("there must be at least one repository, and one file for each".into());
        }
        if !(0.0..=1.0).contains(&registry.change) || !(0.0..=1.0).contains(&registry.pulls) {
            return Err("--change and --pulls are fractions between 0 and 1".into());
        }
        let out = out.ok_or("--out is missing")?;
        Ok(Self { out, registry, files, days, single_file, layout })
    }

    fn run(&self) -> Result<(), Box<dyn Error>> {
        if self.out == Path::new("-") {
            for day in 0..self.days {
                self.one_page(day, BufWriter::with_capacity(1 << 16, io::stdout().lock()))?.flush()?;
            }
            return Ok(());
        }
        for day in 0..self.days {
            let folder =
                if self.days == 1 { self.out.clone() } else { self.out.join(page::date(registry::capture(day))) };
            fs::create_dir_all(&folder)?;
            if self.single_file {
                finish(self.one_page(day, create(&folder.join(self.file_name("registry")))?)?, day)?;
                continue;
            }
            for number in 0..self.registry.repositories {
                self.repository(&folder, &self.registry.repository_on(number, day), number, day)?;
            }
        }
        Ok(())
    }

    /// All repositories of a day as one page.
    fn one_page<W: Write>(&self, day: u64, out: W) -> io::Result<W> {
        let mut page = Page::begin(out, self.layout)?;
        for number in 0..self.registry.repositories {
            let repository = self.registry.repository_on(number, day);
            let name = repository.name();
            for image in repository.images(0..repository.len()) {
                page.detail(&name, &image)?;
            }
        }
        page.end(None)
    }

    /// One repository as its share of the files; every page but the last names the token of the next.
    fn repository(&self, folder: &Path, repository: &Repository<'_>, number: u64, day: u64) -> io::Result<()> {
        let name = repository.name();
        let count = self.registry.repositories;
        let pages = (self.files / count + u64::from(number < self.files % count)) as usize;
        for index in 0..pages {
            let stem = name.replace('/', "_");
            let stem = if pages == 1 { stem } else { format!("{stem}-page-{:03}", index + 1) };
            let mut page = Page::begin(create(&folder.join(self.file_name(&stem)))?, self.layout)?;
            let from = |index: usize| repository.len() * index / pages;
            for image in repository.images(from(index)..from(index + 1)) {
                page.detail(&name, &image)?;
            }
            let token = (index + 1 < pages).then(|| token(&[self.registry.seed, number, day, index as u64]));
            finish(page.end(token.as_deref())?, day)?;
        }
        Ok(())
    }

    fn file_name(&self, stem: &str) -> String {
        format!("{stem}.{}", if self.layout == Layout::Page { "json" } else { "ndjson" })
    }
}

fn create(path: &Path) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::with_capacity(1 << 16, File::create(path)?))
}

/// Dates the file by its capture, which is what a reader takes for the time of the snapshot.
fn finish(out: BufWriter<File>, day: u64) -> io::Result<()> {
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(registry::capture(day)))
}

/// A token as long and as meaningless as the service's.
fn token(coordinates: &[u64]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut random = Random::at(coordinates);
    (0..340).map(|_| char::from(ALPHABET[random.below(64) as usize])).collect()
}
