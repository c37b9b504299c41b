//! Both sides compared prompt by prompt, where they were given the same ones.

use crate::dataset::Columns;
use crate::stats::{Confidence, KeyedPairs, Paired};
use crate::summary::{Failures, Metric, is_in_sample, value_of};

/// Total time of the same prompts on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PromptPairs {
    /// The share of all different prompts that both sides were given.
    pub share: f64,
    /// How many stopped requests are in it, at the limit where they were stopped.
    pub stopped: usize,
    /// The comparison; absent where too few prompts are common, or a time is 0.
    pub paired: Option<Paired>,
}

impl PromptPairs {
    /// Pairs the requests of two sides. `None` unless some of each tell prompts apart.
    pub(super) fn of(rows: [&Columns; 2], failures: Failures) -> Option<Self> {
        let mut stopped = 0;
        let keyed = rows.map(|rows| {
            let told = (0..rows.len())
                .filter(|&row| is_in_sample(rows, failures, row))
                .filter_map(|row| {
                    let prompt = rows.facts.prompt.get(row)?;
                    let (total, is_bound) = value_of(rows, row, Metric::Total)?;
                    stopped += usize::from(is_bound);
                    Some((prompt, total as f64))
                });
            let mut keyed = Vec::with_capacity(rows.len());
            keyed.extend(told);
            keyed
        });
        if keyed.iter().any(Vec::is_empty) {
            return None;
        }
        let [baseline, candidate] = keyed;
        let KeyedPairs { share, pairs } = KeyedPairs::of(baseline, candidate)?;
        let is_worth_it = share >= Paired::LEAST_SHARE;
        Some(Self {
            share,
            stopped,
            paired: is_worth_it.then(|| Paired::of(&pairs, Confidence::C95)).flatten(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::Outcome;

    /// Requests with these prompts, each taking its own time, so many times.
    fn rows(prompts: &[u64], factor: u64) -> Columns {
        let count = prompts.len();
        let mut rows = Columns {
            outcome: vec![Outcome::Success as u32; count],
            duration_us: prompts
                .iter()
                .map(|prompt| (1000 + prompt * 377 % 5000) * factor)
                .collect(),
            init_us: vec![None; count].into(),
            inference_us: vec![None; count].into(),
            inference_is_bound: vec![false; count],
            ..Columns::default()
        };
        rows.facts.prompt = prompts.iter().copied().map(Some).collect();
        rows
    }

    #[test]
    fn each_prompt_is_compared_with_itself() {
        let prompts: Vec<u64> = (0..100).collect();
        let (base, mut cand) = (rows(&prompts, 10), rows(&prompts, 8));
        let of = |base: &Columns, cand: &Columns| PromptPairs::of([base, cand], Failures::Apart);
        let found = of(&base, &cand).unwrap();
        let paired = found.paired.unwrap();
        assert_eq!((found.share, found.stopped, paired.pairs), (1.0, 0, 100));
        assert!((paired.ratio - 0.8).abs() < 1e-9 && paired.signed_rank.p < 1e-9);
        cand.outcome[3] = Outcome::Timeout as u32;
        assert_eq!(of(&base, &cand).unwrap().stopped, 1);
        // 80 of 120 different prompts are common.
        let others = rows(&(20..120).collect::<Vec<u64>>(), 8);
        let found = of(&base, &others).unwrap();
        assert!((found.share - 80.0 / 120.0).abs() < 1e-12 && found.paired.is_none());
        cand.facts.prompt = Vec::new().into();
        assert_eq!(of(&base, &cand), None);
    }
}
