//! The special functions that the binomial and Student distributions need, and no others.

use std::f64::consts::TAU;

/// ln Γ(x) − [(x − ½) ln x − x + ½ ln 2π] for x > 0: what Stirling's formula leaves out.
///
/// Working with this remainder instead of ln Γ itself keeps full precision for large arguments
/// (Loader 2000, "Fast and accurate computation of binomial probabilities").
fn stirling_remainder(x: f64) -> f64 {
    if x < 12.0 {
        // Γ(x + 1) = x Γ(x): the change of Stirling's formula from x to x + 1.
        return stirling_remainder(x + 1.0) + (x + 0.5) * (1.0 / x).ln_1p() - 1.0;
    }
    let y = 1.0 / (x * x);
    // Bernoulli numbers over 2k(2k − 1); the first term left out is below 1e-16 at 12.
    (1.0 / 12.0
        - y * (1.0 / 360.0
            - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0 - y * 691.0 / 360_360.0)))))
        / x
}

/// x ln(x/m) + m − x without cancellation where x is near m (Loader 2000, `bd0`). x, m > 0.
fn deviance(x: f64, m: f64) -> f64 {
    let v = (x - m) / (x + m);
    if v.abs() > 0.1 {
        return x * (x / m).ln() + m - x;
    }
    // ln(x/m) = 2 artanh(v) as a power series.
    let (mut sum, mut power) = ((x - m) * v, 2.0 * x * v);
    for k in 1..100 {
        power *= v * v;
        let next = sum + power / f64::from(2 * k + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// The regularised incomplete beta function I_x(a, b), for a, b > 0 and 0 ≤ x ≤ 1. `y` is 1 − x,
/// passed apart so that the caller can give it exactly.
///
/// Continued fraction by the modified Lentz method (Press et al., Numerical Recipes), with the
/// leading factor in Loader's form. About 14 digits.
pub(crate) fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    // x^a y^b / B(a, b)
    let n = a + b;
    let remainder = stirling_remainder(n) - stirling_remainder(a) - stirling_remainder(b);
    let exponent = remainder - deviance(a, n * x) - deviance(b, n * y);
    let factor = exponent.exp() * (a * (b / n) / TAU).sqrt();
    if x * (n + 2.0) < a + 1.0 {
        factor * beta_fraction(a, b, x) / a
    } else {
        1.0 - factor * beta_fraction(b, a, y) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..100_000_u32 {
        let k = f64::from(step);
        let even = k * (b - k) * x / ((a + 2.0 * k - 1.0) * (a + 2.0 * k));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        fraction *= c * d;
        let odd = -(a + k) * (a + b + k) * x / ((a + 2.0 * k) * (a + 2.0 * k + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// The x in (0, 1) at which the increasing function `f` reaches `target`, by bisection until
/// neighbouring floating-point numbers remain.
pub(crate) fn bisect_unit(target: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    // 1075 halvings reach the smallest positive number; far fewer are ever needed.
    for _ in 0..1100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if f(middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The t beyond which Student's distribution with `freedom` > 0 degrees has the probability
/// `tail` in (0, ½).
pub(crate) fn student_quantile(tail: f64, freedom: f64) -> f64 {
    // P(|T| ≤ t) = I_y(½, ν/2) with y = t²/(ν + t²).
    let y = bisect_unit(1.0 - 2.0 * tail, |y| {
        incomplete_beta(0.5, 0.5 * freedom, y, 1.0 - y)
    });
    (freedom * y / (1.0 - y)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: f64, b: f64, tolerance: f64) -> bool {
        (a - b).abs() <= tolerance * b.abs()
    }

    #[test]
    fn the_remainder_of_stirling_gives_factorials() {
        for (x, gamma) in [
            (0.5, std::f64::consts::PI.sqrt()),
            (1.0, 1.0),
            (5.0, 24.0),
            (15.0, 87_178_291_200.0),
        ] {
            let ln_gamma: f64 = (x - 0.5) * f64::ln(x) - x + 0.5 * TAU.ln() + stirling_remainder(x);
            assert!((ln_gamma - f64::ln(gamma)).abs() < 1e-13, "{x}");
        }
    }

    #[test]
    fn known_student_quantiles() {
        // Student's tables; one degree of freedom is Cauchy's distribution.
        for (tail, freedom, t) in [
            (0.025, 1.0, 12.706_204_736_174_7),
            (0.025, 10.0, 2.228_138_851_986_27),
            (0.05, 30.0, 1.697_260_886_593_96),
            (0.025, 1e7, 1.959_964_2),
        ] {
            assert!(
                close(student_quantile(tail, freedom), t, 1e-7),
                "{tail} {freedom}"
            );
        }
    }

    proptest! {
        #[test]
        fn whole_arguments_are_sums_of_binomial_probabilities(a in 1_u32..40, b in 1_u32..40, x in 0.01_f64..0.99) {
            // I_x(a, b) = P(Bin(a + b − 1, x) ≥ a)
            let n = a + b - 1;
            let mut choose = 1.0;
            let mut sum = 0.0;
            for k in 0..=n {
                if k >= a {
                    sum += choose * x.powi(k as i32) * (1.0 - x).powi((n - k) as i32);
                }
                choose *= f64::from(n - k) / f64::from(k + 1);
            }
            prop_assert!((incomplete_beta(f64::from(a), f64::from(b), x, 1.0 - x) - sum).abs() < 1e-13);
        }

        #[test]
        fn swapping_sides_gives_the_complement(a in 0.01_f64..1e5, b in 0.01_f64..1e5, x in 0.001_f64..0.999) {
            let one = incomplete_beta(a, b, x, 1.0 - x) + incomplete_beta(b, a, 1.0 - x, x);
            prop_assert!((one - 1.0).abs() < 1e-12);
        }

        #[test]
        fn it_increases(a in 0.1_f64..1e4, b in 0.1_f64..1e4, x in 0.0_f64..1.0, step in 0.0_f64..1.0) {
            let further = x + step * (1.0 - x);
            let (low, high) = (incomplete_beta(a, b, x, 1.0 - x), incomplete_beta(a, b, further, 1.0 - further));
            prop_assert!(low <= high + 1e-13 && low >= 0.0 && high <= 1.0 + 1e-13);
        }
    }
}
