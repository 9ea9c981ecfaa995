//! A pool of threads with one reader of the store each, because reading blocks and a reader stays on the
//! thread that opened it.
//!
//! It knows neither HTTP nor the protocol: a job is a closure over a reader.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::service::{ErrorCode, ServiceError};
use crate::store::read::Reader;

/// What is done with a reader; the answer's body, or a refusal.
type Work = Box<dyn FnOnce(&Reader) -> Result<Vec<u8>, ServiceError> + Send>;

struct Job {
    work: Work,
    reply: oneshot::Sender<Result<Vec<u8>, ServiceError>>,
}

/// The threads' common queue. They end when it is dropped.
///
/// The queue needs no bound of its own: a connection has one request at a time, and connections
/// are counted.
pub(super) struct Pool {
    queue: Arc<Queue>,
    /// Disconnected once every thread has ended.
    ended: Mutex<Receiver<()>>,
}

/// How long the threads may take to end with the pool. The last reader that closes a database folds its log
/// in, which must not be cut short.
const END_WITHIN: Duration = Duration::from_secs(5);
/// How long a thread without work keeps a database with a log open, which only its last user can fold in.
const IDLE: Duration = Duration::from_secs(1);

/// Jobs that wait for a thread, and threads that wait for a job: one is woken for each.
#[derive(Default)]
struct Queue {
    jobs: Mutex<Jobs>,
    ready: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    /// The lock is never held while working, so nothing can poison it.
    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) {
        self.jobs().waiting.push_back(job);
        self.ready.notify_one();
    }

    /// The next job; `None` once the queue is closed. `idle` is called once if there is none for a while.
    fn pop(&self, idle: impl FnOnce()) -> Option<Job> {
        let nothing = |jobs: &mut Jobs| jobs.waiting.is_empty() && !jobs.closed;
        let first = self.ready.wait_timeout_while(self.jobs(), IDLE, nothing);
        let (mut jobs, waited) = first.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            drop(jobs);
            idle();
            jobs = self.ready.wait_while(self.jobs(), nothing).unwrap_or_else(PoisonError::into_inner);
        }
        jobs.waiting.pop_front()
    }
}

impl Pool {
    /// Start threads that read the database at `path`. Each opens it with its first work.
    pub(super) fn start(path: &Path, threads: usize) -> io::Result<Self> {
        let (running, ended) = channel();
        let pool = Pool { queue: Arc::default(), ended: Mutex::new(ended) };
        for number in 0..threads {
            let (queue, path, running) = (Arc::clone(&pool.queue), path.to_owned(), running.clone());
            thread::Builder::new().name(format!("reader-{number}")).spawn(move || {
                serve(&queue, &path);
                drop(running);
            })?;
        }
        Ok(pool)
    }

    /// Run `work` on the next free reader.
    pub(super) async fn run(
        &self,
        work: impl FnOnce(&Reader) -> Result<Vec<u8>, ServiceError> + Send + 'static,
    ) -> Result<Vec<u8>, ServiceError> {
        let (reply, answer) = oneshot::channel();
        self.queue.push(Job { work: Box::new(work), reply });
        answer.await.unwrap_or_else(|_| {
            let message = "the reader of the database died".to_owned();
            Err(ServiceError::new(ErrorCode::Server, message))
        })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.jobs().closed = true;
        self.queue.ready.notify_all();
        // Nothing is ever sent: this returns when the last thread has ended.
        let _ = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner).recv_timeout(END_WITHIN);
    }
}

/// One thread: take work, do it, until the queue is closed.
fn serve(queue: &Queue, path: &Path) {
    let mut reader: Option<Reader> = None;
    loop {
        let next = queue.pop(|| {
            if reader.as_ref().is_some_and(Reader::has_log) {
                reader = None;
            }
        });
        let Some(Job { work, reply }) = next else { break };
        // The client may have disconnected while the job was queued.
        if reply.is_closed() {
            continue;
        }
        // A panic ends this request and not the server; the message is on standard error.
        let answer = catch_unwind(AssertUnwindSafe(|| open(&mut reader, path).and_then(work)));
        let answer = answer.unwrap_or_else(|_| {
            let message = "an internal error; the server's standard error says more".to_owned();
            Err(ServiceError::new(ErrorCode::Server, message))
        });
        // A database that failed may have been moved or replaced; the next work opens it again.
        if answer.as_ref().is_err_and(|error| error.code == ErrorCode::Server) {
            reader = None;
        }
        let _ = reply.send(answer);
    }
}

fn open<'r>(reader: &'r mut Option<Reader>, path: &Path) -> Result<&'r Reader, ServiceError> {
    // After `mv restored.db ecrsnap.db` the path leads to another file, which every thread must see at once.
    if reader.as_ref().is_some_and(|reader| !reader.is_current()) {
        *reader = None;
    }
    match reader {
        Some(reader) => Ok(reader),
        None => Ok(reader.insert(Reader::open(path)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use crate::service::ErrorCode;

    #[test]
    fn a_panic_ends_its_request_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.db");
        std::fs::write(&path, b"").unwrap();
        let pool = Pool::start(&path, 1).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let error = runtime.block_on(pool.run(|_| panic!("on purpose"))).unwrap_err();
        assert_eq!(error.code, ErrorCode::Server);
        assert!(error.message.contains("internal error"), "{error}");
        assert_eq!(runtime.block_on(pool.run(|_| Ok(vec![7]))).unwrap(), [7]);
    }

    #[test]
    fn a_missing_database_is_an_error_of_each_request_and_no_end_of_the_pool() {
        let folder = tempfile::tempdir().unwrap();
        let pool = Pool::start(&folder.path().join("none.db"), 1).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for _ in 0..2 {
            let error = runtime.block_on(pool.run(|_| Ok(Vec::new()))).unwrap_err();
            assert_eq!(error.code, ErrorCode::Server);
            assert!(error.message.contains("no such database"), "{error}");
        }
    }
}
