//! Choosing objects by label and by field.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{plain, thing};
use crate::helper::server::told;
use crate::helper::talk::Talk;

async fn choose(t: &Talk, path: &str) {
    let answer = t.get(path).await;
    let items = answer.at("items").as_array().into_iter().flatten();
    let names: Vec<&str> = items.map(|item| item["metadata"]["name"].as_str().unwrap()).collect();
    if answer.code == 200 {
        t.say(format!("  {names:?}"));
    }
}

fn labelled(name: &str, labels: &Value) -> Value {
    json!({"metadata": {"name": name, "labels": labels}})
}

/// All operators: equal, unequal (also without the label), in, notin, exists, absent, and several at once.
#[test]
fn labels_have_all_operators() {
    let said = told(async |t| {
        t.make("secrets", labelled("a", &json!({"role": "worker", "zone": "1"}))).await;
        t.make("secrets", labelled("b", &json!({"role": "ingress", "zone": "2"}))).await;
        t.make("secrets", labelled("c", &json!({"role": "worker", "empty": ""}))).await;
        t.make("secrets", labelled("d", &json!({}))).await;
        for selector in [
            "role=worker",
            "role==worker",
            "role!=worker",
            "role in (worker,ingress)",
            "role notin (worker)",
            "zone",
            "!zone",
            "role=worker,zone=1",
            "empty=",
            "zone>1",
            "zone<2",
            "",
            "role in (),zone",
        ] {
            choose(t, &format!("secrets?labelSelector={selector}")).await;
        }
    });
    assert_snapshot!(said, @r#"
    GET secrets?labelSelector=role=worker → 200
      ["a", "c"]
    GET secrets?labelSelector=role==worker → 200
      ["a", "c"]
    GET secrets?labelSelector=role!=worker → 200
      ["b", "d"]
    GET secrets?labelSelector=role in (worker,ingress) → 200
      ["a", "b", "c"]
    GET secrets?labelSelector=role notin (worker) → 200
      ["b", "d"]
    GET secrets?labelSelector=zone → 200
      ["a", "b"]
    GET secrets?labelSelector=!zone → 200
      ["c", "d"]
    GET secrets?labelSelector=role=worker,zone=1 → 200
      ["a"]
    GET secrets?labelSelector=empty= → 200
      ["c"]
    GET secrets?labelSelector=zone>1 → 200
      ["b"]
    GET secrets?labelSelector=zone<2 → 200
      ["a"]
    GET secrets?labelSelector= → 200
      ["a", "b", "c", "d"]
    GET secrets?labelSelector=role in (),zone → 200
      []
    "#);
}

/// A selector that cannot be read is refused with the place.
#[test]
fn a_broken_label_selector_is_refused() {
    let said = told(async |t| {
        for selector in ["a=b=c", "a in b", "-a", "a=b,", "a in (b", "a=-b", "zone>x"] {
            choose(t, &format!("configmaps?labelSelector={selector}")).await;
        }
    });
    assert_snapshot!(said, @r#"
    GET configmaps?labelSelector=a=b=c → 400 BadRequest: found '=', expected: ',' or 'end of string'
    GET configmaps?labelSelector=a in b → 400 BadRequest: unable to parse requirement: found 'b' expected: '('
    GET configmaps?labelSelector=-a → 400 BadRequest: unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    GET configmaps?labelSelector=a=b, → 400 BadRequest: found '', expected: identifier after ','
    GET configmaps?labelSelector=a in (b → 400 BadRequest: unable to parse requirement: found '', expected: ',' or ')'
    GET configmaps?labelSelector=a=-b → 400 BadRequest: unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
    GET configmaps?labelSelector=zone>x → 400 BadRequest: unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer
    "#);
}

/// Every kind can be chosen by name and namespace; of other fields it is told that there is none such.
#[test]
fn fields_are_name_and_namespace() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        t.make("things", thing("b", json!({"size": 2}))).await;
        choose(t, "things?fieldSelector=metadata.name=a").await;
        choose(t, "things?fieldSelector=metadata.name!=a,metadata.namespace=NS").await;
        choose(t, "things?fieldSelector=spec.size=1").await;
        choose(t, "configmaps?fieldSelector=data.k=v").await;
        choose(t, "things?fieldSelector=metadata.name").await;
        choose(t, "things?fieldSelector=metadata.name in (a)").await;
    });
    assert_snapshot!(said, @r#"
    GET things?fieldSelector=metadata.name=a → 200
      ["a"]
    GET things?fieldSelector=metadata.name!=a,metadata.namespace=NS → 200
      ["b"]
    GET things?fieldSelector=spec.size=1 → 400 BadRequest: field label not supported: spec.size
    GET configmaps?fieldSelector=data.k=v → 400 BadRequest: "data.k" is not a known field selector: only "metadata.name", "metadata.namespace"
    GET things?fieldSelector=metadata.name → 400 BadRequest: invalid selector: 'metadata.name'; can't understand 'metadata.name'
    GET things?fieldSelector=metadata.name in (a) → 400 BadRequest: invalid selector: 'metadata.name in (a)'; can't understand 'metadata.name in (a)'
    "#);
}

/// A definition can name fields to select by; a missing one selects as empty text.
#[test]
fn a_definition_adds_fields() {
    let said = told(async |t| {
        let mut crd = plain();
        crd["spec"]["versions"][0]["selectableFields"] =
            json!([{"jsonPath": ".spec.color"}, {"jsonPath": ".spec.size"}]);
        t.define(crd).await;
        t.make("things", thing("a", json!({"color": "red", "size": 1}))).await;
        t.make("things", thing("b", json!({"color": "blue"}))).await;
        t.make("things", thing("c", json!({}))).await;
        choose(t, "things?fieldSelector=spec.color=red").await;
        choose(t, "things?fieldSelector=spec.color!=red").await;
        choose(t, "things?fieldSelector=spec.size=1").await;
        choose(t, "things?fieldSelector=spec.size=").await;
        choose(t, "things?fieldSelector=status.phase=x").await;
    });
    assert_snapshot!(said, @r#"
    GET things?fieldSelector=spec.color=red → 200
      ["a"]
    GET things?fieldSelector=spec.color!=red → 200
      ["b", "c"]
    GET things?fieldSelector=spec.size=1 → 200
      ["a"]
    GET things?fieldSelector=spec.size= → 200
      ["b", "c"]
    GET things?fieldSelector=status.phase=x → 400 BadRequest: field label not supported: status.phase
    "#);
}

/// Pods can be chosen by node and phase, Secrets by type, Events by what they are about.
#[test]
fn built_in_kinds_have_fields_of_their_own() {
    let said = told(async |t| {
        t.make("serviceaccounts", json!({"metadata": {"name": "default"}})).await;
        let spec = |node: &str| json!({"nodeName": node, "containers": [{"name": "c", "image": "i"}], "automountServiceAccountToken": false});
        t.make("pods", json!({"metadata": {"name": "a"}, "spec": spec("NS-one")})).await;
        t.make("pods", json!({"metadata": {"name": "b"}, "spec": spec("NS-two")})).await;
        choose(t, "pods?fieldSelector=spec.nodeName=NS-one").await;
        choose(t, "pods?fieldSelector=status.phase=Pending").await;
        choose(t, "pods?fieldSelector=spec.image=i").await;
        t.make("secrets", json!({"metadata": {"name": "a"}, "type": "mine.dev/x"})).await;
        choose(t, "secrets?fieldSelector=type=mine.dev/x").await;
        let about = json!({"kind": "Pod", "name": "a", "namespace": "NS"});
        t.make("events", json!({"metadata": {"name": "e"}, "involvedObject": about, "reason": "Why"})).await;
        choose(t, "events?fieldSelector=involvedObject.name=a,involvedObject.kind=Pod").await;
        choose(t, "events?fieldSelector=involvedObject.name=b").await;
    });
    assert_snapshot!(said, @r#"
    GET pods?fieldSelector=spec.nodeName=NS-one → 200
      ["a"]
    GET pods?fieldSelector=status.phase=Pending → 200
      ["a", "b"]
    GET pods?fieldSelector=spec.image=i → 400 BadRequest: field label not supported: spec.image
    GET secrets?fieldSelector=type=mine.dev/x → 200
      ["a"]
    GET events?fieldSelector=involvedObject.name=a,involvedObject.kind=Pod → 200
      ["e"]
    GET events?fieldSelector=involvedObject.name=b → 200
      []
    "#);
}
