//! The user data of every role: golden text, what it may hold, and what other programs say of it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;

use chrono::{DateTime, Utc};
use kaasboard::bootstrap::authority::{Subject, Usage, expiry};
use kaasboard::bootstrap::cloud_config::{CloudConfig, File, MOST_BYTES};
use kaasboard::bootstrap::etcd::{self, EtcdConfiguration, Start};
use kaasboard::bootstrap::facts::{ClusterFacts, MachineFacts, NodeTaint, Slot};
use kaasboard::bootstrap::kubeadm::{ClusterConfiguration, InitConfiguration, JoinConfiguration};
use kaasboard::bootstrap::kubelet::KubeletConfiguration;
use kaasboard::bootstrap::pki::{ClusterPki, Part};
use kaasboard::bootstrap::roles::{self, ControlPlaneStart};
use kaasboard::bootstrap::{node, token};
use rand::SeedableRng;
use regex::Regex;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn cluster() -> ClusterFacts {
    let slots = (1..=4)
        .map(|n| Slot { name: format!("shop-etcd-{n}"), address: format!("10.20.0.{n}").parse().unwrap() })
        .collect();
    ClusterFacts {
        name: "shop".into(),
        uid: "0b6f0c1e-7d0f-4e0b-9a55-2f4f3d1c9a10".into(),
        version: "v1.34.2".into(),
        endpoint: "shop.k8s.example.net".into(),
        vip: "198.18.0.10".parse().unwrap(),
        pod_cidr: "10.128.0.0/14".into(),
        service_cidr: "172.30.0.0/16".into(),
        slots,
        pki: ClusterPki::create(now()).unwrap(),
    }
}

fn machine(role: &str, taints: Vec<NodeTaint>) -> MachineFacts {
    MachineFacts {
        name: format!("shop-{role}-1a2b3c4d"),
        uid: "1a2b3c4d-0000-4000-8000-000000000001".into(),
        address: "10.20.0.77".parse().unwrap(),
        labels: BTreeMap::from([("kaasboard.dev/pool".to_owned(), role.to_owned())]),
        taints,
    }
}

fn token() -> token::JoinToken {
    token::JoinToken::create(&mut rand::rngs::StdRng::seed_from_u64(7), now())
}

/// Every document of a cluster, by a name.
fn documents(cluster: &ClusterFacts) -> BTreeMap<&'static str, CloudConfig> {
    let first = Start::Static { members: cluster.slots[..3].to_vec() };
    let later = Start::Learner { members: cluster.slots[..3].to_vec() };
    let starting = NodeTaint {
        key: kaasboard::api::names::TAINT_STARTING.into(),
        value: String::new(),
        effect: "NoSchedule".into(),
    };
    let etcd = machine("etcd", Vec::new());
    let control = machine("controlplane", Vec::new());
    let join = ControlPlaneStart::Join(token());
    let member = |slot, start| roles::etcd_member(cluster, &etcd, slot, start, now()).unwrap();
    let plane = |start| roles::control_plane(cluster, &control, start, now()).unwrap();
    BTreeMap::from([
        ("etcd-first", member(&cluster.slots[0], &first)),
        ("etcd-learner", member(&cluster.slots[3], &later)),
        ("control-plane-first", plane(&ControlPlaneStart::First)),
        ("control-plane-join", plane(&join)),
        ("worker", roles::node_that_joins(cluster, &machine("worker", vec![starting]), &token()).unwrap()),
    ])
}

/// A document as text, with what differs at every run taken out.
fn outline(document: &CloudConfig) -> String {
    let hash = Regex::new("sha256:[0-9a-f]{64}").unwrap();
    let mut text = String::new();
    for file in &document.write_files {
        let _ = writeln!(text, "== {} {}", file.path, file.permissions);
        match file.content.strip_prefix("-----BEGIN ") {
            Some(pem) => text.push_str(&format!("({})\n", pem.split("-----").next().unwrap())),
            None => text.push_str(&hash.replace_all(&file.content, "sha256:HASH")),
        }
    }
    for command in &document.runcmd {
        let _ = writeln!(text, "$ {}", command.join(" "));
    }
    text
}

#[test]
fn the_user_data_of_each_role_is_as_agreed() {
    for (name, document) in documents(&cluster()) {
        insta::assert_snapshot!(name, outline(&document));
    }
}

#[test]
fn what_is_written_is_read_back_the_same() {
    for (name, document) in documents(&cluster()) {
        let text = document.render().unwrap();
        assert!(text.len() <= MOST_BYTES, "{name}: {} bytes", text.len());
        assert_eq!(CloudConfig::parse(&text).unwrap(), document, "{name}");
    }
}

#[test]
fn each_embedded_file_is_read_by_the_parser_of_its_kind() {
    let documents = documents(&cluster());
    let file = |name: &str, path: &str| documents[name].file(path).unwrap().content.clone();
    let member: EtcdConfiguration =
        serde_saphyr::from_str(&file("etcd-learner", etcd::CONFIGURATION)).unwrap();
    assert_eq!(member.initial_cluster_state, "existing");
    assert_eq!(member.initial_cluster.split(',').count(), 4);
    let text = file("control-plane-first", node::KUBEADM_CONFIGURATION);
    let parts: Vec<&str> = text.split("---\n").collect();
    let init: InitConfiguration = serde_saphyr::from_str(parts[0]).unwrap();
    let settings: ClusterConfiguration = serde_saphyr::from_str(parts[1]).unwrap();
    let kubelet: KubeletConfiguration = serde_saphyr::from_str(parts[2]).unwrap();
    assert_eq!(init.local_api_endpoint.advertise_address, "10.20.0.77");
    assert_eq!(settings.control_plane_endpoint, "shop.k8s.example.net:6443");
    assert_eq!(settings.etcd.external.endpoints.len(), 4, "the empty slot is listed too");
    assert_eq!(kubelet.max_pods, 110);
    let join: JoinConfiguration =
        serde_saphyr::from_str(&file("worker", node::KUBEADM_CONFIGURATION)).unwrap();
    assert_eq!(join.control_plane, None);
    assert_eq!(join.discovery.bootstrap_token.ca_cert_hashes.len(), 1);
}

#[test]
fn a_worker_carries_no_secret_but_its_join_token() {
    let text = documents(&cluster())["worker"].render().unwrap();
    assert!(!text.contains("PRIVATE KEY"), "there is a private key in a worker's user data");
    assert!(text.contains(&token().reveal()));
    assert_eq!(token().expires() - now(), token::LIFETIME);
}

#[test]
fn etcd_s_authority_stays_in_the_manager() {
    let cluster = cluster();
    let line = cluster.pki.etcd.pair().key.lines().nth(1).unwrap().to_owned();
    for (name, document) in documents(&cluster) {
        assert!(!document.render().unwrap().contains(&line), "{name} carries etcd's authority");
    }
}

#[test]
fn no_document_lets_a_person_in() {
    for (name, document) in documents(&cluster()) {
        assert!(!document.ssh_pwauth && document.disable_root, "{name}");
        assert!(document.users.len() == 1 && !document.users[0].lets_in(), "{name}");
        let masks =
            document.runcmd.iter().any(|words| words.starts_with(&["systemctl".into(), "mask".into()]));
        assert!(masks, "{name} leaves sshd running");
    }
}

#[test]
fn masking_leaves_no_secret_and_debug_neither() {
    let cluster = cluster();
    for (name, document) in documents(&cluster) {
        let shown = format!("{}\n{document:?}", document.masked().render().unwrap());
        assert!(!shown.contains("PRIVATE KEY") && !shown.contains(&token().reveal()), "{name}");
    }
    let debug = format!("{cluster:?} {:?}", token());
    assert!(!debug.contains("PRIVATE KEY") && !debug.contains(&token().reveal()));
}

#[test]
fn user_data_that_nova_would_refuse_is_refused_here() {
    let big = vec![File::public("/etc/big", "x".repeat(MOST_BYTES))];
    let refused = CloudConfig::new("shop-worker-1", big, Vec::new()).render().unwrap_err();
    insta::assert_snapshot!(refused, @"the user data of shop-worker-1 has 49421 bytes; the compute service takes 49152 at most");
}

#[test]
fn a_pki_survives_being_kept_in_secrets() {
    let pki = ClusterPki::create(now()).unwrap();
    let stored: BTreeMap<Part, _> = Part::ALL.into_iter().map(|part| (part, pki.secret(part))).collect();
    let read = ClusterPki::from_secrets(|part| stored.get(&part).cloned()).unwrap();
    assert_eq!(read, pki);
    assert_eq!((read.expires().unwrap() - now()).num_days(), 3650);
    let names: Vec<String> = Part::ALL.iter().map(|part| part.secret_name("shop")).collect();
    assert_eq!(names, ["shop-ca", "shop-etcd", "shop-proxy", "shop-sa"]);
}

#[test]
fn a_broken_pki_is_refused_and_the_part_is_named() {
    let pki = ClusterPki::create(now()).unwrap();
    let other = ClusterPki::create(now()).unwrap();
    let check = |broken: Part, keys: Option<(&str, &str)>| {
        let stored = |part| match keys {
            _ if part != broken => Some(pki.secret(part)),
            None => None,
            Some((certificate, key)) => {
                let pairs = [("tls.crt", certificate), ("tls.key", key)];
                Some(pairs.map(|(name, text)| (name.to_owned(), text.to_owned())).into())
            }
        };
        ClusterPki::from_secrets(stored).unwrap_err().to_string()
    };
    insta::assert_snapshot!(check(Part::Etcd, None), @"etcd's authority is missing");
    let swapped = (pki.front_proxy.certificate(), other.front_proxy.pair().key.as_str());
    insta::assert_snapshot!(check(Part::FrontProxy, Some(swapped)), @"cannot read the front proxy's authority: its key does not belong to its certificate");
    insta::assert_snapshot!(check(Part::ServiceAccount, Some(("garbage", "garbage"))), @"cannot read the service accounts' signing key: it is no private key in PEM");
}

#[test]
fn a_certificate_lasts_a_year() {
    let subject = Subject {
        common_name: "shop-etcd-1".into(),
        organizations: Vec::new(),
        names: vec!["shop-etcd-1".into()],
        addresses: vec!["10.20.0.1".parse().unwrap()],
        usage: Usage::ServerAndClient,
    };
    let pair = ClusterPki::create(now()).unwrap().etcd.issue(&subject, now()).unwrap();
    assert_eq!((expiry("it", &pair.certificate).unwrap() - now()).num_days(), 365);
}

/// Says what could not be asked, past the capture of tests' output.
fn not_run(why: &str) {
    std::io::stderr().write_all(format!("NOT RUN: {why}\n").as_bytes()).unwrap();
}

#[test]
fn cloud_init_accepts_every_document() {
    if Command::new("cloud-init").arg("--version").output().is_err() {
        not_run("cloud-init is not installed (Debian: cloud-init); .ci/run installs it");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (name, document) in documents(&cluster()) {
        let path = directory.path().join(name);
        std::fs::write(&path, document.render().unwrap()).unwrap();
        let verdict =
            Command::new("cloud-init").args(["schema", "--config-file"]).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&verdict.stdout) + String::from_utf8_lossy(&verdict.stderr);
        assert!(verdict.status.success(), "{name}: {said}");
    }
}

#[test]
fn systemd_accepts_the_units() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        not_run("systemd-analyze is not installed (Debian: systemd)");
        return;
    }
    // The programs are in the image and not on this machine; their absence is not what is asked here.
    let start = Regex::new("(?m)^ExecStart=.*$").unwrap();
    let directory = tempfile::tempdir().unwrap();
    for (name, document) in documents(&cluster()) {
        for file in document.write_files.iter().filter(|file| file.path.ends_with(".service")) {
            let path = directory.path().join(file.path.rsplit('/').next().unwrap());
            std::fs::write(&path, start.replace(&file.content, "ExecStart=/bin/true").as_bytes()).unwrap();
            let verdict = Command::new("systemd-analyze").arg("verify").arg(&path).output().unwrap();
            let said = String::from_utf8_lossy(&verdict.stderr).into_owned();
            let ours: Vec<&str> = said.lines().filter(|line| line.contains(path.to_str().unwrap())).collect();
            assert!(ours.is_empty(), "{name}: {ours:?}");
        }
    }
}
