//! The walkthroughs that are shipped come true, and one that does not says where.

use std::path::Path;
use std::sync::Mutex;

use kaasboard::cli::walkthrough;
use kaasboard::simulation::scenario::Scenario;

/// Plays a story, and answers how much did not come true, with the notes that were taken.
async fn rehearsed(text: &str) -> (usize, String) {
    let story = Scenario::parse(text).unwrap();
    let notes = Mutex::new(String::new());
    let note = |line: &str| notes.lock().unwrap().push_str(&format!("{line}\n"));
    let missed = walkthrough::rehearse(&story, 1.0, note).await;
    let missed = missed.unwrap_or_else(|failure| panic!("{failure}"));
    (missed, notes.into_inner().unwrap())
}

async fn comes_true(name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("walkthroughs").join(name);
    let (missed, notes) = rehearsed(&std::fs::read_to_string(file).unwrap()).await;
    assert_eq!(missed, 0, "{notes}");
    assert!(notes.contains("everything came true"), "{notes}");
}

#[tokio::test(start_paused = true)]
async fn self_healing_comes_true() {
    comes_true("self-healing.toml").await;
}

#[tokio::test(start_paused = true)]
async fn scaling_comes_true() {
    comes_true("scaling.toml").await;
}

#[tokio::test(start_paused = true)]
async fn a_zone_outage_comes_true() {
    comes_true("zone-outage.toml").await;
}

#[tokio::test(start_paused = true)]
async fn a_story_that_does_not_come_true_says_at_which_step_and_what_is_there_instead() {
    let (missed, notes) = rehearsed(
        r#"
        title = "t"
        tenant = "team-001"
        [fleet]
        seed = 1
        tenants = 2
        clusters = 2
        machines = 24
        availability_zones = 3
        hypervisors = 6
        etcd_members = { 3 = 1.0 }
        role_share = { control_plane = 0.08, worker = 0.5, ingress = 0.17, etcd = 0.25 }
        pods = { per_machine_mean = 7.35 }
        versions = { "v1.34.2" = 1.0 }
        [[step]]
        press = "2"
        see = { text = "team-001" }
        [[step]]
        see = { text = "the moon", within = "10s" }
        [[step]]
        say = "never told"
        "#,
    )
    .await;
    assert_eq!(missed, 1);
    assert!(notes.contains("NOT on the screen within"), "{notes}");
    assert!(notes.contains("the story ends at step 2"), "{notes}");
    assert!(!notes.contains("never told"), "{notes}");
    assert!(notes.contains("••••••••") && !notes.contains("team-002"), "others are masked: {notes}");
}
