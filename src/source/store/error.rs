//! Why a store cannot be used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::FORMAT;

/// Why a store could not be read or written. Damage inside it is none of these: it is a value.
#[derive(Debug)]
pub enum StoreError {
    /// The system refused something.
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its format is not one that this program knows.
    Newer {
        /// The store.
        dir: PathBuf,
        /// The format that it says it has.
        format: String,
    },
    /// The folder holds something else.
    NotAStore {
        /// The folder.
        dir: PathBuf,
    },
    /// The name of its folder is empty.
    Unnamed,
    /// It was opened to be read only.
    ReadOnly {
        /// The store.
        dir: PathBuf,
    },
}

impl StoreError {
    /// Makes the error of a refused action on a path.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, path, source } => write!(
                f,
                "cannot {action} {}: {source}: check its permissions and the free space, or use another --store",
                path.display()
            ),
            Self::Newer { dir, format } => write!(
                f,
                "store at {} was written by a newer latscope (format {}); this one reads {FORMAT}: update \
                 latscope, or use another --store",
                dir.display(),
                crate::vocab::visible(format)
            ),
            Self::NotAStore { dir } => write!(
                f,
                "{} holds files but no store of latscope: use a new or empty folder as --store",
                dir.display()
            ),
            Self::Unnamed => f.write_str("--store is empty: name a folder, such as .latscope"),
            Self::ReadOnly { dir } => write!(
                f,
                "store at {} was opened to be read: open it for writing first",
                dir.display()
            ),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Newer { .. } | Self::NotAStore { .. } | Self::Unnamed | Self::ReadOnly { .. } => None,
        }
    }
}
