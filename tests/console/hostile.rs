//! Text that tenants and clouds control: it is shown escaped, and columns stay straight.

use std::collections::BTreeMap;

use kaasboard::clock;
use kaasboard::console::action::{Action, Place, Tab};
use kaasboard::console::fleet::News;
use kaasboard::console::gate::Gate;
use kaasboard::console::keymap::Keymap;
use kaasboard::console::message::Message;
use kaasboard::console::model::Model;
use kaasboard::console::palette::Depth;
use kaasboard::console::rows::objects::Shown;
use kaasboard::console::rows::subject::Subject;
use kaasboard::console::rows::words::Words;
use kaasboard::console::theme::Theme;
use kaasboard::console::update::{apply, keys};
use kaasboard::console::view::{self, Look};
use kaasboard::settings::context::Writing;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::stage::surroundings;

const HOSTILE: [&str; 8] = [
    "\u{1b}[2J\u{1b}[31mowned",
    "\u{1b}]0;title\u{7}",
    "\u{202e}desrever\u{202c}",
    "zero\u{200b}\u{200d}width\u{feff}",
    "東京都渋谷区の名前",
    "e\u{301}\u{301}\u{301}\u{301}combining",
    "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{1f1e9}\u{1f1ea}\u{fe0f}",
    "tab\tnewline\nreturn\rbell\u{7}\u{9b}31m",
];

/// All texts of an object, replaced by a hostile one where nothing checks them.
fn poison(value: &mut Value, hostile: &str) {
    match value {
        Value::String(text) if text.starts_with("TEXT") => *text = hostile.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, hostile)),
        Value::Object(fields) => fields.values_mut().for_each(|field| poison(field, hostile)),
        _ => {}
    }
}

fn read<K: Shown + DeserializeOwned>(template: &Value, hostile: &str, words: &mut Words) -> (Value, News) {
    let mut object = template.clone();
    poison(&mut object, hostile);
    let typed: K = serde_json::from_value(object.clone()).unwrap();
    (object, News::Put(Box::new(typed.row(words))))
}

fn meta(name: &str) -> Value {
    json!({ "name": name, "namespace": "TEXT", "uid": name, "labels": { "TEXT": "TEXT" }, "creationTimestamp": "2026-01-01T00:00:00Z" })
}

fn objects(hostile: &str) -> Vec<(Value, News)> {
    let words = &mut Words::default();
    let condition = json!({
        "type": "Ready", "status": "False", "reason": "TEXT", "message": "TEXT", "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let machine = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Machine", "metadata": meta("machine"),
        "spec": {
            "clusterName": "c1", "role": "worker", "pool": "p",
            "template": { "release": "v1.34.2", "flavor": "m1" },
        },
        "status": {
            "phase": "Running", "serverStatus": "TEXT", "hostIP": "TEXT", "host": "TEXT", "zone": "TEXT", "serverId": "TEXT",
            "nodeName": "TEXT", "conditions": [condition],
        },
    });
    let tenant = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Tenant", "metadata": meta("tenant"),
        "spec": { "displayName": "TEXT", "contacts": ["TEXT"] },
    });
    let incident = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Incident", "metadata": meta("incident"),
        "spec": { "acknowledgedBy": "TEXT", "note": "TEXT" },
        "status": {
            "what": "TEXT", "cause": { "kind": "Zone", "name": "TEXT" }, "severity": "Critical", "doing": "TEXT",
            "objects": [{ "kind": "TEXT", "name": "TEXT" }],
        },
    });
    let operation = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation", "metadata": meta("operation"),
        "spec": { "verb": "heal", "requester": "TEXT", "reason": "TEXT", "target": { "kind": "TEXT", "name": "TEXT" } },
        "status": { "outcome": { "reason": "TEXT", "message": "TEXT" } },
    });
    let balancer = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "LoadBalancer", "metadata": meta("balancer"),
        "spec": { "clusterName": "c1", "role": "api", "ports": [6443] },
        "status": { "vip": "TEXT", "dnsName": "TEXT", "provisioningStatus": "TEXT", "operatingStatus": "TEXT" },
    });
    vec![
        read::<kaasboard::api::machine::Machine>(&machine, hostile, words),
        read::<kaasboard::api::tenant::Tenant>(&tenant, hostile, words),
        read::<kaasboard::api::incident::Incident>(&incident, hostile, words),
        read::<kaasboard::api::operation::Operation>(&operation, hostile, words),
        read::<kaasboard::api::load_balancer::LoadBalancer>(&balancer, hostile, words),
    ]
}

fn model() -> Model {
    let gate = Gate { writing: Writing::Always, armed: None };
    let (keymap, theme) = (Keymap::built_in("default").unwrap(), Theme::built_in("default").unwrap());
    let mut model = Model::new(surroundings(), gate, keymap, theme, clock::now());
    model.size = (140, 50);
    model
}

/// Every cell is safe to print, and takes as many columns as the grid gives it.
fn check(model: &Model, look: &Look, what: &str) {
    let buffer = view::draw(model, look);
    let width = usize::from(buffer.area.width);
    for (row, cells) in buffer.content.chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            let symbol = cells[column].symbol();
            let wide = symbol.width();
            assert!(symbol.chars().all(|letter| !letter.is_control()), "{what}: {symbol:?} in row {row}");
            assert!(symbol.chars().count() == 1, "{what}: {symbol:?} joins with its neighbour in row {row}");
            assert!((1..=2).contains(&wide), "{what}: {symbol:?} is {wide} wide in row {row}");
            column += wide;
        }
        assert_eq!(column, width, "{what}: row {row} is not straight");
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_text_is_shown_escaped_wherever_it_stands() {
    let look = Look { styles: Theme::built_in("default").unwrap().styles(Depth::True), ascii: false };
    let long = format!("{}{}", "x".repeat(10_000), HOSTILE[0]);
    let mut drawn = BTreeMap::new();
    for hostile in HOSTILE.iter().copied().chain([long.as_str()]) {
        for (object, news) in objects(hostile) {
            let mut model = model();
            let News::Put(row) = &news else { panic!("{news:?}") };
            let (subject, target) = (row.subject, row.target.clone().unwrap());
            apply::update(&mut model, Message::News(vec![news]), clock::now());
            let place = kaasboard::console::update::moves::place_of(subject).unwrap_or(Place::Triage);
            for action in [
                Action::Open(place),
                Action::RowOpen,
                Action::Detail(Tab::Yaml),
                Action::Detail(Tab::Tree),
                Action::Detail(Tab::Explain),
                Action::Detail(Tab::Timeline),
            ] {
                keys::run(&mut model, action);
                apply::update(&mut model, Message::Tick, clock::now());
                let loaded = Message::Loaded(target.clone(), Ok(std::sync::Arc::new(object.clone())));
                apply::update(&mut model, loaded, clock::now());
                check(&model, &look, &format!("{subject:?} {action:?}"));
                *drawn.entry(subject).or_insert(0) += 1;
            }
            model.tell(kaasboard::console::model::Tone::Bad, hostile);
            check(&model, &look, "a message");
        }
    }
    assert_eq!(drawn.len(), 5);
    assert!(drawn.contains_key(&Subject::Node));
}
