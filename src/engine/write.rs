//! Writes to our own records: what the API server answers is in the cache before the next step.

use std::fmt::Debug;
use std::sync::Arc;

use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::object::HasStatus;
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::cache::Cache;
use super::context::Engine;
use super::triggers::Linked;
use crate::api::names::{ANNOTATION_FORCE_DELETION, ENGINE, FINALIZER};

/// How often a status is read and written again that others change at the same time.
const TRIES: usize = 5;

/// Why a record was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It is no more, or is another one of the same name.
    #[error("{object} is not there any more")]
    Gone {
        /// Which.
        object: String,
    },
    /// It was changed since it was looked at: look again.
    #[error("{object} was changed meanwhile")]
    Changed {
        /// Which.
        object: String,
    },
    /// The API server did not answer, or refused.
    #[error("{object} could not be {act}")]
    Api {
        /// Which.
        object: String,
        /// What was asked.
        act: &'static str,
        /// What it said.
        #[source]
        source: Box<kube::Error>,
    },
}

impl WriteError {
    /// Whether looking again is all that is needed.
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Gone { .. } | Self::Changed { .. })
    }
}

/// What the records of a kind have to be to be written.
pub trait Record:
    Resource<DynamicType = ()> + Linked + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static
{
    /// The API of a namespace, or of the whole cluster for kinds without.
    fn api(engine: &Engine, namespace: &str) -> Api<Self>;
    /// The cache of the kind.
    fn cache(engine: &Engine) -> &Cache<Self>;
}

/// The record that a step is about. Another uid is another record.
///
/// # Errors
/// When it is gone.
pub fn find<K: Record>(
    engine: &Engine,
    namespace: &str,
    name: &str,
    uid: Option<&str>,
) -> Result<Arc<K>, WriteError> {
    let found = K::cache(engine).get(namespace, name);
    let found = found.filter(|found| uid.is_none() || found.meta().uid.as_deref() == uid);
    found.ok_or_else(|| WriteError::Gone { object: named::<K>(namespace, name) })
}

/// The record that a step is about, if it is still the version that was seen when the step was planned. What is written
/// to it was worked out from all of that version, and would undo what others wrote since.
///
/// # Errors
/// When it is gone, or was changed.
pub fn as_seen<K: Record>(
    engine: &Engine,
    namespace: &str,
    name: &str,
    uid: Option<&str>,
    version: Option<&str>,
) -> Result<Arc<K>, WriteError> {
    let found = find::<K>(engine, namespace, name, uid)?;
    if version.is_some() && found.meta().resource_version.as_deref() != version {
        return Err(WriteError::Changed { object: named::<K>(namespace, name) });
    }
    Ok(found)
}

/// Makes a record. One of that name that is there already is not an error: it is left alone.
///
/// # Errors
/// When the API server does not answer, or refuses.
pub async fn create<K: Record>(engine: &Engine, object: &K) -> Result<(), WriteError> {
    let namespace = object.namespace().unwrap_or_default();
    let who = PostParams { field_manager: Some(ENGINE.to_owned()), ..PostParams::default() };
    match K::api(engine, &namespace).create(&who, object).await {
        Ok(made) => take_in(engine, made),
        Err(kube::Error::Api(status)) if status.is_already_exists() => {}
        Err(source) => return Err(failed::<K>(&namespace, &object.name_any(), "made", source)),
    }
    Ok(())
}

/// Writes the status of a record, if it is still as it was looked at.
///
/// # Errors
/// When it was changed meanwhile, is gone, or the API server does not answer.
pub async fn set_status<K>(engine: &Engine, seen: &K, status: K::Status) -> Result<Arc<K>, WriteError>
where
    K: Record + HasStatus,
{
    let (namespace, name) = (seen.namespace().unwrap_or_default(), seen.name_any());
    let mut object = seen.clone();
    object.meta_mut().managed_fields = None;
    *object.status_mut() = Some(status);
    let who = PostParams { field_manager: Some(ENGINE.to_owned()), ..PostParams::default() };
    let written = K::api(engine, &namespace).replace_status(&name, &who, &object).await;
    settle(engine, &namespace, &name, written)
}

/// Changes the status of a record by what has happened, whatever others wrote since it was looked at. The change is told the
/// record's generation.
///
/// # Errors
/// When it is gone, changes all the time, or the API server does not answer.
pub async fn change_status<K>(
    engine: &Engine,
    namespace: &str,
    name: &str,
    change: impl Fn(&mut K::Status, i64),
) -> Result<(), WriteError>
where
    K: Record + HasStatus,
    K::Status: Clone + Default,
{
    let mut written = Err(WriteError::Changed { object: named::<K>(namespace, name) });
    for _ in 0..TRIES {
        let found = K::api(engine, namespace).get(name).await;
        let found = settle(engine, namespace, name, found)?;
        let mut status = found.status().cloned().unwrap_or_default();
        change(&mut status, found.meta().generation.unwrap_or_default());
        written = set_status(engine, &*found, status).await.map(|_| ());
        if !matches!(written, Err(WriteError::Changed { .. })) {
            break;
        }
    }
    written
}

/// Changes a record by a merge patch, if it is still as it was looked at.
///
/// # Errors
/// When it was changed meanwhile, is gone, or the API server does not answer.
pub async fn patch<K: Record>(engine: &Engine, seen: &K, mut change: Value) -> Result<Arc<K>, WriteError> {
    let (namespace, name) = (seen.namespace().unwrap_or_default(), seen.name_any());
    change["metadata"]["resourceVersion"] = json!(seen.resource_version());
    change["metadata"]["uid"] = json!(seen.uid());
    let who = PatchParams { field_manager: Some(ENGINE.to_owned()), ..PatchParams::default() };
    let written = K::api(engine, &namespace).patch(&name, &who, &Patch::Merge(change)).await;
    settle(engine, &namespace, &name, written)
}

/// Writes a whole record, whose spec is all ours.
///
/// # Errors
/// When it was changed meanwhile, is gone, or the API server does not answer.
pub async fn replace<K: Record>(engine: &Engine, mut object: K) -> Result<Arc<K>, WriteError> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    object.meta_mut().managed_fields = None;
    let who = PostParams { field_manager: Some(ENGINE.to_owned()), ..PostParams::default() };
    let written = K::api(engine, &namespace).replace(&name, &who, &object).await;
    settle(engine, &namespace, &name, written)
}

/// Puts our finalizer on a record, or takes it off.
///
/// # Errors
/// When it was changed meanwhile, or the API server does not answer. A record that is gone needs no finalizer.
pub async fn finalizer<K: Record>(engine: &Engine, seen: &K, wanted: bool) -> Result<(), WriteError> {
    let others = seen.finalizers().iter().filter(|name| *name != FINALIZER).cloned();
    let names: Vec<String> = others.chain(wanted.then(|| FINALIZER.to_owned())).collect();
    match patch(engine, seen, json!({ "metadata": { "finalizers": names } })).await {
        Ok(written) => {
            let is_last = written.meta().deletion_timestamp.is_some() && names.is_empty();
            if is_last {
                forget(engine, &*written);
            }
            Ok(())
        }
        Err(WriteError::Gone { .. }) if !wanted => Ok(()),
        Err(error) => Err(error),
    }
}

/// Deletes a record; its loop takes down what belongs to it. One that is gone already is not an error.
///
/// # Errors
/// When the API server does not answer.
pub async fn delete<K: Record>(engine: &Engine, seen: &K, forced_by: Option<&str>) -> Result<(), WriteError> {
    let (namespace, name) = (seen.namespace().unwrap_or_default(), seen.name_any());
    if let Some(operation) = forced_by {
        patch(
            engine,
            seen,
            json!({ "metadata": { "annotations": { ANNOTATION_FORCE_DELETION: operation } } }),
        )
        .await?;
    }
    if seen.meta().deletion_timestamp.is_some() {
        return Ok(());
    }
    let only_this = Preconditions { uid: seen.uid(), resource_version: None };
    let how = DeleteParams { preconditions: Some(only_this), ..DeleteParams::background() };
    match K::api(engine, &namespace).delete(&name, &how).await {
        Ok(answer) => {
            match answer.left() {
                Some(going) => take_in(engine, going),
                None => forget(engine, seen),
            }
            Ok(())
        }
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(source) => Err(failed::<K>(&namespace, &name, "deleted", source)),
    }
}

fn settle<K: Record>(
    engine: &Engine,
    namespace: &str,
    name: &str,
    written: Result<K, kube::Error>,
) -> Result<Arc<K>, WriteError> {
    match written {
        Ok(written) => {
            let kept = Arc::new(written.clone());
            take_in(engine, written);
            Ok(kept)
        }
        Err(kube::Error::Api(status)) if status.code == 404 => {
            Err(WriteError::Gone { object: named::<K>(namespace, name) })
        }
        Err(kube::Error::Api(status)) if status.code == 409 => {
            Err(WriteError::Changed { object: named::<K>(namespace, name) })
        }
        Err(source) => Err(failed::<K>(namespace, name, "written", source)),
    }
}

fn take_in<K: Record>(engine: &Engine, object: K) {
    if let Some(change) = K::cache(engine).wrote(object) {
        K::changed(engine, &change);
    }
}

fn forget<K: Record>(engine: &Engine, object: &K) {
    if let Some(change) = K::cache(engine).gone(object) {
        K::changed(engine, &change);
    }
}

fn named<K: Resource<DynamicType = ()>>(namespace: &str, name: &str) -> String {
    let kind = K::kind(&()).to_lowercase();
    if namespace.is_empty() { format!("{kind}/{name}") } else { format!("{kind}/{namespace}/{name}") }
}

fn failed<K: Resource<DynamicType = ()>>(
    namespace: &str,
    name: &str,
    act: &'static str,
    source: kube::Error,
) -> WriteError {
    WriteError::Api { object: named::<K>(namespace, name), act, source: Box::new(source) }
}
