//! The cost of a report, and what-if, as people ask for them.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::schema::faults;
use common::{Done, Run, invocation, root};
use serde_json::{Value, json};

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "us.amazon.nova-lite-v1:0";

/// 40 invocations of each of two models: 512 MB, billed 1,000 ms and 500 ms, 400 tokens read and 100 written.
fn logs(candidate: &str) -> String {
    let with_tokens = |logs: &str| {
        logs.replace(
            "\\\"status\\\":\\\"ok\\\"",
            "\\\"status\\\":\\\"ok\\\",\\\"gen_ai.usage.input_tokens\\\":400,\\\"gen_ai.usage.output_tokens\\\":100",
        )
    };
    let of = |n: u64| match n % 2 {
        0 => invocation(n, HAIKU, 900.0, 1000.0),
        _ => invocation(n, candidate, 450.0, 500.0),
    };
    (0..80).map(|n| with_tokens(&of(n))).collect()
}

fn report(logs: &str, more: &str) -> Run {
    Run::new("report --input logs.ndjson --out out --baseline haiku --candidate")
        .arg(if logs.contains("big-one") {
            "big-one"
        } else {
            "nova-lite"
        })
        .file("logs.ndjson", logs)
        .args(more)
}

/// The rows of the section about cost: title, baseline, candidate.
fn rows(done: &Done) -> Vec<[String; 3]> {
    let page = done.read("out/report.md");
    let section = page.split("## Cost per 1,000 requests").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let cells = |line: &str| {
        let cells: Vec<String> = line
            .split('|')
            .map(|cell| cell.trim().replace('\\', ""))
            .collect();
        [cells[1].clone(), cells[2].clone(), cells[3].clone()]
    };
    section
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(2)
        .map(cells)
        .collect()
}

fn row(done: &Done, title: &str) -> [String; 2] {
    let rows = rows(done);
    let [_, baseline, candidate] = rows
        .iter()
        .find(|row| row[0] == title)
        .unwrap_or_else(|| panic!("no {title} in {rows:?}"));
    [baseline.clone(), candidate.clone()]
}

#[test]
fn the_cost_of_known_tokens_is_what_the_prices_give() {
    let done = report(&logs(NOVA), "").done().code(0);
    // 0.5 GB for 1 s and for 0.5 s.
    assert_eq!(row(&done, "GB-seconds"), ["500", "250"]);
    assert_eq!(row(&done, "input tokens"), ["400,000", "400,000"]);
    // 500 GB-s at 0.0000166667 and 0.0000133334.
    assert_eq!(row(&done, "Lambda duration, x86_64"), ["$0.00833", "$0.00417"]);
    assert_eq!(row(&done, "Lambda duration, arm64"), ["$0.00667", "$0.00333"]);
    assert_eq!(row(&done, "Lambda requests"), ["$0.000200", "$0.000200"]);
    // 0.4 M · 0.25 + 0.1 M · 1.25, and 0.4 M · 0.06 + 0.1 M · 0.24.
    assert_eq!(row(&done, "Bedrock tokens"), ["$0.225", "$0.0480"]);
    assert_eq!(row(&done, "together, x86_64"), ["$0.234", "$0.0524"]);
    let done = done.stdout_has(
        "\nCost of 1,000 requests on x86_64: $0.234 with claude-3-haiku and $0.0524 with nova-lite; on arm64 $0.232 and \
         $0.0515 (prices of 20",
    );
    let page = done.read("out/report.md");
    assert!(page.contains("the logs do not tell the architecture"), "{page}");
    assert!(page.contains("over all 40 and 40 invocations"), "{page}");
}

#[test]
fn a_named_architecture_stands_alone() {
    let done = report(&logs(NOVA), "--architecture arm64").done().code(0);
    let titles: Vec<String> = rows(&done).into_iter().map(|row| row[0].clone()).collect();
    assert!(!titles.iter().any(|title| title.contains("x86")), "{titles:?}");
    assert!(
        !done
            .read("out/report.md")
            .contains("do not tell the architecture")
    );
    done.stdout_has("requests on arm64: $0.232 with");
    report(&logs(NOVA), "--architecture riscv")
        .done()
        .code(2)
        .stderr_has("possible values: x86_64, arm64");
}

#[test]
fn a_model_without_a_price_is_said_to_have_none() {
    let done = report(&logs("acme.big-one-v3:0"), "").done().code(0).stdout_has(
        "Cost of 1,000 requests: not known, for there is no price of acme.big-one-v3:0; --prices FILE gives one\n",
    );
    assert_eq!(row(&done, "Bedrock tokens"), ["$0.225", "–"]);
    assert_eq!(row(&done, "together, x86_64"), ["$0.234", "–"]);
    let page = done.read("out/report.md");
    assert!(
        page.contains("no price is known of acme.big-one-v3:0, so its tokens have no cost"),
        "{page}"
    );
}

#[test]
fn without_tokens_nothing_is_added_up() {
    let logs: String = (0..80)
        .map(|n| invocation(n, if n % 2 == 0 { HAIKU } else { NOVA }, 900.0, 1000.0))
        .collect();
    let done = report(&logs, "").done().code(0);
    assert_eq!(row(&done, "Bedrock tokens"), ["–", "–"]);
    assert_eq!(row(&done, "together, arm64"), ["–", "–"]);
    assert_eq!(row(&done, "Lambda duration, x86_64"), ["$0.00833", "$0.00833"]);
    assert!(!done.stdout().contains("Cost of"));
    assert!(
        done.read("out/report.md")
            .contains("no timing record tells tokens")
    );
}

const OWN: &str = r#"
schema = "latscope.prices/v1"
date = "2027-02-03"

[lambda.arm64_gb_second]
usd = 1
as_of = "2027"
source = "our contract"

[models."global.acme.big-one-v3:0".million_input_tokens]
usd = 10
as_of = "2027-02"
source = "our contract"

[models."global.acme.big-one-v3:0".million_output_tokens]
usd = 20
as_of = "2027-02"
source = "our contract"
"#;

#[test]
fn own_prices_come_first() {
    let own = |run: Run| run.file("own.toml", OWN).done().code(0);
    let done = own(report(&logs("acme.big-one-v3:0"), "--prices own.toml"));
    // 0.4 M · 10 + 0.1 M · 20; what the file lacks stays as it was.
    assert_eq!(row(&done, "Bedrock tokens"), ["$0.225", "$6.00"]);
    assert_eq!(row(&done, "Lambda duration, arm64"), ["$500.00", "$250.00"]);
    assert_eq!(row(&done, "Lambda duration, x86_64"), ["$0.00833", "$0.00417"]);
    let page = done.read("out/report.md");
    assert!(
        page.contains("figures of own.toml (2027-02-03) come first"),
        "{page}"
    );
    done.stdout_has(", own.toml)\n");
    let configured =
        report(&logs("acme.big-one-v3:0"), "").file("latscope.toml", "[prices]\nfile = \"own.toml\"\n");
    assert_eq!(row(&own(configured), "Bedrock tokens"), ["$0.225", "$6.00"]);
}

#[test]
fn a_broken_price_file_is_an_error_with_its_place() {
    let with = |text: &str| {
        report(&logs(NOVA), "--prices own.toml")
            .file("own.toml", text)
            .done()
            .code(2)
    };
    with(&OWN.replace("usd = 10", "usd = -10"))
        .stderr_is("error: own.toml: line 11, column 7: expecting 0 or a positive number\n");
    with(&OWN.replace("usd = 10", "usd = \"ten\""))
        .stderr_has("error: own.toml: TOML parse error at line 11, column 7\n");
    with(&OWN.replace("usd = 10", "eur = 10")).stderr_has("unknown field `eur`");
    with(&OWN.replace("prices/v1", "prices/v9"))
        .stderr_has("own.toml: line 2, column 10: schema is \"latscope.prices/v9\"");
    report(&logs(NOVA), "--prices none.toml")
        .done()
        .code(2)
        .stderr_has("error: none.toml: No such file");
}

#[test]
fn the_price_file_gives_a_source_and_a_date_for_every_figure() {
    let text = std::fs::read_to_string(root().join("prices.toml")).unwrap();
    let count = |key: &str| text.lines().filter(|line| line.starts_with(key)).count();
    let figures = count("usd = ") + count("percent = ");
    assert!(figures > 15);
    assert_eq!((count("source = "), count("as_of = ")), (figures, figures));
}

// What-if

#[test]
fn what_if_shows_total_time_before_and_then() {
    let done = report(&logs(NOVA), "--what-if inference*0.5 --what-if overhead=0,init=0")
        .done()
        .code(0);
    let done = done
        .stdout_has("\nWhat if inference*0.5\n")
        .stdout_has("\nWhat if overhead=0,init=0\n");
    let page = done.read("out/report.md");
    let section = page
        .split("## What if")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    for (model, half, inference) in [("claude-3-haiku", "550", "900"), ("nova-lite", "275", "450")] {
        let lines: Vec<&str> = section
            .lines()
            .filter(|line| line.contains(&format!("| `{model}` |")))
            .collect();
        let p50_then = |line: &str| {
            line.split('|')
                .nth(3)
                .unwrap()
                .trim()
                .split([' ', '*', '†'])
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(lines.len(), 2, "{section}");
        assert_eq!(
            [p50_then(lines[0]), p50_then(lines[1])],
            [half, inference],
            "{section}"
        );
    }
    let plain = report(&logs(NOVA), "").done().code(0);
    assert!(!plain.read("out/report.md").contains("What if"));
}

#[test]
fn what_if_errors_point_at_the_character() {
    for command in ["report --baseline haiku --candidate nova-lite", "summary"] {
        Run::new(&format!("{command} --input logs.ndjson --what-if"))
            .arg("init=0, inference*fast")
            .file("logs.ndjson", logs(NOVA))
            .done()
            .code(2)
            .stderr_is(
                "error: --what-if: expecting a factor such as 0.5\n  init=0, inference*fast\n                    ^\n",
            );
    }
}

#[test]
fn every_form_of_the_summary_shows_what_if_or_says_that_it_does_not() {
    let summary = |args: &str| {
        let run = Run::new(&format!(
            "summary --what-if inference*0.5 --input logs.ndjson {args}"
        ));
        let killed = invocation(200, HAIKU, 1.0, 1000.0).replace("request_id", "no_id");
        run.file("logs.ndjson", logs(NOVA) + &killed).done().code(0)
    };
    summary("")
        .stdout_has("What if inference*0.5\nmodel ")
        .stdout_has("1 invocation tells no inference and kept its total");
    summary("--by= --format markdown").stdout_has("| all | ");
    summary("--format csv").stderr_has("what --what-if asks for is not in the CSV");
    let found = summary("--by model --format json").json();
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("docs/summary.schema.json")).unwrap())
            .unwrap();
    assert_eq!(faults(&schema, &found), Vec::<String>::new());
    let groups = found["groups"].as_array().unwrap();
    let then = |model: Value| {
        let group = groups.iter().find(|group| group["model"] == model).unwrap();
        group["what_if"][0].clone()
    };
    let haiku = then(json!("claude-3-haiku"));
    assert_eq!(haiku["change"], "inference*0.5");
    assert_eq!(haiku["total_ms"]["p50"], json!(550.0));
    assert_eq!(haiku["total_ms"]["untold"], json!([]));
    let untold = json!([{"part": "inference", "invocations": 1}]);
    assert_eq!(then(Value::Null)["total_ms"]["untold"], untold);
}
