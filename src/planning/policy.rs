//! Every duration and limit of the planner, with its reason.
//!
//! What a tenant decides about one cluster is in the cluster's spec (healing, drain, upgrade). Here is what the operator
//! decides for all.

use crate::api::duration::Duration;

/// The durations and limits of the planner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How often an object is looked at although nothing was heard of it: it bounds how long a lost message can hide.
    pub steady_look: Duration,
    /// How often an object is looked at while something of it is under way.
    pub pending_look: Duration,
    /// How often an object is looked at while it waits for another record, whose change wakes it: a lost message costs a minute.
    pub told_look: Duration,
    /// How long listings must stay empty after a creation whose outcome is unknown before it is tried again: longer than
    /// any proxy before the API holds a request.
    pub settle: Duration,
    /// How long a server may be in BUILD. Beyond it a person is told.
    pub build: Duration,
    /// The first pause after quota or hosts had no room, and after the cloud failed.
    pub first_pause: Duration,
    /// The longest pause; pauses double up to it.
    pub longest_pause: Duration,
    /// The age from which a kubelet's Lease is old: Kubernetes' node monitor grace period is 40 s.
    pub lease_old: Duration,
    /// How long a server must be missing from listings to be gone: a listing can be older than what it lacks.
    pub gone_after: Duration,
    /// How long a node that recovered must have been Ready before its replacement is given up, so that a node that comes and
    /// goes is replaced after all.
    pub recovered_for: Duration,
    /// Over which time failures of machines count as new for the breaker of the fleet.
    pub burst_window: Duration,
    /// So many new failures in the fleet never open the breaker: in a large fleet some machine always fails.
    pub burst_floor: u32,
    /// The share of the fleet, in percent, whose new failures open the breaker.
    pub burst_percent: u8,
    /// The share of the machines of a zone or network, in percent, whose failure says that the zone or network failed.
    pub outage_percent: u8,
    /// So few failures never speak for an outage: two machines can fail by chance.
    pub outage_floor: u32,
    /// How long a suspected outage is believed before a person is told that it still blocks.
    pub outage: Duration,
    /// How long a balancer may be PENDING, and how long a record may be on its way.
    pub balancer: Duration,
    /// How long a new node may keep its start-up taint.
    pub start_up: Duration,
    /// How long volumes may take to be detached after the pods are gone.
    pub detach: Duration,
    /// How long a fence may take.
    pub fence: Duration,
    /// How long something of the cloud that was asked to go may take.
    pub removal: Duration,
    /// How long a part of a cluster may take to be provisioned: three boots and a balancer, with room.
    pub provision: Duration,
    /// How long a user API may be silent.
    pub contact: Duration,
    /// How long to wait for a person before the wait itself is reported again.
    pub person: Duration,
    /// How long a brake or a pause is thought to be meant; beyond it a person is reminded.
    pub hold: Duration,
    /// How long Operations that ended are kept: they are the journal.
    pub journal: Duration,
    /// Quota of each project beyond what its machines need, in percent: surge, and a server that is still going.
    pub quota_headroom_percent: u8,
    /// A bug that is planted to see whether tests find it. Nobody else sets it.
    #[doc(hidden)]
    pub mistake: Option<Mistake>,
}

/// The bugs that can be planted. They are such as no wrapper around the engine could imitate: what the planner leaves out.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is explained by its name, where it is made")]
pub enum Mistake {
    MakesTooMany,
    IgnoresOutages,
    IgnoresDeadHosts,
    NeedsNoFence,
    IgnoresHolds,
    WaitsInSilence,
    ReportsAlways,
}

impl Policy {
    /// Whether this bug is planted.
    #[doc(hidden)]
    pub fn errs(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            steady_look: Duration::minutes(10),
            pending_look: Duration::seconds(10),
            told_look: Duration::minutes(1),
            settle: Duration::seconds(90),
            build: Duration::minutes(10),
            first_pause: Duration::minutes(1),
            longest_pause: Duration::minutes(15),
            lease_old: Duration::seconds(40),
            gone_after: Duration::seconds(60),
            recovered_for: Duration::seconds(60),
            burst_window: Duration::minutes(10),
            burst_floor: 10,
            burst_percent: 2,
            outage_percent: 50,
            outage_floor: 3,
            outage: Duration::hours(1),
            balancer: Duration::minutes(10),
            start_up: Duration::minutes(5),
            detach: Duration::minutes(15),
            fence: Duration::minutes(30),
            removal: Duration::minutes(15),
            provision: Duration::minutes(30),
            contact: Duration::minutes(10),
            person: Duration::hours(24),
            hold: Duration::hours(24),
            journal: Duration::hours(90 * 24),
            quota_headroom_percent: 25,
            mistake: None,
        }
    }
}
