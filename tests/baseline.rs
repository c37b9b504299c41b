//! Saved baselines through the program: what is kept of a side, and that later comparisons say the same.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Output;

use common::{Folder, fixture, invocation, latscope};
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;

/// Runs the program in a folder, and gives what it printed. `FIXTURE` in the arguments is the fixture.
fn run(folder: &Path, args: &str, code: i32) -> (String, String) {
    let mut command = latscope();
    command.current_dir(folder);
    for arg in args.split_whitespace() {
        match arg {
            "FIXTURE" => command.arg(fixture()),
            arg => command.arg(arg),
        };
    }
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    );
    assert_eq!(status.code(), Some(code), "latscope {args}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

fn save(folder: &Path, name: &str, more: &str) -> String {
    run(folder, &format!("baseline save {name} --input FIXTURE {more}"), 0).0
}

fn document(folder: &Path, name: &str) -> Value {
    let packed = fs::read(folder.join(format!("baselines/{name}.json.gz"))).unwrap();
    let mut text = String::new();
    GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn pack(folder: &Path, name: &str, document: &Value) {
    let file = fs::File::create(folder.join(format!("baselines/{name}.json.gz"))).unwrap();
    let mut packed = GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(document.to_string().as_bytes()).unwrap();
    packed.finish().unwrap();
}

/// The verdict of gates as JSON.
fn check(folder: &Path, args: &str, code: i32) -> Value {
    let (stdout, _) = run(folder, &format!("check --format json {args}"), code);
    serde_json::from_str(&stdout).unwrap()
}

const GATES: &str = "--fail-on p50(total)>-30% --fail-on p95(total)>-40% --fail-on p95(inference)>-40% \
                     --fail-on p95(total,warm)>-40% --fail-on p99(duration)>-20%";

fn estimates(check: &Value) -> Vec<[f64; 3]> {
    let number = |value: &Value| value.as_f64().unwrap();
    check["gates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gate| {
            [
                number(&gate["estimate"]),
                number(&gate["ci95"][0]),
                number(&gate["ci95"][1]),
            ]
        })
        .collect()
}

#[test]
fn what_is_saved_compares_as_its_logs_did() {
    let folder = Folder::new();
    let said = save(folder.path(), "before", "--select haiku");
    assert!(
        said.contains("Saved 1,199 invocations of claude-3-haiku in baselines/before.json.gz"),
        "{said}"
    );
    let page = |baseline: &str| {
        let args =
            format!("report --baseline {baseline} --candidate nova-lite --input FIXTURE --out out --quiet");
        run(folder.path(), &args, 0);
        let page = fs::read_to_string(folder.path().join("out/report.md")).unwrap();
        // Ids are not saved, so a saved side has no list of its slowest requests.
        let (before, after) = page.split_once("## Slowest requests").unwrap();
        let (_, after) = after.split_once("## Warnings").unwrap();
        format!("{before}## Warnings{after}")
    };
    let (logs, saved) = (page("haiku"), page("saved=before"));
    // But for its name the page is the same.
    let renamed = saved
        .replace("claude-3-haiku, saved=before", "claude-3-haiku")
        .replace("anthropic.claude-3-haiku-20240307-v1:0", "ID");
    let logs = logs.replace("anthropic.claude-3-haiku-20240307-v1:0", "ID");
    // The invocation without a model was saved, and is in these logs once more.
    let is_of_unknown = |line: &str| {
        ["no known model", "unknown model", "timeout"]
            .iter()
            .any(|word| line.contains(word))
    };
    for (one, other) in renamed
        .lines()
        .zip(logs.lines())
        .filter(|(line, _)| !is_of_unknown(line))
    {
        assert_eq!(one, other);
    }
    assert_eq!(renamed.lines().count(), logs.lines().count());
    assert!(saved.contains("claude-3-haiku, saved=before"));
    let gates = format!("--candidate nova-lite --input FIXTURE {GATES}");
    let of_logs = check(folder.path(), &format!("--baseline haiku {gates}"), 0);
    let of_saved = check(folder.path(), &format!("--baseline saved=before {gates}"), 0);
    assert_eq!(of_logs["gates"], of_saved["gates"]);
}

#[test]
fn counts_of_many_give_the_same_to_three_digits_and_say_so() {
    let folder = Folder::new();
    let said = save(folder.path(), "exact", "--select haiku");
    assert!(!said.contains("excerpt"), "{said}");
    let said = save(folder.path(), "counted", "--select haiku --exact-up-to 400");
    assert!(
        said.contains("Saved 1,199 invocations") && said.contains("an excerpt of 40"),
        "{said}"
    );
    let size = |name: &str| {
        fs::metadata(folder.path().join(format!("baselines/{name}.json.gz")))
            .unwrap()
            .len()
    };
    assert!(size("exact") < 40_000, "{}", size("exact"));

    let gates = format!("--candidate nova-lite --input FIXTURE {GATES}");
    let exact = check(folder.path(), &format!("--baseline saved=exact {gates}"), 0);
    let counted = check(folder.path(), &format!("--baseline saved=counted {gates}"), 0);
    for (exact, counted) in estimates(&exact).iter().zip(estimates(&counted)) {
        for (exact, counted) in exact.iter().zip(counted) {
            assert!((counted / exact - 1.0).abs() < 2e-3, "{exact} {counted}");
        }
        // Bucketing can only widen the interval.
        assert!(
            counted[1] <= exact[1] && exact[2] <= counted[2],
            "{exact:?} {counted:?}"
        );
    }
    assert_eq!(counted["baseline"]["invocations"], 1199);
    let warnings = counted["warnings"].to_string();
    assert!(
        warnings.contains("1,199 invocations") && warnings.contains("that are kept in full"),
        "{warnings}"
    );
    let page = run(
        folder.path(),
        "report --baseline saved=counted --candidate nova-lite --input FIXTURE --out out",
        0,
    )
    .0;
    assert!(page.contains("nova-lite is faster"), "{page}");
    let page = fs::read_to_string(folder.path().join("out/report.md")).unwrap();
    assert!(page.contains("1,199 (2 failed, 3 timed out)"), "{page}");
    assert!(
        page.contains("| prompts | not known | a saved baseline of counts keeps an excerpt alone |"),
        "{page}"
    );
}

#[test]
fn two_saved_baselines_need_no_logs() {
    let folder = Folder::new();
    save(folder.path(), "old", "--select haiku");
    save(folder.path(), "new", "--select nova-lite --exact-up-to 300");
    let args = "report --baseline saved=old --candidate saved=new --out out";
    let (said, _) = run(folder.path(), args, 0);
    assert!(said.contains("nova-lite, saved=new is faster"), "{said}");
    let checked = check(
        folder.path(),
        "--candidate saved=new --fail-on p95(total)>1s --fail-on timeout_rate>1%",
        10,
    );
    assert_eq!(checked["gates"][0]["verdict"], "fail");
    assert_eq!(
        checked["gates"][1]["requests"], 1200,
        "counts are of all, not of the excerpt"
    );
    let (_, said) = run(folder.path(), &format!("{args} --input FIXTURE"), 2);
    assert!(said.contains("--input"), "{said}");
    let (_, said) = run(
        folder.path(),
        "report --baseline saved=old --candidate saved=old",
        2,
    );
    assert!(said.contains("same"), "{said}");
    let (listed, _) = run(folder.path(), "baseline list", 0);
    let row = |name: &str| {
        listed
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    assert!(
        row("new").contains("1,200") && row("new").contains("30"),
        "{listed}"
    );
    assert!(
        row("old").contains("claude-3-haiku") && row("old").contains("1,199"),
        "{listed}"
    );
}

#[test]
fn a_file_is_the_same_bytes_and_holds_no_ids() {
    let folder = Folder::new();
    save(folder.path(), "one", "--select haiku");
    save(folder.path(), "two", "--select haiku");
    let bytes = |name: &str| fs::read(folder.path().join(format!("baselines/{name}.json.gz"))).unwrap();
    assert_eq!(bytes("one"), bytes("two"));
    let text = document(folder.path(), "one").to_string();
    assert!(text.contains("latscope.baseline/v1"));
    // Request ids and log streams have five groups of hexadecimal digits, or a date and a bracket.
    let is_hex =
        |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let ids = text.split('"').filter(|word| {
        let parts: Vec<&str> = word.split('-').collect();
        parts.len() == 5 && is_hex(parts[0], 8)
    });
    assert_eq!(ids.count(), 0);
    assert!(!text.contains("2026/11/20/["));
}

#[test]
fn nothing_is_overwritten_unasked_and_every_fault_is_named() {
    let folder = Folder::new();
    let dir = folder.path();
    let (_, said) = run(
        dir,
        "report --baseline saved=a --candidate haiku --input FIXTURE",
        4,
    );
    assert!(said.contains("none is saved there"), "{said}");
    assert_eq!(run(dir, "baseline list", 0).0.lines().count(), 1);
    save(dir, "a", "--select haiku");
    let (_, said) = run(
        dir,
        "report --baseline saved=b --candidate haiku --input FIXTURE",
        4,
    );
    assert!(said.contains("saved there are a"), "{said}");
    let before = fs::read(dir.join("baselines/a.json.gz")).unwrap();
    let (_, said) = run(dir, "baseline save a --select nova-lite --input FIXTURE", 2);
    assert!(said.contains("--replace"), "{said}");
    assert_eq!(fs::read(dir.join("baselines/a.json.gz")).unwrap(), before);
    save(dir, "a", "--select nova-lite --replace");
    assert_ne!(fs::read(dir.join("baselines/a.json.gz")).unwrap(), before);
    for (args, part) in [
        (
            "baseline save ../a --select haiku --input FIXTURE",
            "no name of a baseline",
        ),
        (
            "baseline save b --select saved=a --input FIXTURE",
            "saved already",
        ),
        (
            "report --baseline saved=a,start=warm --candidate haiku --input FIXTURE",
            "nothing can stand beside",
        ),
        (
            "report --baseline saved=../a --candidate haiku --input FIXTURE",
            "no name of a baseline",
        ),
    ] {
        let (_, said) = run(dir, args, 2);
        assert!(said.contains(part), "{args}: {said}");
    }
    assert_eq!(
        fs::read_dir(dir.join("baselines")).unwrap().count(),
        1,
        "no half-written file is left"
    );
}

#[test]
fn a_damaged_file_is_no_baseline() {
    let folder = Folder::new();
    let dir = folder.path();
    save(dir, "a", "--select haiku --exact-up-to 400");
    let good = document(dir, "a");
    let said = |change: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        change(&mut document);
        pack(dir, "a", &document);
        run(
            dir,
            "report --baseline saved=a --candidate nova-lite --input FIXTURE",
            3,
        )
        .1
    };
    let schema = said(&|document| document["schema"] = "latscope.baseline/v2".into());
    assert!(
        schema.contains("v2") && schema.contains("latscope.baseline/v1"),
        "{schema}"
    );
    assert!(said(&|document| document["extra"] = 1.into()).contains("unknown field"));
    assert!(said(&|document| document["rows"]["start"] = Value::Array(vec![])).contains("column start"));
    assert!(said(&|document| document["counted"]["invocations"] = 7.into()).contains("do not add up"));
    assert!(
        said(&|document| document["rows"]["duration_us"][0] = u64::MAX.into()).contains("column duration_us")
    );
    assert!(said(&|document| document["counted"]["noise_floor"] = (-5).into()).contains("do not add up"));
    let none = |document: &mut Value| {
        let duration = &mut document["counted"]["starts"][1]["times"][0];
        duration["complete"]["counts"] = Value::Array(vec![]);
    };
    assert!(said(&none).contains("do not add up"));
    let many = |document: &mut Value| {
        document["counted"]["starts"][0]["times"][0]["complete"]["counts"][0][1] = 9_000_000_000_u64.into();
    };
    assert!(said(&many).contains("do not add up"));
    let path = dir.join("baselines/a.json.gz");
    let packed = fs::read(&path).unwrap();
    fs::write(&path, &packed[..packed.len() / 2]).unwrap();
    let (_, said) = run(
        dir,
        "report --baseline saved=a --candidate nova-lite --input FIXTURE",
        3,
    );
    assert!(said.contains("no saved baseline"), "{said}");
    let (listed, _) = run(dir, "baseline list", 0);
    assert!(listed.contains("no saved baseline"), "{listed}");
}

#[test]
fn traffic_with_a_period_does_not_mislead_an_excerpt() {
    let folder = Folder::new();
    // Ten prompts by turns, the tenth of which takes little inference.
    let log: String = (0..2000)
        .map(|at| {
            invocation(
                at,
                "amazon.nova-lite-v1:0",
                if at % 10 == 0 { 100.0 } else { 900.0 },
                1000.0,
            )
        })
        .collect();
    fs::write(folder.path().join("log.txt"), log).unwrap();
    let gate = "--fail-on inference_share<60%";
    let of_logs = check(
        folder.path(),
        &format!("--candidate nova-lite --input log.txt {gate}"),
        0,
    );
    run(
        folder.path(),
        "baseline save turns --select nova-lite --input log.txt --exact-up-to 200",
        0,
    );
    let of_excerpt = check(folder.path(), &format!("--candidate saved=turns {gate}"), 0);
    let share = |check: &Value| check["gates"][0]["estimate"].as_f64().unwrap();
    assert!((share(&of_logs) - 0.82).abs() < 1e-9, "{}", share(&of_logs));
    assert!((share(&of_excerpt) - 0.82).abs() < 0.05, "{}", share(&of_excerpt));
    assert!(
        of_excerpt["warnings"].to_string().contains("kept in full"),
        "{}",
        of_excerpt["warnings"]
    );
}

#[test]
fn what_is_on_both_sides_is_noticed_and_what_holds_for_one_is_refused() {
    let folder = Folder::new();
    let dir = folder.path();
    save(dir, "a", "--select haiku");
    save(dir, "b", "--select haiku --since 2026-11-20T09:30");
    let both = |args: &str| {
        run(dir, &format!("report {args} --out out"), 0);
        fs::read_to_string(dir.join("out/report.md")).unwrap()
    };
    let page = both("--baseline saved=a --candidate haiku --input FIXTURE");
    assert!(page.contains("1,199 invocations are on both sides"), "{page}");
    let page = both("--baseline saved=a --candidate saved=b");
    assert!(page.contains("invocations are on both sides"), "{page}");
    let (_, said) = run(
        dir,
        "report --baseline saved=a --candidate haiku --input FIXTURE --where start=cold",
        2,
    );
    assert!(said.contains("--where would hold for the logs alone"), "{said}");
}

#[test]
fn no_account_and_no_stream_is_kept() {
    let folder = Folder::new();
    let dir = folder.path();
    let arn = "model=arn:aws:bedrock:us-east-1:123456789012:foundation-model/anthropic.claude-3-haiku-20240307-v1:0";
    save(dir, "arn", &format!("--select {arn}"));
    let text = document(dir, "arn").to_string();
    assert!(!text.contains("123456789012"), "{}", &text[..400]);
    save(dir, "version", "--select version=7");
    assert_eq!(document(dir, "version")["name"], "invocations");
}
