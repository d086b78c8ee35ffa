//! The insides of user clusters: user data that would bring a machine to life does, and what would not does not.
//!
//! Every test is a story of acts and pictures, put through one `check`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so by panicking")]

mod pods;
mod stage;

use std::time::Duration;

use futures::{StreamExt, future};
use insta::assert_snapshot;
use k8s_openapi::api::core::v1::{Node, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kaasboard::clock;
use kaasboard::simulation::faults::{Fault, Segment};
use kaasboard::workload::access::Workloads;
use kube::Api;
use kube::api::{DeleteParams, PostParams, WatchEvent};
use stage::{Act, Stage};
use tokio::time::sleep;

use Act::{Apply, Boot, Break, Delete, Name, Pool, RemoveNode, Token, Twisted, Wait};

const CNI: &str = "
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: cni, namespace: kube-system, labels: { kaasboard.dev/addon: cni } }
spec:
  selector: { matchLabels: { app: cni } }
  template:
    metadata: { labels: { app: cni } }
    spec:
      tolerations: [{ operator: Exists }]
      containers: [{ name: cni, image: cni }]
";

/// etcd and the first control plane node, as the engine makes them.
pub const BEGINNING: &[Act] =
    &[Boot("e1"), Boot("e2"), Boot("e3"), Boot("c1"), Name, Wait(70), Pool("c1"), Wait(60)];

/// Plays the acts on a stage, and tells what is then to be seen.
pub async fn check(stories: &[&[Act]]) -> (Stage, String) {
    let mut stage = Stage::set().await;
    let insides = stage.insides.clone();
    let driver = tokio::spawn(async move { insides.drive().await });
    for act in stories.iter().copied().flatten() {
        stage.act(*act).await;
    }
    let picture = stage.picture().await;
    driver.abort();
    (stage, picture)
}

#[tokio::test(start_paused = true)]
async fn etcd_comes_first_and_needs_a_quorum() {
    let (_, seen) = check(&[&[Boot("e1"), Wait(40)]]).await;
    assert_snapshot!(seen, @"
    after 40 s
    e1 no leader
    ServiceError: the API of acme/shop at 198.18.0.10 does not answer: connection refused
    ");
    let (_, seen) = check(&[&[Boot("e1"), Boot("e2"), Wait(40)]]).await;
    assert_snapshot!(seen, @"
    after 40 s
    e1 leads 3
    e2 follows
    ServiceError: the API of acme/shop at 198.18.0.10 does not answer: connection refused
    ");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_comes_up_in_order_and_is_ready_once_it_has_a_network() {
    let (_, seen) = check(&[BEGINNING]).await;
    assert_snapshot!(seen, @"
    after 130 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=False, lease 0 s old, control-plane:NoSchedule not-ready:NoSchedule not-ready:NoExecute
    ");
    let more = &[Token, Boot("c2"), Boot("w1"), Pool("c2"), Wait(70)];
    let (_, seen) = check(&[BEGINNING, more]).await;
    assert_snapshot!(seen, @"
    after 200 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=False, lease 0 s old, control-plane:NoSchedule not-ready:NoSchedule not-ready:NoExecute
    shop-c2 Ready=False, lease 0 s old, control-plane:NoSchedule not-ready:NoSchedule not-ready:NoExecute
    shop-w1 Ready=False, lease 0 s old, starting:NoSchedule not-ready:NoSchedule not-ready:NoExecute
    ");
    let (_, seen) = check(&[BEGINNING, more, &[Apply(CNI), Wait(10)]]).await;
    assert_snapshot!(seen, @"
    after 210 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-c2 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-w1 Ready=True, lease 0 s old, starting:NoSchedule
    ");
}

/// A whole cluster at rest: one control plane node, two workers, a network. It is 300 s old.
pub const WHOLE: &[Act] = &[Token, Boot("w1"), Boot("w2"), Apply(CNI), Wait(170)];

#[tokio::test(start_paused = true)]
async fn what_would_not_come_to_life_does_not_and_its_console_says_why() {
    let cases: &[(&str, &[&[Act]])] = &[
        ("e1", &[&[Twisted("e1", "name: shop-e1", "name: shop-e9"), Wait(60)]]),
        ("e1", &[&[Twisted("e1", "shop-e2=https://10.0.0.11:", "shop-e2=https://10.9.9.9:"), Wait(60)]]),
        ("e1", &[&[Twisted("e1", "path: /etc/etcd/pki/peer.key", "path: /etc/etcd/pki/pear.key"), Wait(60)]]),
        (
            "e2",
            &[&[
                Boot("e1"),
                Twisted("e2", "initial-cluster-token: 0b", "initial-cluster-token: 0c"),
                Wait(60),
            ]],
        ),
        ("c1", &[&[Boot("e1"), Boot("e2"), Boot("c1"), Wait(90)]]),
        ("c1", &[&[Boot("e1"), Boot("e2"), Boot("c1"), Name, Wait(90)]]),
        ("c1", &[&[Boot("e1"), Boot("c1"), Name, Wait(70), Pool("c1"), Wait(60)]]),
        ("w1", &[BEGINNING, &[Boot("w1"), Wait(70)]]),
        ("w1", &[BEGINNING, &[Token, Wait(1200), Boot("w1"), Wait(70)]]),
        ("w1", &[BEGINNING, &[Token, Twisted("w1", "- sha256:", "- sha256:0"), Wait(70)]]),
        ("w1", &[BEGINNING, &[Token, Twisted("w1", "kaasboard.dev/pool", "k8s.io/pool"), Wait(70)]]),
        ("w1", &[BEGINNING, &[Token, Twisted("w1", "#cloud-config", "#cloud-boothook"), Wait(70)]]),
        ("w1", &[BEGINNING, &[Token, Twisted("w1", "v1beta4", "v1beta3"), Wait(70)]]),
        ("w1", &[BEGINNING, &[Token, Boot("w1"), Wait(70)]]),
    ];
    let mut said = String::new();
    for (machine, stories) in cases {
        let (stage, seen) = check(stories).await;
        let lives = seen.contains(&format!("{machine} Ready")) || seen.contains(&format!("{machine} leads"));
        said += &format!("{}{}\n", stage.console(machine).await, if lives { " (lives)" } else { "" });
    }
    assert_snapshot!(said, @r#"
    shop-e1: etcd: --initial-cluster has no shop-e9=https://10.0.0.10:2380
    shop-e1: etcd: --initial-cluster: nobody has the address of https://10.9.9.9:2380
    shop-e1: /etc/etcd/pki/peer.key: no such file or directory
    shop-e2: etcd: request sent was ignored by remote peer due to cluster ID mismatch
    shop-c1: kubeadm: dial tcp: lookup shop.k8s.example.net: no such host
    shop-c1: kubeadm: shop.k8s.example.net:6443 leads to no API server that answers
    shop-c1: kubeadm: no member of etcd answers: context deadline exceeded
    shop-w1: kubeadm: could not find a JWS signature for token ID "e15b25"
    shop-w1: kubeadm: the token "e15b25" is refused: it has expired
    shop-w1: kubeadm: the cluster's authority matches none of caCertHashes
    shop-w1: kubelet: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: k8s.io/pool
    shop-w1: cloud-init: the user data is no cloud-config
    shop-w1: /etc/kubernetes/kubeadm.yaml: JoinConfiguration of kubeadm.k8s.io/v1beta3 is not known here
    cloud-init: running 'modules:config' for shop-w1 (lives)
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_s_node_is_unknown_after_a_while_and_stays_until_it_is_removed() {
    let (_, seen) = check(&[BEGINNING, WHOLE, &[Break("w1", Fault::ServerDies), Wait(38)]]).await;
    assert_snapshot!(seen, @"
    after 338 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 8 s old, control-plane:NoSchedule
    shop-w1 Ready=True, lease 38 s old, starting:NoSchedule
    shop-w2 Ready=True, lease 8 s old, starting:NoSchedule
    ");
    let (_, seen) = check(&[BEGINNING, WHOLE, &[Break("w1", Fault::ServerDies), Wait(45)]]).await;
    assert_snapshot!(seen, @"
    after 345 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 5 s old, control-plane:NoSchedule
    shop-w1 Ready=Unknown, lease 45 s old, starting:NoSchedule unreachable:NoSchedule unreachable:NoExecute
    shop-w2 Ready=True, lease 5 s old, starting:NoSchedule
    ");
    let (_, seen) = check(&[BEGINNING, WHOLE, &[Delete("w1"), Wait(7200)]]).await;
    assert_snapshot!(seen, @"
    after 7500 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-w1 Ready=Unknown, lease 7200 s old, starting:NoSchedule unreachable:NoSchedule unreachable:NoExecute
    shop-w2 Ready=True, lease 0 s old, starting:NoSchedule
    ");
    let (_, seen) = check(&[BEGINNING, WHOLE, &[Delete("w1"), Wait(60), RemoveNode("w1")]]).await;
    assert_snapshot!(seen, @"
    after 360 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-w2 Ready=True, lease 0 s old, starting:NoSchedule
    ");
}

/// What was only out of reach is back at once: nothing there had stopped, so that nothing has to start.
#[tokio::test(start_paused = true)]
async fn a_network_that_is_back_leads_to_programs_that_ran_on() {
    let out = |out| match out {
        true => (|_| Fault::NetworkOut { of: Segment::Zone("az2".into()), out: true }) as fn(_) -> _,
        false => |_| Fault::NetworkOut { of: Segment::Zone("az2".into()), out: false },
    };
    let back = &[Break("w1", out(true)), Wait(60), Break("w1", out(false)), Wait(10)];
    let (_, seen) = check(&[BEGINNING, WHOLE, back]).await;
    assert_snapshot!(seen, @"
    after 370 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-w1 Ready=True, lease 0 s old, starting:NoSchedule
    shop-w2 Ready=True, lease 0 s old, starting:NoSchedule
    ");
}

#[tokio::test(start_paused = true)]
async fn a_kubelet_that_is_stopped_looks_as_dead_as_a_zone_that_is_dark_until_it_is_back() {
    let kubelet = |stopped| match stopped {
        true => (|server| Fault::KubeletStops { server, stopped: true }) as fn(_) -> _,
        false => |server| Fault::KubeletStops { server, stopped: false },
    };
    let (_, seen) = check(&[BEGINNING, WHOLE, &[Break("w2", kubelet(true)), Wait(60)]]).await;
    assert_snapshot!(seen, @"
    after 360 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-w1 Ready=True, lease 0 s old, starting:NoSchedule
    shop-w2 Ready=Unknown, lease 60 s old, starting:NoSchedule unreachable:NoSchedule unreachable:NoExecute
    ");
    let back = &[Break("w2", kubelet(true)), Wait(60), Break("w2", kubelet(false)), Wait(60)];
    let (_, seen) = check(&[BEGINNING, WHOLE, back]).await;
    assert_snapshot!(seen, @"
    after 420 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-w1 Ready=True, lease 0 s old, starting:NoSchedule
    shop-w2 Ready=True, lease 0 s old, starting:NoSchedule
    ");
    let dark = |down| match down {
        true => (|_| Fault::ZoneDown { zone: "az2".into(), down: true }) as fn(_) -> _,
        false => |_| Fault::ZoneDown { zone: "az2".into(), down: false },
    };
    let (_, seen) = check(&[BEGINNING, WHOLE, &[Break("w1", dark(true)), Wait(60)]]).await;
    assert_snapshot!(seen, @"
    after 360 s
    e1 follows
    e2 the etcd member of acme/shop at 10.0.0.11 does not answer: i/o timeout
    e3 leads 3
    shop-c1 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-w1 Ready=Unknown, lease 60 s old, starting:NoSchedule unreachable:NoSchedule unreachable:NoExecute
    shop-w2 Ready=True, lease 0 s old, starting:NoSchedule
    ");
    let (_, seen) =
        check(&[BEGINNING, WHOLE, &[Break("w1", dark(true)), Wait(60), Break("w1", dark(false)), Wait(60)]])
            .await;
    assert_snapshot!(seen, @"
    after 420 s
    e1 follows
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-w1 Ready=True, lease 0 s old, starting:NoSchedule
    shop-w2 Ready=True, lease 0 s old, starting:NoSchedule
    ");
}

#[tokio::test(start_paused = true)]
async fn without_a_quorum_the_api_is_gone_and_with_one_it_is_back() {
    let stop: fn(_) -> _ = |server| Fault::EtcdStops { server, stopped: true };
    let start: fn(_) -> _ = |server| Fault::EtcdStops { server, stopped: false };
    let lost = &[Break("e1", stop), Break("e3", stop), Wait(5)];
    let (stage, seen) = check(&[BEGINNING, WHOLE, lost]).await;
    assert_snapshot!(seen, @"
    after 305 s
    e1 the etcd member of acme/shop at 10.0.0.10 does not answer: connection refused
    e2 no leader
    e3 the etcd member of acme/shop at 10.0.0.12 does not answer: connection refused
    ServiceError: the API of acme/shop at 198.18.0.10 does not answer: connection refused
    ");
    let ready = stage.insides.api_server_ready(&stage.access, stage.address("c1")).await;
    assert_eq!(ready, Ok(false), "it runs, and says that it is not ready");
    let silent = stage.insides.api_server_ready(&stage.access, stage.address("w1")).await;
    assert_snapshot!(silent.unwrap_err(), @"the API server of acme/shop at 10.0.0.16 does not answer: connection refused");
    let (_, seen) = check(&[BEGINNING, WHOLE, lost, &[Break("e3", start), Wait(5)]]).await;
    assert_snapshot!(seen, @"
    after 310 s
    e1 the etcd member of acme/shop at 10.0.0.10 does not answer: connection refused
    e2 follows
    e3 leads 3
    shop-c1 Ready=True, lease 0 s old, control-plane:NoSchedule
    shop-w1 Ready=True, lease 0 s old, starting:NoSchedule
    shop-w2 Ready=True, lease 0 s old, starting:NoSchedule
    ");
}

#[tokio::test(start_paused = true)]
async fn who_has_other_keys_is_refused() {
    let (stage, _) = check(&[BEGINNING]).await;
    let (mut foreign, address) = (stage.access.clone(), stage.address("e1"));
    (foreign.kubernetes, foreign.etcd) = (foreign.etcd, foreign.kubernetes);
    let client = stage.insides.client(&foreign).await.unwrap();
    assert_snapshot!(client.apiserver_version().await.unwrap_err(), @"ServiceError: the API of acme/shop at 198.18.0.10 refuses the engine's certificate");
    assert_snapshot!(stage.insides.etcd(&foreign, address).await.unwrap_err(), @"the etcd member of acme/shop at 10.0.0.10 refuses the engine's certificate");
}

/// What is compacted makes room in the file and does not shorten it: a size that came and went would be a change at rest.
#[tokio::test(start_paused = true)]
async fn a_database_keeps_the_pages_that_become_free() {
    let (stage, _) = check(&[BEGINNING]).await;
    let size = async || stage.insides.etcd(&stage.access, stage.address("e1")).await.unwrap().db_bytes;
    let secrets: Api<Secret> =
        Api::namespaced(stage.insides.client(&stage.access).await.unwrap(), "kube-system");
    let make = async |name: String| {
        let metadata = ObjectMeta { name: Some(name), ..ObjectMeta::default() };
        secrets.create(&PostParams::default(), &Secret { metadata, ..Secret::default() }).await.unwrap();
    };
    let empty = size().await;
    for index in 0..50 {
        make(format!("secret-{index}")).await;
    }
    let full = size().await;
    for index in 0..50 {
        secrets.delete(&format!("secret-{index}"), &DeleteParams::default()).await.unwrap();
    }
    sleep(Duration::from_secs(400)).await;
    make("last".to_owned()).await;
    assert!(empty < full && full <= size().await, "{empty}, {full}, {}", size().await);
}

#[tokio::test(start_paused = true)]
async fn who_watches_sees_what_time_brings_until_the_api_is_lost() {
    let mut stage = Stage::set().await;
    let insides = stage.insides.clone();
    let driver = tokio::spawn(async move { insides.drive().await });
    for act in BEGINNING.iter().chain(WHOLE) {
        stage.act(*act).await;
    }
    let parameters = kube::api::WatchParams::default().fields("metadata.name=shop-w1");
    let nodes = stage.api("Node", "v1").await;
    let version = nodes.get("shop-w1").await.unwrap().metadata.resource_version.unwrap();
    let mut changes = nodes.watch(&parameters, &version).await.unwrap().boxed();
    stage.act(Break("w1", Fault::ServerDies)).await;
    let died = clock::now();
    let Some(Ok(WatchEvent::Modified(node))) = changes.next().await else { panic!("no change") };
    let conditions = node.data["status"]["conditions"].as_array().unwrap();
    assert!(conditions.iter().all(|condition| condition["status"] == "Unknown"));
    assert_eq!((clock::now() - died).num_seconds(), 40);
    for machine in ["e1", "e2"] {
        stage.act(Break(machine, |server| Fault::EtcdStops { server, stopped: true })).await;
    }
    let broken = changes.skip_while(|change| future::ready(change.is_ok())).next().await;
    assert_snapshot!(broken.unwrap().unwrap_err(), @"Error reading events stream: ServiceError: connection reset");
    driver.abort();
}

#[tokio::test(start_paused = true)]
async fn who_looks_early_and_who_looks_later_see_the_same_cluster() {
    let mut stage = Stage::set().await;
    let insides = stage.insides.clone();
    let early = insides.client(&stage.access).await.unwrap();
    let driver = tokio::spawn(async move { insides.drive().await });
    for act in BEGINNING {
        stage.act(*act).await;
    }
    let seen = Api::<Node>::all(early).list(&Default::default()).await.unwrap();
    assert_eq!(seen.items.len(), stage.list("Node", "v1").await.len());
    assert_eq!((seen.items.len(), stage.insides.count()), (1, 1));
    driver.abort();
    let bare = Stage::set().await;
    bare.delete_ports().await;
    let _early = bare.insides.client(&bare.access).await.unwrap();
    bare.insides.advance_all().await;
    assert_eq!(bare.insides.count(), 1, "what has no server yet is not over");
}

#[tokio::test(start_paused = true)]
async fn of_a_cluster_that_is_gone_no_inside_is_kept() {
    let (mut stage, _) = check(&[BEGINNING]).await;
    for machine in ["e1", "e2", "e3", "c1"] {
        stage.act(Delete(machine)).await;
    }
    stage.delete_ports().await;
    stage.insides.advance_all().await;
    assert_eq!(stage.insides.count(), 0);
    assert!(stage.insides.client(&stage.access).await.unwrap().apiserver_version().await.is_err());
    assert_eq!(stage.insides.count(), 0);
}
