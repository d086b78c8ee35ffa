//! Conflicts of an apply with what others own, in Kubernetes' words.

use std::collections::BTreeMap;

use super::element;
use super::fields::Fields;
use super::managed::{Identity, Ledger, Operation};

/// A field that an apply would change, and that somebody else owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Who owns it: `"kubectl-client-side-apply" using apps/v1`.
    pub manager: String,
    /// Where it is: `.spec.replicas`.
    pub path: String,
    /// The same as a field set writes it.
    pub(super) elements: Vec<String>,
}

/// The fields of a difference that others than `applier` own.
pub(super) fn find(ledger: &Ledger, changed: &Fields, applier: &Identity<'_>) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    for (identity, set) in ledger.entries().filter(|(identity, _)| identity != applier) {
        for elements in changed.shared_with(set) {
            let path = elements.iter().map(|element| element::readable(element)).collect();
            conflicts.push(Conflict { manager: named(&identity), path, elements });
        }
    }
    conflicts
}

/// The message of the Status. One conflict stands in one line, several are grouped by manager.
pub(super) fn worded(conflicts: &[Conflict]) -> String {
    if let [only] = conflicts {
        return format!("Apply failed with 1 conflict: conflict with {}: {}", only.manager, only.path);
    }
    let mut by_manager: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for conflict in conflicts {
        by_manager.entry(&conflict.manager).or_default().push(&conflict.path);
    }
    let mut lines = Vec::new();
    for (manager, paths) in by_manager {
        lines.push(format!("conflicts with {manager}:"));
        lines.extend(paths.into_iter().map(|path| format!("- {path}")));
    }
    format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
}

fn named(identity: &Identity<'_>) -> String {
    let mut text = format!("{:?}", identity.manager);
    if !identity.subresource.is_empty() {
        text.push_str(&format!(" with subresource {:?}", identity.subresource));
    }
    if identity.operation == Operation::Update {
        text.push_str(&format!(" using {}", identity.api_version));
    }
    text
}
