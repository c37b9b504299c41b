//! Where workers put segments while somebody else commits them.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::StoreError;
use super::files;
use super::group::LogGroup;
use super::layout;
use super::segment::SegmentWriter;
use crate::vocab::TimeRange;

/// Begins segments of one store. Copies of it may go to other threads. As long as one of them or of the segments
/// begun here is held, nobody else writes to the store.
#[derive(Debug, Clone)]
pub struct SegmentPlace(Arc<Held>);

#[derive(Debug)]
struct Held {
    dir: PathBuf,
    /// The number of the next segment.
    next: AtomicU64,
    /// The lock goes when this is closed.
    _lock: File,
}

impl SegmentPlace {
    pub(super) fn new(dir: &Path, lock: File, next: u64) -> Self {
        Self(Arc::new(Held {
            dir: dir.to_owned(),
            next: AtomicU64::new(next),
            _lock: lock,
        }))
    }

    /// Begins a segment. It is nothing to a reader until the store commits it.
    ///
    /// # Errors
    /// If its folder cannot be created.
    pub fn begin(&self, group: &LogGroup, range: TimeRange) -> Result<SegmentWriter, StoreError> {
        files::create_folder(&self.0.dir.join(layout::folder_of(group)))?;
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        Ok(SegmentWriter::new(self.clone(), group.clone(), range, number))
    }

    pub(super) fn dir(&self) -> &Path {
        &self.0.dir
    }
}

/// Takes the lock of a store, and says once if it has to be waited for.
pub(super) fn lock(dir: &Path, on_wait: &mut dyn FnMut()) -> Result<File, StoreError> {
    let path = dir.join(layout::LOCK);
    let file = files::open_private(&path)?;
    let locked = match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
        Err(TryLockError::WouldBlock) => {
            on_wait();
            file.lock()
        }
    };
    locked.map_err(StoreError::io("lock", &path))?;
    Ok(file)
}
