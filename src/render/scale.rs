//! Numbers as people read them. Milliseconds throughout, so that no row mixes units.

use super::digits::{Digits, apart_from_one};
use crate::stats::{Grade, Interval, Probability};
use crate::summary::QuantileSummary;
use crate::vocab::grouped;

/// How a number with such digits is shown.
pub(super) type Form = fn(f64, Digits) -> String;

/// Microseconds as milliseconds: `0.84`, `12.3`, `1,464`.
pub(super) fn millis(micros: f64) -> String {
    millis_with(micros, Digits::ALL)
}

/// Microseconds as milliseconds with no more than these digits.
pub(super) fn millis_with(micros: f64, digits: Digits) -> String {
    let millis = micros / 1000.0;
    let decimals = match millis {
        99.95.. => 0,
        9.995.. => 1,
        _ => 2,
    };
    digits.in_unit(3).fixed(millis, decimals)
}

/// A difference in milliseconds with its sign.
pub(super) fn signed_millis(micros: f64) -> String {
    signed_millis_with(micros, Digits::ALL)
}

/// The same with no more than these digits.
pub(super) fn signed_millis_with(micros: f64, digits: Digits) -> String {
    let sign = if micros < 0.0 { "−" } else { "+" };
    format!("{sign}{}", millis_with(micros.abs(), digits))
}

/// A share as a percentage: `98.9 %`, `0.25 %`, and never a rounded 0 or 100.
pub(super) fn percent(share: f64) -> String {
    percent_with(share, Digits::ALL)
}

fn percent_with(share: f64, digits: Digits) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent == 100.0 {
        return format!("{percent:.0} %");
    }
    let decimals = if (9.95..=99.0).contains(&percent) { 1 } else { 2 };
    let form = |digits: Digits| {
        let text = digits.fixed(percent, decimals);
        let is_none_or_all = text
            .parse::<f64>()
            .is_ok_and(|shown| shown == 0.0 || shown == 100.0);
        (!is_none_or_all).then(|| format!("{text} %"))
    };
    let shown = form(digits.in_unit(-2)).or_else(|| form(Digits::ALL));
    shown.unwrap_or_else(|| if percent < 50.0 { "< 0.01 %" } else { "> 99.99 %" }.to_owned())
}

/// A ratio: `0.48`, `1.003` near one.
pub(super) fn ratio(ratio: f64) -> String {
    ratio_with(ratio, Digits::ALL)
}

/// A ratio with no more than these digits.
pub(super) fn ratio_with(ratio: f64, digits: Digits) -> String {
    let decimals = match ratio {
        99.5.. => 0,
        ratio if (ratio - 1.0).abs() < 0.02 => 3,
        _ => 2,
    };
    apart_from_one(ratio, digits.fixed(ratio, decimals))
}

/// A number with its interval, each with the digits that the interval supports.
pub(super) fn with_interval(point: f64, range: Interval, form: Form) -> String {
    let digits = Digits::of(range);
    format!(
        "{} {}",
        form(point, digits),
        interval(range, |end| form(end, digits))
    )
}

/// A share and its interval with one sign for all: `2.50 % (1.76–3.55)`.
pub(super) fn percent_with_interval(share: f64, range: Interval) -> String {
    let digits = Digits::of(range);
    let plain = |share: f64| percent_with(share, digits).trim_end_matches(" %").to_owned();
    format!("{} {}", percent_with(share, digits), interval(range, plain))
}

/// An interval with each end in the given form: `(1,420–1,510)`, `(≥ 1,420)`, or nothing known.
pub(super) fn interval(interval: Interval, form: impl Fn(f64) -> String) -> String {
    match (interval.low, interval.high) {
        (Some(low), Some(high)) => {
            // A dash beside a sign is hard to read.
            let (low, high) = (form(low), form(high));
            let dash = if low.starts_with(['−', '+']) {
                " to "
            } else {
                "–"
            };
            format!("({low}{dash}{high})")
        }
        (Some(low), None) => format!("(≥ {})", form(low)),
        (None, Some(high)) => format!("(≤ {})", form(high)),
        (None, None) => "(no interval)".to_owned(),
    }
}

/// The digits that the interval of a quantile supports.
fn digits(summary: &QuantileSummary) -> Digits {
    Digits::of(summary.interval)
}

/// A quantile that may be a lower bound, in milliseconds.
pub(super) fn estimate(summary: &QuantileSummary) -> String {
    let bound = if summary.estimate.censored { "≥ " } else { "" };
    format!("{bound}{}", millis_with(summary.estimate.value, digits(summary)))
}

/// A quantile with the mark of its grade.
pub(super) fn marked(summary: &QuantileSummary) -> String {
    format!(
        "{}{}",
        estimate(summary),
        Mark::of(summary).map_or("", Mark::sign)
    )
}

/// `1 event has`, `2,000 events have`.
pub(super) fn plural(count: u64, one: &str, several: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { several })
}

/// A quantile with its interval and the mark of its grade.
pub(super) fn quantile(summary: &QuantileSummary) -> String {
    let form = |end: f64| millis_with(end, digits(summary));
    format!("{} {}", marked(summary), interval(summary.interval, form))
}

/// A footnote mark of a quantile whose sample is small for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Wide,
    LowerBoundOnly,
    MaxOnly,
}

impl Mark {
    /// The mark of a quantile, if it needs one.
    pub(super) fn of(summary: &QuantileSummary) -> Option<Self> {
        match summary.grade {
            Grade::Ok => None,
            Grade::Wide => Some(Self::Wide),
            Grade::LowerBoundOnly => Some(Self::LowerBoundOnly),
            Grade::MaxOnly => Some(Self::MaxOnly),
        }
    }

    /// The mark itself.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Wide => "*",
            Self::LowerBoundOnly => "†",
            Self::MaxOnly => "‡",
        }
    }
}

/// What the marks of these quantiles mean, one line each.
pub(super) fn footnotes<'a>(quantiles: impl IntoIterator<Item = &'a QuantileSummary>) -> Vec<String> {
    let quantiles: Vec<&QuantileSummary> = quantiles.into_iter().collect();
    let labels = |mark: Mark| -> Vec<Probability> {
        let mut found: Vec<Probability> = quantiles
            .iter()
            .filter(|summary| Mark::of(summary) == Some(mark))
            .map(|summary| summary.p)
            .collect();
        found.sort_by(|a, b| a.as_f64().total_cmp(&b.as_f64()));
        found.dedup();
        found
    };
    let needs = |probabilities: &[Probability], need: &dyn Fn(Probability) -> u64| {
        let texts: Vec<String> = probabilities
            .iter()
            .map(|p| format!("{} {}", p.label(), grouped(need(*p))))
            .collect();
        texts.join(", ")
    };
    let finite = |p: Probability| {
        quantiles
            .iter()
            .find(|summary| summary.p == p)
            .map_or(0, |summary| summary.n_needed)
    };
    let mut notes = Vec::new();
    let wide = labels(Mark::Wide);
    if !wide.is_empty() {
        let comfortable = |p: Probability| (10.0 / p.complement()).round() as u64;
        notes.push(format!(
            "* few requests, wide interval; comfortable from: {}",
            needs(&wide, &comfortable)
        ));
    }
    let bound = labels(Mark::LowerBoundOnly);
    if !bound.is_empty() {
        notes.push(format!(
            "† too few requests for an upper end; needed: {}",
            needs(&bound, &finite)
        ));
    }
    let max = labels(Mark::MaxOnly);
    if !max.is_empty() {
        notes.push(format!(
            "‡ too few requests for the quantile itself: it is the largest value seen; needed: {}",
            needs(&max, &finite)
        ));
    }
    let is_open =
        |summary: &&QuantileSummary| summary.interval.high.is_none() && summary.grade >= Grade::Wide;
    if quantiles.iter().any(is_open) {
        notes.push("(≥ …) the upper end falls among timeouts".to_owned());
    }
    if quantiles.iter().any(|summary| summary.estimate.censored) {
        notes.push("≥ falls among timeouts, so it is a lower bound".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits_or_whole_milliseconds() {
        for (micros, text) in [
            (0.0, "0.00"),
            (840.0, "0.84"),
            (9_994.0, "9.99"),
            (9_996.0, "10.0"),
            (12_340.0, "12.3"),
            (99_960.0, "100"),
            (1_464_400.0, "1,464"),
            (900_000_000.0, "900,000"),
            (1_234_567_000.0, "1,234,567"),
        ] {
            assert_eq!(millis(micros), text);
        }
    }

    #[test]
    fn a_share_is_never_rounded_to_none_or_all() {
        for (share, text) in [
            (0.989, "98.9 %"),
            (0.9934, "99.34 %"),
            (0.025, "2.50 %"),
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.000_001, "< 0.01 %"),
            (0.999_999, "> 99.99 %"),
        ] {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn an_unknown_end_is_said() {
        let show = |low, high| interval(Interval { low, high }, millis);
        assert_eq!(show(Some(1_000_000.0), Some(2_000_000.0)), "(1,000–2,000)");
        assert_eq!(show(Some(1_000_000.0), None), "(≥ 1,000)");
        assert_eq!(show(None, None), "(no interval)");
        assert_eq!(ratio(0.481), "0.48");
        assert_eq!(ratio(1.0114), "1.011");
        let range = Interval {
            low: Some(0.0176),
            high: Some(0.0355),
        };
        assert_eq!(percent_with_interval(0.025, range), "2.50 % (1.76–3.55)");
    }
}
