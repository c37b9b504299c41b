//! The whole fetch: what is missing is cut into slices, which are fetched side by side and committed one by one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::error::Error;
use super::filter;
use super::insights;
use super::intake::Flow;
use super::job::{Job, concurrent, forecast};
use super::outcome::{GroupProgress, Outcome, Progress};
use super::scan::Scan;
use super::slice::{Context, Slice, SliceEnd};
use crate::source::store::{Finished, SegmentState, Store};
use crate::vocab::TimeRange;

/// Runs a job: what is there already is not fetched again, and each slice is kept as soon as it is whole.
///
/// # Errors
/// If the credentials fail, or the store cannot be written. What else fails is told in the outcome.
pub async fn run(
    job: &Job,
    store: &mut Store,
    interrupted: watch::Receiver<bool>,
    wants_details: bool,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<Outcome, Error> {
    let (sender, mut details) = mpsc::unbounded_channel();
    let context = Arc::new(Context {
        keep: job.keep.clone(),
        patterns: job.patterns.clone(),
        flow: Flow::default(),
        scan: Scan::default(),
        place: store.place()?,
        details: wants_details.then_some(sender),
    });
    let mut running = Running::new(job, store);
    let ended = running
        .drive(&context, store, interrupted, &mut details, tell)
        .await;
    // Pages under way are forgotten; queries would go on.
    running.tasks.shutdown().await;
    context.scan.stop_all().await;
    while let Ok(line) = details.try_recv() {
        tell(Progress::Detail(&line));
    }
    ended?;
    let mut outcome = running.outcome;
    let flow = &context.flow;
    outcome.pages = flow.pages.load(Ordering::Relaxed);
    outcome.received = flow.received.load(Ordering::Relaxed);
    outcome.message_bytes = flow.message_bytes.load(Ordering::Relaxed);
    outcome.queries = context.scan.queries();
    outcome.scanned_bytes = context.scan.bytes();
    Ok(outcome)
}

/// Slices of one region by one API, which share a rate.
type Lane = (String, bool);

type Ended = (Slice, Lane, Result<SliceEnd, Error>);

struct Running<'j> {
    job: &'j Job,
    waiting: BTreeMap<Lane, VecDeque<Slice>>,
    under_way: BTreeMap<Lane, usize>,
    tasks: JoinSet<Ended>,
    /// Targets that cannot be read.
    given_up: BTreeSet<usize>,
    outcome: Outcome,
}

impl<'j> Running<'j> {
    fn new(job: &'j Job, store: &Store) -> Self {
        let forecast = forecast(job, Some(store));
        let mut running = Self {
            job,
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            tasks: JoinSet::new(),
            given_up: BTreeSet::new(),
            outcome: Outcome::default(),
        };
        // Round the groups in turn, so that all of them get on.
        let mut queues = Vec::new();
        for (position, target) in job.targets.iter().enumerate() {
            let missing = &forecast.missing[position];
            let slices = job.slices(target, missing);
            running.outcome.groups.push(GroupProgress {
                slices: slices.len(),
                missing_ms: missing.iter().map(|range| range.millis()).sum(),
                ..GroupProgress::default()
            });
            queues.push((position, VecDeque::from(slices)));
        }
        while queues.iter().any(|(_, queue)| !queue.is_empty()) {
            for (target, queue) in &mut queues {
                if let Some(range) = queue.pop_front() {
                    let slice = Slice {
                        target: *target,
                        range,
                        halvings: 0,
                    };
                    running
                        .waiting
                        .entry(running.lane(&slice))
                        .or_default()
                        .push_back(slice);
                }
            }
        }
        running
    }

    fn lane(&self, slice: &Slice) -> Lane {
        let target = &self.job.targets[slice.target];
        (target.group.region.clone(), self.job.uses_insights(target))
    }

    fn most_at_once(&self, slice: &Slice) -> usize {
        let target = &self.job.targets[slice.target];
        match (self.job.uses_insights(target), target.is_infrequent_access) {
            (true, true) => insights::CONCURRENT_INFREQUENT,
            (true, false) => insights::CONCURRENT,
            (false, _) => concurrent(target.regional.filter.target()),
        }
    }

    /// Fetches slice after slice, until there is none left or the user interrupts.
    async fn drive(
        &mut self,
        context: &Arc<Context>,
        store: &mut Store,
        mut interrupted: watch::Receiver<bool>,
        details: &mut mpsc::UnboundedReceiver<String>,
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Error> {
        let mut ticks = interval(Duration::from_millis(200));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            self.fill(context);
            tokio::select! {
                ended = self.tasks.join_next() => {
                    let Some(ended) = ended else { return Ok(()) };
                    let (slice, lane, end) = ended.map_err(|error| Error::Internal(error.to_string()))?;
                    self.end(slice, lane, end, store)?;
                }
                _ = ticks.tick() => {}
                Some(line) = details.recv() => {
                    tell(Progress::Detail(&line));
                    continue;
                }
                _ = interrupted.changed() => {
                    self.outcome.is_interrupted = true;
                    return Ok(());
                }
            }
            tell(Progress::Now(&self.outcome.groups));
        }
    }

    /// Starts as many slices as may run at once.
    fn fill(&mut self, context: &Arc<Context>) {
        let lanes: Vec<Lane> = self.waiting.keys().cloned().collect();
        for lane in lanes {
            while let Some(slice) = self.waiting.get(&lane).and_then(|queue| queue.front().copied()) {
                let is_given_up = self.given_up.contains(&slice.target);
                let under_way = self.under_way.get(&lane).copied().unwrap_or_default();
                if !is_given_up && under_way >= self.most_at_once(&slice) {
                    break;
                }
                self.waiting.entry(lane.clone()).or_default().pop_front();
                if !is_given_up {
                    *self.under_way.entry(lane.clone()).or_default() += 1;
                    self.start(slice, lane.clone(), Arc::clone(context));
                }
            }
        }
    }

    fn start(&mut self, slice: Slice, lane: Lane, context: Arc<Context>) {
        let target = self.job.targets[slice.target].clone();
        self.tasks.spawn(async move {
            let end = match lane.1 {
                true => insights::fetch(&slice, &target, &context).await,
                false => filter::fetch(&slice, &target, &context).await,
            };
            (slice, lane, end)
        });
    }

    /// Takes the end of a slice.
    fn end(
        &mut self,
        slice: Slice,
        lane: Lane,
        end: Result<SliceEnd, Error>,
        store: &mut Store,
    ) -> Result<(), Error> {
        if let Some(under_way) = self.under_way.get_mut(&lane) {
            *under_way = under_way.saturating_sub(1);
        }
        match end {
            Ok(SliceEnd::Whole(finished)) => {
                let state = match slice.range.to <= self.job.settled {
                    true => SegmentState::Settled,
                    false => SegmentState::Unsettled,
                };
                self.outcome.groups[slice.target].done += 1;
                self.commit(slice, finished, state, store)
            }
            // It is fetched again next time.
            Ok(SliceEnd::Incomplete(finished, reason)) => {
                self.outcome.incomplete.push(reason.clone());
                self.commit(slice, finished, SegmentState::Incomplete(reason), store)
            }
            Ok(SliceEnd::Divided(parts)) => {
                self.divide(slice, lane, &parts, slice.halvings);
                Ok(())
            }
            Ok(SliceEnd::Halved(parts)) => {
                self.divide(slice, lane, &parts, slice.halvings + 1);
                Ok(())
            }
            Err(error @ Error::Store(_)) => Err(error),
            Err(error) if error.is_authentication() => Err(error),
            Err(error) => {
                self.give_up(slice, error);
                Ok(())
            }
        }
    }

    fn divide(&mut self, slice: Slice, lane: Lane, parts: &[TimeRange], halvings: u8) {
        self.outcome.groups[slice.target].slices += parts.len() - 1;
        let queue = self.waiting.entry(lane).or_default();
        for &range in parts.iter().rev() {
            queue.push_front(Slice {
                range,
                halvings,
                ..slice
            });
        }
    }

    fn commit(
        &mut self,
        slice: Slice,
        finished: Finished,
        state: SegmentState,
        store: &mut Store,
    ) -> Result<(), Error> {
        let committed = store.commit(finished, state, &self.job.capture)?;
        let group = &mut self.outcome.groups[slice.target];
        group.done_ms += slice.range.millis();
        group.events += committed.segment.events;
        self.outcome.duplicates += committed.segment.duplicates;
        self.outcome.stored_bytes += committed.segment.bytes;
        Ok(())
    }

    /// A group that cannot be read holds up no other.
    fn give_up(&mut self, slice: Slice, error: Error) {
        let name = &self.job.targets[slice.target].group.name;
        match &error {
            // A network that is gone, or a quota that others use up, will not serve the other slices either.
            Error::Call(fault) if fault.is_worth_a_repeat() => {
                let range = filter::shown(slice.range);
                self.outcome.incomplete.push(format!("{name}: {range}: {error}"));
                self.given_up.insert(slice.target);
            }
            _ => {
                if self.given_up.insert(slice.target) {
                    self.outcome.incomplete.push(format!("{name}: {error}"));
                    self.outcome.errors.push(error);
                }
            }
        }
    }
}
