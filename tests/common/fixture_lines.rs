//! The messages of the fixtures.

#![allow(unreachable_pub, clippy::unwrap_used)]

use std::path::Path;

use latscope::parse::TimingKeys;
use latscope::source::{Item, read_file};
use serde::Deserialize;

/// A message and the keys with which it is read.
pub struct Line {
    /// The file of `fixtures/lines` it is from.
    pub name: String,
    /// The message as it was logged.
    pub message: String,
    /// The common keys and the case's own.
    pub keys: TimingKeys,
}

/// What a case of `fixtures/lines` says, as far as it matters here.
#[derive(Deserialize)]
struct Case {
    message: String,
    #[serde(default)]
    row: bool,
    #[serde(default)]
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    field: String,
    key: String,
    unit: Option<String>,
}

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

/// Every case that somebody logged: rows of Logs Insights are no messages.
pub fn cases() -> Vec<Line> {
    let mut lines = Vec::new();
    for entry in fixtures().join("lines").read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let case: Case = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        if case.row {
            continue;
        }
        let mut keys = TimingKeys::common();
        for key in &case.keys {
            keys.add(&key.field, &key.key, key.unit.as_deref()).unwrap();
        }
        lines.push(Line {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            message: case.message,
            keys,
        });
    }
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(lines.len() > 350, "only {} cases were found", lines.len());
    lines
}

/// Every message of the logs of the README.
pub fn logged() -> Vec<String> {
    let mut messages = Vec::new();
    let file = fixtures().join("haiku-vs-nova-lite/events.ndjson.gz");
    read_file(&file, &mut |item| {
        if let Item::Event(event) = item {
            messages.push(event.message.into_owned());
        }
    })
    .unwrap();
    assert!(messages.len() > 15_000, "only {} messages", messages.len());
    messages
}
