//! The identity service: projects, their quotas and credentials; and the storage service's share of both.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;

use super::servers::Load;
use super::state::World;
use crate::api::names::{Tag, initiator};
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::types::belonging::{Belonging, BelongingSort};
use crate::cloud::types::compute::{Flavor, ServerId};
use crate::cloud::types::identity::{
    Credential, CredentialId, NewProject, Project, ProjectId, Quota, QuotaUse,
};
use crate::cloud::types::network::PortId;
use crate::cloud::types::storage::{AccessRule, AccessRuleId};

/// What a project may use until somebody says otherwise: Nova's, Neutron's and Cinder's defaults.
const DEFAULT_QUOTA: Quota = Quota {
    servers: 10,
    cores: 20,
    memory_mib: 51_200,
    ports: 500,
    balancers: 10,
    volumes: 10,
    volume_gib: 1000,
};

/// A project of the world.
#[derive(Clone, Debug)]
pub(super) struct ProjectState {
    pub(super) project: Project,
    pub(super) quota: Quota,
    pub(super) load: Load,
    pub(super) servers: BTreeSet<ServerId>,
    pub(super) ports: BTreeSet<PortId>,
    credentials: BTreeMap<CredentialId, String>,
}

impl World {
    /// All projects.
    pub fn list_projects(&self) -> Vec<Project> {
        self.projects.values().map(|state| state.project.clone()).collect()
    }

    /// All projects, or what lies in any of them beside servers, ports, balancers and volumes.
    pub fn belongings(&self, sort: BelongingSort) -> Vec<Belonging> {
        let one = |id: &dyn ToString, name: &str, project: &ProjectId, tags: &[String]| Belonging {
            id: id.to_string(),
            name: name.to_owned(),
            project: project.clone(),
            tags: tags.to_vec(),
        };
        match sort {
            BelongingSort::Project => {
                let all = self.projects.values().map(|state| &state.project);
                all.map(|project| one(&project.id, &project.name, &project.id, &project.tags)).collect()
            }
            BelongingSort::SecurityGroup => {
                let all = self.security_groups.values();
                all.map(|group| one(&group.id, &group.name, &group.project, &[])).collect()
            }
            BelongingSort::ServerGroup => {
                self.groups.values().map(|group| one(&group.id, &group.name, &group.project, &[])).collect()
            }
            BelongingSort::Record => {
                let all = self
                    .records
                    .iter()
                    .flat_map(|(project, all)| all.values().map(move |one| (project, one)));
                all.map(|(project, (_, record))| one(&record.id, &record.name, project, &[])).collect()
            }
            BelongingSort::Credential => {
                let all = self
                    .projects
                    .iter()
                    .flat_map(|(id, state)| state.credentials.iter().map(move |one| (id, one)));
                all.map(|(project, (id, name))| one(id, name, project, &[])).collect()
            }
        }
    }

    /// The project of a name, or none.
    pub fn project_named(&self, name: &str) -> Option<Project> {
        self.projects.values().map(|state| &state.project).find(|project| project.name == name).cloned()
    }

    /// Makes a project.
    pub fn create_project(&mut self, wanted: &NewProject) -> Result<Project, CloudErrorKind> {
        if self.project_named(&wanted.name).is_some() {
            let why = format!(
                "Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain: {}",
                wanted.name
            );
            return Err(CloudErrorKind::Conflict(why));
        }
        let id: ProjectId = self.new_id();
        let project = Project { id: id.clone(), name: wanted.name.clone(), tags: wanted.tags.clone() };
        let state = ProjectState {
            project: project.clone(),
            quota: DEFAULT_QUOTA,
            load: Load::default(),
            servers: BTreeSet::new(),
            ports: BTreeSet::new(),
            credentials: BTreeMap::new(),
        };
        self.projects.insert(id, state);
        Ok(project)
    }

    /// Deletes a project, and nothing that is in it.
    pub fn delete_project(&mut self, id: &ProjectId) -> Result<(), CloudErrorKind> {
        self.projects.remove(id).map(|_| ()).ok_or(CloudErrorKind::NotFound)
    }

    /// What a project may use and uses.
    pub fn quota(&self, id: &ProjectId) -> Result<QuotaUse, CloudErrorKind> {
        let state = self.projects.get(id).ok_or(CloudErrorKind::NotFound)?;
        let (volumes, volume_gib) = self.volumes_used(id);
        let used = Quota {
            servers: state.load.servers,
            cores: state.load.cores,
            memory_mib: state.load.memory_mib,
            ports: u32::try_from(state.ports.len()).unwrap_or(u32::MAX),
            balancers: u32::try_from(self.balancers_of(id)).unwrap_or(u32::MAX),
            volumes,
            volume_gib,
        };
        Ok(QuotaUse { limit: state.quota, used })
    }

    /// Sets what a project may use. It may be less than it uses.
    pub fn set_quota(&mut self, id: &ProjectId, quota: &Quota) -> Result<(), CloudErrorKind> {
        self.projects.get_mut(id).ok_or(CloudErrorKind::NotFound)?.quota = *quota;
        Ok(())
    }

    /// Makes a credential; one of the same name gives way.
    pub fn create_credential(
        &mut self,
        project: &ProjectId,
        name: &str,
    ) -> Result<Credential, CloudErrorKind> {
        let id: CredentialId = self.new_id();
        let drawn: u128 = self.random.random();
        let state = self.projects.get_mut(project).ok_or(CloudErrorKind::NotFound)?;
        state.credentials.retain(|_, known| known != name);
        state.credentials.insert(id.clone(), name.to_owned());
        Ok(Credential { id, secret: format!("{drawn:032x}") })
    }

    /// Takes a credential's power from it.
    pub fn revoke_credential(
        &mut self,
        project: &ProjectId,
        id: &CredentialId,
    ) -> Result<(), CloudErrorKind> {
        let state = self.projects.get_mut(project).ok_or(CloudErrorKind::NotFound)?;
        state.credentials.remove(id).map(|_| ()).ok_or(CloudErrorKind::NotFound)
    }

    /// Whether a credential has power in a project.
    pub fn knows_credential(&self, project: &ProjectId, id: &CredentialId) -> bool {
        let known = self.projects.get(project).is_some_and(|state| state.credentials.contains_key(id));
        known && !self.faults.revoked.contains(project)
    }

    /// The access list of a project's storage.
    pub fn access_rules(&self, project: &ProjectId) -> Vec<AccessRule> {
        self.access.get(project).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// Lets a node in.
    pub fn grant_access(
        &mut self,
        project: &ProjectId,
        initiator: &str,
    ) -> Result<AccessRule, CloudErrorKind> {
        if self.access_rules(project).iter().any(|rule| rule.initiator == initiator) {
            let why = format!("Share access rule for {initiator} exists already.");
            return Err(CloudErrorKind::Conflict(why));
        }
        let id: AccessRuleId = self.new_id();
        let rule = AccessRule { id: id.clone(), initiator: initiator.to_owned(), active: true };
        self.access.entry(project.clone()).or_default().insert(id, rule.clone());
        Ok(rule)
    }

    /// Shuts a node out.
    pub fn revoke_access(&mut self, project: &ProjectId, id: &AccessRuleId) -> Result<(), CloudErrorKind> {
        let ours = self.access.get_mut(project);
        ours.and_then(|ours| ours.remove(id)).map(|_| ()).ok_or(CloudErrorKind::NotFound)
    }

    /// Whether more servers and volumes can be had in a project.
    pub(super) fn check_room(&self, id: &ProjectId) -> Result<(), CloudErrorKind> {
        if self.faults.full_projects.contains(id) {
            return Err(CloudErrorKind::Quota("the limit of the project's domain is reached".to_owned()));
        }
        Ok(())
    }

    /// The access list of a server's project lets it in no more, by whatever it knew it.
    pub(super) fn lose_access(&mut self, id: &ServerId) {
        let Some(server) = self.servers.get(id) else { return };
        let mut known: Vec<String> = server.tags().iter().filter_map(|tag| machine_of(tag)).collect();
        let port = self.ports.get(server.port());
        known.extend(port.iter().flat_map(|state| &state.port.addresses).map(ToString::to_string));
        let ours = self.access.get_mut(server.project());
        ours.into_iter().for_each(|ours| ours.retain(|_, rule| !known.contains(&rule.initiator)));
    }

    /// Whether a project may have one more server of a flavor.
    pub(super) fn check_quota(&self, id: &ProjectId, flavor: &Flavor) -> Result<(), CloudErrorKind> {
        self.check_room(id)?;
        let state = self.projects.get(id).ok_or(CloudErrorKind::NotFound)?;
        let wanted = [
            ("instances", u64::from(state.load.servers) + 1, u64::from(state.quota.servers)),
            ("cores", u64::from(state.load.cores + flavor.cores), u64::from(state.quota.cores)),
            ("ram", state.load.memory_mib + flavor.memory_mib, state.quota.memory_mib),
        ];
        let over = wanted.into_iter().find(|(_, wanted, limit)| wanted > limit);
        let refused = |(what, wanted, limit)| {
            CloudErrorKind::Quota(format!("Quota exceeded for {what}: {wanted} wanted, {limit} allowed"))
        };
        over.map_or(Ok(()), |over| Err(refused(over)))
    }

    /// The project, or that there is none.
    pub(super) fn known(&self, id: &ProjectId) -> Result<&ProjectState, CloudErrorKind> {
        self.projects.get(id).ok_or(CloudErrorKind::NotFound)
    }
}

/// How the storage knows the machine that a tag names.
fn machine_of(tag: &str) -> Option<String> {
    match Tag::parse(tag)? {
        Tag::MachineUid(uid) => Some(initiator(&uid)),
        Tag::ClusterUid(_) | Tag::Slot(_) | Tag::ManagerUid(_) => None,
    }
}
