//! Whatever is asked of the embedded API server, it answers with success, a Status, or its line for unknown pages:
//! never a panic, never something else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use kaasboard::manager::server::{Manager, Options};
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::limits::Limits;
use kube::Client;
use kube::client::Body;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// A request as the generator draws it.
#[derive(Clone, Debug)]
struct Drawn {
    method: &'static str,
    path: String,
    query: String,
    content_type: &'static str,
    accept: &'static str,
    body: Vec<u8>,
}

async fn manager(limits: Limits) -> Manager {
    Manager::start(Options { store: Store::in_memory(limits), seed: 7 }).await
}

const CRD: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

fn definition() -> Value {
    let spec = json!({ "type": "object", "properties": {
        "a": { "type": "string", "maxLength": 8 }, "n": { "type": "integer", "default": 3 },
        "l": { "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": { "type": "object", "required": ["k"], "properties": { "k": { "type": "string" } } } },
    } });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "things.x.dev" },
        "spec": { "group": "x.dev", "scope": "Namespaced", "names": { "plural": "things", "kind": "Thing" },
            "versions": [{ "name": "v1", "served": true, "storage": true,
                "subresources": { "status": {}, "scale": {
                    "specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n" } },
                "schema": { "openAPIV3Schema": { "type": "object", "properties": {
                    "spec": spec, "status": { "type": "object", "properties": { "n": { "type": "integer" } } },
                } } } }] },
    })
}

async fn send(client: &Client, drawn: &Drawn) -> Result<(u16, Vec<u8>), String> {
    let uri =
        if drawn.query.is_empty() { drawn.path.clone() } else { format!("{}?{}", drawn.path, drawn.query) };
    let request = Request::builder()
        .method(drawn.method)
        .uri(&uri)
        .header("content-type", drawn.content_type)
        .header("accept", drawn.accept)
        .body(Body::from(drawn.body.clone()));
    // What is no request for the `http` crate cannot reach a server.
    let Ok(request) = request else { return Ok((0, Vec::new())) };
    let response = client.send(request).await.map_err(|error| error.to_string())?;
    let code = response.status().as_u16();
    let read = tokio::time::timeout(Duration::from_secs(7200), response.into_body().collect()).await;
    let read = read.map_err(|_| "the answer never ends".to_owned())?.map_err(|error| error.to_string())?;
    Ok((code, read.to_bytes().to_vec()))
}

/// What is wrong with an answer, if anything is.
fn fault(code: u16, body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    // That is how a panic within a change would be answered.
    if text.contains("could not be brought to its end") {
        return Some(text.into_owned());
    }
    match code {
        0 | 200..=299 | 304 => None,
        404 if text == "404 page not found\n" => None,
        500 if !text.contains("\"reason\":\"InternalError\"") => None,
        400..=504 => {
            let status: Value = serde_json::from_slice(body).unwrap_or_default();
            let is_one =
                status["kind"] == "Status" && status["code"] == code && status["message"].is_string();
            (!is_one).then(|| format!("{code} {text}"))
        }
        _ => Some(format!("{code} {text}")),
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["a", "b", "things.x.dev", "default"]).prop_map(str::to_owned),
        1 => "[a-zA-Z0-9%._~-]{1,12}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    let collections = vec![
        "/api/v1/namespaces",
        "/api/v1/namespaces/default/configmaps",
        "/api/v1/namespaces/default/pods",
        "/api/v1/namespaces/default/secrets",
        "/api/v1/namespaces/default/events",
        "/apis/events.k8s.io/v1/namespaces/default/events",
        "/api/v1/configmaps",
        "/api/v1/nodes",
        "/apis/apps/v1/namespaces/default/deployments",
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
        "/apis/coordination.k8s.io/v1/namespaces/default/leases",
        "/apis/x.dev/v1/namespaces/default/things",
        "/apis/x.dev/v1/things",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        CRD,
    ];
    let parts =
        vec!["", "/status", "/scale", "/eviction", "/binding", "/finalize", "/token", "/log", "/nope"];
    let object = (select(collections.clone()), name(), select(parts))
        .prop_map(|(collection, name, part)| format!("{collection}/{name}{part}"));
    let other =
        select(vec!["/version", "/healthz", "/api", "/apis", "/apis/x.dev/v1", "/openapi/v3", "/openapi/v2"]);
    prop_oneof![
        4 => object,
        4 => select(collections).prop_map(str::to_owned),
        1 => other.prop_map(str::to_owned),
        1 => "/[a-z0-9%/._-]{0,40}",
    ]
}

fn query() -> impl Strategy<Value = String> {
    let names = vec![
        "labelSelector",
        "fieldSelector",
        "limit",
        "continue",
        "resourceVersion",
        "resourceVersionMatch",
        "watch",
        "sendInitialEvents",
        "allowWatchBookmarks",
        "timeoutSeconds",
        "dryRun",
        "fieldManager",
        "force",
        "fieldValidation",
        "propagationPolicy",
        "gracePeriodSeconds",
        "includeObject",
    ];
    let values = prop_oneof![
        3 => select(vec![
            "1", "0", "true", "false", "All", "Strict", "Exact", "NotOlderThan", "Orphan", "Foreground", "a%3D1",
            "a%20in%20(b,c)", "!a", "metadata.name%3Da", "spec.nodeName%3D", "-1", "999999999999999999999",
        ]).prop_map(str::to_owned),
        1 => "[a-zA-Z0-9%=!,()<>+._-]{0,16}",
    ];
    let pairs = prop::collection::vec((select(names), values), 0..4);
    pairs.prop_map(|pairs| {
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    })
}

/// Names of fields that the API server itself reads.
const KEYS: &str = "metadata name namespace labels annotations finalizers ownerReferences uid resourceVersion \
    generateName managedFields spec status data stringData kind apiVersion a n l k replicas selector \
    matchLabels containers op path value deleteOptions preconditions $patch minAvailable versions \
    names schema";

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec![
            "",
            "a",
            "b",
            "v1",
            "Thing",
            "x.dev/v1",
            "2020-01-01T00:00:00Z",
            "/spec/a",
            "replace",
            "YQ=="
        ])
        .prop_map(Value::from),
    ];
    let keys = select(KEYS.split_whitespace().collect::<Vec<_>>());
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::btree_map(keys.clone(), inner, 0..5)
                .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// Objects that are nearly right reach further than noise.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let near = (
        select(vec!["ConfigMap/v1", "Thing/x.dev/v1", "Pod/v1", "Namespace/v1", "Deployment/apps/v1"]),
        name(),
        any_json(),
    )
        .prop_map(|(of, name, rest)| {
            let (kind, version) = of.split_once('/').unwrap();
            let mut object = json!({ "kind": kind, "apiVersion": version, "metadata": { "name": name } });
            if let (Some(object), Value::Object(rest)) = (object.as_object_mut(), rest) {
                object.extend(rest.into_iter().filter(|(key, _)| key != "kind" && key != "apiVersion"));
            }
            object.to_string().into_bytes()
        });
    prop_oneof![
        4 => near,
        2 => any_json().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any_json(), 0..4).prop_map(|list| Value::from(list).to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..64),
        1 => Just(Vec::new()),
    ]
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let methods = select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "PATCH", "POST", "OPTIONS"]);
    let content_types = select(vec![
        "application/json",
        "application/yaml",
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
        "text/plain",
        "",
        "application/vnd.kubernetes.protobuf",
    ]);
    let accepts = select(vec![
        "application/json",
        "*/*",
        "application/yaml",
        "application/json;as=Table;v=v1;g=meta.k8s.io",
        "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
        "application/vnd.kubernetes.protobuf",
    ]);
    (methods, path(), query(), content_types, accepts, body()).prop_map(
        |(method, path, query, content_type, accept, body)| Drawn {
            method,
            path,
            query,
            content_type,
            accept,
            body,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_well_formed(requests in prop::collection::vec(drawn(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let wrong = runtime.block_on(async {
            let client = manager(Limits::default()).await.client("default");
            let made = Drawn {
                method: "POST", path: CRD.to_owned(), query: String::new(), content_type: "application/json",
                accept: "application/json", body: definition().to_string().into_bytes(),
            };
            let (code, _) = send(&client, &made).await.unwrap();
            assert_eq!(code, 201);
            for request in &requests {
                let said = match send(&client, request).await {
                    Ok((code, body)) => fault(code, &body),
                    Err(error) => Some(error),
                };
                if let Some(said) = said {
                    return Some(format!("{request:?}: {said}"));
                }
            }
            None
        });
        prop_assert_eq!(wrong, None);
    }
}

fn post(path: &str, body: &Value) -> Drawn {
    Drawn {
        method: "POST",
        path: path.to_owned(),
        query: String::new(),
        content_type: "application/json",
        accept: "application/json",
        body: body.to_string().into_bytes(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_watcher_that_does_not_read_is_told_to_list_anew() {
    let limits = Limits { history_changes: 10, ..Limits::default() };
    let client = manager(limits).await.client("default");
    let path = "/api/v1/namespaces/default/configmaps";
    let watch = Request::get(format!("{path}?watch=1&resourceVersion=4&timeoutSeconds=60"));
    let mut changes = client.send(watch.body(Body::empty()).unwrap()).await.unwrap().into_body();
    for index in 0..30 {
        let object = json!({ "metadata": { "name": format!("m{index}") } });
        assert_eq!(send(&client, &post(path, &object)).await.unwrap().0, 201);
    }
    let first = changes.frame().await.unwrap().unwrap().into_data().unwrap();
    let event: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert!(changes.frame().await.is_none(), "it ends");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_is_refused() {
    let client = manager(Limits::default()).await.client("default");
    let large = json!({ "metadata": { "name": "a" }, "data": { "a": "x".repeat(3 * 1024 * 1024) } });
    let (code, body) = send(&client, &post("/api/v1/namespaces/default/configmaps", &large)).await.unwrap();
    assert_eq!((code, fault(code, &body)), (413, None));
}
