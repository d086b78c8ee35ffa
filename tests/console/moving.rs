//! Going about: screens, rows, filters, sorting, marks, the palette, themes and keymaps.

use crossterm::event::{KeyCode, KeyEvent};
use kaasboard::api::etcd::Etcd;
use kaasboard::clock;
use kaasboard::cloud::types::network::NewPort;
use kaasboard::console::action::{Place, Tab};
use kaasboard::console::effect::Effect;
use kaasboard::console::key;
use kaasboard::console::keymap::Keymap;
use kaasboard::console::message::{Message, Reload};
use kaasboard::console::overlay::{Does, Entry, Overlay};
use kaasboard::console::palette::Depth;
use kaasboard::console::rows::row::Target;
use kaasboard::console::rows::subject::Subject;
use kaasboard::console::still;
use kaasboard::console::theme::Theme;
use kaasboard::console::update::{apply, moves, palette};
use kaasboard::console::view::{self, Look};
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::screenshots::album::Album;
use crate::screenshots::night::Night;
use crate::stage::Stage;

#[tokio::test(start_paused = true)]
async fn a_person_finds_the_way_by_keys() {
    let mut stage = Stage::up(3, (120, 40)).await;
    stage.shows("no incidents: 3 of 3 clusters OK");
    stage.press("3").await;
    stage.shows("clusters 3");
    stage.press("j enter").await;
    stage.shows(" of 36");
    stage.shows("c0002-control-plane");
    stage.shows("c0002");
    stage.press("esc").await;
    stage.shows("clusters 3");
    stage.press("2 enter").await;
    assert_eq!(stage.console.model.view.place, Place::Pane(Subject::Cluster));
    stage.press("enter enter").await;
    stage.shows("overview");
    stage.press("o").await;
    stage.shows("load balancer c0");
    stage.press("e").await;
    stage.shows("What its loop decided");
    stage.press("y").await;
    stage.shows("apiVersion: kaasboard.dev/v1alpha1");
    stage.press("v").await;
    stage.shows("Difference");
    stage.press("l").await;
    stage.console.hear().await;
    stage.hides("it is being read");
    stage.press("esc esc esc esc").await;
    stage.shows("1 triage");
    stage.press("7").await;
    stage.shows("turns taken");
    stage.press("0").await;
    stage.shows("Compute");
    stage.press("9").await;
    stage.shows("c0001-ingress");
}

#[tokio::test(start_paused = true)]
async fn rows_are_filtered_while_typing_sorted_and_marked() {
    let mut stage = Stage::up(2, (120, 40)).await;
    stage.press("4 /").await;
    stage.write("role=etcd c0001").await;
    stage.shows("nodes 3 of 24");
    stage.press("esc /").await;
    stage.write("tennant=x").await;
    stage.shows("no column \"tennant\" here: tenant?");
    stage.press("esc").await;
    stage.shows("nodes 24");
    stage.press("/").await;
    stage.write("ready=false").await;
    stage.shows("no row passes the filter");
    stage.press("enter ctrl-r").await;
    stage.shows("nodes 24");
    stage.press("home").await;
    let first = stage.console.model.current().unwrap().id.clone();
    stage.press("S").await;
    let table = stage.console.model.table(Subject::Node).unwrap();
    assert_eq!(table.position(), 23, "the cursor stays on its object");
    assert_eq!(table.cursor.as_ref(), Some(&first));
    stage.press("home space space").await;
    stage.shows("2 marked");
    stage.press("ctrl-a").await;
    stage.shows("24 marked");
    stage.press("ctrl-space").await;
    stage.hides("marked");
}

#[tokio::test(start_paused = true)]
async fn columns_are_chosen_and_the_name_stays() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("4 Z").await;
    stage.shows("ZONE");
    stage.press("W").await;
    stage.shows("columns of nodes");
    stage.press("space").await;
    stage.shows("[x] NODE");
    stage.press("down down down down down down down down space enter").await;
    stage.shows("NODE");
    stage.hides("ZONE");
    stage.hides("columns of nodes");
    stage.press("+").await;
    stage.shows("ZONE");
}

#[tokio::test(start_paused = true)]
async fn the_palette_finds_actions_and_objects_and_says_why_not() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press(":").await;
    stage.write("heal").await;
    stage.shows("act.heal");
    stage.shows("heal is about nodes: select one");
    stage.press("enter").await;
    stage.shows("heal is about nodes: select one");
    stage.press("esc :").await;
    stage.write("cluster c0001").await;
    stage.press("enter").await;
    stage.shows("kubernetescluster/team-001/c0001");
    stage.press(":").await;
    stage.write("theme light").await;
    stage.press("enter").await;
    stage.shows("theme light");
    stage.press("?").await;
    stage.shows("keys that work here");
    stage.press("esc").await;
    stage.hides("keys that work here");
}

/// A word that means nothing here must not stop a cluster because its letters lie in this order somewhere.
#[tokio::test(start_paused = true)]
async fn scattered_letters_find_nothing_that_acts_and_a_word_leads_to_its_screen() {
    let mut stage = Stage::up(1, (120, 40)).await;
    stage.press("3 :").await;
    stage.write("rollout").await;
    let Some(Overlay::Palette(palette)) = &stage.console.model.overlay else { panic!("no palette") };
    let acts = |entry: &&Entry| matches!(entry.does, Does::Action(action) if action.writes());
    assert_eq!(palette.found.iter().find(acts).map(|entry| entry.name.clone()), None);
    stage.press("esc :").await;
    stage.write("brake").await;
    stage.shows("brake.cluster");
    stage.press("esc :").await;
    stage.write("journal").await;
    stage.press("enter").await;
    assert_eq!(stage.console.model.view.place, Place::Journal);
}

#[tokio::test(start_paused = true)]
async fn escape_shows_all_rows_again_before_it_leaves_and_who_goes_into_something_sees_all_of_it() {
    let mut stage = Stage::up(1, (120, 40)).await;
    for _ in 0..2 {
        stage.press("4 /").await;
        stage.write("etcd").await;
        stage.press("enter").await;
        stage.shows("/etcd");
        stage.press("esc").await;
        stage.hides("/etcd");
        assert_eq!(stage.console.model.view.place, Place::Pane(Subject::Node));
    }
    stage.press("/").await;
    stage.write("etcd").await;
    stage.press("enter 3 enter").await;
    stage.shows("nodes");
    stage.hides("/etcd");
}

/// Letter by letter the palette looks only at what fitted before. That must not lose anything.
#[tokio::test(start_paused = true)]
async fn the_palette_finds_the_same_letter_by_letter_as_at_once() {
    let mut stage = Stage::up(2, (120, 40)).await;
    let found = |stage: &Stage| match &stage.console.model.overlay {
        Some(Overlay::Palette(palette)) => {
            palette.found.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    for wanted in
        ["c1wor", "node c0002-in", "node !c1w", "node worker !c01", "node c0001-e", "cluster c2", "node ^c"]
    {
        stage.press(":").await;
        let mut seen = Vec::new();
        for letter in wanted.chars() {
            let typed = Message::Key(KeyEvent::from(KeyCode::Char(letter)));
            stage.tell(typed).await;
            seen = found(&stage);
        }
        stage.press("esc").await;
        palette::open(&mut stage.console.model, wanted);
        assert_eq!(seen, found(&stage), "{wanted}");
        assert!(!seen.is_empty(), "{wanted}");
        stage.press("esc").await;
    }
}

/// What has no row has nothing that tells of a change: it is read again and again while somebody looks at it.
#[tokio::test(start_paused = true)]
async fn an_object_without_a_row_is_read_again_while_it_is_shown() {
    let mut stage = Stage::up(1, (120, 40)).await;
    let target = Target { kind: "Etcd", namespace: "team-001".into(), name: "c0001".into() };
    moves::show(&mut stage.console.model, target, Tab::Yaml);
    stage.console.hear().await;
    stage.shows("kind: Etcd");
    stage.hides("seen: yesterday");
    let api: Api<Etcd> = Api::namespaced(stage.sandbox.manager.client("default"), "team-001");
    let patch = Patch::Merge(json!({ "metadata": { "annotations": { "a/seen": "yesterday" } } }));
    api.patch("c0001", &PatchParams::default(), &patch).await.unwrap();
    stage.until("the change is on the screen", |stage| stage.screen().contains("seen: yesterday")).await;
}

/// What belongs to nobody: first suspect, then sure.
#[tokio::test(start_paused = true)]
async fn leaks_are_told_with_what_is_missing_and_how_to_ask_for_them() {
    let mut stage = Stage::up(1, (80, 24)).await;
    stage.press("L").await;
    stage.until("nothing is leaked", |stage| stage.screen().contains("has a record here")).await;
    let cluster = stage.sandbox.working.engine.records.clusters.get("team-001", "c0001").unwrap();
    let uid = cluster.metadata.uid.clone().unwrap();
    let project = stage.world().list_projects()[0].id.clone();
    let port = NewPort {
        project,
        name: "left-behind".to_owned(),
        network: "backend".to_owned(),
        security_groups: Vec::new(),
        tags: vec![
            format!("kaasboard:cluster-uid={uid}"),
            "kaasboard:machine-uid=nobody".to_owned(),
            format!("kaasboard:manager-uid={}", stage.sandbox.working.engine.manager),
        ],
    };
    let id = stage.world().create_port(&port).unwrap().id.to_string();
    stage.until("it is suspect", |stage| stage.screen().contains("suspect")).await;
    stage.shows("left-behind");
    stage.until("it is a leak", |stage| !stage.screen().contains("suspect")).await;
    stage.shows("leak");
    stage.press("enter").await;
    for told in [
        "port",
        "its cluster has no machine with the uid nobody",
        "c0001",
        "team-001",
        "Nothing destroys it by itself",
    ] {
        stage.shows(told);
    }
    stage.press("C").await;
    stage.shows(&format!("copied: kaasboard get leaks {id}"));

    stage.press("esc").await;
    stage.until("the keys are shown", |stage| stage.screen().contains("X delete")).await;
    stage.press("X").await;
    stage.write("nobody needs it").await;
    stage.press("enter").await;
    stage.plan().await;
    stage.write(&id).await;
    stage.press("enter").await;
    stage.until("it is deleted", |stage| stage.operations("Done") == 1).await;
    assert!(stage.world().list_ports().iter().all(|port| port.id.as_str() != id));
    stage.until("the pane shows none", |stage| stage.screen().contains("has a record here")).await;
}

#[tokio::test(start_paused = true)]
async fn keymaps_and_themes_change_while_it_runs_and_mistakes_leave_them_as_they_were() {
    let mut stage = Stage::up(1, (100, 30)).await;
    let keymap =
        Keymap::parse("mine.toml", "inherits = \"default\"\n[keys.global]\n\"x\" = \"go.clusters\"\n")
            .unwrap();
    stage.tell(Message::Reloaded(Reload::Keymap(Box::new(keymap)))).await;
    stage.press("x").await;
    stage.shows("clusters 1");
    let theme = Theme::parse("mine", "mine.toml", "inherits = \"high-contrast\"\n").unwrap();
    stage.tell(Message::Reloaded(Reload::Theme(Box::new(theme)))).await;
    assert_eq!(stage.console.model.theme.name, "mine");
    let mistake = Keymap::parse("mine.toml", "[keys.global]\n\"x\" = \"go.cluster\"\n").unwrap_err();
    stage.tell(Message::Reloaded(Reload::Mistake(mistake.to_string()))).await;
    stage.shows("mine.toml:2:7: no action \"go.cluster\": did you mean \"go.clusters\"?");
    stage.press("1 x").await;
    stage.shows("clusters 1");
}

#[tokio::test(start_paused = true)]
async fn pasted_text_never_counts_as_keys() {
    let mut stage = Stage::up(1, (100, 30)).await;
    stage.press("4").await;
    let place = stage.console.model.view.clone();
    stage.tell(Message::Paste("q\nXD!a\u{1b}[31m:delete\n".to_owned())).await;
    assert_eq!(stage.console.model.view, place);
    assert!(!stage.console.model.ended);
    stage.shows("pasted text goes into inputs only");
    stage.press("/").await;
    stage.tell(Message::Paste("worker\u{1b}[0m\nx".to_owned())).await;
    stage.shows("/worker [0m x");
}

#[tokio::test(start_paused = true)]
async fn what_is_frozen_stays_until_it_thaws() {
    let mut stage = Stage::up(1, (100, 30)).await;
    stage.press("z").await;
    stage.shows("FROZEN");
    stage.press("z").await;
    stage.hides("FROZEN");
}

#[tokio::test(start_paused = true)]
async fn it_can_be_suspended_whatever_stands_over_the_screen() {
    let mut stage = Stage::up(1, (100, 30)).await;
    for keys in ["?", ":", "/", "4 H"] {
        stage.press(keys).await;
        assert!(stage.console.model.overlay.is_some(), "{keys}");
        let suspend = key::sequence("ctrl-z").unwrap()[0].event();
        let effects = apply::update(&mut stage.console.model, Message::Key(suspend), clock::now());
        assert!(matches!(effects.as_slice(), [Effect::Suspend]), "{keys} {effects:?}");
        stage.press("esc").await;
    }
}

#[tokio::test(start_paused = true)]
async fn help_scrolls_no_further_than_its_end() {
    let mut stage = Stage::up(1, (100, 30)).await;
    stage.press("?").await;
    for _ in 0..40 {
        stage.press("pagedown").await;
    }
    let end = stage.screen();
    stage.press("up").await;
    assert_ne!(stage.screen(), end, "one line up is seen at once");
}

#[test]
fn a_volume_shows_what_its_row_says_and_does_not_narrow_balancers_to_its_server() {
    let mut album = Album::open(Night::kept());
    album.tell(Message::Resize(160, 50));
    album.press("5");
    let styles = Theme::built_in("default").unwrap().styles(Depth::Mono);
    let screen = still::text(&view::draw(&album.model, &Look { styles, ascii: false }));
    assert!(!screen.contains("nothing is selected") && screen.contains("project"), "{screen}");
    let balancers = album.model.table(Subject::Balancer).unwrap();
    assert!(!balancers.visible().is_empty(), "{screen}");
}
