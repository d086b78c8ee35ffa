//! Labels and taints that nodes carry.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::rules;

/// The most labels of a pool's nodes, so that the rule about their keys has a bounded cost.
const LABELS_MAX: usize = 32;

/// The most taints of a pool's nodes; more than anybody can reason about.
const TAINTS_MAX: usize = 16;

/// The syntax of a label's key: an optional DNS subdomain and a slash, then a name of at most 63 characters.
/// It has no backslash, which would have to be written twice inside a rule.
const KEY_PATTERN: &str = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";

/// The syntax of a label's value.
const VALUE_PATTERN: &str = "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$";

/// The longest key: a subdomain of 253 characters, a slash and a name of 63.
const KEY_MAX: usize = 317;

/// Labels in Kubernetes' syntax.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Labels(pub BTreeMap<String, String>);

impl Labels {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl JsonSchema for Labels {
    fn schema_name() -> Cow<'static, str> {
        "Labels".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let keys = format!("self.all(key, size(key) <= {KEY_MAX} && key.matches('{KEY_PATTERN}'))");
        json_schema!({
            "type": "object", "maxProperties": LABELS_MAX,
            "additionalProperties": { "type": "string", "maxLength": 63, "pattern": VALUE_PATTERN },
            "x-kubernetes-validations": [rules::invalid(
                &keys,
                "every key must be a name of at most 63 letters, digits, '-', '_' and '.', which may follow a DNS subdomain and '/'",
            )],
        })
    }
}

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum TaintEffect {
    /// No new pods come to the node.
    NoSchedule,
    /// New pods come to the node only if there is no other.
    PreferNoSchedule,
    /// No new pods come to the node, and those on it leave.
    NoExecute,
}

/// Keeps pods away from a node, as in Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Taint {
    /// The taint's key, in the syntax of a label's key.
    #[schemars(length(max = KEY_MAX), regex(pattern = KEY_PATTERN))]
    pub key: String,
    /// The taint's value, in the syntax of a label's value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 63), regex(pattern = VALUE_PATTERN))]
    pub value: String,
    /// What it does to pods that do not tolerate it.
    pub effect: TaintEffect,
}

impl fmt::Display for Taint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, effect } = self;
        if value.is_empty() {
            write!(out, "{key}:{effect:?}")
        } else {
            write!(out, "{key}={value}:{effect:?}")
        }
    }
}

/// Taints, at most one of a key and effect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Taints(pub Vec<Taint>);

impl Taints {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl JsonSchema for Taints {
    fn schema_name() -> Cow<'static, str> {
        "Taints".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array", "maxItems": TAINTS_MAX, "items": generator.subschema_for::<Taint>(),
            "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["key", "effect"],
        })
    }
}
