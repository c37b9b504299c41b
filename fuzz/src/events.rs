//! Log events of a function that calls models, made from the fuzzer's choices.

use std::collections::HashSet;

use latscope_corpus::{Event, iso_millis};
use latscope_schema::TimingRecord;

use crate::Choices;
use crate::json::quoted;

/// When the first event was written: 2026-11-20T09:00:00.000Z.
pub const BASE_MS: u64 = 1_795_165_200_000;

/// The most events of one list.
const MOST: usize = 24;

/// Whether events of one stream may have the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// They may, but for two lines that say the same of one request or one environment.
    Allowed,
    /// Without event ids nothing tells two lines of one millisecond apart, so they may not.
    Excluded,
}

const STREAMS: [&str; 3] = [
    "2026/11/20/[7]0123456789abcdef0123456789abcdef",
    "2026/11/20/[7]fedcba9876543210fedcba9876543210",
    "2026/11/20/[$LATEST]00112233445566778899aabbccddeeff",
];

const MODELS: [&str; 3] = [
    "anthropic.claude-3-haiku-20240307-v1:0",
    "us.amazon.nova-lite-v1:0",
    "amazon.nova-lite-v1:0",
];

/// Pieces of lines of an application: what quoting, splitting and decoding may trip over.
const PIECES: [&str; 25] = [
    "word",
    " ",
    "\"",
    "\"\"",
    ",",
    "\n",
    "\r\n",
    "\t",
    "\u{e9}",
    "\u{65e5}\u{672c}",
    "\u{1f326}",
    "{",
    "}",
    "[",
    "]",
    "\\",
    "\\n",
    "|",
    "'",
    "%",
    "\u{a0}",
    "REPORT RequestId: ",
    "\nREPORT ",
    "Duration: 1.00 ms",
    "</a>",
];

/// Events in the order of their times, some of them twice.
pub fn event_list(choices: &mut Choices<'_>, ties: Ties) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut at = BASE_MS + choices.up_to(999);
    let (mut of_this_millisecond, mut begun) = (HashSet::new(), HashSet::new());
    while events.len() < MOST && !choices.is_over() {
        let step = match ties {
            Ties::Allowed => choices.pick(&[0, 0, 1, 40, 1000, 31_000]),
            Ties::Excluded => choices.pick(&[1, 3, 40, 1000, 31_000, 86_400_000]),
        };
        let stream = choices.index(STREAMS.len());
        let kind = if ties == Ties::Excluded && begun.insert(stream) {
            // A file of text is told by a line of the platform, with which a stream begins.
            choices.pick(&[0, 1, 6])
        } else {
            choices.up_to(16)
        };
        let request = choices.up_to(3);
        let said = said(kind, request, stream);
        if step > 0 || !of_this_millisecond.insert(said) {
            at += step.max(1);
            of_this_millisecond.clear();
            of_this_millisecond.insert(said);
        }
        let message = message(choices, at, stream, kind, request);
        events.push(Event {
            event_id: format!("{:056}", 39_000_000 + events.len()),
            ingestion_time: at + 512,
            log_stream_name: STREAMS[stream].to_owned(),
            message,
            timestamp: at,
        });
        if choices.once_in(16)
            && let Some(event) = events.last().cloned()
        {
            events.push(event);
        }
    }
    events
}

/// What a line tells, and of whom: of a request or, from 6 to 9 but for a timeout, of an environment.
fn said(kind: u64, request: u64, stream: usize) -> (u64, u64) {
    match kind {
        // The text format and the JSON format have lines for the same.
        0 | 1 => (0, request),
        2..=4 | 13 => (2, request),
        10..=12 => (10, request),
        6 | 7 | 9 => (kind, stream as u64),
        14 => (kind, 0),
        _ => (kind, request),
    }
}

fn hundredths(choices: &mut Choices<'_>) -> String {
    let hundredths = choices.of_any_size(9_000_000);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn message(choices: &mut Choices<'_>, at: u64, stream: usize, kind: u64, request: u64) -> String {
    let id = format!("5a1c0f7e-3b2d-4e6f-8a90-{request:012}");
    let version = ["7", "7", "$LATEST"][stream];
    let time = iso_millis(at);
    let platform = |kind: &str, record: String| {
        format!(r#"{{"time":"{time}","type":"platform.{kind}","record":{{{record}}}}}"#)
    };
    match kind {
        0 => format!("START RequestId: {id} Version: {version}\n"),
        1 => platform("start", format!(r#""requestId":"{id}","version":"{version}""#)),
        2 | 3 => report(choices, &id),
        4 => {
            let duration = hundredths(choices);
            let init = choices.maybe(hundredths).map(|init| format!(r#","initDurationMs":{init}"#));
            let status = choices.pick(&["success", "timeout", "error"]);
            let init = init.unwrap_or_default();
            let record = format!(
                r#""requestId":"{id}","status":"{status}","metrics":{{"durationMs":{duration},"billedDurationMs":{},"memorySizeMB":512,"maxMemoryUsedMB":97{init}}}"#,
                choices.of_any_size(90_000)
            );
            platform("report", record)
        }
        5 => format!("END RequestId: {id}\n"),
        6 => "INIT_START Runtime Version: provided:al2023.v116\tRuntime Version ARN: \
              arn:aws:lambda:us-east-1::runtime:5ab2e8a4f1c0d37b6e9f24580d1c7a3be6f09d1482c55b7730ea64f9d8127c3e\n"
            .to_owned(),
        7 => {
            let end = choices.pick(&["", "\tPhase: init\tStatus: timeout", "\tPhase: invoke\tStatus: error\tError Type: x"]);
            format!("INIT_REPORT Init Duration: {} ms{end}\n", hundredths(choices))
        }
        8 => format!("{time} {id} Task timed out after 3.00 seconds\n\n"),
        9 => format!("RESTORE_REPORT Restore Duration: {} ms\n", hundredths(choices)),
        10..=12 => timing(choices, &time, &id),
        13 => format!("REPORT RequestId: {id}\tDuration: XXXX ms\tBilled Duration: 5 ms\n"),
        14 => bedrock(choices, &time),
        _ => format!("note {}\n", choices.text(&PIECES, 12)),
    }
}

fn report(choices: &mut Choices<'_>, id: &str) -> String {
    let duration = hundredths(choices);
    let billed = choices.of_any_size(90_000);
    let init = choices
        .maybe(hundredths)
        .map(|init| format!("Init Duration: {init} ms\t"));
    let restore = choices
        .once_in(8)
        .then(|| format!("Restore Duration: {} ms\t", hundredths(choices)));
    let end = choices.pick(&[
        "\n",
        "\n",
        "Status: timeout\n",
        "\nXRAY TraceId: 1-5a1c0f7e-3b2d4e6f8a901b2c3d4e5f60\tSegmentId: 0123456789abcdef\tSampled: true\t\n",
    ]);
    format!(
        "REPORT RequestId: {id}\tDuration: {duration} ms\tBilled Duration: {billed} ms\tMemory Size: 512 MB\t\
         Max Memory Used: 97 MB\t{}{}{end}",
        init.unwrap_or_default(),
        restore.unwrap_or_default(),
    )
}

/// Bedrock's own record of a call.
fn bedrock(choices: &mut Choices<'_>, time: &str) -> String {
    let (id, model) = (choices.up_to(3), choices.pick(&MODELS));
    let (latency, tokens) = (choices.of_any_size(90_000), choices.of_any_size(9_000));
    let end = choices.pick(&["", r#","errorCode":"ThrottlingException""#]);
    format!(
        concat!(
            r#"{{"schemaType":"ModelInvocationLog","timestamp":"{}","requestId":"b-{}","#,
            r#""operation":"Converse","modelId":"{}","input":{{"inputTokenCount":{}}},"#,
            r#""output":{{"outputBodyJson":{{"metrics":{{"latencyMs":{}}}}}}}{}}}"#
        ),
        time, id, model, tokens, latency, end
    )
}

fn timing(choices: &mut Choices<'_>, time: &str, id: &str) -> String {
    let mut record = TimingRecord::new(id);
    record.call_index = choices.up_to(2) as u32;
    record.inference_ms = choices.maybe(|choices| choices.of_any_size(9_000_000) as f64 / 1000.0);
    record.start_offset_ms = choices.maybe(|choices| choices.of_any_size(9_000_000) as f64 / 1000.0);
    record.request_model = choices.maybe(|choices| choices.pick(&MODELS).into());
    record.bedrock_request_id = choices.maybe(|choices| format!("b-{}", choices.up_to(3)).into());
    record.cold_start = choices.maybe(Choices::flag);
    record.status = choices.maybe(Choices::call_status);
    let json = serde_json::to_string(&record).expect("a record can be written");
    match choices.up_to(4) {
        0 | 1 => format!("{json}\n"),
        2 => format!("{time}\t{id}\tINFO\t{json}\n"),
        3 => format!(r#"{{"timestamp":"{time}","level":"INFO","requestId":"{id}","message":{json}}}"#),
        _ => {
            let text = quoted(&json);
            format!(r#"{{"timestamp":"{time}","level":"INFO","requestId":"{id}","message":{text}}}"#)
        }
    }
}
