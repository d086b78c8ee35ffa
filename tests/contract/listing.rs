//! Lists: their order, their pages, and that all pages are of one moment.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::server::told;
use crate::helper::talk::Talk;

async fn five(t: &Talk) {
    for name in ["c", "a", "e", "b", "d"] {
        t.make("configmaps", json!({"metadata": {"name": name, "labels": {"app": "x"}}})).await;
    }
}

fn names(list: &Value) -> String {
    let items = list["items"].as_array().into_iter().flatten();
    items.map(|item| item["metadata"]["name"].as_str().unwrap_or("?")).collect::<Vec<_>>().join(" ")
}

/// A list is of kind KindList, and sorted by name.
#[test]
fn a_list_is_sorted() {
    let said = told(async |t| {
        five(t).await;
        let list = t.get("configmaps?labelSelector=app").await;
        t.show(&list.body, "kind apiVersion metadata/continue metadata/remainingItemCount");
        t.say(names(&list.body));
    });
    assert_snapshot!(said, @r#"
    GET configmaps?labelSelector=app → 200
      kind="ConfigMapList" apiVersion="v1" metadata/continue=null metadata/remainingItemCount=null
    a b c d e
    "#);
}

/// With a limit, a list comes in pages with the number of what remains; all pages are of the moment of the
/// first one, whatever happens in between.
#[test]
fn pages_are_of_one_moment() {
    let said = told(async |t| {
        let kind = "/apis/coordination.k8s.io/v1/namespaces/NS/leases";
        for name in ["c", "a", "e", "b", "d"] {
            t.make(kind, json!({"metadata": {"name": name}})).await;
        }
        let first = t.get(&format!("{kind}?limit=2")).await;
        t.say(names(&first.body));
        t.show(&first.body, "metadata/remainingItemCount");
        t.delete(&format!("{kind}/d"), json!(null)).await;
        t.make(kind, json!({"metadata": {"name": "cc"}})).await;
        let token = first.at("metadata/continue").as_str().unwrap().to_owned();
        t.call(&token, "TOKEN");
        let second = t.get(&format!("{kind}?limit=2&continue={token}")).await;
        t.say(names(&second.body));
        t.show(&second.body, "metadata/remainingItemCount");
        t.say(format!("of the same moment: {}", second.version() == first.version()));
        let token = second.at("metadata/continue").as_str().unwrap().to_owned();
        t.call(&token, "TOKEN2");
        let third = t.get(&format!("{kind}?limit=2&continue={token}")).await;
        t.say(names(&third.body));
        t.show(&third.body, "metadata/remainingItemCount metadata/continue");
        t.say(format!("of the same moment: {}", third.version() == first.version()));
    });
    assert_snapshot!(said, @"
    GET /apis/coordination.k8s.io/v1/namespaces/NS/leases?limit=2 → 200
    a b
      metadata/remainingItemCount=3
    DELETE /apis/coordination.k8s.io/v1/namespaces/NS/leases/d → 200
    GET /apis/coordination.k8s.io/v1/namespaces/NS/leases?limit=2&continue=TOKEN → 200
    c d
      metadata/remainingItemCount=1
    of the same moment: true
    GET /apis/coordination.k8s.io/v1/namespaces/NS/leases?limit=2&continue=TOKEN2 → 200
    e
      metadata/remainingItemCount=null metadata/continue=null
    of the same moment: true
    ");
}

/// With a selector nobody counts what remains.
#[test]
fn a_selected_page_does_not_count_the_rest() {
    let said = told(async |t| {
        five(t).await;
        let first = t.get("configmaps?limit=2&labelSelector=app=x").await;
        t.say(names(&first.body));
        t.say(format!("more: {}", first.at("metadata/continue").is_string()));
        t.show(&first.body, "metadata/remainingItemCount");
    });
    assert_snapshot!(said, @"
    GET configmaps?limit=2&labelSelector=app=x → 200
    a b
    more: true
      metadata/remainingItemCount=null
    ");
}

/// A continue token that is none, and one with a resourceVersion beside it, are refused.
#[test]
fn a_token_must_be_the_servers() {
    let said = told(async |t| {
        five(t).await;
        t.codes_only();
        t.get("configmaps?limit=2&continue=what").await;
        t.get("configmaps?limit=many").await;
        t.in_words();
        let first = t.get("configmaps?limit=2").await;
        let token = first.at("metadata/continue").as_str().unwrap().to_owned();
        t.call(&token, "TOKEN");
        t.get(&format!("configmaps?limit=2&continue={token}&resourceVersion=1")).await;
    });
    assert_snapshot!(said, @"
    GET configmaps?limit=2&continue=what → 400 BadRequest
    GET configmaps?limit=many → 400 BadRequest
    GET configmaps?limit=2 → 200
    GET configmaps?limit=2&continue=TOKEN&resourceVersion=1 → 400 BadRequest: specifying resource version is not allowed when using continue
    ");
}

/// A collection of a namespaced kind can be read over all namespaces.
#[test]
fn a_list_over_all_namespaces() {
    let said = told(async |t| {
        t.make("configmaps", json!({"metadata": {"name": "b", "labels": {"of": "NS"}}})).await;
        t.make("/api/v1/namespaces", json!({"metadata": {"name": "NS-2"}})).await;
        let two = "/api/v1/namespaces/NS-2/configmaps";
        t.make(two, json!({"metadata": {"name": "a", "labels": {"of": "NS"}}})).await;
        let list = t.get("/api/v1/configmaps?labelSelector=of=NS").await;
        let mut spaces: Vec<String> = list
            .at("items")
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| item["metadata"]["namespace"].to_string())
            .collect();
        spaces.sort();
        t.say(spaces.join(" "));
        t.post("/api/v1/configmaps", json!({"metadata": {"name": "b"}})).await;
    });
    assert_snapshot!(said, @r#"
    GET /api/v1/configmaps?labelSelector=of=NS → 200
    "NS" "NS-2"
    POST /api/v1/configmaps → 405 MethodNotAllowed: the server does not allow this method on the requested resource
    "#);
}
