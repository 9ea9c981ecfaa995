//! A made-up registry: which images a repository holds on a day, and what is true of each.
//!
//! Nothing is remembered between days. A repository is a row of slots; what slot 17 holds on day 40 follows from the
//! seed alone, by replaying the few events of that slot. So memory is flat, and day 40 is the same day 40 whether it
//! is written alone or as one of a year. Knows nothing of JSON or files.

use crate::random::Random;

/// Midnight of the first day, 2025-01-01, in seconds since 1970.
pub(crate) const FIRST_DAY: u64 = 1_735_689_600;
const DAY: u64 = 86_400;
/// Captures are made at 02:00 UTC.
const CAPTURE_HOUR: u64 = 7_200;

/// Shares of a day's changed images, by what happened to them; together 1. A moved tag changes two images.
mod share {
    pub(super) const PUSHED: f64 = 0.2;
    pub(super) const MOVES: f64 = 0.1;
    pub(super) const EVENTS: f64 = 0.6;
}

/// Tags that wander from image to image.
const MOVING_TAGS: [&str; 3] = ["latest", "staging", "prod"];
const SEVERITIES: [&str; 6] = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"];

/// What a random stream is used for, so that two uses of one slot never share numbers.
mod purpose {
    pub(super) const ORDER: u64 = 1;
    pub(super) const EVENTS: u64 = 2;
    pub(super) const ROLE: u64 = 3;
    pub(super) const DIGEST: u64 = 4;
    pub(super) const BODY: u64 = 5;
    pub(super) const PULLS: u64 = 6;
    pub(super) const PHASE: u64 = 7;
    pub(super) const HOLDER: u64 = 8;
    pub(super) const FINDINGS: u64 = 9;
    pub(super) const SIZE: u64 = 10;
}

/// The size of a registry and how fast it changes.
pub(crate) struct Registry {
    /// Another seed is another registry.
    pub(crate) seed: u64,
    /// Images in all, on the first day.
    pub(crate) images: u64,
    /// Repositories, which share the images evenly.
    pub(crate) repositories: u64,
    /// The fraction of images that a day changes.
    pub(crate) change: f64,
    /// The fraction of images whose pull time, and nothing else, moves each day.
    pub(crate) pulls: f64,
}

/// One repository on one day.
pub(crate) struct Repository<'a> {
    registry: &'a Registry,
    number: u64,
    day: u64,
    holders: [u64; MOVING_TAGS.len()],
    /// Living slots, in the order in which the service lists them: none in particular.
    slots: Vec<u64>,
}

/// One image as a day's listing has it. Instants are seconds since 1970.
pub(crate) struct Image {
    pub(crate) digest: [u64; 4],
    pub(crate) tags: Vec<String>,
    pub(crate) size: u64,
    pub(crate) pushed_at: u64,
    pub(crate) scan: Option<Scan>,
    pub(crate) media: Media,
    /// Milliseconds since 1970: the one instant that carries a fraction.
    pub(crate) pulled_at: Option<u64>,
    pub(crate) subject: Option<[u64; 4]>,
    pub(crate) archived: bool,
    pub(crate) archived_at: Option<u64>,
    pub(crate) activated_at: Option<u64>,
}

/// The outcome of a scan.
pub(crate) struct Scan {
    pub(crate) status: &'static str,
    pub(crate) description: &'static str,
    pub(crate) findings: Option<Findings>,
}

/// Counts by severity, those above zero.
pub(crate) struct Findings {
    pub(crate) completed_at: u64,
    pub(crate) source_updated_at: u64,
    pub(crate) counts: Vec<(&'static str, u64)>,
}

/// The two media types; an index has no second one.
pub(crate) struct Media {
    pub(crate) manifest: &'static str,
    pub(crate) artifact: Option<&'static str>,
}

/// What a slot is from birth to end.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Docker,
    Oci,
    Index,
    Platform,
    Attestation,
    Signature,
}

/// What the events of a slot have made of it.
#[derive(Default)]
struct Past {
    gone: bool,
    findings_on: Option<u64>,
    archived: bool,
    archived_on: Option<u64>,
    activated_on: Option<u64>,
    pulled_on: Option<u64>,
    released: bool,
}

impl Registry {
    /// What repository `number` holds on `day` (0 is the first).
    pub(crate) fn repository_on(&self, number: u64, day: u64) -> Repository<'_> {
        let base = self.base(number);
        let born = self.so_far(number, share::PUSHED, day);
        let moves = self.so_far(number, share::MOVES, day);
        let mut slots: Vec<(u64, u64)> = (0..base + born)
            .filter(|&slot| !self.past(number, slot, day).gone)
            .map(|slot| (self.stream(number, slot, purpose::ORDER).bits(), slot))
            .collect();
        slots.sort_unstable();
        Repository {
            registry: self,
            number,
            day,
            // The tags take turns to move.
            holders: std::array::from_fn(|tag| self.holder(number, tag as u64, (moves + tag as u64) / 3)),
            slots: slots.into_iter().map(|(_, slot)| slot).collect(),
        }
    }

    /// Images of a repository on the first day.
    fn base(&self, number: u64) -> u64 {
        self.images / self.repositories + u64::from(number < self.images % self.repositories)
    }

    fn stream(&self, number: u64, slot: u64, purpose: u64) -> Random {
        Random::at(&[self.seed, number, slot, purpose])
    }

    /// How often something has happened in a repository up to a day, when a day brings `share` of its changes.
    fn so_far(&self, number: u64, share: f64, day: u64) -> u64 {
        (self.daily(number, share) * day as f64 + self.phase(number, share)) as u64
    }

    fn daily(&self, number: u64, share: f64) -> f64 {
        self.change * share * self.base(number) as f64
    }

    /// Keeps small repositories, which change less than daily, out of step.
    fn phase(&self, number: u64, share: f64) -> f64 {
        Random::at(&[self.seed, number, purpose::PHASE, share.to_bits()]).unit()
    }

    /// The day on which a slot was filled, `so_far` inverted; base slots are older than the first day.
    fn birth(&self, number: u64, slot: u64) -> u64 {
        let Some(nth) = slot.checked_sub(self.base(number)) else { return 0 };
        let phase = self.phase(number, share::PUSHED);
        let day = (((nth + 1) as f64 - phase) / self.daily(number, share::PUSHED)).ceil() as u64;
        // One day either way, should rounding have missed.
        (day.saturating_sub(1)..=day).find(|&day| self.so_far(number, share::PUSHED, day) > nth).unwrap_or(day + 1)
    }

    fn role(&self, number: u64, slot: u64) -> Role {
        // Every ninth block of four or so is one multi-platform image: index, two platforms, an attestation.
        if self.stream(number, slot / 4, purpose::ROLE).chance(0.12) {
            return [Role::Index, Role::Platform, Role::Platform, Role::Attestation][(slot % 4) as usize];
        }
        match self.stream(number, slot, purpose::ROLE ^ u64::MAX).below(100) {
            0..=1 if slot > 0 => Role::Signature,
            2..=45 => Role::Oci,
            _ => Role::Docker,
        }
    }

    /// The slot that a moving tag points at after so many moves. Where that image is gone, so is the tag.
    fn holder(&self, number: u64, tag: u64, moves: u64) -> u64 {
        let mut random = Random::at(&[self.seed, number, purpose::HOLDER, tag, moves]);
        let base = self.base(number).max(1);
        // A few tries find an image that people tag; a tiny repository may have none.
        (0..32)
            .map(|_| random.below(base))
            .find(|&slot| matches!(self.role(number, slot), Role::Docker | Role::Oci | Role::Index))
            .unwrap_or(u64::MAX)
    }

    fn past(&self, number: u64, slot: u64, today: u64) -> Past {
        let mut random = self.stream(number, slot, purpose::EVENTS);
        let mut day = self.birth(number, slot);
        // A few of the first day's images had been archived long before.
        let mut past = Past { archived: random.chance(0.03) && day == 0, ..Past::default() };
        loop {
            day = day.saturating_add(random.trials(self.change * share::EVENTS));
            if day > today {
                return past;
            }
            match random.below(60) {
                0..20 => {
                    past.gone = true;
                    return past;
                }
                20..40 => past.findings_on = Some(day),
                40..50 => past.pulled_on = Some(day),
                50..55 => past.released = !past.released,
                _ => {
                    past.archived = !past.archived;
                    *(if past.archived { &mut past.archived_on } else { &mut past.activated_on }) = Some(day);
                }
            }
        }
    }

    fn digest(&self, number: u64, slot: u64) -> [u64; 4] {
        let mut random = self.stream(number, slot, purpose::DIGEST);
        std::array::from_fn(|_| random.bits())
    }

    fn size(&self, number: u64, slot: u64) -> u64 {
        let mut random = self.stream(number, slot, purpose::SIZE);
        match self.role(number, slot) {
            Role::Attestation => 9_000 + random.below(60_000),
            Role::Signature => 1_500 + random.below(4_000),
            // An index repeats the size of its largest child.
            Role::Index => self.size(number, slot + 1).max(self.size(number, slot + 2)),
            // Mostly tens of megabytes, at times gigabytes.
            _ => (3_000_000.0 * (random.unit() * 6.5).exp()) as u64 + random.below(1_000_000),
        }
    }
}

impl Repository<'_> {
    /// The repository's name.
    pub(crate) fn name(&self) -> String {
        format!("team-{:02}/service-{:04}", self.number % 17, self.number)
    }

    /// How many images it holds.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// A run of its images, each made on demand.
    pub(crate) fn images(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = Image> + '_ {
        self.slots[range].iter().map(|&slot| self.image(slot))
    }

    fn image(&self, slot: u64) -> Image {
        let (registry, number) = (self.registry, self.number);
        let mut random = registry.stream(number, slot, purpose::BODY);
        let past = registry.past(number, slot, self.day);
        let role = registry.role(number, slot);
        let birth = registry.birth(number, slot);
        let pushed_at = if birth == 0 {
            // Half of what is there is younger than three months, the oldest are of three years.
            capture(0) - 60 - (random.unit().powi(3) * 1_000.0 * DAY as f64) as u64
        } else {
            within(&mut random, birth)
        };
        let archived_at = match past.archived_on {
            Some(day) => Some(within(&mut random, day)),
            None => (past.archived || past.activated_on.is_some()).then(|| capture(0) - random.below(30 * DAY)),
        };
        Image {
            digest: registry.digest(number, slot),
            size: registry.size(number, slot),
            pushed_at,
            scan: self.scan(slot, role, pushed_at, &past),
            media: media(role),
            pulled_at: self.pulled_at(slot, role, pushed_at, &past),
            subject: (role == Role::Signature).then(|| registry.digest(number, slot - 1)),
            archived: past.archived,
            archived_at: archived_at.map(|at| at.max(pushed_at)),
            activated_at: past.activated_on.map(|day| within(&mut random, day)),
            tags: self.tags(slot, role, &past),
        }
    }

    /// A tag is on one image of a repository only, so each is made from the slot's number.
    fn tags(&self, slot: u64, role: Role, past: &Past) -> Vec<String> {
        let mut random = self.registry.stream(self.number, slot, purpose::BODY ^ u64::MAX);
        let mut tags = Vec::new();
        if matches!(role, Role::Docker | Role::Oci | Role::Index) {
            let kinds = [0_u64, 0b001, 0b001, 0b010, 0b011, 0b110, 0b011, 0b111][random.below(8) as usize];
            if kinds & 1 != 0 {
                tags.push(format!("{}.{}.{}", slot / 1_000, slot / 20 % 50, slot % 20));
            }
            if kinds & 2 != 0 {
                tags.push(format!("git-{:012x}", random.bits() >> 16));
            }
            if kinds & 4 != 0 {
                tags.push(format!("build-{}", 10_000 + slot));
            }
            if past.released {
                tags.push(format!("release-{slot}"));
            }
        }
        tags.extend(
            MOVING_TAGS.iter().zip(self.holders).filter(|(_, at)| *at == slot).map(|(tag, _)| (*tag).to_owned()),
        );
        tags
    }

    fn pulled_at(&self, slot: u64, role: Role, pushed_at: u64, past: &Past) -> Option<u64> {
        let mut random = self.registry.stream(self.number, slot, purpose::PULLS);
        let ever = random.chance(0.6) && matches!(role, Role::Docker | Role::Oci | Role::Index | Role::Platform);
        let first = ever.then(|| (pushed_at + random.below(capture(0).saturating_sub(pushed_at).max(2))) * 1_000);
        // The last day that pulled it: of its own events, or of the daily share.
        let daily = (1..=self.day).rev().find(|&day| {
            ever && self.registry.pulls > 0.0
                && Random::at(&[self.registry.seed, self.number, slot, purpose::PULLS, day]).chance(self.registry.pulls)
        });
        match past.pulled_on.max(daily) {
            Some(day) => Some(within(&mut random, day).max(pushed_at) * 1_000 + random.below(1_000)),
            None => first.map(|at| at + if random.chance(0.5) { random.below(1_000) } else { 0 }),
        }
    }

    fn scan(&self, slot: u64, role: Role, pushed_at: u64, past: &Past) -> Option<Scan> {
        let changed = past.findings_on;
        let mut random =
            Random::at(&[self.registry.seed, self.number, slot, purpose::FINDINGS, changed.unwrap_or_default()]);
        if changed.is_none() && matches!(role, Role::Index | Role::Attestation | Role::Signature) {
            return None;
        }
        let (status, description) = match random.below(100) {
            0..48 if changed.is_none() => return None,
            48..51 if changed.is_none() => {
                let description =
                    "UnsupportedImageError: The operating system and/or package manager are not supported.";
                return Some(Scan { status: "FAILED", description, findings: None });
            }
            51..80 => ("ACTIVE", "Continuous scan is selected for image."),
            _ => ("COMPLETE", "The scan was completed successfully."),
        };
        let completed_at = changed.map_or(pushed_at + 5 + random.below(900), |day| within(&mut random, day));
        let mut counts = Vec::new();
        for (severity, share) in SEVERITIES.into_iter().zip([0.25, 0.55, 0.75, 0.5, 0.2, 0.1]) {
            if random.chance(share) {
                counts.push((severity, 1 + (random.unit().powi(4) * 300.0) as u64));
            }
        }
        let source_updated_at = completed_at - random.below(DAY);
        Some(Scan { status, description, findings: Some(Findings { completed_at, source_updated_at, counts }) })
    }
}

fn media(role: Role) -> Media {
    const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
    let (manifest, artifact) = match role {
        Role::Docker => (
            "application/vnd.docker.distribution.manifest.v2+json",
            Some("application/vnd.docker.container.image.v1+json"),
        ),
        Role::Index => ("application/vnd.oci.image.index.v1+json", None),
        Role::Oci | Role::Platform | Role::Attestation => (OCI, Some("application/vnd.oci.image.config.v1+json")),
        Role::Signature => (OCI, Some("application/vnd.cncf.notary.signature")),
    };
    Media { manifest, artifact }
}

/// The instant at which a day's capture was made.
pub(crate) fn capture(day: u64) -> u64 {
    FIRST_DAY + day * DAY + CAPTURE_HOUR
}

/// Some instant between the day's capture and the one before it.
fn within(random: &mut Random, day: u64) -> u64 {
    capture(day) - 1 - random.below(DAY - 1)
}
