//! A proxy between a client and the services, which loses replies, refuses and counts.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use kaasboard::cloud::openstack::cloud::OpenStack;
use kaasboard::cloud::openstack::entry::Entry;
use tokio::net::TcpListener;

use super::sdk;

/// The services that are reached through the proxy: their types, and the variables' names of the development cloud.
const SERVICES: [&str; 6] = ["identity", "compute", "network", "load-balancer", "dns", "image"];

/// What is done to the next requests of a method whose path contains something.
#[derive(Clone, Debug)]
pub struct Trick {
    pub method: Method,
    pub path: &'static str,
    pub deed: Deed,
    pub times: u32,
}

/// What is done.
#[derive(Clone, Debug)]
pub enum Deed {
    /// The service acts, and its reply is lost.
    LoseReply,
    /// The service acts, and the reply is a failure all the same.
    Spoil(u16),
    /// The service never hears of it.
    Refuse(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// Pages are this small.
    Pages(u32),
}

/// A proxy before a cloud.
#[derive(Clone)]
pub struct Proxy {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: HashMap<String, String>,
    client: reqwest::Client,
    tricks: Mutex<Vec<Trick>>,
    log: Mutex<Vec<(Method, String, u16)>>,
    /// The tokens that were used, by path, and those that are refused from now on.
    tokens: Mutex<HashMap<String, String>>,
    revoked: Mutex<HashSet<String>>,
    accounts: Vec<String>,
}

impl Proxy {
    /// Starts a proxy before the services that these entries reach.
    pub async fn start(home: &str, admin: Option<&str>) -> Self {
        let lines =
            "for kind in '%S'.split():\n    print(kind, cloud.session.get_endpoint(service_type=kind))\n";
        let found = sdk::python(&lines.replace("%S", &SERVICES.join(" ")));
        let upstream = found.lines().filter_map(|line| line.split_once(' '));
        let upstream = upstream.map(|(kind, url)| (kind.to_owned(), root(url))).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream,
            client: reqwest::Client::new(),
            tricks: Mutex::default(),
            log: Mutex::default(),
            tokens: Mutex::default(),
            revoked: Mutex::default(),
            accounts: std::iter::once(home).chain(admin).map(str::to_owned).collect(),
        });
        let proxy = Self { address, shared };
        tokio::spawn(proxy.clone().serve(listener));
        proxy
    }

    /// A client that reaches the cloud through the proxy.
    pub fn cloud(&self, with_admin: bool) -> OpenStack {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("clouds.yaml");
        std::fs::write(&file, self.clouds_yaml()).unwrap();
        let variable = |name: &str| match name {
            "OS_CLIENT_CONFIG_FILE" => Some(file.display().to_string()),
            other => std::env::var(other).ok(),
        };
        let find = |name: &String| Entry::find(name, &variable, false).unwrap();
        let admin = self.shared.accounts.get(1).filter(|_| with_admin).map(find);
        OpenStack::new(find(&self.shared.accounts[0]), admin).unwrap()
    }

    fn clouds_yaml(&self) -> String {
        let text = std::fs::read_to_string(std::env::var_os("OS_CLIENT_CONFIG_FILE").unwrap()).unwrap();
        let mut document: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let at = |service: &str| format!("http://{}/{service}", self.address);
        for name in &self.shared.accounts {
            let entry = &mut document["clouds"][name];
            entry["auth"]["auth_url"] = format!("{}/v3", at("identity")).into();
            for service in SERVICES {
                entry[format!("{}_endpoint_override", service.replace('-', "_"))] = at(service).into();
            }
        }
        serde_saphyr::to_string(&document).unwrap()
    }

    pub fn trick(&self, method: Method, path: &'static str, deed: Deed, times: u32) {
        self.shared.tricks.lock().unwrap().push(Trick { method, path, deed, times });
    }

    /// Refuses from now on the token that the last request to such a path bore.
    pub fn revoke(&self, path: &str) {
        let tokens = self.shared.tokens.lock().unwrap();
        let (_, token) = tokens.iter().find(|(known, _)| known.contains(path)).unwrap();
        self.shared.revoked.lock().unwrap().insert(token.clone());
    }

    /// How many requests of a method went to paths that contain something, and what they were answered.
    pub fn answers(&self, method: &Method, path: &str) -> Vec<u16> {
        let log = self.shared.log.lock().unwrap();
        let like = log.iter().filter(|(known, at, _)| known == method && at.contains(path));
        like.map(|(.., status)| *status).collect()
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let proxy = self.clone();
            tokio::spawn(async move {
                let answer = service_fn(move |request| proxy.clone().answer(request));
                let http = hyper::server::conn::http1::Builder::new();
                // A reply that is to be lost ends the connection, which is no mistake.
                let _ = http.serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Lost> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let deed = self.deed(&method, &path);
        let note = |status: u16| self.shared.log.lock().unwrap().push((method.clone(), path.clone(), status));
        if let Some(token) = request.headers().get("x-auth-token").and_then(|token| token.to_str().ok()) {
            self.shared.tokens.lock().unwrap().insert(path.clone(), token.to_owned());
            if self.shared.revoked.lock().unwrap().contains(token) {
                note(401);
                return Ok(Response::builder().status(401).body(Full::from("revoked")).unwrap());
            }
        }
        if let Some(Deed::Refuse(status, headers, body)) = deed {
            note(status);
            let mut reply = Response::builder().status(status);
            for (name, value) in headers {
                reply = reply.header(name, value);
            }
            return Ok(reply.body(Full::from(body)).unwrap());
        }
        let limit = if let Some(Deed::Pages(size)) = deed { Some(size) } else { None };
        let (status, reply) = self.forward(request, limit).await;
        note(status.as_u16());
        match deed {
            Some(Deed::LoseReply) => Err(Lost),
            Some(Deed::Spoil(status)) => {
                Ok(Response::builder().status(status).body(Full::from("it broke")).unwrap())
            }
            _ => Ok(reply),
        }
    }

    async fn forward(
        &self,
        request: Request<Incoming>,
        limit: Option<u32>,
    ) -> (StatusCode, Response<Full<Bytes>>) {
        let (head, body) = request.into_parts();
        let (service, rest) = head.uri.path()[1..].split_once('/').unwrap();
        let query = head.uri.query().map(|query| match limit {
            Some(limit) => format!("?{}", query.replace("limit=500", &format!("limit={limit}"))),
            None => format!("?{query}"),
        });
        let url = format!("{}/{rest}{}", self.shared.upstream[service], query.unwrap_or_default());
        let mut headers = head.headers;
        headers.remove("host");
        let body = body.collect().await.unwrap().to_bytes();
        let sent = self.shared.client.request(head.method, url).headers(headers).body(body).send().await;
        let sent = sent.unwrap();
        let status = sent.status();
        let mut reply = Response::builder().status(status);
        for name in ["content-type", "x-subject-token", "x-openstack-request-id", "date", "retry-after"] {
            if let Some(value) = sent.headers().get(name) {
                reply = reply.header(name, value);
            }
        }
        (status, reply.body(Full::new(sent.bytes().await.unwrap())).unwrap())
    }

    fn deed(&self, method: &Method, path: &str) -> Option<Deed> {
        let mut tricks = self.shared.tricks.lock().unwrap();
        let found = tricks
            .iter_mut()
            .find(|trick| trick.times > 0 && trick.method == *method && path.contains(trick.path))?;
        found.times -= 1;
        Some(found.deed.clone())
    }
}

/// The reply is lost.
#[derive(Debug, thiserror::Error)]
#[error("lost")]
struct Lost;

impl From<Infallible> for Lost {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A service's address without the version that it ends with.
fn root(url: &str) -> String {
    let parts = url.trim_end_matches('/').split('/');
    let is_version =
        |part: &&str| part.starts_with('v') && part[1..].starts_with(|one: char| one.is_ascii_digit());
    parts.take_while(|part| !is_version(part)).collect::<Vec<_>>().join("/")
}
