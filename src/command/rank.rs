//! Several candidates: a ranking of all, and a report of each.

use std::path::Path;

use super::error::Error;
use super::exit::ExitStatus;
use super::report::{LONGEST_NAME, ReportOptions, plain, write_forms, write_pair};
use super::sides::ComparedAll;
use crate::comparison::{CostComparison, Drawn, PriceList, Ranking};
use crate::render::{Figures, RankingView, StoredReport, ranking_brief, ranking_json, ranking_page};
use crate::stats::Decision;
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
    let (mut gates, mut decided) = (String::new(), Vec::new());
    for (of, folder) in ranking.ranked.iter().zip(&folders) {
        let written = write_pair(options, &compared, &of.comparison, prices, &out.join(folder))?;
        costs.push(written.cost);
        if let Some((verdict, lines)) = &written.gates
            && *verdict != Decision::Pass
        {
            let name = visible(&of.comparison.candidate.name);
            gates.push_str(&format!("\nGates of {name}:\n{lines}"));
        }
        decided.push(written.gates.map(|(verdict, _)| verdict));
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
        gates: &decided,
        figures: &figures,
    };
    let page = ranking_page(&view).ok_or_else(|| internal("a ranking of nothing".to_owned()))?;
    let json = ranking_json(&view, &page, &drawn).map_err(|error| internal(error.to_string()))?;
    write_forms(out, &StoredReport { page, drawn }, &figures, json)?;
    let mut text = ranking_brief(&view, options.common.style);
    text.push_str(&gates);
    text.push_str(&format!(
        "\nWrote {} and a report of each candidate beside it\n",
        visible(&out.join("report.md").to_string_lossy())
    ));
    Ok((text, status))
}

/// What a file system takes for a device, with any ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A folder of its own for each candidate, named for it.
fn folders(ranking: &Ranking) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    for of in &ranking.ranked {
        let name: String = plain(&of.comparison.candidate.name)
            .chars()
            .take(LONGEST_NAME)
            .collect();
        // Neither a hidden folder nor the one above, nor one that some file systems call otherwise.
        let name = match name.trim_matches('.') {
            "" => "candidate",
            name => name,
        };
        let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let is_port = |device| {
            stem.strip_prefix(device)
                .is_some_and(|number: &str| number.len() == 1 && number.chars().all(|c| c.is_ascii_digit()))
        };
        let is_device = DEVICES.contains(&stem.as_str()) || is_port("com") || is_port("lpt");
        // The files of the ranking stand beside them.
        let is_file = ["md", "html", "json", "svg", "csv", "parquet"]
            .iter()
            .any(|ending| name.to_ascii_lowercase().ends_with(&format!(".{ending}")));
        let name = match is_device || is_file {
            true => format!("model-{name}-"),
            false => name.to_owned(),
        };
        let mut folder = name.clone();
        let mut number = 2;
        // Some file systems do not tell large letters from small ones.
        while folders.iter().any(|other| other.eq_ignore_ascii_case(&folder)) {
            folder = format!("{name}-{number}");
            number += 1;
        }
        folders.push(folder);
    }
    folders
}
