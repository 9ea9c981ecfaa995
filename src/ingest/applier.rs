//! Puts what the parsers find into the load, in its order.
//!
//! Details go to listings at once. What other pages say about repositories is kept until the end of the run, because
//! it needs all of it: which repositories there are, and which of them are empty.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::error::IngestError;
use super::folders::{Folders, Manifest};
use super::parallel::pipeline::Event;
use super::parse::anomalies::Anomalies;
use super::parse::extract::Skipped;
use super::parse::records::{IdsFound, RepositoriesFound};
use super::source::{Problem, SourceError, natural_paths};
use crate::model::{Digest, visible};
use crate::store::load::{Known, Load};
use crate::store::repositories::PolicyRow;
use crate::store::row::RepositoryName;

/// Repositories that a message names.
const NAMED: usize = 3;

/// The ids of list-images pages, by repository; whether the last page of each had no token.
pub(super) type Ids = HashMap<RepositoryName, (Vec<(Digest, Option<String>)>, bool)>;

/// Puts events into the load.
pub(super) struct EventApplier<'c> {
    pub(super) load: Load<'c>,
    known: &'c Known,
    source: usize,
    /// Listings of the page that is open, with the details that it added to each; and the place of each listing
    /// among them.
    touched: Vec<(usize, u64)>,
    places: HashMap<usize, usize>,
    /// Listings of the page before, and whether its token was open.
    last: Vec<usize>,
    open: bool,
    member: Arc<str>,
    /// The member of this source that had the last page of each listing.
    members: HashMap<usize, Arc<str>>,
    pub(super) anomalies: Anomalies,
    /// The text around the pages so far.
    pub(super) skipped: Skipped,
    /// Registries that were looked at.
    registries: HashSet<Arc<str>>,
    pub(super) found: Found,
}

/// What to do when something is found that holds for pages read before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Restart {
    /// Begin again at once.
    AtOnce,
    /// Begin again at the end of the sources, when all of it is known.
    AtTheEnd,
    /// The same, and something was found.
    Due,
}

/// What pages of other commands, manifests and empty pages say.
pub(super) struct Found {
    /// What is known of the folders now; the parsers have what was known when the attempt began.
    pub(super) folders: Folders,
    restart: Restart,
    /// Whether any such page was read.
    pub(super) any: bool,
    /// The repositories that describe-repositories pages list, in order.
    described: Vec<RepositoryName>,
    /// Registries that the store holds without a region, and the region that their pages say.
    pub(super) unlabelled: BTreeMap<Arc<str>, String>,
    /// Empty pages that do not say whose they are: the source, the member, and the token.
    empty: Vec<(usize, Arc<str>, Option<String>)>,
    /// The filters that manifests say for the pages, `None` for a page without.
    pub(super) filters: BTreeSet<Option<String>>,
    /// Whether every page of details is of an export of whole registries.
    pub(super) whole: bool,
    pub(super) ids: Ids,
    /// Repositories with details that a complete list of their registry and region does not have.
    pub(super) unlisted: Vec<RepositoryName>,
}

impl<'c> EventApplier<'c> {
    pub(super) fn new(load: Load<'c>, known: &'c Known, folders: Folders, eager: bool) -> Self {
        EventApplier {
            load,
            known,
            source: 0,
            touched: Vec::new(),
            places: HashMap::new(),
            last: Vec::new(),
            open: false,
            member: Arc::default(),
            members: HashMap::new(),
            anomalies: Anomalies::default(),
            skipped: Skipped::default(),
            registries: HashSet::new(),
            found: Found {
                folders,
                restart: if eager { Restart::AtOnce } else { Restart::AtTheEnd },
                any: false,
                described: Vec::new(),
                unlabelled: BTreeMap::new(),
                empty: Vec::new(),
                filters: BTreeSet::new(),
                whole: true,
                ids: HashMap::new(),
                unlisted: Vec::new(),
            },
        }
    }

    /// Count what is odd about a repository that is new to this load.
    fn look_at(&mut self, name: &RepositoryName) {
        if !self.load.has(name) {
            self.anomalies.repository(name, self.registries.insert(Arc::clone(&name.registry_id)));
        }
    }

    /// The page that is open has added so many details to a listing.
    fn touch(&mut self, listing: usize, added: u64) {
        let place = *self.places.entry(listing).or_insert(self.touched.len());
        match self.touched.get_mut(place) {
            Some((_, count)) => *count += added,
            None => self.touched.push((listing, added)),
        }
    }

    pub(super) fn end_source(&mut self) {
        self.source += 1;
        self.members.clear();
    }

    /// The source is refused: what follows it is as if its last page were not open.
    pub(super) fn drop_source(&mut self) {
        self.touched.clear();
        self.places.clear();
        self.last.clear();
        self.open = false;
        self.end_source();
    }

    /// Check that a page of a listing does not follow one that a folder would have after it.
    fn check_order(&mut self, listing: usize) -> Result<(), IngestError> {
        let Some(last) = self.members.insert(listing, Arc::clone(&self.member)) else { return Ok(()) };
        if natural_paths(&last, &self.member).is_le() {
            return Ok(());
        }
        let problem = Problem::OutOfOrder { first: last.to_string(), second: self.member.to_string() };
        let source = self.member.split('!').next().unwrap_or_default();
        Err(IngestError::Source(SourceError::new(source, problem)))
    }

    pub(super) fn apply(&mut self, event: Event) -> Result<(), IngestError> {
        match event {
            Event::Member(name) => self.member = name.into(),
            Event::Anomalies(anomalies) => self.anomalies.add(anomalies),
            Event::Skipped(skipped) => {
                self.skipped.lines += skipped.lines;
                self.skipped.bytes += skipped.bytes;
            }
            Event::Rows(batch) => {
                for name in &batch.repositories {
                    self.look_at(name);
                }
                for (listing, added) in self.load.push(batch)? {
                    self.touch(listing, added);
                }
            }
            Event::Known(chunks) => {
                for chunk in chunks {
                    self.look_at(self.known.repository(chunk));
                    let (listing, added) = self.load.push_known(chunk)?;
                    self.touch(listing, added);
                }
            }
            Event::Page { token, empty } => self.end_page(token.as_ref(), empty)?,
            Event::Repositories(found) => self.repositories(*found)?,
            Event::Policy(policy) => self.policy(*policy),
            Event::Ids(found) => self.ids(*found),
            Event::Manifest(manifest) => self.manifest(&manifest)?,
            Event::End(_) | Event::Elsewhere(_) | Event::Failed(_) => {}
        }
        Ok(())
    }

    fn end_page(&mut self, token: Option<&String>, empty: Option<RepositoryName>) -> Result<(), IngestError> {
        self.found.filters.insert(self.found.folders.capture_filter(&self.member).map(str::to_owned));
        self.found.whole &= self.found.folders.is_whole_registry(&self.member);
        if self.touched.is_empty() {
            match empty {
                // The last page of a series can be empty.
                _ if self.open => self.touched = self.last.iter().map(|listing| (*listing, 0)).collect(),
                Some(name) => self.touched = vec![(self.load.listing(&name)?, 0)],
                // Perhaps a list of the repositories says whose it is.
                None => self.found.empty.push((self.source, Arc::clone(&self.member), token.cloned())),
            }
        }
        self.open = token.is_some();
        self.last = self.touched.iter().map(|(listing, _)| *listing).collect();
        self.places.clear();
        for (listing, images) in std::mem::take(&mut self.touched) {
            self.check_order(listing)?;
            self.load.page(listing, self.source, images, token.cloned());
        }
        Ok(())
    }

    /// Something was found that holds for pages that may have been read already.
    fn restart(&mut self) -> Result<(), IngestError> {
        if self.found.restart == Restart::AtOnce {
            return Err(IngestError::Restart);
        }
        self.found.restart = Restart::Due;
        Ok(())
    }

    fn manifest(&mut self, manifest: &Manifest) -> Result<(), IngestError> {
        self.found.any = true;
        if self.found.folders.add_manifest(&self.member, manifest) {
            self.restart()?;
        }
        let missing = |member: &str, option: &str| IngestError::Page {
            file: self.member.to_string(),
            place: None,
            message: format!("the manifest of an export names repositories without {member}; say it with {option}"),
        };
        if manifest.without_lifecycle_policy.is_empty() {
            return Ok(());
        }
        let defaults = self.found.folders.defaults(&self.member);
        let registry_id: Arc<str> = defaults.registry_id.ok_or_else(|| missing("registryId", "--registry-id"))?.into();
        let region: Arc<str> = defaults.region.unwrap_or_default().into();
        for name in &manifest.without_lifecycle_policy {
            let name = RepositoryName {
                registry_id: Arc::clone(&registry_id),
                name: name.as_str().into(),
                region: Arc::clone(&region),
            };
            self.policy(PolicyRow { name, text: None, last_evaluated_at: None, rest: None });
        }
        Ok(())
    }

    fn repositories(&mut self, found: RepositoriesFound) -> Result<(), IngestError> {
        self.found.any = true;
        let RepositoriesFound { mut page, regions } = found;
        if self.found.folders.said_region(&self.member).is_none() && !regions.is_empty() {
            // A label would part these repositories from those that the store has.
            let registries = page.rows.iter().map(|row| Arc::clone(&row.name.registry_id)).collect::<BTreeSet<_>>();
            let mut labelled = false;
            for registry in registries {
                if self.load.holds_unlabelled(&registry)? {
                    self.found.unlabelled.insert(registry, regions.join(", "));
                } else {
                    labelled = true;
                }
            }
            if labelled && self.found.folders.add_regions(&self.member, &regions) {
                self.restart()?;
            }
        }
        for row in &mut page.rows {
            if self.found.unlabelled.contains_key(&row.name.registry_id) {
                row.name.region = "".into();
                page.region.clear();
            }
            self.look_at(&row.name);
            self.found.described.push(row.name.clone());
        }
        self.load.repository_page(self.source, page);
        Ok(())
    }

    fn policy(&mut self, mut policy: PolicyRow) {
        self.found.any = true;
        if self.found.unlabelled.contains_key(&policy.name.registry_id)
            && self.found.folders.said_region(&self.member).is_none()
        {
            policy.name.region = "".into();
        }
        self.load.policy(self.source, policy);
    }

    fn ids(&mut self, found: IdsFound) {
        self.found.any = true;
        let Some(name) = found.repository else { return };
        let (ids, complete) = self.found.ids.entry(name).or_default();
        ids.extend(found.ids);
        *complete = found.token.is_none();
    }

    /// Everything has come: give empty pages their repositories, and note which registries are listed whole. If
    /// sources were refused (not `whole`), the load is not kept and neither is done. The sources that are refused here.
    pub(super) fn finish(&mut self, whole: bool) -> Result<Vec<(usize, IngestError)>, IngestError> {
        if self.found.restart == Restart::Due {
            return Err(IngestError::Restart);
        }
        if !whole {
            return Ok(Vec::new());
        }
        let refused = self.empty_pages()?;
        let listed: HashSet<&RepositoryName> = self.found.described.iter().collect();
        let mut unlisted_of: HashMap<(String, String), Vec<RepositoryName>> = HashMap::new();
        for name in self.load.names().filter(|name| !listed.contains(name)) {
            let list = (name.registry_id.to_string(), name.region.to_string());
            unlisted_of.entry(list).or_default().push(name.clone());
        }
        for (registry, region) in self.load.complete_lists() {
            let list = (registry, region);
            let unlisted = unlisted_of.remove(&list).unwrap_or_default();
            let (registry, region) = list;
            if unlisted.is_empty() {
                self.load.lists_whole(registry, region);
            }
            self.found.unlisted.extend(unlisted);
        }
        Ok(refused)
    }

    /// An empty page does not say whose it is. If the repositories are listed, and as many of them have no page of
    /// their own as there are empty pages, all of these are empty. Else every source with such a page is refused:
    /// without one of them, the numbers could agree by chance.
    fn empty_pages(&mut self) -> Result<Vec<(usize, IngestError)>, IngestError> {
        let pages = std::mem::take(&mut self.found.empty);
        if pages.is_empty() {
            return Ok(Vec::new());
        }
        let mut without: Vec<RepositoryName> =
            self.found.described.iter().filter(|name| !self.load.has(name)).cloned().collect();
        without.sort_by(|left, right| left.name.cmp(&right.name));
        without.dedup();
        if without.len() != pages.len() {
            let message = if self.found.described.is_empty() {
                "a page without images does not say whose it is; say it with --registry-id and --repository-name"
                    .to_owned()
            } else {
                let names: Vec<String> = without.iter().take(NAMED).map(|name| visible(&name.name)).collect();
                let more = if without.len() > NAMED { ", ..." } else { "" };
                let listed = if names.is_empty() { String::new() } else { format!(": {}{more}", names.join(", ")) };
                format!(
                    "a page without images does not say whose it is, and the number of such pages ({}) is not that of \
                     the listed repositories without a page ({}{listed}); say it with --registry-id and --repository-name",
                    pages.len(),
                    without.len()
                )
            };
            let mut refused: Vec<(usize, IngestError)> = Vec::new();
            for (source, member, _) in pages {
                if refused.last().is_none_or(|(last, _)| *last != source) {
                    let error = IngestError::Page { file: member.to_string(), place: None, message: message.clone() };
                    refused.push((source, error));
                }
            }
            return Ok(refused);
        }
        for ((source, _, token), name) in pages.into_iter().zip(without) {
            let listing = self.load.listing(&name)?;
            self.load.page(listing, source, 0, token);
        }
        Ok(Vec::new())
    }
}
