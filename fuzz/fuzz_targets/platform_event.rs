//! A `platform.*` event gives its values back, whatever the order of its keys and the spelling of its
//! numbers.

#![no_main]

use latscope::parse::{Completeness, InitPhase, Lifecycle, LifecycleRecord, Parsed, Record, Report, Status};
use latscope::vocab::{Micros, RequestId, Timestamp};
use latscope_fuzz::{BASE_MS, Choices, Object, parse_raw, parser};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    parse_raw(data);
    let choices = &mut Choices::new(data);
    let mut record = Object::default();
    let at = choices.maybe(|choices| BASE_MS + choices.of_any_size(1 << 40));
    let timestamp = at.map(|at| Timestamp::from_epoch_millis(at as i64));
    let (kind, expected) = match choices.up_to(4) {
        0 | 1 => ("report", report(choices, &mut record, timestamp)),
        2 => ("start", start(choices, &mut record)),
        3 => ("initReport", init_report(choices, &mut record)),
        _ => ("restoreReport", restore_report(choices, &mut record)),
    };
    let expected = expected.map(|parsed| match parsed {
        Record::Lifecycle(mut lifecycle) => {
            lifecycle.at = timestamp;
            Record::Lifecycle(lifecycle)
        }
        other => other,
    });
    if choices.once_in(4) {
        record.unknown(choices);
    }
    let record = record.written(choices);
    let mut event = Object::default();
    event
        .text("type", &format!("platform.{kind}"))
        .raw("record", record);
    if let Some(at) = at {
        event.text("time", &latscope_corpus::iso_millis(at));
    }
    if choices.once_in(4) {
        event.unknown(choices);
    }
    let start = choices.pick(&["", " ", "\u{feff}", "\n"]);
    let message = format!(
        "{start}{}{}",
        event.written(choices),
        choices.pick(&["", "\n", "  \r\n"])
    );
    let parsed = parser().parse(&message);
    match expected {
        Some(record) => assert_eq!(parsed, Parsed::Record(record), "{message}"),
        None => assert!(
            matches!(parsed, Parsed::Rejected(_)),
            "{message} gives {parsed:?}"
        ),
    }
});

fn report(choices: &mut Choices<'_>, record: &mut Object, at: Option<Timestamp>) -> Option<Record<'static>> {
    let id = request_id(choices, record);
    let mut metrics = Object::default();
    let duration = (!choices.once_in(16)).then(|| millis(choices, &mut metrics, "durationMs"));
    let billed = choices.maybe(|choices| millis(choices, &mut metrics, "billedDurationMs"));
    let init = choices.maybe(|choices| millis(choices, &mut metrics, "initDurationMs"));
    let restore = choices.maybe(|choices| millis(choices, &mut metrics, "restoreDurationMs"));
    let mut megabytes = |choices: &mut Choices<'_>, key: &str| {
        let size = choices.of_any_size(u64::from(u32::MAX)) as u32;
        metrics.raw(key, size.to_string());
        size
    };
    let memory_size_mb = choices.maybe(|choices| megabytes(choices, "memorySizeMB"));
    let max_memory_used_mb = choices.maybe(|choices| megabytes(choices, "maxMemoryUsedMB"));
    if choices.once_in(4) {
        metrics.unknown(choices);
    }
    let metrics = metrics.written(choices);
    record.raw("metrics", metrics);
    let status = status(choices, record);
    let error_type = choices.maybe(|choices| {
        let word = choices.pick(&["Runtime.Unknown", "Function.\"odd\" \u{e9}"]);
        record.text("errorType", word);
        word
    });
    Some(Record::Report(Report {
        request_id: id?,
        duration: duration?,
        billed,
        memory_size_mb,
        max_memory_used_mb,
        init,
        restore,
        status,
        error_type: error_type.map(Into::into),
        trace: None,
        completeness: if billed.is_some() {
            Completeness::Whole
        } else {
            Completeness::DurationOnly
        },
        at,
    }))
}

fn start(choices: &mut Choices<'_>, record: &mut Object) -> Option<Record<'static>> {
    let id = request_id(choices, record);
    let mut text = |choices: &mut Choices<'_>, key: &str, words: &[&'static str]| {
        let word = choices.pick(words);
        record.text(key, word);
        word.into()
    };
    let version = choices.maybe(|choices| text(choices, "version", &["$LATEST", "7", ""]));
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:chat:7";
    let function_arn = choices.maybe(|choices| text(choices, "functionArn", &[arn, "\u{e9}\""]));
    Some(lifecycle(Lifecycle::Start {
        request_id: id?,
        version,
        function_arn,
    }))
}

fn init_report(choices: &mut Choices<'_>, record: &mut Object) -> Option<Record<'static>> {
    let duration = duration(choices, record);
    let phase = choices.maybe(|choices| {
        let (word, phase) = choices.pick(&[
            ("init", Some(InitPhase::Init)),
            ("invoke", Some(InitPhase::Invoke)),
            ("snap-start", Some(InitPhase::SnapStart)),
            ("another", None),
        ]);
        record.text("phase", word);
        phase
    });
    let status = status(choices, record);
    let initialization_type = choices.maybe(|choices| {
        let word = choices.pick(&["on-demand", "provisioned-concurrency", "snap-start"]);
        record.text("initializationType", word);
        word.into()
    });
    Some(lifecycle(Lifecycle::InitReport {
        duration,
        phase: phase.flatten(),
        status,
        initialization_type,
    }))
}

fn restore_report(choices: &mut Choices<'_>, record: &mut Object) -> Option<Record<'static>> {
    let duration = duration(choices, record);
    let status = status(choices, record);
    Some(lifecycle(Lifecycle::RestoreReport { duration, status }))
}

fn lifecycle(line: Lifecycle) -> Record<'static> {
    Record::Lifecycle(LifecycleRecord { line, at: None })
}

fn request_id(choices: &mut Choices<'_>, record: &mut Object) -> Option<RequestId> {
    if choices.once_in(16) {
        return None;
    }
    let id = choices.uuid();
    record.text("requestId", &id);
    RequestId::parse(&id)
}

fn status(choices: &mut Choices<'_>, record: &mut Object) -> Option<Status> {
    choices.maybe(|choices| {
        let (word, status) = choices.pick(&[
            ("success", Status::Success),
            ("timeout", Status::Timeout),
            ("error", Status::Error),
            ("failure", Status::Error),
            ("another", Status::Error),
        ]);
        record.text("status", word);
        status
    })
}

fn duration(choices: &mut Choices<'_>, record: &mut Object) -> Option<Micros> {
    choices.maybe(|choices| {
        let mut metrics = Object::default();
        let duration = millis(choices, &mut metrics, "durationMs");
        let metrics = metrics.written(choices);
        record.raw("metrics", metrics);
        duration
    })
}

/// A number of milliseconds in any spelling that JSON has.
fn millis(choices: &mut Choices<'_>, metrics: &mut Object, key: &str) -> Micros {
    let micros = choices.of_any_size(Micros::MAX.as_micros());
    let (whole, fraction) = (micros / 1000, micros % 1000);
    let (number, micros) = match choices.up_to(3) {
        0 => (whole.to_string(), micros - fraction),
        1 => (format!("{whole}.{fraction:03}"), micros),
        2 => (format!("{micros}E-3"), micros),
        _ => (format!("{whole}.{fraction:03}00e+0"), micros),
    };
    metrics.raw(key, number);
    Micros::from_micros(micros)
}
