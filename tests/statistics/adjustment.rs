//! Dependence, and samples brought to equal shares of their kinds of requests.

use crate::{EXACT, GRID, VECTORS, assert_close, assert_interval, number, numbers, probability, rows};
use latscope::stats::{
    ColdStartWhatIf, Confidence, Dependence, Observation, PostStratification, Sample, Stratum, compare,
};
use serde_json::Value;

#[test]
fn effective_size() {
    let series = numbers(&VECTORS["5_effective_n"]["series_in_time_order"]);
    for row in rows("5_effective_n") {
        let p = probability(&row["p"]);
        let dependence = Dependence::of(&series, p).unwrap();
        assert_eq!(dependence.exceedances as u64, row["exceed"].as_u64().unwrap());
        // The vectors are by the autocorrelation alone; the batches must not make more of the series.
        let time = dependence.autocorrelation_time;
        assert_close(time, number(&row["tau"]), EXACT, row);
        assert!(dependence.design_effect() >= time.max(dependence.batch_effect));
        let effective_size = series.len() as f64 / time;
        assert_close(effective_size, number(&row["n_eff"]), EXACT, row);
        let sample = Sample::new(series.clone()).unwrap();
        assert_eq!(sample.nearest_rank(p).value, number(&row["nearest_rank"]));
        let sample = sample.with_effective_size(effective_size).unwrap();
        assert_interval(
            sample.interval(p, Confidence::C95),
            &row["ci"],
            f64::NAN,
            GRID,
            row,
        );
    }
}

#[test]
fn post_stratified() {
    let vector = &VECTORS["5_poststratified"];
    let side = |tokens: &str, ms: &str| -> Vec<Observation> {
        let observation = |(covariate, value)| Observation {
            covariate,
            value,
            censored: false,
        };
        numbers(&vector[tokens])
            .into_iter()
            .zip(numbers(&vector[ms]))
            .map(observation)
            .collect()
    };
    let (baseline, candidate) = (side("tokens_base", "ms_base"), side("tokens_cand", "ms_cand"));
    let both = PostStratification::by_quantiles(&baseline, &candidate).unwrap();
    for row in rows("5_poststratified") {
        for (edge, expected) in both.edges().iter().zip(numbers(&row["edges"])) {
            assert_close(*edge, expected, EXACT, row);
        }
        assert_close(both.support(), number(&row["support"]), EXACT, row);
        let p = probability(&row["p"]);
        let (a, b) = both.samples(p).unwrap();
        assert_eq!(
            [a.nearest_rank(p).value, b.nearest_rank(p).value],
            numbers(&row["adj_quantile"])[..],
            "{row}"
        );
        for (sample, expected) in [&a, &b].into_iter().zip(numbers(&row["n_eff"])) {
            assert_close(sample.effective_size(), expected, EXACT, row);
        }
        let result = compare(&a, &b, p, Confidence::C95);
        assert_interval(result.ratio_interval, &row["adj_ratio_ci"], 0.0, GRID, row);
    }
}

#[test]
fn without_cold_starts() {
    let components = &VECTORS["6_attribution"]["components"];
    let column = |name: &str| numbers(&components[name]);
    let (init, inference, overhead) = (column("init"), column("inference"), column("overhead"));
    let handler: Vec<f64> = inference.iter().zip(&overhead).map(|(a, b)| a + b).collect();
    let stratum = |is_cold: bool| Stratum {
        values: (0..init.len())
            .filter(|&at| (init[at] > 0.0) == is_cold)
            .map(|at| init[at] + handler[at])
            .collect(),
        limits: Vec::new(),
    };
    let what_if = ColdStartWhatIf {
        cold: stratum(true),
        warm: stratum(false),
    };
    let cold = what_if.observed().unwrap().len() - what_if.warm_only().unwrap().len();
    assert_eq!(cold as u64, VECTORS["7_what_if"]["cold_count"].as_u64().unwrap());
    for row in rows("7_what_if") {
        let p = probability(&row["p"]);
        let check = |sample: Option<Sample>, key: &str| {
            let value = sample.unwrap().nearest_rank(p).value;
            assert_close(value, number(&row[key]), EXACT, &Value::from(key));
        };
        check(what_if.observed(), "e2e");
        check(what_if.warm_only(), "warm_only");
        check(Sample::new(handler.clone()), "init_removed");
        check(
            what_if.clone().at_cold_share(0.01).and_then(|of| of.sample(p)),
            "standardised_to_1pct_cold",
        );
        check(
            what_if.clone().at_cold_share(0.1).and_then(|of| of.sample(p)),
            "standardised_to_10pct_cold",
        );
    }
}
