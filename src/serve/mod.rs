//! `ecrsnap serve`: one snapshot behind the wire protocol of ECR, for any AWS SDK.
//!
//! `server` owns sockets, `stall` and `limits` say how much of it one client can take, `host` which names
//! it answers to, `http` turns requests into calls, `protocol` knows the wire's JSON, `pool` runs calls on readers of the store. What an answer contains is decided in
//! `service`. Signatures are accepted and not checked: there is nothing to protect on a
//! loopback address, and no secret to check them with.

mod host;
mod http;
mod limits;
mod metrics;
mod pool;
mod protocol;
mod server;
mod stall;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

pub use server::Server;

use crate::store::StoreError;

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database.
    pub db: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which snapshot to answer from, as a REF; absent means `latest`. It is looked up again for
    /// every request, so a snapshot that is ingested later is seen.
    pub snapshot: Option<String>,
    /// Chooses among repositories that have region labels, and is the region of ARNs and URIs.
    pub region: Option<String>,
    /// Whether an address beyond this machine may be listened on.
    pub allow_remote: bool,
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address that other machines can reach, without `--allow-remote`.
    #[error(
        "{0} is not a loopback address: anyone who can reach it could read the snapshot, because requests are not \
         authenticated; pass --allow-remote to allow it"
    )]
    Remote(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// Threads, timers or signal handlers could not be set up.
    #[error("cannot start the server: {0}")]
    Start(io::Error),
    /// The address could not be printed.
    #[error("cannot write: {0}")]
    Output(io::Error),
    /// The database cannot be read, or the snapshot is not in it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Serve until an interrupt (Ctrl-C) or a termination signal, then let running requests end. The
/// first line written to `out` is the server's address.
///
/// # Errors
/// Where the server does not start, or `out` cannot be written.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<(), ServeError> {
    let server = Server::start(options)?;
    // The signals are caught from before the line is printed: who reads it may send one at once.
    let signals = server.signals()?;
    writeln!(out, "listening on http://{}", server.address()).map_err(ServeError::Output)?;
    out.flush().map_err(ServeError::Output)?;
    server.stop_on(signals);
    Ok(())
}
