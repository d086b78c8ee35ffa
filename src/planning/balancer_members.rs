//! Which machines are pool members.
//!
//! Those that serve come in. Those that leave or are broken go out, one machine a pass, and never the last that serves.
//! What is not known and what is merely cordoned moves nobody, and neither does an outage that explains the failure: the
//! balancer's own checks keep clients away meanwhile.
//!
//! A balancer takes one change at a time (Octavia answers 409 to the next until it is ACTIVE again), so that a plan holds
//! one change, and all who come to a pool come by the same one: one by one, 170 machines would take hours.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::balancer::Case;
use super::health;
use super::observation::machine::MachineView;
use super::plan::Plan;
use super::safety;
use super::step_cloud::CloudStep;
use super::waiting::WaitingOn;
use crate::api::role::BalancerRole;
use crate::cloud::types::balancer::{Balancer, Operating, Pool, PoolMember};
use crate::cloud::types::identity::ProjectId;

/// Where a machine belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the pools.
    In,
    /// Out of the pools.
    Out,
    /// Where it is.
    Stay,
}

/// A machine's address: that of its port, or what was written down of it.
pub fn address(machine: &MachineView) -> Option<IpAddr> {
    machine.address().or_else(|| machine.status.host_ip.as_ref()?.parse().ok())
}

/// Adds whom a pool lacks, or takes one machine out that does not belong there.
pub fn follow(case: &Case<'_>, project: &ProjectId, balancer: &Balancer, plan: &mut Plan) {
    for pool in &balancer.pools {
        let addresses = missing(case, pool);
        if !addresses.is_empty() {
            return plan.step(CloudStep::AddPoolMembers {
                project: project.clone(),
                balancer: balancer.id.clone(),
                pool: pool.id.clone(),
                addresses,
                port: pool.listens,
            });
        }
    }
    let candidates = surplus(case, balancer);
    let Some(going) = candidates.iter().find(|address| may_go(case, balancer, **address)) else {
        if let Some(address) = candidates.first() {
            let on = WaitingOn::LastPoolMember { address: address.to_string() };
            case.context.wait(plan, on, case.context.now, case.context.policy.balancer);
        }
        return;
    };
    let of_pool = |pool| move |member| (pool, member);
    let mut members = balancer.pools.iter().flat_map(|pool| pool.members.iter().map(of_pool(pool)));
    if let Some((pool, member)) = members.find(|(_, member)| member.address == *going) {
        plan.step(CloudStep::RemovePoolMember {
            project: project.clone(),
            balancer: balancer.id.clone(),
            pool: pool.id.clone(),
            member: member.id.clone(),
            address: member.address,
            port: member.port,
        });
    }
}

/// Whether the pools have whom they should have, and nobody else.
pub fn is_synced(case: &Case<'_>, balancer: &Balancer) -> bool {
    balancer.pools.iter().all(|pool| missing(case, pool).is_empty()) && surplus(case, balancer).is_empty()
}

/// The addresses of machines that a pool lacks, each once.
fn missing(case: &Case<'_>, pool: &Pool) -> Vec<IpAddr> {
    let members: BTreeSet<IpAddr> = pool.members.iter().map(|member| member.address).collect();
    let belong = case.view.machines.iter().filter(|machine| place(case, machine) == Place::In);
    let wanted: BTreeSet<IpAddr> = belong.filter_map(address).collect();
    wanted.difference(&members).copied().collect()
}

/// The addresses of members that do not belong in the pools: first those that do not serve.
fn surplus(case: &Case<'_>, balancer: &Balancer) -> Vec<IpAddr> {
    let belongs_out = |member: &&PoolMember| {
        let mut machines =
            case.view.machines.iter().filter(|machine| address(machine) == Some(member.address));
        machines.all(|machine| place(case, machine) == Place::Out)
    };
    let members = balancer.pools.iter().flat_map(|pool| &pool.members);
    let mut out: Vec<(bool, IpAddr)> =
        members.filter(belongs_out).map(|member| (serves(member), member.address)).collect();
    out.sort();
    out.dedup_by_key(|(_, address)| *address);
    out.into_iter().map(|(_, address)| address).collect()
}

/// Whether each pool keeps a member without this address, and one that serves if this one does.
fn may_go(case: &Case<'_>, balancer: &Balancer, going: IpAddr) -> bool {
    let keeps_one = |pool: &Pool| {
        let (those, rest): (Vec<&PoolMember>, Vec<&PoolMember>) =
            pool.members.iter().partition(|member| member.address == going);
        let matters = those.iter().any(|member| serves(member));
        those.is_empty() || !rest.is_empty() && (!matters || rest.iter().any(|member| serves(member)))
    };
    case.view.wanted == 0 || balancer.pools.iter().all(keeps_one)
}

/// Whether clients are sent to a member.
pub fn serves(member: &PoolMember) -> bool {
    match member.operating {
        Operating::Online | Operating::NoMonitor | Operating::Degraded => true,
        Operating::Offline | Operating::Error | Operating::Draining => false,
    }
}

fn place(case: &Case<'_>, machine: &MachineView) -> Place {
    let context = &case.context;
    if machine.is_leaving() {
        return Place::Out;
    }
    let serves = match case.view.record.spec.role {
        // The first API server finds itself through the balancer, so that it is a member before it answers.
        BalancerRole::Api if !context.cluster.initialization.control_plane_initialized => true,
        BalancerRole::Api => machine.answers.value() == Some(&true),
        BalancerRole::Ingress => machine.node().is_some_and(|node| node.is_ready()),
    };
    if serves {
        return Place::In;
    }
    let explained = safety::outage(machine, &context.cluster.network, context.around, context.policy);
    let verdict = health::judge(machine, &context.cluster.healing, context.policy, context.now);
    if verdict.is_broken() && explained.is_none() { Place::Out } else { Place::Stay }
}
