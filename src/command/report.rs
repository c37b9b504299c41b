//! `latscope report`: would the candidate help?

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::exit::ExitStatus;
use super::invocations::{ExportFormat, write_sides};
use super::load::{Common, note};
use super::prices::prices;
use super::rank::rank;
use super::selector::Selector;
use super::sides::{Candidates, ComparedAll, Comparing, compare_all};
use crate::comparison::{
    Architecture, Comparison, CostComparison, Drawn, GateOptions, PriceList, WhatIf, WhatIfOutcome, judge,
};
use crate::parse::TimingKeys;
use crate::render::{
    Figures, ReportView, StoredReport, WhatIfView, brief, gate_lines, report_json, report_page,
};
use crate::stats::Decision;
use crate::vocab::{counted, visible};

/// What `latscope report` was asked for.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// Options that commands share.
    pub common: Common,
    /// What there is today.
    pub baseline: Selector,
    /// What might replace it.
    pub candidates: Candidates,
    /// What the exit code depends on beside the report.
    pub gates: GateOptions,
    /// The folder of saved baselines.
    pub baselines: PathBuf,
    /// The margin of verdicts, as a share: a change below it counts as none.
    pub margin: f64,
    /// Where the report is written; by default `reports/<baseline>-vs-<candidate>`.
    pub out: Option<PathBuf>,
    /// Whether the page is opened.
    pub opens: bool,
    /// A file whose prices replace those that come with latscope.
    pub prices: Option<PathBuf>,
    /// The architecture of the functions, which logs do not tell.
    pub architecture: Option<Architecture>,
    /// Changes whose effect on total time is shown, each by itself.
    pub what_if: Vec<WhatIf>,
    /// The form in which the invocations of both sides are written too; the common options must keep them.
    pub invocations: Option<ExportFormat>,
}

/// Compares selections and writes the report, of several candidates a ranking and the report of each; then decides the gates.
///
/// # Errors
/// If nothing can be read, a selector selects nothing, or the report cannot be written.
pub fn report(
    options: &ReportOptions,
    keys: TimingKeys,
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
) -> Result<ExitStatus, Error> {
    let common = &options.common;
    if options.invocations.is_some() {
        no_saved_side(options)?;
    }
    let prices = prices(options.prices.as_deref()).map_err(Error::Config)?;
    let comparing = Comparing {
        common,
        margin: options.margin,
        baselines: &options.baselines,
        keeps_invocations: options.invocations.is_some(),
    };
    let compared = compare_all(&comparing, &options.baseline, &options.candidates, keys, stderr)?;
    let out = options.out.clone().unwrap_or_else(|| default_out(options));
    let (text, status) = match (&options.candidates, compared.comparisons.as_slice()) {
        (Candidates::Selected(_), [comparison]) => {
            let written = write_pair(options, &compared, comparison, &prices, &out)?;
            (written.text, written.status)
        }
        _ => rank(options, compared, &prices, &out)?,
    };
    if options.opens {
        let page = out.join("report.html");
        // Whoever has no browser has the page all the same.
        if let Err(error) = open::that_detached(&page) {
            let page = visible(&page.to_string_lossy());
            note(stderr, &format!("warning: cannot open {page}: {error}"));
        }
    }
    if !common.is_quiet {
        let text = common.style.wrapped(&text);
        stdout.write_all(text.as_bytes()).map_err(Error::Output)?;
    }
    Ok(status)
}

/// The invocations of a saved side cannot be written.
fn no_saved_side(options: &ReportOptions) -> Result<(), Error> {
    let candidates: &[Selector] = match &options.candidates {
        Candidates::Selected(candidates) => candidates,
        Candidates::AllModels => &[],
    };
    let mut sides = [&options.baseline].into_iter().chain(candidates);
    match sides.find(|side| side.saved().is_some()) {
        Some(side) => Err(Error::Usage(format!(
            "--invocations: {} has no request ids and log streams, so its invocations cannot be written; leave \
             --invocations out, or select this side from its logs",
            side.text()
        ))),
        None => Ok(()),
    }
}

/// What came of one comparison.
pub(super) struct Written {
    /// What a thousand requests cost.
    pub(super) cost: CostComparison,
    /// What is said of it on the terminal.
    pub(super) text: String,
    /// What its gates come to, where there are any, and how that is said.
    pub(super) gates: Option<(Decision, String)>,
    /// What the exit code is for its gates.
    pub(super) status: ExitStatus,
}

/// Writes the report of one comparison into a folder.
pub(super) fn write_pair(
    options: &ReportOptions,
    compared: &ComparedAll,
    comparison: &Comparison,
    prices: &PriceList,
    out: &Path,
) -> Result<Written, Error> {
    let common = &options.common;
    let judged = (!options.gates.gates.is_empty()).then(|| {
        let (baseline, candidate) = (&comparison.baseline, &comparison.candidate);
        let control = Some(&comparison.control);
        judge(
            &options.gates,
            Some(baseline),
            candidate,
            control,
            common.failures,
        )
    });
    let sides = [&comparison.baseline, &comparison.candidate];
    let cost = CostComparison::of(
        sides.map(|side| &side.rows),
        compared.selected.names(),
        prices,
        options.architecture,
    );
    let drawn = Drawn::of(comparison, &cost);
    let figures = Figures::of(&drawn).map_err(|error| Error::Figure(error.to_string()))?;
    let what_if: Vec<WhatIfView<'_>> = options
        .what_if
        .iter()
        .map(|what_if| WhatIfView {
            what_if,
            outcomes: sides
                .iter()
                .map(|side| WhatIfOutcome::of(what_if, &side.rows, common.failures))
                .collect(),
        })
        .collect();
    let view = ReportView {
        comparison,
        dataset: &compared.selected,
        cost: &cost,
        what_if: &what_if,
        ledger: &compared.loaded.ledger,
        window: compared.selection.window,
        span: compared.loaded.span,
        is_local: common.is_local,
        conditions: &compared.selection.conditions,
        gates: judged.as_ref(),
        figures: &figures,
    };
    let page = report_page(&view);
    let json = report_json(&view, &page, &drawn).map_err(|error| Error::Internal(error.to_string()))?;
    write_forms(out, &StoredReport { page, drawn }, &figures, json)?;
    let invocations = match options.invocations {
        Some(format) => {
            let (path, rows) = write_sides(comparison, &compared.loaded, format, out)?;
            let path = visible(&path.to_string_lossy());
            format!("Wrote {path} with {}\n", counted(rows as u64, "invocation"))
        }
        None => String::new(),
    };
    let style = common.style;
    let drawn = figures.all().count();
    let gates = judged.as_ref().map(|judged| {
        let lines = gate_lines(judged, Some(&comparison.control), style);
        (judged.verdict(), lines)
    });
    let shown_gates = gates
        .as_ref()
        .map_or_else(String::new, |(_, lines)| format!("\n{lines}"));
    let text = format!(
        "{}{shown_gates}\nWrote {} and {drawn} figure{}\n{invocations}",
        brief(&view, style),
        visible(&out.join("report.md").to_string_lossy()),
        if drawn == 1 { "" } else { "s" }
    );
    Ok(Written {
        text,
        gates,
        status: judged.as_ref().map_or(ExitStatus::Success, ExitStatus::of_gates),
        cost,
    })
}

/// Writes a report in all its forms.
pub(super) fn write_forms(
    out: &Path,
    report: &StoredReport,
    figures: &Figures,
    json: String,
) -> Result<(), Error> {
    let texts = [
        ("report.md", report.markdown(false)),
        ("report.html", report.html(figures)),
        ("report.json", json),
    ];
    let figures = figures.all().map(|figure| (figure.file, figure.svg.as_str()));
    write_files(
        out,
        figures.chain(texts.iter().map(|(name, text)| (*name, text.as_str()))),
    )
}

/// `reports/<baseline>-vs-<candidate>`, with nothing in it that a file name should not hold.
fn default_out(options: &ReportOptions) -> PathBuf {
    let baseline = plain(options.baseline.text());
    let candidates = match &options.candidates {
        Candidates::Selected(candidates) => {
            let texts: Vec<String> = candidates
                .iter()
                .map(|candidate| plain(candidate.text()))
                .collect();
            match texts.join("-and-") {
                joined if joined.len() <= LONGEST_NAME => joined,
                _ => format!("{}-candidates", texts.len()),
            }
        }
        Candidates::AllModels => "all-models".to_owned(),
    };
    // A name of the file system holds 255 bytes; one that is cut keeps its beginning.
    let cut = |text: String| text.chars().take(LONGEST_NAME).collect::<String>();
    Path::new("reports").join(format!("{}-vs-{}", cut(baseline), cut(candidates)))
}

/// The longest part of the name of a folder that is made of a name.
pub(super) const LONGEST_NAME: usize = 100;

/// A text as part of a file name.
pub(super) fn plain(text: &str) -> String {
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '-'
        }
    };
    text.chars().map(allowed).collect()
}

/// Writes files into a folder, which is made where there is none.
pub(super) fn write_files<'t>(
    out: &Path,
    files: impl Iterator<Item = (&'t str, &'t str)>,
) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| Error::Write { path, source }
    };
    fs::create_dir_all(out).map_err(failed(out))?;
    for (name, text) in files {
        let path = out.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
    }
    Ok(())
}
