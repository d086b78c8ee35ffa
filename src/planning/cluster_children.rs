//! The children of a cluster, as its spec wants them.
//!
//! What a planner of a child cannot carry out yet is not handed down: members of etcd and control planes are not replaced, so
//! that another release or flavor of theirs stays with the cluster, which says so.

use super::cluster::Case;
use super::cluster_needs::Needs;
use super::plan::Plan;
use super::step_record::{Child, RecordStep};
use super::waiting::WaitingOn;
use crate::api::addon::{AddonSpec, Values};
use crate::api::control_plane::ControlPlaneSpec;
use crate::api::etcd::EtcdSpec;
use crate::api::labels::{Labels, Taints};
use crate::api::load_balancer::LoadBalancerSpec;
use crate::api::machine_deployment::MachineDeploymentSpec;
use crate::api::names;
use crate::api::pool::RolloutStrategy;
use crate::api::release::ReleaseAddon;
use crate::api::role::{BalancerRole, PoolRole};
use crate::api::storage_tenant::StorageTenantSpec;
use crate::api::text::{ClusterName, PoolName};
use crate::api::version::ReleaseName;

use super::observation::meta::Meta;
use super::observation::stored::Stored;

/// The port of the API.
pub const API_PORTS: [u16; 1] = [6443];

/// The ports of the ingress proxy.
pub const INGRESS_PORTS: [u16; 2] = [80, 443];

/// Makes children that are missing, changes those that differ, deletes those that are wanted no more.
pub fn keep(case: &Case<'_>, needs: &Needs, plan: &mut Plan) {
    let Ok(name) = ClusterName::try_from(case.view.record.meta.name.clone()) else { return };
    let desk = Desk { case, name, may_change: needs.impossible.is_empty() };
    desk.storage(plan);
    desk.balancers(plan);
    desk.etcd(plan);
    desk.control_plane(plan);
    desk.pools(plan);
    desk.addons(plan);
    desk.say_what_waits(plan);
}

/// The release that the cluster runs: that of its control plane, or else the wanted one.
pub fn release_now(case: &Case<'_>) -> ReleaseName {
    let control_plane = case.view.children.control_plane.as_ref();
    control_plane.map_or(case.view.record.spec.release, |one| one.spec.release)
}

struct Desk<'a> {
    case: &'a Case<'a>,
    name: ClusterName,
    may_change: bool,
}

impl Desk<'_> {
    /// Makes a child, or writes its spec if it is to change.
    fn want<S: PartialEq + Clone, T>(
        &self,
        plan: &mut Plan,
        name: String,
        found: Option<&Stored<S, T>>,
        wanted: S,
        wrap: fn(S) -> Child,
    ) {
        match found {
            None => plan.step(RecordStep::CreateChild { name, child: wrap(wanted) }),
            // It goes first; then another one is made.
            Some(found) if found.is_going() => {}
            Some(found) if found.spec == wanted || !self.may_change => {}
            Some(found) => {
                let seen = found.meta.resource_version.clone();
                plan.step(RecordStep::UpdateChild { name, seen, child: wrap(wanted) });
            }
        }
    }

    fn drop_child(&self, plan: &mut Plan, meta: &Meta) {
        if meta.deleting.is_none() && self.may_change {
            plan.step(RecordStep::DeleteChild { object: meta.reference() });
        }
    }

    fn storage(&self, plan: &mut Plan) {
        let (spec, found) = (&self.case.view.record.spec.storage, self.case.view.children.storage.as_ref());
        let fresh = StorageTenantSpec {
            cluster_name: self.name.clone(),
            backend: spec.backend,
            quota_gib: spec.quota_gib,
            credential_generation: 1,
            paused: false,
        };
        let wanted = found
            .map_or(fresh, |found| StorageTenantSpec { quota_gib: spec.quota_gib, ..found.spec.clone() });
        self.want(plan, self.name.to_string(), found, wanted, Child::StorageTenant);
    }

    fn balancers(&self, plan: &mut Plan) {
        let spec = &self.case.view.record.spec;
        let balancers = &self.case.view.children.balancers;
        let pools = &self.case.view.children.pools;
        let find = |role| balancers.iter().find(|one| one.spec.role == role);
        let fresh = |role, ports: &[u16], provider| LoadBalancerSpec {
            cluster_name: self.name.clone(),
            role,
            provider,
            ports: ports.to_vec(),
            failovers: 0,
            paused: false,
        };
        let mut want = |role, ports, provider| {
            let name = names::balancer(&self.name, role);
            let wanted = find(role).map_or_else(|| fresh(role, ports, provider), |found| found.spec.clone());
            self.want(plan, name, find(role), wanted, Child::LoadBalancer);
        };
        want(BalancerRole::Api, API_PORTS.as_slice(), spec.load_balancers.api.provider);
        if spec.ingress.is_some() {
            want(BalancerRole::Ingress, INGRESS_PORTS.as_slice(), spec.load_balancers.ingress.provider);
        } else if let Some(found) = find(BalancerRole::Ingress)
            && !pools.iter().any(|pool| pool.spec.role == PoolRole::Ingress)
        {
            self.drop_child(plan, &found.meta);
        }
    }

    fn etcd(&self, plan: &mut Plan) {
        let (spec, found) = (&self.case.view.record.spec, self.case.view.children.etcd.as_ref());
        let fresh = || EtcdSpec {
            cluster_name: self.name.clone(),
            release: spec.release,
            replicas: spec.etcd.replicas,
            flavor: spec.etcd.flavor.clone(),
            backup: spec.etcd.backup.clone(),
            backup_request: None,
            restore: None,
            paused: false,
        };
        let backup = spec.etcd.backup.clone();
        let wanted = found.map_or_else(fresh, |found| EtcdSpec { backup, ..found.spec.clone() });
        self.want(plan, self.name.to_string(), found, wanted, Child::Etcd);
    }

    fn control_plane(&self, plan: &mut Plan) {
        let (spec, found) = (&self.case.view.record.spec, self.case.view.children.control_plane.as_ref());
        let fresh = || ControlPlaneSpec {
            cluster_name: self.name.clone(),
            release: spec.release,
            replicas: spec.control_plane.replicas,
            flavor: spec.control_plane.flavor.clone(),
            replace_before: None,
            paused: false,
        };
        let grown = |found: &Stored<ControlPlaneSpec, _>| ControlPlaneSpec {
            replicas: found.spec.replicas.max(spec.control_plane.replicas),
            ..found.spec.clone()
        };
        let wanted = found.map_or_else(fresh, grown);
        self.want(plan, self.name.to_string(), found, wanted, Child::ControlPlane);
    }

    fn pools(&self, plan: &mut Plan) {
        let mut wanted = self.workers();
        wanted.extend(self.ingress());
        let pools = &self.case.view.children.pools;
        for (name, mut spec) in wanted {
            let found = pools.iter().find(|pool| pool.spec.pool == spec.pool);
            if let Some(found) = found {
                spec.victims = found.spec.victims.clone();
                spec.paused = found.spec.paused;
            }
            self.want(plan, name, found, spec, Child::Deployment);
        }
        let spec = &self.case.view.record.spec;
        for pool in pools {
            let is_wanted = match pool.spec.role {
                PoolRole::Ingress => spec.ingress.is_some(),
                PoolRole::Worker => spec.workers.iter().any(|one| one.name == pool.spec.pool),
            };
            if !is_wanted {
                self.drop_child(plan, &pool.meta);
            }
        }
    }

    fn workers(&self) -> Vec<(String, MachineDeploymentSpec)> {
        let workers = &self.case.view.record.spec.workers;
        let spec = |pool: &crate::api::cluster::WorkerPool| MachineDeploymentSpec {
            replicas: self.replicas(&pool.name, pool.replicas, pool.autoscale.map_or(0, |bounds| bounds.min)),
            autoscale: pool.autoscale,
            root_volume_gib: pool.root_volume_gib,
            reserved: pool.reserved.clone(),
            labels: pool.labels.clone(),
            taints: pool.taints.clone(),
            ..self.pool(PoolRole::Worker, pool.name.clone(), pool.flavor.clone())
        };
        workers.iter().map(|pool| (names::pool(&self.name, &pool.name), spec(pool))).collect()
    }

    fn ingress(&self) -> Option<(String, MachineDeploymentSpec)> {
        let pool = self.case.view.record.spec.ingress.as_ref()?;
        let name = PoolName::try_from("ingress".to_owned()).ok()?;
        let replicas = self.replicas(&name, pool.replicas, 0);
        let spec =
            MachineDeploymentSpec { replicas, ..self.pool(PoolRole::Ingress, name, pool.flavor.clone()) };
        Some((names::ingress(&self.name), spec))
    }

    /// A pool's count: what the cluster holds it to, or what is there, or what it begins with.
    fn replicas(&self, pool: &PoolName, held: Option<u32>, first: u32) -> u32 {
        let found = self.case.view.children.pools.iter().find(|one| one.spec.pool == *pool);
        held.or(found.map(|found| found.spec.replicas)).unwrap_or(first)
    }

    fn pool(
        &self,
        role: PoolRole,
        pool: PoolName,
        flavor: crate::api::text::CloudName,
    ) -> MachineDeploymentSpec {
        let upgrade = &self.case.view.record.spec.upgrade;
        MachineDeploymentSpec {
            cluster_name: self.name.clone(),
            role,
            pool,
            replicas: 0,
            autoscale: None,
            release: release_now(self.case),
            flavor,
            root_volume_gib: None,
            reserved: None,
            labels: Labels::default(),
            taints: Taints::default(),
            rollout: RolloutStrategy {
                max_surge: upgrade.max_surge,
                max_unavailable: upgrade.max_unavailable,
            },
            victims: Vec::new(),
            paused: false,
        }
    }

    fn addons(&self, plan: &mut Plan) {
        let (spec, addons) = (&self.case.view.record.spec, &self.case.view.children.addons);
        // The Release that was read is the wanted one; while another one runs, its addons stay.
        let Some(release) =
            self.case.view.release.as_ref().filter(|_| spec.release == release_now(self.case))
        else {
            return;
        };
        let asked = |name| spec.addons.iter().find(|addon| addon.name == name);
        let is_wanted = |addon: &&ReleaseAddon| !addon.optional || asked(addon.name.clone()).is_some();
        for addon in release.spec.addons.iter().filter(is_wanted) {
            let found = addons.iter().find(|one| one.spec.name == addon.name);
            let wanted = AddonSpec {
                cluster_name: self.name.clone(),
                name: addon.name.clone(),
                version: addon.version.clone(),
                values: asked(addon.name.clone()).map_or_else(Values::default, |asked| asked.values.clone()),
                paused: found.is_some_and(|found| found.spec.paused),
            };
            self.want(plan, names::addon(&self.name, &addon.name), found, wanted, Child::Addon);
        }
        for addon in addons {
            let mut all = release.spec.addons.iter().filter(is_wanted);
            if !all.any(|one| one.name == addon.spec.name) {
                self.drop_child(plan, &addon.meta);
            }
        }
    }

    /// What the spec wants of machines that are not replaced by their loops yet.
    fn say_what_waits(&self, plan: &mut Plan) {
        let (case, spec) = (self.case, &self.case.view.record.spec);
        if spec.release != release_now(case) {
            let what = format!("the upgrade to {}, which this engine does not carry out", spec.release);
            case.wait(plan, WaitingOn::Earlier { what }, case.now, case.policy.hold);
        }
        let etcd = case.view.children.etcd.as_ref();
        let etcd = etcd.is_some_and(|etcd| {
            etcd.spec.flavor != spec.etcd.flavor || etcd.spec.replicas != spec.etcd.replicas
        });
        let control = case.view.children.control_plane.as_ref();
        let control = control.is_some_and(|control| {
            control.spec.flavor != spec.control_plane.flavor
                || control.spec.replicas > spec.control_plane.replicas
        });
        if etcd || control {
            let what =
                "replacing members of etcd or control planes, which this engine does not do".to_owned();
            case.wait(plan, WaitingOn::Earlier { what }, case.now, case.policy.hold);
        }
    }
}
