//! The text `REPORT` line.

use std::borrow::Cow;

use super::fields::{Field, Fields, Stop, Value};
use super::record::{Completeness, Report, Status};
use crate::vocab::{RequestId, TraceId};

/// Reads what follows `REPORT RequestId:`.
///
/// # Errors
/// A reason, if the line is not Lambda's or is cut off before its billed duration.
pub(super) fn parse(text: &str) -> Result<Report, Cow<'static, str>> {
    let (request_id, text) = split_request_id(text).ok_or("REPORT without a request id")?;
    let mut fields = Fields::new(text);
    let mut line = Line::default();
    let mut is_cut = false;
    while let Some(field) = fields.next_field() {
        match field {
            Ok(field) => line.take(field)?,
            Err(Stop::CutOff) => is_cut = true,
            Err(Stop::NotAField) => return Err("REPORT holds text that is no field of it".into()),
        }
    }
    let missing = |field: &str| -> Cow<'static, str> {
        if is_cut {
            format!("REPORT is cut off before its {field}").into()
        } else {
            format!("REPORT without {field}").into()
        }
    };
    // Max Memory Used stands before Init Duration: without it, Init Duration may be lost too.
    let is_whole = !is_cut && line.max_memory_used_mb.is_some();
    Ok(Report {
        request_id,
        duration: line.duration.ok_or_else(|| missing("Duration"))?,
        billed: Some(line.billed.ok_or_else(|| missing("Billed Duration"))?),
        memory_size_mb: line.memory_size_mb,
        max_memory_used_mb: line.max_memory_used_mb,
        init: line.init,
        restore: line.restore,
        status: line.status,
        error_type: line.error_type,
        trace: line.trace,
        completeness: if is_whole {
            Completeness::Whole
        } else {
            Completeness::CutOff
        },
        at: None,
    })
}

/// Splits the request id off. Where tabs were lost altogether the first label follows at once.
pub(super) fn split_request_id(text: &str) -> Option<(RequestId, &str)> {
    let text = text.trim_start();
    if let Some((uuid, rest)) = text.split_at_checked(36)
        && let Some(id @ RequestId::Uuid(_)) = RequestId::parse(uuid)
    {
        return Some((id, rest));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let mut id = &text[..end];
    for label in ["Duration:", "Init"] {
        id = id.strip_suffix(label).unwrap_or(id);
    }
    Some((RequestId::parse(id)?, &text[id.len()..]))
}

#[derive(Default)]
struct Line {
    duration: Option<crate::vocab::Micros>,
    billed: Option<crate::vocab::Micros>,
    memory_size_mb: Option<u32>,
    max_memory_used_mb: Option<u32>,
    init: Option<crate::vocab::Micros>,
    restore: Option<crate::vocab::Micros>,
    billed_restore: Option<crate::vocab::Micros>,
    status: Option<Status>,
    error_type: Option<Box<str>>,
    trace: Option<TraceId>,
}

impl Line {
    fn take(&mut self, field: Field<'_>) -> Result<(), Cow<'static, str>> {
        match field.label {
            "Duration" => once(&mut self.duration, field, field.value.millis()),
            "Billed Duration" => once(&mut self.billed, field, field.value.millis()),
            "Memory Size" => once(&mut self.memory_size_mb, field, field.value.megabytes()),
            "Max Memory Used" => once(&mut self.max_memory_used_mb, field, field.value.megabytes()),
            "Init Duration" => once(&mut self.init, field, field.value.millis()),
            "Restore Duration" => once(&mut self.restore, field, field.value.millis()),
            "Billed Restore Duration" => once(&mut self.billed_restore, field, field.value.millis()),
            "Status" => {
                let word = field.value.word();
                once(
                    &mut self.status,
                    field,
                    word.map(|word| Status::from_word(&word)).ok_or("is empty"),
                )
            }
            "Error Type" => {
                self.error_type = field.value.word().map(Into::into);
                Ok(())
            }
            "XRAY TraceId" => {
                if let Value::Word(word) = field.value {
                    self.trace = TraceId::parse(word);
                }
                Ok(())
            }
            // Other X-Ray ids, and fields that Lambda may add.
            _ => Ok(()),
        }
    }
}

fn once<T>(
    slot: &mut Option<T>,
    field: Field<'_>,
    value: Result<T, &'static str>,
) -> Result<(), Cow<'static, str>> {
    match value {
        Err(fault) => Err(format!("REPORT: {} {fault}", field.label).into()),
        Ok(_) if slot.is_some() => Err(format!("REPORT: {} is given twice", field.label).into()),
        Ok(value) => {
            *slot = Some(value);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vocab::Micros;

    proptest! {
        /// Any order of the fields and any gap between them gives the same record.
        #[test]
        fn order_and_gaps_do_not_matter(
            (fields, gap) in (
                Just(vec![
                    "Duration: 1233.96 ms",
                    "Billed Duration: 1698 ms",
                    "Memory Size: 256 MB",
                    "Max Memory Used: 123 MB",
                    "Init Duration: 463.51 ms",
                    "Status: timeout",
                    "Sampled: true",
                ]).prop_shuffle(),
                prop_oneof![Just("\t"), Just(" "), Just("\n"), Just(""), Just(" \t"), Just("\u{a0}")],
            )
        ) {
            // Without any gap a bare word runs into the next label, so it goes last.
            let mut fields = fields;
            fields.retain(|field| *field != "Sampled: true");
            fields.push("Sampled: true");
            let text = format!(" 79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36{gap}{}\t\n", fields.join(gap));
            let report = parse(&text).unwrap();
            prop_assert_eq!(report.duration, Micros::from_micros(1_233_960));
            prop_assert_eq!(report.billed, Some(Micros::from_millis(1698)));
            prop_assert_eq!(report.init, Some(Micros::from_micros(463_510)));
            prop_assert_eq!((report.memory_size_mb, report.max_memory_used_mb), (Some(256), Some(123)));
            prop_assert_eq!(report.status, Some(Status::Timeout));
            prop_assert_eq!(report.completeness, Completeness::Whole);
        }

        /// A line cut anywhere never gives other numbers than the whole line.
        #[test]
        fn a_cut_line_is_refused_or_says_that_it_is_cut(at in 0_usize..200) {
            let whole = " 79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36\tDuration: 1233.96 ms\tBilled Duration: 1698 ms\t\
                         Memory Size: 256 MB\tMax Memory Used: 123 MB\tInit Duration: 463.51 ms\tStatus: timeout";
            let expected = parse(whole).unwrap();
            let cut = &whole[..at.min(whole.len())];
            if let Ok(report) = parse(cut) {
                prop_assert_eq!((report.duration, report.billed), (expected.duration, expected.billed));
                prop_assert!(report.init.is_none() || report.init == expected.init);
                prop_assert!(report.memory_size_mb.is_none() || report.memory_size_mb == expected.memory_size_mb);
                // The one cut that cannot be seen is one between two whole fields after the last
                // that is always there.
                let ends_whole = cut.ends_with("MB") || cut.ends_with("MB\t") || cut.ends_with("ms") || cut.ends_with("ms\t");
                if report.init.is_none() {
                    prop_assert!(report.completeness == Completeness::CutOff || ends_whole);
                }
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
