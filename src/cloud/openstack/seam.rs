//! OpenStack behind the seam: which service answers which question.

use std::net::IpAddr;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::cloud::OpenStack;
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

#[async_trait]
impl Cloud for OpenStack {
    async fn flavors(&self) -> Answer<Vec<Flavor>> {
        self.list_flavors().await
    }

    async fn images(&self) -> Answer<Vec<Image>> {
        self.list_images().await
    }

    async fn networks(&self) -> Answer<Vec<Network>> {
        self.list_networks().await
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        self.list_zones().await
    }

    async fn hypervisors(&self) -> Answer<Vec<Hypervisor>> {
        self.list_hypervisors().await
    }

    async fn servers(&self, since: Option<DateTime<Utc>>) -> Answer<Listing<Server>> {
        self.list_servers(since).await
    }

    async fn ports(&self) -> Answer<Listing<Port>> {
        self.list_ports().await
    }

    async fn balancers(&self) -> Answer<Listing<Balancer>> {
        self.list_balancers().await
    }

    async fn volumes(&self) -> Answer<Listing<Volume>> {
        self.list_volumes().await
    }

    async fn belongings(&self, sort: BelongingSort) -> Answer<Vec<Belonging>> {
        self.list_belongings(sort).await
    }

    async fn servers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Server>> {
        self.list_servers_tagged(project, tag).await
    }

    async fn ports_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Port>> {
        self.list_ports_tagged(project, tag).await
    }

    async fn balancers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Balancer>> {
        self.list_balancers_tagged(project, tag).await
    }

    async fn volumes_of(&self, project: &ProjectId) -> Answer<Vec<Volume>> {
        self.list_volumes_of(project).await
    }

    async fn balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<Balancer> {
        self.show_balancer(project, id).await
    }

    async fn server(&self, project: &ProjectId, id: &ServerId) -> Answer<Server> {
        self.show_server(project, id).await
    }

    async fn project_named(&self, name: &str) -> Answer<Option<Project>> {
        self.find_project(name).await
    }

    async fn create_project(&self, wanted: &NewProject) -> Answer<Project> {
        self.make_project(wanted).await
    }

    async fn delete_project(&self, id: &ProjectId) -> Answer<()> {
        self.remove_project(id).await
    }

    async fn quota(&self, project: &ProjectId) -> Answer<QuotaUse> {
        self.show_quota(project).await
    }

    async fn set_quota(&self, project: &ProjectId, quota: &Quota) -> Answer<()> {
        self.change_quota(project, quota).await
    }

    async fn create_credential(&self, project: &ProjectId, name: &str) -> Answer<Credential> {
        self.make_credential(project, name).await
    }

    async fn knows_credential(&self, _project: &ProjectId, id: &CredentialId) -> Answer<bool> {
        self.has_credential(id).await
    }

    async fn revoke_credential(&self, _project: &ProjectId, id: &CredentialId) -> Answer<()> {
        self.remove_credential(id).await
    }

    async fn create_server(&self, wanted: &NewServer) -> Answer<ServerId> {
        self.make_server(wanted).await
    }

    async fn delete_server(&self, project: &ProjectId, id: &ServerId) -> Answer<()> {
        self.remove_server(project, id).await
    }

    async fn console_log(&self, project: &ProjectId, id: &ServerId, lines: u32) -> Answer<String> {
        self.read_console(project, id, lines).await
    }

    async fn server_groups(&self, project: &ProjectId) -> Answer<Vec<ServerGroup>> {
        self.list_groups(project).await
    }

    async fn create_server_group(
        &self,
        project: &ProjectId,
        name: &str,
        policy: SpreadPolicy,
    ) -> Answer<ServerGroup> {
        self.make_group(project, name, policy).await
    }

    async fn delete_server_group(&self, project: &ProjectId, id: &ServerGroupId) -> Answer<()> {
        self.remove_group(project, id).await
    }

    async fn create_port(&self, wanted: &NewPort) -> Answer<Port> {
        self.make_port(wanted).await
    }

    async fn delete_port(&self, project: &ProjectId, id: &PortId) -> Answer<()> {
        self.remove_port(project, id).await
    }

    async fn security_groups(&self, project: &ProjectId) -> Answer<Vec<SecurityGroup>> {
        self.list_firewalls(project).await
    }

    async fn create_security_group(&self, wanted: &NewSecurityGroup) -> Answer<SecurityGroup> {
        self.make_firewall(wanted).await
    }

    async fn delete_security_group(&self, project: &ProjectId, id: &SecurityGroupId) -> Answer<()> {
        self.remove_firewall(project, id).await
    }

    async fn create_balancer(&self, wanted: &NewBalancer) -> Answer<BalancerId> {
        self.make_balancer(wanted).await
    }

    async fn add_pool_members(
        &self,
        project: &ProjectId,
        _balancer: &BalancerId,
        pool: &PoolId,
        addresses: &[IpAddr],
        port: u16,
    ) -> Answer<()> {
        self.make_members(project, pool, addresses, port).await
    }

    async fn remove_pool_member(
        &self,
        project: &ProjectId,
        _balancer: &BalancerId,
        pool: &PoolId,
        member: &PoolMemberId,
    ) -> Answer<()> {
        self.remove_member(project, pool, member).await
    }

    async fn fail_over_balancer(&self, id: &BalancerId) -> Answer<()> {
        self.fail_over(id).await
    }

    async fn delete_balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<()> {
        self.remove_balancer(project, id).await
    }

    async fn records(&self, project: &ProjectId, suffix: &str) -> Answer<Vec<Record>> {
        self.list_records(project, suffix).await
    }

    async fn create_record(&self, project: &ProjectId, name: &str, address: IpAddr) -> Answer<Record> {
        self.make_record(project, name, address).await
    }

    async fn delete_record(&self, project: &ProjectId, id: &RecordId) -> Answer<()> {
        self.remove_record(project, id).await
    }

    async fn access_rules(&self, project: &ProjectId) -> Answer<Vec<AccessRule>> {
        self.list_rules(project).await
    }

    async fn grant_access(&self, project: &ProjectId, initiator: &str) -> Answer<AccessRule> {
        self.let_reach(project, initiator).await
    }

    async fn revoke_access(&self, project: &ProjectId, id: &AccessRuleId) -> Answer<()> {
        self.shut_out(project, id).await
    }

    async fn delete_volume(&self, project: &ProjectId, id: &VolumeId) -> Answer<()> {
        self.remove_volume(project, id).await
    }
}
