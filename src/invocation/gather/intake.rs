//! Parts that threads hand over in any order are taken in in that of the input, by whoever finds nobody at it.

use std::mem::take;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use super::in_order::InOrder;
use super::{Listen, Told, lock};
use crate::invocation::assemble::Assembler;
use crate::source::{Error, Located};

/// Where threads hand parts over.
pub(super) struct Intake<'a> {
    waiting: Mutex<Vec<Told>>,
    order: Mutex<InOrder<'a>>,
    /// Nothing more is wanted.
    is_stopped: AtomicBool,
    /// How many parts may wait before whoever brings another waits, too.
    most_waiting: usize,
}

impl<'a> Intake<'a> {
    pub(super) fn new(files: &'a [Located], listener: &'a mut (dyn Listen + Send), threads: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            order: Mutex::new(InOrder::new(files, listener)),
            is_stopped: AtomicBool::new(false),
            most_waiting: 4 * threads,
        }
    }

    /// Takes a part. Whether more is wanted.
    pub(super) fn take(&self, told: Told) -> bool {
        let is_many = {
            let mut waiting = lock(&self.waiting);
            waiting.push(told);
            waiting.len() > self.most_waiting
        };
        let order = match self.order.try_lock() {
            Ok(order) => Some(order),
            Err(TryLockError::Poisoned(order)) => Some(order.into_inner()),
            // What is brought while somebody ends waits for the next part, or for the end.
            Err(TryLockError::WouldBlock) => is_many.then(|| lock(&self.order)),
        };
        if let Some(mut order) = order {
            self.take_waiting(&mut order);
        }
        !self.is_stopped.load(Ordering::Relaxed)
    }

    /// Takes in what waits, and what comes meanwhile.
    fn take_waiting(&self, order: &mut InOrder<'a>) {
        loop {
            let waiting = take(&mut *lock(&self.waiting));
            if waiting.is_empty() || self.is_stopped.load(Ordering::Relaxed) {
                return;
            }
            for told in waiting {
                if order.take(told).is_err() {
                    return self.is_stopped.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    /// What all parts told.
    ///
    /// # Errors
    /// If a file could not be opened.
    pub(super) fn finish(self) -> Result<Assembler, Error> {
        self.take_waiting(&mut lock(&self.order));
        self.order
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .finish()
    }
}
