//! Pods: where they run, and what becomes of them when they are evicted or their node is lost.

use insta::assert_snapshot;
use kaasboard::simulation::faults::Fault;

use crate::stage::{Act, Stage};
use crate::{BEGINNING, WHOLE, check};

use Act::{Admit, Apply, Boot, Break, Drain, Fence, RemoveNode, Wait};

const SHOP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, namespace: default }
spec:
  replicas: 4
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers: [{ name: shop, image: shop }]
";

const BUDGET: &str = "
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: shop, namespace: default }
spec:
  minAvailable: 4
  selector: { matchLabels: { app: shop } }
";

const CLASS: &str = "
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast }
provisioner: csi.example.net
volumeBindingMode: WaitForFirstConsumer
";

const BASE: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: base, namespace: default }
spec:
  serviceName: base
  replicas: 1
  selector: { matchLabels: { app: base } }
  template:
    metadata: { labels: { app: base } }
    spec:
      containers: [{ name: base, image: base }]
  volumeClaimTemplates:
  - metadata: { name: data }
    spec:
      storageClassName: fast
      accessModes: [ReadWriteOnce]
      resources: { requests: { storage: 1Gi } }
";

/// Two workers that take pods, with a Deployment on them.
const AT_WORK: &[Act] = &[Admit("w1"), Admit("w2"), Apply(SHOP), Wait(5)];
/// A pod with a volume of its own on the first worker.
const WITH_VOLUME: &[Act] = &[Admit("w1"), Apply(CLASS), Apply(BASE), Wait(5), Admit("w2"), Wait(5)];

/// What the API says of a refused request, and why.
fn refusal(answer: Result<(), kube::Error>) -> String {
    let Err(kube::Error::Api(status)) = answer else { panic!("not refused: {answer:?}") };
    let why = status.details.unwrap().causes[0].message.clone();
    format!("{} {} {why}", status.code, status.message)
}

async fn shown(stories: &[&[Act]]) -> (Stage, String) {
    let all: Vec<&[Act]> = [BEGINNING, WHOLE].into_iter().chain(stories.iter().copied()).collect();
    let (stage, _) = check(&all).await;
    let pods = stage.pods().await;
    (stage, pods)
}

#[tokio::test(start_paused = true)]
async fn pods_are_spread_over_the_nodes_that_take_them_and_wait_where_there_are_none() {
    let (stage, pods) = shown(&[AT_WORK]).await;
    assert_snapshot!(pods, @"
    cni on shop-c1: Running, ready
    cni on shop-w1: Running, ready
    cni on shop-w2: Running, ready
    shop-570edae576 on shop-w1: Running, ready
    shop-570edae576 on shop-w1: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    ");
    let status = &stage.list("Deployment", "apps/v1").await[0].data["status"];
    assert_snapshot!(status, @r#"{"availableReplicas":4,"observedGeneration":1,"readyReplicas":4,"replicas":4,"unavailableReplicas":0,"updatedReplicas":4}"#);
    let status = &stage.list("DaemonSet", "apps/v1").await[0].data["status"];
    assert_snapshot!(status, @r#"{"currentNumberScheduled":3,"desiredNumberScheduled":3,"numberAvailable":3,"numberMisscheduled":0,"numberReady":3,"numberUnavailable":0,"observedGeneration":1,"updatedNumberScheduled":3}"#);
    let (_, pods) = shown(&[&[Apply(SHOP), Wait(5)]]).await;
    assert_snapshot!(pods, @"
    cni on shop-c1: Running, ready
    cni on shop-w1: Running, ready
    cni on shop-w2: Running, ready
    shop-570edae576 on -: Pending
    shop-570edae576 on -: Pending
    shop-570edae576 on -: Pending
    shop-570edae576 on -: Pending
    ");
}

#[tokio::test(start_paused = true)]
async fn an_evicted_pod_comes_back_elsewhere_and_its_budget_is_kept() {
    let (_, pods) = shown(&[AT_WORK, &[Drain("w1"), Wait(5)]]).await;
    assert_snapshot!(pods, @"
    cni on shop-c1: Running, ready
    cni on shop-w1: Running, ready
    cni on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    ");
    let (stage, _) = shown(&[AT_WORK, &[Apply(BUDGET), Wait(1)]]).await;
    assert_snapshot!(refusal(stage.drained("w1").await), @"429 Cannot evict pod as it would violate the pod's disruption budget. The disruption budget shop needs 4 healthy pods and has 4 currently");
}

#[tokio::test(start_paused = true)]
async fn pods_of_a_lost_node_are_replaced_after_five_minutes_and_stay_until_the_node_is_removed() {
    let lost = &[Break("w1", Fault::ServerDies), Wait(330)];
    let (_, pods) = shown(&[AT_WORK, lost]).await;
    assert_snapshot!(pods, @"
    cni on shop-c1: Running, ready
    cni on shop-w1: Running
    cni on shop-w2: Running, ready
    shop-570edae576 on shop-w1: Running
    shop-570edae576 on shop-w1: Running
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    ");
    let (_, pods) = shown(&[AT_WORK, lost, &[Wait(30)]]).await;
    assert_snapshot!(pods, @"
    cni on shop-c1: Running, ready
    cni on shop-w1: Running
    cni on shop-w2: Running, ready
    shop-570edae576 on shop-w1: Running, leaving
    shop-570edae576 on shop-w1: Running, leaving
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    ");
    let (_, pods) = shown(&[AT_WORK, lost, &[Wait(30), RemoveNode("w1"), Wait(5)]]).await;
    assert_snapshot!(pods, @"
    cni on shop-c1: Running, ready
    cni on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    shop-570edae576 on shop-w2: Running, ready
    ");
}

#[tokio::test(start_paused = true)]
async fn a_volume_has_one_node_at_a_time_and_leaves_a_lost_one_only_when_it_is_fenced() {
    let (_, pods) = shown(&[WITH_VOLUME]).await;
    assert_snapshot!(pods, @"
    a volume on shop-w1
    base on shop-w1: Running, ready
    cni on shop-c1: Running, ready
    cni on shop-w1: Running, ready
    cni on shop-w2: Running, ready
    ");
    let (_, pods) = shown(&[WITH_VOLUME, &[Drain("w1"), Wait(10)]]).await;
    assert_snapshot!(pods, @"
    a volume on shop-w2
    base on shop-w2: Running, ready
    cni on shop-c1: Running, ready
    cni on shop-w1: Running, ready
    cni on shop-w2: Running, ready
    ");
    let lost = &[Break("w1", Fault::ServerDies), Wait(3600)];
    let (_, pods) = shown(&[WITH_VOLUME, lost]).await;
    assert_snapshot!(pods, @"
    a volume on shop-w1
    base on shop-w1: Running, leaving
    cni on shop-c1: Running, ready
    cni on shop-w1: Running
    cni on shop-w2: Running, ready
    ");
    let (_, pods) = shown(&[WITH_VOLUME, lost, &[Fence("w1"), Wait(10)]]).await;
    assert_snapshot!(pods, @"
    a volume on shop-w2
    base on shop-w2: Running, ready
    cni on shop-c1: Running, ready
    cni on shop-w1: Running
    cni on shop-w2: Running, ready
    ");
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_gets_what_runs_everywhere() {
    let (_, pods) = shown(&[&[Boot("w3"), Wait(70)]]).await;
    assert_snapshot!(pods, @"
    cni on shop-c1: Running, ready
    cni on shop-w1: Running, ready
    cni on shop-w2: Running, ready
    cni on shop-w3: Running, ready
    ");
}
