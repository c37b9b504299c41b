//! A series of yes and no, 64 to a word, and its autocovariance.

/// Zeros and ones in order.
#[derive(Debug)]
pub(crate) struct Bits {
    words: Vec<u64>,
    len: usize,
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
        Self {
            words: items.chunks(64).map(word).collect(),
            len: items.len(),
        }
    }

    /// How many are one.
    pub(crate) fn ones(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
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

    /// How many of the first `count` are one.
    fn ones_before(&self, count: usize) -> u64 {
        let (whole, rest) = (count / 64, count % 64);
        let full: u64 = self.words[..whole]
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum();
        let part = self.words.get(whole).map_or(0, |word| word & ((1 << rest) - 1));
        full + u64::from(part.count_ones())
    }

    /// How many ones have another one `lag` further on.
    fn pairs(&self, lag: usize) -> u64 {
        let (skip, shift) = (lag / 64, lag % 64);
        let Some(ahead) = self.words.get(skip..) else {
            return 0;
        };
        let both = |(word, ahead): (&u64, u64)| u64::from((word & ahead).count_ones());
        if shift == 0 {
            return self.words.iter().zip(ahead.iter().copied()).map(both).sum();
        }
        let joined = ahead
            .windows(2)
            .map(|pair| pair[0] >> shift | pair[1] << (64 - shift));
        let last = ahead.last().map(|word| word >> shift);
        self.words.iter().zip(joined.chain(last)).map(both).sum()
    }

    /// n³ times the autocovariance at a lag, which is (1/n)·Σ(I₍ₜ₎ − Ī)(I₍ₜ₊ₖ₎ − Ī), exactly.
    pub(crate) fn autocovariance(&self, lag: usize) -> i128 {
        if lag >= self.len {
            return 0;
        }
        let (n, ones, rest) = (self.len as i128, self.ones() as i128, (self.len - lag) as i128);
        let head = self.ones_before(self.len - lag) as i128;
        let tail = ones - self.ones_before(lag) as i128;
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
