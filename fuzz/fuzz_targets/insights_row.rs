//! A row of Logs Insights gives its report back in every spelling of its numbers, alone and in the
//! document that the command line prints.

#![no_main]

use latscope::parse::{Completeness, Parsed, Record, Report};
use latscope::vocab::{Micros, RequestId, Timestamp};
use latscope_fuzz::{BASE_MS, Choices, Object, parse_raw, parser, quoted, read};
use libfuzzer_sys::fuzz_target;

/// Names of the fields in rows of the text format and of the JSON format.
const NAMES: [[&str; 7]; 2] = [
    [
        "@requestId",
        "@duration",
        "@billedDuration",
        "@memorySize",
        "@maxMemoryUsed",
        "@initDuration",
        "@restoreDuration",
    ],
    [
        "record.requestId",
        "record.metrics.durationMs",
        "record.metrics.billedDurationMs",
        "record.metrics.memorySizeMB",
        "record.metrics.maxMemoryUsedMB",
        "record.metrics.initDurationMs",
        "record.metrics.restoreDurationMs",
    ],
];

fuzz_target!(|data: &[u8]| {
    parse_raw(data);
    let choices = &mut Choices::new(data);
    let (fields, report) = row(choices);
    let mut object = Object::default();
    for (key, value) in &fields {
        object.raw(key, value.as_str());
    }
    let text = object.written(choices);
    assert_eq!(
        parser().parse_row(&text),
        Parsed::Record(Record::Report(report.clone())),
        "{text}"
    );

    let cells: Vec<String> = fields
        .iter()
        // The command line prints every value as text, and leaves out what is null.
        .filter(|(_, value)| value != "null")
        .map(|(key, value)| {
            let value = if value.starts_with('"') {
                value.clone()
            } else {
                quoted(value)
            };
            format!("{{\"field\":{},\"value\":{value}}}", quoted(key))
        })
        .collect();
    let document = format!(
        "{{\"results\":[[{}]],\"status\":\"Complete\"}}\n",
        cells.join(",")
    );
    let collected = read(&[&document]).collected;
    let [invocation] = &collected.invocations.to_vec()[..] else {
        panic!("{} invocations in {document}", collected.invocations.len());
    };
    assert_eq!(
        (
            &invocation.request_id,
            invocation.duration,
            invocation.billed,
            invocation.memory_mb,
            invocation.ended_at
        ),
        (
            &report.request_id,
            report.duration,
            report.billed,
            report.memory_size_mb,
            report.at
        ),
        "{document}"
    );
});

/// The fields of a row, and the report that it is.
fn row(choices: &mut Choices<'_>) -> (Vec<(&'static str, String)>, Report) {
    let is_json = choices.flag();
    let [
        id_name,
        duration_name,
        billed_name,
        size_name,
        used_name,
        init_name,
        restore_name,
    ] = NAMES[usize::from(is_json)];
    let at = BASE_MS + choices.of_any_size(1 << 40);
    let time = latscope_corpus::iso_millis(at).replace('T', " ");
    let mut fields = vec![("@timestamp", quoted(time.trim_end_matches('Z')))];
    let id = choices.maybe(Choices::uuid);
    if let Some(id) = &id {
        fields.push((id_name, quoted(id)));
    }
    let spelling = choices.up_to(3);
    let mut number = |name: &'static str, number: f64| {
        let text = match spelling {
            0 | 1 => format!("{number:?}"),
            2 => format!("{number}"),
            _ => format!("{number:E}"),
        };
        fields.push((name, if spelling == 0 { text } else { quoted(&text) }));
    };
    // A hundredth of a millisecond at least, and a year at most.
    let mut millis = |choices: &mut Choices<'_>, name: &'static str| {
        let hundredths = choices.of_any_size(Micros::MAX.as_micros() / 10);
        number(name, hundredths as f64 / 100.0);
        Micros::from_micros(hundredths * 10)
    };
    let duration = millis(choices, duration_name);
    let billed = choices.maybe(|choices| millis(choices, billed_name));
    let init = choices.maybe(|choices| millis(choices, init_name));
    let restore = choices.maybe(|choices| millis(choices, restore_name));
    let mut megabytes = |choices: &mut Choices<'_>, name: &'static str| {
        // No function has 100,000 MB, so a larger number is one of bytes.
        let size = choices.of_any_size(99_999) as u32;
        number(name, f64::from(size) * if is_json { 1.0 } else { 1e6 });
        size
    };
    let memory_size_mb = choices.maybe(|choices| megabytes(choices, size_name));
    let max_memory_used_mb = choices.maybe(|choices| megabytes(choices, used_name));
    let is_init_absent = init.is_none() && choices.flag();
    if is_init_absent {
        fields.push((init_name, "null".to_owned()));
    }
    let is_billed_absent = billed.is_none() && choices.flag();
    if is_billed_absent {
        fields.push((billed_name, choices.pick(&["null", "\"\""]).to_owned()));
    }
    if choices.flag() || (is_json && billed.is_none()) {
        fields.push(if is_json {
            ("type", quoted("platform.report"))
        } else {
            ("@type", quoted("REPORT"))
        });
    }
    if choices.flag() {
        fields.push((
            "@logStream",
            quoted("2026/11/20/[7]0123456789abcdef0123456789abcdef"),
        ));
    }
    if choices.flag() {
        fields.push(("@ptr", quoted("Cn0KPgo6MTIzNDU2Nzg5MDEyOi9hd3M=")));
    }
    choices.shuffle(&mut fields);
    let report = Report {
        request_id: id.map_or_else(RequestId::absent, |id| RequestId::parse(&id).expect("a UUID")),
        duration,
        billed,
        memory_size_mb,
        max_memory_used_mb,
        init,
        restore,
        status: None,
        error_type: None,
        trace: None,
        completeness: if is_billed_absent {
            Completeness::DurationOnly
        } else if init.is_some() || is_init_absent {
            Completeness::Whole
        } else {
            Completeness::FieldsChosen
        },
        at: Some(Timestamp::from_epoch_millis(at as i64)),
    };
    (fields, report)
}
