//! `latscope store`: what is in the store, whether it is sound, and what it holds for others.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::fetch::bytes;
use super::invocations::{ExportFormat, write_rows, write_rows_to};
use super::load::{Common, Kept, collect};
use super::surroundings::Surroundings;
use crate::dataset::{Export, TimeBound};
use crate::parse::TimingKeys;
use crate::render::shown_time;
use crate::source::store::{LogGroup, Segment, Store};
use crate::vocab::{Timestamp, counted, visible};

/// What `latscope store` was asked for.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The store.
    pub store: Option<PathBuf>,
    /// What is done with it.
    pub action: StoreAction,
}

/// What is done with a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAction {
    /// Say what is in it.
    Status {
        /// Whether times are shown in this machine's zone.
        is_local: bool,
    },
    /// Look for damage.
    Verify,
    /// Remove what is older.
    Prune {
        /// Than this.
        before: TimeBound,
    },
    /// Write its invocations.
    Export {
        /// The form.
        format: ExportFormat,
        /// The file; standard output if there is none.
        out: Option<PathBuf>,
    },
}

/// Does it.
///
/// # Errors
/// If there is no store, it is damaged, or it cannot be read or written.
pub fn store(
    options: &StoreOptions,
    keys: TimingKeys,
    surroundings: &Surroundings,
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
) -> Result<(), Error> {
    let dir = options.store.clone().unwrap_or_default();
    let Some(opened) = Store::open(&dir)? else {
        return Err(Error::NoStore(dir));
    };
    let text = match &options.action {
        StoreAction::Status { is_local } => status(&opened, *is_local),
        StoreAction::Verify => return verify(&opened, stdout),
        StoreAction::Prune { before } => {
            let now = (surroundings.now)();
            prune(&dir, before.resolve(Some(now)).unwrap_or(now), stderr)?
        }
        StoreAction::Export { format, out } => {
            let common = Common {
                store: Some(opened.dir().to_owned()),
                is_stderr_terminal: surroundings.is_stderr_terminal,
                ..Common::default()
            };
            return export(&common, *format, out.as_deref(), keys, stdout, stderr);
        }
    };
    stdout.write_all(text.as_bytes()).map_err(Error::Output)
}

/// What is known of one group.
#[derive(Default)]
struct Held {
    segments: usize,
    unsettled: usize,
    events: u64,
    bytes: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Held {
    fn add(&mut self, segment: &Segment) {
        self.segments += 1;
        self.unsettled += usize::from(!segment.settled);
        self.events += segment.events;
        self.bytes += segment.bytes;
        let range = segment.range;
        self.from = Some(self.from.map_or(range.from, |from| from.min(range.from)));
        self.to = self.to.max(Some(range.to));
    }
}

fn status(store: &Store, is_local: bool) -> String {
    let mut groups: BTreeMap<&LogGroup, Held> = BTreeMap::new();
    let mut all = Held::default();
    for segment in store.segments() {
        groups.entry(&segment.group).or_default().add(segment);
        all.add(segment);
    }
    let show = |at: Option<Timestamp>| at.map_or_else(|| "—".to_owned(), |at| shown_time(at, is_local));
    let mut text = format!(
        "Store {}: {}, {}, {}, {}\n",
        visible(&store.dir().to_string_lossy()),
        counted(groups.len() as u64, "log group"),
        counted(all.segments as u64, "segment"),
        counted(all.events, "event"),
        bytes(all.bytes)
    );
    for (group, held) in groups {
        text.push_str(&format!(
            "{} {}: {} to {}, {} in {}, {}",
            visible(&group.region),
            visible(&group.name),
            show(held.from),
            show(held.to),
            counted(held.events, "event"),
            counted(held.segments as u64, "segment"),
            bytes(held.bytes)
        ));
        if held.unsettled > 0 {
            text.push_str(&format!("; {} will be fetched again", held.unsettled));
        }
        text.push('\n');
    }
    match store.latest_fetch() {
        None => text.push_str("No fetch has come to its end yet\n"),
        Some(fetch) => {
            text.push_str(&format!(
                "Latest fetch: {} to {}, {}, {}\n",
                show(Some(fetch.window.from)),
                show(Some(fetch.window.to)),
                counted(fetch.groups.len() as u64, "log group"),
                if fetch.complete {
                    "complete"
                } else {
                    "not complete"
                }
            ));
            for reason in &fetch.incomplete {
                text.push_str(&format!("  {}\n", visible(reason)));
            }
        }
    }
    text
}

fn verify(store: &Store, stdout: &mut dyn Write) -> Result<(), Error> {
    let verified = store.verify()?;
    let mut text = String::new();
    let mut damaged = 0_usize;
    for (segment, found) in &verified.segments {
        if let Err(damage) = found {
            damaged += 1;
            text.push_str(&format!(
                "{}: {damage} ({} {})\n",
                visible(&segment.file),
                visible(&segment.group.name),
                segment.range.from
            ));
        }
    }
    for line in &verified.damaged_lines {
        text.push_str(&format!("manifest.ndjson:{line}: cannot be read\n"));
    }
    for file in &verified.unlisted {
        text.push_str(&format!(
            "{}: not in the manifest; the next fetch removes it\n",
            visible(&file.to_string_lossy())
        ));
    }
    let sound = verified.segments.len() - damaged;
    text.push_str(&format!("Sound: {}\n", counted(sound as u64, "segment")));
    stdout.write_all(text.as_bytes()).map_err(Error::Output)?;
    match verified.is_sound() {
        true => Ok(()),
        false => Err(Error::DamagedStore {
            store: store.dir().to_owned(),
            damaged: damaged + verified.damaged_lines.len(),
        }),
    }
}

fn prune(dir: &Path, before: Timestamp, stderr: &mut dyn Write) -> Result<String, Error> {
    let mut store = Store::open_for_writing(dir, &mut || {
        super::load::note(stderr, "a fetch uses the store; waiting for it to end");
    })?;
    let pruned = store.prune(before)?;
    Ok(format!(
        "Removed what ended before {before}: {}, {}, {}\n",
        counted(pruned.segments.len() as u64, "segment"),
        counted(pruned.events(), "event"),
        bytes(pruned.bytes())
    ))
}

fn export(
    common: &Common,
    format: ExportFormat,
    out: Option<&Path>,
    keys: TimingKeys,
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
) -> Result<(), Error> {
    let collected = collect(common, keys, &[(None, None)], Kept::Everything, stderr)?.collected;
    let rows = Export::of(collected.invocations.iter(), &collected.names);
    let Some(path) = out else {
        return write_rows(&rows, format, stdout);
    };
    write_rows_to(path, &rows, format)?;
    super::load::note(
        stderr,
        &format!(
            "Wrote {} to {}",
            counted(rows.len() as u64, "invocation"),
            visible(&path.to_string_lossy())
        ),
    );
    Ok(())
}
