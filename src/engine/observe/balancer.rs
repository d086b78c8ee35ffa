//! A balancer's record with all that is known of the balancer.

use crate::api::load_balancer::LoadBalancer;
use crate::api::names::Tag;
use crate::api::role::{BalancerRole, Role};
use crate::clock;
use crate::cloud::types::observed::Observed;
use crate::engine::context::Engine;
use crate::engine::observe::context::Scene;
use crate::engine::observe::machine;
use crate::engine::observe::stored::stored;
use crate::engine::turn::TurnError;
use crate::planning::observation::balancer::{BalancerSite, BalancerView};

/// A balancer's record with all that is known of the balancer.
///
/// # Errors
/// When a record lacks what every stored object has.
pub async fn view(engine: &Engine, scene: &Scene, object: &LoadBalancer) -> Result<BalancerView, TurnError> {
    let record = stored("LoadBalancer", object)?;
    let tag = Tag::ClusterUid(scene.facts.uid.clone()).to_string();
    let own_name = record.meta.name.clone();
    let balancers = engine.inventory.balancers(&tag, &own_name);
    let dns = engine.site.dns_name(&record.meta.namespace, &own_name);
    let names = match (&scene.facts.project, &dns) {
        (Some(project), Some(dns)) => {
            let all = engine.projects.names(engine, project).await;
            all.map(|all| all.into_iter().filter(|one| one.name == *dns).collect())
        }
        (None, _) | (_, None) => Observed::known(Vec::new(), clock::now()),
    };
    let members = record.spec.role.members();
    let carrier = engine.site.carrier(record.spec.provider);
    Ok(BalancerView {
        balancers,
        names,
        machines: machine::views(engine, scene, scene.of(members), false).await?,
        wanted: wanted(engine, scene, record.spec.role),
        site: BalancerSite {
            network: engine.site.frontend.clone(),
            provider: carrier.provider,
            flavor: carrier.flavor,
            name: dns,
            can_fail_over: engine.site.own_projects(),
        },
        record,
    })
}

fn wanted(engine: &Engine, scene: &Scene, role: BalancerRole) -> u32 {
    let meta = &scene.record.meta;
    match role {
        BalancerRole::Api => scene.record.spec.control_plane.replicas.get().into(),
        BalancerRole::Ingress => {
            let pools = engine.records.pools.of_cluster(&meta.namespace, &meta.name);
            let ingress = pools.iter().filter(|pool| Role::from(pool.spec.role) == Role::Ingress);
            ingress.map(|pool| pool.spec.replicas).sum()
        }
    }
}
