//! What callers of the API saw, as a table of `latscope summary` and as JSON.

use serde::Serialize;

use super::json_shared::{MetricJson, metric_json};
use super::table::{Noted, Table, name, text};
use crate::dataset::{Dataset, Key};
use crate::invocation::PathRun;
use crate::stats::Probability;
use crate::summary::{ClientSummary, Clients};
use crate::vocab::{counted, grouped, visible};

/// The title of the table.
pub(super) const TITLE: &str = "What callers saw: latency from the time at which a request was meant to be sent to the end of its response";

/// The most runs that are told of one by one.
const RUNS_SHOWN: usize = 10;

/// The table of clients and its footnotes.
pub(super) fn clients_table(clients: &Clients, dataset: &Dataset) -> (Table, Vec<String>) {
    let titles = [
        "model asked for",
        "phase",
        "requests",
        "answered",
        "throttled",
        "timeouts",
        "other failures",
        "latency p50",
        "latency p95",
        "latency p99",
    ];
    let mut noted = Noted::default();
    let mut table = Table::new(2, &titles);
    for group in &clients.groups {
        let mut row = vec![
            group.model.map_or_else(
                || text("(not known)"),
                |model| name(dataset.label(Key::Model, model)),
            ),
            text(phase(group)),
        ];
        let counts = [
            group.requests,
            group.answered,
            group.throttled,
            group.timeouts,
            group.other_failures,
        ];
        row.extend(counts.map(|count| text(grouped(count as u64))));
        for p in [Probability::P50, Probability::P95, Probability::P99] {
            row.push(noted.quantile(group.latency.as_ref().and_then(|latency| latency.quantile(p))));
        }
        table.row(row);
    }
    let mut notes =
        vec!["ms (95 % interval); timeouts are lower bounds, other failures are no latencies".to_owned()];
    notes.extend(noted.footnotes());
    if clients.warm_up > 0 {
        notes.push(format!(
            "{} of warm-ups left out",
            counted(clients.warm_up as u64, "request")
        ));
    }
    notes.extend(clients.runs.iter().take(RUNS_SHOWN).map(run_line));
    if clients.runs.len() > RUNS_SHOWN {
        let more = counted((clients.runs.len() - RUNS_SHOWN) as u64, "more run");
        notes.push(format!("and {more}"));
    }
    (table, notes)
}

fn run_line(run: &PathRun) -> String {
    let schedule = match run.is_valid {
        Some(true) => "valid, its schedule was kept",
        Some(false) => "not valid, its schedule was not kept",
        None => "its last line is missing, so whether its schedule was kept is not known",
    };
    format!(
        "run {}: {}; {schedule}",
        visible(&run.id),
        counted(run.requests, "request")
    )
}

const fn phase(group: &ClientSummary) -> &'static str {
    if group.is_burst { "burst" } else { "steady" }
}

/// What callers saw.
#[derive(Serialize)]
pub(super) struct ClientsJson {
    groups: Vec<GroupJson>,
    warm_up_requests: usize,
    runs: Vec<RunJson>,
}

#[derive(Serialize)]
struct GroupJson {
    model: Option<String>,
    model_id: Option<String>,
    phase: &'static str,
    requests: usize,
    answered: usize,
    throttled: usize,
    timeouts: usize,
    other_failures: usize,
    latency_ms: Option<MetricJson>,
}

#[derive(Serialize)]
struct RunJson {
    run_id: String,
    requests: u64,
    is_valid: Option<bool>,
}

/// What callers saw, as JSON.
pub(super) fn clients_json(clients: &Clients, dataset: &Dataset) -> ClientsJson {
    let group = |group: &ClientSummary| {
        let model = group.model.map(|model| &dataset.names().models[model as usize]);
        GroupJson {
            model: model.map(|model| model.id.short_name()),
            model_id: model.map(|model| model.id.to_string()),
            phase: phase(group),
            requests: group.requests,
            answered: group.answered,
            throttled: group.throttled,
            timeouts: group.timeouts,
            other_failures: group.other_failures,
            latency_ms: group.latency.as_ref().map(metric_json),
        }
    };
    let run = |run: &PathRun| RunJson {
        run_id: run.id.to_string(),
        requests: run.requests,
        is_valid: run.is_valid,
    };
    ClientsJson {
        groups: clients.groups.iter().map(group).collect(),
        warm_up_requests: clients.warm_up,
        runs: clients.runs.iter().map(run).collect(),
    }
}
