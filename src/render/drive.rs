//! What came of a run of `latscope drive`.

use super::aligned;
use super::table::{Cell, Noted, Table, name, text};
use super::terminal::Style;
use crate::drive::{Group, Outcome, Phase, Tally};
use crate::stats::{Confidence, Grade, Probability, min_n_two_sided};
use crate::summary::QuantileSummary;
use crate::vocab::{ModelId, counted, grouped, visible};

/// The quantiles of the table.
const QUANTILES: [Probability; 3] = [Probability::P50, Probability::P95, Probability::P99];

/// Everything that the end of a run shows.
#[derive(Debug)]
pub struct DriveView<'a> {
    /// Names and ids of the models.
    pub models: Vec<(&'a str, &'a str)>,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// The region, where the address tells it.
    pub region: Option<&'a str>,
    /// How long ago the run began, as `--since` takes it.
    pub since: String,
    /// The file of the records.
    pub out: String,
}

/// The end of a run as text: a table, whether it is valid, and what to do next.
pub fn drive_text(view: &DriveView<'_>, style: Style) -> String {
    let tally = &view.outcome.tally;
    let counts = |phase: Phase| tally.of(phase).map(|group| group.counts.all()).sum::<u64>();
    let phases: Vec<(Phase, &str)> = [(Phase::Steady, "steady"), (Phase::Burst, "burst")]
        .into_iter()
        .filter(|(phase, _)| counts(*phase) > 0 || *phase == Phase::Steady && counts(Phase::Burst) == 0)
        .collect();
    let mut titles = vec!["model", "sent", "ok", "failed", "p50", "p95", "p99"];
    if phases.len() > 1 {
        titles.insert(0, "phase");
    }
    let mut table = Table::new(titles.len() - 6, &titles);
    let mut noted = Noted::default();
    for (phase, word) in &phases {
        for (group, (model, _)) in tally.of(*phase).zip(&view.models) {
            let mut cells = row(group, model, &mut noted);
            if phases.len() > 1 {
                cells.insert(0, text(*word));
            }
            table.row(cells);
        }
    }
    let mut shown = aligned::table(&table, style);
    for note in notes(tally, &table, &noted) {
        shown.push_str(&format!("{}\n", style.faint(&note)));
    }
    let errors = tally.errors();
    if !errors.is_empty() {
        let errors: Vec<String> = errors
            .into_iter()
            .map(|(word, count)| format!("{} × {word}", grouped(count)))
            .collect();
        shown.push_str(&format!("failures: {}\n", visible(&errors.join(", "))));
    }
    shown.push('\n');
    shown.push_str(&validity(view.outcome, style));
    shown.push_str(&next(view));
    style.wrapped(&shown)
}

/// What is said below the table.
fn notes(tally: &Tally, table: &Table, noted: &Noted) -> Vec<String> {
    let mut notes = vec![
        "ms from the intended time of sending to the end of the response (95 % interval); failures are counted apart"
            .to_owned(),
    ];
    notes.extend(noted.footnotes());
    if table.rows.iter().flatten().any(|cell| *cell == Cell::Empty) {
        let needed =
            QUANTILES.map(|p| format!("{} {}", p.label(), grouped(min_n_two_sided(p, Confidence::C95))));
        notes.push(format!(
            "– too few requests; needed of a model: {}",
            needed.join(", ")
        ));
    }
    let groups = || tally.of(Phase::Steady).chain(tally.of(Phase::Burst));
    let connections: u64 = groups().map(|group| group.new_connections).sum();
    if connections > 0 {
        notes.push(format!(
            "{} waited for a new connection, whose time is part of the latency",
            counted(connections, "request")
        ));
    }
    if tally.unanswered_ahead > 0 && tally.counts().ok > 0 {
        notes.push(format!(
            "{} timed out on connections that were opened ahead and never answered: where a server serves one connection at a \
             time, --spare-connections 0",
            counted(tally.unanswered_ahead, "request")
        ));
    }
    let cancelled = tally.counts().cancelled;
    if cancelled > 0 {
        notes.push(format!(
            "{} cancelled at the end of the run",
            counted(cancelled, "request")
        ));
    }
    let warm_up: u64 = tally.of(Phase::WarmUp).map(|group| group.counts.all()).sum();
    if warm_up > 0 {
        notes.push(format!("not counted: {} to warm up", counted(warm_up, "request")));
    }
    notes
}

fn row(group: &Group, model: &str, noted: &mut Noted) -> Vec<Cell> {
    let sample = group.sample();
    let cell = |p: Probability| {
        let summary = sample.as_ref().map(|sample| QuantileSummary::of(sample, p));
        noted.quantile(summary.filter(|summary| summary.grade >= Grade::Wide).as_ref())
    };
    let counts = [group.counts.sent(), group.counts.ok, group.counts.failed()];
    let counts = counts.map(|count| text(grouped(count)));
    std::iter::once(name(model))
        .chain(counts)
        .chain(QUANTILES.map(cell))
        .collect()
}

/// Whether the run can be used.
fn validity(outcome: &Outcome, style: Style) -> String {
    let (pace, bursts) = (&outcome.tally.pace, &outcome.tally.bursts);
    let mut lines = String::new();
    for reason in outcome.reasons() {
        lines.push_str(&format!("{} {reason}\n", style.strong("invalid:")));
    }
    if lines.is_empty() {
        let achieved = pace.achieved();
        let achieved = achieved.map_or_else(String::new, |share| {
            format!(", {:.1} % of the rate", 100.0 * share)
        });
        let late = pace.late() + bursts.late();
        lines = format!("valid: {} late{achieved}\n", counted(late, "request"));
    } else if pace.is_saturated() {
        lines.push_str(match pace.has_reached_cap() {
            true => "requests waited for others to end: a lower --rate, or a higher --max-in-flight\n",
            false => {
                "this machine is too slow or too busy for the rate: a lower --rate, or another machine\n"
            }
        });
    } else if bursts.is_late() {
        lines.push_str(match bursts.has_reached_cap() {
            true => "requests waited for others to end: a smaller --burst, or a higher --max-in-flight\n",
            false => {
                "this machine is too slow or too busy for the burst: a smaller --burst, or another machine\n"
            }
        });
    }
    lines
}

/// The file in a command, if a shell takes its name as it is.
fn file(path: &str) -> &str {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    if path.chars().all(is_plain) { path } else { "FILE" }
}

/// The commands that come next.
fn next(view: &DriveView<'_>) -> String {
    if view.outcome.tally.measured().ok == 0 {
        return String::new();
    }
    let region = view
        .region
        .map_or_else(String::new, |region| format!(" --region {}", visible(region)));
    let short = |id: &str| ModelId::parse(id).map(|id| visible(&id.short_name()));
    let ids: Vec<String> = view.models.iter().filter_map(|(_, id)| short(id)).collect();
    let compare = match ids.as_slice() {
        [baseline, candidates @ ..] if !candidates.is_empty() => {
            let candidates: Vec<String> = candidates.iter().map(|id| format!(" --candidate {id}")).collect();
            format!("report --baseline {baseline}{}", candidates.concat())
        }
        _ => "summary".to_owned(),
    };
    format!(
        "Next, when the last lines of the log have arrived:\n  latscope fetch --function NAME{region} --since {since}\n  latscope \
         {compare} --since {since} --input .latscope --input {}\n",
        file(&view.out),
        since = view.since
    )
}
