//! The first images of a list by rank, out of many, without keeping all of them.

use std::cmp::Ordering;

use super::figures::{Candidate, Image};

/// The images with the highest ranks, up to a limit. Equal ranks are ordered by repository and digest,
/// so that the same database gives the same list.
pub(super) struct Top<Rank, Item> {
    limit: usize,
    items: Vec<(Rank, Item)>,
    /// Once there are enough: a rank below it cannot be in the list.
    least: Option<Rank>,
}

/// What has an image to be ordered by.
pub(super) trait Listed {
    fn image(&self) -> &Image;
}

impl Listed for Image {
    fn image(&self) -> &Image {
        self
    }
}

impl Listed for Candidate {
    fn image(&self) -> &Image {
        &self.image
    }
}

impl<Rank: Copy + Ord, Item: Listed> Top<Rank, Item> {
    /// An empty list of at most `limit` images.
    pub(super) fn new(limit: usize) -> Self {
        Top { limit, items: Vec::new(), least: None }
    }

    /// Whether an image of that rank can still get into the list.
    pub(super) fn takes(&self, rank: Rank) -> bool {
        self.limit > 0 && self.least.is_none_or(|least| rank >= least)
    }

    /// Add an image, which is only made if its rank is high enough.
    pub(super) fn offer<E>(&mut self, rank: Rank, item: impl FnOnce() -> Result<Item, E>) -> Result<(), E> {
        if !self.takes(rank) {
            return Ok(());
        }
        self.items.push((rank, item()?));
        if self.items.len() >= self.limit.saturating_mul(2).max(64) {
            self.cut();
        }
        Ok(())
    }

    /// Drop what cannot be in the list.
    fn cut(&mut self) {
        if self.limit > 0 && self.items.len() > self.limit {
            let (_, last, _) = self.items.select_nth_unstable_by(self.limit - 1, order);
            self.least = Some(last.0);
            self.items.truncate(self.limit);
        }
    }

    /// The images, the highest rank first.
    pub(super) fn finish(mut self) -> Vec<Item> {
        self.cut();
        self.items.sort_unstable_by(order);
        self.items.into_iter().map(|(_, item)| item).collect()
    }
}

fn order<Rank: Ord, Item: Listed>((rank_a, a): &(Rank, Item), (rank_b, b): &(Rank, Item)) -> Ordering {
    let (a, b) = (a.image(), b.image());
    rank_b.cmp(rank_a).then_with(|| (&a.place, &a.image_digest).cmp(&(&b.place, &b.image_digest)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Top;
    use crate::model::Digest;
    use crate::report::figures::{Image, RepositoryKey};

    fn image(number: u8) -> Image {
        Image {
            place: RepositoryKey { registry_id: String::new(), repository_name: "r".to_owned(), region: None },
            image_tags: Vec::new(),
            image_digest: Digest::Sha256([number; 32]),
            bytes: 0,
            pushed_at: None,
            pulled_at: None,
            scanned_at: None,
            findings: <_>::default(),
        }
    }

    proptest! {
        /// The list is the beginning of what sorting everything gives, in whatever order images come.
        #[test]
        fn a_list_is_the_beginning_of_all(ranks in prop::collection::vec(0..9u64, 0..250), limit in 0..80usize) {
            let mut top = Top::new(limit);
            let mut all: Vec<(u64, u8)> = ranks.iter().copied().zip(0u8..).collect();
            for (rank, number) in &all {
                top.offer(*rank, || Ok::<_, ()>(image(*number))).expect("an image");
            }
            all.sort_by_key(|(rank, number)| (std::cmp::Reverse(*rank), *number));
            let expected: Vec<Digest> = all.iter().take(limit).map(|(_, number)| Digest::Sha256([*number; 32])).collect();
            let found: Vec<Digest> = top.finish().into_iter().map(|image| image.image_digest).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
