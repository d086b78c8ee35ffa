//! `kaasboard kubeconfig`: access to a cluster for when all else fails, written down in the journal.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
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
/// More than a kubeconfig takes.
const ROOM: usize = 16 * 1024;

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
        // What cannot be written is found out before the journal says that it was handed out.
        let place = file.as_deref().map(NewFile::make).transpose()?;
        go::go(&client, &[Request::about(Verb::Kubeconfig, target.reference())], &how, "").await?;
        let now = leader::now(&client).await?;
        let text = write(&target, &endpoint, &authority, lasts, now)?;
        match place {
            None => output::result(&text),
            Some(place) => output::result(&format!("{}\n", place.write(&text)?.display())),
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

/// A new file that its owner alone can read. Unless it is written in the end, it is removed again.
struct NewFile<'a> {
    path: &'a Path,
    file: File,
    written: bool,
}

impl<'a> NewFile<'a> {
    /// Makes the file, and fills it: only then is it known that the disk has room for it.
    fn make(path: &'a Path) -> Result<Self, Failure> {
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = opened.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => there_already(path),
            _ => not_written(path, error),
        })?;
        let mut made = Self { path, file, written: false };
        let filled = made.file.write_all(&[b'\n'; ROOM]).and_then(|()| made.file.sync_all());
        filled.map_err(|error| not_written(path, error))?;
        Ok(made)
    }

    fn write(mut self, text: &str) -> Result<&'a Path, Failure> {
        let written = self.file.rewind().and_then(|()| self.file.write_all(text.as_bytes()));
        let cut = written.and_then(|()| self.file.set_len(text.len() as u64));
        cut.and_then(|()| self.file.sync_all()).map_err(|error| not_written(self.path, error))?;
        self.written = true;
        Ok(self.path)
    }
}

impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if !self.written {
            // Why there is no access is told already; that an empty file stays is not worth more words.
            let _ = fs::remove_file(self.path);
        }
    }
}

fn not_written(file: &Path, error: io::Error) -> Failure {
    Failure::new(Exit::Failed, "the file cannot be written")
        .on(file.display())
        .because(error)
        .remedy("name a file in a directory that exists, that you may write to, and on a disk with room")
}

fn there_already(file: &Path) -> Failure {
    Failure::new(Exit::Refused, "the file is there already")
        .on(file.display())
        .remedy("name another one, or remove it if nobody needs it")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_is_not_written_in_the_end_is_gone_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("access");
        let made = NewFile::make(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(made);
        assert!(!path.exists());

        NewFile::make(&path).unwrap().write("text\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text\n");
        let again = NewFile::make(&path).err().unwrap();
        assert_eq!(again.exit, Exit::Refused);
        assert_eq!(fs::read_to_string(&path).unwrap(), "text\n", "what was there before stays");
        let nowhere = NewFile::make(&directory.path().join("missing/access")).err().unwrap();
        assert!(nowhere.to_string().contains("do: name a file in a directory that exists"), "{nowhere}");
    }
}
