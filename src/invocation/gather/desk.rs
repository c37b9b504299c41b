//! Where threads fetch what they do next.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::{iter, slice, thread};

use super::batch::Batch;
use super::{Place, lock};
use crate::source::{Block, Blocks, Buffer, Located};

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
    Parse(Ahead<'a>),
    Sift(Place, Batch),
}

/// A block that was unpacked before anybody was free to parse it.
pub(super) struct Ahead<'a> {
    pub(super) place: Place,
    pub(super) block: Block<'a>,
}

/// What there is to do.
struct Work<'a> {
    files: iter::Enumerate<slice::Iter<'a, Located>>,
    /// Files that were opened and are just read by nobody, in their order.
    waiting: VecDeque<Reading<'a>>,
    /// Blocks that wait to be parsed, the oldest first.
    ahead: VecDeque<Ahead<'a>>,
    /// Memory of blocks that is used again.
    buffers: Vec<Buffer>,
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
    /// How many blocks wait at most, of which nobody is at once free to parse one.
    most_ahead: usize,
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
                ahead: VecDeque::new(),
                buffers: Vec::new(),
                batches: VecDeque::new(),
                spare: Vec::new(),
                taken: 0,
                is_closed: false,
            }),
            changed: Condvar::new(),
            most_batches: threads,
            most_ahead: if threads > 1 { threads } else { 0 },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Work<'a>> {
        lock(&self.work)
    }

    /// What was put aside, else the next block of the first file that nobody is at, else the next file, else a block that was
    /// read; this first, where enough of them wait. None when nothing will come any more.
    pub(super) fn task(&self) -> Option<Task<'a>> {
        let mut work = self.lock();
        loop {
            if work.is_closed {
                return None;
            }
            match work.next(self.most_ahead) {
                Some(task) => {
                    work.taken += usize::from(!matches!(task, Task::Sift(..) | Task::Parse(_)));
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

    /// Puts a block aside for whoever is free, so that its file is unpacked without a break. Gives it back where enough wait
    /// already, or where others have files of their own to unpack.
    pub(super) fn put_ahead(&self, ahead: Ahead<'a>) -> Option<Ahead<'a>> {
        let mut work = self.lock();
        if work.ahead.len() >= self.most_ahead || !work.waiting.is_empty() || work.files.len() > 0 {
            return Some(ahead);
        }
        work.ahead.push_back(ahead);
        drop(work);
        self.changed.notify_one();
        None
    }

    /// Memory for a block.
    pub(super) fn empty_buffer(&self) -> Buffer {
        self.lock().buffers.pop().unwrap_or_default()
    }

    /// Gives the memory of a block back that was parsed.
    pub(super) fn keep_buffer(&self, buffer: Buffer) {
        self.lock().buffers.push(buffer);
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
    fn next(&mut self, most_ahead: usize) -> Option<Task<'a>> {
        if let Some((place, batch)) = self.batches.pop_front() {
            return Some(Task::Sift(place, batch));
        }
        // To unpack one file takes longest, so that it stands still only while enough waits.
        if self.ahead.len() >= most_ahead
            && let Some(ahead) = self.ahead.pop_front()
        {
            return Some(Task::Parse(ahead));
        }
        let reading = self.waiting.pop_front().map(Task::Read);
        let open = |(number, file)| Task::Open(number, file);
        reading
            .or_else(|| self.files.next().map(open))
            .or_else(|| self.ahead.pop_front().map(Task::Parse))
    }
}
