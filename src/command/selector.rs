//! `--baseline` and `--candidate`: what each side of a comparison is.

use std::path::{Component, Path, PathBuf};

use super::error::Error;
use super::load::Loaded;
use super::saved::is_baseline_name;
use super::selector_error::SelectorError;
use crate::dataset::{Condition, Key, Selection, TimeBound};
use crate::invocation::Names;
use crate::vocab::ModelId;

/// What one side is, as it was written: a model, or `key=value` pairs joined by commas.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    text: String,
    model: Option<String>,
    since: Option<TimeBound>,
    until: Option<TimeBound>,
    inputs: Vec<PathBuf>,
    conditions: Vec<Condition>,
    saved: Option<String>,
}

/// A selector resolved against the logs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Resolved {
    /// How the side is called.
    pub(super) name: String,
    /// The ids under which the logs name its model.
    pub(super) model_ids: Vec<String>,
    /// Which invocations.
    pub(super) selection: Selection,
}

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// If it means nothing.
    pub fn parse(text: &str, is_local: bool) -> Result<Self, SelectorError> {
        let mut selector = Self {
            text: text.to_owned(),
            model: None,
            since: None,
            until: None,
            inputs: Vec::new(),
            conditions: Vec::new(),
            saved: None,
        };
        let malformed = |part: &str| SelectorError::Malformed {
            selector: text.to_owned(),
            part: part.to_owned(),
        };
        if text.trim().is_empty() {
            return Err(malformed(text));
        }
        if !text.contains('=') {
            selector.model = Some(text.trim().to_owned());
            return Ok(selector);
        }
        let parts = text.split(',');
        for part in parts.clone() {
            let (key, value) = part.split_once('=').ok_or_else(|| malformed(part))?;
            let (key, value) = (key.trim(), value.trim());
            if value.is_empty() {
                return Err(malformed(part));
            }
            let time = || TimeBound::parse(value, is_local).map_err(SelectorError::Time);
            match key {
                "model" => once("model", &mut selector.model, value.to_owned())?,
                "since" => once("since", &mut selector.since, time()?)?,
                "until" => once("until", &mut selector.until, time()?)?,
                "input" => selector.inputs.push(PathBuf::from(value)),
                "saved" if parts.clone().count() > 1 => return Err(SelectorError::SavedAlone),
                "saved" if !is_baseline_name(value) => {
                    return Err(SelectorError::SavedName(value.to_owned()));
                }
                "saved" => selector.saved = Some(value.to_owned()),
                _ => {
                    let key = Key::from_name(key)
                        .ok_or_else(|| SelectorError::UnknownKey { key: key.to_owned() })?;
                    let condition = Condition::new(key, value).map_err(SelectorError::Value)?;
                    selector.conditions.push(condition);
                }
            }
        }
        Ok(selector)
    }

    /// That of a model, by its id.
    pub(super) fn of_model(id: &str) -> Self {
        Self {
            text: id.to_owned(),
            model: Some(id.to_owned()),
            since: None,
            until: None,
            inputs: Vec::new(),
            conditions: Vec::new(),
            saved: None,
        }
    }

    /// The position of its model in these names, if it selects one.
    pub(super) fn model_in(&self, names: &Names) -> Result<Option<u32>, Error> {
        let found = |query: &String| find_model(query, names);
        Ok(self.model.as_ref().map(found).transpose()?)
    }

    /// The selector as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The saved baseline that it means.
    pub fn saved(&self) -> Option<&str> {
        self.saved.as_deref()
    }

    /// Whether it selects a model.
    pub fn names_a_model(&self) -> bool {
        self.model.is_some()
    }

    /// The stretch of time that it selects, if it selects one.
    pub fn window(&self) -> Option<(Option<TimeBound>, Option<TimeBound>)> {
        (self.since.is_some() || self.until.is_some()).then_some((self.since, self.until))
    }

    /// The paths that it names.
    pub fn inputs(&self) -> &[PathBuf] {
        &self.inputs
    }

    /// Finds what it means in these logs.
    pub(super) fn resolve(&self, loaded: &Loaded, inputs: &[PathBuf]) -> Result<Resolved, Error> {
        let names = loaded.dataset.names();
        let model = match &self.model {
            Some(query) => Some(find_model(query, names)?),
            None => None,
        };
        let mut conditions = self.conditions.clone();
        for path in &self.inputs {
            let argument = inputs.iter().position(|input| same_path(input, path));
            let argument = argument.ok_or_else(|| SelectorError::UnknownInput {
                path: path.clone(),
                known: inputs.to_vec(),
            })?;
            conditions.push(Condition::Argument(argument));
        }
        let model_ids = model.map(|model| &names.models[model as usize].as_logged);
        Ok(Resolved {
            name: self.name(model.map(|model| names.model_label(model))),
            model_ids: model_ids
                .map(|ids| ids.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            selection: Selection {
                window: loaded.window(self.since, self.until)?,
                conditions,
                model,
            },
        })
    }

    /// The model's label, and after it whatever else the selector asks for.
    fn name(&self, model: Option<String>) -> String {
        let Some(model) = model else {
            return self.text.clone();
        };
        let others = self
            .text
            .split(',')
            .filter(|part| part.contains('=') && !part.trim().starts_with("model="));
        std::iter::once(model)
            .chain(others.map(|part| part.trim().to_owned()))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

fn once<T>(key: &'static str, slot: &mut Option<T>, value: T) -> Result<(), SelectorError> {
    if slot.is_some() {
        return Err(SelectorError::Twice { key });
    }
    *slot = Some(value);
    Ok(())
}

fn same_path(a: &Path, b: &Path) -> bool {
    let parts = |path: &'_ Path| -> PathBuf {
        path.components()
            .filter(|part| *part != Component::CurDir)
            .collect()
    };
    parts(a) == parts(b)
}

/// The one model in the logs that a name means: one whose whole name it is, else the only one in
/// whose name it occurs.
fn find_model(query: &str, names: &Names) -> Result<u32, SelectorError> {
    let positions = || 0..u32::try_from(names.models.len()).unwrap_or(u32::MAX);
    let id = |position: u32| &names.models[position as usize].id;
    let shown = |positions: &[u32]| {
        positions
            .iter()
            .map(|&position| id(position).to_string())
            .collect()
    };
    let unknown = || SelectorError::UnknownModel {
        query: query.to_owned(),
        known: shown(&positions().collect::<Vec<_>>()),
    };
    let asked = ModelId::parse(query).ok_or_else(unknown)?;
    let same = positions().find(|&position| id(position).base_id() == asked.base_id());
    if let Some(same) = same {
        return Ok(same);
    }
    let meant: Vec<u32> = positions()
        .filter(|&position| id(position).is_meant_by(&asked))
        .collect();
    let whole: Vec<u32> = meant
        .iter()
        .copied()
        .filter(|&position| id(position).short_name() == asked.short_name())
        .collect();
    match (meant.as_slice(), whole.as_slice()) {
        ([], _) => Err(unknown()),
        ([one], _) | (_, [one]) => Ok(*one),
        (several, _) => Err(SelectorError::AmbiguousModel {
            query: query.to_owned(),
            candidates: shown(several),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::Names;

    fn names(ids: &[&str]) -> Names {
        let mut names = Names::default();
        for id in ids {
            names.models.push(crate::invocation::Model {
                id: ModelId::parse(id).unwrap(),
                as_logged: vec![(*id).into()],
            });
        }
        names
    }

    #[test]
    fn a_short_name_must_mean_one_model() {
        let names = names(&[
            "amazon.nova-2-lite-v1:0",
            "amazon.nova-lite-v1:0",
            "anthropic.claude-3-5-haiku-20241022-v1:0",
            "anthropic.claude-3-5-sonnet-20240620-v1:0",
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "anthropic.claude-3-haiku-20240307-v1:0",
        ]);
        for (query, position) in [
            ("nova-lite", 1),
            ("nova-2-lite", 0),
            ("claude-3-haiku", 5),
            ("3-5-haiku", 2),
            ("us.anthropic.claude-3-haiku-20240307-v1:0", 5),
            ("claude-3-5-sonnet-20240620", 3),
            ("nova-lite-v1", 1),
            ("claude-3-haiku-20240307-v1", 5),
            ("anthropic.claude-3-5-sonnet-20241022-v2:0", 4),
        ] {
            assert_eq!(find_model(query, &names), Ok(position), "{query}");
        }
        for (query, count) in [("haiku", 2), ("lite", 2), ("claude-3-5-sonnet", 2)] {
            match find_model(query, &names) {
                Err(SelectorError::AmbiguousModel { candidates, .. }) => assert_eq!(candidates.len(), count),
                other => panic!("{query}: {other:?}"),
            }
        }
        for query in ["nova-pro", "hai", "claude-haiku"] {
            assert!(
                matches!(find_model(query, &names), Err(SelectorError::UnknownModel { .. })),
                "{query}"
            );
        }
    }

    #[test]
    fn a_whole_short_name_goes_before_a_part_of_one() {
        let names = names(&["amazon.nova-lite-v1:0", "amazon.nova-lite-plus-v1:0"]);
        assert_eq!(find_model("nova-lite", &names), Ok(0));
    }

    #[test]
    fn pairs_are_read_and_faults_named() {
        let selector = Selector::parse("model=haiku, version=12,memory=512,since=1h", false).unwrap();
        assert_eq!(selector.model.as_deref(), Some("haiku"));
        assert_eq!(selector.since, Some(TimeBound::Ago(3_600_000)));
        assert_eq!(
            selector.conditions,
            [
                Condition::Named(Key::Version, "12".to_owned()),
                Condition::Memory(512)
            ]
        );
        assert_eq!(
            selector.name(Some("claude-3-haiku".to_owned())),
            "claude-3-haiku, version=12, memory=512, since=1h"
        );
        for text in [
            "",
            " ",
            "a=",
            "haiku,version=12",
            "colour=red",
            "memory=big",
            "start=hot",
            "since=soon",
            "model=a,model=b",
        ] {
            assert!(Selector::parse(text, false).is_err(), "{text:?}");
        }
    }
}
