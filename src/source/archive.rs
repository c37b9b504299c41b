//! Zip archives: each file in them is read as one of its own.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::read::read_zipfile_from_stream;

use super::found::Compression;
use super::open::read_packed;
use super::s3_export::stream_of_path;
use super::sink::Sink;
use crate::vocab::Place;

/// How much of an archive that comes from a stream is put aside on disk.
const SPOOL_LIMIT_BYTES: u64 = 16 << 30;

/// Reads every file of an archive, by name. An archive's table of contents stands at its end, so one
/// that comes from a stream is first put aside in a temporary file, which nobody else can see.
pub(super) fn read(bytes: impl Read, packed: &[Compression], sink: &mut Sink<'_>) {
    match spool(bytes) {
        Ok((file, cut)) => {
            read_file(file, packed, sink);
            if let Some(error) = cut {
                sink.reject(Place::File, reason(&error));
            }
        }
        Err(error) => sink.reject(
            Place::File,
            format!("zip archive cannot be put aside in a temporary file: {error}"),
        ),
    }
}

/// The file, and the failure that ended the stream too early.
fn spool(bytes: impl Read) -> io::Result<(File, Option<io::Error>)> {
    let mut file = tempfile::tempfile()?;
    let mut bytes = BufReader::new(bytes).take(SPOOL_LIMIT_BYTES);
    let mut block = vec![0; 64 << 10];
    loop {
        match bytes.read(&mut block) {
            Ok(0) => return Ok((file, None)),
            Ok(length) => io::Write::write_all(&mut file, &block[..length])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Ok((file, Some(error))),
        }
    }
}

/// Reads an archive that is a file.
pub(super) fn read_file(mut file: impl Read + Seek, packed: &[Compression], sink: &mut Sink<'_>) {
    if let Err(error) = file.seek(SeekFrom::Start(0)) {
        return sink.reject(Place::File, reason(&error));
    }
    match ZipArchive::new(BufReader::new(&mut file)) {
        Ok(archive) => read_archive(archive, packed, sink),
        // Without its table of contents the files can still be read in the order in which they stand.
        Err(_) => match file.seek(SeekFrom::Start(0)) {
            Ok(_) => read_cut(BufReader::new(&mut file), packed, sink),
            Err(error) => sink.reject(Place::File, reason(&error)),
        },
    }
}

fn read_archive<R: Read + Seek>(mut archive: ZipArchive<R>, packed: &[Compression], sink: &mut Sink<'_>) {
    let mut names: Vec<(String, usize)> = (0..archive.len())
        .filter_map(|index| Some((archive.name_for_index(index)?.ok()?.into_owned(), index)))
        .filter(|(name, _)| is_log(name))
        .collect();
    names.sort();
    for (name, index) in names {
        match archive.by_index(index) {
            Ok(file) if file.is_dir() => {}
            Ok(mut file) => read_member(&name, &mut file, packed, sink),
            Err(_) => {
                if let Some(mut sink) = sink.member(&name, None) {
                    sink.reject(
                        Place::File,
                        "file in a zip archive that is encrypted, damaged or compressed in an unknown way",
                    );
                }
            }
        }
    }
}

fn read_cut(mut bytes: impl Read, packed: &[Compression], sink: &mut Sink<'_>) {
    let mut is_said = false;
    loop {
        match read_zipfile_from_stream(&mut bytes) {
            Ok(Some(mut file)) => {
                let Ok(name) = file.name().map(std::borrow::Cow::into_owned) else {
                    break;
                };
                if !file.is_dir() && is_log(&name) {
                    let mut file = Watched {
                        reader: &mut file,
                        has_failed: false,
                    };
                    read_member(&name, &mut file, packed, sink);
                    is_said |= file.has_failed;
                }
            }
            Ok(None) => break,
            Err(_) => break,
        }
    }
    // A file that breaks off has said it already.
    if !is_said {
        sink.reject(
            Place::File,
            "zip archive is cut off or damaged; files in it may be lost",
        );
    }
}

/// A reader that remembers whether it failed.
struct Watched<R> {
    reader: R,
    has_failed: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer);
        self.has_failed |= read
            .as_ref()
            .is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        read
    }
}

fn read_member(name: &str, file: &mut dyn Read, packed: &[Compression], sink: &mut Sink<'_>) {
    match sink.member(name, stream_of_path(name)) {
        Some(mut sink) => {
            let packed = [packed, &[Compression::Zip]].concat();
            // The failure of a member's first bytes is told like any other damage.
            if let Err(error) = read_packed(file, packed, &mut sink) {
                sink.reject(Place::File, reason(&error));
            }
        }
        None => sink.reject(Place::File, "archives inside archives lie too deep"),
    }
}

/// Folders are walked without hidden names, and so are archives; macOS adds a folder of its own.
fn is_log(name: &str) -> bool {
    !name.ends_with('/') && !name.split('/').any(|part| is_hidden(part) || part == "__MACOSX")
}

/// Names of the folder itself and of the one above it hide nothing.
fn is_hidden(part: &str) -> bool {
    part.starts_with('.') && !matches!(part, "." | "..")
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "zip archive is cut off here; what follows is lost".to_owned(),
        _ => format!("zip archive cannot be read: {error}"),
    }
}
