//! A line through points that outliers do not turn.

use super::median::median;

/// y = intercept + slope·x by Theil (1950) and Sen (1968): the slope is the median of the slopes of all
/// pairs, the intercept the median of y − slope·x. For latency over output tokens: the fixed part and
/// the time of each token. A description, no basis of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TheilSen {
    /// In the unit of y.
    pub intercept: f64,
    /// In the unit of y per unit of x.
    pub slope: f64,
}

impl TheilSen {
    /// Of more points so many are used, evenly spaced in the order of x and then y.
    pub const MOST_POINTS: usize = 2000;

    /// Of points (x, y) in any order. `None` if all x are the same or a number is not finite.
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        if points.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
            return None;
        }
        let mut sorted = points.to_vec();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let kept = sorted.len().min(Self::MOST_POINTS);
        let used: Vec<(f64, f64)> = (0..kept)
            .map(|i| sorted[(2 * i + 1) * sorted.len() / (2 * kept)])
            .collect();
        let mut slopes = Vec::new();
        for (i, a) in used.iter().enumerate() {
            slopes.extend(
                used[i + 1..]
                    .iter()
                    .filter(|b| b.0 > a.0)
                    .map(|b| (b.1 - a.1) / (b.0 - a.0)),
            );
        }
        let slope = median(&mut slopes)?;
        let mut rests: Vec<f64> = used.iter().map(|(x, y)| y - slope * x).collect();
        let intercept = median(&mut rests)?;
        (slope.is_finite() && intercept.is_finite()).then_some(Self { intercept, slope })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn without_different_x_there_is_no_line() {
        assert_eq!(TheilSen::of(&[]), None);
        assert_eq!(TheilSen::of(&[(1.0, 2.0)]), None);
        assert_eq!(TheilSen::of(&[(1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(TheilSen::of(&[(1.0, 2.0), (2.0, f64::INFINITY)]), None);
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
        let line = TheilSen::of(&(0..5003).map(point).collect::<Vec<_>>()).unwrap();
        assert!((line.slope - 12.5).abs() < 0.6, "{line:?}");
    }

    proptest! {
        #[test]
        fn a_line_is_found_in_any_order(mut xs in vec(0_u32..1000, 3..60), slope in -5.0_f64..5.0, intercept in -9.0_f64..9.0) {
            xs.extend([0, 1001]);
            let mut points: Vec<(f64, f64)> = xs.iter().map(|&x| (f64::from(x), intercept + slope * f64::from(x))).collect();
            let line = TheilSen::of(&points).unwrap();
            prop_assert!((line.slope - slope).abs() < 1e-6 && (line.intercept - intercept).abs() < 1e-4);
            points.reverse();
            prop_assert_eq!(TheilSen::of(&points), Some(line));
        }
    }
}
