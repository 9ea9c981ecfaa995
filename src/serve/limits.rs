//! How much of the server a client can take, in one place. `docs/serve.md` has the same numbers.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

/// The limits of a server. Only tests change them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at one time; more wait in the system's queue.
    pub(super) connections: usize,
    /// The bytes of a request's head, and of the buffer of each connection.
    pub(super) head: usize,
    /// The bytes of a body; 100 image ids with the longest tags are a tenth of it.
    pub(super) body: usize,
    /// How long a client may take to send a request's head, and stay silent between two requests.
    pub(super) head_within: Duration,
    /// How long a request may take, from its head to its answer.
    pub(super) answer_within: Duration,
    /// How long a client may read nothing of an answer.
    pub(super) stall: Duration,
    /// How long running requests may take to end once the server stops.
    pub(super) drain_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 256,
            head: 64 * 1024,
            body: 1024 * 1024,
            head_within: Duration::from_secs(15),
            answer_within: Duration::from_secs(30),
            stall: Duration::from_secs(10),
            drain_within: Duration::from_secs(30),
        }
    }
}

/// Readers of the store, each with a thread: two a core, as one may have to wait for the disk.
pub(super) fn readers() -> usize {
    2 * thread::available_parallelism().map_or(2, NonZero::get).clamp(1, 8)
}
