//! `latscope inspect`: what each file is and what could be read of it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::load::{described, note, rejection};
use crate::invocation::{Collected, Collector};
use crate::parse::{Parser, TimingKeys};
use crate::render::inspection;
use crate::source::{Found, Item, locate, open};
use crate::vocab::visible;

/// What `latscope inspect` was asked for.
#[derive(Debug, Clone, Default)]
pub struct InspectOptions {
    /// Files, folders and `-`.
    pub inputs: Vec<PathBuf>,
    /// Whether every rejection is written, with its place and reason.
    pub explains_rejected: bool,
    /// Whether times are shown in this machine's zone.
    pub is_local: bool,
}

/// Reads each file by itself and says what it is. Events that several files hold count in each.
///
/// # Errors
/// If a file cannot be read or the output cannot be written.
pub fn inspect(
    options: &InspectOptions,
    keys: TimingKeys,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<(), Error> {
    if options.inputs.is_empty() {
        return Err(Error::NoInput);
    }
    let parser = Parser::new(keys).map_err(|error| Error::Internal(error.to_string()))?;
    for file in locate(&options.inputs)? {
        let mut inspector = Inspector {
            options,
            parser: &parser,
            file: &file.path,
            collector: None,
            has_told: false,
            has_members: false,
            output: Ok(()),
            stdout,
            stderr,
        };
        inspector.begin(&file.path);
        open(&file.path, false, &|_| {})?.read(&mut |item: Item<'_>| inspector.take(item));
        // An archive has no form of its own; what could not be read of it is told all the same.
        inspector.end(None);
        inspector.output.map_err(Error::Output)?;
    }
    Ok(())
}

/// Follows one file, and the files in it if it is an archive.
struct Inspector<'a> {
    options: &'a InspectOptions,
    parser: &'a Parser,
    file: &'a Path,
    collector: Option<Collector>,
    /// Whether anything was written about the file or a file in it.
    has_told: bool,
    /// Whether it is an archive of which a file was begun.
    has_members: bool,
    output: io::Result<()>,
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
}

impl Inspector<'_> {
    fn begin(&mut self, path: &Path) {
        let mut collector = Collector::new(self.parser.clone());
        collector.begin_file(path, 0);
        self.collector = Some(collector);
    }

    fn take(&mut self, item: Item<'_>) {
        match item {
            Item::Member { name } => {
                self.has_members = true;
                self.end(None);
                self.begin(&self.file.join(name));
            }
            Item::Read(found) => self.end(Some(&found)),
            item => {
                if self.collector.is_none() {
                    self.begin(self.file);
                }
                let rejected = self.collector.as_mut().and_then(|collector| collector.take(item));
                if let Some(rejected) = rejected.filter(|_| self.options.explains_rejected) {
                    note(self.stderr, &rejection(&rejected));
                }
            }
        }
    }

    /// Writes what was found out about a file.
    fn end(&mut self, found: Option<&Found>) {
        let Some(collector) = self.collector.take() else {
            return;
        };
        let path = collector.path();
        let collected: Collected = collector.finish();
        let is_empty = collected.ledger.events() == 0;
        // Before its first file and behind its last an archive has nothing to tell, unless it has no file.
        if found.is_none() && is_empty && (self.has_told || self.has_members) {
            return;
        }
        self.has_told = true;
        let form = match found {
            Some(found) => described(found),
            None if is_empty => "archive without a file that is read".to_owned(),
            None => "archive".to_owned(),
        };
        let title = format!("{}: {form}", visible(&path));
        let text = inspection(&title, &collected, self.options.is_local);
        if self.output.is_ok() {
            self.output = self.stdout.write_all(text.as_bytes());
        }
    }
}
