//! A file that one thread must read, or what is left of one, is handed over part by part.

use super::batch::Batch;
use super::desk::Desk;
use super::intake::Intake;
use super::{Place, Told};
use crate::invocation::part::{Part, Sifter};
use crate::source::{Item, RawEvent, Take};
use crate::vocab::Timestamp;

/// Hands over what comes of a file, part by part.
pub(super) struct Parts<'s, 'a> {
    place: Place,
    is_strict: bool,
    is_shared: bool,
    sifter: &'s mut Sifter,
    desk: &'s Desk<'a>,
    /// What comes next, if it is put aside for others to parse; else it is parsed at once.
    batch: Option<Batch>,
    intake: &'s Intake<'a>,
    goes_on: bool,
}

impl<'s, 'a> Parts<'s, 'a> {
    /// Parts from this place on. If it `is_shared`, whoever is free parses them, else who reads.
    pub(super) fn new(
        place: Place,
        is_strict: bool,
        is_shared: bool,
        sifter: &'s mut Sifter,
        desk: &'s Desk<'a>,
        intake: &'s Intake<'a>,
    ) -> Self {
        Self {
            place,
            is_strict,
            is_shared,
            sifter,
            desk,
            batch: is_shared.then(|| desk.empty_batch()),
            intake,
            goes_on: true,
        }
    }

    /// Says that the file is over. Whether more is wanted.
    pub(super) fn finish(mut self) -> bool {
        self.end_part();
        self.tell(self.place, Part::default(), true);
        self.goes_on
    }

    fn end_part(&mut self) {
        if self.batch.as_ref().is_some_and(Batch::is_empty) {
            return;
        }
        let place = self.place;
        self.place.1 += 1;
        let waits = match &mut self.batch {
            Some(batch) if batch.is_worth_a_thread() => {
                let batch = std::mem::replace(batch, self.desk.empty_batch());
                self.desk.put_aside(place, batch)
            }
            batch => {
                if let Some(batch) = batch {
                    batch.sift(self.sifter);
                }
                let part = self.sifter.end_part();
                self.tell(place, part, false);
                self.desk.batch()
            }
        };
        // Nobody else may be free.
        if let Some((place, batch)) = waits {
            let part = sifted(batch, self.sifter, self.desk);
            self.tell(place, part, false);
        }
    }

    fn tell(&mut self, place: Place, part: Part, is_last: bool) {
        self.goes_on &= self.intake.take(Told::of(place, part, is_last));
    }
}

impl Take for Parts<'_, '_> {
    fn take(&mut self, item: Item<'_>) {
        if matches!(item, Item::Member { .. }) {
            self.end_part();
            if self.is_shared && self.batch.is_none() {
                self.batch = Some(self.desk.empty_batch());
            }
        }
        let is_end = matches!(item, Item::Read(_));
        let is_full = match &mut self.batch {
            Some(batch) => {
                batch.keep(item);
                batch.is_full()
            }
            None => {
                self.sifter.take(item);
                self.sifter.is_full()
            }
        };
        if is_end || is_full {
            self.end_part();
        }
    }

    fn is_no_record(&self, message: &[u8], is_escaped: bool) -> bool {
        !self.is_strict && self.sifter.is_no_record(message, is_escaped)
    }

    fn is_quick(&self) -> bool {
        !self.is_strict
    }

    fn pass_over(&mut self, at: Option<Timestamp>) {
        match &mut self.batch {
            Some(batch) => batch.pass_over(at),
            None => self.sifter.pass_over(at),
        }
    }

    fn take_escaped(&mut self, event: &RawEvent<'_>) -> bool {
        // Such events are parsed in less time than it takes to keep them, so that the rest of the file is parsed here.
        if self.batch.is_some() {
            self.end_part();
            self.batch = None;
        }
        self.sifter.take_escaped(event)
    }

    fn repaired(&mut self, lines: u64) {
        match &mut self.batch {
            Some(batch) => batch.repaired(lines),
            None => self.sifter.repaired(lines),
        }
    }
}

/// What the items of a batch tell.
pub(super) fn sifted(mut batch: Batch, sifter: &mut Sifter, desk: &Desk<'_>) -> Part {
    batch.sift(sifter);
    desk.keep_memory(batch);
    sifter.end_part()
}
