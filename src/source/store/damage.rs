//! Whether a segment is what the manifest says it is.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use super::entry::Segment;
use crate::source::event::Item;
use crate::source::open::read_file;

/// What is wrong with a segment. It counts as not fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// Its file is not there.
    Missing,
    /// Its file has another length.
    Size {
        /// As the manifest says.
        listed: u64,
        /// As it is.
        found: u64,
    },
    /// Its file has another content.
    Content,
    /// It holds another number of events.
    Events {
        /// As the manifest says.
        listed: u64,
        /// As it is.
        found: u64,
    },
    /// Its file cannot be read.
    Unreadable(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("file is missing"),
            Self::Size { listed, found } => write!(f, "file has {found} bytes instead of {listed}"),
            Self::Content => f.write_str("file was changed"),
            Self::Events { listed, found } => write!(f, "file holds {found} events instead of {listed}"),
            Self::Unreadable(reason) => write!(f, "file cannot be read: {reason}"),
        }
    }
}

/// Compares a segment's file with the manifest, byte by byte.
pub(super) fn check(store: &Path, segment: &Segment) -> Result<(), Damage> {
    if segment.events == 0 {
        return Ok(());
    }
    let (found, xxh3) = File::open(store.join(&segment.file))
        .and_then(hashed)
        .map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                Damage::Missing
            } else {
                Damage::Unreadable(error.to_string())
            }
        })?;
    let listed = segment.bytes;
    if found != listed {
        return Err(Damage::Size { listed, found });
    }
    if hex(xxh3) != segment.xxh3 {
        return Err(Damage::Content);
    }
    Ok(())
}

/// The length of a file and the hash of its bytes.
fn hashed(mut file: File) -> io::Result<(u64, u128)> {
    let mut hash = Xxh3::new();
    let mut length = 0;
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((length, hash.digest128())),
            Ok(read) => {
                hash.update(&buffer[..read]);
                length += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A hash as the manifest shows it.
pub(super) fn hex(hash: u128) -> String {
    format!("{hash:032x}")
}

/// The same as [`check`], and reads every event.
pub(super) fn check_events(store: &Path, segment: &Segment) -> Result<(), Damage> {
    check(store, segment)?;
    if segment.events == 0 {
        return Ok(());
    }
    let mut found = 0;
    let mut rejected = None;
    read_file(&store.join(&segment.file), &mut |item| match item {
        Item::Event(_) => found += 1,
        Item::Rejected { reason, .. } => rejected = Some(reason.into_owned()),
        Item::Member { .. } | Item::Read(_) => {}
    })
    .map_err(|error| Damage::Unreadable(error.to_string()))?;
    if let Some(reason) = rejected {
        return Err(Damage::Unreadable(reason));
    }
    let listed = segment.events;
    if found != listed {
        return Err(Damage::Events { listed, found });
    }
    Ok(())
}
