//! The same events in every form that loses nothing give the same invocations to the last digit.

#![no_main]

use latscope::invocation::{Collected, ModelUse};
use latscope_corpus::{Form, SavedFile, save};
use latscope_fuzz::{Choices, Ties, event_list, outcome_of, read, zipped};
use libfuzzer_sys::fuzz_target;

const LOG_GROUP: &str = "/aws/lambda/chat-api";

fuzz_target!(|data: &[u8]| {
    let events = event_list(&mut Choices::new(data), Ties::Excluded);
    if events.is_empty() {
        return;
    }
    let expected = saved(Form::Ndjson, &events);
    for &form in Form::ALL.iter().filter(|form| form.is_lossless()) {
        let mut found = saved(form, &events);
        // Envelopes begin with one that tries the destination: a line of nobody's.
        if form.name().starts_with("subscription") || form.name().starts_with("firehose") {
            found.ledger.ignored -= 1;
        }
        assert_eq!(
            found.ledger,
            expected.ledger,
            "{} of {}",
            form.name(),
            shown(&events)
        );
        assert_eq!(found, expected, "{} of {}", form.name(), shown(&events));
    }
});

/// What a form of the events gives, named and without what only some forms keep.
#[derive(Debug, PartialEq)]
struct Kept {
    ledger: latscope::invocation::Ledger,
    invocations: Vec<String>,
    model_calls: String,
    span: Option<latscope::invocation::Span>,
}

fn saved(form: Form, events: &[latscope_corpus::Event]) -> Kept {
    let files = save(form, events, LOG_GROUP);
    let collected = if form == Form::S3Export {
        // Its paths hold the streams, and an archive keeps paths.
        let named: Vec<(&str, &[u8])> = files.iter().map(|file| (&*file.path, &*file.bytes)).collect();
        read(&[zipped(&named)]).collected
    } else {
        let bytes: Vec<&[u8]> = files.iter().map(|SavedFile { bytes, .. }| &**bytes).collect();
        read(&bytes).collected
    };
    kept(&outcome_of(&collected))
}

fn kept(collected: &Collected) -> Kept {
    let names = &collected.names;
    let name = |list: &[Box<str>], position: Option<u32>| position.map(|at| list[at as usize].clone());
    let invocations = collected.invocations.iter().map(|row| {
        let model = match row.model {
            ModelUse::One(model) => Some(&names.models[model as usize]),
            ModelUse::Unnamed | ModelUse::Several => None,
        };
        let (stream, version, region) = (
            name(&names.streams, row.stream),
            name(&names.versions, row.version),
            name(&names.regions, row.region),
        );
        // Only some forms keep the log group, which names the function.
        let mut row = row.clone();
        (row.stream, row.version, row.region, row.function) = (None, None, None, None);
        if let ModelUse::One(model) = &mut row.model {
            *model = 0;
        }
        format!("{stream:?} {version:?} {region:?} {model:?} {row:?}")
    });
    Kept {
        invocations: invocations.collect(),
        model_calls: format!("{:?}", collected.model_calls),
        ledger: collected.ledger.clone(),
        span: collected.span,
    }
}

/// The events, to be made a fixture of.
fn shown(events: &[latscope_corpus::Event]) -> String {
    let files = save(Form::Ndjson, events, LOG_GROUP);
    files
        .iter()
        .map(|file| String::from_utf8_lossy(&file.bytes))
        .collect()
}
