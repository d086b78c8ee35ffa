//! What is known of one type, as paths, discovery and verbs need it.

use std::sync::Arc;

use super::builtin::BuiltIn;
use super::crd::definition::Definition;
use super::crd::versions::Version;
use crate::manager::resource::ResourceId;

/// A type of object.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Under which its objects are stored. Two types that show the same objects in two shapes share it.
    pub id: ResourceId,
    /// Its API group, empty for the core group.
    pub group: String,
    /// The served versions, the preferred one first.
    pub versions: Vec<String>,
    /// The version that objects are stored in.
    pub storage_version: String,
    /// Its kind.
    pub kind: String,
    /// The kind of its lists.
    pub list_kind: String,
    /// Its name in paths.
    pub plural: String,
    /// Its name on command lines.
    pub singular: String,
    /// Its abbreviations on command lines.
    pub short_names: Vec<String>,
    /// The groups of types it is listed with on command lines (`all`).
    pub categories: Vec<String>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether `status` is written apart.
    pub has_status: bool,
    /// Where replicas are, if it can be scaled.
    pub scale: Option<ScalePaths>,
    /// The further subresources it answers to, by name.
    pub actions: Vec<Action>,
    /// Which verbs it answers to.
    pub verbs: Verbs,
    /// Fields that field selectors may ask for, beside name and namespace: paths like `spec.nodeName`.
    pub selectable: Vec<String>,
    /// The built-in type, if it is one; otherwise it comes from a CustomResourceDefinition.
    pub built_in: Option<&'static BuiltIn>,
    /// What its CustomResourceDefinition says, if it comes from one.
    pub custom: Option<Arc<Definition>>,
    /// The revision at which its definition last changed. What was stored before is pruned and filled in when it is
    /// read. 0 for a built-in type.
    pub defined_at: u64,
}

/// Where the scale subresource finds its values, as paths like `.spec.replicas`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalePaths {
    /// The wanted number.
    pub spec_replicas: String,
    /// The number that is.
    pub status_replicas: String,
    /// The pods' selector as text.
    pub label_selector: Option<String>,
}

/// A subresource that acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `pods/NAME/eviction`
    Eviction,
    /// `pods/NAME/binding`
    Binding,
    /// `namespaces/NAME/finalize`
    Finalize,
    /// `serviceaccounts/NAME/token`, which is answered with a refusal
    Token,
    /// `pods/NAME/log`, which is answered with a refusal: nothing runs here
    Log,
    /// `pods/NAME/exec`, likewise
    Exec,
    /// `pods/NAME/attach`, likewise
    Attach,
    /// `pods/NAME/portforward`, likewise
    PortForward,
}

impl Action {
    /// Its name in paths.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eviction => "eviction",
            Self::Binding => "binding",
            Self::Finalize => "finalize",
            Self::Token => "token",
            Self::Log => "log",
            Self::Exec => "exec",
            Self::Attach => "attach",
            Self::PortForward => "portforward",
        }
    }
}

/// Which verbs a type answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbs {
    /// All of them: its objects are stored.
    All,
    /// Only create: it is a question, and the answer is in the reply.
    CreateOnly,
}

impl Verbs {
    /// Their names, as discovery lists them.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::All => &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            Self::CreateOnly => &["create"],
        }
    }
}

impl Resource {
    /// The name that people write: `machines.kaasboard.dev`.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `apiVersion` of its objects in a version.
    pub fn api_version(&self, version: &str) -> String {
        if self.group.is_empty() { version.to_owned() } else { format!("{}/{version}", self.group) }
    }

    /// What its CustomResourceDefinition says of a version, if it comes from one.
    pub fn custom_version(&self, version: &str) -> Option<&Version> {
        self.custom.as_ref()?.version(version)
    }

    /// Whether its objects are stored; what only answers questions has none.
    pub fn is_stored(&self) -> bool {
        match self.verbs {
            Verbs::All => true,
            Verbs::CreateOnly => false,
        }
    }

    /// Whether it is served in a version.
    pub fn serves(&self, version: &str) -> bool {
        self.versions.iter().any(|served| served == version)
    }
}
