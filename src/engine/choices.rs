//! What the cloud has to choose from, and what of it is out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// For how long nothing begins because it is not known which zones and hypervisors are out. Then all begins that an
/// outage could not explain.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);

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
    pub hosts: Observed<Arc<BTreeMap<String, Hypervisor>>>,
    /// Whether all of it was asked for, whatever the answers were.
    pub asked: bool,
    /// Whether the cloud said once which zones and hypervisors are out, or that it tells administrators only.
    pub outages_told: bool,
    /// Why it is not known which zones and hypervisors are out, where the cloud would tell and does not.
    pub blind: Option<String>,
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
            blind: None,
        }
    }
}

impl Choices {
    /// Reads it anew. Zones and hypervisors fail within minutes; the rest changes by the day.
    pub(super) async fn read(&mut self, engine: &Engine, look: Look) {
        let (cloud, budget) = (&engine.cloud, &engine.budget);
        let zones = budget.call(Service::Compute, cloud.zones()).await;
        let hosts = budget.call(Service::Compute, cloud.hypervisors()).await;
        let refused = [failure(&zones), failure(&hosts)];
        self.outages_told |= refused.iter().all(Option::is_none);
        kept(&mut self.zones, zones);
        let by_name = |all: Vec<Hypervisor>| all.into_iter().map(|host| (host.host.clone(), host)).collect();
        kept(&mut self.hosts, hosts.map(|all| Arc::new(by_name(all))));
        let is_known = [self.zones.value().is_some(), self.hosts.value().is_some()];
        let unknown = refused.into_iter().zip(is_known).find_map(|(why, is_known)| why.filter(|_| !is_known));
        self.blind = unknown;
        if is_due(&self.flavors, look) {
            kept(&mut self.flavors, budget.call(Service::Compute, cloud.flavors()).await);
        }
        if is_due(&self.images, look) {
            kept(&mut self.images, budget.call(Service::Image, cloud.images()).await);
        }
        if is_due(&self.networks, look) {
            kept(&mut self.networks, budget.call(Service::Network, cloud.networks()).await);
        }
        self.asked |= look == Look::Whole;
    }

    /// The hypervisors that went down, or came back, since an earlier reading.
    pub(super) fn turned(&self, before: &Self) -> BTreeSet<String> {
        let hosts = |choices: &Self| choices.hosts.value().cloned().unwrap_or_default();
        let known = hosts(before);
        let has_turned = |host: &&Hypervisor| known.get(&host.host).is_some_and(|then| then.up != host.up);
        hosts(self).values().filter(has_turned).map(|host| host.host.clone()).collect()
    }

    /// Whether all was asked for, and what is out was told or was asked for so long that the rest has to begin without.
    pub(super) fn are_complete(&self, asked_for: TimeDelta) -> bool {
        self.asked && (self.outages_told || asked_for >= PATIENCE)
    }
}

/// Whether what changes by the day is to be read. What was never told is what all machines wait for: it is not left until
/// everything is read again.
fn is_due<T>(known: &Observed<T>, look: Look) -> bool {
    look == Look::Whole || known.value().is_none()
}

/// Why a listing was not answered; nothing if it was, or if it is for administrators only.
fn failure<T>(answer: &Result<T, CloudError>) -> Option<String> {
    let error = answer.as_ref().err().filter(|error| !is_denied(error))?;
    tracing::warn!(%error, "a listing of the cloud failed");
    Some(error.lasting())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// One listing that fails keeps nobody from beginning for ever, and what it would tell stays known as unknown.
    #[test]
    fn what_is_out_is_asked_for_only_so_long() {
        let mut choices = Choices { asked: true, ..Choices::default() };
        assert!(!choices.are_complete(TimeDelta::seconds(119)));
        assert!(choices.are_complete(TimeDelta::seconds(120)));
        choices.outages_told = true;
        assert!(choices.are_complete(TimeDelta::zero()));
        choices.asked = false;
        assert!(!choices.are_complete(TimeDelta::seconds(120)));
    }

    #[test]
    fn what_only_administrators_are_told_is_no_failure() {
        let answer = |kind| Err::<(), _>(CloudError::new(kind, "list hypervisors", "all"));
        assert_eq!(failure(&Ok(())), None);
        assert_eq!(failure(&answer(CloudErrorKind::Denied("403".to_owned()))), None);
        assert!(failure(&answer(CloudErrorKind::Transient)).is_some());
    }

    #[test]
    fn who_went_down_or_came_back_has_turned() {
        let choices = |hosts: &[(&str, bool)]| {
            let host = |(name, up): &(&str, bool)| {
                let host =
                    Hypervisor { host: (*name).to_owned(), zone: "az1".to_owned(), up: *up, enabled: true };
                ((*name).to_owned(), host)
            };
            let hosts = Arc::new(hosts.iter().map(host).collect());
            Choices { hosts: Observed::known(hosts, clock::now()), ..Choices::default() }
        };
        let before = choices(&[("one", true), ("two", false), ("three", true)]);
        let after = choices(&[("one", false), ("two", true), ("three", true), ("four", false)]);
        assert_eq!(Vec::from_iter(after.turned(&before)), ["one", "two"]);
        assert!(Choices::default().turned(&before).is_empty(), "who is not listed is not known to be down");
    }

    #[test]
    fn what_was_never_told_is_asked_for_at_each_look() {
        let unknown = Choices::default().flavors;
        assert!(is_due(&unknown, Look::Whole) && is_due(&unknown, Look::Changes));
        let known = Observed::known(Vec::<Flavor>::new(), clock::now());
        assert!(is_due(&known, Look::Whole) && !is_due(&known, Look::Changes));
    }
}
