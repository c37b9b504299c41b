//! Where the values of an event stand in its line, while they are as long as those of lines before it: nothing is looked for.

use memchr::memmem::Finder;

use super::shape_of_event::{CutEvent, EventShape, VALUES, Values, is_end_of_message};

/// Cuts lines of one shape.
#[derive(Debug)]
pub(super) struct EventCutter {
    shape: EventShape,
    /// Finds what stands behind a message.
    behind_message: Finder<'static>,
    layouts: Vec<Layout>,
    /// Which of them gives way to the next.
    oldest: usize,
    /// How many more lines had none of these layouts than had one, since the last was learnt.
    missed: u32,
}

/// So many lengths of values are known at once: as streams of different versions of a function have.
const LAYOUTS: usize = 4;

/// After so many lines in vain another layout is learnt: to learn one takes as long as to cut a few lines without.
const PATIENCE: u32 = 64;

/// What stands around a message is not learnt by heart if it is longer.
const LONGEST_BYTES: usize = 1024;

impl EventCutter {
    pub(super) fn new(shape: EventShape) -> Self {
        Self {
            behind_message: Finder::new(shape.behind_message()).into_owned(),
            shape,
            layouts: Vec::new(),
            oldest: 0,
            missed: 0,
        }
    }

    /// Cuts a line as [`EventShape::cut`] does.
    #[inline]
    pub(super) fn cut<'a>(&mut self, line: &'a [u8]) -> Option<CutEvent<'a>> {
        let known = self.layouts.iter().find_map(|layout| layout.values(line));
        match known {
            Some(values) => {
                self.missed = self.missed.saturating_sub(1);
                CutEvent::of(&values)
            }
            None => self.search(line),
        }
    }

    /// Cuts the event that bytes begin with, and how many of them are its own, if its values are as long as those of others
    /// were. Whoever takes it must see to its message being one text without line breaks: then nothing else can end it.
    #[inline]
    pub(super) fn cut_first<'a>(&self, bytes: &'a [u8]) -> Option<(CutEvent<'a>, usize)> {
        self.layouts.iter().find_map(|layout| {
            let message = layout.head.bytes.len();
            // Most others are told from it without a search.
            if !layout.head.is_like(bytes.get(..message)?) {
                return None;
            }
            let tail = message + self.behind_message.find(&bytes[message..])?;
            let line = bytes.get(..tail + layout.tail.bytes.len())?;
            Some((CutEvent::of(&layout.values(line)?)?, line.len()))
        })
    }

    #[cold]
    fn search<'a>(&mut self, line: &'a [u8]) -> Option<CutEvent<'a>> {
        let values = self.shape.values(line)?;
        let event = CutEvent::of(&values)?;
        self.missed += 1;
        if self.layouts.len() < LAYOUTS || self.missed > PATIENCE {
            self.learn(line, &values);
        }
        Some(event)
    }

    fn learn(&mut self, line: &[u8], values: &Values<'_>) {
        self.missed = 0;
        let Some(layout) = Layout::of(line, values).filter(Layout::is_short) else {
            return;
        };
        match self.layouts.get_mut(self.oldest) {
            Some(oldest) => *oldest = layout,
            None => self.layouts.push(layout),
        }
        self.oldest = (self.oldest + 1) % LAYOUTS;
    }
}

/// Where values stand.
#[derive(Debug)]
struct Layout {
    /// What stands before the message.
    head: Side,
    /// What stands behind it, its quote first.
    tail: Side,
    spans: [Option<Span>; VALUES],
}

/// Where a value stands on its side of the message.
#[derive(Debug, Clone, Copy)]
struct Span {
    is_in_tail: bool,
    begin: usize,
    end: usize,
}

/// A text in which values stand.
#[derive(Debug, Default)]
struct Side {
    bytes: Vec<u8>,
    /// [`u8::MAX`] where a value stands, else nothing.
    is_value: Vec<u8>,
}

impl Layout {
    /// The layout of a line with these values.
    fn of(line: &[u8], values: &Values<'_>) -> Option<Self> {
        let place = |value: &[u8]| (value.as_ptr() as usize).checked_sub(line.as_ptr() as usize);
        let head_end = place(values.message)?;
        let tail_begin = head_end + values.message.len();
        let mut layout = Self {
            head: Side::of(line.get(..head_end)?),
            tail: Side::of(line.get(tail_begin..)?),
            spans: [None; VALUES],
        };
        for (span, value) in layout.spans.iter_mut().zip(values.others) {
            let Some(value) = value else { continue };
            let begin = place(value)?;
            let is_in_tail = begin >= tail_begin;
            let (side, begin) = match is_in_tail {
                true => (&mut layout.tail, begin - tail_begin),
                false => (&mut layout.head, begin),
            };
            let end = begin + value.len();
            side.is_value.get_mut(begin..end)?.fill(u8::MAX);
            *span = Some(Span {
                is_in_tail,
                begin,
                end,
            });
        }
        Some(layout)
    }

    fn is_short(&self) -> bool {
        self.head.bytes.len() + self.tail.bytes.len() <= LONGEST_BYTES
    }

    /// The values of a line, if they stand in these places.
    #[inline]
    fn values<'a>(&self, line: &'a [u8]) -> Option<Values<'a>> {
        let (head, rest) = line.split_at_checked(self.head.bytes.len())?;
        let (message, tail) = rest.split_at_checked(rest.len().checked_sub(self.tail.bytes.len())?)?;
        if !self.head.is_like(head) || !self.tail.is_like(tail) || !is_end_of_message(message) {
            return None;
        }
        let value = |span: Option<Span>| {
            let span = span?;
            let side = if span.is_in_tail { tail } else { head };
            side.get(span.begin..span.end)
        };
        Some(Values {
            others: self.spans.map(value),
            message,
        })
    }
}

impl Side {
    fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            is_value: vec![0; bytes.len()],
        }
    }

    /// Whether a text of the same length is the same but for values, which hold nothing that ends or escapes.
    #[inline]
    fn is_like(&self, text: &[u8]) -> bool {
        let (Some(last), Some(last_known), Some(last_mask)) = (
            text.last_chunk(),
            self.bytes.last_chunk(),
            self.is_value.last_chunk(),
        ) else {
            let known = self.bytes.iter().zip(&self.is_value);
            return text
                .iter()
                .zip(known)
                .all(|(byte, (known, is_value))| fault(*byte, *known, *is_value) == 0);
        };
        // Where values are of other lengths, something else stands at the end.
        let mut faults = [0; LANE];
        add_faults(&mut faults, last, last_known, last_mask);
        if faults != [0; LANE] {
            return false;
        }
        // To look at every byte is quicker than to stop at the first. What is left behind whole lanes is in the last one.
        let known = self.bytes.as_chunks().0.iter().zip(self.is_value.as_chunks().0);
        for (text, (known, is_value)) in text.as_chunks().0.iter().zip(known) {
            add_faults(&mut faults, text, known, is_value);
        }
        faults == [0; LANE]
    }
}

/// So many bytes are compared at a time.
const LANE: usize = 16;

/// Adds the faults of several bytes, each to those of the same place.
#[inline]
fn add_faults(faults: &mut [u8; LANE], text: &[u8; LANE], known: &[u8; LANE], is_value: &[u8; LANE]) {
    for at in 0..LANE {
        faults[at] |= fault(text[at], known[at], is_value[at]);
    }
}

/// 0 for a byte that is as known, or is any byte of a value that is neither quote nor escape.
#[inline]
fn fault(byte: u8, known: u8, is_value: u8) -> u8 {
    // Bit 1 turned over makes the quote the next byte behind the control characters.
    let small = (b' ' + 1).saturating_sub(byte ^ 2);
    let backslash = if byte == b'\\' { u8::MAX } else { 0 };
    ((byte ^ known) & !is_value) | ((small | backslash) & is_value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::json::unescape::is_bare;

    const LINES: [&str; 3] = [
        r#"{"eventId":"39179516520028402482594896912953738513201936692500000002","ingestionTime":1795165200478,"logStreamName":"2026/11/20/[7]ee64","message":"{\"a\":\"é\"}\n","timestamp":1795165200284}"#,
        r#"{"message":"a\\","eventId":"391","logGroupName":"g","logStreamName":"s","timestamp":1795165200065}"#,
        r#"{"timestamp":1795165200065, "logStreamName":"s", "eventId":"391", "message":"a\n"}"#,
    ];

    /// A cutter that has met lines of these lengths.
    fn cutter(line: &str) -> EventCutter {
        let mut cutter = EventCutter::new(EventShape::of(line.as_bytes()).unwrap());
        for stream in ["", "0123", "01234567"] {
            let line = line.replace("\"logStreamName\":\"", &format!("\"logStreamName\":\"{stream}"));
            assert!(cutter.cut(line.as_bytes()).is_some());
        }
        cutter
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

        #[test]
        fn a_layout_cuts_as_its_shape(
            line in proptest::sample::select(&LINES[..]),
            at in 0_usize..250,
            length in 0_usize..3,
            with in "[\"\\\\,:}{0-9a\u{1}é]{0,3}",
            is_twice in any::<bool>(),
        ) {
            let mut cutter = cutter(line);
            let (before, behind) = line.as_bytes().split_at(at.min(line.len()));
            let mut other = [before, with.as_bytes(), behind.get(length..).unwrap_or_default()].concat();
            if is_twice {
                // In the middle of the message, as of a line that has lost its end.
                other.extend_from_slice(line.as_bytes());
            }
            let cut = cutter.shape.cut(&other);
            prop_assert_eq!(cutter.cut(&other), cut);
            // Now that it was met.
            prop_assert_eq!(cutter.cut(&other), cut);
        }
    }

    #[test]
    fn of_a_value_any_byte_is_right_that_stands_there_as_it_is() {
        for byte in 0..=u8::MAX {
            assert_eq!(fault(byte, 0, u8::MAX) == 0, is_bare(byte), "{byte}");
            assert_eq!(fault(byte, b'a', 0) == 0, byte == b'a', "{byte}");
        }
    }

    #[test]
    fn the_first_of_several_events_is_cut_once_others_were() {
        for line in LINES {
            let cutter = cutter(line);
            let one = cutter.shape.cut(line.as_bytes()).map(|event| (event, line.len()));
            assert!(one.is_some());
            for behind in ["", ",", "]}", ",\n{\"eventId\":\"4\"}", line] {
                let bytes = format!("{line}{behind}");
                assert_eq!(cutter.cut_first(bytes.as_bytes()), one, "{bytes}");
            }
            for cut in [1, 5, line.len() / 2] {
                assert_eq!(cutter.cut_first(&line.as_bytes()[..line.len() - cut]), None);
            }
            assert_eq!(EventCutter::new(cutter.shape).cut_first(line.as_bytes()), None);
        }
    }

    #[test]
    fn what_comes_often_is_learnt() {
        let line = |stream: &str| LINES[1].replace("\"s\"", &format!("\"{stream}\""));
        let mut cutter = cutter(LINES[1]);
        for length in 0..20 {
            let line = line(&"s".repeat(length));
            let line = line.as_bytes();
            for _ in 0..=PATIENCE {
                assert_eq!(cutter.cut(line), cutter.shape.cut(line));
            }
            assert!(
                cutter.layouts.iter().any(|layout| layout.values(line).is_some()),
                "{length}"
            );
            assert!(cutter.layouts.len() <= LAYOUTS);
        }
        let long = line(&"s".repeat(LONGEST_BYTES));
        for _ in 0..=2 * PATIENCE {
            assert_eq!(cutter.cut(long.as_bytes()), cutter.shape.cut(long.as_bytes()));
        }
        assert!(cutter.layouts.iter().all(Layout::is_short));
    }

    #[test]
    fn of_more_lengths_than_there_is_room_for_some_are_kept() {
        let lines: Vec<String> = (0..=LAYOUTS)
            .map(|length| LINES[1].replace("\"s\"", &format!("\"{}\"", "s".repeat(length))))
            .collect();
        let mut cutter = EventCutter::new(EventShape::of(lines[0].as_bytes()).unwrap());
        let mut known = 0;
        for line in lines.iter().cycle().take(1_000) {
            known += usize::from(
                cutter
                    .layouts
                    .iter()
                    .any(|layout| layout.values(line.as_bytes()).is_some()),
            );
            assert!(cutter.cut(line.as_bytes()).is_some());
        }
        assert_eq!(known, 1_000 * LAYOUTS / lines.len() - LAYOUTS);
    }
}
