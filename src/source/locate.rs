//! From the paths that a user gave to the files that are read.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::open::Error;

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The file; `-` is standard input.
    pub path: PathBuf,
    /// Which of the given paths led to it, counted from 0.
    pub argument: usize,
    /// Whether its bytes are known to be those that latscope wrote: a segment of a store.
    pub is_verified: bool,
}

/// Finds the files behind the given paths: a file is itself, `-` is standard input, a folder is
/// every file below it in the order of their names. Names that begin with a dot are passed over
/// in folders. A file that several paths lead to is read once.
///
/// # Errors
/// If a path does not exist, or a folder cannot be listed.
pub fn locate(paths: &[PathBuf]) -> Result<Vec<Located>, Error> {
    let mut walk = Walk::default();
    for (argument, path) in paths.iter().enumerate() {
        walk.argument = argument;
        if path.as_os_str() == "-" {
            walk.add(path.clone(), path.clone());
        } else {
            walk.path(path, identity(path))?;
        }
    }
    Ok(walk.located)
}

/// What a path leads to, whatever links it goes through; where that cannot be followed, the path from the root on.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// The files that were found. Where a path leads to is asked of links alone: below a folder that is known it is known.
#[derive(Default)]
struct Walk {
    located: Vec<Located>,
    argument: usize,
    /// Where the files lie.
    seen: HashSet<PathBuf>,
    /// The folders on the way here, so that a link to one of them ends the walk.
    above: HashSet<PathBuf>,
}

impl Walk {
    /// Adds a file that lies there, unless another path led to it.
    fn add(&mut self, path: PathBuf, lies_at: PathBuf) {
        if self.seen.insert(lies_at) {
            self.located.push(Located {
                path,
                argument: self.argument,
                is_verified: false,
            });
        }
    }

    fn path(&mut self, path: &Path, lies_at: PathBuf) -> Result<(), Error> {
        let unreadable = |source| Error::Unreadable {
            path: path.to_owned(),
            source,
        };
        match fs::metadata(path).map_err(unreadable)?.is_dir() {
            true => self.folder(path, lies_at),
            false => {
                self.add(path.to_owned(), lies_at);
                Ok(())
            }
        }
    }

    fn folder(&mut self, path: &Path, lies_at: PathBuf) -> Result<(), Error> {
        let unreadable = |source| Error::Unreadable {
            path: path.to_owned(),
            source,
        };
        let mut entries = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            if !name.as_encoded_bytes().starts_with(b".") {
                entries.push((name, entry.file_type().map_err(unreadable)?));
            }
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        if self.above.insert(lies_at.clone()) {
            for (name, kind) in entries {
                let inner = path.join(&name);
                if kind.is_file() {
                    self.add(inner, lies_at.join(name));
                } else if kind.is_dir() {
                    self.folder(&inner, lies_at.join(name))?;
                } else {
                    self.path(&inner, identity(&inner))?;
                }
            }
            self.above.remove(&lies_at);
        }
        Ok(())
    }
}
