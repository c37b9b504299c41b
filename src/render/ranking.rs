//! The page of several candidates against one baseline.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::aligned;
use super::answer::{point_and_interval, without_model};
use super::bars::bars;
use super::control;
use super::cost::total_dollars;
use super::digits::Digits;
use super::figures::{Figure, Figures};
use super::json_shared::{document, ends, ends_ms, ms};
use super::page::{Block, Page, Prose, Section, marked_name, marked_strong, noted_table, paragraph};
use super::report::{figure_block, method, origin_lines};
use super::scale::{footnotes, interval, percent, quantile, ratio_with};
use super::summary::ledger_line;
use super::table::{Cell, Table, name, optional, text};
use super::terminal::Style;
use crate::comparison::drawn::MOST_CANDIDATES;
use crate::comparison::{CostComparison, Drawn, Ranked, Ranking, Side};
use crate::dataset::{Condition, Window};
use crate::invocation::{Ledger, Span};
use crate::stats::{Decision, Interval, Probability};
use crate::summary::{Metric, QuantileSummary, Warning};
use crate::vocab::{counted, grouped, visible};

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
    /// What the gates of each come to, in the same order, where there are any.
    pub gates: &'a [Option<Decision>],
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
        &figures.cost,
        &figures.phases,
        &figures.path,
        &figures.inference_share,
        &figures.over_time,
        &figures.ecdf,
        &figures.distributions,
        &figures.tokens,
    ];
    let mut others: Vec<Block> = others.into_iter().filter_map(figure).collect();
    let count = view.ranking.ranked.len();
    if count > MOST_CANDIDATES && !others.is_empty() {
        let cut = format!("All figures show the first {MOST_CANDIDATES} of the {count} candidates.");
        others.insert(0, paragraph(cut));
    }
    let title = format!(
        "{} against {}",
        counted(count as u64, "candidate"),
        marked_name(&baseline.name)
    );
    let sections = [
        Some(answer(view, baseline, figure(&figures.quantiles))),
        Some(each(view, baseline)),
        (!others.is_empty()).then(|| Section::new("Figures", others)),
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
    blocks.extend(unattributed(view.ranking).map(|sentence| text_of(&sentence)));
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
    let of_all = counted(count as u64, "candidate");
    let baseline = marked_name(&baseline.name);
    let faster: Vec<String> = ranking.faster().map(named_with_ratio).collect();
    let found = match (faster.len(), count) {
        (0, 1) => format!("The candidate is not shown to be faster than {baseline} at p95 of total time."),
        (0, _) => format!("None of the {of_all} is shown to be faster than {baseline} at p95 of total time."),
        (shown, _) => format!(
            "Of {of_all}, {shown} {} shown to be faster than {baseline} at p95 of total time: {}.",
            if shown == 1 { "is" } else { "are" },
            faster.join(", ")
        ),
    };
    let confounded: Vec<String> = ranking
        .ranked
        .iter()
        .filter(|of| of.is_confounded())
        .map(|of| marked_name(&of.comparison.candidate.name))
        .collect();
    let confounded = match confounded.len() {
        0 => String::new(),
        1 => format!(
            " {} differs from it in more than the model, so nothing is shown of it.",
            confounded[0]
        ),
        _ => format!(
            " {} differ from it in more than the model, so nothing is shown of them.",
            confounded.join(", ")
        ),
    };
    let among = match count {
        1 => String::new(),
        count => format!(
            " That p95 differs at all holds among all {count} where no ° stands (Holm, 5 %); intervals and the margin are those of \
             each by itself. Each is compared with the baseline and not with the others: where their intervals overlap, their \
             order is open."
        ),
    };
    format!("{}{confounded}{among}", marked_strong(&found))
}

/// Invocations that count for no candidate, and for which of them that could turn what is said.
fn unattributed(ranking: &Ranking) -> Option<String> {
    let found = || {
        ranking
            .ranked
            .iter()
            .filter_map(|of| Some((of, of.comparison.unattributed.as_ref()?)))
    };
    let most = found().max_by_key(|(_, found)| found.invocations)?.1;
    let turned = found().filter(|(_, found)| !found.verdict_holds);
    let turned: Vec<String> = turned
        .map(|(of, _)| marked_name(&of.comparison.candidate.name))
        .collect();
    let verdict = match turned.is_empty() {
        true => "Whichever model each belongs to, p95 says the same.".to_owned(),
        false => marked_strong(&format!(
            "Depending on the model each belongs to, p95 could say something else of {}.",
            turned.join(", ")
        )),
    };
    Some(format!("{}. {verdict}", without_model(most, "for no model")))
}

/// `haiku`, 0.48 times (0.44–0.53).
fn named_with_ratio(of: &Ranked) -> String {
    let name = marked_name(&of.comparison.candidate.name);
    let Some(found) = of.headline().and_then(|found| found.comparison) else {
        return name;
    };
    let range = found.ratio_interval;
    let digits = Digits::of(range);
    let form = |times: f64| ratio_with(times, digits);
    let point = found
        .ratio
        .map_or_else(String::new, |point| format!(", {} times", form(point)));
    format!("{name}{point} {}", interval(range, form))
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
    let mut row =
        |first: Cell, side: &Side, p95: Option<&QuantileSummary>, more: [Cell; 3], usd: Option<String>| {
            shown.extend(p95.cloned());
            let requests = side.metric(Metric::Total).map_or(0, |total| total.count);
            let [ratio, verdict, control] = more;
            page.row(vec![
                first,
                text(grouped(requests as u64)),
                p95.map_or(Cell::Empty, |p95| text(quantile(p95))),
                ratio,
                verdict,
                control,
                optional(usd),
            ]);
        };
    let ranked = &view.ranking.ranked;
    let p95 = ranked.iter().find_map(|of| of.headline()?.baseline.as_ref());
    let usd = view.costs.first().and_then(|cost| total_dollars(cost)[0].clone());
    let of_baseline = [text("1"), text("baseline"), Cell::Empty];
    row(name(baseline.name.clone()), baseline, p95, of_baseline, usd);
    for ((of, cost), folder) in ranked.iter().zip(view.costs).zip(view.folders) {
        let found = of.headline();
        let of_ratio = found
            .and_then(|found| found.comparison)
            .map_or(Cell::Empty, |found| {
                point_and_interval(found.ratio, found.ratio_interval, ratio_with)
            });
        let mark = if of.is_claim_too_many() { "°" } else { "" };
        let verdict = found.and_then(|found| found.verdict);
        let verdict = optional(verdict.map(|verdict| format!("{}{mark}", verdict.as_str())));
        let candidate = &of.comparison.candidate;
        row(
            report_of(of, folder),
            candidate,
            found.and_then(|found| found.candidate.as_ref()),
            [of_ratio, verdict, text(of.comparison.control.state().as_str())],
            total_dollars(cost)[1].clone(),
        );
    }
    let mut notes = vec![
        "total time (95 % interval); ratio is the candidate against the baseline; the smallest first"
            .to_owned(),
    ];
    if ranked.iter().any(Ranked::is_claim_too_many) {
        notes.push(format!(
            "° shown alone, but not among all {} (Holm, 5 %)",
            ranked.len()
        ));
    }
    if let Some(cost) = view.costs.first() {
        let architecture = cost.architectures.first().map_or("", |one| one.name());
        notes.push(format!("US dollars on {architecture}, prices of {}", cost.date));
    }
    notes.extend(footnotes(&shown));
    noted_table(page, notes)
}

/// A candidate that leads to its own report.
fn report_of(of: &Ranked, folder: &str) -> Cell {
    Cell::Report {
        name: visible(&of.comparison.candidate.name),
        report: folder.to_owned(),
    }
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
    shown.push_str(&format!("\n{}\n", headline.plain()));
    if let Some(sentence) = unattributed(view.ranking) {
        shown.push_str(&format!("{}\n", Prose::marked(&sentence).plain()));
    }
    shown.push('\n');
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
    // Of small samples the marks of the table tell.
    let is_told = |warning: &Warning| matches!(warning, Warning::SmallSample { .. });
    for (_, text) in warnings(&view.ranking.ranked)
        .into_iter()
        .filter(|(warning, _)| !is_told(warning))
    {
        let text = Prose::marked(&text).plain();
        shown.push_str(&format!("{} {text}\n", style.strong("warning:")));
    }
    shown
}

/// What else there is to each, what confounds it, and what holds for all.
fn each(view: &RankingView<'_>, baseline: &Side) -> Section {
    let titles = [
        "",
        "p50 ms",
        "p99 ms",
        "inference",
        "waited for a start",
        "failed",
        "timed out",
        "gates",
    ];
    let has_gates = view.gates.iter().any(Option::is_some);
    let mut page = Table::new(1, &titles[..titles.len() - usize::from(!has_gates)]);
    let mut shown: Vec<QuantileSummary> = Vec::new();
    let mut row =
        |first: Cell, side: &Side, summaries: [Option<&QuantileSummary>; 2], gates: Option<Decision>| {
            shown.extend(summaries.into_iter().flatten().cloned());
            let [p50, p99] = summaries.map(|found| found.map_or(Cell::Empty, |found| text(quantile(found))));
            let count = |count: usize| text(grouped(count as u64));
            let mut cells = vec![
                first,
                p50,
                p99,
                optional(side.time.map(|time| percent(time.inference))),
                count(side.waited()),
                count(side.group.errors),
                count(side.group.timeouts),
            ];
            if has_gates {
                cells.push(optional(gates.map(|gates| gates.name().to_owned())));
            }
            page.row(cells);
        };
    let ranked = &view.ranking.ranked;
    if let Some(first) = ranked.first() {
        let summaries = [Probability::P50, Probability::P99].map(|p| {
            first
                .comparison
                .total_at(p)
                .and_then(|found| found.baseline.as_ref())
        });
        row(name(baseline.name.clone()), baseline, summaries, None);
    }
    for ((of, folder), gates) in ranked.iter().zip(view.folders).zip(view.gates) {
        let summaries = [Probability::P50, Probability::P99].map(|p| {
            of.comparison
                .total_at(p)
                .and_then(|found| found.candidate.as_ref())
        });
        row(report_of(of, folder), &of.comparison.candidate, summaries, *gates);
    }
    let mut notes = vec!["total time (95 % interval); inference is its share of total time".to_owned()];
    notes.extend(footnotes(&shown));
    let mut blocks = noted_table(page, notes);
    blocks.push(paragraph(
        "Each has a report of its own, to which its name leads; what the logs do not tell of an unverified comparison is there.",
    ));
    let warnings = warnings(ranked).into_iter().map(|(_, text)| Prose::marked(&text));
    let doubts: Vec<Prose> = confounders(ranked).chain(warnings).collect();
    if !doubts.is_empty() {
        blocks.push(Block::List(doubts));
    }
    Section::new("Each candidate", blocks)
}

/// What else than the model differs, of each confounded candidate.
fn confounders(ranked: &[Ranked]) -> impl Iterator<Item = Prose> + '_ {
    let confounded = ranked.iter().filter(|of| of.is_confounded());
    confounded.map(|of| {
        let sentence = control::sentence(&of.comparison.control, &visible);
        let name = marked_name(&of.comparison.candidate.name);
        Prose::marked(&format!("{name}: {sentence}"))
    })
}

/// Each warning once, with the candidate in front where it is not of all.
fn warnings(ranked: &[Ranked]) -> Vec<(&Warning, String)> {
    let mut shown: Vec<(&Warning, String)> = Vec::new();
    for of in ranked {
        for warning in &of.comparison.warnings {
            if shown.iter().any(|(earlier, _)| *earlier == warning) {
                continue;
            }
            let with = ranked
                .iter()
                .filter(|of| of.comparison.warnings.contains(warning));
            let text = visible(&warning.to_string());
            let is_named = text.starts_with(&visible(&of.comparison.candidate.name));
            let text = match is_named || with.count() == ranked.len() {
                true => text,
                false => format!("{}: {text}", marked_name(&of.comparison.candidate.name)),
            };
            shown.push((warning, text));
        }
    }
    shown
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
    gates: Option<&'static str>,
}

/// The ranking as JSON, pretty-printed, with a line break at its end: every number, the page that shows them, and what its
/// figures show. The reports of the candidates have everything else.
///
/// # Errors
/// If it cannot be written as JSON, which is a defect of latscope.
pub fn ranking_json(view: &RankingView<'_>, page: &Page, drawn: &Drawn) -> serde_json::Result<String> {
    let first = view.ranking.ranked.first();
    let candidates = view.ranking.ranked.iter().zip(view.folders).zip(view.gates);
    document(&RankingJson {
        schema: RANKING_SCHEMA,
        baseline: first.map_or("", |of| &of.comparison.baseline.name),
        margin: first.map_or(0.0, |of| of.comparison.margin),
        candidates: candidates
            .map(|((of, folder), gates)| ranked_json(of, folder, *gates))
            .collect(),
        page,
        drawn: to_raw_value(drawn)?,
    })
}

fn ranked_json<'a>(of: &'a Ranked, folder: &'a str, gates: Option<Decision>) -> RankedJson<'a> {
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
        control: of.comparison.control.state().as_str(),
        gates: gates.map(Decision::name),
    }
}
