//! Logs that queries are evaluated on, and what comes of it.

use latscope::fetch::Query;
use latscope_corpus::{Amount, Corpus, Form, LogFormat, Scenario, generate, save_bedrock, write_ndjson};
use serde_json::Value as Json;

use super::Run;
use super::insights_eval::{Row, answer, number};
use super::insights_fields::discovered;
use super::insights_ql::{Command, parse};

pub fn parsed(query: &Query) -> Vec<Command> {
    parse(query.file).unwrap_or_else(|error| panic!("{}: {error}", query.name))
}

/// What happens of everything now and then, in a log format.
pub fn corpus(log_format: LogFormat) -> Corpus {
    let mut scenario = Scenario {
        requests: 400,
        log_format,
        lost_timing: Amount::Exactly(3),
        without_call: Amount::Exactly(4),
        multi_call: Amount::NONE,
        retries: Amount::NONE,
        duplicates: Amount::NONE,
        malformed: Amount::NONE,
        ..Scenario::haiku_vs_nova_lite()
    };
    for model in &mut scenario.models {
        model.killed = Amount::Exactly(3);
    }
    generate(&scenario)
}

/// Bedrock's own records of the calls of a log.
pub fn bedrock() -> Vec<Json> {
    let corpus = corpus(LogFormat::Text);
    let saved = save_bedrock(Form::BedrockInvocationLogs, &corpus);
    let lines = String::from_utf8(saved[0].bytes.clone()).unwrap();
    let record = |line: &str| {
        let event: Json = serde_json::from_str(line).unwrap();
        serde_json::from_str(event["message"].as_str().unwrap()).unwrap()
    };
    lines.lines().map(record).collect()
}

/// The fields of every event of a log.
pub fn events(corpus: &Corpus) -> Vec<Row> {
    let fields = |event: &latscope_corpus::Event| {
        discovered(
            &event.message,
            event.timestamp,
            &event.log_stream_name,
            "123456789012:/aws/lambda/chat",
        )
    };
    corpus.events.iter().map(fields).collect()
}

/// What a query answers on a log.
pub fn answers(name: &str, events: &[Row]) -> Vec<Row> {
    answer(&parsed(Query::named(name).unwrap()), events)
}

/// What latscope says of the same log, by these properties.
pub fn summary(corpus: &Corpus, by: &str) -> Json {
    let mut bytes = Vec::new();
    write_ndjson(&corpus.events, &mut bytes).unwrap();
    let run = Run::new("summary --quiet --format json --input log.ndjson --by").arg(by);
    run.file("log.ndjson", bytes).done().code(0).json()
}

#[track_caller]
pub fn of(row: &Row, column: &str) -> f64 {
    number(&row[column]).unwrap_or_else(|| panic!("{column} in {row:?}"))
}

#[track_caller]
pub fn near(one: f64, other: f64) {
    assert!(
        (one - other).abs() <= 1e-9 * other.abs().max(1.0),
        "{one} and {other}"
    );
}
