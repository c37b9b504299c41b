//! One request: from the moment in which it is meant to be sent to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, USER_AGENT,
};
use hyper::{Method, Request, Response};
use latscope_schema::{CLIENT_REQUEST_ID, ClientOutcome, client_request_id};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout};

use super::answer::Answer;
use super::connect::{NoConnection, Pool, Sender, kind_of};
use super::ids::Ids;
use super::job::Job;

/// Who calls, in the log of the API.
const AGENT: &str = concat!("latscope/", env!("CARGO_PKG_VERSION"));

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Requests are sent.
    Running,
    /// No more are sent; those in flight may come to their end.
    Stopping,
    /// Nobody waits any longer.
    Over,
}

/// What was seen of a request.
#[derive(Debug)]
pub(super) struct Seen {
    /// Its place in the schedule.
    pub(super) sequence: usize,
    /// When it was begun.
    pub(super) begun: Option<Instant>,
    /// Its place among those in flight, free again when this is dropped: what it cost must be known before another begins.
    pub(super) permit: Option<OwnedSemaphorePermit>,
    /// Whether that had to be waited for.
    pub(super) has_waited: bool,
    /// How long its connection took, if it needed one of its own.
    pub(super) connect: Option<Duration>,
    /// Whether it has a connection.
    pub(super) has_connection: bool,
    /// Whether that was opened ahead, and had no request before.
    pub(super) is_first_of_connection: bool,
    /// When the head of the response came.
    pub(super) first_byte: Option<Instant>,
    /// When the first token came.
    pub(super) first_token: Option<Instant>,
    /// When it ended.
    pub(super) ended: Instant,
    pub(super) outcome: ClientOutcome,
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
    pub(super) request_bytes: usize,
    pub(super) ids: Ids,
    pub(super) answer: Option<Answer>,
}

impl Seen {
    /// Whether nothing ever came over its connection, which was opened ahead.
    pub(super) fn is_unanswered_ahead(&self) -> bool {
        self.is_first_of_connection && self.first_byte.is_none()
    }
}

/// What all requests of a run share.
pub(super) struct Caller {
    pub(super) job: Arc<Job>,
    pub(super) pool: Arc<Pool>,
    pub(super) in_flight: Arc<Semaphore>,
    /// How many requests were begun.
    pub(super) begun: AtomicUsize,
    pub(super) stage: watch::Receiver<Stage>,
}

impl Caller {
    /// Makes a request whose time has come.
    pub(super) async fn call(&self, sequence: usize) -> Seen {
        let mut seen = Seen {
            sequence,
            begun: None,
            permit: None,
            has_waited: false,
            connect: None,
            has_connection: false,
            is_first_of_connection: false,
            first_byte: None,
            first_token: None,
            ended: Instant::now(),
            outcome: ClientOutcome::Cancelled,
            status: None,
            error: None,
            request_bytes: 0,
            ids: Ids::default(),
            answer: None,
        };
        let permit = match Arc::clone(&self.in_flight).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => {
                seen.has_waited = true;
                let mut stage = self.stage.clone();
                tokio::select! {
                    biased;
                    _ = stage.wait_for(|stage| *stage >= Stage::Stopping) => None,
                    permit = Arc::clone(&self.in_flight).acquire_owned() => permit.ok(),
                }
            }
        };
        // A run may have ended while its schedule went on.
        seen.permit = permit.filter(|_| *self.stage.borrow() == Stage::Running);
        if seen.permit.is_some() {
            self.begun.fetch_add(1, Ordering::Relaxed);
            seen.begun = Some(Instant::now());
            let mut stage = self.stage.clone();
            let ended = tokio::select! {
                ended = timeout(self.job.timeout, self.exchange(&mut seen)) => Some(ended),
                _ = stage.wait_for(|stage| *stage == Stage::Over) => None,
            };
            seen.outcome = match ended {
                Some(Ok(Ok(()))) => outcome_of(seen.status.unwrap_or_default()),
                Some(Ok(Err(error))) => {
                    seen.error = Some(error);
                    ClientOutcome::Broken
                }
                Some(Err(_)) => {
                    seen.error = Some("timeout".to_owned());
                    ClientOutcome::Timeout
                }
                None => ClientOutcome::Cancelled,
            };
        }
        seen.ended = Instant::now();
        if let (None, Some(status)) = (&seen.error, seen.status) {
            let is_failed = matches!(seen.outcome, ClientOutcome::Throttled | ClientOutcome::HttpError);
            seen.error = is_failed.then(|| format!("http_{status}"));
        }
        seen
    }

    /// Sends the request and reads the response to its end. The error is a word for the record.
    async fn exchange(&self, seen: &mut Seen) -> Result<(), String> {
        let (request, length) = self.request(seen.sequence)?;
        seen.request_bytes = length;
        let (response, sender) = self.send(request, seen).await?;
        seen.first_byte = Some(Instant::now());
        seen.status = Some(response.status().as_u16());
        let headers = response.headers();
        seen.ids = Ids::of(headers, self.job.target.is_function_url());
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let has_length = headers.contains_key(CONTENT_LENGTH);
        let is_readable = !headers.contains_key(CONTENT_ENCODING);
        let is_success = response.status().is_success();
        let answer = Answer::of(kind.unwrap_or_default(), has_length, is_readable);
        let answer = seen.answer.insert(answer);
        let mut body = response.into_body();
        let mut last_chunk = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| kind_of(&error).to_owned())?;
            if let Some(chunk) = frame.data_ref() {
                let now = Instant::now();
                last_chunk = Some(now);
                // What a server says of a failure is no token.
                if answer.take(chunk) && is_success {
                    seen.first_token = Some(now);
                }
            }
        }
        // The last line may have no end.
        if answer.finish() && is_success {
            seen.first_token = last_chunk;
        }
        let pool = Arc::clone(&self.pool);
        tokio::spawn(async move { pool.give(sender).await });
        match answer.tells_of_error() && is_success {
            true => Err("stream_error".to_owned()),
            false => Ok(()),
        }
    }

    /// Sends over a connection that is there, or over a new one. What a server closed without having read a byte is sent
    /// again, once: nothing was done for it.
    async fn send(
        &self,
        request: Request<Full<Bytes>>,
        seen: &mut Seen,
    ) -> Result<(Response<Incoming>, Sender), String> {
        let mut request = request;
        if let Some((mut sender, is_unused)) = self.pool.take() {
            seen.has_connection = true;
            seen.is_first_of_connection = is_unused;
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, sender)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(kind_of(error.error()).to_owned()),
                },
            }
        }
        seen.has_connection = false;
        seen.is_first_of_connection = false;
        let begun = Instant::now();
        let opened = self.pool.open().await;
        let mut sender = opened.map_err(|NoConnection { kind, .. }| kind.to_owned())?;
        seen.has_connection = true;
        seen.connect = Some(begun.elapsed());
        match sender.send_request(request).await {
            Ok(response) => Ok((response, sender)),
            Err(error) => Err(kind_of(&error).to_owned()),
        }
    }

    /// The request, and the bytes of its body.
    fn request(&self, sequence: usize) -> Result<(Request<Full<Bytes>>, usize), String> {
        let job = &self.job;
        let slot = &job.slots[sequence];
        let (model, prompt) = (&job.models[slot.model], &job.prompts[slot.prompt]);
        let body = job.template.fill(&model.id, &prompt.text, job.max_tokens);
        let mut headers: HeaderMap = job.headers.0.clone();
        headers.insert(HOST, job.target.authority.clone());
        headers
            .entry(USER_AGENT)
            .or_insert(HeaderValue::from_static(AGENT));
        // Of a response that never comes no id is known.
        let id = client_request_id(&job.run_id, sequence as u64);
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(CLIENT_REQUEST_ID, id);
        }
        if let Some(signer) = &job.signer {
            signer
                .sign(&job.target, &mut headers, body.as_bytes())
                .map_err(|_| "not_signed".to_owned())?;
        }
        let length = body.len();
        let path = job.target.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = path.parse().map_err(|_| "no_address".to_owned())?;
        *request.headers_mut() = headers;
        Ok((request, length))
    }
}

fn outcome_of(status: u16) -> ClientOutcome {
    match status {
        200..300 => ClientOutcome::Ok,
        429 => ClientOutcome::Throttled,
        _ => ClientOutcome::HttpError,
    }
}
