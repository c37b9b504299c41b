//! What a reader hands on, as text, for tests.

use super::event::{Item, RawEvent, Take};
use super::sink::Sink;
use crate::vocab::Timestamp;

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

/// Shows when the events were whose messages begin with such a letter, and all of what others tell.
pub(super) struct Passing(pub(super) Shown, pub(super) char);

impl Take for Passing {
    fn take(&mut self, item: Item<'_>) {
        match item {
            Item::Event(event) if event.message.starts_with(self.1) => self.pass_over(event.at),
            item => self.0.take(item),
        }
    }

    fn is_quick(&self) -> bool {
        self.0.is_quick()
    }

    fn is_no_record(&self, message: &[u8], _: bool) -> bool {
        message.first().copied().map(char::from) == Some(self.1)
    }

    fn take_escaped(&mut self, event: &RawEvent<'_>) -> bool {
        let text = format!("\"{}\"", event.message);
        match serde_json::from_str::<String>(&text) {
            Ok(message) if event.event_id.is_some() => {
                let message = message.into();
                self.take(Item::Event(RawEvent {
                    message,
                    ..event.clone()
                }));
                true
            }
            _ => false,
        }
    }

    fn pass_over(&mut self, at: Option<Timestamp>) {
        self.0.0.push(format!("passed over {at:?}"));
    }
}
