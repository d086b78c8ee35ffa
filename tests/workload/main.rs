//! The insides of clusters as they are reached over the network: real etcd, brought up by the files of our user data, and
//! an API server that asks for a client's certificate.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so by panicking")]

mod api;
mod etcd;
mod members;

use std::net::{IpAddr, Ipv4Addr};

use chrono::Utc;
use kaasboard::bootstrap::authority::{Authority, Subject, Usage};
use kaasboard::bootstrap::facts::{ClusterFacts, Slot};
use kaasboard::bootstrap::pki::ClusterPki;
use kaasboard::workload::access::{Access, ClientKeys};

/// A loopback network of its own for each process and test, because the ports are what they are.
pub fn address(test: u8, host: u8) -> IpAddr {
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 | (high & 0x3f), low, test * 16 + host).into()
}

/// A cluster whose members of etcd are in a network, and whose API is at its address 9.
pub fn cluster(test: u8) -> ClusterFacts {
    let slot = |host: u8| Slot { name: format!("shop-etcd-{host}"), address: address(test, host) };
    ClusterFacts {
        name: "shop".into(),
        uid: format!("0b6f0c1e-7d0f-4e0b-9a55-2f4f3d1c9a{test:02}"),
        version: "v1.34.2".into(),
        endpoint: "shop.k8s.example.net".into(),
        vip: address(test, 9),
        pod_cidr: "10.128.0.0/14".into(),
        service_cidr: "172.30.0.0/16".into(),
        slots: (1..=4).map(slot).collect(),
        pki: ClusterPki::create(Utc::now()).unwrap(),
    }
}

/// How a cluster is reached by somebody with keys of these authorities, who takes others' servers for the cluster's.
pub fn access(cluster: &ClusterFacts, signers: &ClusterPki) -> Access {
    let keys = |trusted: &Authority, signer: &Authority, group: &[&str]| {
        let subject = Subject {
            common_name: "kaasboard".into(),
            organizations: group.iter().map(|group| (*group).to_owned()).collect(),
            names: Vec::new(),
            addresses: Vec::new(),
            usage: Usage::Client,
        };
        let pair = signer.issue(&subject, Utc::now()).unwrap();
        ClientKeys {
            authority: trusted.certificate().to_owned(),
            certificate: pair.certificate,
            key: pair.key,
        }
    };
    Access {
        uid: cluster.uid.clone(),
        cluster: "acme/shop".into(),
        vip: cluster.vip,
        kubernetes: keys(&cluster.pki.kubernetes, &signers.kubernetes, &["system:masters"]),
        etcd: keys(&cluster.pki.etcd, &signers.etcd, &[]),
    }
}
