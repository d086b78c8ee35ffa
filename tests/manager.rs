//! The embedded API server as a program of this process uses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kaasboard::manager::server::{Manager, Options};
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::limits::Limits;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use serde_json::json;

async fn manager() -> Manager {
    Manager::start(Options { store: Store::in_memory(Limits::default()), seed: 1 }).await
}

fn map(name: &str, value: &str) -> ConfigMap {
    serde_json::from_value(
        json!({ "metadata": { "name": name, "labels": { "v": value } }, "data": { "v": value } }),
    )
    .unwrap()
}

fn refused<T: std::fmt::Debug>(result: Result<T, kube::Error>) -> String {
    match result {
        Err(kube::Error::Api(status)) => format!("{} {}: {}", status.code, status.reason, status.message),
        other => format!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn objects_come_change_and_go() {
    let maps: Api<ConfigMap> = Api::default_namespaced(manager().await.client("default"));
    let made = maps.create(&PostParams::default(), &map("a", "1")).await.unwrap();
    assert_eq!(made.metadata.uid.as_deref().map(str::len), Some(36));
    assert_eq!(
        refused(maps.create(&PostParams::default(), &map("a", "1")).await),
        "409 AlreadyExists: configmaps \"a\" already exists"
    );
    let patch = Patch::Merge(json!({ "data": { "w": "2" } }));
    let patched = maps.patch("a", &PatchParams::default(), &patch).await.unwrap();
    let again = maps.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(patched.metadata.resource_version, again.metadata.resource_version, "nothing changed");
    assert_eq!(
        refused(maps.replace("a", &PostParams::default(), &made).await),
        "409 Conflict: Operation cannot be fulfilled on configmaps \"a\": the object has been modified; \
         please apply your changes to the latest version and try again"
    );
    maps.delete("a", &DeleteParams::default()).await.unwrap();
    assert_eq!(refused(maps.get("a").await), "404 NotFound: configmaps \"a\" not found");
}

#[tokio::test(start_paused = true)]
async fn pages_show_one_revision() {
    let maps: Api<ConfigMap> = Api::default_namespaced(manager().await.client("default"));
    for name in ["a", "b", "c"] {
        maps.create(&PostParams::default(), &map(name, "1")).await.unwrap();
    }
    let first = maps.list(&ListParams::default().limit(2)).await.unwrap();
    assert_eq!(first.metadata.remaining_item_count, Some(1));
    maps.delete("c", &DeleteParams::default()).await.unwrap();
    let token = first.metadata.continue_.unwrap();
    let second = maps.list(&ListParams::default().limit(2).continue_token(&token)).await.unwrap();
    assert_eq!(second.items.len(), 1);
    assert_eq!(second.metadata.resource_version, first.metadata.resource_version);
}

#[tokio::test(start_paused = true)]
async fn watchers_see_what_their_labels_make_of_changes() {
    let maps: Api<ConfigMap> = Api::default_namespaced(manager().await.client("default"));
    maps.create(&PostParams::default(), &map("a", "1")).await.unwrap();
    let watch = WatchParams::default().labels("v=1").timeout(100);
    let mut events = maps.watch(&watch, "0").await.unwrap().boxed();
    maps.create(&PostParams::default(), &map("b", "2")).await.unwrap();
    for value in ["1", "2"] {
        let patch = Patch::Merge(json!({ "metadata": { "labels": { "v": value } } }));
        maps.patch("b", &PatchParams::default(), &patch).await.unwrap();
    }
    maps.delete("a", &DeleteParams::default()).await.unwrap();
    let mut said = Vec::new();
    while let Some(event) = events.try_next().await.unwrap() {
        said.push(match event {
            WatchEvent::Added(it) => format!("ADDED {}", it.metadata.name.unwrap()),
            WatchEvent::Modified(it) => format!("MODIFIED {}", it.metadata.name.unwrap()),
            WatchEvent::Deleted(it) => format!("DELETED {}", it.metadata.name.unwrap()),
            WatchEvent::Bookmark(_) => "BOOKMARK".to_owned(),
            WatchEvent::Error(error) => error.message.clone(),
        });
    }
    assert_eq!(said, ["ADDED a", "BOOKMARK", "ADDED b", "DELETED b", "DELETED a", "BOOKMARK", "BOOKMARK"]);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_goes_with_what_is_in_it() {
    let client = manager().await.client("default");
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let space = serde_json::from_value(json!({ "metadata": { "name": "x" } })).unwrap();
    namespaces.create(&PostParams::default(), &space).await.unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "x");
    let mut held = map("a", "1");
    held.metadata.finalizers = Some(vec!["kaasboard.dev/hold".to_owned()]);
    maps.create(&PostParams::default(), &held).await.unwrap();
    namespaces.delete("x", &DeleteParams::default()).await.unwrap();
    let late = refused(maps.create(&PostParams::default(), &map("b", "1")).await);
    assert!(late.starts_with("403 Forbidden: configmaps \"b\" is forbidden: unable to create"), "{late}");
    let freed = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    maps.patch("a", &PatchParams::default(), &freed).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(refused(namespaces.get("x").await), "404 NotFound: namespaces \"x\" not found");
    assert_eq!(refused(maps.get("a").await), "404 NotFound: configmaps \"a\" not found");
}

#[tokio::test(start_paused = true)]
async fn secrets_turn_text_into_data() {
    let secrets: Api<Secret> = Api::default_namespaced(manager().await.client("default"));
    let secret = json!({ "metadata": { "generateName": "s-" }, "stringData": { "a": "b" } });
    let secret: Secret = serde_json::from_value(secret).unwrap();
    let made = secrets.create(&PostParams::default(), &secret).await.unwrap();
    assert_eq!(made.data.unwrap()["a"].0, b"b");
    assert_eq!(made.metadata.name.unwrap().len(), 7);
}
