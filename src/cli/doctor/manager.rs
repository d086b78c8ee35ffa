//! The Manager Kubernetes: is it there, does it know our kinds, may we, and who is at work.

use std::time::Duration;

use color_eyre::Report as Eyre;
use http::Request;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, PostParams};
use kube::{Client, ResourceExt};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::report::{Check, clock as clock_check};
use crate::api::crds;
use crate::api::names::{GROUP, SYSTEM_NAMESPACE};
use crate::cli::leader::leader;
use crate::clock;

/// How long the manager may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// An answer that takes longer than this is felt by whoever works with it.
const SLOW: Duration = Duration::from_millis(500);
/// How our kinds are installed.
const INSTALL: &str = "kaasboard crds | kubectl apply --server-side -f -";

/// What the engine does with each of our kinds, and with their statuses.
const OURS: [&str; 7] = ["get", "list", "watch", "create", "update", "patch", "delete"];
/// What it does with the rest: group, resource, verbs.
const OTHERS: [(&str, &str, &[&str]); 4] = [
    ("", "namespaces", &["get", "create"]),
    ("", "secrets", &["get", "list", "create", "delete"]),
    ("events.k8s.io", "events", &["create", "patch"]),
    ("coordination.k8s.io", "leases", &["get", "create", "update"]),
];

/// Looks at the manager. Nothing else is looked at if it does not answer: the second is whether it does.
pub async fn checks(client: &Client) -> (Vec<Check>, bool) {
    let mut all = match answer(client).await {
        Ok(checks) => checks,
        Err(failed) => return (vec![failed], false),
    };
    all.extend([kinds(client).await, namespace(client).await]);
    all.extend(permissions(client).await);
    all.push(engine(client).await);
    (all, true)
}

async fn answer(client: &Client) -> Result<Vec<Check>, Check> {
    let failed = |why: String| {
        let fix = "is its address right, is it up, does a firewall let us through: kubectl version";
        Check::failed("manager", why, fix)
    };
    let request = Request::get("/version").body(kube::client::Body::empty());
    let request = request.map_err(|error| failed(error.to_string()))?;
    let begun = Instant::now();
    let reply = timeout(PATIENCE, client.send(request)).await;
    let reply = reply.map_err(|_| failed(format!("no answer within {} s", PATIENCE.as_secs())))?;
    let reply = reply.map_err(|error| failed(chain(error.into())))?;
    let took = begun.elapsed();
    if !reply.status().is_success() {
        let fix = "renew the credential in the kubeconfig: kubectl auth whoami";
        return Err(Check::failed("manager", format!("HTTP {}", reply.status()), fix));
    }
    let date = reply.headers().get("date").and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok());
    let ahead = date.map(|date| date.to_utc() - clock::now());
    let body = reply.into_body().collect_bytes().await.map_err(|error| failed(error.to_string()))?;
    let version: Value = serde_json::from_slice(&body).unwrap_or_default();
    let found = format!("{}, {} ms", version["gitVersion"].as_str().unwrap_or("?"), took.as_millis());
    let there = if took > SLOW {
        Check::warning("manager", found, "use a bastion host that is nearer to it")
    } else {
        Check::ok("manager", found)
    };
    Ok(vec![there, clock_check("manager", ahead)])
}

/// Whether all our kinds are installed, and are those that this program knows.
async fn kinds(client: &Client) -> Check {
    let subject = "kinds";
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    let (mut missing, mut other) = (Vec::new(), Vec::new());
    let wanted = match crds::all() {
        Ok(wanted) => wanted,
        Err(error) => return Check::failed(subject, chain(error.into()), "report it: it is our mistake"),
    };
    for wanted in &wanted {
        let kind = &wanted.spec.names.kind;
        match api.get_opt(&wanted.name_any()).await {
            Ok(Some(found)) if schema(&found) == schema(wanted) => {}
            Ok(Some(_)) => other.push(kind.as_str()),
            Ok(None) => missing.push(kind.as_str()),
            Err(error) => return Check::skipped(subject, chain(error.into())),
        }
    }
    if !missing.is_empty() {
        return Check::failed(subject, format!("not installed: {}", missing.join(", ")), INSTALL);
    }
    if !other.is_empty() {
        let found = format!("of another version of this program: {}", other.join(", "));
        return Check::warning(subject, found, INSTALL);
    }
    Check::ok(subject, format!("all {} are installed", wanted.len()))
}

/// What a definition says of its objects.
fn schema(definition: &CustomResourceDefinition) -> Vec<Value> {
    let versions = definition.spec.versions.iter();
    versions.map(|version| serde_json::to_value(&version.schema).unwrap_or_default()).collect()
}

async fn namespace(client: &Client) -> Check {
    let api: Api<Namespace> = Api::all(client.clone());
    match api.get_opt(SYSTEM_NAMESPACE).await {
        Ok(Some(_)) => Check::ok("namespace", SYSTEM_NAMESPACE),
        Ok(None) => Check::failed(
            "namespace",
            format!("{SYSTEM_NAMESPACE} does not exist: the Lease and the brake live there"),
            format!("kubectl create namespace {SYSTEM_NAMESPACE}"),
        ),
        Err(error) => Check::skipped("namespace", chain(error.into())),
    }
}

/// What the engine does: group, resource and verb of each. A role names resources one by one, and their statuses apart.
fn needed() -> Result<Vec<(&'static str, String, &'static str)>, crds::CrdError> {
    let mut all = Vec::new();
    for definition in crds::all()? {
        let plural = definition.spec.names.plural;
        all.extend(OURS.map(|verb| (GROUP, plural.clone(), verb)));
        all.push((GROUP, format!("{plural}/status"), "update"));
    }
    for (group, resource, verbs) in OTHERS {
        all.extend(verbs.iter().map(|verb| (group, resource.to_owned(), *verb)));
    }
    Ok(all)
}

/// Whether we may do what the engine does. The API server is asked, which knows best.
async fn permissions(client: &Client) -> Vec<Check> {
    let needed = match needed() {
        Ok(needed) => needed,
        Err(error) => return vec![Check::skipped("permissions", chain(error.into()))],
    };
    let mut refused = Vec::new();
    let mut asked = 0;
    for (group, resource, verb) in needed {
        match may(client, group, &resource, verb).await {
            Ok(true) => asked += 1,
            Ok(false) => refused.push(format!("{verb} {resource}")),
            Err(kube::Error::Api(status)) if status.code == 404 => {
                let why = "this server has no authorization: whoever reaches it may do everything";
                return vec![Check::ok("permissions", why)];
            }
            Err(error) => return vec![Check::skipped("permissions", chain(error.into()))],
        }
    }
    if refused.is_empty() {
        return vec![Check::ok("permissions", format!("all {asked} that the engine needs"))];
    }
    vec![Check::failed(
        "permissions",
        format!("refused: {}", refused.join(", ")),
        "bind a ClusterRole with these verbs to this user, or use another credential",
    )]
}

async fn may(client: &Client, group: &str, resource: &str, verb: &str) -> Result<bool, kube::Error> {
    let (resource, part) = resource.split_once('/').map_or((resource, None), |(of, part)| (of, Some(part)));
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                group: Some(group.to_owned()),
                resource: Some(resource.to_owned()),
                subresource: part.map(str::to_owned),
                verb: Some(verb.to_owned()),
                ..ResourceAttributes::default()
            }),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let api: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let answer = api.create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

async fn engine(client: &Client) -> Check {
    match leader(client).await {
        Ok(Some(leader)) => Check::ok("engine", format!("{} holds the Lease", leader.identity)),
        Ok(None) => Check::warning(
            "engine",
            "nobody holds the Lease: what is asked for waits",
            "start `kaasboard engine`, or look why it does not run",
        ),
        Err(failure) => Check::skipped("engine", failure.to_string().replace('\n', " ")),
    }
}

/// An error with its causes in one line.
pub fn chain(error: Eyre) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The watches, the writes of statuses and the events of `engine`, by the groups that they go to.
    #[test]
    fn what_is_asked_for_is_what_the_engine_does() {
        let needed = needed().unwrap_or_default();
        let has = |group, resource: &str, verb| needed.contains(&(group, resource.to_owned(), verb));
        assert!(has(GROUP, "machines", "watch") && has(GROUP, "machines/status", "update"));
        assert!(has(GROUP, "operations/status", "update"));
        assert!(has("events.k8s.io", "events", "create") && !has("", "events", "create"));
        assert!(needed.iter().all(|(_, resource, _)| !resource.contains('*')));
    }
}
