//! Files of our own that are kept packed: gzip, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// Writes a file. Either the whole of it is there afterwards, or what was there before. The same contents give the
/// same bytes.
///
/// # Errors
/// If the file exists and is not to be replaced, or something cannot be written.
pub fn write_packed(
    path: &Path,
    replaces: bool,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let dir = dir.unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    let file = BufWriter::new(tempfile::NamedTempFile::new_in(dir)?);
    let mut packed = GzEncoder::new(file, Compression::default());
    contents(&mut packed)?;
    let file = packed
        .finish()?
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    let persisted = match replaces {
        true => file.persist(path),
        false => file.persist_noclobber(path),
    };
    persisted.map(|_| ()).map_err(|error| error.error)
}

/// Reads a file that [`write_packed`] wrote, of which at most so many bytes are taken.
///
/// # Errors
/// If it cannot be read, or is not whole.
pub fn read_packed(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    GzDecoder::new(BufReader::new(File::open(path)?))
        .take(largest)
        .read_to_end(&mut contents)?;
    Ok(contents)
}
