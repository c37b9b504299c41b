//! Quantiles with their intervals, as far as each sample supports.

use serde::{Deserialize, Serialize};

use super::MOST_SERIES;
use super::rounded::{bounded, millis, rounded};
use crate::stats::{Confidence, Interval, Probability, Quantile, Sample, highest_finite_quantile};

const CONFIDENCE: Confidence = Confidence::C95;
/// The quantiles that are named.
const NAMED: [Probability; 3] = [Probability::P50, Probability::P95, Probability::P99];
/// How many pieces a curve has, whatever the sample.
const PIECES: u32 = 100;
/// The most single values that are shown of a sample that supports no quantile.
const SINGLE: usize = 5;

/// A curve of quantiles for each model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantileCurves {
    /// Which time.
    pub metric: String,
    /// At most [`MOST_SERIES`].
    pub series: Vec<QuantileCurve>,
}

/// The quantiles of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantileCurve {
    /// The model.
    pub name: String,
    /// Its place among all models, which gives it its look.
    pub place: usize,
    /// How many requests.
    pub requests: usize,
    /// How many of them were stopped.
    pub timed_out: usize,
    /// The curve, ascending.
    pub knots: Vec<Knot>,
    /// p50, p95 and p99.
    pub named: Vec<NamedQuantile>,
    /// Single requests, if there are too few for any quantile.
    pub single: Vec<SingleValue>,
    /// Where the curve ends before its sample does.
    pub stopped: Option<StoppedAt>,
    /// p95 over that of the first model, where it was compared and has a ratio.
    pub p95_ratio: Option<f64>,
}

/// A quantile with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knot {
    /// The share of requests that are slower: 1 − p.
    pub exceeded: f64,
    /// The quantile in milliseconds.
    pub ms: f64,
    /// The lower end of its interval in milliseconds, if it has one.
    pub low_ms: Option<f64>,
    /// The upper end, if it has one.
    pub high_ms: Option<f64>,
}

/// A quantile that is called by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedQuantile {
    /// Such as `p95`.
    pub label: String,
    /// The quantile.
    pub quantile: Knot,
    /// Whether it falls among requests that were stopped, so that it is a lower bound.
    pub is_at_least: bool,
    /// Whether there are enough requests for it.
    pub is_supported: bool,
}

/// A single request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SingleValue {
    /// The share of requests that are slower, by its rank.
    pub exceeded: f64,
    /// What it took, in milliseconds.
    pub ms: f64,
}

/// Where requests were stopped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoppedAt {
    /// The share of requests that are slower.
    pub exceeded: f64,
    /// The quantile there is at least so many milliseconds.
    pub at_least_ms: f64,
}

/// A model with its sample in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The model.
    pub name: &'a str,
    /// Its place among all models.
    pub place: usize,
    /// Its values.
    pub sample: &'a Sample,
}

impl QuantileCurves {
    /// Of these models, with the ratio of p95 of the second and all further ones to the first.
    pub fn of(metric: &str, samples: &[Named<'_>], p95_ratios: &[Option<f64>]) -> Self {
        let ratio = |place: usize| p95_ratios.get(place.checked_sub(1)?).copied().flatten();
        Self {
            metric: bounded(metric),
            series: samples
                .iter()
                .take(MOST_SERIES)
                .map(|of| QuantileCurve::of(of, ratio(of.place)))
                .collect(),
        }
    }
}

/// The quantile at a position, −log10(1 − p), to 10^-8 of a percent.
fn at_position(position: f64) -> Option<Probability> {
    let percent = 100.0 * -(-position * std::f64::consts::LN_10).exp_m1();
    Probability::parse(&format!("{percent:.8}")).ok()
}

/// Whether the interval of the quantile is finite, as far as the number of values goes.
fn is_supported(sample: &Sample, p: Probability) -> bool {
    let highest = highest_finite_quantile(sample.effective_size(), CONFIDENCE);
    p.as_f64() <= highest && p.complement() <= highest
}

fn knot(sample: &Sample, p: Probability, value: f64) -> Knot {
    let Interval { low, high } = sample.interval(p, CONFIDENCE);
    Knot {
        exceeded: rounded(p.complement()),
        ms: millis(value),
        low_ms: low.map(|low| millis(low.min(value))),
        high_ms: high.map(|high| millis(high.max(value))),
    }
}

impl QuantileCurve {
    fn of(of: &Named<'_>, p95_ratio: Option<f64>) -> Self {
        let sample = of.sample;
        let mut curve = Self {
            name: bounded(of.name),
            place: of.place,
            requests: sample.len(),
            timed_out: sample.censored(),
            knots: Vec::new(),
            named: NAMED.map(|p| NamedQuantile::of(sample, p)).to_vec(),
            single: Vec::new(),
            stopped: None,
            p95_ratio: p95_ratio.map(rounded),
        };
        // From the quantile that is as rare as the highest one to the highest one.
        let highest = highest_finite_quantile(sample.effective_size(), CONFIDENCE);
        let (from, to) = (-highest.log10(), -(1.0 - highest).log10());
        if from >= to {
            curve.single_values(sample);
            return curve;
        }
        // A little inside, where rounding cannot make an interval infinite, and denser at the left,
        // where a percentile more is a smaller step.
        let (from, to) = (from * 1.01, to * 0.999);
        let share = |piece| f64::from(piece) / f64::from(PIECES);
        let grid = (0..=PIECES).map(|piece| from + (to - from) * share(piece) * share(piece).sqrt());
        let named = NAMED.into_iter().filter(|p| is_supported(sample, *p));
        let mut grid: Vec<Probability> = grid.filter_map(at_position).chain(named).collect();
        grid.sort_by(|one, other| other.complement().total_cmp(&one.complement()));
        for p in grid {
            let Quantile { value, censored } = sample.quantile(p);
            if censored {
                curve.stopped = Some(StoppedAt {
                    exceeded: rounded(p.complement()),
                    at_least_ms: millis(value),
                });
                break;
            }
            curve.knots.push(knot(sample, p, value));
        }
        curve
    }

    /// Too few values for a quantile: each is shown where it ranks.
    fn single_values(&mut self, sample: &Sample) {
        let n = sample.len() as f64;
        let complete = sample.len() - sample.censored();
        // A sample can have many values and yet be worth a few only: then some of them are shown.
        let shown = complete.min(SINGLE);
        for dot in 0..shown {
            let at = match shown {
                1 => 0,
                _ => dot * (complete - 1) / (shown - 1),
            };
            let p = (at as f64 + 2.0 / 3.0) / (n + 1.0 / 3.0);
            self.single.push(SingleValue {
                exceeded: rounded(1.0 - p),
                ms: millis(sample.values()[at]),
            });
        }
        if let Some(micros) = sample.values().get(complete) {
            self.stopped = Some(StoppedAt {
                exceeded: self.single.last().map_or(0.8, |dot| dot.exceeded),
                at_least_ms: millis(*micros),
            });
        }
    }
}

impl NamedQuantile {
    fn of(sample: &Sample, p: Probability) -> Self {
        let Quantile { value, censored } = sample.quantile(p);
        Self {
            label: p.label(),
            quantile: knot(sample, p, value),
            is_at_least: censored,
            is_supported: is_supported(sample, p),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::latencies;
    use super::*;

    fn curve(sample: &Sample) -> QuantileCurve {
        let of = Named {
            name: "a",
            place: 0,
            sample,
        };
        QuantileCurve::of(&of, None)
    }

    fn marks(curve: &QuantileCurve) -> usize {
        let is_marked = |named: &&NamedQuantile| named.is_supported && !named.is_at_least;
        let marked = curve.named.iter().filter(is_marked);
        marked
            .filter(|named| curve.knots.contains(&named.quantile))
            .count()
    }

    #[test]
    fn a_quantile_is_supported_from_as_many_values_as_it_needs() {
        for (n, expected) in [(5, 0), (6, 1), (71, 1), (72, 2), (367, 2), (368, 3)] {
            let sample = latencies(n, 100.0, 200.0, 300.0);
            let curve = curve(&sample);
            assert_eq!(marks(&curve), expected, "{n}");
            assert!(curve.knots.iter().all(|knot| knot.high_ms.is_some()), "{n}");
            assert_eq!(curve.single.len(), if expected == 0 { n } else { 0 });
        }
    }

    #[test]
    fn quantiles_lie_within_their_intervals_and_ascend() {
        for n in [6, 30, 1200, 20_000, 1_000_000] {
            let curve = curve(&latencies(n, 100.0, 200.0, 300.0));
            assert!(
                curve
                    .knots
                    .iter()
                    .all(|knot| knot.low_ms <= Some(knot.ms) && Some(knot.ms) <= knot.high_ms)
            );
            let ascends = |pair: &[Knot]| pair[0].exceeded >= pair[1].exceeded && pair[0].ms <= pair[1].ms;
            assert!(curve.knots.windows(2).all(ascends));
            assert!(curve.knots.len() > 100 && curve.knots.len() <= 104);
            assert!(serde_json::to_string(&curve).unwrap().len() < 9000);
        }
    }

    #[test]
    fn many_values_that_are_worth_few_are_shown_from_first_to_last() {
        let sample = latencies(1000, 100.0, 200.0, 300.0)
            .with_effective_size(4.0)
            .unwrap();
        let curve = curve(&sample);
        assert!(curve.knots.is_empty());
        let shown: Vec<f64> = curve.single.iter().map(|dot| dot.ms).collect();
        assert_eq!(shown.len(), 5);
        assert_eq!((shown[0], shown[4]), (millis(sample.min()), millis(sample.max())));
    }

    #[test]
    fn no_quantile_rests_on_a_request_that_was_stopped() {
        let values: Vec<f64> = latencies(1100, 1450.0, 3300.0, 5500.0).values().to_vec();
        let slowest = values.iter().copied().fold(0.0, f64::max) / 1000.0;
        let sample = Sample::with_censored(values, vec![29_000_000.0; 100]).unwrap();
        let curve = curve(&sample);
        assert!(curve.knots.last().unwrap().ms <= slowest);
        let stopped = curve.stopped.unwrap();
        assert!((stopped.exceeded - 100.0 / 1200.0).abs() < 0.01);
        assert_eq!(stopped.at_least_ms, 29_000.0);
        assert!(curve.named[1].is_at_least && !curve.named[0].is_at_least);
    }
}
