//! What is told of what people asked for: as a command, in the timeline of its object, in the first line.

use kaasboard::api::operation::Operation;
use kaasboard::console::action::Action;
use kaasboard::console::documents::{explain, timeline};
use kaasboard::console::effect::Effect;
use kaasboard::console::fleet::News;
use kaasboard::console::message::Message;
use kaasboard::console::piece::Line;
use kaasboard::console::rows::objects::Shown;
use kaasboard::console::rows::row::Target;
use kaasboard::console::rows::words::Words;
use kaasboard::console::screens::header;
use kaasboard::console::update::keys;
use serde_json::{Value, json};

use crate::screenshots::album::Album;
use crate::screenshots::night::Night;

fn cluster(name: &str) -> Value {
    json!({ "kind": "KubernetesCluster", "namespace": "team-001", "name": name })
}

/// A console that knows of one Operation more.
fn knows(album: &mut Album, name: &str, spec: &Value, phase: &str) {
    let operation: Operation = serde_json::from_value(json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation",
        "metadata": {
            "name": name, "namespace": "team-001", "uid": name, "creationTimestamp": "2026-03-14T03:00:00Z",
        },
        "spec": spec, "status": { "phase": phase },
    }))
    .unwrap();
    album.tell(Message::News(vec![News::Put(Box::new(operation.row(&mut Words::default())))]));
}

#[test]
fn an_operation_is_copied_as_the_command_that_asks_for_it() {
    let brake = |scope: &str, rest: Value| {
        let mut arguments = json!({ "scope": scope });
        arguments.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!({ "verb": "brake", "requester": "mia", "arguments": arguments })
    };
    let tenant = json!({ "verb": "brake", "requester": "mia", "arguments": { "scope": "Tenant" },
        "target": { "kind": "Tenant", "name": "team-001" } });
    let scale = json!({ "verb": "scale", "requester": "mia", "reason": "it's full",
        "target": { "kind": "MachineDeployment", "namespace": "team-001", "name": "web" },
        "arguments": { "replicas": 5, "victims": ["web-x"] } });
    for (spec, command) in [
        (brake("All", json!({})), "kaasboard brake --all"),
        (brake("Zone", json!({ "zone": "az2" })), "kaasboard brake --zone az2"),
        (tenant, "kaasboard brake --tenant team-001"),
        (
            scale,
            "kaasboard scale machinedeployment/team-001/web --replicas 5 --victim web-x --reason 'it'\\''s full'",
        ),
    ] {
        let mut album = Album::open(Night { objects: Vec::new(), ..Night::kept() });
        knows(&mut album, "one", &spec, "Running");
        album.press("8");
        let effects = keys::run(&mut album.model, Action::CopyCommand);
        assert!(matches!(effects.as_slice(), [Effect::Copy(copied)] if copied == command), "{effects:?}");
    }
}

fn told(lines: &[Line]) -> String {
    lines.iter().map(Line::text).collect::<Vec<String>>().join("\n")
}

#[test]
fn the_operations_of_c00010_are_not_those_of_c0001() {
    let mut album = Album::open(Night::kept());
    for name in ["c0001", "c00010"] {
        let spec = json!({ "verb": "pause", "requester": format!("of-{name}"), "target": cluster(name) });
        knows(&mut album, name, &spec, "Done");
    }
    let target = Target { kind: "KubernetesCluster", namespace: "team-001".into(), name: "c0001".into() };
    let told = told(&timeline::lines(&album.model, &target));
    assert!(told.contains("asked by of-c0001 ") && !told.contains("of-c00010"), "{told}");
}

#[test]
fn a_brake_that_is_only_planned_holds_nothing() {
    for (plan_only, phase, count) in
        [(true, "Planned", 0), (false, "Planned", 1), (false, "Running", 1), (false, "Cancelled", 0)]
    {
        let mut album = Album::open(Night::kept());
        let arguments = json!({ "scope": "All" });
        let spec =
            json!({ "verb": "brake", "requester": "mia", "arguments": arguments, "planOnly": plan_only });
        knows(&mut album, "brake", &spec, phase);
        assert_eq!(header::brakes(&album.model).len(), count, "{phase} {plan_only}");
    }
}

#[test]
fn a_loop_that_had_no_turn_is_not_said_to_have_nothing_to_do() {
    let mut album = Album::open(Night::kept());
    album.press("3 e");
    let target = album.model.target().unwrap();
    for (turns, wanted) in [(true, false), (false, true)] {
        let facts = album.model.facts.as_mut().unwrap();
        if !turns {
            facts.about.clear();
        }
        let told = told(&explain::lines(&album.model, &target));
        assert_eq!(told.contains("its loop had no turn since this engine began"), wanted, "{told}");
    }
}

#[test]
fn a_context_that_always_allows_changes_cannot_be_disarmed() {
    let mut album = Album::open(Night::kept());
    keys::run(&mut album.model, Action::Disarm);
    let notice = album.model.notice.as_ref().unwrap();
    assert!(notice.text.contains("always allows changes"), "{notice:?}");
}
