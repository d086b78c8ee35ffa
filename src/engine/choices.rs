//! What the cloud has to choose from, and what of it is out.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::budget::Service;
use super::context::Engine;
use super::inventory::{Look, observed};
use crate::clock;
use crate::cloud::errors::{CloudError, CloudErrorKind};
use crate::cloud::types::compute::{Flavor, Hypervisor, Image, Zone};
use crate::cloud::types::network::Network;
use crate::cloud::types::observed::Observed;

/// For how long a reading of what changes seldom stands in for one that failed.
const KEPT: TimeDelta = TimeDelta::minutes(10);

/// What the cloud has to choose from.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Sizes of servers.
    pub flavors: Observed<Vec<Flavor>>,
    /// Images.
    pub images: Observed<Vec<Image>>,
    /// Networks.
    pub networks: Observed<Vec<Network>>,
    /// Zones.
    pub zones: Observed<Vec<Zone>>,
    /// Hypervisors, by their names.
    pub hosts: Observed<BTreeMap<String, Hypervisor>>,
    /// Whether all of it was asked for, whatever the answers were.
    pub asked: bool,
    /// Whether the cloud said once which zones and hypervisors are out, or that it tells administrators only.
    pub outages_told: bool,
}

impl Default for Choices {
    fn default() -> Self {
        let why = "it was not listed yet";
        Self {
            flavors: Observed::unknown(why),
            images: Observed::unknown(why),
            networks: Observed::unknown(why),
            zones: Observed::unknown(why),
            hosts: Observed::unknown(why),
            asked: false,
            outages_told: false,
        }
    }
}

impl Choices {
    /// Reads it anew. Zones and hypervisors fail within minutes; the rest changes by the day.
    pub(super) async fn read(&mut self, engine: &Engine, look: Look) {
        let (cloud, budget) = (&engine.cloud, &engine.budget);
        let zones = budget.call(Service::Compute, cloud.zones()).await;
        let hosts = budget.call(Service::Compute, cloud.hypervisors()).await;
        let is_told = |error: Option<&CloudError>| error.is_none_or(is_denied);
        self.outages_told |= is_told(zones.as_ref().err()) && is_told(hosts.as_ref().err());
        kept(&mut self.zones, zones);
        let by_name = |all: Vec<Hypervisor>| all.into_iter().map(|host| (host.host.clone(), host)).collect();
        kept(&mut self.hosts, hosts.map(by_name));
        if look == Look::Whole {
            kept(&mut self.flavors, budget.call(Service::Compute, cloud.flavors()).await);
            kept(&mut self.images, budget.call(Service::Image, cloud.images()).await);
            kept(&mut self.networks, budget.call(Service::Network, cloud.networks()).await);
            self.asked = true;
        }
    }

    /// Whether all was asked for, and what is out was told.
    pub(super) fn are_complete(&self) -> bool {
        self.asked && self.outages_told
    }
}

/// Takes a reading over. One that failed leaves what was read before, for a while: that a zone or a hypervisor is out must not
/// be forgotten because one call failed.
fn kept<T>(before: &mut Observed<T>, answer: Result<T, CloudError>) {
    let is_fresh = matches!(before, Observed::Known { at, .. } if clock::now() - *at < KEPT)
        && !answer.as_ref().is_err_and(is_denied);
    if answer.is_ok() || !is_fresh {
        *before = observed(answer);
    }
}

fn is_denied(error: &CloudError) -> bool {
    matches!(error.kind, CloudErrorKind::Denied(_))
}
