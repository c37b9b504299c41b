//! What a reader hands on, as text, for tests.

use super::event::{Item, Take};
use super::sink::Sink;

/// Runs a reader and shows each of its items: `Line(1) 2026-…Z message`, or why there is none.
pub(super) fn shown(read: impl FnOnce(&mut Sink<'_>)) -> Vec<String> {
    let mut seen = Vec::new();
    let mut take = |item: Item<'_>| match item {
        Item::Event(event) => {
            let at = event.at.map(|at| format!("{at} ")).unwrap_or_default();
            seen.push(format!("{:?} {at}{}", event.place, event.message));
        }
        Item::Rejected { place, reason } => seen.push(format!("{place:?} rejected: {reason}")),
        Item::Member { .. } | Item::Read(_) => {}
    };
    read(&mut Sink::new(&mut take, None));
    seen
}

/// Shows all that it takes, and says whether it may be read quickly.
pub(super) struct Shown(pub(super) Vec<String>, pub(super) bool);

impl Take for Shown {
    fn take(&mut self, item: Item<'_>) {
        self.0.push(format!("{item:?}"));
    }

    fn is_quick(&self) -> bool {
        self.1
    }
}
