//! Files read to the end, with what must hold whatever is in them.

use std::io::{Cursor, Write};
use std::path::Path;

use latscope::invocation::{Collected, Collector, Invocation, Invocations, Ledger, ModelUse, REJECTED_KEPT};
use latscope::source::{Item, read_stream};

use crate::{SECRET, parser};

/// What was read, and what the reader handed over.
#[derive(Debug)]
pub struct Reading {
    /// What the collector made of it.
    pub collected: Collected,
    /// Events handed over.
    pub events: u64,
    /// Rejections handed over by the reader; the parser adds its own.
    pub rejections: u64,
    /// Files in archives.
    pub members: u64,
    /// Files that were read to their end.
    pub files_read: u64,
}

/// Reads files and checks that the ledger balances.
pub fn read<B: AsRef<[u8]>>(files: &[B]) -> Reading {
    let mut collector = Collector::new(parser().clone());
    let (mut events, mut rejections, mut members, mut files_read, mut told) = (0, 0, 0, 0, 0);
    for (number, bytes) in files.iter().enumerate() {
        collector.begin_file(Path::new(&format!("file-{number}")), number);
        let read = read_stream(bytes.as_ref(), &mut |item| {
            *match &item {
                Item::Event(_) => &mut events,
                Item::Rejected { .. } => &mut rejections,
                Item::Member { .. } => &mut members,
                Item::Read(_) => &mut files_read,
            } += 1;
            if let Some(rejected) = collector.take(item) {
                told += 1;
                assert!(
                    !rejected.reason.contains(SECRET),
                    "a reason quotes the input: {}",
                    rejected.reason
                );
                assert!(
                    rejected.reason.len() < 200,
                    "a reason is too long: {}",
                    rejected.reason
                );
            }
        });
        assert!(read.is_ok(), "memory cannot be unreadable");
    }
    let reading = Reading {
        collected: collector.finish(),
        events,
        rejections,
        members,
        files_read,
    };
    assert_eq!(reading.collected.ledger.rejected, told);
    check_balance(&reading);
    reading
}

fn check_balance(reading: &Reading) {
    let Collected {
        invocations,
        model_calls,
        requests,
        runs,
        names,
        ledger,
        span,
    } = &reading.collected;
    assert_eq!(ledger.events(), reading.events + reading.rejections, "{ledger:?}");
    assert!(ledger.rejected >= reading.rejections);
    assert_eq!(ledger.rejected, ledger.rejected_reasons.values().sum::<u64>());
    assert_eq!(
        ledger.first_rejected.len() as u64,
        ledger.rejected.min(REJECTED_KEPT as u64)
    );
    assert_eq!(ledger.invocations(), invocations.len() as u64);
    assert_eq!(ledger.report_records, invocations.len() as u64);
    assert_eq!(ledger.bedrock_records, model_calls.len() as u64);
    assert!(ledger.timing_without_report <= ledger.timing_records);
    let count = |holds: fn(&Invocation) -> bool| invocations.iter().filter(|row| holds(row)).count() as u64;
    assert_eq!(ledger.matched, count(|row| row.is_matched));
    let joined = model_calls.iter().filter(|call| call.is_joined).count() as u64;
    assert_eq!(ledger.bedrock_joined, joined);
    let is_in = |position: Option<u32>, length: usize| position.is_none_or(|at| (at as usize) < length);
    for row in invocations.iter() {
        assert!(is_in(Some(row.file), names.files.len()));
        assert!(is_in(row.stream, names.streams.len()) && is_in(row.function, names.functions.len()));
        assert!(is_in(row.version, names.versions.len()) && is_in(row.region, names.regions.len()));
        if let ModelUse::One(model) = row.model {
            assert!(is_in(Some(model), names.models.len()));
        }
        if let (Some(at), Some(span)) = (row.ended_at, span) {
            assert!(span.first <= at && at <= span.last);
        }
    }
    assert!(
        model_calls
            .iter()
            .all(|call| is_in(call.model, names.models.len()))
    );
    // Every record from outside the function is in one request.
    let clients = requests.iter().filter_map(|request| request.client);
    assert_eq!(
        ledger.client_records,
        clients.clone().count() as u64 + ledger.client_run_lines
    );
    let gateways = requests.iter().filter(|request| request.gateway.is_some());
    assert_eq!(ledger.gateway_records, gateways.count() as u64);
    assert!(clients.clone().all(|client| is_in(Some(client.run), runs.len())));
    assert!(requests.iter().all(|request| {
        let row = request.invocation.map(|invocation| invocation.row);
        is_in(request.model, names.models.len()) && is_in(row, invocations.len())
    }));
}

/// The ledger without the places of its rejections, which differ from file to file.
fn without_places(ledger: &Ledger) -> Ledger {
    Ledger {
        first_rejected: Vec::new(),
        ..ledger.clone()
    }
}

/// Invocations without the file in which they stood.
fn without_file(invocations: &Invocations) -> Invocations {
    invocations
        .iter()
        .map(|row| Invocation { file: 0, ..row })
        .collect()
}

/// Everything but files and places: what must not depend on how the same events were saved.
pub fn outcome_of(collected: &Collected) -> Collected {
    let mut outcome = collected.clone();
    outcome.names.files.clear();
    outcome.ledger = without_places(&outcome.ledger);
    outcome.invocations = without_file(&outcome.invocations);
    outcome
}

/// An archive of these files.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (path, bytes) in files {
        writer.start_file(*path, options).expect("the path can be a name");
        writer.write_all(bytes).expect("memory takes everything");
    }
    writer.finish().expect("memory takes everything").into_inner()
}
