//! What comparing costs once the invocations are loaded: `cargo bench --bench comparison [REQUESTS PER SIDE]`.
//!
//! One million requests on each side unless another number is given. Of each step the seconds are shown, and in brackets
//! those of all processors together, which other programs on the machine disturb less. Figures that were measured are in
//! `docs/performance.md`.

#![allow(clippy::print_stdout, reason = "a program that prints its figures")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use latscope::comparison::{
    CostComparison, Drawn, Gate, GateOptions, Identity, PriceList, Side, compare_sides, judge,
};
use latscope::dataset::{Columns, Dataset, Selection, Window};
use latscope::invocation::{
    CallsCombined, Facts, Inference, Invocation, Ledger, Model, ModelUse, Names, Outcome, StartType,
};
use latscope::render::Figures;
use latscope::stats::Verdict;
use latscope::summary::Failures;
use latscope::vocab::{Micros, ModelId, RequestId, Timestamp};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RUNS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let given = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let requests: usize = given.unwrap_or(1_000_000);
    let (invocations, names) = traffic(requests);
    let begun = Instant::now();
    let dataset = Dataset::new(invocations.into_iter().collect(), names)?;
    println!(
        "{requests} requests on each side; columns {:.3} s",
        begun.elapsed().as_secs_f64()
    );
    for _ in 0..RUNS {
        run(&dataset)?;
    }
    Ok(())
}

fn run(dataset: &Dataset) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let mut last = (begun, cpu_seconds());
    let mut steps = Vec::new();
    let mut step = |name: &str| {
        let now = (Instant::now(), cpu_seconds());
        let seconds = (now.0 - last.0).as_secs_f64();
        steps.push(format!("{name} {seconds:.3} ({:.3})", now.1 - last.1));
        last = now;
    };
    let selected = dataset.select(&[&Selection::default()])?;
    let side = |model: u32, name: &str| -> Result<Option<Side>, latscope::dataset::Error> {
        let of_model = Selection {
            model: Some(model),
            ..Selection::default()
        };
        let identity = Identity {
            name: name.to_owned(),
            model_ids: Vec::new(),
            window: Window::default(),
            selected_by: Vec::new(),
            without_model: Columns::default(),
        };
        let rows = dataset.select(&[&of_model])?;
        Side::of(identity, &rows, Failures::Apart)
    };
    let (baseline, candidate) = rayon::join(|| side(0, "baseline"), || side(1, "candidate"));
    let (Some(baseline), Some(candidate)) = (baseline?, candidate?) else {
        return Err("an empty side".into());
    };
    step("sides");
    let comparison = compare_sides(
        baseline,
        candidate,
        Failures::Apart,
        Verdict::DEFAULT_MARGIN,
        &selected,
        &Ledger::default(),
    );
    step("comparison");
    let gates = GateOptions {
        gates: vec![
            "p95(total) > +10%".parse::<Gate>()?,
            "timeout_rate > 0.1%".parse::<Gate>()?,
        ],
        ..GateOptions::default()
    };
    let (baseline, candidate) = (&comparison.baseline, &comparison.candidate);
    black_box(judge(
        &gates,
        Some(baseline),
        candidate,
        Some(&comparison.control),
        Failures::Apart,
    ));
    step("gates");
    let prices = PriceList::default();
    let rows = [&baseline.rows, &candidate.rows];
    let cost = CostComparison::of(rows, selected.names(), &prices, None);
    step("cost");
    black_box(Figures::of(&Drawn::of(&comparison, &cost))?);
    step("figures");
    println!(
        "together {:.3} s: {}",
        begun.elapsed().as_secs_f64(),
        steps.join(", ")
    );
    Ok(())
}

/// What all threads of this program have computed so far, as Linux counts it; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let counted = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        counted.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// Two models by turns, 5 ms apart, with some cold starts, failures and timeouts.
fn traffic(requests: usize) -> (Vec<Invocation>, Names) {
    let names = Names {
        models: ["anthropic.claude-3-haiku-20240307-v1:0", "amazon.nova-lite-v1:0"]
            .into_iter()
            .filter_map(|id| {
                Some(Model {
                    id: ModelId::parse(id)?,
                    as_logged: vec![id.into()],
                })
            })
            .collect(),
        ..Names::default()
    };
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let invocations = (0..2 * requests).map(|at| {
        let model = (at % 2) as u32;
        let (first, second, kind) = (draw(), draw(), draw());
        let normal = (-2.0 * (1.0 - first).ln()).sqrt() * (std::f64::consts::TAU * second).cos();
        let scale = if model == 0 { 1_400_000.0 } else { 900_000.0 };
        let inference = (scale * (0.4 * normal).exp()) as u64;
        let is_cold = kind < 0.01;
        let took = inference + 10_000 + (20_000.0 * draw()) as u64;
        let outcome = match kind {
            kind if kind > 0.999 => Outcome::Timeout,
            kind if kind > 0.997 => Outcome::Error,
            _ => Outcome::Success,
        };
        // Timeouts are killed at the function's limit, the others end before it.
        const LIMIT_US: u64 = 15_000_000;
        let (duration, inference) = match outcome {
            Outcome::Timeout => (LIMIT_US, None),
            Outcome::Success | Outcome::Error => (took.min(LIMIT_US), Some(inference.min(LIMIT_US))),
        };
        Invocation {
            request_id: RequestId::Uuid(at as u128),
            file: 0,
            stream: Some((at % 100) as u32),
            function: None,
            version: None,
            region: None,
            runtime: None,
            initialization: None,
            ended_at: Some(Timestamp::from_epoch_millis(1_763_629_200_000 + 5 * at as i64)),
            memory_mb: Some(512),
            start: if is_cold { StartType::Cold } else { StartType::Warm },
            outcome,
            duration: Micros::from_micros(duration),
            waited_init: is_cold.then(|| Micros::from_micros(200_000 + (100_000.0 * second) as u64)),
            billed: Some(Micros::from_micros(duration.div_ceil(1000) * 1000)),
            model: ModelUse::One(model),
            inference: inference.map(|time| Inference {
                time: Micros::from_micros(time),
                calls: 1,
                combined: CallsCombined::Single,
                is_lower_bound: false,
            }),
            retry: None,
            facts: Facts {
                input_tokens: Some(200 + (300.0 * first) as u32),
                output_tokens: inference.map(|time| (time / 10_000) as u32),
                prompt: Some((1e6 * second) as u64),
                ..Facts::default()
            },
            is_matched: true,
        }
    });
    (invocations.collect(), names)
}
