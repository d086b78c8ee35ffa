//! A balancer's record with the balancer, its name in DNS and the machines behind it.

use super::machine::MachineView;
use super::stored::Stored;
use crate::api::load_balancer::{LoadBalancerSpec, LoadBalancerStatus};
use crate::cloud::types::balancer::Balancer;
use crate::cloud::types::network::Record;
use crate::cloud::types::observed::Observed;

/// A balancer's record with all that is known of the balancer.
#[derive(Clone, Debug, PartialEq)]
pub struct BalancerView {
    /// The record.
    pub record: Stored<LoadBalancerSpec, LoadBalancerStatus>,
    /// The balancers that bear the cluster's tag and the record's name.
    pub balancers: Observed<Vec<Balancer>>,
    /// The records of its name in DNS.
    pub names: Observed<Vec<Record>>,
    /// The machines of the role that it stands before, those that are being taken down too.
    pub machines: Vec<MachineView>,
    /// How many machines of that role are wanted: none leaves the balancer empty on purpose.
    pub wanted: u32,
    /// What the site has for balancers.
    pub site: BalancerSite,
}

/// What the site has for balancers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancerSite {
    /// The network of virtual addresses.
    pub network: String,
    /// The cloud's name of the record's provider.
    pub provider: String,
    /// That provider's flavor; nothing means its usual one.
    pub flavor: Option<String>,
    /// The name in DNS that the balancer is to have, with the last dot; nothing if there is no zone for names.
    pub name: Option<String>,
    /// Whether a balancer may be failed over: that is an administrator's right.
    pub can_fail_over: bool,
}
