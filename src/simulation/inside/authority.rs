//! Certificates of authorities as joining nodes compare them, and addresses in URLs.

use std::net::{IpAddr, SocketAddr};

use sha2::{Digest, Sha256};
use x509_parser::pem::parse_x509_pem;

/// The hash of an authority's public key, as kubeadm compares it; nothing if the text is no certificate in PEM.
pub(super) fn hash(certificate: &str) -> Option<String> {
    let (_, pem) = parse_x509_pem(certificate.as_bytes()).ok()?;
    let parsed = pem.parse_x509().ok()?;
    let digest = Sha256::digest(parsed.public_key().raw);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("sha256:{hex}"))
}

/// Whether two texts are the same certificate.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.trim() == other.trim()
}

/// The address in `ADDRESS:PORT`.
pub(super) fn host(text: &str) -> Option<IpAddr> {
    text.trim_end_matches('/').parse().ok().map(|address: SocketAddr| address.ip())
}
