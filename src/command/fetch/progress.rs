//! How far a fetch is, on the standard error: bars that are drawn again on a terminal, plain lines elsewhere.

use std::io::Write;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::options::FetchOptions;
use super::text;
use crate::command::load::note;
use crate::fetch::{GroupProgress, Job, Progress};
use crate::vocab::{counted, grouped, visible};

/// More bars than this are not looked at; then there is one for all groups.
const BARS: usize = 12;

/// How often a plain line is written while nothing else happens.
const EVERY: Duration = Duration::from_secs(5);

/// What is shown of a fetch.
pub(super) struct Shown {
    names: Vec<String>,
    is_quiet: bool,
    /// One for each group, or one for all.
    bars: Option<(MultiProgress, Vec<ProgressBar>)>,
    /// Groups whose end was told.
    told: Vec<bool>,
    last_line: Duration,
}

impl Shown {
    pub(super) fn new(job: &Job, options: &FetchOptions, is_terminal: bool) -> Self {
        let names: Vec<String> = job
            .targets
            .iter()
            .map(|target| visible(&format!("{} {}", target.group.region, target.group.name)))
            .collect();
        // Rounds of --follow are short, and details would tear the bars.
        let has_bars = is_terminal && !options.is_quiet && !options.is_following && options.verbosity < 2;
        let bars = has_bars.then(|| {
            let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
            let shown = match names.len() {
                1..=BARS => names.clone(),
                many => vec![format!("{many} log groups")],
            };
            let bars = shown.into_iter().map(|name| all.add(bar(name))).collect();
            (all, bars)
        });
        Self {
            told: vec![false; names.len()],
            names,
            is_quiet: options.is_quiet || options.is_following,
            bars,
            last_line: Duration::ZERO,
        }
    }

    pub(super) fn take(&mut self, progress: Progress<'_>, elapsed: Duration, stderr: &mut dyn Write) {
        let groups = match progress {
            Progress::Detail(line) => return note(stderr, &visible(line)),
            Progress::Now(groups) => groups,
        };
        let total = sum(groups);
        if let Some((_, bars)) = &self.bars {
            let each: Vec<&GroupProgress> = match bars.len() == groups.len() {
                true => groups.iter().collect(),
                false => vec![&total],
            };
            for (bar, group) in bars.iter().zip(each) {
                bar.set_length(u64::try_from(group.slices).unwrap_or(u64::MAX));
                bar.set_position(u64::try_from(group.done).unwrap_or(u64::MAX));
                bar.set_message(words(group, elapsed));
            }
        } else if !self.is_quiet {
            self.lines(groups, &total, elapsed, stderr);
        }
    }

    /// A line for each group that is done, and one from time to time.
    fn lines(
        &mut self,
        groups: &[GroupProgress],
        total: &GroupProgress,
        elapsed: Duration,
        stderr: &mut dyn Write,
    ) {
        for ((group, name), told) in groups.iter().zip(&self.names).zip(&mut self.told) {
            if !*told && group.done == group.slices {
                *told = true;
                note(stderr, &done(name, group));
            }
        }
        if elapsed.saturating_sub(self.last_line) >= EVERY && total.done < total.slices {
            self.last_line = elapsed;
            let line = format!(
                "{} of {} slices, {}",
                total.done,
                total.slices,
                words(total, elapsed)
            );
            note(stderr, &line);
        }
    }

    /// Puts lines in the place of bars.
    pub(super) fn finish(&self, groups: &[GroupProgress], stderr: &mut dyn Write) {
        let Some((_, bars)) = &self.bars else { return };
        bars.iter().for_each(ProgressBar::finish_and_clear);
        for (group, name) in groups.iter().zip(&self.names).take(BARS) {
            note(stderr, &done(name, group));
        }
    }
}

/// What was done for a group.
fn done(name: &str, group: &GroupProgress) -> String {
    match group.slices {
        0 => format!("{name}: nothing is missing"),
        slices => format!(
            "{name}: {}, {}",
            counted(slices as u64, "slice"),
            counted(group.events, "event")
        ),
    }
}

fn bar(name: String) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:16} {pos}/{len} slices, {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style).with_prefix(name)
}

fn sum(groups: &[GroupProgress]) -> GroupProgress {
    groups
        .iter()
        .fold(GroupProgress::default(), |all, group| GroupProgress {
            done: all.done + group.done,
            slices: all.slices + group.slices,
            events: all.events + group.events,
            done_ms: all.done_ms + group.done_ms,
            missing_ms: all.missing_ms + group.missing_ms,
        })
}

/// Events, rate and time left.
fn words(group: &GroupProgress, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    let mut text = counted(group.events, "event");
    if seconds >= 1.0 {
        let rate = group.events as f64 / seconds;
        text.push_str(&format!(", {} a second", grouped(rate as u64)));
        // The first slice tells little.
        if group.done > 1 && group.done_ms > 0 && group.done_ms < group.missing_ms {
            let left = seconds * (group.missing_ms - group.done_ms) as f64 / group.done_ms as f64;
            if left >= 1.0 {
                text.push_str(&format!(", about {} left", text::duration(left)));
            }
        }
    }
    text
}
