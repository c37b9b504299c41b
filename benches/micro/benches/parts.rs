//! What the steps of reading and of statistics cost, each by itself: `cargo bench --manifest-path benches/micro/Cargo.toml [NAME]`.
//!
//! Rates are of bytes where a step goes through a log, and of calls elsewhere. Figures that were measured are in
//! `docs/performance.md`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark that fails by panicking, and a macro without comments"
)]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use latscope::invocation::{Assembler, Part, Sifter};
use latscope::parse::{Parser, TimingKeys, TimingMemory};
use latscope::source::{BLOCK_BYTES, Buffer, Item, Take, open_stream};
use latscope::stats::{Confidence, Probability, Sample};
use latscope_corpus::{Scenario, generate, write_ndjson, write_text};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const REQUESTS: usize = 20_000;

/// Counts events and reads no message.
struct Count(u64);

impl Take for Count {
    fn take(&mut self, _item: Item<'_>) {
        self.0 += 1;
    }

    fn is_quick(&self) -> bool {
        true
    }
}

/// The log of as many requests, as NDJSON or as text.
fn log(is_text: bool) -> Vec<u8> {
    let scenario = Scenario::preset("large").unwrap();
    let requests = REQUESTS;
    let events = generate(&Scenario { requests, ..scenario }).events;
    let mut bytes = Vec::new();
    match is_text {
        true => write_text(&events, &mut bytes).unwrap(),
        false => write_ndjson(&events, &mut bytes).unwrap(),
    }
    bytes
}

/// Hands every event of every block to `take`, and does `then` behind each block.
fn read<T: Take>(bytes: &[u8], take: &mut T, mut then: impl FnMut(&mut T)) {
    let mut blocks = open_stream(bytes).unwrap().into_blocks(BLOCK_BYTES).ok().unwrap();
    let mut spare = Buffer::default();
    while let Some(block) = blocks.next_block(std::mem::take(&mut spare)) {
        (_, spare) = block.read(false, take);
        then(take);
    }
}

fn parser() -> Arc<Parser> {
    Arc::new(Parser::new(TimingKeys::common()).unwrap())
}

fn parts(bytes: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    read(bytes, &mut Sifter::new(parser()), |sifter| {
        parts.push(sifter.end_part())
    });
    parts
}

/// Puts parts together, with everything that comes after the last line.
fn join(parts: Vec<Part>) -> usize {
    let mut assembler = Assembler::new();
    assembler.begin_file(Path::new("log"), 0);
    for part in parts {
        assembler.absorb(part, &mut |_| {});
    }
    assembler.finish(1).invocations.len()
}

fn reading(criterion: &mut Criterion) {
    for (form, is_text) in [("ndjson", false), ("text", true)] {
        let bytes = log(is_text);
        let mut group = criterion.benchmark_group(form);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("events cut and unescaped, none passed over", |bencher| {
            bencher.iter(|| {
                let mut count = Count(0);
                read(&bytes, &mut count, |_| {});
                count.0
            });
        });
        group.bench_function("records read, joined inside blocks", |bencher| {
            bencher.iter(|| parts(&bytes).len());
        });
        group.bench_function("blocks joined, put into order", |bencher| {
            bencher.iter_batched(|| parts(&bytes), join, criterion::BatchSize::PerIteration);
        });
        group.finish();
    }
}

const REPORT: &str = "REPORT RequestId: 558179a0-f0f1-45ac-bd74-e52800a09626\tDuration: 859.07 ms\tBilled Duration: 1070 ms\tMemory Size: 512 MB\tMax Memory Used: 80 MB\tInit Duration: 210.69 ms\t\n";
const TIMING: &str = r#"{"schema":"latscope.timing/v1","request_id":"558179a0-f0f1-45ac-bd74-e52800a09626","call_index":0,"start_offset_ms":38.986,"gen_ai.operation.name":"chat","gen_ai.provider.name":"aws.bedrock","gen_ai.request.model":"amazon.nova-lite-v1:0","gen_ai.response.model":"amazon.nova-lite-v1:0","gen_ai.usage.input_tokens":344,"gen_ai.usage.output_tokens":130,"inference_ms":816.644,"retry_count":0,"handler_ms":857.475,"before_ms":38.986,"after_ms":1.845,"bedrock_latency_ms":806.0,"cold_start":true,"initialization_type":"on-demand","streaming":false,"status":"ok"}"#;
/// A record whose keys are another's, read by the JSON parser.
const OTHER_TIMING: &str = r#"{"level":"info","requestId":"558179a0-f0f1-45ac-bd74-e52800a09626","modelId":"amazon.nova-lite-v1:0","inference_ms":816.6,"usage":{"inputTokens":344,"outputTokens":130}}"#;
const NOISE: &str = r#"{"level":"info","requestId":"558179a0-f0f1-45ac-bd74-e52800a09626","step":1,"request":{"tenant":{"name":"Zoë Müller","plan":"pro"}},"passages":[{"source":"faq.md","score":0.833},{"source":"terms.md","score":0.412}],"elapsed":{"index_ms":11.7},"ok":true}"#;
const MENTIONING: &str = r#"{"level":"info","requestId":"558179a0-f0f1-45ac-bd74-e52800a09626","step":1,"writer":"latscope.timing/v1","inference_ms":null,"msg":"timing goes to stdout"}"#;

fn messages(criterion: &mut Criterion) {
    let parser = parser();
    let mut group = criterion.benchmark_group("message");
    group.throughput(Throughput::Elements(1));
    group.bench_function("REPORT", |bencher| {
        bencher.iter(|| parser.parse_flat(black_box(REPORT), false).is_some());
    });
    for (name, message) in [
        ("REPORT, the strict way", REPORT),
        ("timing record", TIMING),
        ("timing record of another's keys", OTHER_TIMING),
        ("a line of the application, the strict way", NOISE),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(parser.parse(black_box(message))));
        });
    }
    // Ids, times and models that differ from one to the next.
    let records: Vec<String> = (0..1_000_u64)
        .map(|at| {
            let model = ["amazon.nova-lite-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"][at as usize % 2];
            let record = TIMING.replace(
                "558179a0",
                &format!("{:08x}", at.wrapping_mul(0x9e37_79b9) as u32),
            );
            let record = record.replace("816.644", &format!("{}.644", 400 + at * 7));
            record.replace("amazon.nova-lite-v1:0", model)
        })
        .collect();
    let mut memory = TimingMemory::new(true);
    let mut next = records.iter().cycle();
    group.bench_function("timing record, one after the other of a log", |bencher| {
        bencher.iter(|| {
            let record = next.next().map_or("", String::as_str);
            parser.parse_usual_timing(record, false, &mut memory, |timing| timing.inference)
        });
    });
    for (name, message) in [
        ("a line of the application, passed over", NOISE),
        ("an object that mentions a record, passed over", MENTIONING),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| parser.is_no_record(black_box(message.as_bytes()), false));
        });
    }
    group.finish();
}

fn statistics(criterion: &mut Criterion) {
    // Scattered, the same in every run.
    let values = |count: u64| (0..count).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64);
    let mut group = criterion.benchmark_group("statistics");
    for count in [1_000, 1_000_000] {
        let values: Vec<f64> = values(count).collect();
        group.throughput(Throughput::Elements(count));
        group.bench_function(format!("a sample of {count}"), |bencher| {
            bencher.iter_batched(|| values.clone(), Sample::new, criterion::BatchSize::LargeInput);
        });
        let sample = Sample::new(values).unwrap();
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("p95 of {count}"), |bencher| {
            bencher.iter(|| black_box(&sample).quantile(Probability::P95));
        });
        group.bench_function(format!("interval of p95 of {count}"), |bencher| {
            bencher.iter(|| black_box(&sample).interval(Probability::P95, Confidence::C95));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = messages, statistics, reading
}
criterion_main!(benches);
