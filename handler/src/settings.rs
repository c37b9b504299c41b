//! What the environment says, read once when the execution environment begins.

use std::fmt;

use aws_sdk_bedrockruntime::config::retry::RetryMode;

use crate::assignment::Assignment;

/// The most tokens that a request may ask for, unless `MAX_TOKENS` says otherwise.
const MAX_TOKENS: u32 = 4096;

/// What a request that names no limit gets at most.
const DEFAULT_TOKENS: u32 = 512;

/// The handler's settings.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The models that may be called; at least one.
    pub(crate) models: Vec<Model>,
    /// Which of them a request gets that names none.
    pub(crate) assignment: Assignment,
    /// The most tokens that a request may ask for.
    pub(crate) max_tokens: u32,
    /// Written tokens of a request that names no limit.
    pub(crate) default_tokens: u32,
    /// The key of prompt hashes.
    pub(crate) hash_key: Option<Secret>,
    /// Whether metrics are written beside the records.
    pub(crate) writes_metrics: bool,
    /// `AWS_LAMBDA_FUNCTION_NAME`.
    pub(crate) function: String,
    /// `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub(crate) initialization_type: Option<String>,
}

/// A model that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    /// What Bedrock is asked for: a model id, an inference-profile id or an ARN.
    pub(crate) id: String,
}

impl Model {
    /// What a response says of it: an ARN would tell the account.
    pub(crate) fn public_name(&self) -> &str {
        match self.id.starts_with("arn:") {
            true => self.id.rsplit('/').next().unwrap_or_default(),
            false => &self.id,
        }
    }
}

/// A text that is never shown.
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// The variable that cannot be used, and what it may be. It ends the initialisation, so that a wrong deployment
    /// fails as a whole and not by the request.
    pub(crate) fn read(environment: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let variable = |name: &str| {
            let text = environment(name)?;
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        retries(&environment)?;
        let max_tokens = match variable("MAX_TOKENS") {
            None => MAX_TOKENS,
            Some(text) => text
                .parse()
                .ok()
                .filter(|tokens| (1..=i32::MAX as u32).contains(tokens))
                .ok_or("MAX_TOKENS: expecting a number of tokens, 1 or more")?,
        };
        let writes_metrics = match variable("METRICS").as_deref() {
            None | Some("none") => false,
            Some("emf") => true,
            Some(_) => return Err("METRICS: expecting emf, or none".to_owned()),
        };
        let stream = variable("AWS_LAMBDA_LOG_STREAM_NAME").unwrap_or_default();
        Ok(Self {
            models: models(variable("MODEL_ID"), variable("MODEL_IDS"))?,
            assignment: Assignment::of(variable("MODEL_ASSIGNMENT").as_deref(), &stream)?,
            max_tokens,
            default_tokens: DEFAULT_TOKENS.min(max_tokens),
            // As it is, blanks and all: whoever recomputes a hash has no other.
            hash_key: environment("PROMPT_HASH_KEY")
                .filter(|key| !key.is_empty())
                .map(Secret),
            writes_metrics,
            function: variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
            initialization_type: variable("AWS_LAMBDA_INITIALIZATION_TYPE"),
        })
    }
}

/// What the AWS SDK reads of retries, as it reads it: where it cannot, it panics. A variable that is set and empty is one of
/// those, and blanks are no part of a number.
fn retries(environment: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let attempts = environment("AWS_MAX_ATTEMPTS");
    if attempts.is_some_and(|text| !text.parse::<u32>().is_ok_and(|attempts| attempts > 0)) {
        return Err(
            "AWS_MAX_ATTEMPTS: expecting a whole number, 1 or more, without blanks; or unset it".to_owned(),
        );
    }
    let mode = environment("AWS_RETRY_MODE");
    if mode.is_some_and(|text| text.parse::<RetryMode>().is_err()) {
        return Err("AWS_RETRY_MODE: expecting standard or adaptive; or unset it".to_owned());
    }
    Ok(())
}

/// The models, in their order.
fn models(one: Option<String>, several: Option<String>) -> Result<Vec<Model>, String> {
    let text = match (one, several) {
        (Some(id), None) if id.contains(',') => {
            return Err("MODEL_ID: expecting a single model; MODEL_IDS takes several".to_owned());
        }
        (Some(id), None) | (None, Some(id)) => id,
        (Some(_), Some(_)) => return Err("MODEL_ID and MODEL_IDS are both set: set one of them".to_owned()),
        (None, None) => {
            return Err(
                "MODEL_ID: expecting the id of a Bedrock model, or MODEL_IDS with several".to_owned(),
            );
        }
    };
    let mut models: Vec<Model> = Vec::new();
    for id in text.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        let model = Model { id: id.to_owned() };
        if model.public_name().is_empty() || model.public_name().starts_with("arn:") {
            return Err("MODEL_IDS: an ARN does not end in the name of a model or profile".to_owned());
        }
        if models
            .iter()
            .any(|other| other.public_name() == model.public_name())
        {
            return Err(format!("MODEL_IDS: {} is there twice", model.public_name()));
        }
        models.push(model);
    }
    match models.is_empty() {
        true => Err("MODEL_IDS: expecting ids of Bedrock models with commas between them".to_owned()),
        false => Ok(models),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[track_caller]
    fn fault(variables: &[(&str, &str)]) -> String {
        read(variables).expect_err("these settings cannot be used")
    }

    #[test]
    fn one_model_is_enough() {
        let settings = read(&[("MODEL_ID", " amazon.nova-lite-v1:0 ")]).unwrap();
        assert_eq!(settings.models[0].id, "amazon.nova-lite-v1:0");
        assert_eq!(settings.models.len(), 1);
        assert_eq!((settings.max_tokens, settings.default_tokens), (4096, 512));
        assert!(settings.hash_key.is_none());
        assert!(!settings.writes_metrics);
    }

    #[test]
    fn models_keep_their_order() {
        let settings = read(&[("MODEL_IDS", "b, a,,c")]).unwrap();
        let ids: Vec<&str> = settings.models.iter().map(|model| model.id.as_str()).collect();
        assert_eq!(ids, ["b", "a", "c"]);
    }

    #[test]
    fn an_arn_is_known_by_its_last_part() {
        let arn = "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0";
        let settings = read(&[("MODEL_ID", arn)]).unwrap();
        assert_eq!(settings.models[0].public_name(), "eu.amazon.nova-lite-v1:0");
        assert_eq!(
            fault(&[("MODEL_IDS", &format!("eu.amazon.nova-lite-v1:0,{arn}"))]),
            "MODEL_IDS: eu.amazon.nova-lite-v1:0 is there twice"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        let model = ("MODEL_ID", "m");
        for arn in [
            "arn:aws:bedrock:eu-west-1:111122223333:x",
            "arn:aws:bedrock:::foundation-model/",
        ] {
            let said = fault(&[("MODEL_ID", arn)]);
            assert!(
                said.contains("does not end in the name") && !said.contains("1111"),
                "{said}"
            );
        }
        for attempts in ["0", "-1", "three", "", " ", " 3", "3 ", "1.5", "4294967296"] {
            let said = fault(&[model, ("AWS_MAX_ATTEMPTS", attempts)]);
            assert!(said.starts_with("AWS_MAX_ATTEMPTS: expecting"), "{attempts:?}");
        }
        for mode in ["", "legacy", "stan dard"] {
            let said = fault(&[model, ("AWS_RETRY_MODE", mode)]);
            assert!(said.starts_with("AWS_RETRY_MODE: expecting"), "{mode:?}");
        }
        assert!(fault(&[]).starts_with("MODEL_ID: expecting"));
        assert!(fault(&[("MODEL_ID", "  ")]).starts_with("MODEL_ID: expecting"));
        assert!(fault(&[("MODEL_IDS", " , ")]).starts_with("MODEL_IDS: expecting"));
        assert!(fault(&[model, ("MODEL_IDS", "a,b")]).contains("both set"));
        for several in ["a,b", "a,", ", a"] {
            assert!(
                fault(&[("MODEL_ID", several)]).contains("MODEL_IDS takes several"),
                "{several}"
            );
        }
        for tokens in ["0", "-1", "many", "2147483648"] {
            assert!(fault(&[model, ("MAX_TOKENS", tokens)]).starts_with("MAX_TOKENS: expecting"));
        }
        assert!(fault(&[model, ("METRICS", "on")]).starts_with("METRICS: expecting"));
        assert!(fault(&[model, ("MODEL_ASSIGNMENT", "random")]).starts_with("MODEL_ASSIGNMENT: expecting"));
    }

    #[test]
    fn what_the_sdk_takes_of_retries_is_taken() {
        for (name, value) in [
            ("AWS_MAX_ATTEMPTS", "1"),
            ("AWS_MAX_ATTEMPTS", "10"),
            ("AWS_RETRY_MODE", "standard"),
            ("AWS_RETRY_MODE", " Adaptive "),
        ] {
            assert!(
                read(&[("MODEL_ID", "m"), (name, value)]).is_ok(),
                "{name}={value}"
            );
        }
    }

    #[test]
    fn a_low_limit_holds_for_requests_that_name_none() {
        let settings = read(&[("MODEL_ID", "m"), ("MAX_TOKENS", "100")]).unwrap();
        assert_eq!((settings.max_tokens, settings.default_tokens), (100, 100));
    }

    #[test]
    fn the_key_is_not_shown() {
        let settings = read(&[("MODEL_ID", "m"), ("PROMPT_HASH_KEY", " hunter2 ")]).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
        assert_eq!(settings.hash_key.unwrap().0, " hunter2 ");
    }
}
