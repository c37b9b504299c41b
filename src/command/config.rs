//! `latscope.toml`.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::dataset::TimeBound;
use crate::fetch::{Access, Asked};
use crate::parse::{KeyError, TimingKeys};

/// Why the configuration cannot be used.
#[derive(Debug)]
pub struct ConfigError {
    path: PathBuf,
    fault: String,
}

impl ConfigError {
    /// What is wrong with a file.
    pub(super) fn new(path: &Path, fault: String) -> Self {
        Self {
            path: path.to_owned(),
            fault,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

impl std::error::Error for ConfigError {}

/// What the configuration says.
#[derive(Debug, Clone)]
pub struct Config {
    /// The keys of timing records: the common ones, and before them those of the `[timing]` table.
    pub keys: TimingKeys,
    /// Whether there is a `[timing]` table.
    pub has_keys: bool,
    /// The store.
    pub store: Option<PathBuf>,
    /// The `[fetch]` table.
    pub fetch: FetchDefaults,
    /// The price file of the `[prices]` table.
    pub prices: Option<PathBuf>,
}

/// What `latscope fetch` does where nothing else is asked for.
#[derive(Debug, Clone, Default)]
pub struct FetchDefaults {
    /// The log groups.
    pub asked: Asked,
    /// How to get to AWS.
    pub access: Access,
    /// The beginning of the window.
    pub since: Option<TimeBound>,
    /// How the names of log streams begin.
    pub stream_prefix: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    timing: toml::Table,
    store: Option<PathBuf>,
    #[serde(default)]
    fetch: FetchTable,
    #[serde(default)]
    prices: PricesTable,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PricesTable {
    file: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct FetchTable {
    log_group: Names,
    function: Names,
    log_group_prefix: Names,
    log_group_pattern: Names,
    region: Names,
    profile: Option<String>,
    endpoint_url: Option<String>,
    since: Option<String>,
    rate: Option<f64>,
    stream_prefix: Option<String>,
}

/// One name, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl From<Names> for Vec<String> {
    fn from(names: Names) -> Self {
        match names {
            Names::One(name) => vec![name],
            Names::Several(names) => names,
        }
    }
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

impl Config {
    /// Reads the configuration, if there is such a file.
    ///
    /// # Errors
    /// If the file cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let fault = |fault: String| ConfigError::new(path, fault);
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(fault(error.to_string())),
        };
        let file: File = toml::from_str(&text).map_err(|error| fault(error.to_string()))?;
        if file
            .store
            .as_ref()
            .is_some_and(|store| store.as_os_str().is_empty())
        {
            return Err(fault("store: name a folder".to_owned()));
        }
        Ok(Self {
            keys: timing_keys(&file.timing).map_err(fault)?,
            has_keys: !file.timing.is_empty(),
            store: file.store,
            fetch: fetch_defaults(file.fetch).map_err(fault)?,
            prices: file.prices.file,
        })
    }
}

fn timing_keys(table: &toml::Table) -> Result<TimingKeys, String> {
    let mut keys = TimingKeys::common();
    for (field, value) in table {
        let places = places(value).ok_or_else(|| {
            format!(
                "[timing] {field}: expecting \"key\", {{ key = \"key\", unit = \"s\" }} or a list of these"
            )
        })?;
        // Each goes before the ones that are there, so the best is added last.
        for (key, unit) in places.into_iter().rev() {
            let added = keys.add(field, key, unit);
            added.map_err(|error: KeyError| format!("[timing] {error}"))?;
        }
    }
    Ok(keys)
}

fn fetch_defaults(table: FetchTable) -> Result<FetchDefaults, String> {
    let since = table.since.map(|text| TimeBound::parse(&text, false));
    let asked = Asked {
        names: table.log_group.into(),
        functions: table.function.into(),
        prefixes: table.log_group_prefix.into(),
        patterns: table.log_group_pattern.into(),
    };
    let access = Access {
        profile: table.profile,
        regions: table.region.into(),
        endpoint_url: table.endpoint_url,
        per_second: table.rate,
    };
    let in_table = |fault: String| format!("[fetch] {fault}");
    asked.check().map_err(in_table)?;
    access.check().map_err(in_table)?;
    if let Some(prefix) = &table.stream_prefix {
        Asked::check_text("stream-prefix", prefix).map_err(in_table)?;
    }
    Ok(FetchDefaults {
        asked,
        access,
        since: since
            .transpose()
            .map_err(|error| format!("[fetch] since: {error}"))?,
        stream_prefix: table.stream_prefix,
    })
}
