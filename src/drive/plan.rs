//! When each request is sent, to which model and with which prompt: all fixed before the first one.

use std::time::Duration;

use fastrand::Rng;
use latscope_schema::ClientPhase;

/// How gaps between requests are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Exponential gaps: a Poisson process, as independent callers make it, which cannot fall into step with anything.
    Exponential,
    /// All gaps the same.
    Uniform,
}

impl Arrival {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exponential => "exponential",
            Self::Uniform => "uniform",
        }
    }
}

/// What a schedule is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// How many models take turns. At least one.
    pub models: usize,
    /// How many prompts there are. At least one.
    pub prompts: usize,
    /// Requests before what counts.
    pub warm_up: usize,
    /// Requests at the rate, of all models together.
    pub requests: usize,
    /// Requests a second, of all models together. Positive.
    pub per_second: f64,
    /// The gaps between them.
    pub arrival: Arrival,
    /// Requests of each model in a block. At least one.
    pub per_block: usize,
    /// Requests of each burst.
    pub bursts: Vec<usize>,
    /// How long nothing is sent before each burst.
    pub idle: Duration,
    /// Where random numbers begin.
    pub seed: u64,
}

/// One request to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The part of the run.
    pub phase: ClientPhase,
    /// The randomised block, counted from 0 within the phase.
    pub block: u32,
    /// When, after the start of the run, in whole microseconds.
    pub at: Duration,
    /// Which model, counted from 0.
    pub model: usize,
    /// Which prompt, counted from 0.
    pub prompt: usize,
}

/// Every request of a run, in the order of its times. Equal shapes give equal schedules.
///
/// Within a block every model has as many requests, in random order (permuted blocks), so that no drift of the service can
/// favour one; where the last block is cut, their numbers differ by at most one. The n-th request of each model has the same
/// prompt.
pub fn schedule(shape: &Shape) -> Vec<Slot> {
    let mut rng = Rng::with_seed(shape.seed);
    // Gaps have numbers of their own, so that another arrival leaves the order of models as it is.
    let mut gaps = rng.fork();
    let mut slots = Vec::new();
    let mut now = 0.0;
    for (phase, count) in [
        (ClientPhase::WarmUp, shape.warm_up),
        (ClientPhase::Steady, shape.requests),
    ] {
        for (block, model, prompt) in turns(shape, count, &mut rng) {
            slots.push(Slot {
                phase,
                block,
                at: seconds(now),
                model,
                prompt,
            });
            now += gap(shape, &mut gaps);
        }
    }
    for (place, &burst) in (0..).zip(&shape.bursts) {
        // What comes at once is one block.
        let whole = Shape {
            per_block: burst.max(1),
            ..shape.clone()
        };
        now += shape.idle.as_secs_f64();
        for (block, model, prompt) in turns(&whole, burst, &mut rng) {
            slots.push(Slot {
                phase: ClientPhase::Burst,
                block: block + place,
                at: seconds(now),
                model,
                prompt,
            });
        }
        now += 1.0 / shape.per_second;
    }
    slots
}

/// Blocks of models in random order, each with the next prompt of its model.
fn turns(shape: &Shape, count: usize, rng: &mut Rng) -> Vec<(u32, usize, usize)> {
    let models = shape.models.max(1);
    let size = models.saturating_mul(shape.per_block.max(1));
    let mut given = vec![0_usize; models];
    let mut turns = Vec::with_capacity(count);
    let mut block = 0;
    while turns.len() < count {
        let mut order = Vec::new();
        let wanted = size.min(count - turns.len());
        while order.len() < wanted {
            let mut round: Vec<usize> = (0..models).collect();
            if wanted - order.len() < models {
                // Who is left out of a cut round is left to chance.
                rng.shuffle(&mut round);
                round.truncate(wanted - order.len());
            }
            order.extend(round);
        }
        rng.shuffle(&mut order);
        for model in order {
            turns.push((block, model, given[model] % shape.prompts.max(1)));
            given[model] += 1;
        }
        block += 1;
    }
    turns
}

/// Seconds to the next request.
fn gap(shape: &Shape, rng: &mut Rng) -> f64 {
    let mean = 1.0 / shape.per_second;
    match shape.arrival {
        Arrival::Uniform => mean,
        // The inverse of the distribution function 1 − exp(−t·rate), of a number in (0, 1].
        Arrival::Exponential => -(1.0 - rng.f64()).ln() * mean,
    }
}

/// Whole microseconds.
fn seconds(seconds: f64) -> Duration {
    Duration::from_micros((seconds * 1e6).round() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape() -> Shape {
        Shape {
            models: 2,
            prompts: 3,
            warm_up: 2,
            requests: 8,
            per_second: 2.0,
            arrival: Arrival::Exponential,
            per_block: 2,
            bursts: vec![3],
            idle: Duration::from_secs(60),
            seed: 1,
        }
    }

    fn counts(slots: &[Slot], models: usize) -> Vec<usize> {
        let of = |model| slots.iter().filter(|slot| slot.model == model).count();
        (0..models).map(of).collect()
    }

    proptest! {
        #[test]
        fn every_block_is_balanced_and_prompts_are_the_same_for_all(
            models in 1_usize..6,
            prompts in 1_usize..9,
            warm_up in 0_usize..20,
            requests in 0_usize..200,
            per_block in 1_usize..8,
            bursts in proptest::collection::vec(0_usize..30, 0..4),
            seed: u64,
        ) {
            let shape = Shape { models, prompts, warm_up, requests, per_block, bursts: bursts.clone(), seed, ..shape() };
            let slots = schedule(&shape);
            prop_assert_eq!(slots.len(), warm_up + requests + bursts.iter().sum::<usize>());
            prop_assert!(slots.is_sorted_by_key(|slot| slot.at));
            prop_assert_eq!(&slots, &schedule(&shape));
            for phase in [ClientPhase::WarmUp, ClientPhase::Steady, ClientPhase::Burst] {
                let of_phase: Vec<Slot> = slots.iter().copied().filter(|slot| slot.phase == phase).collect();
                let blocks = of_phase.chunk_by(|a, b| a.block == b.block);
                for block in blocks {
                    let counts = counts(block, models);
                    prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
                    if phase == ClientPhase::Steady && block.len() == models * per_block {
                        prop_assert!(counts.iter().all(|count| *count == per_block));
                    }
                    if phase == ClientPhase::Burst {
                        prop_assert!(block.iter().all(|slot| slot.at == block[0].at));
                    }
                }
            }
            for model in 0..models {
                let steady = slots.iter().filter(|slot| slot.phase == ClientPhase::Steady && slot.model == model);
                for (place, slot) in steady.enumerate() {
                    prop_assert_eq!(slot.prompt, place % prompts);
                }
            }
        }

        #[test]
        fn uniform_gaps_are_the_same(per_second in 0.1_f64..1000.0) {
            let shape = Shape { arrival: Arrival::Uniform, per_second, bursts: vec![], ..shape() };
            for (place, slot) in schedule(&shape).iter().enumerate() {
                let expected = place as f64 / per_second;
                prop_assert!((slot.at.as_secs_f64() - expected).abs() < 2e-6);
            }
        }
    }

    #[test]
    fn exponential_gaps_have_their_mean_and_their_spread() {
        let slots = schedule(&Shape {
            requests: 20_000,
            bursts: vec![],
            per_second: 4.0,
            ..shape()
        });
        let gaps: Vec<f64> = slots
            .windows(2)
            .map(|pair| (pair[1].at - pair[0].at).as_secs_f64())
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let square = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>();
        let deviation = (square / gaps.len() as f64).sqrt();
        // The standard error of the mean is 0.25/√20,000 = 0.0018.
        assert!((mean - 0.25).abs() < 0.01, "{mean}");
        assert!((deviation - 0.25).abs() < 0.02, "{deviation}");
    }

    #[test]
    fn the_order_of_models_depends_on_the_seed_and_not_on_the_arrival() {
        let order = |shape: &Shape| -> Vec<usize> { schedule(shape).iter().map(|slot| slot.model).collect() };
        let large = Shape {
            requests: 100,
            ..shape()
        };
        let uniform = Shape {
            arrival: Arrival::Uniform,
            ..large.clone()
        };
        assert_eq!(order(&large), order(&uniform));
        assert_ne!(order(&large), order(&Shape { seed: 2, ..large }));
    }

    /// What a seed means must not change from version to version.
    #[test]
    fn a_seed_gives_this_schedule() {
        let shown: Vec<String> = schedule(&shape())
            .iter()
            .map(|slot| {
                let micros = slot.at.as_micros();
                format!(
                    "{:?} {} {micros} {} {}",
                    slot.phase, slot.block, slot.model, slot.prompt
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "WarmUp 0 0 0 0",
                "WarmUp 0 260669 1 0",
                "Steady 0 698239 1 0",
                "Steady 0 763126 0 0",
                "Steady 0 1630669 0 1",
                "Steady 0 1804964 1 1",
                "Steady 1 2875728 0 2",
                "Steady 1 3237615 1 2",
                "Steady 1 3972182 0 0",
                "Steady 1 4207584 1 0",
                "Burst 0 64657687 0 0",
                "Burst 0 64657687 0 1",
                "Burst 0 64657687 1 0",
            ]
        );
    }

    #[test]
    fn a_burst_comes_after_its_idle_time() {
        let slots = schedule(&Shape {
            arrival: Arrival::Uniform,
            warm_up: 0,
            requests: 2,
            bursts: vec![2, 2],
            ..shape()
        });
        let at: Vec<u64> = slots.iter().map(|slot| slot.at.as_millis() as u64).collect();
        assert_eq!(at, [0, 500, 61_000, 61_000, 121_500, 121_500]);
        let blocks: Vec<u32> = slots.iter().map(|slot| slot.block).collect();
        assert_eq!(blocks, [0, 0, 0, 0, 1, 1]);
    }
}
