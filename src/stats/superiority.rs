//! How often a request of one sample is slower than one of the other.

use super::interval::Interval;
use super::level::Confidence;
use super::ordering::Placements;
use super::proportion::Proportion;
use super::sample::Sample;
use super::special::student_quantile;

/// The probability that a candidate request is slower than a baseline request, ties counted half:
/// the relative effect of Brunner and Munzel (2000). It is about typical requests and says nothing
/// of tails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Superiority {
    /// The estimate p̂ = U/(nm), from 0 to 1; below ½ the candidate is typically faster.
    pub candidate_slower: f64,
    /// The standard error by Brunner and Munzel. `None` with fewer than two requests on a side.
    pub standard_error: Option<f64>,
    /// The degrees of freedom by Satterthwaite. `None` also if the standard error is 0.
    pub freedom: Option<f64>,
    smaller_size: u64,
}

impl Superiority {
    /// Of two samples. What was stopped is slower than all else, and as slow as what was stopped on
    /// the other side. Weights and effective sizes do not count.
    pub fn of(baseline: &Sample, candidate: &Sample) -> Self {
        Self::of_placements(&Placements::of(baseline, candidate))
    }

    /// [`of`](Self::of), where it is known how the samples lie in each other.
    pub fn of_placements(placements: &Placements) -> Self {
        let sizes = placements.sizes();
        let (n, m) = (sizes.0 as f64, sizes.1 as f64);
        let squares = placements.squared_distances();
        let enough = n >= 2.0 && m >= 2.0;
        let (v_a, v_b) = (squares[0] / (n - 1.0) / n, squares[1] / (m - 1.0) / m);
        let freedom = (v_a + v_b).powi(2) / (v_a.powi(2) / (n - 1.0) + v_b.powi(2) / (m - 1.0));
        Self {
            candidate_slower: placements.share_of_second(),
            standard_error: enough.then(|| (v_a + v_b).sqrt()),
            freedom: (enough && freedom.is_finite()).then_some(freedom),
            smaller_size: sizes.0.min(sizes.1) as u64,
        }
    }

    /// Cliff's δ = 2p̂ − 1, from −1 to 1; negative if the candidate is typically faster.
    pub fn cliffs_delta(&self) -> f64 {
        2.0 * self.candidate_slower - 1.0
    }

    /// The interval of [`candidate_slower`](Self::candidate_slower) with Student's distribution on
    /// the logit scale. If all requests of one side are faster than all of the other, that of
    /// Wilson for so many requests as the smaller sample has. Unbounded if there is one request only.
    pub fn interval(&self, confidence: Confidence) -> Interval {
        let p = self.candidate_slower;
        if p == 0.0 || p == 1.0 {
            let all = if p == 0.0 { 0 } else { self.smaller_size };
            return Proportion::new(all, self.smaller_size)
                .map_or(Interval::UNBOUNDED, |proportion| proportion.wilson(confidence));
        }
        let (Some(error), Some(freedom)) = (self.standard_error, self.freedom) else {
            return Interval::UNBOUNDED;
        };
        let centre = (p / (1.0 - p)).ln();
        let spread = student_quantile(confidence.tail(), freedom) * error / (p * (1.0 - p));
        let inverse = |x: f64| 1.0 / (1.0 + (-x).exp());
        Interval {
            low: Some(inverse(centre - spread)),
            high: Some(inverse(centre + spread)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn sample(values: &[f64]) -> Sample {
        Sample::new(values.to_vec()).unwrap()
    }

    #[test]
    fn complete_separation_has_an_interval() {
        let (a, b) = (sample(&[1.0, 2.0, 3.0]), sample(&[4.0, 5.0, 6.0, 7.0]));
        let slower = Superiority::of(&a, &b);
        assert_eq!((slower.candidate_slower, slower.cliffs_delta()), (1.0, 1.0));
        let interval = slower.interval(Confidence::C95);
        assert_eq!(interval, Proportion::new(3, 3).unwrap().wilson(Confidence::C95));
        assert_eq!(Superiority::of(&b, &a).interval(Confidence::C95).low, Some(0.0));
    }

    #[test]
    fn equal_values_and_single_values_tell_little() {
        let equal = Superiority::of(&sample(&[5.0; 4]), &sample(&[5.0; 6]));
        assert_eq!(
            (equal.candidate_slower, equal.standard_error, equal.freedom),
            (0.5, Some(0.0), None)
        );
        assert_eq!(equal.interval(Confidence::C95), Interval::UNBOUNDED);
        let single = Superiority::of(&sample(&[1.0]), &sample(&[1.0, 2.0]));
        assert_eq!((single.candidate_slower, single.standard_error), (0.75, None));
        assert_eq!(single.interval(Confidence::C95), Interval::UNBOUNDED);
    }

    proptest! {
        #[test]
        fn swapping_the_samples_mirrors(a in vec(0_u32..40, 2..60), b in vec(0_u32..40, 2..60)) {
            let of = |values: &[u32]| Sample::new(values.iter().map(|&x| f64::from(x)).collect()).unwrap();
            let (there, back) = (Superiority::of(&of(&a), &of(&b)), Superiority::of(&of(&b), &of(&a)));
            prop_assert!((there.candidate_slower + back.candidate_slower - 1.0).abs() < 1e-12);
            let (one, other) = (there.interval(Confidence::C95), back.interval(Confidence::C95));
            prop_assert_eq!(one.low.is_some(), other.high.is_some());
            if let (Some(low), Some(high)) = (one.low, other.high) {
                prop_assert!((low + high - 1.0).abs() < 1e-9);
                prop_assert!((0.0..=1.0).contains(&low) && low <= there.candidate_slower + 1e-12);
            }
        }

        #[test]
        fn only_the_order_of_the_values_counts(a in vec(0.1_f64..9.0, 2..60), b in vec(0.1_f64..9.0, 2..60)) {
            let curved = |values: &[f64]| sample(&values.iter().map(|x| x.exp()).collect::<Vec<_>>());
            prop_assert_eq!(Superiority::of(&sample(&a), &sample(&b)), Superiority::of(&curved(&a), &curved(&b)));
        }
    }
}
