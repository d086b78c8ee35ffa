//! The cloud as a process sees it on a bad day: each call has a fate that the seed draws, and is witnessed.

use std::net::IpAddr;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kaasboard::cloud::errors::{CloudError, CloudErrorKind};
use kaasboard::cloud::provider::{Answer, Cloud};
use kaasboard::cloud::types::balancer::{Balancer, BalancerId, NewBalancer, PoolId, PoolMemberId};
use kaasboard::cloud::types::belonging::{Belonging, BelongingSort};
use kaasboard::cloud::types::compute::{
    Flavor, Hypervisor, Image, NewServer, Server, ServerGroup, ServerGroupId, ServerId, SpreadPolicy, Zone,
};
use kaasboard::cloud::types::identity::{
    Credential, CredentialId, NewProject, Project, ProjectId, Quota, QuotaUse,
};
use kaasboard::cloud::types::network::{
    Network, NewPort, NewSecurityGroup, Port, PortId, Record, RecordId, SecurityGroup, SecurityGroupId,
};
use kaasboard::cloud::types::observed::Listing;
use kaasboard::cloud::types::storage::{AccessRule, AccessRuleId, Volume, VolumeId};
use kaasboard::simulation::cloud::SimulatedCloud;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::blunder::Blunder;
use crate::book::Fate;
use crate::witness::{Call, Witness};

/// The cloud of one process.
#[derive(Clone, Debug)]
pub struct BadCloud {
    pub inner: SimulatedCloud,
    pub witness: Witness,
    pub blunder: Option<Blunder>,
}

impl BadCloud {
    /// A call that can be lost, but does not come about late.
    async fn ask<T>(&self, call: Call<'_>, act: impl Future<Output = Answer<T>>) -> Answer<T> {
        let fate = self.fate(&call, false).await;
        self.meet(&call, fate, act).await
    }

    /// A call that makes something. It can come about when nobody waits for it any more.
    async fn make<T: Send + 'static>(
        &self,
        call: Call<'_>,
        act: impl Future<Output = Answer<T>> + Send + 'static,
    ) -> Answer<T> {
        let fate = self.fate(&call, true).await;
        let Fate::Late(after) = fate else { return self.meet(&call, fate, act).await };
        self.witness.sees(&call);
        let (book, what) = (self.witness.book.clone(), call.to_string());
        tokio::spawn(async move {
            sleep(after).await;
            let done = act.await.is_ok();
            book.say(format_args!(
                "the cloud carries out late: {what}{}",
                if done { "" } else { ", in vain" }
            ));
        });
        unknown(&call)
    }

    async fn fate(&self, call: &Call<'_>, makes: bool) -> Fate {
        // Others have their turn before each call, and the process can end there.
        yield_now().await;
        let fate = self.witness.book.fate(call.project.is_some() && call.changes, makes);
        if fate != Fate::Fine {
            self.witness.book.say(format_args!("the cloud: {call}: {fate:?}"));
        }
        fate
    }

    async fn meet<T>(&self, call: &Call<'_>, fate: Fate, act: impl Future<Output = Answer<T>>) -> Answer<T> {
        let fail = |kind| Err(CloudError::new(kind, call.operation, call.subject.clone()));
        match fate {
            Fate::Down => return fail(CloudErrorKind::Transient),
            Fate::Throttled(after) => {
                return fail(CloudErrorKind::Throttled { retry_after: Some(after) });
            }
            Fate::Conflict => return fail(CloudErrorKind::Conflict("something is under way".to_owned())),
            Fate::DiesBefore => return self.witness.die().await,
            Fate::Slow(time) => sleep(time).await,
            Fate::Fine | Fate::Lost | Fate::Late(_) | Fate::DiesAfter => {}
        }
        self.witness.sees(call);
        let answer = act.await;
        yield_now().await;
        match fate {
            Fate::Lost => unknown(call),
            Fate::DiesAfter => self.witness.die().await,
            _ => answer,
        }
    }
}

fn unknown<T>(call: &Call<'_>) -> Answer<T> {
    let kind = CloudErrorKind::OutcomeUnknown("the reply was lost".to_owned());
    Err(CloudError::new(kind, call.operation, call.subject.clone()))
}

#[async_trait]
impl Cloud for BadCloud {
    async fn flavors(&self) -> Answer<Vec<Flavor>> {
        self.ask(Call::listing("list flavors"), self.inner.flavors()).await
    }

    async fn images(&self) -> Answer<Vec<Image>> {
        self.ask(Call::listing("list images"), self.inner.images()).await
    }

    async fn networks(&self) -> Answer<Vec<Network>> {
        self.ask(Call::listing("list networks"), self.inner.networks()).await
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        self.ask(Call::listing("list zones"), self.inner.zones()).await
    }

    async fn hypervisors(&self) -> Answer<Vec<Hypervisor>> {
        self.ask(Call::listing("list hypervisors"), self.inner.hypervisors()).await
    }

    async fn servers(&self, since: Option<DateTime<Utc>>) -> Answer<Listing<Server>> {
        self.ask(Call::listing("list servers"), self.inner.servers(since)).await
    }

    async fn ports(&self) -> Answer<Listing<Port>> {
        let mut ports = self.ask(Call::listing("list ports"), self.inner.ports()).await?;
        ports.items.retain(|port| !self.witness.memory().forgotten.contains(port.id.as_str()));
        Ok(ports)
    }

    async fn balancers(&self) -> Answer<Listing<Balancer>> {
        self.ask(Call::listing("list balancers"), self.inner.balancers()).await
    }

    async fn volumes(&self) -> Answer<Listing<Volume>> {
        self.ask(Call::listing("list volumes"), self.inner.volumes()).await
    }

    async fn belongings(&self, sort: BelongingSort) -> Answer<Vec<Belonging>> {
        self.ask(Call::listing("list belongings"), self.inner.belongings(sort)).await
    }

    async fn servers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Server>> {
        let call = Call::read("find servers", project, tag);
        self.ask(call, self.inner.servers_tagged(project, tag)).await
    }

    async fn ports_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Port>> {
        let call = Call::read("find ports", project, tag);
        let mut ports = self.ask(call, self.inner.ports_tagged(project, tag)).await?;
        ports.retain(|port| !self.witness.memory().forgotten.contains(port.id.as_str()));
        Ok(ports)
    }

    async fn balancers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Balancer>> {
        let call = Call::read("find balancers", project, tag);
        self.ask(call, self.inner.balancers_tagged(project, tag)).await
    }

    async fn volumes_of(&self, project: &ProjectId) -> Answer<Vec<Volume>> {
        self.ask(Call::listing("list volumes"), self.inner.volumes_of(project)).await
    }

    async fn balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<Balancer> {
        self.ask(Call::read("show balancer", project, id), self.inner.balancer(project, id)).await
    }

    async fn server(&self, project: &ProjectId, id: &ServerId) -> Answer<Server> {
        self.ask(Call::read("show server", project, id), self.inner.server(project, id)).await
    }

    async fn project_named(&self, name: &str) -> Answer<Option<Project>> {
        self.ask(Call::question("find project", name), self.inner.project_named(name)).await
    }

    async fn create_project(&self, wanted: &NewProject) -> Answer<Project> {
        let call = Call { changes: true, ..Call::question("create project", &wanted.name) };
        self.ask(call, self.inner.create_project(wanted)).await
    }

    async fn delete_project(&self, id: &ProjectId) -> Answer<()> {
        self.ask(Call::change("delete project", id, id), self.inner.delete_project(id)).await
    }

    async fn quota(&self, project: &ProjectId) -> Answer<QuotaUse> {
        self.ask(Call::read("show quota", project, ""), self.inner.quota(project)).await
    }

    async fn set_quota(&self, project: &ProjectId, quota: &Quota) -> Answer<()> {
        self.ask(Call::change("set quota", project, ""), self.inner.set_quota(project, quota)).await
    }

    async fn create_credential(&self, project: &ProjectId, name: &str) -> Answer<Credential> {
        let call = Call::change("create credential", project, name);
        self.ask(call, self.inner.create_credential(project, name)).await
    }

    async fn knows_credential(&self, project: &ProjectId, id: &CredentialId) -> Answer<bool> {
        let call = Call::read("show credential", project, id);
        self.ask(call, self.inner.knows_credential(project, id)).await
    }

    async fn revoke_credential(&self, project: &ProjectId, id: &CredentialId) -> Answer<()> {
        let call = Call::change("revoke credential", project, id);
        self.ask(call, self.inner.revoke_credential(project, id)).await
    }

    async fn create_server(&self, wanted: &NewServer) -> Answer<ServerId> {
        let call = Call::change("create server", &wanted.project, &wanted.name);
        let (inner, wanted, blunder) = (self.inner.clone(), wanted.clone(), self.blunder);
        let act = async move {
            if blunder == Some(Blunder::AsksTwice) {
                let _ = inner.create_server(&wanted).await;
            }
            inner.create_server(&wanted).await
        };
        self.make(call, act).await
    }

    async fn delete_server(&self, project: &ProjectId, id: &ServerId) -> Answer<()> {
        if self.blunder == Some(Blunder::DeletesByName) {
            self.witness.delete_namesakes(id);
        }
        self.ask(Call::change("delete server", project, id), self.inner.delete_server(project, id)).await
    }

    async fn console_log(&self, project: &ProjectId, id: &ServerId, lines: u32) -> Answer<String> {
        let call = Call::read("read console", project, id);
        self.ask(call, self.inner.console_log(project, id, lines)).await
    }

    async fn server_groups(&self, project: &ProjectId) -> Answer<Vec<ServerGroup>> {
        let call = Call::read("list server groups", project, "");
        self.ask(call, self.inner.server_groups(project)).await
    }

    async fn create_server_group(
        &self,
        project: &ProjectId,
        name: &str,
        policy: SpreadPolicy,
    ) -> Answer<ServerGroup> {
        let call = Call::change("create server group", project, name);
        self.ask(call, self.inner.create_server_group(project, name, policy)).await
    }

    async fn delete_server_group(&self, project: &ProjectId, id: &ServerGroupId) -> Answer<()> {
        let call = Call::change("delete server group", project, id);
        self.ask(call, self.inner.delete_server_group(project, id)).await
    }

    async fn create_port(&self, wanted: &NewPort) -> Answer<Port> {
        let call = Call::change("create port", &wanted.project, &wanted.name);
        let (inner, wanted) = (self.inner.clone(), wanted.clone());
        self.make(call, async move { inner.create_port(&wanted).await }).await
    }

    async fn delete_port(&self, project: &ProjectId, id: &PortId) -> Answer<()> {
        let call = Call::change("delete port", project, id);
        if self.blunder == Some(Blunder::ForgetsPorts) {
            self.witness.memory().forgotten.insert(id.to_string());
            return self.ask(call, async { Ok(()) }).await;
        }
        self.ask(call, self.inner.delete_port(project, id)).await
    }

    async fn security_groups(&self, project: &ProjectId) -> Answer<Vec<SecurityGroup>> {
        let call = Call::read("list security groups", project, "");
        self.ask(call, self.inner.security_groups(project)).await
    }

    async fn create_security_group(&self, wanted: &NewSecurityGroup) -> Answer<SecurityGroup> {
        let call = Call::change("create security group", &wanted.project, &wanted.name);
        self.ask(call, self.inner.create_security_group(wanted)).await
    }

    async fn delete_security_group(&self, project: &ProjectId, id: &SecurityGroupId) -> Answer<()> {
        let call = Call::change("delete security group", project, id);
        self.ask(call, self.inner.delete_security_group(project, id)).await
    }

    async fn create_balancer(&self, wanted: &NewBalancer) -> Answer<BalancerId> {
        let call = Call::change("create balancer", &wanted.project, &wanted.name);
        self.ask(call, self.inner.create_balancer(wanted)).await
    }

    async fn add_pool_members(
        &self,
        project: &ProjectId,
        balancer: &BalancerId,
        pool: &PoolId,
        addresses: &[IpAddr],
        port: u16,
    ) -> Answer<()> {
        let call = Call::change("add pool members", project, pool);
        self.ask(call, self.inner.add_pool_members(project, balancer, pool, addresses, port)).await
    }

    async fn remove_pool_member(
        &self,
        project: &ProjectId,
        balancer: &BalancerId,
        pool: &PoolId,
        member: &PoolMemberId,
    ) -> Answer<()> {
        let call = Call::change("remove pool member", project, member);
        self.ask(call, self.inner.remove_pool_member(project, balancer, pool, member)).await
    }

    async fn fail_over_balancer(&self, id: &BalancerId) -> Answer<()> {
        let call = Call { changes: true, ..Call::question("fail over balancer", id) };
        self.ask(call, self.inner.fail_over_balancer(id)).await
    }

    async fn delete_balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<()> {
        self.ask(Call::change("delete balancer", project, id), self.inner.delete_balancer(project, id)).await
    }

    async fn records(&self, project: &ProjectId, suffix: &str) -> Answer<Vec<Record>> {
        self.ask(Call::read("list records", project, suffix), self.inner.records(project, suffix)).await
    }

    async fn create_record(&self, project: &ProjectId, name: &str, address: IpAddr) -> Answer<Record> {
        let call = Call::change("create record", project, name);
        self.ask(call, self.inner.create_record(project, name, address)).await
    }

    async fn delete_record(&self, project: &ProjectId, id: &RecordId) -> Answer<()> {
        self.ask(Call::change("delete record", project, id), self.inner.delete_record(project, id)).await
    }

    async fn access_rules(&self, project: &ProjectId) -> Answer<Vec<AccessRule>> {
        let call = Call::read("list access rules", project, "");
        self.ask(call, self.inner.access_rules(project)).await
    }

    async fn grant_access(&self, project: &ProjectId, initiator: &str) -> Answer<AccessRule> {
        let call = Call::change("grant access", project, initiator);
        self.ask(call, self.inner.grant_access(project, initiator)).await
    }

    async fn revoke_access(&self, project: &ProjectId, id: &AccessRuleId) -> Answer<()> {
        self.ask(Call::change("revoke access", project, id), self.inner.revoke_access(project, id)).await
    }

    async fn delete_volume(&self, project: &ProjectId, id: &VolumeId) -> Answer<()> {
        self.ask(Call::change("delete volume", project, id), self.inner.delete_volume(project, id)).await
    }
}
