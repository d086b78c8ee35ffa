//! Scenes as text: machines, a pool and their surroundings, a line each.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::api::cluster_policy::HealingPolicy;
use kaasboard::api::cluster_status::Initialization;
use kaasboard::api::condition::{Condition, ConditionStatus};
use kaasboard::api::conditions::INFRASTRUCTURE_READY;
use kaasboard::api::int_or_percent::IntOrPercent;
use kaasboard::api::machine::{MachineSpec, Order, Scheduling};
use kaasboard::api::machine_deployment::{MachineDeploymentSpec, MachineDeploymentStatus};
use kaasboard::api::machine_status::{Failure, FailureCause, Fence, MachineStatus, Remediation};
use kaasboard::api::pool::{DrainPolicy, RolloutStrategy};
use kaasboard::api::reference::ObjectReference;
use kaasboard::api::role::{PoolRole, Role};
use kaasboard::api::template::MachineTemplate;
use kaasboard::cloud::types::compute::Hypervisor;
use kaasboard::cloud::types::identity::ProjectId;
use kaasboard::cloud::types::network::SecurityGroupId;
use kaasboard::cloud::types::observed::Observed;
use kaasboard::planning::deployment;
use kaasboard::planning::machine;
use kaasboard::planning::observation::cluster::ClusterFacts;
use kaasboard::planning::observation::machine::MachineView;
use kaasboard::planning::observation::meta::Meta;
use kaasboard::planning::observation::pool::DeploymentView;
use kaasboard::planning::observation::surroundings::{
    FleetHealth, GroupHealth, Hold, NoRoom, Standing, Surroundings,
};
use kaasboard::planning::plan::Plan;
use kaasboard::planning::policy::Policy;

use crate::parts::{Words, load, node, ports, servers};

/// The time of every scene.
pub fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_798_804_800, 0).unwrap()
}

/// So many seconds before noon.
pub fn ago(seconds: i64) -> DateTime<Utc> {
    noon() - TimeDelta::seconds(seconds)
}

/// A scene.
pub struct Scene {
    pub pool: DeploymentView,
    pub cluster: ClusterFacts,
    pub around: Surroundings,
}

/// Reads a scene. Every line begins with what it is about; the second word is its name.
pub fn read(text: &str) -> Scene {
    let mut scene = empty();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let words = Words::of(rest);
        match what {
            "pool" => pool(&mut scene, name, &words),
            "machine" => scene.pool.machines.push(machine_view(name, &words, scene.pool.spec.role)),
            "zone" => scene.around.zones.push(group(name, &words)),
            "network" => scene.around.networks.push(group(name, &words)),
            "host" => add_host(&mut scene, name, &words),
            "fleet" => {
                scene.around.fleet = FleetHealth {
                    machines: name.parse().unwrap(),
                    newly_broken: u32::try_from(words.number("broken").unwrap_or(0)).unwrap(),
                }
            }
            "blind" => scene.around.blind = Some("HTTP 503".to_owned()),
            "paused" => scene.around.hold = Some(Hold::Paused { since: ago(60) }),
            "brake" => scene.around.hold = Some(Hold::Braked { since: ago(60), by: name.to_owned() }),
            "full" => {
                let (since, until) = (ago(10), noon() + TimeDelta::seconds(50));
                scene.around.no_room =
                    Some(NoRoom { told: "9 of 9 instances are used".to_owned(), since, until });
            }
            other => panic!("a scene knows no {other:?}"),
        }
    }
    scene
}

fn empty() -> Scene {
    let reference = ObjectReference {
        kind: "KubernetesCluster".to_owned(),
        namespace: Some("shop".to_owned()),
        name: "web".to_owned(),
        uid: Some("c-uid".to_owned()),
        resource_version: None,
    };
    let cluster = ClusterFacts {
        name: "web".to_owned().try_into().unwrap(),
        uid: "c-uid".to_owned(),
        object: reference,
        project: Some(ProjectId::new("project")),
        own_project: true,
        security_group: Some(SecurityGroupId::new("group")),
        server_groups: BTreeMap::new(),
        images: BTreeMap::from([("v1.34.2".to_owned(), "image-1342".to_owned())]),
        network: "backend".to_owned(),
        initialization: Initialization {
            infrastructure_provisioned: true,
            etcd_bootstrapped: true,
            control_plane_initialized: true,
        },
        api: Some([198, 18, 0, 1].into()),
        machines: BTreeMap::new(),
        has_credential: true,
        deleting: None,
        healing: HealingPolicy::default(),
        drain: DrainPolicy::default(),
    };
    let around = Surroundings {
        hold: None,
        fleet: FleetHealth { machines: 1000, newly_broken: 0 },
        zones: Vec::new(),
        networks: Vec::new(),
        hosts: Observed::known(Arc::default(), noon()),
        blind: None,
        no_room: None,
    };
    Scene { pool: empty_pool(), cluster, around }
}

/// Metadata of a record.
pub fn meta(kind: &'static str, name: &str) -> Meta {
    Meta {
        kind,
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        uid: format!("uid-{name}"),
        resource_version: "1".to_owned(),
        generation: 1,
        created: ago(3600),
        deleting: None,
        finalizer: true,
        skip_remediation: false,
        forced: None,
        labels: BTreeMap::new(),
    }
}

fn empty_pool() -> DeploymentView {
    let template = template();
    DeploymentView {
        meta: meta("MachineDeployment", "web-blue"),
        spec: MachineDeploymentSpec {
            cluster_name: "web".to_owned().try_into().unwrap(),
            role: PoolRole::Worker,
            pool: "blue".to_owned().try_into().unwrap(),
            replicas: 3,
            autoscale: None,
            release: template.release,
            flavor: template.flavor,
            root_volume_gib: None,
            reserved: None,
            labels: Default::default(),
            taints: Default::default(),
            rollout: RolloutStrategy::default(),
            victims: Vec::new(),
            paused: false,
        },
        status: MachineDeploymentStatus::default(),
        machines: Vec::new(),
    }
}

fn template() -> MachineTemplate {
    MachineTemplate {
        release: "v1.34.2".to_owned().try_into().unwrap(),
        flavor: "m1.large".to_owned().try_into().unwrap(),
        root_volume_gib: None,
        reserved: None,
        labels: Default::default(),
        taints: Default::default(),
    }
}

fn pool(scene: &mut Scene, replicas: &str, words: &Words<'_>) {
    let spec = &mut scene.pool.spec;
    spec.replicas = replicas.parse().unwrap();
    let count = |key| words.number(key).map(|count| IntOrPercent::Count(u32::try_from(count).unwrap()));
    spec.rollout.max_surge = count("surge").unwrap_or(spec.rollout.max_surge);
    spec.rollout.max_unavailable = count("unavailable").unwrap_or(spec.rollout.max_unavailable);
    spec.victims =
        words.get("victims").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default();
    if words.has("ingress") {
        spec.role = PoolRole::Ingress;
        spec.pool = "ingress".to_owned().try_into().unwrap();
    }
    scene.pool.meta.deleting = words.number("deleting").map(ago);
    scene.cluster.initialization.control_plane_initialized = !words.has("no-control-plane");
    scene.cluster.healing.enabled = !words.has("no-healing");
    if words.has("force") {
        scene.cluster.drain.on_timeout = kaasboard::api::pool::DrainTimeout::Force;
    }
    if words.has("cluster-deleting") {
        scene.cluster.deleting = Some(ago(60));
    }
}

fn group(name: &str, words: &Words<'_>) -> GroupHealth {
    let count = |key| u32::try_from(words.number(key).unwrap_or(0)).unwrap();
    GroupHealth {
        name: name.to_owned(),
        machines: count("machines"),
        broken: count("broken"),
        since: Some(ago(300)),
        standing: match words.get("is") {
            None => Standing::Open,
            Some("closed") => Standing::Closed,
            Some("out") => Standing::Out,
            Some("braked") => Standing::Braked,
            Some(other) => panic!("no standing is {other:?}"),
        },
    }
}

fn add_host(scene: &mut Scene, name: &str, words: &Words<'_>) {
    let host =
        Hypervisor { host: name.to_owned(), zone: "a".to_owned(), up: !words.has("down"), enabled: true };
    let mut hosts = scene.around.hosts.value().cloned().unwrap_or_default();
    Arc::make_mut(&mut hosts).insert(name.to_owned(), host);
    scene.around.hosts = Observed::known(hosts, noon());
}

/// A machine. Without words it is one that serves.
fn machine_view(name: &str, words: &Words<'_>, role: PoolRole) -> MachineView {
    let role = words.get("role").map_or(role.into(), |role| role.parse().unwrap());
    let mut meta = meta("Machine", name);
    meta.deleting = words.number("deleting").map(ago);
    meta.finalizer = !words.has("unclaimed");
    meta.skip_remediation = words.has("skip");
    let hash = template().hash();
    meta.labels
        .insert("kaasboard.dev/template-hash".to_owned(), words.get("hash").map_or(hash, str::to_owned));
    let joined = !words.has("new");
    let known = |yes| Observed::known(yes, noon());
    MachineView {
        spec: machine_spec(words, role),
        status: machine_status(name, words, joined),
        ports: ports(name, words),
        servers: servers(name, words),
        node: node(name, words, joined),
        load: load(words),
        answers: words.get("answers").map_or(known(joined), |word| known(word == "yes")),
        pooled: match words.get("pooled") {
            Some("unknown") => Observed::unknown("HTTP 503"),
            word => known(word.map_or(role == Role::Ingress && joined, |word| word == "yes")),
        },
        access: known2(words.get("access").map(|word| word == "yes")),
        meta,
    }
}

fn known2(access: Option<bool>) -> Observed<Option<bool>> {
    Observed::known(access, noon())
}

fn order() -> Order {
    Order { by: "mia".to_owned(), at: ago(30).into(), operation: None, force: false }
}

fn machine_spec(words: &Words<'_>, role: Role) -> MachineSpec {
    MachineSpec {
        cluster_name: "web".to_owned().try_into().unwrap(),
        role,
        pool: matches!(role, Role::Worker | Role::Ingress).then(|| "blue".to_owned().try_into().unwrap()),
        slot: (role == Role::Etcd).then_some(0),
        failure_domain: words.get("zone").map(|zone| zone.to_owned().try_into().unwrap()),
        template: template(),
        scheduling: if words.has("drained") { Scheduling::Drained } else { Scheduling::Open },
        remediate: words.has("asked").then(order),
        fenced: words.has("fenced").then(order),
        paused: false,
    }
}

fn machine_status(name: &str, words: &Words<'_>, joined: bool) -> MachineStatus {
    let mut status = MachineStatus {
        port_id: (words.get("port") != Some("none") && !words.has("stranger"))
            .then(|| format!("port-{name}")),
        server_id: (joined || words.has("server") && !words.has("stranger"))
            .then(|| format!("server-{name}")),
        node_name: joined.then(|| name.to_owned()),
        zone: words.get("zone").map(str::to_owned),
        host: words.get("host").map(str::to_owned),
        attempts: u32::try_from(words.number("attempts").unwrap_or(1)).unwrap(),
        ..MachineStatus::default()
    };
    if let Some(replacement) = words.get("replaced-by") {
        status.remediation = Some(Remediation {
            since: ago(300).into(),
            replacement: (replacement != "nobody").then(|| replacement.to_owned()),
            attempts: u32::try_from(words.number("tries").unwrap_or(1)).unwrap(),
            fence: words.has("was-off").then_some(Fence::ServerOff),
        });
    }
    if let Some(cause) = words.get("failed") {
        let retry = words.number("retry").map(|seconds| (noon() + TimeDelta::seconds(seconds)).into());
        status.last_failure = Some(Failure {
            cause: cause_of(cause),
            at: ago(words.number("at").unwrap_or(30)).into(),
            retry_at: retry,
            message: format!("the cloud said {cause}"),
            request_id: None,
        });
        status.server_id = None;
    }
    if let Some(seconds) = words.number("missing") {
        status.conditions.set(Condition {
            type_: INFRASTRUCTURE_READY.to_owned(),
            status: ConditionStatus::False,
            observed_generation: None,
            last_transition_time: ago(seconds).into(),
            reason: "ServerGone".to_owned(),
            message: String::new(),
        });
    }
    status
}

fn cause_of(word: &str) -> FailureCause {
    match word {
        "quota" => FailureCause::Quota,
        "no-host" => FailureCause::NoValidHost,
        "invalid" => FailureCause::Invalid,
        "unknown" => FailureCause::OutcomeUnknown,
        _ => FailureCause::Cloud,
    }
}

/// The plan of the scene's pool.
pub fn plan_pool(scene: &Scene) -> Plan {
    deployment::plan(&scene.pool, &scene.cluster, &scene.around, &Policy::default(), noon())
}

/// The plan of the scene's first machine.
pub fn plan_machine(scene: &Scene) -> Plan {
    machine::plan(&scene.pool.machines[0], &scene.cluster, &scene.around, &Policy::default(), noon())
}

/// A plan as text, without the reports that nearly every plan has.
pub fn show(plan: &Plan) -> String {
    let is_noise = |line: &&str| !line.starts_with("do: report on ") && !line.starts_with("next look");
    plan.to_string().lines().filter(is_noise).map(|line| format!("{line}\n")).collect()
}
