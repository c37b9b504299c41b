//! Numbers as people read them. Milliseconds throughout, so that no row mixes units.

use crate::stats::{Grade, Interval, Probability, Quantile};
use crate::summary::QuantileSummary;
use crate::vocab::grouped;

/// Microseconds as milliseconds: `0.84`, `12.3`, `1,464`.
pub(super) fn millis(micros: f64) -> String {
    let millis = micros / 1000.0;
    if millis >= 99.95 {
        grouped(millis.round() as u64)
    } else if millis >= 9.995 {
        format!("{millis:.1}")
    } else {
        format!("{millis:.2}")
    }
}

/// A share as a percentage: `98.9 %`, `0.25 %`, and never a rounded 0 or 100.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent == 100.0 {
        return format!("{percent:.0} %");
    }
    let decimals = if (9.95..=99.0).contains(&percent) { 1 } else { 2 };
    let text = format!("{percent:.decimals$}");
    let rounded: f64 = text.parse().unwrap_or(percent);
    if rounded == 0.0 {
        "< 0.01 %".to_owned()
    } else if rounded == 100.0 {
        "> 99.99 %".to_owned()
    } else {
        format!("{text} %")
    }
}

/// A ratio: `0.48`, `1.003` near one.
pub(super) fn ratio(ratio: f64) -> String {
    if ratio >= 99.5 {
        format!("{ratio:.0}")
    } else if (ratio - 1.0).abs() < 0.02 {
        format!("{ratio:.3}")
    } else {
        format!("{ratio:.2}")
    }
}

/// A share and its interval with one sign for all: `2.50 % (1.76–3.55)`.
pub(super) fn percent_with_interval(share: f64, range: Interval) -> String {
    let plain = |share: f64| percent(share).trim_end_matches(" %").to_owned();
    format!("{} {}", percent(share), interval(range, plain))
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

/// A quantile that may be a lower bound.
pub(super) fn estimate(quantile: Quantile) -> String {
    let bound = if quantile.censored { "≥ " } else { "" };
    format!("{bound}{}", millis(quantile.value))
}

/// A quantile with the mark of its grade.
pub(super) fn marked(summary: &QuantileSummary) -> String {
    format!(
        "{}{}",
        estimate(summary.estimate),
        Mark::of(summary).map_or("", Mark::sign)
    )
}

/// `1 event has`, `2,000 events have`.
pub(super) fn plural(count: u64, one: &str, several: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { several })
}

/// A quantile with its interval and the mark of its grade.
pub(super) fn quantile(summary: &QuantileSummary) -> String {
    format!("{} {}", marked(summary), interval(summary.interval, millis))
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
