//! The health of the whole fleet, counted now and then and not in every turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use super::choices::Choices;
use super::records::Records;
use crate::api::condition::{Condition, ConditionStatus, Conditions};
use crate::api::conditions::{
    API_SERVER_HEALTHY, ETCD_MEMBER_HEALTHY, HEALTH_CHECK_SUCCEEDED, INFRASTRUCTURE_READY, NODE_HEALTHY,
    REASON_ASKED,
};
use crate::api::machine_status::MachineStatus;
use crate::clock;
use crate::cloud::types::compute::{Hypervisor, Zone};
use crate::cloud::types::observed::Observed;
use crate::planning::observation::surroundings::{FleetHealth, GroupHealth, Standing};
use crate::planning::policy::Policy;

/// By what a machine is seen to fail, first by what it is known to have failed. What speaks for an outage of a zone or
/// network is that many fall silent together, and that has to be known before the first of them was silent for long enough
/// to be replaced.
const SILENCE: [&str; 4] = [HEALTH_CHECK_SUCCEEDED, NODE_HEALTHY, API_SERVER_HEALTHY, ETCD_MEMBER_HEALTHY];

/// How long a count is good for. A machine is healed after minutes, so that seconds do not matter, and 42,000 records are
/// not walked in every turn.
const FRESH: TimeDelta = TimeDelta::seconds(5);
/// The same by the wall clock, for sandboxes whose time goes fast.
const LEAST: Duration = Duration::from_millis(200);

/// The health of the fleet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Census {
    /// All machines.
    pub fleet: FleetHealth,
    /// By zone.
    pub zones: Vec<GroupHealth>,
    /// By network.
    pub networks: Vec<GroupHealth>,
}

/// When it was counted, by both clocks, and what.
type Counted = (DateTime<Utc>, Instant, Arc<Census>);

/// The last count.
#[derive(Debug, Default)]
pub struct Fleet {
    last: Mutex<Option<Counted>>,
}

impl Fleet {
    /// The health of the fleet, at most a few seconds old.
    pub fn census(&self, records: &Records, choices: &Choices, policy: &Policy) -> Arc<Census> {
        let now = clock::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, counted, census)) = &*last
            && (now - *at < FRESH || counted.elapsed() < LEAST)
        {
            return census.clone();
        }
        let census = Arc::new(count(records, choices, policy, now));
        *last = Some((now, Instant::now(), census.clone()));
        census
    }
}

fn count(records: &Records, choices: &Choices, policy: &Policy, now: DateTime<Utc>) -> Census {
    let mut by_zone: BTreeMap<String, GroupHealth> = BTreeMap::new();
    for zone in choices.zones.value().into_iter().flatten() {
        let standing = standing(zone, &choices.hosts);
        by_zone.insert(zone.name.clone(), GroupHealth { standing, ..group(&zone.name) });
    }
    // A listing of zones that fails hides no outage which the hypervisors show.
    for host in choices.hosts.value().into_iter().flat_map(|all| all.values()) {
        by_zone.entry(host.zone.clone()).or_insert_with(|| {
            let zone = Zone { name: host.zone.clone(), available: true };
            GroupHealth { standing: standing(&zone, &choices.hosts), ..group(&zone.name) }
        });
    }
    let mut by_network: BTreeMap<String, GroupHealth> = BTreeMap::new();
    let mut fleet = FleetHealth::default();
    let networks: BTreeMap<(String, String), String> = records
        .clusters
        .all()
        .iter()
        .map(|cluster| {
            let meta = &cluster.metadata;
            let name = (meta.namespace.clone().unwrap_or_default(), meta.name.clone().unwrap_or_default());
            (name, cluster.spec.network.backend.to_string())
        })
        .collect();
    for machine in records.machines.all() {
        if machine.metadata.deletion_timestamp.is_some() {
            continue;
        }
        let status = machine.status.as_ref();
        let conditions = status.map(|status| &status.conditions);
        let broken = conditions.and_then(|all| false_since(all, &[HEALTH_CHECK_SUCCEEDED]));
        let since = status.filter(|status| !is_off(status, &choices.hosts)).and_then(failing_since);
        fleet.machines += 1;
        if broken.is_some_and(|since| now - since < policy.burst_window.to_chrono()) {
            fleet.newly_broken += 1;
        }
        let chosen = machine.spec.failure_domain.as_ref().map(ToString::to_string);
        if let Some(zone) = status.and_then(|status| status.zone.clone()).or(chosen) {
            add(by_zone.entry(zone.clone()).or_insert_with(|| group(&zone)), since);
        }
        let cluster =
            (machine.metadata.namespace.clone().unwrap_or_default(), machine.spec.cluster_name.to_string());
        if let Some(network) = networks.get(&cluster) {
            add(by_network.entry(network.clone()).or_insert_with(|| group(network)), since);
        }
    }
    Census { fleet, zones: by_zone.into_values().collect(), networks: by_network.into_values().collect() }
}

/// Since when a machine fails, as far as its conditions say so. One that never joined is coming up, and fails only when it
/// took too long: silent it was from the beginning.
pub fn failing_since(status: &MachineStatus) -> Option<DateTime<Utc>> {
    let types = if status.has_joined() { &SILENCE[..] } else { &SILENCE[..1] };
    false_since(&status.conditions, types)
}

/// Whether a hypervisor that works says that the server does not run, so that nothing else has to be the cause of its
/// silence. Servers stay off when the power of their zone comes back, and would be taken for an outage that never ends.
fn is_off(status: &MachineStatus, hosts: &Observed<Arc<BTreeMap<String, Hypervisor>>>) -> bool {
    let host = status.host.as_ref().and_then(|host| hosts.value()?.get(host));
    let runs = status.conditions.get(INFRASTRUCTURE_READY);
    host.is_some_and(|host| host.up) && runs.is_some_and(|runs| runs.status == ConditionStatus::False)
}

fn false_since(conditions: &Conditions, types: &[&str]) -> Option<DateTime<Utc>> {
    let found = types.iter().filter_map(|type_| conditions.get(type_));
    // What a person wants replaced works: it is no sign of an outage, and no burst of failures.
    let fails = |condition: &&Condition| {
        condition.status == ConditionStatus::False && condition.reason != REASON_ASKED
    };
    let failing = found.filter(fails);
    failing.map(|condition| condition.last_transition_time.at()).min()
}

/// Whether a zone can be used. The compute service calls a zone available as long as one of its services is enabled, whether or
/// not it reports: by that alone an outage is not seen.
fn standing(zone: &Zone, hosts: &Observed<Arc<BTreeMap<String, Hypervisor>>>) -> Standing {
    let all = hosts.value().into_iter().flat_map(|all| all.values());
    let mut own = all.filter(|host| host.zone == zone.name).peekable();
    if own.peek().is_some() && own.all(|host| !host.up) {
        Standing::Out
    } else if zone.available {
        Standing::Open
    } else {
        Standing::Closed
    }
}

fn group(name: &str) -> GroupHealth {
    GroupHealth { name: name.to_owned(), machines: 0, broken: 0, since: None, standing: Standing::Open }
}

fn add(group: &mut GroupHealth, broken_since: Option<DateTime<Utc>>) {
    group.machines += 1;
    if let Some(since) = broken_since {
        group.broken += 1;
        group.since = Some(group.since.map_or(since, |first| first.min(since)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, zone: &str, up: bool) -> (String, Hypervisor) {
        let host = Hypervisor { host: name.to_owned(), zone: zone.to_owned(), up, enabled: true };
        (name.to_owned(), host)
    }

    /// A machine of a zone that is out is not replaced (I8): one of two services that tell of outages is enough to know.
    #[test]
    fn a_failed_listing_of_zones_hides_no_outage_that_the_hypervisors_show() {
        let hosts = [host("h1", "az1", false), host("h2", "az1", false), host("h3", "az2", true)];
        let choices = Choices {
            hosts: Observed::known(Arc::new(BTreeMap::from(hosts)), clock::now()),
            zones: Observed::unknown("HTTP 503"),
            ..Choices::default()
        };
        let census = count(&Records::default(), &choices, &Policy::default(), clock::now());
        let standings: Vec<_> = census.zones.iter().map(|zone| (zone.name.as_str(), zone.standing)).collect();
        assert_eq!(standings, [("az1", Standing::Out), ("az2", Standing::Open)]);
    }

    fn failing(words: &[(&str, ConditionStatus)]) -> MachineStatus {
        let mut status = MachineStatus { host: Some("h1".to_owned()), ..MachineStatus::default() };
        for (type_, word) in words {
            status.conditions.set(Condition {
                type_: (*type_).to_owned(),
                status: *word,
                observed_generation: None,
                last_transition_time: clock::now().into(),
                reason: "Test".to_owned(),
                message: String::new(),
            });
        }
        status
    }

    /// A fleet that comes up is no outage, and one machine that does not come up in time fails.
    #[test]
    fn who_never_joined_fails_only_when_it_took_too_long() {
        let no = ConditionStatus::False;
        let mut coming = failing(&[(NODE_HEALTHY, no)]);
        assert_eq!(failing_since(&coming), None);
        coming.node_name = Some("n".to_owned());
        assert!(failing_since(&coming).is_some(), "it was there, and is not ready any more");
        assert!(failing_since(&failing(&[(NODE_HEALTHY, no), (HEALTH_CHECK_SUCCEEDED, no)])).is_some());
    }

    /// Found by seed 1499: two that a person wanted replaced, and one more, were taken for a zone that is out.
    #[test]
    fn who_is_to_be_replaced_for_a_person_does_not_fail() {
        let mut asked = failing(&[(HEALTH_CHECK_SUCCEEDED, ConditionStatus::False)]);
        asked.node_name = Some("n".to_owned());
        assert!(failing_since(&asked).is_some());
        let health = asked.conditions.get(HEALTH_CHECK_SUCCEEDED).unwrap().clone();
        asked.conditions.set(Condition { reason: REASON_ASKED.to_owned(), ..health });
        assert_eq!(failing_since(&asked), None);
    }

    /// Found by seed 372: servers that stay off when their zone is back were taken for an outage that never ended.
    #[test]
    fn who_is_known_to_be_off_is_not_silent() {
        let hosts = |up| Observed::known(Arc::new(BTreeMap::from([host("h1", "az1", up)])), clock::now());
        let off = failing(&[(INFRASTRUCTURE_READY, ConditionStatus::False)]);
        assert!(is_off(&off, &hosts(true)));
        assert!(!is_off(&off, &hosts(false)), "what a hypervisor that is down said last is no news");
        assert!(!is_off(&failing(&[(INFRASTRUCTURE_READY, ConditionStatus::True)]), &hosts(true)));
        assert!(!is_off(&off, &Observed::unknown("HTTP 503")));
    }
}
