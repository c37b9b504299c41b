//! A timing record without anything but the fields that are known, each where it stood.
//!
//! What is kept mirrors what `timing_search` looks at. A value that may be prose leaves an empty text behind, since
//! the first place that holds anything decides.

use std::borrow::Cow;
use std::collections::BTreeMap;

use latscope_schema::{SCHEMA, is_id};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::plain::{self, LONGEST_WORD, NO_ID, Object, WITHHELD, quoted};
use super::timing_mapping::Meaning;
use super::timing_search::{NESTS, RUST_SPAN, TIMES, status};

/// The members of an object; numbers stay as they were written, so that they read back exactly.
type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

type Path<'a> = (&'a str, Meaning);

/// Which object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The record of a logger.
    Root,
    /// An object inside it that may hold a record.
    Nest,
    /// The one whose message may be a text that holds a record.
    Fields,
    /// An object on the way to a value.
    Path,
}

/// Reduces the text of a record. `None` if it is no JSON object.
/// `paths` are in order.
pub(super) fn reduced(json: &str, paths: &[(Box<str>, Meaning)]) -> Option<String> {
    let all = paths.iter().map(|(path, meaning)| (&**path, *meaning)).collect();
    let filter = Filter { all };
    Some(filter.object(json, &filter.all, Place::Root)?.finish())
}

struct Filter<'a> {
    /// Every path that is kept, in order.
    all: Vec<Path<'a>>,
}

impl Filter<'_> {
    fn object(&self, json: &str, paths: &[Path<'_>], place: Place) -> Option<Object> {
        let members: Members<'_> = serde_json::from_str(json).ok()?;
        let mut kept = Object::default();
        for (key, value) in &members {
            let value = self
                .known_member(key, value.get(), place)
                .or_else(|| self.member(key, value.get(), paths, place));
            if let Some(value) = value {
                kept.json(key, &value);
            }
        }
        Some(kept)
    }

    /// What loggers and the schema put at places of their own.
    fn known_member(&self, key: &str, json: &str, place: Place) -> Option<String> {
        let is_text = json.starts_with('"');
        match (place, key) {
            (Place::Root | Place::Nest | Place::Fields, "schema") => {
                let schema = text(json).filter(|schema| schema == SCHEMA)?;
                Some(quoted(&schema))
            }
            (Place::Root, "_aws") => Some(self.metrics(json)),
            (Place::Root, "spans") => spans(json),
            (Place::Root, key) if is_text && TIMES.contains(&key) => {
                let text = text(json)?;
                plain::time(&text).map(|time| quoted(&time))
            }
            (Place::Root, key) if is_text && NESTS.contains(&key) => self.nested_text(json),
            (Place::Fields, "message") if is_text => self.nested_text(json),
            _ => None,
        }
    }

    /// The record in a text, without the words before it.
    fn nested_text(&self, json: &str) -> Option<String> {
        let text = text(json)?;
        let inner = &text[text.find('{')?..];
        serde_json::from_str::<Map<String, Value>>(inner).ok()?;
        let kept = self.object(inner, &self.all, Place::Nest)?;
        Some(kept)
            .filter(|kept| !kept.is_empty())
            .map(|mut kept| quoted(&kept.finish()))
    }

    /// What the paths lead to.
    fn member(&self, key: &str, json: &str, paths: &[Path<'_>], place: Place) -> Option<String> {
        let from = paths.partition_point(|(path, _)| *path < key);
        let meanings = paths[from..].iter().take_while(|(path, _)| *path == key);
        let mut meanings = meanings.map(|&(_, meaning)| meaning).peekable();
        let is_value = meanings.peek().is_some();
        if !json.starts_with('{') {
            return is_value.then(|| leaf(json, meanings));
        }
        let behind = paths
            .iter()
            .filter_map(|&(path, meaning)| Some((path.strip_prefix(key)?.strip_prefix('.')?, meaning)));
        let mut inner: Vec<Path<'_>> = behind.collect();
        let inside = match (place, key) {
            (Place::Root, "span") => {
                inner.push(("requestId", Meaning::RequestId));
                Place::Path
            }
            (Place::Root, key) if NESTS.contains(&key) => {
                inner.extend(&self.all);
                if key == "fields" {
                    Place::Fields
                } else {
                    Place::Nest
                }
            }
            _ => Place::Path,
        };
        inner.sort_unstable();
        // An object where a value should be still hides what other places hold.
        if inner.is_empty() {
            return is_value.then(|| "{}".to_owned());
        }
        let mut kept = self.object(json, &inner, inside)?;
        (is_value || !kept.is_empty()).then(|| kept.finish())
    }

    /// The units that embedded metrics declare for keys that are known.
    fn metrics(&self, json: &str) -> String {
        let declared: Value = serde_json::from_str(json).unwrap_or_default();
        let directives = declared.get("CloudWatchMetrics").and_then(Value::as_array);
        let entries = directives
            .into_iter()
            .flatten()
            .filter_map(|directive| directive.get("Metrics")?.as_array())
            .flatten();
        let mut named: Vec<&str> = Vec::new();
        let mut kept: Vec<String> = Vec::new();
        for entry in entries {
            let Some(name) = entry.get("Name").and_then(Value::as_str) else {
                continue;
            };
            // The first entry of a name counts.
            if named.contains(&name) || self.all.binary_search_by_key(&name, |(path, _)| path).is_err() {
                continue;
            }
            named.push(name);
            let mut metric = Object::default();
            metric.text("Name", name);
            if let Some(unit @ ("Seconds" | "Milliseconds" | "Microseconds")) =
                entry.get("Unit").and_then(Value::as_str)
            {
                metric.text("Unit", unit);
            }
            kept.push(metric.finish());
        }
        match kept.is_empty() {
            true => "{}".to_owned(),
            false => format!("{{\"CloudWatchMetrics\":[{{\"Metrics\":[{}]}}]}}", kept.join(",")),
        }
    }
}

/// The span in which the Rust runtime calls a handler.
fn spans(json: &str) -> Option<String> {
    let spans: Vec<Value> = serde_json::from_str(json).ok()?;
    let id = spans
        .iter()
        .filter(|span| span.get("name").and_then(Value::as_str) == Some(RUST_SPAN))
        .find_map(|span| span.get("requestId")?.as_str())?;
    let mut span = Object::default();
    span.text("name", RUST_SPAN)
        .text("requestId", &plain::id_text(id));
    Some(format!("[{}]", span.finish()))
}

/// A value that is no object.
fn leaf(json: &str, meanings: impl Iterator<Item = Meaning>) -> String {
    match json.as_bytes().first() {
        Some(b'"') => quoted(&plain_text(&text(json).unwrap_or_default(), meanings)),
        Some(b'[') => match serde_json::from_str::<[&RawValue; 1]>(json) {
            Ok([one]) if is_number(one.get()) => format!("[{}]", number(one.get())),
            _ => "[]".to_owned(),
        },
        _ if is_number(json) => number(json),
        // A truth value or null.
        _ => json.to_owned(),
    }
}

/// The text, or what stands for it where it may be prose.
fn plain_text(text: &str, meanings: impl Iterator<Item = Meaning>) -> String {
    let trimmed = text.trim();
    let mut instead = "";
    for meaning in meanings {
        match meaning {
            Meaning::RequestId => {
                let id = plain::id_text(text);
                if id != NO_ID || text == NO_ID {
                    return id.into_owned();
                }
                instead = NO_ID;
            }
            Meaning::Number if is_number_text(trimmed) => return trimmed.to_owned(),
            Meaning::Status if status(&Value::from(text)).is_some() && trimmed.len() <= LONGEST_WORD => {
                return trimmed.to_owned();
            }
            Meaning::Name | Meaning::ErrorType if plain::word(trimmed).is_some() => {
                return trimmed.to_owned();
            }
            Meaning::ClientId if is_id(trimmed) => return trimmed.to_owned(),
            Meaning::ErrorType if !trimmed.is_empty() && instead.is_empty() => instead = WITHHELD,
            _ => {}
        }
    }
    instead.to_owned()
}

/// Whether a text is a number or a truth value.
fn is_number_text(text: &str) -> bool {
    let is_truth = ["true", "false"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    is_truth || (text.len() <= LONGEST_WORD && text.parse::<f64>().is_ok())
}

fn is_number(json: &str) -> bool {
    json.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

/// A number as it was written, unless it has more digits than any number needs.
fn number(json: &str) -> String {
    if json.len() <= LONGEST_WORD {
        return json.to_owned();
    }
    let value = json.parse::<f64>().ok().filter(|value| value.is_finite());
    Value::from(value.unwrap_or_default()).to_string()
}

fn text(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}
