//! The whole path: what callers and API Gateway saw of the requests of both sides, what each stage adds, and where requests
//! ended that were not answered.

mod points;
mod stages;

use std::collections::{HashMap, HashSet};

use super::composition::P99;
use super::quantiles::ComparedQuantile;
use super::side::Side;
use crate::dataset::{Columns, Condition, Dataset};
use crate::invocation::{ClientPhase, PathRequest, PathRun};
use crate::stats::Probability;
use crate::summary::{EndedCounts, RequestStages, RequestUse, Warning};

pub use points::{ComparedPoint, Point};
pub use stages::{PathTail, StageMeans, StagesAround};

/// What callers and API Gateway saw of two sides.
#[derive(Debug, Clone)]
pub struct Path {
    /// Whether the path begins at the caller; else it begins at the gateway.
    pub is_from_client: bool,
    /// Whether there is any record of the gateway, so that a request without one did not come to it.
    pub has_gateway: bool,
    /// What each of those on the way saw, from without to within; only where a side has it.
    pub points: Vec<ComparedPoint>,
    /// Baseline and candidate.
    pub sides: [PathSide; 2],
    /// How requests ended that belong to neither side, for nothing tells their model.
    pub of_no_side: EndedCounts,
    /// Requests without an invocation that are left out because a side is not selected by model alone, or because invocations
    /// are selected by more than that.
    pub unassigned: usize,
    /// Runs of clients that could not keep their schedule.
    pub invalid_runs: usize,
    /// Runs of clients whose last line is missing.
    pub cut_runs: usize,
}

/// One side of it.
#[derive(Debug, Clone, Default)]
pub struct PathSide {
    /// Whether it is a saved side, of which nothing outside the function is known.
    pub is_saved: bool,
    /// Requests with a record from without the function, but for those left out.
    pub requests: usize,
    /// Those of them that failed, whose times are in no latency.
    pub failed: usize,
    /// Requests that the gateway alone recorded, where the path begins at the client. What a client gave up is among them: it
    /// got no id by which both records could be joined.
    pub without_client: usize,
    /// Requests of warm-ups, which count nowhere.
    pub warm_up: usize,
    /// Requests of bursts, which are no sample of the traffic.
    pub burst: usize,
    /// Those of them whose invocations are on the side.
    pub burst_invocations: usize,
    /// Invocations of the side of which nobody outside recorded anything.
    pub invocations_without: usize,
    /// Requests of the sample with an invocation.
    pub with_invocation: usize,
    /// Requests of the sample with a record of the gateway.
    pub with_gateway: usize,
    /// Where the time goes; nothing without a request that was answered.
    pub stages: Option<StageMeans>,
    /// How requests ended.
    pub ended: EndedCounts,
}

/// A request of one side.
#[derive(Debug, Clone, Copy)]
struct Request<'a> {
    seen: &'a PathRequest,
    /// The row of its invocation on the side.
    row: Option<usize>,
    side: &'a Columns,
}

impl<'a> Request<'a> {
    fn columns(&self) -> Option<(&'a Columns, usize)> {
        self.row.map(|row| (self.side, row))
    }

    /// What it is to a sample of the times that the outermost record says.
    fn usage(&self, is_from_client: bool) -> RequestUse {
        RequestUse::of(self.seen, is_from_client)
    }

    fn stages(&self, is_from_client: bool) -> Option<RequestStages> {
        let is_limit = self.usage(is_from_client) == RequestUse::Limit;
        RequestStages::of(self.seen, is_from_client, is_limit, self.columns())
    }
}

impl Path {
    /// Of what was recorded outside the function. `None` where nothing of it belongs to a side. Requests without an invocation
    /// count where there are no `conditions` on invocations, which nobody could tell of them.
    pub fn of(
        sides: [&Side; 2],
        requests: &[PathRequest],
        runs: &[PathRun],
        dataset: &Dataset,
        conditions: &[Condition],
    ) -> Option<Self> {
        if requests.is_empty() {
            return None;
        }
        let mut assigned = Assigned::of(sides, requests, dataset, conditions.is_empty());
        if assigned.of_sides.iter().all(Vec::is_empty) {
            return None;
        }
        let has_gateway = requests.iter().any(|request| request.gateway.is_some());
        let is_from_client = assigned
            .of_sides
            .iter()
            .filter(|of| !of.is_empty())
            .all(|of| begins_at_client(of));
        let without_client = match is_from_client {
            true => assigned.of_sides.each_mut().map(drop_without_client),
            false => [0, 0],
        };
        let samples = assigned.of_sides.each_ref().map(|of| sample(of, is_from_client));
        let points = ComparedPoint::all(&samples, is_from_client);
        let outermost = points
            .iter()
            .find(|point| point.point == Point::outermost(is_from_client));
        let quantiles: &[ComparedQuantile] = outermost.map_or(&[], |point| &point.quantiles);
        let p99 = P99::of(quantiles);
        let of_side = |at: usize| {
            let of = &assigned.of_sides[at];
            let counted: Vec<&Request<'_>> = of.iter().filter(|request| is_counted(request.seen)).collect();
            let in_phase = |phase| {
                of.iter()
                    .filter(move |request| request.seen.phase() == Some(phase))
            };
            let rows: HashSet<usize> = of.iter().filter_map(|request| request.row).collect();
            PathSide {
                is_saved: sides[at].is_saved,
                failed: counted.len() - samples[at].len(),
                without_client: without_client[at],
                requests: counted.len(),
                warm_up: in_phase(ClientPhase::WarmUp).count(),
                burst: in_phase(ClientPhase::Burst).count(),
                burst_invocations: in_phase(ClientPhase::Burst)
                    .filter(|request| request.row.is_some())
                    .count(),
                invocations_without: if sides[at].is_saved {
                    0
                } else {
                    sides[at].rows.len() - rows.len()
                },
                with_invocation: samples[at].iter().filter(|request| request.row.is_some()).count(),
                with_gateway: samples[at]
                    .iter()
                    .filter(|request| request.seen.gateway.is_some())
                    .count(),
                stages: StageMeans::of(&samples[at], is_from_client, &p99[at]),
                ended: EndedCounts::of(counted.into_iter().map(|request| request.seen)),
            }
        };
        let path_sides = [of_side(0), of_side(1)];
        let of_runs: HashSet<u32> = assigned
            .of_sides
            .iter()
            .flatten()
            .filter_map(|request| Some(request.seen.client?.run))
            .collect();
        let is_of_sides = |(at, _): &(u32, &PathRun)| of_runs.contains(at);
        let runs: Vec<Option<bool>> = (0_u32..)
            .zip(runs)
            .filter(is_of_sides)
            .map(|(_, run)| run.is_valid)
            .collect();
        let count = |is_valid: Option<bool>| runs.iter().filter(|of_run| **of_run == is_valid).count();
        let others = assigned
            .of_no_side
            .iter()
            .filter(|request| is_counted(request.seen));
        Some(Self {
            is_from_client,
            has_gateway,
            points,
            sides: path_sides,
            of_no_side: EndedCounts::of(others.map(|request| request.seen)),
            unassigned: assigned.unassigned,
            invalid_runs: count(Some(false)),
            cut_runs: count(None),
        })
    }

    /// What a point on the way saw.
    pub fn point(&self, point: Point) -> Option<&ComparedPoint> {
        self.points.iter().find(|found| found.point == point)
    }

    /// The compared quantiles of what the stages are parts of.
    pub fn outermost(&self) -> &[ComparedQuantile] {
        let found = self.point(Point::outermost(self.is_from_client));
        found.map_or(&[], |found| &found.quantiles)
    }

    /// Whether a side, 0 the baseline, has too few requests to tell which are around a quantile, so that the slowest stand
    /// for them.
    pub fn is_of_slowest(&self, side: usize, p: Probability) -> bool {
        let compared = self.outermost().iter().find(|compared| compared.p == p);
        compared.is_some_and(|compared| compared.is_of_slowest(side))
    }

    /// What a reader must know.
    pub fn warnings(&self, names: [&str; 2]) -> Vec<Warning> {
        let bursts = names
            .into_iter()
            .zip(&self.sides)
            .filter(|(_, side)| side.burst_invocations > 0);
        let mut warnings: Vec<Warning> = bursts
            .map(|(name, side)| Warning::Bursts {
                of: name.to_owned(),
                count: side.burst_invocations,
            })
            .collect();
        warnings.extend(Warning::of_runs(self.invalid_runs, self.cut_runs));
        warnings
    }
}

/// Whether a request is of the traffic that figures are about.
fn is_counted(request: &PathRequest) -> bool {
    request.phase().is_none_or(|phase| phase == ClientPhase::Steady)
}

/// Whether the path of a side begins at the client: if it recorded at least half as many requests as the gateway did.
fn begins_at_client(of: &[Request<'_>]) -> bool {
    let [of_client, of_gateway] = [true, false].map(|is_from_client| sample(of, is_from_client).len());
    match (of_client, of_gateway) {
        (0, 0) => of.iter().any(|request| request.seen.client.is_some()),
        (0, _) => false,
        _ => 2 * of_client >= of_gateway,
    }
}

/// Leaves out what no client recorded, and counts it.
fn drop_without_client(of: &mut Vec<Request<'_>>) -> usize {
    let before = of.len();
    of.retain(|request| request.seen.client.is_some());
    before - of.len()
}

/// The requests that latencies are taken of: counted, with the outermost record, and answered or given up at a limit.
fn sample<'a>(of: &[Request<'a>], is_from_client: bool) -> Vec<Request<'a>> {
    of.iter()
        .filter(|request| is_counted(request.seen))
        .filter(|request| request.usage(is_from_client) != RequestUse::Failed)
        .filter(|request| request.stages(is_from_client).is_some())
        .copied()
        .collect()
}

/// Which requests belong to which side.
struct Assigned<'a> {
    of_sides: [Vec<Request<'a>>; 2],
    /// Those whose model nothing tells.
    of_no_side: Vec<Request<'a>>,
    /// How many nobody can tell to be of a side, for it is not selected by model alone.
    unassigned: usize,
}

impl<'a> Assigned<'a> {
    fn of(sides: [&'a Side; 2], requests: &'a [PathRequest], dataset: &Dataset, takes_all: bool) -> Self {
        let rows = sides.map(|side| -> HashMap<u32, usize> {
            // Positions of a saved side are none of these logs.
            let rows: &[u32] = if side.is_saved { &[] } else { &side.rows.row };
            rows.iter().enumerate().map(|(at, row)| (*row, at)).collect()
        });
        let models = &dataset.names().models;
        let is_of = |side: &Side, model: u32| {
            let named = &models[model as usize].as_logged;
            let is_alone = side.selected_by.is_empty() && !side.is_saved;
            is_alone
                && named
                    .iter()
                    .any(|name| side.model_ids.iter().any(|id| **id == **name))
        };
        let mut assigned = Self {
            of_sides: [Vec::new(), Vec::new()],
            of_no_side: Vec::new(),
            unassigned: 0,
        };
        for seen in requests {
            let request = |side: usize, row| Request {
                seen,
                row,
                side: &sides[side].rows,
            };
            // Invocations of a warm-up are on no side.
            let is_warm_up = seen.phase() == Some(ClientPhase::WarmUp);
            if let Some(invocation) = seen.invocation.filter(|_| !is_warm_up) {
                let found = (0..2).find_map(|side| Some((side, *rows[side].get(&invocation.row)?)));
                // An invocation of neither side is of another model.
                if let Some((side, row)) = found {
                    assigned.of_sides[side].push(request(side, Some(row)));
                }
                continue;
            }
            match seen.model {
                _ if !takes_all => assigned.unassigned += usize::from(is_counted(seen)),
                Some(model) => {
                    let side = (0..2).find(|side| is_of(sides[*side], model));
                    match side {
                        Some(side) if sides[side].window.holds(seen.at) => {
                            assigned.of_sides[side].push(request(side, None));
                        }
                        Some(_) => {}
                        None => {
                            let is_of_other = sides.iter().all(|side| side.selected_by.is_empty());
                            assigned.unassigned += usize::from(is_counted(seen) && !is_of_other);
                        }
                    }
                }
                None if sides.iter().any(|side| side.window.holds(seen.at)) => {
                    assigned.of_no_side.push(request(0, None));
                }
                None => {}
            }
        }
        assigned
    }
}
