//! Where servers run: hypervisors, zones, and the groups that keep servers apart.

use super::servers::Load;
use super::state::World;
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::types::compute::{Hypervisor, NewServer, ServerGroup, ServerGroupId, SpreadPolicy, Zone};
use crate::cloud::types::identity::ProjectId;
use crate::simulation::faults::Segment;
use crate::simulation::site::Host;

impl World {
    /// The hypervisors as the compute service sees them.
    pub fn hypervisors(&self) -> Vec<Hypervisor> {
        let hosts = self.site.hosts.iter().map(|host| Hypervisor {
            host: host.name.clone(),
            zone: host.zone.clone(),
            up: !self.is_dark(host),
            enabled: true,
        });
        hosts.collect()
    }

    /// The zones as the compute service sees them: it has room in each whose services are enabled, reached or not.
    pub fn zones(&self) -> Vec<Zone> {
        self.site.zones().into_iter().map(|name| Zone { available: true, name }).collect()
    }

    /// The server groups of a project.
    pub fn server_groups(&self, project: &ProjectId) -> Vec<ServerGroup> {
        self.groups.values().filter(|group| group.project == *project).cloned().collect()
    }

    /// Deletes a server group; its servers stay.
    pub fn delete_server_group(
        &mut self,
        project: &ProjectId,
        id: &ServerGroupId,
    ) -> Result<(), CloudErrorKind> {
        let ours = self.groups.get(id).is_some_and(|group| group.project == *project);
        let gone = if ours { self.groups.remove(id) } else { None };
        self.siblings.remove(id);
        gone.map(|_| ()).ok_or(CloudErrorKind::NotFound)
    }

    /// Makes a server group; names need not be unique.
    pub fn create_server_group(
        &mut self,
        project: &ProjectId,
        name: &str,
        policy: SpreadPolicy,
    ) -> Result<ServerGroup, CloudErrorKind> {
        self.known(project)?;
        let id: ServerGroupId = self.new_id();
        let group = ServerGroup { id: id.clone(), project: project.clone(), name: name.to_owned(), policy };
        self.groups.insert(id, group.clone());
        Ok(group)
    }

    /// Whether a hypervisor, or the zone that it stands in, cannot be reached.
    pub(super) fn is_dark(&self, host: &Host) -> bool {
        self.faults.hosts.contains(&host.name) || self.faults.zones.contains(&host.zone)
    }

    /// Whether the network leads to the servers of a project on a hypervisor.
    pub(super) fn is_reached(&self, host: &Host, project: &ProjectId) -> bool {
        let out = |of: Segment| self.faults.segments.contains(&of);
        !out(Segment::Zone(host.zone.clone())) && !out(Segment::Project(project.clone()))
    }

    /// The hypervisor that takes a server: the emptiest one that has room and that the group's policy allows.
    pub(super) fn place(&mut self, wanted: &NewServer, load: Load) -> Option<usize> {
        if self.faults.no_valid_host > 0 {
            self.faults.no_valid_host -= 1;
            return None;
        }
        let policy = wanted.group.as_ref().and_then(|id| self.groups.get(id)).map(|group| group.policy);
        let siblings = wanted.group.as_ref().and_then(|id| self.siblings.get(id));
        let kin = |host: usize| siblings.and_then(|hosts| hosts.get(&host)).copied().unwrap_or_default();
        let fits = |index: usize, host: &Host, used: Load| {
            let after = used.plus(load);
            let apart = policy != Some(SpreadPolicy::AntiAffinity) || kin(index) == 0;
            let zone = wanted.zone.as_ref().is_none_or(|zone| *zone == host.zone);
            let room = after.cores <= host.cores && after.memory_mib <= host.memory_mib;
            zone && room && apart && !self.is_dark(host)
        };
        let hosts = self.site.hosts.iter().zip(&self.hosts).enumerate();
        let fitting = hosts.filter(|(index, (host, used))| fits(*index, host, **used));
        fitting.min_by_key(|(index, (_, used))| (kin(*index), **used)).map(|(index, _)| index)
    }
}
