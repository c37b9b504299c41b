//! Files of saved baselines.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::comparison::{BASELINE_SCHEMA, SavedBaseline, SavedError};
use crate::source::{read_packed, write_packed};
use crate::vocab::did_you_mean;

/// How the file of a baseline ends.
const ENDING: &str = ".json.gz";

/// A baseline that is larger than this, unpacked, is none that was saved: 4 GiB.
const LARGEST: u64 = 4 << 30;

/// Why a baseline could not be saved or used.
#[derive(Debug)]
pub struct BaselineError {
    path: PathBuf,
    fault: BaselineFault,
}

/// What is wrong with it.
#[derive(Debug)]
pub(super) enum BaselineFault {
    /// There is none of that name.
    Missing {
        /// The name.
        name: String,
        /// What there is, sorted.
        known: Vec<String>,
    },
    /// There is one already.
    Exists,
    /// It cannot be read or written.
    Io(io::Error),
    /// It is of another version, or none at all.
    OtherSchema(String),
    /// It is no JSON document, or not one of a baseline.
    Malformed(String),
    /// Its contents do not fit together.
    Damaged(SavedError),
}

impl BaselineError {
    /// What is wrong.
    pub(super) fn fault(&self) -> &BaselineFault {
        &self.fault
    }

    /// A baseline whose contents do not fit together.
    pub(super) fn damaged(dir: &Path, name: &str, error: SavedError) -> Self {
        Self {
            path: path_of(dir, name),
            fault: BaselineFault::Damaged(error),
        }
    }
}

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            BaselineFault::Missing { known, .. } if known.is_empty() => write!(
                f,
                "no baseline {path}; none is saved there: latscope baseline save NAME --select SELECTOR saves one"
            ),
            BaselineFault::Missing { name, known } => write!(
                f,
                "no baseline {path}; saved there are {}{}",
                known.join(", "),
                did_you_mean(name, known.iter().map(String::as_str))
            ),
            BaselineFault::Exists => write!(f, "{path} exists; --replace puts the new one in its place"),
            BaselineFault::Io(error) => write!(f, "{path}: {error}"),
            BaselineFault::OtherSchema(schema) => write!(
                f,
                "{path} is {schema:?}; this latscope reads {BASELINE_SCHEMA}: save it again, or use the latscope that \
                 wrote it"
            ),
            BaselineFault::Malformed(error) => write!(f, "{path} is no saved baseline: {error}"),
            BaselineFault::Damaged(error) => write!(f, "{path} is damaged: {error}; save it again"),
        }
    }
}

impl std::error::Error for BaselineError {}

/// Whether a text can be the name of a baseline, and so of its file.
pub fn is_baseline_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.chars().all(is_plain)
}

fn path_of(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}{ENDING}"))
}

/// Saves a baseline, and says where. Either the whole of it is there afterwards or what was before.
pub(super) fn write(
    dir: &Path,
    name: &str,
    baseline: &SavedBaseline,
    replaces: bool,
) -> Result<PathBuf, BaselineError> {
    let path = path_of(dir, name);
    let failed = |fault| BaselineError {
        path: path.clone(),
        fault,
    };
    if !replaces && path.exists() {
        return Err(failed(BaselineFault::Exists));
    }
    let written = write_packed(&path, replaces, |file| {
        serde_json::to_writer(&mut *file, baseline)?;
        file.write_all(b"\n")
    });
    match written {
        Ok(()) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(failed(BaselineFault::Exists)),
        Err(error) => Err(failed(BaselineFault::Io(error))),
    }
}

/// Reads a baseline.
pub(super) fn read(dir: &Path, name: &str) -> Result<SavedBaseline, BaselineError> {
    #[derive(Deserialize)]
    struct Versioned {
        schema: String,
    }
    let path = path_of(dir, name);
    let failed = |fault| BaselineError {
        path: path.clone(),
        fault,
    };
    let text = read_packed(&path, LARGEST).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failed(BaselineFault::Missing {
            name: name.to_owned(),
            known: list(dir),
        }),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            failed(BaselineFault::Malformed(error.to_string()))
        }
        _ => failed(BaselineFault::Io(error)),
    })?;
    let malformed = |error: serde_json::Error| failed(BaselineFault::Malformed(error.to_string()));
    let version: Versioned = serde_json::from_slice(&text).map_err(malformed)?;
    if version.schema != BASELINE_SCHEMA {
        return Err(failed(BaselineFault::OtherSchema(version.schema)));
    }
    serde_json::from_slice(&text).map_err(malformed)
}

/// The names of the baselines in a folder, sorted. A folder that cannot be read holds none.
pub(super) fn list(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let name = |entry: fs::DirEntry| {
        let file = entry.file_name();
        let name = file.to_str()?.strip_suffix(ENDING)?;
        is_baseline_name(name).then(|| name.to_owned())
    };
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_file_names_and_nothing_else() {
        for name in ["last-month", "v12", "2026.10_b"] {
            assert!(is_baseline_name(name), "{name}");
        }
        for name in ["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "é", "a\n"] {
            assert!(!is_baseline_name(name), "{name:?}");
        }
    }
}
