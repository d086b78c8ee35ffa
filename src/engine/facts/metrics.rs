//! The engine in numbers, in the text format of OpenMetrics.

use std::borrow::Cow;
use std::fmt;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::engine::budget::Service;
use crate::engine::context::Engine;
use crate::engine::key::Kind;
use crate::engine::trace::LoopRecord;

/// The bounds of the buckets of a turn's time, in seconds: from a plan without a step to a call that is given up.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// What is counted while it happens. The rest is read when somebody asks.
#[derive(Clone)]
pub struct Metrics {
    reconcile: Family<OfKind, Histogram, fn() -> Histogram>,
    failures: Family<OfKind, Counter>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self { reconcile: Family::new_with_constructor(histogram), failures: Family::default() }
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfService {
    service: &'static str,
    code: Cow<'static, str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfQueue {
    kind: &'static str,
    state: &'static str,
}

impl Metrics {
    /// Counts a turn.
    pub fn count(&self, record: &LoopRecord) {
        let label = OfKind { kind: record.key.kind.name() };
        self.reconcile.get_or_create(&label).observe(record.took.as_secs_f64());
        if record.failure.is_some() || record.steps.iter().any(|step| step.failure.is_some()) {
            self.failures.get_or_create(&label).inc();
        }
    }
}

/// All numbers.
///
/// # Errors
/// When they cannot be written as text, which is a mistake of ours.
pub fn text(engine: &Engine) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("kaasboard");
    let own = &engine.metrics;
    let help = "How long turns of the loops took";
    registry.register_with_unit("reconcile", help, Unit::Seconds, own.reconcile.clone());
    registry.register("reconcile_failures", "Turns that failed", own.failures.clone());
    registry.register("cloud_calls", "Calls of the cloud's API, by what they were answered", calls(engine));
    registry.register("queue_depth", "Records in the queue of the loops", queue(engine));
    let leader = Gauge::<i64>::default();
    leader.set(i64::from(engine.leadership.may_write()));
    registry.register("leader", "Whether this engine holds the Lease", leader);
    registry.register("records", "Records of the fleet, as this engine knows them", records(engine));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn calls(engine: &Engine) -> Family<OfService, Counter> {
    let calls = Family::<OfService, Counter>::default();
    for (service, spent) in engine.budget.spent() {
        let service = word(service);
        let count = |code, number| calls.get_or_create(&OfService { service, code }).inc_by(number);
        count(Cow::Borrowed("ok"), spent.succeeded);
        for (code, number) in spent.failed {
            count(code, number);
        }
    }
    calls
}

fn queue(engine: &Engine) -> Family<OfQueue, Gauge> {
    let depth = Family::<OfQueue, Gauge>::default();
    for kind in Kind::ALL {
        let load = engine.queue.load(kind);
        for (state, count) in
            [("due", load.due), ("later", load.later), ("running", load.running), ("failing", load.failing)]
        {
            let label = OfQueue { kind: kind.name(), state };
            depth.get_or_create(&label).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
    depth
}

fn records(engine: &Engine) -> Family<OfKind, Gauge> {
    let counts = Family::<OfKind, Gauge>::default();
    let all = &engine.records;
    for (kind, count) in [
        (Kind::Tenant, all.tenants.count()),
        (Kind::Release, all.releases.count()),
        (Kind::KubernetesCluster, all.clusters.count()),
        (Kind::StorageTenant, all.storage.count()),
        (Kind::LoadBalancer, all.balancers.count()),
        (Kind::Etcd, all.etcds.count()),
        (Kind::ControlPlane, all.control_planes.count()),
        (Kind::MachineDeployment, all.pools.count()),
        (Kind::Addon, all.addons.count()),
        (Kind::Machine, all.machines.count()),
        (Kind::Operation, all.operations.count()),
        (Kind::Incident, all.incidents.count()),
    ] {
        counts.get_or_create(&OfKind { kind: kind.name() }).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    counts
}

fn word(service: Service) -> &'static str {
    match service {
        Service::Compute => "compute",
        Service::Network => "network",
        Service::LoadBalancer => "load-balancer",
        Service::Identity => "identity",
        Service::Storage => "storage",
        Service::Dns => "dns",
        Service::Image => "image",
    }
}
