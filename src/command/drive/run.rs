//! Makes a plan, says it, carries it out, and shows what came of it.

use std::io::Write;
use std::path::Path;

use super::file::RunFile;
use super::live::Live;
use super::options::DriveOptions;
use super::prepare::{Prepared, prepare};
use super::text;
use crate::command::error::Error;
use crate::command::exit::ExitStatus;
use crate::command::fetch::{duration, online};
use crate::command::load::note;
use crate::command::surroundings::Surroundings;
use crate::drive::{self, Outcome};
use crate::render::{DriveView, drive_text};
use crate::vocab::{Timestamp, grouped, visible};

/// Drives.
///
/// # Errors
/// If the run cannot begin, or its file not be written.
pub fn drive(
    options: &DriveOptions,
    surroundings: &Surroundings,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<ExitStatus, Error> {
    online(async |interruption| {
        let Prepared { job, out, .. } = {
            let prepared = interruption.or(prepare(options, surroundings)).await;
            let prepared = prepared.map_err(|_| Error::Drive(drive::Fault::Interrupted))??;
            let plan = text::plan(&prepared, options);
            if options.is_dry_run {
                stdout.write_all(plan.as_bytes()).map_err(Error::Output)?;
                return Ok(ExitStatus::Success);
            }
            match options.is_quiet {
                false => note(stderr, plan.trim_end()),
                true => {
                    for warning in text::warnings(&prepared, options) {
                        note(stderr, &warning);
                    }
                }
            }
            prepared
        };
        let models = options
            .models
            .iter()
            .map(|(name, id)| (name.as_str(), id.as_str()))
            .collect();
        let region = job.target.parts().map(|(region, _)| region.to_owned());
        let begun = (surroundings.now)();
        let file = RunFile::create(&out)?;
        let mut live = Live::new(file, &job, surroundings.is_stderr_terminal && !options.is_quiet);
        let ended = drive::run(job, interruption.signal(), &mut live).await;
        let file = live.finish();
        let outcome = match ended {
            Ok(outcome) => outcome,
            Err(fault @ (drive::Fault::Write(_) | drive::Fault::Internal(_))) => {
                return Err(Error::Drive(fault));
            }
            Err(fault) => {
                // Nothing was sent, and nothing is in it.
                drop(file);
                let _ = std::fs::remove_file(&out);
                return Err(Error::Drive(fault));
            }
        };
        file.finish()?;
        if !options.is_quiet {
            note(stderr, &last_line(&outcome, &out, begun, (surroundings.now)()));
        }
        let took_ms = (surroundings.now)().as_epoch_millis() - begun.as_epoch_millis();
        let minutes = u64::try_from(took_ms).unwrap_or_default().div_ceil(60_000);
        let view = DriveView {
            models,
            outcome: &outcome,
            region: region.as_deref(),
            since: format!("{}m", minutes + 5),
            out: out.to_string_lossy().into_owned(),
        };
        let text = drive_text(&view, surroundings.style());
        stdout.write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(match outcome.is_valid() {
            true => ExitStatus::Success,
            false => ExitStatus::InvalidRun,
        })
    })
}

/// How it went, in a line.
fn last_line(outcome: &Outcome, out: &Path, begun: Timestamp, ended: Timestamp) -> String {
    let counts = outcome.tally.counts();
    let seconds = (ended.as_epoch_millis() - begun.as_epoch_millis()) as f64 / 1000.0;
    visible(&format!(
        "{} of {} requests sent in {}: {} ok, {} failed, {} cancelled; records are in {}",
        grouped(counts.sent()),
        grouped(outcome.planned as u64),
        duration(seconds.max(0.0)),
        grouped(counts.ok),
        grouped(counts.failed()),
        grouped(counts.cancelled),
        out.display()
    ))
}
