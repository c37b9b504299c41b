//! A `REPORT` line gives its numbers back, whatever the order of its fields and whatever became of
//! the tabs between them; cut off, it never gives others.

#![no_main]

use latscope::parse::{Completeness, Parsed, Record, Report, Status};
use latscope::vocab::{Micros, RequestId, TraceId};
use latscope_fuzz::{Choices, cut, parse_raw, parser};
use libfuzzer_sys::fuzz_target;

/// What the tab between two fields can have become.
const GAPS: [&str; 12] = [
    "\t", "", " ", "    ", "\n", "\u{a0}", "\\t", "\\\\t", "\t\n", "\r\n", "\\n", " \t",
];
const ENDS: [&str; 6] = ["\t\n", "", "\n", "\\t\\n", " ", "\u{a0}\r\n"];

fuzz_target!(|data: &[u8]| {
    parse_raw(data);
    line(&mut Choices::new(data));
});

/// A field as it is printed, and whether the next may follow at once.
type Printed = (String, bool);

fn line(choices: &mut Choices<'_>) {
    let part = choices.up_to(255);
    let (line, expected) = written(choices);
    let parsed = parser().parse(&line);
    match &expected {
        Some(report) => assert_eq!(parsed, Parsed::Record(Record::Report(report.clone())), "{line:?}"),
        None => assert!(matches!(parsed, Parsed::Rejected(_)), "{line:?} gives {parsed:?}"),
    }
    let Some(whole) = expected else { return };
    let line = cut(&line, part);
    match parser().parse(line) {
        Parsed::Record(Record::Report(part)) => {
            assert_eq!(
                (&part.request_id, part.duration, part.billed),
                (&whole.request_id, whole.duration, whole.billed)
            );
            assert!(part.init.is_none() || part.init == whole.init, "{line:?}");
            assert!(
                part.restore.is_none() || part.restore == whole.restore,
                "{line:?}"
            );
            assert!(part.status.is_none() || part.status == whole.status, "{line:?}");
            assert!(part.memory_size_mb.is_none() || part.memory_size_mb == whole.memory_size_mb);
            assert!(part.max_memory_used_mb.is_none() || part.max_memory_used_mb == whole.max_memory_used_mb);
        }
        Parsed::Rejected(_) | Parsed::Ignored => {}
        other => panic!("{line:?} gives {other:?}"),
    }
}

/// A line and what it says; none where a field is missing that a report needs.
fn written(choices: &mut Choices<'_>) -> (String, Option<Report>) {
    let id = match choices.up_to(5) {
        0 => "***".to_owned(),
        1 => "a-short.id".to_owned(),
        2 => choices.uuid().to_uppercase(),
        _ => choices.uuid(),
    };
    let blank = choices.pick(&[" ", "\u{a0}"]);
    let mut fields: Vec<Printed> = Vec::new();
    let mut millis = |choices: &mut Choices<'_>, label: &str| {
        let (number, micros) = number(choices);
        fields.push((format!("{label}:{blank}{number}{blank}ms"), true));
        Micros::from_micros(micros)
    };
    let duration = (!choices.once_in(16)).then(|| millis(choices, "Duration"));
    let billed = (!choices.once_in(16)).then(|| millis(choices, "Billed Duration"));
    let init = choices.maybe(|choices| millis(choices, "Init Duration"));
    let restore = choices.maybe(|choices| millis(choices, "Restore Duration"));
    if choices.once_in(4) {
        millis(choices, "Billed Restore Duration");
    }
    if choices.once_in(4) {
        millis(choices, "Queuing Duration");
    }
    let mut megabytes = |choices: &mut Choices<'_>, label: &str| {
        let number = choices.of_any_size(u64::from(u32::MAX)) as u32;
        fields.push((format!("{label}:{blank}{number}{blank}MB"), true));
        number
    };
    let memory_size_mb = choices.maybe(|choices| megabytes(choices, "Memory Size"));
    let max_memory_used_mb = choices.maybe(|choices| megabytes(choices, "Max Memory Used"));
    let status = choices.maybe(|choices| choices.pick(&["success", "failure", "error", "timeout"]));
    if let Some(word) = status {
        fields.push((format!("Status:{blank}{word}"), true));
    }
    let error_type = choices.maybe(|choices| choices.pick(&["Runtime.ExitError", "Sandbox.Timedout", "x"]));
    if let Some(word) = error_type {
        fields.push((format!("Error Type:{blank}{word}"), false));
    }
    let mut trace_id = None;
    if choices.once_in(4) {
        let trace = format!(
            "1-{:08x}-{:024x}",
            choices.up_to(u64::from(u32::MAX)),
            choices.up_to(u64::MAX)
        );
        trace_id = TraceId::parse(&trace);
        fields.push((format!("XRAY TraceId:{blank}{trace}"), false));
        fields.push((
            format!("SegmentId:{blank}{:016x}", choices.up_to(u64::MAX)),
            false,
        ));
        fields.push((format!("Sampled:{blank}true"), false));
    }
    choices.shuffle(&mut fields);
    let start = choices.pick(&["", "\u{feff}"]);
    let mut line = format!("{start}REPORT{blank}RequestId:{blank}{id}");
    // A UUID is told by its length, other ids end with white space.
    let mut may_touch = id.len() == 36;
    for (field, may_be_touched) in fields {
        let gap = choices.pick(&GAPS);
        line.push_str(if gap.is_empty() && !may_touch { "\t" } else { gap });
        line.push_str(&field);
        may_touch = may_be_touched;
    }
    line.push_str(choices.pick(&ENDS));
    let report = duration.zip(billed).map(|(duration, billed)| Report {
        request_id: RequestId::parse(&id).expect("an id has no white space"),
        duration,
        billed: Some(billed),
        memory_size_mb,
        max_memory_used_mb,
        init,
        restore,
        status: status.map(|word| match word {
            "success" => Status::Success,
            "timeout" => Status::Timeout,
            _ => Status::Error,
        }),
        error_type: error_type.map(Into::into),
        trace: trace_id,
        completeness: if max_memory_used_mb.is_some() {
            Completeness::Whole
        } else {
            Completeness::CutOff
        },
        at: None,
    });
    (line, report)
}

/// A number of milliseconds as a log prints it, and its microseconds.
fn number(choices: &mut Choices<'_>) -> (String, u64) {
    let micros = choices.of_any_size(Micros::MAX.as_micros());
    let (whole, fraction) = (micros / 1000, micros % 1000);
    match choices.up_to(2) {
        0 => (format!("{whole}.{:02}", fraction / 10), micros - micros % 10),
        1 => (format!("{whole}"), micros - fraction),
        _ => (format!("{whole}.{fraction:03}"), micros),
    }
}
