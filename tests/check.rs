//! `latscope check`, `latscope report --fail-on` and `latscope plan`: every exit code, every output.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::process::{Command, Stdio};

use common::{Run, event, fixture, invocation, latscope, request_id, root};
use serde_json::Value;

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "us.amazon.nova-lite-v1:0";

/// As many invocations of each of two models, in turn; the second is twice as fast.
fn two_models(each: u64, second: &str) -> String {
    (0..2 * each)
        .map(|n| {
            let (model, inference) = if n % 2 == 0 {
                (HAIKU, 900.0)
            } else {
                (second, 450.0)
            };
            let inference = inference + (n * 7919 % 100) as f64;
            invocation(n, model, inference, inference + 20.0)
        })
        .collect()
}

fn check(gates: &[&str]) -> Run {
    let run = Run::new("check --baseline haiku --candidate nova-lite --input logs.ndjson")
        .file("logs.ndjson", two_models(100, NOVA));
    gates
        .iter()
        .fold(run, |run, gate| run.arg("--fail-on").arg(*gate))
}

/// A timeout whose handler was killed before it named its model.
fn killed(number: u64) -> String {
    event(
        90_000 + number,
        1_795_165_200_000 + number as i64 * 60_000,
        "2026/11/20/[7]ffffffffffffffffffffffffffffffff",
        &format!(
            "REPORT RequestId: {}\tDuration: 15000.00 ms\tBilled Duration: 15000 ms\tMemory Size: 512 MB\t\
             Max Memory Used: 90 MB\tStatus: timeout\n",
            request_id(70_000 + number)
        ),
    )
}

// Exit codes

#[test]
fn gates_end_with_0_10_or_11() {
    for (gates, code, said) in [
        (&["p95 > +10%"][..], 0, "PASS  p95(total) > +10%: −4"),
        (&["p95(total)<-10%"], 10, "FAIL  p95(total) < -10%: −4"),
        (&["p99 > +10%"], 11, "it takes at least 368 requests on each side"),
        (
            &["p50(total, warm) > 600ms", "error_rate > 10%"],
            0,
            "2 gates: 2 passed, 0 failed\n",
        ),
        (&["p50 > 0.4s"], 10, "FAIL  p50(total) > 0.4s: "),
        (&["p50 > +0ms"], 0, "ms (−"),
        (
            &["inference_share < 99%"],
            10,
            "FAIL  inference_share < 99%: 96.2 %",
        ),
        (&["inference_share(warm) < 50%"], 0, "PASS"),
        (
            &["timeout_rate > 0.1%"],
            11,
            "about 3,688 requests would decide it",
        ),
        (
            &["cold_rate > 5%"],
            0,
            "PASS  cold_rate > 5%: 0 % (0–3.62), 100 requests\n",
        ),
        (&["throttle_rate > 5%"], 0, "PASS"),
        (
            &["p95(total, cold) > 1s"],
            11,
            "no request of nova-lite has what the gate measures",
        ),
        // One that fails decides; one that is inconclusive comes before those that pass.
        (
            &["p50 > +10%", "p99 > +10%", "p50 > 0.4s"],
            10,
            "3 gates: 1 passed, 1 failed, 1 inconclusive\n",
        ),
        (
            &["p50 > +10%", "p99 > +10%"],
            11,
            "2 gates: 1 passed, 0 failed, 1 inconclusive\n",
        ),
    ] {
        check(gates).done().code(code).stderr_is("").stdout_has(said);
    }
}

#[test]
fn what_is_inconclusive_can_pass_warn_or_fail() {
    for (choice, code, said) in [
        ("pass", 0, "1 inconclusive, which counts as passed"),
        ("warn", 0, "1 inconclusive, which counts as passed"),
        ("fail", 10, "1 inconclusive, which counts as failed"),
        ("exit-11", 11, "1 inconclusive\n"),
    ] {
        let run = check(&["p99 > +10%"]).arg("--on-inconclusive").arg(choice);
        run.done().code(code).stdout_has(said);
        let run = check(&["p50 > 0.4s"]).arg("--on-inconclusive").arg(choice);
        run.done().code(10);
    }
}

#[test]
fn a_side_alone_needs_no_baseline_and_a_comparison_does() {
    let alone = |gate: &str| {
        Run::new("check --candidate version=7 --input logs.ndjson --fail-on")
            .arg(gate)
            .file("logs.ndjson", two_models(100, NOVA))
            .done()
    };
    alone("p95 > 2s")
        .code(0)
        .stdout_has("version=7, with 95 % intervals\nPASS  p95(total) > 2s: ");
    alone("p95 > +10%")
        .code(2)
        .stderr_is("error: --fail-on 'p95(total) > +10%' compares with a baseline: give --baseline\n");
    Run::new("check --candidate haiku --input logs.ndjson")
        .done()
        .code(2)
        .stderr_has("nothing to check: give at least one --fail-on");
    let opus = Run::new("check --candidate opus --fail-on p95>1s --input logs.ndjson");
    opus.file("logs.ndjson", two_models(10, NOVA)).done().code(4);
    Run::new("check --candidate opus --fail-on p95>1s --input none.ndjson")
        .done()
        .code(3);
}

#[test]
fn a_fault_in_a_gate_is_pointed_at() {
    check(&["p95(totl) > +10%"]).done().code(2).stderr_has(
        "expecting one of duration, init, inference, overhead, total, billed; did you mean total?\n  p95(totl) > +10%\n      ^\n",
    );
    check(&["-p95 > 1%"])
        .done()
        .code(2)
        .stderr_has("\n  -p95 > 1%\n  ^\n");
}

#[test]
fn timeouts_that_could_be_of_a_side_leave_its_gates_open() {
    let run = |killed_count: u64, gate: &str| {
        let logs = two_models(400, NOVA) + &(0..killed_count).map(killed).collect::<String>();
        Run::new("check --baseline haiku --candidate nova-lite --input logs.ndjson --fail-on")
            .arg(gate)
            .file("logs.ndjson", logs)
            .done()
    };
    run(0, "timeout_rate > 1%").code(0);
    run(12, "timeout_rate > 1%")
        .code(11)
        .stdout_has("12 invocations that timed out or failed before the model was logged would change this")
        .stdout_has("12 invocations are on no side, for no record names the model\n");
    run(5, "p95 > +10%").code(0);
    run(40, "p95 > +10%")
        .code(11)
        .stdout_has("40 invocations that timed out");
}

// Reports

#[test]
fn a_report_has_a_section_of_its_gates_and_ends_with_their_code() {
    let run = |gates: &[&str]| {
        let run = Run::new("report --baseline haiku --candidate nova-lite --out out --input logs.ndjson")
            .file("logs.ndjson", two_models(100, NOVA));
        gates
            .iter()
            .fold(run, |run, gate| run.arg("--fail-on").arg(*gate))
            .done()
    };
    let done = run(&["p95 > +10%"])
        .code(0)
        .stdout_has("\nPASS  p95(total) > +10%: ");
    let page = done.read("out/report.md");
    let section = page.split("## Gates\n").nth(1).expect("no section");
    assert!(section.contains("| `p95(total) > +10%` | pass | −4"), "{section}");
    assert!(!run(&[]).code(0).read("out/report.md").contains("## Gates"));
    run(&["p99 > +10%"]).code(11).stdout_has("Wrote out/report.md");
    run(&["p50 > 0.4s"]).code(10).stdout_has("Wrote out/report.md");
}

// Outputs

fn fixture_check(format: &str) -> Run {
    let run = Run::new("check --baseline nova-lite --candidate haiku --format").arg(format);
    let gates = [
        "p95(total) > +10%",
        "p50 > +70%",
        "p99(total, warm) > 5s",
        "inference_share < 90%",
        "timeout_rate > 0.1%",
    ];
    let run = gates
        .iter()
        .fold(run, |run, gate| run.arg("--fail-on").arg(*gate));
    run.arg("--input").arg(fixture())
}

#[track_caller]
fn assert_golden(file: &str, found: &str) {
    let path = root().join("tests/golden").join(file);
    if std::env::var_os("LATSCOPE_ACCEPT").is_some() {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "{file} differs; LATSCOPE_ACCEPT=1 accepts the new one:\n{found}"
    );
}

#[test]
fn the_check_of_the_fixture_is_as_it_was_in_every_form() {
    for (format, file) in [
        ("text", "check.txt"),
        ("json", "check.json"),
        ("junit", "check.xml"),
    ] {
        let done = fixture_check(format).done().code(10).stderr_is("");
        assert_golden(file, &done.stdout());
    }
    let run = fixture_check("github").file("summary.md", "before\n");
    let run = run.env("GITHUB_STEP_SUMMARY", "summary.md");
    let done = run.done().code(10).stderr_is("");
    assert_golden("check.github.txt", &done.stdout());
    let summary = done.read("summary.md");
    let appended = summary
        .strip_prefix("before\n")
        .expect("the summary was overwritten");
    assert_golden("check.github.md", appended);
    // Without a summary there are the annotations alone.
    assert_eq!(fixture_check("github").done().code(10).stdout(), done.stdout());
    fixture_check("github")
        .env("GITHUB_STEP_SUMMARY", "no/such/folder")
        .done()
        .code(1)
        .stderr_has("cannot write no/such/folder");
}

#[test]
fn the_json_is_what_its_schema_says() {
    let text = fs::read_to_string(root().join("docs/check.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let alone = Run::new("check --candidate nova-lite --input logs.ndjson --format json --fail-on p95>3s")
        .file("logs.ndjson", two_models(100, NOVA));
    for (json, code) in [
        (fixture_check("json"), 10),
        (
            check(&["p95(total, cold) > +1s", "p99 > +10%"])
                .arg("--format")
                .arg("json"),
            11,
        ),
        (alone, 0),
    ] {
        let json = json.done().code(code).json();
        assert_eq!(common::schema::faults(&schema, &json), Vec::<String>::new());
    }
}

#[test]
fn the_json_says_what_the_exit_code_says() {
    let json = check(&["p95 > +10%", "p99 > +10%"]).arg("--format").arg("json");
    let json = json.done().code(11).json();
    assert_eq!(json["schema"], "latscope.check/v1");
    assert_eq!(
        (&json["verdict"], &json["exit_code"]),
        (&"inconclusive".into(), &Value::from(11))
    );
    let gates = json["gates"].as_array().unwrap();
    assert_eq!(
        (&gates[0]["primary"], &gates[1]["primary"]),
        (&true.into(), &false.into())
    );
    assert_eq!(gates[0]["threshold"], 1.1);
    let ends = |gate: &Value, field: &str| [gate[field][0].as_f64(), gate[field][1].as_f64()];
    let [low, high] = ends(&gates[0], "ci95");
    assert!(low.unwrap() < gates[0]["estimate"].as_f64().unwrap() && high.unwrap() < 1.1);
    assert_eq!(ends(&gates[1], "ci95"), [None, None]);
    assert_eq!(gates[1]["requests_needed"], 368);
    assert_eq!(gates[1]["fail_confidence"], 0.975);
}

/// What Python's XML parser makes of a test suite: name, counts, and each case with what became of it.
const READ_JUNIT: &str = "
import json, sys
from xml.etree import ElementTree
suites = ElementTree.parse(sys.stdin).getroot()
suite = suites.find('testsuite')
assert suites.tag == 'testsuites' and suites.get('tests') == suite.get('tests')
print(json.dumps({
    'name': suite.get('name'),
    'counts': [int(suite.get(key)) for key in ('tests', 'failures', 'errors', 'skipped')],
    'cases': [[case.get('name'), case[0].tag, case[0].get('message')] for case in suite.iter('testcase')],
}))";

fn python(script: &str, program: &std::path::Path, input: &str) -> Value {
    use std::io::Write;
    let mut child = Command::new(program)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{input}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn junit_is_xml_and_an_inconclusive_gate_is_skipped_unless_it_fails() {
    let read = |choice: &str, code: i32| {
        let run = check(&["p50 > +10%", "p99 > +10%", "p50 > 0.4s"]);
        let run = run
            .arg("--on-inconclusive")
            .arg(choice)
            .arg("--format")
            .arg("junit");
        python(READ_JUNIT, "python3".as_ref(), &run.done().code(code).stdout())
    };
    let skipped = read("exit-11", 10);
    assert_eq!(skipped["counts"], serde_json::json!([3, 1, 0, 1]));
    let tags = |suite: &Value| -> Vec<String> {
        let cases = suite["cases"].as_array().unwrap().iter();
        cases.map(|case| case[1].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(tags(&skipped), ["system-out", "skipped", "failure"]);
    assert_eq!(skipped["cases"][2][0], "p50(total) > 0.4s");
    let failed = read("fail", 10);
    assert_eq!(failed["counts"], serde_json::json!([3, 2, 0, 0]));
    assert_eq!(tags(&failed), ["system-out", "failure", "failure"]);
}

#[test]
fn names_from_logs_are_inert_in_every_form() {
    let hostile = "\u{1b}[31m::error::%0A<a \"b\" 'c'>&amp;|`x`\u{202e}]]>\u{fffe}\n::warning::y";
    let run = |format: &str| {
        let run = Run::new(
            "check --baseline haiku --input logs.ndjson --fail-on p95>+10% --fail-on p99>+10% --format",
        )
        .arg(format)
        .arg("--candidate")
        .arg(hostile)
        .file("logs.ndjson", two_models(40, hostile))
        .env("GITHUB_STEP_SUMMARY", "summary.md");
        run.done().code(11).stderr_is("")
    };
    for format in ["text", "json", "github", "junit"] {
        let stdout = run(format).stdout();
        assert!(!stdout.contains(['\u{1b}', '\u{202e}']), "{format}: {stdout:?}");
        assert!(
            stdout.contains("[31m"),
            "{format}: the name is not shown: {stdout:?}"
        );
    }
    let github = run("github");
    let lines = github.stdout();
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(
        lines.lines().all(|line| line.starts_with("::warning title=")),
        "{lines}"
    );
    assert!(lines.contains("%250a"), "{lines}");
    let summary = github.read("summary.md");
    assert!(
        !summary.contains('\u{1b}') && !summary.contains("\n::"),
        "{summary}"
    );
    let suite = python(READ_JUNIT, "python3".as_ref(), &run("junit").stdout());
    assert!(
        suite["name"].as_str().unwrap().contains("<a \"b\" 'c'>&amp;"),
        "{suite}"
    );
    run("json").json();
}

// Planning

#[test]
fn a_plan_rests_on_what_it_says() {
    Run::new("plan")
        .done()
        .code(0)
        .stderr_is("")
        .stdout_has("   72  the interval of p95(total) has two ends\n")
        .stdout_has("  945  the interval of the ratio reaches 10 % to each side\n")
        .stdout_has("1,930  --fail-on 'p95(total) > +10%' passes 4 times in 5 if nothing changed\n")
        .stdout_has("assumed: times are lognormal with σ = 0.5");
    Run::new("plan --quantile p50 --margin 20% --rate 60/min")
        .done()
        .code(0)
        .stdout_has("1 min 31 s")
        .stdout_has("at 1 requests a second to each side");
    let plan = |args: &str| {
        let run = Run::new("plan --format json --from").arg(fixture());
        args.split(' ').fold(run, |run, arg| run.arg(arg)).done()
    };
    let json = plan("--baseline haiku --candidate nova-lite").code(0).json();
    let needed = |json: &Value| json["requests_to_pass"].as_u64().unwrap();
    let kinds = |json: &Value| {
        json["basis"]
            .as_array()
            .unwrap()
            .iter()
            .map(|basis| basis["kind"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(json["schema"], "latscope.plan/v1");
    assert_eq!(kinds(&json), ["pilot", "pilot"]);
    // What the sides need together lies between what each would if both were like it.
    let [haiku, nova] =
        ["haiku", "nova-lite"].map(|model| needed(&plan(&format!("--baseline {model}")).code(0).json()));
    assert!(haiku.min(nova) <= needed(&json) && needed(&json) <= haiku.max(nova));
    let few = plan("--quantile p99.9").code(0).json();
    assert_eq!(kinds(&few), ["too-few"]);
    assert_eq!(few["requests_finite"], 3688);
    Run::new("plan --margin 0%")
        .done()
        .code(2)
        .stderr_has("a margin above 0%");
    Run::new("plan --margin 10")
        .done()
        .code(2)
        .stderr_has("expecting %, ms or s\n  p95 > +10\n");
    Run::new("plan --quantile p0").done().code(2);
    Run::new("plan --rate fast")
        .done()
        .code(2)
        .stderr_has("is no rate such as 2/s");
    Run::new("plan --baseline haiku")
        .done()
        .code(2)
        .stderr_has("give --from PATH");
}

// Docs

/// The workflow as YAML, and its command as a shell would run it.
#[test]
fn the_workflow_of_the_docs_is_yaml_and_its_command_is_understood() {
    let page = fs::read_to_string(root().join("docs/gate.md")).unwrap();
    let yaml = page
        .split("```yaml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)['jobs']))";
    let jobs = python(script, &common::peers::venv().join("bin/python"), yaml);
    let steps = jobs["latency"]["steps"].as_array().unwrap();
    let gate = steps
        .iter()
        .find(|step| step["name"] == "Gate")
        .expect("there is no gate");
    let command = gate["run"].as_str().unwrap();
    let rest = command
        .strip_prefix("latscope ")
        .expect("the step does not run latscope");
    let output = Command::new("bash")
        .args(["-c", &format!("\"$LATSCOPE\" {rest} --input \"$LOGS\"")])
        .env("LATSCOPE", latscope().get_program())
        .env("LOGS", fixture())
        .env("BASELINE", "3")
        .env("CANDIDATE", "4")
        .output()
        .unwrap();
    // The example's versions are not in the logs, which is known only once all options are understood.
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("no invocation has version="), "{stderr}");
}

/// The gates that the page shows are read.
#[test]
fn the_gates_of_the_docs_are_gates() {
    let page = fs::read_to_string(root().join("docs/gate.md")).unwrap();
    let shown: Vec<&str> = page
        .split("--fail-on '")
        .skip(1)
        .map(|rest| rest.split('\'').next().unwrap())
        .collect();
    assert!(shown.len() > 4, "{shown:?}");
    for gate in shown {
        gate.parse::<latscope::comparison::Gate>()
            .unwrap_or_else(|error| panic!("{error}"));
    }
}
