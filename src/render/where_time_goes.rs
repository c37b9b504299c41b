//! "Where the time goes": inference's share, Bedrock's own latency, and what tuning can bring at most.

use super::answer::{factor, factor_with};
use super::composition;
use super::digits::Digits;
use super::page::{Block, Section, noted_table};
use super::report::{sides, two_columns};
use super::scale::{interval, percent, percent_with_interval, plural};
use super::table::{Cell, Noted, Table, name, optional, text};
use crate::comparison::{Comparison, EstimatedShare, Side, Speedups, TimeSpent};
use crate::invocation::StartType;
use crate::stats::{Interval, Probability};
use crate::summary::{Metric, QuantileSummary};
use crate::vocab::grouped;

/// The section.
pub(super) fn section(
    comparison: &Comparison,
    of_shares: Option<Block>,
    of_phases: Option<Block>,
) -> Section {
    let (rows, lines) = parts(comparison);
    let mut blocks = shares(comparison);
    blocks.extend(of_shares);
    blocks.extend(noted_table(two_columns(comparison, rows), lines));
    blocks.extend(of_phases);
    blocks.extend(composition::tables(comparison));
    Section::new("Where the time goes", blocks)
}

/// Both sides with where their time goes, baseline first.
pub(super) fn spent(comparison: &Comparison) -> [(&Side, &TimeSpent); 2] {
    let [baseline, candidate] = &comparison.time_spent;
    [
        (&comparison.baseline, baseline),
        (&comparison.candidate, candidate),
    ]
}

/// A share with its interval, where there is one.
fn share(share: &EstimatedShare) -> String {
    share.interval.map_or_else(
        || format!("{} (no interval)", percent(share.ratio)),
        |range| percent_with_interval(share.ratio, range),
    )
}

/// Inference's share of each side and start type. Nothing where no request tells it.
fn shares(comparison: &Comparison) -> Vec<Block> {
    let titles = [
        "inference share",
        "side",
        "requests",
        "of duration",
        "of total time",
    ];
    let mut page = Table::new(2, &titles);
    let mut is_bound = false;
    for start in [None].into_iter().chain(StartType::ALL.map(Some)) {
        for (side, spent) in spent(comparison) {
            let Some(found) = spent.shares.iter().find(|share| share.start == start) else {
                continue;
            };
            let is_at_most = found.without_init > 0;
            is_bound |= is_at_most;
            let cells = match found.is_untold() {
                true => [text("not estimable"), text("not estimable")],
                false => {
                    let at_most = if is_at_most { "≤ " } else { "" };
                    let of_total = format!("{at_most}{}", share(&found.of_total));
                    [text(share(&found.of_duration)), text(of_total)]
                }
            };
            let mut row = vec![
                text(start.map_or("all starts", StartType::name)),
                name(side.name.clone()),
                text(grouped(found.of_duration.requests as u64)),
            ];
            row.extend(cells);
            page.row(row);
        }
    }
    if page.rows.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![
        "ratio of sums (95 % interval); duration is what the handler takes, total time also what the request waited for \
         its start"
            .to_owned(),
    ];
    if is_bound {
        lines.push("≤ some cold starts do not tell how long they took, so total time is longer".to_owned());
    }
    for (side, spent) in spent(comparison) {
        lines.extend(few_cold(side, spent));
        if !spent.is_in_order && !spent.shares.is_empty() {
            let name = &side.name;
            lines.push(format!(
                "{name}: the order of the requests is not known, so they are taken for independent"
            ));
        }
    }
    noted_table(page, lines)
}

/// Says that a side has too few requests that waited for a start, where it has some that might have.
fn few_cold(side: &Side, spent: &TimeSpent) -> Option<String> {
    spent.few_waited().map(|waited| {
        format!(
            "{}: {} too few to tell their share; the interval over all starts is too narrow if such requests are commoner \
             than here",
            side.name,
            plural(
                waited as u64,
                "request that waited for a start is",
                "requests that waited for a start are"
            )
        )
    })
}

type Rows = Vec<(&'static str, [Cell; 2])>;

/// The times of the parts, and what they allow at most.
fn parts(comparison: &Comparison) -> (Rows, Vec<String>) {
    let mut noted = Noted::default();
    let mut rows = Rows::new();
    let median = |side: &Side| side.group.inference_share.as_ref()?.median.map(percent);
    rows.push((
        "inference share of a typical request (median)",
        sides(comparison).map(|side| optional(median(side))),
    ));
    let mut of_metric = |title: &'static str, metric: Metric, p: Probability| {
        let quantile = |side: &Side| side.metric(metric).and_then(|metric| metric.quantile(p)).cloned();
        let cells = sides(comparison).map(|side| noted.quantile(quantile(side).as_ref()));
        (title, cells)
    };
    rows.extend([
        of_metric("inference p50", Metric::Inference, Probability::P50),
        of_metric("inference p95", Metric::Inference, Probability::P95),
        of_metric(
            "overhead p50 (duration − inference)",
            Metric::Overhead,
            Probability::P50,
        ),
        of_metric("overhead p95", Metric::Overhead, Probability::P95),
        of_metric("init p50 (where waited for)", Metric::Init, Probability::P50),
    ]);
    rows.extend(bedrock(comparison, &mut noted));
    rows.extend(retries(comparison, &mut noted));
    let bounds = bounds(comparison, &mut noted);
    let mut lines = noted.footnotes();
    if !bounds.is_empty() {
        lines.insert(
            0,
            "The last rows are Amdahl's law applied to the duration; at p95 and p99 they are the quantile of the duration \
             over that of inference, of the same requests and without an interval."
                .to_owned(),
        );
    }
    rows.extend(bounds);
    if spent(comparison).iter().any(|(_, spent)| spent.bedrock.is_some()) {
        lines.push(
            "Bedrock's own latency is of requests with one call that tell it and inference: timeouts are not among them."
                .to_owned(),
        );
    }
    lines.extend(several_calls(comparison));
    lines.extend(untrue(comparison));
    (rows, lines)
}

/// A row of both sides.
fn row(
    comparison: &Comparison,
    title: &'static str,
    cell: &mut dyn FnMut(&TimeSpent) -> Cell,
) -> (&'static str, [Cell; 2]) {
    (title, spent(comparison).map(|(_, spent)| cell(spent)))
}

/// Bedrock's own latency and the time around it, where any request tells it.
fn bedrock(comparison: &Comparison, noted: &mut Noted) -> Rows {
    if spent(comparison).iter().all(|(_, spent)| spent.bedrock.is_none()) {
        return Rows::new();
    }
    let mut quantile = |title, of: fn(&crate::comparison::BedrockTime) -> &QuantileSummary| {
        row(comparison, title, &mut |spent| {
            noted.quantile(spent.bedrock.as_ref().map(of))
        })
    };
    let mut rows = vec![
        quantile("Bedrock's own latency p50", |bedrock| &bedrock.own.p50),
        quantile("Bedrock's own latency p95", |bedrock| &bedrock.own.p95),
        quantile("around it p50 (inference − Bedrock's own)", |bedrock| {
            &bedrock.around.p50
        }),
        quantile("around it p95", |bedrock| &bedrock.around.p95),
    ];
    rows.push(row(
        comparison,
        "Bedrock's own share of inference",
        &mut |spent| optional(spent.bedrock.as_ref().map(|bedrock| share(&bedrock.share))),
    ));
    rows.push(row(
        comparison,
        "requests that tell Bedrock's own latency",
        &mut |spent| {
            let told = spent.bedrock.as_ref().map_or(0, |bedrock| bedrock.share.requests);
            text(format!(
                "{} of {}",
                grouped(told as u64),
                grouped(spent.requests as u64)
            ))
        },
    ));
    rows
}

/// Failed attempts of the model call, where any request tells of one.
fn retries(comparison: &Comparison, noted: &mut Noted) -> Rows {
    if spent(comparison).iter().all(|(_, spent)| spent.retries.is_none()) {
        return Rows::new();
    }
    let mut rows = vec![
        row(
            comparison,
            "requests with failed attempts of the model call",
            &mut |spent| {
                optional(spent.retries.as_ref().map(|retries| {
                    format!(
                        "{} of {}, {}",
                        grouped(retries.retried as u64),
                        grouped(retries.matched as u64),
                        percent_with_interval(retries.share.0, retries.share.1)
                    )
                }))
            },
        ),
        row(comparison, "retries, share of duration", &mut |spent| {
            let of_duration = |spent: &TimeSpent| spent.retries.as_ref()?.of_duration.as_ref().map(share);
            optional(of_duration(spent))
        }),
    ];
    let mut quantile = |title, of: fn(&crate::comparison::Retries) -> &QuantileSummary| {
        row(comparison, title, &mut |spent| {
            noted.quantile(spent.retries.as_ref().map(of))
        })
    };
    rows.push(quantile("retries p50 (where there are any)", |retries| {
        &retries.time.p50
    }));
    rows.push(quantile("retries p95", |retries| &retries.time.p95));
    rows
}

/// How many times as fast requests can become.
fn bounds(comparison: &Comparison, noted: &mut Noted) -> Rows {
    if spent(comparison)
        .iter()
        .all(|(_, spent)| spent.speedups.is_none())
    {
        return Rows::new();
    }
    let times = |(point, range): (f64, Interval)| match range {
        Interval::UNBOUNDED => format!("{}× as fast", factor(point)),
        range => {
            let digits = Digits::of(range);
            let form = |times: f64| factor_with(times, digits);
            format!("{}× as fast {}", form(point), interval(range, form))
        }
    };
    let bound = |title, of: fn(&Speedups) -> Option<(f64, Interval)>| {
        row(comparison, title, &mut |spent| {
            optional(spent.speedups.as_ref().and_then(of).map(times))
        })
    };
    let mut rows = vec![
        bound("at most, with no overhead at all", |speedups| {
            speedups.without_overhead
        }),
        bound("at most, with an infinitely fast model", |speedups| {
            speedups.without_inference
        }),
        bound("with a model twice as fast", |speedups| speedups.twice_as_fast),
    ];
    for (index, title) in [
        "at most, with no overhead, at p95",
        "at most, with no overhead, at p99",
    ]
    .into_iter()
    .enumerate()
    {
        rows.push(row(comparison, title, &mut |spent| {
            let Some((quantile, found)) = spent
                .speedups
                .as_ref()
                .and_then(|speedups| speedups.of_quantiles.get(index))
            else {
                return Cell::Empty;
            };
            match found {
                Some(found) => text(format!("{}× as fast{}", factor(*found), noted.mark(quantile))),
                None => text("not estimable"),
            }
        }));
    }
    rows
}

/// How the calls of requests with several were put together, where there are any.
fn several_calls(comparison: &Comparison) -> Option<String> {
    let of = |count: fn(&TimeSpent) -> usize| spent(comparison).map(|(_, spent)| count(spent));
    let several = of(|spent| spent.several_calls);
    let summed = of(|spent| spent.summed_calls).iter().sum::<usize>();
    if several == [0, 0] {
        return None;
    }
    let unit = match summed {
        0 => String::new(),
        summed => format!(", and the sum of its calls for {summed} without start times"),
    };
    Some(format!(
        "{} requests of {} and {} of {} made several model calls; inference is the time during which at least one \
         ran{unit}.",
        grouped(several[0] as u64),
        comparison.baseline.name,
        grouped(several[1] as u64),
        comparison.candidate.name
    ))
}

/// What cannot be true, and what became of it.
fn untrue(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    for (side, spent) in spent(comparison) {
        if spent.phases_over_duration > 0 {
            let count = spent.phases_over_duration as u64;
            lines.push(format!(
                "{}: the logged phases of {} than the duration, so they count as not known below",
                side.name,
                plural(count, "request are longer", "requests are longer")
            ));
        }
        if spent.bedrock_over_inference > 0 {
            let count = spent.bedrock_over_inference as u64;
            lines.push(format!(
                "{}: Bedrock's own latency of {} than inference, so it counts as not told",
                side.name,
                plural(count, "request is longer", "requests is longer")
            ));
        }
    }
    lines
}
