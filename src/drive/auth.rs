//! What is sent along to be let in. Nothing of it is ever shown.

use std::fmt;

use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use latscope_schema::CLIENT_REQUEST_ID;

/// Headers that hold a secret, which must not be typed: others see command lines, and shells keep them.
const SECRET: [&str; 6] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "x-amz-security-token",
];

/// Ends of the names of others.
const SECRET_ENDS: [&str; 2] = ["-key", "-token"];

/// Headers that belong to the connection or are made here.
const OWN: [&str; 8] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "x-amz-date",
    "expect",
    "upgrade",
    CLIENT_REQUEST_ID,
];

/// The headers of every request.
#[derive(Clone, Default)]
pub struct Headers(pub(super) HeaderMap);

/// Names alone.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Headers {
    /// Those of JSON.
    pub fn new() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self(headers)
    }

    /// Adds a header that was typed, `Name: value`.
    ///
    /// # Errors
    /// If it is none, is made by latscope, or holds a secret by its name.
    pub fn add(&mut self, typed: &str) -> Result<(), String> {
        let (name, value) = typed
            .split_once(':')
            .ok_or("expecting Name: value, such as 'X-Tenant: test'")?;
        let name = known(name)?;
        let is_secret =
            SECRET.contains(&name.as_str()) || SECRET_ENDS.iter().any(|end| name.as_str().ends_with(end));
        if is_secret {
            return Err(format!(
                "{name} holds a secret, which does not belong on a command line: put it into an environment variable and \
                 give --header-env {name}=VARIABLE"
            ));
        }
        let value = HeaderValue::from_str(value.trim())
            .map_err(|_| format!("the value of {name} has characters that no header can have"))?;
        self.0.insert(name, value);
        Ok(())
    }

    /// Adds a header whose value is a secret.
    ///
    /// # Errors
    /// If name or value cannot be those of a header. The value is not quoted.
    pub fn add_secret(&mut self, name: &str, secret: &str) -> Result<(), String> {
        let name = known(name)?;
        let value = HeaderValue::from_str(secret.trim());
        let mut value =
            value.map_err(|_| format!("the secret for {name} has characters that no header can have"))?;
        value.set_sensitive(true);
        self.0.insert(name, value);
        Ok(())
    }

    /// Adds a bearer token.
    ///
    /// # Errors
    /// If it cannot be one. It is not quoted.
    pub fn add_bearer(&mut self, token: &str) -> Result<(), String> {
        self.add_secret(AUTHORIZATION.as_str(), &format!("Bearer {}", token.trim()))
    }

    /// Whether there is a secret among them.
    pub fn has_secret(&self) -> bool {
        self.0.values().any(HeaderValue::is_sensitive)
    }
}

fn known(name: &str) -> Result<HeaderName, String> {
    let name: HeaderName = name
        .trim()
        .parse()
        .map_err(|_| "expecting the name of a header, such as X-Tenant".to_owned())?;
    match OWN.contains(&name.as_str()) {
        true => Err(format!("{name} is a header that latscope makes itself")),
        false => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_neither_typed_nor_shown() {
        let mut headers = Headers::new();
        headers.add("X-Tenant: test").unwrap();
        assert!(!headers.has_secret());
        headers.add_bearer(" s3cret\n").unwrap();
        headers.add_secret("x-api-key", "s3cret").unwrap();
        assert!(headers.has_secret());
        assert_eq!(headers.0["authorization"], "Bearer s3cret");
        let shown = format!("{headers:?} {:?}", headers.0);
        assert!(
            shown.contains("x-api-key") && !shown.contains("s3cret"),
            "{shown}"
        );
        for typed in [
            "Authorization: Bearer s3cret",
            "X-API-Key: s3cret",
            "cookie: s3cret",
            "Ocp-Apim-Subscription-Key: s3cret",
            "x-auth-token: s3cret",
        ] {
            let said = headers.add(typed).unwrap_err();
            assert!(
                said.contains("--header-env") && !said.contains("s3cret"),
                "{said}"
            );
        }
        let said = headers.add_secret("x-api-key", "s3\ncret").unwrap_err();
        assert!(!said.contains("cret h"), "{said}");
    }

    #[test]
    fn what_is_no_header_is_refused() {
        let mut headers = Headers::new();
        for typed in ["X-Tenant", ": a", "a b: c", "Host: x", "a: b\nc"] {
            assert!(headers.add(typed).is_err(), "{typed}");
        }
    }
}
