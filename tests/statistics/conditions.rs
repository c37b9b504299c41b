//! Whether two samples were taken under the same conditions.

use crate::{EXACT, VECTORS, assert_close, assert_interval, number, numbers, rows, values};
use latscope::stats::{Balance, Check, Confidence, Proportion, ProportionDifference, TimeOverlap, Trend};
use serde_json::Value;

#[test]
fn mann_kendall() {
    let vector = &VECTORS["5_mann_kendall"];
    let medians = numbers(&vector["block_medians"]);
    let trend = Trend::of(&medians).unwrap();
    let check = |actual: f64, key: &str| assert_close(actual, number(&vector[key]), EXACT, &Value::from(key));
    assert_eq!(trend.s, vector["S"].as_i64().unwrap());
    check(trend.variance, "var");
    check(trend.z, "z");
    check(trend.p, "p");
    check(trend.slope, "sen_slope");
    let pairs = (medians.len() * (medians.len() - 1) / 2) as f64;
    check(trend.s as f64 / pairs, "kendalltau_check");
    assert_eq!(trend.check(), Check::Confounded);
}

#[test]
fn balance() {
    let vector = &VECTORS["5_balance"];
    // The vectors are of ln x, which is ln(1 + (x − 1)).
    let side = |name: &str| -> Vec<f64> { values(&Value::from(name)).iter().map(|x| x - 1.0).collect() };
    let balance = Balance::of(&side("a120"), &side("b150")).unwrap();
    let check = |actual: f64, key: &str| assert_close(actual, number(&vector[key]), EXACT, &Value::from(key));
    check(balance.difference, "smd");
    check(balance.standard_error, "se");
    check(balance.variance_ratio, "variance_ratio");
    check(balance.distance, "ks_D");
    assert_interval(
        balance.interval(Confidence::C95),
        &vector["ci"],
        f64::NAN,
        EXACT,
        vector,
    );
    assert_eq!(balance.check(), Check::Confounded);
}

#[test]
fn interleaving() {
    for row in rows("5_interleaving") {
        let timing = TimeOverlap::of(&numbers(&row["ta"]), &numbers(&row["tb"])).unwrap();
        assert!(
            (timing.overlap - number(&row["overlap"])).abs() < EXACT,
            "{timing:?} {row}"
        );
        assert_close(timing.candidate_later, number(&row["auc"]), EXACT, row);
        let checks = (timing.overlap_check(), timing.interleaving_check());
        let expected = match row["case"].as_str().unwrap() {
            "alternating" => (Check::Ok, Check::Ok),
            "half" => (Check::Warn, Check::Confounded),
            _ => (Check::Confounded, Check::Confounded),
        };
        assert_eq!(checks, expected, "{row}");
    }
}

#[test]
fn newcombe() {
    for row in rows("7_cold_share_difference_newcombe") {
        let side = |count: &str, total: &str| {
            Proportion::new(row[count].as_u64().unwrap(), row[total].as_u64().unwrap()).unwrap()
        };
        let result = ProportionDifference::of(&side("k1", "n1"), &side("k2", "n2"), Confidence::C95);
        assert_close(result.difference, number(&row["diff"]), EXACT, row);
        assert_interval(result.interval, &row["ci"], f64::NAN, EXACT, row);
        assert_eq!(result.is_shown(), number(&row["ci"][0]) > 0.0);
    }
}
