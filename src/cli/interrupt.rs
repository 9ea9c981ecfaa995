//! Handles signals while a command writes: they end it like an error, and the database is unchanged.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::store::Cancel;

/// How long the command may take to end by itself after the first signal.
const GRACE: Duration = Duration::from_secs(5);
/// The exit status of a command that did not: 128 and the number of an interrupt.
const INTERRUPTED: i32 = 130;

/// Catch interrupts (Ctrl-C), terminations and, if they exist, signals about file sizes from now on.
///
/// An interrupt or termination sets what is returned. A second one, or the end of [`GRACE`], ends the
/// process where it is: the next command then undoes what was not committed. A file that becomes too
/// large is an error of the write, which the store reports.
pub(super) fn cancel_on_signals() -> Cancel {
    let cancel = Cancel::default();
    let (ready, wait) = channel();
    let shared = cancel.clone();
    let caught = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(watch(&shared, || drop(ready)));
        }
    });
    if caught.is_ok() {
        // The other side is dropped once the signals are caught, or cannot be.
        let _: Result<(), _> = Receiver::recv(&wait);
    }
    cancel
}

/// `SIGXFSZ` on Linux and macOS.
#[cfg(unix)]
const FILE_SIZE: i32 = 25;

/// From now on a file that becomes too large is an error of the write, and does not end the process.
pub(super) fn survive_file_size_limit() {
    #[cfg(unix)]
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        let _inside = runtime.enter();
        // The handler stays when what listens to it is dropped. Without it the signal ends the process, as it
        // did before.
        let _ = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(FILE_SIZE));
    }
}

#[cfg(unix)]
async fn watch(cancel: &Cancel, ready: impl FnOnce()) {
    use tokio::signal::unix::{SignalKind, signal};

    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::from_raw(FILE_SIZE)].map(signal);
    let [Ok(mut interrupt), Ok(mut terminate), Ok(_size)] = kinds else { return };
    ready();
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    cancel.set();
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
    give_up();
}

#[cfg(not(unix))]
async fn watch(cancel: &Cancel, ready: impl FnOnce()) {
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    ready();
    if interrupt.as_mut().await.is_err() {
        return;
    }
    cancel.set();
    tokio::time::sleep(GRACE).await;
    give_up();
}

fn give_up() {
    eprint_escaped!("ecrsnap: interrupted before it could end; the next command undoes what was not committed");
    std::process::exit(INTERRUPTED);
}
