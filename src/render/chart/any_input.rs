//! That labels are apart and figures sound whatever is drawn.

use super::trial::{checked, round};
use super::{MAX_SERIES, cost, ecdf, inference_share, over_time, ratios, tokens};
use crate::comparison::drawn::{
    BINS, ComparedRatio, CostPoint, CostPoints, Ecdf, EcdfPoint, Ecdfs, InferenceShareOf, InferenceShares,
    Moment, OverTime, OverTimeOf, OverTimePoint, Ratios, RatiosOf, SingleRequest, Stretch, TimeScale,
    Timeline, TokenLine, TokenPoint, TokenPoints, TokenPointsOf, Unpriced,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z.:-]{0,60}", "[WM@%]{1,60}", "\\PC{0,60}", any::<String>()]
}

/// Milliseconds from none to years.
fn ms() -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(0.0), 8 => (-3.0..7.0_f64).prop_map(|exponent| round(10_f64.powf(exponent))), 1 => Just(9e10)]
}

fn count() -> impl Strategy<Value = usize> {
    prop_oneof![0..3_usize, 0..2000_usize, Just(123_456_789_usize)]
}

/// Ascending steps of a share of the requests.
fn one_ecdf() -> impl Strategy<Value = Ecdf> {
    (name(), 0..MAX_SERIES, count(), count(), vec(ms(), 0..70)).prop_map(
        |(name, place, requests, timed_out, mut times)| {
            times.sort_by(f64::total_cmp);
            times.dedup();
            let timed_out = timed_out.min(requests);
            let reached = if timed_out > 0 { 0.7 } else { 1.0 };
            let count = times.len() as f64;
            let points: Vec<EcdfPoint> = (1..)
                .zip(&times)
                .map(|(at, &ms)| EcdfPoint {
                    ms,
                    share: round(reached * f64::from(at) / count),
                })
                .collect();
            Ecdf {
                name,
                place,
                requests,
                timed_out,
                stopped_from_ms: (timed_out > 0).then_some(15_000.0),
                p50_ms: points.get(points.len() / 2).map(|point| point.ms),
                p90_ms: None,
                points,
            }
        },
    )
}

fn one_ratio() -> impl Strategy<Value = ComparedRatio> {
    let ratio = || option::of((-4.0..4.0_f64).prop_map(|exponent| round(10_f64.powf(exponent))));
    let verdict = option::of(prop_oneof![
        Just("improved"),
        Just("regressed"),
        Just("inconclusive")
    ]);
    (name(), name(), any::<bool>(), ratio(), ratio(), ratio(), verdict).prop_map(
        |(metric, quantile, is_primary, ratio, low, high, verdict)| ComparedRatio {
            metric,
            quantile,
            is_primary,
            ratio,
            low: low.map(|low| ratio.map_or(low, |ratio| low.min(ratio))),
            high: high.map(|high| ratio.map_or(high, |ratio| high.max(ratio))),
            verdict: verdict.map(str::to_owned),
            is_claim_too_many: is_primary,
        },
    )
}

fn moments(from: i64, length: i64) -> impl Strategy<Value = Vec<Moment>> {
    vec((0.0..1.0_f64, 1..9_usize), 0..150).prop_map(move |moments| {
        let moment = |(share, count): (f64, usize)| Moment {
            at_ms: from + (length as f64 * share) as i64,
            count,
        };
        moments.into_iter().map(moment).collect()
    })
}

fn one_over_time(from: i64, length: i64) -> impl Strategy<Value = OverTimeOf> {
    let at = move |share: f64| from + (length as f64 * share) as i64;
    let points = vec((0.0..1.0_f64, ms(), ms(), 0..9_u8), 1..40).prop_map(move |mut points| {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let point = |(share, one, other, kind): (f64, f64, f64, u8)| OverTimePoint {
            at_ms: at(share),
            is_first: kind == 0,
            p50_ms: one.min(other),
            p50_is_at_least: kind == 1,
            p95_ms: one.max(other),
            p95_is_at_least: kind < 3,
        };
        points.into_iter().map(point).collect::<Vec<_>>()
    });
    let single = vec((0.0..1.0_f64, ms(), any::<bool>()), 0..20).prop_map(move |single| {
        let request = |(share, ms, is_at_least): (f64, f64, bool)| SingleRequest {
            at_ms: at(share),
            ms,
            is_at_least,
        };
        single.into_iter().map(request).collect::<Vec<_>>()
    });
    let counts = (count(), count(), count(), count(), count());
    (
        name(),
        0..MAX_SERIES,
        counts,
        option::of(count()),
        points,
        single,
        moments(from, length),
    )
        .prop_map(
            |(name, place, counts, excerpt_of, points, single, moments)| OverTimeOf {
                name,
                place,
                requests: counts.0,
                untimed: counts.1,
                excerpt_of,
                window: 40 + counts.0 / 20,
                points,
                single,
                cold_count: counts.2,
                cold: moments.clone(),
                failed_count: counts.3,
                failed: moments.clone(),
                timed_out_count: counts.4,
                timed_out: moments,
            },
        )
}

fn one_of_tokens() -> impl Strategy<Value = TokenPointsOf> {
    let line = option::of((-1e4..1e5_f64, -10.0..100.0_f64));
    (
        name(),
        0..MAX_SERIES,
        count(),
        vec((1..100_000_u32, ms()), 0..60),
        line,
    )
        .prop_map(|(name, place, told, mut points, line)| {
            points.sort_by_key(|point| point.0);
            let ends = points
                .first()
                .zip(points.last())
                .map(|(first, last)| (first.0, last.0));
            let (from, to) = ends.unwrap_or((1, 1));
            let point = |(tokens, ms): (u32, f64)| TokenPoint {
                tokens: f64::from(tokens),
                ms,
            };
            TokenPointsOf {
                name,
                place,
                told,
                points: points.into_iter().map(point).collect(),
                line: line.map(|(fixed_ms, ms_per_token)| TokenLine {
                    fixed_ms: round(fixed_ms),
                    ms_per_token: round(ms_per_token),
                    from_tokens: f64::from(from),
                    to_tokens: f64::from(to),
                }),
            }
        })
}

fn one_share() -> impl Strategy<Value = InferenceShareOf> {
    let counts = (count(), count(), count(), count());
    (
        name(),
        0..MAX_SERIES,
        counts,
        vec(0.0..0.3_f64, BINS),
        vec(0.0..1.0_f64, 3),
    )
        .prop_map(|(name, place, counts, bins, mut quantiles)| {
            quantiles.sort_by(f64::total_cmp);
            InferenceShareOf {
                name,
                place,
                requests: counts.0,
                timed_out: counts.1,
                untold: counts.2,
                below: counts.3,
                bins: bins.into_iter().map(round).collect(),
                p5: round(quantiles[0]),
                p50: round(quantiles[1]),
                p95: round(quantiles[2]),
            }
        })
}

fn one_cost() -> impl Strategy<Value = CostPoint> {
    let usd = prop_oneof![
        Just(0.0),
        (-6.0..5.0_f64).prop_map(|exponent| round(10_f64.powf(exponent)))
    ];
    (name(), 0..MAX_SERIES, usd, ms(), any::<bool>(), any::<bool>()).prop_map(
        |(name, place, usd, p95_ms, is_at_least, is_open)| CostPoint {
            name,
            place,
            usd,
            usd_interval: (!is_open).then_some([round(0.5 * usd), round(1.7 * usd)]),
            p95_ms,
            is_at_least,
            low_ms: (!is_open).then_some(round(0.4 * p95_ms)),
            high_ms: (!is_open && !is_at_least).then_some(round(3.0 * p95_ms)),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn labels_of_any_distribution_functions_are_apart(metric in name(), series in vec(one_ecdf(), 1..=MAX_SERIES)) {
        let scale = TimeScale { low_ms: 0.001, high_ms: 3_600_000.0, is_logarithmic: true };
        checked("", &Ecdfs { metric, scale, series }, ecdf::lay_out, ecdf);
    }

    #[test]
    fn labels_of_any_ratios_are_apart(
        baseline in name(), margin in prop_oneof![Just(0.0), 0.01..3.0_f64],
        candidates in vec((name(), vec(one_ratio(), 1..=16)), 1..=MAX_SERIES),
    ) {
        let candidates = candidates.into_iter().enumerate().map(|(place, (name, ratios))| RatiosOf { name, place, ratios });
        let mut data = Ratios { baseline, margin: round(margin), candidates: candidates.collect() };
        data.candidates[0].ratios[0].ratio = Some(1.0);
        checked("", &data, ratios::lay_out, ratios);
    }

    #[test]
    fn labels_over_any_time_are_apart(
        (stretches, series) in (0..4_000_000_000_000_i64, vec((0..9_000_000_000_i64, 1..90_000_000_000_i64), 1..=6)).prop_flat_map(|(from, parts)| {
            let mut end = from;
            let stretches: Vec<Stretch> = parts.iter().map(|(length, pause)| {
                let stretch = Stretch { from_ms: end, to_ms: end + length };
                end += length + pause;
                stretch
            }).collect();
            (Just(stretches), vec(one_over_time(from, end - from), 1..=MAX_SERIES))
        }),
    ) {
        checked("", &OverTime { timeline: Timeline { stretches }, series }, over_time::lay_out, over_time);
    }

    #[test]
    fn labels_by_any_tokens_are_apart(series in vec(one_of_tokens(), 1..=MAX_SERIES)) {
        if series.iter().any(|series| !series.points.is_empty()) {
            checked("", &TokenPoints { series }, tokens::lay_out, tokens);
        }
    }

    #[test]
    fn labels_of_any_shares_are_apart(room in 0..4_u32, series in vec(one_share(), 1..=MAX_SERIES)) {
        let from = round(1.0 - 0.1_f64.powi(room as i32));
        checked("", &InferenceShares { from, series }, inference_share::lay_out, inference_share);
    }

    #[test]
    fn labels_of_any_costs_are_apart(points in vec(one_cost(), 1..=MAX_SERIES), left_out in vec(name(), 0..MAX_SERIES)) {
        let left_out = left_out.into_iter().map(|name| Unpriced { name, why: "no price is known".to_owned() });
        let data = CostPoints {
            architecture: "x86_64".to_owned(),
            date: "2026-11-26".to_owned(),
            points,
            left_out: left_out.collect(),
        };
        checked("", &data, cost::lay_out, cost);
    }
}
