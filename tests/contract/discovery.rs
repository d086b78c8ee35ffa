//! How a client finds out what there is: versions, groups, resources, schemas.

use insta::assert_snapshot;
use serde_json::Value;

use crate::helper::crd::plain;
use crate::helper::server::told;
use crate::helper::talk::{Answer, Talk};

async fn accepting(t: &Talk, path: &str, accept: &str) -> Answer {
    t.ask("GET", path, &[("accept", accept)], Vec::new()).await
}

/// The verbs of a resource, in alphabetical order: every server has its own.
fn verbs(resource: &Value) -> String {
    let all = resource["verbs"].as_array().into_iter().flatten();
    let mut verbs: Vec<&str> = all.filter_map(Value::as_str).collect();
    verbs.sort_unstable();
    verbs.join(" ")
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let mut all = list.as_array().into_iter().flatten();
    all.find(|one| one["name"] == name || one["resource"] == name).unwrap_or(&Value::Null)
}

/// The version, and the two questions whether the server lives and is ready.
#[test]
fn a_server_tells_its_version() {
    let said = told(async |t| {
        let version = t.get("/version").await;
        let minor = version.at("minor").as_str().unwrap_or_default().trim_end_matches('+').parse::<u32>();
        t.say(format!("{} of at least 1.36: {}", version.at("major"), minor.is_ok_and(|minor| minor >= 36)));
        for path in ["/livez", "/readyz", "/healthz"] {
            let answer = t.get(path).await;
            t.say(&answer.body);
        }
    });
    assert_snapshot!(said, @r#"
    GET /version → 200
    "1" of at least 1.36: true
    GET /livez → 200
    "ok"
    GET /readyz → 200
    "ok"
    GET /healthz → 200
    "ok"
    "#);
}

/// The core group and its resources, as clients have asked from the beginning.
#[test]
fn the_core_group_is_listed() {
    let said = told(async |t| {
        let versions = t.get("/api").await;
        t.show(&versions.body, "kind versions");
        let list = t.get("/api/v1").await;
        t.show(&list.body, "kind groupVersion");
        let map = named(list.at("resources"), "configmaps");
        t.show(map, "singularName namespaced kind verbs shortNames");
        let pods = named(list.at("resources"), "pods");
        t.show(pods, "namespaced kind shortNames categories");
        let eviction = named(list.at("resources"), "pods/eviction");
        t.show(eviction, "group version kind verbs");
    });
    assert_snapshot!(said, @r#"
    GET /api → 200
      kind="APIVersions" versions=["v1"]
    GET /api/v1 → 200
      kind="APIResourceList" groupVersion="v1"
      singularName="configmap" namespaced=true kind="ConfigMap" verbs=["create","delete","deletecollection","get","list","patch","update","watch"] shortNames=["cm"]
      namespaced=true kind="Pod" shortNames=["po"] categories=["all"]
      group="policy" version="v1" kind="Eviction" verbs=["create"]
    "#);
}

/// A definition's group, version and resources with short names, categories and subresources.
#[test]
fn a_definition_is_discovered() {
    let said = told(async |t| {
        let mut crd = plain();
        crd["spec"]["names"]["shortNames"] = serde_json::json!(["th"]);
        crd["spec"]["names"]["categories"] = serde_json::json!(["all"]);
        t.define(crd).await;
        t.until("/apis/GROUP", |group| group["kind"] == "APIGroup").await;
        let group = t.get("/apis/GROUP").await;
        t.show(&group.body, "kind name versions preferredVersion");
        let list = t.get("/apis/GROUP/v1").await;
        t.show(&list.body, "kind groupVersion");
        let things = named(list.at("resources"), "things");
        t.show(things, "singularName namespaced kind shortNames categories");
        t.say(verbs(things));
        t.show(named(list.at("resources"), "things/status"), "kind verbs");
        let groups = t.read("/apis").await;
        let group = t.group();
        t.say(format!("in the list of groups: {}", !named(&groups["groups"], &group).is_null()));
    });
    assert_snapshot!(said, @r#"
    GET /apis/GROUP → 200
      kind="APIGroup" name="GROUP" versions=[{"groupVersion":"GROUP/v1","version":"v1"}] preferredVersion={"groupVersion":"GROUP/v1","version":"v1"}
    GET /apis/GROUP/v1 → 200
      kind="APIResourceList" groupVersion="GROUP/v1"
      singularName="thing" namespaced=true kind="Thing" shortNames=["th"] categories=["all"]
    create delete deletecollection get list patch update watch
      kind="Thing" verbs=["get","patch","update"]
    in the list of groups: true
    "#);
}

/// All of it in one answer for clients that ask for the aggregated form.
#[test]
fn discovery_can_be_aggregated() {
    let said = told(async |t| {
        t.define(plain()).await;
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        t.until("/apis/GROUP", |group| group["kind"] == "APIGroup").await;
        let group = t.group();
        let listed = async || {
            let all = accepting(t, "/apis", accept).await;
            let items = all.at("items").as_array().cloned().unwrap_or_default();
            (items.into_iter().find(|item| item["metadata"]["name"] == group.as_str()), all)
        };
        let (mut found, mut all) = listed().await;
        while found.is_none() {
            t.until("/apis/GROUP/v1", |_| true).await;
            (found, all) = listed().await;
        }
        t.say(&all.content_type);
        t.show(&all.body, "kind apiVersion");
        let resource = named(&found.unwrap()["versions"][0]["resources"], "things").clone();
        t.show(&resource, "responseKind scope singularResource subresources/0/subresource");
        t.say(verbs(&resource));
        let core = accepting(t, "/api", accept).await;
        t.show(&core.body, "kind items/0/versions/0/version");
        let pods = named(core.at("items/0/versions/0/resources"), "pods");
        t.show(pods, "responseKind/kind scope shortNames categories");
    });
    assert_snapshot!(said, @r#"
    application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList
      kind="APIGroupDiscoveryList" apiVersion="apidiscovery.k8s.io/v2"
      responseKind={"group":"GROUP","kind":"Thing","version":"v1"} scope="Namespaced" singularResource="thing" subresources/0/subresource="status"
    create delete deletecollection get list patch update watch
      kind="APIGroupDiscoveryList" items/0/versions/0/version="v1"
      responseKind/kind="Pod" scope="Namespaced" shortNames=["po"] categories=["all"]
    "#);
}

/// Schemas by group and version: an index with addresses, and a document for each.
#[test]
fn schemas_are_published() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.until("/openapi/v3", |index| !index["paths"][format!("apis/{}/v1", t.group())].is_null()).await;
        let index = t.get("/openapi/v3").await;
        let paths = index.at("paths");
        for path in ["api/v1", "apis/apps/v1"] {
            let address = paths[path]["serverRelativeURL"].as_str().unwrap_or_default();
            t.say(format!("{path}: {}", address.split("?hash=").next().unwrap_or_default()));
        }
        let document = t.get("/openapi/v3/apis/GROUP/v1").await;
        let openapi = document.at("openapi").as_str().unwrap_or_default();
        t.say(format!("OpenAPI {}", &openapi[..1]));
        let schemas = document.at("components/schemas").as_object().cloned().unwrap_or_default();
        let thing = schemas.values().find(|schema| {
            schema["x-kubernetes-group-version-kind"]
                .as_array()
                .is_some_and(|all| all.iter().any(|k| k["kind"] == "Thing"))
        });
        let thing = thing.cloned().unwrap_or_default();
        t.show(&thing, "properties/spec/properties/size x-kubernetes-group-version-kind");
        t.get("/openapi/v3/apis/none.GROUP/v1").await;
    });
    assert_snapshot!(said, @r#"
    GET /openapi/v3 → 200
    api/v1: /openapi/v3/api/v1
    apis/apps/v1: /openapi/v3/apis/apps/v1
    GET /openapi/v3/apis/GROUP/v1 → 200
    OpenAPI 3
      properties/spec/properties/size={"type":"integer"} x-kubernetes-group-version-kind=[{"group":"GROUP","kind":"Thing","version":"v1"}]
    GET /openapi/v3/apis/none.GROUP/v1 → 404
    "#);
}
