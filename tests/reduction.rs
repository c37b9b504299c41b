//! What is kept of a message reads back as the message does, and holds nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop a test as the tests themselves do"
)]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use latscope::parse::{Lifecycle, LifecycleRecord, Parsed, Parser, Record, Reduced, TimingKeys};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[path = "common/fixture_lines.rs"]
mod fixture_lines;

use fixture_lines::{cases, logged};

fn parser(keys: TimingKeys) -> Parser {
    Parser::new(keys).unwrap()
}

static COMMON: LazyLock<Parser> = LazyLock::new(|| parser(TimingKeys::common()));

/// What is kept, if it reads back as the message does.
fn checked(parser: &Parser, message: &str) -> Result<Reduced, String> {
    let parsed = parser.parse(message);
    let reduced = parser.reduce(message);
    let kept = match &reduced {
        Reduced::Nothing => {
            // What a client wrote is in no log group.
            let other = matches!(
                &parsed,
                Parsed::Record(
                    Record::Lifecycle(LifecycleRecord {
                        line: Lifecycle::Other,
                        ..
                    }) | Record::Client(_)
                        | Record::ClientRun(_)
                )
            );
            return match parsed == Parsed::Ignored || other {
                true => Ok(reduced),
                false => Err(format!("nothing is kept of {parsed:?}")),
            };
        }
        Reduced::Record(kept) | Reduced::Rejected(kept) => kept,
    };
    let read = parser.parse(kept);
    if read != parsed {
        return Err(format!("{kept}\n  reads as {read:?}\n instead of {parsed:?}"));
    }
    match parser.reduce(kept) == reduced {
        true => Ok(reduced),
        false => Err(format!("{kept}\n is reduced once more")),
    }
}

#[test]
fn every_case_reads_back() {
    let mut faults = String::new();
    let mut kept = 0;
    for line in cases() {
        match checked(&parser(line.keys), &line.message) {
            Ok(Reduced::Nothing) => {}
            Ok(_) => kept += 1,
            Err(fault) => faults += &format!("{}: {}\n {fault}\n", line.name, line.message),
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(kept > 250, "{kept}");
}

#[test]
fn every_message_of_the_example_reads_back_and_is_short() {
    let mut counts = [0; 2];
    let mut bytes = [0; 2];
    for message in logged() {
        bytes[0] += message.len();
        match checked(&COMMON, &message).unwrap() {
            Reduced::Record(kept) => {
                bytes[1] += kept.len();
                counts[0] += 1;
            }
            Reduced::Rejected(kept) => panic!("{kept}"),
            Reduced::Nothing => counts[1] += 1,
        }
    }
    assert!(counts[0] > 9_000 && counts[1] > 2_000, "{counts:?}");
    assert!(bytes[1] < bytes[0], "{bytes:?}");
}

/// Every reason that this program gives is kept as it is, and none for being taken for words of an application: each case
/// cut at each place, and with each of its fields gone or of another kind. What is kept is reduced to itself.
#[test]
fn every_reason_is_kept() {
    let mut reasons = BTreeSet::new();
    let mut faults = BTreeSet::new();
    for line in cases()
        .into_iter()
        .filter(|line| !line.message.contains("latscope.rejected"))
    {
        let parser = parser(line.keys);
        let mut messages: Vec<String> = (0..=line.message.len())
            .filter_map(|at| line.message.get(..at))
            .map(str::to_owned)
            .collect();
        if let Ok(record) = serde_json::from_str::<Value>(&line.message) {
            others(&record, &mut |other| messages.push(other.to_string()));
        }
        for message in messages {
            if let Parsed::Rejected(reason) = parser.parse(&message) {
                let reduced = parser.reduce(&message);
                if !matches!(&reduced, Reduced::Rejected(kept) if parser.reduce(kept) == reduced) {
                    faults.insert(reason.to_string());
                }
                reasons.insert(reason.to_string());
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(reasons.len() > 40, "{reasons:#?}");
}

/// The value with each of the values in it taken away, or another in its place.
fn others(value: &Value, found: &mut dyn FnMut(Value)) {
    let instead = [json!(null), json!("x"), json!(-1), json!(1e300), json!([true])];
    let Value::Object(members) = value else {
        return instead.into_iter().for_each(found);
    };
    for (key, member) in members {
        let mut without = members.clone();
        without.remove(key);
        found(Value::Object(without));
        others(member, &mut |other| {
            let mut changed = members.clone();
            changed.insert(key.clone(), other);
            found(Value::Object(changed));
        });
    }
}

/// The trace of a `REPORT` tells copies of it apart.
#[test]
fn the_second_line_of_a_report_remains() {
    let report = "REPORT RequestId: 79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36\tDuration: 3.00 ms\t\
                  Billed Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tNew Thing: the user's own words\t";
    let trace =
        "\nXRAY TraceId: 1-5f0c2b1a-000000000000000000000000\tSegmentId: 0a1b2c3d4e5f6071\tSampled: true\t";
    let plain = report.replace("New Thing: the user's own words\t", "");
    for (message, kept) in [
        (format!("{report}{trace}\n"), format!("{plain}{trace}")),
        (
            format!("{plain}{trace}").replace('\t', "  "),
            format!("{plain}{trace}"),
        ),
        (format!("{plain}..."), format!("{plain}...")),
        (report.to_owned(), plain),
    ] {
        assert_eq!(COMMON.reduce(&message), Reduced::Record(kept), "{message}");
    }
}

/// Neither sentences nor odd words of a user.
const SENTENCE: &str = "the user's own words";
const WORD: &str = "PLANTED0SECRET";

/// What stands before the words of a timeout is its request id, which was hidden here, also where it begins like JSON.
#[test]
fn a_timeout_that_begins_like_json_remains() {
    for id in [
        "{\"schema\":\"latscope.rejected/v1\"4e5f6…0",
        "{*x",
        "{\"type\":\"platform.start\"}*",
    ] {
        let message = format!("{id} Task timed out after 30.00 seconds");
        let found = COMMON.reduce(&message);
        let Reduced::Record(kept) = &found else {
            panic!("{message}: {found:?}");
        };
        assert!(kept.ends_with("Task timed out after 30.00 seconds"), "{kept}");
        assert_eq!(COMMON.reduce(kept), found, "{kept} is reduced once more");
    }
}

fn holds_secret(text: &str) -> bool {
    text.contains("user") || text.contains("words") || text.contains(WORD)
}

const ID: &str = "79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36";

/// Where words of a user can stand: sentences anywhere, single words where no name can.
#[test]
fn planted_words_are_never_kept() {
    let sentences = [
        "REPORT RequestId: ID\tDuration: 3.00 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tWORDS: WORDS\tError Type: it's\t",
        "REPORT RequestId: ID\tDuration: 3.00 ms\tBilled Duration: 4 ms\tNew: WORDS\tMemory Size: 128 MB\t",
        "REPORT RequestId: ID\tDuration: 3.00 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tStatus: error\tError Type: WORDS\t\nXRAY TraceId: WORDS\tSegmentId: WORDS\tSampled: WORDS\t",
        "REPORT RequestId: ID\tDuration: 3.00 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\t\nXRAY TraceId: 1-5f0c2b1a-00\tSegmentId: WORDS\tSampled: true\t",
        "REPORT RequestId: WORDS",
        "REPORT RequestId: ID WORDS",
        "START RequestId: ID Version: $LATEST WORDS",
        "START RequestId: ID WORDS",
        "START RequestId: ID Version: WORDS",
        "START RequestId: ID Version: WORDS and more",
        "INIT_START Runtime Version: WORDS\tRuntime Version ARN: WORDS",
        "END RequestId: ID WORDS",
        "INIT_START Runtime Version: WORDS\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0a WORDS",
        "INIT_REPORT Init Duration: 3.00 ms\tPhase: init\tNew: WORDS\tStatus: error\tError Type: WORDS\t",
        "RESTORE_START Runtime Version: WORDS",
        "RESTORE_REPORT Restore Duration: 3.00 ms\tNew: WORDS\tx",
        "EXTENSION\tName: WORDS\tState: Ready",
        "RequestId: ID Error: WORDS\nRuntime.ExitError",
        "RequestId: ID Error: Runtime exited with error: WORDS",
        "RequestId: ID Error: WORDS\nRuntime.wörd",
        "RequestId: ID Process exited before completing WORDS",
        "RequestId: ID Error: WORDS",
        "2031-01-02T03:04:05.678Z ID Task timed out after 3.00 seconds",
        "WORDS",
        "{\"schema\":\"latscope.rejected/v1\",\"reason\":\"WORDS\"}",
        "{\"schema\":\"latscope.rejected/v1\",\"reason\":\"REPORT without WORDS\",\"x\":\"WORDS\"}",
        "{\"schema\":\"latscope.rejected/v1\",\"reason\":5,\"x\":\"WORDS\"}",
        "{\"inference_ms\": 5, WORDS",
        "{\"schema\":\"latscope.timing/v9\",\"prompt\":\"WORDS\"}",
        "{\"time\":\"WORDS\",\"type\":\"platform.WORDS\"}",
        "{\"type\":\"platform.WORDS\",\"record\":{\"requestId\":\"ID\"}}",
        "{\"type\":\"platform.start\",\"record\":{\"requestId\":\"WORDS\"}}",
        "{\"type\":\"platform.start\",\"record\":{\"requestId\":\"ID\",\"version\":\"WORDS\",\"functionArn\":\"WORDS\"}}",
        "{\"type\":\"platform.initStart\",\"record\":{\"initializationType\":\"WORDS\",\"functionVersion\":\"WORDS\",\"runtimeVersionArn\":\"WORDS\"}}",
        "{\"type\":\"platform.initReport\",\"record\":{\"initializationType\":\"WORDS\",\"metrics\":{\"durationMs\":3}}}",
        "{\"type\":\"platform.report\",\"record\":{\"requestId\":\"ID\",\"metrics\":{\"durationMs\":3},\"errorType\":\"WORDS\",\"tracing\":{\"value\":\"Root=WORDS;Parent=WORDS;Sampled=WORDS\"}}}",
        "{\"type\":\"platform.report\",\"record\":{\"WORDS\":1,\"requestId\":\"ID\",\"metrics\":{\"durationMs\":3,\"x\":\"WORDS\"},\"errorType\":\"the user's own words\",\"status\":\"WORDS\",\"tracing\":{\"value\":\"WORDS\",\"spanId\":\"WORDS\"},\"spans\":[\"WORDS\"]},\"WORDS\":\"WORDS\"}",
        "{\"type\":\"platform.initStart\",\"record\":{\"functionName\":\"the user's own words\",\"phase\":\"WORDS\"}}",
        "{\"schemaType\":\"ModelInvocationLog\",\"timestamp\":\"WORDS\",\"requestId\":\"r\",\"operation\":\"the user's own words\",\"modelId\":\"a.b\",\"errorCode\":\"the user's own words\",\"identity\":{\"arn\":\"WORDS\"},\"input\":{\"inputBodyJson\":\"WORDS\",\"inputTokenCount\":5},\"output\":{\"outputBodyJson\":{\"WORDS\":1,\"metrics\":{\"latencyMs\":5,\"WORDS\":\"WORDS\"}}}}",
        "{\"schemaType\":\"ModelInvocationLog\",\"requestId\":\"the user's own words\",\"modelId\":\"a.b\"}",
        "{\"schemaType\":\"ModelInvocationLog\",\"requestId\":\"r\",\"modelId\":\"the user's own words\"}",
        "[INFO]\t2031-01-02T03:04:05.678Z\tID\tWORDS {\"inference_ms\":5,\"WORDS\":\"WORDS\"}",
        "WORDS {\"inference_ms\":5,\"request_id\":\"ID\",\"WORDS\":\"WORDS\"}",
        "{\"message\":\"WORDS {\\\"inference_ms\\\":5,\\\"request_id\\\":\\\"ID\\\",\\\"x\\\":\\\"WORDS\\\"}\"}",
        "{\"level\":\"WORDS\",\"fields\":{\"message\":\"WORDS {\\\"inference_ms\\\":5,\\\"request_id\\\":\\\"ID\\\"}\"}}",
        "{\"_aws\":{\"Timestamp\":1,\"WORDS\":1,\"CloudWatchMetrics\":[{\"Namespace\":\"WORDS\",\"Dimensions\":[[\"WORDS\"]],\"Metrics\":[{\"Name\":\"WORDS\"},{\"Name\":\"bedrock_ms\",\"Unit\":\"WORDS\"},{\"Name\":\"inference_ms\",\"Unit\":\"Seconds\",\"x\":\"WORDS\"}]}]},\"inference_ms\":[5],\"retry_ms\":null,\"request_id\":\"ID\",\"WORDS\":[\"WORDS\"]}",
        "{\"inference_ms\":5,\"span\":{\"requestId\":\"ID\",\"name\":\"WORDS\"},\"spans\":[{\"name\":\"WORDS\",\"requestId\":\"WORDS\"},{\"name\":\"Lambda runtime invoke\",\"requestId\":\"ID\",\"x\":\"WORDS\"}]}",
        "{\"inference_ms\":5,\"function_request_id\":\"ID\",\"requestId\":\"the user's own words\",\"prompt\":\"WORDS\",\"message\":\"WORDS\",\"data\":[\"WORDS\"],\"record\":{\"WORDS\":\"WORDS\",\"prompt\":\"WORDS\"},\"gen_ai\":{\"prompt\":\"WORDS\",\"request\":{\"model\":{\"WORDS\":\"WORDS\"},\"WORDS\":1}}}",
        "{\"requestId\":\"r=\",\"routeKey\":\"POST /WORDS\",\"status\":\"200\",\"ip\":\"WORDS\",\"caller\":\"WORDS\",\"userAgent\":\"the user's own words\",\"path\":\"/WORDS\",\"domainName\":\"WORDS\",\"integrationErrorMessage\":\"the user's own words\",\"responseLatency\":\"5\"}",
        "{\"requestId\":\"r=\",\"resourcePath\":\"/WORDS\",\"status\":\"WORDS\",\"errorResponseType\":\"the user's own words\",\"integrationRequestId\":\"the user's own words\",\"xrayTraceId\":\"WORDS\",\"requestTimeEpoch\":\"WORDS\",\"authorizer\":{\"claims\":\"WORDS\"}}",
        "{\"requestId\":\"the user's own words\",\"extendedRequestId\":\"the user's own words\",\"routeKey\":\"$default\",\"status\":\"200\"}",
        "{\"requestId\":\"r=\",\"routeKey\":\"$default\",\"status\":\"200\",\"responseLatency\":\"WORDS\"}",
        "{\"requestId\":\"r=\",\"routeKey\":\"WORDS\",\"status\":WORDS}",
        "{\"schema\":\"latscope.timing/v1\",\"request_id\":\"ID\",\"prompt\":\"WORDS\",\"prompt_hash\":\"the user's own words\",\"gen_ai.operation.name\":\"the user's own words\",\"error.type\":\"the user's own words\",\"gen_ai\":{\"prompt\":\"WORDS\"}}",
    ];
    for template in sentences {
        for words in [SENTENCE, WORD] {
            // As an id a single word is as good as any.
            if words == WORD
                && ["REPORT RequestId: WORDS", "{\"requestId\":\"WORDS\"}"]
                    .iter()
                    .any(|place| template.contains(place))
            {
                continue;
            }
            let message = template
                .replace("ID", "\u{0}")
                .replace("WORDS", words)
                .replace("RequestI\u{0}", "RequestId")
                .replace('\u{0}', ID);
            let reduced = COMMON.reduce(&message);
            if let Reduced::Record(kept) | Reduced::Rejected(kept) = &reduced {
                assert!(!holds_secret(kept), "{message}\n{kept}");
                assert_eq!(COMMON.reduce(kept), reduced, "{message}");
            }
        }
    }
}

/// Where the platform writes words of a known form, others give way, and that there was an error remains.
#[test]
fn words_that_the_platform_would_not_write_give_way() {
    let report = "REPORT RequestId: ID\tDuration: 3.00 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\t\
                  Max Memory Used: 70 MB\tStatus: error\tError Type: ";
    for (message, kept) in [
        (format!("{report}Planted\t"), format!("{report}withheld\t")),
        (
            format!("{report}Runtime.ExitError\t"),
            format!("{report}Runtime.ExitError\t"),
        ),
        (
            "START RequestId: ID Version: Planted words".to_owned(),
            "START RequestId: ID".to_owned(),
        ),
        (
            "START RequestId: ID Version: 17".to_owned(),
            "START RequestId: ID Version: 17".to_owned(),
        ),
    ] {
        let with_id = |text: &str| text.replace(": ID", &format!(": {ID}"));
        let reduced = COMMON.reduce(&with_id(&message));
        assert_eq!(reduced, Reduced::Record(with_id(&kept)), "{message}");
    }
}

/// A value of a known key that is prose goes; that there was an error, and that a call counts, remains.
#[test]
fn prose_under_a_known_key_leaves_only_that_it_was_there() {
    let kept = |message: Value| match COMMON.reduce(&message.to_string()) {
        Reduced::Record(kept) => serde_json::from_str::<Value>(&kept).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        kept(
            json!({"request_id": ID, "inference_ms": 5, "model": SENTENCE, "status": SENTENCE, "error_type": SENTENCE, "cold_start": SENTENCE})
        ),
        json!({"request_id": ID, "inference_ms": 5, "model": "", "status": "", "error_type": "withheld", "cold_start": ""})
    );
    assert_eq!(
        kept(
            json!({"request_id": "fünf", "inference_ms": " 5.50 ", "status": WORD, "call_index": WORD, "outcome": "Throttled"})
        ),
        json!({"request_id": "***", "inference_ms": "5.50", "status": "", "call_index": "", "outcome": "Throttled"})
    );
}

/// What later versions will need of a record is kept, under the user's keys too.
#[test]
fn fields_that_are_not_used_yet_are_kept() {
    let mut keys = TimingKeys::common();
    for (field, key) in [
        ("prompt_hash", "prompt.hash"),
        ("prompt_length", "prompt.size"),
        ("gen_ai.usage.output_tokens", "out"),
        ("inference_ms", "message.took"),
    ] {
        keys.add(field, key, None).unwrap();
    }
    let parser = Parser::new(keys).unwrap();
    let hash = "0123456789abcdef".repeat(4);
    let own = json!({
        "schema": "latscope.timing/v1", "request_id": ID, "call_index": 1, "start_offset_ms": 3.5,
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "aws.bedrock",
        "gen_ai.request.model": "us.amazon.nova-lite-v1:0", "gen_ai.response.model": "amazon.nova-lite-v1:0",
        "gen_ai.usage.input_tokens": 412, "gen_ai.usage.output_tokens": 128, "gen_ai.request.max_tokens": 512,
        "gen_ai.request.temperature": 0.2, "inference_ms": 812.417, "retry_ms": 4.0, "retry_count": 2,
        "handler_ms": 900.25, "before_ms": 1.5, "after_ms": 2.5, "bedrock_latency_ms": 800.0,
        "time_to_first_token_ms": 90.0, "cold_start": true, "initialization_type": "on-demand",
        "streaming": false, "status": "error", "error.type": "ThrottlingException",
        "bedrock_request_id": "r-1", "api_gateway_request_id": "JKJaXmPLvHcESHA=", "prompt_length": 96,
        "client_request_id": "20261126T100000-9f2c41aa-17",
        "prompt_hash": format!("sha256:{hash}"),
    });
    assert_eq!(parser.reduce(&own.to_string()), Reduced::Record(sorted(&own)));
    let mapped =
        json!({"request_id": ID, "message": {"took": 5.0}, "out": 7, "prompt": {"hash": hash, "size": 9}});
    let mut message = mapped.clone();
    message["prompt"]["text"] = json!(WORD);
    message["message"]["text"] = json!(WORD);
    assert_eq!(
        parser.reduce(&message.to_string()),
        Reduced::Record(sorted(&mapped))
    );
    // A prompt is no length.
    message["prompt"]["size"] = json!(WORD);
    assert!(matches!(parser.reduce(&message.to_string()), Reduced::Record(kept) if !holds_secret(&kept)));
}

/// The object with its keys in order, whatever the map of the JSON crate does.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}:{}", json!(key), sorted(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

/// Keys of records, of loggers, and of neither.
const KEYS: [&str; 41] = [
    "schema",
    "request_id",
    "requestId",
    "function_request_id",
    "inference_ms",
    "inferenceMs",
    "bedrock_ms",
    "inference_seconds",
    "took",
    "gen_ai",
    "gen_ai.request.model",
    "request",
    "model",
    "modelId",
    "gen_ai.response.model",
    "response",
    "retry_ms",
    "retry_seconds",
    "start_offset_ms",
    "call_index",
    "cold_start",
    "initialization_type",
    "status",
    "outcome",
    "error",
    "type",
    "error.type",
    "bedrock_request_id",
    "client_request_id",
    "bedrock",
    "message",
    "fields",
    "record",
    "data",
    "_aws",
    "span",
    "spans",
    "timestamp",
    "time",
    "prompt",
    "completion",
];

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        (0..900_000_u32).prop_map(|value| json!(value)),
        (0.0..90_000.0_f64).prop_map(|value| json!(value)),
    ];
    let leaf = prop_oneof![
        4 => number.clone(),
        1 => number.prop_map(|value| json!([value])),
        1 => Just(json!([1, 2])),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(|value| json!(value)),
        4 => prop::sample::select(vec![
            "", "5", "12.5", "1", "true", "ok", "throttled", "error", "ThrottlingException", "amazon.nova-lite-v1:0",
            ID, "***", "latscope.timing/v1", "2031-01-02T03:04:05.678Z", "on-demand",
        ]).prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let object =
            prop::collection::vec((prop::sample::select(KEYS.to_vec()), inner), 0..6).prop_map(|members| {
                let members = members.into_iter().map(|(key, value)| (key.to_owned(), value));
                Value::Object(members.collect::<Map<String, Value>>())
            });
        prop_oneof![3 => object.clone(), 1 => object.prop_map(|object| json!([object]))]
    })
}

/// A text that a logger wrote, with or without a record in it.
fn text() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec!["", "the user's own words ", "{\"inference_ms\": the user's"]);
    let record =
        prop::collection::vec((prop::sample::select(KEYS.to_vec()), value()), 0..6).prop_map(|members| {
            let members = members.into_iter().map(|(key, value)| (key.to_owned(), value));
            Value::Object(members.collect::<Map<String, Value>>())
        });
    (words, record).prop_map(|(words, record)| json!(format!("{words}{record}")))
}

fn metrics() -> impl Strategy<Value = Value> {
    let metric = (
        prop::sample::select(KEYS.to_vec()),
        prop::sample::select(vec!["Seconds", "Milliseconds", "None"]),
    )
        .prop_map(|(name, unit)| json!({"Name": name, "Unit": unit}));
    prop::collection::vec(metric, 0..5).prop_map(
        |metrics| json!({"Timestamp": 5, "CloudWatchMetrics": [{"Namespace": WORD, "Metrics": metrics}]}),
    )
}

/// Variables of API Gateway, by every name that is read and some that are not.
const VARIABLES: [&str; 24] = [
    "requestId",
    "extendedRequestId",
    "requestTimeEpoch",
    "routeKey",
    "resourcePath",
    "status",
    "responseLatency",
    "integrationLatency",
    "integration.latency",
    "integrationRequestId",
    "integration.requestId",
    "awsEndpointRequestId",
    "xrayTraceId",
    "errorResponseType",
    "error.responseType",
    "ip",
    "sourceIp",
    "caller",
    "userAgent",
    "path",
    "requestTime",
    "integrationErrorMessage",
    "authorizer.principalId",
    "error.message",
];

fn variable() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => prop::sample::select(vec![
            "-", "", "200", "429", "845", "0", "12.5", "1930367167961", "JKJaXmPLvHcESHA=", ID, "***", "THROTTLED",
            "$default", "1-643eb81e-7b15c13c3bff33247638ad8d", "Root=1-643eb81e-7b15c13c3bff33247638ad8d",
        ]).prop_map(|text| json!(text)),
        3 => (0..900_000_u32).prop_map(|value| json!(value)),
        1 => (0.0..90_000.0_f64).prop_map(|value| json!(value)),
        1 => Just(Value::Null),
        1 => Just(json!([WORD])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Records with known keys anywhere, among them some that are read in several ways.
    #[test]
    fn a_record_of_any_form_reads_back_without_other_keys(
        members in prop::collection::vec((prop::sample::select(KEYS.to_vec()), value()), 1..12),
        texts in prop::collection::vec((0_usize..5, text()), 0..3),
        at in prop::option::of(prop::sample::select(vec!["asctime", "ts", "@timestamp"])),
        metrics in prop::option::weighted(0.2, metrics()),
        id in prop::option::of(Just(ID)),
        prefix in prop::sample::select(vec!["", "2031-01-02T03:04:05.678Z\t79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36\tINFO\t", "words of a user "]),
    ) {
        let mut keys = TimingKeys::common();
        for (field, key, unit) in [
            ("inference_ms", "bedrock.took", Some("s")),
            ("status", "error.status", None),
            ("retry_count", "data.retries", None),
        ] {
            keys.add(field, key, unit).unwrap();
        }
        let parser = parser(keys);
        let mut record: Map<String, Value> =
            members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        for (place, text) in texts {
            match ["message", "record", "data", "fields"].get(place) {
                Some(key) => record.insert((*key).to_owned(), text),
                None => record.insert("fields".to_owned(), json!({"message": text, "prompt": WORD})),
            };
        }
        record.extend(at.map(|key| (key.to_owned(), json!("2031-01-02 03:04:05,678"))));
        record.insert("completion".to_owned(), json!(WORD));
        record.extend(metrics.map(|metrics| ("_aws".to_owned(), metrics)));
        record.extend(id.map(|id| ("request_id".to_owned(), json!(id))));
        let message = format!("{prefix}{}", Value::from(record));
        let reduced = checked(&parser, &message);
        prop_assert!(reduced.is_ok(), "{}\n{}", message, reduced.unwrap_err());
        if let Ok(Reduced::Record(kept) | Reduced::Rejected(kept)) = reduced {
            prop_assert!(!holds_secret(&kept), "{message}\n{kept}");
            prop_assert!(!kept.contains("\"prompt\"") && !kept.contains("\"completion\""), "{kept}");
        }
    }

    /// Access log records with variables of any kind.
    #[test]
    fn an_access_log_record_reads_back_without_other_variables(
        members in prop::collection::vec((prop::sample::select(VARIABLES.to_vec()), variable()), 0..9),
        is_known in prop::bool::weighted(0.8),
        planted in prop::sample::select(vec!["ip", "path", "userAgent", "authorizer.principalId"]),
    ) {
        let mut record = Map::new();
        if is_known {
            record.insert("requestId".to_owned(), json!("JKJaXmPLvHcESHA="));
            record.insert("routeKey".to_owned(), json!(format!("POST /{WORD}")));
            record.insert("status".to_owned(), json!("200"));
        }
        record.extend(members.into_iter().map(|(key, value)| (key.to_owned(), value)));
        record.insert(planted.to_owned(), json!(format!("{WORD} {SENTENCE}")));
        let message = Value::from(record).to_string();
        let reduced = checked(&COMMON, &message);
        prop_assert!(reduced.is_ok(), "{}\n{}", message, reduced.unwrap_err());
        if let Ok(Reduced::Record(kept) | Reduced::Rejected(kept)) = reduced {
            prop_assert!(!holds_secret(&kept), "{message}\n{kept}");
            prop_assert!(!kept.contains(planted) || planted == "path", "{kept}");
        }
    }

    /// Whatever a message holds, what is kept of it is plain words, constants apart.
    #[test]
    fn a_sentence_put_anywhere_is_not_kept(message in any::<usize>(), at in any::<usize>()) {
        static MESSAGES: LazyLock<Vec<String>> =
            LazyLock::new(|| cases().into_iter().map(|line| line.message).collect());
        let message = &MESSAGES[message % MESSAGES.len()];
        let places: Vec<usize> = message.char_indices().map(|(at, _)| at).chain([message.len()]).collect();
        let (before, after) = message.split_at(places[at % places.len()]);
        for message in [format!("{before} wörtér of a ?user? {after}"), format!("{before}wörtér?{after}")] {
            let reduced = COMMON.reduce(&message);
            if let Reduced::Record(kept) | Reduced::Rejected(kept) = &reduced {
                prop_assert!(!kept.contains("wört") && !kept.contains("user?"), "{message}\n{kept}");
                prop_assert_eq!(COMMON.reduce(kept), reduced.clone(), "{}", message);
            }
        }
    }
}
