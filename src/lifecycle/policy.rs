//! A lifecycle policy as values that are known to be valid.

use super::image::StorageClass;
use super::pattern::TagPattern;

/// A valid lifecycle policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The rules in order of priority, the lowest number first.
    pub rules: Vec<Rule>,
}

/// One rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `rulePriority`: the lower number is applied first.
    pub priority: i64,
    /// `description`.
    pub description: Option<String>,
    /// Which tags an image must have.
    pub tags: TagSelection,
    /// The storage class whose images the rule looks at.
    pub storage_class: StorageClass,
    /// Which of the images that match the rule acts on.
    pub count: Count,
    /// What happens to them.
    pub action: Action,
}

/// Which tags an image must have for a rule to match it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagSelection {
    /// `tagStatus` `any`: every image.
    Any,
    /// `tagStatus` `untagged`: images without tags.
    Untagged,
    /// `tagPrefixList`: for each prefix, a tag of the image begins with it.
    Prefixes(Vec<String>),
    /// `tagPatternList`: for each pattern, a tag of the image matches it.
    Patterns(Vec<TagPattern>),
}

/// Which of the images that match a rule it acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// `imageCountMoreThan`: all but the youngest N.
    MoreThan(i64),
    /// `sinceImagePushed`: pushed more than N days ago.
    DaysSincePushed(i64),
    /// `sinceImagePulled`: last pulled more than N days ago.
    DaysSincePulled(i64),
    /// `sinceImageTransitioned`: archived more than N days ago.
    DaysSinceArchived(i64),
}

/// What happens to an image that a rule acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It is deleted.
    Expire,
    /// It is moved to the archive.
    Archive,
}

impl Action {
    /// `EXPIRE` or `TRANSITION`, as the API's answers have it.
    pub fn name(self) -> &'static str {
        match self {
            Action::Expire => "EXPIRE",
            Action::Archive => "TRANSITION",
        }
    }
}

impl Count {
    /// `countType`.
    pub fn name(self) -> &'static str {
        match self {
            Count::MoreThan(_) => "imageCountMoreThan",
            Count::DaysSincePushed(_) => "sinceImagePushed",
            Count::DaysSincePulled(_) => "sinceImagePulled",
            Count::DaysSinceArchived(_) => "sinceImageTransitioned",
        }
    }
}

impl Rule {
    /// The rule in a few words: `tags prod*, keep 5`.
    pub fn summary(&self) -> String {
        let tags = match &self.tags {
            TagSelection::Any => "any".to_owned(),
            TagSelection::Untagged => "untagged".to_owned(),
            TagSelection::Prefixes(prefixes) => {
                let all: Vec<String> = prefixes.iter().map(|prefix| format!("{prefix}*")).collect();
                format!("tags {}", all.join(" and "))
            }
            TagSelection::Patterns(patterns) => {
                let all: Vec<&str> = patterns.iter().map(TagPattern::as_str).collect();
                format!("tags {}", all.join(" and "))
            }
        };
        let count = match self.count {
            Count::MoreThan(count) => format!("keep {count}"),
            Count::DaysSincePushed(days) => format!("pushed over {days} d ago"),
            Count::DaysSincePulled(days) => format!("not pulled for {days} d"),
            Count::DaysSinceArchived(days) => format!("archived over {days} d ago"),
        };
        let class = if self.storage_class == StorageClass::Archive { "archived, " } else { "" };
        format!("{class}{tags}, {count}")
    }
}
