//! Files are read on several threads, and what they tell is put together in their order.
//!
//! ```text
//! file ──> next block ──> Sifter ──> Part ─┐
//!   (one at a time, unpacked meanwhile)    ├──> Assembler, in the order of the input
//! file ──> next block ──> Sifter ──> Part ─┤
//! file ──> events ──> Batch ──> Sifter ──> Part
//!   (of a form that has no blocks)
//! ```
//!
//! Whoever is free takes the next block of the first file that nobody is just reading, so that a stream is unpacked while the
//! block before it is parsed, and several streams are unpacked at once. Of a file without blocks one thread reads the events
//! and puts them aside for others. Parts come out of order and are kept until it is their turn. The result does not depend on
//! the number of threads.

mod batch;
mod desk;
mod in_order;
mod intake;
mod parts;
mod worker;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use desk::Desk;
use intake::Intake;
use worker::Worker;

use super::assemble::Assembler;
use super::part::Part;
use crate::parse::Parser;
use crate::source::{Error, Found, Located};
use crate::vocab::Rejected;

/// How files are read.
#[derive(Clone, Copy)]
pub struct Gathering<'a> {
    /// On how many threads.
    pub threads: usize,
    /// Whether every line is parsed, also those that cannot be records.
    pub is_strict: bool,
    /// Whether nothing is kept of what timing records tell beside times: a summary asks for nothing else.
    pub is_times_only: bool,
    /// How many bytes of a file are read at once.
    pub block_bytes: usize,
    /// Is told how many bytes were read, as they lie on the disk.
    pub tell_bytes: &'a (dyn Fn(u64) + Sync),
}

/// What is told of the input while it is read, in its order.
pub trait Listen {
    /// A file, or a file in an archive, was read to its end.
    fn read(&mut self, path: &str, found: &Found);
    /// Something could not be read.
    fn rejected(&mut self, rejected: &Rejected);
}

/// Files are numbered, and the parts of each.
type Place = (usize, u64);

/// What a thread hands over.
struct Told {
    place: Place,
    /// An error where the file could not be opened.
    part: Result<Part, Error>,
    /// Whether it is the last of its file.
    is_last: bool,
}

impl Told {
    fn of(place: Place, part: Part, is_last: bool) -> Self {
        Self {
            place,
            part: Ok(part),
            is_last,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked ends the program as soon as all are joined.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gathering<'_> {
    /// Reads the files.
    ///
    /// # Errors
    /// If one cannot be opened.
    pub fn gather(
        &self,
        files: &[Located],
        parser: &Arc<Parser>,
        listener: &mut (dyn Listen + Send),
    ) -> Result<Assembler, Error> {
        let desk = Desk::new(files, self.threads);
        let intake = Intake::new(files, listener, self.threads);
        let work = || Worker::new(self, &desk, &intake, parser).run();
        thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(work);
            }
            work();
        });
        intake.finish()
    }
}
