//! How far a run is, on the standard error: lines that are drawn again on a terminal, one at the end elsewhere.

use std::io;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::file::RunFile;
use crate::command::fetch::duration;
use crate::drive::{Group, Job, Listener, Phase, Progress, Tally};
use crate::stats::Probability;
use crate::vocab::{grouped, visible};

/// Writes lines to the file, and shows how far the run is.
pub(super) struct Live {
    file: RunFile,
    planned: usize,
    names: Vec<String>,
    lines: Option<Vec<ProgressBar>>,
    /// Kept, for it draws.
    _all: Option<MultiProgress>,
}

impl Live {
    /// Of a run; lines are drawn if they are wanted.
    pub(super) fn new(file: RunFile, job: &Job, is_drawn: bool) -> Self {
        let names: Vec<String> = job.models.iter().map(|model| visible(&model.name)).collect();
        let all = is_drawn.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        let lines = all.as_ref().map(|all| {
            let style = || {
                ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar())
            };
            let line = |_| all.add(ProgressBar::new(1).with_style(style()));
            (0..=names.len()).map(line).collect()
        });
        Self {
            file,
            planned: job.slots.len(),
            names,
            lines,
            _all: all,
        }
    }

    /// Takes the lines away, and gives the file back.
    pub(super) fn finish(self) -> RunFile {
        for line in self.lines.iter().flatten() {
            line.finish_and_clear();
        }
        self.file
    }
}

impl Listener for Live {
    fn line(&mut self, line: &str) -> io::Result<()> {
        self.file.line(line)
    }

    fn progress(&mut self, progress: &Progress<'_>) -> io::Result<()> {
        if let Some(lines) = &self.lines {
            let texts = std::iter::once(whole(progress, self.planned));
            let texts = texts.chain(models(progress.tally, &self.names));
            for (line, text) in lines.iter().zip(texts) {
                line.set_message(text);
            }
        }
        self.file.flush()
    }
}

/// Sent, done, in flight, waiting, errors.
fn whole(progress: &Progress<'_>, planned: usize) -> String {
    let counts = progress.tally.counts();
    let number = |count: usize| grouped(count as u64);
    let waiting = match progress.waiting {
        0 => String::new(),
        count => format!("{} waiting, ", number(count)),
    };
    format!(
        "{} of {} sent, {} done, {} in flight, {waiting}{} failed · {}",
        number(progress.sent),
        number(planned),
        number(progress.done),
        number(progress.sent.saturating_sub(progress.done)),
        grouped(counts.failed()),
        duration(progress.elapsed.as_secs_f64())
    )
}

/// A line for each model: steady requests, or those of all phases while there are none.
fn models(tally: &Tally, names: &[String]) -> Vec<String> {
    let line = |(name, group): (&String, &Group)| {
        let at = |p: Probability| match group.running(p) {
            Some(micros) => format!("{:.0} ms", micros / 1000.0),
            None => "–".to_owned(),
        };
        format!(
            "{name}: {} ok, {} failed, p50 {}, p95 {} so far",
            grouped(group.counts.ok),
            grouped(group.counts.failed()),
            at(Probability::P50),
            at(Probability::P95)
        )
    };
    names.iter().zip(tally.of(Phase::Steady)).map(line).collect()
}
