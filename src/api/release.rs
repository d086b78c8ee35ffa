//! Release: a version of Kubernetes that clusters can run, and all that comes with it.

use chrono::NaiveDate;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::rules;
use super::text::{AddonName, CloudName};
use super::version::Version;

/// The most addons of a Release.
const ADDONS_MAX: usize = 64;

/// What is said to somebody who edits what running clusters were made from.
const UNCHANGED: &str =
    "a Release never changes under the clusters that run it: make a new one, such as v1.34.2-2";

/// A version of Kubernetes that clusters can run, with the image, the etcd and the addons that go with it.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "Release",
    status = "ReleaseStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "krel",
    doc = "A version of Kubernetes that clusters can run, with the image, the etcd and the addons that go with it.",
    validation = name_is_version(),
    printcolumn(name = "Version", type_ = "string", json_path = ".spec.version"),
    printcolumn(name = "Etcd", type_ = "string", json_path = ".spec.etcdVersion"),
    printcolumn(name = "Image", type_ = "string", json_path = ".spec.image"),
    printcolumn(name = "Usable", type_ = "string", json_path = ".status.conditions[?(@.type=='Usable')].status"),
    printcolumn(name = "Clusters", type_ = "integer", json_path = ".status.usedBy.clusters"),
    printcolumn(name = "Machines", type_ = "integer", json_path = ".status.usedBy.machines"),
    printcolumn(name = "Until", type_ = "string", json_path = ".spec.until"),
    printcolumn(name = "Since", type_ = "string", json_path = ".spec.since", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("version", UNCHANGED),
    rules::immutable_at("etcdVersion", UNCHANGED),
    rules::immutable_at("image", UNCHANGED),
    rules::invalid_at(".until", "!has(self.since) || !has(self.until) || self.since <= self.until",
        "until must not be before since"),
]))]
pub struct ReleaseSpec {
    /// The version of Kubernetes.
    pub version: Version,
    /// The Glance image that machines boot from; it holds containerd, kubelet, kubeadm and etcd of this Release.
    pub image: CloudName,
    /// The version of etcd.
    pub etcd_version: Version,
    /// The addons that run in clusters of this Release, with the versions of their bundles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = ADDONS_MAX),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub addons: Vec<ReleaseAddon>,
    /// The first day on which clusters may move to it (UTC). Left out: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"), length(max = 10))]
    pub since: Option<NaiveDate>,
    /// The last day on which it is supported (UTC): afterwards no cluster may move to it, and those that run it
    /// are reported. Left out: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"), length(max = 10))]
    pub until: Option<NaiveDate>,
}

fn name_is_version() -> kube::core::Rule {
    kube::core::Rule::new(
        "self.metadata.name == self.spec.version || (self.metadata.name.startsWith(self.spec.version + '-') \
         && self.metadata.name.matches('^v[0-9.]+-[1-9][0-9]{0,8}$'))",
    )
    .message(
        "a Release is named after its version, v1.34.2, or after that and the number of a build, v1.34.2-2",
    )
    .reason(kube::core::Reason::FieldValueInvalid)
    .field_path(rules::METADATA_NAME)
}

/// An addon of a Release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ReleaseAddon {
    /// The addon's name.
    pub name: AddonName,
    /// The version of its bundle, in the addon's own way of numbering.
    #[schemars(length(min = 1, max = 63))]
    pub version: String,
    /// Whether clusters get it only if they ask for it in spec.addons.
    #[serde(default)]
    pub optional: bool,
}

/// Whether clusters can run the Release, and which do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Whether clusters can be made with it or moved to it now; the condition Usable says why not.
    #[serde(default)]
    pub usable: bool,
    /// The id of the image, by which servers are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// What runs it.
    #[serde(default)]
    pub used_by: ReleaseUse,
    /// What is true of the Release.
    #[serde(default)]
    pub conditions: Conditions,
}

/// How much runs a Release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct ReleaseUse {
    /// Clusters that are wanted on it.
    pub clusters: u32,
    /// Machines that run it.
    pub machines: u32,
}
