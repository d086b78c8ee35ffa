//! What is made to go wrong in a running sandbox, by commands, by an edit, and by a story.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kaasboard::cli::failure::Exit;
use kaasboard::cli::player;
use kaasboard::cloud::errors::{CloudError, CloudErrorKind};
use kaasboard::engine::budget::{self, Budget};
use kaasboard::simulation::faults::{Service, Trouble};
use kaasboard::simulation::scenario::Scenario;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::stage::{Stage, play};

fn trouble(stage: &Stage) -> Trouble {
    let world = stage.sandbox.working.world().unwrap().world();
    world.faults.calls.get(&Service::Names).copied().unwrap_or_default()
}

#[test]
fn a_fault_is_made_listed_and_ended() {
    play(async |stage: &Stage| {
        let said = stage.run("fault api-errors names --share 0.25").await;
        assert!(
            said.exit == 0 && said.out.contains("end it: kaasboard faults --end api-errors.names"),
            "{said:?}"
        );
        assert_eq!(trouble(stage).unavailable, 0.25);
        let said = stage.run("fault throttling names --share 0.5 --for 5m").await;
        assert!(said.exit == 0 && said.out.contains(", until "), "{said:?}");
        assert_eq!(trouble(stage), Trouble { unavailable: 0.25, throttled: 0.5, ..Trouble::default() });
        assert_eq!(stage.run("faults").await.out.lines().count(), 2);
        let said = stage.run("faults --end api-errors.names").await;
        assert_eq!(said.out, "api-errors.names ends\n");
        stage.until("calls are throttled only", |stage| trouble(stage).unavailable == 0.0).await;
        assert_eq!(stage.run("faults -o json").await.json()["items"][0]["fault"]["kind"], "throttling");
        stage.until("the other ends by itself", |stage| trouble(stage) == Trouble::default()).await;
        let said = stage.run("faults").await;
        assert!(said.out.is_empty() && said.err.contains("nothing is made to go wrong"), "{said:?}");
    });
}

/// The console makes all right at once in the world itself: then no fault is listed any more either.
#[test]
fn all_is_made_right_at_once() {
    play(async |stage: &Stage| {
        let said = stage.run("fault api-errors names --share 0.25").await;
        assert_eq!(said.exit, 0, "{said:?}");
        stage.sandbox.working.world().unwrap().world().mend();
        let is_empty = async || stage.run("faults").await.out.is_empty();
        for _ in 0..100 {
            if is_empty().await {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(is_empty().await);
        assert_eq!(trouble(stage), Trouble::default());
    });
}

/// A service that wants to be left alone for half a minute is left alone so long by the clock that it goes by.
#[test]
fn a_rest_goes_as_fast_as_the_time_of_the_sandbox() {
    play(async |_: &Stage| {
        let budget = Budget::default();
        let kind = CloudErrorKind::Throttled { retry_after: Some(Duration::from_secs(30)) };
        let refused = async { Err::<(), _>(CloudError::new(kind, "list", "all")) };
        assert!(budget.call(budget::Service::Dns, refused).await.is_err());
        let begun = Instant::now();
        budget.call(budget::Service::Dns, async { Ok(()) }).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_server_dies_and_is_replaced() {
    play(async |stage: &Stage| {
        let machine = stage.machines("ingress").await[0].clone();
        let said = stage.run(&format!("fault server-dies {machine}")).await;
        assert_eq!(said.exit, 0, "{said:?}");
        let name = machine.rsplit('/').next().unwrap();
        stage
            .until("it is replaced", |stage| {
                let all = stage.sandbox.working.engine.records.machines.all();
                !all.iter().any(|machine| machine.metadata.name.as_deref() == Some(name))
            })
            .await;
    });
}

#[test]
fn slips_are_told() {
    play(async |stage: &Stage| {
        for (line, exit, told) in [
            ("fault zone-dwn az1", 2, "zone-down"),
            ("fault zone-down az9", 4, "did you mean az"),
            ("fault zone-down", 2, "zone-down needs a target"),
            ("fault balancers-stuck x", 2, "takes no target"),
            ("fault api-errors nova", 2, "there are: compute"),
            ("fault api-errors names --share 2", 2, "from 0 to 1"),
            ("fault server-dies worker/team-001/nothing", 4, "there is no machine"),
            ("faults --end nothing", 4, "there is no such fault"),
            ("sandbox --headless --scenario nowhere.toml", 4, "nowhere.toml"),
        ] {
            let said = stage.run(line).await;
            assert_eq!(said.exit, exit, "{line}: {said:?}");
            assert!(said.err.contains(told), "{line}: {said:?}");
        }
        std::fs::write(stage.served.file("wrong.toml"), "title = \"t\"\n[[step]]\nsya = \"x\"\n").unwrap();
        insta::assert_snapshot!(stage.run("sandbox --headless --scenario wrong.toml").await.told(), @r#"
        exit 2
        --- stderr
        error: the scenario cannot be played
           on: wrong.toml
          why: TOML parse error at line 3, column 1
                 |
               3 | sya = "x"
                 | ^^^
               unknown field `sya`, expected one of `at`, `after`, `say`, `point`, `fault`, `end`, `change`, `press`, `write`, `see`, `wait`
        "#);
    });
}

/// What would not go wrong at all would come true for nothing.
#[test]
fn a_story_ends_at_a_fault_on_what_is_not_there() {
    play(async |stage: &Stage| {
        for (fault, told) in [
            (r#"kind = "zone-down", target = "az9""#, ["step 2: az9", "did you mean az"]),
            (r#"kind = "zone-down", target = "nowhere""#, ["step 2: nowhere", "there are: az1, az2, az3"]),
            (
                r#"kind = "server-dies", target = "machine/none/none""#,
                ["step 2: machine/none/none", "no such"],
            ),
            (
                r#"kind = "server-dies", target = "worker/none/none""#,
                ["step 2: server-dies", "no machine worker/none/none"],
            ),
        ] {
            let story = format!("title = \"t\"\n[[step]]\nsay = \"x\"\n[[step]]\nfault = {{ {fault} }}\n");
            let story = Scenario::parse(&story).unwrap();
            let failure = player::play(&stage.client, &story, |_| {}).await.unwrap_err();
            assert_eq!(failure.exit, Exit::NotFound);
            let failure = failure.to_string();
            assert!(told.iter().all(|told| failure.contains(told)), "{failure}");
        }
        // Others let things go wrong in this sandbox too.
        let listed = stage.run("faults").await.out;
        let is_listed = ["az9", "nowhere", "none"].iter().any(|target| listed.contains(target));
        assert!(!is_listed, "nothing of it is listed: {listed}");
    });
}

#[test]
fn an_edit_of_the_config_map_is_a_fault_too() {
    play(async |stage: &Stage| {
        let api: Api<ConfigMap> = Api::namespaced(stage.client.clone(), "kaasboard-system");
        let edit = async |text: serde_json::Value| {
            let change = Patch::Merge(json!({ "data": { "mine": text } }));
            api.patch("faults", &PatchParams::default(), &change).await.unwrap();
        };
        edit(json!(r#"{ "kind": "replies-lost", "target": "names", "share": 0.125 }"#)).await;
        stage.until("replies are lost", |stage| trouble(stage).reply_lost == 0.125).await;
        edit(json!("nonsense")).await;
        stage.until("what is no fault is none", |stage| trouble(stage).reply_lost == 0.0).await;
        assert!(stage.run("faults").await.out.contains("is no fault"));
        edit(json!(null)).await;
    });
}

#[test]
fn a_story_is_played_and_says_what_did_not_come_true() {
    play(async |stage: &Stage| {
        let story = Scenario::parse(
            r#"
            title = "A pool grows"
            [[step]]
            say = "The team wants another worker."
            change = { object = "cluster/team-001/c0001", patch = { spec = { paused = false } } }
            [[step]]
            after = "5s"
            fault = { kind = "api-errors", target = "names", share = 0.5 }
            [[step]]
            at = "30s"
            end = "all"
            wait = { for = "cluster/team-001/c0001", condition = "Available", within = "30m" }
            [[step]]
            wait = { for = "machines", count = 4711, within = "10s" }
            "#,
        )
        .unwrap();
        let told = Mutex::new(Vec::new());
        let missed =
            player::play(&stage.client, &story, |line| told.lock().unwrap().push(line.to_owned())).await;
        assert_eq!(missed.unwrap(), 1);
        let told = told.lock().unwrap().join("\n");
        let seconds = regex::Regex::new(r"(after|within) \d+s").unwrap();
        insta::assert_snapshot!(seconds.replace_all(&told, "$1 Ns"), @"
        scenario: A pool grows
        The team wants another worker.
        changed: cluster/team-001/c0001
        fault: api-errors names
        fault ends: all
        waiting: cluster/team-001/c0001 has Available=True
        came true after Ns: cluster/team-001/c0001 has Available=True
        waiting: there are 4711 of machines
        did NOT come true within Ns: there are 4711 of machines
        the scenario is over; 1 times something did not come true
        ");
        stage.until("the faults ended", |stage| trouble(stage) == Trouble::default()).await;
    });
}
