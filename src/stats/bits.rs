//! A series of yes and no, 64 to a word, and its autocovariance.

/// Zeros and ones in order.
#[derive(Debug, Clone)]
pub(crate) struct Bits {
    words: Vec<u64>,
    len: usize,
    ones: u64,
}

impl Bits {
    /// One for every item that `is_one` says so of.
    pub(crate) fn of<T>(items: &[T], is_one: impl Fn(&T) -> bool) -> Self {
        let word = |chunk: &[T]| {
            chunk
                .iter()
                .enumerate()
                .fold(0, |word, (at, item)| word | u64::from(is_one(item)) << at)
        };
        let words: Vec<u64> = items.chunks(64).map(word).collect();
        Self {
            ones: words.iter().map(|word| u64::from(word.count_ones())).sum(),
            words,
            len: items.len(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many are one.
    pub(crate) fn ones(&self) -> u64 {
        self.ones
    }

    /// Where the ones are, counted from 0, ascending.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            std::iter::successors((word != 0).then_some(word), |word| {
                let rest = word & (word - 1);
                (rest != 0).then_some(rest)
            })
            .map(move |word| 64 * at + word.trailing_zeros() as usize)
        })
    }

    /// How many from `start` to before `end` are one.
    pub(crate) fn ones_between(&self, start: usize, end: usize) -> u64 {
        let first = start / 64;
        let counted = self.words[first..end.div_ceil(64)]
            .iter()
            .enumerate()
            .map(|(at, &word)| {
                let position = 64 * (first + at);
                let from = u64::MAX << start.saturating_sub(position).min(63);
                let to = u64::MAX >> (position + 64).saturating_sub(end).min(63);
                u64::from((word & from & to).count_ones())
            });
        if start < end { counted.sum() } else { 0 }
    }

    /// How many ones have another one `lag` further on.
    fn pairs(&self, lag: usize) -> u64 {
        let (skip, shift) = (lag / 64, lag % 64);
        let Some(ahead) = self.words.get(skip..) else {
            return 0;
        };
        let both = |word: &u64, ahead: u64| u64::from((word & ahead).count_ones());
        let words = self.words.iter();
        if shift == 0 {
            return words.zip(ahead).map(|(word, &ahead)| both(word, ahead)).sum();
        }
        let joined = |pair: &[u64]| pair[0] >> shift | pair[1] << (64 - shift);
        let all_but_last = words
            .zip(ahead.windows(2))
            .map(|(word, pair)| both(word, joined(pair)));
        let last = ahead
            .last()
            .map_or(0, |last| both(&self.words[ahead.len() - 1], last >> shift));
        all_but_last.sum::<u64>() + last
    }

    /// n³ times the autocovariance at a lag, which is (1/n)·Σ(I₍ₜ₎ − Ī)(I₍ₜ₊ₖ₎ − Ī), exactly.
    pub(crate) fn autocovariance(&self, lag: usize) -> i128 {
        if lag >= self.len {
            return 0;
        }
        let (n, ones, rest) = (self.len as i128, self.ones as i128, (self.len - lag) as i128);
        let head = ones - self.ones_between(self.len - lag, self.len) as i128;
        let tail = ones - self.ones_between(0, lag) as i128;
        // Σ I₍ₜ₎I₍ₜ₊ₖ₎ − Ī·(Σ I₍ₜ₎ + Σ I₍ₜ₊ₖ₎) + (n − k)·Ī², times n².
        n * n * self.pairs(lag) as i128 - n * ones * (head + tail) + rest * ones * ones
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_sum_of_products(series in vec(proptest::bool::weighted(0.3), 0..300), lag in 0_usize..310) {
            let bits = Bits::of(&series, |&one| one);
            let n = series.len() as i128;
            let ones = series.iter().filter(|&&one| one).count() as i128;
            let centred = |one: bool| n * i128::from(one) - ones;
            let sum: i128 = series.iter().zip(series.iter().skip(lag)).map(|(&a, &b)| centred(a) * centred(b)).sum();
            prop_assert_eq!(bits.autocovariance(lag), sum);
            let positions: Vec<usize> = (0..series.len()).filter(|&at| series[at]).collect();
            prop_assert_eq!(bits.positions().collect::<Vec<_>>(), positions);
        }
    }
}
