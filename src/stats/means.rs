//! Means, sums of means, and how two of them compare.

use super::interval::Interval;
use super::level::Confidence;
use super::special::student_quantile;

/// A mean, or a sum of means over the same requests, in the caller's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanEstimate {
    /// The mean, or the sum of the means.
    pub value: f64,
    /// The square of its standard error; `None` from a single value.
    pub variance: Option<f64>,
    /// How many values there are, in the column that has the fewest.
    pub count: usize,
}

/// One mean against another of the same unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanComparison {
    /// Candidate minus baseline, in the means' unit.
    pub difference: f64,
    /// The interval of the difference, in the means' unit.
    pub difference_interval: Interval,
    /// Candidate over baseline, without unit. `None` unless both are positive.
    pub ratio: Option<f64>,
    /// The interval of the ratio.
    pub ratio_interval: Interval,
}

impl MeanEstimate {
    /// The mean of some values. `None` if there are none or one is not finite.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        if values.is_empty() || !mean.is_finite() {
            return None;
        }
        let squares = values.iter().map(|x| ((x - mean) / n).powi(2)).sum();
        Some(Self::with_squares(mean, squares, values.len()))
    }

    /// The sum of the means of several columns, each over the requests that have it. The columns must be equally long,
    /// a row being one request: what a request adds to several means at once is taken together, by the delta method
    /// (each request moves the sum by Σ (x − mean)/n over the columns that it has). `None` if a column has no value
    /// or one that is not finite.
    pub fn of_sum(columns: &[&[Option<f64>]]) -> Option<Self> {
        let (mut value, mut count) = (0.0, usize::MAX);
        let mut means = Vec::with_capacity(columns.len());
        for column in columns {
            let mut known = 0;
            let sum: f64 = column.iter().flatten().inspect(|_| known += 1).sum();
            let mean = sum / known as f64;
            if known == 0 || !mean.is_finite() {
                return None;
            }
            means.push((mean, known as f64));
            value += mean;
            count = count.min(known);
        }
        let moved = |row: usize| {
            let by_column = columns
                .iter()
                .zip(&means)
                .map(|(column, (mean, known))| column[row].map_or(0.0, |x| (x - mean) / known));
            by_column.fold(0.0, |moved, by| moved + by)
        };
        let squares = (0..columns.first()?.len()).map(|row| moved(row).powi(2)).sum();
        Some(Self::with_squares(value, squares, count))
    }

    /// Of the sum of squares of what each request moves the mean by.
    fn with_squares(value: f64, squares: f64, count: usize) -> Self {
        let n = count as f64;
        Self {
            value,
            variance: (count > 1).then(|| squares * n / (n - 1.0)),
            count,
        }
    }

    /// The interval by Student's distribution of n − 1 degrees; unbounded from a single value. It rests on the mean being
    /// nearly normal.
    pub fn interval(self, confidence: Confidence) -> Interval {
        let Some(variance) = self.variance else {
            return Interval::UNBOUNDED;
        };
        let error = if variance > 0.0 {
            student_quantile(confidence.tail(), self.count as f64 - 1.0) * variance.sqrt()
        } else {
            0.0
        };
        Interval {
            low: Some(self.value - error),
            high: Some(self.value + error),
        }
    }

    /// The same in another unit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            value: self.value * factor,
            variance: self.variance.map(|variance| variance * factor * factor),
            count: self.count,
        }
    }

    /// More by what is the same for every request.
    #[must_use]
    pub fn plus(self, constant: f64) -> Self {
        Self {
            value: self.value + constant,
            ..self
        }
    }
}

/// Compares two means of independent samples: the difference after Welch (1947) with the degrees of freedom of
/// Satterthwaite (1946), the ratio likewise on the logarithmic scale by the delta method. Both rest on means being
/// nearly normal, which takes some dozens of requests, and more where few of them make most of the sum.
pub fn compare_means(
    baseline: MeanEstimate,
    candidate: MeanEstimate,
    confidence: Confidence,
) -> MeanComparison {
    let difference = candidate.value - baseline.value;
    let error = |scales: [f64; 2]| {
        let variances = [
            baseline.variance? / scales[0].powi(2),
            candidate.variance? / scales[1].powi(2),
        ];
        let sum = variances[0] + variances[1];
        if sum == 0.0 {
            return Some(0.0);
        }
        let parts = variances[0].powi(2) / (baseline.count as f64 - 1.0)
            + variances[1].powi(2) / (candidate.count as f64 - 1.0);
        Some(student_quantile(confidence.tail(), sum * sum / parts) * sum.sqrt())
    };
    let is_positive = baseline.value > 0.0 && candidate.value > 0.0;
    let ratio = is_positive.then(|| candidate.value / baseline.value);
    let around = |error: Option<f64>, end: &dyn Fn(f64) -> f64| {
        error.map_or(Interval::UNBOUNDED, |error| Interval {
            low: Some(end(-error)),
            high: Some(end(error)),
        })
    };
    MeanComparison {
        difference,
        difference_interval: around(error([1.0, 1.0]), &|error| difference + error),
        ratio,
        ratio_interval: ratio.map_or(Interval::UNBOUNDED, |ratio| {
            around(error([baseline.value, candidate.value]), &|error| {
                ratio * error.exp()
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn mean(values: &[f64]) -> MeanEstimate {
        let column: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        MeanEstimate::of_sum(&[&column]).unwrap()
    }

    fn close(found: f64, expected: f64) {
        let scale = expected.abs().max(1e-300);
        assert!((found - expected).abs() / scale < 1e-6, "{found} {expected}");
    }

    #[test]
    fn the_variance_of_a_mean_is_that_of_the_values_over_their_number() {
        // Σ (x − 3)² = 10, so s² = 2.5 and s²/n = 0.5.
        let found = mean(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!((found.value, found.count), (3.0, 5));
        close(found.variance.unwrap(), 0.5);
        assert_eq!(mean(&[7.0]).variance, None);
        assert_eq!(MeanEstimate::of_sum(&[&[None, None]]), None);
        assert_eq!(MeanEstimate::of_sum(&[]), None);
        assert_eq!(MeanEstimate::of_sum(&[&[Some(f64::NAN)]]), None);
    }

    #[test]
    fn equal_variances_and_sizes_give_students_test() {
        // Two of six values each with s² = 3.5: Welch's degrees are 10, and t = 2.228138852 at 97.5 %.
        let base = mean(&[11.0, 12.0, 13.0, 14.0, 15.0, 16.0]);
        let cand = mean(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let found = compare_means(base, cand, Confidence::C95);
        let error = 2.228_138_852 * (2.0 * 3.5 / 6.0_f64).sqrt();
        assert_eq!(found.difference, -10.0);
        close(found.difference_interval.low.unwrap(), -10.0 - error);
        close(found.difference_interval.high.unwrap(), -10.0 + error);
        close(found.ratio.unwrap(), 3.5 / 13.5);
    }

    #[test]
    fn the_interval_of_one_mean_is_students() {
        let interval = mean(&[1.0, 2.0, 3.0, 4.0, 5.0]).interval(Confidence::C95);
        let error = 2.776_445_105_198 * 0.5_f64.sqrt();
        close(interval.low.unwrap(), 3.0 - error);
        close(interval.high.unwrap(), 3.0 + error);
        assert_eq!(mean(&[1.0]).interval(Confidence::C95), Interval::UNBOUNDED);
        assert_eq!(mean(&[2.0, 2.0]).interval(Confidence::C95).high, Some(2.0));
    }

    #[test]
    fn a_part_that_cancels_another_leaves_no_variance() {
        let up = [Some(1.0), Some(2.0), Some(3.0)];
        let down = [Some(3.0), Some(2.0), Some(1.0)];
        let found = MeanEstimate::of_sum(&[&up, &down]).unwrap();
        assert_eq!((found.value, found.variance), (4.0, Some(0.0)));
        let same = compare_means(found, found, Confidence::C95);
        assert_eq!(same.difference_interval.low, Some(0.0));
        assert_eq!(
            (same.ratio_interval.low, same.ratio_interval.high),
            (Some(1.0), Some(1.0))
        );
    }

    #[test]
    fn each_mean_is_over_those_that_have_it() {
        let first = [Some(2.0), Some(4.0), Some(6.0)];
        let second = [Some(10.0), None, None];
        let found = MeanEstimate::of_sum(&[&first, &second]).unwrap();
        assert_eq!((found.value, found.count, found.variance), (14.0, 1, None));
        let compared = compare_means(found, found, Confidence::C95);
        assert_eq!(compared.difference_interval, Interval::UNBOUNDED);
    }

    #[test]
    fn the_intervals_hold_the_truth_as_often_as_they_say() {
        // Values of a skewed shape (squares of a sequence that fills the unit interval evenly), 40 against 60.
        let mut seed = 1_u64;
        let mut draw = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        let rounds = 2000;
        let (mut differences, mut ratios) = (0, 0);
        for _ in 0..rounds {
            let base: Vec<f64> = (0..40).map(|_| 1.0 + draw().powi(2)).collect();
            let cand: Vec<f64> = (0..60).map(|_| 2.0 + 2.0 * draw().powi(2)).collect();
            let found = compare_means(mean(&base), mean(&cand), Confidence::C95);
            let holds =
                |range: Interval, truth: f64| range.low.unwrap() <= truth && truth <= range.high.unwrap();
            differences += u32::from(holds(found.difference_interval, 4.0 / 3.0));
            ratios += u32::from(holds(found.ratio_interval, 2.0));
        }
        for held in [differences, ratios] {
            assert!((1860..=1940).contains(&held), "{held} of {rounds}");
        }
    }

    proptest! {
        #[test]
        fn swapping_the_sides_inverts_the_comparison(
            a in vec(0.1..10.0, 2..20),
            b in vec(0.1..10.0, 2..20),
        ) {
            let (a, b) = (mean(&a), mean(&b));
            let (there, back) = (compare_means(a, b, Confidence::C95), compare_means(b, a, Confidence::C95));
            prop_assert!((there.difference + back.difference).abs() < 1e-9);
            let product = there.ratio_interval.low.unwrap() * back.ratio_interval.high.unwrap();
            prop_assert!((product - 1.0).abs() < 1e-9);
        }
    }
}
