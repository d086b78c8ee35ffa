//! Asking for something: the plan first, Cancel by default, the name typed where it is dangerous, waves, the way back.

use std::time::Duration;

use kaasboard::api::names::SYSTEM_NAMESPACE;
use kaasboard::api::operation::Operation;
use kaasboard::clock;
use kaasboard::console::action::Act;
use kaasboard::console::effect::{Approve, Effect, Name, Write};
use kaasboard::console::fleet::News;
use kaasboard::console::message::Message;
use kaasboard::console::overlay::Overlay;
use kaasboard::console::rows::cell::{Cell, State};
use kaasboard::console::rows::objects::Shown;
use kaasboard::console::rows::subject::Subject;
use kaasboard::console::rows::words::Words;
use kaasboard::console::update::{apply, brakes, bulk};
use kaasboard::settings::context::{Confirm, Writing};
use kube::Api;

use crate::stage::Stage;

impl Stage {
    /// Waits until the plan is on the screen.
    pub(crate) async fn plan(&mut self) {
        while !matches!(&self.console.model.overlay, Some(Overlay::Plan(dialog)) if dialog.proposals.is_some())
        {
            self.console.answer().await;
        }
    }

    pub(crate) fn operations(&self, phase: &str) -> usize {
        let rows = self.console.model.fleet.shelf(Subject::Operation).rows();
        rows.filter(|row| row.cell("state").text() == phase).count()
    }

    fn pool(&self) -> (u32, u32) {
        let pools = self.console.model.fleet.shelf(Subject::Pool).rows();
        match pools.into_iter().find(|row| row.cell("role").text() == "worker").unwrap().cell("ready") {
            Cell::Of(ready, wanted) => (*ready, *wanted),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_is_healed_after_its_plan_was_seen_and_confirmed() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("4 /").await;
    stage.write("role=worker").await;
    stage.press("enter H").await;
    stage.shows("enter shows the plan: nothing is done yet");
    stage.write("it is slow").await;
    stage.press("enter").await;
    stage.plan().await;
    stage.shows("[ Cancel ]");
    stage.shows("Approve and heal");
    stage.shows("touches");
    // Cancel is the default: enter leaves it, and takes the proposal back.
    stage.press("enter").await;
    stage.until("the proposal is taken back", |stage| stage.operations("Cancelled") == 1).await;
    assert_eq!(stage.operations("Running"), 0);

    stage.press("H").await;
    stage.write("it is slow").await;
    stage.press("enter").await;
    stage.plan().await;
    stage.press("tab enter").await;
    stage.until("it is healed", |stage| stage.operations("Done") == 1).await;
    stage.press("8").await;
    stage.shows("it is slow");
    stage.shows("mia@bastion");
}

#[tokio::test(start_paused = true)]
async fn a_pool_is_scaled_and_what_is_no_count_is_refused() {
    let mut stage = Stage::up(1, (120, 40)).await;
    let (_, before) = stage.pool();
    // A count in the cluster's spec would hold the pool to it; the sandbox leaves none open, so it is opened first.
    let api: Api<kaasboard::api::cluster::KubernetesCluster> =
        Api::namespaced(stage.sandbox.manager.client("default"), "team-001");
    let patch = serde_json::json!([{ "op": "remove", "path": "/spec/workers/0/replicas" }]);
    let patch: kube::api::Patch<()> = kube::api::Patch::Json(serde_json::from_value(patch).unwrap());
    api.patch("c0001", &kube::api::PatchParams::default(), &patch).await.unwrap();
    stage.press("9 /").await;
    stage.write("role=worker").await;
    stage.press("enter N").await;
    stage.press("ctrl-u").await;
    stage.write("many").await;
    stage.press("enter enter").await;
    stage.shows("\"many\" is no count: write a whole number");
    stage.press("ctrl-u").await;
    stage.write(&(before + 1).to_string()).await;
    stage.press("enter").await;
    stage.write("more load").await;
    stage.press("enter").await;
    stage.plan().await;
    stage.press("tab enter").await;
    stage.until("there is one more", |stage| stage.pool() == (before + 1, before + 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_deletion_wants_the_name_typed() {
    let mut stage = Stage::up(2, (120, 40)).await;
    stage.press("3 X enter").await;
    stage.plan().await;
    stage.shows("type c0001 to delete:");
    stage.write("c0002").await;
    stage.press("tab enter").await;
    stage.shows("the name that was typed is another one");
    stage.press("ctrl-u").await;
    stage.write("c0001").await;
    stage.press("enter").await;
    stage.until("it is gone", |stage| stage.console.model.fleet.shelf(Subject::Cluster).len() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn the_highlighted_button_is_the_answer_whatever_was_typed() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("3 X enter").await;
    stage.plan().await;
    stage.write("c0001").await;
    stage.shows("[ Approve and delete ]");
    stage.press("tab").await;
    stage.shows("[ Cancel ]");
    stage.press("enter").await;
    stage.until("the proposal is taken back", |stage| stage.operations("Cancelled") == 1).await;
    assert_eq!(stage.console.model.fleet.shelf(Subject::Cluster).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_names_are_typed_they_are_typed_for_all_that_moves_pods() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.console.model.surroundings.confirm = Confirm::TypeName;
    stage.press("4 /").await;
    stage.write("role=worker").await;
    stage.press("enter D enter").await;
    stage.plan().await;
    let name = stage.console.model.current().unwrap().name().to_owned();
    stage.shows(&format!("type {name} to drain:"));
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_carried_out_only_after_its_plan_was_confirmed() {
    let mut stage = Stage::up(1, (120, 40)).await;
    let held = |stage: &Stage| stage.console.model.current().unwrap().cell("held").text().to_owned();
    stage.press("3 P enter").await;
    stage.plan().await;
    stage.shows("Approve and pause");
    stage.console.rest(Duration::from_secs(60)).await;
    assert_eq!(held(&stage), "");
    stage.press("esc").await;
    stage.until("it is taken back", |stage| stage.operations("Cancelled") == 1).await;
    assert_eq!(held(&stage), "");
    stage.press("P enter").await;
    stage.plan().await;
    stage.press("tab enter").await;
    stage.until("it is paused", |stage| held(stage) == "paused").await;
    // What was filed to look at the plan is gone.
    assert_eq!((stage.operations("Planned"), stage.operations("Done")), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_plan_of_somebody_else_is_not_taken_back_by_looking_at_it() {
    let mut stage = Stage::up(1, (120, 40)).await;
    let row = stage.console.model.fleet.shelf(Subject::Node).rows().find(|row| row.name().contains("worker"));
    let target = serde_json::to_value(row.unwrap().reference()).unwrap();
    let operation: Operation = serde_json::from_value(serde_json::json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation", "metadata": { "name": "of-ben" },
        "spec": { "verb": "drain", "target": target, "requester": "ben@bastion" },
    }))
    .unwrap();
    let api: Api<Operation> = Api::namespaced(stage.sandbox.manager.client("default"), "team-001");
    api.create(&Default::default(), &operation).await.unwrap();
    stage.until("it is planned", |stage| stage.operations("Planned") == 1).await;
    stage.press("8 enter A").await;
    stage.shows("[ Cancel ]");
    stage.press("esc").await;
    stage.console.rest(Duration::from_secs(60)).await;
    assert_eq!((stage.operations("Planned"), stage.operations("Cancelled")), (1, 0));
    stage.press("A tab enter").await;
    stage.until("it is approved", |stage| stage.operations("Planned") == 0).await;
    stage.press("A").await;
    stage.shows("it waits for no approval");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_comes_late_is_taken_back_and_lands_in_no_other_dialog() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("4 /").await;
    stage.write("role=worker").await;
    stage.press("enter H enter esc").await;
    assert!(stage.console.model.overlay.is_none());
    stage.press("j D enter").await;
    stage.plan().await;
    stage.shows("Approve and drain");
    stage.until("the first is taken back", |stage| stage.operations("Cancelled") == 1).await;
    stage.shows("Approve and drain");
    stage.press("esc").await;
}

#[tokio::test(start_paused = true)]
async fn what_the_gate_refuses_is_not_said_to_be_done() {
    let mut stage = Stage::with(1, (120, 40), Writing::Armed).await;
    stage.press(":").await;
    stage.write("write 1m slow node").await;
    stage.press("enter 4 /").await;
    stage.write("role=worker").await;
    stage.press("enter H enter").await;
    stage.plan().await;
    stage.console.rest(Duration::from_secs(61)).await;
    stage.press("tab enter").await;
    stage.shows("read-only again, the time is over");
    stage.shows("[ Approve and heal ]");
    stage.press("esc").await;
    stage.shows("1 planned wait in the journal (8)");
}

#[tokio::test(start_paused = true)]
async fn many_are_done_in_waves() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("4 /").await;
    stage.write("role=worker").await;
    stage.press("enter ctrl-a T enter").await;
    stage.plan().await;
    stage.shows("in waves");
    stage.press("tab enter").await;
    let bulk = stage.console.model.bulk.clone().expect("they are under way");
    assert!(bulk.waiting.len() + bulk.running.len() + bulk.done == 6 && !bulk.waiting.is_empty(), "{bulk:?}");
    stage.shows("WAVES 0 of 6 done");
    stage.press("T enter").await;
    stage.plan().await;
    stage.press("tab enter").await;
    stage.shows("others are being done in waves");
    stage.press("esc").await;
    stage.until("all are done", |stage| stage.console.model.bulk.is_none()).await;
    assert_eq!(stage.operations("Done"), 6);
}

#[tokio::test(start_paused = true)]
async fn waves_end_when_an_approval_cannot_be_written() {
    let mut stage = Stage::up(1, (120, 40)).await;
    let name = |name: &str| Name { namespace: "team-001".to_owned(), name: name.to_owned() };
    let approve = |one| Approve { name: name(one), plan_hash: "x".to_owned(), by: "mia".to_owned() };
    bulk::begin(&mut stage.console.model, vec![approve("one"), approve("two")]);
    let refused = |one| Message::Approved(vec![name(one)], Err("the manager says no".to_owned()));
    apply::update(&mut stage.console.model, refused("another"), clock::now());
    assert!(stage.console.model.bulk.is_some(), "it was not one of theirs");
    let effects = apply::update(&mut stage.console.model, refused("one"), clock::now());
    assert!(stage.console.model.bulk.is_none());
    assert!(matches!(effects.as_slice(), [Effect::Write(_)]), "the other is taken back");
    // That it was taken back does not hide why.
    stage.tell(Message::Done(Ok("cancelled".to_owned()))).await;
    stage.shows("the manager says no: 0 done, 1 not begun and taken back");
}

/// An Operation that was approved and is vetoed since would wait for ever, and its wave with it.
#[tokio::test(start_paused = true)]
async fn waves_end_when_one_is_held_by_a_veto() {
    let mut stage = Stage::up(1, (160, 40)).await;
    let name = |name: &str| Name { namespace: "team-001".to_owned(), name: name.to_owned() };
    let approve = |one| Approve { name: name(one), plan_hash: "x".to_owned(), by: "mia".to_owned() };
    bulk::begin(&mut stage.console.model, vec![approve("one"), approve("two")]);
    let operation = |vetoes: serde_json::Value| -> Operation {
        serde_json::from_value(serde_json::json!({
            "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation",
            "metadata": { "name": "one", "namespace": "team-001", "uid": "1" },
            "spec": {
                "verb": "heal", "target": { "kind": "Machine", "namespace": "team-001", "name": "m1" },
                "requester": "mia", "approved": { "by": "mia", "planHash": "x" },
            },
            "status": { "phase": "Planned", "plan": {
                "hash": "x", "plannedAt": "2026-03-14T03:00:00Z", "steps": [], "vetoes": vetoes,
            } },
        }))
        .unwrap()
    };
    let learn = |stage: &mut Stage, operation: Operation| {
        let row = operation.row(&mut Words::default());
        let news = Message::News(vec![News::Put(Box::new(row))]);
        apply::update(&mut stage.console.model, news, clock::now())
    };
    learn(&mut stage, operation(serde_json::json!([])));
    assert!(stage.console.model.bulk.is_some(), "it is under way");
    let veto = serde_json::json!([{ "reason": "HostDown", "message": "the hypervisor is down" }]);
    let effects = learn(&mut stage, operation(veto));
    assert!(stage.console.model.bulk.is_none());
    let cancelled = effects.into_iter().find_map(|effect| match effect {
        Effect::Write(permitted) => Some(permitted.into_write()),
        _ => None,
    });
    let both = [name("one"), name("two")];
    assert!(matches!(&cancelled, Some(Write::Cancel(names)) if *names == both), "{cancelled:?}");
    stage.shows("held by a veto: the hypervisor is down: 0 done, 2 not begun and taken back");
}

#[tokio::test(start_paused = true)]
async fn a_single_key_asks_before_it_changes_anything() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("! a").await;
    stage.until("the header says so", |stage| stage.screen().contains("BRAKED everything")).await;
    stage.press("8 K").await;
    stage.shows("release the brake everything? y does it");
    stage.press("enter").await;
    stage.console.rest(Duration::from_secs(30)).await;
    stage.shows("BRAKED");
}

#[tokio::test(start_paused = true)]
async fn marks_do_not_decide_what_is_braked_or_cancelled() {
    let mut stage = Stage::up(2, (120, 40)).await;
    // All but the cluster under the cursor are marked.
    for (keys, cluster) in [("3 home space", "c0002"), ("ctrl-space end space home", "c0001")] {
        stage.press(keys).await;
        let model = &stage.console.model;
        let (_, _, about) = brakes::reach(model, Act::BrakeCluster).unwrap();
        assert!(about.ends_with(cluster), "{about}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_keys_brake_everything_and_one_releases_it() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("! a").await;
    stage.until("the header says so", |stage| stage.screen().contains("BRAKED everything")).await;
    let api: Api<Operation> = Api::namespaced(stage.sandbox.manager.client("default"), SYSTEM_NAMESPACE);
    assert_eq!(api.list(&Default::default()).await.unwrap().items.len(), 1);
    stage.press("8 K y").await;
    stage.until("it is released", |stage| !stage.screen().contains("BRAKED")).await;
    let tally = stage.console.model.fleet.tally(Subject::Operation);
    assert_eq!(tally.of(State::Busy), 0);
}
