//! A request becomes a response, and its call a record.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use aws_sdk_bedrockruntime::Client;
use lambda_http::http::HeaderValue;
use lambda_http::{Body, Request, RequestExt, Response};

use crate::answer;
use crate::asked::{Asked, api_gateway_request_id, client_request_id};
use crate::emf;
use crate::inference;
use crate::problem::Problem;
use crate::record::Facts;
use crate::settings::Settings;
use crate::stopwatch::Stopwatch;

/// The header that tells the Lambda request id, by which latscope joins what the client saw to what Lambda logged.
const REQUEST_ID: &str = "x-lambda-request-id";

/// What an execution environment keeps from one request to the next.
pub(crate) struct Handler {
    settings: Settings,
    bedrock: Client,
    is_used: AtomicBool,
}

impl Handler {
    pub(crate) fn new(settings: Settings, bedrock: Client) -> Self {
        Self {
            settings,
            bedrock,
            is_used: AtomicBool::new(false),
        }
    }

    /// The response to a request, whatever happens.
    pub(crate) async fn respond(&self, request: Request) -> Response<Body> {
        let context = request.lambda_context_ref();
        let watch = Stopwatch::start(context.map_or(0, |context| context.deadline));
        let request_id = context.map_or("", |context| context.request_id.as_str());
        let is_cold = !self.is_used.swap(true, Ordering::Relaxed);
        let mut response = match Asked::read(&request, &self.settings) {
            Ok(asked) => self.answer(&request, request_id, &asked, is_cold, &watch).await,
            Err(problem) => problem.into_response(),
        };
        if let Ok(id) = HeaderValue::from_str(request_id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    async fn answer(
        &self,
        request: &Request,
        request_id: &str,
        asked: &Asked,
        is_cold: bool,
        watch: &Stopwatch,
    ) -> Response<Body> {
        let settings = &self.settings;
        let body_read_ms = watch.until(Instant::now());
        let chosen = asked
            .model
            .unwrap_or_else(|| settings.assignment.choose(request_id, settings.models.len()));
        let Some(model) = settings.models.get(chosen) else {
            return Problem::bad_request("model: there is none").into_response();
        };
        let call = inference::call(&self.bedrock, &model.id, asked, watch.deadline()).await;
        let response = match &call.result {
            Ok(written) => {
                answer::response(written, &call, model.public_name(), is_cold, body_read_ms, watch)
            }
            Err(failure) => failure.problem.clone().into_response(),
        };
        let gateway_id = api_gateway_request_id(request);
        let facts = Facts {
            settings,
            request_id,
            api_gateway_request_id: gateway_id.as_deref(),
            client_request_id: client_request_id(request),
            asked,
            model: &model.id,
            is_cold,
            call: &call,
            watch,
            handler_ms: watch.until(Instant::now()),
        };
        self.log(&facts, model.public_name());
        response
    }

    /// Writes the record, in one piece so that nothing comes between. What cannot be written is lost: there is nobody
    /// to tell, and the request has its answer.
    fn log(&self, facts: &Facts<'_>, model: &str) {
        let record = facts.record();
        let Ok(mut lines) = serde_json::to_string(&record) else {
            return;
        };
        lines.push('\n');
        if self.settings.writes_metrics {
            lines.push_str(&emf::line(&record, &self.settings.function, model));
            lines.push('\n');
        }
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush());
    }
}
