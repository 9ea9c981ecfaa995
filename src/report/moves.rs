//! Which tags moved along a chain of listings: from one image to another, not merely added or removed.
//!
//! Only rows that changed are read. If a capture stopped early, a missing tag may be on a page that was
//! not saved; if its filter excluded tagged images, the tag may be on one of those. Such a tag is held
//! and compared with the image that shows it next.

use std::collections::HashMap;

use crate::model::Digest;
use crate::store::read::figures::ChangedImage;

/// One move of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) tag: String,
    pub(super) from: Digest,
    pub(super) to: Digest,
    /// The last snapshot that showed it at `from`, by index.
    pub(super) after: usize,
    /// The first that showed it at `to`.
    pub(super) by: usize,
}

/// Follows the tags of one repository.
#[derive(Default)]
pub(super) struct Follower {
    /// Tags that the last captures would not have shown: their images, and the snapshot that showed them.
    pending: HashMap<String, (Vec<Digest>, usize)>,
}

impl Follower {
    /// The moves between two listings: `after` is the last snapshot that has the one, `by` the first
    /// that has the other. `shows_tags` says whether that one shows every tag there is.
    pub(super) fn step<'t>(
        &mut self,
        gone: impl Iterator<Item = &'t ChangedImage>,
        come: impl Iterator<Item = &'t ChangedImage>,
        (after, by): (usize, usize),
        shows_tags: bool,
    ) -> Vec<Move> {
        let (mut was, is) = (by_tag(gone), by_tag(come));
        let mut moves = Vec::new();
        for (tag, now) in is {
            let pending = self.pending.remove(tag);
            let (before, after) = match (was.remove(tag), &pending) {
                (Some(before), _) => (before, after),
                (None, Some((digests, seen))) => (digests.iter().collect(), *seen),
                (None, None) => continue,
            };
            // An image that has the tag before and after changed in another member.
            let from = before.iter().rfind(|digest| !now.contains(digest));
            let to = now.iter().rfind(|digest| !before.contains(digest));
            if let (Some(&from), Some(&to)) = (from, to) {
                moves.push(Move { tag: tag.to_owned(), from: from.clone(), to: to.clone(), after, by });
            }
        }
        if shows_tags {
            self.pending.clear();
        } else {
            let pending = |(tag, digests): (&str, Vec<&Digest>)| {
                (tag.to_owned(), (digests.into_iter().cloned().collect(), after))
            };
            self.pending.extend(was.into_iter().map(pending));
        }
        moves.sort_by(|a, b| a.tag.cmp(&b.tag));
        moves
    }
}

/// The images of each tag. A capture during a move can show it on several.
fn by_tag<'t>(images: impl Iterator<Item = &'t ChangedImage>) -> HashMap<&'t str, Vec<&'t Digest>> {
    let mut by_tag: HashMap<&str, Vec<&Digest>> = HashMap::new();
    for image in images {
        for tag in &image.tags {
            by_tag.entry(tag).or_default().push(&image.digest);
        }
    }
    by_tag
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{Follower, Move};
    use crate::model::Digest;
    use crate::store::read::figures::ChangedImage;

    fn image(digest: &str, tags: &[&str]) -> ChangedImage {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        ChangedImage { digest: Digest::parse(digest), tags, pushed_at: None, kind: Rc::default() }
    }

    fn moved(tag: &str, from: &str, to: &str, after: usize, by: usize) -> Move {
        Move { tag: tag.to_owned(), from: Digest::parse(from), to: Digest::parse(to), after, by }
    }

    #[test]
    fn a_move_is_not_an_addition_or_a_removal() {
        let mut tags = Follower::default();
        // `prod` goes from a to b; a keeps 1.0, b had 1.1; c is new with 1.2; d is deleted with 0.9.
        let gone = [image("a", &["1.0", "prod"]), image("b", &["1.1"]), image("d", &["0.9"])];
        let come = [image("a", &["1.0"]), image("b", &["1.1", "prod"]), image("c", &["1.2"])];
        assert_eq!(tags.step(gone.iter(), come.iter(), (0, 1), true), [moved("prod", "a", "b", 0, 1)]);
    }

    /// A capture during a move shows the tag on both images, in either order.
    #[test]
    fn a_tag_that_stays_where_it_was_did_not_move() {
        for swapped in [false, true] {
            let gone = [image("a", &["prod"])];
            let mut come = [image("a", &["prod", "old"]), image("b", &["prod"])];
            if swapped {
                come.reverse();
            }
            assert_eq!(Follower::default().step(gone.iter(), come.iter(), (0, 1), true), []);
            // The same after a capture that does not show it.
            let mut tags = Follower::default();
            assert_eq!(tags.step(gone.iter(), [].iter(), (0, 1), false), []);
            assert_eq!(tags.step([].iter(), come.iter(), (1, 2), true), []);
            // On both, not shown, on one of them.
            let mut tags = Follower::default();
            assert_eq!(tags.step(come.iter(), [].iter(), (0, 1), false), []);
            assert_eq!(tags.step([].iter(), come[..1].iter(), (1, 2), true), []);
        }
        // Of two images that had it, one has lost it to a third.
        let gone = [image("a", &["prod"]), image("b", &["prod"])];
        let come = [image("c", &["prod"]), image("b", &["prod", "new"])];
        assert_eq!(Follower::default().step(gone.iter(), come.iter(), (0, 1), true), [moved("prod", "a", "c", 0, 1)]);
    }

    #[test]
    fn a_tag_that_was_not_shown_is_compared_with_the_image_that_shows_it_next() {
        let mut tags = Follower::default();
        let gone = [image("a", &["nightly", "lost"]), image("b", &["same"])];
        assert_eq!(tags.step(gone.iter(), [].iter(), (0, 1), false), []);
        let come = [image("c", &["nightly"]), image("b", &["same"])];
        assert_eq!(tags.step([].iter(), come.iter(), (1, 2), true), [moved("nightly", "a", "c", 0, 2)]);
        // A complete listing showed that `lost` is gone, so its return is not a move.
        let come = [image("d", &["lost"])];
        assert_eq!(tags.step([].iter(), come.iter(), (2, 3), true), []);
    }
}
