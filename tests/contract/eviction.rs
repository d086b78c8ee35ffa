//! Evicting Pods, as far as their budget allows.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::server::{Needs, told, told_if};
use crate::helper::talk::Talk;

const BUDGETS: &str = "/apis/policy/v1/namespaces/NS/poddisruptionbudgets";

async fn pod(t: &Talk, name: &str, ready: bool) {
    let spec = json!({"containers": [{"name": "c", "image": "i"}], "schedulerName": "nobody"});
    t.make("pods", json!({"metadata": {"name": name, "labels": {"app": "x"}}, "spec": spec})).await;
    let ready = if ready { "True" } else { "False" };
    let status = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}});
    let body = t.fill(&status.to_string()).into_bytes();
    let headers = [("content-type", "application/merge-patch+json")];
    assert_eq!(t.ask("PATCH", &format!("pods/{name}/status"), &headers, body).await.code, 200);
}

fn eviction(name: &str) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "NS"}})
}

async fn account(t: &Talk) {
    t.make("serviceaccounts", json!({"metadata": {"name": "default"}})).await;
}

fn budget(minimum: u32) -> Value {
    json!({"metadata": {"name": "pdb"},
        "spec": {"minAvailable": minimum, "selector": {"matchLabels": {"app": "x"}}}})
}

/// Without a budget an eviction is a deletion; of what is not there it is not found.
#[test]
fn without_a_budget_it_is_a_deletion() {
    let said = told(async |t| {
        account(t).await;
        pod(t, "a", true).await;
        let dry = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "a"},
            "deleteOptions": {"dryRun": ["All"]}});
        t.post("pods/a/eviction", dry).await;
        t.get("pods/a").await;
        let evicted = t.post("pods/a/eviction", eviction("a")).await;
        t.show(&evicted.body, "kind status");
        t.get("pods/a").await;
        t.post("pods/a/eviction", eviction("a")).await;
        t.post("pods/a/eviction", eviction("b")).await;
    });
    assert_snapshot!(said, @r#"
    POST pods/a/eviction → 201
    GET pods/a → 200
    POST pods/a/eviction → 201
      kind="Status" status="Success"
    GET pods/a → 404 NotFound: pods "a" not found
    POST pods/a/eviction → 404 NotFound: pods "a" not found
    POST pods/a/eviction → 400 BadRequest: name in URL does not match name in Eviction object
    "#);
}

/// A budget that allows none answers 429, with the cause `DisruptionBudget`.
#[test]
fn a_spent_budget_refuses() {
    let said = told(async |t| {
        account(t).await;
        pod(t, "a", false).await;
        t.make(BUDGETS, budget(1)).await;
        let status = json!({"status": {"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 0,
            "desiredHealthy": 1, "expectedPods": 1}});
        t.patch("merge", &format!("{BUDGETS}/pdb/status"), status).await;
        let refused = t.post("pods/a/eviction", eviction("a")).await;
        t.show(&refused.body, "details");
        t.get("pods/a").await;
    });
    assert_snapshot!(said, @r#"
    PATCH /apis/policy/v1/namespaces/NS/poddisruptionbudgets/pdb/status → 200
    POST pods/a/eviction → 429 TooManyRequests: Cannot evict pod as it would violate the pod's disruption budget.
      cause DisruptionBudget at : The disruption budget pdb needs 1 healthy pods and has 0 currently
      details={"causes":[{"message":"The disruption budget pdb needs 1 healthy pods and has 0 currently","reason":"DisruptionBudget"}]}
    GET pods/a → 200
    "#);
}

/// The budget's controller counts the healthy Pods; each eviction uses up one disruption.
#[test]
fn a_budget_is_kept_and_used() {
    let said = told_if(Needs::DisruptionController, async |t| {
        account(t).await;
        for name in ["a", "b", "c"] {
            pod(t, name, true).await;
        }
        t.make(BUDGETS, budget(2)).await;
        let path = format!("{BUDGETS}/pdb");
        let counted = t.until(&path, |pdb| pdb["status"]["disruptionsAllowed"] == 1).await;
        t.show(&counted, "status/currentHealthy status/desiredHealthy status/expectedPods");
        t.post("pods/a/eviction", eviction("a")).await;
        t.until(&path, |pdb| pdb["status"]["expectedPods"] == 2).await;
        let refused = t.post("pods/b/eviction", eviction("b")).await;
        t.show(&refused.body, "details/causes/0/reason");
        t.delete("pods/b", json!(null)).await;
    });
    assert_snapshot!(said, @r#"
      status/currentHealthy=3 status/desiredHealthy=2 status/expectedPods=3
    POST pods/a/eviction → 201
    POST pods/b/eviction → 429 TooManyRequests: Cannot evict pod as it would violate the pod's disruption budget.
      cause DisruptionBudget at : The disruption budget pdb needs 2 healthy pods and has 2 currently
      details/causes/0/reason="DisruptionBudget"
    DELETE pods/b → 200
    "#);
}

/// A Pod that is not ready is no loss: it can go while the budget is met without it.
#[test]
fn an_unready_pod_may_go() {
    let said = told_if(Needs::DisruptionController, async |t| {
        account(t).await;
        pod(t, "good", true).await;
        pod(t, "bad", false).await;
        t.make(BUDGETS, budget(1)).await;
        let path = format!("{BUDGETS}/pdb");
        let counted =
            |pdb: &Value| pdb["status"]["currentHealthy"] == 1 && pdb["status"]["expectedPods"] == 2;
        t.until(&path, counted).await;
        t.post("pods/bad/eviction", eviction("bad")).await;
        t.post("pods/good/eviction", eviction("good")).await;
    });
    assert_snapshot!(said, @"
    POST pods/bad/eviction → 201
    POST pods/good/eviction → 429 TooManyRequests: Cannot evict pod as it would violate the pod's disruption budget.
      cause DisruptionBudget at : The disruption budget pdb needs 1 healthy pods and has 1 currently
    ");
}
