//! What the operator decided about the cloud that the loops work on.

use std::collections::HashMap;

use crate::api::load_balancer::Provider;
use crate::cloud::types::identity::ProjectId;

/// What the operator decided about the cloud.
#[derive(Clone, Debug)]
pub struct Site {
    /// Whose projects clusters live in.
    pub projects: Projects,
    /// The network that balancers have their addresses on.
    pub frontend: String,
    /// The DNS zone of clusters' names, with the last dot; nothing if there is none.
    pub zone: Option<String>,
    /// What carries balancers in the cloud. Not named, software is Octavia's `amphora`, hardware `hardware`.
    pub carriers: HashMap<Provider, Carrier>,
}

/// What carries balancers, in Octavia's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// The provider.
    pub provider: String,
    /// Its flavor; nothing means its usual one.
    pub flavor: Option<String>,
}

/// Whose projects clusters live in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projects {
    /// Each cluster has its own; an administrator's credential makes them.
    Own,
    /// All share that of the credential.
    Shared(ProjectId),
}

impl Site {
    /// The simulated cloud's.
    pub fn simulated() -> Self {
        Self {
            projects: Projects::Own,
            frontend: "frontend".to_owned(),
            zone: Some("kaas.example.net.".to_owned()),
            carriers: HashMap::new(),
        }
    }

    /// What carries the balancers of a provider.
    pub fn carrier(&self, provider: Provider) -> Carrier {
        let usual = match provider {
            Provider::Software => "amphora",
            Provider::Hardware => "hardware",
        };
        let usual = || Carrier { provider: usual.to_owned(), flavor: None };
        self.carriers.get(&provider).cloned().unwrap_or_else(usual)
    }

    /// Whether each cluster has a project of its own.
    pub fn own_projects(&self) -> bool {
        self.projects == Projects::Own
    }

    /// The name in DNS of something in a namespace.
    pub fn dns_name(&self, namespace: &str, name: &str) -> Option<String> {
        self.zone.as_ref().map(|zone| format!("{name}.{namespace}.{zone}"))
    }
}
