//! Verdicts, fan-out and requests that were stopped at several limits.

use crate::{EXACT, VECTORS, assert_close, number, numbers, probability, rows};
use latscope::stats::{Decision, Interval, KaplanMeier, Verdict, any_slow, quantile_of_one};
use serde_json::Value;

#[test]
fn verdicts() {
    let margin = number(&VECTORS["10_verdict"]["delta"]);
    for row in rows("10_verdict") {
        let ends = numbers(&row["ci"]);
        let ratio = Interval {
            low: (ends[0] > 0.0).then_some(ends[0]),
            high: ends[1].is_finite().then_some(ends[1]),
        };
        assert_eq!(Verdict::of(ratio, margin).as_str(), row["verdict"], "{row}");
        assert_eq!(
            Decision::of_growth(ratio, margin).name(),
            row["gate_plus10"],
            "{row}"
        );
    }
}

#[test]
fn fan_out() {
    for row in rows("8_fanout") {
        let calls = row["k"].as_u64().unwrap() as u32;
        assert_close(
            any_slow(number(&row["p_slow"]), calls),
            number(&row["p_any"]),
            EXACT,
            row,
        );
        let single = number(&row["single_quantile_for_p99_of_max"]);
        assert_close(quantile_of_one(0.99, calls), single, EXACT, row);
    }
}

#[test]
fn kaplan_meier() {
    let vector = &VECTORS["8_kaplan_meier"];
    let (time, completed) = (numbers(&vector["time"]), numbers(&vector["completed"]));
    let of = |kind: f64| -> Vec<f64> {
        time.iter()
            .zip(&completed)
            .filter(|pair| *pair.1 == kind)
            .map(|pair| *pair.0)
            .collect()
    };
    let curve = KaplanMeier::of(&of(1.0), &of(0.0)).unwrap();
    for (time, survival) in numbers(&vector["support"])
        .into_iter()
        .zip(numbers(&vector["survival"]))
    {
        assert_close(curve.survival(time), survival, EXACT, &Value::from(time));
    }
    for (p, expected) in vector["quantiles"].as_object().unwrap() {
        let p = probability(&Value::from(p.parse::<f64>().unwrap()));
        assert_eq!(curve.quantile(p).unwrap_or(f64::INFINITY), number(expected));
    }
}
