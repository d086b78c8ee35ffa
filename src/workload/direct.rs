//! The insides of clusters that are really there: asked over the network, by each cluster's own keys.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kube::config::KubeConfigOptions;
use reqwest::tls::Version;
use reqwest::{Certificate, Identity};
use serde_json::json;

use super::access::{Access, AccessError, ClientKeys, Workloads};
use super::etcd::EtcdAnswer;
use super::gateway::{self, Silence};
use super::limit;

/// The port of API servers (kubeadm's default), and of their balancer.
const API_PORT: u16 = 6443;
/// The port on which etcd serves clients (registered with IANA).
const ETCD_PORT: u16 = 2379;

/// How long a request to a cluster's API may wait for its answer. One cluster's silence must not hold up the others.
const API_ANSWER: Duration = Duration::from_secs(15);
/// How long a connection to a single machine may take to come about, and how long its answer may take.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(5);

/// Access over the network. It keeps connections to machines, a client for each authority of a cluster.
#[derive(Debug, Default)]
pub struct Direct {
    clients: Mutex<HashMap<String, Clients>>,
}

/// The clients of one cluster's machines.
#[derive(Clone, Debug)]
struct Clients {
    kubernetes: reqwest::Client,
    etcd: reqwest::Client,
    /// Whose keys they show: they are made anew when these change.
    shown: Arc<[String; 2]>,
}

impl Direct {
    /// Access without any connection yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn clients(&self, access: &Access, address: IpAddr) -> Result<Clients, AccessError> {
        let certificates = [&access.kubernetes.certificate, &access.etcd.certificate];
        let known = self.all().get(&access.uid).cloned();
        if let Some(known) = known.filter(|known| known.shown.each_ref() == certificates) {
            return Ok(known);
        }
        let unusable = |what| {
            move |error: reqwest::Error| AccessError::Unreachable {
                what,
                cluster: access.cluster.clone(),
                address,
                why: format!("its keys make no client: {error}"),
            }
        };
        let made = Clients {
            kubernetes: client(&access.kubernetes).map_err(unusable("the API server"))?,
            etcd: client(&access.etcd).map_err(unusable("the etcd member"))?,
            shown: Arc::new(certificates.map(Clone::clone)),
        };
        self.all().insert(access.uid.clone(), made.clone());
        Ok(made)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Clients>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Workloads for Direct {
    async fn client(&self, access: &Access) -> Result<kube::Client, AccessError> {
        let unusable = |error: &dyn std::fmt::Display| AccessError::Unreachable {
            what: "the API",
            cluster: access.cluster.clone(),
            address: access.vip,
            why: format!("its keys make no client: {error}"),
        };
        let written = serde_json::from_value(kubeconfig(access)).map_err(|error| unusable(&error))?;
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(written, &options).await;
        let mut config = config.map_err(|error| unusable(&error))?;
        // Clusters are reached directly, whatever the environment says of the way out.
        config.proxy_url = None;
        limit::client(config, Some(API_ANSWER)).map_err(|error| unusable(&error))
    }

    async fn api_server_ready(&self, access: &Access, address: IpAddr) -> Result<bool, AccessError> {
        let what = "the API server";
        let url = format!("https://{}/readyz", SocketAddr::new(address, API_PORT));
        let client = self.clients(access, address)?.kubernetes;
        let answer = client.get(url).send().await;
        let status =
            answer.map_err(|error| failed(what, access, address, gateway::silence(&error)))?.status();
        match status.as_u16() {
            401 | 403 => Err(failed(what, access, address, Silence::Refused)),
            status => Ok(status == 200),
        }
    }

    async fn etcd(&self, access: &Access, address: IpAddr) -> Result<EtcdAnswer, AccessError> {
        let client = self.clients(access, address)?.etcd;
        let url = format!("https://{}", SocketAddr::new(address, ETCD_PORT));
        let answer = gateway::ask(&client, &url).await;
        answer.map_err(|silence| failed("the etcd member", access, address, silence))
    }

    fn forget(&self, uid: &str) {
        self.all().remove(uid);
    }
}

fn failed(what: &'static str, access: &Access, address: IpAddr, silence: Silence) -> AccessError {
    let cluster = access.cluster.clone();
    match silence {
        Silence::Refused => AccessError::Refused { what, cluster, address },
        Silence::Other(why) => AccessError::Unreachable { what, cluster, address, why },
    }
}

/// A client that trusts the cluster's authority alone, and goes directly.
fn client(keys: &ClientKeys) -> reqwest::Result<reqwest::Client> {
    let identity = Identity::from_pem(format!("{}\n{}", keys.certificate, keys.key).as_bytes())?;
    reqwest::Client::builder()
        .use_rustls_tls()
        .tls_built_in_root_certs(false)
        .add_root_certificate(Certificate::from_pem(keys.authority.as_bytes())?)
        .identity(identity)
        .min_tls_version(Version::TLS_1_2)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .build()
}

/// The kubeconfig that leads to a cluster's API.
pub fn kubeconfig(access: &Access) -> serde_json::Value {
    let encoded = |text: &str| BASE64_STANDARD.encode(text);
    let keys = &access.kubernetes;
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "cluster",
        "contexts": [{ "name": "cluster", "context": { "cluster": "cluster", "user": "engine" } }],
        "clusters": [{ "name": "cluster", "cluster": {
            "server": format!("https://{}", SocketAddr::new(access.vip, API_PORT)),
            "certificate-authority-data": encoded(&keys.authority),
        }}],
        "users": [{ "name": "engine", "user": {
            "client-certificate-data": encoded(&keys.certificate),
            "client-key-data": encoded(&keys.key),
        }}],
    })
}
