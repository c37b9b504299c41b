//! `latscope.toml`.

use std::collections::BTreeMap;
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
    timing: BTreeMap<String, Mapping>,
}

/// `"key"`, `{ key = "key", unit = "s" }`, or several of either, best first.
#[derive(Deserialize)]
#[serde(untagged)]
enum Mapping {
    // First, because a list of two would also do for a key with its unit.
    Several(Vec<Place>),
    One(Place),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Key(String),
    WithUnit(WithUnit),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithUnit {
    key: String,
    unit: Option<String>,
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
    for (field, mapping) in config.timing {
        let places = match mapping {
            Mapping::One(place) => vec![place],
            Mapping::Several(places) => places,
        };
        // Each goes before the ones that are there, so the best is added last.
        for place in places.into_iter().rev() {
            let added = match place {
                Place::Key(key) => keys.add(&field, &key, None),
                Place::WithUnit(place) => keys.add(&field, &place.key, place.unit.as_deref()),
            };
            added.map_err(|error: KeyError| fault(format!("[timing] {error}")))?;
        }
    }
    Ok((keys, is_used))
}
