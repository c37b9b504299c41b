//! From the paths that a user gave to the files that are read.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};

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
            true => self.folder(path, &lies_at, listed(path)),
            false => {
                self.add(path.to_owned(), lies_at);
                Ok(())
            }
        }
    }

    fn folder(&mut self, path: &Path, lies_at: &Path, listing: Listing) -> Result<(), Error> {
        let entries = listing.map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        if self.above.insert(lies_at.to_owned()) {
            let mut inner_ones = all_listed(path, &entries).into_iter();
            for (name, kind) in entries {
                let inner = path.join(&name);
                if kind.is_file() {
                    self.add(inner, lies_at.join(name));
                } else if kind.is_dir() {
                    let listing = inner_ones.next().unwrap_or_else(|| listed(&inner));
                    self.folder(&inner, &lies_at.join(name), listing)?;
                } else {
                    self.path(&inner, identity(&inner))?;
                }
            }
            self.above.remove(lies_at);
        }
        Ok(())
    }
}

/// What lies in a folder, by name.
type Listing = io::Result<Vec<(OsString, FileType)>>;

fn listed(folder: &Path) -> Listing {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            entries.push((name, entry.file_type()?));
        }
    }
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(entries)
}

/// What lies in each folder in a folder, if these are many, as in an export to S3, which has one for each log stream: the
/// system is asked on several threads.
fn all_listed(folder: &Path, entries: &[(OsString, FileType)]) -> Vec<Listing> {
    let folders = entries.iter().filter(|(_, kind)| kind.is_dir());
    let folders: Vec<PathBuf> = folders.map(|(name, _)| folder.join(name)).collect();
    if folders.len() < MANY_FOLDERS {
        return Vec::new();
    }
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let list = |share: &[PathBuf]| -> Vec<Listing> { share.iter().map(|folder| listed(folder)).collect() };
    thread::scope(|scope| {
        let shares = folders.chunks(folders.len().div_ceil(threads));
        let threads: Vec<ScopedJoinHandle<'_, _>> =
            shares.map(|share| scope.spawn(move || list(share))).collect();
        let joined = threads.into_iter().map(ScopedJoinHandle::join);
        joined
            .flat_map(|listings| listings.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

/// So many folders take longer to be listed than threads to begin.
const MANY_FOLDERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_many_folders_come_by_name() {
        let root = tempfile::tempdir().unwrap();
        // Names of one to three digits, whose order is not that of their numbers; folders in which nothing lies among them.
        let folders = 3 * MANY_FOLDERS;
        for number in (0..folders).rev() {
            let folder = root.path().join(number.to_string());
            fs::create_dir(&folder).unwrap();
            for file in 0..number % 3 {
                fs::write(folder.join(file.to_string()), "").unwrap();
            }
        }
        let located = locate(&[root.path().to_owned()]).unwrap();
        let found: Vec<&Path> = located.iter().map(|file| file.path.as_path()).collect();
        let inside =
            (0..folders).flat_map(|number| (0..number % 3).map(move |file| format!("{number}/{file}")));
        let mut expected: Vec<PathBuf> = inside.map(|path| root.path().join(path)).collect();
        expected.sort();
        assert_eq!(found, expected);
    }
}
