//! From a store to the figures: the sums of every snapshot of the span, and the images of the last.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::figures::{Absent, Figures, MovedTag, Moves, Point, Quota, Repository, RepositoryKey, SeesArchived};
use super::moves::Follower;
use super::span::{self, Span, Visits};
use super::state::{OfRepository, State};
use crate::coverage::Coverage;
use crate::store::StoreError;
use crate::store::read::figures::Sums;
use crate::store::read::{Listing, Reader, Repositories, Snapshot};

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// What a report is to say.
#[derive(Clone, Debug)]
pub struct Options {
    /// The heading.
    pub title: Option<String>,
    /// Which repositories.
    pub repositories: Repositories,
    /// Microseconds without a pull after which an image is stale.
    pub stale_after: i64,
    /// The quota of images in a repository.
    pub quota_images: u64,
    /// The quota of repositories in a registry.
    pub quota_repositories: u64,
}

/// The figures of a span of snapshots, oldest first.
///
/// # Errors
/// Where the store cannot be read.
pub fn gather(reader: &Reader, snapshots: &[Snapshot], options: &Options) -> Result<Figures, StoreError> {
    let Span { mut points, repositories: by_repository } = Span::read(reader, snapshots, &options.repositories)?;
    let last = points.len().saturating_sub(1);
    let captured_at = snapshots.last().map_or(0, |snapshot| snapshot.captured_at);
    let mut state = State::new(captured_at, options.stale_after);
    let mut repositories = Vec::new();
    let mut absent = Vec::new();
    let mut moves = Moves::default();
    for visits in by_repository.values() {
        let Some((seen, listing)) = visits.last() else { continue };
        let mut sums = follow(reader, visits, &points, &mut moves)?;
        if *seen == last {
            let mut of = OfRepository::default();
            reader.facts(listing, |image| state.add(&listing.repository, &mut of, &image))?;
            if sums.len() < visits.len() {
                sums.push(of.sums);
            }
            repositories.push(repository(visits, &points, &of, &mut state));
        } else {
            absent.push(absent_since(listing, &points[*seen]));
        }
        for ((index, listing), sums) in visits.iter().zip(sums) {
            span::add(&mut points[*index], listing, &sums);
        }
    }
    for point in &mut points {
        // A capture of several repositories is asked alike for all of them, unless something says otherwise.
        if point.archived > 0 && point.sees_archived == SeesArchived::Unknown {
            point.sees_archived = SeesArchived::Yes;
        }
    }
    repositories.sort_by_key(|repository| Reverse(repository.bytes));
    moves.tags.sort_by(|a, b| b.by_captured_at.cmp(&a.by_captured_at).then(b.times.cmp(&a.times)));
    let (ages, pulls, cleanup, scans, statuses) = state.finish();
    let distinct = |text: fn(&RepositoryKey) -> &String| {
        let places = repositories.iter().map(|repository| text(&repository.place));
        let mut texts: Vec<String> = places.filter(|text| !text.is_empty()).cloned().collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    Ok(Figures {
        title: options.title.clone().unwrap_or_else(|| "Container images".to_owned()),
        program: concat!("ecrsnap ", env!("CARGO_PKG_VERSION")).to_owned(),
        registries: distinct(|place| &place.registry_id),
        regions: distinct(|place| &place.region),
        repository_names: options.repositories.names.clone(),
        stale_after_days: options.stale_after as f64 / DAY as f64,
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

/// Snapshots in a row that have the same listing.
struct Link<'v> {
    /// The first and the last of them.
    from: usize,
    until: usize,
    listing: &'v Listing,
    /// Whether a tag that it does not show was nowhere.
    shows_tags: bool,
}

/// The sums of a repository's listings along the span, its moved tags noted on the way. Where there
/// is only one listing, none: its images are about to be read anyway.
fn follow(reader: &Reader, visits: &Visits, points: &[Point], moves: &mut Moves) -> Result<Vec<Sums>, StoreError> {
    if let [(seen, _)] = visits.as_slice()
        && seen + 1 == points.len()
    {
        return Ok(Vec::new());
    }
    // Equal listings in a row are one link of the chain, if a tag's absence means the same in both.
    let mut links: Vec<Link<'_>> = Vec::new();
    for (index, listing) in visits {
        let shows_tags = !Coverage::of(listing, points[*index].captured_at).may_hide_tagged();
        match links.last_mut() {
            Some(link) if link.listing.listing_id == listing.listing_id && link.shows_tags == shows_tags => {
                link.until = *index;
            }
            _ => links.push(Link { from: *index, until: *index, listing, shows_tags }),
        }
    }
    let ids: Vec<i64> = links.iter().map(|link| link.listing.listing_id).collect();
    let chain = reader.chain(&ids)?;
    let mut follower = Follower::default();
    let mut by_tag: BTreeMap<String, MovedTag> = BTreeMap::new();
    for (step, pair) in chain.steps.iter().zip(links.windows(2)) {
        let (before, Link { from: by, listing, shows_tags, .. }) = (&pair[0], &pair[1]);
        for found in follower.step(chain.gone(step), chain.come(step), (before.until, *by), *shows_tags) {
            moves.times += 1;
            let times = by_tag.get(&found.tag).map_or(0, |tag| tag.times) + 1;
            let tag = MovedTag {
                place: RepositoryKey::from(&listing.repository),
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
    }
    moves.tags.extend(by_tag.into_values());
    let mut sums = Vec::with_capacity(visits.len());
    for (link, of_link) in links.iter().zip(&chain.sums) {
        let snapshots = visits.iter().filter(|(index, _)| (link.from..=link.until).contains(index)).count();
        sums.extend(std::iter::repeat_n(*of_link, snapshots));
    }
    Ok(sums)
}

fn repository(visits: &Visits, points: &[Point], of: &OfRepository, state: &mut State) -> Repository {
    let last = points.len() - 1;
    let listing = &visits[visits.len() - 1].1;
    let coverage = Coverage::of(listing, points[last].captured_at);
    // An image index is tagged, so where tagged images may be missing, one may be.
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
        images: listing.images,
        tagged: listing.tagged,
        untagged: listing.images.saturating_sub(listing.tagged),
        archived: of.sums.archived,
        bytes: listing.bytes,
        index_bytes: of.index_bytes,
        counted: of.sums.counted,
        findings: of.sums.findings,
        complete: listing.complete,
        appeared: last > 0 && first.is_none(),
        images_grown: grown(listing.images, |first| first.images),
        bytes_grown: grown(listing.bytes, |first| first.bytes),
        untagged_alone,
        stale: of.stale,
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

/// How many of the fullest repositories are set beside the quota.
const FULLEST: usize = 5;

fn quotas(repositories: &[Repository], options: &Options) -> Vec<Quota> {
    let mut registries: BTreeMap<String, u64> = BTreeMap::new();
    for repository in repositories {
        let RepositoryKey { registry_id, region, .. } = &repository.place;
        let name = if region.is_empty() { registry_id.clone() } else { format!("{registry_id} in {region}") };
        *registries.entry(name).or_default() += 1;
    }
    let of_registry =
        |(name, used)| Quota { quota: "repositories in a registry", name, used, limit: options.quota_repositories };
    let mut fullest: Vec<&Repository> = repositories.iter().collect();
    fullest.sort_by_key(|repository| Reverse(repository.images));
    let of_repository = |repository: &&Repository| Quota {
        quota: "images in a repository",
        name: repository.place.repository_name.clone(),
        used: repository.images,
        limit: options.quota_images,
    };
    registries.into_iter().map(of_registry).chain(fullest.iter().take(FULLEST).map(of_repository)).collect()
}
