//! Rows that outlive the logs they came from: with their own names, and without request ids and log streams.

use serde::{Deserialize, Serialize};

use super::columns::{Columns, ModelSource};
use super::facts::FactColumns;
use crate::invocation::{Model, Names, Optional, Outcome, StartType};
use crate::vocab::{Micros, ModelId, Timestamp};

/// The rows of a selection as they are saved. All lists are equally long. Times are microseconds, codes are positions in
/// `Outcome::ALL`, `StartType::ALL` and those of `ModelSource`, the rest are positions in `names`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedRows {
    names: SavedNames,
    outcome: Vec<u32>,
    start: Vec<u32>,
    model: Vec<Option<u32>>,
    model_source: Vec<u32>,
    ended_at_ms: Vec<Option<i64>>,
    function: Vec<Option<u32>>,
    version: Vec<Option<u32>>,
    region: Vec<Option<u32>>,
    memory_mb: Vec<Option<u32>>,
    duration_us: Vec<u64>,
    init_us: Vec<Option<u64>>,
    billed_us: Vec<Option<u64>>,
    inference_us: Vec<Option<u64>>,
    inference_is_bound: Vec<bool>,
    retry_us: Vec<Option<u64>>,
    is_matched: Vec<bool>,
    is_summed: Vec<bool>,
    calls: Vec<Option<u32>>,
    runtime: Vec<Option<u32>>,
    initialization: Vec<Option<u32>>,
    input_tokens: Vec<Option<u32>>,
    output_tokens: Vec<Option<u32>>,
    max_tokens: Vec<Option<u32>>,
    temperature_milli: Vec<Option<u32>>,
    retries: Vec<Option<u32>>,
    before_us: Vec<Option<u64>>,
    after_us: Vec<Option<u64>>,
    bedrock_latency_us: Vec<Option<u64>>,
    time_to_first_token_us: Vec<Option<u64>>,
    streaming: Vec<Option<bool>>,
    prompt: Vec<Option<u64>>,
    is_throttled: Vec<bool>,
}

/// The names that saved rows refer to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedNames {
    functions: Vec<String>,
    versions: Vec<String>,
    regions: Vec<String>,
    runtimes: Vec<String>,
    initializations: Vec<String>,
    /// Models by their id, without account and profile.
    models: Vec<String>,
}

/// Why saved rows are not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DamagedRows(&'static str);

impl std::fmt::Display for DamagedRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the column {} is not what was saved", self.0)
    }
}

impl std::error::Error for DamagedRows {}

impl SavedRows {
    /// The rows, with what they need of the names.
    pub fn of(rows: &Columns, names: &Names) -> Self {
        let Columns { facts, .. } = rows;
        let mut saved = SavedNames::default();
        let text = |list: &[Box<str>], position: u32| list.get(position as usize).map(ToString::to_string);
        let model = |position: u32| {
            names
                .models
                .get(position as usize)
                .map(|model| model.id.to_string())
        };
        Self {
            function: renamed(&rows.function, &mut saved.functions, |at| {
                text(&names.functions, at)
            }),
            version: renamed(&rows.version, &mut saved.versions, |at| text(&names.versions, at)),
            region: renamed(&rows.region, &mut saved.regions, |at| text(&names.regions, at)),
            model: renamed(&rows.model, &mut saved.models, model),
            runtime: renamed(&facts.runtime, &mut saved.runtimes, |at| {
                text(&names.runtimes, at)
            }),
            initialization: renamed(&facts.initialization, &mut saved.initializations, |at| {
                text(&names.initializations, at)
            }),
            names: saved,
            outcome: rows.outcome.clone(),
            start: rows.start.clone(),
            model_source: rows.model_source.iter().map(|source| *source as u32).collect(),
            ended_at_ms: rows
                .ended_at
                .iter()
                .map(|at| at.map(Timestamp::as_epoch_millis))
                .collect(),
            memory_mb: rows.memory_mb.iter().collect(),
            duration_us: rows.duration_us.clone(),
            init_us: rows.init_us.iter().collect(),
            billed_us: rows.billed_us.iter().collect(),
            inference_us: rows.inference_us.iter().collect(),
            inference_is_bound: rows.inference_is_bound.clone(),
            retry_us: rows.retry_us.iter().collect(),
            is_matched: rows.is_matched.clone(),
            is_summed: rows.is_summed.clone(),
            calls: rows.calls.iter().collect(),
            input_tokens: facts.input_tokens.iter().collect(),
            output_tokens: facts.output_tokens.iter().collect(),
            max_tokens: facts.max_tokens.iter().collect(),
            temperature_milli: facts.temperature_milli.iter().collect(),
            retries: facts.retries.iter().collect(),
            before_us: facts.before_us.iter().collect(),
            after_us: facts.after_us.iter().collect(),
            bedrock_latency_us: facts.bedrock_latency_us.iter().collect(),
            time_to_first_token_us: facts.time_to_first_token_us.iter().collect(),
            streaming: facts.streaming.clone(),
            prompt: facts.prompt.iter().collect(),
            is_throttled: facts.is_throttled.clone(),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.outcome.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.outcome.is_empty()
    }

    /// The models that the rows name.
    pub fn models(&self) -> &[String] {
        &self.names.models
    }

    /// The rows again, with their names among `names`, to which missing ones are added. Their positions in the dataset
    /// are none of it: `u32::MAX − before` and down.
    ///
    /// # Errors
    /// If a column is shorter than another, or holds what it cannot.
    pub fn into_columns(self, names: &mut Names, before: u32) -> Result<Columns, DamagedRows> {
        self.check()?;
        let count = u32::try_from(self.outcome.len()).map_err(|_| DamagedRows("outcome"))?;
        let first = (u32::MAX - before)
            .checked_sub(count)
            .ok_or(DamagedRows("outcome"))?;
        let of = &self.names;
        Ok(Columns {
            row: (first..first + count).collect(),
            function: adopted("function", &self.function, &of.functions, &mut names.functions)?,
            version: adopted("version", &self.version, &of.versions, &mut names.versions)?,
            region: adopted("region", &self.region, &of.regions, &mut names.regions)?,
            model: adopted_models(&self.model, &of.models, &mut names.models)?,
            model_source: self
                .model_source
                .iter()
                .map(|code| ModelSource::from_code(*code))
                .collect(),
            ended_at: self
                .ended_at_ms
                .iter()
                .map(|at| at.map(Timestamp::from_epoch_millis))
                .collect(),
            stream: Optional::none(self.outcome.len()),
            facts: FactColumns {
                runtime: adopted("runtime", &self.runtime, &of.runtimes, &mut names.runtimes)?,
                initialization: adopted(
                    "initialization",
                    &self.initialization,
                    &of.initializations,
                    &mut names.initializations,
                )?,
                input_tokens: self.input_tokens.into(),
                output_tokens: self.output_tokens.into(),
                max_tokens: self.max_tokens.into(),
                temperature_milli: self.temperature_milli.into(),
                retries: self.retries.into(),
                before_us: self.before_us.into(),
                after_us: self.after_us.into(),
                bedrock_latency_us: self.bedrock_latency_us.into(),
                time_to_first_token_us: self.time_to_first_token_us.into(),
                streaming: self.streaming,
                prompt: self.prompt.into(),
                is_throttled: self.is_throttled,
            },
            outcome: self.outcome,
            start: self.start,
            memory_mb: self.memory_mb.into(),
            duration_us: self.duration_us,
            init_us: self.init_us.into(),
            billed_us: self.billed_us.into(),
            inference_us: self.inference_us.into(),
            inference_is_bound: self.inference_is_bound,
            retry_us: self.retry_us.into(),
            is_matched: self.is_matched,
            is_summed: self.is_summed,
            calls: self.calls.into(),
        })
    }

    /// Every column is as long as the first, and every code means something.
    fn check(&self) -> Result<(), DamagedRows> {
        let len = self.outcome.len();
        let lengths = [
            ("start", self.start.len()),
            ("model", self.model.len()),
            ("model_source", self.model_source.len()),
            ("ended_at_ms", self.ended_at_ms.len()),
            ("function", self.function.len()),
            ("version", self.version.len()),
            ("region", self.region.len()),
            ("memory_mb", self.memory_mb.len()),
            ("duration_us", self.duration_us.len()),
            ("init_us", self.init_us.len()),
            ("billed_us", self.billed_us.len()),
            ("inference_us", self.inference_us.len()),
            ("inference_is_bound", self.inference_is_bound.len()),
            ("retry_us", self.retry_us.len()),
            ("is_matched", self.is_matched.len()),
            ("is_summed", self.is_summed.len()),
            ("calls", self.calls.len()),
            ("runtime", self.runtime.len()),
            ("initialization", self.initialization.len()),
            ("input_tokens", self.input_tokens.len()),
            ("output_tokens", self.output_tokens.len()),
            ("max_tokens", self.max_tokens.len()),
            ("temperature_milli", self.temperature_milli.len()),
            ("retries", self.retries.len()),
            ("before_us", self.before_us.len()),
            ("after_us", self.after_us.len()),
            ("bedrock_latency_us", self.bedrock_latency_us.len()),
            ("time_to_first_token_us", self.time_to_first_token_us.len()),
            ("streaming", self.streaming.len()),
            ("prompt", self.prompt.len()),
            ("is_throttled", self.is_throttled.len()),
        ];
        if let Some((name, _)) = lengths.iter().find(|(_, length)| *length != len) {
            return Err(DamagedRows(name));
        }
        let times = [
            ("init_us", &self.init_us),
            ("billed_us", &self.billed_us),
            ("inference_us", &self.inference_us),
            ("retry_us", &self.retry_us),
            ("before_us", &self.before_us),
            ("after_us", &self.after_us),
            ("bedrock_latency_us", &self.bedrock_latency_us),
            ("time_to_first_token_us", &self.time_to_first_token_us),
        ];
        let longest = Micros::MAX.as_micros();
        let is_too_long = |column: &[Option<u64>]| column.iter().flatten().any(|time| *time > longest);
        if self.duration_us.iter().any(|time| *time > longest) {
            return Err(DamagedRows("duration_us"));
        }
        if let Some((name, _)) = times.iter().find(|(_, column)| is_too_long(column)) {
            return Err(DamagedRows(name));
        }
        let codes = [
            ("outcome", &self.outcome, Outcome::ALL.len()),
            ("start", &self.start, StartType::ALL.len()),
            (
                "model_source",
                &self.model_source,
                ModelSource::Several as usize + 1,
            ),
        ];
        let is_foreign = |(_, column, count): &&(&str, &Vec<u32>, usize)| {
            column.iter().any(|code| *code as usize >= *count)
        };
        match codes.iter().find(is_foreign) {
            Some((name, ..)) => Err(DamagedRows(name)),
            None => Ok(()),
        }
    }
}

/// A column of positions in one list as one of positions in another, which holds only what occurs.
fn renamed(
    column: &Optional<u32>,
    saved: &mut Vec<String>,
    name: impl Fn(u32) -> Option<String>,
) -> Vec<Option<u32>> {
    let mut occurring: Vec<u32> = column.runs().filter_map(|run| run.0).collect();
    occurring.sort_unstable();
    occurring.dedup();
    saved.extend(
        occurring
            .iter()
            .map(|position| name(*position).unwrap_or_default()),
    );
    let place = |position: u32| occurring.binary_search(&position).ok();
    column
        .iter()
        .map(|position| u32::try_from(place(position?)?).ok())
        .collect()
}

/// The way back: names that are not among `all` are added.
fn adopted(
    column_name: &'static str,
    column: &[Option<u32>],
    saved: &[String],
    all: &mut Vec<Box<str>>,
) -> Result<Optional<u32>, DamagedRows> {
    let mut place = |name: &String| {
        let known = all.iter().position(|other| **other == **name);
        let at = known.unwrap_or_else(|| {
            all.push(name.as_str().into());
            all.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    };
    let places: Vec<u32> = saved.iter().map(&mut place).collect();
    moved(column_name, column, &places)
}

fn adopted_models(
    column: &[Option<u32>],
    saved: &[String],
    all: &mut Vec<Model>,
) -> Result<Optional<u32>, DamagedRows> {
    let mut places = Vec::new();
    for name in saved {
        let id = ModelId::parse(name).ok_or(DamagedRows("model"))?;
        let known = all.iter().position(|model| model.id.base_id() == id.base_id());
        let at = known.unwrap_or_else(|| {
            all.push(Model {
                id,
                as_logged: vec![name.as_str().into()],
            });
            all.len() - 1
        });
        places.push(u32::try_from(at).unwrap_or(u32::MAX));
    }
    moved("model", column, &places)
}

fn moved(name: &'static str, column: &[Option<u32>], places: &[u32]) -> Result<Optional<u32>, DamagedRows> {
    let place = |position: &Option<u32>| match position {
        None => Ok(None),
        Some(position) => match places.get(*position as usize) {
            Some(place) => Ok(Some(*place)),
            None => Err(DamagedRows(name)),
        },
    };
    column.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Columns {
        let none = Optional::none(3);
        Columns {
            row: vec![4, 7, 9],
            outcome: vec![0, 1, 2],
            start: vec![0, 1, 1],
            model: vec![Some(1), None, Some(1)].into(),
            model_source: vec![ModelSource::Logged, ModelSource::None, ModelSource::Inferred],
            ended_at: vec![Some(Timestamp::from_epoch_millis(5)), None, None],
            function: vec![Some(2), Some(0), None].into(),
            version: none.clone(),
            region: none.clone(),
            memory_mb: vec![Some(512); 3].into(),
            duration_us: vec![10, 20, 30],
            init_us: vec![Some(1), None, None].into(),
            billed_us: vec![None; 3].into(),
            inference_us: vec![None, Some(3), None].into(),
            inference_is_bound: vec![false, true, false],
            retry_us: vec![None; 3].into(),
            is_matched: vec![true; 3],
            is_summed: vec![false; 3],
            calls: none.clone(),
            stream: vec![None; 3].into(),
            facts: FactColumns {
                runtime: none.clone(),
                initialization: vec![Some(0), None, None].into(),
                input_tokens: none.clone(),
                output_tokens: none.clone(),
                max_tokens: none.clone(),
                temperature_milli: none.clone(),
                retries: none,
                before_us: vec![None; 3].into(),
                after_us: vec![None; 3].into(),
                bedrock_latency_us: vec![None; 3].into(),
                time_to_first_token_us: vec![None; 3].into(),
                streaming: vec![None; 3],
                prompt: vec![Some(9), None, None].into(),
                is_throttled: vec![false; 3],
            },
        }
    }

    fn names(functions: &[&str], models: &[&str]) -> Names {
        Names {
            functions: functions.iter().map(|name| Box::from(*name)).collect(),
            initializations: vec!["on-demand".into()],
            models: models
                .iter()
                .map(|id| Model {
                    id: ModelId::parse(id).unwrap(),
                    as_logged: vec![Box::from(*id)],
                })
                .collect(),
            ..Names::default()
        }
    }

    #[test]
    fn rows_come_back_under_the_names_of_other_logs() {
        let saved = SavedRows::of(
            &rows(),
            &names(&["a", "b", "c"], &["amazon.nova-lite-v1:0", "meta.llama3-v1:0"]),
        );
        let text = serde_json::to_string(&saved).unwrap();
        let saved: SavedRows = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (saved.len(), saved.models()),
            (3, &["meta.llama3-v1:0".to_owned()][..])
        );
        let mut others = names(&["x", "c"], &[]);
        let back = saved.into_columns(&mut others, 5).unwrap();
        assert_eq!(back.function, vec![Some(1), Some(2), None].into());
        assert_eq!(others.functions, ["x", "c", "a"].map(Box::from));
        assert_eq!(back.model, vec![Some(0), None, Some(0)].into());
        assert_eq!(back.row, [u32::MAX - 8, u32::MAX - 7, u32::MAX - 6]);
        let expected = Columns {
            row: back.row.clone(),
            function: back.function.clone(),
            model: back.model.clone(),
            ..rows()
        };
        assert_eq!(back, expected);
    }

    #[test]
    fn damage_is_named() {
        let names = names(&["a", "b", "c"], &["a.b", "c.d"]);
        let saved = || SavedRows::of(&rows(), &names);
        let damaged = |change: &dyn Fn(&mut SavedRows)| {
            let mut saved = saved();
            change(&mut saved);
            saved
                .into_columns(&mut Names::default(), 0)
                .map(|_| ())
                .unwrap_err()
                .to_string()
        };
        assert!(damaged(&|saved| saved.start.truncate(2)).contains("column start"));
        assert!(damaged(&|saved| saved.outcome[0] = 3).contains("column outcome"));
        assert!(damaged(&|saved| saved.model_source[0] = 4).contains("column model_source"));
        assert!(damaged(&|saved| saved.duration_us[0] = u64::MAX).contains("column duration_us"));
        assert!(damaged(&|saved| saved.init_us[0] = Some(u64::MAX)).contains("column init_us"));
        assert!(damaged(&|saved| saved.function[0] = Some(2)).contains("column function"));
        assert!(damaged(&|saved| saved.names.models[0].clear()).contains("column model"));
    }
}
