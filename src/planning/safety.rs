//! What keeps the planner from acting on a machine that failed.
//!
//! Breakers must all agree before a machine is replaced. A suspected outage of a zone or a network vetoes everything
//! there. A hypervisor that is down vetoes only what would delete: replacements are made elsewhere at once.

use chrono::{DateTime, Utc};

use super::observation::machine::MachineView;
use super::observation::node::Readiness;
use super::observation::surroundings::{GroupHealth, Hold, Standing, Surroundings};
use super::plan::Plan;
use super::policy::{Mistake, Policy};
use super::waiting::{Waiting, WaitingOn};
use crate::api::cluster_policy::HealingPolicy;
use crate::api::machine_status::Fence;
use crate::api::reference::ObjectReference;
use crate::cloud::types::compute::ServerStatus;

/// The machines of a pool, as the breakers count them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolHealth {
    /// Machines that are not being taken down.
    pub machines: u32,
    /// Those that failed.
    pub broken: u32,
    /// Those that are being replaced and whose replacement does not serve yet.
    pub in_flight: Vec<String>,
}

/// Reports that something is paused or braked, if it is. Then nothing but reports may follow.
pub fn held(
    plan: &mut Plan,
    object: &ObjectReference,
    around: &Surroundings,
    policy: &Policy,
    now: DateTime<Utc>,
) -> bool {
    let (on, since) = match &around.hold {
        _ if policy.errs(Mistake::IgnoresHolds) => return false,
        None => return false,
        Some(Hold::Paused { since }) => (WaitingOn::Paused, *since),
        Some(Hold::Braked { since, by }) => (WaitingOn::Braked { by: by.clone() }, *since),
    };
    plan.wait(Waiting::new(on, object.clone(), since, policy.hold), now);
    true
}

/// Everything that speaks against replacing a machine that failed at `since`.
pub fn vetoes(
    view: &MachineView,
    pool: &PoolHealth,
    healing: &HealingPolicy,
    network: &str,
    around: &Surroundings,
    policy: &Policy,
) -> Vec<WaitingOn> {
    let asked = view.spec.remediate.is_some();
    let mut found = Vec::new();
    if view.meta.skip_remediation {
        found.push(WaitingOn::RemediationSkipped);
    }
    if !healing.enabled && !asked {
        found.push(WaitingOn::HealingDisabled);
    }
    found.extend(outage(view, network, around, policy));
    let limit = healing.max_unhealthy.of_rounded_down(pool.machines).max(1);
    if pool.broken > limit {
        found.push(WaitingOn::TooManyBroken { broken: pool.broken, limit });
    }
    let fleet = &around.fleet;
    let limit = (u64::from(fleet.machines) * u64::from(policy.burst_percent) / 100)
        .max(u64::from(policy.burst_floor));
    if u64::from(fleet.newly_broken) > limit {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        found.push(WaitingOn::FleetBurst { failed: fleet.newly_broken, limit });
    }
    let attempts = view.status.remediation.as_ref().map_or(0, |remediation| remediation.attempts);
    if attempts > healing.retries && !asked {
        found.push(WaitingOn::RetriesExhausted { attempts });
    }
    let in_flight = u32::try_from(pool.in_flight.len()).unwrap_or(u32::MAX);
    if in_flight >= healing.max_in_flight
        && let Some(machine) = pool.in_flight.first()
    {
        found.push(WaitingOn::AnotherInFlight { machine: machine.clone() });
    }
    found
}

/// The zone or network whose failure would explain that of the machine, or that nobody can tell whether there is one.
pub fn outage(
    view: &MachineView,
    network: &str,
    around: &Surroundings,
    policy: &Policy,
) -> Option<WaitingOn> {
    if policy.errs(Mistake::IgnoresOutages) {
        return None;
    }
    let zone = view.status.zone.as_deref().or(view.spec.failure_domain.as_ref().map(|zone| zone.as_str()));
    let find =
        |groups: &'_ [GroupHealth], name: &str| groups.iter().find(|group| group.name == name).cloned();
    let is_well = is_well(view);
    // An outage takes no server off the compute service's list.
    let is_gone = view.servers.value().is_some_and(Vec::is_empty);
    if let Some(why) = around.blind.clone().filter(|_| !is_well && !is_gone) {
        let what = "which zones and hypervisors are out".to_owned();
        return Some(WaitingOn::NotReadable { what, why });
    }
    let explains = |group: &GroupHealth| match group.standing {
        // Whatever is wrong with the machine, or seems to be: nobody can look.
        Standing::Braked => !is_well || is_out(group, policy),
        // That a machine there looks well says only that it was not looked at since.
        Standing::Out => !is_gone,
        Standing::Open | Standing::Closed => !is_gone && is_out(group, policy),
    };
    if let Some(group) = zone.and_then(|zone| find(&around.zones, zone)).filter(explains) {
        let (broken, of) = (group.broken, group.machines);
        return Some(WaitingOn::ZoneOutageSuspected { zone: group.name, broken, of });
    }
    let group = find(&around.networks, network).filter(explains)?;
    let (broken, of) = (group.broken, group.machines);
    Some(WaitingOn::NetworkOutageSuspected { network: group.name, broken, of })
}

/// Whether so much of a zone or network fails that it is what failed.
pub fn is_out(group: &GroupHealth, policy: &Policy) -> bool {
    let share = u64::from(group.broken) * 100 >= u64::from(group.machines) * u64::from(policy.outage_percent);
    let is_closed = matches!(group.standing, Standing::Out | Standing::Braked);
    group.broken > 0 && (is_closed || (share && group.broken >= policy.outage_floor))
}

/// Whether the machine itself shows that it works.
pub fn is_well(view: &MachineView) -> bool {
    view.node().is_some_and(|node| node.is_ready()) || view.answers.value() == Some(&true)
}

/// The hypervisor of the machine, if it is known to be down.
pub fn host_down(view: &MachineView, around: &Surroundings) -> Option<String> {
    let host = view.server().and_then(|server| server.host.clone()).or_else(|| view.status.host.clone())?;
    (around.host_is_up(&host) == Some(false)).then_some(host)
}

/// By what it is known that the server no longer writes to its volumes, if it is.
///
/// A server that is off or gone proves it only while its hypervisor is up: the compute service deletes records of
/// servers on hosts that it cannot reach. Without that, the storage must have shut the server out, or a person
/// must have said so. What was proved once holds until the opposite is seen.
pub fn fence(view: &MachineView, around: &Surroundings) -> Option<Fence> {
    if view.spec.fenced.is_some() {
        return Some(Fence::Declared);
    }
    let shut_out = view.access.value() == Some(&Some(false));
    let is_off = is_off(view) == Some(true);
    let holds = |fence: &Fence| match fence {
        Fence::ServerOff => is_off,
        Fence::AccessRevoked => shut_out,
        Fence::Declared => true,
    };
    if let Some(fence) = view.status.remediation.as_ref().and_then(|begun| begun.fence).filter(holds) {
        return Some(fence);
    }
    let server = view.servers.value()?.first();
    let host = server.and_then(|server| server.host.clone()).or_else(|| view.status.host.clone());
    let host_is_up = host.and_then(|host| around.host_is_up(&host)) == Some(true);
    if is_off && host_is_up {
        return Some(Fence::ServerOff);
    }
    (shut_out && view.has_joined() && view.is_leaving()).then_some(Fence::AccessRevoked)
}

/// Whether the machine's server is off or gone; nothing while that cannot be read.
pub fn is_off(view: &MachineView) -> Option<bool> {
    Some(match view.servers.value()?.as_slice() {
        [] => view.status.server_id.is_some(),
        // One that is about to start is no longer off.
        [server] => {
            let stays = server.task.as_deref().is_none_or(|task| task == "deleting");
            server.status == ServerStatus::Deleted || server.status == ServerStatus::ShutOff && stays
        }
        _ => false,
    })
}

/// Whether nobody can ask the node to let go of its volumes, because its kubelet is silent or its server does not run.
pub fn is_unreachable(view: &MachineView) -> bool {
    let runs = view.server().is_none_or(|server| server.status == ServerStatus::Active);
    let silent = view.node().is_some_and(|node| node.ready == Readiness::Unknown);
    silent || !runs || view.servers.value().is_some_and(Vec::is_empty)
}
