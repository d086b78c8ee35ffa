//! What was typed, as Operations that are to be made.

use std::fmt;

use kube::Client;

use super::arguments::{Fence, Forced, Plain, Scale};
use crate::api::names::SYSTEM_NAMESPACE;
use crate::api::operation::{Arguments, BrakeScope, Verb};
use crate::api::reference::ObjectReference;
use crate::api::text::CloudName;
use crate::cli::failure::{Exit, Failure};
use crate::cli::kinds;
use crate::cli::objects;
use crate::cli::target::{self, Target};
use crate::settings::words;

/// One Operation that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What is to be done.
    pub verb: Verb,
    /// To which object.
    pub target: Option<ObjectReference>,
    /// What the verb needs to know beside it.
    pub arguments: Arguments,
}

impl Request {
    /// A request about an object, without arguments.
    pub fn about(verb: Verb, target: &Target) -> Self {
        Self { verb, target: Some(target.reference()), arguments: Arguments::default() }
    }

    /// Where its Operation is: beside its target.
    pub fn namespace(&self) -> &str {
        self.target.as_ref().and_then(|target| target.namespace.as_deref()).unwrap_or(SYSTEM_NAMESPACE)
    }

    /// What has to be typed before it is done, if an answer is not enough: what it does cannot be taken back, or reaches
    /// everybody.
    pub fn to_type(&self) -> Option<&str> {
        let name = self.target.as_ref().map(|target| target.name.as_str());
        match self.verb {
            Verb::Delete => name,
            Verb::Fence => name.or(self.arguments.host.as_ref().map(CloudName::as_str)),
            Verb::Brake if self.arguments.scope == Some(BrakeScope::All) => Some("all"),
            _ => None,
        }
    }
}

impl fmt::Display for Request {
    /// As it can be typed: `heal machine/shop/web-x`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", word(self.verb))?;
        if let Some(target) = &self.target {
            write!(out, " {target}")?;
        }
        let Arguments { replicas, zone, host, scope, .. } = &self.arguments;
        if let Some(replicas) = replicas {
            write!(out, " --replicas {replicas}")?;
        }
        if let Some(zone) = zone {
            write!(out, " --zone {zone}")?;
        }
        if let Some(host) = host {
            write!(out, " host/{host}")?;
        }
        if *scope == Some(BrakeScope::All) {
            write!(out, " --all")?;
        }
        if self.arguments.force { write!(out, " --force") } else { Ok(()) }
    }
}

/// A verb as it is typed.
pub fn word(verb: Verb) -> String {
    format!("{verb:?}").to_lowercase()
}

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
        let request = Request::about(verb, &subject(client, verb, text).await?);
        if !requests.contains(&request) {
            requests.push(request);
        }
    }
    Ok(requests)
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
            None => Request::about(Verb::Fence, &subject(client, Verb::Fence, text).await?),
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
