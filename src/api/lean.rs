//! Objects as a watch reads them: without `metadata.managedFields`.
//!
//! Who wrote which field is half of what an object weighs, is a tree of maps to read, and means nothing to who only looks.
//! The API server always sends it, so that it is passed over while the object is read, before anything is made of it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use kube::Resource;
use kube::api::ObjectMeta;
use kube::runtime::watcher::Event;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;

/// The field of an object that is looked into.
const METADATA: &str = "metadata";
/// The field of the metadata that is passed over.
const MANAGED_FIELDS: &str = "managedFields";

/// An object that was read without its `managedFields`.
#[derive(Clone, Debug)]
pub struct Lean<K>(pub K);

impl<'de, K: Deserialize<'de>> Deserialize<'de> for Lean<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Map { seed: PhantomData::<K>, is_metadata: false }).map(Lean)
    }
}

impl<K: Resource> Resource for Lean<K> {
    type DynamicType = K::DynamicType;
    type Scope = K::Scope;

    fn kind(dt: &Self::DynamicType) -> Cow<'_, str> {
        K::kind(dt)
    }

    fn group(dt: &Self::DynamicType) -> Cow<'_, str> {
        K::group(dt)
    }

    fn version(dt: &Self::DynamicType) -> Cow<'_, str> {
        K::version(dt)
    }

    fn plural(dt: &Self::DynamicType) -> Cow<'_, str> {
        K::plural(dt)
    }

    fn meta(&self) -> &ObjectMeta {
        self.0.meta()
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.meta_mut()
    }
}

/// The objects themselves.
pub fn event<K>(event: Event<Lean<K>>) -> Event<K> {
    match event {
        Event::Apply(Lean(object)) => Event::Apply(object),
        Event::Delete(Lean(object)) => Event::Delete(object),
        Event::Init => Event::Init,
        Event::InitApply(Lean(object)) => Event::InitApply(object),
        Event::InitDone => Event::InitDone,
    }
}

/// What `seed` makes of a map: of an object, or of its metadata.
struct Map<S> {
    seed: S,
    is_metadata: bool,
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Map<S> {
    type Value = S::Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.is_metadata { "an object's metadata" } else { "an object" })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<S::Value, A::Error> {
        self.seed.deserialize(Entries { map, is_metadata: self.is_metadata, leads_to_metadata: false })
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Map<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// The entries of a map without the one that is passed over.
struct Entries<A> {
    map: A,
    is_metadata: bool,
    leads_to_metadata: bool,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        while let Some(Key(key)) = self.map.next_key()? {
            if self.is_metadata && key == MANAGED_FIELDS {
                self.map.next_value::<IgnoredAny>()?;
                continue;
            }
            self.leads_to_metadata = !self.is_metadata && key == METADATA;
            return seed.deserialize(key.into_deserializer()).map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        if self.leads_to_metadata {
            self.map.next_value_seed(Map { seed, is_metadata: true })
        } else {
            self.map.next_value_seed(seed)
        }
    }
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for Entries<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    /// Kubernetes' own kinds take their metadata as something that may be missing.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A key, copied only where it cannot be lent.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(Letters).map(Key)
    }
}

struct Letters;

impl<'de> Visitor<'de> for Letters {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a field")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Node;
    use kube::api::WatchEvent;
    use serde_json::{Value, json};

    use super::*;
    use crate::api::tenant::Tenant;

    fn tenant(metadata: Value) -> Value {
        json!({
            "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Tenant", "metadata": metadata,
            "spec": { "displayName": "managedFields" },
        })
    }

    fn fields() -> Value {
        json!([{ "manager": "engine", "fieldsType": "FieldsV1", "fieldsV1": { "f:spec": { "f:a": {} } } }])
    }

    #[test]
    fn an_object_is_read_as_ever_but_for_who_wrote_it() {
        let given = json!({
            "name": "shop", "uid": "1", "managedFields": fields(),
            "labels": { "managedFields": "mine" }, "creationTimestamp": "2026-01-02T03:04:05Z",
        });
        let text = tenant(given).to_string();
        let whole: Tenant = serde_json::from_str(&text).unwrap();
        assert!(whole.metadata.managed_fields.is_some(), "there is something to pass over");
        let Lean(lean) = serde_json::from_str::<Lean<Tenant>>(&text).unwrap();
        assert_eq!(lean.metadata, ObjectMeta { managed_fields: None, ..whole.metadata });
        assert_eq!(lean.metadata.labels.as_ref().unwrap()["managedFields"], "mine");
        assert_eq!(serde_json::to_value(&lean.spec).unwrap(), serde_json::to_value(&whole.spec).unwrap());
    }

    #[test]
    fn kubernetes_own_kinds_are_read_as_well() {
        let given = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": { "name": "n1", "managedFields": fields() },
            "status": { "nodeInfo": { "kubeletVersion": "v1.34.2" }, "addresses": [] },
        });
        let Lean(node) = serde_json::from_str::<Lean<Node>>(&given.to_string()).unwrap();
        assert_eq!(node.metadata, ObjectMeta { name: Some("n1".to_owned()), ..ObjectMeta::default() });
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let broken = |object: Value| serde_json::from_value::<Lean<Tenant>>(object).unwrap_err().to_string();
        assert!(broken(json!([])).contains("expected an object"), "{}", broken(json!([])));
        assert!(broken(tenant(json!(7))).contains("an object's metadata"), "{}", broken(tenant(json!(7))));
        let strange = broken(tenant(json!({ "labels": 7 })));
        assert!(strange.contains("invalid type: integer `7`"), "{strange}");
    }

    #[test]
    fn an_event_of_a_watch_is_read_the_same() {
        let object = tenant(json!({ "name": "sh\u{f6}p", "managedFields": fields() }));
        let line = json!({ "type": "MODIFIED", "object": object }).to_string();
        let Ok(WatchEvent::Modified(Lean(seen))) = serde_json::from_str::<WatchEvent<Lean<Tenant>>>(&line)
        else {
            panic!("{line}");
        };
        assert_eq!(seen.metadata.name.as_deref(), Some("sh\u{f6}p"));
        assert_eq!(seen.metadata.managed_fields, None);
    }
}
