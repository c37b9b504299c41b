//! The command line as people script against it: options, exit codes, messages.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::Read;
use std::process::Stdio;

use common::{Run, event, fixture, invocation, latscope, outside_code, request_id};
use serde_json::Value;

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "us.amazon.nova-lite-v1:0";

/// 40 invocations of each of two models, a minute apart, in turn.
fn two_models() -> String {
    models(80)
}

fn models(count: u64) -> String {
    (0..count)
        .map(|n| {
            let (model, inference) = if n % 2 == 0 { (HAIKU, 900.0) } else { (NOVA, 450.0) };
            let inference = inference + n as f64;
            invocation(n, model, inference, inference + 20.0)
        })
        .collect()
}

/// The same times in no order, as if requests were independent.
fn mixed(count: u64) -> String {
    (0..count)
        .map(|n| {
            let (model, inference) = if n % 2 == 0 { (HAIKU, 900.0) } else { (NOVA, 450.0) };
            let place = (n / 2 * 37) % (count / 2) * 2 + n % 2;
            let inference = inference + place as f64;
            invocation(n, model, inference, inference + 20.0)
        })
        .collect()
}

fn summary(args: &str) -> Run {
    Run::new(&format!("summary --format json {args}")).file("logs.ndjson", two_models())
}

fn invocations(summary: &Value) -> u64 {
    let groups = summary["groups"].as_array().unwrap();
    groups
        .iter()
        .map(|group| group["invocations"].as_u64().unwrap())
        .sum()
}

// Inputs

#[test]
fn files_folders_and_standard_input_give_the_same_summary() {
    let of_file = summary("--input logs.ndjson").done().code(0).stdout();
    let of_folder = Run::new("summary --format json --input logs")
        .file("logs/2026/a.ndjson", two_models())
        .file("logs/.hidden", "\0\u{1}")
        .done()
        .code(0)
        .stdout();
    let of_stdin = Run::new("summary --format json --input -")
        .stdin(two_models())
        .done()
        .code(0)
        .stdout();
    assert_eq!(of_file, of_folder);
    assert_eq!(of_file, of_stdin);
}

#[test]
fn the_same_file_is_read_once_and_the_same_events_count_once() {
    let twice = summary("--input logs.ndjson ./logs.ndjson").done().code(0).json();
    assert_eq!(
        (invocations(&twice), &twice["ledger"]["duplicates"]),
        (80, &Value::from(0))
    );
    let copied = summary("--input logs.ndjson copy.ndjson").file("copy.ndjson", two_models());
    let copied = copied.done().code(0).json();
    assert_eq!(
        (invocations(&copied), &copied["ledger"]["duplicates"]),
        (80, &Value::from(320))
    );
}

#[test]
fn without_input_the_error_says_how_to_get_logs() {
    Run::new("summary")
        .done()
        .code(2)
        .stderr_has("error: no logs to read: give files or folders with --input PATH, or fetch some first.")
        .stderr_has("latscope fetch --function NAME");
}

#[test]
fn what_cannot_be_read_is_named_and_exits_with_3() {
    Run::new("summary --input missing.json")
        .done()
        .code(3)
        .stderr_is("error: cannot read missing.json: No such file or directory (os error 2)\n");
    let run = summary("--input logs.ndjson folder").file("folder/a.ndjson", two_models());
    std::os::unix::fs::symlink("nowhere", run.path("folder/broken")).unwrap();
    run.done().code(3).stderr_has("cannot read folder/broken");
    let junk: Vec<u8> = (0..50_000_u64)
        .map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
        .collect();
    Run::new("summary --input junk.bin")
        .file("junk.bin", junk)
        .done()
        .code(3)
        .stderr_is(
            "error: nothing in the input could be read\n  junk.bin: binary data, not a log in a form that is known\n",
        );
    Run::new("summary --input long.json")
        .file("long.json", vec![b'x'; 10 << 20])
        .done()
        .code(3)
        .stderr_has("long.json:1: line longer than 8 MiB");
}

#[test]
fn an_input_without_invocations_exits_with_4() {
    Run::new("summary --input empty.json")
        .file("empty.json", "")
        .done()
        .code(4)
        .stderr_is("error: the input is empty: it holds no log event\n");
    Run::new("summary --input app.log")
        .file("app.log", "hello\nworld\n")
        .done()
        .code(4)
        .stderr_has("none of the 2 events is a REPORT line");
}

#[test]
fn damage_is_counted_located_and_does_not_stop_the_rest() {
    let logs = two_models();
    let cut = &logs[..logs.len() - 30];
    let run = Run::new("summary --input cut.ndjson").file("cut.ndjson", cut);
    run.done()
        .code(0)
        .stdout_has("+ 1 rejected +")
        .stdout_has("warning: 1 event could not be read; the first: cut.ndjson:320: JSON line is cut off");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, logs.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let run = Run::new("summary -v --input cut.gz").file("cut.gz", &gzip[..gzip.len() - 200]);
    run.done()
        .code(0)
        .stdout_has("+ 1 rejected +")
        .stderr_has("read cut.gz: one JSON object a line")
        .stderr_has("compressed data is cut off here; what follows is lost");
}

// Windows and conditions

#[test]
fn windows_count_back_from_the_newest_event_and_are_printed() {
    // The newest event is the REPORT of number 79; 80 lie a minute apart.
    let last = summary("--input logs.ndjson --since 10m").done().code(0).json();
    assert_eq!(invocations(&last), 10);
    assert_eq!(last["window"]["until"], Value::Null);
    let window = |args: &str| {
        invocations(
            &summary(&format!("--input logs.ndjson {args}"))
                .done()
                .code(0)
                .json(),
        )
    };
    assert_eq!(window("--since 2026-11-20T09:10 --until 2026-11-20T09:20"), 10);
    assert_eq!(
        window("--since 2026-11-20T10:10:00+01:00 --until 2026-11-20T09:20:00Z"),
        10
    );
    assert_eq!(window("--since 2026-11-20 --until 2026-11-21"), 80);
    Run::new("summary --input logs.ndjson --since 2026-11-20T09:10 --color never")
        .file("logs.ndjson", two_models())
        .done()
        .code(0)
        .stdout_has("Window: 2026-11-20T09:10:00.000Z to the last event");
    let local = Run::new("summary --format json --local --since 2026-11-20T18:10 --input logs.ndjson")
        .file("logs.ndjson", two_models())
        .env("TZ", "Asia/Tokyo")
        .done()
        .code(0)
        .json();
    assert_eq!(local["window"]["since"], "2026-11-20T09:10:00.000Z");
    summary("--input logs.ndjson --since 2027-01-01")
        .done()
        .code(4)
        .stderr_is(
            "error: no invocation lies in the window (2027-01-01T00:00:00.000Z to the last event); without it there are 80\n",
        );
    summary("--input logs.ndjson --since yesterday")
        .done()
        .code(2)
        .stderr_has("error: --since: \"yesterday\" is no time: give a duration to count back");
}

#[test]
fn conditions_select_by_every_key() {
    let count = |condition: &str| {
        let run = summary("--input logs.ndjson --where")
            .arg(condition)
            .done()
            .code(0);
        invocations(&run.json())
    };
    assert_eq!(count("version=7"), 80);
    assert_eq!(count("memory=512"), 80);
    assert_eq!(count("start=warm"), 80);
    assert_eq!(count("status=success"), 80);
    assert_eq!(count("stream=2026/11/20/[7]0123456789abcdef0123456789abcdef"), 80);
    let with = |args: &str| summary(&format!("--input logs.ndjson {args}")).done();
    with("--where version=8")
        .code(4)
        .stderr_is("error: no invocation has version=\"8\"; the logs hold 7\n");
    with("--where region=eu-west-1")
        .code(4)
        .stderr_has("these logs do not tell the region");
    with("--where start=hot")
        .code(2)
        .stderr_has("is none of cold, warm, restored");
    with("--where colour=red")
        .code(2)
        .stderr_has("\"colour\" is none of start, function, version");
    with("--where memory=big")
        .code(2)
        .stderr_has("is no whole number of MB");
    with("--where memory").code(2).stderr_has("expecting KEY=VALUE");
    // Alternatives for one key, all of several keys.
    let both = with("--where start=warm --where start=cold --where memory=512").code(0);
    assert_eq!(invocations(&both.json()), 80);
    with("--where start=warm --where memory=1024").code(4);
}

#[test]
fn groups_are_by_any_keys() {
    let by = |keys: &str| summary("--input logs.ndjson --by").arg(keys).done();
    assert_eq!(by("").code(0).json()["groups"].as_array().unwrap().len(), 1);
    let group = &by("version,memory").code(0).json()["groups"][0];
    assert_eq!(
        (&group["version"], &group["memory"]),
        (&Value::from("7"), &Value::from(512))
    );
    assert_eq!((&group["model"], &group["start"]), (&Value::Null, &Value::Null));
    by("colour")
        .code(2)
        .stderr_has("\"colour\" is none of model, start");
}

// Reports and selectors

fn report(baseline: &str, candidate: &str) -> Run {
    Run::new("report --input logs.ndjson --out out --baseline")
        .arg(baseline)
        .arg("--candidate")
        .arg(candidate)
        .file("logs.ndjson", mixed(80))
}

#[test]
fn a_report_is_written_where_it_says() {
    let run = Run::new("report --input logs.ndjson --baseline haiku --candidate nova-lite");
    let done = run.file("logs.ndjson", mixed(160)).done().code(0).stderr_is("");
    let done = done
        .stdout_has("nova-lite is faster: p95 of total time is 622 ms with nova-lite and 1,071 ms with claude-3-haiku, 0.58 times")
        .stdout_has("Wrote reports/haiku-vs-nova-lite/report.md and 7 figures\n");
    let page = done.read("reports/haiku-vs-nova-lite/report.md");
    assert!(
        page.starts_with("# `nova-lite` against `claude-3-haiku`\n"),
        "{page}"
    );
    for figure in [
        "quantiles.svg",
        "ratios.svg",
        "ecdf.svg",
        "over-time.svg",
        "distributions.svg",
        "inference-share.svg",
        "phases.svg",
    ] {
        assert!(page.contains(&format!("]({figure})")), "{figure} is not shown");
        assert!(
            done.read(&format!("reports/haiku-vs-nova-lite/{figure}"))
                .starts_with("<svg "),
            "{figure}"
        );
    }
    report("haiku", "nova-lite")
        .arg("-q")
        .done()
        .code(0)
        .stderr_is("")
        .stdout_has("");
}

#[test]
fn every_name_of_a_model_selects_it() {
    for name in [
        "haiku",
        "claude-3-haiku",
        HAIKU,
        "eu.anthropic.claude-3-haiku-20240307-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
        "model=haiku",
        "model=haiku,version=7",
    ] {
        let page = report(name, "nova-lite").done().code(0).read("out/report.md");
        assert!(
            page.contains("`anthropic.claude-3-haiku-20240307-v1:0`"),
            "{name}"
        );
    }
}

#[test]
fn selectors_that_mean_nothing_or_several_things_are_errors() {
    report("opus", "nova-lite")
        .done()
        .code(4)
        .stderr_is("error: no model in these logs is meant by \"opus\"; they hold amazon.nova-lite-v1:0, anthropic.claude-3-haiku-20240307-v1:0\n");
    let run = report("haiku", "nova-lite").file(
        "logs.ndjson",
        mixed(80) + &invocation(90, "anthropic.claude-3-5-haiku-20241022-v1:0", 500.0, 520.0),
    );
    run.done().code(2).stderr_is(
        "error: \"haiku\" means several models: anthropic.claude-3-5-haiku-20241022-v1:0, \
         anthropic.claude-3-haiku-20240307-v1:0; name one of them\n",
    );
    let run = report("nova-lite", "haiku").file(
        "logs.ndjson",
        invocation(1, "amazon.nova-2-lite-v1:0", 400.0, 410.0) + &invocation(2, HAIKU, 900.0, 910.0),
    );
    run.done()
        .code(4)
        .stderr_has("no model in these logs is meant by \"nova-lite\"");
    report("haiku", "haiku")
        .done()
        .code(2)
        .stderr_has("select the same 40 invocations");
    report("haiku", "model=haiku,start=cold")
        .done()
        .code(4)
        .stderr_has("no invocation is selected by");
    report("haiku", "version=8")
        .done()
        .code(4)
        .stderr_has("no invocation has version=\"8\"");
    report("haiku", "colour=red")
        .done()
        .code(2)
        .stderr_has("selector key \"colour\" is none of model, since");
    report("haiku", "").done().code(2).stderr_has("is no key=value");
    report("haiku", "input=other.json")
        .done()
        .code(2)
        .stderr_has("was not given to --input");
}

#[test]
fn windows_files_and_versions_can_be_compared() {
    let early_and_late = report("until=2026-11-20T09:40", "since=2026-11-20T09:40");
    early_and_late
        .done()
        .code(0)
        .stdout_has("Confounded: the sides also differ in time window (0 % of the requests came at common times), and 1 other");
    Run::new("report --baseline input=old.ndjson --candidate input=new.ndjson --out out")
        .file(
            "old.ndjson",
            (0..40)
                .map(|n| invocation(n, HAIKU, 900.0, 920.0))
                .collect::<String>(),
        )
        .file(
            "new.ndjson",
            (40..80)
                .map(|n| invocation(n, HAIKU, 450.0, 470.0))
                .collect::<String>(),
        )
        .done()
        .code(0)
        .stdout_has("input=new.ndjson is faster");
}

#[test]
fn what_differs_beside_the_model_is_said() {
    let other = invocation(90, NOVA, 500.0, 520.0)
        .replace("[7]", "[8]")
        .replace("512 MB", "1024 MB");
    let run = report("haiku", "nova-lite").file("logs.ndjson", mixed(80) + &other);
    let done = run.done().code(0).stdout_has(
        "Confounded: the sides also differ in memory (512 against 512, 1024), which may be the reason.",
    );
    let page = done.read("out/report.md");
    assert!(
        page.contains("| memory | differs | 512 against 512, 1024 |"),
        "{page}"
    );
}

#[test]
fn an_invocation_of_unknown_model_stands_beside_both_sides() {
    let killed = event(
        9_999,
        1_795_165_200_000 + 60_000,
        "2026/11/20/[7]ffffffffffffffffffffffffffffffff",
        &format!(
            "REPORT RequestId: {}\tDuration: 15000.00 ms\tBilled Duration: 15000 ms\tMemory Size: 512 MB\t\
             Max Memory Used: 90 MB\tStatus: timeout\n",
            request_id(777)
        ),
    );
    let run = report("haiku", "nova-lite").file("logs.ndjson", mixed(80) + &killed);
    let done = run.done().code(0).stdout_has("1 invocation has no known model");
    let page = done.read("out/report.md");
    assert!(
        page.contains("1 invocation has no known model (1 timed out) and counts on neither side"),
        "{page}"
    );
    assert!(
        page.contains("| p99 | ≥ 15,000‡ (≥ 997) | ≥ 15,000‡ (≥ 548) |"),
        "{page}"
    );
    assert!(
        page.contains("Whichever side each belongs to, p95 says the same."),
        "{page}"
    );
}

// Configuration

#[test]
fn timing_records_of_other_names_are_mapped() {
    let id = request_id(1);
    let start = 1_795_165_200_000;
    let stream = "2026/11/20/[7]0123456789abcdef0123456789abcdef";
    let timing = format!(r#"{{"ctx":{{"id":"{id}"}},"llm":{{"took":0.9,"name":"{HAIKU}"}}}}"#);
    let logs = event(1, start, stream, &timing)
        + &event(
            2,
            start + 1000,
            stream,
            &format!(
                "REPORT RequestId: {id}\tDuration: 1000.00 ms\tBilled Duration: 1000 ms\tMemory Size: 512 MB\t\
                 Max Memory Used: 90 MB\t\n"
            ),
        );
    let run = |config: &str| {
        Run::new("summary --format json --input logs.ndjson")
            .file("logs.ndjson", &logs)
            .file("latscope.toml", config)
            .done()
    };
    let mapped = run(
        "[timing]\nrequest_id = \"ctx.id\"\ninference_ms = { key = \"llm.took\", unit = \"s\" }\n\
         \"gen_ai.request.model\" = [\"model.id\", \"llm.name\"]\n",
    );
    let mapped = mapped
        .code(0)
        .stderr_is("timing keys from latscope.toml\n")
        .json();
    assert_eq!(mapped["groups"][0]["model"], "claude-3-haiku");
    assert_eq!(mapped["groups"][0]["inference_ms"]["p50"], 900.0);
    run("").code(0).stderr_is("");
    run("[timing]\ninferance_ms = \"x\"\n")
        .code(2)
        .stderr_has("error: latscope.toml: [timing] \"inferance_ms\" is no field of a timing record");
    run("[timing]\ninference_ms = { key = \"x\", unit = \"h\" }\n")
        .code(2)
        .stderr_has("unit \"h\" is neither");
    run("[timing\n")
        .code(2)
        .stderr_has("error: latscope.toml: TOML parse error at line 1");
}

// Output

#[test]
fn colour_is_for_terminals_and_on_demand() {
    let colour = |args: &str| {
        let run = Run::new(&format!("summary --input logs.ndjson {args}")).file("logs.ndjson", mixed(80));
        run.done().code(0).stdout().contains('\u{1b}')
    };
    assert!(!colour(""));
    assert!(!colour("--color never"));
    assert!(colour("--color always"));
}

#[test]
fn a_reader_that_stops_reading_is_no_failure() {
    let mut child = latscope()
        .args([
            "summary",
            "--by",
            "stream,model,start",
            "--format",
            "csv",
            "--input",
        ])
        .arg(fixture())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn csv_and_markdown_hold_the_same_groups() {
    let run = |format: &str| {
        let run = Run::new(&format!("summary --format {format} --input logs.ndjson"));
        run.file("logs.ndjson", mixed(80)).done().code(0)
    };
    let csv = run("csv").stderr_has("Events read: 320 = 80 REPORT + 80 timing + 160 lifecycle");
    let csv = csv.stdout();
    let mut rows = csv.split("\r\n");
    assert!(
        rows.next()
            .unwrap()
            .starts_with("model,start,model_id,invocations,errors,timeouts")
    );
    assert!(
        rows.next()
            .unwrap()
            .starts_with("nova-lite,warm,amazon.nova-lite-v1:0,40,0,0,0,40,")
    );
    assert_eq!(rows.count(), 2);
    run("markdown").stdout_has("| `claude-3-haiku` | `warm` | 40 | 0 | 0 |");
}

#[test]
fn names_from_logs_are_inert_in_every_output() {
    let hostile = "<script>alert(1)</script>|`a`|\u{1b}[31m\u{202e}x";
    let logs = (0..8)
        .map(|n| invocation(n, hostile, 900.0, 920.0))
        .collect::<String>()
        + &(8..16)
            .map(|n| invocation(n, NOVA, 400.0, 420.0))
            .collect::<String>();
    for format in ["table", "markdown", "csv"] {
        let run =
            Run::new(&format!("summary --format {format} --input logs.ndjson")).file("logs.ndjson", &logs);
        let stdout = run.done().code(0).stdout();
        assert!(!stdout.contains(['\u{1b}', '\u{202e}']), "{format}: {stdout:?}");
        assert!(
            stdout.contains("\\u{1b}"),
            "{format}: the name is not shown: {stdout:?}"
        );
    }
    let done = Run::new("report --input logs.ndjson --out out --candidate nova-lite --baseline")
        .arg(hostile)
        .file("logs.ndjson", &logs)
        .done()
        .code(0);
    let page = done.read("out/report.md");
    for (name, text) in [
        ("stdout", done.stdout()),
        ("report.md", page.clone()),
        ("report.json", done.read("out/report.json")),
        ("quantiles.svg", done.read("out/quantiles.svg")),
        ("ratios.svg", done.read("out/ratios.svg")),
        ("ecdf.svg", done.read("out/ecdf.svg")),
        ("over-time.svg", done.read("out/over-time.svg")),
        ("distributions.svg", done.read("out/distributions.svg")),
        ("inference-share.svg", done.read("out/inference-share.svg")),
        ("phases.svg", done.read("out/phases.svg")),
    ] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{name}");
        let markup = if name == "report.md" {
            outside_code(&text)
        } else {
            text.clone()
        };
        let is_markup = !["stdout", "report.json"].contains(&name);
        assert!(!is_markup || !markup.contains("<script"), "{name}:\n{text}");
    }
    // A pipe in a name adds no column to a table.
    for table in page.split("\n\n").filter(|block| block.starts_with("| ")) {
        let columns = |line: &str| line.replace("\\|", "").matches('|').count();
        let widths: Vec<usize> = table.lines().map(columns).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{table}");
    }
}

#[test]
fn help_shows_the_exit_codes_and_usage_errors_exit_with_2() {
    Run::new("--help")
        .done()
        .code(0)
        .stderr_is("")
        .stdout_has("Exit codes:\n   0  success\n   1  any other failure\n   2  usage")
        .stdout_has("  10  a gate of --fail-on failed\n  11  no gate failed, and one could not be decided");
    Run::new("--version")
        .done()
        .code(0)
        .stderr_is("")
        .stdout_has("latscope 0.1.0\n");
    Run::new("").done().code(2);
    Run::new("report")
        .done()
        .code(2)
        .stderr_has("--baseline <SELECTOR>");
    Run::new("summary --format xml")
        .done()
        .code(2)
        .stderr_has("possible values: table, json, csv, markdown");
}

#[test]
fn a_report_that_cannot_be_written_exits_with_1() {
    let run = report("haiku", "nova-lite").file("out", "a file is in the way");
    run.done().code(1).stderr_has("error: cannot write out");
}

#[test]
fn failures_are_left_out_unless_asked_for() {
    let failed = invocation(90, HAIKU, 5.0, 9.0).replace("\\\"ok\\\"", "\\\"throttled\\\"");
    let counts = |args: &str| {
        let run = Run::new(&format!(
            "summary --format json --by model --input logs.ndjson {args}"
        ));
        let group = run.file("logs.ndjson", mixed(80) + &failed).done().code(0).json()["groups"][1].clone();
        (
            group["errors"].as_u64(),
            group["invocations"].as_u64(),
            group["total_ms"]["count"].as_u64(),
        )
    };
    assert_eq!(counts(""), (Some(1), Some(41), Some(40)));
    assert_eq!(counts("--outcome all"), (Some(1), Some(41), Some(41)));
}
