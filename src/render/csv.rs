//! The summary as CSV (RFC 4180), one row a group, milliseconds.

use super::summary::SummaryView;
use crate::dataset::Key;
use crate::summary::{GroupSummary, Metric, MetricSummary};
use crate::vocab::visible;

/// The summary as CSV. An absent value is an empty cell; an infinite end of an interval too.
pub fn summary_csv(view: &SummaryView<'_>) -> String {
    let mut csv = line(header(view.keys));
    for group in view.groups {
        csv.push_str(&line(cells(view, group)));
    }
    csv
}

fn header(keys: &[Key]) -> Vec<String> {
    let mut header: Vec<String> = keys.iter().map(|key| key.name().to_owned()).collect();
    if keys.contains(&Key::Model) {
        header.push("model_id".to_owned());
    }
    header.extend(["invocations", "errors", "timeouts", "inferred_models"].map(str::to_owned));
    for metric in Metric::ALL {
        let name = metric.name();
        header.extend(["count", "min", "mean", "max"].map(|part| format!("{name}.{part}")));
        for p in crate::summary::QUANTILES {
            let p = p.label();
            header.extend(
                ["", ".low95", ".high95", ".grade", ".censored"].map(|part| format!("{name}.{p}{part}")),
            );
        }
    }
    header.extend(["inference_share.ratio_of_sums", "inference_share.median"].map(str::to_owned));
    header
}

fn cells(view: &SummaryView<'_>, group: &GroupSummary) -> Vec<String> {
    let mut cells: Vec<String> = group
        .values
        .iter()
        .map(|(key, value)| value.map_or_else(String::new, |value| name(&view.dataset.label(*key, value))))
        .collect();
    if let Some(model) = group.value(Key::Model) {
        let models = &view.dataset.names().models;
        cells.push(model.map_or_else(String::new, |model| name(&models[model as usize].id.to_string())));
    }
    cells.extend(
        [
            group.invocations,
            group.errors,
            group.timeouts,
            group.inferred_models,
        ]
        .map(|count| count.to_string()),
    );
    for metric in Metric::ALL {
        cells.extend(metric_cells(group.metric(metric)));
    }
    let share = group.inference_share.as_ref();
    cells.push(share.map_or_else(String::new, |share| share.ratio_of_sums.to_string()));
    cells.push(
        share
            .and_then(|share| share.median)
            .map_or_else(String::new, |median| median.to_string()),
    );
    cells
}

fn metric_cells(summary: Option<&MetricSummary>) -> Vec<String> {
    let Some(summary) = summary else {
        return vec![String::new(); 4 + 5 * crate::summary::QUANTILES.len()];
    };
    let ms = |micros: f64| (micros / 1000.0).to_string();
    let mut cells = vec![
        summary.count.to_string(),
        ms(summary.min),
        ms(summary.mean),
        ms(summary.max),
    ];
    for quantile in &summary.quantiles {
        cells.push(ms(quantile.estimate.value));
        cells.push(quantile.interval.low.map_or_else(String::new, ms));
        cells.push(quantile.interval.high.map_or_else(String::new, ms));
        cells.push(quantile.grade.as_str().to_owned());
        cells.push(quantile.estimate.censored.to_string());
    }
    cells
}

/// A name from a log, quoted, and with an apostrophe in front where a spreadsheet would take it
/// for a formula.
pub(super) fn name(name: &str) -> String {
    let name = visible(name);
    let is_formula = name.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    format!("{guard}{name}")
}

/// A line of cells.
pub(super) fn line(cells: Vec<String>) -> String {
    let quoted: Vec<String> = cells
        .into_iter()
        .map(|cell| {
            if cell.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell
            }
        })
        .collect();
    quoted.join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_are_no_formulas() {
        assert_eq!(
            line(vec![name("a,\"b\""), name("=1+1"), name("x")]),
            "\"a,\"\"b\"\"\",'=1+1,x\r\n"
        );
    }
}
