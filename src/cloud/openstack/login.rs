//! A token of one project, and what came with it.
//!
//! The session and its ways to the services are `osauth`'s; how a token is asked for is ours, because a token that the
//! services refuse has to be replaced before its time, and because its owner and roles are needed.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use osauth::{AuthType, EndpointFilters, Error, ErrorKind, InterfaceType};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::entry::{Domain, Entry, Identity, Named};
use super::failure;
use crate::clock;
use crate::cloud::types::identity::ProjectId;

/// A token is renewed so long before it ends: no call takes that long.
const BEFORE_ITS_END: TimeDelta = TimeDelta::minutes(5);
/// The header that carries a token.
const TOKEN: &str = "x-auth-token";
/// The header in which Keystone gives one.
const GIVEN: &str = "x-subject-token";

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The entry's own project.
    Entry,
    /// Another project.
    Project(ProjectId),
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Keystone said no.
    #[error("Keystone refuses the entry {entry:?}{}: {why}", id(.request))]
    Refused {
        /// The entry.
        entry: String,
        /// Keystone's words.
        why: String,
        /// Its id of the request.
        request: Option<String>,
    },
    /// Keystone gave no answer that can be used.
    #[error("Keystone at {url} does not answer as it should: {why}")]
    Silent {
        /// Where.
        url: String,
        /// What happened.
        why: String,
        /// What the transport said.
        #[source]
        source: Option<reqwest::Error>,
    },
    /// An application credential is for one project.
    #[error("the entry {entry:?} is an application credential or a token: it cannot act in another project")]
    Bound {
        /// The entry.
        entry: String,
    },
}

/// Who a token belongs to and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Holder {
    pub(super) user: Owner,
    pub(super) project: Option<Owner>,
    #[serde(default)]
    pub(super) roles: Vec<Role>,
    pub(super) issued_at: Option<DateTime<Utc>>,
    pub(super) expires_at: DateTime<Utc>,
    #[serde(default)]
    catalog: Vec<Listed>,
}

/// Something in a domain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Owner {
    pub(super) id: String,
    pub(super) domain: Option<Place>,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Place {
    pub(super) id: String,
}

/// A role that a token carries.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Role {
    pub(super) id: String,
    pub(super) name: String,
}

/// A service of the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Listed {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Endpoint {
    interface: String,
    region: Option<String>,
    url: String,
}

/// A token.
pub(super) struct Token {
    value: String,
    pub(super) holder: Holder,
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Token").field("user", &self.holder.user.id).finish_non_exhaustive()
    }
}

/// An entry logged in to one project.
#[derive(Clone)]
pub(super) struct Login {
    entry: Arc<Entry>,
    scope: Scope,
    token: Arc<Mutex<Option<Arc<Token>>>>,
}

impl fmt::Debug for Login {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Login")
            .field("entry", &self.entry.name)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl Login {
    pub(super) fn new(entry: Arc<Entry>, scope: Scope) -> Self {
        Self { entry, scope, token: Arc::default() }
    }

    /// The token, asked for once however many wait for it.
    pub(super) async fn token(&self, client: &Client) -> Result<Arc<Token>, LoginError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref()
            && token.holder.expires_at - BEFORE_ITS_END > clock::now()
        {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(self.ask(client).await?);
        *held = Some(Arc::clone(&token));
        Ok(token)
    }

    /// Drops a token that a service refused, unless another has taken its place already.
    pub(super) async fn refused(&self, refused: &Arc<Token>) {
        let mut held = self.token.lock().await;
        if held.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
            *held = None;
        }
    }

    async fn ask(&self, client: &Client) -> Result<Token, LoginError> {
        let url = self.url();
        let silent = |why: String, source| LoginError::Silent { url: url.clone(), why, source };
        let sent = client.post(&url).json(&self.request()?).send().await;
        let reply = sent.map_err(|error| silent("no answer".to_owned(), Some(error)))?;
        let (status, headers) = (reply.status(), reply.headers().clone());
        let body = reply.bytes().await;
        let body = body.map_err(|error| silent("half an answer".to_owned(), Some(error)))?;
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            return Err(LoginError::Refused {
                entry: self.entry.name.clone(),
                why: failure::message(&body),
                request: failure::request_id(&headers),
            });
        }
        if !status.is_success() {
            return Err(silent(format!("HTTP {}: {}", status.as_u16(), failure::message(&body)), None));
        }
        let value = headers.get(GIVEN).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let value = value.ok_or_else(|| silent("no token in the answer".to_owned(), None))?;
        #[derive(Deserialize)]
        struct Body {
            token: Holder,
        }
        let read = serde_json::from_slice::<Body>(&body);
        let read = read.map_err(|error| silent(format!("line {} of its answer", error.line()), None))?;
        Ok(Token { value, holder: read.token })
    }

    fn url(&self) -> String {
        let base = self.entry.auth_url.trim_end_matches('/');
        let versioned = if base.ends_with("/v3") { "" } else { "/v3" };
        format!("{base}{versioned}/auth/tokens")
    }

    fn request(&self) -> Result<Value, LoginError> {
        let identity = match &self.entry.identity {
            Identity::Password { user, password } => {
                let mut user = named(user);
                user["password"] = password.as_str().into();
                json!({ "methods": ["password"], "password": { "user": user } })
            }
            Identity::Token(token) => json!({ "methods": ["token"], "token": { "id": token } }),
            Identity::Credential { id, name, secret } => {
                let mut credential = json!({ "secret": secret });
                match (id, name) {
                    (Some(id), _) => credential["id"] = id.as_str().into(),
                    (None, Some((name, user))) => {
                        credential["name"] = name.as_str().into();
                        credential["user"] = named(user);
                    }
                    (None, None) => {}
                }
                json!({ "methods": ["application_credential"], "application_credential": credential })
            }
        };
        let is_password = matches!(self.entry.identity, Identity::Password { .. });
        let scope = match (&self.scope, &self.entry.project) {
            (Scope::Project(project), _) if is_password => {
                Some(json!({ "project": { "id": project.as_str() } }))
            }
            (Scope::Project(_), _) => return Err(LoginError::Bound { entry: self.entry.name.clone() }),
            // A credential is for its project; naming one is refused.
            (Scope::Entry, Some(project)) if !matches!(self.entry.identity, Identity::Credential { .. }) => {
                Some(json!({ "project": named(project) }))
            }
            (Scope::Entry, _) => None,
        };
        let mut auth = json!({ "identity": identity });
        if let Some(scope) = scope {
            auth["scope"] = scope;
        }
        Ok(json!({ "auth": auth }))
    }
}

#[async_trait]
impl AuthType for Login {
    async fn authenticate(&self, client: &Client, request: RequestBuilder) -> Result<RequestBuilder, Error> {
        let token = self.token(client).await.map_err(foreign)?;
        Ok(token.dress(request))
    }

    async fn get_endpoint(
        &self,
        client: &Client,
        service_type: &str,
        filters: &EndpointFilters,
    ) -> Result<Url, Error> {
        let token = self.token(client).await.map_err(foreign)?;
        let unknown = || Error::new(ErrorKind::EndpointNotFound, format!("no service {service_type}"));
        let url = token.holder.endpoint(service_type, filters).ok_or_else(unknown)?;
        Url::parse(url).map_err(|error| Error::new(ErrorKind::InvalidResponse, error.to_string()))
    }

    /// A token that is good stays: one that is not is dropped where a service refuses it.
    async fn refresh(&self, client: &Client) -> Result<(), Error> {
        self.token(client).await.map(|_| ()).map_err(foreign)
    }
}

impl Token {
    /// Puts the token on a request, where no log shows it.
    pub(super) fn dress(&self, request: RequestBuilder) -> RequestBuilder {
        match reqwest::header::HeaderValue::from_str(&self.value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header(TOKEN, value)
            }
            Err(_) => request,
        }
    }
}

impl Holder {
    /// Where a service is, in the first of the interfaces that it has.
    pub(super) fn endpoint(&self, service_type: &str, filters: &EndpointFilters) -> Option<&str> {
        let all = self.catalog.iter().filter(|service| service.kind == service_type);
        let mut all = all.flat_map(|service| &service.endpoints).filter(|endpoint| {
            filters.region.is_none() || filters.region.as_ref() == endpoint.region.as_ref()
        });
        let wanted = |endpoint: &&Endpoint| {
            filters.interfaces.iter().any(|one: &InterfaceType| *one == endpoint.interface)
        };
        all.find(wanted).map(|endpoint| endpoint.url.as_str())
    }
}

fn named(what: &Named) -> Value {
    match what {
        Named::Id(id) => json!({ "id": id }),
        Named::Name(name, Domain::Id(domain)) => json!({ "name": name, "domain": { "id": domain } }),
        Named::Name(name, Domain::Name(domain)) => json!({ "name": name, "domain": { "name": domain } }),
    }
}

fn foreign(error: LoginError) -> Error {
    Error::new(ErrorKind::AuthenticationFailed, error.to_string())
}

fn id(request: &Option<String>) -> String {
    request.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default()
}
