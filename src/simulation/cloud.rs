//! The world as its API's clients see it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::faults::{Fate, Service};
use super::world::state::World;
use crate::clock;
use crate::cloud::errors::{CloudError, CloudErrorKind};
use crate::cloud::provider::{Answer, Cloud};
use crate::cloud::types::balancer::{Balancer, BalancerId, NewBalancer, PoolId, PoolMemberId};
use crate::cloud::types::belonging::{Belonging, BelongingSort};
use crate::cloud::types::compute::{
    Flavor, Hypervisor, Image, NewServer, Server, ServerGroup, ServerGroupId, ServerId, SpreadPolicy, Zone,
};
use crate::cloud::types::identity::{
    Credential, CredentialId, NewProject, Project, ProjectId, Quota, QuotaUse,
};
use crate::cloud::types::network::{
    Network, NewPort, NewSecurityGroup, Port, PortId, Record, RecordId, SecurityGroup, SecurityGroupId,
};
use crate::cloud::types::observed::Listing;
use crate::cloud::types::storage::{AccessRule, AccessRuleId, Volume, VolumeId};

/// How long a client waits for an answer.
const PATIENCE: TimeDelta = TimeDelta::seconds(60);
/// What a service says when it fails before it acts.
const UNAVAILABLE: &str = "no answer within the time limit";

/// A handle on a world. Clones show the same world.
#[derive(Clone, Debug)]
pub struct SimulatedCloud {
    world: Arc<Mutex<World>>,
}

impl SimulatedCloud {
    /// Shows a world.
    pub fn new(world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)) }
    }

    /// The world itself, for whoever makes faults or plays the insides of its servers.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call: how late it is and what becomes of it is drawn first, then the world acts, then the reply may be lost.
    async fn call<T>(
        &self,
        service: Service,
        operation: &'static str,
        subject: impl ToString,
        act: impl FnOnce(&mut World) -> Result<T, CloudErrorKind>,
    ) -> Answer<T> {
        let subject = subject.to_string();
        let fail = |kind| Err(CloudError::new(kind, operation, subject.clone()));
        let delay = self.world().delay(service);
        if !delay.is_zero() {
            clock::sleep(delay.min(PATIENCE)).await;
        }
        let mut world = self.world();
        let fate = world.fate(service);
        match fate {
            Fate::Unavailable => return fail(CloudErrorKind::Transient),
            Fate::Throttled => return fail(CloudErrorKind::Throttled { retry_after: None }),
            Fate::Fine | Fate::ReplyLost => {}
        }
        let done = act(&mut world);
        if fate == Fate::ReplyLost || delay > PATIENCE {
            return fail(CloudErrorKind::OutcomeUnknown(UNAVAILABLE.to_owned()));
        }
        done.or_else(fail)
    }

    async fn list<T>(
        &self,
        service: Service,
        operation: &'static str,
        read: impl FnOnce(&World) -> Vec<T>,
    ) -> Answer<Listing<T>> {
        self.call(service, operation, "all", |world| Ok(Listing { items: read(world), as_of: clock::now() }))
            .await
    }
}

#[async_trait]
impl Cloud for SimulatedCloud {
    async fn flavors(&self) -> Answer<Vec<Flavor>> {
        self.call(Service::Compute, "list flavors", "all", |world| Ok(world.site.flavors.clone())).await
    }

    async fn images(&self) -> Answer<Vec<Image>> {
        self.call(Service::Compute, "list images", "all", |world| Ok(world.site.images.clone())).await
    }

    async fn networks(&self) -> Answer<Vec<Network>> {
        self.call(Service::Network, "list networks", "all", |world| Ok(world.networks())).await
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        self.call(Service::Compute, "list zones", "all", |world| Ok(world.zones())).await
    }

    async fn hypervisors(&self) -> Answer<Vec<Hypervisor>> {
        self.call(Service::Compute, "list hypervisors", "all", |world| Ok(world.hypervisors())).await
    }

    async fn servers(&self, since: Option<DateTime<Utc>>) -> Answer<Listing<Server>> {
        self.list(Service::Compute, "list servers", |world| world.list_servers(since)).await
    }

    async fn ports(&self) -> Answer<Listing<Port>> {
        self.list(Service::Network, "list ports", World::list_ports).await
    }

    async fn balancers(&self) -> Answer<Listing<Balancer>> {
        self.list(Service::Balancer, "list balancers", World::list_balancers).await
    }

    async fn volumes(&self) -> Answer<Listing<Volume>> {
        self.list(Service::Storage, "list volumes", World::list_volumes).await
    }

    async fn belongings(&self, sort: BelongingSort) -> Answer<Vec<Belonging>> {
        let service = match sort {
            BelongingSort::Project | BelongingSort::Credential => Service::Identity,
            BelongingSort::SecurityGroup => Service::Network,
            BelongingSort::ServerGroup => Service::Compute,
            BelongingSort::Record => Service::Names,
        };
        self.call(service, "list belongings", sort, |world| Ok(world.belongings(sort))).await
    }

    async fn servers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Server>> {
        let found = |world: &mut World| Ok(world.servers_tagged(project, tag));
        self.call(Service::Compute, "list servers", tag, found).await
    }

    async fn ports_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Port>> {
        let found = |world: &mut World| Ok(world.ports_tagged(project, tag));
        self.call(Service::Network, "list ports", tag, found).await
    }

    async fn balancers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Balancer>> {
        let found = |world: &mut World| Ok(world.balancers_tagged(project, tag));
        self.call(Service::Balancer, "list balancers", tag, found).await
    }

    async fn volumes_of(&self, project: &ProjectId) -> Answer<Vec<Volume>> {
        self.call(Service::Storage, "list volumes", project, |world| Ok(world.volumes_of(project))).await
    }

    async fn balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<Balancer> {
        self.call(Service::Balancer, "show balancer", id, |world| world.balancer(project, id)).await
    }

    async fn server(&self, project: &ProjectId, id: &ServerId) -> Answer<Server> {
        self.call(Service::Compute, "show server", id, |world| world.server(project, id)).await
    }

    async fn project_named(&self, name: &str) -> Answer<Option<Project>> {
        self.call(Service::Identity, "find project", name, |world| Ok(world.project_named(name))).await
    }

    async fn create_project(&self, wanted: &NewProject) -> Answer<Project> {
        self.call(Service::Identity, "create project", &wanted.name, |world| world.create_project(wanted))
            .await
    }

    async fn delete_project(&self, id: &ProjectId) -> Answer<()> {
        self.call(Service::Identity, "delete project", id, |world| world.delete_project(id)).await
    }

    async fn quota(&self, project: &ProjectId) -> Answer<QuotaUse> {
        self.call(Service::Identity, "show quota", project, |world| world.quota(project)).await
    }

    async fn set_quota(&self, project: &ProjectId, quota: &Quota) -> Answer<()> {
        self.call(Service::Identity, "set quota", project, |world| world.set_quota(project, quota)).await
    }

    async fn create_credential(&self, project: &ProjectId, name: &str) -> Answer<Credential> {
        self.call(Service::Identity, "create credential", name, |world| {
            world.create_credential(project, name)
        })
        .await
    }

    async fn knows_credential(&self, project: &ProjectId, id: &CredentialId) -> Answer<bool> {
        self.call(Service::Identity, "show credential", id, |world| Ok(world.knows_credential(project, id)))
            .await
    }

    async fn revoke_credential(&self, project: &ProjectId, id: &CredentialId) -> Answer<()> {
        self.call(Service::Identity, "revoke credential", id, |world| world.revoke_credential(project, id))
            .await
    }

    async fn create_server(&self, wanted: &NewServer) -> Answer<ServerId> {
        self.call(Service::Compute, "create server", &wanted.name, |world| world.create_server(wanted)).await
    }

    async fn delete_server(&self, project: &ProjectId, id: &ServerId) -> Answer<()> {
        self.call(Service::Compute, "delete server", id, |world| world.delete_server(project, id)).await
    }

    async fn console_log(&self, project: &ProjectId, id: &ServerId, lines: u32) -> Answer<String> {
        let lines = usize::try_from(lines).unwrap_or(usize::MAX);
        self.call(Service::Compute, "read console", id, |world| world.console_log(project, id, lines)).await
    }

    async fn server_groups(&self, project: &ProjectId) -> Answer<Vec<ServerGroup>> {
        self.call(Service::Compute, "list server groups", project, |world| Ok(world.server_groups(project)))
            .await
    }

    async fn create_server_group(
        &self,
        project: &ProjectId,
        name: &str,
        policy: SpreadPolicy,
    ) -> Answer<ServerGroup> {
        let make = |world: &mut World| world.create_server_group(project, name, policy);
        self.call(Service::Compute, "create server group", name, make).await
    }

    async fn delete_server_group(&self, project: &ProjectId, id: &ServerGroupId) -> Answer<()> {
        self.call(Service::Compute, "delete server group", id, |world| world.delete_server_group(project, id))
            .await
    }

    async fn create_port(&self, wanted: &NewPort) -> Answer<Port> {
        self.call(Service::Network, "create port", &wanted.name, |world| world.create_port(wanted)).await
    }

    async fn delete_port(&self, project: &ProjectId, id: &PortId) -> Answer<()> {
        self.call(Service::Network, "delete port", id, |world| world.delete_port(project, id)).await
    }

    async fn security_groups(&self, project: &ProjectId) -> Answer<Vec<SecurityGroup>> {
        self.call(Service::Network, "list security groups", project, |world| {
            Ok(world.security_groups(project))
        })
        .await
    }

    async fn create_security_group(&self, wanted: &NewSecurityGroup) -> Answer<SecurityGroup> {
        let make = |world: &mut World| world.create_security_group(wanted);
        self.call(Service::Network, "create security group", &wanted.name, make).await
    }

    async fn delete_security_group(&self, project: &ProjectId, id: &SecurityGroupId) -> Answer<()> {
        let act = |world: &mut World| world.delete_security_group(project, id);
        self.call(Service::Network, "delete security group", id, act).await
    }

    async fn create_balancer(&self, wanted: &NewBalancer) -> Answer<BalancerId> {
        self.call(Service::Balancer, "create balancer", &wanted.name, |world| world.create_balancer(wanted))
            .await
    }

    async fn add_pool_members(
        &self,
        project: &ProjectId,
        balancer: &BalancerId,
        pool: &PoolId,
        addresses: &[IpAddr],
        port: u16,
    ) -> Answer<()> {
        let add = |world: &mut World| world.add_pool_members(project, balancer, pool, addresses, port);
        self.call(Service::Balancer, "add pool members", pool, add).await
    }

    async fn remove_pool_member(
        &self,
        project: &ProjectId,
        balancer: &BalancerId,
        pool: &PoolId,
        member: &PoolMemberId,
    ) -> Answer<()> {
        let remove = |world: &mut World| world.remove_pool_member(project, balancer, pool, member);
        self.call(Service::Balancer, "remove pool member", member, remove).await
    }

    async fn fail_over_balancer(&self, id: &BalancerId) -> Answer<()> {
        self.call(Service::Balancer, "fail over balancer", id, |world| world.fail_over_balancer(id)).await
    }

    async fn delete_balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<()> {
        self.call(Service::Balancer, "delete balancer", id, |world| world.delete_balancer(project, id)).await
    }

    async fn records(&self, project: &ProjectId, suffix: &str) -> Answer<Vec<Record>> {
        self.call(Service::Names, "list records", suffix, |world| Ok(world.records(project, suffix))).await
    }

    async fn create_record(&self, project: &ProjectId, name: &str, address: IpAddr) -> Answer<Record> {
        self.call(Service::Names, "create record", name, |world| world.create_record(project, name, address))
            .await
    }

    async fn delete_record(&self, project: &ProjectId, id: &RecordId) -> Answer<()> {
        self.call(Service::Names, "delete record", id, |world| world.delete_record(project, id)).await
    }

    async fn access_rules(&self, project: &ProjectId) -> Answer<Vec<AccessRule>> {
        self.call(Service::Storage, "list access rules", project, |world| Ok(world.access_rules(project)))
            .await
    }

    async fn grant_access(&self, project: &ProjectId, initiator: &str) -> Answer<AccessRule> {
        self.call(Service::Storage, "grant access", initiator, |world| world.grant_access(project, initiator))
            .await
    }

    async fn revoke_access(&self, project: &ProjectId, id: &AccessRuleId) -> Answer<()> {
        self.call(Service::Storage, "revoke access", id, |world| world.revoke_access(project, id)).await
    }

    async fn delete_volume(&self, project: &ProjectId, id: &VolumeId) -> Answer<()> {
        self.call(Service::Storage, "delete volume", id, |world| world.delete_volume(project, id)).await
    }
}
