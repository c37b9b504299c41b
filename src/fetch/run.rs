//! The whole fetch: what is missing is cut into slices, which are fetched side by side and committed one by one.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::error::Error;
use super::filter;
use super::insights::{self, Scan};
use super::intake::Flow;
use super::job::{Job, concurrent, forecast};
use super::outcome::{GroupProgress, Outcome, Progress};
use super::slice::{Context, Slice, SliceEnd};
use crate::source::store::{Finished, Store};
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
        query: job.query.clone(),
        flow: Arc::new(Flow::default()),
        scan: Arc::new(Scan::default()),
        place: store.place()?,
        interrupted: interrupted.clone(),
        details: wants_details.then_some(sender),
    });
    let mut running = Running::new(job, store);
    let mut stop = interrupted;
    let mut ticks = interval(Duration::from_millis(200));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        running.fill(&context, store);
        if running.tasks.is_empty() {
            break;
        }
        tokio::select! {
            ended = running.tasks.join_next() => {
                let Some(ended) = ended else { break };
                let (slice, lane, end) = ended.map_err(|error| Error::Internal(error.to_string()))?;
                running.end(slice, lane, end, store)?;
            }
            _ = ticks.tick() => {}
            Some(line) = details.recv() => {
                tell(Progress::Detail(&line));
                continue;
            }
            changed = stop.changed(), if !running.outcome.is_interrupted => {
                running.outcome.is_interrupted = true;
                if changed.is_ok() {
                    running.interrupt().await;
                }
            }
        }
        let received = context.flow.received.load(Ordering::Relaxed);
        tell(Progress::Now {
            groups: &running.outcome.groups,
            received,
        });
    }
    while let Ok(line) = details.try_recv() {
        tell(Progress::Detail(&line));
    }
    let mut outcome = running.outcome;
    let flow = &context.flow;
    outcome.pages = flow.pages.load(Ordering::Relaxed);
    outcome.received = flow.received.load(Ordering::Relaxed);
    outcome.message_bytes = flow.message_bytes.load(Ordering::Relaxed);
    outcome.queries = context.scan.queries.load(Ordering::Relaxed);
    outcome.scanned_bytes = context.scan.bytes.load(Ordering::Relaxed);
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

    /// Starts as many slices as may run at once.
    fn fill(&mut self, context: &Arc<Context>, store: &Store) {
        if self.outcome.is_interrupted {
            return;
        }
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
                    self.start(slice, lane.clone(), Arc::clone(context), store);
                }
            }
        }
    }

    fn start(&mut self, slice: Slice, lane: Lane, context: Arc<Context>, store: &Store) {
        let target = self.job.targets[slice.target].clone();
        // Rows of queries have no id, by which what came before would be known.
        let known = match lane.1 {
            true => store.known_events(&target.group, slice.range, &self.job.capture),
            false => HashSet::new(),
        };
        self.tasks.spawn(async move {
            let end = match lane.1 {
                true => insights::fetch(&slice, &target, &context, &known).await,
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
        let is_settled = slice.range.to <= self.job.settled;
        match end {
            Ok(SliceEnd::Whole(finished)) => self.commit(slice, finished, is_settled, store),
            Ok(SliceEnd::Incomplete(finished, reason)) => {
                self.outcome.incomplete.push(reason);
                // It is fetched again next time.
                self.commit(slice, finished, false, store)
            }
            Ok(SliceEnd::Divided(parts)) => {
                self.divide(slice, lane, &parts, slice.halvings);
                Ok(())
            }
            Ok(SliceEnd::Halved(parts)) => {
                self.divide(slice, lane, &parts, slice.halvings + 1);
                Ok(())
            }
            Ok(SliceEnd::Interrupted) => Ok(()),
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
        is_settled: bool,
        store: &mut Store,
    ) -> Result<(), Error> {
        let committed = store.commit(finished, is_settled, &self.job.capture)?;
        let group = &mut self.outcome.groups[slice.target];
        group.done += 1;
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

    /// Stops what is under way: queries are cancelled, pages forgotten.
    async fn interrupt(&mut self) {
        self.waiting.clear();
        // Queries see the signal for themselves and are stopped on the server first.
        let deadline = Instant::now() + Duration::from_secs(5);
        let is_query = |lane: &Lane| lane.1;
        while self
            .under_way
            .iter()
            .any(|(lane, count)| is_query(lane) && *count > 0)
        {
            match tokio::time::timeout_at(deadline, self.tasks.join_next()).await {
                Ok(Some(Ok((_, lane, _)))) => {
                    if let Some(count) = self.under_way.get_mut(&lane) {
                        *count = count.saturating_sub(1);
                    }
                }
                _ => break,
            }
        }
        self.tasks.shutdown().await;
    }
}
