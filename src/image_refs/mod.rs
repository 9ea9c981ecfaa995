//! Image references: text in the forms that people have (lines, or JSON of `kubectl`, ECS, Lambda, Docker) to the
//! images that it names.
//!
//! The module is pure. It does not know the store, files or terminals: [`ImageRefs::parse`] reads text, and
//! [`ImageRefs::names`] says whether a reference names a given image.

mod json;
mod lines;
mod reference;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::{Digest, steps, visible};
use reference::Named;
pub use reference::{ImageRef, Registry};

/// Why a text holds no references that can be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RefsError {
    /// A line is not a reference. Nothing is used then: a reference that is not understood may name an image that
    /// must not be deleted.
    #[error("line {line}: `{}` is not an image reference", visible(.text))]
    Line {
        /// The line, from 1.
        line: usize,
        /// The line, shortened.
        text: String,
    },
    /// The text looks like JSON, and is not.
    #[error("invalid JSON: {}", visible(.0))]
    Json(String),
    /// The text holds no reference at all.
    #[error("no image reference found")]
    Empty,
}

impl RefsError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            RefsError::Line { .. } | RefsError::Empty => {
                "expected lines such as 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1.4.0, \
                 shop/web@sha256:... or sha256:... (all 64 digits), or the JSON of kubectl get pods, aws ecs \
                 describe-tasks, aws lambda get-function or docker ps"
            }
            RefsError::Json(_) => "save the output of the command again, whole and as JSON",
        }
    }
}

/// The repository of an image that a reference may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repository<'a> {
    /// Registry.
    pub registry_id: &'a str,
    /// Name.
    pub name: &'a str,
    /// Region label; empty if there is none, which matches every region.
    pub region: &'a str,
}

/// The references of a text, each distinct one once, in the order of the text.
#[derive(Clone, Debug, Default)]
pub struct ImageRefs {
    references: Vec<ImageRef>,
    /// How many references name an image of another kind of registry (Docker Hub, Quay), by host.
    others: BTreeMap<String, usize>,
    bare_digests: HashSet<Digest>,
    by_repository: HashMap<String, Vec<usize>>,
    /// Where each reference is, by what it names.
    places: HashMap<Named, usize>,
    /// The references to a digest, and those to a tag by their repository and tag.
    by_digest: HashMap<Digest, Vec<usize>>,
    by_tag: HashMap<String, HashMap<String, Vec<usize>>>,
    /// The digests that ran under a reference.
    running: HashSet<(usize, Digest)>,
}

impl ImageRefs {
    /// Read a text: JSON documents (one or several) if it starts with a bracket, lines otherwise.
    ///
    /// # Errors
    /// If the text has a line that is not a reference, or is JSON that cannot be read.
    pub fn parse(text: &str) -> Result<Self, RefsError> {
        let text = text.trim_start_matches('\u{feff}');
        let mut refs = ImageRefs::default();
        if text.trim_start().starts_with(['{', '[']) {
            json::read(text, &mut refs)?;
        } else {
            lines::read(text, &mut refs)?;
        }
        if refs.references.is_empty() && refs.others.is_empty() {
            return Err(RefsError::Empty);
        }
        Ok(refs)
    }

    /// The references in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &ImageRef> {
        self.references.iter()
    }

    /// How many distinct references there are.
    pub fn len(&self) -> usize {
        self.references.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.references.is_empty()
    }

    /// References to registries that are not ECR's: how many by host.
    pub fn other_registries(&self) -> &BTreeMap<String, usize> {
        &self.others
    }

    /// Digests that the text names without a repository.
    pub fn bare_digests(&self) -> impl Iterator<Item = &Digest> {
        self.references.iter().filter(|it| it.repository.is_none()).filter_map(|it| it.digest.as_ref())
    }

    /// The references that name images of a repository.
    pub fn of_repository<'a>(&'a self, repository: Repository<'a>) -> impl Iterator<Item = &'a ImageRef> {
        let indexes = self.by_repository.get(repository.name).map(Vec::as_slice).unwrap_or_default();
        indexes.iter().map(|index| &self.references[*index]).filter(move |it| it.is_in(repository))
    }

    /// Whether a reference names this image: by its digest, or by a tag that it has, if the reference has no digest.
    pub fn names(&self, repository: Repository<'_>, digest: &Digest, tags: &[String]) -> bool {
        let any_is_in = |indexes: &Vec<usize>| {
            indexes.iter().inspect(|_| steps::count(1)).any(|index| self.references[*index].is_in(repository))
        };
        self.bare_digests.contains(digest)
            || self.by_digest.get(digest).is_some_and(any_is_in)
            || self.by_tag.get(repository.name).is_some_and(|by_tag| {
                tags.iter().inspect(|_| steps::count(1)).any(|tag| by_tag.get(tag).is_some_and(any_is_in))
            })
    }

    /// Add a reference unless it is there already; returns its index.
    fn add(&mut self, reference: ImageRef) -> usize {
        steps::count(1);
        let index = self.references.len();
        match self.places.entry(reference.named()) {
            Entry::Occupied(known) => return *known.get(),
            Entry::Vacant(place) => _ = place.insert(index),
        }
        if let Some(digest) = &reference.digest {
            self.by_digest.entry(digest.clone()).or_default().push(index);
            if reference.repository.is_none() {
                self.bare_digests.insert(digest.clone());
            }
        }
        if let Some(name) = &reference.repository {
            self.by_repository.entry(name.clone()).or_default().push(index);
        }
        if let (Some(name), Some(tag)) = (&reference.repository, reference.tag_to_resolve()) {
            self.by_tag.entry(name.clone()).or_default().entry(tag.to_owned()).or_default().push(index);
        }
        self.references.push(reference);
        index
    }

    /// Note that an image of that digest ran under a reference without one.
    fn add_running(&mut self, index: usize, digest: &Digest) {
        if self.running.insert((index, digest.clone())) {
            self.references[index].running.push(digest.clone());
            self.by_digest.entry(digest.clone()).or_default().push(index);
        }
    }

    fn add_other(&mut self, host: &str) {
        *self.others.entry(host.to_owned()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests;
