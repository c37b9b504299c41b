//! A smooth function at many points from its values at few.

use std::f64::consts::PI;

/// Interpolation is tried with so many intervals between nodes, then with twice as many, and so on.
const FIRST: usize = 16;
const MOST: usize = 256;

/// The values of a smooth function at the ascending `points`, within about `tolerance`: interpolated
/// between Chebyshev nodes, which are doubled until the interpolation foretells the values at the new
/// ones (Berrut and Trefethen 2004, "Barycentric Lagrange interpolation"). `function` takes a point and
/// a guess of its value. `None` if the nodes did not suffice.
pub(crate) fn interpolate(
    points: &[f64],
    tolerance: f64,
    function: impl Fn(f64, Option<f64>) -> f64,
) -> Option<Vec<f64>> {
    let (low, high) = (*points.first()?, *points.last()?);
    let node = |at: usize, of: usize| {
        let share = 0.5 - 0.5 * (PI * at as f64 / of as f64).cos();
        low + share * (high - low)
    };
    let mut nodes: Vec<(f64, f64)> = (0..=FIRST)
        .map(|at| (node(at, FIRST), function(node(at, FIRST), None)))
        .collect();
    while nodes.len() <= MOST {
        let intervals = 2 * (nodes.len() - 1);
        let mut finer = Vec::with_capacity(intervals + 1);
        let mut worst: f64 = 0.0;
        for at in 0..=intervals {
            if at.is_multiple_of(2) {
                finer.push(nodes[at / 2]);
            } else {
                let x = node(at, intervals);
                let guess = between(&nodes, x);
                let value = function(x, Some(guess));
                worst = worst.max((value - guess).abs());
                finer.push((x, value));
            }
        }
        nodes = finer;
        if worst <= tolerance {
            return Some(points.iter().map(|&x| between(&nodes, x)).collect());
        }
    }
    None
}

/// The polynomial through Chebyshev nodes of the second kind, by the barycentric formula.
fn between(nodes: &[(f64, f64)], x: f64) -> f64 {
    let (mut numerator, mut denominator, mut sign) = (0.0, 0.0, 1.0);
    for (at, &(node, value)) in nodes.iter().enumerate() {
        if x == node {
            return value;
        }
        let half = if at == 0 || at + 1 == nodes.len() {
            0.5
        } else {
            1.0
        };
        let weight = half * sign / (x - node);
        numerator += weight * value;
        denominator += weight;
        sign = -sign;
    }
    numerator / denominator
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<f64> {
        (0..=1000).map(|i| -3.0 + f64::from(i) * 0.006).collect()
    }

    #[test]
    fn a_smooth_function_takes_few_values() {
        let calls = std::cell::Cell::new(0);
        let function = |x: f64, _: Option<f64>| {
            calls.set(calls.get() + 1);
            (0.5 * x).exp() + x.sin()
        };
        let found = interpolate(&points(), 1e-9, function).unwrap();
        for (value, x) in found.iter().zip(points()) {
            assert!((value - (0.5 * x).exp() - x.sin()).abs() < 1e-12, "{x}");
        }
        assert!(calls.get() <= 33);
    }

    #[test]
    fn a_jump_is_not_smooth() {
        assert_eq!(
            interpolate(&points(), 1e-9, |x, _| f64::from(u8::from(x > 0.1))),
            None
        );
        assert_eq!(interpolate(&[], 1e-9, |x, _| x), None);
    }
}
