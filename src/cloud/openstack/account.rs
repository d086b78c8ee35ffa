//! An entry with a session for each project that it acts in: one token each, renewed once when it is refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use osauth::client::AuthenticatedClient;
use osauth::{EndpointFilters, Session};
use reqwest::{Certificate, Client, Url};
use tokio::sync::OnceCell;

use super::entry::Entry;
use super::login::{Login, LoginError, Scope};

/// How long a service may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a call may take, answer and all. It is less than what the engine waits before it takes an unknown outcome
/// for none.
const CALL: Duration = Duration::from_secs(60);

/// Why an account cannot be opened.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are the places that the messages name")]
pub enum AccountError {
    /// The authority's file cannot be read.
    #[error("the authority {file} of the entry {entry:?} cannot be read")]
    Authority { entry: String, file: String, source: std::io::Error },
    /// The client cannot be made of what the entry says.
    #[error("the client for the entry {entry:?} cannot be made")]
    Client { entry: String, source: reqwest::Error },
    /// An address that is none.
    #[error("{url:?} of the entry {entry:?} is no address")]
    Address { entry: String, url: String },
}

/// A session in one project.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) login: Login,
    session: Session,
}

impl Open {
    /// The client that requests are sent with.
    pub(super) fn client(&self) -> &Client {
        self.session.client().inner()
    }

    /// Where a service is that has one of these types.
    pub(super) async fn endpoint(&self, types: &[&str]) -> Result<Option<Url>, LoginError> {
        let own = types.iter().find_map(|kind| self.session.endpoint_overrides().get(*kind));
        if let Some(url) = own {
            return Ok(Some(url.clone()));
        }
        let token = self.login.token(self.client()).await?;
        let filters = self.session.endpoint_filters();
        let listed = types.iter().find_map(|kind| token.holder.endpoint(kind, filters));
        Ok(listed.and_then(|url| Url::parse(url).ok()))
    }
}

/// An entry at work.
#[derive(Debug)]
pub(super) struct Account {
    entry: Arc<Entry>,
    client: Client,
    overrides: HashMap<String, Url>,
    open: Mutex<HashMap<Scope, Arc<OnceCell<Open>>>>,
}

impl Account {
    pub(super) fn new(entry: Entry) -> Result<Self, AccountError> {
        let client = client(&entry)?;
        let overrides = entry.overrides.iter().map(|(service, url)| {
            let strange = || AccountError::Address { entry: entry.name.clone(), url: url.clone() };
            Ok((service.clone(), Url::parse(url).map_err(|_| strange())?))
        });
        let overrides = overrides.collect::<Result<_, AccountError>>()?;
        Ok(Self { entry: Arc::new(entry), client, overrides, open: Mutex::default() })
    }

    /// The session in a project. However many ask for it first, it is opened once.
    pub(super) async fn open(&self, scope: &Scope) -> Result<Open, LoginError> {
        let cell = Arc::clone(self.all().entry(scope.clone()).or_default());
        cell.get_or_try_init(|| self.begin(scope)).await.cloned()
    }

    async fn begin(&self, scope: &Scope) -> Result<Open, LoginError> {
        let login = Login::new(Arc::clone(&self.entry), scope.clone());
        // This says why it is refused, which the next step would not.
        login.token(&self.client).await?;
        let made = AuthenticatedClient::new(self.client.clone(), login.clone()).await;
        let made = made.map_err(|error| LoginError::Silent {
            url: self.entry.auth_url.clone(),
            why: error.to_string(),
            source: None,
        })?;
        let region = self.entry.region.clone();
        let filters = EndpointFilters::default().with_interfaces(self.entry.interface);
        let filters = region.map_or(filters.clone(), |region| filters.with_region(region));
        let session = Session::new_with_authenticated_client(made)
            .with_endpoint_filters(filters)
            .with_endpoint_overrides(self.overrides.clone());
        Ok(Open { login, session })
    }

    /// Forgets the session of a project that is gone.
    pub(super) fn close(&self, scope: &Scope) {
        self.all().remove(scope);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Scope, Arc<OnceCell<Open>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn client(entry: &Entry) -> Result<Client, AccountError> {
    let mut builder = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(CALL)
        .user_agent(concat!("kaasboard/", env!("CARGO_PKG_VERSION")))
        .danger_accept_invalid_certs(!entry.verify);
    if let Some(file) = &entry.authority {
        let pem = std::fs::read(file).map_err(|source| AccountError::Authority {
            entry: entry.name.clone(),
            file: file.display().to_string(),
            source,
        })?;
        let failed = |source| AccountError::Client { entry: entry.name.clone(), source };
        for one in Certificate::from_pem_bundle(&pem).map_err(failed)? {
            builder = builder.add_root_certificate(one);
        }
    }
    builder.build().map_err(|source| AccountError::Client { entry: entry.name.clone(), source })
}
