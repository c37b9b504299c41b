//! What a reader finds in a file without blocks, put aside for whoever is free to parse it.

use std::borrow::Cow;

use crate::invocation::collect::Span;
use crate::invocation::part::Sifter;
use crate::source::{Found, Item, RawEvent, Take};
use crate::vocab::{Place, Timestamp};

/// Items in their order, with the texts of all of them in one.
#[derive(Debug, Default)]
pub(super) struct Batch {
    texts: String,
    items: Vec<Kept>,
    /// The file in an archive that begins with it.
    member: Option<String>,
    /// What the file was, which ends with it.
    found: Option<Found>,
    /// How many events were passed over.
    passed: u64,
    /// When these were.
    span: Option<Span>,
    repaired_lines: u64,
}

/// An item whose texts are those that follow those of the items before it.
#[derive(Debug)]
enum Kept {
    Event {
        place: Place,
        at: Option<Timestamp>,
        event_id: Option<usize>,
        log_group: Option<usize>,
        log_stream: Option<usize>,
        message: usize,
        is_row: bool,
    },
    Rejected {
        place: Place,
        reason: Cow<'static, str>,
    },
}

/// A batch of so many bytes is worth a thread.
const FULL_BYTES: usize = 1 << 18;

/// As [`FULL_BYTES`], of items.
const FULL_ITEMS: usize = 1 << 12;

/// To hand over a batch of fewer bytes and items takes longer than to parse it. This part of a full one is worth it.
const WORTH_PART: usize = 64;

/// Memory of more bytes is not used again: a text may have been very long.
const LARGE_BYTES: usize = 4 * FULL_BYTES;

impl Batch {
    /// Whether so much has come together that it is worth being handed over.
    pub(super) fn is_full(&self) -> bool {
        self.texts.len() >= FULL_BYTES || self.items.len() >= FULL_ITEMS
    }

    /// Whether nothing was kept.
    pub(super) fn is_empty(&self) -> bool {
        let is_begun = self.member.is_some() || self.found.is_some();
        !is_begun && self.items.is_empty() && self.passed == 0 && self.repaired_lines == 0
    }

    /// Whether it is worth being handed over.
    pub(super) fn is_worth_a_thread(&self) -> bool {
        self.texts.len() >= FULL_BYTES / WORTH_PART || self.items.len() >= FULL_ITEMS / WORTH_PART
    }

    /// Keeps an item. A file in an archive begins a batch.
    pub(super) fn keep(&mut self, item: Item<'_>) {
        match item {
            Item::Event(event) => self.event(&event),
            Item::Rejected { place, reason } => self.items.push(Kept::Rejected { place, reason }),
            Item::Member { name } => self.member = Some(name),
            Item::Read(found) => self.found = Some(found),
        }
    }

    fn event(&mut self, event: &RawEvent<'_>) {
        let mut keep = |text: &str| {
            self.texts.push_str(text);
            text.len()
        };
        let kept = Kept::Event {
            place: event.place,
            at: event.at,
            event_id: event.event_id.as_deref().map(&mut keep),
            log_group: event.log_group.as_deref().map(&mut keep),
            log_stream: event.log_stream.as_deref().map(&mut keep),
            message: keep(&event.message),
            is_row: event.is_row,
        };
        self.items.push(kept);
    }

    /// As [`Take::pass_over`].
    pub(super) fn pass_over(&mut self, at: Option<Timestamp>) {
        self.passed += 1;
        if let Some(at) = at {
            Span::widen(&mut self.span, at);
        }
    }

    /// As [`Take::repaired`].
    pub(super) fn repaired(&mut self, lines: u64) {
        self.repaired_lines += lines;
    }

    /// Hands everything on as the reader would have, and is empty then.
    pub(super) fn sift(&mut self, sifter: &mut Sifter) {
        if let Some(name) = self.member.take() {
            sifter.take(Item::Member { name });
        }
        let mut rest = self.texts.as_str();
        let mut text = |length: usize| {
            debug_assert!(length <= rest.len(), "lengths are those of the texts");
            let (text, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            rest = behind;
            Cow::Borrowed(text)
        };
        for kept in self.items.drain(..) {
            sifter.take(match kept {
                Kept::Event {
                    place,
                    at,
                    event_id,
                    log_group,
                    log_stream,
                    message,
                    is_row,
                } => Item::Event(RawEvent {
                    place,
                    at,
                    event_id: event_id.map(&mut text),
                    log_group: log_group.map(&mut text),
                    log_stream: log_stream.map(&mut text),
                    message: text(message),
                    is_row,
                }),
                Kept::Rejected { place, reason } => Item::Rejected { place, reason },
            });
        }
        sifter.passed_over(std::mem::take(&mut self.passed), self.span.take());
        sifter.repaired(std::mem::take(&mut self.repaired_lines));
        if let Some(found) = self.found.take() {
            sifter.take(Item::Read(found));
        }
        self.texts.clear();
        self.texts.shrink_to(LARGE_BYTES);
    }
}
