//! The names that the engine and the machines' user data agree on inside a user cluster.

/// The annotation of a node that the engine cordoned, so that nobody else's cordon is ever taken off.
pub const CORDONED_BY_US: &str = "kaasboard.dev/cordoned";
/// The taint that tells Kubernetes that a node is fenced, so that its volumes are detached by force.
pub const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";
/// The quota that lets a namespace of a cluster that is taken down get nothing new that has something outside.
pub const CLOSING_QUOTA: &str = "kaasboard-closing";
/// The namespace of node Leases.
pub const NODE_LEASES: &str = "kube-node-lease";
/// The field manager of all that the engine applies.
pub const FIELD_MANAGER: &str = "kaasboard";
/// The annotation with the hash of the bundle that an object of an addon came from.
pub const ADDON_HASH: &str = "kaasboard.dev/addon-hash";
/// The annotation with the addon's version.
pub const ADDON_VERSION: &str = "kaasboard.dev/addon-version";
/// The label with the name of the addon that an object belongs to.
pub const ADDON: &str = "kaasboard.dev/addon";
