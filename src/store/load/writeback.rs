//! Write-back begun early: what a load has written so far goes to the disk while it writes on, so
//! that the commit, which waits for all of it, has little left to wait for.
//!
//! It changes when bytes reach the disk and nothing else; a database is safe at its commit and not
//! before. It knows nothing of what is written.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// A thread that starts write-back on request.
///
/// Closing any handle of a file gives up the locks that the process has on it, `SQLite`'s too, so
/// this one must end between transactions: dropping it waits for that.
#[derive(Default)]
pub(super) struct WriteBack {
    thread: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl WriteBack {
    /// Start to write back what is in the file by now. If a write-back is already running, or fails, the commit
    /// does it.
    pub(super) fn advance(&mut self, database: &Path) {
        if self.thread.is_none()
            && let Ok(file) = File::open(database)
        {
            let (wake, woken) = sync_channel(1);
            let work = move || woken.into_iter().for_each(|()| drop(file.sync_data()));
            self.thread = Some((wake, thread::spawn(work)));
        }
        if let Some((wake, _)) = &self.thread {
            // One that is still at it has one more to do at most.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for WriteBack {
    fn drop(&mut self) {
        if let Some((wake, thread)) = self.thread.take() {
            drop(wake);
            // The thread reports no errors; the commit does.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::WriteBack;

    #[test]
    fn it_runs_inside_a_transaction_and_ends_before_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file.db");
        let [one, other] = [(); 2].map(|()| Connection::open(&path).expect("a database"));
        one.execute_batch("CREATE TABLE t (n); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)").expect("a transaction");
        let mut back = WriteBack::default();
        for _ in 0..20 {
            back.advance(&path);
        }
        assert!(other.execute_batch("BEGIN IMMEDIATE").is_err(), "the lock is held");
        one.execute_batch("COMMIT").expect("a commit");
        assert!(back.thread.is_some());
        drop(back);
        assert_eq!(other.query_row("SELECT n FROM t", [], |row| row.get::<_, i64>(0)), Ok(1));
    }

    #[test]
    fn without_a_file_nothing_is_done() {
        let mut back = WriteBack::default();
        back.advance("/there/is/none".as_ref());
        assert!(back.thread.is_none());
    }
}
