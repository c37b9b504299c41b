//! Order statistics of all pairs of two samples, without listing the pairs.

/// What is formed of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// b / a, of positive values.
    Ratio,
    /// b − a.
    Difference,
}

impl Scale {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Ratio => b / a,
            Self::Difference => b - a,
        }
    }

    /// The middle of two results: the geometric one of ratios.
    pub(crate) fn middle(self, x: f64, y: f64) -> f64 {
        match self {
            _ if x == y => x,
            Self::Ratio => (0.5 * (x.ln() + y.ln())).exp(),
            Self::Difference => 0.5 * (x + y),
        }
    }
}

/// The results of all pairs of a value of `a` and one of `b`, both sorted and not empty.
pub(crate) struct Pairs<'a> {
    scale: Scale,
    a: &'a [f64],
    b: &'a [f64],
}

/// The results in (low, high], of which there are as many as the counts up to the ends differ.
#[derive(Debug, Clone, Copy)]
struct Bracket {
    low: f64,
    high: f64,
    up_to_low: u64,
    up_to_high: u64,
}

/// Samples are thinned to so many values for a first guess.
const THIN: usize = 512;

impl<'a> Pairs<'a> {
    pub(crate) fn new(scale: Scale, a: &'a [f64], b: &'a [f64]) -> Self {
        Self { scale, a, b }
    }

    pub(crate) fn len(&self) -> u64 {
        self.a.len() as u64 * self.b.len() as u64
    }

    /// How many results are at most `limit`. Steps through both lists once, without a branch that
    /// depends on the values.
    fn count(&self, limit: f64) -> u64 {
        let (mut count, mut at_a, mut at_b) = (0, 0, 0);
        while at_a < self.a.len() && at_b < self.b.len() {
            let within = self.b[at_b] <= self.largest(self.a[at_a], limit);
            at_b += usize::from(within);
            at_a += usize::from(!within);
            count += if within { 0 } else { at_b as u64 };
        }
        // Of the values of a that are left every b is within.
        count + (self.a.len() - at_a) as u64 * self.b.len() as u64
    }

    /// The largest b whose result with this a is at most `limit`.
    #[inline]
    fn largest(&self, a: f64, limit: f64) -> f64 {
        match self.scale {
            Scale::Ratio => a * limit,
            Scale::Difference => a + limit,
        }
    }

    /// The result of a rank from 1 to [`len`](Self::len).
    pub(crate) fn at_rank(&self, rank: u64) -> f64 {
        let rank = rank.clamp(1, self.len());
        let mut bracket = self.whole();
        if self.len() > (4 * THIN * THIN) as u64 {
            self.narrow_by_guess(&mut bracket, rank);
        }
        // Listing as many results as there are values costs little more than counting.
        let few = (self.a.len() + self.b.len()).max(64) as u64;
        for step in 0..400 {
            if bracket.up_to_high - bracket.up_to_low <= few
                || !self.narrow(&mut bracket, rank, step % 3 == 2)
            {
                break;
            }
        }
        self.select(&bracket, rank)
    }

    fn whole(&self) -> Bracket {
        let (a, b) = (self.a, self.b);
        // A little beyond both ends: rounding must not leave a pair outside.
        let (least, most) = (
            self.scale.of(a[a.len() - 1], b[0]),
            self.scale.of(a[0], b[b.len() - 1]),
        );
        let slack = 1e-9 * least.abs().max(most.abs()).max(f64::MIN_POSITIVE);
        Bracket {
            low: match self.scale {
                Scale::Ratio => least * (1.0 - 1e-9),
                Scale::Difference => least - slack,
            },
            high: most + slack,
            up_to_low: 0,
            up_to_high: self.len(),
        }
    }

    /// Narrows by the same share among the pairs of evenly spaced values.
    fn narrow_by_guess(&self, bracket: &mut Bracket, rank: u64) {
        let thin = |values: &[f64]| -> Vec<f64> {
            let kept = values.len().min(THIN);
            (0..kept)
                .map(|i| values[(2 * i + 1) * values.len() / (2 * kept)])
                .collect()
        };
        let (a, b) = (thin(self.a), thin(self.b));
        let thinned = Pairs::new(self.scale, &a, &b);
        let share = rank as f64 / self.len() as f64;
        for margin in [-1e-4, 1e-4] {
            let guess = (share + margin).clamp(0.0, 1.0) * thinned.len() as f64;
            self.cut(bracket, rank, thinned.at_rank(guess as u64));
        }
    }

    /// Narrows at a point by linear interpolation or at the middle. Whether there was a point.
    fn narrow(&self, bracket: &mut Bracket, rank: u64, halve: bool) -> bool {
        let Bracket {
            low,
            high,
            up_to_low,
            up_to_high,
        } = *bracket;
        let share = (rank - up_to_low) as f64 / (up_to_high - up_to_low) as f64;
        let middle = match self.scale {
            Scale::Ratio if low > 0.0 => low.sqrt() * high.sqrt(),
            _ => low + 0.5 * (high - low),
        };
        // Now and then a little to the other side of the rank, so that both ends move.
        let point = if halve { middle } else { low + share * (high - low) };
        let point = if point > low && point < high {
            point
        } else {
            middle
        };
        if point <= low || point >= high {
            return false;
        }
        self.cut(bracket, rank, point);
        true
    }

    fn cut(&self, bracket: &mut Bracket, rank: u64, point: f64) {
        if point <= bracket.low || point >= bracket.high {
            return;
        }
        let count = self.count(point);
        if count < rank {
            (bracket.low, bracket.up_to_low) = (point, count);
        } else {
            (bracket.high, bracket.up_to_high) = (point, count);
        }
    }

    /// The result of a rank inside a bracket, by listing what is in it; if it is too narrow to be
    /// cut, the first in it.
    fn select(&self, bracket: &Bracket, rank: u64) -> f64 {
        let Bracket { low, high, .. } = *bracket;
        let (mut from, mut to) = (0, 0);
        let mut inside = Vec::new();
        let few = (self.a.len() + self.b.len()).max(64);
        for &a in self.a {
            while from < self.b.len() && self.b[from] <= self.largest(a, low) {
                from += 1;
            }
            while to < self.b.len() && self.b[to] <= self.largest(a, high) {
                to += 1;
            }
            inside.extend(self.b[from..to].iter().take(few).map(|&b| self.scale.of(a, b)));
            if inside.len() > 2 * few {
                return inside[0];
            }
        }
        let at = ((rank - bracket.up_to_low - 1) as usize).min(inside.len().saturating_sub(1));
        if inside.is_empty() {
            return high;
        }
        *inside.select_nth_unstable_by(at, f64::total_cmp).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn check(scale: Scale, a: &[f64], b: &[f64], ranks: impl Iterator<Item = usize>) {
        let mut all: Vec<f64> = a
            .iter()
            .flat_map(|&a| b.iter().map(move |&b| scale.of(a, b)))
            .collect();
        all.sort_by(f64::total_cmp);
        let pairs = Pairs::new(scale, a, b);
        for rank in ranks {
            let (found, expected) = (pairs.at_rank(rank as u64), all[rank - 1]);
            assert!(
                (found - expected).abs() <= 1e-12 * expected.abs(),
                "{rank}: {found} {expected}"
            );
        }
    }

    #[test]
    fn large_samples_with_many_ties() {
        let values = |n: usize, step: usize| -> Vec<f64> {
            let mut values: Vec<f64> = (0..n).map(|i| (10 + i * step % 37) as f64).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (a, b) = (values(1500, 7), values(1300, 5));
        for scale in [Scale::Ratio, Scale::Difference] {
            let all = 1500 * 1300;
            check(
                scale,
                &a,
                &b,
                [1, 2, all / 4, all / 2, all / 2 + 1, all - 1, all].into_iter(),
            );
        }
        let smooth = |n: usize| -> Vec<f64> { (0..n).map(|i| (3.0 * i as f64 / n as f64).exp()).collect() };
        check(
            Scale::Ratio,
            &smooth(1500),
            &smooth(1100),
            (1..=1500 * 1100).step_by(99_991),
        );
    }

    proptest! {
        #[test]
        fn every_rank_is_found(mut a in vec(0_u32..2000, 1..20), mut b in vec(0_u32..2000, 1..20)) {
            a.sort_unstable();
            b.sort_unstable();
            let tenths = |values: &[u32]| values.iter().map(|&x| 0.1 + f64::from(x) / 10.0).collect::<Vec<_>>();
            let all = a.len() * b.len();
            check(Scale::Ratio, &tenths(&a), &tenths(&b), 1..=all);
            check(Scale::Difference, &tenths(&a), &tenths(&b), 1..=all);
        }
    }
}
