//! What the steps change on the stage, and what must hold after each.

use kaasboard::api::addon::AddonStatus;
use kaasboard::api::names::Tag;
use kaasboard::planning::observation::meta::Meta;
use kaasboard::planning::observation::node::Cordon;
use kaasboard::planning::observation::stored::Stored;
use kaasboard::planning::step::Step;
use kaasboard::planning::step_inside::InsideStep;
use kaasboard::planning::step_record::{Child, RecordStep, Status};

use crate::stage::{FOREIGN, Stage};

impl Stage {
    /// Does a step.
    pub fn act(&mut self, step: &Step) {
        match step {
            Step::Cloud(step) => self.cloud(step),
            Step::Inside(step) => self.inside(step),
            Step::Record(step) => self.record(step),
            Step::Edit(step) => panic!("no loop of a cluster edits specs: {step}"),
        }
    }

    fn inside(&mut self, step: &InsideStep) {
        let now = self.now;
        match step.clone() {
            InsideStep::Cordon { node } => self.nodes.get_mut(&node).unwrap().cordon = Cordon::Ours,
            InsideStep::Uncordon { node } => self.nodes.get_mut(&node).unwrap().cordon = Cordon::No,
            InsideStep::EvictPod { node, pod } | InsideStep::DeletePod { node, pod, .. } => {
                if let Some(load) = self.loads.get_mut(&node) {
                    for one in load.pods.iter_mut().filter(|one| one.name == pod) {
                        one.deleting = Some(now);
                    }
                }
            }
            InsideStep::TaintOutOfService { node } => {
                self.nodes.get_mut(&node).unwrap().out_of_service = true;
                self.loads.remove(&node);
            }
            InsideStep::RemoveStartTaint { node } => self.nodes.get_mut(&node).unwrap().starting = false,
            InsideStep::RemoveNode { node } => {
                let load = self.loads.remove(&node).unwrap_or_default();
                assert!(
                    load.volumes.is_empty() && load.pods.iter().all(|pod| pod.bound),
                    "{node} is not empty"
                );
                self.nodes.remove(&node);
            }
            InsideStep::ApplyAddon { addon, hash, .. } => {
                self.addons.insert(addon, hash);
            }
            InsideStep::RemoveAddon { addon } => {
                self.addons.remove(&addon);
            }
            InsideStep::StoreCredential { generation } => self.credential = Some(generation),
            InsideStep::CloseNamespace { namespace } => {
                self.closed.insert(namespace);
            }
            InsideStep::DeleteService { name, .. } => {
                self.services.iter_mut().filter(|one| one.name == name).for_each(|one| one.going = true);
            }
            InsideStep::DeleteSet { name, .. } => {
                self.sets.iter_mut().filter(|one| one.name == name).for_each(|one| one.going = true);
            }
            InsideStep::DeleteClaim { name, .. } => {
                self.claims.iter_mut().filter(|one| one.name == name).for_each(|one| one.going = true);
            }
        }
    }

    fn record(&mut self, step: &RecordStep) {
        match step.clone() {
            RecordStep::AddFinalizer { object } => {
                self.record_meta(&object.name, &object.kind).finalizer = true
            }
            RecordStep::RemoveFinalizer { object } => self.remove(&object.kind, &object.name),
            RecordStep::CreatePki { .. } => self.keys = true,
            RecordStep::DeletePki { .. } => self.keys = false,
            RecordStep::CreateChild { name, child } => self.create_child(&name, child),
            RecordStep::UpdateChild { name, child, .. } => self.update_child(&name, child),
            RecordStep::DeleteChild { object } => {
                self.delete(&object.kind, &object.name);
            }
            RecordStep::CreateMachine(wanted) => self.new_machine(wanted),
            RecordStep::DeleteMachine { machine, .. } => self.delete("Machine", &machine),
            RecordStep::BeginRemediation { machine, remediation, .. } => {
                self.machines.get_mut(&machine).unwrap().view.status.remediation = Some(remediation);
            }
            RecordStep::EndRemediation { machine, .. } => {
                self.machines.get_mut(&machine).unwrap().view.status.remediation = None;
            }
            RecordStep::SetScheduling { machine, scheduling, .. } => {
                self.machines.get_mut(&machine).unwrap().view.spec.scheduling = scheduling;
            }
            RecordStep::AdoptPort { machine, port } => {
                self.machines.get_mut(&machine).unwrap().view.status.port_id = Some(port.to_string());
            }
            RecordStep::AdoptServer { machine, server } => {
                self.machines.get_mut(&machine).unwrap().view.status.server_id = Some(server.to_string());
            }
            RecordStep::ForgetVictims { .. } | RecordStep::CreateIncident { .. } => {}
            RecordStep::SetStatus { object, status } => self.set_status(&object.name, status),
        }
    }

    fn set_status(&mut self, name: &str, status: Status) {
        let children = &mut self.children;
        match status {
            Status::Cluster(status) => self.cluster.as_mut().unwrap().status = status,
            Status::Etcd(status) => children.etcd.as_mut().unwrap().status = status,
            Status::ControlPlane(status) => children.control_plane.as_mut().unwrap().status = status,
            Status::Deployment(status) => find(&mut children.pools, name).status = status,
            Status::LoadBalancer(status) => find(&mut children.balancers, name).status = status,
            Status::StorageTenant(status) => children.storage.as_mut().unwrap().status = status,
            Status::Addon(status) => find(&mut children.addons, name).status = status,
            Status::Machine(status) => self.machines.get_mut(name).unwrap().view.status = status,
            Status::Release(_) | Status::Tenant(_) | Status::Operation(_) | Status::Incident(_) => {
                panic!("no status of a cluster's parts")
            }
        }
    }

    fn create_child(&mut self, name: &str, child: Child) {
        let meta = self.meta(child.kind(), name);
        let children = &mut self.children;
        match child {
            Child::Etcd(spec) => children.etcd = Some(stored(meta, spec)),
            Child::ControlPlane(spec) => children.control_plane = Some(stored(meta, spec)),
            Child::Deployment(spec) => children.pools.push(stored(meta, spec)),
            Child::LoadBalancer(spec) => children.balancers.push(stored(meta, spec)),
            Child::StorageTenant(spec) => children.storage = Some(stored(meta, spec)),
            Child::Addon(spec) => children.addons.push(Stored { meta, spec, status: AddonStatus::default() }),
        }
    }

    fn update_child(&mut self, name: &str, child: Child) {
        let children = &mut self.children;
        match child {
            Child::Etcd(spec) => children.etcd.as_mut().unwrap().spec = spec,
            Child::ControlPlane(spec) => children.control_plane.as_mut().unwrap().spec = spec,
            Child::Deployment(spec) => find(&mut children.pools, name).spec = spec,
            Child::LoadBalancer(spec) => find(&mut children.balancers, name).spec = spec,
            Child::StorageTenant(spec) => children.storage.as_mut().unwrap().spec = spec,
            Child::Addon(spec) => find(&mut children.addons, name).spec = spec,
        }
    }

    fn record_meta(&mut self, name: &str, kind: &str) -> &mut Meta {
        let children = &mut self.children;
        match kind {
            "KubernetesCluster" => &mut self.cluster.as_mut().unwrap().meta,
            "Etcd" => &mut children.etcd.as_mut().unwrap().meta,
            "ControlPlane" => &mut children.control_plane.as_mut().unwrap().meta,
            "StorageTenant" => &mut children.storage.as_mut().unwrap().meta,
            "MachineDeployment" => &mut find(&mut children.pools, name).meta,
            "LoadBalancer" => &mut find(&mut children.balancers, name).meta,
            "Addon" => &mut find(&mut children.addons, name).meta,
            _ => &mut self.machines.get_mut(name).unwrap().view.meta,
        }
    }

    /// A record that is deleted stays as long as it has a finalizer.
    pub fn delete(&mut self, kind: &str, name: &str) {
        let now = self.now;
        let meta = self.record_meta(name, kind);
        meta.deleting.get_or_insert(now);
        if !meta.finalizer {
            self.remove(kind, name);
        }
    }

    /// A record whose finalizer goes, and which is being deleted, is gone.
    fn remove(&mut self, kind: &str, name: &str) {
        assert!(self.record_meta(name, kind).deleting.is_some(), "{kind} {name} is not being deleted");
        let children = &mut self.children;
        match kind {
            "KubernetesCluster" => self.cluster = None,
            "Etcd" => children.etcd = None,
            "ControlPlane" => children.control_plane = None,
            "StorageTenant" => children.storage = None,
            "MachineDeployment" => children.pools.retain(|one| one.meta.name != name),
            "LoadBalancer" => children.balancers.retain(|one| one.meta.name != name),
            "Addon" => children.addons.retain(|one| one.meta.name != name),
            _ => {
                self.machines.remove(name);
            }
        }
    }

    /// What must hold after each step.
    pub fn check(&self, step: &Step) {
        let is_foreign = |name: &str| name == FOREIGN;
        let there = self.servers.iter().filter(|server| is_foreign(&server.name)).count()
            + self.ports.iter().filter(|port| is_foreign(&port.name)).count();
        assert_eq!(there, 2, "I3: something foreign is gone after: {step}");
        for machine in self.machines.values() {
            let tag = Tag::MachineUid(machine.view.meta.uid.clone()).to_string();
            let servers = self.servers.iter().filter(|server| server.tags.contains(&tag)).count();
            let ports = self.ports.iter().filter(|port| port.tags.contains(&tag)).count();
            assert!(servers <= 1 && ports <= 1, "I1: {servers} servers, {ports} ports after: {step}");
        }
        let known = |tags: &[String]| {
            let uid = tags.iter().find_map(|tag| match Tag::parse(tag) {
                Some(Tag::MachineUid(uid)) => Some(uid),
                _ => None,
            });
            uid.is_none_or(|uid| self.machines.values().any(|machine| machine.view.meta.uid == uid))
        };
        assert!(
            self.servers.iter().all(|server| known(&server.tags)),
            "I2: a server without record after: {step}"
        );
        assert!(self.ports.iter().all(|port| known(&port.tags)), "I2: a port without record after: {step}");
        // A pool that was made smaller is above until its planner's next turn: what counts is that no machine is added to it.
        let Step::Record(made) = step else { return };
        let RecordStep::CreateMachine(made) = &**made else { return };
        let pool = self.children.pools.iter().find(|pool| made.owner.name == pool.meta.name);
        let Some(pool) = pool else { return };
        let own = self.machines.values().filter(|machine| machine.owner == pool.meta.name);
        let surge = usize::try_from(pool.spec.rollout.max_surge.of_rounded_up(pool.spec.replicas)).unwrap();
        let wanted = usize::try_from(pool.spec.replicas).unwrap();
        let live = own.filter(|machine| machine.view.meta.deleting.is_none()).count();
        assert!(live <= wanted + surge, "I7: {live} machines of {wanted} + {surge} after: {step}");
    }
}

fn find<'a, S, T>(all: &'a mut [Stored<S, T>], name: &str) -> &'a mut Stored<S, T> {
    all.iter_mut().find(|one| one.meta.name == name).unwrap()
}

fn stored<S, T: Default>(meta: Meta, spec: S) -> Stored<S, T> {
    Stored { meta, spec, status: T::default() }
}
