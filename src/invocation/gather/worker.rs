//! What a thread does.

use std::sync::Arc;

use super::desk::{Ahead, Desk, Held, Reading, Task};
use super::intake::Intake;
use super::parts::{Parts, sifted};
use super::{Gathering, Place, Told};
use crate::invocation::part::{Part, Sifter};
use crate::parse::Parser;
use crate::source::{Block, Located, Take, open};

/// A thread that does what lies on the desk.
pub(super) struct Worker<'w, 'a> {
    gathering: &'a Gathering<'a>,
    desk: &'w Desk<'a>,
    sifter: Sifter,
    /// Takes what comes of it.
    intake: &'w Intake<'a>,
}

impl<'w, 'a> Worker<'w, 'a> {
    pub(super) fn new(
        gathering: &'a Gathering<'a>,
        desk: &'w Desk<'a>,
        intake: &'w Intake<'a>,
        parser: &Arc<Parser>,
    ) -> Self {
        Self {
            gathering,
            desk,
            sifter: Sifter::new(Arc::clone(parser))
                .reading_quickly(!gathering.is_strict)
                .keeping_times_only(gathering.is_times_only),
            intake,
        }
    }

    /// Works until there is nothing more to do, or nothing more is wanted.
    pub(super) fn run(&mut self) {
        while let Some(task) = self.desk.task() {
            let _held = Held(self.desk);
            let goes_on = match task {
                Task::Sift(place, batch) => {
                    let part = sifted(batch, &mut self.sifter, self.desk);
                    self.intake.take(Told::of(place, part, false))
                }
                Task::Open(number, file) => self.open(number, file),
                Task::Read(reading) => self.read(reading),
                Task::Parse(Ahead { place, block }) => {
                    let part = self.parse(block);
                    self.intake.take(Told::of(place, part, false))
                }
            };
            if !goes_on {
                return self.desk.close();
            }
        }
    }

    /// Opens a file, and reads its first block, or all of it if it has none. Whether more is wanted.
    fn open(&mut self, number: usize, file: &'a Located) -> bool {
        let gathering = self.gathering;
        let opened = open(&file.path, file.is_verified, gathering.tell_bytes);
        match opened.map(|opened| opened.into_blocks(gathering.block_bytes)) {
            Ok(Ok(blocks)) => self.read(Reading {
                number,
                next: 0,
                blocks,
            }),
            Ok(Err(whole)) => self.in_parts((number, 0), gathering.is_strict, |parts| whole.read(parts)),
            Err(error) => {
                self.desk.give_back(None);
                self.intake.take(Told {
                    place: (number, 0),
                    part: Err(error),
                    is_last: true,
                })
            }
        }
    }

    /// Reads the next block of a file, and those behind it that others are to parse. Whether more is wanted.
    fn read(&mut self, mut reading: Reading<'a>) -> bool {
        loop {
            let place = (reading.number, reading.next);
            let mut block = reading.blocks.next_block(self.desk.empty_buffer());
            reading.next += 1;
            let is_last = reading.blocks.is_over();
            if let Some(block) = block.take_if(|block| block.is_rest()) {
                let is_strict = self.gathering.is_strict;
                return self.in_parts(place, is_strict, |parts| drop(block.read(is_strict, parts)));
            }
            if !is_last
                && reading.blocks.is_packed()
                && let Some(read) = block.take()
            {
                let ahead = Ahead { place, block: read };
                match self.desk.put_ahead(ahead) {
                    None => continue,
                    Some(ahead) => block = Some(ahead.block),
                }
            }
            self.desk.give_back((!is_last).then_some(reading));
            let part = block.map_or_else(Part::default, |block| self.parse(block));
            return self.intake.take(Told::of(place, part, is_last));
        }
    }

    /// What a block tells.
    fn parse(&mut self, block: Block<'_>) -> Part {
        let (lines, memory) = block.read(self.gathering.is_strict, &mut self.sifter);
        self.desk.keep_buffer(memory);
        self.sifter.count_lines(lines);
        self.sifter.end_part()
    }

    /// Reads what one thread must read, part by part. Whether more is wanted.
    fn in_parts(&mut self, place: Place, is_strict: bool, read: impl FnOnce(&mut dyn Take)) -> bool {
        let is_shared = self.gathering.threads > 1;
        let mut parts = Parts::new(
            place,
            is_strict,
            is_shared,
            &mut self.sifter,
            self.desk,
            self.intake,
        );
        read(&mut parts);
        let goes_on = parts.finish();
        // Until now something could be put aside.
        self.desk.give_back(None);
        goes_on
    }
}
