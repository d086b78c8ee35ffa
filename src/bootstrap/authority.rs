//! A certificate authority of a cluster, and the certificates it issues.

use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use sha2::{Digest, Sha256};
use x509_parser::pem::parse_x509_pem;

/// How long an authority is valid. kubeadm's own default (`CACertificateValidityPeriod`), ten years: replacing
/// an authority means replacing every machine of the cluster, which its releases do long before.
const AUTHORITY_LIFETIME: TimeDelta = TimeDelta::days(3650);

/// How long a certificate is valid. kubeadm's own default (`CertificateValidityPeriod`), one year: machines are
/// replaced, and their certificates with them, well within it.
const CERTIFICATE_LIFETIME: TimeDelta = TimeDelta::days(365);

/// By how much a certificate is dated back, so that a server whose clock is slow takes it.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// Why keys or certificates could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The library refused to make one.
    #[error("cannot make {what}")]
    Make {
        /// Which one.
        what: String,
        /// The library's reason.
        #[source]
        source: rcgen::Error,
    },
    /// A stored one cannot be read.
    #[error("cannot read {what}: {why}")]
    Read {
        /// Which one.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A stored one is missing.
    #[error("{what} is missing")]
    Missing {
        /// Which one.
        what: String,
    },
}

/// A certificate and its private key, both as PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The private key (PKCS #8).
    pub key: String,
}

impl fmt::Debug for Pair {
    /// Leaves the key out.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pair").field("certificate", &self.certificate.len()).finish_non_exhaustive()
    }
}

/// A certificate authority: it signs what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority(Pair);

/// What a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its common name: the user that Kubernetes or etcd takes its bearer for.
    pub common_name: String,
    /// Its organizations: the groups of that user.
    pub organizations: Vec<String>,
    /// The names under which its bearer serves.
    pub names: Vec<String>,
    /// The addresses under which its bearer serves.
    pub addresses: Vec<IpAddr>,
    /// Whether its bearer takes connections, makes them, or both.
    pub usage: Usage,
}

/// Which side of a connection a certificate proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// The caller's.
    Client,
    /// Both: etcd checks the certificates of its peers and of its own gateway as clients, too.
    ServerAndClient,
}

impl Authority {
    /// Makes a new authority that is valid from `now`.
    ///
    /// # Errors
    /// When the library makes no key or no certificate.
    pub fn create(common_name: &str, now: DateTime<Utc>) -> Result<Self, PkiError> {
        let make = |source| PkiError::Make { what: format!("the authority {common_name}"), source };
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = to_time(now - CLOCK_SKEW);
        params.not_after = to_time(now + AUTHORITY_LIFETIME);
        let key = KeyPair::generate().map_err(make)?;
        let certificate = params.self_signed(&key).map_err(make)?;
        Ok(Self(Pair { certificate: certificate.pem(), key: key.serialize_pem() }))
    }

    /// An authority from its stored certificate and key.
    ///
    /// # Errors
    /// When either cannot be read, or the key is another certificate's.
    pub fn from_pair(what: &str, pair: Pair) -> Result<Self, PkiError> {
        let read = |why: String| PkiError::Read { what: what.to_owned(), why };
        let key =
            KeyPair::from_pem(&pair.key).map_err(|_| read("its key is no private key in PEM".into()))?;
        let stored = public_key(what, &pair.certificate)?;
        if rcgen::PublicKeyData::subject_public_key_info(&key) != stored {
            return Err(read("its key does not belong to its certificate".into()));
        }
        Ok(Self(pair))
    }

    /// The certificate and key, for storing.
    pub fn pair(&self) -> &Pair {
        &self.0
    }

    /// The certificate, which everybody may know.
    pub fn certificate(&self) -> &str {
        &self.0.certificate
    }

    /// Issues a certificate that is valid from `now`.
    ///
    /// # Errors
    /// When a name is none, or the library makes no key or no certificate.
    pub fn issue(&self, subject: &Subject, now: DateTime<Utc>) -> Result<Pair, PkiError> {
        self.issue_for(subject, now, CERTIFICATE_LIFETIME)
    }

    /// Issues a certificate that is valid for so long from `now`.
    ///
    /// # Errors
    /// When a name is none, or the library makes no key or no certificate.
    pub fn issue_for(
        &self,
        subject: &Subject,
        now: DateTime<Utc>,
        lasts: TimeDelta,
    ) -> Result<Pair, PkiError> {
        let make =
            |source| PkiError::Make { what: format!("the certificate of {}", subject.common_name), source };
        let signer = KeyPair::from_pem(&self.0.key).map_err(make)?;
        let issuer = Issuer::from_ca_cert_pem(&self.0.certificate, signer).map_err(make)?;
        let mut params = CertificateParams::new(subject.names.clone()).map_err(make)?;
        params.subject_alt_names.extend(subject.addresses.iter().map(|address| SanType::IpAddress(*address)));
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, subject.common_name.as_str());
        for organization in &subject.organizations {
            params.distinguished_name.push(DnType::OrganizationName, organization.as_str());
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = match subject.usage {
            Usage::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Usage::ServerAndClient => {
                vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]
            }
        };
        params.use_authority_key_identifier_extension = true;
        params.not_before = to_time(now - CLOCK_SKEW);
        params.not_after = to_time(now + lasts);
        let key = KeyPair::generate().map_err(make)?;
        let certificate = params.signed_by(&key, &issuer).map_err(make)?;
        Ok(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// The hash by which a joining node recognises the cluster: SHA-256 of the public key, as kubeadm writes it.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub fn public_key_hash(&self) -> Result<String, PkiError> {
        let digest = Sha256::digest(public_key("the authority", &self.0.certificate)?);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("sha256:{hex}"))
    }
}

/// When a certificate in PEM ends to be valid.
///
/// # Errors
/// When it cannot be read.
pub fn expiry(what: &str, certificate: &str) -> Result<DateTime<Utc>, PkiError> {
    let read = |why: String| PkiError::Read { what: what.to_owned(), why };
    let (_, pem) = parse_x509_pem(certificate.as_bytes()).map_err(|error| read(error.to_string()))?;
    let parsed = pem.parse_x509().map_err(|error| read(error.to_string()))?;
    let seconds = parsed.validity().not_after.timestamp();
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| read("its end is no date".into()))
}

/// The public key of a certificate in PEM, with its algorithm (SubjectPublicKeyInfo in DER).
fn public_key(what: &str, certificate: &str) -> Result<Vec<u8>, PkiError> {
    let read = |why: String| PkiError::Read { what: what.to_owned(), why };
    let (_, pem) = parse_x509_pem(certificate.as_bytes()).map_err(|error| read(error.to_string()))?;
    let parsed = pem.parse_x509().map_err(|error| read(error.to_string()))?;
    Ok(parsed.public_key().raw.to_vec())
}

fn to_time(at: DateTime<Utc>) -> time::OffsetDateTime {
    // A date that `time` cannot hold is more than nine thousand years away; chrono's own range ends close by.
    time::OffsetDateTime::from_unix_timestamp(at.timestamp()).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}
