//! The page of several candidates against one baseline.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::aligned;
use super::answer::sentences;
use super::bars::bars;
use super::cost::total_dollars;
use super::figures::{Figure, Figures};
use super::json_shared::{document, ends, ends_ms, ms};
use super::page::{Block, Page, Prose, Section, marked_name, marked_strong, noted_table, paragraph};
use super::report::{figure_block, method, origin_lines};
use super::scale::{footnotes, interval, quantile, ratio};
use super::summary::ledger_line;
use super::table::{Cell, Table, name, optional, text};
use super::terminal::Style;
use crate::comparison::{ControlState, CostComparison, Drawn, Ranked, Ranking, Side};
use crate::dataset::{Condition, Window};
use crate::invocation::{Ledger, Span};
use crate::stats::{Interval, Verdict};
use crate::summary::{Metric, QuantileSummary};
use crate::vocab::{grouped, visible};

/// The value of the `schema` field.
pub(super) const RANKING_SCHEMA: &str = "latscope.ranking/v1";

/// Everything that the page of several candidates shows.
#[derive(Debug, Clone, Copy)]
pub struct RankingView<'a> {
    /// The candidates.
    pub ranking: &'a Ranking,
    /// What a thousand requests of each cost, in the same order.
    pub costs: &'a [CostComparison],
    /// The folder of each one's own report, in the same order.
    pub folders: &'a [String],
    /// What became of every event.
    pub ledger: &'a Ledger,
    /// The window that was asked for, resolved.
    pub window: Window,
    /// The time that the input covers.
    pub span: Option<Span>,
    /// Whether times are shown in this machine's zone instead of UTC.
    pub is_local: bool,
    /// What all invocations have in common.
    pub conditions: &'a [Condition],
    /// The figures.
    pub figures: &'a Figures,
}

/// The page, before any dialect. Nothing without a candidate.
pub fn ranking_page(view: &RankingView<'_>) -> Option<Page> {
    let first = view.ranking.ranked.first()?;
    let baseline = &first.comparison.baseline;
    let figures = view.figures;
    let figure = |figure: &Option<Figure>| figure.as_ref().map(figure_block);
    let others = [
        &figures.ratios,
        &figures.ecdf,
        &figures.cost,
        &figures.over_time,
        &figures.tokens,
        &figures.distributions,
        &figures.inference_share,
        &figures.phases,
    ];
    let others: Vec<Block> = others.into_iter().filter_map(figure).collect();
    let figures_section = (!others.is_empty()).then(|| Section::new("Figures", others));
    let title = format!(
        "{} candidates against {}",
        view.ranking.ranked.len(),
        marked_name(&baseline.name)
    );
    let sections = [
        Some(answer(view, baseline, figure(&figures.quantiles))),
        Some(each(view)),
        figures_section,
        Some(Section::new(
            "What was read",
            vec![Block::Notes(origin(view).into_iter().map(Prose::from).collect())],
        )),
        Some(method(first.comparison.failures)),
    ];
    Some(Page {
        title: Prose::marked(&title),
        sections: sections.into_iter().flatten().collect(),
    })
}

fn origin(view: &RankingView<'_>) -> Vec<String> {
    origin_lines(
        view.window,
        view.span,
        view.is_local,
        view.conditions,
        view.ledger,
    )
}

/// The first screen: which candidates are shown to be faster, and the table of all.
fn answer(view: &RankingView<'_>, baseline: &Side, figure: Option<Block>) -> Section {
    let text_of = |text: &str| Block::Text(Prose::marked(text));
    let mut blocks = vec![text_of(&headline(view.ranking, baseline))];
    blocks.extend(table(view, baseline));
    blocks.push(paragraph(ledger_line(view.ledger)));
    blocks.extend(figure);
    Section {
        is_brief: true,
        ..Section::new("Answer", blocks)
    }
}

fn headline(ranking: &Ranking, baseline: &Side) -> String {
    let count = ranking.ranked.len();
    let baseline = marked_name(&baseline.name);
    let faster: Vec<String> = ranking
        .faster()
        .map(|of| {
            let range = of
                .headline()
                .and_then(|found| found.comparison)
                .map(|found| found.ratio_interval);
            format!(
                "{} ({} times, {})",
                marked_name(&of.comparison.candidate.name),
                of.ratio().map_or_else(|| "no".to_owned(), ratio),
                interval(range.unwrap_or(Interval::UNBOUNDED), ratio)
            )
        })
        .collect();
    let found = match faster.is_empty() {
        true => format!(
            "None of the {count} candidates is shown to be faster than {baseline} at p95 of total time."
        ),
        false => format!(
            "Faster than {baseline} at p95 of total time: {}.",
            faster.join(", ")
        ),
    };
    let confounded = ranking.ranked.iter().filter(|of| of.is_confounded()).count();
    let confounded = match confounded {
        0 => String::new(),
        count => format!(" {count} cannot be told, for they differ from it in more than the model."),
    };
    format!(
        "{}{confounded} Each claim holds among all {count} (Holm, 5 %). Candidates are compared with the baseline and not with \
         each other: where their intervals overlap, their order is open.",
        marked_strong(&found)
    )
}

fn table(view: &RankingView<'_>, baseline: &Side) -> Vec<Block> {
    let titles = [
        "",
        "requests",
        "p95 ms",
        "ratio",
        "verdict",
        "comparison",
        "$ per 1,000",
    ];
    let mut page = Table::new(1, &titles);
    let mut shown: Vec<QuantileSummary> = Vec::new();
    let mut row = |side: &Side, p95: Option<&QuantileSummary>, more: [Cell; 3], cost: Option<String>| {
        shown.extend(p95.cloned());
        let [ratio, verdict, control] = more;
        page.row(vec![
            name(side.name.clone()),
            text(grouped(
                side.metric(Metric::Total).map_or(0, |total| total.count) as u64
            )),
            p95.map_or(Cell::Empty, |p95| text(quantile(p95))),
            ratio,
            verdict,
            control,
            optional(cost),
        ]);
    };
    let p95 = view
        .ranking
        .ranked
        .iter()
        .find_map(|of| of.headline()?.baseline.as_ref());
    let usd = view.costs.first().and_then(|cost| total_dollars(cost)[0].clone());
    row(baseline, p95, [text("1"), text("baseline"), Cell::Empty], usd);
    for (of, cost) in view.ranking.ranked.iter().zip(view.costs) {
        let found = of.headline().and_then(|found| found.comparison);
        let of_ratio = found.map_or(Cell::Empty, |found| match found.ratio {
            Some(point) => text(format!(
                "{} {}",
                ratio(point),
                interval(found.ratio_interval, ratio)
            )),
            None => text(interval(found.ratio_interval, ratio)),
        });
        let verdict = optional(of.verdict().map(|verdict| verdict.as_str().to_owned()));
        let control = match of.comparison.control.state() {
            ControlState::Controlled => "controlled",
            ControlState::Unverified => "unverified",
            ControlState::Confounded => "confounded",
        };
        let p95 = of.headline().and_then(|found| found.candidate.as_ref());
        let usd = total_dollars(cost)[1].clone();
        row(
            &of.comparison.candidate,
            p95,
            [of_ratio, verdict, text(control)],
            usd,
        );
    }
    let mut notes = vec![
        "total time (95 % interval); ratio is the candidate against the baseline; the smallest first"
            .to_owned(),
    ];
    if let Some(cost) = view.costs.first() {
        let architecture = cost.architectures.first().map_or("", |one| one.name());
        notes.push(format!("US dollars on {architecture}, prices of {}", cost.date));
    }
    notes.extend(footnotes(&shown));
    noted_table(page, notes)
}

/// What `latscope report` prints of several candidates.
pub fn ranking_brief(view: &RankingView<'_>, style: Style) -> String {
    let Some(first) = view.ranking.ranked.first() else {
        return String::new();
    };
    let baseline = &first.comparison.baseline;
    let mut shown: String = origin(view)
        .iter()
        .map(|line| format!("{}\n", visible(line)))
        .collect();
    let headline = Prose::marked(&headline(view.ranking, baseline));
    shown.push_str(&format!("\n{}\n\n", headline.plain()));
    for block in table(view, baseline) {
        match block {
            Block::Table(page) => shown.push_str(&aligned::table(&page, style)),
            Block::Notes(lines) => {
                let lines = lines
                    .iter()
                    .map(|line| format!("{}\n", style.faint(&line.plain())));
                shown.extend(lines);
            }
            _ => {}
        }
    }
    let candidates = view.ranking.ranked.iter().map(|of| &of.comparison.candidate);
    let sides = [baseline].into_iter().chain(candidates);
    let sides = sides.map(|side| (vec![name(&side.name)], side.group.total.clone()));
    let drawn = bars(&["side"], sides, style);
    if !drawn.is_empty() {
        shown.push_str(&format!("\n{drawn}"));
    }
    shown
}

/// The answer of each comparison by itself.
fn each(view: &RankingView<'_>) -> Section {
    let mut blocks = Vec::new();
    for (of, folder) in view.ranking.ranked.iter().zip(view.folders) {
        let [first, second, control] = sentences(&of.comparison, &marked_name);
        let adjusted = match (of.headline().and_then(|found| found.verdict), of.verdict()) {
            (Some(alone), Some(Verdict::Inconclusive)) if alone != Verdict::Inconclusive => {
                " That is shown of this candidate alone, and not among all of them."
            }
            _ => "",
        };
        let sentence = format!(
            "{}{adjusted} {second} {control} Its own report: {}.",
            marked_strong(&first),
            marked_name(&format!("{folder}/report.md"))
        );
        blocks.push(Block::Text(Prose::marked(&sentence)));
        let warnings = of
            .comparison
            .warnings
            .iter()
            .map(|warning| warning.to_string().into());
        let warnings: Vec<Prose> = warnings.collect();
        if !warnings.is_empty() {
            blocks.push(Block::List(warnings));
        }
    }
    Section::new("Each candidate", blocks)
}

#[derive(Serialize)]
struct RankingJson<'a> {
    schema: &'static str,
    baseline: &'a str,
    margin: f64,
    candidates: Vec<RankedJson<'a>>,
    page: &'a Page,
    drawn: Box<RawValue>,
}

#[derive(Serialize)]
struct RankedJson<'a> {
    name: &'a str,
    folder: &'a str,
    requests: usize,
    p95_ms: Option<f64>,
    p95_is_lower_bound: bool,
    p95_ci95_ms: [Option<f64>; 2],
    ratio: Option<f64>,
    ratio_ci95: [Option<f64>; 2],
    verdict_alone: Option<&'static str>,
    verdict: Option<&'static str>,
    holm_p: Option<f64>,
    control: &'static str,
}

/// The ranking as JSON, pretty-printed, with a line break at its end: every number, the page that shows them, and what its
/// figures show. The reports of the candidates have everything else.
///
/// # Errors
/// If it cannot be written as JSON, which is a defect of latscope.
pub fn ranking_json(view: &RankingView<'_>, page: &Page, drawn: &Drawn) -> serde_json::Result<String> {
    let first = view.ranking.ranked.first();
    let candidates = view.ranking.ranked.iter().zip(view.folders);
    document(&RankingJson {
        schema: RANKING_SCHEMA,
        baseline: first.map_or("", |of| &of.comparison.baseline.name),
        margin: first.map_or(0.0, |of| of.comparison.margin),
        candidates: candidates.map(|(of, folder)| ranked_json(of, folder)).collect(),
        page,
        drawn: to_raw_value(drawn)?,
    })
}

fn ranked_json<'a>(of: &'a Ranked, folder: &'a str) -> RankedJson<'a> {
    let found = of.headline();
    let p95 = found.and_then(|found| found.candidate.as_ref());
    let compared = found.and_then(|found| found.comparison);
    let unbounded = Interval::UNBOUNDED;
    RankedJson {
        name: &of.comparison.candidate.name,
        folder,
        requests: of
            .comparison
            .candidate
            .metric(Metric::Total)
            .map_or(0, |total| total.count),
        p95_ms: p95.map(|p95| ms(p95.estimate.value)),
        p95_is_lower_bound: p95.is_some_and(|p95| p95.estimate.censored),
        p95_ci95_ms: ends_ms(p95.map_or(unbounded, |p95| p95.interval)),
        ratio: of.ratio(),
        ratio_ci95: ends(compared.map_or(unbounded, |found| found.ratio_interval)),
        verdict_alone: found
            .and_then(|found| found.verdict)
            .map(|verdict| verdict.as_str()),
        verdict: of.verdict().map(|verdict| verdict.as_str()),
        holm_p: of.holm_p,
        control: match of.comparison.control.state() {
            ControlState::Controlled => "controlled",
            ControlState::Unverified => "unverified",
            ControlState::Confounded => "confounded",
        },
    }
}
