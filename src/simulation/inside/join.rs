//! Whether a server's user data brings it into its cluster: what kubeadm needs to find, and what it says if it does
//! not.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::authority;
use super::etcd::Etcd;
use super::kube::Kube;
use super::start::{ApiServer, Endpoint, InitStart, JoinStart};
use crate::simulation::world::ground::{Ground, Way};

/// A label that kubelets may give to themselves although Kubernetes owns its domain, or the beginning of one.
const KUBELETS_OWN: [&str; 8] = [
    "kubernetes.io/hostname",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "node.kubernetes.io/",
    "kubelet.kubernetes.io/",
    "topology.kubernetes.io/",
    "failure-domain.beta.kubernetes.io/",
    "beta.kubernetes.io/",
];

/// Why a server has not joined yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JoinError {
    #[error("kubeadm: dial tcp: lookup {host}: no such host")]
    NoSuchHost { host: String },
    #[error("kubeadm: {host}:{port} leads to no API server that answers")]
    NoWay { host: String, port: u16 },
    #[error("kubeadm: no member of etcd answers: context deadline exceeded")]
    NoEtcd,
    #[error("kubeadm: etcd: tls: failed to verify certificate: signed by unknown authority")]
    ForeignEtcd,
    #[error("kubeadm: {host}: tls: failed to verify certificate: signed by unknown authority")]
    ForeignAuthority { host: String },
    #[error("kubeadm: the cluster's authority matches none of caCertHashes")]
    OtherAuthority,
    #[error("kubeadm: could not find a JWS signature for token ID {id:?}")]
    UnknownToken { id: String },
    #[error("kubeadm: the token {id:?} is refused: {why}")]
    RefusedToken { id: String, why: &'static str },
    #[error("kubeadm: tls: failed to verify certificate: x509: certificate has expired or is not yet valid")]
    WrongClock,
    #[error("kubeadm: advertiseAddress {address} is no address of this server")]
    ForeignAddress { address: IpAddr },
    #[error("kubelet: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: {label}")]
    ForbiddenLabel { label: String },
    #[error("kubeadm: the node could not be registered: {why}")]
    Refused { why: String },
}

/// What was made by the first control plane node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Formed {
    /// The certificate of the cluster's authority.
    pub(super) authority: String,
    /// The hash of its key.
    pub(super) hash: Option<String>,
    /// The version of its control plane.
    pub(super) version: String,
    /// The certificate of etcd's authority, and the members' addresses, as the API servers know them.
    pub(super) etcd_authority: String,
    pub(super) etcd: Vec<IpAddr>,
}

/// What a server that wants to join finds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation<'a> {
    pub(super) ground: &'a Ground,
    pub(super) etcd: Option<&'a Etcd>,
    pub(super) formed: Option<&'a Formed>,
    /// Since when API servers answer, and where those are that do.
    pub(super) up: Option<DateTime<Utc>>,
    pub(super) servers: &'a [(IpAddr, u16)],
    pub(super) kube: &'a Kube,
}

impl Situation<'_> {
    /// Since when the first control plane node finds what it needs.
    pub(super) fn init(&self, init: &InitStart, own: &[IpAddr]) -> Result<DateTime<Utc>, JoinError> {
        check_labels(&init.registration.labels)?;
        check_address(&init.server, own)?;
        let way = self.way(&init.endpoint)?;
        if !(way.open && way.members.contains(&init.server.bind)) {
            return Err(no_way(&init.endpoint));
        }
        let authority = &init.server.authority;
        if self.formed.is_some_and(|formed| !authority::is_same(&formed.authority, authority)) {
            return Err(JoinError::ForeignAuthority { host: init.endpoint.host.clone() });
        }
        self.etcd_since(&init.server, &init.etcd)
    }

    /// Since when a node that joins finds what it needs.
    pub(super) fn join(
        &self,
        join: &JoinStart,
        own: &[IpAddr],
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, JoinError> {
        check_labels(&join.registration.labels)?;
        let way = self.way(&join.endpoint)?;
        let answers = way.open && way.members.iter().any(|member| self.servers.contains(member));
        let (Some(up), Some(formed), true) = (self.up, self.formed, answers) else {
            return Err(no_way(&join.endpoint));
        };
        if !formed.hash.as_ref().is_some_and(|hash| join.hashes.contains(hash)) {
            return Err(JoinError::OtherAuthority);
        }
        let since = self.token_since(&join.token, now)?;
        let Some(server) = &join.server else { return Ok(up.max(since)) };
        check_address(server, own)?;
        if !authority::is_same(&server.authority, &formed.authority) {
            return Err(JoinError::ForeignAuthority { host: join.endpoint.host.clone() });
        }
        Ok(up.max(since).max(self.etcd_since(server, &formed.etcd)?))
    }

    /// The listener behind an endpoint.
    fn way(&self, endpoint: &Endpoint) -> Result<&Way, JoinError> {
        let mut ways = self.ground.ways.iter();
        let named = |way: &Way| way.names.contains(&endpoint.host) || way.vip.to_string() == endpoint.host;
        let found = ways.clone().any(named);
        if !found {
            return Err(JoinError::NoSuchHost { host: endpoint.host.clone() });
        }
        ways.find(|way| named(way) && way.port == endpoint.port).ok_or_else(|| no_way(endpoint))
    }

    fn etcd_since(&self, server: &ApiServer, members: &[IpAddr]) -> Result<DateTime<Utc>, JoinError> {
        let etcd = self.etcd.ok_or(JoinError::NoEtcd)?;
        if !etcd.trusts(&server.etcd_authority) {
            return Err(JoinError::ForeignEtcd);
        }
        let serves = etcd.serves(members, &server.etcd_authority);
        etcd.quorum_since().filter(|_| serves).ok_or(JoinError::NoEtcd)
    }

    /// Since when the cluster knows a token that lets nodes join.
    fn token_since(&self, token: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, JoinError> {
        let (id, secret) = token.split_once('.').unwrap_or((token, ""));
        let unknown = || JoinError::UnknownToken { id: id.to_owned() };
        let refused = |why| JoinError::RefusedToken { id: id.to_owned(), why };
        let stored = self.kube.get("secrets", "kube-system", &format!("bootstrap-token-{id}"));
        let stored = stored.ok_or_else(unknown)?;
        let data = |key: &str| decoded(&stored, key);
        let is_token = stored["type"].as_str() == Some("bootstrap.kubernetes.io/token");
        if !is_token || data("token-id").as_deref() != Some(id) || !is_true(data("usage-bootstrap-signing")) {
            return Err(unknown());
        }
        let expires = data("expiration").and_then(|text| time(&text));
        if expires.is_some_and(|expires| expires <= now) {
            return Err(refused("it has expired"));
        }
        if data("token-secret").as_deref() != Some(secret) {
            return Err(refused("its secret is another"));
        }
        if !is_true(data("usage-bootstrap-authentication")) {
            return Err(refused("it is not for authentication"));
        }
        let created = stored["metadata"]["creationTimestamp"].as_str().and_then(time);
        Ok(created.unwrap_or(now))
    }
}

/// A time in Kubernetes' own form.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
}

fn decoded(secret: &Value, key: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(secret["data"][key].as_str()?).ok()?;
    String::from_utf8(bytes).ok()
}

fn is_true(text: Option<String>) -> bool {
    text.as_deref() == Some("true")
}

fn no_way(endpoint: &Endpoint) -> JoinError {
    JoinError::NoWay { host: endpoint.host.clone(), port: endpoint.port }
}

fn check_address(server: &ApiServer, own: &[IpAddr]) -> Result<(), JoinError> {
    let address = server.bind.0;
    if own.contains(&address) { Ok(()) } else { Err(JoinError::ForeignAddress { address }) }
}

/// Kubelet ends at once if it is to label its node in a domain that is Kubernetes' own.
fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), JoinError> {
    let is_owned = |label: &&String| {
        let domain = label.split_once('/').map_or("", |(domain, _)| domain);
        ["kubernetes.io", "k8s.io"].iter().any(|owned| {
            domain == *owned || domain.strip_suffix(owned).is_some_and(|rest| rest.ends_with('.'))
        })
    };
    let is_allowed = |label: &&String| KUBELETS_OWN.iter().any(|own| label.starts_with(own));
    match labels.keys().find(|label| is_owned(label) && !is_allowed(label)) {
        Some(label) => Err(JoinError::ForbiddenLabel { label: label.clone() }),
        None => Ok(()),
    }
}
