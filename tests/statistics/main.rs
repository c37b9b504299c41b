//! The statistics against reference values that numpy and scipy computed, which are kept with their
//! tolerances in `../vectors/statistics.json`.

// A test may stop where a vector is not what it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adjustment;
mod comparison;
mod conditions;
mod decisions;
mod effects;

use latscope::stats::{
    Attribution, Bucket, Confidence, Histogram, Interval, Probability, Proportion, Sample, Share,
    continuous_binomial_quantile, highest_finite_quantile, min_n_two_sided, order_statistic_ranks,
};
use serde_json::Value;
use std::sync::LazyLock;

static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/statistics.json")).unwrap());

/// Values that scipy computed from closed forms.
const EXACT: f64 = 1e-9;
/// Ends of intervals that come from a grid.
const GRID: f64 = 1e-6;

fn rows(key: &str) -> &'static [Value] {
    let vector = &VECTORS[key];
    let rows = vector.as_array().or_else(|| vector["rows"].as_array()).unwrap();
    assert!(!rows.is_empty());
    rows
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("inf") => f64::INFINITY,
        Some("-inf") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap(),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// A probability, written as a number or as [numerator, denominator].
fn probability(value: &Value) -> Probability {
    let percent = match value.as_array() {
        Some(ratio) => 100.0 * number(&ratio[0]) / number(&ratio[1]),
        None => 100.0 * number(value),
    };
    let p = Probability::parse(&format!("{percent:.6}")).unwrap();
    assert!((100.0 * p.as_f64() - percent).abs() < 1e-9);
    p
}

fn confidence(value: &Value) -> Confidence {
    Confidence::new(probability(value))
}

fn values(name: &Value) -> Vec<f64> {
    let data = &VECTORS["data"][name.as_str().unwrap()];
    match data["n"].as_u64() {
        Some(n) => (0..n)
            .map(|i| 100.0 + ((i * 7919) % n).pow(2) as f64 / 50_000.0)
            .collect(),
        None => numbers(data),
    }
}

fn sample(name: &Value) -> Sample {
    Sample::new(values(name)).unwrap()
}

#[track_caller]
fn assert_close(actual: f64, expected: f64, tolerance: f64, what: &Value) {
    let close = actual == expected || (actual - expected).abs() <= tolerance * expected.abs();
    assert!(close, "{actual} instead of {expected} in {what}");
}

#[track_caller]
fn assert_interval(actual: Interval, expected: &Value, below: f64, tolerance: f64, what: &Value) {
    assert_close(actual.low.unwrap_or(below), number(&expected[0]), tolerance, what);
    assert_close(
        actual.high.unwrap_or(f64::INFINITY),
        number(&expected[1]),
        tolerance,
        what,
    );
}

#[test]
fn quantiles() {
    for row in rows("1_quantiles") {
        let (sample, p) = (sample(&row["data"]), probability(&row["p"]));
        assert_eq!(sample.len() as u64, row["n"].as_u64().unwrap());
        assert_eq!(
            p.rank(sample.len() as u64),
            row["nearest_rank_k"].as_u64().unwrap()
        );
        assert_eq!(sample.nearest_rank(p).value, number(&row["nearest_rank"]));
        assert_close(sample.quantile(p).value, number(&row["hf8"]), EXACT, row);
        assert!(!sample.quantile(p).censored);
    }
}

#[test]
fn rank_hazard() {
    let mut hazards = 0;
    for row in rows("1_rank_hazard") {
        let n = row["n"].as_u64().unwrap();
        assert_eq!(
            probability(&row["p"]).rank(n),
            row["exact_rank"].as_u64().unwrap(),
            "{row}"
        );
        hazards += usize::from(row["naive_f64_ceil"] != row["exact_rank"]);
    }
    assert!(hazards >= 3);
}

#[test]
fn min_n() {
    let vector = &VECTORS["1_min_n"];
    let ratio = |text: &str| {
        let (numerator, denominator) = text.split_once('/').unwrap();
        let part = |text: &str| Value::from(text.parse::<u64>().unwrap());
        probability(&Value::from(vec![part(numerator), part(denominator)]))
    };
    for (level, expected) in vector["two_sided"].as_object().unwrap() {
        let level = confidence(&Value::from(level.parse::<f64>().unwrap()));
        for (p, n) in expected.as_object().unwrap() {
            assert_eq!(min_n_two_sided(ratio(p), level), n.as_u64().unwrap(), "{p}");
        }
    }
    for (p, n) in vector["max_is_the_estimate_nearest_rank"].as_object().unwrap() {
        let (p, n) = (ratio(p), n.as_u64().unwrap());
        assert_eq!((p.rank(n), p.rank(n + 1)), (n, n));
    }
    for (n, p) in vector["highest_estimable_quantile_95"].as_object().unwrap() {
        let n = n.parse().unwrap();
        assert_close(highest_finite_quantile(n, Confidence::C95), number(p), EXACT, p);
    }
}

#[test]
fn order_statistic_indices() {
    for row in rows("2_order_stat_indices") {
        let n = row["n"].as_u64().unwrap();
        let ranks = order_statistic_ranks(n, probability(&row["p"]), confidence(&row["conf"]));
        assert_eq!(ranks.low.unwrap_or(0), row["L"].as_u64().unwrap(), "{row}");
        assert_eq!(ranks.high.unwrap_or(n + 1), row["U"].as_u64().unwrap(), "{row}");
    }
}

#[test]
fn continuous_binomial() {
    let t = |row: &Value| {
        let (u, m, p) = (number(&row["u"]), number(&row["m"]), probability(&row["p"]));
        continuous_binomial_quantile(u, m, p).unwrap()
    };
    for row in rows("2_continuous_binomial") {
        assert_close(t(row), number(&row["t"]), EXACT, row);
    }
    for row in VECTORS["2_continuous_binomial"]["cornish_fisher"]
        .as_array()
        .unwrap()
    {
        assert_close(t(row), number(&row["cf"]), EXACT, row);
        assert!((t(row) - number(&row["exact"])).abs() < 0.01, "{row}");
    }
}

#[test]
fn single_quantile_interval() {
    for row in rows("2_single_quantile_ci") {
        let (sample, p) = (sample(&row["data"]), probability(&row["p"]));
        let ranks = order_statistic_ranks(sample.len() as u64, p, Confidence::C95);
        let value = |rank: Option<u64>| rank.map(|rank| sample.values()[rank as usize - 1]);
        let exact = Interval {
            low: value(ranks.low),
            high: value(ranks.high),
        };
        assert_interval(exact, &row["exact"], f64::NEG_INFINITY, 0.0, row);
        let interval = sample.interval(p, Confidence::C95);
        assert_interval(interval, &row["interpolated"], f64::NEG_INFINITY, GRID, row);
    }
}

#[test]
fn effective_size_interval() {
    for row in rows("2_effective_n_ci") {
        let sample = sample(&row["data"])
            .with_effective_size(number(&row["n_eff"]))
            .unwrap();
        let interval = sample.interval(probability(&row["p"]), Confidence::C95);
        assert_interval(interval, &row["ci"], f64::NEG_INFINITY, GRID, row);
    }
}

#[test]
fn single_timeout() {
    let vector = &VECTORS["8_single_timeout"];
    let timeouts = vector["timeouts"].as_u64().unwrap() as usize;
    let complete = values(&Value::from("a120"));
    let sample = Sample::with_censored(complete.clone(), vec![3000.0; timeouts]).unwrap();
    let dropped = Sample::new(complete).unwrap();
    assert_eq!(sample.len() as u64, vector["n"].as_u64().unwrap());
    for row in rows("8_single_timeout") {
        let p = probability(&row["p"]);
        let nearest = sample.nearest_rank(p);
        assert_eq!(p.rank(sample.len() as u64), row["rank"].as_u64().unwrap());
        assert_eq!(
            dropped.nearest_rank(p).value,
            number(&row["dropped_timeouts_would_say"])
        );
        if row["value"].is_string() {
            assert_eq!((nearest.value, nearest.censored), (3000.0, true));
        } else {
            assert_eq!((nearest.value, nearest.censored), (number(&row["value"]), false));
        }
    }
}

#[test]
fn inference_share() {
    let vector = &VECTORS["6_inference_share"];
    let (part, whole) = (numbers(&vector["inference_ms"]), numbers(&vector["duration_ms"]));
    let pairs = part.iter().copied().zip(whole.iter().copied()).collect();
    let share = Share::from_pairs(pairs).unwrap();
    let check = |actual: f64, key: &str| assert_close(actual, number(&vector[key]), EXACT, vector);
    check(share.ratio_of_sums(), "share");
    check(share.median_of_ratios().unwrap(), "median_of_ratios");
    let interval = share.interval(Confidence::C95).unwrap();
    assert_interval(interval, &vector["ci_logit_t"], 0.0, EXACT, vector);
    let amdahl = &vector["amdahl"];
    for (actual, key) in [
        (share.speedup_without_the_rest(), "max_speedup_removing_overhead"),
        (
            share.speedup_without_the_part(),
            "max_speedup_from_infinitely_fast_model",
        ),
        (share.speedup_if_the_part_is_faster(2.0), "speedup_if_model_2x"),
        (share.speedup_if_the_part_is_faster(10.0), "speedup_if_model_10x"),
    ] {
        assert_close(actual.unwrap(), number(&amdahl[key]), EXACT, amdahl);
    }
    let (part, whole) = (Sample::new(part).unwrap(), Sample::new(whole).unwrap());
    for row in vector["tail_bound"].as_array().unwrap() {
        let p = probability(&row["p"]);
        assert_close(whole.quantile(p).value, number(&row["q_total"]), EXACT, row);
        assert_close(part.quantile(p).value, number(&row["q_inference"]), EXACT, row);
    }
}

#[test]
fn attribution() {
    let vector = &VECTORS["6_attribution"];
    let column = |name: &str| numbers(&vector["components"][name]);
    let (init, inference, overhead) = (column("init"), column("inference"), column("overhead"));
    let totals: Vec<f64> = (0..init.len())
        .map(|i| init[i] + inference[i] + overhead[i])
        .collect();
    let cold: Vec<f64> = init.iter().map(|&init| f64::from(u8::from(init > 0.0))).collect();
    let of = |p| Attribution::of(&totals, &[&init, &inference, &overhead, &cold], p).unwrap();
    let names = ["init", "inference", "overhead"];
    for row in rows("6_attribution") {
        let window = of(probability(&row["p"]));
        let expected = numbers(&row["window"]);
        assert_eq!(
            [window.first_rank as f64, window.last_rank as f64],
            expected[..],
            "{row}"
        );
        assert_close(window.mean_total, number(&row["mean_total"]), EXACT, row);
        for (mean, name) in window.mean_components.iter().zip(names) {
            assert_close(*mean, number(&row["mean"][name]), EXACT, row);
            assert_close(mean / window.mean_total, number(&row["share"][name]), EXACT, row);
        }
        assert_close(window.mean_components[3], number(&row["cold_share"]), EXACT, row);
    }
    let (tail, middle) = (of(Probability::P99), of(Probability::P50));
    for (i, name) in names.into_iter().enumerate() {
        let excess = tail.mean_components[i] - middle.mean_components[i];
        assert_close(
            excess,
            number(&vector["excess_p99_over_p50"][name]),
            EXACT,
            vector,
        );
    }
}

#[test]
fn wilson() {
    let mut of_effective_size = 0;
    for row in rows("7_wilson") {
        let (count, total) = (number(&row["k"]), number(&row["n"]));
        let proportion = if row["k"].is_u64() {
            Proportion::new(count as u64, total as u64).unwrap()
        } else {
            // A share of fewer independent requests: ten times as many were counted.
            of_effective_size += 1;
            let all = Proportion::new((10.0 * count).round() as u64, (10.0 * total).round() as u64);
            all.unwrap().with_effective_size(total).unwrap()
        };
        assert_close(proportion.share(), count / total, EXACT, row);
        assert_interval(
            proportion.wilson(Confidence::C95),
            &row["wilson95"],
            f64::NAN,
            EXACT,
            row,
        );
    }
    assert_eq!(of_effective_size, 1);
}

#[test]
fn exceedance_upper_bound() {
    for row in rows("8_exceedance_upper_one_sided_95") {
        let (count, total) = (row["x"].as_u64().unwrap(), row["n"].as_u64().unwrap());
        let bound = Proportion::new(count, total).unwrap().upper_bound_95();
        assert_close(bound, number(&row["clopper_pearson"]), EXACT, row);
    }
}

#[test]
fn histogram_layout() {
    for row in VECTORS["1_hdr"]["sig3"].as_array().unwrap() {
        let edge = |key: &str| row[key].as_u64().unwrap();
        let mut histogram = Histogram::new(900_000_000).unwrap();
        histogram.record(edge("value"));
        let buckets: Vec<Bucket> = histogram.buckets().collect();
        let expected = Bucket {
            low: edge("lowest"),
            high_exclusive: edge("highest") + 1,
            count: 1,
        };
        assert_eq!(buckets, [expected]);
        let middle = 0.5 * (edge("lowest") + edge("highest")) as f64;
        assert_eq!(histogram.quantile(Probability::P99).unwrap().value, middle);
    }
}
