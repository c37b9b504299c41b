//! The file of a run.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::command::error::Error;

/// A file that a run writes line by line.
pub(super) struct RunFile {
    path: PathBuf,
    writer: BufWriter<File>,
}

impl RunFile {
    /// A new file: what was measured once is not written over.
    ///
    /// # Errors
    /// If there is one already, or it cannot be made.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let opened = OpenOptions::new().write(true).create_new(true).open(path);
        match opened {
            Ok(file) => Ok(Self {
                path: path.to_owned(),
                writer: BufWriter::new(file),
            }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
            Err(source) => Err(Error::Write {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Writes a line.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        self.writer.write_all(line.as_bytes())?;
        self.writer.write_all(b"\n")
    }

    /// Hands what was written to the system, so that a crash loses little.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Brings everything to the disk.
    ///
    /// # Errors
    /// If that fails.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        let flushed = self
            .writer
            .flush()
            .and_then(|()| self.writer.get_ref().sync_all());
        flushed.map_err(|source| Error::Write {
            path: self.path,
            source,
        })
    }
}

/// What is said of a file that there is already.
pub(super) fn exists(path: &Path) -> Error {
    Error::Usage(format!(
        "{} is there already, and what was measured is not written over: name another file with --out",
        path.display()
    ))
}
