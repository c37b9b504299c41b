//! A file, unpacked and decoded, brought to events.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::blocks::Blocks;
use super::counted::Counted;
use super::event::{Item, Take};
use super::found::{Compression, Encoding, Form, Found};
use super::s3_export::stream_of_path;
use super::sink::Sink;
use super::{archive, compress, encoding, form};
use crate::vocab::Place;

/// How much of a file is looked at to tell its form.
const FIRST_BLOCK_BYTES: usize = 64 << 10;

/// How often a file may be packed inside itself.
const PACKED_LIMIT: usize = 4;

/// Why an input could not be read at all.
#[derive(Debug)]
pub enum Error {
    /// It could not be opened, listed or read.
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, source } => write!(f, "cannot read {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
        }
    }
}

/// Reads one file and hands its events to `take` in the order in which they stand; the files of a
/// zip archive one after the other, by name.
///
/// Damage inside the file is handed over as [`Item::Rejected`].
///
/// # Errors
/// If the file cannot be opened or its first bytes cannot be read.
pub fn read_file(path: &Path, mut take: &mut dyn FnMut(Item<'_>)) -> Result<(), Error> {
    open(path, false, &|_| {})?.read(&mut take);
    Ok(())
}

/// Opens a file, or standard input where the path is `-`, and finds out what it is. `tell` is given the number of bytes of
/// each block that is read of it, as it lies on the disk, packed or not. `is_verified`: see [`Located`](super::Located).
///
/// # Errors
/// As of [`read_file`].
pub fn open<'t>(path: &Path, is_verified: bool, tell: &'t (dyn Fn(u64) + Sync)) -> Result<Opened<'t>, Error> {
    let unreadable = |source| Error::Unreadable {
        path: path.to_owned(),
        source,
    };
    if path == Path::new("-") {
        return Opened::of(Counted::new(io::stdin(), tell), None, false).map_err(unreadable);
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let stream = stream_of_path(&path.to_string_lossy());
    // A pipe that has a name cannot be read twice.
    let metadata = file.metadata().ok();
    let is_file = metadata.as_ref().is_some_and(|metadata| metadata.is_file());
    let (block, failure) = first_bytes(&mut file, metadata.map_or(0, |metadata| metadata.len()));
    if is_file && compress::of(&block) == Some(Compression::Zip) {
        file.rewind().map_err(unreadable)?;
        return Ok(Opened {
            stream,
            kind: Kind::Archive(Counted::new(file, tell)),
        });
    }
    tell(block.len() as u64);
    let rest = Rest::of(Counted::new(file, tell), failure);
    Opened::begun(block, rest, stream, is_verified).map_err(unreadable)
}

/// The same of a stream of bytes.
///
/// # Errors
/// If the first bytes cannot be read.
pub fn open_stream<'t>(stream: impl Read + Send + 't) -> io::Result<Opened<'t>> {
    Opened::of(stream, None, false)
}

/// A file of which the first bytes were read.
pub struct Opened<'t> {
    /// The log stream that its path names.
    stream: Option<String>,
    kind: Kind<'t>,
}

enum Kind<'t> {
    Archive(Counted<'t, File>),
    /// An archive from a stream.
    Spooled(Box<dyn Read + Send + 't>, Vec<Compression>),
    /// What was packed too often.
    TooDeep,
    Text(Unpacked<'t>),
}

/// A stream that is packed no more.
pub(super) struct Unpacked<'t> {
    pub(super) packed: Vec<Compression>,
    /// Its first bytes, and what comes behind them.
    pub(super) block: Vec<u8>,
    pub(super) rest: Rest<Box<dyn Read + Send + 't>>,
}

impl<'t> Opened<'t> {
    /// Unpacks a stream as far as its first bytes.
    fn of(stream: impl Read + Send + 't, of_stream: Option<String>, is_verified: bool) -> io::Result<Self> {
        let (block, rest) = first_block(stream);
        Self::begun(block, rest, of_stream, is_verified)
    }

    /// The same of a stream of which the first bytes were read.
    fn begun(
        mut block: Vec<u8>,
        rest: Rest<impl Read + Send + 't>,
        of_stream: Option<String>,
        is_verified: bool,
    ) -> io::Result<Self> {
        let mut packed = Vec::new();
        let mut rest: Rest<Box<dyn Read + Send + 't>> = match rest {
            Rest::Stream(stream) => Rest::Stream(Box::new(stream)),
            Rest::Failed(error) => Rest::Failed(error),
            Rest::Over => Rest::Over,
        };
        let kind = loop {
            rest = match rest {
                Rest::Failed(error) if block.is_empty() && packed.is_empty() => return Err(error),
                rest => rest,
            };
            match compress::of(&block) {
                None => break Kind::Text(Unpacked { packed, block, rest }),
                Some(_) if packed.len() == PACKED_LIMIT => break Kind::TooDeep,
                Some(Compression::Zip) => {
                    break Kind::Spooled(Box::new(io::Cursor::new(block).chain(rest)), packed);
                }
                Some(compression) => {
                    packed.push(compression);
                    let bytes = io::Cursor::new(block).chain(buffered(rest));
                    let stream: Box<dyn Read + Send + 't> = match compression {
                        Compression::Zstd if is_verified => Box::new(compress::unpack_verified(bytes)?),
                        _ => Box::new(compress::unpack(compression, bytes)),
                    };
                    (block, rest) = first_block(stream);
                }
            }
        };
        Ok(Self {
            stream: of_stream,
            kind,
        })
    }

    /// The file as blocks of about so many bytes that can be read each by itself, if its form has such; else the file.
    ///
    /// # Errors
    /// The file itself, to be read as a whole.
    pub fn into_blocks(self, block_bytes: usize) -> Result<Blocks<'t>, Box<Self>> {
        let Self { stream, kind } = self;
        match kind {
            Kind::Text(unpacked) => Blocks::of(unpacked, stream.clone(), block_bytes).map_err(|unpacked| {
                let kind = Kind::Text(unpacked);
                Box::new(Self { stream, kind })
            }),
            kind => Err(Box::new(Self { stream, kind })),
        }
    }

    /// Reads it to its end. See [`read_file`].
    pub fn read(self, take: &mut dyn Take) {
        let mut sink = Sink::new(take, self.stream);
        match self.kind {
            Kind::Archive(file) => archive::read_file(file, &[], &mut sink),
            Kind::Spooled(bytes, packed) => archive::read(bytes, &packed, &mut sink),
            Kind::TooDeep => sink.reject(Place::File, TOO_DEEP),
            Kind::Text(unpacked) => read_encoded(&unpacked.block, unpacked.rest, unpacked.packed, &mut sink),
        }
    }
}

/// What is said of a file that is packed too often.
const TOO_DEEP: &str = "compressed more often than is unpacked";

/// Reads a stream of bytes. See [`read_file`].
///
/// # Errors
/// If the first bytes cannot be read.
pub fn read_stream(mut stream: impl Read, mut take: &mut dyn FnMut(Item<'_>)) -> io::Result<()> {
    read_packed(&mut stream, Vec::new(), &mut Sink::new(&mut take, None))
}

/// Reads a stream that may be packed; `packed` says in what it was packed itself.
///
/// # Errors
/// If the first bytes cannot be read.
pub(super) fn read_packed(
    stream: &mut dyn Read,
    mut packed: Vec<Compression>,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    let (block, rest) = first_block(stream);
    let rest = match rest {
        Rest::Failed(error) if block.is_empty() && packed.is_empty() => return Err(error),
        rest => rest,
    };
    match compress::of(&block) {
        None => read_encoded(&block, rest, packed, sink),
        Some(_) if packed.len() == PACKED_LIMIT => {
            sink.reject(Place::File, TOO_DEEP);
        }
        Some(Compression::Zip) => archive::read(block.chain(rest), &packed, sink),
        Some(compression) => {
            packed.push(compression);
            let bytes = block.chain(buffered(rest));
            read_packed(&mut compress::unpack(compression, bytes), packed, sink)?;
        }
    }
    Ok(())
}

fn read_encoded(block: &[u8], rest: Rest<impl Read>, packed: Vec<Compression>, sink: &mut Sink<'_>) {
    let mut encoding = encoding::of(block);
    let form = match encoding {
        Encoding::Utf8 | Encoding::Windows1252 => read_plain(block, rest, sink),
        _ => {
            let (block, rest) = first_block(encoding::decode(block.chain(rest)));
            read_plain(&block, rest, sink)
        }
    };
    if sink.repaired_lines > 0 && encoding == Encoding::Utf8 {
        encoding = Encoding::Windows1252;
    }
    if sink.is_file() {
        sink.finish(Found {
            compressions: packed,
            encoding,
            form,
        });
    }
}

fn read_plain(block: &[u8], rest: Rest<impl Read>, sink: &mut Sink<'_>) -> Form {
    let reader = block.chain(buffered(rest));
    form::of(block).read(reader, sink)
}

fn buffered<R: Read>(rest: R) -> BufReader<R> {
    BufReader::with_capacity(FIRST_BLOCK_BYTES, rest)
}

/// What follows the first block of a stream.
pub(super) enum Rest<R> {
    Stream(R),
    /// Reading failed; the first reader to come here is told.
    Failed(io::Error),
    /// Reading failed, and that has been said.
    Over,
}

impl<R> Rest<R> {
    /// What follows where reading went on, or failed.
    fn of(stream: R, failure: Option<io::Error>) -> Self {
        failure.map_or(Self::Stream(stream), Self::Failed)
    }
}

impl<R: Read> Read for Rest<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.read(buffer),
            Self::Over => Ok(0),
            Self::Failed(_) => match std::mem::replace(self, Self::Over) {
                Self::Failed(error) => Err(error),
                Self::Stream(_) | Self::Over => Ok(0),
            },
        }
    }
}

/// The first [`FIRST_BLOCK_BYTES`] of a stream, or all that comes before its end or a failure,
/// whatever pieces it comes in; and what follows.
fn first_block<R: Read>(mut stream: R) -> (Vec<u8>, Rest<R>) {
    let mut block = Vec::with_capacity(FIRST_BLOCK_BYTES);
    // In pieces that begin small: of the piece in which a decoder meets damage it gives nothing.
    let first = stream
        .by_ref()
        .take(FIRST_BLOCK_BYTES as u64)
        .read_to_end(&mut block);
    (block, Rest::of(stream, first.err()))
}

/// The same of a file of so many bytes, in one piece, and the failure.
fn first_bytes(stream: &mut impl Read, bytes: u64) -> (Vec<u8>, Option<io::Error>) {
    // One more than there are, to see the end; some files of the system have more than they say.
    let mut block = match usize::try_from(bytes) {
        Ok(bytes @ 1..FIRST_BLOCK_BYTES) => vec![0; bytes + 1],
        _ => vec![0; FIRST_BLOCK_BYTES],
    };
    let mut filled = 0;
    let mut failure = None;
    while filled < block.len() {
        match stream.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    block.truncate(filled);
    (block, failure)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn read_all(stream: impl Read) -> Vec<String> {
        let mut seen = Vec::new();
        read_stream(stream, &mut |item| match item {
            Item::Event(event) => seen.push(event.message.into_owned()),
            Item::Rejected { place, reason } => seen.push(format!("{place:?} rejected: {reason}")),
            Item::Member { name } => seen.push(format!("file {name}")),
            Item::Read(_) => {}
        })
        .unwrap();
        seen
    }

    /// Gives one byte at a time, as a slow pipe may.
    struct Dripping<'a>(&'a [u8]);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((&first, rest)) = self.0.split_first() else {
                return Ok(0);
            };
            buffer[0] = first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn every_member_of_a_gzip_file_is_read() {
        let mut bytes = gzip("{\"message\":\"one\",\"timestamp\":1}\n");
        bytes.extend(gzip("{\"message\":\"two\",\"timestamp\":1}\n"));
        assert_eq!(read_all(&bytes[..]), ["one", "two"]);
        assert_eq!(read_all(Dripping(&bytes)), ["one", "two"]);
    }

    #[test]
    fn a_document_that_drips_is_still_a_document() {
        let text = b"{\n  \"events\": [{\"message\": \"one\"}]}";
        assert_eq!(read_all(Dripping(text)), ["one"]);
    }

    #[test]
    fn a_cut_gzip_file_gives_what_stands_before_the_cut_and_one_rejection() {
        // Lines that do not compress, so that a cut hits the middle.
        let lines: Vec<String> = (0..3000_u64)
            .map(|n| {
                format!(
                    "START RequestId: {:016x} Version: 1",
                    (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                )
            })
            .collect();
        let bytes = gzip(&lines.join("\n"));
        let read = read_all(&bytes[..bytes.len() / 2]);
        let (rejected, whole) = read.split_last().unwrap();
        assert!(whole.len() > 1000);
        assert_eq!(whole, &lines[..whole.len()]);
        assert_eq!(
            rejected,
            &format!(
                "Line({}) rejected: compressed data is cut off here; what follows is lost",
                whole.len() + 1
            )
        );
    }

    #[test]
    fn a_damaged_gzip_file_gives_what_stands_well_before_the_damage() {
        // All of it would fit in the first block.
        let id = |n: u64| (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let lines: Vec<String> = (0..900)
            .map(|n| format!("START RequestId: {:016x} Version: 1", id(n)))
            .collect();
        let mut bytes = gzip(&lines.join("\n"));
        let middle = bytes.len() / 2;
        bytes[middle..middle + 16].fill(u8::MAX);
        let read = read_all(&bytes[..]);
        let (rejected, whole) = read.split_last().unwrap();
        assert!(
            rejected.ends_with("rejected: compressed data is damaged here; what follows is lost"),
            "{rejected}"
        );
        assert!(whole.len() > 100, "{}", whole.len());
        assert_eq!(whole, &lines[..whole.len()]);
    }

    #[test]
    fn junk_is_called_binary() {
        let junk: Vec<u8> = (0..100_000_u64)
            .map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
            .collect();
        assert_eq!(
            read_all(&junk[..]),
            ["File rejected: binary data, not a log in a form that is known"]
        );
        assert_eq!(read_all(&b""[..]), Vec::<String>::new());
    }
}
