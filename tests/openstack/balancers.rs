//! Balancers, which refuse changes while one is under way.

use std::net::IpAddr;

use kaasboard::api::names::Tag;
use kaasboard::cloud::errors::CloudErrorKind;
use kaasboard::cloud::types::balancer::{
    Balancer, BalancerId, Monitor, NewBalancer, NewListener, Operating, PoolId, PoolMember, Provisioning,
};

use crate::helper::stage::{FRONTEND, Stage, kind, tell};

#[test]
fn a_balancer_comes_with_its_pools_takes_one_change_at_a_time_and_goes_with_all_in_it() {
    tell("a balancer's life", |stage| Box::pin(life(stage)));
}

fn wanted(stage: &Stage) -> NewBalancer {
    let listener = |listens, monitor| NewListener { listens, monitor };
    NewBalancer {
        project: stage.project.clone(),
        name: format!("{}-api", stage.mark),
        network: FRONTEND.into(),
        provider: "amphora".into(),
        flavor: None,
        listeners: vec![listener(6443, Monitor::Https("/readyz".into())), listener(80, Monitor::Tcp)],
        tags: vec![Tag::ClusterUid(stage.mark.clone()).to_string()],
    }
}

async fn settled(stage: &Stage, id: &BalancerId) -> Balancer {
    stage
        .until("a balancer settles", async || {
            let balancer = stage.cloud.balancer(&stage.project, id).await.unwrap();
            (!balancer.provisioning.is_pending()).then_some(balancer)
        })
        .await
}

fn members(balancer: &Balancer) -> Vec<&PoolMember> {
    balancer.pools.iter().flat_map(|pool| &pool.members).collect()
}

async fn life(stage: &Stage) {
    let (cloud, project, wanted) = (&stage.cloud, &stage.project, wanted(stage));
    let id = cloud.create_balancer(&wanted).await.unwrap();
    let made = cloud.balancer(project, &id).await.unwrap();
    assert_eq!(made.provisioning, Provisioning::PendingCreate);
    assert!(made.vip.is_some(), "its address is known from the start");
    assert_eq!((&made.name, &made.tags, &made.project), (&wanted.name, &wanted.tags, project));
    let refused = kind(cloud.delete_balancer(project, &id).await);
    assert!(matches!(refused, CloudErrorKind::Conflict(_)), "{refused}");
    let there = settled(stage, &id).await;
    assert_eq!((there.provisioning, &there.provider), (Provisioning::Active, &wanted.provider));
    let mut listens: Vec<u16> = there.pools.iter().map(|pool| pool.listens).collect();
    listens.sort_unstable();
    assert_eq!(listens, [80, 6443]);
    follow(stage, &id, &there).await;
    let tagged = cloud.balancers_tagged(project, &wanted.tags[0]).await.unwrap();
    assert_eq!(tagged.iter().map(|balancer| &balancer.id).collect::<Vec<_>>(), [&id]);
    assert!(cloud.balancers_tagged(project, "kaasboard:cluster-uid=nobody").await.unwrap().is_empty());
    cloud.delete_balancer(project, &id).await.unwrap();
    stage.gone("a balancer", async || cloud.balancer(project, &id).await).await;
    assert!(!cloud.balancers().await.unwrap().items.iter().any(|balancer| balancer.id == id));
    stage.clear(1..3).await;
}

/// Its members come several at a time, once each, and go.
async fn follow(stage: &Stage, id: &BalancerId, there: &Balancer) {
    let (cloud, project) = (&stage.cloud, &stage.project);
    let pool = there.pools.iter().find(|pool| pool.listens == 6443).unwrap().id.clone();
    let (first, server) = stage.server(1).await;
    let (second, another) = stage.server(2).await;
    stage.settled(&server).await;
    stage.settled(&another).await;
    let addresses = [first.addresses[0], second.addresses[0]];
    let add = async |addresses: &[IpAddr]| cloud.add_pool_members(project, id, &pool, addresses, 6443).await;
    add(&addresses[..1]).await.unwrap();
    let refused = kind(add(&addresses).await);
    assert!(matches!(refused, CloudErrorKind::Conflict(_)), "while the first is under way: {refused}");
    let member = members(&settled(stage, id).await)[0].clone();
    add(&addresses).await.unwrap();
    settled(stage, id).await;
    add(&addresses[1..]).await.unwrap();
    settled(stage, id).await;
    let online = online(stage, id, &pool).await;
    assert_eq!(online, cloud.balancer(project, id).await.unwrap(), "a listing shows what a look at one does");
    let known = members(&online);
    let (mut there, mut all) = (known.iter().map(|one| one.address).collect::<Vec<_>>(), addresses);
    there.sort();
    all.sort();
    assert_eq!(there, all, "each once, and who is not named stays");
    assert!(known.iter().any(|one| one.id == member.id), "who was a member stays the same member");
    assert!(known.iter().all(|one| one.port == 6443));
    cloud.remove_pool_member(project, id, &pool, &member.id).await.unwrap();
    let left = settled(stage, id).await;
    assert_eq!(members(&left).iter().map(|one| one.address).collect::<Vec<_>>(), [addresses[1]]);
    let gone = kind(cloud.remove_pool_member(project, id, &pool, &member.id).await);
    assert_eq!(gone, CloudErrorKind::NotFound);
}

async fn online(stage: &Stage, id: &BalancerId, pool: &PoolId) -> Balancer {
    let look = async || {
        let all = stage.cloud.balancers().await.unwrap().items;
        let one = all.into_iter().find(|balancer| balancer.id == *id).unwrap();
        let pool = one.pools.iter().find(|known| known.id == *pool).unwrap();
        pool.members.iter().all(|known| known.operating == Operating::Online).then_some(one)
    };
    stage.until("the members are online", look).await
}
