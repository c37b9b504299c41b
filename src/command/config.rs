//! `latscope.toml`.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::parse::{KeyError, TimingKeys};

/// Why the configuration cannot be used.
#[derive(Debug)]
pub struct ConfigError {
    path: PathBuf,
    fault: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

impl std::error::Error for ConfigError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    timing: toml::Table,
}

/// Where a field is found: a key, and its unit if it has one.
type Place<'a> = (&'a str, Option<&'a str>);

/// Reads `"key"`, `{ key = "key", unit = "s" }`, or a list of either.
fn places(value: &toml::Value) -> Option<Vec<Place<'_>>> {
    match value {
        toml::Value::Array(values) if !values.is_empty() => values.iter().map(place).collect(),
        value => Some(vec![place(value)?]),
    }
}

fn place(value: &toml::Value) -> Option<Place<'_>> {
    match value {
        toml::Value::String(key) => Some((key, None)),
        toml::Value::Table(table) if table.keys().all(|name| name == "key" || name == "unit") => {
            let unit = match table.get("unit") {
                Some(unit) => Some(unit.as_str()?),
                None => None,
            };
            Some((table.get("key")?.as_str()?, unit))
        }
        _ => None,
    }
}

/// The common keys of timing records, and before them those of the `[timing]` table of this file,
/// if there is such a file. The second value tells whether there is.
///
/// # Errors
/// If the file cannot be read or understood.
pub fn timing_keys(path: &Path) -> Result<(TimingKeys, bool), ConfigError> {
    let mut keys = TimingKeys::common();
    let fault = |fault: String| ConfigError {
        path: path.to_owned(),
        fault,
    };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((keys, false)),
        Err(error) => return Err(fault(error.to_string())),
    };
    let config: Config = toml::from_str(&text).map_err(|error| fault(error.to_string()))?;
    let is_used = !config.timing.is_empty();
    for (field, value) in &config.timing {
        let places = places(value).ok_or_else(|| {
            fault(format!(
                "[timing] {field}: expecting \"key\", {{ key = \"key\", unit = \"s\" }} or a list of these"
            ))
        })?;
        // Each goes before the ones that are there, so the best is added last.
        for (key, unit) in places.into_iter().rev() {
            let added = keys.add(field, key, unit);
            added.map_err(|error: KeyError| fault(format!("[timing] {error}")))?;
        }
    }
    Ok((keys, is_used))
}
