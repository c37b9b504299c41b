//! Signatures of AWS (SigV4), for endpoints that ask for them.

use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::sleep;

use super::target::Target;
use crate::fetch::{self, Access, credentials};
use crate::vocab::Timestamp;

/// Credentials are looked for again so long before they end.
const AHEAD: Duration = Duration::from_secs(300);

/// How often credentials are looked for that could not be had.
const AGAIN: Duration = Duration::from_secs(30);

/// Signs requests.
pub struct Signer {
    region: String,
    service: String,
    provider: SharedCredentialsProvider,
    current: RwLock<Credentials>,
    now: fn() -> Timestamp,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// With the credentials that the AWS SDK finds. Region and service are those of the host, where neither is given.
    ///
    /// # Errors
    /// If there are no credentials or no region.
    pub async fn new(
        access: &Access,
        service: Option<&str>,
        target: &Target,
        now: fn() -> Timestamp,
    ) -> Result<Self, fetch::Error> {
        let of_host = target.parts();
        let mut access = access.clone();
        if access.regions.is_empty() {
            // Some ways to credentials need a region too.
            access
                .regions
                .extend(of_host.map(|(region, _)| region.to_owned()));
        }
        let (provider, current, configured) = credentials(&access).await?;
        let given = access.regions.into_iter().next();
        let region = given.or(configured).ok_or(fetch::Error::NoRegion)?;
        let service = service.or(of_host.map(|(_, service)| service));
        Ok(Self {
            region,
            service: service.unwrap_or("execute-api").to_owned(),
            provider,
            current: RwLock::new(current),
            now,
        })
    }

    /// Adds the signature of a `POST` to its headers.
    ///
    /// # Errors
    /// What the signing said.
    pub(super) fn sign(&self, target: &Target, headers: &mut HeaderMap, body: &[u8]) -> Result<(), String> {
        let credentials = self
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let identity = credentials.into();
        let now = u64::try_from((self.now)().as_epoch_millis()).unwrap_or_default();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(UNIX_EPOCH + Duration::from_millis(now))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?;
        let uri = target.uri.to_string();
        let texts = headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let request = SignableRequest::new("POST", uri, texts, SignableBody::Bytes(body))
            .map_err(|error| error.to_string())?;
        let params = params.into();
        let signed = sign(request, &params).map_err(|error| error.to_string())?;
        let (made, _) = signed.into_parts().0.into_parts();
        for header in made {
            let value = HeaderValue::from_str(header.value());
            let mut value = value.map_err(|_| "the signature is no header".to_owned())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(header.name()), value);
        }
        Ok(())
    }

    /// Looks for credentials again whenever the present ones are about to end. Never returns.
    pub(super) async fn keep_fresh(&self) {
        loop {
            sleep(self.lasting()).await;
            match self.provider.provide_credentials().await {
                Ok(fresh) => *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh,
                // The present ones last a little longer.
                Err(_) => sleep(AGAIN).await,
            }
            if self.lasting().is_zero() {
                sleep(AGAIN).await;
            }
        }
    }

    /// How long the present credentials need no others.
    fn lasting(&self) -> Duration {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let Some(expiry) = current.expiry() else {
            return Duration::from_secs(3600);
        };
        let end = expiry.duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from((self.now)().as_epoch_millis()).unwrap_or_default();
        end.saturating_sub(Duration::from_millis(now))
            .saturating_sub(AHEAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(credentials: Credentials) -> Signer {
        Signer {
            region: "us-east-1".to_owned(),
            service: "service".to_owned(),
            provider: SharedCredentialsProvider::new(credentials.clone()),
            current: RwLock::new(credentials),
            now: || Timestamp::from_epoch_millis(1_440_938_160_000),
        }
    }

    /// The example "post-vanilla" of AWS's test suite for Signature Version 4.
    #[test]
    fn a_signature_is_that_of_the_test_suite() {
        let signer = signer(Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        ));
        let target = Target::parse("https://example.amazonaws.com/").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("example.amazonaws.com"));
        signer.sign(&target, &mut headers, b"").unwrap();
        assert_eq!(headers["x-amz-date"], "20150830T123600Z");
        assert_eq!(
            headers["authorization"],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
    }

    #[test]
    fn credentials_are_not_shown_and_their_end_is_known() {
        let end = UNIX_EPOCH + Duration::from_millis(1_440_938_160_000) + Duration::from_secs(900);
        let signer = signer(Credentials::new(
            "AKIDEXAMPLE",
            "s3cret",
            Some("t0ken".to_owned()),
            Some(end),
            "test",
        ));
        let shown = format!("{signer:?}");
        assert!(
            !shown.contains("s3cret") && !shown.contains("t0ken") && !shown.contains("AKID"),
            "{shown}"
        );
        assert_eq!(signer.lasting(), Duration::from_secs(600));
        let target = Target::parse("https://x.lambda-url.us-east-1.on.aws/").unwrap();
        let mut headers = HeaderMap::new();
        signer.sign(&target, &mut headers, b"{}").unwrap();
        assert_eq!(headers["x-amz-security-token"], "t0ken");
        assert!(!format!("{headers:?}").contains("t0ken"));
    }
}
