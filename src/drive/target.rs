//! The address that is called.

use std::net::IpAddr;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::Scheme;

/// An address over HTTP or HTTPS.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub(super) uri: Uri,
    /// Without the brackets of IPv6.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) is_tls: bool,
    /// The header `host`.
    pub(super) authority: HeaderValue,
}

/// Without the query, which may be secret.
impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Target").field(&self.shown()).finish()
    }
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, without quoting it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let fault = "expecting http:// or https:// and a host, such as https://abc123.execute-api.us-east-1.amazonaws.com/";
        let uri: Uri = url.parse().map_err(|_| fault.to_owned())?;
        let is_tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(fault.to_owned()),
        };
        let authority = uri.authority().ok_or(fault)?;
        if authority.as_str().contains('@') {
            return Err(
                "an address with a user or a password in it is not taken: put the secret into an environment variable and \
                 name that with --header-env, --bearer-env or --api-key-env"
                    .to_owned(),
            );
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let after_host = authority.as_str().strip_prefix(authority.host());
        let port = match (after_host.unwrap_or_default(), is_tls) {
            ("", true) => 443,
            ("", false) => 80,
            (port, _) => {
                let port = port.strip_prefix(':').and_then(|port| port.parse().ok());
                port.ok_or(fault)?
            }
        };
        if host.is_empty() {
            return Err(fault.to_owned());
        }
        let authority = HeaderValue::from_str(authority.as_str()).map_err(|_| fault.to_owned())?;
        Ok(Self {
            uri,
            host,
            port,
            is_tls,
            authority,
        })
    }

    /// Host and path. A query may hold secrets.
    pub fn shown(&self) -> String {
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        format!("{authority}{}", self.uri.path())
    }

    /// Host and port.
    pub fn place(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// Whether what is sent can be read on the way.
    pub fn is_open(&self) -> bool {
        let is_loopback = self
            .host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback());
        !self.is_tls && !is_loopback && !self.host.eq_ignore_ascii_case("localhost")
    }

    /// Whether it is a function URL of Lambda.
    pub(super) fn is_function_url(&self) -> bool {
        self.parts().is_some_and(|(_, service)| service == "lambda")
    }

    /// The region and the name by which requests are signed, where the host tells them: `execute-api` for API Gateway,
    /// `lambda` for function URLs.
    pub fn parts(&self) -> Option<(&str, &'static str)> {
        let labels: Vec<&str> = self.host.split('.').collect();
        match labels.as_slice() {
            [_, "execute-api", region, "amazonaws", ..] => Some((region, "execute-api")),
            [_, "lambda-url", region, "on", "aws"] => Some((region, "lambda")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let target =
            Target::parse("https://abc.execute-api.eu-west-1.amazonaws.com/prod/chat?key=secret").unwrap();
        assert_eq!(target.place(), "abc.execute-api.eu-west-1.amazonaws.com:443");
        assert_eq!(
            target.shown(),
            "abc.execute-api.eu-west-1.amazonaws.com/prod/chat"
        );
        assert_eq!(target.parts(), Some(("eu-west-1", "execute-api")));
        assert!(!format!("{target:?}").contains("secret"));
        let url = Target::parse("https://abc.lambda-url.us-east-1.on.aws").unwrap();
        assert_eq!(url.parts(), Some(("us-east-1", "lambda")));
        assert!(url.is_function_url() && !target.is_function_url());
        let local = Target::parse("http://[::1]:8080").unwrap();
        assert_eq!((local.host.as_str(), local.port), ("::1", 8080));
        assert_eq!(local.shown(), "[::1]:8080/");
        assert_eq!(local.parts(), None);
        assert!(!local.is_open() && !target.is_open());
        assert_eq!(local.place(), "[::1]:8080");
        for (host, is_open) in [
            ("127.0.0.2", false),
            ("localhost", false),
            ("127.example.org", true),
            ("example.org", true),
            ("[2001:db8::1]", true),
        ] {
            let target = Target::parse(&format!("http://{host}/")).unwrap();
            assert_eq!(target.is_open(), is_open, "{host}");
        }
    }

    proptest! {
        /// Whatever is typed, what is taken has a host and never shows its query.
        #[test]
        fn anything_may_be_typed(url in "(https?://)?[a-z\\[\\]:@.0-9%]{0,12}(/[a-z%]{0,5})?(\\?QUERY)?\\PC{0,3}") {
            if let Ok(target) = Target::parse(&url) {
                prop_assert!(!target.host.is_empty());
                prop_assert!(!target.shown().contains('?') && !target.shown().contains('@'), "{}", target.shown());
            }
        }
    }

    #[test]
    fn what_is_no_address_is_not_quoted() {
        for url in [
            "",
            "x",
            "localhost:80",
            "ftp://x",
            "http://",
            "http://a:secret@b/",
            "http://a:99999/",
            "/secret",
        ] {
            let said = Target::parse(url).unwrap_err();
            assert!(
                !said.contains("secret@") && !said.contains("/secret"),
                "{url}: {said}"
            );
        }
    }
}
