//! The body that `latscope dashboard` prints: of the structure that PutDashboard documents, accepted by a server that
//! nobody here wrote, and with no name that does anything.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use common::dashboards::{NAMES, body, of_type, run, widgets};
use common::peers::{Server, request};
use latscope::fetch::Query;
use serde_json::Value;

/// Every form of the body.
fn bodies() -> Vec<(String, Value)> {
    let api = ["", "--api-id a1b2c3d4e5", "--rest-api-name chat-api"];
    let emf = ["", "--emf"];
    let forms = api
        .iter()
        .flat_map(|api| emf.map(|emf| format!("{NAMES} {api} {emf}")));
    forms
        .map(|args| {
            let body = body(&run(&args).done().code(0).stderr_is(""));
            (args, body)
        })
        .collect()
}

#[test]
fn widgets_stand_on_the_grid_and_on_no_other() {
    for (args, body) in bodies() {
        let mut taken = BTreeSet::new();
        assert!((1..=500).contains(&widgets(&body).len()));
        for widget in widgets(&body) {
            let side = |name: &str| {
                widget[name]
                    .as_u64()
                    .unwrap_or_else(|| panic!("{args}: {widget}"))
            };
            let (x, y, width, height) = (side("x"), side("y"), side("width"), side("height"));
            assert!(
                width >= 1 && x + width <= 24 && (1..=1000).contains(&height),
                "{args}: {widget}"
            );
            for column in x..x + width {
                for row in y..y + height {
                    assert!(
                        taken.insert((column, row)),
                        "{args}: {column}, {row} is taken twice"
                    );
                }
            }
        }
    }
}

/// "Dashboard Body Structure and Syntax": what each type of widget must have, and what its values may be.
#[test]
fn widgets_are_as_put_dashboard_documents_them() {
    for (args, body) in bodies() {
        assert_eq!(body.as_object().unwrap().len(), 1, "{args}");
        for widget in widgets(&body) {
            let properties = widget["properties"].as_object().unwrap();
            let known: &[&str] = match widget["type"].as_str().unwrap() {
                "text" => &["markdown"],
                "log" => &["query", "region", "title", "view"],
                "metric" => &["metrics", "period", "region", "stacked", "title", "view", "yAxis"],
                other => panic!("{args}: a widget of type {other}"),
            };
            for name in properties.keys() {
                assert!(known.contains(&name.as_str()), "{args}: {name}");
            }
            if widget["type"] == "text" {
                assert!(!properties["markdown"].as_str().unwrap().is_empty());
                continue;
            }
            assert_eq!(properties["region"], "eu-west-1");
            let view = properties["view"].as_str().unwrap();
            assert!(["table", "timeSeries"].contains(&view), "{args}: {view}");
        }
        for graph in of_type(&body, "metric") {
            let period = graph["period"].as_u64().unwrap();
            assert!(period.is_multiple_of(60), "{period}");
            let metrics = graph["metrics"].as_array().unwrap();
            for (place, metric) in metrics.iter().enumerate() {
                check_metric(metric.as_array().unwrap(), &metrics[..place]);
            }
            let ids: Vec<&Value> = graph["metrics"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|metric| metric[0].get("id"))
                .collect();
            let distinct: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
            assert_eq!(ids.len(), distinct.len(), "{args}: an id comes twice");
        }
    }
}

/// Metric math of searches that stand before it. Behind a division or in front of one there is one time series, as `SUM` makes
/// of those that a search finds: "Basic arithmetic functions" of the user guide has no array divided by an array.
fn check_math(expression: &str, before: &[Value]) {
    let quotient = expression.strip_prefix("100*").unwrap();
    let (above, below) = quotient.split_once('/').unwrap();
    for sum in [above, below] {
        let id = sum.strip_prefix("SUM(").unwrap().strip_suffix(')').unwrap();
        let found = before.iter().find(|metric| metric[0]["id"] == id).unwrap();
        let search = found[0]["expression"].as_str().unwrap();
        assert!(
            search.starts_with("SEARCH('") && search.contains("', 'Sum', "),
            "{search}"
        );
        // It is there to be added up, and the graph is of percent.
        assert_eq!(found[0]["visible"], false, "{found}");
    }
}

/// `[Namespace, Metric, Dimension, Value, …, {options}]` or `[{expression}]`; expressions may be of those before.
fn check_metric(metric: &[Value], before: &[Value]) {
    let (options, names) = metric.split_last().unwrap();
    let options = options.as_object().unwrap();
    for name in options.keys() {
        let known = ["expression", "id", "label", "stat", "visible"];
        assert!(known.contains(&name.as_str()), "{name}");
    }
    if names.is_empty() {
        let expression = options["expression"].as_str().unwrap();
        let id = options["id"].as_str().unwrap();
        assert!(id.starts_with(|c: char| c.is_ascii_lowercase()), "{id}");
        // SEARCH('{Namespace,Dimension…} MetricName="…" …', 'stat', period)
        let Some(inner) = expression.strip_prefix("SEARCH('") else {
            check_math(expression, before);
            return;
        };
        let inner = inner.strip_suffix(')').unwrap();
        let (search, rest) = inner.split_once("', '").unwrap();
        let (stat, period) = rest.split_once("', ").unwrap();
        check_stat(stat);
        assert!(period.parse::<u32>().unwrap().is_multiple_of(60));
        let (schema, terms) = search.strip_prefix('{').unwrap().split_once("} ").unwrap();
        assert!(schema.split(',').count() >= 2, "{schema}");
        assert!(
            terms.contains("MetricName=\"") && terms.matches('"').count().is_multiple_of(2),
            "{terms}"
        );
        return;
    }
    assert!(names.len() >= 4 && names.len().is_multiple_of(2), "{names:?}");
    assert!(
        names
            .iter()
            .all(|name| name.as_str().is_some_and(|name| !name.is_empty()))
    );
    check_stat(options["stat"].as_str().unwrap());
}

fn check_stat(stat: &str) {
    let is_percentile = stat.strip_prefix('p').is_some_and(|p| p.parse::<f64>().is_ok());
    assert!(
        is_percentile || ["Sum", "Average", "Maximum", "Minimum", "SampleCount"].contains(&stat),
        "{stat}"
    );
}

#[test]
fn everything_that_was_asked_for_is_on_it() {
    let text = |args: &str| run(args).done().code(0).stdout();
    let plain = text(&format!("{NAMES} --api-id a1"));
    for wanted in [
        "p50InferenceMs",
        "p95InferenceMs",
        "p99InferenceMs",
        "coldStarts",
        "inferencePercent",
        "\"Errors\"",
        "\"Throttles\"",
        "\"Latency\"",
        "\"IntegrationLatency\"",
        "\"4xx\"",
        "\"5xx\"",
        "\"ApiId\"",
        "\"ConcurrentExecutions\"",
        "MetricName=\\\"InvocationLatency\\\"",
        "{AWS/Bedrock,ModelId}",
    ] {
        assert!(plain.contains(wanted), "{wanted}");
    }
    let emf = text(&format!("{NAMES} --emf"));
    for metric in [
        "InferenceTime",
        "HandlerTime",
        "InferenceShare",
        "TimeToFirstToken",
        "InputTokens",
        "OutputTokens",
        "Calls",
        "Errors",
        "Throttles",
        "Timeouts",
        "ColdStart",
        "Retries",
    ] {
        let search = format!("MetricName=\\\"{metric}\\\" FunctionName=\\\"chat\\\"");
        assert!(emf.contains(&search), "{search}");
    }
    assert!(
        !emf.contains("\"log\"") && !emf.contains("SOURCE '"),
        "queries beside the metrics"
    );
    // The share of all models, of what the two searches before it find.
    for wanted in [
        "\"100*SUM(e2)/SUM(e3)\"",
        "MetricName=\\\"InferenceShare\\\" FunctionName=\\\"chat\\\"', 'p50', 300",
    ] {
        assert!(emf.contains(wanted), "{wanted}");
    }
    let rest = text(&format!("{NAMES} --rest-api-name chat-api"));
    assert!(
        rest.contains("\"4XXError\"") && rest.contains("\"ApiName\""),
        "{rest}"
    );
}

/// A table is the query of the catalogue, word for word.
#[test]
fn a_query_has_one_definition() {
    for (args, body) in bodies() {
        for log in of_type(&body, "log") {
            let query = log["query"].as_str().unwrap();
            let query = query.strip_prefix("SOURCE '/aws/lambda/chat' | ").unwrap();
            assert!(
                Query::all().iter().any(|known| known.text(None) == query),
                "{args}: {query}"
            );
        }
    }
    let two = body(&run(&format!("{NAMES} --log-group /other")).done().code(0));
    let query = of_type(&two, "log")[0]["query"].as_str().unwrap();
    assert!(
        query.starts_with("SOURCE '/aws/lambda/chat' | SOURCE '/other' | filter "),
        "{query}"
    );
}

#[test]
fn a_template_fills_in_what_was_given_and_nothing_else() {
    // Without queries no log group is named.
    for (more, names) in [
        ("", &["AWS::Region", "Function", "HttpApi", "LogGroup"][..]),
        ("--emf", &["AWS::Region", "Function", "HttpApi"]),
    ] {
        let args = format!(
            "--function ${{Function}} --log-group ${{LogGroup}} --api-id ${{HttpApi}} --region ${{AWS::Region}} {more}"
        );
        let text = run(&args).done().code(0).stdout();
        let found: BTreeSet<&str> = text
            .split("${")
            .skip(1)
            .map(|rest| rest.split('}').next().unwrap())
            .collect();
        assert_eq!(found, names.iter().copied().collect::<BTreeSet<_>>());
        // Filled in, it is the same body as of the names themselves.
        let filled = text
            .replace("${Function}", "chat")
            .replace("${LogGroup}", "/aws/lambda/chat")
            .replace("${HttpApi}", "a1")
            .replace("${AWS::Region}", "eu-west-1");
        assert_eq!(
            filled,
            run(&format!("{NAMES} --api-id a1 {more}"))
                .done()
                .code(0)
                .stdout()
        );
    }
}

/// CloudFormation takes a template of 51,200 bytes, and the handler's embeds two bodies of all widgets.
#[test]
fn a_template_can_hold_two_bodies() {
    let of = |more: &str| {
        run(&format!("{NAMES} --api-id a1 {more}"))
            .done()
            .code(0)
            .stdout()
    };
    let bodies = [of(""), of("--emf")];
    // Indented as there.
    let bytes: usize = bodies
        .iter()
        .flat_map(|body| body.lines())
        .map(|line| line.len() + 11)
        .sum();
    assert!(bytes < 25_600, "{bytes}");
    assert!(
        bodies.iter().all(|body| body.lines().count() > 60),
        "{}",
        bodies[0]
    );
}

/// CloudWatch's query protocol: a form in, XML out.
#[test]
fn moto_takes_the_body_and_gives_it_back() {
    let moto = Server::moto();
    for (args, body) in bodies() {
        let text = body.to_string();
        let put = cloudwatch(
            &moto,
            &[
                ("Action", "PutDashboard"),
                ("DashboardName", "chat"),
                ("DashboardBody", &text),
            ],
        );
        assert!(!put.contains("<Message>"), "{args}: {put}");
        let got = cloudwatch(&moto, &[("Action", "GetDashboard"), ("DashboardName", "chat")]);
        let got = got
            .split("<DashboardBody>")
            .nth(1)
            .unwrap()
            .split("</DashboardBody>")
            .next()
            .unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&unescaped(got)).unwrap(),
            body,
            "{args}"
        );
    }
}

fn cloudwatch(server: &Server, parameters: &[(&str, &str)]) -> String {
    let mut form = "Version=2010-08-01".to_owned();
    for (name, value) in parameters {
        let _ = write!(form, "&{name}=");
        for byte in value.bytes() {
            let _ = match byte.is_ascii_alphanumeric() {
                true => write!(form, "{}", char::from(byte)),
                false => write!(form, "%{byte:02X}"),
            };
        }
    }
    let headers = "Content-Type: application/x-www-form-urlencoded\r\n\
                   Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/monitoring/aws4_request, \
                   SignedHeaders=host, Signature=0\r\n";
    let (status, answer) = request(&server.address, "POST", "/", headers, form.as_bytes()).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

fn unescaped(xml: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#10;", "\n"),
        ("&amp;", "&"),
    ];
    named
        .iter()
        .fold(xml.to_owned(), |text, (escape, sign)| text.replace(escape, sign))
}
