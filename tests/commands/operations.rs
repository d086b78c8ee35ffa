//! What people ask of the engine from a shell.

use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::operation::Operation;
use kaasboard::clock;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;

use crate::stage::{SPEED, Stage, TENANT, play};

/// What the plan of a replacement says, in its order. Which pods are on the node is the scheduler's choice.
const HEAL: [&str; 15] = [
    "exit 0",
    "plan: heal machine/team-001/c0001-worker-NAME",
    "first:",
    "ask to replace machine/team-001/c0001-worker-NAME",
    "then, if nothing changes:",
    "begin to replace machine",
    "cordon node",
    "create port",
    "create server",
    "take the start-up taint off",
    "remove node",
    "delete server",
    "delete port",
    "touches: 1 tenant, 1 cluster, 1 machine",
    "this cannot be taken back",
];

fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} in its place: {text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn a_machine_is_looked_at_refused_and_healed() {
    play(async |stage: &Stage| {
        let (machine, before) = (stage.machines("worker").await[0].clone(), stage.operations().await);
        let plan = stage.run(&format!("heal {machine} --plan")).await.told();
        in_order(&plan, &HEAL);
        assert_eq!(stage.operations().await, before, "a plan leaves nothing behind");

        let refused = stage.run(&format!("heal {machine}")).await.told();
        in_order(&refused.replace("exit 3", "exit 0"), &HEAL);
        in_order(&refused, &["exit 3", "error: nobody can be asked", "do: add --yes to approve the plan"]);
        assert_eq!(stage.journal(1).await, ["heal Cancelled"]);

        let done = stage.run(&format!("heal {machine} --yes --wait --reason disk")).await.result();
        in_order(&done, &HEAL);
        assert!(done.contains("done: heal machine/team-001/c0001-worker-NAME (Operation team-001/heal-ID)"));
        assert_eq!(stage.journal(1).await, ["heal Done"]);
        assert!(!stage.machines("worker").await.contains(&machine));
    });
}

#[test]
fn several_targets_are_several_operations_and_one_answer_for_programs() {
    play(async |stage: &Stage| {
        let machines = stage.machines("worker").await;
        let said = stage.run(&format!("drain {} {} --yes --wait -o json", machines[0], machines[1])).await;
        assert_eq!(said.exit, 0, "{said:?}");
        let items = said.json()["items"].as_array().unwrap().clone();
        assert_eq!(items.len(), 2);
        for item in &items {
            assert_eq!((&item["kind"], &item["spec"]["verb"]), (&"Operation".into(), &"drain".into()));
            assert_eq!(item["status"]["phase"], "Done");
            assert!(item["status"]["plan"]["hash"].as_str().unwrap().starts_with("sha256:"));
        }
        let said = stage.run(&format!("uncordon {} {} --yes", machines[0], machines[1])).await;
        assert_eq!(said.exit, 0, "{said:?}");
    });
}

#[test]
fn a_brake_is_a_veto_with_a_way_out() {
    play(async |stage: &Stage| {
        let machine = stage.machines("worker").await[0].clone();
        insta::assert_snapshot!(stage.run("brake --all --yes").await.told(), @"
        exit 0
        plan: brake --all
          every loop that it reaches observes and reports, and acts no more until it is released
        the brake holds: kaasboard-system/brake-ID; release it with `kaasboard brake --all --off`
        ");
        insta::assert_snapshot!(stage.run(&format!("heal {machine} --yes")).await.told(), @"
        exit 3
        plan: heal machine/team-001/c0001-worker-NAME
          first:
            - ask to replace machine/team-001/c0001-worker-NAME  (pods move; cannot be taken back)
          touches: 1 tenant, 1 cluster, 1 machine
          this cannot be taken back
          veto Braked: a brake holds everything here: brake-ID of mia@HOST
            way out: kaasboard brake --off, for what the brake reaches
        --- stderr
        error: a veto speaks against it; nothing was done
           on: heal machine/team-001/c0001-worker-NAME
          why: Braked: a brake holds everything here: brake-ID of mia@HOST
           do: kaasboard brake --off, for what the brake reaches
        ");
        insta::assert_snapshot!(stage.run("brake --off --zone az1").await.told(), @"
        exit 4
        --- stderr
        error: no such brake is on
           on: brake --zone az1
           do: these are on: brake-ID on everything, of mia@HOST
        ");
        insta::assert_snapshot!(stage.run("brake --off --all --yes").await.told(), @"
        exit 0
        plan: cancel operation/kaasboard-system/brake-ID
          first:
            - cancel operation/kaasboard-system/brake-ID
        done: cancel operation/kaasboard-system/brake-ID (Operation kaasboard-system/cancel-ID)
        ");
        assert_eq!(stage.run(&format!("heal {machine} --plan")).await.exit, 0);
        insta::assert_snapshot!(stage.run("brake --off --all --yes").await.told(), @"
        exit 4
        --- stderr
        error: no such brake is on
           on: brake --all
           do: no brake is on at all
        ");
        let journal = stage.journal(3).await;
        assert_eq!(journal, ["cancel Done", "heal Cancelled", "brake Cancelled"]);
    });
}

/// A scaling that outlives its command is stopped by another one, and taken back.
async fn is_cancelled_under_way(stage: &Stage) {
    let said = stage.run("scale pool/c0001-general --replicas 9 --yes --wait --timeout 1s").await;
    assert_eq!(said.exit, 5, "{said:?}");
    // Slowly, so that it is still under way when it is cancelled, however busy this machine is.
    clock::hurry(SPEED / 20.0);
    assert_eq!(stage.journal(1).await, ["scale Running"], "the Operation goes on without the command");
    let said = stage.run("get journal --field spec.verb=scale,status.phase=Running -o name").await;
    let name = said.out.trim().to_owned();
    insta::assert_snapshot!(stage.run(&format!("cancel {name} --yes")).await.told(), @"
    exit 0
    plan: cancel operation/team-001/scale-ID
      first:
        - cancel operation/team-001/scale-ID
    done: cancel operation/team-001/scale-ID (Operation team-001/cancel-ID)
    ");
    let said = stage.run(&format!("cancel {name} --yes")).await;
    assert_eq!(said.exit, 3, "{said:?}");
    clock::hurry(SPEED);
    let said = stage.run("scale pool/c0001-general --replicas 3 --yes --wait").await;
    assert!(said.exit == 0 && said.err.ends_with(": done\n"), "{said:?}");
}

#[test]
fn what_is_paused_is_not_scaled_before_it_is_resumed() {
    play(async |stage: &Stage| {
        insta::assert_snapshot!(stage.run("pause cluster/c0001 --yes").await.told(), @"
        exit 0
        plan: pause kubernetescluster/team-001/c0001
          first:
            - pause kubernetescluster/team-001/c0001
          touches: 1 tenant, 1 cluster, 12 machines
          taken back by: kaasboard resume kubernetescluster/team-001/c0001
        done: pause kubernetescluster/team-001/c0001 (Operation team-001/pause-ID)
        ");
        insta::assert_snapshot!(stage.run("scale pool/c0001-general --replicas 4 --yes").await.told(), @"
        exit 3
        plan: scale machinedeployment/team-001/c0001-general --replicas 4
          first:
            - set the count of pool general of kubernetescluster/team-001/c0001 to 4  (pods move)
          touches: 1 tenant, 1 cluster, 1 machine
          taken back by: kaasboard scale machinedeployment/team-001/c0001-general --replicas 3
          veto Paused: it is paused
            way out: kaasboard resume machinedeployment/team-001/c0001-general, or its cluster, whichever is paused
        --- stderr
        error: a veto speaks against it; nothing was done
           on: scale machinedeployment/team-001/c0001-general --replicas 4
          why: Paused: it is paused
           do: kaasboard resume machinedeployment/team-001/c0001-general, or its cluster, whichever is paused
        ");
        assert_eq!(stage.run("resume cluster/c0001 --yes").await.exit, 0);
        insta::assert_snapshot!(stage.run("scale pool/c0001-general --replicas 4 --yes --wait").await.result(), @"
        exit 0
        plan: scale machinedeployment/team-001/c0001-general --replicas 4
          first:
            - set the count of pool general of kubernetescluster/team-001/c0001 to 4  (pods move)
          then, if nothing changes:
            - make machine c0001-worker-NAME in zone az1
            - create port c0001-worker-new
            - create server c0001-worker-new of m1.kube.large in zone az1
            - take the start-up taint off node c0001-worker-new
          touches: 1 tenant, 1 cluster, 1 machine, 2 calls of the cloud
          taken back by: kaasboard scale machinedeployment/team-001/c0001-general --replicas 3
        done: scale machinedeployment/team-001/c0001-general --replicas 4 (Operation team-001/scale-ID)
        ");
        assert_eq!(stage.machines("worker").await.len(), 4);
        is_cancelled_under_way(stage).await;
    });
}

#[test]
fn what_is_protected_is_not_deleted() {
    play(async |stage: &Stage| {
        let api: Api<KubernetesCluster> = Api::namespaced(stage.client.clone(), TENANT);
        let protect = async |protected: bool| {
            let change = Patch::Merge(json!({ "spec": { "protected": protected } }));
            api.patch("c0001", &PatchParams::default(), &change).await.unwrap();
        };
        protect(true).await;
        insta::assert_snapshot!(stage.run("delete cluster/team-001/c0001 --yes").await.told(), @r#"
        exit 3
        plan: delete kubernetescluster/team-001/c0001
          first:
            - delete kubernetescluster/team-001/c0001  (something is gone afterwards)
          touches: 1 tenant, 1 cluster, 12 machines
          this cannot be taken back
          veto Protected: the cluster is protected: set spec.protected to false first
            way out: kubectl patch kubernetescluster c0001 -n team-001 --type=merge -p '{"spec":{"protected":false}}'
        --- stderr
        error: a veto speaks against it; nothing was done
           on: delete kubernetescluster/team-001/c0001
          why: Protected: the cluster is protected: set spec.protected to false first
           do: kubectl patch kubernetescluster c0001 -n team-001 --type=merge -p '{"spec":{"protected":false}}'
        "#);
        protect(false).await;
        assert_eq!(stage.run("delete cluster/team-001/c0001 --plan").await.exit, 0);
    });
}

#[test]
fn somebody_else_approves() {
    play(async |stage: &Stage| {
        let name = stage.machines("worker").await[0].rsplit('/').next().unwrap().to_owned();
        let asked = json!({
            "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation", "metadata": { "name": "drain-it" },
            "spec": { "verb": "drain", "requester": "tom", "reason": "noise",
                      "target": { "kind": "Machine", "namespace": TENANT, "name": name } },
        });
        let asked: Operation = serde_json::from_value(asked).unwrap();
        let api: Api<Operation> = Api::namespaced(stage.client.clone(), TENANT);
        api.create(&PostParams::default(), &asked).await.unwrap();
        stage
            .until("it is planned", |stage| {
                let found = stage.sandbox.working.engine.records.operations.get(TENANT, "drain-it");
                found.is_some_and(|found| found.status.as_ref().is_some_and(|status| status.plan.is_some()))
            })
            .await;
        insta::assert_snapshot!(stage.run("approve drain-it --yes").await.told(), @"
        exit 0
        asked by tom: noise
        plan: drain machine/team-001/c0001-worker-NAME
          first:
            - let the node of machine/team-001/c0001-worker-NAME be Drained  (pods move)
          then, if nothing changes:
            - cordon node c0001-worker-NAME
          touches: 1 tenant, 1 cluster, 1 machine
          taken back by: kaasboard uncordon machine/team-001/c0001-worker-NAME

        plan: approve operation/team-001/drain-it
          first:
            - approve operation/team-001/drain-it
        done: approve operation/team-001/drain-it (Operation team-001/approve-ID)
        ");
        let said = stage.run("approve team-001/drain-it --yes").await;
        assert_eq!(said.exit, 3, "{said:?}");
    });
}
