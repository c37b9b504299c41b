//! The ids by which a request is found again in logs.

use hyper::header::HeaderMap;
use latscope_schema::is_id;

/// What the head of a response tells of who answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) lambda: Option<String>,
    pub(super) api_gateway: Option<String>,
    pub(super) api_gateway_extended: Option<String>,
    pub(super) trace: Option<String>,
}

impl Ids {
    /// An HTTP API names its request id `apigw-requestid`. A REST API names it `x-amzn-requestid`, and has an extended one
    /// beside it. A function URL gives that name to Lambda's request id, which `latscope-handler` calls `x-lambda-request-id`.
    pub(super) fn of(headers: &HeaderMap, is_function_url: bool) -> Self {
        let get = |name: &str| {
            let text = headers.get(name)?.to_str().ok()?;
            is_id(text).then(|| text.to_owned())
        };
        let (amazon, extended) = (get("x-amzn-requestid"), get("x-amz-apigw-id"));
        let of_rest = amazon.clone().filter(|_| extended.is_some());
        Self {
            lambda: get("x-lambda-request-id").or(amazon.filter(|_| is_function_url)),
            api_gateway: get("apigw-requestid").or(of_rest),
            api_gateway_extended: extended,
            trace: get("x-amzn-trace-id"),
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    fn ids(headers: &[(&'static str, &str)], is_function_url: bool) -> [Option<String>; 4] {
        let map = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            )
        });
        let ids = Ids::of(&map.collect(), is_function_url);
        [ids.lambda, ids.api_gateway, ids.api_gateway_extended, ids.trace]
    }

    #[test]
    fn ids_are_told_apart_by_who_answered() {
        let some = |text: &str| Some(text.to_owned());
        let http = [("apigw-requestid", "g="), ("x-lambda-request-id", "l")];
        assert_eq!(ids(&http, false), [some("l"), some("g="), None, None]);
        let rest = [
            ("x-amzn-requestid", "g"),
            ("x-amz-apigw-id", "e="),
            ("x-amzn-trace-id", "Root=1-a;Sampled=0"),
        ];
        assert_eq!(
            ids(&rest, false),
            [None, some("g"), some("e="), some("Root=1-a;Sampled=0")]
        );
        assert_eq!(
            ids(&[("x-amzn-requestid", "l")], true),
            [some("l"), None, None, None]
        );
        assert_eq!(ids(&[("x-amzn-requestid", "?")], false), [None, None, None, None]);
    }

    #[test]
    fn what_is_no_id_is_left_out() {
        let long = "x".repeat(129);
        for text in ["", "a b", "a\tb", "<a>", "a\"b", "a,b", "\u{e9}", long.as_str()] {
            assert_eq!(ids(&[("x-lambda-request-id", text)], false)[0], None);
        }
    }
}
