//! The columns of the types by which a cluster governs itself.

use serde_json::Value;

use super::columns::{AGE, Cell, Column, NAME, number, text, truth, wide};
use super::look::{self, Look};

const LEASE: &[Column] = &[NAME, text("Holder", Cell::Text("/spec/holderIdentity", "")), AGE];

const PRIORITY_CLASS: &[Column] = &[
    NAME,
    number("Value", Cell::Count("/value")),
    truth("Global-Default", Cell::Truth("/globalDefault", false)),
    AGE,
    text("PreemptionPolicy", Cell::Text("/preemptionPolicy", "")),
];

const BINDING: &[Column] = &[
    NAME,
    text("Role", Cell::Made(role)),
    AGE,
    wide("Users", Cell::Made(users)),
    wide("Groups", Cell::Made(groups)),
    wide("ServiceAccounts", Cell::Made(accounts)),
];

/// The columns of a type of this part of the table.
pub fn of(group: &str, kind: &str) -> Option<&'static [Column]> {
    Some(match (group, kind) {
        ("coordination.k8s.io", "Lease") => LEASE,
        ("scheduling.k8s.io", "PriorityClass") => PRIORITY_CLASS,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => BINDING,
        _ => return None,
    })
}

fn role(look: &Look<'_>) -> String {
    let part = |path: &str| look.text(path).unwrap_or_default();
    format!("{}/{}", part("/roleRef/kind"), part("/roleRef/name"))
}

fn users(look: &Look<'_>) -> String {
    subjects(look, "User", |subject| look::text(subject, "/name").unwrap_or_default().to_owned())
}

fn groups(look: &Look<'_>) -> String {
    subjects(look, "Group", |subject| look::text(subject, "/name").unwrap_or_default().to_owned())
}

fn accounts(look: &Look<'_>) -> String {
    subjects(look, "ServiceAccount", |subject| {
        let part = |path: &str| look::text(subject, path).unwrap_or_default();
        format!("{}/{}", part("/namespace"), part("/name"))
    })
}

fn subjects(look: &Look<'_>, kind: &str, name: impl Fn(&Value) -> String) -> String {
    let subjects = look.items("/subjects").iter().filter(|subject| subject["kind"] == kind);
    subjects.map(name).collect::<Vec<String>>().join(", ")
}
