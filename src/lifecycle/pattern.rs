//! The patterns of `tagPatternList`: `*` matches zero or more characters, every other character itself.

/// A pattern for tags.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagPattern(String);

impl TagPattern {
    /// The pattern with that text. Every text is a pattern.
    pub fn new(text: impl Into<String>) -> Self {
        TagPattern(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a tag matches it. Costs at most the product of both lengths.
    pub fn matches(&self, tag: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = tag.strip_prefix(first) else { return false };
        let mut parts: Vec<&str> = parts.collect();
        // Without a `*` the whole tag has to be the text.
        let Some(last) = parts.pop() else { return rest.is_empty() };
        for part in parts {
            // The leftmost place is always as good as a later one.
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::TagPattern;

    #[test]
    fn only_the_star_is_special() {
        for (pattern, tag, expected) in [
            ("prod", "prod", true),
            ("prod", "prod-1", false),
            ("prod*", "prod", true),
            ("prod*", "prod-1", true),
            ("*prod", "eu-prod", true),
            ("*prod", "prod-eu", false),
            ("*", "anything", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "ab", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("**a", "a", true),
            ("v?.*", "v1.2", false),
            ("v?.*", "v?.2", true),
            ("[a]*", "a", false),
            ("V*", "v1", false),
            ("é*é", "éé", true),
        ] {
            assert_eq!(TagPattern::new(pattern).matches(tag), expected, "{pattern} {tag}");
        }
    }

    /// The definition, written down.
    fn naive(pattern: &[char], tag: &[char]) -> bool {
        match pattern.split_first() {
            None => tag.is_empty(),
            Some((&'*', rest)) => (0..=tag.len()).any(|skipped| naive(rest, &tag[skipped..])),
            Some((first, rest)) => tag.first() == Some(first) && naive(rest, &tag[1..]),
        }
    }

    proptest! {
        #[test]
        fn it_matches_what_the_definition_says(pattern in "[ab*é]{0,7}", tag in "[abé]{0,8}") {
            let (wanted, chars): (Vec<char>, Vec<char>) = (pattern.chars().collect(), tag.chars().collect());
            prop_assert_eq!(TagPattern::new(pattern).matches(&tag), naive(&wanted, &chars));
        }
    }
}
