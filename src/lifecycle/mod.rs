//! ECR lifecycle policies: reading and validating a policy, and what it would do to the images of a repository.
//!
//! Everything here is pure: policies are texts, images are values, and the moment of evaluation is given. The
//! module knows no store, file, clock or terminal. `docs/lifecycle.md` lists the rules of the evaluation, what AWS
//! documents about each, and what is our choice.

mod change;
mod evaluate;
mod explain;
mod image;
mod parse;
mod pattern;
mod policy;
mod preview;
mod replay;
mod text;

pub use change::{Change, ChangeKind, changes};
pub use evaluate::{Evaluation, Fate, RuleSums, Sums, Verdict, evaluate, evaluate_part};
pub use explain::{RuleView, TagMatch, explain};
pub use image::{Image, StorageClass};
pub use parse::{InvalidPolicy, Violation};
pub use pattern::TagPattern;
pub use policy::{Action, Count, Policy, Rule, TagSelection};
pub use preview::{Difference, DifferenceKind, Preview, PreviewError, PreviewRow, differences};
pub use replay::{Evidence, Loss, Replay};
pub use text::{PolicyFileError, policy_text};

#[cfg(test)]
mod documented_tests;
#[cfg(test)]
mod property_tests;
