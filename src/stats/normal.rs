//! The quantiles and the tail of the normal distribution.

// Wichura (1988), algorithm AS 241 (PPND16), Applied Statistics 37(3): numerator and denominator
// of a rational approximation in three regions, highest power first.
const CENTRE: [[f64; 8]; 2] = [
    [
        2509.0809287301227,
        33430.57558358813,
        67265.7709270087,
        45921.95393154987,
        13731.69376550946,
        1971.5909503065513,
        133.14166789178438,
        3.3871328727963665,
    ],
    [
        5226.495278852854,
        28729.085735721943,
        39307.89580009271,
        21213.794301586597,
        5394.196021424751,
        687.1870074920579,
        42.31333070160091,
        1.0,
    ],
];
const MIDDLE: [[f64; 8]; 2] = [
    [
        0.0007745450142783414,
        0.022723844989269184,
        0.2417807251774506,
        1.2704582524523684,
        3.6478483247632045,
        5.769497221460691,
        4.630337846156546,
        1.4234371107496835,
    ],
    [
        1.0507500716444169e-09,
        0.0005475938084995345,
        0.015198666563616457,
        0.14810397642748008,
        0.6897673349851,
        1.6763848301838038,
        2.053191626637759,
        1.0,
    ],
];
const FAR: [[f64; 8]; 2] = [
    [
        2.0103343992922881e-07,
        2.7115555687434876e-05,
        0.0012426609473880784,
        0.026532189526576124,
        0.29656057182850487,
        1.7848265399172913,
        5.463784911164114,
        6.657904643501103,
    ],
    [
        2.0442631033899397e-15,
        1.421511758316446e-07,
        1.8463183175100548e-05,
        0.0007868691311456133,
        0.014875361290850615,
        0.1369298809227358,
        0.599832206555888,
        1.0,
    ],
];

fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients
        .iter()
        .fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The standard normal quantile: the z with Φ(z) = `u`. About 16 digits; −∞ at 0 and ∞ at 1.
pub(crate) fn normal_quantile(u: f64) -> f64 {
    let q = u - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * polynomial(&CENTRE[0], r) / polynomial(&CENTRE[1], r);
    }
    let tail = if q < 0.0 { u } else { 1.0 - u };
    if tail <= 0.0 {
        return f64::INFINITY.copysign(q);
    }
    let r = (-tail.ln()).sqrt();
    let z = if r <= 5.0 {
        polynomial(&MIDDLE[0], r - 1.6) / polynomial(&MIDDLE[1], r - 1.6)
    } else {
        polynomial(&FAR[0], r - 5.0) / polynomial(&FAR[1], r - 5.0)
    };
    z.copysign(q)
}

/// P(Z > z) of the standard normal distribution. About 13 digits, also far out.
pub(crate) fn normal_tail(z: f64) -> f64 {
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    if z.is_nan() {
        return z;
    }
    if z.abs() < 2.5 {
        // Φ(z) − ½ = φ(z)·(z + z³/3 + z⁵/(3·5) + …)
        let (mut sum, mut term) = (0.0, z);
        for k in 1..200_u32 {
            sum += term;
            term *= z * z / f64::from(2 * k + 1);
            if term.abs() < 1e-17 * f64::abs(sum) {
                break;
            }
        }
        return 0.5 - density * sum;
    }
    if density == 0.0 {
        return if z > 0.0 { 0.0 } else { 1.0 };
    }
    // Laplace's continued fraction 1/(z + 1/(z + 2/(z + …))), from its far end.
    let far = z.abs();
    let fraction = (1..=120_u32).rev().fold(far, |rest, k| far + f64::from(k) / rest);
    let tail = density / fraction;
    if z > 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_undoes_the_quantile() {
        for u in [
            1e-300, 1e-20, 1e-5, 0.0062, 0.0063, 0.025, 0.3, 0.5, 0.8, 0.975, 0.999_999,
        ] {
            let tail = normal_tail(-normal_quantile(u));
            assert!((tail / u - 1.0).abs() < 1e-11, "{u} {tail}");
        }
        assert_eq!(
            (normal_tail(f64::INFINITY), normal_tail(f64::NEG_INFINITY)),
            (0.0, 1.0)
        );
        // Just below and above the change of method.
        assert!((normal_tail(2.499_999_999) / normal_tail(2.500_000_001) - 1.0).abs() < 1e-8);
        assert!((normal_tail(2.5) / 0.006_209_665_325_776_132 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn known_quantiles() {
        // NORM.S.INV as tabulated with the algorithm (0.25, 0.001, 1e-20) and textbook values.
        for (u, z) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
            (0.975, 1.959_963_984_540_054),
            (0.95, 1.644_853_626_951_472_7),
        ] {
            assert!((normal_quantile(u) / z - 1.0).abs() < 1e-14, "{u}");
        }
        assert_eq!(normal_quantile(0.5), 0.0);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }

    #[test]
    fn the_regions_meet() {
        for edge in [0.075, 0.925, (-25.0_f64).exp()] {
            let (below, above) = (
                normal_quantile(edge * (1.0 - 1e-12)),
                normal_quantile(edge * (1.0 + 1e-12)),
            );
            assert!(below < above && above - below < 1e-9, "{edge}");
        }
    }
}
