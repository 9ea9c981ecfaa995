//! Applies a policy to every capture of one repository: which images would have been deleted, and what was
//! seen of them later.
//!
//! Each capture is evaluated alone, as if the policy had been set on that day: what the policy would have deleted
//! earlier is still there.

use std::collections::HashMap;

use super::evaluate::{Fate, evaluate_part};
use super::image::Image;
use super::policy::{Action, Policy};
use crate::model::{Digest, Instant};

/// What shows that an image was still needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It has a tag that is to be kept.
    Tagged(String),
    /// It was pulled after the capture in which it would have been deleted.
    Pulled(Instant),
    /// Something runs it.
    InUse,
}

impl Evidence {
    /// The word for it in answers.
    pub fn name(&self) -> &'static str {
        match self {
            Evidence::Tagged(_) => "tagged",
            Evidence::Pulled(_) => "pulled",
            Evidence::InUse => "inUse",
        }
    }

    fn is_like(&self, other: &Evidence) -> bool {
        self.name() == other.name()
    }
}

/// An image that would have been deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The digest.
    pub digest: Digest,
    /// Its tags then.
    pub tags: Vec<String>,
    /// Bytes.
    pub bytes: u64,
    /// The capture in which it would first have been deleted: the number that was given for it.
    pub capture: usize,
    /// When that was.
    pub at: Instant,
    /// The priority of the rule.
    pub priority: i64,
    /// What shows that it was still needed, with the number of the capture that shows it; each kind once.
    pub evidence: Vec<(usize, Evidence)>,
}

/// A policy applied to one repository, capture after capture.
#[derive(Debug)]
pub struct Replay<'p> {
    policy: &'p Policy,
    losses: Vec<Loss>,
    by_digest: HashMap<Digest, usize>,
}

impl<'p> Replay<'p> {
    /// A replay that has seen no capture.
    pub fn new(policy: &'p Policy) -> Self {
        Replay { policy, losses: Vec::new(), by_digest: HashMap::new() }
    }

    /// Take the next capture, in order of time. `may_hide_index` is that of [`evaluate_part`]; `keeps` says whether a tag shows that an image is needed, `in_use`
    /// whether something runs the image at a place.
    pub fn capture(
        &mut self,
        capture: usize,
        at: Instant,
        images: &[Image],
        may_hide_index: bool,
        keeps: &dyn Fn(&str) -> bool,
        in_use: &dyn Fn(usize) -> bool,
    ) {
        let evaluation = evaluate_part(self.policy, images, at, may_hide_index);
        for (place, (image, verdict)) in images.iter().zip(&evaluation.verdicts).enumerate() {
            let rule = verdict.rule.map(|rule| &self.policy.rules[rule]);
            let deletes = rule.filter(|rule| verdict.fate == Fate::Acted && rule.action == Action::Expire);
            if let Some(rule) = deletes
                && !self.by_digest.contains_key(&image.digest)
            {
                self.by_digest.insert(image.digest.clone(), self.losses.len());
                self.losses.push(Loss {
                    digest: image.digest.clone(),
                    tags: image.tags.clone(),
                    bytes: image.bytes,
                    capture,
                    at,
                    priority: rule.priority,
                    evidence: Vec::new(),
                });
            }
            let Some(known) = self.by_digest.get(&image.digest) else { continue };
            let loss = &mut self.losses[*known];
            let tag = image.tags.iter().find(|tag| keeps(tag)).cloned();
            let pulled = image.pulled_at.filter(|pulled| *pulled > loss.at);
            let used = in_use(place).then_some(Evidence::InUse);
            let seen = [tag.map(Evidence::Tagged), pulled.map(Evidence::Pulled), used];
            for evidence in seen.into_iter().flatten() {
                if !loss.evidence.iter().any(|(_, known)| known.is_like(&evidence)) {
                    loss.evidence.push((capture, evidence));
                }
            }
        }
    }

    /// The images that would have been deleted, in the order in which that would have happened.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Image, Policy, StorageClass};
    use super::{Evidence, Replay};
    use crate::model::{Digest, Instant};

    const DAY: i64 = 86_400_000_000;

    fn at(day: i64) -> Instant {
        Instant::from_micros(day * DAY).unwrap()
    }

    fn image(name: &str, tags: &[&str], pushed: i64, pulled: Option<i64>) -> Image {
        Image {
            digest: Digest::parse(name),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            bytes: 10,
            pushed_at: Some(at(pushed)),
            pulled_at: pulled.map(at),
            archived_at: None,
            activated_at: None,
            storage_class: Some(StorageClass::Standard),
            is_index: false,
            subject: None,
        }
    }

    #[test]
    fn what_was_needed_later_is_shown_once_for_each_kind() {
        let policy = Policy::parse(
            r#"{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan",
                "countNumber": 1}, "action": {"type": "expire"}}]}"#,
        )
        .unwrap();
        let mut replay = Replay::new(&policy);
        let keeps = |tag: &str| tag == "prod";
        let first = [image("a", &["1"], 1, None), image("b", &["2"], 2, None), image("c", &[], 3, None)];
        replay.capture(0, at(10), &first, false, &keeps, &|_| false);
        // `a` becomes prod and is pulled; the pull of `b` was before the capture that would have deleted it.
        let second = [image("a", &["1", "prod"], 1, Some(12)), image("b", &["2"], 2, Some(9)), first[2].clone()];
        replay.capture(1, at(20), &second, false, &keeps, &|_| false);
        replay.capture(2, at(30), &second, false, &keeps, &|place| place == 1);
        let losses = replay.losses();
        assert_eq!(losses.iter().map(|loss| loss.digest.to_string()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(losses[0].evidence, [(1, Evidence::Tagged("prod".to_owned())), (1, Evidence::Pulled(at(12)))]);
        assert_eq!(losses[1].evidence, [(2, Evidence::InUse)]);
        assert!(losses.iter().all(|loss| loss.capture == 0 && loss.at == at(10) && loss.priority == 1));
    }
}
