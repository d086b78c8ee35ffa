//! What the provider has: zones, hypervisors, flavors, images and networks, and how long things take.

use std::net::Ipv4Addr;

use chrono::TimeDelta;

use crate::cloud::types::compute::{Flavor, Image};

/// A physical host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// The zone it stands in.
    pub zone: String,
    /// Virtual CPUs that it gives away.
    pub cores: u32,
    /// Memory that it gives away, in MiB.
    pub memory_mib: u64,
}

/// A network and the range that its addresses come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The network's name.
    pub network: String,
    /// The first address of the range.
    pub first: Ipv4Addr,
    /// The length of the prefix.
    pub prefix: u8,
}

/// How long the services take for what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From a server's creation to ACTIVE.
    pub build: TimeDelta,
    /// From ACTIVE to a running kubelet or etcd: kernel, cloud-init, kubeadm.
    pub boot: TimeDelta,
    /// From a balancer's creation to ACTIVE.
    pub balancer: TimeDelta,
    /// From a change of a balancer to ACTIVE again.
    pub balancer_change: TimeDelta,
    /// From a record's creation to the name servers' answer.
    pub record: TimeDelta,
    /// From a crash of a virtual machine to SHUTOFF: the compute service compares power states now and then.
    pub notice: TimeDelta,
    /// From a hypervisor's last report to `down` (Nova's `service_down_time`).
    pub host_down: TimeDelta,
}

impl Default for Timing {
    /// A cloud of ordinary speed.
    fn default() -> Self {
        Self {
            build: TimeDelta::seconds(20),
            boot: TimeDelta::seconds(70),
            balancer: TimeDelta::seconds(60),
            balancer_change: TimeDelta::seconds(5),
            record: TimeDelta::seconds(5),
            notice: TimeDelta::seconds(10),
            host_down: TimeDelta::seconds(60),
        }
    }
}

/// All that a provider has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The hypervisors, zone by zone.
    pub hosts: Vec<Host>,
    /// The sizes of servers.
    pub flavors: Vec<Flavor>,
    /// The images.
    pub images: Vec<Image>,
    /// The networks.
    pub ranges: Vec<Range>,
    /// How long things take.
    pub timing: Timing,
}

/// How much one hypervisor gives away: the share of servers to hypervisors of the measured fleet is twelve.
const HOST_CORES: u32 = 192;
const HOST_MEMORY_MIB: u64 = 768 * 1024;

impl Site {
    /// A site with so many zones and hypervisors, spread evenly, and the usual flavors and networks.
    pub fn new(zones: u32, hypervisors: u32, images: &[&str]) -> Self {
        let hosts = (0..hypervisors).map(|n| Host {
            name: format!("compute-{:04}", n + 1),
            zone: format!("az{}", n % zones.max(1) + 1),
            cores: HOST_CORES,
            memory_mib: HOST_MEMORY_MIB,
        });
        Self {
            hosts: hosts.collect(),
            flavors: flavors(),
            images: images.iter().map(|name| image(name)).collect(),
            ranges: vec![
                Range { network: "frontend".into(), first: Ipv4Addr::new(198, 18, 0, 0), prefix: 15 },
                Range { network: "backend".into(), first: Ipv4Addr::new(172, 16, 0, 0), prefix: 12 },
            ],
            timing: Timing::default(),
        }
    }

    /// The names of the zones, in order, each once.
    pub fn zones(&self) -> Vec<String> {
        let mut names: Vec<String> = self.hosts.iter().map(|host| host.zone.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

fn flavors() -> Vec<Flavor> {
    let flavor = |name: &str, cores, memory_gib: u64| Flavor {
        name: name.to_owned(),
        cores,
        memory_mib: memory_gib * 1024,
        disk_gib: 40,
    };
    vec![
        flavor("m1.kube.small", 2, 4),
        flavor("m1.kube.medium", 4, 8),
        flavor("m1.kube.large", 8, 16),
        flavor("m1.kube.xlarge", 16, 64),
    ]
}

fn image(name: &str) -> Image {
    Image { name: name.to_owned(), active: true, min_disk_gib: 10, min_memory_mib: 1024 }
}
