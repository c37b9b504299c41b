//! The platform's lines as Lambda writes them nearly always, read without looking for anything else in them.
//!
//! Whatever is not exactly so goes to the readers of every spelling. What is read here they would have read alike, which a
//! test and a fuzz target hold. The white space between fields is one tab, and a line break ends the line: as they are, or as
//! they stand inside a JSON text.

use super::record::{Completeness, Report, Status};
use crate::vocab::{Micros, RequestId};

/// A line that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Flat<'a> {
    /// `START`.
    Start {
        /// The invocation that starts.
        request_id: u128,
        /// The version of the function.
        version: &'a str,
    },
    /// `END`.
    End {
        /// The invocation that ends.
        request_id: u128,
    },
    /// `REPORT`.
    Report(Report),
}

/// Reads a line. `None` if it is to be read by others.
#[inline]
pub(super) fn read(message: &str, is_escaped: bool) -> Option<Flat<'_>> {
    match is_escaped {
        true => read_as::<true>(message),
        false => read_as::<false>(message),
    }
}

/// What stands between fields.
const fn tab<const IS_ESCAPED: bool>() -> &'static str {
    if IS_ESCAPED { "\\t" } else { "\t" }
}

/// What ends a line.
const fn end<const IS_ESCAPED: bool>() -> &'static str {
    if IS_ESCAPED { "\\n" } else { "\n" }
}

fn read_as<const IS_ESCAPED: bool>(message: &str) -> Option<Flat<'_>> {
    let end = end::<IS_ESCAPED>();
    if let Some(rest) = message.strip_prefix("REPORT RequestId: ") {
        let (request_id, rest) = uuid(rest)?;
        return report::<IS_ESCAPED>(request_id, rest).map(Flat::Report);
    }
    if let Some(rest) = message.strip_prefix("START RequestId: ") {
        let (request_id, rest) = uuid(rest)?;
        let rest = rest.strip_prefix(" Version: ")?;
        let version = rest.strip_suffix(end).unwrap_or(rest);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'$' || byte == b'.';
        return (!version.is_empty() && version.bytes().all(is_plain))
            .then_some(Flat::Start { request_id, version });
    }
    let (request_id, rest) = uuid(message.strip_prefix("END RequestId: ")?)?;
    (rest.is_empty() || rest == end).then_some(Flat::End { request_id })
}

/// A request id that is a UUID.
fn uuid(text: &str) -> Option<(u128, &str)> {
    let (uuid, rest) = text.split_at_checked(36)?;
    match RequestId::parse(uuid)? {
        RequestId::Uuid(id) => Some((id, rest)),
        RequestId::Other(_) => None,
    }
}

#[inline]
fn report<const IS_ESCAPED: bool>(request_id: u128, rest: &str) -> Option<Report> {
    let rest = rest.strip_prefix(tab::<IS_ESCAPED>())?;
    let (duration, rest) = millis::<IS_ESCAPED>(rest.strip_prefix("Duration: ")?)?;
    let (billed, rest) = millis::<IS_ESCAPED>(rest.strip_prefix("Billed Duration: ")?)?;
    let (memory_size_mb, rest) = megabytes::<IS_ESCAPED>(rest.strip_prefix("Memory Size: ")?)?;
    let (max_memory_used_mb, mut rest) = megabytes::<IS_ESCAPED>(rest.strip_prefix("Max Memory Used: ")?)?;
    let mut init = None;
    if let Some(behind) = rest.strip_prefix("Init Duration: ") {
        let (value, behind) = millis::<IS_ESCAPED>(behind)?;
        (init, rest) = (Some(value), behind);
    }
    let mut status = None;
    if let Some(behind) = rest.strip_prefix("Status: timeout") {
        (status, rest) = (Some(Status::Timeout), behind);
    }
    (rest.is_empty() || rest == end::<IS_ESCAPED>()).then_some(Report {
        request_id: RequestId::Uuid(request_id),
        duration,
        billed: Some(billed),
        memory_size_mb: Some(memory_size_mb),
        max_memory_used_mb: Some(max_memory_used_mb),
        init,
        restore: None,
        status,
        error_type: None,
        trace: None,
        completeness: Completeness::Whole,
        at: None,
    })
}

/// Milliseconds with at most two decimals, their unit and a tab.
#[inline]
fn millis<const IS_ESCAPED: bool>(text: &str) -> Option<(Micros, &str)> {
    let (whole, rest) = digits(text, 9)?;
    let (hundredths, rest) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(decimals) => {
            let (value, rest) = digits(decimals, 2)?;
            (
                if decimals.len() - rest.len() == 1 {
                    value * 10
                } else {
                    value
                },
                rest,
            )
        }
    };
    let rest = rest.strip_prefix(" ms")?.strip_prefix(tab::<IS_ESCAPED>())?;
    Some((Micros::from_micros(whole * 1000 + hundredths * 10), rest))
}

/// Whole megabytes, their unit and a tab.
#[inline]
fn megabytes<const IS_ESCAPED: bool>(text: &str) -> Option<(u32, &str)> {
    let (value, rest) = digits(text, 9)?;
    let rest = rest.strip_prefix(" MB")?.strip_prefix(tab::<IS_ESCAPED>())?;
    Some((u32::try_from(value).ok()?, rest))
}

/// A number of at most so many digits.
fn digits(text: &str, most: usize) -> Option<(u64, &str)> {
    let mut value = 0;
    let mut length = 0;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        if length == most {
            return None;
        }
        value = value * 10 + u64::from(digit);
        length += 1;
    }
    (length > 0).then(|| (value, &text[length..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse::escapes::escaped;
    use crate::parse::{Lifecycle, Parsed, Parser, Record, TimingKeys};

    const ID: &str = "8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e";

    fn lines() -> [String; 5] {
        [
            format!("START RequestId: {ID} Version: $LATEST\n"),
            format!("END RequestId: {ID}\n"),
            format!(
                "REPORT RequestId: {ID}\tDuration: 1233.96 ms\tBilled Duration: 1698 ms\tMemory Size: 256 MB\tMax Memory Used: 123 MB\t\n"
            ),
            format!(
                "REPORT RequestId: {ID}\tDuration: 5.1 ms\tBilled Duration: 6 ms\tMemory Size: 256 MB\tMax Memory Used: 123 MB\tInit Duration: 463.51 ms\t\n"
            ),
            format!(
                "REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\tMax Memory Used: 123 MB\tStatus: timeout"
            ),
        ]
    }

    /// What the readers of every spelling make of it.
    fn parsed(message: &str) -> Option<Flat<'_>> {
        let parser = Parser::new(TimingKeys::common()).unwrap();
        match parser.parse(message) {
            Parsed::Record(Record::Report(report)) => Some(Flat::Report(report)),
            Parsed::Record(Record::Lifecycle(line)) => match line.line {
                Lifecycle::Start {
                    request_id: RequestId::Uuid(request_id),
                    version: Some(version),
                    function_arn: None,
                } => Some(Flat::Start {
                    request_id,
                    version: &message[message.find(&*version)?..][..version.len()],
                }),
                Lifecycle::End {
                    request_id: RequestId::Uuid(request_id),
                } => Some(Flat::End { request_id }),
                _ => None,
            },
            _ => None,
        }
    }

    #[test]
    fn the_usual_lines_are_read_here() {
        for line in lines() {
            let read_here = read(&line, false);
            assert!(read_here.is_some(), "{line}");
            assert_eq!(read_here, parsed(&line));
            assert_eq!(read(&escaped(&line), true), read_here);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Whatever becomes of a line, what is read here is what the others read.
        #[test]
        fn both_ways_agree(
            line in 0_usize..5,
            at in 0_usize..190,
            length in 0_usize..4,
            with in "[0-9a-f:. \t\n\\\\XmsMB$-]{0,3}",
        ) {
            let line = lines().into_iter().nth(line).unwrap();
            let at = at.min(line.len());
            let behind = line.get((at + length).min(line.len())..).unwrap_or("");
            let changed = format!("{}{with}{behind}", &line[..at]);
            if let Some(read_here) = read(&changed, false) {
                prop_assert_eq!(Some(read_here), parsed(&changed), "{}", changed);
            }
            if let Some(read_here) = read(&changed, true) {
                let plain: String = serde_json::from_str(&format!("\"{changed}\"")).unwrap();
                prop_assert_eq!(Some(read_here), parsed(&plain), "{}", changed);
            }
            if let Some(read_here) = read(&escaped(&changed), true) {
                prop_assert_eq!(Some(read_here), parsed(&changed), "{}", changed);
            }
        }
    }
}
