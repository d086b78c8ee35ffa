//! A whole cluster: what it needs is checked, its project and groups are made, its children are kept as its spec wants.
//!
//! 1. Release, quota, flavors, image, network and names are checked, before anything is made.
//! 2. Finalizer, project, its quota, keys: once.
//! 3. Security group and server groups; beside them the children: storage tenant, balancers, etcd, control plane, pools, addons.
//!    They wait for each other by themselves, as far as one needs what another makes.
//! 4. What its children report is gathered in its status.

use chrono::{DateTime, Utc};

use super::finding::FindingKind;
use super::naming;
use super::observation::surroundings::Surroundings;
use super::observation::whole::{ClusterView, Home};
use super::plan::Plan;
use super::policy::Policy;
use super::step_cloud::CloudStep;
use super::step_record::RecordStep;
use super::waiting::{Waiting, WaitingOn};
use super::{cluster_children, cluster_needs, cluster_removal, cluster_report, safety};
use crate::api::duration::Duration;
use crate::api::names::Tag;
use crate::api::role::Role;
use crate::cloud::types::compute::SpreadPolicy;
use crate::cloud::types::identity::{NewProject, ProjectId};
use crate::cloud::types::network::{IngressRule, NewSecurityGroup, Protocol, RuleSource};
use crate::cloud::types::observed::Observed;

/// The first and last port of Services that open one on each node.
const NODE_PORTS: (u16, u16) = (30_000, 32_767);

/// The most characters of a project's name (Keystone's limit).
const PROJECT_NAME_MAX: usize = 64;

/// Everything that the plan of a cluster is made from.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The cluster.
    pub view: &'a ClusterView,
    /// What is going on around it.
    pub around: &'a Surroundings,
    /// Durations and limits.
    pub policy: &'a Policy,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Plans one cluster.
pub fn plan(view: &ClusterView, around: &Surroundings, policy: &Policy, now: DateTime<Utc>) -> Plan {
    let case = Case { view, around, policy, now };
    let mut plan = Plan::new(policy, now);
    let wrong = cluster_needs::check(&case);
    cluster_report::report(&case, &wrong, &mut plan);
    if safety::held(&mut plan, &view.record.meta.reference(), around, policy, now) {
        return plan;
    }
    if view.record.is_going() {
        cluster_removal::remove(&case, &mut plan);
    } else {
        provide(&case, &wrong, &mut plan);
    }
    plan
}

impl Case<'_> {
    /// Adds a wait of the cluster.
    pub fn wait(&self, plan: &mut Plan, on: WaitingOn, since: DateTime<Utc>, at_most: Duration) {
        plan.wait(Waiting::new(on, self.view.record.meta.reference(), since, at_most), self.now);
        plan.look_by(self.now + self.policy.pending_look.to_chrono());
    }

    /// Adds a wait for a person.
    pub fn wait_for_person(&self, plan: &mut Plan, what: &str) {
        let on = WaitingOn::Person { what: what.to_owned() };
        self.wait(plan, on, self.since(), self.policy.person);
    }

    /// Adds a wait for something that could not be read.
    pub fn wait_unreadable(&self, plan: &mut Plan, what: &str, why: &str) {
        let on = WaitingOn::NotReadable { what: what.to_owned(), why: why.to_owned() };
        self.wait(plan, on, self.now, self.policy.contact);
    }

    /// Since when what happens to it happens.
    pub fn since(&self) -> DateTime<Utc> {
        let meta = &self.view.record.meta;
        meta.deleting.unwrap_or(meta.created)
    }

    /// The tag of everything that is its.
    pub fn tag(&self) -> String {
        Tag::ClusterUid(self.view.record.meta.uid.clone()).to_string()
    }

    /// Its project, if it is known to have one.
    pub fn project(&self) -> Option<ProjectId> {
        match &self.view.home {
            Home::Shared(project) => Some(project.clone()),
            Home::Own(found) => {
                let project = found.value()?.as_ref()?;
                project.tags.contains(&self.tag()).then(|| project.id.clone())
            }
        }
    }

    /// The name of its project: readable, and no other cluster's.
    pub fn project_name(&self) -> String {
        project_name(
            &self.view.record.meta.namespace,
            &self.view.record.meta.name,
            &self.view.record.meta.uid,
        )
    }

    /// The name of its security group.
    pub fn group_name(&self) -> String {
        format!("{}-{}", self.view.record.meta.name, naming::suffix(&[&self.view.record.meta.uid]))
    }

    /// The name of the server group of a role.
    pub fn server_group_name(&self, role: Role) -> String {
        format!("{}-{role}", self.group_name())
    }
}

/// The name of the project of a cluster.
pub fn project_name(namespace: &str, name: &str, uid: &str) -> String {
    let suffix = naming::suffix(&[uid]);
    let shown: String =
        format!("{namespace}-{name}").chars().take(PROJECT_NAME_MAX - suffix.len() - 1).collect();
    format!("{shown}-{suffix}")
}

fn provide(case: &Case<'_>, wrong: &cluster_needs::Needs, plan: &mut Plan) {
    let (record, view) = (&case.view.record, case.view);
    for why in &wrong.impossible {
        plan.find(
            FindingKind::SpecImpossible { why: why.message.clone() },
            record.meta.reference(),
            record.meta.created,
        );
    }
    let is_there = record.status.initialization.infrastructure_provisioned;
    if !wrong.impossible.is_empty() {
        case.wait_for_person(plan, "change what is wanted");
    }
    if let Some(why) = wrong.unreadable.first() {
        case.wait_unreadable(plan, "what the cloud has to offer", why);
    }
    // Nothing is begun that cannot be finished. What is there already goes on as it was wanted before.
    let begins = record.status.project_id.is_none() && view.children.etcd.is_none() && !is_there;
    if begins && !(wrong.impossible.is_empty() && wrong.unreadable.is_empty()) {
        return;
    }
    if !record.meta.finalizer {
        return plan.step(RecordStep::AddFinalizer { object: record.meta.reference() });
    }
    let Some(project) = project(case, plan) else { return };
    quota(case, &project, wrong, plan);
    if !keys(case, plan) {
        return;
    }
    groups(case, &project, plan);
    if record.status.project_id.is_none() {
        // The children find the project in the status, which this plan writes.
        return;
    }
    cluster_children::keep(case, wrong, plan);
}

/// Its project; makes it if it is to have one of its own and has none.
fn project(case: &Case<'_>, plan: &mut Plan) -> Option<ProjectId> {
    if let Some(project) = case.project() {
        return Some(project);
    }
    match &case.view.home {
        Home::Shared(_) => {}
        Home::Own(Observed::Unknown { why }) => case.wait_unreadable(plan, "its project", why),
        Home::Own(Observed::Known { value: Some(_), .. }) => {
            case.wait_for_person(plan, "a project that is not the cluster's has its name");
        }
        Home::Own(Observed::Known { value: None, .. }) if case.view.record.status.project_id.is_some() => {
            case.wait_for_person(plan, "the cluster's project is gone");
        }
        Home::Own(Observed::Known { value: None, .. }) => {
            let meta = &case.view.record.meta;
            plan.step(CloudStep::CreateProject(NewProject {
                name: case.project_name(),
                description: format!("The cluster {} of {}", meta.name, meta.namespace),
                tags: vec![case.tag()],
            }));
        }
    }
    None
}

/// Raises or lowers what its project may use to what it wants, but never below what it uses.
fn quota(case: &Case<'_>, project: &ProjectId, needs: &cluster_needs::Needs, plan: &mut Plan) {
    let (Home::Own(_), Some(quota)) = (&case.view.home, needs.quota) else { return };
    if let Observed::Known { value, .. } = &case.view.quota {
        let wanted = cluster_needs::at_least(quota, value.used);
        if value.limit != wanted {
            plan.step(CloudStep::SetQuota { project: project.clone(), quota: wanted });
        }
    }
}

/// Whether its keys are there. They are made once: others in their place would lock everybody out.
fn keys(case: &Case<'_>, plan: &mut Plan) -> bool {
    let (record, view) = (&case.view.record, case.view);
    if view.keys {
        return true;
    }
    if record.status.initialization.etcd_bootstrapped || view.children.etcd.is_some() {
        case.wait_for_person(plan, "bring the Secrets with the cluster's keys back");
        return false;
    }
    plan.step(RecordStep::CreatePki { cluster: record.meta.name.clone() });
    false
}

/// Makes the security group and the server groups.
fn groups(case: &Case<'_>, project: &ProjectId, plan: &mut Plan) {
    match &case.view.security_groups {
        Observed::Unknown { why } => case.wait_unreadable(plan, "the security groups", why),
        Observed::Known { value, .. } => {
            if !value.iter().any(|group| group.name == case.group_name()) {
                plan.step(CloudStep::CreateSecurityGroup(security_group(case, project)));
            }
        }
    }
    match &case.view.server_groups {
        Observed::Unknown { why } => case.wait_unreadable(plan, "the server groups", why),
        Observed::Known { value, .. } => {
            for role in Role::ALL {
                let name = case.server_group_name(role);
                let policy = SpreadPolicy::SoftAntiAffinity;
                if !value.iter().any(|group| group.name == name) {
                    plan.step(CloudStep::CreateServerGroup { project: project.clone(), name, role, policy });
                }
            }
        }
    }
}

/// The machines of a cluster trust each other. From elsewhere come clients of the API, of the ingress proxy, and of Services
/// with ports on the nodes; nobody logs in.
fn security_group(case: &Case<'_>, project: &ProjectId) -> NewSecurityGroup {
    let open = |first: u16, last: u16| IngressRule {
        protocol: Some(Protocol::Tcp),
        ports: Some((first, last)),
        from: RuleSource::Range("0.0.0.0/0".to_owned()),
    };
    let own = IngressRule { protocol: None, ports: None, from: RuleSource::Members };
    let ports = [cluster_children::API_PORTS.as_slice(), cluster_children::INGRESS_PORTS.as_slice()].concat();
    let mut rules = vec![own, open(NODE_PORTS.0, NODE_PORTS.1)];
    rules.extend(ports.into_iter().map(|port| open(port, port)));
    NewSecurityGroup { project: project.clone(), name: case.group_name(), rules, tags: vec![case.tag()] }
}
