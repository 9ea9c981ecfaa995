//! Which images may be children of an image index: the rule of `images`, `in-use`, `lifecycle` and `report`.
//!
//! A page does not say which images an index refers to. A child may be any untagged image that is not attached to another
//! image (as a signature is), if its listing shows another image that is an index, or may hide one.

/// The image indexes of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListedIndexes {
    /// How many the listing shows; each digest counts once.
    pub shown: u64,
    /// Whether it may hide one: it is incomplete, or its filter leaves tagged images out.
    pub may_be_hidden: bool,
}

impl ListedIndexes {
    /// Whether an untagged image of the listing that is not attached to another one may be a child of an index.
    pub fn may_refer_to(self, is_index: bool) -> bool {
        self.may_be_hidden || self.shown > u64::from(is_index)
    }
}

#[cfg(test)]
mod tests {
    use super::ListedIndexes;

    #[test]
    fn an_index_is_no_child_of_itself() {
        for (shown, may_be_hidden, of_image, of_index) in
            [(0, false, false, false), (0, true, true, true), (1, false, true, false), (2, false, true, true)]
        {
            let indexes = ListedIndexes { shown, may_be_hidden };
            let found = (indexes.may_refer_to(false), indexes.may_refer_to(true));
            assert_eq!(found, (of_image, of_index), "{indexes:?}");
        }
    }
}
