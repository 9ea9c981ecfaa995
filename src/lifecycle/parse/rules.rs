//! What the rules of a policy must be together.

use std::collections::HashMap;

use super::PolicyReader;
use crate::lifecycle::image::StorageClass;
use crate::lifecycle::pattern::TagPattern;
use crate::lifecycle::policy::{Rule, TagSelection};

impl PolicyReader {
    /// What the rules must be together.
    pub(super) fn across(&mut self, rules: &[(usize, Rule)]) {
        for class in [StorageClass::Standard, StorageClass::Archive] {
            let of_class: Vec<&(usize, Rule)> = rules.iter().filter(|(_, rule)| rule.storage_class == class).collect();
            self.once(&of_class, class);
            self.any_is_last(&of_class, class);
            self.no_text_twice(&of_class, class);
        }
    }

    /// Check that `any` and `untagged` occur in one rule of a storage class at most.
    fn once(&mut self, rules: &[&(usize, Rule)], class: StorageClass) {
        for (selection, name) in [(TagSelection::Any, "any"), (TagSelection::Untagged, "untagged")] {
            let mut with = rules.iter().filter(|(_, rule)| rule.tags == selection);
            let Some((first, _)) = with.next() else { continue };
            for (index, rule) in with {
                let message = format!(
                    "`{name}` is in $.rules[{first}] too; one rule of the storage class `{}` may have it",
                    class.name()
                );
                self.add(format!("$.rules[{index}].selection.tagStatus"), Some(rule.priority), message);
            }
        }
    }

    /// The rule with `any` has the highest priority number of its storage class.
    fn any_is_last(&mut self, rules: &[&(usize, Rule)], class: StorageClass) {
        let Some(last) = rules.iter().map(|(_, rule)| rule.priority).max() else { return };
        for (index, rule) in rules {
            if rule.tags == TagSelection::Any && rule.priority < last {
                let message = format!(
                    "{} is below {last}; the rule with `tagStatus` `any` needs the highest number of the storage class `{}`",
                    rule.priority,
                    class.name()
                );
                self.add(format!("$.rules[{index}].rulePriority"), Some(rule.priority), message);
            }
        }
    }

    /// Check that a prefix or pattern occurs once in the rules of a storage class.
    fn no_text_twice(&mut self, rules: &[&(usize, Rule)], class: StorageClass) {
        let mut seen: HashMap<(bool, &str), String> = HashMap::new();
        for (index, rule) in rules {
            let (texts, list): (Vec<&str>, &str) = match &rule.tags {
                TagSelection::Prefixes(prefixes) => (prefixes.iter().map(String::as_str).collect(), "tagPrefixList"),
                TagSelection::Patterns(patterns) => {
                    (patterns.iter().map(TagPattern::as_str).collect(), "tagPatternList")
                }
                _ => continue,
            };
            for (at, text) in texts.into_iter().enumerate() {
                let path = format!("$.rules[{index}].selection.{list}[{at}]");
                if let Some(other) = seen.get(&(list == "tagPrefixList", text)) {
                    let message =
                        format!("`{text}` is at {other} too; once for the storage class `{}` is allowed", class.name());
                    self.add(path, Some(rule.priority), message);
                } else {
                    seen.insert((list == "tagPrefixList", text), path);
                }
            }
        }
    }
}
