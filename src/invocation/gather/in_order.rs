//! Parts that threads hand over in any order are taken in in that of the input.

use std::collections::BTreeMap;

use super::{Listen, Place, Told};
use crate::invocation::assemble::Assembler;
use crate::source::{Error, Located};

/// Takes parts in in their order.
pub(super) struct InOrder<'a> {
    files: &'a [Located],
    assembler: Assembler,
    next: Place,
    early: BTreeMap<Place, Told>,
    listener: &'a mut (dyn Listen + Send),
    failure: Option<Error>,
}

/// Nothing more is wanted.
pub(super) struct Stopped;

impl<'a> InOrder<'a> {
    pub(super) fn new(files: &'a [Located], listener: &'a mut (dyn Listen + Send)) -> Self {
        Self {
            files,
            assembler: Assembler::new(),
            next: (0, 0),
            early: BTreeMap::new(),
            listener,
            failure: None,
        }
    }

    pub(super) fn take(&mut self, told: Told) -> Result<(), Stopped> {
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

    pub(super) fn finish(self) -> Result<Assembler, Error> {
        match self.failure {
            Some(error) => Err(error),
            None => Ok(self.assembler),
        }
    }
}
