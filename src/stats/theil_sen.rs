//! A line through points that outliers do not turn.

use super::interval::Interval;
use super::level::Confidence;
use super::median::median;
use super::normal::normal_quantile;
use super::sort::sort_pairs;

/// y = intercept + slope·x by Theil (1950) and Sen (1968): the slope is the median of the slopes of all
/// pairs, the intercept the median of y − slope·x. For latency over output tokens: the fixed part and
/// the time of each token. A description, no basis of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TheilSen {
    /// In the unit of y.
    pub intercept: f64,
    /// The intercepts that belong to the ends of the slope's interval, the smaller one first, in the unit of y.
    pub intercept_interval: Interval,
    /// In the unit of y per unit of x.
    pub slope: f64,
    /// The interval of the slope by Sen (1968), for independent points: between the slopes of those ranks that
    /// Kendall's S allows, its variance corrected for equal x and equal y. An end beyond the slopes is `None`.
    pub slope_interval: Interval,
}

impl TheilSen {
    /// Of more points every so-manyth is taken, in the order in which they are given, so that no more are left.
    pub const MOST_SORTED: usize = 65_536;

    /// Of more points so many are used, evenly spaced in the order of x and then y.
    pub const MOST_POINTS: usize = 2000;

    /// Of points (x, y), if there are at most [`MOST_SORTED`](Self::MOST_SORTED) in any order. `None` if all x of
    /// those are the same or one is not finite.
    pub fn of(points: impl ExactSizeIterator<Item = (f64, f64)>, confidence: Confidence) -> Option<Self> {
        let every = points.len().div_ceil(Self::MOST_SORTED).max(1);
        let mut sorted: Vec<(f64, f64)> = points.step_by(every).collect();
        if sorted.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
            return None;
        }
        sort_pairs(&mut sorted);
        let kept = sorted.len().min(Self::MOST_POINTS);
        let used: Vec<(f64, f64)> = (0..kept)
            .map(|i| sorted[(2 * i + 1) * sorted.len() / (2 * kept)])
            .collect();
        let mut slopes = Vec::with_capacity(kept * kept.saturating_sub(1) / 2);
        for (i, a) in used.iter().enumerate() {
            slopes.extend(
                used[i + 1..]
                    .iter()
                    .filter(|b| b.0 > a.0)
                    .map(|b| (b.1 - a.1) / (b.0 - a.0)),
            );
        }
        let slope = median(&mut slopes)?;
        let slope_interval = slope_interval(&mut slopes, &used, confidence);
        let intercept_at = |slope: f64| {
            let mut rests: Vec<f64> = used.iter().map(|(x, y)| y - slope * x).collect();
            median(&mut rests)
        };
        let intercept = intercept_at(slope)?;
        let mut ends = [slope_interval.high, slope_interval.low].map(|slope| intercept_at(slope?));
        if let [Some(a), Some(b)] = ends {
            // With x on both sides of 0 the steeper line may begin higher.
            ends = [Some(a.min(b)), Some(a.max(b))];
        }
        (slope.is_finite() && intercept.is_finite()).then_some(Self {
            intercept,
            intercept_interval: Interval {
                low: ends[0],
                high: ends[1],
            },
            slope,
            slope_interval,
        })
    }
}

/// The slopes of rank ⌊(N − C)/2⌋ and of rank ⌈(N + C)/2⌉ + 1 among N, with C = z·√Var(S). Reorders the slopes, of which
/// none of the first half may be larger than one of the second.
fn slope_interval(slopes: &mut [f64], points: &[(f64, f64)], confidence: Confidence) -> Interval {
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let ties = |of: fn(&(f64, f64)) -> f64| -> f64 {
        let mut values: Vec<f64> = points.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
            .chunk_by(|a, b| a == b)
            .map(|tie| term(tie.len() as f64))
            .sum()
    };
    let variance = (term(points.len() as f64) - ties(|point| point.0) - ties(|point| point.1)) / 18.0;
    let reach = -normal_quantile(confidence.tail()) * variance.max(0.0).sqrt();
    let count = slopes.len() as f64;
    let low = ((count - reach) / 2.0).floor();
    let high = ((count + reach) / 2.0).ceil() + 1.0;
    let (below, above) = slopes.split_at_mut(slopes.len() / 2);
    let mut at_rank = |rank: f64| {
        let at = (rank >= 1.0 && rank <= count).then(|| rank as usize - 1)?;
        let (half, at) = match at.checked_sub(below.len()) {
            Some(at) => (&mut *above, at),
            None => (&mut *below, at),
        };
        Some(*half.select_nth_unstable_by(at, f64::total_cmp).1)
    };
    Interval {
        low: at_rank(low),
        high: at_rank(high),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn of(points: &[(f64, f64)]) -> Option<TheilSen> {
        TheilSen::of(points.iter().copied(), Confidence::C95)
    }

    #[test]
    fn without_different_x_there_is_no_line() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(1.0, 2.0)]), None);
        assert_eq!(of(&[(1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(of(&[(1.0, 2.0), (2.0, f64::INFINITY)]), None);
    }

    #[test]
    fn many_points_and_a_quarter_of_outliers() {
        let point = |i: u32| {
            let x = f64::from(i * 7919 % 5003);
            (
                x,
                if i.is_multiple_of(4) {
                    1e6
                } else {
                    300.0 + 12.5 * x + f64::from(i % 3) - 1.0
                },
            )
        };
        let line = of(&(0..5003).map(point).collect::<Vec<_>>()).unwrap();
        assert!((line.slope - 12.5).abs() < 0.6, "{line:?}");
    }

    /// Sen's own way by hand for y = x² at 1 to 6: 15 slopes, the sums of two x, so 7 in the middle; S has the
    /// variance 6·5·17/18, C = 10.43, and the ranks are 2 and 14.
    #[test]
    fn the_interval_of_the_slope_is_that_of_its_ranks() {
        let points: Vec<(f64, f64)> = (1..=6).map(|x| (f64::from(x), f64::from(x * x))).collect();
        let line = of(&points).unwrap();
        assert!((line.slope - 7.0).abs() < 1e-12);
        let ends = |interval: Interval| (interval.low.unwrap(), interval.high.unwrap());
        let (low, high) = ends(line.slope_interval);
        assert!(
            (low - 4.0).abs() < 1e-12 && (high - 10.0).abs() < 1e-12,
            "{line:?}"
        );
        let (low, high) = ends(line.intercept_interval);
        assert!(low <= line.intercept && line.intercept <= high && low < high);
        let few = of(&points[..3]).unwrap();
        assert_eq!(few.slope_interval, Interval::UNBOUNDED);
        assert_eq!(few.intercept_interval, Interval::UNBOUNDED);
    }

    proptest! {
        #[test]
        fn a_line_is_found_in_any_order(mut xs in vec(0_u32..1000, 3..60), slope in -5.0_f64..5.0, intercept in -9.0_f64..9.0) {
            xs.extend([0, 1001]);
            let mut points: Vec<(f64, f64)> = xs.iter().map(|&x| (f64::from(x), intercept + slope * f64::from(x))).collect();
            let line = of(&points).unwrap();
            prop_assert!((line.slope - slope).abs() < 1e-6 && (line.intercept - intercept).abs() < 1e-4);
            points.reverse();
            prop_assert_eq!(of(&points), Some(line));
        }
    }
}
