//! "The whole path": what the caller, API Gateway, Lambda and Bedrock each saw, what each stage adds, and where requests ended.

use super::answer::point_and_interval;
use super::page::{Block, Prose, Section, noted_table, paragraph};
use super::path_words::{makes_the_tail, meanings, title};
use super::report::sides;
use super::scale::{millis, percent, plural, ratio_with};
use super::table::{Cell, Noted, Table, text};
use crate::comparison::{Comparison, Path, PathSide, StageMeans};
use crate::stats::Probability;
use crate::summary::{Ended, EndedCounts, Failures, Phase, Stage};
use crate::vocab::grouped;

/// The section. Nothing where nobody outside the function recorded anything.
pub(super) fn section(comparison: &Comparison, figure: Option<Block>) -> Option<Section> {
    let path = comparison.path.as_ref()?;
    let mut blocks = vec![paragraph(introduction(path))];
    if !path.points.is_empty() {
        blocks.extend(points(comparison, path));
        blocks.extend(stages(comparison, path));
    }
    blocks.extend(figure);
    let sentences: Vec<String> = [0, 1]
        .into_iter()
        .filter_map(|side| makes_the_tail(comparison, path, side))
        .collect();
    if !sentences.is_empty() {
        blocks.push(Block::Text(Prose::marked(&sentences.join(" "))));
    }
    blocks.extend(ended(comparison, path));
    Some(Section::new("The whole path", blocks))
}

fn introduction(path: &Path) -> String {
    let begins = match path.is_from_client {
        true => "from the time at which the caller meant to send it to the end of its answer",
        false => "from its arrival at API Gateway to the response, for no client recorded its requests",
    };
    format!(
        "A request {begins}. Records of one request were joined by their ids; no two of them share a clock, so only lengths \
         are compared."
    )
}

/// What each of those on the way saw.
fn points(comparison: &Comparison, path: &Path) -> Vec<Block> {
    let mut noted = Noted::default();
    let mut table = Table::new(
        2,
        &[
            "seen by",
            "quantile",
            &comparison.baseline.name,
            &comparison.candidate.name,
            "ratio",
        ],
    );
    for point in &path.points {
        for (at, compared) in point
            .quantiles
            .iter()
            .filter(|one| SHOWN.contains(&one.p))
            .enumerate()
        {
            let title = if at == 0 { point.point.title() } else { "" };
            let found = compared.comparison.as_ref();
            table.row(vec![
                text(title),
                text(compared.p.label()),
                noted.quantile(compared.baseline.as_ref()),
                noted.quantile(compared.candidate.as_ref()),
                found.map_or(Cell::Empty, |found| {
                    point_and_interval(found.ratio, found.ratio_interval, ratio_with)
                }),
            ]);
        }
    }
    let mut lines = vec![format!(
        "ms (95 % interval); ratio is candidate to baseline; {}",
        recorded(path)
    )];
    if comparison.failures == Failures::Included {
        lines.push(FAILURES_APART.to_owned());
    }
    lines.extend(noted.footnotes());
    noted_table(table, lines)
}

/// What `--outcome all` does not change.
pub(super) const FAILURES_APART: &str = "failures of requests are in none of these latencies, under --outcome all too: it is about \
     invocations, and of a request that failed nothing tells how long an answer would have taken";

/// How many requests each of them recorded.
fn recorded(path: &Path) -> String {
    let both = |requests: [usize; 2]| {
        let [baseline, candidate] = requests.map(|requests| grouped(requests as u64));
        format!("{baseline} and {candidate}")
    };
    let mut runs: Vec<(usize, [usize; 2])> = Vec::new();
    for (at, point) in path.points.iter().enumerate() {
        if runs
            .last()
            .is_none_or(|(_, requests)| *requests != point.requests)
        {
            runs.push((at, point.requests));
        }
    }
    match runs.as_slice() {
        [(_, requests)] => format!("{} requests at every point", both(*requests)),
        _ => {
            let from = |(at, requests): &(usize, [usize; 2])| {
                format!(
                    "{} from \u{201c}{}\u{201d} on",
                    both(*requests),
                    path.points[*at].point.title()
                )
            };
            let runs: Vec<String> = runs.iter().map(from).collect();
            format!("not of the same requests: {}", runs.join(", "))
        }
    }
}

const SHOWN: [Probability; 3] = [Probability::P50, Probability::P95, Probability::P99];

/// Stages that are shown whether anything tells them or not.
const ALWAYS: [Stage; 9] = [
    Stage::Waiting,
    Stage::Network,
    Stage::Gateway,
    Stage::ToFunction,
    Stage::Inside(Phase::Init),
    Stage::Inside(Phase::Before),
    Stage::Inside(Phase::Bedrock),
    Stage::Inside(Phase::After),
    Stage::Inside(Phase::Unexplained),
];

/// What each stage adds.
fn stages(comparison: &Comparison, path: &Path) -> Vec<Block> {
    let means = path.sides.each_ref().map(|side| side.stages.as_ref());
    let is_shown = |stage: &Stage| {
        let is_told = means
            .iter()
            .flatten()
            .any(|means| means.mean_us[stage.place()] > 0.0);
        is_told || ALWAYS.contains(stage)
    };
    let names = sides(comparison).map(|side| side.name.as_str());
    let titles: Vec<String> = ["mean", "p50", "p95", "p99"]
        .iter()
        .flat_map(|column| names.map(|name| format!("{column} {name}")))
        .collect();
    let titles: Vec<&str> = ["stage"]
        .into_iter()
        .chain(titles.iter().map(String::as_str))
        .collect();
    let mut table = Table::new(1, &titles);
    let mut is_partial = false;
    for stage in Stage::all().filter(is_shown) {
        let place = stage.place();
        let mut cells = vec![text(title(stage))];
        for p in COLUMNS {
            for means in means {
                cells.push(text(stage_cell(means, place, p, &mut is_partial)));
            }
        }
        table.row(cells);
    }
    let mut total = vec![text("together")];
    for p in COLUMNS {
        for means in means {
            total.push(
                means
                    .and_then(|means| together(means, p))
                    .map_or(Cell::Empty, text),
            );
        }
    }
    table.row(total);
    let mut lines = vec![
        "mean ms over all requests, and over those around each quantile of what the outermost record says; unknown: no record \
         tells it"
            .to_owned(),
    ];
    if is_partial {
        lines.push(
            "(n of m): only n of the m requests tell it; the others have 0 in this mean, and their time in another stage"
                .to_owned(),
        );
    }
    let has_limits = |means: &StageMeans| means.around.iter().any(|around| around.limits > 0);
    if means.iter().flatten().any(|means| has_limits(means)) {
        lines
            .push("≥: requests that were given up are among them, at the time at which they were".to_owned());
    }
    lines.extend(meanings(path));
    if path.has_gateway {
        lines.push(
            "API Gateway tells whole milliseconds, so the stages beside its times may be off by one"
                .to_owned(),
        );
    }
    for (side, of) in sides(comparison).into_iter().zip(&path.sides) {
        lines.extend(coverage(&side.name, of, path));
    }
    if SHOWN
        .iter()
        .any(|&p| (0..2).any(|side| path.is_of_slowest(side, p)))
    {
        lines.push(
            "where a quantile has no upper end, the requests around it are just the slowest".to_owned(),
        );
    }
    noted_table(table, lines)
}

/// Of all requests, and of those around each quantile.
const COLUMNS: [Option<Probability>; 4] = [
    None,
    Some(Probability::P50),
    Some(Probability::P95),
    Some(Probability::P99),
];

/// A stage of all requests of a side, or of those around a quantile.
fn stage_cell(
    means: Option<&StageMeans>,
    place: usize,
    p: Option<Probability>,
    is_partial: &mut bool,
) -> String {
    let found = means.and_then(|means| match p {
        None => Some((means.told[place], means.requests, means.mean_us[place])),
        Some(p) => {
            let around = means.around(p)?;
            Some((around.told[place], around.requests, around.mean_us[place]))
        }
    });
    match found {
        None | Some((0, ..)) => "unknown".to_owned(),
        Some((told, requests, mean)) if told < requests => {
            *is_partial = true;
            format!(
                "{} ({} of {})",
                millis(mean),
                grouped(told as u64),
                grouped(requests as u64)
            )
        }
        Some((_, _, mean)) => millis(mean),
    }
}

/// What all stages come to.
fn together(means: &StageMeans, p: Option<Probability>) -> Option<String> {
    let (sum, limits) = match p {
        None => (means.mean_us.iter().sum::<f64>(), 0),
        Some(p) => {
            let around = means.around(p)?;
            (around.mean_us.iter().sum(), around.limits)
        }
    };
    let bound = if limits > 0 { "≥ " } else { "" };
    Some(format!("{bound}{}", millis(sum)))
}

/// Of how many requests what is known, and what was left out.
fn coverage(side: &str, of: &PathSide, path: &Path) -> Vec<String> {
    if of.is_saved {
        return vec![format!(
            "{side}: a saved side holds nothing of what is outside the function"
        )];
    }
    let mut parts = Vec::new();
    if let Some(means) = &of.stages {
        let gateway = match path.has_gateway {
            true => format!(", {} with an access log record", grouped(of.with_gateway as u64)),
            false => String::new(),
        };
        parts.push(format!(
            "{}{gateway}, {} with an invocation",
            plural(means.requests as u64, "request", "requests"),
            grouped(of.with_invocation as u64)
        ));
        if means.untrue > 0 {
            let count = plural(
                means.untrue as u64,
                "has records that contradict each other",
                "have records that contradict each other",
            );
            parts.push(format!("{count}, not told apart"));
        }
    }
    for (count, what) in [
        (of.failed, "that failed left out"),
        (
            of.without_client,
            "more that no client recorded left out, among which what a client gave up may be",
        ),
        (of.warm_up, "of the warm-up left out"),
        (of.burst, "of bursts left out"),
        (
            of.invocations_without,
            "more invocations that nobody outside recorded",
        ),
    ] {
        if count > 0 {
            parts.push(format!("{} {what}", grouped(count as u64)));
        }
    }
    match parts.is_empty() {
        true => Vec::new(),
        false => vec![format!("{side}: {}", parts.join("; "))],
    }
}

/// Where requests ended.
fn ended(comparison: &Comparison, path: &Path) -> Vec<Block> {
    let counts: Vec<&EndedCounts> = path
        .sides
        .iter()
        .map(|side| &side.ended)
        .chain((path.of_no_side.sum() > 0).then_some(&path.of_no_side))
        .collect();
    let names = sides(comparison).map(|side| side.name.clone());
    let columns = names
        .into_iter()
        .chain((counts.len() > 2).then(|| "model not told".to_owned()));
    let titles: Vec<String> = ["where requests ended".to_owned()]
        .into_iter()
        .chain(columns)
        .collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let mut table = Table::new(1, &titles);
    for way in Ended::ALL {
        if way != Ended::Answered && counts.iter().all(|counts| counts.get(way) == 0) {
            continue;
        }
        let mut cells = vec![text(way.title())];
        cells.extend(counts.iter().map(|counts| match counts.sum() {
            0 => Cell::Empty,
            sum => text(share_of(counts.get(way), sum)),
        }));
        table.row(cells);
    }
    let mut lines = Vec::new();
    if path.unassigned > 0 {
        let requests = plural(path.unassigned as u64, "request", "requests");
        lines.push(format!(
            "{requests} without an invocation left out: whether what selects invocations would hold of them is not known"
        ));
    }
    if !path.has_gateway {
        lines.push("no access log was read, so what API Gateway did by itself is not told apart".to_owned());
    }
    if path.of_no_side.sum() > 0 {
        lines.push(
            "model not told: API Gateway does not log which model a request asks for, and neither a client nor the function \
             recorded these"
                .to_owned(),
        );
    }
    noted_table(table, lines)
}

fn share_of(count: usize, of: usize) -> String {
    match (count, of) {
        (0, _) | (_, 0) => grouped(count as u64),
        _ => format!(
            "{} ({})",
            grouped(count as u64),
            percent(count as f64 / of as f64)
        ),
    }
}
