//! Ratio and difference of two quantiles.

use crate::{
    EXACT, GRID, assert_close, assert_interval, confidence, number, numbers, probability, rows, sample,
};
use latscope::stats::{Confidence, Probability, compare, compare_outward};
use serde_json::Value;

#[test]
fn two_samples() {
    for row in rows("3_two_sample") {
        let (baseline, candidate) = (sample(&row["baseline"]), sample(&row["candidate"]));
        let result = compare(
            &baseline,
            &candidate,
            probability(&row["p"]),
            confidence(&row["conf"]),
        );
        let (base, cand) = (number(&row["base_hf8"]), number(&row["cand_hf8"]));
        assert_close(result.ratio.unwrap(), cand / base, EXACT, row);
        assert!((result.difference.unwrap() - (cand - base)).abs() <= EXACT * base);
        assert_interval(result.ratio_interval, &row["ratio_ci"], 0.0, GRID, row);
        assert_interval(
            result.difference_interval,
            &row["diff_ci"],
            f64::NEG_INFINITY,
            GRID,
            row,
        );
        assert_close(
            result.confidence_candidate_smaller,
            number(&row["conf_candidate_faster"]),
            GRID,
            row,
        );
    }
}

#[test]
fn two_samples_of_an_effective_size() {
    for row in rows("3_two_sample_neff") {
        let sizes = numbers(&row["n_eff"]);
        let baseline = sample(&row["baseline"]).with_effective_size(sizes[0]).unwrap();
        let candidate = sample(&row["candidate"]).with_effective_size(sizes[1]).unwrap();
        let result = compare(&baseline, &candidate, probability(&row["p"]), Confidence::C95);
        assert_interval(result.ratio_interval, &row["ratio_ci"], 0.0, GRID, row);
        assert_interval(
            result.difference_interval,
            &row["diff_ci"],
            f64::NEG_INFINITY,
            GRID,
            row,
        );
        assert_close(
            result.confidence_candidate_smaller,
            number(&row["conf_candidate_faster"]),
            GRID,
            row,
        );
    }
}

#[test]
fn two_samples_outward() {
    for row in rows("3_two_sample_outward") {
        let sizes = numbers(&row["n_eff"]);
        let baseline = sample(&row["baseline"]).with_effective_size(sizes[0]).unwrap();
        let candidate = sample(&row["candidate"]).with_effective_size(sizes[1]).unwrap();
        let result = compare_outward(&baseline, &candidate, probability(&row["p"]), Confidence::C95);
        assert_interval(result.ratio_interval, &row["ratio_ci"], 0.0, GRID, row);
    }
}

#[test]
fn grid_convergence() {
    let (baseline, candidate) = (sample(&Value::from("a1000")), sample(&Value::from("b1200")));
    let interval = compare(&baseline, &candidate, Probability::P99, Confidence::C95).ratio_interval;
    for row in rows("3_grid_convergence_p99") {
        let tolerance = if row["grid"] == 2048 { GRID } else { 3e-4 };
        assert_interval(interval, &row["ratio_ci"], 0.0, tolerance, row);
    }
}
