//! What people ask of the engine from a shell.

use crate::stage::{Stage, TENANT};

fn entry(verb: &str, phase: &str) -> (String, String) {
    (verb.to_owned(), phase.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_is_looked_at_refused_and_healed() {
    let stage = Stage::up(1).await;
    let machine = stage.machines("worker").await[0].clone();
    insta::assert_snapshot!(stage.run(&format!("heal {machine} --plan")).await.told(), @"");
    assert_eq!(stage.journal().await, [], "a plan leaves nothing behind");

    insta::assert_snapshot!(stage.run(&format!("heal {machine}")).await.told(), @"");
    assert_eq!(stage.journal().await, [entry("heal", "Cancelled")]);

    insta::assert_snapshot!(stage.run(&format!("heal {machine} --yes --wait --reason disk")).await.told(), @"");
    assert_eq!(stage.journal().await[0], entry("heal", "Done"));
    assert_eq!(stage.machines("worker").await.len(), 3);
    assert!(!stage.machines("worker").await.contains(&machine));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_targets_are_several_operations_and_one_answer_for_programs() {
    let stage = Stage::up(1).await;
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
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_brake_is_a_veto_with_a_way_out() {
    let stage = Stage::up(1).await;
    let machine = stage.machines("worker").await[0].clone();
    insta::assert_snapshot!(stage.run("brake --all --yes").await.told(), @"");
    insta::assert_snapshot!(stage.run(&format!("heal {machine} --yes")).await.told(), @"");
    insta::assert_snapshot!(stage.run("brake --off --zone az1").await.told(), @"");
    insta::assert_snapshot!(stage.run("brake --off --all --yes").await.told(), @"");
    assert_eq!(stage.run(&format!("heal {machine} --plan")).await.exit, 0);
    insta::assert_snapshot!(stage.run("brake --off --all --yes").await.told(), @"");
    assert_eq!(
        stage.journal().await,
        [entry("cancel", "Done"), entry("heal", "Cancelled"), entry("brake", "Cancelled")]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_a_scale_and_what_is_protected() {
    let stage = Stage::up(1).await;
    insta::assert_snapshot!(stage.run("pause cluster/c0001 --yes").await.told(), @"");
    insta::assert_snapshot!(stage.run("scale pool/c0001-general --replicas 4 --yes").await.told(), @"");
    assert_eq!(stage.run("resume cluster/c0001 --yes").await.exit, 0);
    insta::assert_snapshot!(stage.run("scale pool/c0001-general --replicas 4 --yes --wait").await.told(), @"");
    assert_eq!(stage.machines("worker").await.len(), 4);
    let said = stage.run("scale pool/c0001-general --replicas 9 --yes --wait --timeout 1s").await;
    assert_eq!(said.exit, 5, "{said:?}");
    let running = stage.journal().await;
    assert_eq!(running[0], entry("scale", "Running"), "the Operation goes on without the command");
    let said = stage.run("get journal --field status.phase=Running -o name").await;
    let name = said.out.trim().to_owned();
    insta::assert_snapshot!(stage.run(&format!("cancel {name} --yes")).await.told(), @"");
    let said = stage.run(&format!("cancel {name} --yes")).await;
    assert_eq!(said.exit, 3, "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_approves() {
    use kaasboard::api::operation::Operation;
    use kube::Api;
    use kube::api::PostParams;

    let stage = Stage::up(1).await;
    let name = stage.machines("worker").await[0].rsplit('/').next().unwrap().to_owned();
    let asked = serde_json::json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation", "metadata": { "name": "drain-it" },
        "spec": { "verb": "drain", "requester": "tom", "reason": "noise",
                  "target": { "kind": "Machine", "namespace": TENANT, "name": name } },
    });
    let asked: Operation = serde_json::from_value(asked).unwrap();
    let api: Api<Operation> = Api::namespaced(stage.client.clone(), TENANT);
    api.create(&PostParams::default(), &asked).await.unwrap();
    stage
        .until("it is planned", |stage| {
            let found = stage.sandbox.engine.records.operations.get(TENANT, "drain-it");
            found.is_some_and(|found| found.status.as_ref().is_some_and(|status| status.plan.is_some()))
        })
        .await;
    insta::assert_snapshot!(stage.run("approve drain-it --yes").await.told(), @"");
    let said = stage.run("approve team-001/drain-it --yes").await;
    assert_eq!(said.exit, 3, "{said:?}");
}
