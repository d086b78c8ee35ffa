//! One request to a service.
//!
//! It is repeated once, with a new token, if the service refuses its token, because then it did nothing. Nothing else is
//! repeated here.

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::account::Open;
use super::failure::{self, Nature};
use super::login::LoginError;
use crate::cloud::errors::{CloudError, CloudErrorKind};
use crate::cloud::provider::Answer;

/// The version of compute that is spoken: it has tags at creation (2.52) and one policy of a group (2.64).
const COMPUTE: &str = "compute 2.79";
/// The version of storage that is spoken.
const VOLUME: &str = "volume 3.59";
/// The version of shared storage that is spoken: access rules have a resource of their own (2.45).
const SHARE: &str = "2.60";

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Identity,
    Compute,
    Network,
    Balancer,
    Image,
    Volume,
    Share,
    Dns,
}

/// A call that was never sent, because there is nobody to send it to.
#[derive(Debug, thiserror::Error)]
#[error("the catalog does not list it")]
pub(super) struct NotInCatalog;

/// What a service has, or what there is without it.
pub(super) fn or_without<T>(answer: Answer<T>, without: impl FnOnce() -> T) -> Answer<T> {
    match answer {
        Err(error) if error.source.as_ref().is_some_and(|source| source.is::<NotInCatalog>()) => {
            Ok(without())
        }
        other => other,
    }
}

impl Service {
    /// Its types in the catalog, the official one first.
    fn types(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["identity"],
            Self::Compute => &["compute"],
            Self::Network => &["network"],
            Self::Balancer => &["load-balancer"],
            Self::Image => &["image"],
            Self::Volume => &["block-storage", "volumev3", "volume"],
            Self::Share => &["shared-file-system", "sharev2"],
            Self::Dns => &["dns"],
        }
    }

    /// Its official type.
    pub(super) fn name(self) -> &'static str {
        self.types().first().copied().unwrap_or_default()
    }

    /// The version in its paths, where the catalog leaves it out.
    fn version(self) -> &'static str {
        match self {
            Self::Identity | Self::Volume => "v3",
            Self::Compute => "v2.1",
            Self::Network | Self::Balancer => "v2.0",
            Self::Image | Self::Share | Self::Dns => "v2",
        }
    }

    fn dress(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Compute => request.header("OpenStack-API-Version", COMPUTE),
            Self::Volume => request.header("OpenStack-API-Version", VOLUME),
            Self::Share => request.header("X-OpenStack-Manila-API-Version", SHARE),
            Self::Identity | Self::Network | Self::Balancer | Self::Image | Self::Dns => request,
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Call {
    operation: &'static str,
    subject: String,
    service: Service,
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Call {
    /// A request, with what it does and on what, for people to read should it fail.
    pub(super) fn new(
        (operation, subject): (&'static str, &str),
        (service, method): (Service, Method),
        path: &[&str],
    ) -> Self {
        Self {
            operation,
            subject: subject.to_owned(),
            service,
            method,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            query: Vec::new(),
            body: None,
        }
    }

    /// No request at all: what is said of it when the account is not let in.
    pub(super) fn login(operation: &'static str) -> Self {
        Self::new((operation, "the home account"), (Service::Identity, Method::GET), &[])
    }

    /// Another request for the same purpose, to the same service.
    pub(super) fn like(&self, method: Method, path: &[&str]) -> Self {
        Self::new((self.operation, &self.subject), (self.service, method), path)
    }

    pub(super) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    /// Replaces all of a query's values of a key.
    pub(super) fn turn(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.retain(|(known, _)| *known != key);
        self.query(key, value)
    }

    pub(super) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// A failure of this call.
    pub(super) fn failed(&self, kind: CloudErrorKind) -> CloudError {
        CloudError::new(kind, self.operation, self.subject.clone())
    }

    /// The catalog has no such service, or not for us.
    pub(super) fn without_service(&self) -> CloudError {
        let kind = CloudErrorKind::Invalid(format!("the cloud has no {:?} service", self.service));
        CloudError { source: Some(Box::new(NotInCatalog)), ..self.failed(kind) }
    }

    /// What it is about is not there.
    pub(super) fn absent(&self) -> CloudError {
        self.failed(CloudErrorKind::NotFound)
    }

    fn nature(&self) -> Nature {
        if self.method == Method::GET { Nature::Read } else { Nature::Change }
    }

    /// Sends it.
    pub(super) async fn send(&self, open: &Open) -> Answer<Reply> {
        let mut renewed = false;
        loop {
            let login = |error: LoginError| self.no_login(error);
            let url = open.endpoint(self.service.types()).await.map_err(login)?;
            let url = url.ok_or_else(|| self.without_service())?;
            let token = open.login.token(open.client()).await.map_err(login)?;
            let request = token.dress(self.request(open, url));
            let sent = request.send().await.map_err(|error| self.silent(error))?;
            let (status, headers) = (sent.status(), sent.headers().clone());
            if status == StatusCode::UNAUTHORIZED && !renewed {
                open.login.refused(&token).await;
                renewed = true;
                continue;
            }
            let body = sent.bytes().await.map_err(|error| self.silent(error))?;
            if !status.is_success() {
                return Err(self.refused(status, &headers, &body));
            }
            return Ok(Reply { headers, body });
        }
    }

    fn request(&self, open: &Open, endpoint: Url) -> RequestBuilder {
        let url = address(endpoint, self.service.version(), &self.path);
        let mut request = self.service.dress(open.client().request(self.method.clone(), url));
        if !self.query.is_empty() {
            request = request.query(&self.query);
        }
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    fn no_login(&self, error: LoginError) -> CloudError {
        let kind = failure::kind_of_login(&error);
        CloudError { source: Some(Box::new(error)), ..self.failed(kind) }
    }

    fn silent(&self, error: reqwest::Error) -> CloudError {
        let kind = failure::kind_of_silence(&error, self.nature());
        CloudError { source: Some(Box::new(error)), ..self.failed(kind) }
    }

    fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> CloudError {
        let kind = failure::kind_of(status, headers, body, self.nature());
        CloudError {
            status: Some(status.as_u16()),
            request_id: failure::request_id(headers),
            ..self.failed(kind)
        }
    }

    /// Reads an answer.
    pub(super) fn read<T: DeserializeOwned>(&self, reply: &Reply) -> Answer<T> {
        serde_json::from_slice(&reply.body).map_err(|error| {
            let kind =
                failure::lost(self.nature(), "the answer is not of the form that it should have".into());
            let request_id = failure::request_id(&reply.headers);
            CloudError { source: Some(Box::new(error)), request_id, ..self.failed(kind) }
        })
    }
}

/// The answer to a request.
#[derive(Debug)]
pub(super) struct Reply {
    headers: HeaderMap,
    pub(super) body: bytes::Bytes,
}

impl Reply {
    /// The service's time, to the second.
    pub(super) fn date(&self) -> Option<DateTime<Utc>> {
        let date = self.headers.get(DATE)?.to_str().ok()?;
        DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
    }
}

/// The address of something of a service. What goes into it is encoded: ids come from records that people can write.
fn address(mut endpoint: Url, version: &str, path: &[String]) -> Url {
    let is_version = |part: &str| {
        part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    let versioned = endpoint.path_segments().is_some_and(|mut parts| parts.any(is_version));
    if let Ok(mut parts) = endpoint.path_segments_mut() {
        parts.pop_if_empty();
        if !versioned {
            parts.push(version);
        }
        // A part that means "here" or "above" would be another address.
        parts.extend(path.iter().map(|part| if matches!(part.as_str(), "." | "..") { "-" } else { part }));
    }
    endpoint
}
