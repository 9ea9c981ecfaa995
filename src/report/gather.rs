//! From a store to the figures: the sums of every snapshot of the span, and the images of the last.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use super::churn::{self, Churn};
use super::figures::{
    Absent, Figures, Group, IMAGES_QUOTA, MovedName, MovedTag, Moves, Naming, Point, Quota, Repository, RepositoryKey,
    SeesArchived, Settings, TagKind, Totals,
};
use super::moves::Follower;
use super::policies;
use super::settings;
use super::span::{self, Span, Visits};
use super::state::{Limits, OfRepository, State};
use crate::coverage::Coverage;
use crate::model::{CaptureScope, Digest, Instant};
use crate::store::StoreError;
use crate::store::read::figures::Sums;
use crate::store::read::{Listing, Reader, Repositories, Snapshot};

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// What a report describes.
#[derive(Clone, Debug)]
pub struct Options {
    /// The heading.
    pub title: Option<String>,
    /// Which repositories.
    pub repositories: Repositories,
    /// Microseconds without a pull after which an image is stale.
    pub stale_after: i64,
    /// Microseconds after which a scan is stale.
    pub scan_stale_after: i64,
    /// The longest list of single images (candidates, worst images, unscanned ones).
    pub listed: usize,
    /// The quota of images in a repository.
    pub quota_images: u64,
    /// The quota of repositories in a registry.
    pub quota_repositories: u64,
}

impl Default for Options {
    /// All repositories; stale after 90 days, a scan after 30; lists of 2,000; the service's default quotas.
    fn default() -> Self {
        Options {
            title: None,
            repositories: Repositories::default(),
            stale_after: 90 * DAY,
            scan_stale_after: 30 * DAY,
            listed: 2000,
            quota_images: 100_000,
            quota_repositories: 100_000,
        }
    }
}

/// The figures of a span of snapshots, oldest first.
///
/// # Errors
/// If the store cannot be read.
pub fn gather(reader: &Reader, snapshots: &[Snapshot], options: &Options) -> Result<Figures, StoreError> {
    let Span { mut points, repositories: by_repository, scopes } =
        Span::read(reader, snapshots, &options.repositories)?;
    let last = points.len().saturating_sub(1);
    let limits = Limits {
        captured_at: snapshots.last().map_or(0, |snapshot| snapshot.captured_at),
        stale_after: options.stale_after,
        scan_stale_after: options.scan_stale_after,
        listed: options.listed,
    };
    let mut state = State::new(limits);
    let mut repositories = Vec::new();
    let mut absent = Vec::new();
    let mut moves = Moves::default();
    let (mut effects, mut empty) = (Vec::new(), Vec::new());
    let mut churn = Churn::new(snapshots.first().map_or(0, |snapshot| snapshot.captured_at));
    for visits in by_repository.values() {
        let Some((seen, listing)) = visits.last() else { continue };
        let follow = Follow { reader, visits, points: &points, scopes: &scopes };
        let mut sums = follow.run(&mut moves, &mut churn)?;
        if *seen == last {
            let mut of = OfRepository::new(&listing.repository);
            reader.facts(listing, |image| state.add(&mut of, &image))?;
            if sums.len() < visits.len() {
                sums.push(of.sums);
            }
            repositories.push(repository(visits, &points, &mut of, &mut state));
            let captured_at = points[last].captured_at;
            effects.extend(policies::effect(reader, snapshots[last].id, listing, captured_at)?);
            empty.extend(policies::is_empty(listing, captured_at).then(|| RepositoryKey::from(&listing.repository)));
        } else {
            absent.push(absent_since(listing, &points[*seen]));
        }
        for ((index, listing), sums) in visits.iter().zip(sums) {
            span::add(&mut points[*index], listing, &sums);
        }
    }
    for point in &mut points {
        // A capture normally uses one filter for all of its repositories.
        if point.totals.archived > 0 && point.sees_archived == SeesArchived::Unknown {
            point.sees_archived = SeesArchived::Yes;
        }
    }
    let settings = settings::settings(reader, snapshots, &scopes, &options.repositories)?;
    let settings = Settings { policies: effects, empty, ..settings };
    repositories.sort_by_key(|repository| Reverse(repository.totals.bytes));
    finish_moves(&mut moves);
    let (ages, pulls, cleanup, scans, statuses) = state.finish();
    let distinct = |text: fn(&RepositoryKey) -> Option<&String>| {
        let mut texts: Vec<String> =
            repositories.iter().filter_map(|repository| text(&repository.place)).cloned().collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    Ok(Figures {
        title: options.title.clone().unwrap_or_else(|| "Container images".to_owned()),
        program: concat!("ecrsnap ", env!("CARGO_PKG_VERSION")).to_owned(),
        registries: distinct(|place| Some(&place.registry_id).filter(|id| !id.is_empty())),
        regions: distinct(|place| place.region.as_ref()),
        repository_names: options.repositories.names.clone(),
        stale_after_days: options.stale_after as f64 / DAY as f64,
        scan_stale_after_days: options.scan_stale_after as f64 / DAY as f64,
        groups: groups(&repositories),
        churn: churn.finish(),
        settings,
        quotas: quotas(&repositories, options),
        snapshots: points,
        repositories,
        absent,
        ages,
        pulls,
        cleanup,
        moves,
        scans,
        statuses,
    })
}

/// Snapshots in a row that have the same listing, captured alike; or one that has none, and says that the repository did
/// not exist or had no image to show.
struct Link<'v> {
    /// The first and the last of them.
    from: usize,
    until: usize,
    listing: Option<&'v Listing>,
    /// The coverage of the first of them.
    coverage: Coverage,
}

/// One repository along the span.
struct Follow<'v> {
    reader: &'v Reader,
    visits: &'v Visits,
    points: &'v [Point],
    /// What each snapshot says about repositories that it does not have.
    scopes: &'v [CaptureScope],
}

impl Follow<'_> {
    /// The sums of the repository's listings; its moved tags and its churn are counted on the way. If the
    /// last snapshot has its only listing, the result is empty, because the caller reads its images anyway.
    fn run(&self, moves: &mut Moves, churn: &mut Churn) -> Result<Vec<Sums>, StoreError> {
        let Follow { reader, visits, points, .. } = self;
        let Some((_, newest)) = visits.last() else { return Ok(Vec::new()) };
        let place = RepositoryKey::from(&newest.repository);
        let mut of = churn::OfRepository::default();
        if let Some((_, first)) = visits.first().filter(|(seen, _)| *seen > 0) {
            reader.facts(first, |image| churn.pushed(&mut of, &image.digest, image.pushed_at))?;
        }
        if let [(seen, _)] = visits.as_slice()
            && seen + 1 == points.len()
        {
            return Ok(Vec::new());
        }
        let links = self.links();
        let ids: Vec<Option<i64>> = links.iter().map(|link| link.listing.map(|listing| listing.listing_id)).collect();
        let chain = reader.chain(&ids)?;
        let mut follower = Follower::default();
        let mut by_tag: BTreeMap<String, MovedTag> = BTreeMap::new();
        for ((step, pair), sums) in chain.steps.iter().zip(links.windows(2)).zip(&chain.sums[1..]) {
            let (before, Link { from: by, listing, coverage, .. }) = (&pair[0], &pair[1]);
            let mut coverage = coverage.clone();
            if let Some(listing) = listing
                && sums.archived > 0
                && coverage.may_hide_archived()
            {
                coverage.shows(&reader.shown_statuses(listing)?);
            }
            let shows_tags = !coverage.may_hide_tagged();
            let found = follower.step(chain.gone(step), chain.come(step), (before.until, *by), shows_tags);
            moves.times += found.len() as u64;
            churn.moved(points[*by].captured_at, found.len() as u64);
            for found in found {
                let times = by_tag.get(&found.tag).map_or(0, |tag| tag.times) + 1;
                let tag = MovedTag {
                    place: place.clone(),
                    kind: TagKind::of(&found.tag),
                    image_tag: found.tag.clone(),
                    times,
                    from: found.from,
                    to: found.to,
                    after: points[found.after].snapshot.clone(),
                    by: points[found.by].snapshot.clone(),
                    by_captured_at: points[found.by].captured_at,
                };
                by_tag.insert(found.tag, tag);
            }
            let mut digests = HashSet::new();
            let repeats = |one: Option<&Listing>| one.is_some_and(|one| one.details != one.images);
            if let Some(listing) = listing
                && [before.listing, Some(*listing)].into_iter().any(repeats)
            {
                reader.facts(listing, |image| {
                    digests.insert(image.digest);
                })?;
            }
            let shows = |digest: &Digest| digests.contains(digest);
            churn.step(&mut of, chain.gone(step), chain.come(step), &coverage, shows);
        }
        moves.tags.extend(by_tag.into_values());
        let mut sums = Vec::with_capacity(visits.len());
        for (link, of_link) in links.iter().zip(&chain.sums) {
            let snapshots = visits.iter().filter(|(index, _)| (link.from..=link.until).contains(index)).count();
            sums.extend(std::iter::repeat_n(*of_link, snapshots));
        }
        Ok(sums)
    }

    /// The listings, equal ones in a row once, if what is absent means the same in both; and the snapshots after the
    /// first of them that say something about the repository without a listing of it.
    fn links(&self) -> Vec<Link<'_>> {
        let mut links: Vec<Link<'_>> = Vec::new();
        let mut visits = self.visits.iter().peekable();
        let Some((first, Listing { repository, .. })) = self.visits.first() else { return links };
        for (index, point) in self.points.iter().enumerate().skip(*first) {
            let Some((_, listing)) = visits.next_if(|(seen, _)| *seen == index) else {
                let coverage = span::coverage_without(&self.scopes[index], repository, point.captured_at);
                // Of several in a row that say the same, the first says it.
                let said = |coverage: &Coverage| {
                    links.last().is_some_and(|link| link.listing.is_none() && link.coverage.filter == coverage.filter)
                };
                if let Some(coverage) = coverage.filter(|coverage| !said(coverage)) {
                    links.push(Link { from: index, until: index, listing: None, coverage });
                }
                continue;
            };
            let alike = |link: &&mut Link<'_>| {
                let key = |listing: &Listing| (listing.listing_id, listing.complete, listing.capture_filter);
                link.listing.is_some_and(|one| key(one) == key(listing))
            };
            match links.last_mut().filter(alike) {
                Some(link) => link.until = index,
                None => links.push(Link {
                    from: index,
                    until: index,
                    listing: Some(listing),
                    coverage: Coverage::of(listing, point.captured_at),
                }),
            }
        }
        links
    }
}

/// Sum the moved tags by name, and put both lists in order.
fn finish_moves(moves: &mut Moves) {
    moves.tags.sort_by(|a, b| {
        (a.kind, Reverse(a.by_captured_at), Reverse(a.times)).cmp(&(
            b.kind,
            Reverse(b.by_captured_at),
            Reverse(b.times),
        ))
    });
    let mut names: BTreeMap<&str, MovedName> = BTreeMap::new();
    for tag in &moves.tags {
        let name = names.entry(&tag.image_tag).or_insert_with(|| MovedName {
            image_tag: tag.image_tag.clone(),
            kind: tag.kind,
            repositories: 0,
            times: 0,
            by_captured_at: tag.by_captured_at,
        });
        name.repositories += 1;
        name.times += tag.times;
        name.by_captured_at = name.by_captured_at.max(tag.by_captured_at);
    }
    let mut names: Vec<MovedName> = names.into_values().collect();
    names.sort_by_key(|name| (name.kind, Reverse(name.times)));
    moves.names = names;
}

/// The sums by registry and region.
fn groups(repositories: &[Repository]) -> Vec<Group> {
    let mut groups: BTreeMap<(&str, Option<&str>), Group> = BTreeMap::new();
    for repository in repositories {
        let RepositoryKey { registry_id, region, .. } = &repository.place;
        let group = groups.entry((registry_id, region.as_deref())).or_insert_with(|| Group {
            registry_id: registry_id.clone(),
            region: region.clone(),
            ..Group::default()
        });
        group.repositories += 1;
        group.totals.add(&repository.totals);
        group.index_bytes = group.index_bytes.saturating_add(repository.index_bytes);
        group.incomplete += u64::from(!repository.complete);
    }
    groups.into_values().collect()
}

fn repository(visits: &Visits, points: &[Point], of: &mut OfRepository, state: &mut State) -> Repository {
    let last = points.len() - 1;
    let listing = &visits[visits.len() - 1].1;
    let coverage = Coverage::of(listing, points[last].captured_at);
    // An image index is tagged, so if tagged images may be missing, an index may be.
    let untagged_alone = state.end_repository(of, coverage.may_hide_tagged());
    let first = Some(&visits[0]).filter(|(index, _)| *index == 0 && last > 0).map(|(_, listing)| listing);
    let comparable = |first: &Listing| {
        let first = Coverage::of(first, points[0].captured_at);
        first.complete && first.part() == coverage.part()
    };
    let known = last > 0 && listing.complete && first.is_none_or(comparable);
    let grown = |now: u64, sum: fn(&Listing) -> u64| known.then(|| now as i64 - first.map_or(0, sum) as i64);
    Repository {
        place: RepositoryKey::from(&listing.repository),
        totals: Totals::of(listing, &of.sums),
        index_bytes: of.index_bytes,
        complete: listing.complete,
        appeared: last > 0 && first.is_none(),
        images_grown: grown(listing.images, |first| first.images),
        bytes_grown: grown(listing.bytes, |first| first.bytes),
        untagged_alone,
        stale: of.stale,
        tagged_unscanned: of.tagged_unscanned,
        tagged_scan_stale: of.tagged_scan_stale,
        oldest_scan: of.oldest_scan.and_then(|at| Instant::from_micros(at).ok()),
    }
}

fn absent_since(listing: &Listing, point: &Point) -> Absent {
    Absent {
        place: RepositoryKey::from(&listing.repository),
        last_snapshot: point.snapshot.clone(),
        images: listing.images,
        bytes: listing.bytes,
    }
}

/// How many of the fullest repositories are compared with their quota.
const FULLEST: usize = 5;

fn quotas(repositories: &[Repository], options: &Options) -> Vec<Quota> {
    let mut registries: BTreeMap<String, u64> = BTreeMap::new();
    for repository in repositories {
        let RepositoryKey { registry_id, region, .. } = &repository.place;
        let name = match region {
            Some(region) => format!("{registry_id} in {region}"),
            None => registry_id.clone(),
        };
        *registries.entry(name).or_default() += 1;
    }
    let several = |text: fn(&RepositoryKey) -> Option<&String>| {
        let mut texts = repositories.iter().filter_map(|repository| text(&repository.place));
        let first = texts.next();
        texts.any(|text| Some(text) != first)
    };
    let naming =
        Naming { registry: several(|place| Some(&place.registry_id)), region: several(|place| place.region.as_ref()) };
    let of_registry =
        |(name, used)| Quota { quota: "repositories in a registry", name, used, limit: options.quota_repositories };
    let mut fullest: Vec<&Repository> = repositories.iter().collect();
    fullest.sort_by_key(|repository| Reverse(repository.totals.images));
    let of_repository = |repository: &&Repository| Quota {
        quota: IMAGES_QUOTA,
        name: repository.place.label(naming),
        used: repository.totals.images,
        limit: options.quota_images,
    };
    registries.into_iter().map(of_registry).chain(fullest.iter().take(FULLEST).map(of_repository)).collect()
}
