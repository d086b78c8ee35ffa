//! Balancers, which refuse changes while one is under way.

use std::net::IpAddr;

use kaasboard::api::names::Tag;
use kaasboard::cloud::errors::CloudErrorKind;
use kaasboard::cloud::types::balancer::{
    Balancer, BalancerId, Monitor, NewBalancer, NewListener, Operating, Provisioning,
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
    let pool = there.pools.iter().find(|pool| pool.listens == 6443).unwrap().id.clone();
    let (port, server) = stage.server(1).await;
    stage.settled(&server).await;
    let address: IpAddr = port.addresses[0];
    let add = || cloud.add_pool_member(project, &id, &pool, address, 6443);
    let member = add().await.unwrap();
    let refused = kind(add().await);
    assert!(matches!(refused, CloudErrorKind::Conflict(_)), "while the first is under way: {refused}");
    settled(stage, &id).await;
    let refused = kind(add().await);
    assert!(matches!(&refused, CloudErrorKind::Conflict(why) if why.contains("already")), "{refused}");
    let online = stage.until("the member is online", async || {
        let all = cloud.balancers().await.unwrap().items;
        let one = all.into_iter().find(|balancer| balancer.id == id).unwrap();
        let pool = one.pools.iter().find(|known| known.id == pool).unwrap();
        let is_online = pool.members.iter().any(|known| known.operating == Operating::Online);
        is_online.then_some(one)
    });
    let online = online.await;
    assert_eq!(
        online,
        cloud.balancer(project, &id).await.unwrap(),
        "a listing shows what a look at one does"
    );
    let members: Vec<_> = online.pools.iter().flat_map(|pool| &pool.members).collect();
    assert_eq!(members.len(), 1);
    assert_eq!((&members[0].id, members[0].address, members[0].port), (&member.id, address, 6443));
    cloud.remove_pool_member(project, &id, &pool, &member.id).await.unwrap();
    let empty = settled(stage, &id).await;
    assert!(empty.pools.iter().all(|pool| pool.members.is_empty()));
    let gone = kind(cloud.remove_pool_member(project, &id, &pool, &member.id).await);
    assert_eq!(gone, CloudErrorKind::NotFound);
    let tagged = cloud.balancers_tagged(project, &wanted.tags[0]).await.unwrap();
    assert_eq!(tagged.iter().map(|balancer| &balancer.id).collect::<Vec<_>>(), [&id]);
    assert!(cloud.balancers_tagged(project, "kaasboard:cluster-uid=nobody").await.unwrap().is_empty());
    cloud.delete_balancer(project, &id).await.unwrap();
    stage.gone("a balancer", async || cloud.balancer(project, &id).await).await;
    assert!(!cloud.balancers().await.unwrap().items.iter().any(|balancer| balancer.id == id));
    stage.clear(1..2).await;
}
