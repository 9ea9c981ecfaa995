//! Readers of the store on threads of their own, because reading blocks and a reader stays on the
//! thread that opened it.
//!
//! It knows neither HTTP nor the protocol: work comes in as a closure over a reader.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use tokio::sync::oneshot;

use crate::service::ServiceError;
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
    queue: mpsc::Sender<Job>,
}

impl Pool {
    /// Start threads that read the database at `path`. Each opens it with its first work.
    pub(super) fn start(path: &Path, threads: usize) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads {
            let (jobs, path) = (Arc::clone(&jobs), path.to_owned());
            thread::Builder::new().name(format!("reader-{number}")).spawn(move || serve(&jobs, &path))?;
        }
        Ok(Pool { queue })
    }

    /// Run `work` on the next free reader.
    pub(super) async fn run(
        &self,
        work: impl FnOnce(&Reader) -> Result<Vec<u8>, ServiceError> + Send + 'static,
    ) -> Result<Vec<u8>, ServiceError> {
        let (reply, answer) = oneshot::channel();
        let gone = || ServiceError { code: "ServerException", message: "the reader of the database died".to_owned() };
        self.queue.send(Job { work: Box::new(work), reply }).map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// One thread: take work, do it, until the queue is dropped.
fn serve(jobs: &Mutex<mpsc::Receiver<Job>>, path: &Path) {
    let mut reader = None;
    loop {
        // The lock is held while waiting and never while working, so nothing can poison it.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { work, reply }) = job else {
            return;
        };
        // Who asked may have given up while the work stood in the queue.
        if reply.is_closed() {
            continue;
        }
        let answer = open(&mut reader, path).and_then(work);
        // A database that failed may have been moved or replaced; the next work opens it anew.
        if answer.as_ref().is_err_and(|error| error.code == "ServerException") {
            reader = None;
        }
        let _ = reply.send(answer);
    }
}

fn open<'r>(reader: &'r mut Option<Reader>, path: &Path) -> Result<&'r Reader, ServiceError> {
    match reader {
        Some(reader) => Ok(reader),
        None => Ok(reader.insert(Reader::open(path)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[test]
    fn a_missing_database_is_an_error_of_each_request_and_no_end_of_the_pool() {
        let folder = tempfile::tempdir().unwrap();
        let pool = Pool::start(&folder.path().join("none.db"), 1).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for _ in 0..2 {
            let error = runtime.block_on(pool.run(|_| Ok(Vec::new()))).unwrap_err();
            assert_eq!(error.code, "ServerException");
            assert!(error.message.contains("no such database"), "{error}");
        }
    }
}
