//! Programs made for any Kubernetes, unchanged: kube-rs' controller, reflector and finalizer, and a leader election.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use insta::assert_snapshot;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Api, DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::finalizer::{Event, finalizer};
use kube::runtime::wait::await_condition;
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Client, Resource, ResourceExt};
use serde_json::json;

use crate::helper::server::told;
use crate::helper::talk::DEADLINE;

fn named(name: &str) -> ConfigMap {
    ConfigMap { metadata: ObjectMeta { name: Some(name.into()), ..Default::default() }, ..Default::default() }
}

/// A reflector fills its store by a streaming list and follows changes.
#[test]
fn a_reflector_follows() {
    let said = told(async |t| {
        let api: Api<ConfigMap> = Api::namespaced(t.client(), &t.namespace());
        api.create(&PostParams::default(), &named("a")).await.unwrap();
        let (reader, writer) = reflector::store();
        let config = watcher::Config::default().streaming_lists();
        let mut events = Box::pin(watcher(api.clone(), config).reflect(writer).touched_objects());
        let mut seen =
            async || tokio::time::timeout(DEADLINE, events.next()).await.unwrap().unwrap().unwrap();
        t.say(format!("first: {}", seen().await.name_any()));
        api.create(&PostParams::default(), &named("b")).await.unwrap();
        t.say(format!("then: {}", seen().await.name_any()));
        api.delete("a", &DeleteParams::default()).await.unwrap();
        t.say(format!("then: {}", seen().await.name_any()));
        let names: Vec<String> = reader.state().iter().map(|map| map.name_any()).collect();
        t.say(format!("in the store: {names:?}"));
    });
    assert_snapshot!(said, @"
    first: a
    then: b
    then: a
    in the store: [\"b\"]
    ");
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failed(String);

/// Copies a ConfigMap's data to a Secret of the same name that it owns.
async fn copy(map: Arc<ConfigMap>, client: Arc<Client>) -> Result<Action, Failed> {
    let space = map.namespace().unwrap_or_default();
    let secrets: Api<Secret> = Api::namespaced((*client).clone(), &space);
    let mut owner = serde_json::to_value(map.controller_owner_ref(&())).unwrap_or_default();
    owner["blockOwnerDeletion"] = json!(true);
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": map.name_any(), "ownerReferences": [owner]}, "stringData": map.data});
    let params = PatchParams::apply("copier").force();
    secrets
        .patch(&map.name_any(), &params, &Patch::Apply(secret))
        .await
        .map_err(|error| Failed(error.to_string()))?;
    Ok(Action::requeue(Duration::from_secs(3600)))
}

/// A controller makes what is missing, and makes it again when someone takes it away.
#[test]
fn a_controller_heals() {
    let said = told(async |t| {
        let maps: Api<ConfigMap> = Api::namespaced(t.client(), &t.namespace());
        let secrets: Api<Secret> = Api::namespaced(t.client(), &t.namespace());
        let config = || watcher::Config::default().labels("copy=yes");
        let controller = Controller::new(maps.clone(), config())
            .owns(secrets.clone(), watcher::Config::default())
            .run(copy, |_, _, _| Action::requeue(Duration::from_secs(1)), Arc::new(t.client()))
            .for_each(|_| std::future::ready(()));
        let story = async {
            let mut source = named("a");
            source.labels_mut().insert("copy".into(), "yes".into());
            source.data = Some([("k".to_owned(), "v".to_owned())].into());
            maps.create(&PostParams::default(), &source).await.unwrap();
            let made = |secret: Option<&Secret>| secret.is_some_and(|secret| secret.data.is_some());
            let first = await_condition(secrets.clone(), "a", made).await.unwrap().unwrap();
            t.say(format!("made, owned by {}", first.owner_references()[0].name));
            secrets.delete("a", &DeleteParams::default()).await.unwrap();
            let other = first.uid();
            let again = move |secret: Option<&Secret>| secret.is_some_and(|secret| secret.uid() != other);
            await_condition(secrets.clone(), "a", again).await.unwrap();
            t.say("made again");
        };
        tokio::time::timeout(DEADLINE, futures::future::select(Box::pin(story), Box::pin(controller)))
            .await
            .unwrap();
    });
    assert_snapshot!(said, @"
    made, owned by a
    made again
    ");
}

/// The finalizer helper holds an object until its clean-up is done.
#[test]
fn the_finalizer_helper_holds() {
    let said = told(async |t| {
        let api: Api<ConfigMap> = Api::namespaced(t.client(), &t.namespace());
        api.create(&PostParams::default(), &named("a")).await.unwrap();
        let turn = async || {
            let object = Arc::new(api.get("a").await.unwrap());
            let done = finalizer(&api, "kaasboard.dev/clean", object, async |event| {
                match event {
                    Event::Apply(_) => t.say("apply"),
                    Event::Cleanup(_) => t.say("clean up"),
                }
                Ok::<_, Failed>(Action::await_change())
            });
            done.await.unwrap();
        };
        turn().await;
        t.say(format!("{:?}", api.get("a").await.unwrap().finalizers()));
        turn().await;
        api.delete("a", &DeleteParams::default()).await.unwrap();
        turn().await;
        t.say(format!("still there: {}", api.get_opt("a").await.unwrap().is_some()));
    });
    assert_snapshot!(said, @"
    [\"kaasboard.dev/clean\"]
    apply
    clean up
    still there: false
    ");
}
