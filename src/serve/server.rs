//! Sockets and the end: connections are accepted, counted, timed and drained here.
//!
//! `http` handles what is sent on a connection.

use std::future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::limits::{self, Limits};
use super::pool::Pool;
use super::stall::StallGuard;
use super::{Options, ServeError, http};
use crate::store::read::Reader;

/// The pause after a failed accept, which is mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running server. Dropping it ends it at once; [`Server::stop`] lets running requests end.
pub struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<()>,
    runtime: Runtime,
}

/// Signals that end the server, caught from when this was made.
pub(super) struct Signals {
    #[cfg(unix)]
    kinds: [tokio::signal::unix::Signal; 2],
}

impl Server {
    /// Listen, and answer on threads of the server's own.
    ///
    /// # Errors
    /// Where the address may not or cannot be listened on, the database cannot be read, or a
    /// snapshot is named that it does not hold.
    pub fn start(options: &Options) -> Result<Self, ServeError> {
        Self::start_with(options, Limits::default())
    }

    fn start_with(options: &Options, limits: Limits) -> Result<Self, ServeError> {
        if !options.allow_remote && !options.listen.ip().to_canonical().is_loopback() {
            return Err(ServeError::Remote(options.listen));
        }
        // A wrong path or name is an error now, not at the first request. Without a name the database
        // may be empty: it may be filled later.
        let reader = Reader::open(&options.db)?;
        if let Some(reference) = &options.snapshot {
            reader.snapshot(reference)?;
        }
        drop(reader);
        let pool = Pool::start(&options.db, limits::readers()).map_err(ServeError::Start)?;
        let router = http::router(pool, options, limits);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(ServeError::Start)?;
        let wrap = |source| ServeError::Listen { address: options.listen, source };
        let listener = runtime.block_on(TcpListener::bind(options.listen)).map_err(wrap)?;
        let address = listener.local_addr().map_err(wrap)?;
        let (stop, stopped) = oneshot::channel();
        let accepting = runtime.spawn(accept(listener, router, limits, stopped));
        Ok(Server { address, stop, accepting, runtime })
    }

    /// Where it listens, with the port that it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Take no more connections, let running requests end, and return.
    pub fn stop(self) {
        self.stop_after(future::ready(()), future::pending());
    }

    /// Catch the signals that end the server.
    pub(super) fn signals(&self) -> Result<Signals, ServeError> {
        let _inside = self.runtime.enter();
        Signals::catch().map_err(ServeError::Start)
    }

    /// Stop at the first signal; a second one does not wait for running requests.
    pub(super) fn stop_on(self, signals: Signals) {
        let signals = tokio::sync::Mutex::new(signals);
        let next = async || signals.lock().await.next().await;
        self.stop_after(next(), next());
    }

    fn stop_after(self, end: impl Future<Output = ()>, cut: impl Future<Output = ()>) {
        let Server { stop, accepting, runtime, .. } = self;
        runtime.block_on(async {
            end.await;
            // The other side is gone only if accepting ended by itself.
            let _ = stop.send(());
            tokio::select! {
                _ = accepting => {}
                () = cut => {}
            }
        });
        // What is left is cut: a second signal came, or the time to drain is over.
        runtime.shutdown_background();
    }
}

#[cfg(unix)]
impl Signals {
    fn catch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { kinds: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
    }

    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.kinds;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn catch() -> io::Result<Self> {
        Ok(Signals {})
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            future::pending::<()>().await;
        }
    }
}

/// Accept connections until `stopped`, then let them end.
async fn accept(listener: TcpListener, router: Router, limits: Limits, stopped: oneshot::Receiver<()>) {
    let mut builder = http1::Builder::new();
    // A client may close its side of the connection once its request is sent.
    builder.half_close(true);
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head_within).max_buf_size(limits.head);
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut stopped = pin!(stopped);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = &mut stopped => break,
        };
        let Ok((stream, _)) = accepted else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Answers are written whole. Without this setting the socket is only slower.
        let _ = stream.set_nodelay(true);
        let stream = StallGuard::new(stream, limits.stall);
        let service = TowerToHyperService::new(router.clone());
        let connection = open.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that went away, stalled or did not speak HTTP is not reported.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = timeout(limits.drain_within, open.shutdown()).await;
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
