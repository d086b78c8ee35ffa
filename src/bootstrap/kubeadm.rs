//! kubeadm's configuration, version `kubeadm.k8s.io/v1beta4` (since Kubernetes 1.31).
//!
//! Source: Kubernetes' reference, "kubeadm Configuration (v1beta4)".

use serde::{Deserialize, Serialize};

use super::facts::{API_PORT, ClusterFacts, MachineFacts, NodeTaint};

/// The group and version of kubeadm's documents.
pub const API_VERSION: &str = "kubeadm.k8s.io/v1beta4";
/// Where kubeadm and the control plane keep certificates and keys.
pub const PKI_DIRECTORY: &str = "/etc/kubernetes/pki";
/// Where containerd listens.
const CONTAINERD: &str = "unix:///run/containerd/containerd.sock";

/// How a control plane is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterConfiguration {
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// The cluster's name.
    pub cluster_name: String,
    /// The version to run.
    pub kubernetes_version: String,
    /// Where clients reach the API: the balancer's name and port.
    pub control_plane_endpoint: String,
    /// Where the authorities' certificates and keys are.
    pub certificates_dir: String,
    /// Which keys kubeadm makes.
    pub encryption_algorithm: String,
    /// Address ranges.
    pub networking: Networking,
    /// The datastore, which runs on machines of its own.
    pub etcd: EtcdSettings,
    /// The API server.
    pub api_server: ApiServer,
    /// The controllers.
    pub controller_manager: ComponentArguments,
}

/// Address ranges of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Networking {
    /// The pods'.
    pub pod_subnet: String,
    /// The services'.
    pub service_subnet: String,
}

/// Which datastore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EtcdSettings {
    /// One that kubeadm does not run.
    pub external: ExternalEtcd,
}

/// How to reach a datastore that kubeadm does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalEtcd {
    /// All members' client addresses.
    pub endpoints: Vec<String>,
    /// etcd's authority.
    pub ca_file: String,
    /// The API server's client certificate.
    pub cert_file: String,
    /// Its key.
    pub key_file: String,
}

/// The API server's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiServer {
    /// Further names and addresses in its certificate.
    #[serde(rename = "certSANs")]
    pub cert_sans: Vec<String>,
    /// Command line flags.
    #[serde(rename = "extraArgs")]
    pub extra_args: Vec<Argument>,
}

/// A component's command line flags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ComponentArguments {
    /// The flags.
    pub extra_args: Vec<Argument>,
}

/// One command line flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Its name, without dashes.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// How the first control plane node is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InitConfiguration {
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Where this node's API server listens.
    #[serde(rename = "localAPIEndpoint")]
    pub local_api_endpoint: ApiEndpoint,
    /// The node.
    pub node_registration: NodeRegistration,
}

/// Where an API server listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiEndpoint {
    /// The address that it announces.
    pub advertise_address: String,
    /// Its port.
    pub bind_port: u16,
}

/// How a further node joins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JoinConfiguration {
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// How the node finds and trusts the cluster.
    pub discovery: Discovery,
    /// For control plane nodes only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<JoinControlPlane>,
    /// The node.
    pub node_registration: NodeRegistration,
}

/// How a node finds and trusts the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Discovery {
    /// By a token.
    pub bootstrap_token: TokenDiscovery,
}

/// Trust by a token and the hash of the authority's key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenDiscovery {
    /// The balancer's name and port.
    pub api_server_endpoint: String,
    /// The token.
    pub token: String,
    /// Hashes of the authorities to trust.
    pub ca_cert_hashes: Vec<String>,
}

impl std::fmt::Debug for TokenDiscovery {
    /// Leaves the token out.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("TokenDiscovery")
            .field("endpoint", &self.api_server_endpoint)
            .field("hashes", &self.ca_cert_hashes)
            .finish_non_exhaustive()
    }
}

/// A further control plane node's own endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinControlPlane {
    /// Where its API server listens.
    #[serde(rename = "localAPIEndpoint")]
    pub local_api_endpoint: ApiEndpoint,
}

/// How a node registers itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeRegistration {
    /// Its name.
    pub name: String,
    /// Its container runtime.
    pub cri_socket: String,
    /// Its taints from the start. None are left out and not written as an empty list, which would tell kubeadm to leave
    /// its own taint off a control plane node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<NodeTaint>,
    /// kubelet's command line flags.
    pub kubelet_extra_args: Vec<Argument>,
}

impl ClusterConfiguration {
    /// The configuration of a cluster.
    pub fn of(cluster: &ClusterFacts) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: "ClusterConfiguration".to_owned(),
            cluster_name: cluster.name.clone(),
            kubernetes_version: cluster.version.clone(),
            control_plane_endpoint: endpoint(cluster),
            certificates_dir: PKI_DIRECTORY.to_owned(),
            encryption_algorithm: "ECDSA-P256".to_owned(),
            networking: Networking {
                pod_subnet: cluster.pod_cidr.clone(),
                service_subnet: cluster.service_cidr.clone(),
            },
            etcd: EtcdSettings {
                external: ExternalEtcd {
                    endpoints: cluster.slots.iter().map(super::facts::Slot::client_url).collect(),
                    ca_file: format!("{PKI_DIRECTORY}/etcd/ca.crt"),
                    cert_file: format!("{PKI_DIRECTORY}/apiserver-etcd-client.crt"),
                    key_file: format!("{PKI_DIRECTORY}/apiserver-etcd-client.key"),
                },
            },
            api_server: ApiServer {
                cert_sans: vec![cluster.endpoint.clone(), cluster.vip.to_string()],
                extra_args: vec![argument("profiling", "false")],
            },
            controller_manager: ComponentArguments {
                extra_args: vec![argument("profiling", "false"), argument("cloud-provider", "external")],
            },
        }
    }
}

impl InitConfiguration {
    /// The first control plane node.
    pub fn of(machine: &MachineFacts) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: "InitConfiguration".to_owned(),
            local_api_endpoint: local_endpoint(machine),
            node_registration: NodeRegistration::of(machine),
        }
    }
}

impl JoinConfiguration {
    /// A worker or ingress node.
    pub fn node(cluster: &ClusterFacts, machine: &MachineFacts, token: &str, hash: &str) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: "JoinConfiguration".to_owned(),
            discovery: Discovery {
                bootstrap_token: TokenDiscovery {
                    api_server_endpoint: endpoint(cluster),
                    token: token.to_owned(),
                    ca_cert_hashes: vec![hash.to_owned()],
                },
            },
            control_plane: None,
            node_registration: NodeRegistration::of(machine),
        }
    }

    /// A further control plane node.
    pub fn control_plane(cluster: &ClusterFacts, machine: &MachineFacts, token: &str, hash: &str) -> Self {
        let control_plane = Some(JoinControlPlane { local_api_endpoint: local_endpoint(machine) });
        Self { control_plane, ..Self::node(cluster, machine, token, hash) }
    }
}

impl NodeRegistration {
    fn of(machine: &MachineFacts) -> Self {
        let labels: Vec<String> =
            machine.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        Self {
            name: machine.name.clone(),
            cri_socket: CONTAINERD.to_owned(),
            taints: machine.taints.clone(),
            kubelet_extra_args: vec![
                argument("cloud-provider", "external"),
                argument("node-ip", &machine.address.to_string()),
                argument("node-labels", &labels.join(",")),
            ],
        }
    }
}

fn endpoint(cluster: &ClusterFacts) -> String {
    format!("{}:{API_PORT}", cluster.endpoint)
}

fn local_endpoint(machine: &MachineFacts) -> ApiEndpoint {
    ApiEndpoint { advertise_address: machine.address.to_string(), bind_port: API_PORT }
}

fn argument(name: &str, value: &str) -> Argument {
    Argument { name: name.to_owned(), value: value.to_owned() }
}
