//! `kaasboard kubeconfig`: access to a cluster for when all else fails, written down in the journal.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Args;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use serde_json::json;

use super::connect::Manager;
use super::failure::{Exit, Failure};
use super::objects::unanswered;
use super::operate::arguments::{Form, How};
use super::operate::go;
use super::operate::requests;
use super::target::Target;
use super::{leader, output};
use crate::api::cluster::KubernetesCluster;
use crate::api::cluster_status::Endpoint;
use crate::api::duration::Duration;
use crate::api::operation::Verb;
use crate::api::request::Request;
use crate::bootstrap::authority::{Authority, Pair, Subject, Usage};
use crate::bootstrap::pki::{CERTIFICATE_KEY, PRIVATE_KEY, Part};
use crate::settings::person;
use crate::startup;

/// The group that may do everything, whatever the cluster's own rules say: those may be what is broken.
const MASTERS: &str = "system:masters";
/// How long the access lasts that names no time: a shift.
const LASTS: &str = "8h";

/// The arguments of `kaasboard kubeconfig`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard kubeconfig cluster/team-001/c0001 --reason 'INC-4711: webhook' -o /tmp/c0001.kubeconfig
  kubectl --kubeconfig /tmp/c0001.kubeconfig get nodes

Whoever has the file may do everything in the cluster until it ends, so that each time is an Operation in the journal, \
with its reason. It cannot be taken back before it ends.")]
pub struct Arguments {
    /// The cluster: cluster/tenant/name, or its name where that is unique
    #[arg(value_name = "CLUSTER")]
    cluster: String,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    /// How long it lasts
    #[arg(long = "for", value_name = "D", default_value = LASTS)]
    lasts: Duration,
    /// A new file for it, readable by its owner alone; left out, it is printed
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    manager: Manager,
}

/// Does what was asked.
///
/// # Errors
/// When there is no such cluster, it has no keys yet, or nobody confirms.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { cluster, reason, lasts, output: file, yes, manager } = arguments;
    if let Some(file) = file.as_deref().filter(|file| file.exists()) {
        return Err(there_already(file));
    }
    startup::runtime()?.block_on(async {
        let client = manager.client().await?;
        let text = if cluster.contains('/') { cluster } else { format!("cluster/{cluster}") };
        let target = requests::subject(&client, Verb::Kubeconfig, &text).await?;
        let endpoint = endpoint(&target)?;
        let authority = authority(&client, &target).await?;
        let how = How { plan: false, yes, reason, wait: false, timeout: None, output: Form::Aside, manager };
        go::go(&client, &[Request::about(Verb::Kubeconfig, target.reference())], &how, "").await?;
        let now = leader::now(&client).await?;
        let text = write(&target, &endpoint, &authority, lasts, now)?;
        match file {
            None => output::result(&text),
            Some(file) => {
                save(&file, &text)?;
                output::result(&format!("{}\n", file.display()))
            }
        }
    })
}

fn endpoint(target: &Target) -> Result<Endpoint, Failure> {
    let cluster: Option<KubernetesCluster> = serde_json::from_value(target.object.clone()).ok();
    let endpoint = cluster.and_then(|cluster| cluster.status).and_then(|status| status.endpoints.api);
    endpoint.ok_or_else(|| {
        Failure::new(Exit::Failed, "the cluster's API has no address yet")
            .on(target)
            .remedy(format!("run `kaasboard explain {target}` to see how far it is"))
    })
}

/// The cluster's authority, from the Secret that the engine keeps it in.
async fn authority(client: &Client, target: &Target) -> Result<Authority, Failure> {
    let api: Api<Secret> =
        Api::namespaced(client.clone(), target.reference().namespace.as_deref().unwrap_or_default());
    let name = Part::Kubernetes.secret_name(target.name());
    let failed = |what: &str| Failure::new(Exit::Failed, what).on(format!("Secret {name} of {target}"));
    let secret =
        api.get_opt(&name).await.map_err(|error| unanswered(error.into()).on(format!("Secret {name}")))?;
    let data = secret.and_then(|secret| secret.data).ok_or_else(|| failed("the cluster has no keys yet"))?;
    let text = |key: &str| {
        let bytes = data.get(key).map(|bytes| bytes.0.clone());
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| failed("its key is missing"))
    };
    let pair = Pair { certificate: text(CERTIFICATE_KEY)?, key: text(PRIVATE_KEY)? };
    Authority::from_pair("the cluster's authority", pair)
        .map_err(|error| failed("the cluster's keys cannot be used").because(error))
}

fn write(
    target: &Target,
    endpoint: &Endpoint,
    authority: &Authority,
    lasts: Duration,
    now: DateTime<Utc>,
) -> Result<String, Failure> {
    let failed =
        |error: color_eyre::Report| Failure::new(Exit::Failed, "no kubeconfig was made").because(error);
    let user = format!("kaasboard:{}", person::here());
    let subject = Subject {
        common_name: user.chars().take(64).collect(),
        organizations: vec![MASTERS.to_owned()],
        names: Vec::new(),
        addresses: Vec::new(),
        usage: Usage::Client,
    };
    let pair = authority.issue_for(&subject, now, lasts.to_chrono()).map_err(|error| failed(error.into()))?;
    let url = endpoint.url.clone();
    let server = url.unwrap_or_else(|| format!("https://{}:{}", endpoint.address, endpoint.port));
    let name = target.name();
    let encoded = |text: &str| ByteString(text.as_bytes().to_vec());
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{ "name": name, "cluster": {
            "server": server,
            "certificate-authority-data": encoded(authority.certificate()),
        }}],
        "users": [{ "name": name, "user": {
            "client-certificate-data": encoded(&pair.certificate),
            "client-key-data": encoded(&pair.key),
        }}],
        "contexts": [{ "name": name, "context": { "cluster": name, "user": name } }],
    });
    serde_saphyr::to_string(&config).map_err(|error| failed(error.into()))
}

/// Writes a new file that its owner alone can read.
fn save(file: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(file);
    opened.and_then(|mut open| open.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => there_already(file),
        _ => Failure::new(Exit::Failed, "the file cannot be written").on(file.display()).because(error),
    })
}

fn there_already(file: &Path) -> Failure {
    Failure::new(Exit::Refused, "the file is there already")
        .on(file.display())
        .remedy("name another one, or remove it if nobody needs it")
}
