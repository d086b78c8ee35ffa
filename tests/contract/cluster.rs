//! The kinds of a cluster's inside, as storage: nodes, pods, workloads, volumes.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::server::told;

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}],
        "schedulerName": "nobody"}})
}

/// A Node is cluster-wide; it is cordoned and tainted through its spec, its conditions are its status.
#[test]
fn a_node_is_kept() {
    let said = told(async |t| {
        t.make("/api/v1/nodes", json!({"metadata": {"name": "NS-node"}, "spec": {"podCIDR": "10.1.0.0/24"}}))
            .await;
        let node = "/api/v1/nodes/NS-node";
        let cordon = json!({"spec": {"unschedulable": true, "taints": [
            {"key": "kaasboard.dev/starting", "effect": "NoSchedule"}]}});
        let spec = t.patch("merge", node, cordon).await;
        t.show(&spec.body, "spec/unschedulable spec/taints/0/key");
        let ready = json!({"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "R", "message": "m",
            "lastHeartbeatTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}});
        let status = t.patch("strategic", &format!("{node}/status"), ready).await;
        t.show(&status.body, "status/conditions/0/type status/conditions/0/status");
        t.get("/api/v1/nodes?fieldSelector=metadata.name=NS-node,spec.unschedulable=true").await;
    });
    assert_snapshot!(said, @r#"
    PATCH /api/v1/nodes/NS-node → 200
      spec/unschedulable=true spec/taints/0/key="kaasboard.dev/starting"
    PATCH /api/v1/nodes/NS-node/status → 200
      status/conditions/0/type="Ready" status/conditions/0/status="True"
    GET /api/v1/nodes?fieldSelector=metadata.name=NS-node,spec.unschedulable=true → 200
    "#);
}

/// A Pod gets its defaults, starts Pending, and takes its phase through its status.
#[test]
fn a_pod_is_kept() {
    let said = told(async |t| {
        t.make("serviceaccounts", json!({"metadata": {"name": "default"}})).await;
        let made = t.post("pods", json!({"metadata": {"name": "a"}, "spec": template()["spec"]})).await;
        t.show(
            &made.body,
            "status/phase spec/restartPolicy spec/terminationGracePeriodSeconds \
            spec/containers/0/imagePullPolicy spec/dnsPolicy",
        );
        let status = json!({"status": {"phase": "Running", "podIP": "10.1.0.5"}});
        let running = t.patch("merge", "pods/a/status", status).await;
        t.show(&running.body, "status/phase status/podIP");
        let image = json!({"spec": {"containers": [{"name": "c", "image": "j"}]}});
        let changed = t.patch("strategic", "pods/a", image).await;
        t.show(&changed.body, "spec/containers/0/image spec/containers/1");
        t.codes_only();
        t.post("pods", json!({"metadata": {"name": "b"}})).await;
    });
    assert_snapshot!(said, @r#"
    POST pods → 201
      status/phase="Pending" spec/restartPolicy="Always" spec/terminationGracePeriodSeconds=30 spec/containers/0/imagePullPolicy="Always" spec/dnsPolicy="ClusterFirst"
    PATCH pods/a/status → 200
      status/phase="Running" status/podIP="10.1.0.5"
    PATCH pods/a → 200
      spec/containers/0/image="j" spec/containers/1=null
    POST pods → 422 Invalid
    "#);
}

/// A Pod is bound to a node once.
#[test]
fn a_pod_is_bound() {
    let said = told(async |t| {
        t.make("serviceaccounts", json!({"metadata": {"name": "default"}})).await;
        t.make("pods", json!({"metadata": {"name": "a"}, "spec": template()["spec"]})).await;
        let target = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "a"},
            "target": {"kind": "Node", "name": "NS-node"}});
        let bound = t.post("pods/a/binding", target.clone()).await;
        t.show(&bound.body, "kind status");
        t.show(&t.read("pods/a").await, "spec/nodeName status/conditions/0/type status/conditions/0/status");
        t.post("pods/a/binding", target).await;
    });
    assert_snapshot!(said, @r#"
    POST pods/a/binding → 201
      kind="Status" status="Success"
      spec/nodeName="NS-node" status/conditions/0/type="PodScheduled" status/conditions/0/status="True"
    POST pods/a/binding → 409 Conflict: Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "NS-node"
    "#);
}

/// Deployment, StatefulSet and DaemonSet keep spec, status and generation.
#[test]
fn workloads_are_kept() {
    let said = told(async |t| {
        let apps = "/apis/apps/v1/namespaces/NS";
        let selector = json!({"matchLabels": {"app": "x"}});
        for kind in ["deployments", "statefulsets", "daemonsets"] {
            let path = format!("{apps}/{kind}");
            let spec = json!({"selector": selector, "template": template()});
            let made = t.post(&path, json!({"metadata": {"name": "a"}, "spec": spec})).await;
            t.show(&made.body, "metadata/generation spec/replicas");
            let status = json!({"status": {"observedGeneration": 1}});
            let status = t.patch("merge", &format!("{path}/a/status"), status).await;
            t.show(&status.body, "metadata/generation status/observedGeneration");
        }
    });
    assert_snapshot!(said, @"
    POST /apis/apps/v1/namespaces/NS/deployments → 201
      metadata/generation=1 spec/replicas=1
    PATCH /apis/apps/v1/namespaces/NS/deployments/a/status → 200
      metadata/generation=1 status/observedGeneration=1
    POST /apis/apps/v1/namespaces/NS/statefulsets → 201
      metadata/generation=1 spec/replicas=1
    PATCH /apis/apps/v1/namespaces/NS/statefulsets/a/status → 200
      metadata/generation=1 status/observedGeneration=1
    POST /apis/apps/v1/namespaces/NS/daemonsets → 201
      metadata/generation=1 spec/replicas=null
    PATCH /apis/apps/v1/namespaces/NS/daemonsets/a/status → 200
      metadata/generation=1 status/observedGeneration=1
    ");
}

/// Volumes, claims and attachments.
#[test]
fn volumes_are_kept() {
    let said = told(async |t| {
        let capacity = json!({"storage": "1Gi"});
        let volume = json!({"capacity": capacity, "accessModes": ["ReadWriteOnce"],
            "csi": {"driver": "csi.kaasboard.dev", "volumeHandle": "v1"}});
        let made =
            t.post("/api/v1/persistentvolumes", json!({"metadata": {"name": "NS-pv"}, "spec": volume})).await;
        t.show(&made.body, "status/phase spec/persistentVolumeReclaimPolicy spec/volumeMode spec/capacity");
        let claim = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": capacity}});
        let made = t.post("persistentvolumeclaims", json!({"metadata": {"name": "a"}, "spec": claim})).await;
        t.show(&made.body, "status/phase spec/volumeMode");
        let bound = json!({"status": {"phase": "Bound", "capacity": capacity}});
        let bound = t.patch("merge", "persistentvolumeclaims/a/status", bound).await;
        t.show(&bound.body, "status/phase");
        let attachments = "/apis/storage.k8s.io/v1/volumeattachments";
        let spec = json!({"attacher": "csi.kaasboard.dev", "nodeName": "NS-node",
            "source": {"persistentVolumeName": "NS-pv"}});
        t.make(attachments, json!({"metadata": {"name": "NS-va"}, "spec": spec})).await;
        let path = format!("{attachments}/NS-va");
        let attached =
            t.patch("merge", &format!("{path}/status"), json!({"status": {"attached": true}})).await;
        t.show(&attached.body, "status/attached");
    });
    assert_snapshot!(said, @r#"
    POST /api/v1/persistentvolumes → 201
      status/phase="Pending" spec/persistentVolumeReclaimPolicy="Retain" spec/volumeMode="Filesystem" spec/capacity={"storage":"1Gi"}
    POST persistentvolumeclaims → 201
      status/phase="Pending" spec/volumeMode="Filesystem"
    PATCH persistentvolumeclaims/a/status → 200
      status/phase="Bound"
    PATCH /apis/storage.k8s.io/v1/volumeattachments/NS-va/status → 200
      status/attached=true
    "#);
}

/// Services and ServiceAccounts.
#[test]
fn services_are_kept() {
    let said = told(async |t| {
        let spec = json!({"selector": {"app": "x"}, "ports": [{"port": 80}], "type": "LoadBalancer"});
        let made = t.post("services", json!({"metadata": {"name": "a"}, "spec": spec})).await;
        t.show(&made.body, "spec/type spec/ports/0/port spec/ports/0/targetPort status/loadBalancer");
        let balancer = json!({"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}});
        let balanced = t.patch("merge", "services/a/status", balancer).await;
        t.show(&balanced.body, "status/loadBalancer/ingress/0/ip");
        t.post("serviceaccounts", json!({"metadata": {"name": "robot"}})).await;
    });
    assert_snapshot!(said, @r#"
    POST services → 201
      spec/type="LoadBalancer" spec/ports/0/port=80 spec/ports/0/targetPort=80 status/loadBalancer={}
    PATCH services/a/status → 200
      status/loadBalancer/ingress/0/ip="192.0.2.1"
    POST serviceaccounts → 201
    "#);
}
