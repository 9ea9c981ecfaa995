//! What a change of policy changes: two evaluations of the same images side by side.

use super::evaluate::{Evaluation, Fate};
use super::policy::{Action, Policy};

/// How the result for an image changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// The new policy acts on it, the old one does not.
    NowActed,
    /// The old policy acts on it, the new one does not.
    NowStays,
    /// Both act on it, in different ways: one deletes it, the other archives it.
    OtherAction,
    /// Under one policy, or both, its fate is unknown, and not the same.
    Unknown,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [ChangeKind; 4] =
        [ChangeKind::NowActed, ChangeKind::NowStays, ChangeKind::OtherAction, ChangeKind::Unknown];

    /// The word for it in answers.
    pub fn name(self) -> &'static str {
        match self {
            ChangeKind::NowActed => "nowActedOn",
            ChangeKind::NowStays => "nowStays",
            ChangeKind::OtherAction => "otherAction",
            ChangeKind::Unknown => "unknown",
        }
    }
}

/// An image whose result changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The image, by its place.
    pub image: usize,
    /// How.
    pub kind: ChangeKind,
    /// What the old policy does, and the priority of the rule; `None` if it stays.
    pub before: Option<(Action, i64)>,
    /// The same of the new policy.
    pub after: Option<(Action, i64)>,
}

/// The images whose results differ between two evaluations of the same images.
pub fn changes(old: (&Policy, &Evaluation), new: (&Policy, &Evaluation)) -> Vec<Change> {
    let acted = |(policy, evaluation): (&Policy, &Evaluation), place: usize| {
        let verdict = evaluation.verdicts[place];
        let rule = verdict.rule.map(|rule| &policy.rules[rule]);
        let action = rule.map(|rule| (rule.action, rule.priority));
        (verdict.fate, action.filter(|_| verdict.fate != Fate::Stays))
    };
    let mut changes = Vec::new();
    for image in 0..old.1.verdicts.len().min(new.1.verdicts.len()) {
        let ((fate_before, before), (fate_after, after)) = (acted(old, image), acted(new, image));
        let kind = match (fate_before, fate_after) {
            (Fate::Stays, Fate::Acted) => ChangeKind::NowActed,
            (Fate::Acted, Fate::Stays) => ChangeKind::NowStays,
            (before, after) if before != after => ChangeKind::Unknown,
            _ if before.map(|it| it.0) != after.map(|it| it.0) => ChangeKind::OtherAction,
            _ => continue,
        };
        changes.push(Change { image, kind, before, after });
    }
    changes
}
