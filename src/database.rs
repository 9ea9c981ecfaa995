//! The library's front door: one type that opens a database, ingests pages and answers questions.
//!
//! It composes `ingest`, `store`, `service` and `diff`, and has no rule of its own. What it returns are
//! those modules' plain types, re-exported at the crate's root.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diff::{self, Comparison};
use crate::ingest::source::{self, Source};
use crate::ingest::{self, IngestError};
use crate::model::{CaptureFilter, DeclaredScope, DescribeImagesRequest, Instant};
use crate::service::{DescribeImagesPage, Ecr as _, ServiceError, SnapshotEcr};
use crate::store::read::search::{Image, Search};
use crate::store::read::{Reader, Repositories, Repository, Sighting, Snapshot, Subject};
use crate::store::row::RepositoryName;
use crate::store::{Cancel, StoreError, Writer};

/// Why a call of the library failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database cannot be opened, read or written, or does not hold what was asked for.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A page was refused; the database is unchanged.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// What the ECR API refuses: an unknown repository or image, a bad parameter.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// What an ingest needs to know beyond the pages. Start from `IngestOptions::default()` and set fields.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct IngestOptions {
    /// The snapshot's name; by default the capture time.
    pub snapshot: Option<String>,
    /// When the capture was made; by default the newest modification time among the files, or now if there is none.
    pub captured_at: Option<Instant>,
    /// The registry of details that do not name one: twelve digits.
    pub registry_id: Option<String>,
    /// The repository of details that do not name one, and of empty pages.
    pub repository_name: Option<String>,
    /// The region label of the repositories, such as `eu-west-1`.
    pub region: Option<String>,
    /// The `--filter` that the pages were saved with, such as `imageStatus=ANY`.
    pub capture_filter: Option<CaptureFilter>,
    /// Take pages out of surrounding text, such as captures of terminals and CI logs.
    pub extract: bool,
    /// Accept another listing of a repository that the snapshot already holds.
    pub replace: bool,
    /// Which repositories the pages cover. Not recorded if a file is refused.
    pub scope: DeclaredScope,
    /// Skip files that are refused, and report them in [`IngestReport::refused`].
    pub keep_going: bool,
    /// Read and check everything, and write nothing.
    pub dry_run: bool,
}

/// What an ingest did.
#[derive(Debug)]
#[non_exhaustive]
pub struct IngestReport {
    /// The snapshot's name.
    pub snapshot: String,
    /// Repositories in the pages.
    pub repositories: u64,
    /// Details in the pages; repeated ones count once.
    pub images: u64,
    /// Of these, the versions of images that the database did not have.
    pub new_images: u64,
    /// Repositories whose last page had a token: what is missing from them is unknown.
    pub incomplete: Vec<String>,
    /// False if the database already held all of it.
    pub changed: bool,
    /// Files that were refused and skipped, with [`IngestOptions::keep_going`].
    pub refused: Vec<IngestError>,
}

/// A tag or an image of one repository in every snapshot.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// Registry, name and region label.
    pub repository: RepositoryName,
    /// What each snapshot says, oldest first.
    pub sightings: Vec<Sighting>,
}

/// A database of snapshots.
///
/// Cheap to clone. Every call opens the file, reads from one consistent state of it, and closes it again,
/// so a `Database` can be shared between threads and does not keep other programs from writing.
///
/// ```
/// use ecrsnap::{Database, DescribeImagesRequest, IngestOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let database = Database::create(folder.path().join("ecrsnap.db"))?;
/// let page = r#"{"imageDetails": [{"registryId": "123456789012", "repositoryName": "shop/web",
///                "imageDigest": "sha256:1f5a", "imageTags": ["prod"], "imagePushedAt": 1772000000.0}]}"#;
/// let mut options = IngestOptions::default();
/// options.snapshot = Some("monday".to_owned());
/// let report = database.ingest_stream("page.json", page.as_bytes(), &options)?;
/// assert_eq!(report.images, 1);
///
/// let monday = database.snapshot("latest")?;
/// let request = DescribeImagesRequest { repository_name: Some("shop/web".to_owned()), ..Default::default() };
/// let answer = database.describe_images(&monday, &request)?;
/// assert_eq!(answer.image_details[0].image_tags, Some(vec!["prod".to_owned()]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Database {
    path: PathBuf,
}

impl Database {
    /// Open a database that exists.
    ///
    /// # Errors
    /// [`Error::Store`] if the file does not exist, is not a database of ecrsnap, or a newer version wrote it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let database = Database { path: path.into() };
        database.reader()?;
        Ok(database)
    }

    /// Open a database, or name one that the first ingest creates.
    ///
    /// # Errors
    /// [`Error::Store`] if the path exists and is not a database of ecrsnap, or cannot be written.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let database = Database { path: path.into() };
        Writer::open(&database.path, &Cancel::default())?;
        Ok(database)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ingest saved pages: files, folders and archives, in the given order.
    ///
    /// # Errors
    /// [`Error::Ingest`] with the file, line and column of what was refused; the database is unchanged.
    pub fn ingest(&self, paths: &[PathBuf], options: &IngestOptions) -> Result<IngestReport, Error> {
        let found = source::find(paths, || Box::new(std::io::empty()));
        let mut refused = Vec::new();
        for error in found.errors {
            if !options.keep_going {
                return Err(IngestError::from(error).into());
            }
            refused.push(IngestError::from(error));
        }
        self.ingest_sources(&found.sources, options, refused)
    }

    /// Ingest pages from a stream. `name` is the name of the stream in messages and in the record of the ingest.
    ///
    /// # Errors
    /// As [`Database::ingest`].
    pub fn ingest_stream(
        &self,
        name: &str,
        stream: impl Read + Send + 'static,
        options: &IngestOptions,
    ) -> Result<IngestReport, Error> {
        let source = Source::open(name, Box::new(stream));
        self.ingest_sources(&[source], options, Vec::new())
    }

    fn ingest_sources(
        &self,
        sources: &[Source],
        options: &IngestOptions,
        mut refused: Vec<IngestError>,
    ) -> Result<IngestReport, Error> {
        let options = ingest::Options {
            db: self.path.clone(),
            snapshot: options.snapshot.clone(),
            captured_at: options.captured_at,
            defaults: ingest::Defaults {
                registry_id: options.registry_id.clone(),
                repository_name: options.repository_name.clone(),
                region: options.region.clone(),
            },
            capture_filter: options.capture_filter,
            extract: options.extract,
            replace: options.replace,
            scope: if refused.is_empty() { options.scope } else { DeclaredScope::Unknown },
            keep_going: options.keep_going,
            dry_run: options.dry_run,
            cancel: Cancel::default(),
        };
        let outcome = ingest::ingest(sources, &options, &Arc::default())?;
        refused.extend(outcome.failed);
        Ok(IngestReport {
            snapshot: outcome.snapshot,
            repositories: outcome.loaded.repositories,
            images: outcome.loaded.images,
            new_images: outcome.loaded.new_images,
            incomplete: outcome.loaded.incomplete.iter().map(|name| name.name.to_string()).collect(),
            changed: outcome.loaded.changed,
            refused,
        })
    }

    /// Every snapshot, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`] if the database cannot be read.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, Error> {
        Ok(self.reader()?.snapshots()?)
    }

    /// The snapshot that a REF names: a name, `latest`, `latest~N` or `@TIME`.
    ///
    /// # Errors
    /// [`Error::Store`] if there is none.
    pub fn snapshot(&self, reference: &str) -> Result<Snapshot, Error> {
        Ok(self.reader()?.snapshot(reference)?)
    }

    /// One page of what `DescribeImages` would have answered when the snapshot was captured.
    ///
    /// # Errors
    /// [`Error::Service`] with the exception that the ECR API would raise.
    pub fn describe_images(
        &self,
        snapshot: &Snapshot,
        request: &DescribeImagesRequest,
    ) -> Result<DescribeImagesPage, Error> {
        let mut service = SnapshotEcr::new(self.reader()?, snapshot.clone(), None);
        Ok(service.describe_images(request)?)
    }

    /// Pass each image of a snapshot that a search finds to `visit`, in the order of the search, until it fails.
    ///
    /// # Errors
    /// [`Error::Store`] if the database cannot be read, or the error of `visit`.
    pub fn search<E: From<Error>>(
        &self,
        snapshot: &Snapshot,
        search: &Search,
        mut visit: impl FnMut(&Image) -> Result<(), E>,
    ) -> Result<(), E> {
        let reader = self.reader()?;
        let found = reader.search(snapshot.id, search, |image| visit(image).map_err(Stopped::Visitor));
        found.map_err(|stopped| match stopped {
            Stopped::Store(error) => Error::Store(error).into(),
            Stopped::Visitor(error) => error,
        })
    }

    /// Compare two snapshots, all repositories or some of them.
    ///
    /// # Errors
    /// [`Error::Store`] if the database cannot be read.
    pub fn diff(
        &self,
        (from, to): (&Snapshot, &Snapshot),
        repositories: &Repositories,
        options: diff::Options,
    ) -> Result<Comparison, Error> {
        let reader = self.reader()?;
        Ok(reader.at_one_moment(|| diff::snapshots(&reader, (from, to), repositories, options))??)
    }

    /// Follow a tag or an image through all snapshots: what each of them says about it, oldest first, for each
    /// repository of that name. Several registries or regions may have one.
    ///
    /// ```
    /// # use ecrsnap::{Database, IngestOptions, Subject};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let database = Database::create(folder.path().join("ecrsnap.db"))?;
    /// # for (name, digest) in [("monday", "sha256:1f5a"), ("tuesday", "sha256:2b6c")] {
    /// #     let page = format!(r#"{{"imageDetails": [{{"registryId": "123456789012", "repositoryName": "shop/web",
    /// #         "imageDigest": "{digest}", "imageTags": ["prod"]}}]}}"#);
    /// #     let mut options = IngestOptions::default();
    /// #     options.snapshot = Some(name.to_owned());
    /// #     database.ingest_stream("page.json", std::io::Cursor::new(page), &options)?;
    /// # }
    /// for history in database.history("shop/web", Subject::Tag("prod"))? {
    ///     for sighting in history.sightings {
    ///         let digest = sighting.image.map(|image| image.image_digest.to_string());
    ///         println!("{}: {}", sighting.snapshot.name, digest.unwrap_or_default());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`] if the database cannot be read.
    pub fn history(&self, repository_name: &str, subject: Subject<'_>) -> Result<Vec<History>, Error> {
        let reader = self.reader()?;
        let histories = reader.at_one_moment(|| {
            let repositories = reader.repositories(repository_name, None, None)?;
            let history = |repository: Repository| {
                let sightings = reader.line(&repository, subject)?;
                Ok(History { repository: repository.name, sightings })
            };
            repositories.into_iter().map(history).collect::<Result<Vec<_>, StoreError>>()
        })?;
        Ok(histories?)
    }

    fn reader(&self) -> Result<Reader, Error> {
        Ok(Reader::open(&self.path)?)
    }
}

/// What ended a search: the store, or the function that receives the images.
enum Stopped<E> {
    Store(StoreError),
    Visitor(E),
}

impl<E> From<StoreError> for Stopped<E> {
    fn from(error: StoreError) -> Self {
        Stopped::Store(error)
    }
}
