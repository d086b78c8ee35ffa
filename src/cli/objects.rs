//! Objects of the manager, read by their kind and name.

use http::Request;
use kube::Client;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::failure::Failure;
use super::kinds::Named;
use super::trouble;

/// How the API server is asked for metadata alone.
const METADATA: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

/// What a request to the manager is answered, as JSON.
///
/// # Errors
/// When the manager does not answer, or refuses.
pub async fn ask<T: DeserializeOwned>(client: &Client, uri: &str, accept: &str) -> Result<T, Failure> {
    let request = Request::get(uri).header("accept", accept).body(Vec::new());
    let request = request.map_err(|error| unanswered(error.into()))?;
    client.request::<T>(request).await.map_err(|error| unanswered(error.into()))
}

/// All objects of a kind with this name: of one tenant, or of all.
///
/// # Errors
/// When the manager does not answer, or refuses.
pub async fn with_name(
    client: &Client,
    kind: &Named,
    tenant: Option<&str>,
    name: &str,
) -> Result<Vec<Value>, Failure> {
    items(client, kind, tenant, &[("fieldSelector", &field("metadata.name", name))]).await
}

/// The field selector that finds objects by the value of a field.
pub fn field(field: &str, value: &str) -> String {
    let value = value.replace('\\', r"\\").replace(',', r"\,").replace('=', r"\=");
    format!("{field}={value}")
}

/// The objects of a kind that a query finds: of one tenant, or of all.
///
/// # Errors
/// When the manager does not answer, or refuses.
pub async fn items(
    client: &Client,
    kind: &Named,
    tenant: Option<&str>,
    query: &[(&str, &str)],
) -> Result<Vec<Value>, Failure> {
    let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let uri = format!("{}?{query}", kind.path(tenant));
    let list: Value = ask(client, &uri, "application/json").await?;
    let mut items = list["items"].as_array().cloned().unwrap_or_default();
    for item in &mut items {
        item["apiVersion"] = list["apiVersion"].clone();
        item["kind"] = Value::from(kind.kind.clone());
    }
    Ok(items)
}

/// The tenants and names of all objects of a kind.
///
/// # Errors
/// When the manager does not answer, or refuses.
pub async fn names(client: &Client, kind: &Named) -> Result<Vec<(Option<String>, String)>, Failure> {
    let list: Value = ask(client, &kind.path(None), METADATA).await?;
    let items = list["items"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = |item: &Value| {
        let meta = &item["metadata"];
        Some((text(&meta["namespace"]), text(&meta["name"])?))
    };
    Ok(items.filter_map(name).collect())
}

/// The manager did not answer as it should.
pub fn unanswered(error: color_eyre::Report) -> Failure {
    trouble::failure(error.as_ref())
}
