//! Several candidates: a ranking of all, and a report of each.

use std::path::Path;

use super::error::Error;
use super::exit::ExitStatus;
use super::report::{ReportOptions, plain, write_forms, write_pair};
use super::sides::ComparedAll;
use crate::comparison::{CostComparison, Drawn, PriceList, Ranking};
use crate::render::{Figures, RankingView, StoredReport, ranking_brief, ranking_json, ranking_page};
use crate::vocab::visible;

/// Ranks the candidates, writes the ranking and, in a folder for each, their reports. What is said of it, and the
/// gravest of the exit codes of all gates.
pub(super) fn rank(
    options: &ReportOptions,
    mut compared: ComparedAll,
    prices: &PriceList,
    out: &Path,
) -> Result<(String, ExitStatus), Error> {
    let ranking = Ranking::of(std::mem::take(&mut compared.comparisons));
    let folders = folders(&ranking);
    let mut costs: Vec<CostComparison> = Vec::new();
    let mut status = ExitStatus::Success;
    let mut gates = Vec::new();
    for (of, folder) in ranking.ranked.iter().zip(&folders) {
        let written = write_pair(options, &compared, &of.comparison, prices, &out.join(folder))?;
        costs.push(written.cost);
        if written.status != ExitStatus::Success {
            gates.push(format!(
                "gates: {} exits {}",
                of.comparison.candidate.name,
                written.status.code()
            ));
        }
        // A gate that failed is worse than one that was not decided.
        if status == ExitStatus::Success || written.status == ExitStatus::GateFailed {
            status = written.status;
        }
    }
    let internal = |what: String| Error::Internal(what);
    let drawn =
        Drawn::of_ranking(&ranking, &costs).ok_or_else(|| internal("a ranking of nothing".to_owned()))?;
    let figures = Figures::of(&drawn).map_err(|error| Error::Figure(error.to_string()))?;
    let view = RankingView {
        ranking: &ranking,
        costs: &costs,
        folders: &folders,
        ledger: &compared.loaded.ledger,
        window: compared.selection.window,
        span: compared.loaded.span,
        is_local: options.common.is_local,
        conditions: &compared.selection.conditions,
        figures: &figures,
    };
    let page = ranking_page(&view).ok_or_else(|| internal("a ranking of nothing".to_owned()))?;
    let json = ranking_json(&view, &page, &drawn).map_err(|error| internal(error.to_string()))?;
    write_forms(out, &StoredReport { page, drawn }, &figures, json)?;
    let mut text = ranking_brief(&view, options.common.style);
    for line in gates {
        text.push_str(&format!("{}\n", visible(&line)));
    }
    text.push_str(&format!(
        "\nWrote {} and a report of each candidate beside it\n",
        visible(&out.join("report.md").to_string_lossy())
    ));
    Ok((text, status))
}

/// A folder of its own for each candidate, named for it.
fn folders(ranking: &Ranking) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    for of in &ranking.ranked {
        let name = plain(&of.comparison.candidate.name);
        // Neither a hidden folder nor the one above.
        let name = name.trim_start_matches('.').to_owned();
        let name = if name.is_empty() {
            "candidate".to_owned()
        } else {
            name
        };
        let mut folder = name.clone();
        let mut number = 2;
        while folders.contains(&folder) {
            folder = format!("{name}-{number}");
            number += 1;
        }
        folders.push(folder);
    }
    folders
}
