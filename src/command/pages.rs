//! `latscope man` and `latscope completions`: what was made of the command line is written.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::error::Error;

/// A file for the system: a page of the manual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its file name.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// Writes pages into a folder, which is made where there is none, and says how many.
///
/// # Errors
/// If one cannot be written.
pub fn write_pages(dir: &Path, pages: &[Page], stdout: &mut dyn Write) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    fs::create_dir_all(dir).map_err(failed(dir))?;
    for page in pages {
        let path = dir.join(&page.name);
        fs::write(&path, &page.content).map_err(failed(&path))?;
    }
    let said = writeln!(stdout, "Wrote {} pages to {}", pages.len(), dir.display());
    said.map_err(Error::Output)
}

/// Writes what is for another program, byte by byte.
///
/// # Errors
/// If it cannot be written.
pub fn write_out(content: &[u8], stdout: &mut dyn Write) -> Result<(), Error> {
    stdout.write_all(content).map_err(Error::Output)
}
