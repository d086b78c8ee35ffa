//! A sandbox with a console that a test sits at.

use std::time::Duration;

use kaasboard::clock;
use kaasboard::console::files::Files;
use kaasboard::console::gate::Gate;
use kaasboard::console::key;
use kaasboard::console::keymap::Keymap;
use kaasboard::console::message::Message;
use kaasboard::console::model::Surroundings;
use kaasboard::console::palette::Depth;
use kaasboard::console::rows::cell::State;
use kaasboard::console::rows::subject::Subject;
use kaasboard::console::run::Parts;
use kaasboard::console::snapshot::Snapshot;
use kaasboard::console::still;
use kaasboard::console::theme::Theme;
use kaasboard::settings::context::{Confirm, Writing};
use kaasboard::settings::places::Places;
use kaasboard::simulation::fleet::Fleet;
use kaasboard::startup::pace::Speed;
use kaasboard::startup::{self, Sandbox, Seeds};

/// How long anything that is waited for may take, of the sandbox's time.
const LIMIT: i64 = 2400;

pub struct Stage {
    pub sandbox: Sandbox,
    pub console: Snapshot,
}

/// A fleet of so many clusters with twelve machines each, on six hypervisors in three zones.
pub fn fleet(clusters: u32) -> Fleet {
    Fleet::parse(&format!(
        "seed = 1\ntenants = {}\nclusters = {clusters}\nmachines = {}\navailability_zones = 3\nhypervisors = 6\n\
         etcd_members = {{ 3 = 1.0 }}\n[role_share]\ncontrol_plane = 0.08\nworker = 0.5\ningress = 0.17\n\
         etcd = 0.25\n[pods]\nper_machine_mean = 7.35\n[versions]\n\"v1.34.2\" = 1.0\n",
        clusters.min(2),
        clusters * 12
    ))
    .unwrap()
}

pub fn surroundings() -> Surroundings {
    Surroundings {
        context: "test".to_owned(),
        sandbox: true,
        confirm: Confirm::Ask,
        person: "mia@bastion".to_owned(),
        tenant: None,
        welcome: None,
    }
}

impl Stage {
    /// A fleet that has come up, and a console that may change it.
    pub async fn up(clusters: u32, size: (u16, u16)) -> Self {
        Self::with(clusters, size, Writing::Always).await
    }

    pub async fn with(clusters: u32, size: (u16, u16), writing: Writing) -> Self {
        Self::of(&fleet(clusters), size, writing).await
    }

    /// The same with any fleet.
    pub async fn of(fleet: &Fleet, size: (u16, u16), writing: Writing) -> Self {
        let sandbox = startup::sandbox(fleet, Speed::Times(1.0), Seeds::fixed()).await.unwrap();
        let parts = Parts {
            client: sandbox.manager.client("default"),
            engine: sandbox.working.engine.clone().into(),
            notices: None,
            surroundings: surroundings(),
            gate: Gate { writing, armed: None },
            keymap: Keymap::built_in("default").unwrap(),
            theme: Theme::built_in("default").unwrap(),
            depth: Depth::Sixteen,
            ascii: false,
            files: Files::of(&Places::find().unwrap()),
            story: None,
        };
        let console = Snapshot::begin(parts, size).await.unwrap();
        let mut stage = Self { sandbox, console };
        stage
            .until("all clusters are available", |stage| {
                let tally = stage.console.model.fleet.tally(Subject::Cluster);
                tally.total == fleet.clusters as usize && tally.of(State::Ok) == tally.total
            })
            .await;
        stage
    }

    /// Lets time go on until something is so.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = clock::now();
        while !is_so(self) {
            let waited = (clock::now() - begun).num_seconds();
            assert!(waited < LIMIT, "not within {LIMIT} s: {what}\n{}", self.screen());
            self.console.rest(Duration::from_secs(5)).await;
        }
    }

    /// Presses keys, as keymaps write them, with spaces between.
    pub async fn press(&mut self, keys: &str) {
        for key in key::sequence(keys).unwrap() {
            self.console.press(key.event()).await;
        }
        self.console.hear().await;
    }

    /// Types a text letter by letter.
    pub async fn write(&mut self, text: &str) {
        for letter in text.chars() {
            let word = match letter {
                ' ' => "space".to_owned(),
                '-' => "minus".to_owned(),
                letter => letter.to_string(),
            };
            for key in key::sequence(&word).unwrap() {
                self.console.press(key.event()).await;
            }
        }
        self.console.hear().await;
    }

    pub async fn tell(&mut self, message: Message) {
        self.console.tell(message).await;
    }

    /// The world, to break something in it.
    pub fn world(&self) -> std::sync::MutexGuard<'_, kaasboard::simulation::world::state::World> {
        self.sandbox.working.world().expect("a simulated world").world()
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        still::text(&self.console.draw())
    }

    /// Says that the screen shows something.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        let screen = self.screen();
        assert!(screen.contains(text), "not on the screen: {text}\n{screen}");
    }

    /// Says that the screen does not show something.
    #[track_caller]
    pub fn hides(&self, text: &str) {
        let screen = self.screen();
        assert!(!screen.contains(text), "on the screen: {text}\n{screen}");
    }
}
