//! The body of a CloudWatch dashboard, as PutDashboard takes it.
//!
//! "Dashboard Body Structure and Syntax" in the CloudWatch API reference is what it follows. Names of metrics are those of
//! the user guides of Lambda, API Gateway and Bedrock. Nothing in it but what was given holds `${`, so that it can be
//! embedded in a template: labels of search expressions are those that CloudWatch makes.

use serde_json::{Value, json};

use super::dashboard_grid::Grid;
use super::dashboard_text::text;
use crate::fetch::Query;

/// Seconds between two points of a graph.
const PERIOD: u32 = 300;

/// The namespace of the metrics that the handler logs with `METRICS=emf`.
const HANDLER_METRICS: &str = "latscope";

/// What a dashboard shows.
#[derive(Debug, Clone)]
pub struct DashboardView<'a> {
    /// The name of the function.
    pub function: &'a str,
    /// Its log groups.
    pub log_groups: &'a [String],
    /// The API in front of it.
    pub api: Option<ApiView<'a>>,
    /// The region of all of them.
    pub region: &'a str,
    /// Whether the handler logs embedded metrics, which then take the place of every query.
    pub has_emf: bool,
}

/// An API of API Gateway, as its metrics name it.
#[derive(Debug, Clone, Copy)]
pub enum ApiView<'a> {
    /// An HTTP API, by its id.
    Http(&'a str),
    /// A REST API, by its name.
    Rest(&'a str),
}

/// The body, as JSON of which a template can hold several.
pub fn dashboard_json(view: &DashboardView<'_>) -> String {
    let mut grid = Grid::default();
    grid.row(3, &[(24, widget("text", &json!({ "markdown": heading(view) })))]);
    if view.has_emf {
        emf_rows(view, &mut grid);
    } else {
        grid.row(
            6,
            &[(
                24,
                view.query(
                    "latency",
                    "Latency by model, cold (1) and warm (0), and how the environment was initialised, ms",
                ),
            )],
        );
        grid.row(
            6,
            &[
                (
                    12,
                    view.query("inference-share", "Inference share of handler time"),
                ),
                (12, view.query("cold-starts", "Cold starts")),
            ],
        );
    }
    lambda_rows(view, &mut grid);
    if let Some(api) = view.api {
        api_row(view, api, &mut grid);
    }
    bedrock_row(view, &mut grid);
    text(&json!({ "widgets": grid.widgets() }))
}

fn heading(view: &DashboardView<'_>) -> String {
    let source = match view.has_emf {
        true => "Graphs by model are of the metrics that the handler logs (METRICS=emf).",
        false => {
            "Tables are queries of Logs Insights over the time that is chosen above: each view reads the log anew, which \
             costs by what it reads."
        }
    };
    format!(
        "# {}\n{source} Percentiles are CloudWatch's and come without intervals; `latscope report` has them. Graphs of \
         Bedrock are of the whole account.",
        view.function
    )
}

impl DashboardView<'_> {
    /// A table of a query.
    fn query(&self, name: &str, title: &str) -> Value {
        let sources = self.log_groups.iter().map(|group| format!("SOURCE '{group}' | "));
        // A name that there is none of is a defect that a test finds.
        let query = Query::named(name).map_or_else(|_| String::new(), |query| query.text(None));
        widget(
            "log",
            &json!({
                "query": sources.chain([query]).collect::<String>(),
                "region": self.region,
                "title": title,
                "view": "table",
            }),
        )
    }

    /// A graph, in milliseconds, percent or counts, of metrics or of expressions.
    fn graph(&self, title: &str, metrics: &[Value]) -> Value {
        widget(
            "metric",
            &json!({
                "metrics": metrics,
                "period": PERIOD,
                "region": self.region,
                "stacked": false,
                "title": title,
                "view": "timeSeries",
                "yAxis": { "left": { "min": 0 } },
            }),
        )
    }

    fn lambda(&self, metric: &str, stat: &str) -> Value {
        let options = json!({ "stat": stat, "label": format!("{metric} {stat}") });
        json!(["AWS/Lambda", metric, "FunctionName", self.function, options])
    }

    /// A metric that the handler logs, a line for each model.
    fn by_model(&self, metric: &str, stat: &str) -> Value {
        let search = format!(
            "{{{HANDLER_METRICS},FunctionName,Model}} MetricName=\"{metric}\" FunctionName=\"{}\"",
            self.function
        );
        searched(&search, metric, stat)
    }

    /// The share of inference: of a typical call of each model, and of the sums of all of them. Metric math divides two time
    /// series, but not one array of them, as a search finds, by another.
    fn shares(&self) -> Vec<Value> {
        let summed = |metric: &str| {
            let mut searched = self.by_model(metric, "Sum");
            searched["visible"] = json!(false);
            searched
        };
        let of_sums = json!({
            "expression": "100*SUM(e2)/SUM(e3)",
            "label": "all models, of sums",
        });
        numbered(&[
            self.by_model("InferenceShare", "p50"),
            summed("InferenceTime"),
            summed("HandlerTime"),
            of_sums,
        ])
    }
}

/// What the handler's own metrics tell.
fn emf_rows(view: &DashboardView<'_>, grid: &mut Grid) {
    let percentiles = |metric: &str| ["p50", "p95", "p99"].map(|stat| view.by_model(metric, stat));
    let by_start = ["p50", "p95"].map(|stat| {
        let search = format!(
            "{{{HANDLER_METRICS},FunctionName,Model,Start}} MetricName=\"HandlerTime\" FunctionName=\"{}\"",
            view.function
        );
        searched(&search, "HandlerTime", stat)
    });
    let sums = |metrics: &[&str]| -> Vec<Value> {
        metrics
            .iter()
            .map(|metric| view.by_model(metric, "Sum"))
            .collect()
    };
    grid.row(
        6,
        &[
            (
                12,
                view.graph(
                    "Inference time by model, ms",
                    &numbered(&percentiles("InferenceTime")),
                ),
            ),
            (
                12,
                view.graph("Handler time by model, cold and warm, ms", &numbered(&by_start)),
            ),
        ],
    );
    grid.row(
        6,
        &[
            (
                12,
                view.graph("Inference share of handler time by model, %", &view.shares()),
            ),
            (
                12,
                view.graph(
                    "Cold starts and calls by model",
                    &numbered(&sums(&["ColdStart", "Calls"])),
                ),
            ),
        ],
    );
    grid.row(
        6,
        &[
            (
                8,
                view.graph(
                    "Failed calls by model",
                    &numbered(&sums(&["Errors", "Throttles", "Timeouts", "Retries"])),
                ),
            ),
            (
                8,
                view.graph(
                    "Tokens by model",
                    &numbered(&sums(&["InputTokens", "OutputTokens"])),
                ),
            ),
            (
                8,
                view.graph(
                    "Time to first token by model, ms",
                    &numbered(&percentiles("TimeToFirstToken")),
                ),
            ),
        ],
    );
}

fn lambda_rows(view: &DashboardView<'_>, grid: &mut Grid) {
    let duration = ["p50", "p95", "p99"].map(|stat| view.lambda("Duration", stat));
    let failures = ["Errors", "Throttles"].map(|metric| view.lambda(metric, "Sum"));
    let concurrency = [view.lambda("ConcurrentExecutions", "Maximum")];
    let invocations = [view.lambda("Invocations", "Sum")];
    grid.row(
        6,
        &[
            (
                12,
                view.graph("Lambda: duration without initialisation, ms", &duration),
            ),
            (12, view.graph("Lambda: errors and throttles", &failures)),
        ],
    );
    grid.row(
        6,
        &[
            (12, view.graph("Lambda: concurrency", &concurrency)),
            (12, view.graph("Lambda: invocations", &invocations)),
        ],
    );
}

fn api_row(view: &DashboardView<'_>, api: ApiView<'_>, grid: &mut Grid) {
    let (dimension, value, failures) = match api {
        ApiView::Http(id) => ("ApiId", id, ["4xx", "5xx"]),
        ApiView::Rest(name) => ("ApiName", name, ["4XXError", "5XXError"]),
    };
    let metric = |metric: &str, stat: &str| {
        let options = json!({ "stat": stat, "label": format!("{metric} {stat}") });
        json!(["AWS/ApiGateway", metric, dimension, value, options])
    };
    let latency: Vec<Value> = ["Latency", "IntegrationLatency"]
        .iter()
        .flat_map(|name| ["p50", "p95", "p99"].map(|stat| metric(name, stat)))
        .collect();
    let counts: Vec<Value> = failures
        .iter()
        .chain(&["Count"])
        .map(|name| metric(name, "Sum"))
        .collect();
    grid.row(
        6,
        &[
            (
                12,
                view.graph("API Gateway: latency and integration latency, ms", &latency),
            ),
            (12, view.graph("API Gateway: requests and failures", &counts)),
        ],
    );
}

fn bedrock_row(view: &DashboardView<'_>, grid: &mut Grid) {
    let by_model = |metric: &str, stat: &str| {
        searched(
            &format!("{{AWS/Bedrock,ModelId}} MetricName=\"{metric}\""),
            metric,
            stat,
        )
    };
    let latency = ["p50", "p95", "p99"].map(|stat| by_model("InvocationLatency", stat));
    let failures = [
        "InvocationThrottles",
        "InvocationClientErrors",
        "InvocationServerErrors",
    ]
    .map(|metric| by_model(metric, "Sum"));
    grid.row(
        6,
        &[
            (
                12,
                view.graph("Bedrock: invocation latency by model, ms", &numbered(&latency)),
            ),
            (
                12,
                view.graph("Bedrock: throttles and errors by model", &numbered(&failures)),
            ),
        ],
    );
}

/// An expression that finds every metric of a search. Its label stands before the one that CloudWatch makes of the
/// dimensions.
fn searched(search: &str, metric: &str, stat: &str) -> Value {
    json!({
        "expression": format!("SEARCH('{search}', '{stat}', {PERIOD})"),
        "label": format!("{metric} {stat}"),
    })
}

/// Expressions as entries of a graph, with an id each.
fn numbered(expressions: &[Value]) -> Vec<Value> {
    let with_id = |(position, expression): (usize, &Value)| {
        let mut expression = expression.clone();
        expression["id"] = json!(format!("e{}", position + 1));
        json!([expression])
    };
    expressions.iter().enumerate().map(with_id).collect()
}

fn widget(kind: &str, properties: &Value) -> Value {
    json!({ "type": kind, "properties": properties })
}
