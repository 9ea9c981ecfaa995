//! A progress bar on a terminal, for work that says how far it is.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Do the work, with a progress bar on a terminal for anything that takes more than a moment. The
/// bar's two shapes are for a known and an unknown total.
pub(super) fn watched<T>(total: Option<u64>, shapes: [&str; 2], work: impl FnOnce(&Arc<AtomicU64>) -> T) -> T {
    let progress = Arc::new(AtomicU64::new(0));
    if !io::stderr().is_terminal() {
        return work(&progress);
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let drawer = scope.spawn(|| {
            let style = ProgressStyle::with_template(if total.is_some() { shapes[0] } else { shapes[1] });
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new).with_style(style);
            thread::park_timeout(Duration::from_millis(400));
            while !done.load(Ordering::Acquire) {
                bar.set_position(progress.load(Ordering::Relaxed));
                thread::park_timeout(Duration::from_millis(100));
            }
            bar.finish_and_clear();
        });
        let outcome = work(&progress);
        done.store(true, Ordering::Release);
        drawer.thread().unpark();
        outcome
    })
}
