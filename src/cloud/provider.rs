//! The seam: what the engine asks of a cloud.
//!
//! Rules for every implementation, held by one contract test suite:
//! - A call has a time limit of its own and never waits for the object to become what was asked for.
//! - A failure says whether the call may have been carried out ([`CloudErrorKind::OutcomeUnknown`]).
//! - Nothing is retried inside that changes something; retrying is the engine's decision.
//! - Listings are complete: paging is the implementation's business.
//!
//! [`CloudErrorKind::OutcomeUnknown`]: super::errors::CloudErrorKind::OutcomeUnknown

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::errors::CloudError;
use super::types::balancer::{Balancer, BalancerId, NewBalancer, PoolId, PoolMemberId};
use super::types::belonging::{Belonging, BelongingSort};
use super::types::compute::{
    Flavor, Hypervisor, Image, NewServer, Server, ServerGroup, ServerGroupId, ServerId, SpreadPolicy, Zone,
};
use super::types::identity::{Credential, CredentialId, NewProject, Project, ProjectId, Quota, QuotaUse};
use super::types::network::{
    Network, NewPort, NewSecurityGroup, Port, PortId, Record, RecordId, SecurityGroup, SecurityGroupId,
};
use super::types::observed::Listing;
use super::types::storage::{AccessRule, AccessRuleId, Volume};

/// The outcome of a call.
pub type Answer<T> = Result<T, CloudError>;

/// An Infrastructure as a Service.
#[async_trait]
pub trait Cloud: Debug + Send + Sync {
    // What there is to choose from.

    /// The sizes that servers can have.
    async fn flavors(&self) -> Answer<Vec<Flavor>>;
    /// The images that servers can boot.
    async fn images(&self) -> Answer<Vec<Image>>;
    /// The networks that ports can be on.
    async fn networks(&self) -> Answer<Vec<Network>>;
    /// The zones that servers can run in.
    async fn zones(&self) -> Answer<Vec<Zone>>;
    /// The hypervisors; `Denied` for whoever is no administrator.
    async fn hypervisors(&self) -> Answer<Vec<Hypervisor>>;

    // The inventory: whole services at a time, so that the number of calls does not grow with the machines.

    /// All servers that the credential reaches, or, with `since`, those changed since then, deleted ones too.
    async fn servers(&self, since: Option<DateTime<Utc>>) -> Answer<Listing<Server>>;
    /// All ports that the credential reaches.
    async fn ports(&self) -> Answer<Listing<Port>>;
    /// All balancers that the credential reaches, with pools and members.
    async fn balancers(&self) -> Answer<Listing<Balancer>>;
    /// All volumes that the credential reaches.
    async fn volumes(&self) -> Answer<Listing<Volume>>;
    /// All projects, or what lies in any of them beside the above, except what the services made by themselves. Of names and
    /// credentials it is those that were made from here. `Denied` for whoever is no administrator.
    async fn belongings(&self, sort: BelongingSort) -> Answer<Vec<Belonging>>;

    // Answers that must not come from any cache, asked right before something is created or deleted.

    /// The servers of a project that bear a tag.
    async fn servers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Server>>;
    /// The ports of a project that bear a tag.
    async fn ports_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Port>>;
    /// The balancers of a project that bear a tag.
    async fn balancers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Balancer>>;
    /// The volumes of a project.
    async fn volumes_of(&self, project: &ProjectId) -> Answer<Vec<Volume>>;
    /// One balancer with its pools and members.
    async fn balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<Balancer>;
    /// One server.
    async fn server(&self, project: &ProjectId, id: &ServerId) -> Answer<Server>;

    // Projects, quotas, credentials.

    /// The project of a name, or none.
    async fn project_named(&self, name: &str) -> Answer<Option<Project>>;
    /// Makes a project; a name that is taken is a `Conflict`.
    async fn create_project(&self, wanted: &NewProject) -> Answer<Project>;
    /// Deletes a project. What is in it is not deleted with it: see that it is empty.
    async fn delete_project(&self, id: &ProjectId) -> Answer<()>;
    /// What a project may use and uses.
    async fn quota(&self, project: &ProjectId) -> Answer<QuotaUse>;
    /// Sets what a project may use.
    async fn set_quota(&self, project: &ProjectId, quota: &Quota) -> Answer<()>;
    /// Makes a credential that acts in one project only; its secret is shown this once. One of the same name, whose secret
    /// nobody can learn any more, gives way to it.
    async fn create_credential(&self, project: &ProjectId, name: &str) -> Answer<Credential>;
    /// Whether a credential still has the power that it was made with.
    async fn knows_credential(&self, project: &ProjectId, id: &CredentialId) -> Answer<bool>;
    /// Takes a credential's power from it.
    async fn revoke_credential(&self, project: &ProjectId, id: &CredentialId) -> Answer<()>;

    // Servers.

    /// Asks for a server. It may be accepted twice for one port: the port is a second line of defence, no lock.
    async fn create_server(&self, wanted: &NewServer) -> Answer<ServerId>;
    /// Asks for a server's deletion, in any state.
    async fn delete_server(&self, project: &ProjectId, id: &ServerId) -> Answer<()>;
    /// The last lines that a server wrote to its console.
    async fn console_log(&self, project: &ProjectId, id: &ServerId, lines: u32) -> Answer<String>;
    /// The server groups of a project.
    async fn server_groups(&self, project: &ProjectId) -> Answer<Vec<ServerGroup>>;
    /// Makes a server group.
    async fn create_server_group(
        &self,
        project: &ProjectId,
        name: &str,
        policy: SpreadPolicy,
    ) -> Answer<ServerGroup>;
    /// Deletes a server group.
    async fn delete_server_group(&self, project: &ProjectId, id: &ServerGroupId) -> Answer<()>;

    // Network.

    /// Makes a port.
    async fn create_port(&self, wanted: &NewPort) -> Answer<Port>;
    /// Deletes a port.
    async fn delete_port(&self, project: &ProjectId, id: &PortId) -> Answer<()>;
    /// The security groups of a project.
    async fn security_groups(&self, project: &ProjectId) -> Answer<Vec<SecurityGroup>>;
    /// Makes a security group with its rules.
    async fn create_security_group(&self, wanted: &NewSecurityGroup) -> Answer<SecurityGroup>;
    /// Deletes a security group; `Conflict` while a port uses it.
    async fn delete_security_group(&self, project: &ProjectId, id: &SecurityGroupId) -> Answer<()>;

    // Balancers. Each change is refused with `Conflict` while an earlier one is under way.

    /// Asks for a balancer with all its listeners.
    async fn create_balancer(&self, wanted: &NewBalancer) -> Answer<BalancerId>;
    /// Adds members to a pool by one change, all of them or none. Those that it has already stay, and so do all others.
    async fn add_pool_members(
        &self,
        project: &ProjectId,
        balancer: &BalancerId,
        pool: &PoolId,
        addresses: &[std::net::IpAddr],
        port: u16,
    ) -> Answer<()>;
    /// Takes a member out of a pool.
    async fn remove_pool_member(
        &self,
        project: &ProjectId,
        balancer: &BalancerId,
        pool: &PoolId,
        member: &PoolMemberId,
    ) -> Answer<()>;
    /// Rebuilds a balancer elsewhere; `Denied` for whoever is no administrator.
    async fn fail_over_balancer(&self, id: &BalancerId) -> Answer<()>;
    /// Deletes a balancer with all that is in it.
    async fn delete_balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<()>;

    // Names.

    /// The address records of a project whose names end so.
    async fn records(&self, project: &ProjectId, suffix: &str) -> Answer<Vec<Record>>;
    /// Points a name to an address.
    async fn create_record(
        &self,
        project: &ProjectId,
        name: &str,
        address: std::net::IpAddr,
    ) -> Answer<Record>;
    /// Takes a name away.
    async fn delete_record(&self, project: &ProjectId, id: &RecordId) -> Answer<()>;

    // Storage.

    /// The access list of a project's storage; `Invalid` for a backend that has none.
    async fn access_rules(&self, project: &ProjectId) -> Answer<Vec<AccessRule>>;
    /// Lets a node in.
    async fn grant_access(&self, project: &ProjectId, initiator: &str) -> Answer<AccessRule>;
    /// Shuts a node out; its sessions end.
    async fn revoke_access(&self, project: &ProjectId, id: &AccessRuleId) -> Answer<()>;
    /// Deletes a volume.
    async fn delete_volume(&self, project: &ProjectId, id: &super::types::storage::VolumeId) -> Answer<()>;
}
