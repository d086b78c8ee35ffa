//! The cells of persistent volumes and claims.

use super::look::{Look, UNSET, items, listed, plain};

const CLASS_ANNOTATION: &str = "/metadata/annotations/volume.beta.kubernetes.io~1storage-class";

/// `Bound`, `Terminating`, …
pub fn phase(look: &Look<'_>) -> String {
    let deleted = look.text("/metadata/deletionTimestamp").map(|_| "Terminating");
    deleted.or_else(|| look.text("/status/phase")).unwrap_or_default().to_owned()
}

/// The size of a volume.
pub fn volume_capacity(look: &Look<'_>) -> String {
    look.object.pointer("/spec/capacity/storage").map_or("0".to_owned(), plain)
}

/// The access modes of a volume.
pub fn volume_modes(look: &Look<'_>) -> String {
    modes(look, "/spec/accessModes")
}

/// `namespace/name` of the claim that holds a volume.
pub fn claimed_by(look: &Look<'_>) -> String {
    if look.map("/spec/claimRef").is_none() {
        return String::new();
    }
    let part = |path: &str| look.text(path).unwrap_or_default();
    format!("{}/{}", part("/spec/claimRef/namespace"), part("/spec/claimRef/name"))
}

/// The size of what a claim holds; nothing while it holds nothing.
pub fn claim_capacity(look: &Look<'_>) -> String {
    match look.text("/spec/volumeName") {
        Some(_) => look.object.pointer("/status/capacity/storage").map_or("0".to_owned(), plain),
        None => String::new(),
    }
}

/// The access modes of what a claim holds; nothing while it holds nothing.
pub fn claim_modes(look: &Look<'_>) -> String {
    match look.text("/spec/volumeName") {
        Some(_) => modes(look, "/status/accessModes"),
        None => String::new(),
    }
}

/// The storage class.
pub fn class(look: &Look<'_>) -> String {
    look.text(CLASS_ANNOTATION).or_else(|| look.text("/spec/storageClassName")).unwrap_or_default().to_owned()
}

/// The volume mode: a file system or a block device.
pub fn mode(look: &Look<'_>) -> String {
    look.text("/spec/volumeMode").unwrap_or(UNSET).to_owned()
}

fn modes(look: &Look<'_>, path: &str) -> String {
    const SHORT: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = items(look.object, path);
    listed(SHORT.iter().filter(|(long, _)| has.iter().any(|mode| mode == long)).map(|(_, short)| short))
}
