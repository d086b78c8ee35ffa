//! The Custom Resource of a test: kind `Thing` in its own group.

use serde_json::{Value, json};

use super::talk::Talk;

/// Where CustomResourceDefinitions are.
pub const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// Where the definition of `things` is.
pub const CRD: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP";

/// The definition of `things.GROUP`, namespaced, version v1, with a status subresource, whose `spec` has these properties.
pub fn crd(spec: Value) -> Value {
    let schema = json!({
        "type": "object",
        "properties": {
            "spec": {"type": "object", "properties": spec},
            "status": {"type": "object", "properties": {
                "ready": {"type": "integer"}, "phase": {"type": "string"}, "labels": {"type": "string"}}},
        },
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.GROUP"},
        "spec": {
            "group": "GROUP", "scope": "Namespaced",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": schema}, "subresources": {"status": {}},
            }],
        },
    })
}

/// Some properties for tests that are not about schemas.
pub fn plain() -> Value {
    crd(json!({"size": {"type": "integer"}, "color": {"type": "string"}}))
}

/// An object of it, with a `spec`.
pub fn thing(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "GROUP/v1", "kind": "Thing", "metadata": {"name": name}, "spec": spec})
}

impl Talk {
    /// Creates the definition and waits until the server answers for its objects.
    pub async fn define(&self, crd: Value) {
        self.make(CRDS, crd).await;
        self.until(CRD, established).await;
        self.until("things", |list| list["kind"] == "ThingList").await;
    }
}

/// Whether the definition's condition `Established` is true.
pub fn established(crd: &Value) -> bool {
    let conditions = crd["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|one| one["type"] == "Established" && one["status"] == "True")
}
