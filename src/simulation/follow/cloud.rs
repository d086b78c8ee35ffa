//! Another cloud, with an eye on what passes by.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::orders::Orders;
use super::seen::Seen;
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
use crate::simulation::world::ground::Ground;

/// Another cloud. Clones follow the same one.
#[derive(Clone, Debug)]
pub struct FollowedCloud {
    behind: Arc<dyn Cloud>,
    seen: Arc<Mutex<Seen>>,
    /// Where it is kept what servers are made with, if it is.
    orders: Option<Orders>,
}

impl FollowedCloud {
    /// Follows a cloud from now on: what was made before has no inside.
    pub fn new(behind: Arc<dyn Cloud>) -> Self {
        Self { behind, seen: Arc::default(), orders: None }
    }

    /// Follows a cloud and keeps what its servers are made with, so that those of before have their insides again.
    ///
    /// # Errors
    /// When what was kept cannot be read.
    pub fn keeping(behind: Arc<dyn Cloud>, orders: Orders) -> std::io::Result<Self> {
        let cloud = Self { orders: Some(orders.clone()), ..Self::new(behind) };
        // They show up by and by, as far as they are still there.
        orders.all()?.iter().for_each(|order| cloud.seen().asked_for(order));
        Ok(cloud)
    }

    /// Tells of the number of the newest change of any cluster.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.seen().news()
    }

    /// The number of a cluster's last change.
    pub fn cluster_revision(&self, uid: &str) -> u64 {
        self.seen().revision(uid)
    }

    /// The clusters that changed after a change's number.
    pub fn clusters_changed_since(&self, revision: u64) -> Vec<String> {
        self.seen().changed_since(revision)
    }

    /// What a cluster's inside stands on.
    pub fn ground(&self, uid: &str) -> Ground {
        self.seen().ground(uid)
    }

    /// What a server was made with, once.
    pub fn take_user_data(&self, id: &ServerId) -> Option<Vec<u8>> {
        self.seen().take_user_data(id)
    }

    /// Lets a server's start program say something, which stands at the end of its console from then on.
    pub fn say_on_console(&self, id: &ServerId, said: Option<String>) {
        self.seen().say(id, said);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Cloud for FollowedCloud {
    async fn flavors(&self) -> Answer<Vec<Flavor>> {
        let flavors = self.behind.flavors().await?;
        self.seen().keep_flavors(&flavors);
        Ok(flavors)
    }

    async fn images(&self) -> Answer<Vec<Image>> {
        self.behind.images().await
    }

    async fn networks(&self) -> Answer<Vec<Network>> {
        self.behind.networks().await
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        self.behind.zones().await
    }

    async fn hypervisors(&self) -> Answer<Vec<Hypervisor>> {
        self.behind.hypervisors().await
    }

    async fn servers(&self, since: Option<DateTime<Utc>>) -> Answer<Listing<Server>> {
        let listing = self.behind.servers(since).await?;
        let gone = self.seen().saw_servers(&listing, since.is_none());
        if let Some(orders) = &self.orders {
            gone.iter().for_each(|name| orders.forget(name));
        }
        Ok(listing)
    }

    async fn ports(&self) -> Answer<Listing<Port>> {
        let listing = self.behind.ports().await?;
        self.seen().saw_ports(&listing);
        Ok(listing)
    }

    async fn balancers(&self) -> Answer<Listing<Balancer>> {
        let listing = self.behind.balancers().await?;
        self.seen().saw_balancers(&listing);
        Ok(listing)
    }

    async fn volumes(&self) -> Answer<Listing<Volume>> {
        self.behind.volumes().await
    }

    async fn belongings(&self, sort: BelongingSort) -> Answer<Vec<Belonging>> {
        self.behind.belongings(sort).await
    }

    async fn servers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Server>> {
        let servers = self.behind.servers_tagged(project, tag).await?;
        servers.iter().for_each(|server| self.seen().saw_server(server));
        Ok(servers)
    }

    async fn ports_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Port>> {
        let ports = self.behind.ports_tagged(project, tag).await?;
        ports.iter().for_each(|port| self.seen().saw_port(port));
        Ok(ports)
    }

    async fn balancers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Balancer>> {
        self.behind.balancers_tagged(project, tag).await
    }

    async fn volumes_of(&self, project: &ProjectId) -> Answer<Vec<Volume>> {
        self.behind.volumes_of(project).await
    }

    async fn balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<Balancer> {
        let answer = self.behind.balancer(project, id).await;
        match &answer {
            Ok(balancer) => self.seen().saw_balancer(balancer),
            Err(error) if error.is_not_found() => self.seen().lost_balancer(id),
            Err(_) => {}
        }
        answer
    }

    async fn server(&self, project: &ProjectId, id: &ServerId) -> Answer<Server> {
        let answer = self.behind.server(project, id).await;
        match &answer {
            Ok(server) => self.seen().saw_server(server),
            Err(error) if error.is_not_found() => self.seen().lost_server(id),
            Err(_) => {}
        }
        answer
    }

    async fn project_named(&self, name: &str) -> Answer<Option<Project>> {
        self.behind.project_named(name).await
    }

    async fn create_project(&self, wanted: &NewProject) -> Answer<Project> {
        self.behind.create_project(wanted).await
    }

    async fn delete_project(&self, id: &ProjectId) -> Answer<()> {
        self.behind.delete_project(id).await
    }

    async fn quota(&self, project: &ProjectId) -> Answer<QuotaUse> {
        self.behind.quota(project).await
    }

    async fn set_quota(&self, project: &ProjectId, quota: &Quota) -> Answer<()> {
        self.behind.set_quota(project, quota).await
    }

    async fn create_credential(&self, project: &ProjectId, name: &str) -> Answer<Credential> {
        self.behind.create_credential(project, name).await
    }

    async fn knows_credential(&self, project: &ProjectId, id: &CredentialId) -> Answer<bool> {
        self.behind.knows_credential(project, id).await
    }

    async fn revoke_credential(&self, project: &ProjectId, id: &CredentialId) -> Answer<()> {
        self.behind.revoke_credential(project, id).await
    }

    async fn create_server(&self, wanted: &NewServer) -> Answer<ServerId> {
        if let Some(orders) = &self.orders {
            orders.keep(wanted).map_err(|error| CloudError {
                source: Some(Box::new(error)),
                ..CloudError::new(CloudErrorKind::Transient, "keep the user data of", wanted.name.as_str())
            })?;
        }
        let answer = self.behind.create_server(wanted).await;
        match &answer {
            Ok(id) => self.seen().made_server(id, wanted),
            Err(error) if matches!(error.kind, CloudErrorKind::OutcomeUnknown(_)) => {
                self.seen().asked_for(wanted);
            }
            Err(_) => {}
        }
        answer
    }

    async fn delete_server(&self, project: &ProjectId, id: &ServerId) -> Answer<()> {
        self.behind.delete_server(project, id).await
    }

    async fn console_log(&self, project: &ProjectId, id: &ServerId, lines: u32) -> Answer<String> {
        let log = self.behind.console_log(project, id, lines).await?;
        Ok(match self.seen().said(id) {
            Some(said) => format!("{log}\n{said}"),
            None => log,
        })
    }

    async fn server_groups(&self, project: &ProjectId) -> Answer<Vec<ServerGroup>> {
        self.behind.server_groups(project).await
    }

    async fn create_server_group(
        &self,
        project: &ProjectId,
        name: &str,
        policy: SpreadPolicy,
    ) -> Answer<ServerGroup> {
        self.behind.create_server_group(project, name, policy).await
    }

    async fn delete_server_group(&self, project: &ProjectId, id: &ServerGroupId) -> Answer<()> {
        self.behind.delete_server_group(project, id).await
    }

    async fn create_port(&self, wanted: &NewPort) -> Answer<Port> {
        let port = self.behind.create_port(wanted).await?;
        self.seen().saw_port(&port);
        Ok(port)
    }

    async fn delete_port(&self, project: &ProjectId, id: &PortId) -> Answer<()> {
        self.behind.delete_port(project, id).await?;
        self.seen().lost_port(id);
        Ok(())
    }

    async fn security_groups(&self, project: &ProjectId) -> Answer<Vec<SecurityGroup>> {
        self.behind.security_groups(project).await
    }

    async fn create_security_group(&self, wanted: &NewSecurityGroup) -> Answer<SecurityGroup> {
        self.behind.create_security_group(wanted).await
    }

    async fn delete_security_group(&self, project: &ProjectId, id: &SecurityGroupId) -> Answer<()> {
        self.behind.delete_security_group(project, id).await
    }

    async fn create_balancer(&self, wanted: &NewBalancer) -> Answer<BalancerId> {
        self.behind.create_balancer(wanted).await
    }

    async fn add_pool_members(
        &self,
        project: &ProjectId,
        balancer: &BalancerId,
        pool: &PoolId,
        addresses: &[IpAddr],
        port: u16,
    ) -> Answer<()> {
        self.behind.add_pool_members(project, balancer, pool, addresses, port).await
    }

    async fn remove_pool_member(
        &self,
        project: &ProjectId,
        balancer: &BalancerId,
        pool: &PoolId,
        member: &PoolMemberId,
    ) -> Answer<()> {
        self.behind.remove_pool_member(project, balancer, pool, member).await
    }

    async fn fail_over_balancer(&self, id: &BalancerId) -> Answer<()> {
        self.behind.fail_over_balancer(id).await
    }

    async fn delete_balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<()> {
        self.behind.delete_balancer(project, id).await
    }

    async fn records(&self, project: &ProjectId, suffix: &str) -> Answer<Vec<Record>> {
        let records = self.behind.records(project, suffix).await?;
        records.iter().for_each(|record| self.seen().saw_record(record));
        Ok(records)
    }

    async fn create_record(&self, project: &ProjectId, name: &str, address: IpAddr) -> Answer<Record> {
        let record = self.behind.create_record(project, name, address).await?;
        self.seen().saw_record(&record);
        Ok(record)
    }

    async fn delete_record(&self, project: &ProjectId, id: &RecordId) -> Answer<()> {
        self.behind.delete_record(project, id).await?;
        self.seen().lost_record(id);
        Ok(())
    }

    async fn access_rules(&self, project: &ProjectId) -> Answer<Vec<AccessRule>> {
        self.behind.access_rules(project).await
    }

    async fn grant_access(&self, project: &ProjectId, initiator: &str) -> Answer<AccessRule> {
        self.behind.grant_access(project, initiator).await
    }

    async fn revoke_access(&self, project: &ProjectId, id: &AccessRuleId) -> Answer<()> {
        self.behind.revoke_access(project, id).await
    }

    async fn delete_volume(&self, project: &ProjectId, id: &VolumeId) -> Answer<()> {
        self.behind.delete_volume(project, id).await
    }
}
