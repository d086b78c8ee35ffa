//! What the steps on the cloud change on the stage.

use std::net::IpAddr;

use kaasboard::cloud::types::balancer::{
    Balancer, BalancerId, Operating, Pool, PoolId, PoolMember, PoolMemberId, Provisioning,
};
use kaasboard::cloud::types::compute::{Server, ServerGroup, ServerGroupId, ServerId, ServerStatus};
use kaasboard::cloud::types::identity::{Project, ProjectId};
use kaasboard::cloud::types::network::{
    Port, PortId, Record, RecordId, RecordState, SecurityGroup, SecurityGroupId,
};
use kaasboard::cloud::types::storage::{AccessRule, AccessRuleId};
use kaasboard::planning::balancer_report;
use kaasboard::planning::step_cloud::{CloudStep, ServerOrder};

use crate::stage::{FOREIGN, Stage};

impl Stage {
    /// Does a step on the cloud.
    pub fn cloud(&mut self, step: &CloudStep) {
        let now = self.now;
        let id = self.id("id");
        match step.clone() {
            CloudStep::CreateProject(wanted) => {
                assert!(self.project.is_none());
                self.project = Some(Project { id: ProjectId::new(id), name: wanted.name, tags: wanted.tags });
            }
            CloudStep::DeleteProject { .. } => {
                assert_eq!(self.left(), Vec::<&str>::new());
                self.project = None;
            }
            CloudStep::SetQuota { quota, .. } => self.quota = quota,
            CloudStep::CreateCredential { generation, .. } => assert!(self.kept.insert(generation)),
            CloudStep::RevokeCredential { generation, .. } => assert!(self.kept.remove(&generation)),
            CloudStep::CreateSecurityGroup(wanted) => self.firewalls.push(SecurityGroup {
                id: SecurityGroupId::new(id),
                project: wanted.project,
                name: wanted.name,
                rules: wanted.rules,
            }),
            CloudStep::DeleteSecurityGroup { group, .. } => {
                assert!(self.ports.iter().all(|port| port.name == FOREIGN), "ports use the group");
                self.firewalls.retain(|one| one.id != group);
            }
            CloudStep::CreateServerGroup { project, name, policy, .. } => {
                self.spreads.push(ServerGroup { id: ServerGroupId::new(id), project, name, policy });
            }
            CloudStep::DeleteServerGroup { group, .. } => self.spreads.retain(|one| one.id != group),
            CloudStep::CreatePort(wanted) => {
                let last = u8::try_from(self.ids % 250).unwrap();
                let third = u8::try_from(self.ids / 250).unwrap();
                self.ports.push(Port {
                    id: PortId::new(id),
                    project: wanted.project,
                    name: wanted.name,
                    network: wanted.network,
                    addresses: vec![IpAddr::from([10, 0, third, last])],
                    server: None,
                    tags: wanted.tags,
                    created: now,
                });
            }
            CloudStep::DeletePort { port, .. } => self.ports.retain(|one| one.id != port),
            CloudStep::CreateServer(order) => self.create_server(id, order),
            CloudStep::DeleteServer { server, .. } => {
                self.servers.retain(|one| one.id != server);
                let freed = self.ports.iter_mut().filter(|port| port.server.as_ref() == Some(&server));
                freed.for_each(|port| port.server = None);
            }
            other => self.balance(id, other),
        }
    }

    /// Steps on balancers, names and access.
    fn balance(&mut self, id: String, step: CloudStep) {
        match step {
            CloudStep::CreateBalancer(wanted) => {
                let pool = |port: u16| Pool {
                    id: PoolId::new(format!("{id}-{port}")),
                    listens: port,
                    members: Vec::new(),
                };
                self.balancers.push(Balancer {
                    id: BalancerId::new(id.as_str()),
                    project: wanted.project,
                    name: wanted.name,
                    tags: wanted.tags,
                    vip: Some(IpAddr::from([198, 18, 0, u8::try_from(self.ids % 250).unwrap()])),
                    provider: wanted.provider,
                    provisioning: Provisioning::PendingCreate,
                    operating: Operating::Online,
                    pools: wanted.listeners.iter().map(|one| pool(one.listens)).collect(),
                });
            }
            CloudStep::FailOverBalancer { balancer, name, done, .. } => {
                self.balancer(&balancer).provisioning = Provisioning::PendingUpdate;
                let record = self.children.balancers.iter_mut().find(|one| one.meta.name == name).unwrap();
                balancer_report::failed_over(&mut record.status, done, 1, self.now);
            }
            CloudStep::DeleteBalancer { balancer, .. } => {
                self.balancer(&balancer).provisioning = Provisioning::PendingDelete;
            }
            CloudStep::AddPoolMembers { balancer, pool, addresses, port, .. } => {
                add_members(self.pool(&balancer, &pool), &id, addresses, port);
            }
            CloudStep::RemovePoolMember { balancer, pool, member, .. } => {
                let pool = self.pool(&balancer, &pool);
                pool.members.retain(|one| one.id != member);
                assert!(!pool.members.is_empty(), "the pool is empty");
            }
            CloudStep::CreateRecord { name, address, .. } => {
                self.records.push(Record {
                    id: RecordId::new(id),
                    name,
                    address,
                    state: RecordState::Pending,
                });
            }
            CloudStep::DeleteRecord { record, .. } => self.records.retain(|one| one.id != record),
            CloudStep::GrantAccess { initiator, .. } => {
                assert!(!self.rules.iter().any(|rule| rule.initiator == initiator));
                self.rules.push(AccessRule { id: AccessRuleId::new(id), initiator, active: true });
            }
            CloudStep::RevokeAccess { rule, .. } => self.rules.retain(|one| one.id != rule),
            other => panic!("not done here: {other}"),
        }
    }

    fn create_server(&mut self, id: String, order: ServerOrder) {
        let port = self.ports.iter_mut().find(|port| port.id == order.port).unwrap();
        assert_eq!(port.server, None, "the port is taken");
        port.server = Some(ServerId::new(id.as_str()));
        let status = &mut self.machines.get_mut(&order.machine).unwrap().view.status;
        status.attempts += 1;
        status.server_id = (!self.forgets).then(|| id.clone());
        self.servers.push(Server {
            id: ServerId::new(id),
            project: order.project,
            name: order.name,
            status: ServerStatus::Build,
            task: None,
            fault: None,
            tags: order.tags,
            zone: order.zone.or(Some("a".to_owned())),
            host: Some("h".to_owned()),
            host_id: None,
            created: self.now,
            updated: self.now,
        });
    }

    fn balancer(&mut self, id: &BalancerId) -> &mut Balancer {
        self.balancers.iter_mut().find(|one| one.id == *id).unwrap()
    }

    fn pool(&mut self, balancer: &BalancerId, id: &PoolId) -> &mut Pool {
        self.balancer(balancer).pools.iter_mut().find(|one| one.id == *id).unwrap()
    }
}

fn add_members(pool: &mut Pool, id: &str, addresses: Vec<IpAddr>, port: u16) {
    for address in addresses {
        assert!(!pool.members.iter().any(|one| one.address == address), "{address} is a member already");
        let id = PoolMemberId::new(format!("{id}-{address}"));
        let (operating, provisioning) = (Operating::Error, Provisioning::Active);
        pool.members.push(PoolMember { id, address, port, operating, provisioning });
    }
}
