//! The start types of all invocations: each stream's environments one after the other, and streams side by side.

use std::cmp::Ordering;
use std::mem::take;

use super::by_time::by_time;
use super::codes::Coded;
use super::drafts::Drafts;
use super::environment::{Classified, Environment, PROVISIONED, Served, alone};
use super::names::Interner;
use super::optional::{Optional, Spare};
use super::request::StartType;
use super::rows::InitRow;
use super::side_by_side::{Task, WORTH_A_THREAD, side_by_side};
use super::tables::Tables;
use crate::parse::Lifecycle;
use crate::vocab::{Micros, Timestamp};

/// The start types of all invocations.
#[derive(Debug, Default)]
pub(super) struct Starts {
    pub(super) start: Optional<u32>,
    pub(super) waited_init: Optional<u64>,
    /// How many were judged by their own records alone.
    pub(super) told_alone: u64,
}

impl Starts {
    /// Puts the rows into this order, which has each of them once.
    pub(super) fn reorder(&mut self, order: &[u32]) {
        let mut spare = Spare::default();
        self.start.reorder(order, &mut spare);
        self.waited_init.reorder(order, &mut spare);
    }
}

/// Classifies every invocation, on at most so many threads; the result is in the same order. Something else is done meanwhile.
pub(super) fn classify(
    drafts: &Drafts,
    inits: &[InitRow],
    tables: &Tables,
    other_ids: &Interner,
    meanwhile: Task<'_>,
    threads: usize,
) -> Starts {
    // Rows of each stream, in the order in which they came.
    let streams = tables.streams.len();
    let mut begin = vec![0_u32; streams + 1];
    let stream_of = |stream: Option<u32>| stream.unwrap_or(0) as usize;
    drafts
        .stream
        .each(0..drafts.len(), |_, stream| begin[stream_of(stream) + 1] += 1);
    for stream in 0..streams {
        begin[stream + 1] += begin[stream];
    }
    let mut rows = vec![0_u32; drafts.len()];
    let mut next = begin.clone();
    drafts.stream.each(0..drafts.len(), |row, stream| {
        let place = &mut next[stream_of(stream)];
        // There are not 4 billion of them.
        rows[*place as usize] = row as u32;
        *place += 1;
    });
    drop(next);
    let mut inits: Vec<&InitRow> = inits.iter().collect();
    inits.sort_by_key(|row| row.stream);
    let life = Life {
        drafts,
        tables,
        other_ids,
        provisioned: tables
            .initializations
            .texts()
            .map(|text| text == PROVISIONED)
            .collect(),
        begin,
        rows,
        inits,
    };

    let mut starts = vec![StartType::Unknown.code() as u8; drafts.len()];
    let mut shares = life.shares(&mut starts, threads);
    let mut tasks = vec![meanwhile];
    for share in &mut shares {
        tasks.push(Box::new(|| share.classify(&life)));
    }
    side_by_side(tasks, threads);
    let told_alone = shares.iter().map(|share| share.told_alone).sum();
    let mut waited: Vec<(u32, u64)> = shares
        .iter_mut()
        .flat_map(|share| take(&mut share.waited))
        .collect();
    waited.sort_unstable();
    let mut waited = waited.into_iter().peekable();

    let mut of_rows = vec![0_u8; drafts.len()];
    for (row, start) in life.rows.iter().zip(&starts) {
        of_rows[*row as usize] = *start;
    }
    Starts {
        start: of_rows.iter().map(|start| Some(u32::from(*start))).collect(),
        waited_init: (0..drafts.len())
            .map(|row| Some(waited.next_if(|(of, _)| *of as usize == row)?.1))
            .collect(),
        told_alone,
    }
}

/// What is asked while streams are looked at.
struct Life<'a> {
    drafts: &'a Drafts,
    tables: &'a Tables,
    other_ids: &'a Interner,
    /// Which ways of initialisation are those of provisioned concurrency.
    provisioned: Vec<bool>,
    /// Where the rows of each stream begin, and where those of the last end.
    begin: Vec<u32>,
    /// The invocations of one stream after the other.
    rows: Vec<u32>,
    /// In the order of their streams.
    inits: Vec<&'a InitRow>,
}

impl Life<'_> {
    /// Streams for each of so many threads, with about as many invocations each, of which `starts` has one place each.
    fn shares<'s>(&self, mut starts: &'s mut [u8], threads: usize) -> Vec<Share<'s>> {
        let count = threads.min(starts.len() / WORTH_A_THREAD).max(1);
        let (all, streams) = (starts.len(), self.begin.len() - 1);
        let mut shares = Vec::with_capacity(count);
        let mut first = 0;
        for share in 1..=count {
            let rows = all / count * share;
            let end = match share == count {
                true => streams,
                false => self
                    .begin
                    .partition_point(|begin| (*begin as usize) < rows)
                    .min(streams),
            };
            let (own, others) = starts.split_at_mut((self.begin[end] - self.begin[first]) as usize);
            starts = others;
            shares.push(Share {
                streams: [first, end],
                starts: own,
                waited: Vec::new(),
                told_alone: 0,
            });
            first = end;
        }
        shares
    }
}

/// Streams that follow each other, and what is told of them.
struct Share<'a> {
    /// The first, and the one behind the last.
    streams: [usize; 2],
    /// The start type of each of their invocations, in the order of streams.
    starts: &'a mut [u8],
    /// Few wait.
    waited: Vec<(u32, u64)>,
    told_alone: u64,
}

impl Share<'_> {
    fn classify(&mut self, life: &Life<'_>) {
        let [first, end] = self.streams;
        let begun = life.inits.partition_point(|row| (row.stream as usize) < first);
        let mut inits = &life.inits[begun..];
        let mut starts = take(&mut self.starts);
        let mut order: Vec<u32> = Vec::new();
        for stream in first..end {
            let own = inits.partition_point(|row| row.stream as usize <= stream);
            let served = life.begin[stream] as usize..life.begin[stream + 1] as usize;
            let stream = Stream {
                life,
                has_name: life.tables.streams.name(stream as u32).is_some(),
                inits: &inits[..own],
                served: &life.rows[served],
            };
            inits = &inits[own..];
            let (of_stream, others) = starts.split_at_mut(stream.served.len());
            starts = others;
            if stream.overlaps_at_once() {
                self.classify_alone(&stream, of_stream);
                continue;
            }
            let at = |step| stream.at(step).map(Timestamp::as_epoch_millis);
            by_time(&mut order, stream.len(), at, |a, b| stream.compare(a, b));
            match stream.is_one_environment_at_a_time(&order) {
                true => self.classify_stream(&stream, &order, of_stream),
                false => self.classify_alone(&stream, of_stream),
            }
        }
    }

    /// Classifies the invocations of environments that cannot be told from each other.
    fn classify_alone(&mut self, stream: &Stream<'_>, starts: &mut [u8]) {
        self.told_alone += stream.served.len() as u64;
        for (row, start) in stream.served.iter().zip(starts) {
            let of = alone(&stream.served(*row));
            self.keep(*row, of, start);
        }
    }

    /// Classifies the invocations of one stream, whose steps are in this order.
    fn classify_stream(&mut self, stream: &Stream<'_>, order: &[u32], starts: &mut [u8]) {
        let drafts = stream.life.drafts;
        let mut environment = Environment::default();
        for step in order {
            let step = *step as usize;
            let row = match stream.step(step) {
                Step::Init(row) => {
                    environment.init(row);
                    continue;
                }
                Step::Serve(row) => row,
            };
            let at = row as usize;
            let start = &mut starts[step - stream.inits.len()];
            let has_begun = environment.has_served();
            if has_begun && drafts.init.get(at).is_none() && drafts.restore.get(at).is_none() {
                environment.serve_warm(drafts.ended(at), drafts.end_sequence.get(at).unwrap_or(0));
                *start = StartType::Warm.code() as u8;
                continue;
            }
            let of = environment.serve(&stream.served(row));
            self.keep(row, of, start);
        }
    }

    fn keep(&mut self, row: u32, of: Classified, start: &mut u8) {
        *start = of.start.code() as u8;
        self.waited
            .extend(of.waited_init.map(|init| (row, Micros::as_micros(init))));
    }
}

/// Times are whole milliseconds, so what overlaps by no more may not overlap.
const SLACK_MS: i64 = 1;

/// The steps of one stream: those of its environments, and behind them the invocations.
struct Stream<'a> {
    life: &'a Life<'a>,
    has_name: bool,
    inits: &'a [&'a InitRow],
    served: &'a [u32],
}

/// One step in the life of a stream.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Init(&'a InitRow),
    Serve(u32),
}

impl<'a> Stream<'a> {
    fn len(&self) -> usize {
        self.inits.len() + self.served.len()
    }

    fn served(&self, row: u32) -> Served {
        self.life
            .drafts
            .served(row as usize, &self.life.provisioned, self.has_name)
    }

    /// Whether invocations without a stream name overlap that follow each other as they came: then some do in their order,
    /// too, because the one that begins next after the earlier of them begins no later than the other.
    fn overlaps_at_once(&self) -> bool {
        let drafts = self.life.drafts;
        let times = |row: u32| drafts.started_at(row as usize).zip(drafts.ended(row as usize));
        let overlap = |pair: &[u32]| match (times(pair[0]), times(pair[1])) {
            (Some((a, _)), Some((b, ended))) if b < a => ended.millis_since(a) > SLACK_MS,
            (Some((a, ended)), Some((b, _))) if a < b => ended.millis_since(b) > SLACK_MS,
            _ => false,
        };
        !self.has_name && self.served.windows(2).any(overlap)
    }

    fn step(&self, step: usize) -> Step<'a> {
        match self.inits.get(step) {
            Some(row) => Step::Init(row),
            None => Step::Serve(self.served[step - self.inits.len()]),
        }
    }

    fn at(&self, step: usize) -> Option<Timestamp> {
        match self.step(step) {
            Step::Init(row) => row.at,
            Step::Serve(row) => self.life.drafts.started_at(row as usize),
        }
    }

    fn sequence(&self, step: usize) -> u64 {
        match self.step(step) {
            Step::Init(row) => row.sequence,
            Step::Serve(row) => self.life.drafts.start_sequence(row as usize).unwrap_or(0),
        }
    }

    /// The order of steps at the same time: the beginning of an environment, its report, and the invocations by their end
    /// and their request id. Without times, and where streams have no names and may be mixed, as read.
    fn compare(&self, a: usize, b: usize) -> Ordering {
        let by_sequence = || self.sequence(a).cmp(&self.sequence(b));
        if !self.has_name || self.at(a).is_none() {
            return by_sequence();
        }
        let (a_step, b_step) = (self.step(a), self.step(b));
        let ranked = a_step.rank().cmp(&b_step.rank());
        ranked
            .then_with(|| match (a_step, b_step) {
                (Step::Serve(a), Step::Serve(b)) => {
                    let (a, b, drafts) = (a as usize, b as usize, self.life.drafts);
                    drafts
                        .compare_ends(a, b)
                        .then_with(|| drafts.compare_requests(a, b, self.life.other_ids))
                }
                _ => Ordering::Equal,
            })
            .then_with(by_sequence)
    }

    /// Whether the invocations follow one another. A named stream is one environment; a file without stream names may mix
    /// many, which shows when invocations overlap.
    fn is_one_environment_at_a_time(&self, order: &[u32]) -> bool {
        if self.has_name {
            return true;
        }
        let drafts = self.life.drafts;
        let mut before: Option<usize> = None;
        for step in order {
            let Step::Serve(row) = self.step(*step as usize) else {
                continue;
            };
            let row = row as usize;
            if let Some(before) = before {
                let overlaps = match (drafts.ended(before), drafts.started_at(row)) {
                    (Some(ended), Some(started)) => ended.millis_since(started) > SLACK_MS,
                    _ => {
                        let ended = drafts.end_sequence.get(before).unwrap_or(0);
                        drafts.start_sequence(row).unwrap_or(0) < ended
                    }
                };
                if overlaps {
                    return false;
                }
            }
            before = Some(row);
        }
        true
    }
}

impl Step<'_> {
    /// At one time the beginning of an environment, its report, and the invocations.
    fn rank(&self) -> u8 {
        match self {
            Self::Init(row) => match row.line {
                Lifecycle::InitReport { .. } => 2,
                Lifecycle::RestoreReport { .. } => 3,
                Lifecycle::RestoreStart => 1,
                _ => 0,
            },
            Self::Serve(..) => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::drafts::Draft;
    use super::*;

    proptest! {
        /// What is seen to overlap without an order does so in its order.
        #[test]
        fn what_overlaps_at_once_is_not_one_environment(
            times in prop::collection::vec((0_u64..40, prop::option::weighted(0.9, 0_u64..9)), 2..12),
        ) {
            let mut drafts = Drafts::default();
            let rows: Vec<Draft> = times
                .iter()
                .zip(0..)
                .map(|((started, lasted), sequence)| Draft {
                    ended_at: lasted.map(|lasted| started + lasted),
                    started_before_ms: *lasted,
                    end_sequence: Some(sequence),
                    start_distance: Some(2),
                    outcome: Some(0),
                    ..Draft::default()
                })
                .collect();
            drafts.extend(&rows);
            let (tables, other_ids) = (Tables::default(), Interner::default());
            let life = Life {
                drafts: &drafts,
                tables: &tables,
                other_ids: &other_ids,
                provisioned: Vec::new(),
                begin: Vec::new(),
                rows: (0_u32..).take(rows.len()).collect(),
                inits: Vec::new(),
            };
            let stream = Stream { life: &life, has_name: false, inits: &[], served: &life.rows };
            let mut order = Vec::new();
            let at = |step| stream.at(step).map(Timestamp::as_epoch_millis);
            by_time(&mut order, stream.len(), at, |a, b| stream.compare(a, b));
            if stream.overlaps_at_once() {
                prop_assert!(!stream.is_one_environment_at_a_time(&order));
            }
        }
    }
}
