//! `latscope store`, and reports that are made from a store: on the committed store of format v1.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;

use common::{Run, root};
use latscope::source::store::Store;

/// A run in a folder that holds a copy of the committed store.
fn run(args: &str, store: &str) -> Run {
    let run = Run::new(args);
    copy(&root().join("fixtures/stores/v1"), &run.path(store));
    run
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => _ = fs::copy(entry.path(), to.join(entry.file_name())).unwrap(),
        }
    }
}

/// A file of a segment that holds events.
fn segment(run: &Run, store: &str) -> std::path::PathBuf {
    let store = Store::open(&run.path(store)).unwrap().unwrap();
    store
        .segments()
        .iter()
        .find_map(|segment| store.path(segment))
        .unwrap()
}

const WINDOW: &str = "Window: 2026-11-20T09:00:00.000Z to 2026-11-20T09:01:21.294Z;";

#[test]
fn the_status_tells_what_is_there() {
    let status = run("store status", ".latscope")
        .done()
        .code(0)
        .stderr_is("")
        .stdout();
    assert_eq!(
        status,
        "Store .latscope: 2 log groups, 3 segments, 45 events, 5.4 kB\n\
         eu-west-1 /aws/lambda/chat: 2026-11-20T09:00:00.000Z to 2026-11-20T09:01:21.294Z, 45 events in 2 segments, \
         5.4 kB; 1 will be fetched again\n\
         eu-west-1 /aws/lambda/quiet: 2026-11-20T09:00:00.000Z to 2026-11-20T09:01:21.294Z, 0 events in 1 segment, \
         0 B\n\
         Latest fetch: 2026-11-20T09:00:00.000Z to 2026-11-20T09:01:21.294Z, 2 log groups, complete\n"
    );
}

#[test]
fn reports_read_the_store_in_the_window_of_the_latest_fetch_wherever_it_is() {
    let note = "the window of the latest fetch, 2026-11-20T09:00:00.000Z to 2026-11-20T09:01:21.294Z, \
                2 log groups\n";
    let summary = |args: &str, store: &str| run(&format!("summary --by model {args}"), store);
    let expected = summary("", ".latscope").done().code(0);
    assert_eq!(expected.stderr(), format!("Store .latscope: {note}"));
    let expected = expected.stdout();
    assert!(expected.starts_with(WINDOW), "{expected}");
    assert!(expected.contains("Invocations read: 7 = 6 matched"), "{expected}");
    let typed = summary("--store here", "here")
        .env("LATSCOPE_STORE", "gone")
        .done()
        .code(0);
    let by_environment = summary("", "there").env("LATSCOPE_STORE", "there").done().code(0);
    let by_file = summary("", "other")
        .file("latscope.toml", "store = \"other\"\n")
        .done()
        .code(0);
    for done in [typed, by_environment, by_file] {
        assert_eq!(done.stdout(), expected);
    }
    // What is there twice counts once.
    let both = run(
        "summary --by model --input .latscope/segments .latscope/segments",
        ".latscope",
    );
    both.done().code(0).stdout_has("Invocations read: 7 = 6 matched");
    // What the store lacks of a window of one's own is said; what lies outside what was ever fetched, too.
    let wide = summary(
        "--since 2026-11-20T08:00 --until 2026-11-20T09:01:21.294",
        ".latscope",
    );
    wide.done()
        .code(0)
        .stdout_has("the store does not hold all of the window: a log group lacks 98 % of it");
    // A window of one's own.
    let later = summary("--since 2026-11-20T09:01", ".latscope").done().code(0);
    later.stdout_has("Window: 2026-11-20T09:01:00.000Z to the last event;");
    run("report --baseline haiku --candidate nova-lite", ".latscope")
        .done()
        .code(0)
        .stdout_has(WINDOW);
    let sides = "report --baseline until=2026-11-20T09:00:10 --candidate since=2026-11-20T09:00:10";
    run(sides, ".latscope")
        .done()
        .code(0)
        .stdout_has("Window: all of the input");
}

#[test]
fn what_was_not_fetched_is_said_beside_the_numbers() {
    let incomplete = |run: Run| {
        let path = run.path(".latscope/manifest.ndjson");
        let manifest = fs::read_to_string(&path).unwrap();
        let manifest = manifest
            .replace(
                "\"to\":1795165281294},\"groups\"",
                "\"to\":1795165300000},\"groups\"",
            )
            .replace("\"complete\":true", "\"complete\":false")
            .replace("\"regions\":", "\"incomplete\":[\"a | reason\"],\"regions\":");
        fs::write(path, manifest).unwrap();
        run
    };
    let warning = "the store does not hold all of the window: a log group lacks 19 % of it (a | reason); run \
                   latscope fetch again";
    incomplete(run("summary", ".latscope"))
        .done()
        .code(0)
        .stdout_has(warning);
    let done = incomplete(run("report --baseline haiku --candidate nova-lite", ".latscope"))
        .done()
        .code(0);
    let page = done.read("reports/haiku-vs-nova-lite/report.md");
    assert!(page.contains("a log group lacks 19 % of it"), "{page}");
    incomplete(run("store status", ".latscope"))
        .done()
        .code(0)
        .stdout_has("not complete\n  a | reason");
    run("summary", ".latscope")
        .file("latscope.toml", "[timing]\ninference_ms = \"took\"\n")
        .done()
        .code(0)
        .stdout_has("part of the store was fetched with other timing keys");
}

#[test]
fn other_log_groups_than_those_of_the_latest_fetch_are_not_mixed_in() {
    let of_quiet_alone = |args: &str| {
        let run = run(args, ".latscope");
        let path = run.path(".latscope/manifest.ndjson");
        let manifest = fs::read_to_string(&path).unwrap();
        let chat = "{\"account\":\"123456789012\",\"region\":\"eu-west-1\",\"name\":\"/aws/lambda/chat\"},";
        let (segments, fetch) = manifest.split_at(manifest.find("{\"fetch\"").unwrap());
        fs::write(path, format!("{segments}{}", fetch.replace(chat, ""))).unwrap();
        run
    };
    of_quiet_alone("summary")
        .done()
        .code(4)
        .stderr_has("1 log group; --since or --until reads 1 other log group too")
        .stderr_has(
            "the store holds no event of the window (2026-11-20T09:00:00.000Z to 2026-11-20T09:01:21.294Z)",
        );
    of_quiet_alone("summary --since 2026-11-20")
        .done()
        .code(0)
        .stdout_has("Invocations read: 7");
}

#[test]
fn a_damaged_segment_is_named_and_no_report_is_made_of_it() {
    let damaged = |args: &str| {
        let run = run(args, ".latscope");
        let path = segment(&run, ".latscope");
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
        run
    };
    damaged("store verify")
        .done()
        .code(3)
        .stdout_has(
            ".ndjson.zst: file was changed (/aws/lambda/chat 2026-11-20T09:00:00.000Z)\nSound: 2 segments\n",
        )
        .stderr_has("the next fetch of its time gets it again");
    damaged("summary")
        .done()
        .code(3)
        .stderr_has("run latscope fetch for /aws/lambda/chat from 2026-11-20T09:00:00.000Z to");
    run("store verify", ".latscope")
        .done()
        .code(0)
        .stderr_is("")
        .stdout_has("Sound: 3 segments\n");
}

#[test]
fn what_is_old_is_removed() {
    let pruned = run("store prune --older-than 2026-11-20T09:00:50", ".latscope")
        .done()
        .code(0);
    pruned.stdout_has("Removed what ended before 2026-11-20T09:00:50.000Z: 1 segment, 41 events, 4.3 kB\n");
    // It is now years later, or it is not: a duration counts back from now.
    run("store prune --older-than 99999w", ".latscope")
        .done()
        .code(0)
        .stdout_has("0 segments, 0 events");
    run("store prune --older-than soon", ".latscope")
        .done()
        .code(2)
        .stderr_has("--older-than");
}

#[test]
fn invocations_are_exported_in_three_forms_that_say_the_same() {
    let csv = run("store export --format csv", ".latscope")
        .done()
        .code(0)
        .stdout();
    let mut lines = csv.split("\r\n");
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let first: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(csv.matches("\r\n").count(), 8);
    let ndjson = run("store export --format ndjson", ".latscope")
        .done()
        .code(0)
        .stdout();
    let rows: Vec<serde_json::Value> = ndjson
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 7);
    for (name, cell) in header.iter().zip(&first) {
        let value = &rows[0][name];
        let shown = match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string().trim_end_matches(".0").to_owned(),
        };
        assert_eq!(shown, *cell, "{name}");
    }
    assert_eq!(rows[0]["region"], "eu-west-1");
    assert_eq!(rows[0]["model"], "nova-lite");
    assert_eq!(rows[0]["start_type"], "cold");
    assert_eq!(rows[0]["total_ms"], 1457.45);
    let parquet = run("store export --format parquet --out all.parquet", ".latscope")
        .done()
        .code(0);
    assert!(parquet.stderr().ends_with("Wrote 7 invocations to all.parquet\n"));
    let file = parquet.bytes("all.parquet");
    assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
    let names = [
        "latscope.schema",
        "latscope.invocations/v1",
        "inference_ms",
        "claude-3-haiku",
    ];
    for name in names {
        assert!(
            file.windows(name.len()).any(|bytes| bytes == name.as_bytes()),
            "{name}"
        );
    }
    run("store export --format parquet", ".latscope")
        .done()
        .code(2)
        .stderr_has("needs --out FILE");
}

#[test]
fn a_store_that_cannot_be_read_says_so() {
    Run::new("store status")
        .done()
        .code(3)
        .stderr_has("no store at .latscope: latscope fetch makes one");
    run("store status", ".latscope")
        .file(
            ".latscope/manifest.ndjson",
            "{\"format\":\"latscope.store/v2\"}\n",
        )
        .done()
        .code(3)
        .stderr_has("was written by a newer latscope (format latscope.store/v2)");
    run("summary", ".latscope")
        .file(
            ".latscope/manifest.ndjson",
            "{\"format\":\"latscope.store/v1\"}\n",
        )
        .done()
        .code(4)
        .stderr_has("no fetch into the store at .latscope has come to its end");
    Run::new("summary")
        .env("LATSCOPE_STORE", "gone")
        .done()
        .code(2)
        .stderr_has("no logs to read");
    Run::new("fetch --log-group x")
        .file("latscope.toml", "[fetch]\nlog_group = \"x\"\n")
        .done()
        .code(2)
        .stderr_has("latscope.toml");
}
