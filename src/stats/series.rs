//! Latencies in order of arrival.

use super::dependence::{Dependence, SlowEpisodes};
use super::probability::Probability;
use super::sample::{Quantile, Sample};

/// Latencies in microseconds, in order of arrival, for what their order tells. What was stopped is above all others.
#[derive(Debug, Clone)]
pub struct Series(Width);

#[derive(Debug, Clone)]
enum Width {
    /// All are below [`STOPPED`], which stands for what was stopped.
    Narrow(Vec<u32>),
    /// Infinity stands for what was stopped.
    Wide(Vec<f64>),
}

const STOPPED: u32 = u32::MAX;

impl Series {
    /// An empty one, with room for so many.
    pub fn with_capacity(count: usize) -> Self {
        Self(Width::Narrow(Vec::with_capacity(count)))
    }

    /// Adds the next one: its microseconds, and nothing if it was stopped.
    #[inline]
    pub fn push(&mut self, micros: Option<u64>) {
        if let Width::Narrow(values) = &mut self.0 {
            match micros.map_or(Ok(STOPPED), u32::try_from) {
                Ok(value) if micros.is_none() || value != STOPPED => {
                    values.push(value);
                    return;
                }
                _ => self.0 = Width::Wide(values.iter().map(|value| widened(*value)).collect()),
            }
        }
        if let Width::Wide(values) = &mut self.0 {
            values.push(micros.map_or(f64::INFINITY, |micros| micros as f64));
        }
    }

    /// How the requests around a quantile of them, which is known, depend on each other; above p90 with its episodes.
    pub fn dependence<'e>(
        &self,
        p: Probability,
        quantile: Quantile,
        of_p90: impl FnOnce() -> Option<&'e SlowEpisodes>,
    ) -> Option<Dependence> {
        match &self.0 {
            Width::Narrow(values) => Dependence::around(values, p, narrowed(quantile), of_p90),
            Width::Wide(values) => Dependence::around(values, p, wide(quantile), of_p90),
        }
    }

    /// The episodes in which those came that are slower than p90, which is known.
    pub fn slow_episodes(&self, p90: Quantile) -> Option<SlowEpisodes> {
        match &self.0 {
            Width::Narrow(values) => SlowEpisodes::above(values, narrowed(p90)),
            Width::Wide(values) => SlowEpisodes::above(values, wide(p90)),
        }
    }

    /// Its first and its second half, the middle one of an odd number in the second.
    pub fn halves(&self) -> [Self; 2] {
        match &self.0 {
            Width::Narrow(values) => {
                let (first, second) = values.split_at(values.len() / 2);
                [first, second].map(|half| Self(Width::Narrow(half.to_vec())))
            }
            Width::Wide(values) => {
                let (first, second) = values.split_at(values.len() / 2);
                [first, second].map(|half| Self(Width::Wide(half.to_vec())))
            }
        }
    }

    /// Their sample, where what was stopped was stopped at this limit. `None` if there are none.
    pub fn sample(&self, limit: f64) -> Option<Sample> {
        let count = match &self.0 {
            Width::Narrow(values) => values.len(),
            Width::Wide(values) => values.len(),
        };
        let (mut complete, mut stopped) = (Vec::with_capacity(count), Vec::new());
        let mut add = |value: f64| match value.is_finite() {
            true => complete.push(value),
            false => stopped.push(limit),
        };
        match &self.0 {
            Width::Narrow(values) => values.iter().for_each(|value| add(widened(*value))),
            Width::Wide(values) => values.iter().for_each(|value| add(*value)),
        }
        Sample::with_censored(complete, stopped)
    }
}

fn widened(value: u32) -> f64 {
    match value {
        STOPPED => f64::INFINITY,
        value => f64::from(value),
    }
}

fn wide(quantile: Quantile) -> f64 {
    match quantile.censored {
        true => f64::INFINITY,
        false => quantile.value,
    }
}

/// A quantile that one of the values is.
fn narrowed(quantile: Quantile) -> u32 {
    match quantile.censored {
        true => STOPPED,
        false => quantile.value as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests in episodes of 50, some of them stopped, the slowest of so many microseconds.
    fn series(slowest: u64) -> (Series, Vec<f64>) {
        let (mut series, mut values) = (Series::with_capacity(0), Vec::new());
        for i in 0_u64..2000 {
            let micros = (i % 17 != 3).then(|| slowest - ((i / 50) * 7919 % 40) * 1000 - i % 13);
            series.push(micros);
            values.push(micros.map_or(f64::INFINITY, |micros| micros as f64));
        }
        (series, values)
    }

    #[test]
    fn its_width_changes_nothing() {
        for slowest in [60_000, u64::from(u32::MAX), 1 << 40] {
            let (series, values) = series(slowest);
            assert_eq!(matches!(series.0, Width::Narrow(_)), slowest == 60_000);
            let sample = series.sample(slowest as f64).unwrap();
            let episodes = series.slow_episodes(sample.nearest_rank(Probability::P90));
            for p in [Probability::P50, Probability::P90, Probability::P95] {
                let found = series.dependence(p, sample.nearest_rank(p), || episodes.as_ref());
                assert_eq!(found, Dependence::of(&values, p));
            }
            let [first, second] = series.halves().map(|half| half.sample(1.0).unwrap().len());
            assert_eq!((first, second), (1000, 1000));
        }
    }
}
