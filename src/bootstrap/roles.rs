//! The user data of each role.

use chrono::{DateTime, Utc};

use super::authority::{Pair, PkiError, Subject, Usage};
use super::cloud_config::{CloudConfig, CloudConfigError, File};
use super::etcd::{self, EtcdConfiguration, Start};
use super::facts::{ClusterFacts, MachineFacts, Slot};
use super::kubeadm::{self, ClusterConfiguration, InitConfiguration, JoinConfiguration};
use super::kubelet::KubeletConfiguration;
use super::node;
use super::token::JoinToken;

/// Why a machine has no user data.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// Its keys could not be made.
    #[error("the keys of {machine} could not be made")]
    Pki {
        /// Whose.
        machine: String,
        /// Why.
        #[source]
        source: PkiError,
    },
    /// A configuration file could not be written as YAML.
    #[error("a configuration file of {machine} could not be written")]
    Yaml {
        /// Whose.
        machine: String,
        /// Why.
        #[source]
        source: Box<serde_saphyr::ser::Error>,
    },
    /// The document could not be rendered.
    #[error(transparent)]
    Document(#[from] CloudConfigError),
}

/// The user data of a server that runs the etcd member of a slot.
///
/// # Errors
/// When keys or files cannot be made, or the result is too large.
pub fn etcd_member(
    cluster: &ClusterFacts,
    machine: &MachineFacts,
    slot: &Slot,
    start: &Start,
    now: DateTime<Utc>,
) -> Result<CloudConfig, BootstrapError> {
    let issue = |common_name: &str| {
        let subject = Subject {
            common_name: common_name.to_owned(),
            organizations: Vec::new(),
            names: vec![slot.name.clone(), "localhost".to_owned()],
            addresses: vec![slot.address, std::net::Ipv4Addr::LOCALHOST.into()],
            usage: Usage::ServerAndClient,
        };
        cluster.pki.etcd.issue(&subject, now).map_err(|source| pki_error(machine, source))
    };
    let mut files = node::files(&machine.uid);
    files.push(File::public(
        etcd::CONFIGURATION,
        yaml(machine, &EtcdConfiguration::of(cluster, slot, start))?,
    ));
    files.push(File::public(etcd::UNIT, etcd::unit()));
    files.push(File::public(&format!("{}/ca.crt", etcd::PKI_DIRECTORY), cluster.pki.etcd.certificate()));
    files.extend(pair_files(etcd::PKI_DIRECTORY, "server", &issue(&slot.name)?));
    files.extend(pair_files(etcd::PKI_DIRECTORY, "peer", &issue(&slot.name)?));
    Ok(CloudConfig::new(&machine.name, files, node::commands("etcd.service")))
}

/// How a control plane node comes into being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlPlaneStart {
    /// It is the first: it makes the cluster.
    First,
    /// It joins those that run.
    Join(JoinToken),
}

/// The user data of a control plane node.
///
/// It carries the authorities' keys, because API servers and controllers sign with them; so does every
/// control plane that kubeadm makes.
///
/// # Errors
/// When keys or files cannot be made, or the result is too large.
pub fn control_plane(
    cluster: &ClusterFacts,
    machine: &MachineFacts,
    start: &ControlPlaneStart,
    now: DateTime<Utc>,
) -> Result<CloudConfig, BootstrapError> {
    let (documents, command) = match start {
        ControlPlaneStart::First => {
            let documents = [
                yaml(machine, &InitConfiguration::of(machine))?,
                yaml(machine, &ClusterConfiguration::of(cluster))?,
                yaml(machine, &KubeletConfiguration::ours())?,
            ];
            (documents.join("---\n"), "init")
        }
        ControlPlaneStart::Join(token) => {
            let hash = trusted_hash(cluster, machine)?;
            let join = JoinConfiguration::control_plane(cluster, machine, &token.reveal(), &hash);
            (yaml(machine, &join)?, "join")
        }
    };
    let mut files = node::files(&machine.uid);
    files.extend(authority_files(cluster));
    files.extend(etcd_client_files(cluster, machine, now)?);
    files.push(File::secret(node::KUBEADM_CONFIGURATION, documents));
    files.extend(node::start_files(&kubeadm_command(command)));
    Ok(CloudConfig::new(&machine.name, files, node::commands(node::START_UNIT)))
}

/// The user data of a worker or an ingress node: no secret but the join token.
///
/// # Errors
/// When files cannot be made, or the result is too large.
pub fn node_that_joins(
    cluster: &ClusterFacts,
    machine: &MachineFacts,
    token: &JoinToken,
) -> Result<CloudConfig, BootstrapError> {
    let hash = trusted_hash(cluster, machine)?;
    let join = JoinConfiguration::node(cluster, machine, &token.reveal(), &hash);
    let mut files = node::files(&machine.uid);
    files.push(File::secret(node::KUBEADM_CONFIGURATION, yaml(machine, &join)?));
    files.extend(node::start_files(&kubeadm_command("join")));
    Ok(CloudConfig::new(&machine.name, files, node::commands(node::START_UNIT)))
}

fn kubeadm_command(verb: &str) -> String {
    format!("kubeadm {verb} --config {}", node::KUBEADM_CONFIGURATION)
}

fn trusted_hash(cluster: &ClusterFacts, machine: &MachineFacts) -> Result<String, BootstrapError> {
    cluster.pki.kubernetes.public_key_hash().map_err(|source| pki_error(machine, source))
}

/// The authorities, where kubeadm looks for them; what it finds it uses instead of making its own.
fn authority_files(cluster: &ClusterFacts) -> Vec<File> {
    let directory = kubeadm::PKI_DIRECTORY;
    let pki = &cluster.pki;
    let mut files = pair_files(directory, "ca", pki.kubernetes.pair());
    files.extend(pair_files(directory, "front-proxy-ca", pki.front_proxy.pair()));
    files.push(File::public(&format!("{directory}/etcd/ca.crt"), pki.etcd.certificate()));
    files.push(File::public(&format!("{directory}/sa.pub"), pki.service_account.public.as_str()));
    files.push(File::secret(&format!("{directory}/sa.key"), pki.service_account.private.as_str()));
    files
}

/// The API server's certificate towards etcd. etcd's authority itself stays in the Manager Kubernetes.
fn etcd_client_files(
    cluster: &ClusterFacts,
    machine: &MachineFacts,
    now: DateTime<Utc>,
) -> Result<Vec<File>, BootstrapError> {
    let subject = Subject {
        common_name: "kube-apiserver-etcd-client".to_owned(),
        organizations: Vec::new(),
        names: Vec::new(),
        addresses: Vec::new(),
        usage: Usage::Client,
    };
    let pair = cluster.pki.etcd.issue(&subject, now).map_err(|source| pki_error(machine, source))?;
    Ok(pair_files(kubeadm::PKI_DIRECTORY, "apiserver-etcd-client", &pair))
}

fn pair_files(directory: &str, name: &str, pair: &Pair) -> Vec<File> {
    vec![
        File::public(&format!("{directory}/{name}.crt"), pair.certificate.as_str()),
        File::secret(&format!("{directory}/{name}.key"), pair.key.as_str()),
    ]
}

fn yaml(machine: &MachineFacts, document: &impl serde::Serialize) -> Result<String, BootstrapError> {
    serde_saphyr::to_string(document)
        .map_err(|source| BootstrapError::Yaml { machine: machine.name.clone(), source: Box::new(source) })
}

fn pki_error(machine: &MachineFacts, source: PkiError) -> BootstrapError {
    BootstrapError::Pki { machine: machine.name.clone(), source }
}
