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
    let mut located = Vec::new();
    for (argument, path) in paths.iter().enumerate() {
        if path.as_os_str() == "-" {
            located.push(Located {
                path: path.clone(),
                argument,
                is_verified: false,
            });
        } else {
            walk(path, argument, &mut HashSet::new(), &mut located)?;
        }
    }
    let mut seen = HashSet::new();
    located.retain(|file| seen.insert(identity(&file.path)));
    Ok(located)
}

/// What a path leads to, whatever links it goes through.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// `above` holds the folders on the way here, so that a link to one of them ends the walk.
fn walk(
    path: &Path,
    argument: usize,
    above: &mut HashSet<PathBuf>,
    located: &mut Vec<Located>,
) -> Result<(), Error> {
    let unreadable = |source| Error::Unreadable {
        path: path.to_owned(),
        source,
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_dir() {
        located.push(Located {
            path: path.to_owned(),
            argument,
            is_verified: false,
        });
        return Ok(());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort();
    let this = identity(path);
    if above.insert(this.clone()) {
        for name in names {
            walk(&path.join(name), argument, above, located)?;
        }
        above.remove(&this);
    }
    Ok(())
}
