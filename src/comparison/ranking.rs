//! Several candidates against one baseline.

use super::compare::Comparison;
use super::control::ControlState;
use super::quantiles::ComparedQuantile;
use crate::stats::{Verdict, holm};

/// Candidates against the same baseline, the one with the smallest ratio at the primary quantile first, and those without
/// a ratio last.
#[derive(Debug, Clone, Default)]
pub struct Ranking {
    /// The candidates, in this order. At least one.
    pub ranked: Vec<Ranked>,
}

/// One candidate.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// It against the baseline.
    pub comparison: Comparison,
    /// The two-sided p-value of "nothing differs" at the primary quantile, adjusted by Holm for the number of candidates;
    /// nothing where nothing can be said of it.
    pub holm_p: Option<f64>,
}

impl Ranking {
    /// Ranks comparisons that have one baseline.
    pub fn of(comparisons: Vec<Comparison>) -> Self {
        let p_value = |comparison: &Comparison| {
            let headline = comparison.headline()?;
            headline.verdict?;
            let smaller = headline.comparison?.confidence_candidate_smaller;
            Some(2.0 * smaller.min(1.0 - smaller))
        };
        let told: Vec<f64> = comparisons.iter().filter_map(p_value).collect();
        let mut adjusted = holm(&told).into_iter();
        let mut ranked: Vec<Ranked> = comparisons
            .into_iter()
            .map(|comparison| Ranked {
                holm_p: p_value(&comparison).and_then(|_| adjusted.next()),
                comparison,
            })
            .collect();
        let ratio = |of: &Ranked| of.ratio().unwrap_or(f64::INFINITY);
        ranked.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
        Self { ranked }
    }

    /// Those that are shown to be faster than the baseline among all candidates, in a comparison that nothing else explains.
    pub fn faster(&self) -> impl Iterator<Item = &Ranked> {
        self.ranked
            .iter()
            .filter(|of| of.verdict() == Some(Verdict::Improved) && !of.is_confounded())
    }
}

impl Ranked {
    /// The compared primary quantile.
    pub fn headline(&self) -> Option<&ComparedQuantile> {
        self.comparison.headline()
    }

    /// Its ratio, candidate over baseline, if it has one.
    pub fn ratio(&self) -> Option<f64> {
        self.headline()?.comparison?.ratio
    }

    /// What the ratio proves among all candidates: a claim that does not hold among them is none.
    pub fn verdict(&self) -> Option<Verdict> {
        match self.is_claim_too_many() {
            true => Some(Verdict::Inconclusive),
            false => self.headline()?.verdict,
        }
    }

    /// Whether its ratio alone claims a change that does not hold among all candidates, at 5 %.
    pub fn is_claim_too_many(&self) -> bool {
        let verdict = self.headline().and_then(|found| found.verdict);
        let claims = matches!(verdict, Some(Verdict::Improved | Verdict::Regressed));
        claims && self.holm_p.is_some_and(|p| p > 0.05)
    }

    /// Whether something else than the model differs from the baseline.
    pub fn is_confounded(&self) -> bool {
        self.comparison.control.state() == ControlState::Confounded
    }
}
