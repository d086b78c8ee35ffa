//! One engine at a time: the Lease, and the deadline after which we stop to write whatever the API server says.
//!
//! Times are those of Kubernetes' own controllers (client-go's leaderelection: 15 s, 10 s, 2 s). A Lease of somebody else is
//! judged by our own steady clock from when we first saw it as it is: clocks of different machines differ.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use tokio::time::Instant;

use crate::api::names::{ANNOTATION_FACTS, ENGINE, SYSTEM_NAMESPACE};
use crate::clock;

/// How long a Lease holds without being renewed.
pub const DURATION: Duration = Duration::from_secs(15);
/// How long after the last renewal we stop to write: before anybody else may begin.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// How often it is renewed, or tried for.
pub const RETRY: Duration = Duration::from_secs(2);

/// The Lease's name.
const NAME: &str = ENGINE;

/// Whether we may act.
#[derive(Debug, Default)]
pub struct Leadership {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    until: Option<Instant>,
    seen: Option<(String, Instant)>,
    holder: Option<String>,
    facts: Option<String>,
}

impl Leadership {
    /// Whether we may write now.
    pub fn may_write(&self) -> bool {
        self.state().until.is_some_and(|until| Instant::now() < until)
    }

    /// Who leads, as far as we know.
    pub fn holder(&self) -> Option<String> {
        self.state().holder.clone()
    }

    /// From now on the Lease says where we tell of ourselves.
    pub fn tells_at(&self, url: String) {
        self.state().facts = Some(url);
    }

    /// May write without a Lease, for so long: of tests and of simulations that have one engine only.
    pub fn grant(&self, time: Duration) {
        self.state().until = Some(Instant::now() + time);
    }

    /// Renews the Lease, or takes it if it is free. Answers whether we hold it.
    ///
    /// # Errors
    /// When the API server does not answer. What we held we hold until its deadline.
    pub async fn campaign(&self, client: &Client, identity: &str) -> Result<bool, kube::Error> {
        let begun = Instant::now();
        let api: Api<Lease> = Api::namespaced(client.clone(), SYSTEM_NAMESPACE);
        let who = PostParams { field_manager: Some(ENGINE.to_owned()), ..PostParams::default() };
        let Some(lease) = api.get_opt(NAME).await? else {
            let mut lease = fresh(identity);
            self.sign(&mut lease);
            return self.settle(api.create(&who, &lease).await, identity, begun);
        };
        let spec = lease.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.clone().filter(|holder| !holder.is_empty());
        let is_ours = holder.as_deref() == Some(identity);
        if !is_ours && holder.is_some() && !self.is_stale(&lease, &spec) {
            let mut state = self.state();
            (state.until, state.holder) = (None, holder);
            return Ok(false);
        }
        let transitions = spec.lease_transitions.unwrap_or(0) + i32::from(!is_ours);
        let acquired = if is_ours { spec.acquire_time.clone() } else { Some(now()) };
        let mut renewed = Lease {
            spec: Some(LeaseSpec {
                acquire_time: acquired,
                lease_transitions: Some(transitions),
                ..wanted(identity)
            }),
            ..lease
        };
        self.sign(&mut renewed);
        self.settle(api.replace(NAME, &who, &renewed).await, identity, begun)
    }

    /// Gives the Lease back, so that another one need not wait.
    ///
    /// # Errors
    /// When the API server does not answer; then the Lease ends by itself.
    pub async fn resign(&self, client: &Client, identity: &str) -> Result<(), kube::Error> {
        self.state().until = None;
        let api: Api<Lease> = Api::namespaced(client.clone(), SYSTEM_NAMESPACE);
        let Some(mut lease) = api.get_opt(NAME).await? else { return Ok(()) };
        let spec = lease.spec.get_or_insert_default();
        if spec.holder_identity.as_deref() == Some(identity) {
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
            api.replace(NAME, &PostParams::default(), &lease).await?;
        }
        Ok(())
    }

    /// Writes into the Lease where its holder tells of itself.
    fn sign(&self, lease: &mut Lease) {
        let annotations = lease.metadata.annotations.get_or_insert_default();
        match self.state().facts.clone() {
            Some(url) => annotations.insert(ANNOTATION_FACTS.to_owned(), url),
            None => annotations.remove(ANNOTATION_FACTS),
        };
    }

    fn is_stale(&self, lease: &Lease, spec: &LeaseSpec) -> bool {
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let lasts = seconds.map_or(DURATION, Duration::from_secs);
        let mut state = self.state();
        match &state.seen {
            Some((seen, at)) if *seen == version => at.elapsed() > lasts,
            _ => {
                state.seen = Some((version, Instant::now()));
                false
            }
        }
    }

    fn settle(
        &self,
        answer: Result<Lease, kube::Error>,
        identity: &str,
        begun: Instant,
    ) -> Result<bool, kube::Error> {
        match answer {
            Ok(_) => {
                let mut state = self.state();
                (state.until, state.holder) = (Some(begun + DEADLINE), Some(identity.to_owned()));
                Ok(true)
            }
            // Somebody was faster.
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(self.may_write()),
            Err(error) => Err(error),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fresh(identity: &str) -> Lease {
    Lease {
        metadata: ObjectMeta {
            name: Some(NAME.to_owned()),
            namespace: Some(SYSTEM_NAMESPACE.to_owned()),
            ..ObjectMeta::default()
        },
        spec: Some(LeaseSpec { acquire_time: Some(now()), lease_transitions: Some(0), ..wanted(identity) }),
    }
}

fn wanted(identity: &str) -> LeaseSpec {
    LeaseSpec {
        holder_identity: Some(identity.to_owned()),
        lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
        renew_time: Some(now()),
        ..LeaseSpec::default()
    }
}

fn now() -> MicroTime {
    use crate::api::time::Time;
    let time: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time = Time::from(clock::now()).into();
    MicroTime(time.0)
}
