//! A comparison narrowed to some tags.

use super::snapshots::Comparison;
use crate::model::{Detail, Glob};

/// Which tags a comparison is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagFilter {
    /// Globs, one of which a tag must match; every tag if there is none.
    pub only: Vec<Glob>,
    /// Globs, none of which a tag may match.
    pub without: Vec<Glob>,
}

impl TagFilter {
    /// Whether the comparison is about a tag.
    pub fn selects(&self, tag: &str) -> bool {
        (self.only.is_empty() || self.only.iter().any(|glob| glob.matches(tag)))
            && !self.without.iter().any(|glob| glob.matches(tag))
    }

    /// Whether the comparison is about an image: it has a selected tag, or it has none and no tag was asked for.
    fn selects_image(&self, detail: &Detail) -> bool {
        match detail.image_tags.as_deref() {
            None | Some([]) => self.only.is_empty(),
            Some(tags) => tags.iter().any(|tag| self.selects(tag)),
        }
    }
}

impl Comparison {
    /// Leave out what concerns other tags: the tags, the images without a selected one, and the repositories of which
    /// nothing is left. The totals stay those of all images.
    pub fn retain_tags(&mut self, filter: &TagFilter) {
        if *filter == TagFilter::default() {
            return;
        }
        for repository in &mut self.repositories {
            let changes = &mut repository.changes;
            changes.added.retain(|image| filter.selects_image(&image.detail));
            changes.removed.retain(|image| filter.selects_image(&image.detail));
            changes.changed.retain(|it| filter.selects_image(&it.before) || filter.selects_image(&it.after));
            changes.tags.retain(|change| filter.selects(&change.tag));
        }
        self.repositories.retain(|repository| !repository.changes.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::TagFilter;
    use crate::model::{Detail, Digest, Glob};

    #[test]
    fn images_go_with_their_tags() {
        let globs = |texts: &[&str]| texts.iter().map(|text| Glob::parse(text).expect("a glob")).collect();
        let image = |tags: &[&str]| {
            let mut detail = Detail::new("1".into(), "r".into(), Digest::Sha256([0; 32]));
            detail.image_tags = Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
            detail
        };
        for (only, without, tags, expected) in [
            (&[][..], &[][..], &["prod"][..], true),
            (&[], &[], &[], true),
            (&["v*"], &[], &["prod", "v1"], true),
            (&["v*"], &[], &["prod"], false),
            (&["v*"], &[], &[], false),
            (&[], &["pr-*"], &["pr-7"], false),
            (&[], &["pr-*"], &["pr-7", "v1"], true),
            (&[], &["pr-*"], &[], true),
            (&["v*", "prod"], &["v0*"], &["v0.1"], false),
        ] {
            let filter = TagFilter { only: globs(only), without: globs(without) };
            assert_eq!(filter.selects_image(&image(tags)), expected, "{only:?} {without:?} {tags:?}");
        }
    }
}
