//! Where threads fetch what they do next.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::{iter, slice, thread};

use super::batch::Batch;
use super::{Place, lock};
use crate::source::{Blocks, Located};

/// A file that is being read.
pub(super) struct Reading<'a> {
    pub(super) number: usize,
    /// Of the next block.
    pub(super) next: u64,
    pub(super) blocks: Blocks<'a>,
}

/// What a thread does next.
pub(super) enum Task<'a> {
    Open(usize, &'a Located),
    Read(Reading<'a>),
    Sift(Place, Batch),
}

/// What there is to do.
struct Work<'a> {
    files: iter::Enumerate<slice::Iter<'a, Located>>,
    /// Files that were opened and are just read by nobody, in their order.
    waiting: VecDeque<Reading<'a>>,
    /// What was read of files that have no blocks, the oldest first.
    batches: VecDeque<(Place, Batch)>,
    /// Memory of batches that is used again.
    spare: Vec<Batch>,
    /// How many files are being opened or read by somebody, who will give them back and may put something aside.
    taken: usize,
    is_closed: bool,
}

/// Where threads fetch what they do next.
pub(super) struct Desk<'a> {
    work: Mutex<Work<'a>>,
    /// Something was given back or put aside.
    changed: Condvar,
    /// How many batches wait at most.
    most_batches: usize,
}

/// What a thread has taken from the desk. If it panics nobody waits for it to come back.
pub(super) struct Held<'d, 'a>(pub(super) &'d Desk<'a>);

impl Drop for Held<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close();
        }
    }
}

impl<'a> Desk<'a> {
    pub(super) fn new(files: &'a [Located], threads: usize) -> Self {
        Self {
            work: Mutex::new(Work {
                files: files.iter().enumerate(),
                waiting: VecDeque::new(),
                batches: VecDeque::new(),
                spare: Vec::new(),
                taken: 0,
                is_closed: false,
            }),
            changed: Condvar::new(),
            most_batches: threads,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Work<'a>> {
        lock(&self.work)
    }

    /// What was put aside, else the next block of the first file that nobody is at, else the next file. None when nothing will
    /// come any more.
    pub(super) fn task(&self) -> Option<Task<'a>> {
        let mut work = self.lock();
        loop {
            if work.is_closed {
                return None;
            }
            match work.next() {
                Some(task) => {
                    work.taken += usize::from(!matches!(task, Task::Sift(..)));
                    return Some(task);
                }
                None if work.taken == 0 => return None,
                None => work = self.changed.wait(work).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Gives a file back of which somebody else may take the next block; none of one that has no more, or where there was none.
    pub(super) fn give_back(&self, reading: Option<Reading<'a>>) {
        let mut work = self.lock();
        work.taken = work.taken.saturating_sub(1);
        if let Some(reading) = reading {
            let place = work
                .waiting
                .partition_point(|other| other.number < reading.number);
            work.waiting.insert(place, reading);
            self.changed.notify_one();
        } else if work.taken == 0 {
            // Nothing more will come.
            self.changed.notify_all();
        }
    }

    /// Puts a batch aside for whoever is free. Where too many wait already, the one that has waited longest comes back: parts
    /// behind it are kept until it is told.
    pub(super) fn put_aside(&self, place: Place, batch: Batch) -> Option<(Place, Batch)> {
        let mut work = self.lock();
        work.batches.push_back((place, batch));
        if work.batches.len() > self.most_batches {
            return work.batches.pop_front();
        }
        drop(work);
        self.changed.notify_one();
        None
    }

    /// What was put aside and nobody has taken yet.
    pub(super) fn batch(&self) -> Option<(Place, Batch)> {
        self.lock().batches.pop_front()
    }

    /// An empty batch.
    pub(super) fn empty_batch(&self) -> Batch {
        self.lock().spare.pop().unwrap_or_default()
    }

    /// Gives the memory of a batch back that was sifted.
    pub(super) fn keep_memory(&self, batch: Batch) {
        let mut work = self.lock();
        if work.spare.len() <= self.most_batches {
            work.spare.push(batch);
        }
    }

    /// Nothing more is wanted.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }
}

impl<'a> Work<'a> {
    fn next(&mut self) -> Option<Task<'a>> {
        if let Some((place, batch)) = self.batches.pop_front() {
            return Some(Task::Sift(place, batch));
        }
        if let Some(reading) = self.waiting.pop_front() {
            return Some(Task::Read(reading));
        }
        self.files.next().map(|(number, file)| Task::Open(number, file))
    }
}
