//! A count of steps, for tests that show that a cost grows in proportion to its input. Other builds count nothing.
//!
//! Code whose cost was once out of step counts what it does in its inner loop; a test runs it on two sizes. Steps are
//! counted for each thread.

/// Count so many steps.
#[inline]
pub(crate) fn count(steps: usize) {
    #[cfg(test)]
    counter::add(steps);
    #[cfg(not(test))]
    let _ = steps;
}

#[cfg(test)]
pub(crate) use counter::assert_linear;

#[cfg(test)]
mod counter {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    pub(super) fn add(steps: usize) {
        STEPS.with(|all| all.set(all.get() + steps as u64));
    }

    /// The steps that `work` takes on this thread.
    fn of(work: impl FnOnce()) -> u64 {
        let before = STEPS.get();
        work();
        STEPS.get() - before
    }

    /// Run `work` on an input of `size` and on one eight times as large, which must take no more than ten times the
    /// steps, and some. If the steps grew with the square, it would take 64 times as many.
    pub(crate) fn assert_linear(what: &str, size: usize, work: impl Fn(usize)) {
        let (small, large) = (of(|| work(size)), of(|| work(8 * size)));
        assert!(small > 0, "{what}: no steps were counted");
        assert!(large <= 10 * small, "{what}: {small} steps for {size}, {large} for {}", 8 * size);
    }
}
