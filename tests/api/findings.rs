//! What a schema cannot say, and what the kinds can be asked.

use chrono::{DateTime, NaiveDate, Utc};
use kaasboard::api::cidr::Cidr;
use kaasboard::api::cluster::KubernetesClusterSpec;
use kaasboard::api::condition::{Condition, ConditionStatus, Conditions};
use kaasboard::api::int_or_percent::IntOrPercent;
use kaasboard::api::names::{self, Tag};
use kaasboard::api::operation::OperationSpec;
use kaasboard::api::quantity::Quantity;
use kaasboard::api::release::ReleaseSpec;
use kaasboard::api::role::Role;
use kaasboard::api::template::MachineTemplate;
use kaasboard::api::tenant::{TenantQuota, TenantUsage};
use kaasboard::api::time::Time;
use kaasboard::api::validation::{self, Finding};
use kaasboard::api::version::Version;
use kaasboard::api::window::MaintenanceWindow;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::tree;

#[track_caller]
fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}"))
}

/// The spec of the first example of a kind, with a change merged into it.
#[track_caller]
fn example<T: DeserializeOwned>(kind: &str, change: Value) -> T {
    let found = tree::objects().into_iter().find(|object| object["kind"] == kind);
    let mut spec = found.unwrap_or_else(|| panic!("no kind {kind}"))["spec"].clone();
    json_patch::merge(&mut spec, &change);
    read(spec)
}

fn listed(findings: impl IntoIterator<Item = Finding>) -> String {
    let lines = findings.into_iter().map(|finding| format!("{:?} {finding}\n", finding.reason));
    lines.collect()
}

fn network(change: Value, machines: u32) -> String {
    let spec: KubernetesClusterSpec = example("KubernetesCluster", json!({ "network": change }));
    let backend: Cidr = read(json!("10.20.0.0/16"));
    listed(validation::network(&spec.network, &[backend], machines))
}

#[test]
fn networks() {
    assert_eq!(network(json!({}), 1024), "");
    insta::assert_snapshot!(network(json!({}), 1025), @"RangeSize spec.network.podCidr: 10.128.0.0/14 has room for 1024 nodes of a /24 each, and the cluster may have 1025");
    insta::assert_snapshot!(network(json!({ "serviceCidr": "10.130.0.0/16" }), 1), @"OverlappingRanges spec.network.serviceCidr: 10.130.0.0/16 overlaps the pods' range 10.128.0.0/14");
    insta::assert_snapshot!(network(json!({ "podCidr": "10.16.0.0/12" }), 1), @"OverlappingRanges spec.network.podCidr: 10.16.0.0/12 overlaps 10.20.0.0/16 of the backend network backend");
    insta::assert_snapshot!(network(json!({ "serviceCidr": "fd00::/64" }), 1), @"
    MixedAddressFamilies spec.network.serviceCidr: fd00::/64 is of another address family than the pods' range 10.128.0.0/14
    RangeSize spec.network.serviceCidr: fd00::/64 is too large: the prefix must have at least 108 bits
    ");
    insta::assert_snapshot!(network(json!({ "serviceCidr": "10.96.0.0/30" }), 1), @"RangeSize spec.network.serviceCidr: 10.96.0.0/30 is too small: the prefix may have at most 28 bits");
    assert_eq!(network(json!({ "podCidr": "fd01::/48", "serviceCidr": "fd00::/112" }), 5000), "");
}

fn release(change: Value, known: Option<Value>, running: Option<&str>) -> String {
    let spec: KubernetesClusterSpec = example("KubernetesCluster", change);
    let release: Option<ReleaseSpec> = known.map(|change| example("Release", change));
    let running: Option<Version> = running.map(|version| read(json!(version)));
    let today = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default();
    listed(validation::release(&spec, release.as_ref(), running, today))
}

#[test]
fn releases() {
    assert_eq!(release(json!({}), Some(json!({})), None), "");
    assert_eq!(release(json!({}), Some(json!({})), Some("v1.33.9")), "");
    insta::assert_snapshot!(release(json!({ "release": "v1.35.0" }), None, None), @"UnknownRelease spec.release: there is no Release v1.35.0");
    insta::assert_snapshot!(release(json!({}), Some(json!({})), Some("v1.32.9")), @"SkipsMinorVersion spec.release: from v1.32.9 to v1.34.2 takes more than one minor version: go through each between them");
    insta::assert_snapshot!(release(json!({}), Some(json!({})), Some("v1.34.3")), @"Downgrade spec.release: v1.34.2 is lower than v1.34.3, which the cluster runs");
    insta::assert_snapshot!(release(json!({}), Some(json!({ "since": "2026-12-01" })), None), @"ReleaseNotUsable spec.release: the Release may be used from 2026-12-01 on");
    insta::assert_snapshot!(release(json!({}), Some(json!({ "until": "2026-11-19" })), None), @"ReleaseNotUsable spec.release: the Release is not supported since 2026-11-19");
    assert_eq!(release(json!({}), Some(json!({ "until": "2026-11-20" })), None), "");
    assert_eq!(release(json!({}), Some(json!({ "until": "2026-11-19" })), Some("v1.34.2")), "");
    insta::assert_snapshot!(release(json!({ "addons": [{ "name": "mesh" }] }), Some(json!({})), None), @"UnknownAddon spec.addons[name=mesh]: the Release v1.34.2-2 has no addon mesh");
}

#[test]
fn sizes_and_quotas() {
    let spec: KubernetesClusterSpec = example("KubernetesCluster", json!({}));
    assert_eq!(validation::machines_at_most(&spec, 7), 3 + 3 + 5 + 20 + 2 + 7);
    assert_eq!(validation::size(5000), None);
    insta::assert_snapshot!(listed(validation::size(5001)), @"TooManyMachines spec.workers: 5001 machines are more than the 5000 that a cluster can have");
    let quota: TenantQuota = read(json!({ "clusters": 1, "machines": 40 }));
    let wanted = |clusters, machines| TenantUsage { clusters, machines, volumes_gib: u64::MAX };
    assert_eq!(listed(validation::quota(&quota, &wanted(1, 40))), "");
    insta::assert_snapshot!(listed(validation::quota(&quota, &wanted(2, 41))), @"
    QuotaExceeded metadata.name: the tenant's clusters would have 2 clusters together, and may have 1
    QuotaExceeded spec.workers: the tenant's clusters would have 41 machines together, and may have 40
    ");
}

#[test]
fn operations_stay_with_their_tenant() {
    let scale: OperationSpec = example("Operation", json!({}));
    assert_eq!(validation::operation(&scale, "shop"), None);
    assert_eq!(validation::operation(&scale, "kaasboard-system"), None);
    insta::assert_snapshot!(listed(validation::operation(&scale, "bank")), @"WrongNamespace spec.target.namespace: an Operation on an object in shop must be in shop, not in bank");
    let everything: OperationSpec = example("Operation", json!({ "target": null }));
    insta::assert_snapshot!(listed(validation::operation(&everything, "shop")), @"WrongNamespace spec.target.namespace: an Operation on what belongs to no tenant must be in kaasboard-system");
}

#[track_caller]
fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Findings become one condition, whose time moves only with its status.
#[test]
fn conditions_keep_their_time() {
    let mut conditions = Conditions::default();
    let wrong = validation::size(9000).into_iter().collect::<Vec<_>>();
    let condition =
        |findings: &[Finding], now: &str| validation::spec_valid(findings, Some(3), Time::from(at(now)));
    assert!(conditions.set(condition(&wrong, "2026-11-20T08:00:00.7Z")));
    assert!(!conditions.set(condition(&wrong, "2026-11-20T09:00:00Z")));
    insta::assert_snapshot!(serde_json::to_string(&conditions).unwrap(), @r#"[{"type":"SpecValid","status":"False","observedGeneration":3,"lastTransitionTime":"2026-11-20T08:00:00Z","reason":"TooManyMachines","message":"spec.workers: 9000 machines are more than the 5000 that a cluster can have"}]"#);
    assert!(conditions.set(condition(&[], "2026-11-20T10:00:00Z")));
    let now = conditions.get("SpecValid").unwrap();
    assert_eq!(
        (now.status, now.last_transition_time.to_string().as_str()),
        (ConditionStatus::True, "2026-11-20T10:00:00Z")
    );
    let there = k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition::from(now.clone());
    assert_eq!(&Condition::from(there), now);
    assert!(
        conditions.is_true("SpecValid") && conditions.remove("SpecValid") && !conditions.remove("SpecValid")
    );
}

fn window(change: Value, now: &str) -> String {
    let mut window =
        json!({ "days": ["Tuesday"], "start": "22:00", "duration": "6h", "utcOffset": "+09:00" });
    json_patch::merge(&mut window, &change);
    let window: MaintenanceWindow = read(window);
    let shown = |time: Option<Time>| time.map_or("never".to_owned(), |time| time.to_string());
    format!("open until {}, next {}", shown(window.open_until(at(now))), shown(window.next_opening(at(now))))
}

/// 17 November 2026 is a Tuesday, on which it is 22:00 in Japan when it is 13:00 UTC.
#[test]
fn windows_open_and_close() {
    let opens = "open until never, next 2026-11-17T13:00:00Z";
    let open = "open until 2026-11-17T19:00:00Z, next 2026-11-24T13:00:00Z";
    let closed = "open until never, next 2026-11-24T13:00:00Z";
    assert_eq!(window(json!({}), "2026-11-17T12:59:59Z"), opens);
    assert_eq!(window(json!({}), "2026-11-17T13:00:00Z"), open);
    assert_eq!(window(json!({}), "2026-11-17T18:59:59Z"), open);
    assert_eq!(window(json!({}), "2026-11-17T19:00:00Z"), closed);
    let daily = json!({ "days": null, "utcOffset": "-03:30", "duration": "24h" });
    assert_eq!(
        window(daily, "2026-11-17T01:29:59Z"),
        "open until 2026-11-17T01:30:00Z, next 2026-11-17T01:30:00Z"
    );
}

#[test]
fn amounts_and_shares() {
    let quantity = |text: &str| text.parse::<Quantity>().map(|read| (read.ceil(), read.milli())).ok();
    assert_eq!(quantity("1.5"), Some((2, 1500)));
    assert_eq!(quantity("100m"), Some((1, 100)));
    assert_eq!(quantity("1n"), Some((1, 1)));
    assert_eq!(quantity("8Gi"), Some((8 << 30, (8 << 30) * 1000)));
    assert_eq!(quantity("2e3"), quantity("2k"));
    assert_eq!(quantity("1.5Gi"), quantity("1536Mi"));
    assert_eq!(quantity("-1"), None);
    let shares = |share: IntOrPercent| (share.of_rounded_down(5), share.of_rounded_up(5));
    assert_eq!(shares(IntOrPercent::Percent(10)), (0, 1));
    assert_eq!(shares(IntOrPercent::Percent(100)), (5, 5));
    assert_eq!(shares(IntOrPercent::Count(7)), (7, 7));
}

/// The hash is fixed for all time: where it moves, every machine of every cluster is replaced.
#[test]
fn templates_have_a_lasting_hash() {
    let template = |change: Value| -> MachineTemplate {
        let mut template = json!({ "release": "v1.34.2", "flavor": "m1.kube.large" });
        json_patch::merge(&mut template, &change);
        read(template)
    };
    let plain = template(json!({})).hash();
    assert_eq!(plain, "939ea47f3a4a23f7");
    let spelled = |memory: &str| template(json!({ "reserved": { "memory": memory } })).hash();
    assert_eq!(spelled("1Gi"), spelled("1024Mi"));
    assert_ne!(spelled("1Gi"), plain);
    assert_ne!(template(json!({ "rootVolumeGiB": 20 })).hash(), plain);
    assert_eq!(
        template(json!({ "labels": { "a": "b" }, "taints": [{ "key": "k", "effect": "NoExecute" }] })).hash(),
        plain
    );
}

/// The longest names fit where they go, and tags are read as they are written.
#[test]
fn names_fit() {
    let cluster = read(json!("c".repeat(40)));
    for role in Role::ALL {
        assert!(names::server(&cluster, role, "1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d").len() <= 63);
        assert_eq!(role.as_str().parse(), Ok(role));
    }
    assert_eq!(names::pool(&cluster, &read(json!("p".repeat(22)))).len(), 63);
    let web = read(json!("web"));
    assert_eq!(names::server(&web, Role::ControlPlane, "1a2b3c4d-5e6f"), "web-control-plane-1a2b3c4d");
    let (cluster, machine) = (Tag::ClusterUid("a-b".to_owned()), Tag::MachineUid("c".to_owned()));
    for tag in [cluster, machine, Tag::Slot(3), Tag::ManagerUid("d".to_owned())] {
        assert_eq!(Tag::parse(&tag.to_string()), Some(tag));
    }
    assert_eq!(Tag::ClusterUid("a-b".to_owned()).to_string(), "kaasboard:cluster-uid=a-b");
    for foreign in ["kaasboard:cluster-uid=", "kaasboard:slot=x", "other:machine-uid=a", ""] {
        assert_eq!(Tag::parse(foreign), None);
    }
}
