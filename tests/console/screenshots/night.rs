//! The night that pictures show: played once by the real engine, and kept as the objects that it left in the manager, so
//! that pictures are the same wherever they are drawn.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use kaasboard::api::crds;
use kaasboard::clock::{self, Epoch};
use kaasboard::console::overlay::Overlay;
use kaasboard::console::rows::subject::Subject;
use kaasboard::settings::context::Writing;
use kaasboard::simulation::faults::Fault;
use kaasboard::simulation::fleet::Fleet;
use serde_json::{Value, json};

use crate::stage::{Stage, fleet};

/// When it begins.
const EVENING: &str = "2026-03-14T02:40:00Z";
/// How long nothing happens before it.
const CALM: Duration = Duration::from_secs(900);
/// How many clusters there are: enough to see all that screens can show.
const CLUSTERS: u32 = 4;

/// The night as it is kept.
pub struct Night {
    /// The moment of the pictures.
    pub now: DateTime<Utc>,
    /// All objects of our kinds.
    pub objects: Vec<Value>,
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console/screenshots/night.jsonl")
}

impl Night {
    /// The night that is kept.
    pub fn kept() -> Self {
        let text = fs::read_to_string(file()).unwrap();
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let now = lines.next().unwrap()["now"].as_str().unwrap().parse().unwrap();
        Self { now, objects: lines.collect() }
    }

    fn keep(&self) {
        let mut text = format!("{}\n", json!({ "now": self.now }));
        for object in &self.objects {
            text.push_str(&format!("{object}\n"));
        }
        fs::write(file(), text).unwrap();
    }
}

/// Plays the night, and keeps it: a fleet is well until a hypervisor goes down, and somebody wants a node empty.
pub async fn play() {
    let _evening = Epoch::begin(EVENING.parse().unwrap());
    let fleet = Fleet { tenants: 3, ..fleet(CLUSTERS) };
    let mut stage = Stage::of(&fleet, (120, 40), Writing::Always).await;
    stage.console.rest(CALM).await;
    let worker = |stage: &Stage| {
        let nodes = stage.console.model.fleet.shelf(Subject::Node);
        nodes.rows().find(|row| row.cell("role").text() == "worker").unwrap().clone()
    };
    let host = worker(&stage).cell("host").text().to_owned();
    stage.world().inject(Fault::HostDown { host, down: true });
    stage
        .until("the engine replaces what was on it", |stage| {
            let nodes = stage.console.model.fleet.shelf(Subject::Node);
            nodes.rows().any(|row| row.cell("state").text() == "Replacing")
        })
        .await;
    stage.console.rest(Duration::from_secs(30)).await;
    stage.press("4 /").await;
    stage.write("role=worker state=Ready").await;
    stage.press("enter D").await;
    stage.write("disk errors in its log").await;
    stage.press("enter").await;
    while !matches!(&stage.console.model.overlay, Some(Overlay::Plan(dialog)) if dialog.proposals.is_some()) {
        stage.console.answer().await;
    }
    let mut objects = Vec::new();
    for definition in crds::all().unwrap() {
        let path = format!("/apis/kaasboard.dev/v1alpha1/{}", definition.spec.names.plural);
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        let mut list: Value = stage.sandbox.manager.client("default").request(request).await.unwrap();
        for mut object in list["items"].as_array_mut().unwrap().drain(..) {
            object["kind"] = json!(definition.spec.names.kind);
            object["apiVersion"] = json!("kaasboard.dev/v1alpha1");
            object["metadata"].as_object_mut().unwrap().remove("managedFields");
            objects.push(object);
        }
    }
    let by_name = |object: &Value| {
        ["kind", "namespace", "name"].map(|key| match key {
            "kind" => object[key].to_string(),
            _ => object["metadata"][key].to_string(),
        })
    };
    objects.sort_by_key(by_name);
    Night { now: clock::now(), objects }.keep();
}
