//! A run from its first request to its last.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc as blocking};
use std::thread;
use std::time::Duration;

use latscope_schema::{ClientOutcome, ClientPhase};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::connect::{NoConnection, Pool};
use super::job::Job;
use super::pace::pace;
use super::record;
use super::send::{Caller, Seen, Stage};
use super::tally::Tally;
use crate::vocab::{counted, grouped};

/// How long requests in flight may take when a run is interrupted.
const GRACE: Duration = Duration::from_secs(5);

/// How often it is told how far a run is.
const TICK: Duration = Duration::from_millis(250);

/// Between the connections being there and the first request.
const BEFORE_THE_FIRST: Duration = Duration::from_millis(20);

/// How long connections that are opened ahead are waited for.
const CONNECTING: Duration = Duration::from_secs(2);

/// Connections that are kept ready: as many as are needed while another is opened, which takes a fifth of a second, within
/// these bounds.
const SPARES: (usize, usize) = (2, 16);
const OPENING_SECONDS: f64 = 0.2;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With its last request.
    Complete,
    /// Because it was interrupted.
    Interrupted,
    /// Because it cost too much.
    CostLimit,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What was counted.
    pub tally: Tally,
    /// How it ended.
    pub ending: Ending,
    /// Requests that were planned.
    pub planned: usize,
}

impl Outcome {
    /// Whether the latencies are those of the load that was asked for.
    pub fn is_valid(&self) -> bool {
        self.reasons().is_empty()
    }

    /// Why they are not, a sentence each.
    pub fn reasons(&self) -> Vec<String> {
        let pace = &self.tally.pace;
        let mut reasons = Vec::new();
        let sent = self.tally.counts().sent();
        let planned = grouped(self.planned as u64);
        match self.ending {
            Ending::Complete => {}
            Ending::Interrupted => {
                reasons.push(format!(
                    "interrupted after {} of {planned} requests were sent",
                    grouped(sent)
                ));
            }
            Ending::CostLimit => reasons.push(format!(
                "stopped at the cost limit after {} of {planned} requests were sent",
                grouped(sent)
            )),
        }
        if pace.is_late() {
            reasons.push(format!(
                "the driver was saturated: {} ({:.1} %) began more than {} ms late",
                counted(pace.late(), "request"),
                100.0 * pace.late_share(),
                pace.limit().as_micros() as f64 / 1000.0
            ));
        }
        if let Some(share) = pace.achieved().filter(|_| pace.is_slow()) {
            reasons.push(format!(
                "the driver was saturated: {:.1} % of the planned rate was reached",
                100.0 * share
            ));
        }
        let bursts = &self.tally.bursts;
        if bursts.is_late() {
            reasons.push(format!(
                "a burst was not sent at once: {} ({:.1} %) began more than {} ms late",
                counted(bursts.late(), "request"),
                100.0 * bursts.late_share(),
                bursts.limit().as_micros() as f64 / 1000.0
            ));
        }
        let measured = self.tally.measured();
        if measured.ok == 0 {
            reasons.push(match measured.all() {
                0 => "no request that counts was sent".to_owned(),
                _ => "no request was answered with success".to_owned(),
            });
        }
        reasons
    }
}

/// How far a run is.
#[derive(Debug)]
pub struct Progress<'t> {
    /// Requests that were begun.
    pub sent: usize,
    /// Requests whose time has come, but which wait for others to end.
    pub waiting: usize,
    /// Requests that were begun and ended.
    pub done: usize,
    /// What was counted.
    pub tally: &'t Tally,
    /// Since the start.
    pub elapsed: Duration,
}

/// Why there is no run, or no whole file of it.
#[derive(Debug)]
pub enum Fault {
    /// The API cannot be reached. Nothing was sent.
    Unreachable {
        /// Host and port.
        place: String,
        /// What the system said.
        said: String,
    },
    /// There is no safe connection to the API. Nothing was sent.
    Untrusted {
        /// Host and port.
        place: String,
        /// What TLS said.
        said: String,
    },
    /// It was interrupted before anything was sent.
    Interrupted,
    /// The machine has no certificates.
    Tls(String),
    /// A line could not be written. The run was ended.
    Write(io::Error),
    /// A defect of latscope, or of the machine.
    Internal(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { place, said } => write!(
                f,
                "{place} cannot be reached: {said}\nnothing was sent: see whether the address of --url is right, and \
                 whether curl gets through"
            ),
            Self::Untrusted { place, said } => write!(
                f,
                "there is no safe connection to {place}: {said}\nnothing was sent: where its certificate is of an authority of \
                 your own, SSL_CERT_FILE names the file with it"
            ),
            Self::Interrupted => f.write_str("interrupted before anything was sent"),
            Self::Tls(said) => f.write_str(said),
            Self::Write(error) => write!(
                f,
                "the run was ended, because a line could not be written: {error}"
            ),
            Self::Internal(said) => write!(f, "a defect of latscope: {said}"),
        }
    }
}

/// Where lines of a run go, and who hears how far it is.
pub trait Listener {
    /// A line, without its end.
    ///
    /// # Errors
    /// If it cannot be written; the run ends then.
    fn line(&mut self, line: &str) -> io::Result<()>;

    /// How far the run is, some times a second.
    ///
    /// # Errors
    /// As above.
    fn progress(&mut self, progress: &Progress<'_>) -> io::Result<()>;
}

/// Sends every request of a job at its time. `interrupted` becomes true when the user does not want to go on: then what is
/// in flight gets five seconds, and nothing more once it is set again.
///
/// # Errors
/// If the API cannot be reached at the start, or a line cannot be written.
pub async fn run(
    job: Job,
    mut interrupted: watch::Receiver<bool>,
    listener: &mut dyn Listener,
) -> Result<Outcome, Fault> {
    let job = Arc::new(job);
    let pool = tokio::select! {
        pool = ready(&job) => pool?,
        Ok(_) = interrupted.wait_for(|interrupted| *interrupted) => return Err(Fault::Interrupted),
    };
    let (stage, stages) = watch::channel(Stage::Running);
    let caller = Arc::new(Caller {
        job: Arc::clone(&job),
        pool,
        in_flight: Arc::new(Semaphore::new(job.max_in_flight)),
        begun: AtomicUsize::new(0),
        stage: stages,
    });
    let (results, mut seen) = mpsc::unbounded_channel();
    let (stop, stopped) = blocking::channel();
    let due = Arc::new(AtomicUsize::new(0));
    let keeper = {
        let job = Arc::clone(&job);
        tokio::spawn(async move {
            if let Some(signer) = &job.signer {
                signer.keep_fresh().await;
            }
        })
    };
    let begin = Instant::now() + BEFORE_THE_FIRST;
    let started = (job.now)().after_millis(BEFORE_THE_FIRST.as_millis() as i64);
    let pacer = pacer(begin, &caller, results, stopped, Arc::clone(&due))?;

    let mut tally = Tally::new(job.models.len(), job.per_second);
    let mut ending = Ending::Complete;
    let mut written = write(listener, &record::start(&job, started));
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let grace = sleep(Duration::MAX);
    tokio::pin!(grace);
    let mut done = 0_usize;
    // Whether those in flight get no more than the time of an interruption.
    let mut is_hurried = false;
    loop {
        let is_running = *stage.borrow() == Stage::Running;
        let mut halt = written.is_err().then_some(Ending::Interrupted);
        // Kept until all is known that its request changed: whoever comes next must not begin after the last one.
        let mut permit = None;
        tokio::select! {
            next = seen.recv() => {
                let Some(mut seen) = next else { break };
                permit = seen.permit.take();
                done += 1;
                count(&mut tally, &job, &seen, begin);
                if written.is_ok() {
                    written = write(listener, &record::request(&job, &seen, begin, started));
                }
                if tally.dollars > job.max_dollars {
                    halt = Some(Ending::CostLimit);
                }
            }
            _ = ticks.tick() => {
                let unsent = usize::try_from(tally.counts().unsent).unwrap_or(usize::MAX);
                let sent = caller.begun.load(Ordering::Relaxed);
                let progress = Progress {
                    sent,
                    waiting: due.load(Ordering::Relaxed).saturating_sub(sent).saturating_sub(unsent),
                    done: done.saturating_sub(unsent),
                    tally: &tally,
                    elapsed: begin.elapsed(),
                };
                if written.is_ok() {
                    written = listener.progress(&progress);
                }
            }
            Ok(()) = interrupted.changed() => match is_running {
                true => halt = Some(Ending::Interrupted),
                false if is_hurried => {
                    stage.send_replace(Stage::Over);
                }
                false => {
                    is_hurried = true;
                    let soon = Instant::now() + GRACE;
                    if grace.deadline() > soon {
                        grace.as_mut().reset(soon);
                    }
                }
            },
            () = &mut grace, if *stage.borrow() == Stage::Stopping => {
                stage.send_replace(Stage::Over);
            }
        }
        if let Some(why) = halt.filter(|_| is_running) {
            ending = why;
            // A pacer that is through needs not be stopped.
            let _ = stop.send(());
            stage.send_replace(Stage::Stopping);
            // What is in flight at the cost limit is paid for already.
            is_hurried = why != Ending::CostLimit;
            let grace_time = match is_hurried {
                false => job.timeout,
                true => GRACE,
            };
            grace.as_mut().reset(Instant::now() + grace_time);
        }
        drop(permit);
    }
    keeper.abort();
    // It ended when the last sender of results did.
    let _ = pacer.join();
    // What would have ended a run whose requests all came to their end changed nothing.
    if tally.counts().cancelled == 0 && done == job.slots.len() {
        ending = Ending::Complete;
    }
    let outcome = Outcome {
        tally,
        ending,
        planned: job.slots.len(),
    };
    written.map_err(Fault::Write)?;
    write(listener, &record::end(&job, &outcome, (job.now)())).map_err(Fault::Write)?;
    Ok(outcome)
}

/// Opens the first connections, of which one must succeed.
async fn ready(job: &Job) -> Result<Arc<Pool>, Fault> {
    let usual = || ((job.per_second * OPENING_SECONDS).ceil() as usize).clamp(SPARES.0, SPARES.1);
    let spare = job.spare.unwrap_or_else(usual).min(job.max_in_flight);
    let pool = Arc::new(Pool::new(job.target.clone(), spare).map_err(Fault::Tls)?);
    let first = pool.open().await.map_err(|NoConnection { kind, said }| {
        let place = job.target.place();
        match kind {
            "tls" => Fault::Untrusted { place, said },
            _ => Fault::Unreachable { place, said },
        }
    })?;
    pool.add(first);
    pool.ensure(spare);
    pool.settled(CONNECTING).await;
    Ok(pool)
}

/// The thread that keeps the schedule.
fn pacer(
    begin: Instant,
    caller: &Arc<Caller>,
    results: mpsc::UnboundedSender<Seen>,
    stopped: blocking::Receiver<()>,
    due: Arc<AtomicUsize>,
) -> Result<thread::JoinHandle<()>, Fault> {
    let (runtime, caller) = (Handle::current(), Arc::clone(caller));
    let keep = move || {
        // Connections are opened on the runtime.
        let _entered = runtime.enter();
        let prepare = |count: usize| caller.pool.ensure(count.min(caller.job.max_in_flight));
        let send = |number: usize| {
            let (caller, results) = (Arc::clone(&caller), results.clone());
            due.fetch_add(1, Ordering::Relaxed);
            runtime.spawn(async move {
                // Whoever counts is there until the last result.
                let _ = results.send(caller.call(number).await);
            });
        };
        pace(&caller.job.slots, begin, &stopped, prepare, send);
    };
    thread::Builder::new()
        .name("pacer".to_owned())
        .spawn(keep)
        .map_err(|error| Fault::Internal(error.to_string()))
}

fn count(tally: &mut Tally, job: &Job, seen: &Seen, begin: Instant) {
    let slot = &job.slots[seen.sequence];
    tally.unanswered_ahead += u64::from(seen.outcome == ClientOutcome::Timeout && seen.is_unanswered_ahead());
    let latency = seen.ended.saturating_duration_since(begin + slot.at);
    tally.add(slot.phase, slot.model, seen, latency);
    let pace = match slot.phase {
        ClientPhase::WarmUp => None,
        ClientPhase::Steady => Some(&mut tally.pace),
        ClientPhase::Burst => Some(&mut tally.bursts),
    };
    if let Some(pace) = pace {
        let since = |at: Instant| at.saturating_duration_since(begin);
        match seen.begun {
            Some(begun) => pace.add(slot.at, since(begun), seen.has_waited),
            None => pace.due(slot.at, since(seen.ended), seen.has_waited),
        }
    }
    let told = seen.answer.as_ref().and_then(|answer| {
        let price = job.models[slot.model].price?;
        Some(price.of(answer.input_tokens?, answer.output_tokens?))
    });
    // What was not sent, or turned away, cost nothing. A model may have written before a server failed, or gave up.
    let is_paid = !matches!(seen.status, Some(300..500)) && seen.has_connection;
    let estimated = job.estimated_dollars(slot).filter(|_| is_paid);
    tally.dollars += told.or(estimated).unwrap_or(0.0);
}

fn write(listener: &mut dyn Listener, line: &impl Serialize) -> io::Result<()> {
    listener.line(&serde_json::to_string(line)?)
}
