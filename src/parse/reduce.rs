//! What of a message may be stored: what the analysis needs, and no word of a prompt or an answer.

use super::classify::{Parsed, Parser, request_id_of_prefix};
use super::record::Record;
use super::{escapes, gateway_log, reduced_json, reduced_line, reduced_timing, rejection_marker};

/// Which version of these rules is in force. Another number means that something else is kept of the same message.
pub const REDUCTION: u32 = 2;

/// What of a message may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reduced {
    /// A record: a text that [`Parser::parse`] reads to the same record, with nothing else in it.
    ///
    /// Only where the record holds a value that may be prose does it read to another: to one without that value, or
    /// with the id `***` in place of a request id.
    Record(String),
    /// Something that looked like a record and could not be read: a marker that [`Parser::parse`] rejects for the
    /// same reason. So does a log of Bedrock's whose request id or model may be prose.
    Rejected(String),
    /// A line of the application, or one of the platform without meaning: nothing may be kept.
    Nothing,
}

impl Reduced {
    /// What stands for something that was rejected. The reason must quote nothing of it.
    pub fn rejected(reason: &str) -> Self {
        Self::Rejected(rejection_marker::written(reason))
    }
}

impl Parser {
    /// Takes out of a message what may be stored.
    pub fn reduce(&self, message: &str) -> Reduced {
        match self.parse(message) {
            Parsed::Ignored => Reduced::Nothing,
            Parsed::Record(record) => self.written(&record, message.trim_start_matches('\u{feff}')),
            // Whoever wrote a marker may have quoted anything.
            Parsed::Rejected(reason) if rejection_marker::is_one(begin(message)) => {
                Reduced::rejected(rejection_marker::known_reason(&reason))
            }
            Parsed::Rejected(reason) => Reduced::rejected(&reason),
        }
    }

    fn written(&self, record: &Record<'_>, message: &str) -> Reduced {
        let text = begin(message);
        let is_json = text.starts_with('{');
        let kept = match record {
            Record::Report(report) if is_json => Some(reduced_json::report(report, text)),
            Record::Report(report) => Some(reduced_line::report(report, &escapes::resolved(message))),
            Record::Lifecycle(lifecycle) => {
                let of_json = is_json
                    .then(|| reduced_json::lifecycle(lifecycle, text))
                    .flatten();
                // What begins like JSON may be none: a line whose request id is whatever stands before its words.
                of_json.or_else(|| reduced_line::lifecycle(&lifecycle.line, &escapes::resolved(message)))
            }
            Record::Bedrock(call) => match reduced_json::bedrock_log(call) {
                Ok(log) => Some(log),
                Err(reason) => return Reduced::rejected(reason),
            },
            Record::Timing(_) => self.timing_record(text),
            Record::Gateway(request) => gateway_log::reduced(request),
            // A file of the caller's, which is in no log group.
            Record::Client(_) | Record::ClientRun(_) => None,
        };
        kept.map_or(Reduced::Nothing, Reduced::Record)
    }

    fn timing_record(&self, text: &str) -> Option<String> {
        let (prefix, json) = text.split_at(text.find('{')?);
        let record = reduced_timing::reduced(json, &self.kept)?;
        if prefix.is_empty() {
            return Some(record);
        }
        // What stands behind a prefix is read as nothing but a timing record, so one remains.
        let request_id = request_id_of_prefix(prefix).unwrap_or("-");
        Some(format!("{request_id}\t{record}"))
    }
}

/// The message from its first sign on.
fn begin(message: &str) -> &str {
    message.trim_start_matches('\u{feff}').trim_start()
}
