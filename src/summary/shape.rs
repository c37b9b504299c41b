//! How values are spread: counts in steps that are equally wide on a logarithmic scale.

use crate::stats::Sample;

/// The lowest end of an axis, in microseconds: a logarithm needs one above 0.
const LOWEST: f64 = 1.0;

/// How the times of several samples are spread over one axis, so that they can be compared by eye.
#[derive(Debug, Clone, PartialEq)]
pub struct Shapes {
    /// The lower end of the axis, in microseconds: the shortest time of all samples that is known, at least 1.
    pub low: f64,
    /// The upper end, in microseconds: the longest time that is known.
    pub high: f64,
    /// Of each sample how it is spread; nothing of what is no sample.
    pub shapes: Vec<Option<Shape>>,
}

/// How the times of one sample are spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// How many times fall into each step of the axis.
    pub counts: Vec<usize>,
    /// How many times are in no step, for only a lower bound of them is known.
    pub lower_bounds: usize,
}

impl Shapes {
    /// Counts the times of samples, in microseconds, in so many steps. `None` if no time is known, or without a step.
    pub fn of(samples: &[Option<&Sample>], steps: usize) -> Option<Self> {
        let known = || {
            let samples = samples.iter().flatten();
            samples.map(|sample| sample.complete_and_limits().0)
        };
        let low = known()
            .filter_map(|times| times.first())
            .copied()
            .reduce(f64::min)?
            .max(LOWEST);
        let high = known()
            .filter_map(|times| times.last())
            .copied()
            .reduce(f64::max)?
            .max(low);
        let edge = |step: usize| low * (high / low).powf(step as f64 / steps as f64);
        let inner: Vec<f64> = (1..steps).map(edge).collect();
        let shape = |sample: &Sample| {
            let (times, limits) = sample.complete_and_limits();
            let below = inner.iter().map(|edge| times.partition_point(|time| time < edge));
            let mut before = 0;
            let counts = below.chain([times.len()]).map(|below| {
                let count = below - before;
                before = below;
                count
            });
            Shape {
                counts: counts.collect(),
                lower_bounds: limits.len(),
            }
        };
        (steps > 0).then(|| Self {
            low,
            high,
            shapes: samples.iter().map(|sample| sample.map(shape)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64], limits: &[f64]) -> Sample {
        Sample::with_censored(values.to_vec(), limits.to_vec()).unwrap()
    }

    #[test]
    fn each_time_is_in_one_step_of_an_axis_that_all_samples_share() {
        let (one, other) = (
            sample(&[10.0, 11.0, 99.0, 100.0, 5_000.0], &[]),
            sample(&[1_000.0, 9_999.0, 100_000.0], &[60.0, 900_000.0]),
        );
        let shapes = Shapes::of(&[Some(&one), None, Some(&other)], 4).unwrap();
        // Steps of a factor of ten: from 10 to 100,000.
        assert_eq!((shapes.low, shapes.high), (10.0, 100_000.0));
        let counts: Vec<Option<(&[usize], usize)>> = shapes
            .shapes
            .iter()
            .map(|shape| {
                shape
                    .as_ref()
                    .map(|shape| (&shape.counts[..], shape.lower_bounds))
            })
            .collect();
        assert_eq!(
            counts,
            [Some((&[3, 1, 1, 0][..], 0)), None, Some((&[0, 0, 2, 1][..], 2))]
        );
    }

    #[test]
    fn equal_times_none_and_nothing_known_are_no_exception() {
        let equal = sample(&[5.0, 5.0], &[]);
        let shapes = Shapes::of(&[Some(&equal)], 3).unwrap();
        assert_eq!((shapes.low, shapes.high), (5.0, 5.0));
        assert_eq!(shapes.shapes[0].as_ref().unwrap().counts.iter().sum::<usize>(), 2);
        let zero = sample(&[0.0, 0.5, 100.0], &[]);
        let shapes = Shapes::of(&[Some(&zero)], 2).unwrap();
        assert_eq!(shapes.shapes[0].as_ref().unwrap().counts, [2, 1]);
        let stopped = sample(&[], &[3_000.0]);
        assert_eq!(Shapes::of(&[Some(&stopped), None], 8), None);
        assert_eq!(Shapes::of(&[Some(&equal)], 0), None);
    }
}
