//! What a server's user data starts: a member of etcd, the first control plane node, or a node that joins.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::authority;
use super::user_data::UserData;

/// Where kubeadm looks for certificates and keys, unless it is told otherwise.
const PKI: &str = "/etc/kubernetes/pki";
/// The port of the API server, unless it is told otherwise.
const API_PORT: u16 = 6443;
/// The version of kubeadm's documents that our images' kubeadm reads.
const KUBEADM: &str = "kubeadm.k8s.io/v1beta4";

/// Why a server starts nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum StartError {
    #[error("cloud-init: the user data is no cloud-config")]
    NoCloudConfig,
    #[error("cloud-init: nothing that is started is etcd or kubeadm")]
    Nothing,
    #[error("{path}: no such file or directory")]
    MissingFile { path: String },
    #[error("{path}: no {kind} in PEM")]
    NotPem { path: String, kind: String },
    #[error("{path}: {why}")]
    Document { path: String, why: String },
}

/// What a server starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Etcd(EtcdStart),
    Init(InitStart),
    Join(JoinStart),
}

/// A member of etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EtcdStart {
    pub(super) name: String,
    /// Where it announces itself to the others.
    pub(super) peer_url: String,
    pub(super) token: String,
    /// The members at its start: their names, by where they are reached.
    pub(super) initial: BTreeMap<String, String>,
    /// Whether the cluster is there already.
    pub(super) existing: bool,
    /// The certificate of the authority of its clients.
    pub(super) authority: String,
}

/// A node, whatever its role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Registration {
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    /// Nothing if the configuration leaves them out, so that kubeadm's own apply.
    pub(super) taints: Option<Vec<Taint>>,
}

/// A taint as kubeadm takes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Taint {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
    pub(super) effect: String,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) host: String,
    pub(super) port: u16,
}

/// What an API server needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiServer {
    /// Where it listens.
    pub(super) bind: (IpAddr, u16),
    /// The certificate of the cluster's authority.
    pub(super) authority: String,
    /// The certificate of etcd's authority.
    pub(super) etcd_authority: String,
}

/// The first control plane node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InitStart {
    pub(super) registration: Registration,
    pub(super) server: ApiServer,
    pub(super) endpoint: Endpoint,
    pub(super) version: String,
    /// The hosts of the members of etcd.
    pub(super) etcd: Vec<IpAddr>,
    /// The ClusterConfiguration, as kubeadm stores it in the cluster.
    pub(super) configuration: String,
}

/// A node that joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JoinStart {
    pub(super) registration: Registration,
    /// For a control plane node.
    pub(super) server: Option<ApiServer>,
    pub(super) endpoint: Endpoint,
    pub(super) token: String,
    pub(super) hashes: Vec<String>,
}

impl Start {
    /// Reads what a server's user data starts.
    ///
    /// # Errors
    /// When it starts nothing that we know, or what it starts would end at once.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, StartError> {
        let data = UserData::parse(bytes)?;
        for command in data.commands() {
            let option = |name: &str| option(&command, name);
            match command.as_slice() {
                [program, ..] if program.ends_with("/etcd") => {
                    let path = option("--config-file").ok_or(StartError::Nothing)?;
                    return etcd(&data, path).map(Self::Etcd);
                }
                ["kubeadm", verb @ ("init" | "join"), ..] => {
                    let path = option("--config").ok_or(StartError::Nothing)?;
                    let documents = Documents::read(&data, path)?;
                    return match *verb {
                        "init" => init(&data, &documents).map(Self::Init),
                        _ => join(&data, &documents).map(Self::Join),
                    };
                }
                _ => {}
            }
        }
        Err(StartError::Nothing)
    }
}

/// The value of an option, which follows it behind a blank or an equals sign.
fn option<'a>(command: &[&'a str], name: &str) -> Option<&'a str> {
    let at = command.iter().position(|word| word.split('=').next() == Some(name))?;
    match command[at].split_once('=') {
        Some((_, value)) => Some(value),
        None => command.get(at + 1).copied(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct EtcdFile {
    name: String,
    initial_advertise_peer_urls: String,
    initial_cluster: String,
    #[serde(default)]
    initial_cluster_token: String,
    #[serde(default)]
    initial_cluster_state: String,
    client_transport_security: Transport,
    peer_transport_security: Transport,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Transport {
    cert_file: String,
    key_file: String,
    trusted_ca_file: String,
}

fn etcd(data: &UserData, path: &str) -> Result<EtcdStart, StartError> {
    let file: EtcdFile = parse(path, data.file(path)?)?;
    for side in [&file.client_transport_security, &file.peer_transport_security] {
        data.pem(&side.cert_file, "CERTIFICATE")?;
        data.pem(&side.key_file, "PRIVATE KEY")?;
        data.pem(&side.trusted_ca_file, "CERTIFICATE")?;
    }
    let entry = |entry: &str| entry.split_once('=').map(|(name, url)| (url.to_owned(), name.to_owned()));
    let initial: Option<BTreeMap<String, String>> = file.initial_cluster.split(',').map(entry).collect();
    let wrong = || StartError::Document { path: path.to_owned(), why: "initial-cluster is none".into() };
    let authority = data.pem(&file.client_transport_security.trusted_ca_file, "CERTIFICATE")?;
    Ok(EtcdStart {
        name: file.name,
        peer_url: file.initial_advertise_peer_urls,
        token: file.initial_cluster_token,
        initial: initial.ok_or_else(wrong)?,
        existing: file.initial_cluster_state == "existing",
        authority: authority.to_owned(),
    })
}

/// kubeadm's documents of one file, by kind.
struct Documents {
    path: String,
    texts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: String,
    kind: String,
}

impl Documents {
    fn read(data: &UserData, path: &str) -> Result<Self, StartError> {
        let mut texts = BTreeMap::new();
        for text in data.file(path)?.split("---\n").filter(|text| !text.trim().is_empty()) {
            let head: Head = parse(path, text)?;
            if head.api_version.starts_with("kubeadm.") && head.api_version != KUBEADM {
                let why = format!("{} of {} is not known here", head.kind, head.api_version);
                return Err(StartError::Document { path: path.to_owned(), why });
            }
            texts.insert(head.kind, text.to_owned());
        }
        Ok(Self { path: path.to_owned(), texts })
    }

    fn of<T: DeserializeOwned>(&self, kind: &str) -> Result<T, StartError> {
        parse(&self.path, self.text(kind)?)
    }

    fn text(&self, kind: &str) -> Result<&str, StartError> {
        let missing = || StartError::Document { path: self.path.clone(), why: format!("no {kind} in it") };
        self.texts.get(kind).map(String::as_str).ok_or_else(missing)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Init {
    #[serde(rename = "localAPIEndpoint")]
    local: Local,
    node_registration: Node,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Local {
    advertise_address: IpAddr,
    #[serde(default = "api_port")]
    bind_port: u16,
}

fn api_port() -> u16 {
    API_PORT
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    kubernetes_version: String,
    control_plane_endpoint: String,
    etcd: EtcdOfCluster,
}

#[derive(Deserialize)]
struct EtcdOfCluster {
    external: External,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    endpoints: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Join {
    discovery: Discovery,
    control_plane: Option<JoinControlPlane>,
    node_registration: Node,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Discovery {
    bootstrap_token: Token,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    api_server_endpoint: String,
    token: String,
    #[serde(default)]
    ca_cert_hashes: Vec<String>,
}

#[derive(Deserialize)]
struct JoinControlPlane {
    #[serde(rename = "localAPIEndpoint")]
    local: Local,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    name: Option<String>,
    taints: Option<Vec<Taint>>,
    #[serde(default)]
    kubelet_extra_args: Vec<Argument>,
}

#[derive(Deserialize)]
struct Argument {
    name: String,
    value: String,
}

fn init(data: &UserData, documents: &Documents) -> Result<InitStart, StartError> {
    let init: Init = documents.of("InitConfiguration")?;
    let cluster: Cluster = documents.of("ClusterConfiguration")?;
    let host = |url: &String| url.split("://").nth(1).and_then(authority::host);
    Ok(InitStart {
        registration: registration(data, documents, init.node_registration)?,
        server: server(data, &init.local)?,
        endpoint: endpoint(documents, &cluster.control_plane_endpoint)?,
        version: cluster.kubernetes_version,
        etcd: cluster.etcd.external.endpoints.iter().filter_map(host).collect(),
        configuration: documents.text("ClusterConfiguration")?.to_owned(),
    })
}

fn join(data: &UserData, documents: &Documents) -> Result<JoinStart, StartError> {
    let join: Join = documents.of("JoinConfiguration")?;
    let token = join.discovery.bootstrap_token;
    let server = join.control_plane.map(|plane| server(data, &plane.local)).transpose()?;
    Ok(JoinStart {
        registration: registration(data, documents, join.node_registration)?,
        server,
        endpoint: endpoint(documents, &token.api_server_endpoint)?,
        token: token.token,
        hashes: token.ca_cert_hashes,
    })
}

/// What kubeadm's preflight wants of a control plane whose keys were put there beforehand and whose etcd is external.
fn server(data: &UserData, local: &Local) -> Result<ApiServer, StartError> {
    for name in ["ca.key", "sa.key", "front-proxy-ca.key", "apiserver-etcd-client.key"] {
        data.pem(&format!("{PKI}/{name}"), "PRIVATE KEY")?;
    }
    for name in ["front-proxy-ca.crt", "apiserver-etcd-client.crt"] {
        data.pem(&format!("{PKI}/{name}"), "CERTIFICATE")?;
    }
    data.pem(&format!("{PKI}/sa.pub"), "PUBLIC KEY")?;
    Ok(ApiServer {
        bind: (local.advertise_address, local.bind_port),
        authority: data.pem(&format!("{PKI}/ca.crt"), "CERTIFICATE")?.to_owned(),
        etcd_authority: data.pem(&format!("{PKI}/etcd/ca.crt"), "CERTIFICATE")?.to_owned(),
    })
}

fn registration(data: &UserData, documents: &Documents, node: Node) -> Result<Registration, StartError> {
    let nameless =
        || StartError::Document { path: documents.path.clone(), why: "the node has no name".into() };
    let name = node.name.or_else(|| data.hostname.clone()).ok_or_else(nameless)?;
    let labels = node.kubelet_extra_args.iter().find(|argument| argument.name == "node-labels");
    let labels = labels.map(|argument| argument.value.as_str()).unwrap_or_default();
    let pairs = labels.split(',').filter_map(|pair| pair.split_once('='));
    Ok(Registration {
        name,
        labels: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        taints: node.taints,
    })
}

fn endpoint(documents: &Documents, text: &str) -> Result<Endpoint, StartError> {
    let wrong =
        || StartError::Document { path: documents.path.clone(), why: format!("{text} is no endpoint") };
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port = port.parse().map_err(|_| wrong())?;
    Ok(Endpoint { host: host.trim_matches(['[', ']']).to_owned(), port })
}

fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, StartError> {
    serde_saphyr::from_str(text)
        .map_err(|error| StartError::Document { path: path.to_owned(), why: error.to_string() })
}
