//! From the text of a policy to a [`Policy`], or to everything that is wrong with it.
//!
//! All violations are found in one pass, each with its place as a JSON path and the priority of its rule. The
//! constraints are those of the user guide (policy parameters, quotas); `docs/lifecycle.md` names the two that are
//! our choice.

mod members;
mod rules;
mod violation;

use std::collections::HashMap;

use members::{kind, shown};
pub use violation::{InvalidPolicy, Violation};

use super::image::StorageClass;
use super::pattern::TagPattern;
use super::policy::{Action, Count, Policy, Rule, TagSelection};
use crate::model::{Map, Value, json};

/// Characters of a policy's text that the service accepts.
const LONGEST: usize = 30_720;
const MOST_RULES: usize = 50;
const MOST_STARS: usize = 4;
/// The fewest days after which a rule may delete what is in the archive.
const FEWEST_ARCHIVED_DAYS: i64 = 90;

impl Policy {
    /// Read and check the text of a policy.
    ///
    /// # Errors
    /// The text is not JSON, or not a policy that the service accepts; every violation is in the error. A text
    /// shorter than the service's 100 characters is accepted.
    pub fn parse(text: &str) -> Result<Policy, InvalidPolicy> {
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = PolicyReader::default();
        if text.chars().count() > LONGEST {
            let length = text.chars().count();
            reader.add("$", None, format!("{length} characters; the service accepts at most {LONGEST}"));
        }
        let rules = match json::parse(text) {
            Ok(document) => reader.document(&document),
            Err(error) => {
                reader.add("$", None, format!("not JSON: {error}"));
                Vec::new()
            }
        };
        if reader.violations.is_empty() { Ok(Policy { rules }) } else { Err(InvalidPolicy(reader.violations)) }
    }
}

#[derive(Default)]
struct PolicyReader {
    violations: Vec<Violation>,
}

/// The rule that is being read: its path and its priority.
struct Place {
    path: String,
    priority: Option<i64>,
}

impl Place {
    fn of(&self, member: &str) -> String {
        format!("{}.{member}", self.path)
    }
}

impl PolicyReader {
    fn add(&mut self, path: impl Into<String>, priority: Option<i64>, message: impl Into<String>) {
        self.violations.push(Violation { path: path.into(), priority, message: message.into() });
    }

    fn document(&mut self, document: &Value) -> Vec<Rule> {
        let Some(members) = document.as_map() else {
            self.add("$", None, format!("expected an object with `rules`, found {}", kind(document)));
            return Vec::new();
        };
        self.only(members, &["rules"], "$", None);
        let rules = match members.get("rules") {
            Some(Value::List(rules)) => rules,
            Some(other) => {
                self.add("$.rules", None, format!("expected a list of rules, found {}", kind(other)));
                return Vec::new();
            }
            None => {
                self.add("$.rules", None, "missing; expected a list of rules");
                return Vec::new();
            }
        };
        if rules.is_empty() || rules.len() > MOST_RULES {
            self.add("$.rules", None, format!("{} rules; expected 1 to {MOST_RULES}", rules.len()));
        }
        let mut read: Vec<(usize, Rule)> = Vec::new();
        let mut priorities: HashMap<i64, usize> = HashMap::new();
        for (index, rule) in rules.iter().enumerate() {
            let path = format!("$.rules[{index}]");
            let Some(members) = rule.as_map() else {
                self.add(path, None, format!("expected a rule, found {}", kind(rule)));
                continue;
            };
            let priority = self.priority(members, &path, &mut priorities, index);
            if let Some(rule) = self.rule(members, &Place { path, priority }) {
                read.push((index, rule));
            }
        }
        self.across(&read);
        let mut rules: Vec<Rule> = read.into_iter().map(|(_, rule)| rule).collect();
        rules.sort_by_key(|rule| rule.priority);
        rules
    }

    fn priority(
        &mut self,
        members: &Map,
        path: &str,
        priorities: &mut HashMap<i64, usize>,
        index: usize,
    ) -> Option<i64> {
        let path = format!("{path}.rulePriority");
        match members.get("rulePriority") {
            Some(Value::Int(priority)) if *priority >= 1 => {
                if let Some(other) = priorities.insert(*priority, index) {
                    let message = format!("{priority} is the priority of $.rules[{other}] too; each needs its own");
                    self.add(path, Some(*priority), message);
                }
                Some(*priority)
            }
            Some(other) => {
                self.add(path, None, format!("expected an integer from 1 on, found {}", shown(other)));
                None
            }
            None => {
                self.add(path, None, "missing; expected an integer from 1 on");
                None
            }
        }
    }

    fn rule(&mut self, members: &Map, place: &Place) -> Option<Rule> {
        self.only(members, &["rulePriority", "description", "selection", "action"], &place.path, place.priority);
        let description = match members.get("description") {
            None => None,
            Some(Value::Str(text)) => Some(text.clone()),
            Some(other) => {
                self.add(place.of("description"), place.priority, format!("expected a text, found {}", kind(other)));
                None
            }
        };
        let selection = self.selection(members, place);
        let action = self.action(members, place);
        let (tags, storage_class, count) = selection?;
        let action = action?;
        self.fits(storage_class, count, action, place);
        Some(Rule { priority: place.priority?, description, tags, storage_class, count, action })
    }

    fn selection(&mut self, members: &Map, place: &Place) -> Option<(TagSelection, StorageClass, Count)> {
        let path = place.of("selection");
        let selection = match members.get("selection") {
            Some(Value::Map(selection)) => selection,
            Some(other) => {
                self.add(path, place.priority, format!("expected an object, found {}", kind(other)));
                return None;
            }
            None => {
                self.add(path, place.priority, "missing; expected an object with `tagStatus` and `countType`");
                return None;
            }
        };
        let known =
            ["tagStatus", "tagPrefixList", "tagPatternList", "storageClass", "countType", "countUnit", "countNumber"];
        self.only(selection, &known, &path, place.priority);
        let inner = Place { path, priority: place.priority };
        let tags = self.tags(selection, &inner);
        let storage_class = match self.word(selection, &inner, "storageClass", &["standard", "archive"], false) {
            Ok(Some("archive")) => Some(StorageClass::Archive),
            Ok(_) => Some(StorageClass::Standard),
            Err(()) => None,
        };
        let count = self.count(selection, &inner);
        Some((tags?, storage_class?, count?))
    }

    fn tags(&mut self, selection: &Map, place: &Place) -> Option<TagSelection> {
        let status = self.word(selection, place, "tagStatus", &["tagged", "untagged", "any"], true);
        let prefixes = self.texts(selection, place, "tagPrefixList");
        let patterns = self.texts(selection, place, "tagPatternList");
        for (index, pattern) in patterns.iter().flatten().enumerate() {
            let stars = pattern.matches('*').count();
            if stars > MOST_STARS {
                let path = place.of(&format!("tagPatternList[{index}]"));
                self.add(path, place.priority, format!("{stars} `*`; a pattern has at most {MOST_STARS}"));
            }
        }
        match status {
            Ok(Some("tagged")) => match (prefixes, patterns) {
                (Some(prefixes), None) => Some(TagSelection::Prefixes(prefixes)),
                (None, Some(patterns)) => {
                    Some(TagSelection::Patterns(patterns.into_iter().map(TagPattern::new).collect()))
                }
                (Some(_), Some(_)) => {
                    let message = "`tagPatternList` and `tagPrefixList` in one rule; expected exactly one of them";
                    self.add(&place.path, place.priority, message);
                    None
                }
                (None, None) => {
                    let listed = ["tagPatternList", "tagPrefixList"].iter().any(|list| selection.contains_key(*list));
                    if !listed {
                        let message = "`tagStatus` is `tagged`; expected `tagPatternList` or `tagPrefixList`";
                        self.add(&place.path, place.priority, message);
                    }
                    None
                }
            },
            Ok(Some(status)) => {
                for list in ["tagPatternList", "tagPrefixList"] {
                    if selection.contains_key(list) {
                        let message = format!("not allowed if `tagStatus` is `{status}`; only `tagged` takes it");
                        self.add(place.of(list), place.priority, message);
                    }
                }
                Some(if status == "any" { TagSelection::Any } else { TagSelection::Untagged })
            }
            _ => None,
        }
    }

    fn count(&mut self, selection: &Map, place: &Place) -> Option<Count> {
        let types = ["imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"];
        let kind = self.word(selection, place, "countType", &types, true);
        let number = match selection.get("countNumber") {
            Some(Value::Int(number)) if *number >= 1 => Some(*number),
            Some(other) => {
                let message = format!("expected a positive integer, found {}", shown(other));
                self.add(place.of("countNumber"), place.priority, message);
                None
            }
            None => {
                self.add(place.of("countNumber"), place.priority, "missing; expected a positive integer");
                None
            }
        };
        let Ok(Some(kind)) = kind else {
            // What the unit has to be depends on the type; that it is a known one does not.
            let _ = self.word(selection, place, "countUnit", &["days"], false);
            return None;
        };
        if kind == "imageCountMoreThan" {
            if selection.contains_key("countUnit") {
                let message = "not allowed if `countType` is `imageCountMoreThan`, which counts images";
                self.add(place.of("countUnit"), place.priority, message);
            }
        } else if let Ok(None) = self.word(selection, place, "countUnit", &["days"], false) {
            let message = format!("missing; `{kind}` needs \"countUnit\": \"days\"");
            self.add(place.of("countUnit"), place.priority, message);
        }
        let number = number?;
        Some(match kind {
            "imageCountMoreThan" => Count::MoreThan(number),
            "sinceImagePushed" => Count::DaysSincePushed(number),
            "sinceImagePulled" => Count::DaysSincePulled(number),
            _ => Count::DaysSinceArchived(number),
        })
    }

    fn action(&mut self, members: &Map, place: &Place) -> Option<Action> {
        let path = place.of("action");
        let action = match members.get("action") {
            Some(Value::Map(action)) => action,
            Some(other) => {
                self.add(path, place.priority, format!("expected an object, found {}", kind(other)));
                return None;
            }
            None => {
                self.add(path, place.priority, "missing; expected {\"type\": \"expire\"} or a transition");
                return None;
            }
        };
        self.only(action, &["type", "targetStorageClass"], &path, place.priority);
        let inner = Place { path, priority: place.priority };
        let kind = self.word(action, &inner, "type", &["expire", "transition"], true);
        match kind {
            Ok(Some("expire")) => {
                if action.contains_key("targetStorageClass") {
                    let message = "not allowed if `type` is `expire`";
                    self.add(inner.of("targetStorageClass"), place.priority, message);
                }
                Some(Action::Expire)
            }
            Ok(Some(_)) => match self.word(action, &inner, "targetStorageClass", &["archive"], true) {
                Ok(Some(_)) => Some(Action::Archive),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the parts of one rule must be together.
    fn fits(&mut self, class: StorageClass, count: Count, action: Action, place: &Place) {
        let path = place.of("selection.countType");
        match (count, action) {
            (Count::DaysSincePulled(_), Action::Expire) => {
                let message = "`sinceImagePulled` is only allowed with the action `transition` to `archive`";
                self.add(path, place.priority, message);
            }
            (Count::DaysSinceArchived(_), Action::Archive) => {
                let message = "`sinceImageTransitioned` is only allowed with the action `expire`";
                self.add(path, place.priority, message);
            }
            (Count::DaysSinceArchived(days), Action::Expire) => {
                if class != StorageClass::Archive {
                    let message = "`sinceImageTransitioned` needs \"storageClass\": \"archive\"";
                    self.add(place.of("selection.storageClass"), place.priority, message);
                }
                if days < FEWEST_ARCHIVED_DAYS {
                    let message = format!("{days} days; `sinceImageTransitioned` needs {FEWEST_ARCHIVED_DAYS} or more");
                    self.add(place.of("selection.countNumber"), place.priority, message);
                }
            }
            _ => {}
        }
        if action == Action::Archive && class == StorageClass::Archive {
            let message = "`archive` with the action `transition`: these images are in the archive already";
            self.add(place.of("selection.storageClass"), place.priority, message);
        }
    }
}

#[cfg(test)]
mod tests;
