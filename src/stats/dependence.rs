//! How many independent requests those of one sample are worth, when slow ones come in episodes.

use super::batch_means::batch_means_effect_of_bits;
use super::bits::Bits;
use super::check::Check;
use super::probability::Probability;

/// How the requests around one quantile depend on those before them.
///
/// What counts is when the indicator "slower than the quantile" comes, not the values: tails are
/// often more clustered than the middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dependence {
    /// How many requests there are.
    pub len: usize,
    /// The autocorrelation time of the indicator by the initial monotone positive sequence of
    /// Geyer (1992), in requests.
    pub autocorrelation_time: f64,
    /// How many times larger than of independent requests the variance of the indicator's mean
    /// is, by the means of 25 batches. 1 if there are too few requests to tell.
    pub batch_effect: f64,
    /// How many requests are slower than the quantile.
    pub exceedances: usize,
    /// How many slow episodes these come in: exceedances with fewer than twice the
    /// [`design_effect`](Self::design_effect) others between them are one. Above p90 at most so many as there are
    /// episodes of p90 that hold one.
    pub clusters: usize,
}

impl Dependence {
    /// Below it the requests are taken for independent.
    pub const OK_BELOW: f64 = 1.5;
    /// Above it the requests say much less than their number suggests.
    pub const CONFOUNDED_ABOVE: f64 = 5.0;
    /// Above it intervals are to be moved outward to observed values.
    pub const OUTWARD_ABOVE: f64 = 3.0;
    /// With fewer slow episodes than so many nothing is proven of a tail quantile.
    pub const FEWEST_CLUSTERS: usize = 10;
    /// The longest lag at which an autocorrelation is looked at, in requests.
    pub const LONGEST_LAG: usize = 2000;

    /// Of the `p` quantile of values in order of their arrival. Infinity stands for a request that
    /// was stopped. `None` if there are no values or one is not a number.
    ///
    /// An exceedance is a value above the nearest-rank quantile; where there is none above it, one
    /// that equals it.
    pub fn of(values: &[f64], p: Probability) -> Option<Self> {
        if values.is_empty() || values.iter().any(|value| value.is_nan()) {
            return None;
        }
        let mut sorted = values.to_vec();
        let mut quantile = |p: Probability| {
            let rank = p.rank(values.len() as u64) as usize;
            *sorted.select_nth_unstable_by(rank - 1, f64::total_cmp).1
        };
        let of_p90 = SlowEpisodes::above(values, quantile(Probability::P90));
        Self::around(values, p, quantile(p), || of_p90.as_ref())
    }

    /// As [`of`](Self::of), where the nearest-rank quantile is known already; and for quantiles above p90 what its
    /// episodes are. `None` if there are no values.
    pub fn around<'e, T: Copy + PartialOrd>(
        values: &[T],
        p: Probability,
        quantile: T,
        of_p90: impl FnOnce() -> Option<&'e SlowEpisodes>,
    ) -> Option<Self> {
        let (mut found, bits) = Self::above(values, quantile)?;
        // The slowest of an episode lie further apart than the slow ones: p99 has no more episodes than p90.
        if p.as_f64() > Probability::P90.as_f64() {
            let wide = of_p90()?;
            found.clusters = found.clusters.min(clusters_with(&wide.bits, wide.gap, &bits));
        }
        Some(found)
    }

    /// Of what happens to some requests, such as a failure, in order of their arrival. `None` if there are none.
    pub fn of_events(happened: &[bool]) -> Option<Self> {
        (!happened.is_empty()).then(|| Self::of_bits(&Bits::of(happened, |happened| *happened)))
    }

    /// What exceeds a value.
    fn above<T: Copy + PartialOrd>(values: &[T], quantile: T) -> Option<(Self, Bits)> {
        if values.is_empty() {
            return None;
        }
        let above = Bits::of(values, |&value| value > quantile);
        let bits = if above.ones() > 0 {
            above
        } else {
            Bits::of(values, |&value| value >= quantile)
        };
        Some((Self::of_bits(&bits), bits))
    }

    fn of_bits(bits: &Bits) -> Self {
        let mut dependence = Self {
            len: bits.len(),
            autocorrelation_time: autocorrelation_time(bits),
            batch_effect: batch_means_effect_of_bits(bits).unwrap_or(1.0),
            exceedances: bits.ones() as usize,
            clusters: 0,
        };
        dependence.clusters = clusters(bits, 2.0 * dependence.design_effect());
        dependence
    }

    /// How many requests are worth one independent one: the larger of both measures, at least 1 and
    /// at most all.
    pub fn design_effect(&self) -> f64 {
        self.autocorrelation_time
            .max(self.batch_effect)
            .clamp(1.0, self.len.max(1) as f64)
    }

    /// How many independent requests they are worth, for
    /// [`Sample::with_effective_size`](super::Sample::with_effective_size).
    pub fn effective_size(&self) -> f64 {
        self.len as f64 / self.design_effect()
    }

    /// Whether intervals are to be moved outward: see
    /// [`compare_outward`](super::compare_outward).
    pub fn is_strong(&self) -> bool {
        self.design_effect() > Self::OUTWARD_ABOVE
    }

    /// Whether a tail quantile rests on too few slow episodes for any verdict: fewer than
    /// [`FEWEST_CLUSTERS`](Self::FEWEST_CLUSTERS), of at least two slow requests on average. Of requests that
    /// are slow one by one the intervals hold, however few these are. It is asked of p90 and above only, and not
    /// where more than twice as many exceed it as should (timeouts, or values that are equal): where
    /// exceedances are so dense they merge into few clusters.
    pub fn rests_on_few_clusters(&self, p: Probability) -> bool {
        p.as_f64() >= Probability::P90.as_f64()
            && self.exceedances as f64 <= 2.0 * p.complement() * self.len as f64 + 1.0
            && self.clusters < Self::FEWEST_CLUSTERS
            && self.exceedances >= 2 * self.clusters
    }

    /// Whether the dependence is to be warned of.
    pub fn check(&self) -> Check {
        Check::of_larger_is_worse(self.design_effect(), Self::OK_BELOW, Self::CONFOUNDED_ABOVE)
    }
}

/// In which episodes the requests came that are slower than p90.
#[derive(Debug, Clone)]
pub struct SlowEpisodes {
    bits: Bits,
    gap: f64,
}

impl SlowEpisodes {
    /// Of values in order of their arrival and their nearest-rank p90. `None` if there are no values.
    pub fn above<T: Copy + PartialOrd>(values: &[T], p90: T) -> Option<Self> {
        let (found, bits) = Dependence::above(values, p90)?;
        Some(Self {
            bits,
            gap: 2.0 * found.design_effect(),
        })
    }
}

/// τ = −1 + 2·ΣΓ₍ₘ₎ with Γ₍ₘ₎ = ρ₍₂ₘ₎ + ρ₍₂ₘ₊₁₎ up to the first that is not positive, each no larger than
/// the one before it (Geyer 1992). 1 if nothing varies.
fn autocorrelation_time(bits: &Bits) -> f64 {
    let variance = bits.autocovariance(0);
    if variance == 0 {
        return 1.0;
    }
    let longest = (bits.len() / 2).min(Dependence::LONGEST_LAG);
    let (mut sum, mut last) = (0, i128::MAX);
    let mut lag = 0;
    while lag < longest {
        let pair = bits.autocovariance(lag) + bits.autocovariance(lag + 1);
        if pair <= 0 {
            break;
        }
        last = last.min(pair);
        sum += last;
        lag += 2;
    }
    2.0 * sum as f64 / variance as f64 - 1.0
}

/// How many groups the ones come in if fewer than `gap` zeros between two do not part them.
fn clusters(bits: &Bits, gap: f64) -> usize {
    let mut count = 0;
    let mut last: Option<usize> = None;
    for at in bits.positions() {
        let parted = last.is_none_or(|last| (at - last - 1) as f64 >= gap);
        count += usize::from(parted);
        last = Some(at);
    }
    count
}

/// How many of the groups in which the ones come hold one of these others.
fn clusters_with(bits: &Bits, gap: f64, others: &Bits) -> usize {
    let mut others = others.positions().peekable();
    let (mut count, mut last, mut is_counted) = (0, None::<usize>, false);
    for at in bits.positions() {
        if last.is_none_or(|last| (at - last - 1) as f64 >= gap) {
            is_counted = false;
        }
        last = Some(at);
        while others.next_if(|other| *other < at).is_some() {}
        if others.peek() == Some(&at) && !is_counted {
            count += 1;
            is_counted = true;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn of(values: &[f64], p: Probability) -> Dependence {
        Dependence::of(values, p).unwrap()
    }

    #[test]
    fn few_values_are_taken_as_independent() {
        assert_eq!(Dependence::of(&[], Probability::P50), None);
        assert_eq!(Dependence::of(&[1.0, f64::NAN], Probability::P50), None);
        for values in [vec![1.0], vec![1.0, 2.0], vec![3.0; 100], vec![f64::INFINITY; 60]] {
            let dependence = of(&values, Probability::P95);
            assert_eq!(dependence.design_effect(), 1.0, "{values:?}");
            assert_eq!(dependence.effective_size(), values.len() as f64);
            assert_eq!(dependence.check(), Check::Ok);
        }
    }

    #[test]
    fn a_tail_has_no_more_episodes_than_what_it_is_the_tail_of() {
        // Five episodes of 40 among 1000, whose slowest are scattered in them.
        let value = |i: usize| match i % 200 {
            within @ 0..40 => 1000.0 + (within * 17 % 40) as f64,
            _ => (i * 37 % 100) as f64,
        };
        let values: Vec<f64> = (0..1000).map(value).collect();
        for p in [Probability::P90, Probability::P95, Probability::P99] {
            let found = of(&values, p);
            assert!(
                found.clusters <= 5 && found.rests_on_few_clusters(p),
                "{} {found:?}",
                p.label()
            );
        }
    }

    #[test]
    fn where_most_are_slow_or_equal_there_are_no_episodes() {
        let some = |share: usize| -> Vec<f64> {
            let value = |i: usize| {
                if i * 7 % 100 < share {
                    f64::INFINITY
                } else {
                    (i * 37 % 100) as f64
                }
            };
            (0..500).map(value).collect()
        };
        for share in [100, 90, 40] {
            assert!(
                !of(&some(share), Probability::P95).rests_on_few_clusters(Probability::P95),
                "{share}"
            );
        }
        assert!(!of(&[7.0; 300], Probability::P95).rests_on_few_clusters(Probability::P95));
    }

    #[test]
    fn slow_episodes_are_counted_as_such() {
        // Three episodes of 20 slow requests among 1200.
        let value = |i: usize| {
            if i % 400 < 20 {
                1000.0 + i as f64
            } else {
                (i * 37 % 100) as f64
            }
        };
        let values: Vec<f64> = (0..1200).map(value).collect();
        let dependence = of(&values, Probability::P95);
        assert_eq!((dependence.exceedances, dependence.clusters), (60, 3));
        assert!(dependence.design_effect() > 10.0, "{dependence:?}");
        assert!(dependence.is_strong() && dependence.check() == Check::Confounded);
        assert!(dependence.rests_on_few_clusters(Probability::P95));
        assert!(!dependence.rests_on_few_clusters(Probability::P50));
        // Five slow requests one by one are few, and tell what five tell.
        let alone: Vec<f64> = (0..100)
            .map(|i| if i % 20 == 7 { 1000.0 } else { value(i + 20) })
            .collect();
        let dependence = of(&alone, Probability::P95);
        assert_eq!((dependence.exceedances, dependence.clusters), (5, 5));
        assert!(!dependence.rests_on_few_clusters(Probability::P95));
    }

    #[test]
    fn gaps_part_clusters() {
        let bits = Bits::of(&[1, 0, 1, 0, 0, 1, 1], |&bit| bit == 1);
        assert_eq!(
            [0.0, 1.0, 1.5, 2.0, 2.5].map(|gap| clusters(&bits, gap)),
            [4, 3, 2, 2, 1]
        );
    }

    #[test]
    fn timeouts_are_the_slowest() {
        let mut values: Vec<f64> = (0..300).map(|i| f64::from(i * 17 % 300)).collect();
        let before = of(&values, Probability::P90);
        values
            .iter_mut()
            .filter(|value| **value >= 290.0)
            .for_each(|value| *value = f64::INFINITY);
        assert_eq!(of(&values, Probability::P90), before);
    }

    proptest! {
        #[test]
        fn only_the_order_of_the_values_counts(values in vec(0_u32..50, 1..200), percent in 1_u32..100) {
            let p = Probability::parse(&percent.to_string()).unwrap();
            let plain: Vec<f64> = values.iter().map(|&x| f64::from(x)).collect();
            let curved: Vec<f64> = plain.iter().map(|x| (x / 7.0).exp()).collect();
            let dependence = of(&plain, p);
            prop_assert_eq!(dependence, of(&curved, p));
            prop_assert!(dependence.effective_size() >= 1.0 && dependence.effective_size() <= plain.len() as f64);
            prop_assert!(dependence.clusters >= 1 && dependence.clusters <= dependence.exceedances);
        }

        #[test]
        fn repeating_each_value_doubles_what_one_is_worth(values in vec(0.0_f64..1e3, 200..300)) {
            let repeated: Vec<f64> = values.iter().flat_map(|&x| [x, x]).collect();
            let (one, two) = (of(&values, Probability::P50), of(&repeated, Probability::P50));
            // Independent values look dependent now and then, by chance; repeated ones always.
            let (one, two) = (one.autocorrelation_time, two.autocorrelation_time);
            prop_assert!(two >= 1.5 && (one > 1.5 || two > one), "{} {}", one, two);
        }
    }
}
