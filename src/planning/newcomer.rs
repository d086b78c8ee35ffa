//! New machines of all roles: their labels, names and zones.

use std::collections::{BTreeMap, BTreeSet};

use super::naming;
use super::observation::machine::MachineView;
use super::step_record::NewMachine;
use crate::api::machine::{MachineSpec, Scheduling};
use crate::api::names::{self, LABEL_CLUSTER, LABEL_POOL, LABEL_ROLE, LABEL_TEMPLATE_HASH};
use crate::api::reference::ObjectReference;
use crate::api::role::Role;
use crate::api::template::MachineTemplate;
use crate::api::text::{CloudName, ClusterName};

/// The spec of a new machine that is in no pool and no slot.
pub fn spec(
    cluster: &ClusterName,
    role: Role,
    template: MachineTemplate,
    zone: Option<String>,
) -> MachineSpec {
    MachineSpec {
        cluster_name: cluster.clone(),
        role,
        pool: None,
        slot: None,
        failure_domain: zone.and_then(|zone| CloudName::try_from(zone).ok()),
        template,
        scheduling: Scheduling::Open,
        remediate: None,
        fenced: None,
        paused: false,
    }
}

/// A new machine with the labels that follow from its spec.
pub fn machine(name: String, spec: MachineSpec, owner: ObjectReference) -> NewMachine {
    let mut labels = BTreeMap::from([
        (LABEL_CLUSTER.to_owned(), spec.cluster_name.to_string()),
        (LABEL_ROLE.to_owned(), spec.role.to_string()),
        (LABEL_TEMPLATE_HASH.to_owned(), spec.template.hash()),
    ]);
    labels.extend(spec.pool.as_ref().map(|pool| (LABEL_POOL.to_owned(), pool.to_string())));
    NewMachine { name, labels, spec, owner }
}

/// Names for new machines that none of `machines` has. Since they follow from what is there, two planners that see the
/// same choose the same, and only one machine of a name can be.
pub fn names<'a>(
    cluster: &ClusterName,
    role: Role,
    identity: &[&str],
    machines: &'a [MachineView],
) -> impl Iterator<Item = String> + use<'a> {
    let taken: BTreeSet<&str> = machines.iter().map(|machine| machine.meta.name.as_str()).collect();
    let prefix = names::machine_prefix(cluster, role);
    let identity: Vec<String> = identity.iter().map(|part| (*part).to_owned()).collect();
    let name = move |number: u32| {
        let number = number.to_string();
        let parts: Vec<&str> = identity.iter().map(String::as_str).chain([number.as_str()]).collect();
        format!("{prefix}{}", naming::suffix(&parts))
    };
    (0_u32..).map(name).filter(move |name| !taken.contains(name.as_str()))
}

/// The zones of machines, with their counts.
pub fn zones<'a>(machines: impl Iterator<Item = &'a MachineView>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for zone in machines.filter_map(zone_of) {
        *counts.entry(zone.to_owned()).or_default() += 1;
    }
    counts
}

/// The zone of a machine: the one it is in, or else the one that was chosen for it.
pub fn zone_of(machine: &MachineView) -> Option<&str> {
    machine.status.zone.as_deref().or(machine.spec.failure_domain.as_ref().map(CloudName::as_str))
}
