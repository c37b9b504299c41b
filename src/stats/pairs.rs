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

/// Sorted values without repetition, and behind them one that stands for none.
struct Distinct {
    values: Vec<f64>,
    /// How many values of the sample come before each, and twice at last how many there are.
    before: Vec<u64>,
}

impl Distinct {
    fn of(sorted: &[f64], none: f64) -> Self {
        let (mut values, mut before) = (
            Vec::with_capacity(sorted.len() + 1),
            Vec::with_capacity(sorted.len() + 2),
        );
        for (at, &value) in sorted.iter().enumerate() {
            if values.last() != Some(&value) {
                values.push(value);
                before.push(at as u64);
            }
        }
        values.push(none);
        before.extend([sorted.len() as u64; 2]);
        Self { values, before }
    }

    /// How many different values there are.
    fn distinct(&self) -> usize {
        self.values.len() - 1
    }

    /// The different values.
    fn all(&self) -> &[f64] {
        &self.values[..self.distinct()]
    }

    #[inline]
    fn count(&self, at: usize) -> u64 {
        self.before[at + 1] - self.before[at]
    }

    fn len(&self) -> u64 {
        self.before[self.distinct()]
    }

    /// The value of a rank counted from 0.
    fn at(&self, rank: u64) -> f64 {
        let before = &self.before[..self.distinct()];
        self.values[before.partition_point(|&before| before <= rank) - 1]
    }
}

/// The results of all pairs of a value of one list and one of another.
pub(crate) struct Pairs {
    scale: Scale,
    a: Distinct,
    b: Distinct,
}

/// The results in (low, high], of which there are as many as the counts up to the ends differ.
#[derive(Debug, Clone, Copy)]
struct Bracket {
    low: f64,
    high: f64,
    up_to_low: u64,
    up_to_high: u64,
}

/// Long lists are thinned to so many values for a first guess.
const THIN: u64 = 4096;
/// By which shares of all pairs the guess may err; it errs by less than the first, mostly.
const MARGINS: [f64; 3] = [2e-5, 5e-4, 1e-2];
/// By which share of a bracket interpolation may err, mostly.
const INTERPOLATION: f64 = 2e-3;
/// After so many cuts what is left is taken for ties.
const PATIENCE: u32 = 8;

impl Pairs {
    /// Of two sorted lists that are not empty.
    pub(crate) fn new(scale: Scale, a: &[f64], b: &[f64]) -> Self {
        Self {
            scale,
            a: Distinct::of(a, f64::INFINITY),
            b: Distinct::of(b, f64::NAN),
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.a.len() * self.b.len()
    }

    /// How many results are at most `limit`.
    fn count(&self, limit: f64) -> u64 {
        let (a, b) = (&self.a, &self.b);
        let mut count = 0;
        self.walk(limit, |at_a, at_b, is_next_a| {
            // A mask instead of a branch, which would be mispredicted at every other step.
            count += (a.count(at_a) * b.before[at_b]) & u64::from(is_next_a).wrapping_neg();
        });
        count
    }

    /// Goes through both lists by a limit: at every step past the next value of b if its result with the next value of a
    /// is at most `limit`, and otherwise past that value of a. `step` is told where both lists are and whether it is
    /// past a: then the values of b before belong to that a, and no others.
    #[inline]
    fn walk(&self, limit: f64, step: impl FnMut(usize, usize, bool)) {
        // So that infinity, behind the last a, has every b within.
        match self.scale {
            Scale::Ratio => {
                let limit = limit.clamp(f64::MIN_POSITIVE, f64::MAX);
                self.walk_by(|a| a * limit, step);
            }
            Scale::Difference => {
                let limit = limit.clamp(f64::MIN, f64::MAX);
                self.walk_by(|a| a + limit, step);
            }
        }
    }

    /// [`walk`](Self::walk), where an a has results up to the limit with every b up to `largest` of it. Three
    /// stretches at a time, since each step waits for the one before it; none of them branches by the values.
    #[inline]
    fn walk_by(&self, largest: impl Fn(f64) -> f64, mut step: impl FnMut(usize, usize, bool)) {
        let (a, b) = (&self.a, &self.b);
        let steps = a.distinct() + b.distinct();
        let starts: [usize; 4] = std::array::from_fn(|stretch| stretch * steps / 3);
        let mut past_a: [usize; 3] = std::array::from_fn(|stretch| self.past_a(starts[stretch], &largest));
        let shortest = steps / 3;
        // A stretch is one step longer at most.
        for done in 0..=shortest {
            for stretch in 0..3 {
                if done == shortest && starts[stretch + 1] - starts[stretch] == shortest {
                    continue;
                }
                let at_a = past_a[stretch];
                let at_b = starts[stretch] + done - at_a;
                // Not a number, behind the last b, is not within anything.
                let is_within = b.values[at_b] <= largest(a.values[at_a]);
                step(at_a, at_b, !is_within);
                past_a[stretch] = at_a + usize::from(!is_within);
            }
        }
    }

    /// How many of the first so many steps of [`walk_by`](Self::walk_by) go past values of a.
    fn past_a(&self, steps: usize, largest: impl Fn(f64) -> f64) -> usize {
        let (a, b) = (&self.a, &self.b);
        let (mut low, mut high) = (steps.saturating_sub(b.distinct()), steps.min(a.distinct()));
        while low < high {
            let past_a = low + (high - low) / 2;
            // Past one more only if the last b is beyond it.
            if b.values[steps - past_a - 1] <= largest(a.values[past_a]) {
                high = past_a;
            } else {
                low = past_a + 1;
            }
        }
        low
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
        self.at_rank_and_next(rank).0
    }

    /// The results of a rank from 1 to [`len`](Self::len) and of the next one, if there is one.
    pub(crate) fn at_rank_and_next(&self, rank: u64) -> (f64, f64) {
        let rank = rank.clamp(1, self.len());
        let next = (rank + 1).min(self.len());
        let bracket = self.bracket_of(rank);
        let inside = self.inside(&bracket);
        let find = |rank: u64| {
            let mut passed = bracket.up_to_low;
            let at_rank = |(_, count): &&(f64, u64)| {
                passed += count;
                passed >= rank
            };
            let found = inside.iter().find(at_rank).or(inside.last());
            found.map_or(bracket.high, |(result, _)| *result)
        };
        let above = if next <= bracket.up_to_high {
            find(next)
        } else {
            self.at_rank(next)
        };
        (find(rank), above)
    }

    /// Few results with that of a rank among them.
    fn bracket_of(&self, rank: u64) -> Bracket {
        let mut bracket = self.whole();
        if self.a.len().min(self.b.len()) > THIN {
            self.narrow_by_guess(&mut bracket, rank);
        }
        // So many results can be sorted in the time of a few counts.
        let few = ((self.a.len() + self.b.len()) / 32).max(64);
        // One result can have as many pairs as there are values, and cannot be cut.
        let tied = 2 * (self.a.distinct() + self.b.distinct()) as u64;
        for step in 0..400 {
            let enough = if step < PATIENCE { few } else { few.max(tied) };
            if bracket.up_to_high - bracket.up_to_low <= enough || !self.narrow(&mut bracket, rank, step) {
                break;
            }
        }
        bracket
    }

    fn whole(&self) -> Bracket {
        let (a, b) = (self.a.all(), self.b.all());
        let least = self.scale.of(a[a.len() - 1], b[0]);
        let most = self.scale.of(a[0], b[b.len() - 1]);
        // A little beyond both ends: rounding must not leave a pair outside.
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
        let thin = |list: &Distinct| -> Vec<f64> {
            (0..THIN)
                .map(|i| list.at((2 * i + 1) * list.len() / (2 * THIN)))
                .collect()
        };
        let thinned = Pairs::new(self.scale, &thin(&self.a), &thin(&self.b));
        let share = rank as f64 / self.len() as f64;
        let guess = |share: f64| thinned.at_rank((share * thinned.len() as f64) as u64);
        for margin in MARGINS {
            self.cut(bracket, rank, guess(share - margin));
            if bracket.up_to_low > 0 {
                break;
            }
        }
        for margin in MARGINS {
            self.cut(bracket, rank, guess(share + margin));
            if bracket.up_to_high < self.len() {
                break;
            }
        }
    }

    /// Narrows where linear interpolation expects the rank, alternately a little below and above so
    /// that both ends move, and now and then at the middle. Whether there was a point to cut at.
    fn narrow(&self, bracket: &mut Bracket, rank: u64, step: u32) -> bool {
        let Bracket { low, high, .. } = *bracket;
        let all = (bracket.up_to_high - bracket.up_to_low) as f64;
        let share = (rank - bracket.up_to_low) as f64 / all;
        let middle = match self.scale {
            Scale::Ratio if low > 0.0 => low.sqrt() * high.sqrt(),
            _ => low + 0.5 * (high - low),
        };
        let point = match step % 3 {
            0 => low + (share - INTERPOLATION) * (high - low),
            1 => low + (share + INTERPOLATION) * (high - low),
            _ => middle,
        };
        let point = if point > low && point < high {
            point
        } else {
            middle
        };
        self.cut(bracket, rank, point)
    }

    /// Cuts a bracket at a point inside it. Whether the point is inside.
    fn cut(&self, bracket: &mut Bracket, rank: u64, point: f64) -> bool {
        if point <= bracket.low || point >= bracket.high {
            return false;
        }
        let count = self.count(point);
        if count < rank {
            (bracket.low, bracket.up_to_low) = (point, count);
        } else {
            (bracket.high, bracket.up_to_high) = (point, count);
        }
        true
    }

    /// The results inside a bracket with their counts, ascending.
    fn inside(&self, bracket: &Bracket) -> Vec<(f64, u64)> {
        let (a, b) = (&self.a, &self.b);
        let mut inside: Vec<(f64, u64)> = Vec::new();
        self.walk(bracket.low, |at_a, at_b, is_next_a| {
            // Nothing at or behind the end of b is within a limit.
            if is_next_a && b.values[at_b] <= self.largest(a.values[at_a], bracket.high) {
                let most = self.largest(a.values[at_a], bracket.high);
                let others = (at_b..b.distinct()).take_while(|&other| b.values[other] <= most);
                inside.extend(others.map(|other| {
                    let result = self.scale.of(a.values[at_a], b.values[other]);
                    (result, a.count(at_a) * b.count(other))
                }));
            }
        });
        inside.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
        inside
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
            let (found, next) = pairs.at_rank_and_next(rank as u64);
            for (found, expected) in [(found, all[rank - 1]), (next, all[rank.min(all.len() - 1)])] {
                assert!(
                    (found - expected).abs() <= 1e-12 * expected.abs(),
                    "{rank}: {found} {expected}"
                );
            }
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
