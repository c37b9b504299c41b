//! How far reading is, and what is done after it, in one line on the standard error that is gone in the end.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::fetch::{bytes, duration};
use super::load::Common;
use crate::source::Located;

/// What is read in less time is not worth a line.
const QUIET_FOR: Duration = Duration::from_millis(500);

/// So many invocations take a while to be compared.
const MANY: usize = 200_000;

/// How often a line moves that tells no number.
const TICK: Duration = Duration::from_millis(100);

/// Whether the standard error is a terminal on which nothing else is written meanwhile.
const fn has_line(common: &Common) -> bool {
    common.is_stderr_terminal && !common.is_quiet && !common.is_verbose && !common.explains_rejected
}

/// A line without numbers.
fn moves(bar: &ProgressBar, words: &'static str) {
    let style = ProgressStyle::with_template("{spinner} {msg} …");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_message(words);
    bar.enable_steady_tick(TICK);
}

/// The line about what takes a while and does not tell how far it is. It is gone when this is dropped.
pub(super) struct Working(Option<ProgressBar>);

impl Working {
    /// On so many invocations, if they are many.
    pub(super) fn on(invocations: usize, words: &'static str, common: &Common) -> Self {
        Self((invocations >= MANY && has_line(common)).then(|| {
            let bar = ProgressBar::new_spinner();
            moves(&bar, words);
            bar
        }))
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// The line about reading. It is gone when this is dropped.
pub(super) struct Reading(Option<ProgressBar>);

impl Reading {
    /// Of these files.
    pub(super) fn of(files: &[Located], common: &Common) -> Self {
        if !has_line(common) {
            return Self(None);
        }
        // Of a pipe nobody knows how much is still to come.
        let size = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            metadata.is_file().then_some(metadata.len())
        };
        let total: Option<u64> = files.iter().map(|file| size(&file.path)).sum();
        let style = ProgressStyle::with_template("{words}").unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("words", |state: &ProgressState, text: &mut dyn Write| {
            // What cannot be written to a text is not missed on a line that changes all the time.
            let _ = text.write_str(&words(state.pos(), state.len(), state.elapsed()));
        });
        let hidden = ProgressDrawTarget::hidden();
        Self(Some(
            ProgressBar::with_draw_target(total, hidden).with_style(style),
        ))
    }

    /// So many bytes more were read.
    pub(super) fn add(&self, bytes: u64) {
        let Some(bar) = &self.0 else { return };
        bar.inc(bytes);
        if bar.is_hidden() && bar.elapsed() >= QUIET_FOR {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// All was read, and records become invocations.
    pub(super) fn joins(&self) {
        if let Some(bar) = self.0.as_ref().filter(|bar| !bar.is_hidden()) {
            moves(bar, "joining records");
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Share, bytes, rate and time left; without what is not known.
fn words(done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    let rate = if seconds > 0.0 { done as f64 / seconds } else { 0.0 };
    let speed = format!("{}/s", bytes(rate as u64));
    match total {
        // What lies in a zip archive twice is read twice.
        Some(total) if total > 0 && done <= total => {
            let share = 100.0 * done as f64 / total as f64;
            let left = (total - done) as f64 / rate;
            let left = match left.is_finite() {
                true => format!(" · {} left", duration(left)),
                false => String::new(),
            };
            format!(
                "reading … {share:.0} % · {} of {} · {speed}{left}",
                bytes(done),
                bytes(total)
            )
        }
        _ => format!("reading … {} · {speed}", bytes(done)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_bytes_rate_and_time_left_are_told_as_far_as_they_are_known() {
        let millis = Duration::from_millis;
        for (done, total, elapsed, text) in [
            (
                1_170_000_000,
                Some(2_600_000_000),
                millis(1_400),
                "reading … 45 % · 1.2 GB of 2.6 GB · 835.7 MB/s · 1.7 s left",
            ),
            (
                40_000_000,
                Some(40_000_000_000),
                millis(1_000),
                "reading … 0 % · 40.0 MB of 40.0 GB · 40.0 MB/s · 16 min 39 s left",
            ),
            (0, Some(10), millis(600), "reading … 0 % · 0 B of 10 B · 0 B/s"),
            (4_000, None, millis(2_000), "reading … 4.0 kB · 2.0 kB/s"),
            (20, Some(10), millis(1_000), "reading … 20 B · 20 B/s"),
            (5, Some(0), Duration::ZERO, "reading … 5 B · 0 B/s"),
        ] {
            assert_eq!(words(done, total, elapsed), text);
        }
    }
}
