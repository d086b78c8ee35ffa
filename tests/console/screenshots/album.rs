//! A console that nobody runs: rows of kept objects in, frames out. It answers its own effects from what is kept.

use std::sync::Arc;

use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::incident::Incident;
use kaasboard::api::load_balancer::LoadBalancer;
use kaasboard::api::machine::Machine;
use kaasboard::api::machine_deployment::MachineDeployment;
use kaasboard::api::operation::Operation;
use kaasboard::api::tenant::Tenant;
use kaasboard::console::effect::Effect;
use kaasboard::console::fleet::News;
use kaasboard::console::gate::Gate;
use kaasboard::console::key;
use kaasboard::console::keymap::Keymap;
use kaasboard::console::message::{Message, Proposal};
use kaasboard::console::model::Model;
use kaasboard::console::rows::objects::Shown;
use kaasboard::console::rows::row::Target;
use kaasboard::console::rows::shelf::Freshness;
use kaasboard::console::rows::subject::Subject;
use kaasboard::console::rows::words::Words;
use kaasboard::console::theme::Theme;
use kaasboard::console::update::{apply, prepare};
use kaasboard::settings::context::Writing;
use serde_json::Value;

use super::engine;
use super::night::Night;
use crate::stage::surroundings;

pub struct Album {
    pub model: Model,
    night: Night,
}

/// The row of an object of this kind.
fn row<K: Shown>(object: &Value, words: &mut Words) -> News {
    let object: K = serde_json::from_value(object.clone()).unwrap();
    News::Put(Box::new(object.row(words)))
}

impl Album {
    /// A console on which all that is kept was read.
    pub fn open(night: Night) -> Self {
        let keymap = Keymap::built_in("default").unwrap();
        let theme = Theme::built_in("default").unwrap();
        let gate = Gate { writing: Writing::Always, armed: None };
        let model = Model::new(surroundings(), gate, keymap, theme, night.now);
        let mut album = Self { model, night };
        let mut words = Words::default();
        let rows = album.night.objects.iter().filter_map(|object| {
            Some(match object["kind"].as_str()? {
                "Machine" => row::<Machine>(object, &mut words),
                "KubernetesCluster" => row::<KubernetesCluster>(object, &mut words),
                "Tenant" => row::<Tenant>(object, &mut words),
                "LoadBalancer" => row::<LoadBalancer>(object, &mut words),
                "MachineDeployment" => row::<MachineDeployment>(object, &mut words),
                "Operation" => row::<Operation>(object, &mut words),
                _ => return None,
            })
        });
        let mut news: Vec<News> = rows.collect();
        // How much of the fleet an incident reaches is known once the fleet is.
        let incidents = album.night.objects.iter().filter(|object| object["kind"] == "Incident");
        news.extend(incidents.map(|object| row::<Incident>(object, &mut words)));
        news.extend(Subject::ALL.map(|subject| News::Freshness(subject, Freshness::Live)));
        album.tell(Message::News(news));
        album.ask();
        album
    }

    /// Presses keys, as keymaps write them, with spaces between.
    pub fn press(&mut self, keys: &str) {
        for key in key::sequence(keys).unwrap_or_default() {
            self.tell(Message::Key(key.event()));
        }
        self.ask();
    }

    /// Asks the engine about what is on the screen now.
    fn ask(&mut self) {
        let facts = engine::facts(&self.night, &prepare::question(&self.model));
        self.tell(Message::Facts(Box::new(facts)));
    }

    /// Lets something happen, and answers what is asked because of it.
    pub fn tell(&mut self, message: Message) {
        let mut messages = vec![message];
        while let Some(message) = messages.pop() {
            for effect in apply::update(&mut self.model, message, self.night.now) {
                messages.extend(match effect {
                    Effect::Load(target) => self.read(target),
                    Effect::Write(_) => Some(self.planned()),
                    _ => None,
                });
            }
        }
    }

    fn read(&self, target: Target) -> Option<Message> {
        let is_it = |object: &&Value| {
            object["kind"] == target.kind
                && object["metadata"]["name"] == *target.name
                && object["metadata"]["namespace"].as_str().unwrap_or_default() == &*target.namespace
        };
        let found = self.night.objects.iter().find(is_it).cloned();
        let found = found.map(Arc::new).ok_or_else(|| "it is gone".to_owned());
        Some(Message::Loaded(target, found))
    }

    /// The plan that is kept.
    fn planned(&self) -> Message {
        let operation = self.night.objects.iter().find(|object| object["kind"] == "Operation");
        let operation: Operation = serde_json::from_value(operation.unwrap().clone()).unwrap();
        let about = operation.spec.target.as_ref().unwrap().to_string();
        Message::Planned(self.model.requests, vec![Proposal { about, planned: Ok(Box::new(operation)) }])
    }
}
