//! The network service and the name service: ports with addresses, security groups, records.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, Utc};

use super::state::World;
use crate::clock;
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::{
    Network, NewPort, NewSecurityGroup, Port, PortId, Record, RecordId, RecordState, SecurityGroup,
    SecurityGroupId,
};
use crate::simulation::site::Range;

/// The first addresses of a range are the gateway's and the DHCP servers'.
const RESERVED_ADDRESSES: u32 = 10;

/// A port of the world.
#[derive(Clone, Debug)]
pub(super) struct PortState {
    pub(super) port: Port,
    guards: Vec<SecurityGroupId>,
}

/// The addresses of one network that are given away.
#[derive(Clone, Debug, Default)]
pub(super) struct Leases {
    next: u32,
    returned: BTreeSet<u32>,
}

impl World {
    /// Makes a port with an address that the network chooses.
    pub fn create_port(&mut self, wanted: &NewPort) -> Result<Port, CloudErrorKind> {
        let limit = self.known(&wanted.project)?.quota.ports;
        let used = self.known(&wanted.project)?.ports.len();
        if used >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(CloudErrorKind::Quota("Quota exceeded for resources: ['port'].".to_owned()));
        }
        let unknown = wanted.security_groups.iter().find(|id| !self.security_groups.contains_key(id));
        if let Some(id) = unknown {
            return Err(CloudErrorKind::Invalid(format!("Security group {id} does not exist")));
        }
        let address = self.lease(&wanted.network)?;
        let id: PortId = self.new_id();
        let port = Port {
            id: id.clone(),
            project: wanted.project.clone(),
            name: wanted.name.clone(),
            network: wanted.network.clone(),
            addresses: vec![IpAddr::V4(address)],
            server: None,
            tags: wanted.tags.clone(),
            created: clock::now(),
        };
        let guards = wanted.security_groups.clone();
        self.addresses.insert(IpAddr::V4(address), id.clone());
        if let Some(project) = self.projects.get_mut(&wanted.project) {
            project.ports.insert(id.clone());
        }
        let known = id.clone();
        self.clusters.note(&port.tags, |things| {
            things.ports.insert(known);
        });
        self.ports.insert(id, PortState { port: port.clone(), guards });
        Ok(port)
    }

    /// Deletes a port; a server that holds it loses it.
    pub fn delete_port(&mut self, project: &ProjectId, id: &PortId) -> Result<(), CloudErrorKind> {
        let ours = self.ports.get(id).is_some_and(|state| state.port.project == *project);
        let state = if ours { self.ports.remove(id) } else { None }.ok_or(CloudErrorKind::NotFound)?;
        if let Some(project) = self.projects.get_mut(project) {
            project.ports.remove(id);
        }
        self.clusters.note(&state.port.tags, |things| {
            things.ports.remove(id);
        });
        for address in state.port.addresses {
            self.addresses.remove(&address);
            self.release(&state.port.network, address);
        }
        Ok(())
    }

    /// All ports.
    pub fn list_ports(&self) -> Vec<Port> {
        self.ports.values().map(|state| state.port.clone()).collect()
    }

    /// The ports of a project with a tag.
    pub fn ports_tagged(&self, project: &ProjectId, tag: &str) -> Vec<Port> {
        let ours = self.projects.get(project).into_iter().flat_map(|project| &project.ports);
        let ports = ours.filter_map(|id| self.ports.get(id)).map(|state| &state.port);
        ports.filter(|port| port.tags.iter().any(|known| known == tag)).cloned().collect()
    }

    /// The networks.
    pub fn networks(&self) -> Vec<Network> {
        let show = |range: &Range| Network {
            name: range.network.clone(),
            shared: true,
            ranges: vec![format!("{}/{}", range.first, range.prefix)],
        };
        self.site.ranges.iter().map(show).collect()
    }

    /// The security groups of a project.
    pub fn security_groups(&self, project: &ProjectId) -> Vec<SecurityGroup> {
        self.security_groups.values().filter(|group| group.project == *project).cloned().collect()
    }

    /// Makes a security group; names need not be unique.
    pub fn create_security_group(
        &mut self,
        wanted: &NewSecurityGroup,
    ) -> Result<SecurityGroup, CloudErrorKind> {
        self.known(&wanted.project)?;
        let id: SecurityGroupId = self.new_id();
        let group = SecurityGroup {
            id: id.clone(),
            project: wanted.project.clone(),
            name: wanted.name.clone(),
            rules: wanted.rules.clone(),
        };
        self.security_groups.insert(id, group.clone());
        Ok(group)
    }

    /// Deletes a security group that no port uses.
    pub fn delete_security_group(
        &mut self,
        project: &ProjectId,
        id: &SecurityGroupId,
    ) -> Result<(), CloudErrorKind> {
        if self.ports.values().any(|state| state.guards.contains(id)) {
            return Err(CloudErrorKind::Conflict(format!("Security Group {id} in use.")));
        }
        let ours = self.security_groups.get(id).is_some_and(|group| group.project == *project);
        let gone = if ours { self.security_groups.remove(id) } else { None };
        gone.map(|_| ()).ok_or(CloudErrorKind::NotFound)
    }

    /// The records of a project whose names end so.
    pub fn records(&self, project: &ProjectId, suffix: &str) -> Vec<Record> {
        let now = clock::now();
        let ours = self.records.get(project).into_iter().flat_map(BTreeMap::values);
        let ours = ours.filter(|(_, record)| record.name.ends_with(suffix));
        let show = |(active, record): &(DateTime<Utc>, Record)| {
            let state = if *active <= now { RecordState::Active } else { RecordState::Pending };
            Record { state, ..record.clone() }
        };
        ours.map(show).collect()
    }

    /// Points a name to an address. A name is taken once in the whole cloud.
    pub fn create_record(
        &mut self,
        project: &ProjectId,
        name: &str,
        address: IpAddr,
    ) -> Result<Record, CloudErrorKind> {
        if self.records.values().flat_map(BTreeMap::values).any(|(_, record)| record.name == name) {
            return Err(CloudErrorKind::Conflict(format!("Duplicate RecordSet: {name}")));
        }
        self.known(project)?;
        let id: RecordId = self.new_id();
        let record = Record { id: id.clone(), name: name.to_owned(), address, state: RecordState::Pending };
        let active = clock::now() + self.site.timing.record;
        self.records.entry(project.clone()).or_default().insert(id, (active, record.clone()));
        self.note_vip(address);
        Ok(record)
    }

    /// Takes a name away.
    pub fn delete_record(&mut self, project: &ProjectId, id: &RecordId) -> Result<(), CloudErrorKind> {
        let ours = self.records.get_mut(project);
        let gone = ours.and_then(|ours| ours.remove(id)).ok_or(CloudErrorKind::NotFound)?;
        self.note_vip(gone.1.address);
        Ok(())
    }

    /// Whether a port can be given to a new server.
    pub(super) fn check_port(&self, project: &ProjectId, id: &PortId) -> Result<(), CloudErrorKind> {
        let port = self.ports.get(id).filter(|state| state.port.project == *project);
        if port.is_none() {
            return Err(CloudErrorKind::Invalid(format!("Port id {id} could not be found.")));
        }
        match self.port_taken_by(id) {
            Some(holder) if !self.is_building(holder) => {
                Err(CloudErrorKind::Conflict(format!("Port {id} is still in use.")))
            }
            _ => Ok(()),
        }
    }

    /// Gives a port to a server, unless another has it.
    pub(super) fn bind(&mut self, id: &PortId, server: &ServerId) {
        if self.port_taken_by(id).is_none()
            && let Some(state) = self.ports.get_mut(id)
        {
            state.port.server = Some(server.clone());
        }
    }

    /// Takes a port from a server, if it has it.
    pub(super) fn unbind(&mut self, id: &PortId, server: &ServerId) {
        if let Some(state) = self.ports.get_mut(id).filter(|state| state.port.server.as_ref() == Some(server))
        {
            state.port.server = None;
        }
    }

    /// An address of a network that nobody has.
    pub(super) fn lease(&mut self, network: &str) -> Result<Ipv4Addr, CloudErrorKind> {
        let range = self.site.ranges.iter().find(|range| range.network == network);
        let unknown = || CloudErrorKind::Invalid(format!("Network {network} could not be found."));
        let range = range.ok_or_else(unknown)?;
        let leases = self.leases.entry(network.to_owned()).or_default();
        let size = 1_u32.checked_shl(32 - u32::from(range.prefix)).unwrap_or(u32::MAX);
        let offset = match leases.returned.pop_first() {
            Some(offset) => offset,
            None if leases.next + RESERVED_ADDRESSES + 1 >= size => {
                return Err(CloudErrorKind::Conflict(format!(
                    "No more IP addresses available on network {network}."
                )));
            }
            None => {
                leases.next += 1;
                leases.next + RESERVED_ADDRESSES - 1
            }
        };
        Ok(Ipv4Addr::from_bits(range.first.to_bits() + offset))
    }

    /// Gives an address back.
    pub(super) fn release(&mut self, network: &str, address: IpAddr) {
        let first = self.site.ranges.iter().find(|range| range.network == network).map(|range| range.first);
        if let (Some(first), IpAddr::V4(address)) = (first, address) {
            let offset = address.to_bits().saturating_sub(first.to_bits());
            self.leases.entry(network.to_owned()).or_default().returned.insert(offset);
        }
    }
}
