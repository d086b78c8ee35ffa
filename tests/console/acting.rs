//! Asking for something: the plan first, Cancel by default, the name typed where it is dangerous, waves, the way back.

use kaasboard::api::names::SYSTEM_NAMESPACE;
use kaasboard::api::operation::Operation;
use kaasboard::console::overlay::Overlay;
use kaasboard::console::rows::cell::{Cell, State};
use kaasboard::console::rows::subject::Subject;
use kube::Api;

use crate::stage::Stage;

impl Stage {
    /// Waits until the plan is on the screen.
    async fn plan(&mut self) {
        while !matches!(&self.console.model.overlay, Some(Overlay::Plan(dialog)) if dialog.proposals.is_some())
        {
            self.console.answer().await;
        }
    }

    fn operations(&self, phase: &str) -> usize {
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
async fn many_are_done_in_waves() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("4 /").await;
    stage.write("role=worker").await;
    stage.press("enter ctrl-a P enter").await;
    stage.plan().await;
    stage.shows("in waves");
    stage.press("tab enter").await;
    let bulk = stage.console.model.bulk.clone().expect("they are under way");
    assert!(bulk.waiting.len() + bulk.running.len() + bulk.done == 6 && !bulk.waiting.is_empty(), "{bulk:?}");
    stage.until("all are paused", |stage| stage.console.model.bulk.is_none()).await;
    assert_eq!(stage.operations("Done"), 6);
}

#[tokio::test(start_paused = true)]
async fn two_keys_brake_everything_and_one_releases_it() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("! a").await;
    stage.until("the header says so", |stage| stage.screen().contains("BRAKED everything")).await;
    let api: Api<Operation> = Api::namespaced(stage.sandbox.manager.client("default"), SYSTEM_NAMESPACE);
    assert_eq!(api.list(&Default::default()).await.unwrap().items.len(), 1);
    stage.press("8 K").await;
    stage.until("it is released", |stage| !stage.screen().contains("BRAKED")).await;
    let tally = stage.console.model.fleet.tally(Subject::Operation);
    assert_eq!(tally.of(State::Busy), 0);
}
