//! Electing a leader with a Lease, as every Kubernetes library does it: read, then write the version that was read.

use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::{Client, Error};

use crate::helper::server::told;

/// How long a leader that does not renew stays the leader.
const TERM: Duration = Duration::from_secs(15);

/// One who wants to lead. It believes no clock but its own: a Lease counts from when it was seen to change.
struct Candidate {
    name: &'static str,
    leases: Api<Lease>,
    seen: Option<(String, Duration)>,
}

impl Candidate {
    fn new(name: &'static str, client: Client, namespace: &str) -> Self {
        Self { name, leases: Api::namespaced(client, namespace), seen: None }
    }

    /// Takes, keeps or finds taken; true if it leads. `now` is the candidate's own clock.
    async fn turn(&mut self, now: Duration) -> bool {
        let Some(mut lease) = self.leases.get_opt("leader").await.unwrap() else {
            return written(self.leases.create(&PostParams::default(), &self.lease(0, now)).await);
        };
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        let since = match &self.seen {
            Some((seen, since)) if *seen == version => *since,
            _ => now,
        };
        self.seen = Some((version, since));
        let spec = lease.spec.clone().unwrap_or_default();
        let own = spec.holder_identity.as_deref() == Some(self.name);
        if !own && now < since + TERM {
            return false;
        }
        let turns = spec.lease_transitions.unwrap_or_default() + i32::from(!own);
        lease.spec = self.lease(turns, now).spec;
        written(self.leases.replace("leader", &PostParams::default(), &lease).await)
    }

    fn lease(&self, transitions: i32, now: Duration) -> Lease {
        let metadata = ObjectMeta { name: Some("leader".into()), ..Default::default() };
        let now = Some(MicroTime(Timestamp::UNIX_EPOCH + now));
        let spec = LeaseSpec {
            holder_identity: Some(self.name.into()),
            lease_duration_seconds: Some(15),
            lease_transitions: Some(transitions),
            acquire_time: now.clone(),
            renew_time: now,
            ..Default::default()
        };
        Lease { metadata, spec: Some(spec) }
    }
}

/// Whether a write was the one that counted.
fn written(answer: Result<Lease, Error>) -> bool {
    match answer {
        Ok(_) => true,
        Err(Error::Api(status)) if status.code == 409 => false,
        Err(other) => panic!("{other}"),
    }
}

/// One leads at a time; another takes over when the leader has been silent for a term.
#[test]
fn a_leader_is_elected() {
    let said = told(async |t| {
        let mut one = Candidate::new("one", t.client(), &t.namespace());
        let mut two = Candidate::new("two", t.client(), &t.namespace());
        for second in [0, 5, 10, 20, 24, 26, 30] {
            let now = Duration::from_secs(second);
            let alive = second < 15;
            let first = if alive { one.turn(now).await } else { false };
            let second = two.turn(now).await;
            t.say(format!("{now:?}: one leads {first}, two leads {second}"));
        }
        let now = Duration::from_secs(31);
        t.say(format!("one comes back, and leads: {}", one.turn(now).await));
        let lease = one.leases.get("leader").await.unwrap().spec.unwrap_or_default();
        t.say(format!("{:?} after {:?} changes", lease.holder_identity, lease.lease_transitions));
    });
    assert_snapshot!(said, @r#"
    0ns: one leads true, two leads false
    5s: one leads true, two leads false
    10s: one leads true, two leads false
    20s: one leads false, two leads false
    24s: one leads false, two leads false
    26s: one leads false, two leads true
    30s: one leads false, two leads true
    one comes back, and leads: false
    Some("two") after Some(1) changes
    "#);
}

/// Of many who write the version that all have read, exactly one succeeds.
#[test]
fn a_race_has_one_winner() {
    let said = told(async |t| {
        let candidate = Candidate::new("one", t.client(), &t.namespace());
        candidate.leases.create(&PostParams::default(), &candidate.lease(0, Duration::ZERO)).await.unwrap();
        let seen = candidate.leases.get("leader").await.unwrap();
        let racers = (0..20).map(|number| {
            let (leases, mut lease) = (candidate.leases.clone(), seen.clone());
            let spec = lease.spec.get_or_insert_default();
            spec.holder_identity = Some(format!("racer {number}"));
            async move { leases.replace("leader", &PostParams::default(), &lease).await.is_ok() }
        });
        let won = futures::future::join_all(racers).await;
        t.say(format!("{} of {} won", won.iter().filter(|won| **won).count(), won.len()));
    });
    assert_snapshot!(said, @"1 of 20 won");
}
