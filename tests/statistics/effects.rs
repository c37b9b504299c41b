//! Effect sizes and tests of two samples.

use crate::{EXACT, VECTORS, assert_close, assert_interval, number, numbers, rows, sample};
use latscope::stats::{
    Confidence, HodgesLehmann, Interval, MannWhitney, Sample, Superiority, holm, kolmogorov_smirnov,
};
use serde_json::Value;

const C95: Confidence = Confidence::C95;

#[test]
fn two_sample_tests() {
    for row in rows("4_tests") {
        let (a, b) = (sample(&row["baseline"]), sample(&row["candidate"]));
        let check =
            |actual: f64, key: &str| assert_close(actual, number(&row[key]), EXACT, &Value::from(key));
        let interval = |actual: Interval, key: &str| {
            assert_interval(actual, &row[key], f64::NAN, EXACT, &Value::from(key));
        };
        let test = MannWhitney::of(&a, &b);
        check(test.u_candidate, "U_candidate");
        check(test.sigma, "sigma_tie_corrected");
        check(test.p, "mwu_p");
        let effect = Superiority::of(&a, &b);
        check(effect.candidate_slower, "p_superiority");
        check(effect.cliffs_delta(), "cliffs_delta");
        let reference = &row["brunner_munzel"];
        assert_close(
            effect.standard_error.unwrap(),
            number(&reference["se"]),
            EXACT,
            row,
        );
        assert_close(effect.freedom.unwrap(), number(&reference["df"]), EXACT, row);
        let delta = |end: Option<f64>| end.map(|p| 2.0 * p - 1.0);
        let ends = effect.interval(C95);
        interval(
            Interval {
                low: delta(ends.low),
                high: delta(ends.high),
            },
            "cliffs_delta_ci_logit_t",
        );
        let ratio = HodgesLehmann::ratio(&a, &b, C95).unwrap();
        check(ratio.estimate, "hl_ratio");
        interval(ratio.interval, "hl_ratio_ci");
        let shift = HodgesLehmann::difference(&a, &b, C95).unwrap();
        check(shift.estimate, "hl_shift");
        interval(shift.interval, "hl_ci");
        check(kolmogorov_smirnov(&a, &b), "ks_D");
    }
}

#[test]
fn exact_mann_whitney() {
    for row in rows("4_mwu_exact_small") {
        let side = |key: &str| Sample::new(numbers(&row[key])).unwrap();
        let test = MannWhitney::of(&side("x"), &side("y"));
        assert_eq!(test.u_candidate, number(&row["U_y"]));
        assert_close(test.p, number(&row["p"]), EXACT, row);
    }
}

#[test]
fn several_tests() {
    let vector = &VECTORS["4_holm"];
    for (actual, expected) in holm(&numbers(&vector["p"]))
        .into_iter()
        .zip(numbers(&vector["adjusted"]))
    {
        assert_close(actual, expected, EXACT, vector);
    }
}
