//! What the models are asked.

use std::fmt::Write as _;

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Bytes of a prompt's hash that are kept, as in the handler's record.
const HASH_BYTES: usize = 16;

/// How many prompts there are where none are given.
const OWN: usize = 100;

/// Bytes of English text to a token, by rule of thumb.
const BYTES_PER_TOKEN: usize = 4;

/// A prompt, and what a record says of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Prompt {
    pub(super) text: String,
    /// The first half of its SHA-256 in hexadecimal digits.
    pub hash: String,
}

/// Without the text, which may be somebody's.
impl std::fmt::Debug for Prompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prompt")
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

impl Prompt {
    /// A prompt of this text.
    pub fn new(text: String) -> Self {
        let mut hash = String::new();
        for byte in Sha256::digest(text.as_bytes()).iter().take(HASH_BYTES) {
            // Writing to a string cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        Self { text, hash }
    }

    /// Its length in bytes of UTF-8.
    pub fn length(&self) -> usize {
        self.text.len()
    }

    /// About how many tokens it is: four bytes each.
    pub fn estimated_tokens(&self) -> u64 {
        self.text.len().div_ceil(BYTES_PER_TOKEN) as u64
    }
}

/// Prompts for whoever has none.
pub fn own_prompts() -> Vec<Prompt> {
    let of = |number| {
        Prompt::new(format!(
            "Say in three sentences what is special about the number {number}."
        ))
    };
    (1..=OWN).map(of).collect()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Text(String),
    Object { prompt: String },
}

/// Reads prompts: one a line as it stands, or, where the file begins with `{` or `"`, one JSON a line, a string or an object
/// with `prompt`. Blank lines are passed over.
///
/// # Errors
/// The line that cannot be read, without quoting it, or that there is none.
pub fn parse_prompts(text: &str) -> Result<Vec<Prompt>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_json = text.trim_start().starts_with(['{', '"']);
    let mut prompts = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let prompt = match is_json {
            false => line.to_owned(),
            true => match serde_json::from_str(line) {
                Ok(Line::Text(prompt) | Line::Object { prompt }) if !prompt.trim().is_empty() => prompt,
                _ => {
                    return Err(format!(
                        "line {}: expecting a JSON string, or an object with \"prompt\", that is not blank: the first line \
                         is JSON, so all must be",
                        number + 1
                    ));
                }
            },
        };
        prompts.push(Prompt::new(prompt));
    }
    match prompts.is_empty() {
        true => Err("it holds no prompt: expecting one a line".to_owned()),
        false => Ok(prompts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        parse_prompts(text)
            .unwrap()
            .into_iter()
            .map(|prompt| prompt.text)
            .collect()
    }

    #[test]
    fn a_prompt_is_a_line_or_a_json_a_line() {
        assert_eq!(texts("a\n\n b \r\nc"), ["a", " b ", "c"]);
        assert_eq!(
            texts("\u{feff}\"a\\nb\"\n{\"prompt\": \"c\", \"id\": 1}\n"),
            ["a\nb", "c"]
        );
        assert!(parse_prompts("\n \n").unwrap_err().contains("no prompt"));
        let said = parse_prompts("{\"prompt\": \"a\"}\nsecret text").unwrap_err();
        assert!(said.starts_with("line 2: ") && !said.contains("secret"), "{said}");
    }

    #[test]
    fn a_hash_is_that_of_the_handler() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            Prompt::new("abc".to_owned()).hash,
            "ba7816bf8f01cfea414140de5dae2223"
        );
    }

    #[test]
    fn a_prompt_is_not_shown() {
        assert!(!format!("{:?}", Prompt::new("my secret".to_owned())).contains("secret"));
        assert_eq!(own_prompts().len(), 100);
        assert_eq!(Prompt::new("12345".to_owned()).estimated_tokens(), 2);
    }
}
