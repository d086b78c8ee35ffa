//! The short-lived secret with which a new node joins: a Kubernetes bootstrap token.
//!
//! Source of its form, its Secret's name, type and keys: Kubernetes' documentation, "Authenticating with
//! Bootstrap Tokens".

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::{CryptoRng, RngExt};

/// How long a token lets nodes join. A machine that has not joined after ten minutes is replaced, and its
/// successor gets a token of its own; twice that leaves room for slow clocks.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(20);

const ALPHABET: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const ID_LENGTH: usize = 6;
const SECRET_LENGTH: usize = 16;

/// A token: a public id and a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    id: String,
    secret: String,
    expires: DateTime<Utc>,
}

impl JoinToken {
    /// Makes a token that is valid for [`LIFETIME`] from `now`.
    pub fn create(random: &mut impl CryptoRng, now: DateTime<Utc>) -> Self {
        let mut draw = |length: usize| -> String {
            (0..length).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect()
        };
        Self { id: draw(ID_LENGTH), secret: draw(SECRET_LENGTH), expires: now + LIFETIME }
    }

    /// The token as kubeadm takes it: `id.secret`.
    pub fn reveal(&self) -> String {
        format!("{}.{}", self.id, self.secret)
    }

    /// When it ceases to let nodes join.
    pub fn expires(&self) -> DateTime<Utc> {
        self.expires
    }

    /// The name of the Secret in `kube-system` that makes the user cluster accept it.
    pub fn secret_name(&self) -> String {
        format!("bootstrap-token-{}", self.id)
    }

    /// What that Secret (of type `bootstrap.kubernetes.io/token`) holds, before base64.
    pub fn secret_data(&self) -> BTreeMap<String, String> {
        let data = [
            ("token-id", self.id.clone()),
            ("token-secret", self.secret.clone()),
            ("expiration", self.expires.to_rfc3339_opts(SecondsFormat::Secs, true)),
            ("usage-bootstrap-authentication", "true".to_owned()),
            ("usage-bootstrap-signing", "true".to_owned()),
            ("auth-extra-groups", "system:bootstrappers:kubeadm:default-node-token".to_owned()),
        ];
        data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

impl fmt::Debug for JoinToken {
    /// Leaves the secret out.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("JoinToken")
            .field("id", &self.id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
