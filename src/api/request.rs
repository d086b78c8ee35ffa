//! What is asked of the engine before it is written down: as it is typed, and how it is confirmed. The command line and the
//! console share these rules.

use std::fmt;

use super::names::SYSTEM_NAMESPACE;
use super::operation::{Arguments, BrakeScope, OperationSpec, Verb};
use super::operation_status::{OperationPlan, Risk};
use super::reference::ObjectReference;
use super::text::CloudName;

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
    pub fn about(verb: Verb, target: ObjectReference) -> Self {
        Self { verb, target: Some(target), arguments: Arguments::default() }
    }

    /// What an Operation asks.
    pub fn of(spec: &OperationSpec) -> Self {
        Self { verb: spec.verb, target: spec.target.clone(), arguments: spec.arguments.clone() }
    }

    /// Where its Operation is: beside its target.
    pub fn namespace(&self) -> &str {
        self.target.as_ref().and_then(|target| target.namespace.as_deref()).unwrap_or(SYSTEM_NAMESPACE)
    }

    /// What has to be typed before it is done, if an answer is not enough: what it does cannot be taken back, or reaches
    /// everybody. Where names are typed `by_name`, everything that moves pods as well.
    pub fn to_type(&self, plan: Option<&OperationPlan>, by_name: bool) -> Option<&str> {
        let name = self.target.as_ref().map(|target| target.name.as_str());
        let host = self.arguments.host.as_ref().map(CloudName::as_str);
        match self.verb {
            Verb::Delete | Verb::Fence => name.or(host),
            Verb::Brake if self.arguments.scope == Some(BrakeScope::All) => Some("all"),
            _ => name.filter(|_| by_name && plan.is_some_and(disturbs)),
        }
    }
}

fn disturbs(plan: &OperationPlan) -> bool {
    plan.steps.iter().any(|step| step.risk >= Risk::Disturbs)
}

impl fmt::Display for Request {
    /// As it can be typed: `heal machine/shop/web-x`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", word(self.verb))?;
        let Arguments { replicas, victims, zone, host, scope, force, .. } = &self.arguments;
        match (&self.target, scope) {
            (Some(tenant), Some(BrakeScope::Tenant)) => write!(out, " --tenant {}", tenant.name)?,
            (Some(target), _) => write!(out, " {target}")?,
            (None, _) => {}
        }
        if let Some(replicas) = replicas {
            write!(out, " --replicas {replicas}")?;
        }
        for victim in victims {
            write!(out, " --victim {victim}")?;
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
        if *force { write!(out, " --force") } else { Ok(()) }
    }
}

/// A verb as it is typed.
pub fn word(verb: Verb) -> String {
    format!("{verb:?}").to_lowercase()
}

/// What an Operation whose plan has no steps comes to.
pub fn without_steps(verb: Verb) -> &'static str {
    match verb {
        Verb::Brake => {
            "every loop that it reaches observes and reports, and acts no more until it is released"
        }
        Verb::Kubeconfig => "access to the cluster is handed out, and that is written down",
        _ => "nothing: it is so already",
    }
}
