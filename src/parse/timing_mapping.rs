//! The user's own keys in a form to be compared, and all keys that a timing record keeps.

use super::timing_keys::{FIELDS, Field, NOT_USED_YET, TimingKeys, Unit};
use super::timing_spellings::LIKELY_REQUEST_IDS;

/// What a value under a key can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    /// A request id by which records are joined.
    RequestId,
    /// A number or truth value, also as text.
    Number,
    /// A word for how a call ended, or its HTTP code.
    Status,
    /// The kind of an error, whose presence means one.
    ErrorType,
    /// The id that a client gave a request.
    ClientId,
    /// Any other name.
    Name,
}

impl From<Field> for Meaning {
    fn from(field: Field) -> Self {
        match field {
            Field::RequestId => Self::RequestId,
            Field::Inference
            | Field::Retry
            | Field::StartOffset
            | Field::CallIndex
            | Field::ColdStart
            | Field::InputTokens
            | Field::OutputTokens
            | Field::MaxTokens
            | Field::Temperature
            | Field::RetryCount
            | Field::Before
            | Field::After
            | Field::BedrockLatency
            | Field::TimeToFirstToken
            | Field::Streaming => Self::Number,
            Field::Status => Self::Status,
            Field::ClientRequestId => Self::ClientId,
            Field::ErrorType => Self::ErrorType,
            Field::Model
            | Field::ResponseModel
            | Field::InitializationType
            | Field::BedrockRequestId
            | Field::PromptHash => Self::Name,
        }
    }
}

/// What a field means, by its name in the timing schema.
fn meaning(name: &str) -> Meaning {
    match FIELDS.iter().find(|(known, _)| *known == name) {
        Some(&(_, field)) => field.into(),
        None => match name {
            "gen_ai.operation.name" | "gen_ai.provider.name" | "api_gateway_request_id" => Meaning::Name,
            _ => Meaning::Number,
        },
    }
}

impl TimingKeys {
    /// The user's own keys as text, such as `inference_ms=bedrock.took:s`, best first in each field; nothing if
    /// there are the common ones alone. Equal texts read a log in the same way.
    pub fn mapping(&self) -> Vec<String> {
        let names = FIELDS.iter().map(|(name, _)| *name);
        let names = names.chain(NOT_USED_YET.iter().map(|(name, _)| *name));
        // What was added last is looked for first.
        names
            .flat_map(|name| self.mapped.iter().rev().filter(move |mapped| mapped.name == name))
            .map(|mapped| {
                let unit = match mapped.unit {
                    None => "",
                    Some(Unit::Milliseconds) => ":ms",
                    Some(Unit::Seconds) => ":s",
                    Some(Unit::Microseconds) => ":us",
                };
                format!("{}={}{unit}", mapped.name, mapped.path)
            })
            .collect()
    }

    /// Every path under which a field of the schema may stand, those that the analysis does not use yet among
    /// them, by the order of their bytes. A path may stand there with several meanings.
    pub(super) fn kept(&self) -> Vec<(Box<str>, Meaning)> {
        let used = self.all().map(|key| (key.path.as_str(), key.field.into()));
        let mapped = self
            .mapped
            .iter()
            .map(|mapped| (mapped.path.as_str(), meaning(mapped.name)));
        let names = FIELDS.iter().map(|(name, _)| *name);
        let names = names.chain(NOT_USED_YET.iter().map(|(name, _)| *name));
        let ids = LIKELY_REQUEST_IDS.iter().map(|&key| (key, Meaning::RequestId));
        let all = used
            .chain(mapped)
            .chain(names.map(|name| (name, meaning(name))))
            .chain(ids);
        let mut kept: Vec<_> = all.map(|(path, meaning)| (Box::from(path), meaning)).collect();
        kept.sort_unstable();
        kept.dedup();
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_the_users_own_keys_best_first() {
        let mut keys = TimingKeys::common();
        assert_eq!(keys.mapping(), [""; 0]);
        for (field, key, unit) in [
            ("api_gateway_request_id", "gateway", None),
            ("inference_ms", "slow", None),
            ("handler_ms", "all", Some("s")),
            ("inference_ms", "bedrock.took", Some("s")),
        ] {
            keys.add(field, key, unit).unwrap();
        }
        assert_eq!(
            keys.mapping(),
            [
                "inference_ms=bedrock.took:s",
                "inference_ms=slow:ms",
                "handler_ms=all:s",
                "api_gateway_request_id=gateway"
            ]
        );
        assert!(keys.kept().contains(&("gateway".into(), Meaning::Name)));
        assert!(keys.kept().contains(&("all".into(), Meaning::Number)));
    }
}
