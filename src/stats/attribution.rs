//! What the requests around a quantile consist of.

use super::binomial::order_statistic_ranks;
use super::level::Confidence;
use super::probability::Probability;
use super::sort::ascending;

/// The requests that may be a quantile, and what they consist of on average.
///
/// Quantiles of parts do not add up to the quantile of the whole; the means over one window do.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// The rank of the first request of the window, counted from 1.
    pub first_rank: usize,
    /// The rank of its last request.
    pub last_rank: usize,
    /// The mean total over the window, in the unit of the totals.
    pub mean_total: f64,
    /// The mean of each component over the window, in the order and unit given. A component of
    /// zeros and ones, such as whether the request was cold, gives a share.
    pub mean_components: Vec<f64>,
}

impl Attribution {
    /// The fewest requests over which a mean is taken, if there are so many.
    pub const FEWEST: usize = 20;

    /// What composes the `p` quantile of `totals`, where each of `components` has one value for
    /// each total. `None` if there are no totals, or a column is of another length, or a value is
    /// not finite.
    ///
    /// The window: requests ranked by total; the ranks of the exact 95 % interval of the quantile,
    /// an infinite end being the first or last rank; if these are fewer than
    /// [`FEWEST`](Self::FEWEST), as many more on either side, of an odd number one more above,
    /// and what would lie beyond one end added at the other; finally all requests whose total
    /// equals that of the first or last, so that the order of equal totals does not matter.
    pub fn of(totals: &[f64], components: &[&[f64]], p: Probability) -> Option<Self> {
        let finite = |column: &&[f64]| column.len() == totals.len() && column.iter().all(|x| x.is_finite());
        if !components.iter().all(finite) {
            return None;
        }
        if !totals.iter().all(|total| total.is_finite()) {
            return None;
        }
        let sorted = ascending(totals.to_vec());
        Self::of_requests(
            totals,
            |rank| sorted[rank - 1],
            p,
            |request| components.iter().map(|column| column[request]).collect(),
        )
    }

    /// The same, where the totals are finite, that of a rank counted from 1 is known, and the components of a request,
    /// always as many, are only asked for if it is in the window.
    pub fn of_requests(
        totals: &[f64],
        at_rank: impl Fn(usize) -> f64,
        p: Probability,
        components: impl Fn(usize) -> Vec<f64>,
    ) -> Option<Self> {
        if totals.is_empty() {
            return None;
        }
        let n = totals.len();
        let ranks = order_statistic_ranks(n as u64, p, Confidence::C95);
        let low = ranks.low.map_or(1, |rank| rank as usize);
        let high = ranks.high.map_or(n, |rank| rank as usize);
        let (low, high) = widen(low, high, n);
        let (least, most) = (at_rank(low), at_rank(high));

        let window: Vec<usize> = (0..n)
            .filter(|&at| least <= totals[at] && totals[at] <= most)
            .collect();
        let before = totals.iter().filter(|&&total| total < least).count();
        let (mut total, mut sums) = (0.0, Vec::new());
        for &request in &window {
            total += totals[request];
            let parts = components(request);
            sums.resize(parts.len(), 0.0);
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
        }
        let count = window.len() as f64;
        Some(Self {
            first_rank: before + 1,
            last_rank: before + window.len(),
            mean_total: total / count,
            mean_components: sums.into_iter().map(|sum| sum / count).collect(),
        })
    }
}

/// Widens the ranks `low..=high` of `n` to at least [`Attribution::FEWEST`] where there are so many.
fn widen(low: usize, high: usize, n: usize) -> (usize, usize) {
    let size = high - low + 1;
    let wanted = size.max(Attribution::FEWEST.min(n));
    let more = wanted - size;
    let low = low.saturating_sub(more / 2).clamp(1, n - wanted + 1);
    (low, low + wanted - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn the_window_grows_on_both_sides_and_moves_off_the_ends() {
        assert_eq!(widen(40, 70, 100), (40, 70));
        assert_eq!(widen(40, 50, 100), (36, 55));
        assert_eq!(widen(95, 100, 100), (81, 100));
        assert_eq!(widen(1, 3, 100), (1, 20));
        assert_eq!(widen(2, 5, 12), (1, 12));
    }

    #[test]
    fn columns_must_fit() {
        let totals = [1.0, 2.0];
        assert_eq!(Attribution::of(&[], &[], Probability::P50), None);
        assert_eq!(Attribution::of(&totals, &[&[1.0]], Probability::P50), None);
        assert_eq!(
            Attribution::of(&totals, &[&[1.0, f64::NAN]], Probability::P50),
            None
        );
        assert_eq!(Attribution::of(&[f64::INFINITY], &[], Probability::P50), None);
        let both = Attribution::of(&totals, &[&[4.0, 0.0]], Probability::P50).unwrap();
        assert_eq!((both.first_rank, both.last_rank, both.mean_total), (1, 2, 1.5));
        assert_eq!(both.mean_components, [2.0]);
    }

    #[test]
    fn equal_totals_are_in_the_window_together() {
        let totals: Vec<f64> = (0..1000).map(|i| f64::from(i / 100)).collect();
        let window = Attribution::of(&totals, &[], Probability::P95).unwrap();
        assert_eq!(
            (window.first_rank, window.last_rank, window.mean_total),
            (901, 1000, 9.0)
        );
    }

    proptest! {
        #[test]
        fn components_add_up_in_any_order(parts in vec((0_u32..500, 0_u32..50), 1..200), percent in 1_u32..100, turn in 0_usize..200) {
            let p = Probability::parse(&percent.to_string()).unwrap();
            let attribution = |parts: &[(u32, u32)]| {
                let a: Vec<f64> = parts.iter().map(|part| f64::from(part.0)).collect();
                let b: Vec<f64> = parts.iter().map(|part| f64::from(part.1)).collect();
                let totals: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
                Attribution::of(&totals, &[&a, &b], p).unwrap()
            };
            let window = attribution(&parts);
            let sum: f64 = window.mean_components.iter().sum();
            prop_assert!((sum - window.mean_total).abs() < 1e-9);
            prop_assert!(window.last_rank - window.first_rank + 1 >= parts.len().min(Attribution::FEWEST));
            let rank = p.rank(parts.len() as u64) as usize;
            prop_assert!(window.first_rank <= rank && rank <= window.last_rank);
            let mut turned = parts.clone();
            turned.rotate_left(turn % parts.len());
            prop_assert_eq!(attribution(&turned), window);
        }
    }
}
