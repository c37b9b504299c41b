//! Timing records that are written like those before them: the same keys in the same order, and many of the same values.
//!
//! What stands between the values that differ is compared as a whole instead of being read. What is not so is read field by
//! field, and what is read here is what would be read so, which a test holds.

use latscope_schema::TimingRecord;

use super::flat_values::Cursor;
use super::timing_flat::{self, Kind, WRITTEN, field, is_of_times, key, kind_of, put_text};
use crate::vocab::behind;

/// What timing records have looked like.
#[derive(Debug)]
pub struct TimingMemory {
    pub(super) is_times_only: bool,
    usual: Option<Usual>,
    /// How many more records were not like it than were, since it was last looked at.
    missed: u32,
    /// How often it was looked at.
    looked: u32,
}

/// The first records tell most of what differs.
const FIRST: u32 = 16;

/// After so many records in vain more are looked at: to look at one takes as long as to read several.
const PATIENCE: u32 = 64;

/// How a record usually is.
#[derive(Debug)]
struct Usual {
    is_escaped: bool,
    is_times_only: bool,
    /// A record.
    text: String,
    /// Where its values stand.
    values: Vec<Value>,
    /// The numbers of the keys whose values differ, a bit each.
    differing: u32,
    /// The same of those whose values differ in length.
    of_differing_length: u32,
    /// Its text by what is compared at once.
    runs: Vec<Run>,
}

/// A value in a text, with its quotes.
#[derive(Debug, Clone, Copy)]
struct Value {
    /// Of its key.
    number: usize,
    begin: usize,
    end: usize,
}

/// What stands before a value that differs, or behind the last.
#[derive(Debug)]
struct Run {
    text: Box<str>,
    /// The values in it, and the one behind it.
    values: Vec<Next>,
}

/// A value that is read.
#[derive(Debug)]
struct Next {
    /// From the end of the one before it, or from where its run begins.
    distance: usize,
    /// Of its key.
    number: usize,
    how: How,
}

/// How a value is read.
#[derive(Debug, Clone, Copy)]
enum How {
    /// As a value of its key.
    Field,
    /// As a text that has always been so many bytes long, without its quotes.
    TextOfLength(usize),
    /// As a text, a whole number or any number that nobody asks for.
    Text,
    Whole,
    Decimal,
}

impl TimingMemory {
    /// Where it `is_times_only`, nothing but times is kept of a call.
    pub fn new(is_times_only: bool) -> Self {
        Self {
            is_times_only,
            usual: None,
            missed: 0,
            looked: 0,
        }
    }

    /// Reads a record of our own schema into one that is empty, as it is or, where it `is_escaped`, as it stands inside a JSON
    /// text. `None` if it is to be read by a parser; then `record` holds nothing of use.
    #[inline]
    pub(super) fn read<'a>(
        &mut self,
        json: &'a str,
        is_escaped: bool,
        record: &mut TimingRecord<'a>,
    ) -> Option<()> {
        if let Some(usual) = &self.usual
            && usual.is_escaped == is_escaped
        {
            let read = match is_escaped {
                true => usual.read::<true>(json, record),
                false => usual.read::<false>(json, record),
            };
            if read.is_some() {
                self.missed = self.missed.saturating_sub(1);
                return Some(());
            }
            *record = TimingRecord::new("");
        }
        match is_escaped {
            true => timing_flat::read::<true>(json, record)?,
            false => timing_flat::read::<false>(json, record)?,
        }
        self.miss(json, is_escaped);
        Some(())
    }

    /// Takes note of a record that is not like the usual one.
    fn miss(&mut self, json: &str, is_escaped: bool) {
        self.missed += 1;
        if self.looked >= FIRST && self.missed <= PATIENCE {
            return;
        }
        let values = match is_escaped {
            true => values::<true>(json),
            false => values::<false>(json),
        };
        let Some(values) = values else { return };
        self.looked += 1;
        let has_keys = |usual: &&mut Usual| usual.is_escaped == is_escaped && usual.has_keys_of(&values);
        let is_told = match self.usual.as_mut().filter(has_keys) {
            Some(usual) => usual.differ_from(json, &values),
            None => false,
        };
        if !is_told {
            // It is of another kind, or ends otherwise.
            if self.usual.is_some() && self.missed <= PATIENCE {
                return;
            }
            self.usual = Some(Usual::of(json, (is_escaped, self.is_times_only), values));
        }
        self.missed = 0;
    }
}

impl Usual {
    fn of(json: &str, (is_escaped, is_times_only): (bool, bool), values: Vec<Value>) -> Self {
        let mut usual = Self {
            is_escaped,
            is_times_only,
            text: json.to_owned(),
            values,
            differing: 0,
            of_differing_length: 0,
            runs: Vec::new(),
        };
        usual.part();
        usual
    }

    fn has_keys_of(&self, values: &[Value]) -> bool {
        let numbers = |values: &[Value]| values.iter().map(|value| value.number).collect::<Vec<_>>();
        numbers(&self.values) == numbers(values)
    }

    /// Takes note of what differs in a record of the same keys. Whether that was not known.
    fn differ_from(&mut self, json: &str, values: &[Value]) -> bool {
        let known = (self.differing, self.of_differing_length);
        for (own, other) in self.values.iter().zip(values) {
            let (own_text, other_text) = (
                self.text.get(own.begin..own.end),
                json.get(other.begin..other.end),
            );
            self.differing |= u32::from(own_text != other_text) << own.number;
            let lengths = (own.end - own.begin, other.end - other.begin);
            self.of_differing_length |= u32::from(lengths.0 != lengths.1) << own.number;
        }
        self.part();
        known != (self.differing, self.of_differing_length)
    }

    /// Parts the text at the values that differ.
    fn part(&mut self) {
        let quotes = if self.is_escaped { 4 } else { 2 };
        let is_among = |numbers: u32, value: &Value| numbers & 1 << value.number != 0;
        let text = |begin, end| self.text.get(begin..end).unwrap_or_default().into();
        let (mut runs, mut values) = (Vec::new(), Vec::new());
        let (mut begin, mut at) = (0, 0);
        for value in &self.values {
            let differs = is_among(self.differing, value);
            // The schema is known.
            let is_asked = value.number != 0 && (!self.is_times_only || is_of_times(value.number));
            if !differs && !is_asked {
                continue;
            }
            let is_as_long = !is_among(self.of_differing_length, value);
            let how = match kind_of(value.number) {
                Kind::Text if is_as_long => How::TextOfLength(value.end - value.begin - quotes),
                Kind::Text if !is_asked => How::Text,
                Kind::Whole if !is_asked => How::Whole,
                Kind::Decimal if !is_asked => How::Decimal,
                _ => How::Field,
            };
            values.push(Next {
                distance: value.begin - at,
                number: value.number,
                how,
            });
            at = value.end;
            if differs {
                runs.push(Run {
                    text: text(begin, value.begin),
                    values: std::mem::take(&mut values),
                });
                begin = value.end;
            }
        }
        runs.push(Run {
            text: text(begin, self.text.len()),
            values,
        });
        self.runs = runs;
    }

    /// Reads a record that is like this one. `None` if it is not; then `record` holds nothing of use.
    fn read<'a, const IS_ESCAPED: bool>(&self, json: &'a str, record: &mut TimingRecord<'a>) -> Option<()> {
        let mut cursor = Cursor::<IS_ESCAPED> { rest: json };
        for run in &self.runs {
            let behind = behind(cursor.rest.as_bytes(), run.text.as_bytes())?;
            for value in &run.values {
                cursor.rest = cursor.rest.get(value.distance..)?;
                match value.how {
                    How::Field => field(value.number, record, &mut cursor)?,
                    How::TextOfLength(length) => {
                        put_text(value.number, record, cursor.text_of_length(length)?)?;
                    }
                    How::Text => _ = cursor.text()?,
                    How::Whole => _ = cursor.whole()?,
                    How::Decimal => _ = cursor.decimal()?,
                }
            }
            if behind.is_empty() {
                return Some(());
            }
        }
        None
    }
}

/// Where the values of a record stand that was read.
fn values<const IS_ESCAPED: bool>(json: &str) -> Option<Vec<Value>> {
    let mut cursor = Cursor::<IS_ESCAPED> {
        rest: json.strip_prefix('{')?,
    };
    let (mut record, mut values, mut likely) = (TimingRecord::new(""), Vec::new(), 0);
    loop {
        let (place, behind) = key(&cursor, likely, &WRITTEN)?;
        likely = place + 1;
        let number = WRITTEN[place];
        let begin = json.len() - behind.len();
        cursor.rest = behind;
        field(number, &mut record, &mut cursor)?;
        let end = json.len() - cursor.rest.len();
        values.push(Value { number, begin, end });
        if cursor.ends_object()? {
            return Some(values);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse::call_facts::CallFacts;
    use crate::parse::escapes::escaped;
    use crate::parse::record::Timing;
    use crate::parse::timing::{parse_flat, parse_usual};
    use crate::parse::timing_flat::tests::RECORD;

    /// What is read without a memory.
    fn read(json: &str, is_escaped: bool) -> Option<TimingRecord<'_>> {
        let mut record = TimingRecord::new("");
        let read = match is_escaped {
            true => timing_flat::read::<true>(json, &mut record),
            false => timing_flat::read::<false>(json, &mut record),
        };
        read.map(|()| record)
    }

    fn read_with<'a>(memory: &mut TimingMemory, json: &'a str, is_escaped: bool) -> Option<TimingRecord<'a>> {
        let mut record = TimingRecord::new("");
        memory.read(json, is_escaped, &mut record).map(|()| record)
    }

    /// The record without what is not kept where nothing but times is.
    fn times(record: TimingRecord<'_>) -> TimingRecord<'_> {
        TimingRecord {
            operation_name: None,
            provider_name: None,
            input_tokens: None,
            output_tokens: None,
            max_tokens: None,
            temperature: None,
            retry_count: None,
            handler_ms: None,
            before_ms: None,
            after_ms: None,
            bedrock_latency_ms: None,
            time_to_first_token_ms: None,
            streaming: None,
            api_gateway_request_id: None,
            prompt_length: None,
            prompt_hash: None,
            ..record
        }
    }

    /// Records whose values differ as those of a log do, and in other ways.
    fn record() -> impl Strategy<Value = String> {
        let model = prop::sample::select(vec!["anthropic.claude-3-haiku-20240307-v1:0", "a", ""]);
        let number = prop::sample::select(vec![
            "0",
            "7",
            "344",
            "01",
            "-1",
            "1e3",
            "1.5",
            "123456789",
            "\"5\"",
        ]);
        let decimal = prop::sample::select(vec![
            "1451.975",
            "0.5",
            "17",
            "1.",
            ".5",
            "null",
            "9999999.12345678",
        ]);
        let id = prop::sample::select(vec![
            "ea4a4f32",
            "00000000",
            "ea4a\\n32",
            "ea4a4f3",
            "ea4a4f321",
            "é4a4f3",
        ]);
        let cut = prop::sample::select(vec![
            "",
            "",
            "",
            "\"status\":\"ok\",",
            "\"call_index\":0,",
            "\"cold_start\"",
        ]);
        (model, number, decimal, id, cut, any::<bool>()).prop_map(
            |(model, number, decimal, id, cut, is_cold)| {
                RECORD
                    .replace("anthropic.claude-3-haiku-20240307-v1:0", model)
                    .replace(":344,", &format!(":{number},"))
                    .replace("1451.975", decimal)
                    .replace("1845", decimal)
                    .replace("ea4a4f32", id)
                    .replace("\"cold_start\":true", &format!("\"cold_start\":{is_cold}"))
                    .replacen(cut, "", usize::from(!cut.is_empty()))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        /// Whatever came before, a record is read as it is without a memory.
        #[test]
        fn a_memory_changes_nothing(
            records in prop::collection::vec((record(), any::<prop::sample::Index>(), "[\"\\\\{}:,.0-9a-z \n]{0,2}", 0_u8..4), 1..40),
            are_escaped in any::<bool>(),
        ) {
            for is_times_only in [false, true] {
                let mut memory = TimingMemory::new(is_times_only);
                for (record, at, with, kind) in &records {
                    let mut text = if are_escaped { escaped(record) } else { record.clone() };
                    let at = at.index(text.len());
                    // One in four is damaged.
                    if *kind == 0 && text.is_char_boundary(at) {
                        text.insert_str(at, with);
                    }
                    for is_escaped in [are_escaped, !are_escaped] {
                        let expected = read(&text, is_escaped);
                        let found = read_with(&mut memory, &text, is_escaped);
                        match is_times_only {
                            true => prop_assert_eq!(found.map(times), expected.map(times), "{}", text),
                            false => prop_assert_eq!(found, expected, "{}", text),
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_differs_and_in_length_is_learnt_from_the_first_records() {
        let record = |number: usize| {
            let id = format!(
                "{:08x}-f0f1-45ac-bd74-e52800a09626",
                number.wrapping_mul(0x9e37_79b1) as u32
            );
            let text = RECORD.replace("558179a0-f0f1-45ac-bd74-e52800a09626", &id);
            text.replace("1451.975", &format!("{}.975", number * 37))
        };
        for is_escaped in [false, true] {
            let mut memory = TimingMemory::new(true);
            for number in 0..20 {
                let text = if is_escaped {
                    escaped(&record(number))
                } else {
                    record(number)
                };
                assert!(read_with(&mut memory, &text, is_escaped).is_some());
            }
            let usual = memory.usual.unwrap();
            assert_eq!(
                (usual.differing, usual.of_differing_length),
                (1 << 1 | 1 << 12, 1 << 12)
            );
            let text = record(77_777);
            let text = if is_escaped { escaped(&text) } else { text };
            let mut record = TimingRecord::new("");
            let read = match is_escaped {
                true => usual.read::<true>(&text, &mut record),
                false => usual.read::<false>(&text, &mut record),
            };
            assert_eq!((read, record.inference_ms), (Some(()), Some(2_877_749.975)));
            // Nobody asks for it.
            assert_eq!(record.input_tokens, None);
        }
    }

    #[test]
    fn another_kind_of_record_is_learnt_once_it_is_the_usual_one() {
        for other in [RECORD.replace("\"error.type\":\"É\",", ""), format!("{RECORD}\n")] {
            let mut memory = TimingMemory::new(false);
            assert!(read_with(&mut memory, RECORD, false).is_some());
            for count in 0..=PATIENCE {
                assert_eq!(memory.usual.as_ref().unwrap().text, RECORD, "{count}");
                assert!(read_with(&mut memory, &other, false).is_some());
            }
            assert_eq!(memory.usual.unwrap().text, other);
        }
    }

    #[test]
    fn nothing_is_passed_over_that_is_asked_for() {
        let full = parse_flat(RECORD).unwrap();
        let expected = Timing {
            facts: CallFacts::default(),
            ..full.clone()
        };
        for (is_times_only, expected) in [(true, expected), (false, full)] {
            let mut memory = TimingMemory::new(is_times_only);
            for is_known in [false, true] {
                let known = memory.usual.is_some();
                let read = parse_usual(RECORD, false, &mut memory, |timing| timing.clone());
                assert_eq!((known, read.as_ref()), (is_known, Some(&expected)));
            }
        }
    }
}
