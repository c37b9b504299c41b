//! What a curve of quantiles shows, and where it ends.

use super::frame::Point;
use super::palette::{self, Look};
use super::text::{self, SMALL};
use crate::comparison::drawn::QuantileCurve;

/// The widest name at the end of a curve.
const NAME: f64 = 150.0;

/// A quantile with what is known of it. Values are in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Knot {
    pub(super) position: f64,
    pub(super) value: f64,
    pub(super) low: f64,
    /// Infinite if nothing bounds it.
    pub(super) high: f64,
    pub(super) marked: bool,
}

/// Where a curve ends before its sample does: requests were stopped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) position: f64,
    /// The quantile there is at least so many milliseconds.
    pub(super) at_least: f64,
}

/// What is drawn of one series. Values are in milliseconds.
pub(super) struct Curve<'a> {
    pub(super) name: String,
    pub(super) note: String,
    pub(super) look: &'a Look,
    pub(super) knots: Vec<Knot>,
    /// Single values, if there are too few for any quantile.
    pub(super) dots: Vec<Point>,
    pub(super) stop: Option<Stop>,
}

/// −log10 of the share of requests that are slower: the axis gives every further nine the same room.
pub(super) fn position(exceeded: f64) -> f64 {
    -exceeded.log10()
}

/// How many requests there are, and how many of them were stopped.
pub(super) fn note(requests: usize, timed_out: usize) -> String {
    let n = text::whole(requests as f64);
    match timed_out {
        0 => format!("n {n}"),
        all if all == requests => format!("n {n}, all timed out"),
        some => format!("n {n}, {} timed out", text::whole(some as f64)),
    }
}

impl Curve<'static> {
    pub(super) fn of(series: &QuantileCurve) -> Self {
        let marked = |exceeded: f64| {
            let named = series.named.iter();
            let mut marked = named.filter(|named| named.is_supported && !named.is_at_least);
            marked.any(|named| named.quantile.exceeded == exceeded)
        };
        Self {
            name: text::fit(&series.name, SMALL, true, NAME),
            note: note(series.requests, series.timed_out),
            look: palette::of_place(series.place),
            knots: series
                .knots
                .iter()
                .map(|knot| Knot {
                    position: position(knot.exceeded),
                    value: knot.ms,
                    low: knot.low_ms.unwrap_or(0.0),
                    high: knot.high_ms.unwrap_or(f64::INFINITY),
                    marked: marked(knot.exceeded),
                })
                .collect(),
            dots: series
                .single
                .iter()
                .map(|dot| (position(dot.exceeded), dot.ms))
                .collect(),
            stop: series.stopped.map(|stop| Stop {
                position: position(stop.exceeded),
                at_least: stop.at_least_ms,
            }),
        }
    }
}

impl Curve<'_> {
    /// The rightmost place of which something is known.
    pub(super) fn end(&self) -> Point {
        let knot = self.knots.last().map(|knot| (knot.position, knot.value));
        let stop = self.stop.map(|stop| (stop.position, stop.at_least));
        let dot = self.dots.last().copied();
        knot.or(dot).or(stop).unwrap_or((0.0, 0.0))
    }

    /// The rightmost position that is drawn.
    pub(super) fn last_position(&self) -> f64 {
        self.end().0.max(self.stop.map_or(0.0, |stop| stop.position))
    }

    pub(super) fn highest_value(&self) -> f64 {
        let dots = self.dots.iter().map(|dot| dot.1);
        let knots = self.knots.iter().map(|knot| knot.value);
        knots.chain(dots).fold(0.0, f64::max)
    }

    pub(super) fn highest_bound(&self) -> f64 {
        let bounds = self.knots.iter().map(|knot| knot.high);
        bounds.filter(|high| high.is_finite()).fold(0.0, f64::max)
    }
}
