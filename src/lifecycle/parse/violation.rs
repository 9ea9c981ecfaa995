//! What is wrong with a policy.

use std::fmt;

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where: `$.rules[0].selection.tagStatus`.
    pub path: String,
    /// The `rulePriority` of the rule, if it is in one that has a valid one.
    pub priority: Option<i64>,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path)?;
        if let Some(priority) = self.priority {
            write!(formatter, " (rule {priority})")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

/// A policy that the service would refuse, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidPolicy(pub Vec<Violation>);

impl fmt::Display for InvalidPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0.len() == 1 { "" } else { "s" };
        write!(formatter, "invalid lifecycle policy: {} violation{plural}", self.0.len())?;
        self.0.iter().try_for_each(|violation| write!(formatter, "\n  {violation}"))
    }
}
