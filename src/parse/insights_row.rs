//! A row of CloudWatch Logs Insights without the message: the fields that the query chose, as one
//! flat JSON object whose values are texts, numbers or null.
//!
//! Insights discovers `@duration` and its like in text `REPORT` lines, `record.metrics.durationMs`
//! and its like in the JSON log format, and the fields of JSON lines of an application under their
//! own names ("Supported logs and discovered fields" in its documentation). Numbers come as
//! `15.0` or `6.7E7`. Memory is in bytes, a megabyte being 1,000,000. No field says Restore Duration,
//! Status or Error Type in the text format: `queries/report-slowest.insights` parses them and gives
//! them the names that are read here, and `coldStart` to a row that was asked whether it is one.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::insights_bedrock;
use super::record::{Completeness, Lifecycle, LifecycleRecord, Record, Report, Status};
use crate::vocab::{Micros, RequestId, Timestamp, TraceId};

type Fault = Cow<'static, str>;

/// Why rows of `stats` and the like are rejected.
pub(super) const COMPUTED: &str = "Insights row of computed values, not of log events";

/// Functions whose call is the name of a column, unless the query named it.
const FUNCTIONS: [&str; 22] = [
    "abs",
    "avg",
    "bin",
    "ceil",
    "count",
    "count_distinct",
    "datefloor",
    "dateceil",
    "earliest",
    "floor",
    "fromMillis",
    "greatest",
    "latest",
    "least",
    "log",
    "max",
    "min",
    "pct",
    "sqrt",
    "stddev",
    "sum",
    "toMillis",
];

/// Fields that only lines of an application have.
const APPLICATION: [&str; 3] = ["message", "msg", "level"];

/// Below it a size of memory is in megabytes already: no function has less than 100,000 bytes or
/// more megabytes.
const LEAST_BYTES: f64 = 100_000.0;

/// One row.
pub(super) struct Row {
    fields: Map<String, Value>,
}

/// Under which names a form of log has the fields of a report.
struct Names {
    request_id: &'static str,
    duration: &'static str,
    billed: &'static str,
    memory_size: &'static str,
    max_memory_used: &'static str,
    init: &'static str,
    /// The first that there is.
    restore: [&'static str; 2],
    status: &'static str,
    error_type: &'static str,
    trace: &'static str,
}

const OF_TEXT: Names = Names {
    request_id: "@requestId",
    duration: "@duration",
    billed: "@billedDuration",
    memory_size: "@memorySize",
    max_memory_used: "@maxMemoryUsed",
    init: "@initDuration",
    restore: ["restoreMs", "@restoreDuration"],
    status: "reportStatus",
    error_type: "reportErrorType",
    trace: "@xrayTraceId",
};

const OF_JSON: Names = Names {
    request_id: "record.requestId",
    duration: "record.metrics.durationMs",
    billed: "record.metrics.billedDurationMs",
    memory_size: "record.metrics.memorySizeMB",
    max_memory_used: "record.metrics.maxMemoryUsedMB",
    init: "record.metrics.initDurationMs",
    restore: ["record.metrics.restoreDurationMs"; 2],
    status: "record.status",
    error_type: "record.errorType",
    trace: "record.tracing.value",
};

/// A column that says whether there is an Init Duration, in rows of which one without is no cold start.
const COLD_START: &str = "coldStart";

impl Row {
    /// Reads a row. `None` if the JSON is not flat, or nothing says that Insights made it.
    pub(super) fn of(json: &str) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_str(json).ok()?;
        let row = Self { fields };
        let is_flat = row
            .fields
            .values()
            .all(|value| !value.is_object() && !value.is_array());
        let is_insights = |key: &String| key.starts_with('@') || key.starts_with("record.");
        let is_row = row.has_place() || row.is_computed() || row.fields.keys().all(is_insights);
        (is_flat && is_row).then_some(row)
    }

    /// Whether it tells which event it is of.
    pub(super) fn has_place(&self) -> bool {
        self.fields.contains_key("@timestamp") || self.fields.contains_key("@ptr")
    }

    /// Whether it holds a value that the query computed and did not name.
    pub(super) fn is_computed(&self) -> bool {
        let is_call = |key: &String| {
            key.split_once('(')
                .is_some_and(|(name, _)| FUNCTIONS.contains(&name))
        };
        self.fields.keys().any(is_call) && !self.is_of_application()
    }

    /// When its event happened.
    pub(super) fn at(&self) -> Option<Timestamp> {
        match self.value("@timestamp").or_else(|| self.value("time"))? {
            Value::Number(millis) => millis.as_i64().map(Timestamp::from_epoch_millis),
            other => {
                let text = other.as_str()?.trim();
                let millis = text.parse().ok().map(Timestamp::from_epoch_millis);
                millis.or_else(|| Timestamp::parse(text))
            }
        }
    }

    /// The record of the platform that it is. `None` if it is none.
    pub(super) fn record(&self) -> Option<Result<Record<'static>, Fault>> {
        if self.is_of_application() {
            return None;
        }
        let kind = self.text("@type");
        match kind {
            Some("START") => return Some(self.start(&OF_TEXT)),
            Some("END") => return Some(self.end(&OF_TEXT)),
            Some("REPORT") | None => {}
            Some(_) => return None,
        }
        if kind.is_some() || self.value(OF_TEXT.duration).is_some() {
            return Some(self.report(&OF_TEXT).map(Record::Report));
        }
        match self.text("type") {
            Some("platform.report") => Some(self.report(&OF_JSON).map(Record::Report)),
            Some("platform.start") => Some(self.start(&OF_JSON)),
            Some("platform.runtimeDone" | "platform.end") => Some(self.end(&OF_JSON)),
            Some(kind) => kind
                .starts_with("platform.")
                .then(|| Ok(self.lifecycle(Lifecycle::Other))),
            // A runtimeDone or initReport event has a duration of the same name, but nothing else.
            None => self.value(OF_JSON.duration).map(|_| {
                let of_report = [
                    OF_JSON.billed,
                    OF_JSON.memory_size,
                    OF_JSON.max_memory_used,
                    OF_JSON.init,
                    OF_JSON.restore[0],
                ];
                if of_report.iter().any(|&key| self.value(key).is_some()) {
                    self.report(&OF_JSON).map(Record::Report)
                } else {
                    Err("Insights row of a platform event without its type and billed duration".into())
                }
            }),
        }
    }

    /// The record of Bedrock's own log whose fields it holds, as that log writes it. `None` if it is of another log.
    pub(super) fn bedrock_log(&self) -> Option<String> {
        insights_bedrock::log_of(&self.fields)
    }

    /// The row as the search for timing records reads it: without fields that its event does not
    /// have, and with objects where Insights joined their keys by dots.
    pub(super) fn into_object(self) -> Map<String, Value> {
        let mut object = self.fields;
        object.retain(|_, value| !is_absent(value));
        let dotted: Vec<(String, Value)> = object
            .iter()
            .filter(|(key, _)| key.contains('.'))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        for (key, value) in dotted {
            if let Some((outer, inner)) = key.split_once('.')
                && let Value::Object(nested) =
                    object.entry(outer).or_insert_with(|| Value::Object(Map::new()))
            {
                nested.insert(inner.to_owned(), value);
            }
        }
        object
    }

    fn is_of_application(&self) -> bool {
        APPLICATION.iter().any(|&key| self.value(key).is_some())
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.fields.get(key).filter(|value| !is_absent(value))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.as_str().map(str::trim)
    }

    fn lifecycle(&self, line: Lifecycle) -> Record<'static> {
        Record::Lifecycle(LifecycleRecord { line, at: self.at() })
    }

    fn start(&self, names: &Names) -> Result<Record<'static>, Fault> {
        let line = self
            .request_id(names)?
            .map_or(Lifecycle::Other, |request_id| Lifecycle::Start {
                request_id,
                version: self.text("record.version").map(Into::into),
                function_arn: self.text("record.functionArn").map(Into::into),
            });
        Ok(self.lifecycle(line))
    }

    fn end(&self, names: &Names) -> Result<Record<'static>, Fault> {
        let line = self
            .request_id(names)?
            .map_or(Lifecycle::Other, |request_id| Lifecycle::End { request_id });
        Ok(self.lifecycle(line))
    }

    fn report(&self, names: &Names) -> Result<Report, Fault> {
        let Some(duration) = self.millis(names.duration)? else {
            return Err(format!("Insights row of a report without {}", names.duration).into());
        };
        let billed = self.millis(names.billed)?;
        let completeness = if billed.is_none() && self.fields.contains_key(names.billed) {
            Completeness::DurationOnly
        } else if [names.init, COLD_START]
            .iter()
            .any(|&key| self.fields.contains_key(key))
        {
            Completeness::Whole
        } else {
            Completeness::FieldsChosen
        };
        Ok(Report {
            request_id: self.request_id(names)?.unwrap_or_else(RequestId::absent),
            duration,
            billed,
            memory_size_mb: self.megabytes(names.memory_size)?,
            max_memory_used_mb: self.megabytes(names.max_memory_used)?,
            init: self.millis(names.init)?,
            restore: match self.millis(names.restore[0])? {
                None => self.millis(names.restore[1])?,
                found => found,
            },
            status: self.text(names.status).map(Status::from_word),
            error_type: self.text(names.error_type).map(Into::into),
            trace: self.text(names.trace).and_then(TraceId::parse),
            completeness,
            at: self.at(),
        })
    }

    fn request_id(&self, names: &Names) -> Result<Option<RequestId>, Fault> {
        let Some(value) = self.value(names.request_id) else {
            return Ok(None);
        };
        let id = value.as_str().and_then(|text| RequestId::parse(text.trim()));
        id.map(Some)
            .ok_or_else(|| format!("Insights row: {} is no request id", names.request_id).into())
    }

    fn number(&self, key: &str) -> Result<Option<f64>, Fault> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        number
            .map(Some)
            .ok_or_else(|| format!("Insights row: {key} is not a number").into())
    }

    fn millis(&self, key: &str) -> Result<Option<Micros>, Fault> {
        let Some(millis) = self.number(key)? else {
            return Ok(None);
        };
        Micros::from_millis_f64(millis)
            .map(Some)
            .ok_or_else(|| format!("Insights row: {key} is negative or too large to be a duration").into())
    }

    fn megabytes(&self, key: &str) -> Result<Option<u32>, Fault> {
        let Some(size) = self.number(key)? else {
            return Ok(None);
        };
        let megabytes = if size < LEAST_BYTES { size } else { size / 1e6 }.round();
        if (0.0..=f64::from(u32::MAX)).contains(&megabytes) {
            Ok(Some(megabytes as u32))
        } else {
            Err(format!("Insights row: {key} is negative or too large to be memory").into())
        }
    }
}

/// Whether the event has no such field.
pub(super) fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// In every spelling of numbers, in both forms of log, a row gives the report back.
        #[test]
        fn a_report_reads_back(
            (id, is_json, spelling, shows_init) in (any::<u128>(), any::<bool>(), 0_usize..3, any::<bool>()),
            (duration, billed, init) in (0..90_000_000_u64, 0..900_000_u64, prop::option::of(0..90_000_000_u64)),
            (memory, used) in (0..10_240_u32, 0..10_240_u32),
        ) {
            let names = if is_json { &OF_JSON } else { &OF_TEXT };
            let spelt = |number: f64| match spelling {
                0 => json!(number),
                1 => json!(number.to_string()),
                _ => json!(format!("{number:E}")),
            };
            let bytes = |megabytes: u32| f64::from(megabytes) * if is_json { 1.0 } else { 1e6 };
            let hundredths = |value: u64| spelt(value as f64 / 100.0);
            let mut row = json!({
                names.request_id: RequestId::Uuid(id).to_string(),
                names.duration: hundredths(duration),
                names.billed: spelt(billed as f64),
                names.memory_size: spelt(bytes(memory)),
                names.max_memory_used: spelt(bytes(used)),
                "@timestamp": "2031-03-04 05:06:07.961",
            });
            if shows_init {
                row[names.init] = init.map_or(Value::Null, hundredths);
            }
            let expected = Report {
                request_id: RequestId::Uuid(id),
                duration: Micros::from_micros(duration * 10),
                billed: Some(Micros::from_millis(billed)),
                memory_size_mb: Some(memory),
                max_memory_used_mb: Some(used),
                init: init.filter(|_| shows_init).map(|init| Micros::from_micros(init * 10)),
                restore: None,
                status: None,
                error_type: None,
                trace: None,
                completeness: if shows_init { Completeness::Whole } else { Completeness::FieldsChosen },
                at: Timestamp::parse("2031-03-04T05:06:07.961Z"),
            };
            let text = row.to_string();
            prop_assert_eq!(Row::of(&text).unwrap().record(), Some(Ok(Record::Report(expected))));
        }
    }
}
