//! Names of foundation models.

use std::fmt;

/// A foundation model as a log names it, told apart from the profile or region through which it
/// was called.
///
/// Reads the forms that Bedrock accepts: a model id (`anthropic.claude-3-haiku-20240307-v1:0`),
/// an inference-profile id with its region prefix (`us.amazon.nova-lite-v1:0`), and an ARN of
/// either. Two ids that differ only in region prefix or ARN are the same model. What an
/// application inference profile, a provisioned, imported or custom model stands for cannot be
/// told from its ARN; such a model is named by the last two parts of it, without the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId {
    /// Identity: provider, words, date and version, without region prefix and context length.
    base: String,
    /// The words between provider and date, in lower case.
    words: Vec<String>,
    /// The release date in the id, as `20240307`.
    date: Option<String>,
    /// The version in the id, as `v1:0`.
    version: Option<String>,
}

/// Prefixes of cross-region inference profiles.
const REGION_PREFIXES: [&str; 10] = [
    "us", "us-gov", "eu", "apac", "ap", "jp", "au", "ca", "sa", "global",
];

impl ModelId {
    /// Reads a model id, inference-profile id, ARN or short name. Every non-empty text is one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if let Some(resource) = opaque_resource(text) {
            return Some(Self {
                base: resource.to_owned(),
                words: split_words(resource),
                date: None,
                version: None,
            });
        }
        let id = text.rsplit('/').next().unwrap_or(text);
        let id = match id.split_once('.') {
            Some((prefix, rest)) if REGION_PREFIXES.contains(&prefix) => rest,
            _ => id,
        };
        let name = match id.split_once('.') {
            Some((provider, name)) if is_provider(provider) => name,
            _ => id,
        };
        let (stem, version) = split_version(name);
        let (stem, date) = split_date(stem);
        let base = match version {
            // The context length behind the version (`:48k`) does not make another model.
            Some(version) => format!("{}{version}", &id[..id.len() - name.len() + name.find(version)?]),
            None => id.to_owned(),
        };
        Some(Self {
            base,
            words: split_words(stem),
            date: date.map(str::to_owned),
            version: version.map(str::to_owned),
        })
    }

    /// Whether the text is the ARN of something whose model cannot be known from it, such as an
    /// application inference profile.
    pub fn is_opaque(text: &str) -> bool {
        opaque_resource(text).is_some()
    }

    /// The prefix of a cross-region inference profile, such as `us` or `global`, in an id or ARN as it was logged.
    pub fn profile_prefix(text: &str) -> Option<&str> {
        let id = text.trim().rsplit('/').next()?;
        let (prefix, _) = id.split_once('.')?;
        REGION_PREFIXES.contains(&prefix).then_some(prefix)
    }

    /// The name that tells the model from others without provider, date and version:
    /// `claude-3-haiku`, `nova-lite`.
    pub fn short_name(&self) -> String {
        self.words.join("-")
    }

    /// Whether the name is words alone, without provider, date and version, as people write it
    /// and Bedrock does not.
    pub fn is_bare(&self) -> bool {
        self.date.is_none() && self.version.is_none() && !self.base.contains(['.', '/'])
    }

    /// What makes this model itself: equal for the same model under several profiles.
    pub fn base_id(&self) -> &str {
        &self.base
    }

    /// Whether this model is meant by `query`, a short or full name: the words of the query
    /// stand in this order, without a gap, among the words of the model, and where the query
    /// gives a date or a version it is this model's.
    ///
    /// So `haiku` and `claude-3-haiku` mean `anthropic.claude-3-haiku-20240307-v1:0`, and
    /// `nova-lite` does not mean `amazon.nova-2-lite-v1:0`.
    pub fn is_meant_by(&self, query: &Self) -> bool {
        // Without its minor number a version means any of them.
        let agrees = |ours: &Option<String>, theirs: &Option<String>| match (ours, theirs) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(ours), Some(theirs)) => {
                ours == theirs
                    || ours
                        .strip_prefix(theirs.as_str())
                        .is_some_and(|rest| rest.starts_with(':'))
            }
        };
        !query.words.is_empty()
            && agrees(&self.date, &query.date)
            && agrees(&self.version, &query.version)
            && self
                .words
                .windows(query.words.len())
                .any(|run| run == query.words)
    }
}

/// The id as it is told apart from other models.
impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

/// `kind/name` of an ARN whose model cannot be known from it.
fn opaque_resource(text: &str) -> Option<&str> {
    const OPAQUE: [&str; 6] = [
        "application-inference-profile/",
        "provisioned-model/",
        "imported-model/",
        "custom-model/",
        "custom-model-deployment/",
        "prompt/",
    ];
    // Only an ARN has a slash, and most names are none.
    memchr::memchr(b'/', text.as_bytes())?;
    OPAQUE
        .iter()
        .filter_map(|kind| text.find(kind))
        .min()
        .map(|at| &text[at..])
}

fn is_provider(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Splits `-v1:0:48k` off the end: the stem, and the version without context length (`v1:0`).
fn split_version(name: &str) -> (&str, Option<&str>) {
    let Some((stem, tail)) = name.rsplit_once("-v") else {
        return (name, None);
    };
    let mut parts = tail.split(':');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some(major) = parts.next().filter(|part| digits(part)) else {
        return (name, None);
    };
    let minor = parts.next().filter(|part| digits(part));
    let length = 1 + major.len() + minor.map_or(0, |minor| 1 + minor.len());
    let from = stem.len() + 1;
    (stem, Some(&name[from..from + length]))
}

/// Splits `-20240307` off the end.
fn split_date(stem: &str) -> (&str, Option<&str>) {
    match stem.rsplit_once('-') {
        Some((stem, date)) if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) => {
            (stem, Some(date))
        }
        _ => (stem, None),
    }
}

fn split_words(stem: &str) -> Vec<String> {
    stem.split('-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str) -> ModelId {
        ModelId::parse(text).unwrap()
    }

    #[test]
    fn short_names_drop_region_provider_date_and_version() {
        for (id, short) in [
            ("anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku"),
            ("us.anthropic.claude-3-5-haiku-20241022-v1:0", "claude-3-5-haiku"),
            ("anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
            ("amazon.nova-lite-v1:0", "nova-lite"),
            ("amazon.nova-2-lite-v1:0", "nova-2-lite"),
            ("us-gov.amazon.nova-micro-v1:0", "nova-micro"),
            ("anthropic.claude-v2:1", "claude"),
            ("anthropic.claude-sonnet-4-6", "claude-sonnet-4-6"),
            (
                "global.anthropic.claude-sonnet-4-20250514-v1:0",
                "claude-sonnet-4",
            ),
            ("anthropic.claude-3-haiku-20240307-v1:0:48k", "claude-3-haiku"),
            ("meta.llama3-1-8b-instruct-v1:0", "llama3-1-8b-instruct"),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
                "nova-lite",
            ),
            (
                "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0",
                "nova-lite",
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3",
                "application-inference-profile/a1b2c3",
            ),
        ] {
            assert_eq!(model(id).short_name(), short, "{id}");
        }
    }

    #[test]
    fn profiles_and_context_lengths_of_a_model_are_one_model() {
        let plain = model("anthropic.claude-3-haiku-20240307-v1:0");
        for same in [
            "us.anthropic.claude-3-haiku-20240307-v1:0",
            "anthropic.claude-3-haiku-20240307-v1:0:48k",
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
        ] {
            assert_eq!(model(same), plain, "{same}");
        }
        assert_eq!(plain.base_id(), "anthropic.claude-3-haiku-20240307-v1:0");
        assert_ne!(
            model("anthropic.claude-3-5-sonnet-20240620-v1:0"),
            model("anthropic.claude-3-5-sonnet-20241022-v2:0")
        );
    }

    #[test]
    fn a_profile_is_known_by_its_prefix() {
        for (id, prefix) in [
            ("global.anthropic.claude-sonnet-4-6", Some("global")),
            ("us-gov.amazon.nova-micro-v1:0", Some("us-gov")),
            (
                "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0",
                Some("eu"),
            ),
            ("amazon.nova-lite-v1:0", None),
            ("nova-lite", None),
            ("", None),
        ] {
            assert_eq!(ModelId::profile_prefix(id), prefix, "{id}");
        }
    }

    #[test]
    fn a_short_name_means_a_run_of_words() {
        let haiku = model("us.anthropic.claude-3-haiku-20240307-v1:0");
        for query in [
            "haiku",
            "Haiku",
            "claude",
            "3-haiku",
            "claude-3-haiku",
            "claude-3-haiku-20240307",
            "anthropic.claude-3-haiku-20240307-v1:0",
            "eu.anthropic.claude-3-haiku-20240307-v1:0",
        ] {
            assert!(haiku.is_meant_by(&model(query)), "{query}");
        }
        for query in [
            "claude-haiku",
            "hai",
            "nova-lite",
            "claude-3-haiku-20990101",
            "anthropic.claude-3-haiku-20240307-v2:0",
            "claude-3-haiku-x",
        ] {
            assert!(!haiku.is_meant_by(&model(query)), "{query}");
        }
        assert!(!model("amazon.nova-2-lite-v1:0").is_meant_by(&model("nova-lite")));
        assert!(model("amazon.nova-2-lite-v1:0").is_meant_by(&model("lite")));
        assert!(!model("anthropic.claude-3-5-haiku-20241022-v1:0").is_meant_by(&model("claude-3-haiku")));
    }
}
