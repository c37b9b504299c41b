//! The program's output is the same bytes on any number of threads, whichever way lines are read.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::Write;

use common::Run;
use flate2::Compression;
use flate2::write::GzEncoder;
use latscope_corpus::{
    Event, Form, Scenario, generate, save, write_filter_log_events, write_ndjson, write_text,
};

fn events() -> Vec<Event> {
    let scenario = Scenario {
        requests: 2500,
        ..Scenario::preset("large").unwrap()
    };
    generate(&scenario).events
}

fn ndjson(events: &[Event]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_ndjson(events, &mut bytes).unwrap();
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What the program writes about these files, on so many threads.
fn written(files: &[(String, Vec<u8>)], args: &str) -> (String, String) {
    let mut run = Run::new(&format!("summary --input logs --format json --verbose {args}"));
    for (name, bytes) in files {
        run = run.file(&format!("logs/{name}"), bytes);
    }
    let done = run.done().code(0);
    (done.stdout(), done.stderr())
}

fn assert_same(files: &[(String, Vec<u8>)]) {
    let expected = written(files, "--threads 1 --strict");
    for args in [
        "--threads 1",
        "--threads 2",
        "--threads 8",
        "--threads 8 --strict",
        "",
    ] {
        assert_eq!(written(files, args), expected, "{args}");
    }
}

#[test]
fn one_file_of_several_blocks_gives_the_same_bytes() {
    let events = events();
    let mut lines = ndjson(&events);
    assert!(lines.len() > 4 << 20);
    // A line that is cut off is found wherever it stands.
    let middle = lines.len() / 2;
    lines.splice(middle..middle, *b"\n{\"eventId\":\"1\",\"mess\n");
    assert_same(&[("a.ndjson".to_owned(), lines.clone())]);
    assert_same(&[("a.ndjson.gz".to_owned(), packed(&lines))]);
    let mut text = Vec::new();
    write_text(&events, &mut text).unwrap();
    assert_same(&[("a.log".to_owned(), text)]);
    for pretty in [false, true] {
        let mut document = Vec::new();
        write_filter_log_events(&events, &mut document, pretty).unwrap();
        assert_same(&[("a.json".to_owned(), document)]);
    }
}

#[test]
fn several_files_give_the_same_bytes() {
    let events = events();
    let files: Vec<(String, Vec<u8>)> = events
        .chunks(events.len() / 5)
        .map(ndjson)
        .enumerate()
        .map(|(number, lines)| match number % 2 {
            0 => (format!("{number}.ndjson.gz"), packed(&lines)),
            _ => (format!("{number}.ndjson"), lines),
        })
        .chain([
            ("empty.log".to_owned(), Vec::new()),
            ("cut.gz".to_owned(), packed(b"END RequestId: a\n")[..20].to_vec()),
        ])
        .collect();
    assert_same(&files);
}

/// The files of one archive, one behind the other.
fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive
            .start_file(name.as_str(), zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// One thread reads the events of such a file, and whoever is free parses them.
#[test]
fn files_without_blocks_give_the_same_bytes() {
    let events = events();
    let files: Vec<(String, Vec<u8>)> = [
        "console-csv",
        "insights-results",
        "insights-console-csv",
        "filter-log-events-pretty",
        "subscription",
        "tail-json",
    ]
    .into_iter()
    .map(|name| {
        let mut saved = save(Form::from_name(name).unwrap(), &events, "/aws/lambda/chat");
        assert_eq!(saved.len(), 1, "{name}");
        let mut bytes = saved.remove(0).bytes;
        assert!(bytes.len() > 1 << 20, "{name}");
        // What is damaged is found wherever it stands.
        let middle = bytes.len() / 2;
        bytes.splice(middle..middle, *b"\n\"\xe4}]\n");
        (name.to_owned(), bytes)
    })
    .collect();
    for file in &files {
        assert_same(std::slice::from_ref(file));
    }
    assert_same(&files);
    assert_same(&[("a.zip".to_owned(), archive(&files))]);
    // Files so small that nobody is asked to parse them, and one that is large.
    let small = events.chunks(20).take(100).enumerate().map(|(number, events)| {
        let form = Form::from_name(["console-csv", "filter-log-events"][number % 2]).unwrap();
        let bytes = save(form, events, "/aws/lambda/chat").remove(0).bytes;
        (format!("{number}.log"), bytes)
    });
    let many: Vec<_> = small.chain([files[0].clone()]).collect();
    assert_same(&[("a.zip".to_owned(), archive(&many))]);
    // A value so long that what follows is read by one thread, as it would be under `--strict`.
    let mut lines = ndjson(&events);
    let middle = lines.len() / 2;
    lines.splice(
        middle..middle,
        [vec![b'\n'], vec![b'x'; 9 << 20], vec![b'\n']].concat(),
    );
    assert_same(&[("a.ndjson".to_owned(), lines.clone()), files[0].clone()]);
    // Blocks before it may still wait to be parsed.
    assert_same(&[("a.ndjson.gz".to_owned(), packed(&lines))]);
}

/// How much of a damaged file is read depends on nothing but the file: not on what memory is free, nor on who reads it.
#[test]
fn damaged_files_give_the_same_bytes() {
    let events = events();
    let halves: Vec<Vec<u8>> = events.chunks(events.len() / 2 + 1).map(ndjson).collect();
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(&halves[1]).unwrap();
    for sound in [packed(&halves[1]), encoder.finish().unwrap()] {
        for part in [3, 5, 7] {
            let mut damaged = sound.clone();
            let at = sound.len() * part / 8;
            damaged[at..at + 4].fill(0x55);
            assert_same(&[
                ("a.ndjson.gz".to_owned(), packed(&halves[0])),
                ("b.ndjson".to_owned(), halves[0].clone()),
                ("c".to_owned(), damaged),
                ("d".to_owned(), sound[..at].to_vec()),
            ]);
        }
    }
}

/// Rows of Logs Insights come newest first: `REPORT` and `END` before what they end. Requests are then joined within the
/// blocks of a file, as those in their usual order are, or across blocks, as others are.
#[test]
fn the_order_of_lines_changes_nothing() {
    let events = events();
    let mut reversed = events.clone();
    reversed.reverse();
    // Nothing of a request is in the file that has the rest of it, and nothing is in its usual order.
    let apart = |place: usize| -> Vec<Event> {
        let of_file = |(number, _): &(usize, &Event)| number % 2 == place;
        reversed
            .iter()
            .enumerate()
            .filter(of_file)
            .map(|(_, event)| event.clone())
            .collect()
    };
    let files = |parts: &[Vec<Event>]| -> Vec<(String, Vec<u8>)> {
        let named = |(number, part): (usize, &Vec<Event>)| (format!("{number}.ndjson"), ndjson(part));
        parts.iter().enumerate().map(named).collect()
    };
    let (expected, _) = written(&files(&[events]), "--threads 1");
    for parts in [vec![reversed.clone()], vec![apart(0), apart(1)]] {
        let (found, _) = written(&files(&parts), "--threads 2");
        assert_eq!(found, expected);
    }
}

#[test]
fn a_file_that_is_gone_ends_the_command_on_any_number_of_threads() {
    for threads in [1, 8] {
        Run::new(&format!("summary --input nothing.log --threads {threads}"))
            .done()
            .code(3)
            .stderr_has("nothing.log");
    }
}
