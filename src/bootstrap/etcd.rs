//! etcd's own configuration file and its unit of systemd.
//!
//! Source: etcd's operations guide, "Configuration options", "Transport security model", "Tuning".

use serde::{Deserialize, Serialize};

use super::facts::{ClusterFacts, Slot};

/// Where a member keeps its data.
pub const DATA_DIRECTORY: &str = "/var/lib/etcd";
/// Where a member's certificates and keys are.
pub const PKI_DIRECTORY: &str = "/etc/etcd/pki";
/// Where the configuration file is.
pub const CONFIGURATION: &str = "/etc/etcd/etcd.yaml";
/// Where the unit of systemd is.
pub const UNIT: &str = "/etc/systemd/system/etcd.service";
/// On which port a member serves metrics and its health without a certificate, on the loopback only.
const METRICS: &str = "http://127.0.0.1:2381";

/// The largest that the database may grow: 8 GiB, the largest that etcd's guide suggests.
const DATABASE_QUOTA_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// How a member comes into being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// It is one of the first members of a new cluster, which all start with the same list.
    Static {
        /// All first members.
        members: Vec<Slot>,
    },
    /// It has been added as a learner to a cluster that runs.
    Learner {
        /// The members that run, without the new one.
        members: Vec<Slot>,
    },
}

/// etcd's configuration file, as far as we set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EtcdConfiguration {
    /// The member's name.
    pub name: String,
    /// Where it keeps its data.
    pub data_dir: String,
    /// Where it listens to the other members.
    pub listen_peer_urls: String,
    /// Where it listens to clients.
    pub listen_client_urls: String,
    /// Where it serves metrics and its health.
    pub listen_metrics_urls: String,
    /// Where the other members find it.
    pub initial_advertise_peer_urls: String,
    /// Where clients find it.
    pub advertise_client_urls: String,
    /// The members at its start, as `name=url,…`.
    pub initial_cluster: String,
    /// Keeps members of different clusters apart for good.
    pub initial_cluster_token: String,
    /// `new` or `existing`.
    pub initial_cluster_state: String,
    /// A member that finds itself removed ends, instead of serving what is no longer true.
    pub strict_reconfig_check: bool,
    /// How large the database may grow, in bytes.
    pub quota_backend_bytes: u64,
    /// Old revisions are dropped after a time.
    pub auto_compaction_mode: String,
    /// After which time: the API server compacts every five minutes itself, this is for when it does not run.
    pub auto_compaction_retention: String,
    /// `InitialCorruptCheck`: a member whose data differs from the others' refuses to start (etcd 3.6 and newer).
    pub feature_gates: String,
    /// TLS towards clients.
    pub client_transport_security: TransportSecurity,
    /// TLS towards other members.
    pub peer_transport_security: TransportSecurity,
}

/// TLS of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TransportSecurity {
    /// The certificate.
    pub cert_file: String,
    /// Its key.
    pub key_file: String,
    /// Whether the other side must show a certificate.
    pub client_cert_auth: bool,
    /// The authority of the other side's certificate.
    pub trusted_ca_file: String,
}

impl EtcdConfiguration {
    /// The configuration of the member in a slot.
    pub fn of(cluster: &ClusterFacts, slot: &Slot, start: &Start) -> Self {
        let (members, state) = match start {
            Start::Static { members } => (members.clone(), "new"),
            Start::Learner { members } => {
                let others = members.iter().filter(|member| member.name != slot.name).cloned();
                (others.chain([slot.clone()]).collect(), "existing")
            }
        };
        let initial: Vec<String> =
            members.iter().map(|member| format!("{}={}", member.name, member.peer_url())).collect();
        Self {
            name: slot.name.clone(),
            data_dir: DATA_DIRECTORY.to_owned(),
            listen_peer_urls: slot.peer_url(),
            listen_client_urls: format!("{},https://127.0.0.1:2379", slot.client_url()),
            listen_metrics_urls: METRICS.to_owned(),
            initial_advertise_peer_urls: slot.peer_url(),
            advertise_client_urls: slot.client_url(),
            initial_cluster: initial.join(","),
            initial_cluster_token: cluster.uid.clone(),
            initial_cluster_state: state.to_owned(),
            strict_reconfig_check: true,
            quota_backend_bytes: DATABASE_QUOTA_BYTES,
            auto_compaction_mode: "periodic".to_owned(),
            auto_compaction_retention: "1h".to_owned(),
            feature_gates: "InitialCorruptCheck=true".to_owned(),
            client_transport_security: TransportSecurity::of("server"),
            peer_transport_security: TransportSecurity::of("peer"),
        }
    }
}

impl TransportSecurity {
    fn of(name: &str) -> Self {
        Self {
            cert_file: format!("{PKI_DIRECTORY}/{name}.crt"),
            key_file: format!("{PKI_DIRECTORY}/{name}.key"),
            client_cert_auth: true,
            trusted_ca_file: format!("{PKI_DIRECTORY}/ca.crt"),
        }
    }
}

/// The unit that runs the member. It runs as root, as kubeadm's own etcd does: nothing else is on the machine.
pub fn unit() -> String {
    format!(
        "[Unit]\n\
         Description=etcd\n\
         Documentation=https://etcd.io/docs/\n\
         Wants=network-online.target\n\
         After=network-online.target\n\
         \n\
         [Service]\n\
         Type=notify\n\
         ExecStart=/usr/local/bin/etcd --config-file={CONFIGURATION}\n\
         Restart=always\n\
         RestartSec=5\n\
         LimitNOFILE=65536\n\
         OOMScoreAdjust=-999\n\
         Nice=-5\n\
         IOSchedulingClass=best-effort\n\
         IOSchedulingPriority=0\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n"
    )
}
