//! What was typed, as Operations that are to be made.

use kube::Client;

use super::arguments::{Fence, Forced, Plain, Scale};
use crate::api::operation::{Arguments, Verb};
use crate::api::reference::ObjectReference;
use crate::api::request::{Request, word};
use crate::api::text::CloudName;
use crate::cli::failure::{Exit, Failure};
use crate::cli::kinds;
use crate::cli::objects;
use crate::cli::target::{self, Target};
use crate::planning::leak;
use crate::settings::words;

/// How a leak is named: `leak/ID`, with the id that `kaasboard get leaks` shows.
const LEAK: &str = "leak/";

/// The kinds that a verb is about.
fn kinds_of(verb: Verb) -> &'static [&'static str] {
    match verb {
        Verb::Heal | Verb::Drain | Verb::Uncordon | Verb::Fence => &["Machine"],
        Verb::Scale => &["MachineDeployment"],
        Verb::Retry => &["Machine", "MachineDeployment"],
        Verb::Pause | Verb::Resume => &[
            "KubernetesCluster",
            "MachineDeployment",
            "Machine",
            "LoadBalancer",
            "Etcd",
            "ControlPlane",
            "StorageTenant",
            "Addon",
        ],
        Verb::Cancel | Verb::Approve => &["Operation"],
        _ => &["KubernetesCluster"],
    }
}

/// The object that a verb is asked to be done to.
///
/// # Errors
/// When there is none, or it is of a kind that the verb is not about.
pub async fn subject(client: &Client, verb: Verb, text: &str) -> Result<Target, Failure> {
    let found = target::find(client, text).await?;
    let kinds = kinds_of(verb);
    if kinds.contains(&found.kind.kind.as_str()) {
        return Ok(found);
    }
    let names: Vec<String> = kinds.iter().map(|kind| kind.to_lowercase()).collect();
    Err(Failure::new(Exit::Usage, format!("{} is not about a {}", word(verb), found.kind.kind))
        .on(text)
        .remedy(format!("name one of: {}", names.join(", "))))
}

async fn subjects(client: &Client, verb: Verb, texts: &[String]) -> Result<Vec<Request>, Failure> {
    let mut requests: Vec<Request> = Vec::new();
    for text in texts {
        let target = match text.strip_prefix(LEAK).filter(|_| verb == Verb::Delete) {
            Some(id) => leak(id),
            None => subject(client, verb, text).await?.reference(),
        };
        let request = Request::about(verb, target);
        if !requests.contains(&request) {
            requests.push(request);
        }
    }
    Ok(requests)
}

/// A leak by its id in the cloud; whether there is one is for the engine to say.
fn leak(id: &str) -> ObjectReference {
    let (kind, name) = (leak::KIND.to_owned(), id.to_owned());
    ObjectReference { kind, namespace: None, name, uid: None, resource_version: None }
}

/// The requests of a verb that needs to know nothing but its targets.
///
/// # Errors
/// When a target is not found.
pub async fn plain(client: &Client, verb: Verb, typed: &Plain) -> Result<Vec<Request>, Failure> {
    subjects(client, verb, &typed.targets).await
}

/// The requests of a verb that can go past what would be waited for.
///
/// # Errors
/// When a target is not found.
pub async fn forced(client: &Client, verb: Verb, typed: &Forced) -> Result<Vec<Request>, Failure> {
    let mut requests = subjects(client, verb, &typed.targets).await?;
    requests.iter_mut().for_each(|request| request.arguments.force = typed.force);
    Ok(requests)
}

/// The requests of `kaasboard scale`.
///
/// # Errors
/// When a target is not found.
pub async fn scale(client: &Client, typed: &Scale) -> Result<Vec<Request>, Failure> {
    let mut requests = subjects(client, Verb::Scale, &typed.targets).await?;
    for request in &mut requests {
        request.arguments.replicas = Some(typed.replicas);
        request.arguments.victims.clone_from(&typed.victims);
    }
    Ok(requests)
}

/// The requests of `kaasboard fence`: machines, and hypervisors as `host/NAME`.
///
/// # Errors
/// When a target is not found.
pub async fn fence(client: &Client, typed: &Fence) -> Result<Vec<Request>, Failure> {
    let mut requests = Vec::new();
    for text in &typed.targets {
        requests.push(match text.strip_prefix("host/") {
            None => Request::about(Verb::Fence, subject(client, Verb::Fence, text).await?.reference()),
            Some(host) => {
                let host = place(client, "host", host).await?;
                let arguments = Arguments { host: Some(host), ..Arguments::default() };
                Request { verb: Verb::Fence, target: None, arguments }
            }
        });
    }
    Ok(requests)
}

/// A hypervisor or zone that machines are in. One that nobody is in is a slip of the finger, and at worst a false safety.
///
/// # Errors
/// When no machine is there.
pub async fn place(client: &Client, field: &str, name: &str) -> Result<CloudName, Failure> {
    let machines = kinds::find("machines")?;
    let missing = || Failure::new(Exit::NotFound, format!("no machine is in this {field}")).on(name);
    let selector = objects::field(&format!("status.{field}"), name);
    let there =
        objects::items(client, &machines, None, &[("fieldSelector", &selector), ("limit", "1")]).await?;
    if let (false, Ok(name)) = (there.is_empty(), CloudName::try_from(name.to_owned())) {
        return Ok(name);
    }
    let all = objects::items(client, &machines, None, &[]).await?;
    let mut known: Vec<&str> = all.iter().filter_map(|machine| machine["status"][field].as_str()).collect();
    known.sort_unstable();
    known.dedup();
    Err(match words::nearest(name, known.iter().copied()) {
        Some(nearest) => missing().remedy(format!("did you mean {nearest}?")),
        None => missing().remedy(format!("there are: {}", known.join(", "))),
    })
}
