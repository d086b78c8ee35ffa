//! The keys of one cluster, made once and kept in the Manager Kubernetes as Secrets.
//!
//! The same four as Cluster API keeps, under the same suffixes and keys, so that people and tools that know
//! those find them here: `<cluster>-ca`, `<cluster>-etcd`, `<cluster>-proxy`, `<cluster>-sa`.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use rcgen::{KeyPair, PublicKeyData};

use super::authority::{Authority, Pair, PkiError, expiry};

/// The key of a certificate in a Secret (as in Secrets of type `kubernetes.io/tls`).
pub const CERTIFICATE_KEY: &str = "tls.crt";
/// The key of a private key in a Secret.
pub const PRIVATE_KEY: &str = "tls.key";

/// The keys of one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterPki {
    /// Signs the certificates of API servers, kubelets and people.
    pub kubernetes: Authority,
    /// Signs the certificates of etcd members and of etcd's clients.
    pub etcd: Authority,
    /// Signs the certificate with which API servers call extension API servers.
    pub front_proxy: Authority,
    /// Signs the tokens of service accounts.
    pub service_account: SigningPair,
}

/// A key pair without a certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningPair {
    /// The public key as PEM.
    pub public: String,
    /// The private key as PEM (PKCS #8).
    pub private: String,
}

impl fmt::Debug for SigningPair {
    /// Leaves the private key out.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SigningPair").field("public", &self.public).finish_non_exhaustive()
    }
}

/// The parts of a cluster's PKI, each kept in a Secret of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The cluster's authority.
    Kubernetes,
    /// etcd's authority.
    Etcd,
    /// The front proxy's authority.
    FrontProxy,
    /// The service accounts' signing keys.
    ServiceAccount,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::Kubernetes, Self::Etcd, Self::FrontProxy, Self::ServiceAccount];

    /// The name of the part's Secret.
    pub fn secret_name(self, cluster: &str) -> String {
        let suffix = match self {
            Self::Kubernetes => "ca",
            Self::Etcd => "etcd",
            Self::FrontProxy => "proxy",
            Self::ServiceAccount => "sa",
        };
        format!("{cluster}-{suffix}")
    }
}

/// What is in a Secret, before base64.
pub type SecretData = BTreeMap<String, String>;

impl ClusterPki {
    /// Makes the keys of a new cluster.
    ///
    /// # Errors
    /// When the library makes no key or no certificate.
    pub fn create(now: DateTime<Utc>) -> Result<Self, PkiError> {
        let signing = KeyPair::generate().map_err(|source| PkiError::Make {
            what: "the service accounts' signing key".to_owned(),
            source,
        })?;
        Ok(Self {
            kubernetes: Authority::create("kubernetes", now)?,
            etcd: Authority::create("etcd-ca", now)?,
            front_proxy: Authority::create("front-proxy-ca", now)?,
            service_account: SigningPair { public: public_pem(&signing), private: signing.serialize_pem() },
        })
    }

    /// What the Secret of one part holds.
    pub fn secret(&self, part: Part) -> SecretData {
        let (certificate, key) = match part {
            Part::Kubernetes => parts_of(self.kubernetes.pair()),
            Part::Etcd => parts_of(self.etcd.pair()),
            Part::FrontProxy => parts_of(self.front_proxy.pair()),
            Part::ServiceAccount => (&self.service_account.public, &self.service_account.private),
        };
        SecretData::from([
            (CERTIFICATE_KEY.to_owned(), certificate.clone()),
            (PRIVATE_KEY.to_owned(), key.clone()),
        ])
    }

    /// The keys from what is stored of each part.
    ///
    /// # Errors
    /// When a part is missing or cannot be read, naming it.
    pub fn from_secrets(mut stored: impl FnMut(Part) -> Option<SecretData>) -> Result<Self, PkiError> {
        let mut pair = |part: Part| -> Result<Pair, PkiError> {
            let what = what(part);
            let mut data = stored(part).ok_or_else(|| PkiError::Missing { what: what.to_owned() })?;
            let mut take = |key: &str| {
                data.remove(key).ok_or_else(|| PkiError::Missing { what: format!("{what}'s {key}") })
            };
            Ok(Pair { certificate: take(CERTIFICATE_KEY)?, key: take(PRIVATE_KEY)? })
        };
        let service_account = pair(Part::ServiceAccount)?;
        check_signing(&service_account)?;
        Ok(Self {
            kubernetes: Authority::from_pair(what(Part::Kubernetes), pair(Part::Kubernetes)?)?,
            etcd: Authority::from_pair(what(Part::Etcd), pair(Part::Etcd)?)?,
            front_proxy: Authority::from_pair(what(Part::FrontProxy), pair(Part::FrontProxy)?)?,
            service_account: SigningPair {
                public: service_account.certificate,
                private: service_account.key,
            },
        })
    }

    /// When the first of the authorities ends to be valid.
    ///
    /// # Errors
    /// When a certificate cannot be read.
    pub fn expires(&self) -> Result<DateTime<Utc>, PkiError> {
        let ends = [
            expiry(what(Part::Kubernetes), self.kubernetes.certificate())?,
            expiry(what(Part::Etcd), self.etcd.certificate())?,
            expiry(what(Part::FrontProxy), self.front_proxy.certificate())?,
        ];
        Ok(ends.into_iter().fold(DateTime::<Utc>::MAX_UTC, DateTime::min))
    }
}

fn what(part: Part) -> &'static str {
    match part {
        Part::Kubernetes => "the cluster's authority",
        Part::Etcd => "etcd's authority",
        Part::FrontProxy => "the front proxy's authority",
        Part::ServiceAccount => "the service accounts' signing key",
    }
}

fn parts_of(pair: &Pair) -> (&String, &String) {
    (&pair.certificate, &pair.key)
}

fn check_signing(pair: &Pair) -> Result<(), PkiError> {
    let what = what(Part::ServiceAccount).to_owned();
    let key = KeyPair::from_pem(&pair.key)
        .map_err(|_| PkiError::Read { what: what.clone(), why: "it is no private key in PEM".into() })?;
    if public_pem(&key).trim() == pair.certificate.trim() {
        return Ok(());
    }
    Err(PkiError::Read { what, why: "its public half is another key's".into() })
}

/// The public half of a key as PEM with Unix line ends, whatever the platform.
fn public_pem(key: &KeyPair) -> String {
    debug_assert!(!key.subject_public_key_info().is_empty());
    key.public_key_pem().replace("\r\n", "\n")
}
