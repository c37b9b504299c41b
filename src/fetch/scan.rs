//! The queries of a run, from the moment at which one may have begun on the server: none is to go on when the run has ended.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::config::http::HttpResponse;
use aws_sdk_cloudwatchlogs::error::SdkError;
use aws_sdk_cloudwatchlogs::operation::start_query::builders::StartQueryFluentBuilder;
use aws_sdk_cloudwatchlogs::operation::start_query::{StartQueryError, StartQueryOutput};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::session::Regional;

/// How long the server is given to answer starts that are under way, and to stop what nobody waits for any longer.
const STOPPING: Duration = Duration::from_secs(5);

/// US dollars for a gigabyte that a query reads (us-east-1; other regions differ).
pub const DOLLARS_PER_GB: f64 = 0.005;

/// The queries of a run, and what they cost.
#[derive(Debug, Default)]
pub struct Scan {
    started: Arc<Started>,
    bytes: AtomicU64,
    /// Calls that start a query and may not be answered yet.
    starting: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Started {
    queries: AtomicU64,
    /// Queries that run on the server, by their ids, and where.
    under_way: Mutex<BTreeMap<String, Arc<Regional>>>,
}

type StartAnswer = Result<StartQueryOutput, SdkError<StartQueryError, HttpResponse>>;

impl Scan {
    /// Queries that were started.
    pub fn queries(&self) -> u64 {
        self.started.queries.load(Ordering::Relaxed)
    }

    /// Bytes that they read, as far as the server has told.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// So many more bytes were read.
    pub(super) fn read(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A query no longer runs on the server.
    pub(super) fn ended(&self, id: &str) {
        locked(&self.started.under_way).remove(id);
    }

    /// Makes the call that starts a query. Who does not wait for the answer leaves the call under way, so that what it
    /// starts can be stopped.
    pub(super) async fn start(&self, call: StartQueryFluentBuilder, regional: &Arc<Regional>) -> StartAnswer {
        let (sender, receiver) = oneshot::channel();
        let (started, regional) = (Arc::clone(&self.started), Arc::clone(regional));
        let task = tokio::spawn(async move {
            let answer = call.send().await;
            if let Ok(StartQueryOutput {
                query_id: Some(id), ..
            }) = &answer
            {
                started.queries.fetch_add(1, Ordering::Relaxed);
                locked(&started.under_way).insert(id.clone(), regional);
            }
            // Who waited may be gone.
            let _ = sender.send(answer);
        });
        self.keep(task);
        match receiver.await {
            Ok(answer) => answer,
            Err(lost) => Err(SdkError::construction_failure(lost)),
        }
    }

    fn keep(&self, task: JoinHandle<()>) {
        let mut starting = locked(&self.starting);
        starting.retain(|task| !task.is_finished());
        starting.push(task);
    }

    /// Stops what still runs on the server: it would go on at the user's expense. That one cannot be stopped changes
    /// nothing.
    pub async fn stop_all(&self) {
        let starting = std::mem::take(&mut *locked(&self.starting));
        let stopping = async {
            self.stop_started().await;
            for task in starting {
                let _ = task.await;
            }
            self.stop_started().await;
        };
        let _ = timeout(STOPPING, stopping).await;
    }

    async fn stop_started(&self) {
        let under_way = std::mem::take(&mut *locked(&self.started.under_way));
        for (id, regional) in under_way {
            let _ = regional.logs.stop_query().query_id(id).send().await;
        }
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is inside is whole whenever the lock is free.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
