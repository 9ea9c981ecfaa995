//! From the database and the files of the command line to evaluations, one for each repository.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::{Arguments, LifecycleError};
use crate::cli::stdout::plural;
use crate::cli::{DONE, IN_PART};
use crate::coverage::Coverage;
use crate::image_refs::{ImageRefs, Repository};
use crate::lifecycle::{Action, Evaluation, Fate, Image, Policy, policy_text};
use crate::model::{Instant, visible};
use crate::store::StoreError;
use crate::store::read::{Listing, Reader, Repositories, Snapshot};
use crate::store::row::RepositoryName;
use crate::what_if::{Images, Saved, saved_policy};

/// Where the policies come from.
pub(super) enum Policies {
    /// One policy for every repository: its text, and what it says.
    One(Box<(String, Policy)>),
    /// What the snapshot holds for each.
    Saved,
}

/// The word for [`Policies::Saved`] on the command line.
const SAVED: &str = "saved";

/// The policies of `--policy`.
pub(super) fn policies(file: Option<&Path>) -> Result<Policies, LifecycleError> {
    file.map_or(Ok(Policies::Saved), policy_file)
}

/// The policies of a side of `--compare`.
pub(super) fn side(file: &Path) -> Result<Policies, LifecycleError> {
    if file == Path::new(SAVED) { Ok(Policies::Saved) } else { policy_file(file) }
}

fn policy_file(file: &Path) -> Result<Policies, LifecycleError> {
    let wrong = |problem: String| LifecycleError::File { file: file.to_owned(), problem };
    let text = policy_text(&text_of(file)?).map_err(|error| wrong(error.to_string()))?;
    let policy = Policy::parse(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(Policies::One(Box::new((text, policy))))
}

/// The text of a file, or of standard input for `-`.
pub(super) fn text_of(file: &Path) -> Result<String, LifecycleError> {
    let read = if file == Path::new("-") {
        let mut text = Vec::new();
        io::stdin().lock().read_to_end(&mut text).map(|_| text)
    } else {
        fs::read(file)
    };
    let wrong = |problem: String| LifecycleError::File { file: file.to_owned(), problem };
    let bytes = read.map_err(|error| wrong(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| wrong("not UTF-8; save it again as UTF-8".to_owned()))
}

/// The references of `--in-use`.
pub(super) fn references(file: &Path) -> Result<ImageRefs, LifecycleError> {
    let wrong = |problem: String| LifecycleError::File { file: file.to_owned(), problem };
    ImageRefs::parse(&text_of(file)?).map_err(|error| wrong(error.to_string()))
}

/// A repository with its images and what a policy does to them.
pub(super) struct Evaluated {
    pub(super) repository: RepositoryName,
    pub(super) policy: Policy,
    /// The text of the policy.
    pub(super) text: String,
    pub(super) images: Vec<Image>,
    pub(super) evaluation: Evaluation,
    /// Whether something runs each image; empty if no references were given.
    pub(super) in_use: Vec<bool>,
    /// What the capture does not show, in sentences.
    pub(super) notes: Vec<String>,
}

impl Evaluated {
    /// The places of the images that are certainly deleted.
    pub(super) fn deleted(&self) -> impl Iterator<Item = usize> {
        self.acted(|action| action == Action::Expire)
    }

    /// The places of the images that are certainly acted on so.
    pub(super) fn acted(&self, wanted: impl Fn(Action) -> bool) -> impl Iterator<Item = usize> {
        let verdicts = self.evaluation.verdicts.iter().enumerate();
        verdicts.filter_map(move |(place, verdict)| {
            let action = verdict.rule.map(|rule| self.policy.rules[rule].action)?;
            (verdict.fate == Fate::Acted && wanted(action)).then_some(place)
        })
    }

    /// How many images that run are taken away.
    pub(super) fn broken(&self) -> u64 {
        self.acted(|_| true).filter(|place| self.in_use.get(*place).copied().unwrap_or_default()).count() as u64
    }
}

/// Every selected repository that has a policy.
pub(super) struct Gathered {
    pub(super) snapshot: Snapshot,
    pub(super) at: Instant,
    pub(super) repositories: Vec<Evaluated>,
    /// Whether references were given.
    pub(super) has_references: bool,
    /// Repositories that have no policy, and those whose policy is not known.
    without: u64,
    unknown: u64,
    /// Saved policies that are invalid, each with its message.
    invalid: Vec<(RepositoryName, String)>,
}

/// The selected listings of a snapshot.
pub(super) fn listings(
    reader: &Reader,
    snapshot: &Snapshot,
    repositories: &Repositories,
) -> Result<Vec<Listing>, LifecycleError> {
    let listings = reader.select(snapshot.id, repositories)?;
    if listings.is_empty() {
        return Err(LifecycleError::NoRepository { snapshot: visible(&snapshot.name) });
    }
    Ok(listings)
}

/// What the policies do to the selected repositories.
pub(super) fn evaluated(
    reader: &Reader,
    arguments: &Arguments,
    policies: &Policies,
    references: Option<&ImageRefs>,
) -> Result<Gathered, LifecycleError> {
    let snapshot = reader.snapshot(&arguments.snapshot)?;
    let at = match arguments.at {
        Some(at) => at,
        None => captured_at(&snapshot)?,
    };
    let mut gathered = Gathered {
        at,
        repositories: Vec::new(),
        has_references: references.is_some(),
        without: 0,
        unknown: 0,
        invalid: Vec::new(),
        snapshot,
    };
    for listing in listings(reader, &gathered.snapshot, &arguments.scope.repositories())? {
        let found = match policy_of(reader, &gathered.snapshot, policies, &listing)? {
            Saved::Policy(found) => *found,
            Saved::Without => {
                gathered.without += 1;
                continue;
            }
            Saved::Unknown => {
                gathered.unknown += 1;
                continue;
            }
            Saved::Invalid(error) => {
                gathered.invalid.push((listing.repository, error.to_string()));
                continue;
            }
        };
        let one = evaluate_one(reader, &gathered.snapshot, &listing, found, at, references)?;
        gathered.repositories.push(one);
    }
    if gathered.repositories.is_empty() && gathered.invalid.is_empty() {
        let what = if gathered.unknown == 0 { "these repositories: they have none" } else { "these repositories" };
        return Err(LifecycleError::NoPolicy { snapshot: visible(&gathered.snapshot.name), what });
    }
    Ok(gathered)
}

fn evaluate_one(
    reader: &Reader,
    snapshot: &Snapshot,
    listing: &Listing,
    (text, policy): (String, Policy),
    at: Instant,
    references: Option<&ImageRefs>,
) -> Result<Evaluated, LifecycleError> {
    let captured_at = captured_at(snapshot)?;
    let found = Images::read(reader, listing, captured_at)?;
    let evaluation = found.evaluate(&policy, at);
    let Images { images, untyped, .. } = found;
    let in_use = references.map_or_else(Vec::new, |references| in_use(references, &listing.repository, &images));
    let mut notes = limits(&Coverage::of(listing, captured_at), &policy);
    if evaluation.undated > 0 {
        let count = plural(evaluation.undated, "image");
        notes.push(format!("{count} without a push time: no rule acts on them by age, and they count as the youngest"));
    }
    if untyped > 0 {
        let count = plural(untyped, "image");
        notes.push(format!("{count} without a media type: one of them may be an index, whose children are not known"));
    }
    Ok(Evaluated { repository: listing.repository.clone(), policy, text, images, evaluation, in_use, notes })
}

/// Whether something runs each image.
pub(super) fn in_use(references: &ImageRefs, name: &RepositoryName, images: &[Image]) -> Vec<bool> {
    let repository = Repository { registry_id: &name.registry_id, name: &name.name, region: &name.region };
    images.iter().map(|image| references.names(repository, &image.digest, &image.tags)).collect()
}

/// The capture time of a snapshot.
pub(super) fn captured_at(snapshot: &Snapshot) -> Result<Instant, StoreError> {
    Instant::from_micros(snapshot.captured_at)
        .map_err(|error| StoreError::Damaged(format!("the time of snapshot `{}` {error}", snapshot.name)))
}

/// The policy that applies to a repository of a snapshot.
pub(super) fn policy_of(
    reader: &Reader,
    snapshot: &Snapshot,
    policies: &Policies,
    listing: &Listing,
) -> Result<Saved, StoreError> {
    match policies {
        Policies::One(policy) => Ok(Saved::Policy(policy.clone())),
        Policies::Saved => saved_policy(reader, snapshot.id, listing.repository_id),
    }
}

/// What a capture does not show of what a policy looks at, in sentences.
fn limits(coverage: &Coverage, policy: &Policy) -> Vec<String> {
    let mut notes = Vec::new();
    if !coverage.complete {
        notes.push(
            "captured in part: images are missing, so rules that count images delete more than is shown".to_owned(),
        );
    }
    let part = coverage.part();
    if part.is_by_tags() || part.is_by_status() {
        notes.push("captured with a filter that leaves images out".to_owned());
    }
    let archive = policy.rules.iter().any(|rule| rule.storage_class == crate::lifecycle::StorageClass::Archive);
    if archive && coverage.may_hide_archived() {
        notes.push("captured without archived images, which rules of the storage class archive look at".to_owned());
    }
    notes
}

impl Gathered {
    /// Print on standard error what limits the answer.
    pub(super) fn note(&self) {
        for (name, message) in &self.invalid {
            eprint_escaped!("ecrsnap: warning: {}: {message}", visible(&name.name));
        }
        if self.without > 0 {
            let count = plural(self.without, "repository");
            eprint_escaped!("ecrsnap: note: {count} without a lifecycle policy: nothing expires there");
        }
        if self.unknown > 0 {
            let count = plural(self.unknown, "repository");
            eprint_escaped!(
                "ecrsnap: note: {count} left out: the snapshot does not say what their lifecycle policy is"
            );
        }
        for one in &self.repositories {
            let name = visible(&one.repository.name);
            for note in &one.notes {
                eprint_escaped!("ecrsnap: note: {name}: {note}");
            }
            let referrers = one.evaluation.referrers.len() as u64;
            if referrers > 0 {
                let count = plural(referrers, "image");
                eprint_escaped!("ecrsnap: note: {name}: {count} will follow a deleted subject within a day");
            }
            let unknown = one.evaluation.total.unknown.images;
            if unknown > 0 {
                let count = plural(unknown, "image");
                eprint_escaped!(
                    "ecrsnap: note: {name}: the fate of {count} depends on whether untagged images are children of an index"
                );
            }
            let broken = one.broken();
            if broken > 0 {
                let count = plural(broken, "image");
                eprint_escaped!("ecrsnap: warning: {name}: the policy takes away {count} in use");
            }
        }
    }

    /// The exit status, if printing gave this one: 1 if a saved policy was left out as invalid.
    pub(super) fn status(&self, printed: u8) -> u8 {
        if printed == DONE && !self.invalid.is_empty() { IN_PART } else { printed }
    }
}
