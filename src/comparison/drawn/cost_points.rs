//! What a thousand requests cost, against p95 of total time.

use serde::{Deserialize, Serialize};

use super::MOST_SERIES;
use super::rounded::{bounded, millis, rounded};
use crate::comparison::cost::{Cost, CostItem};
use crate::comparison::prices::Architecture;
use crate::stats::{Confidence, MeanEstimate};
use crate::summary::QuantileSummary;

/// Cost against p95 of all models.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostPoints {
    /// The architecture whose price it is.
    pub architecture: String,
    /// The day of the prices.
    pub date: String,
    /// The models that have both, at most [`MOST_SERIES`].
    pub points: Vec<CostPoint>,
    /// The models that have not.
    pub left_out: Vec<Unpriced>,
}

/// Cost and p95 of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostPoint {
    /// The model.
    pub name: String,
    /// Its place among all models, which gives it its look.
    pub place: usize,
    /// Of a thousand requests, in US dollars.
    pub usd: f64,
    /// The ends of its 95 % interval, if it has one.
    pub usd_interval: Option<[f64; 2]>,
    /// p95 of total time in milliseconds.
    pub p95_ms: f64,
    /// Whether it falls among stopped requests, so that it is a lower bound.
    pub is_at_least: bool,
    /// The lower end of its 95 % interval in milliseconds, if it has one.
    pub low_ms: Option<f64>,
    /// The upper end, if it has one.
    pub high_ms: Option<f64>,
}

/// A model that cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpriced {
    /// The model.
    pub name: String,
    /// Why not.
    pub why: String,
}

/// What is known of one model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Costing<'a> {
    pub(super) name: &'a str,
    pub(super) cost: &'a Cost,
    pub(super) p95: Option<&'a QuantileSummary>,
}

impl CostPoints {
    /// Of these models at the prices of one day and architecture.
    pub(super) fn of(models: &[Costing<'_>], architecture: Architecture, date: &str) -> Self {
        let mut points = Self {
            architecture: architecture.name().to_owned(),
            date: bounded(date),
            ..Self::default()
        };
        for (place, model) in models.iter().enumerate().take(MOST_SERIES) {
            match (model.cost.figure(CostItem::Total(architecture)), model.p95) {
                (Some(usd), Some(p95)) => points.points.push(CostPoint::of(model.name, place, usd, p95)),
                (None, _) => points.leave_out(model.name, why(model.cost)),
                (_, None) => points.leave_out(model.name, "no latency is known"),
            }
        }
        points
    }

    fn leave_out(&mut self, name: &str, why: &str) {
        self.left_out.push(Unpriced {
            name: bounded(name),
            why: why.to_owned(),
        });
    }
}

/// Why there is no cost.
fn why(cost: &Cost) -> &'static str {
    match (cost.unpriced.is_empty(), cost.with_tokens) {
        (false, _) => "no price is known",
        (true, 0) => "its tokens are not known",
        (true, _) => "its cost is not known",
    }
}

impl CostPoint {
    fn of(name: &str, place: usize, usd: MeanEstimate, p95: &QuantileSummary) -> Self {
        let interval = usd.interval(Confidence::C95);
        let end = |micros: Option<f64>| micros.filter(|micros| micros.is_finite()).map(millis);
        Self {
            name: bounded(name),
            place,
            usd: rounded(usd.value),
            usd_interval: interval
                .low
                .zip(interval.high)
                .map(|(low, high)| [rounded(low.max(0.0)), rounded(high)]),
            p95_ms: millis(p95.estimate.value),
            is_at_least: p95.estimate.censored,
            low_ms: end(p95.interval.low),
            high_ms: end(p95.interval.high),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::latencies;
    use super::*;
    use crate::stats::{Probability, Sample};

    #[test]
    fn a_model_without_a_price_is_left_out_and_said_to_be() {
        let mut unpriced = Cost::default();
        unpriced.unpriced.push("x".to_owned());
        let p95 = QuantileSummary::of(&latencies(400, 100.0, 200.0, 300.0), Probability::P95);
        let models = [Costing {
            name: "a",
            cost: &unpriced,
            p95: Some(&p95),
        }];
        let found = CostPoints::of(&models, Architecture::ALL[0], "2026-11-26");
        assert!(found.points.is_empty());
        assert_eq!(found.left_out[0].why, "no price is known");
        let nothing = Costing {
            cost: &Cost::default(),
            ..models[0]
        };
        let found = CostPoints::of(&[nothing], Architecture::ALL[1], "2026-11-26");
        assert_eq!(found.left_out[0].why, "its tokens are not known");
    }

    #[test]
    fn a_bound_stays_a_bound() {
        let sample = Sample::with_censored(vec![1000.0; 9], vec![9000.0; 9]).unwrap();
        let usd = MeanEstimate {
            value: 0.25,
            variance: Some(0.0001),
            count: 18,
        };
        let point = CostPoint::of("a", 1, usd, &QuantileSummary::of(&sample, Probability::P95));
        assert!(point.is_at_least && point.p95_ms == 9.0 && point.high_ms.is_none());
        let [low, high] = point.usd_interval.unwrap();
        assert!(low < 0.24 && high > 0.26 && (low + high - 0.5).abs() < 1e-4);
    }
}
