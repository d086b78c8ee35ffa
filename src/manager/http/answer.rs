//! A request of any origin, answered. Whatever comes in, a well-formed answer goes out.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WARNING};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;

use super::body::AnswerBody;
use super::limits;
use crate::manager::kernel::Kernel;
use crate::manager::people::{discovery, openapi};
use crate::manager::request::parameters::Parameters;
use crate::manager::request::path::Path;
use crate::manager::status::{ApiError, Reason};
use crate::manager::verbs::answer::Answer;
use crate::manager::verbs::dispatch::{self, dispatch};

/// Answers a request.
pub async fn answer<B>(kernel: Arc<Kernel>, request: Request<B>) -> Response<AnswerBody>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    respond(kernel, request).await.unwrap_or_else(|error| refusal(&error))
}

async fn respond<B>(kernel: Arc<Kernel>, request: Request<B>) -> Result<Response<AnswerBody>, ApiError>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    refuse_other_users(&head.headers)?;
    let length = head.uri.path_and_query().map_or(0, |text| text.as_str().len());
    if length > limits::URI {
        let message = format!("the path and query have {length} bytes; the limit is {}", limits::URI);
        return Err(ApiError::new(Reason::RequestEntityTooLarge, message));
    }
    let path = match Path::parse(head.uri.path())? {
        Path::Resource(path) => path,
        _ if head.method != Method::GET => {
            let message = "the server does not allow this method on the requested resource";
            return Err(ApiError::new(Reason::MethodNotAllowed, message));
        }
        Path::Health => return Ok(response(Answer::text("ok"))),
        Path::Version => return Ok(response(Answer::json(200, version()))),
        Path::Discovery(segments) => {
            let picture = kernel.registry.now();
            let document = discovery::answer::answer(&picture, &segments, &head.headers)?;
            return Ok(document.map(AnswerBody::whole));
        }
        Path::OpenApi(segments) => {
            let query = Parameters::parse(head.uri.query());
            let picture = kernel.registry.now();
            let hash = query.all("hash").next();
            let document = openapi::answer::answer(&picture, &segments, hash, &head.headers)?;
            return Ok(document.map(AnswerBody::whole));
        }
    };
    let body = read(body).await?;
    let changes = head.method != Method::GET;
    let query = Parameters::parse(head.uri.query());
    let request = dispatch::Request { method: head.method, path, query, headers: head.headers, body };
    if !changes {
        return dispatch(&kernel, request).await.map(response);
    }
    // A change is brought to its end even if its client goes away: what follows from a write must not be lost.
    let task = tokio::spawn(async move { dispatch(&kernel, request).await });
    match task.await {
        Ok(answer) => answer.map(response),
        Err(error) => {
            tracing::error!(%error, "a request ended in a panic");
            Err(ApiError::internal("the request could not be brought to its end"))
        }
    }
}

/// Here is one user, who may do everything. A client that asks what another one may do must not be told that.
fn refuse_other_users(headers: &HeaderMap) -> Result<(), ApiError> {
    match headers.keys().any(|name| name.as_str().starts_with("impersonate-")) {
        true => {
            let message = "this API server knows one user, who cannot act as another one";
            Err(ApiError::new(Reason::Forbidden, message))
        }
        false => Ok(()),
    }
}

async fn read<B>(body: B) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut body = std::pin::pin!(body);
    let reading = Limited::new(body.as_mut(), limits::BODY).collect();
    let Ok(read) = tokio::time::timeout(limits::READ, reading).await else {
        return Err(ApiError::new(Reason::Timeout, "the body of the request came too slowly"));
    };
    match read {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            drain(body).await;
            let message = format!("Request entity too large: limit is {}", limits::BODY);
            Err(ApiError::new(Reason::RequestEntityTooLarge, message))
        }
        Err(error) => Err(ApiError::bad_request(format!("the body cannot be read: {error}"))),
    }
}

/// Throws the rest of a body away, within limits. A client that is still sending when the connection is closed gets a
/// broken pipe in place of the answer.
async fn drain<B>(mut body: std::pin::Pin<&mut B>)
where
    B: Body<Data = Bytes>,
{
    let rest = async {
        let mut left = limits::DRAIN;
        while let Some(Ok(frame)) = body.frame().await {
            let sent = frame.data_ref().map_or(0, Bytes::len);
            let Some(less) = left.checked_sub(sent) else { return };
            left = less;
        }
    };
    // A client that is slower gets no answer.
    let _ = tokio::time::timeout(limits::LINGER, rest).await;
}

/// `version.Info`: the Kubernetes whose behaviour this follows.
fn version() -> String {
    let info = json!({
        "major": "1", "minor": "36", "gitVersion": "v1.36.0+kaasboard", "gitCommit": "", "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    });
    info.to_string()
}

/// A refusal as a response.
pub fn refusal(error: &ApiError) -> Response<AnswerBody> {
    if error.reason == Reason::PageNotFound {
        return response(Answer { code: error.code(), ..Answer::text("404 page not found\n") });
    }
    let mut refused = response(Answer::json(error.code(), error.to_status().to_string()));
    if let Some(seconds) = error.retry_after {
        refused.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    refused
}

fn response(answer: Answer) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::new(answer.content));
    *response.status_mut() = StatusCode::from_u16(answer.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    for warning in answer.warnings.iter().filter_map(|text| warning(text)) {
        headers.append(WARNING, warning);
    }
    response
}

/// A warning as RFC 7234 writes it: `299 - "text"`.
fn warning(text: &str) -> Option<HeaderValue> {
    let mut quoted = String::with_capacity(text.len() + 2);
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_control() => quoted.push(' '),
            char => quoted.push(char),
        }
    }
    HeaderValue::from_bytes(format!("299 - \"{quoted}\"").as_bytes()).ok()
}
