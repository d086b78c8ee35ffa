//! The fault lab: what is chosen there goes wrong in the world, is on the list that commands show, and ends again.

use k8s_openapi::api::core::v1::ConfigMap;
use kaasboard::api::names::SYSTEM_NAMESPACE;
use kaasboard::console::effect::FaultWish;
use kaasboard::console::overlay::{FaultMenu, Offer, Overlay};
use kaasboard::simulation::fault_entry::{FaultEntry, FaultKind};
use kaasboard::simulation::lab;
use kube::Api;
use kube::api::DeleteParams;

use crate::stage::Stage;

impl Stage {
    /// What goes wrong, by the names on the list.
    async fn faults(&self) -> Vec<String> {
        let client = self.sandbox.manager.client("default");
        let map = Api::namespaced(client, SYSTEM_NAMESPACE).get(lab::NAME).await.unwrap();
        lab::entries(&map)
            .into_iter()
            .map(|(name, entry)| format!("{name} {}", entry.unwrap().kind))
            .collect()
    }

    /// Waits for an answer, which tells this. What is told goes again by itself.
    async fn tells(&mut self, text: &str) {
        self.console.answer().await;
        self.shows(text);
    }

    /// Moves down to a line of the lab.
    async fn down_to(&mut self, line: &str) {
        let told = |stage: &Self| match &stage.console.model.overlay {
            Some(Overlay::Faults(menu)) => menu.offers[menu.at].told.clone(),
            other => panic!("no fault lab: {other:?}"),
        };
        for _ in 0..FaultKind::ALL.len() {
            if told(self).contains(line) {
                return;
            }
            self.press("down").await;
        }
        panic!("no {line} in the lab\n{}", self.screen());
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_chosen_begins_in_the_world_and_ends_again() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("4 /").await;
    stage.write("role=etcd").await;
    stage.press("enter ctrl-f").await;
    stage.shows("fault lab: what goes wrong");
    stage.down_to("the disk of").await;
    stage.press("enter").await;
    stage.until("the disk is full", |stage| stage.world().faults.full_disks.len() == 1).await;
    let listed = stage.faults().await;
    assert!(listed[0].starts_with("disk-full.machine.team-001.c0001-etcd-"), "{listed:?}");
    assert!(listed[0].ends_with(" disk-full") && listed.len() == 1, "{listed:?}");

    stage.press("ctrl-f tab").await;
    stage.shows("fault lab: what is to end");
    stage.down_to("the disk of").await;
    stage.press("enter").await;
    stage.until("the disk has room", |stage| stage.world().faults.full_disks.is_empty()).await;
    assert_eq!(stage.faults().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_happens_once_cannot_be_ended_and_all_is_made_right_at_once() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("3 ctrl-f").await;
    stage.down_to("the quota of cluster c0001 is used up").await;
    stage.press("enter ctrl-f").await;
    stage.down_to("half of Nova's replies are lost").await;
    stage.press("enter").await;
    stage.until("both are so", |stage| stage.world().faults.full_projects.len() == 1).await;
    assert_eq!(stage.faults().await.len(), 2);

    stage.press("4 ctrl-f tab").await;
    stage.down_to("the server of").await;
    stage.press("enter").await;
    stage.shows("this cannot be ended");
    stage.press("tab").await;
    stage.down_to("everything is right again").await;
    stage.press("enter").await;
    stage.until("the quota is as it was", |stage| stage.world().faults.full_projects.is_empty()).await;
    assert_eq!(stage.faults().await, Vec::<String>::new());
}

/// A sandbox in another process has a list of faults like this one's; where servers are real there is none.
#[tokio::test(start_paused = true)]
async fn a_sandbox_in_another_process_is_known_by_its_list() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.console.model.surroundings.sandbox = false;
    stage.press("3 ctrl-f").await;
    stage.shows("fault lab: what goes wrong");
    stage.down_to("the quota of cluster c0001 is used up").await;
    stage.press("enter").await;
    stage.tells("goes wrong now; the fault lab and tab end it").await;
    assert_eq!(stage.world().faults.full_projects.len(), 1);

    let lists: Api<ConfigMap> = Api::namespaced(stage.sandbox.manager.client("default"), SYSTEM_NAMESPACE);
    lists.delete(lab::NAME, &DeleteParams::default()).await.unwrap();
    stage.press("ctrl-f").await;
    stage.shows("here everything is real");
    stage.hides("fault lab: what goes wrong");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_go_wrong_is_told_and_leaves_the_list() {
    let mut stage = Stage::up(1, (120, 40)).await;
    let nobody = FaultEntry::new(FaultKind::ServerDies, Some("machine/team-001/nobody".to_owned()));
    let begins = FaultWish { name: Some(nobody.name()), entry: Some(serde_json::json!(nobody).to_string()) };
    let offers = vec![Offer { told: "nobody's server dies".to_owned(), begins, ends: None }];
    stage.console.model.overlay = Some(Overlay::Faults(FaultMenu { offers, at: 0, ends: false }));
    stage.press("enter").await;
    stage.tells("does not go wrong: ").await;
    assert_eq!(stage.faults().await, Vec::<String>::new());
}
