//! How often something happened to the invocations of both sides. What counts is decided here, for gates and reports.

use super::gate::Rate;
use super::side::Side;
use crate::dataset::Columns;
use crate::invocation::{Outcome, StartType};
use crate::stats::{Confidence, Dependence, Interval, Proportion, ProportionDifference};

/// The rates of a report. The cold share is among its conditions.
pub const SHOWN_RATES: [Rate; 3] = [Rate::Error, Rate::Timeout, Rate::Throttle];

/// Whether it happened to an invocation; nothing where that is not known.
pub(super) fn happens(rate: Rate, rows: &Columns, row: usize) -> Option<bool> {
    match rate {
        Rate::Timeout => Some(rows.outcome[row] == Outcome::Timeout as u32),
        Rate::Error => Some(rows.outcome[row] == Outcome::Error as u32),
        Rate::Cold => Some(rows.start[row] == StartType::Cold as u32),
        // Only the handler's record tells.
        Rate::Throttle => rows.is_matched[row].then(|| rows.facts.is_throttled.get(row) == Some(&true)),
    }
}

/// One rate of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedRate {
    /// Of what.
    pub rate: Rate,
    /// Baseline and candidate; absent where no invocation of the side tells.
    pub sides: [Option<RateOfSide>; 2],
    /// Candidate minus baseline, a share, with its 95 % interval (Newcombe).
    pub difference: Option<ProportionDifference>,
}

/// One rate of one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateOfSide {
    /// To how many it happened.
    pub count: u64,
    /// How many tell.
    pub total: u64,
    /// The share, worth as many independent invocations as it says.
    pub proportion: Proportion,
}

impl RateOfSide {
    /// The share, from 0 to 1.
    pub fn share(&self) -> f64 {
        self.proportion.share()
    }

    /// Its 95 % interval (Wilson).
    pub fn interval(&self) -> Interval {
        self.proportion.wilson(Confidence::C95)
    }

    /// What the invocations of one side tell. Those that hang together in time count as what they are worth.
    fn of(rate: Rate, side: &Side) -> Option<Self> {
        let (count, total) = tally(rate, side, None);
        let proportion = Proportion::new(count, total)?;
        let effect = match &side.counted {
            Some(counted) => counted.rate_effect(rate),
            None if count > 0 => design_effect(rate, side),
            None => None,
        };
        let worth =
            effect.and_then(|effect| proportion.with_effective_size((total as f64 / effect).max(1.0)));
        Some(Self {
            count,
            total,
            proportion: worth.unwrap_or(proportion),
        })
    }
}

/// How many invocations are worth one independent one where it happens in episodes; nothing where their order is not
/// known.
pub(super) fn design_effect(rate: Rate, side: &Side) -> Option<f64> {
    let in_order = side.arrivals.in_order()?;
    let happened: Vec<bool> = in_order
        .filter_map(|row| happens(rate, &side.rows, row))
        .collect();
    Some(Dependence::of_events(&happened)?.design_effect())
}

/// To how many of a side it happened, and how many tell, of one start type or of all.
pub(super) fn tally(rate: Rate, side: &Side, start: Option<StartType>) -> (u64, u64) {
    match &side.counted {
        Some(counted) => counted.tally(rate, start),
        None => tally_rows(rate, &side.rows, start),
    }
}

/// The same of rows.
pub(super) fn tally_rows(rate: Rate, rows: &Columns, start: Option<StartType>) -> (u64, u64) {
    let is_in = |row: &usize| start.is_none_or(|start| rows.start[*row] == start as u32);
    let told = (0..rows.len())
        .filter(is_in)
        .filter_map(|row| happens(rate, rows, row));
    told.fold((0, 0), |(count, total), happened| {
        (count + u64::from(happened), total + 1)
    })
}

impl ComparedRate {
    /// One rate of two sides.
    pub(super) fn of(rate: Rate, sides: [&Side; 2]) -> Self {
        let sides = sides.map(|side| RateOfSide::of(rate, side));
        let [baseline, candidate] = &sides;
        let difference = baseline.as_ref().zip(candidate.as_ref()).map(|(base, cand)| {
            ProportionDifference::of(&base.proportion, &cand.proportion, Confidence::C95)
        });
        Self {
            rate,
            sides,
            difference,
        }
    }

    /// Each of [`SHOWN_RATES`] of two sides.
    pub(super) fn all(sides: [&Side; 2]) -> Vec<Self> {
        SHOWN_RATES
            .into_iter()
            .map(|rate| Self::of(rate, sides))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::side::Identity;
    use crate::summary::Failures;
    use crate::vocab::Timestamp;

    /// Invocations a second apart that end so.
    fn rows(outcomes: &[Outcome]) -> Columns {
        let count = outcomes.len();
        Columns {
            outcome: outcomes.iter().map(|outcome| *outcome as u32).collect(),
            ended_at: (0..count as i64)
                .map(|second| Some(Timestamp::from_epoch_millis(second * 1000)))
                .collect(),
            duration_us: vec![1000; count],
            ..Columns::blank(count)
        }
    }

    fn side(rows: Columns) -> Side {
        Side::of_rows(Identity::default(), rows, Failures::Apart)
    }

    fn failing(is_failing: impl Fn(usize) -> bool) -> Side {
        let outcome = |i| match is_failing(i) {
            true => Outcome::Error,
            false => Outcome::Success,
        };
        side(rows(&(0..400).map(outcome).collect::<Vec<_>>()))
    }

    #[test]
    fn failures_in_one_episode_prove_less_than_scattered_ones() {
        let none = failing(|_| false);
        let scattered = failing(|i| i * 7 % 40 == 0);
        let together = failing(|i| (100..110).contains(&i));
        let of = |other: &Side| ComparedRate::of(Rate::Error, [&none, other]);
        let (scattered, together) = (of(&scattered), of(&together));
        let found = |rate: &ComparedRate| rate.sides[1].map(|side| (side.count, side.total));
        assert_eq!(
            (found(&scattered), found(&together)),
            (Some((10, 400)), Some((10, 400)))
        );
        let ends = |rate: &ComparedRate| {
            let interval = rate.difference.unwrap().interval;
            (interval.low.unwrap(), interval.high.unwrap())
        };
        let (scattered, episode) = (ends(&scattered), ends(&together));
        assert!(
            episode.0 < 0.5 * scattered.0 && episode.1 > 1.5 * scattered.1,
            "{scattered:?} {episode:?}"
        );
        let none = together.sides[0].unwrap();
        assert_eq!((none.share(), none.interval().low), (0.0, Some(0.0)));
    }

    #[test]
    fn throttling_is_told_by_records_alone() {
        let mut told = rows(&[Outcome::Error, Outcome::Success, Outcome::Success]);
        assert_eq!(RateOfSide::of(Rate::Throttle, &side(told.clone())), None);
        told.is_matched = vec![true, true, false];
        told.facts.is_throttled = vec![true, false, false];
        let found = RateOfSide::of(Rate::Throttle, &side(told)).unwrap();
        assert_eq!((found.count, found.total), (1, 2));
    }
}
