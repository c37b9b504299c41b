//! Distributions of latencies, whose quantiles are known without drawing a number.

use std::f64::consts::PI;

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// One kind of request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Part {
    LogNormal { median: f64, sigma: f64 },
    Pareto { least: f64, shape: f64 },
}

/// Kinds of requests with their shares, which make one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Law {
    pub(crate) parts: &'static [(f64, Part)],
    /// Every value is multiplied by it.
    pub(crate) scale: f64,
    /// Whether the values, multiplied, are rounded to whole numbers.
    pub(crate) is_rounded: bool,
}

impl Law {
    pub(crate) const fn of(parts: &'static [(f64, Part)]) -> Self {
        Self {
            parts,
            scale: 1.0,
            is_rounded: false,
        }
    }

    pub(crate) const fn times(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    pub(crate) fn draw(&self, rng: &mut impl Rng) -> f64 {
        let mut at: f64 = if self.parts.len() > 1 { rng.random() } else { 0.0 };
        let mut part = self.parts[0].1;
        for &(share, next) in self.parts {
            part = next;
            if at < share {
                break;
            }
            at -= share;
        }
        self.finish(draw_part(part, rng))
    }

    /// A value of one kind.
    pub(crate) fn draw_of(&self, kind: usize, rng: &mut impl Rng) -> f64 {
        self.finish(draw_part(self.parts[kind].1, rng))
    }

    /// The quantile, by bisection of the distribution function.
    pub(crate) fn quantile(&self, p: f64) -> f64 {
        let (mut low, mut high) = (-20.0_f64, 20.0_f64);
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if self.share_up_to(middle) < p {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.finish((0.5 * (low + high)).exp())
    }

    fn finish(&self, value: f64) -> f64 {
        let value = self.scale * value;
        if self.is_rounded { value.round() } else { value }
    }

    /// The share of the values, before they are multiplied and rounded, up to the one of this logarithm.
    fn share_up_to(&self, ln: f64) -> f64 {
        let of_part = |part| match part {
            Part::LogNormal { median, sigma } => normal_share((ln - f64::ln(median)) / sigma),
            Part::Pareto { least, shape } => 1.0 - (-shape * (ln - f64::ln(least)).max(0.0)).exp(),
        };
        self.parts
            .iter()
            .map(|&(share, part)| share * of_part(part))
            .sum()
    }
}

fn draw_part(part: Part, rng: &mut impl Rng) -> f64 {
    match part {
        Part::LogNormal { median, sigma } => {
            let z: f64 = rng.sample(StandardNormal);
            median * (sigma * z).exp()
        }
        Part::Pareto { least, shape } => {
            let above: f64 = 1.0 - rng.random::<f64>();
            least * above.powf(-1.0 / shape)
        }
    }
}

/// The share of the standard normal distribution up to `z`, by Simpson's rule on its density: unlike the
/// program's own, so that an error of that one cannot hide.
fn normal_share(z: f64) -> f64 {
    const STEPS: i32 = 1000;
    let end = z.abs().min(9.0);
    let width = end / f64::from(STEPS);
    let density = |i: i32| (-0.5 * (f64::from(i) * width).powi(2)).exp();
    let inside: f64 = (1..STEPS)
        .map(|i| if i % 2 == 1 { 4.0 } else { 2.0 } * density(i))
        .sum();
    let half = (density(0) + inside + density(STEPS)) * width / 3.0 / (2.0 * PI).sqrt();
    if z < 0.0 { 0.5 - half } else { 0.5 + half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_closed_forms() {
        // The quantiles of the standard normal distribution in any table.
        for (z, share) in [(-1.959_963_984_54, 0.025), (0.0, 0.5), (1.644_853_626_95, 0.95)] {
            assert!((normal_share(z) - share).abs() < 1e-11, "{z}");
        }
        const PLAIN: &[(f64, Part)] = &[(
            1.0,
            Part::LogNormal {
                median: 3.0,
                sigma: 0.5,
            },
        )];
        const TAIL: &[(f64, Part)] = &[(
            1.0,
            Part::Pareto {
                least: 2.0,
                shape: 1.5,
            },
        )];
        let lognormal = 3.0 * (0.5 * 2.326_347_874_04_f64).exp();
        assert!((Law::of(PLAIN).quantile(0.99) / lognormal - 1.0).abs() < 1e-10);
        let pareto = 2.0 * 0.05_f64.powf(-1.0 / 1.5);
        assert!((Law::of(TAIL).times(0.8).quantile(0.95) / (0.8 * pareto) - 1.0).abs() < 1e-10);
    }
}
