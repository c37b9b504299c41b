//! What a curve of quantiles shows of a sample, and where it ends.

use super::Series;
use super::frame::Point;
use super::palette::Look;
use super::text::{self, SMALL};
use crate::stats::{Confidence, Interval, Probability, Quantile, Sample, highest_finite_quantile};

pub(super) const CONFIDENCE: Confidence = Confidence::C95;
/// The quantiles with a marker and a value.
pub(super) const MARKED: [Probability; 3] = [Probability::P50, Probability::P95, Probability::P99];
/// How many pieces a curve has, whatever the sample.
const PIECES: u32 = 100;
/// The most single values that are shown of a sample that supports no quantile.
const DOTS: usize = 5;
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

/// −log10(1 − p): the axis gives every further nine the same room.
pub(super) fn position(p: Probability) -> f64 {
    -p.complement().log10()
}

/// The quantile at a position, to 10^-8 of a percent.
fn at_position(position: f64) -> Option<Probability> {
    let percent = 100.0 * -(-position * std::f64::consts::LN_10).exp_m1();
    Probability::parse(&format!("{percent:.8}")).ok()
}

/// Whether the interval of the quantile is finite, as far as the number of values goes.
pub(super) fn is_supported(sample: &Sample, p: Probability) -> bool {
    let highest = highest_finite_quantile(sample.effective_size(), CONFIDENCE);
    p.as_f64() <= highest && p.complement() <= highest
}

/// What stands below a name.
fn note(sample: &Sample) -> String {
    let n = text::whole(sample.len() as f64);
    match sample.censored() {
        0 => format!("n {n}"),
        all if all == sample.len() => format!("n {n}, all timed out"),
        some => format!("n {n}, {} timed out", text::whole(some as f64)),
    }
}

impl<'a> Curve<'a> {
    pub(super) fn new(series: &Series<'_>, look: &'a Look) -> Self {
        let sample = series.sample;
        // From the quantile that is as rare as the highest one to the highest one.
        let highest = highest_finite_quantile(sample.effective_size(), CONFIDENCE);
        let (from, to) = (-highest.log10(), -(1.0 - highest).log10());
        let mut curve = Self {
            name: text::fit(series.name, SMALL, true, NAME),
            note: note(sample),
            look,
            knots: Vec::new(),
            dots: Vec::new(),
            stop: None,
        };
        if from >= to {
            curve.single_values(sample);
            return curve;
        }
        // A little inside, where rounding cannot make an interval infinite, and denser at the left,
        // where a percentile more is a smaller step.
        let (from, to) = (from * 1.01, to * 0.999);
        let share = |piece| f64::from(piece) / f64::from(PIECES);
        let grid = (0..=PIECES).map(|piece| from + (to - from) * share(piece) * share(piece).sqrt());
        let grid = grid.filter_map(|position| Some((at_position(position)?, false)));
        let marked = MARKED.into_iter().filter(|p| is_supported(sample, *p));
        let mut grid: Vec<(Probability, bool)> = grid.chain(marked.map(|p| (p, true))).collect();
        grid.sort_by(|(one, _), (other, _)| other.complement().total_cmp(&one.complement()));
        for (p, marked) in grid {
            let Quantile { value, censored } = sample.quantile(p);
            if censored {
                let at_least = value / 1000.0;
                curve.stop = Some(Stop {
                    position: position(p),
                    at_least,
                });
                break;
            }
            let Interval { low, high } = sample.interval(p, CONFIDENCE);
            curve.knots.push(Knot {
                position: position(p),
                value: value / 1000.0,
                low: low.map_or(0.0, |low| low.min(value) / 1000.0),
                high: high.map_or(f64::INFINITY, |high| high.max(value) / 1000.0),
                marked,
            });
        }
        curve
    }

    /// Too few values for a quantile: each is shown where it ranks.
    fn single_values(&mut self, sample: &Sample) {
        let n = sample.len() as f64;
        let complete = sample.len() - sample.censored();
        // A sample can have many values and yet be worth a few only: then some of them are shown.
        let shown = complete.min(DOTS);
        for dot in 0..shown {
            let at = if shown > 1 {
                dot * (complete - 1) / (shown - 1)
            } else {
                0
            };
            let p = (at as f64 + 2.0 / 3.0) / (n + 1.0 / 3.0);
            self.dots.push((-(1.0 - p).log10(), sample.values()[at] / 1000.0));
        }
        if let Some(micros) = sample.values().get(complete) {
            let position = self.dots.last().map_or(0.1, |(position, _)| *position);
            let at_least = micros / 1000.0;
            self.stop = Some(Stop { position, at_least });
        }
    }

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

#[cfg(test)]
mod tests {
    use super::super::palette::SERIES;
    use super::super::trial::latencies;
    use super::*;

    fn curve(sample: &Sample) -> Curve<'static> {
        Curve::new(&Series { name: "a", sample }, &SERIES[0])
    }

    #[test]
    fn a_quantile_is_marked_from_as_many_values_as_it_needs() {
        for (n, marks) in [(5, 0), (6, 1), (71, 1), (72, 2), (367, 2), (368, 3)] {
            let sample = latencies(n, 100.0, 200.0, 300.0);
            let curve = curve(&sample);
            assert_eq!(
                curve.knots.iter().filter(|knot| knot.marked).count(),
                marks,
                "{n}"
            );
            assert!(curve.knots.iter().all(|knot| knot.high.is_finite()), "{n}");
            assert_eq!(curve.dots.len(), if marks == 0 { n } else { 0 });
        }
    }

    #[test]
    fn quantiles_lie_within_their_intervals_and_ascend() {
        for n in [6, 30, 1200, 20_000] {
            let curve = curve(&latencies(n, 100.0, 200.0, 300.0));
            assert!(
                curve
                    .knots
                    .iter()
                    .all(|knot| knot.low <= knot.value && knot.value <= knot.high)
            );
            let ascends =
                |pair: &[Knot]| pair[0].position <= pair[1].position && pair[0].value <= pair[1].value;
            assert!(curve.knots.windows(2).all(ascends));
            assert!(curve.knots.len() > 100 && curve.knots.len() <= 104);
        }
    }

    #[test]
    fn many_values_that_are_worth_few_are_shown_from_first_to_last() {
        let sample = latencies(1000, 100.0, 200.0, 300.0)
            .with_effective_size(4.0)
            .unwrap();
        let curve = curve(&sample);
        assert!(curve.knots.is_empty());
        let shown: Vec<f64> = curve.dots.iter().map(|dot| dot.1).collect();
        assert_eq!(shown.len(), 5);
        assert_eq!(
            (shown[0], shown[4]),
            (sample.min() / 1000.0, sample.max() / 1000.0)
        );
    }

    #[test]
    fn no_quantile_rests_on_a_request_that_was_stopped() {
        let values: Vec<f64> = latencies(1100, 1450.0, 3300.0, 5500.0).values().to_vec();
        let slowest = values.iter().copied().fold(0.0, f64::max) / 1000.0;
        let sample = Sample::with_censored(values, vec![29_000_000.0; 100]).unwrap();
        let curve = curve(&sample);
        assert!(curve.end().1 <= slowest);
        let share = 1.0 - 10_f64.powf(-curve.last_position());
        assert!((share - 1100.0 / 1200.0).abs() < 0.01, "{share}");
        assert_eq!(curve.stop.map(|stop| stop.at_least), Some(29_000.0));
    }
}
