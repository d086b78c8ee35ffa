//! What a tenant brings to its cluster as soon as it can: an application that keeps data.

use serde_json::{Value, json};

use super::kube::{Kube, Place};

/// The application's name, and its claims'.
const NAME: &str = "shop-data";
/// How much each of its claims asks for.
const SIZE: &str = "10Gi";

/// Brings an application with so many claims. Answers whether it is there.
pub(super) async fn bring(kube: &Kube, claims: u32) -> bool {
    let place = Place { version: "apis/apps/v1", plural: "statefulsets", namespace: "default" };
    let made = kube.create(place, &application(claims)).await;
    made.map_or_else(|refused| refused.code == 409, |_| true)
}

fn application(claims: u32) -> Value {
    let labels = json!({ "app": NAME });
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": NAME, "labels": labels },
        "spec": {
            "serviceName": NAME, "replicas": claims, "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    "nodeSelector": { "kaasboard.dev/role": "worker" },
                    "containers": [{ "name": "database", "image": "registry.example.net/shop/database:1" }],
                },
            },
            "volumeClaimTemplates": [{
                "metadata": { "name": "data" },
                "spec": {
                    "storageClassName": "kaasboard", "accessModes": ["ReadWriteOnce"],
                    "resources": { "requests": { "storage": SIZE } },
                },
            }],
        },
    })
}
