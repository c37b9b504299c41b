//! Where one JSON value ends, told by strings and brackets alone.

/// Arrays under these keys of an object are entered, so that a document of any length is read one element
/// at a time.
pub(super) const ENTERED: [&str; 4] = ["events", "results", "Events", "Results"];

/// How a value ended.
#[derive(Clone, Copy)]
pub(super) enum Ended {
    Whole,
    TooLong,
    EntersArray,
    InsideString,
    Cut,
}

/// How many blanks stand there in whole words: most of what stands between the values of a document that is indented.
#[inline]
pub(super) fn indentation(bytes: &[u8]) -> usize {
    const WORD: [u8; 4] = [b' '; 4];
    let words = bytes.as_chunks().0.iter();
    words.take_while(|word| **word == WORD).count() * WORD.len()
}

/// Finds the end of one value, block by block.
pub(super) struct Cutter {
    depth: u64,
    in_string: bool,
    is_escaped: bool,
    is_scalar: bool,
    enters: bool,
    /// Whether a string at depth 1 would be a key.
    awaits_key: bool,
    /// The key that is being read, as far as it may still be one of [`ENTERED`].
    key: Option<Vec<u8>>,
    /// Whether the value of an entered key comes next.
    is_entering: bool,
}

impl Cutter {
    pub(super) fn new(depth: u64, enters: bool) -> Self {
        Self {
            depth,
            in_string: false,
            is_escaped: false,
            is_scalar: false,
            enters,
            awaits_key: false,
            key: None,
            is_entering: false,
        }
    }

    /// Whether what was read so far is a number or a word, which the end of the input ends.
    pub(super) fn is_scalar(&self) -> bool {
        self.is_scalar
    }

    /// How much of the block belongs to the value, and how the value ended if it did.
    pub(super) fn cut(&mut self, block: &[u8]) -> (usize, Option<Ended>) {
        let mut at = 0;
        while at < block.len() {
            if self.in_string {
                match self.string(block, at) {
                    (next, None) => at = next,
                    (next, ended) => return (next, ended),
                }
                continue;
            }
            let byte = block[at];
            match byte {
                b'"' => {
                    self.in_string = true;
                    self.key = (self.enters && self.depth == 1 && self.awaits_key).then(Vec::new);
                    self.awaits_key = false;
                }
                b'{' | b'[' => {
                    if byte == b'[' && self.is_entering && self.depth == 1 {
                        return (at + 1, Some(Ended::EntersArray));
                    }
                    self.depth += 1;
                    self.awaits_key = byte == b'{' && self.depth == 1;
                    self.is_entering = false;
                }
                b'}' | b']' => {
                    // A bracket that closes nothing ends a scalar, and belongs to what stands around.
                    if self.depth == 0 {
                        return (at, Some(Ended::Whole));
                    }
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, Some(Ended::Whole));
                    }
                }
                b',' if self.depth == 0 => return (at, Some(Ended::Whole)),
                b',' => {
                    self.awaits_key = self.depth == 1;
                    self.is_entering = false;
                }
                byte if byte.is_ascii_whitespace() => {
                    if self.depth == 0 && self.is_scalar {
                        return (at, Some(Ended::Whole));
                    }
                    at += indentation(&block[at + 1..]);
                }
                b':' if self.depth > 0 => {}
                _ => {
                    self.is_scalar |= self.depth == 0;
                    self.is_entering = false;
                }
            }
            at += 1;
        }
        (at, None)
    }

    /// Reads on inside a string, from `at`.
    fn string(&mut self, block: &[u8], at: usize) -> (usize, Option<Ended>) {
        let mut at = at;
        while at < block.len() {
            if self.is_escaped {
                self.is_escaped = false;
                self.key = None;
                at += 1;
                continue;
            }
            let Some(stop) = memchr::memchr3(b'"', b'\\', b'\n', &block[at..]) else {
                self.extend_key(&block[at..]);
                return (block.len(), None);
            };
            self.extend_key(&block[at..at + stop]);
            at += stop + 1;
            match block[at - 1] {
                b'\\' => self.is_escaped = true,
                b'"' => {
                    self.in_string = false;
                    self.is_entering = self
                        .key
                        .take()
                        .is_some_and(|key| ENTERED.iter().any(|entered| entered.as_bytes() == key));
                    let ended = (self.depth == 0).then_some(Ended::Whole);
                    return (at, ended);
                }
                // The line break is left for whoever counts lines.
                _ => return (at - 1, Some(Ended::InsideString)),
            }
        }
        (at, None)
    }

    fn extend_key(&mut self, piece: &[u8]) {
        let Some(key) = &mut self.key else { return };
        key.extend_from_slice(piece);
        if key.len() > 16 {
            self.key = None;
        }
    }
}
