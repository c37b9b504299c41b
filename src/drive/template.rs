//! The body of a request: the handler's form, or any JSON with places for model and prompt.

/// What stands in a template where something is put in.
const PLACES: [&str; 3] = ["{model}", "{prompt}", "{max_tokens}"];

/// A body with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// The form of requests that `latscope-handler` takes.
    pub fn handler(is_streamed: bool) -> Self {
        let stream = if is_streamed { r#","stream":true"# } else { "" };
        Self(format!(
            r#"{{"prompt":"{{prompt}}","max_tokens":{{max_tokens}},"model":"{{model}}"{stream}}}"#
        ))
    }

    /// Reads a template: JSON in which `{model}` and `{prompt}` stand within strings, and `{max_tokens}` where a number does.
    ///
    /// # Errors
    /// If there is no `{prompt}`, no `{model}` though several models are to be told apart, or what comes of it is no JSON.
    pub fn parse(text: &str, has_several_models: bool) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.contains("{prompt}") {
            return Err("it has no {prompt}, so every request would be the same".to_owned());
        }
        if has_several_models && !text.contains("{model}") {
            return Err("it has no {model}, so all models would be asked the same".to_owned());
        }
        let template = Self(text.to_owned());
        // What must be escaped shows whether places are within strings.
        let tried = template.fill("a \"model\" \\", "a\nb \"prompt\" \\", 1);
        match serde_json::from_str::<serde::de::IgnoredAny>(&tried) {
            Ok(_) => Ok(template),
            Err(error) => Err(format!(
                "it is no JSON when it is filled ({error}): {{model}} and {{prompt}} stand within quotes, {{max_tokens}} \
                 without"
            )),
        }
    }

    /// Whether written tokens are limited by it.
    pub fn has_max_tokens(&self) -> bool {
        self.0.contains("{max_tokens}")
    }

    /// The body. What is put in is escaped as strings of JSON are, and not searched for places.
    pub fn fill(&self, model: &str, prompt: &str, max_tokens: u32) -> String {
        let mut filled = String::with_capacity(self.0.len() + prompt.len());
        let mut rest = self.0.as_str();
        loop {
            let found = PLACES
                .into_iter()
                .filter_map(|place| rest.find(place).map(|at| (at, place)));
            let Some((at, place)) = found.min() else {
                filled.push_str(rest);
                return filled;
            };
            filled.push_str(&rest[..at]);
            match place {
                "{model}" => filled.push_str(&escaped(model)),
                "{prompt}" => filled.push_str(&escaped(prompt)),
                _ => filled.push_str(&max_tokens.to_string()),
            }
            rest = &rest[at + place.len()..];
        }
    }
}

/// A text as it stands within the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_put_in_comes_out_again(model: String, prompt: String, max_tokens: u32) {
            let body = Template::handler(true).fill(&model, &prompt, max_tokens);
            let read: Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(read, json!({"prompt": prompt, "max_tokens": max_tokens, "model": model, "stream": true}));
        }
    }

    #[test]
    fn places_in_a_prompt_are_text() {
        let template = Template::parse(r#"{"m": "{model}", "p": ["{prompt}!"]}"#, true).unwrap();
        let body = template.fill("a", "{model} {max_tokens} {prompt}", 1);
        assert_eq!(body, r#"{"m": "a", "p": ["{model} {max_tokens} {prompt}!"]}"#);
        assert!(!template.has_max_tokens());
        let marked = Template::parse("\u{feff}{\"p\": \"{prompt}\"}\n", false).unwrap();
        assert_eq!(marked.fill("a", "b", 1), r#"{"p": "b"}"#);
    }

    #[test]
    fn what_cannot_be_filled_is_refused() {
        for (text, fault) in [
            (r#"{"model": "{model}"}"#, "no {prompt}"),
            (r#"{"p": "{prompt}"}"#, "no {model}"),
            (r#"{"p": {prompt}, "m": "{model}"}"#, "no JSON"),
            (r#"{"p": "{prompt}", "m": "{model}""#, "no JSON"),
            ("{prompt} {model}", "no JSON"),
        ] {
            let said = Template::parse(text, true).unwrap_err();
            assert!(said.contains(fault), "{text}: {said}");
        }
        assert!(Template::parse(r#"{"p": "{prompt}"}"#, false).is_ok());
    }
}
