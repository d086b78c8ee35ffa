//! The requests about other Operations: `brake`, `cancel` and `approve`.

use kube::Client;
use serde_json::{Value, json};

use super::arguments::{Brake, OnOperation};
use super::requests;
use crate::api::operation::{Arguments, BrakeScope, Operation, Verb};
use crate::api::operation_status::OperationPhase;
use crate::api::request::Request;
use crate::cli::failure::{Exit, Failure};
use crate::cli::kinds;
use crate::cli::objects;
use crate::cli::target::{self, Target};

/// The requests of `kaasboard brake`: a brake, or the cancellation of each brake of the same reach.
///
/// # Errors
/// When what it reaches is not found; when there is nothing to release.
pub async fn brake(client: &Client, typed: &Brake) -> Result<Vec<Request>, Failure> {
    let brake = wanted(client, typed).await?;
    if !typed.off {
        return Ok(vec![brake]);
    }
    let mut on: Vec<Target> = brakes(client).await?;
    let (same, others): (Vec<Target>, Vec<Target>) =
        on.drain(..).partition(|found| reaches_as(&found.object, &brake));
    if same.is_empty() {
        let failure = Failure::new(Exit::NotFound, "no such brake is on").on(&brake);
        let others: Vec<String> = others.iter().map(described).collect();
        return Err(match others.is_empty() {
            true => failure.remedy("no brake is on at all"),
            false => failure.remedy(format!("these are on: {}", others.join("; "))),
        });
    }
    Ok(same.iter().map(|found| Request::about(Verb::Cancel, found.reference())).collect())
}

async fn wanted(client: &Client, typed: &Brake) -> Result<Request, Failure> {
    let scoped = |scope| Arguments { scope: Some(scope), ..Arguments::default() };
    if let Some(zone) = &typed.zone {
        // What is released need not be there any more.
        let zone = match typed.off {
            true => zone.clone().try_into().map_err(|error: crate::api::text::TextError| {
                Failure::new(Exit::Usage, "this is no zone").on(zone).because(error)
            })?,
            false => requests::place(client, "zone", zone).await?,
        };
        let arguments = Arguments { zone: Some(zone), ..scoped(BrakeScope::Zone) };
        return Ok(Request { verb: Verb::Brake, target: None, arguments });
    }
    let (target, scope) = match (&typed.tenant, &typed.target) {
        (Some(tenant), _) => (target::find(client, &format!("tenant/{tenant}")).await?, BrakeScope::Tenant),
        (None, Some(text)) => (requests::subject(client, Verb::Brake, text).await?, BrakeScope::Cluster),
        (None, None) => {
            return Ok(Request { verb: Verb::Brake, target: None, arguments: scoped(BrakeScope::All) });
        }
    };
    Ok(Request { arguments: scoped(scope), ..Request::about(Verb::Brake, target.reference()) })
}

/// The brakes that hold, or are about to.
async fn brakes(client: &Client) -> Result<Vec<Target>, Failure> {
    let kind = kinds::find("operations")?;
    let all = objects::items(client, &kind, None, &[("fieldSelector", "spec.verb=brake")]).await?;
    let is_on = |object: &Value| {
        let phase = serde_json::from_value::<OperationPhase>(object["status"]["phase"].clone());
        let ended = phase.is_ok_and(OperationPhase::is_final);
        let spec = &object["spec"];
        !ended && spec["cancelled"] != json!(true) && spec["planOnly"] != json!(true)
    };
    Ok(all.into_iter().filter(is_on).map(|object| Target { kind: kind.clone(), object }).collect())
}

fn reaches_as(object: &Value, brake: &Request) -> bool {
    let Ok(operation) = serde_json::from_value::<Operation>(object.clone()) else { return false };
    let (found, wanted) = (&operation.spec, &brake.arguments);
    let place = |target: &Option<crate::api::reference::ObjectReference>| {
        target.as_ref().map(|target| (target.namespace.clone(), target.name.clone()))
    };
    found.arguments.scope == wanted.scope
        && found.arguments.zone == wanted.zone
        && place(&found.target) == place(&brake.target)
}

fn described(brake: &Target) -> String {
    let spec = &brake.object["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let reach = match text(&spec["arguments"]["scope"]).as_str() {
        "All" => "everything".to_owned(),
        "Zone" => format!("zone {}", text(&spec["arguments"]["zone"])),
        "Tenant" => format!("tenant {}", text(&spec["target"]["name"])),
        _ => format!("cluster {}/{}", text(&spec["target"]["namespace"]), text(&spec["target"]["name"])),
    };
    format!("{} on {reach}, of {}", brake.name(), text(&spec["requester"]))
}

/// The requests of `kaasboard cancel`.
///
/// # Errors
/// When an Operation is not found, or ended already.
pub async fn cancel(client: &Client, typed: &OnOperation) -> Result<Vec<Request>, Failure> {
    let mut requests = Vec::new();
    for text in &typed.operations {
        let (found, _) = going(client, text).await?;
        requests.push(Request::about(Verb::Cancel, found.reference()));
    }
    Ok(requests)
}

/// The requests of `kaasboard approve`, each with the Operation whose plan it is about.
///
/// # Errors
/// When an Operation is not found, ended already, has no plan, or is approved.
pub async fn approve(client: &Client, typed: &OnOperation) -> Result<Vec<(Request, Operation)>, Failure> {
    let mut requests = Vec::new();
    for text in &typed.operations {
        let (found, operation) = going(client, text).await?;
        let cannot = |what: &str| Failure::new(Exit::Refused, what).on(&found);
        if operation.spec.approved.is_some() {
            return Err(cannot("it is approved already"));
        }
        let plan = operation.status.as_ref().and_then(|status| status.plan.as_ref());
        let hash = plan.map(|plan| plan.hash.clone());
        if hash.is_none() || operation.spec.plan_only {
            return Err(cannot("it has no plan that could be approved")
                .remedy("look at it again in a moment; without an engine there are no plans"));
        }
        let arguments = Arguments { plan_hash: hash, ..Arguments::default() };
        requests.push((Request { arguments, ..Request::about(Verb::Approve, found.reference()) }, operation));
    }
    Ok(requests)
}

/// An Operation that has not ended: `operation/tenant/name`, `tenant/name` or `name`.
async fn going(client: &Client, text: &str) -> Result<(Target, Operation), Failure> {
    let is_whole = text
        .split_once('/')
        .is_some_and(|(kind, _)| kinds::find(kind).is_ok_and(|kind| kind.kind == "Operation"));
    let whole = if is_whole { text.to_owned() } else { format!("operation/{text}") };
    let found = target::find(client, &whole).await?;
    let operation: Operation = serde_json::from_value(found.object.clone()).map_err(|error| {
        Failure::new(Exit::Failed, "the Operation cannot be read").on(&found).because(error)
    })?;
    let phase = operation.status.as_ref().and_then(|status| status.phase);
    if phase.is_some_and(OperationPhase::is_final) {
        return Err(Failure::new(Exit::Refused, "the Operation ended already")
            .on(&found)
            .remedy(format!("run `kaasboard get operation {} -o yaml` to see how", found.name())));
    }
    Ok((found, operation))
}
