//! `latscope init`: the configuration with all that it can say, commented out.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use super::error::Error;

/// The file that is written.
const TEMPLATE: &str = include_str!("../../docs/latscope.toml");

/// Writes the commented configuration, and says so. A file that is there is kept unless it is to be overwritten.
///
/// # Errors
/// If there is a file, or it cannot be written.
pub fn init(path: &Path, overwrites: bool, stdout: &mut dyn Write) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    match overwrites {
        true => options.write(true).create(true).truncate(true),
        false => options.write(true).create_new(true),
    };
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(TEMPLATE.as_bytes()));
    written.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Error::Usage(format!(
            "{} exists and was left as it is; --force overwrites it",
            path.display()
        )),
        _ => Error::Write {
            path: path.to_owned(),
            source,
        },
    })?;
    let said = writeln!(
        stdout,
        "Wrote {}: every option with its default, commented out",
        path.display()
    );
    said.map_err(Error::Output)
}
