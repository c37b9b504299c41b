//! Files are read on several threads, and what they tell is put together in their order.
//!
//! ```text
//! file ──> next block ──> Sifter ──> Part ─┐
//!   (one at a time, unpacked meanwhile)    ├──> Assembler, in the order of the input
//! file ──> next block ──> Sifter ──> Part ─┘
//! ```
//!
//! Whoever is free takes the next block of the first file that nobody is just reading, so that a stream is unpacked while the
//! block before it is parsed, and several streams are unpacked at once. Parts come out of order and are kept until it is their
//! turn. The result does not depend on the number of threads.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::assemble::Assembler;
use super::part::{Part, Sifter};
use crate::parse::Parser;
use crate::source::{Block, Blocks, Buffer, Error, Found, Item, Located, Take, open};
use crate::vocab::Rejected;

/// How files are read.
#[derive(Clone, Copy)]
pub struct Gathering<'a> {
    /// On how many threads.
    pub threads: usize,
    /// Whether every line is parsed, also those that cannot be records.
    pub is_strict: bool,
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
    /// None where the file could not be opened.
    part: Result<Part, Error>,
    /// Whether it is the last of its file.
    is_last: bool,
}

/// What a thread has taken from the desk. If it panics nobody waits for it to come back.
struct Held<'d, 'a>(&'d Desk<'a>);

impl Drop for Held<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close();
        }
    }
}

/// A file that is being read.
struct Reading<'a> {
    number: usize,
    /// Of the next block.
    next: u64,
    blocks: Blocks<'a>,
}

/// What there is to do.
struct Work<'a> {
    files: std::iter::Enumerate<std::slice::Iter<'a, Located>>,
    /// Files that were opened and are just read by nobody, in their order.
    waiting: VecDeque<Reading<'a>>,
    /// How many files are being read by somebody, who will give them back.
    taken: usize,
    is_closed: bool,
}

/// What a thread does next.
enum Task<'a> {
    Open(usize, &'a Located),
    Read(Reading<'a>),
}

/// Where threads fetch what they do next.
struct Desk<'a> {
    work: Mutex<Work<'a>>,
    /// Something was given back.
    changed: Condvar,
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
        listener: &mut dyn Listen,
    ) -> Result<Assembler, Error> {
        let mut order = InOrder::new(files, listener);
        let desk = Desk::new(files);
        if self.threads <= 1 {
            self.run(&desk, parser, &mut |told| order.take(told).is_ok());
        } else {
            thread::scope(|scope| {
                let (sender, receiver) = sync_channel(4 * self.threads);
                for _ in 0..self.threads {
                    let sender: SyncSender<Told> = sender.clone();
                    let desk = &desk;
                    scope.spawn(move || self.run(desk, parser, &mut |told| sender.send(told).is_ok()));
                }
                drop(sender);
                order.take_all(&receiver);
                desk.close();
                // Whoever has something to hand over is not kept waiting.
                drop(receiver);
            });
        }
        order.finish()
    }

    /// Does what there is to do until there is nothing more, or `send` says that nothing more is wanted.
    fn run<'a>(&'a self, desk: &Desk<'a>, parser: &Arc<Parser>, send: &mut dyn FnMut(Told) -> bool) {
        let mut sifter = Sifter::new(Arc::clone(parser));
        let mut spare = Buffer::default();
        while let Some(task) = desk.task() {
            let _held = Held(desk);
            let goes_on = match task {
                Task::Open(number, file) => {
                    let opened = open(&file.path, file.is_verified, self.tell_bytes);
                    match opened.map(|opened| opened.into_blocks(self.block_bytes)) {
                        Ok(Ok(blocks)) => {
                            let next = 0;
                            desk.give_back(Some(Reading { number, next, blocks }));
                            true
                        }
                        Ok(Err(whole)) => {
                            desk.give_back(None);
                            read_in_parts((number, 0), self.is_strict, &mut sifter, send, |parts| {
                                whole.read(parts);
                            })
                        }
                        Err(error) => {
                            desk.give_back(None);
                            let told = Told {
                                place: (number, 0),
                                part: Err(error),
                                is_last: true,
                            };
                            send(told)
                        }
                    }
                }
                Task::Read(mut reading) => {
                    let place = (reading.number, reading.next);
                    let block = reading.blocks.next_block(std::mem::take(&mut spare));
                    reading.next += 1;
                    let is_last = reading.blocks.is_over();
                    desk.give_back((!is_last).then_some(reading));
                    match block {
                        Some(block) if block.is_rest() => {
                            read_in_parts(place, true, &mut sifter, send, |parts| {
                                drop(block.read(true, parts));
                            })
                        }
                        block => {
                            let part = block.map(|block| self.sift(block, &mut sifter, &mut spare));
                            send(Told {
                                place,
                                part: Ok(part.unwrap_or_default()),
                                is_last,
                            })
                        }
                    }
                }
            };
            if !goes_on {
                break;
            }
        }
    }

    fn sift(&self, block: Block<'_>, sifter: &mut Sifter, spare: &mut Buffer) -> Part {
        let (lines, memory) = block.read(self.is_strict, sifter);
        *spare = memory;
        sifter.count_lines(lines);
        sifter.end_part()
    }
}

/// Reads a file that has no blocks, or what is left of one, in parts.
fn read_in_parts(
    place: Place,
    is_strict: bool,
    sifter: &mut Sifter,
    send: &mut dyn FnMut(Told) -> bool,
    read: impl FnOnce(&mut Parts<'_>),
) -> bool {
    let mut parts = Parts {
        place,
        is_strict,
        sifter,
        send,
        goes_on: true,
    };
    read(&mut parts);
    parts.end(true);
    parts.goes_on
}

/// Hands over what comes of a file, part by part.
struct Parts<'s> {
    place: Place,
    is_strict: bool,
    sifter: &'s mut Sifter,
    send: &'s mut dyn FnMut(Told) -> bool,
    goes_on: bool,
}

impl Parts<'_> {
    fn end(&mut self, is_last: bool) {
        let told = Told {
            place: self.place,
            part: Ok(self.sifter.end_part()),
            is_last,
        };
        self.place.1 += 1;
        self.goes_on &= (self.send)(told);
    }
}

impl Take for Parts<'_> {
    fn take(&mut self, item: Item<'_>) {
        let is_end = matches!(item, Item::Read(_));
        if matches!(item, Item::Member { .. }) {
            self.end(false);
        }
        self.sifter.take(item);
        if is_end || self.sifter.is_full() {
            self.end(false);
        }
    }

    fn is_no_record(&self, message: &[u8], is_escaped: bool) -> bool {
        !self.is_strict && self.sifter.is_no_record(message, is_escaped)
    }

    fn is_quick(&self) -> bool {
        !self.is_strict
    }

    fn pass_over(&mut self, at: Option<crate::vocab::Timestamp>) {
        self.sifter.pass_over(at);
    }

    fn take_escaped(&mut self, event: &crate::source::RawEvent<'_>) -> bool {
        self.sifter.take_escaped(event)
    }

    fn repaired(&mut self, lines: u64) {
        self.sifter.repaired(lines);
    }
}

impl<'a> Desk<'a> {
    fn new(files: &'a [Located]) -> Self {
        Self {
            work: Mutex::new(Work {
                files: files.iter().enumerate(),
                waiting: VecDeque::new(),
                taken: 0,
                is_closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Work<'a>> {
        // A thread that panicked ends the program as soon as all are joined.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next block of the first file that nobody is at, else the next file. None when nothing will come any more.
    fn task(&self) -> Option<Task<'a>> {
        let mut work = self.lock();
        loop {
            if work.is_closed {
                return None;
            }
            let task = match work.waiting.pop_front() {
                Some(reading) => Some(Task::Read(reading)),
                None => work.files.next().map(|(number, file)| Task::Open(number, file)),
            };
            match task {
                Some(task) => {
                    work.taken += 1;
                    return Some(task);
                }
                None if work.taken == 0 => return None,
                None => work = self.changed.wait(work).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Gives a file back of which somebody else may take the next block; none of one that has no more.
    fn give_back(&self, reading: Option<Reading<'a>>) {
        let mut work = self.lock();
        work.taken = work.taken.saturating_sub(1);
        if let Some(reading) = reading {
            let place = work
                .waiting
                .partition_point(|other| other.number < reading.number);
            work.waiting.insert(place, reading);
        }
        drop(work);
        self.changed.notify_all();
    }

    /// Nothing more is wanted.
    fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }
}

/// Takes parts in in their order.
struct InOrder<'a> {
    files: &'a [Located],
    assembler: Assembler,
    next: Place,
    early: BTreeMap<Place, Told>,
    listener: &'a mut dyn Listen,
    failure: Option<Error>,
}

/// Nothing more is wanted.
struct Stopped;

impl<'a> InOrder<'a> {
    fn new(files: &'a [Located], listener: &'a mut dyn Listen) -> Self {
        Self {
            files,
            assembler: Assembler::new(),
            next: (0, 0),
            early: BTreeMap::new(),
            listener,
            failure: None,
        }
    }

    fn take_all(&mut self, receiver: &Receiver<Told>) {
        for told in receiver {
            if self.take(told).is_err() {
                break;
            }
        }
    }

    fn take(&mut self, told: Told) -> Result<(), Stopped> {
        self.early.insert(told.place, told);
        while let Some(told) = self.early.remove(&self.next) {
            self.absorb(told)?;
        }
        Ok(())
    }

    fn absorb(&mut self, told: Told) -> Result<(), Stopped> {
        let (number, part_number) = told.place;
        let part = match told.part {
            Ok(part) => part,
            Err(error) => {
                self.failure = Some(error);
                return Err(Stopped);
            }
        };
        if part_number == 0 {
            let file = &self.files[number];
            self.assembler.begin_file(&file.path, file.argument);
        }
        let listener = &mut *self.listener;
        let found = self
            .assembler
            .absorb(part, &mut |rejected| listener.rejected(rejected));
        if let Some(found) = found {
            self.listener.read(&self.assembler.path(), &found);
        }
        self.next = if told.is_last {
            (number + 1, 0)
        } else {
            (number, part_number + 1)
        };
        Ok(())
    }

    fn finish(self) -> Result<Assembler, Error> {
        match self.failure {
            Some(error) => Err(error),
            None => Ok(self.assembler),
        }
    }
}
