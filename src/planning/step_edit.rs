//! The acts of an Operation: what it changes in the specs of others.
//!
//! The loops of those others do the rest. Each act writes a whole value, so that doing it twice is doing it once, and names
//! the uid of what it changes, so that a namesake that came later is left alone.

use std::fmt;

use super::leak::Suspect;
use super::step::Nature;
use crate::api::machine::{Order, Scheduling};
use crate::api::operation::Approval;
use crate::api::reference::ObjectReference;

/// A change of one spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditStep {
    /// What is changed; the uid is set.
    pub object: ObjectReference,
    /// How.
    pub edit: Edit,
}

/// How a spec is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the values that are written")]
pub enum Edit {
    /// Of a MachineDeployment: its count, and who goes. `spec.replicas` is left alone if the cluster holds it.
    Replicas { replicas: Option<u32>, victims: Vec<String> },
    /// Of a KubernetesCluster: the count of the pool of this name; of the ingress nodes without a name.
    PoolReplicas { pool: Option<String>, replicas: u32 },
    /// Of a Machine: `spec.remediate`.
    Remediate { order: Option<Order> },
    /// Of a Machine: `spec.fenced`.
    Fenced { order: Order },
    /// Of a Machine: `spec.scheduling`.
    Scheduling { scheduling: Scheduling },
    /// Of a Machine: `status.lastFailure` is taken away, so that its server is made at once, and the count of attempts to
    /// replace it begins anew.
    ForgetFailure,
    /// Of any kind with it: `spec.paused`.
    Paused { paused: bool },
    /// Of a LoadBalancer: `spec.failovers`.
    Failovers { failovers: u32 },
    /// Of an Operation: `spec.cancelled`.
    Cancel,
    /// Of an Operation: `spec.approved`.
    Approve { approval: Approval },
    /// Of a leak: destroys the thing in the cloud.
    Destroy { suspect: Box<Suspect> },
    /// Deletes the object; with an Operation that says to go on past what would be waited for.
    Delete { forced_by: Option<String> },
}

impl EditStep {
    /// The act, and what it is about.
    pub fn name(&self) -> (&'static str, String) {
        let act = match &self.edit {
            Edit::Replicas { .. } => "set-replicas",
            Edit::PoolReplicas { .. } => "set-pool-replicas",
            Edit::Remediate { .. } => "order-replacement",
            Edit::Fenced { .. } => "declare-fenced",
            Edit::Scheduling { .. } => "set-scheduling",
            Edit::ForgetFailure => "forget-failure",
            Edit::Paused { .. } => "set-paused",
            Edit::Failovers { .. } => "ask-failover",
            Edit::Cancel => "cancel",
            Edit::Approve { .. } => "approve",
            Edit::Destroy { .. } => "destroy",
            Edit::Delete { .. } => "delete",
        };
        (act, self.object.to_string())
    }

    /// How much it can break, by what the loops do because of it.
    pub fn nature(&self) -> Nature {
        match &self.edit {
            Edit::Cancel | Edit::Approve { .. } | Edit::ForgetFailure | Edit::Paused { .. } => Nature::MAKES,
            Edit::Scheduling { scheduling: Scheduling::Drained } => Nature::DISTURBS,
            Edit::Scheduling { .. } => Nature::MAKES,
            Edit::Replicas { .. } | Edit::PoolReplicas { .. } | Edit::Failovers { .. } => Nature::DISTURBS,
            Edit::Remediate { order: None } => Nature::MAKES,
            Edit::Remediate { order: Some(_) } | Edit::Fenced { .. } => {
                Nature { reversible: false, ..Nature::DISTURBS }
            }
            Edit::Destroy { .. } => Nature::DESTROYS.by_call(),
            Edit::Delete { .. } => Nature::DESTROYS,
        }
    }
}

impl fmt::Display for EditStep {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = &self.object;
        match &self.edit {
            Edit::Replicas { replicas, victims } => {
                match replicas {
                    Some(replicas) => write!(out, "set the count of {object} to {replicas}")?,
                    None => write!(out, "name who goes of {object}")?,
                }
                if victims.is_empty() { Ok(()) } else { write!(out, ", with {} going", victims.join(", ")) }
            }
            Edit::PoolReplicas { pool: Some(pool), replicas } => {
                write!(out, "set the count of pool {pool} of {object} to {replicas}")
            }
            Edit::PoolReplicas { pool: None, replicas } => {
                write!(out, "set the count of ingress nodes of {object} to {replicas}")
            }
            Edit::Remediate { order: Some(_) } => write!(out, "ask to replace {object}"),
            Edit::Remediate { order: None } => write!(out, "ask no more to replace {object}"),
            Edit::Fenced { .. } => write!(out, "declare that {object} writes nowhere"),
            Edit::Scheduling { scheduling } => write!(out, "let the node of {object} be {scheduling:?}"),
            Edit::ForgetFailure => write!(out, "try {object} again at once"),
            Edit::Paused { paused: true } => write!(out, "pause {object}"),
            Edit::Paused { paused: false } => write!(out, "resume {object}"),
            Edit::Failovers { .. } => write!(out, "ask {object} to fail over"),
            Edit::Cancel => write!(out, "cancel {object}"),
            Edit::Approve { .. } => write!(out, "approve {object}"),
            Edit::Destroy { suspect } => {
                let thing = &suspect.thing;
                write!(out, "destroy {} {} called {}: {}", thing.sort, thing.id, thing.name, suspect.missing)
            }
            Edit::Delete { forced_by: None } => write!(out, "delete {object}"),
            Edit::Delete { forced_by: Some(_) } => {
                write!(out, "delete {object} past what would be waited for")
            }
        }
    }
}
