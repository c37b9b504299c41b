//! Figures of whole comparisons: they are drawn from data of bounded size alone, which survive being JSON.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use latscope::comparison::{CostComparison, Drawn, Identity, PriceList, Side, compare_sides};
use latscope::dataset::{Dataset, Selection};
use latscope::invocation::{
    CallsCombined, Facts, Inference, Invocation, Invocations, Ledger, Model, ModelUse, Names, Outcome,
    StartType,
};
use latscope::render::Figures;
use latscope::stats::Verdict;
use latscope::summary::Failures;
use latscope::vocab::{Micros, ModelId, RequestId, Timestamp};

const HOSTILE: &str = "\"'<script>alert(1)</script>&\u{202e}\u{1b}[31m";

/// What becomes of a request and how long it takes, in microseconds, by its number.
type Fate = fn(usize) -> (Outcome, u64);

/// Between 0.4 s and 2 s, and longer for the first model.
fn usual(number: usize) -> (Outcome, u64) {
    let noise = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44;
    let slower = 2 - number as u64 % 2;
    match number % 500 {
        7 | 8 => (Outcome::Timeout, 15_000_000),
        13 => (Outcome::Error, 900_000),
        _ => (Outcome::Success, 400_000 + slower * noise),
    }
}

fn invocation(number: usize, fate: Fate) -> Invocation {
    let (outcome, duration) = fate(number);
    let is_cold = number % 97 < 2;
    let inference = duration.saturating_sub(20_000);
    Invocation {
        request_id: RequestId::Uuid(number as u128),
        file: 0,
        stream: Some((number % 100) as u32),
        function: None,
        version: None,
        region: None,
        runtime: None,
        initialization: None,
        ended_at: Some(Timestamp::from_epoch_millis(
            1_763_629_200_000 + 500 * number as i64,
        )),
        memory_mb: Some(512),
        start: if is_cold { StartType::Cold } else { StartType::Warm },
        outcome,
        duration: Micros::from_micros(duration),
        waited_init: is_cold.then(|| Micros::from_micros(300_000)),
        billed: Some(Micros::from_micros(duration.div_ceil(1000) * 1000)),
        model: ModelUse::One((number % 2) as u32),
        inference: Some(Inference {
            time: Micros::from_micros(inference),
            calls: 1,
            combined: CallsCombined::Single,
            is_lower_bound: outcome == Outcome::Timeout,
        }),
        retry: None,
        facts: Facts {
            output_tokens: Some((inference / 9000) as u32),
            ..Facts::default()
        },
        is_matched: true,
    }
}

/// What is drawn of so many requests on each side, with these names.
fn drawn(requests: usize, fate: Fate, names: [&str; 2]) -> Drawn {
    let models = ["amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0"].map(|id| Model {
        id: ModelId::parse(id).unwrap(),
        as_logged: vec![id.into()],
    });
    let of_logs = Names {
        models: models.to_vec(),
        ..Names::default()
    };
    let invocations: Invocations = (0..2 * requests).map(|number| invocation(number, fate)).collect();
    let dataset = Dataset::new(invocations, of_logs).unwrap();
    let side = |model: u32| {
        let of_model = Selection {
            model: Some(model),
            ..Selection::default()
        };
        let identity = Identity {
            name: names[model as usize].to_owned(),
            ..Identity::default()
        };
        let rows = dataset.select(&[&of_model]).unwrap();
        Side::of(identity, &rows, Failures::Apart).unwrap().unwrap()
    };
    let comparison = compare_sides(
        side(0),
        side(1),
        Failures::Apart,
        Verdict::DEFAULT_MARGIN,
        &dataset,
        &Ledger::default(),
    );
    let rows = [&comparison.baseline.rows, &comparison.candidate.rows];
    let cost = CostComparison::of(rows, dataset.names(), &PriceList::default(), None);
    Drawn::of(&comparison, &cost)
}

/// The figures, after the data were JSON and have come back; and how long that was.
#[track_caller]
fn figures(data: &Drawn) -> (Figures, usize) {
    let json = serde_json::to_string(data).unwrap();
    let read: Drawn = serde_json::from_str(&json).unwrap();
    assert_eq!(&read, data);
    let figures = Figures::of(&read).unwrap();
    assert_eq!(figures, Figures::of(data).unwrap());
    for figure in figures.all() {
        let (svg, file) = (&figure.svg, figure.file);
        assert!(
            svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"),
            "{file}"
        );
        assert!(svg.len() < 200_000, "{file}: {} bytes", svg.len());
        assert!(
            !svg.contains("<script") && !svg.contains(['\u{202e}', '\u{1b}']),
            "{file}"
        );
        assert!(!figure.alt.contains(['\u{202e}', '\u{1b}', '\n']), "{file}");
        assert!(!svg.contains("NaN") && !svg.contains("inf "), "{file}");
    }
    (figures, json.len())
}

/// Writes figures where somebody can look at them, if the environment says where.
fn show(name: &str, figures: &Figures) {
    if let Ok(folder) = std::env::var("LATSCOPE_FIGURES") {
        for figure in figures.all() {
            std::fs::write(format!("{folder}/{name}_{}", figure.file), &figure.svg).unwrap();
        }
    }
}

fn files(figures: &Figures) -> Vec<&str> {
    figures.all().map(|figure| figure.file).collect()
}

#[test]
fn data_that_were_json_give_the_same_figures() {
    let (figures, length) = figures(&drawn(1000, usual, ["pro", "lite"]));
    assert!(length < 130_000, "{length}");
    // No price is known.
    assert_eq!(
        files(&figures),
        [
            "quantiles.svg",
            "ratios.svg",
            "ecdf.svg",
            "over-time.svg",
            "tokens.svg",
            "distributions.svg",
            "inference-share.svg",
            "phases.svg"
        ]
    );
}

#[test]
fn the_data_are_those_of_the_comparison() {
    let data = drawn(1000, usual, ["pro", "lite"]);
    let ratios = &data.ratios.candidates[0].ratios;
    let primary: Vec<_> = ratios.iter().filter(|ratio| ratio.is_primary).collect();
    assert_eq!((ratios.len(), primary.len()), (16, 1));
    assert_eq!(
        (primary[0].metric.as_str(), primary[0].quantile.as_str()),
        ("total time", "p95")
    );
    assert_eq!(primary[0].ratio, data.quantiles.series[1].p95_ratio);
    assert_eq!(data.phases.bars.len(), 6);
    let parts = &data.phases.parts;
    assert!(
        data.phases
            .bars
            .iter()
            .all(|bar| bar.parts_ms.len() == parts.len())
    );
    let over_time = &data.over_time.series[0];
    assert_eq!((over_time.requests, over_time.timed_out_count), (1000, 4));
    assert!(data.tokens.series.iter().all(|series| series.points.len() == 400));
}

#[test]
fn many_requests_make_no_larger_data() {
    let (some, many) = (
        drawn(2000, usual, ["pro", "lite"]),
        drawn(60_000, usual, ["pro", "lite"]),
    );
    for data in [some, many] {
        let (_, length) = figures(&data);
        assert!(length < 130_000, "{length}");
    }
}

#[test]
fn whatever_becomes_of_requests_is_drawn_or_absent() {
    let names = [HOSTILE, HOSTILE];
    let fates: [(Fate, &str); 5] = [
        (usual, "usual"),
        (|_| (Outcome::Timeout, 900_000_000), "all time out"),
        (|_| (Outcome::Error, 5), "all fail"),
        (|_| (Outcome::Success, 0), "all take no time"),
        (
            |number| (Outcome::Success, 1_u64 << (number % 50)),
            "from a microsecond to years",
        ),
    ];
    for (fate, what) in fates {
        for requests in [1, 2, 7, 60, 400] {
            let (figures, _) = figures(&drawn(requests, fate, names));
            show(&format!("{}_{requests}", what.replace(' ', "-")), &figures);
            let shown = files(&figures);
            match what {
                "all fail" => assert!(shown.is_empty(), "{shown:?}"),
                _ => assert!(shown.contains(&"quantiles.svg"), "{what}, {requests}: {shown:?}"),
            }
        }
    }
}

#[test]
fn a_bound_is_never_shown_as_a_value() {
    let stopped: Fate = |number| match number % 10 {
        0..2 => (Outcome::Timeout, 15_000_000),
        _ => usual(number + 100_000),
    };
    let (figures, _) = figures(&drawn(400, stopped, ["pro", "lite"]));
    show("stopped", &figures);
    for (figure, words) in [
        (&figures.quantiles, "p95 is at least 15.0 s for pro"),
        (
            &figures.ecdf,
            "answered not at all for pro, of which more timed out",
        ),
        (
            &figures.over_time,
            "rolling p95 is among timed out requests for pro",
        ),
    ] {
        let figure = figure.as_ref().unwrap();
        assert!(figure.alt.contains(words), "{}", figure.alt);
        assert!(figure.svg.contains(words), "{}", figure.file);
    }
}

/// What was kept of a report may have been written by anybody.
#[test]
fn numbers_that_nobody_measured_do_no_harm() {
    let json = serde_json::to_value(drawn(60, usual, ["pro", "lite"])).unwrap();
    for number in [
        serde_json::json!(0),
        serde_json::json!(u32::MAX),
        serde_json::json!(i64::MAX),
    ] {
        let mut changed = json.clone();
        let mut places = 0;
        replace_numbers(&mut changed, &number, &mut places);
        assert!(places > 1000, "{places}");
        let data: Drawn = serde_json::from_value(changed).unwrap();
        // Too many is said; nothing hangs or stops the program.
        if let Ok(figures) = Figures::of(&data) {
            assert!(figures.all().all(|figure| figure.svg.len() < 200_000), "{number}");
        }
    }
}

fn replace_numbers(json: &mut serde_json::Value, by: &serde_json::Value, count: &mut usize) {
    match json {
        serde_json::Value::Number(_) => {
            *json = by.clone();
            *count += 1;
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| replace_numbers(item, by, count)),
        serde_json::Value::Object(fields) => {
            fields
                .values_mut()
                .for_each(|field| replace_numbers(field, by, count));
        }
        _ => {}
    }
}
