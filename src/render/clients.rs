//! What callers of the API saw, as a table of `latscope summary` and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::json_shared::{MetricJson, ended_json, metric_json};
use super::path::FAILURES_APART;
use super::table::{Noted, Table, name, text};
use crate::dataset::{Dataset, Key};
use crate::invocation::PathRun;
use crate::stats::Probability;
use crate::summary::{ClientSummary, Clients, Ended, Failures};
use crate::vocab::{counted, grouped, visible};

/// The title of the table.
pub(super) const TITLE: &str = "What callers saw: latency from the time at which a request was meant to be sent to the end of its response";

/// The most runs that are told of one by one.
const RUNS_SHOWN: usize = 10;

/// The table of clients and its footnotes.
pub(super) fn clients_table(
    clients: &Clients,
    dataset: &Dataset,
    failures: Failures,
) -> (Table, Vec<String>) {
    let titles = [
        "model asked for",
        "phase",
        "requests",
        "answered",
        "timeouts",
        "throttled",
        "other failures",
        "cancelled",
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
            group.timeouts,
            group.throttled,
            group.other_failures,
            group.cancelled,
        ];
        row.extend(counts.map(|count| text(grouped(count as u64))));
        for p in [Probability::P50, Probability::P95, Probability::P99] {
            row.push(noted.quantile(group.latency.as_ref().and_then(|latency| latency.quantile(p))));
        }
        table.row(row);
    }
    let mut notes = vec![
        "ms (95 % interval); timeouts are lower bounds, whoever's limit it was, and all other failures no latencies"
            .to_owned(),
    ];
    notes.extend((failures == Failures::Included).then(|| FAILURES_APART.to_owned()));
    notes.extend(noted.footnotes());
    notes.extend(ended_line(&clients.groups));
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

/// Where all requests ended that were not answered, if there are any.
fn ended_line(groups: &[ClientSummary]) -> Option<String> {
    let of_all = |ended: Ended| groups.iter().map(|group| group.ended.get(ended)).sum::<usize>();
    let ways = Ended::ALL.into_iter().filter(|ended| *ended != Ended::Answered);
    let shown: Vec<String> = ways
        .map(|ended| (of_all(ended), ended.title()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, title)| format!("{} {title}", grouped(count as u64)))
        .collect();
    (!shown.is_empty()).then(|| format!("not answered: {}", shown.join("; ")))
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
    timeouts: usize,
    throttled: usize,
    other_failures: usize,
    cancelled: usize,
    ended: BTreeMap<&'static str, usize>,
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
            timeouts: group.timeouts,
            throttled: group.throttled,
            other_failures: group.other_failures,
            cancelled: group.cancelled,
            ended: ended_json(&group.ended),
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
