//! The balancer service: balancers, their pools and members.

use std::collections::BTreeSet;
use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::state::World;
use super::timeline::Timeline;
use crate::clock;
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::types::balancer::{
    Balancer, BalancerId, NewBalancer, Operating, Pool, PoolId, PoolMember, PoolMemberId, Provisioning,
};
use crate::cloud::types::identity::ProjectId;

/// A balancer of the world.
#[derive(Clone, Debug)]
pub(super) struct BalancerState {
    pub(super) balancer: Balancer,
    network: String,
    pub(super) provisioning: Timeline<Provisioning>,
}

impl BalancerState {
    pub(super) fn project(&self) -> &ProjectId {
        &self.balancer.project
    }

    pub(super) fn is_deleted(&self, now: DateTime<Utc>) -> bool {
        *self.provisioning.at(now).1 == Provisioning::Deleted
    }
}

impl World {
    /// Asks for a balancer with all its listeners.
    pub fn create_balancer(&mut self, wanted: &NewBalancer) -> Result<BalancerId, CloudErrorKind> {
        let limit = self.known(&wanted.project)?.quota.balancers;
        let used = self.balancers_of(&wanted.project);
        if used >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(CloudErrorKind::Quota("Quota has been met for resources: Load Balancer".to_owned()));
        }
        let vip = self.lease(&wanted.network)?;
        let id: BalancerId = self.new_id();
        let mut pools = Vec::new();
        for listener in &wanted.listeners {
            pools.push(Pool { id: self.new_id(), listens: listener.listens, members: Vec::new() });
        }
        let now = clock::now();
        let mut provisioning = Timeline::begin(now, Provisioning::PendingCreate);
        if !self.faults.balancers_stuck {
            provisioning.then(now + self.site.timing.balancer, Provisioning::Active);
        }
        let balancer = Balancer {
            id: id.clone(),
            project: wanted.project.clone(),
            name: wanted.name.clone(),
            tags: wanted.tags.clone(),
            vip: Some(IpAddr::V4(vip)),
            provider: wanted.provider.clone(),
            provisioning: Provisioning::PendingCreate,
            operating: Operating::Offline,
            pools,
        };
        let network = wanted.network.clone();
        self.balancers.insert(id.clone(), BalancerState { balancer, network, provisioning });
        self.note_balancer(&id);
        Ok(id)
    }

    /// How many balancers a project has.
    pub(super) fn balancers_of(&self, project: &ProjectId) -> usize {
        let now = clock::now();
        let own = self.balancers.values().filter(|balancer| balancer.project() == project);
        own.filter(|balancer| !balancer.is_deleted(now)).count()
    }

    /// One balancer.
    pub fn balancer(&self, project: &ProjectId, id: &BalancerId) -> Result<Balancer, CloudErrorKind> {
        let now = clock::now();
        let state =
            self.balancers.get(id).filter(|state| state.project() == project && !state.is_deleted(now));
        state.map(|state| self.show_balancer(state, now)).ok_or(CloudErrorKind::NotFound)
    }

    /// All balancers.
    pub fn list_balancers(&self) -> Vec<Balancer> {
        let now = clock::now();
        let there = self.balancers.values().filter(|state| !state.is_deleted(now));
        there.map(|state| self.show_balancer(state, now)).collect()
    }

    /// The balancers of a project with a tag.
    pub fn balancers_tagged(&self, project: &ProjectId, tag: &str) -> Vec<Balancer> {
        let now = clock::now();
        let is_ours = |balancer: &Balancer| {
            balancer.project == *project && balancer.tags.iter().any(|known| known == tag)
        };
        let ours = self.balancers.values().filter(|state| is_ours(&state.balancer) && !state.is_deleted(now));
        ours.map(|state| self.show_balancer(state, now)).collect()
    }

    /// Adds members to a pool; those that it has stay as they are.
    pub fn add_pool_members(
        &mut self,
        project: &ProjectId,
        id: &BalancerId,
        pool: &PoolId,
        addresses: &[IpAddr],
        port: u16,
    ) -> Result<(), CloudErrorKind> {
        if addresses.is_empty() {
            return Ok(());
        }
        let known: BTreeSet<IpAddr> = {
            let members = self.change_pool(project, id, pool)?;
            members.iter().filter(|known| known.port == port).map(|known| known.address).collect()
        };
        let new = |address: &IpAddr| PoolMember {
            id: self.new_id(),
            address: *address,
            port,
            operating: Operating::NoMonitor,
            provisioning: Provisioning::Active,
        };
        let added: Vec<PoolMember> =
            addresses.iter().filter(|address| !known.contains(address)).map(new).collect();
        self.change_pool(project, id, pool)?.extend(added);
        self.touch(id);
        Ok(())
    }

    /// Takes a member out of a pool.
    pub fn remove_pool_member(
        &mut self,
        project: &ProjectId,
        id: &BalancerId,
        pool: &PoolId,
        member: &PoolMemberId,
    ) -> Result<(), CloudErrorKind> {
        let members = self.change_pool(project, id, pool)?;
        let before = members.len();
        members.retain(|known| known.id != *member);
        if members.len() == before {
            return Err(CloudErrorKind::NotFound);
        }
        self.touch(id);
        Ok(())
    }

    /// Rebuilds a balancer elsewhere.
    pub fn fail_over_balancer(&mut self, id: &BalancerId) -> Result<(), CloudErrorKind> {
        let now = clock::now();
        let (pending, done) = (Provisioning::PendingUpdate, now + self.site.timing.balancer);
        let stuck = self.faults.balancers_stuck;
        let state = self.balancers.get_mut(id).filter(|state| !state.is_deleted(now));
        let state = state.ok_or(CloudErrorKind::NotFound)?;
        refuse_while_pending(state.provisioning.at(now).1)?;
        state.provisioning.then(now, pending);
        if !stuck {
            state.provisioning.then(done, Provisioning::Active);
        }
        self.note_balancer(id);
        Ok(())
    }

    /// Deletes a balancer with all that is in it.
    pub fn delete_balancer(&mut self, project: &ProjectId, id: &BalancerId) -> Result<(), CloudErrorKind> {
        let now = clock::now();
        let state =
            self.balancers.get_mut(id).filter(|state| state.project() == project && !state.is_deleted(now));
        let state = state.ok_or(CloudErrorKind::NotFound)?;
        refuse_while_pending(state.provisioning.at(now).1)?;
        state.provisioning.then(now, Provisioning::PendingDelete);
        state.provisioning.then(now + self.site.timing.balancer_change, Provisioning::Deleted);
        let (network, vip) = (state.network.clone(), state.balancer.vip);
        if let Some(vip) = vip {
            self.release(&network, vip);
        }
        self.note_balancer(id);
        Ok(())
    }

    /// Lets balancers stay in PENDING, or lets those that stayed go on.
    pub(super) fn stick_balancers(&mut self, stuck: bool) {
        let now = clock::now();
        self.faults.balancers_stuck = stuck;
        let done = now + self.site.timing.balancer_change;
        for state in self.balancers.values_mut().filter(|_| !stuck) {
            if matches!(state.provisioning.last(), Provisioning::PendingCreate | Provisioning::PendingUpdate)
            {
                state.provisioning.then(done, Provisioning::Active);
            }
        }
        self.clusters.note_all();
    }

    /// Lets what carries balancers fail, or work again.
    pub(super) fn fail_provider(&mut self, provider: String, failing: bool) {
        if failing {
            self.faults.providers.insert(provider);
        } else {
            self.faults.providers.remove(&provider);
        }
    }

    /// Notes that the names of a balancer's address changed.
    pub(super) fn note_vip(&mut self, vip: IpAddr) {
        let named = self.balancers.values().find(|state| state.balancer.vip == Some(vip));
        if let Some(id) = named.map(|state| state.balancer.id.clone()) {
            self.note_balancer(&id);
        }
    }

    /// A balancer as its service shows it. A member is online while its address belongs to a server that lives:
    /// the monitor's own view of the world.
    fn show_balancer(&self, state: &BalancerState, now: DateTime<Utc>) -> Balancer {
        let mut shown = state.balancer.clone();
        shown.provisioning = self.provisioning(state, now);
        for member in shown.pools.iter_mut().flat_map(|pool| &mut pool.members) {
            member.operating =
                if self.serves(member.address, now) { Operating::Online } else { Operating::Error };
        }
        shown.operating = operating(&shown);
        shown
    }

    /// What is being done to a balancer: one whose provider fails is in ERROR whenever nothing is.
    fn provisioning(&self, state: &BalancerState, now: DateTime<Utc>) -> Provisioning {
        match *state.provisioning.at(now).1 {
            Provisioning::Active if self.faults.providers.contains(&state.balancer.provider) => {
                Provisioning::Error
            }
            provisioning => provisioning,
        }
    }

    fn serves(&self, address: IpAddr, now: DateTime<Utc>) -> bool {
        let port = self.addresses.get(&address).and_then(|id| self.ports.get(id));
        let server = port.and_then(|state| state.port.server.as_ref());
        server.is_some_and(|id| self.is_reachable(id, now) && self.booted_at(id).is_some_and(|at| at <= now))
    }

    fn change_pool(
        &mut self,
        project: &ProjectId,
        id: &BalancerId,
        pool: &PoolId,
    ) -> Result<&mut Vec<PoolMember>, CloudErrorKind> {
        let now = clock::now();
        let known =
            self.balancers.get(id).filter(|state| state.project() == project && !state.is_deleted(now));
        let provisioning =
            known.map(|state| self.provisioning(state, now)).ok_or(CloudErrorKind::NotFound)?;
        refuse_while_pending(&provisioning)?;
        if provisioning == Provisioning::Error {
            return Err(CloudErrorKind::Conflict(
                "Load Balancer is in ERROR and cannot be updated".to_owned(),
            ));
        }
        let state = self.balancers.get_mut(id).ok_or(CloudErrorKind::NotFound)?;
        let pool = state.balancer.pools.iter_mut().find(|known| known.id == *pool);
        pool.map(|pool| &mut pool.members).ok_or(CloudErrorKind::NotFound)
    }

    fn touch(&mut self, id: &BalancerId) {
        let now = clock::now();
        let (stuck, done) = (self.faults.balancers_stuck, now + self.site.timing.balancer_change);
        if let Some(state) = self.balancers.get_mut(id) {
            state.provisioning.then(now, Provisioning::PendingUpdate);
            if !stuck {
                state.provisioning.then(done, Provisioning::Active);
            }
        }
        self.note_balancer(id);
    }
}

fn refuse_while_pending(state: &Provisioning) -> Result<(), CloudErrorKind> {
    let why = || format!("Load Balancer is immutable and cannot be updated: {state:?}");
    if state.is_pending() { Err(CloudErrorKind::Conflict(why())) } else { Ok(()) }
}

fn operating(balancer: &Balancer) -> Operating {
    if balancer.provisioning == Provisioning::PendingCreate {
        return Operating::Offline;
    }
    let members: Vec<Operating> =
        balancer.pools.iter().flat_map(|pool| &pool.members).map(|member| member.operating).collect();
    let failing = members.iter().filter(|state| **state == Operating::Error).count();
    match failing {
        0 => Operating::Online,
        all if all == members.len() => Operating::Error,
        _ => Operating::Degraded,
    }
}
