//! Files and folders that nobody else may read, and that outlast a crash.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use super::error::StoreError;

/// Creates a folder, and those above it, that only its owner may enter.
pub(super) fn create_folder(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    if path.as_os_str().is_empty() {
        return Err(StoreError::Unnamed);
    }
    let above = above(path);
    // The root of a disk that is not there has nothing above it.
    if above != path {
        create_folder(above)?;
    }
    match private_folders().create(path) {
        Ok(()) => sync_folder(above),
        // Another thread was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(StoreError::io("create", path)(error)),
    }
}

/// The folder in which a file or folder stands.
pub(super) fn above(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// Opens a file to be written, as it is or new, that only its owner may read.
pub(super) fn open_private(path: &Path) -> Result<File, StoreError> {
    private_files()
        .read(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(StoreError::io("open", path))
}

/// Creates an empty file that only its owner may read.
pub(super) fn create_private(path: &Path) -> Result<File, StoreError> {
    private_files()
        .create(true)
        .truncate(true)
        .open(path)
        .map_err(StoreError::io("create", path))
}

/// Adds text to a file that only its owner may read, which may be new.
pub(super) fn append(path: &Path, text: &[u8]) -> Result<(), StoreError> {
    let mut file = open_private(path)?;
    file.seek(SeekFrom::End(0))
        .and_then(|_| file.write_all(text))
        .and_then(|()| file.sync_all())
        .map_err(StoreError::io("write", path))?;
    sync_folder(above(path))
}

/// Replaces a file as a whole: whoever reads it sees the old text or the new one.
pub(super) fn replace(path: &Path, temporary: &Path, text: &[u8]) -> Result<(), StoreError> {
    let mut file = create_private(temporary)?;
    file.write_all(text)
        .and_then(|()| file.sync_all())
        .map_err(StoreError::io("write", temporary))?;
    drop(file);
    rename(temporary, path)
}

/// Gives a file its name for good.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    std::fs::rename(from, to).map_err(StoreError::io("write", to))?;
    sync_folder(above(to))
}

/// Removes a file. One that cannot be removed now is met again when the store is next written.
pub(super) fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

/// Brings the names in a folder to the disk.
#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    match File::open(path).and_then(|folder| folder.sync_all()) {
        // Some network disks know no such thing.
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Err(StoreError::io("write", path)(error))
        }
        _ => Ok(()),
    }
}

/// Folders cannot be opened here.
#[cfg(not(unix))]
pub(super) fn sync_folder(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(unix)]
fn private_folders() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_folders() -> DirBuilder {
    DirBuilder::new()
}

#[cfg(unix)]
fn private_files() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_files() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}
