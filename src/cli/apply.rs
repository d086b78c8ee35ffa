//! `kaasboard apply`: objects from YAML or JSON, all checked before the first is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};

use clap::Args;
use kube::Client;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::gvk::GroupVersionKind;
use kube::core::response::Status;
use kube::discovery::{ApiCapabilities, ApiResource, Scope, pinned_kind};
use serde_json::Value;

use super::connect::Manager;
use super::documents::{self, Document};
use super::failure::{Exit, Failure};
use super::objects::unanswered;
use super::operate::journal::FIELD_MANAGER;
use super::output;
use crate::settings::context::Writing;
use crate::startup;

/// A file of objects is written by people; this is far beyond what they write.
const BYTES_MAX: u64 = 64 << 20;

/// The arguments of `kaasboard apply`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard apply -f cluster.yaml
  kaasboard apply -f tenants.yaml -f clusters.yaml --dry-run
  kaasboard get cluster web --tenant team-001 -o yaml > web.yaml
  kaasboard apply -f web.yaml                          after it was edited

Everything is checked by the manager before anything is written: one mistake, and nothing is changed. It asks nobody and \
shows no plan: --dry-run says what it would write.")]
pub struct Arguments {
    /// A file with objects as YAML or JSON, many in one file; `-` is stdin. Can be given several times
    #[arg(short = 'f', long = "file", value_name = "FILE|-", required = true)]
    files: Vec<String>,
    /// Check, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// The tenant of objects that name none
    #[arg(long, short = 'n', value_name = "TENANT", visible_alias = "namespace")]
    tenant: Option<String>,
    /// Take over fields that somebody else wrote
    #[arg(long)]
    force_conflicts: bool,
    #[command(flatten)]
    manager: Manager,
}

/// Does what was asked.
///
/// # Errors
/// When a file cannot be read, an object is refused, or the manager does not answer.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut documents = Vec::new();
    for file in &arguments.files {
        documents.extend(read(file)?);
    }
    if documents.is_empty() {
        return Err(Failure::new(Exit::Usage, "there is no object in it").on(arguments.files.join(", ")));
    }
    if arguments.manager.guard()?.writing == Writing::Never && !arguments.dry_run {
        return Err(Failure::new(Exit::Refused, "this context changes nothing")
            .remedy("its `write` in config.toml is \"never\"; --dry-run works all the same"));
    }
    startup::runtime()?.block_on(async {
        let client = arguments.manager.client().await?;
        let prepared = prepare(&client, arguments, &documents).await?;
        write(arguments, &prepared).await
    })
}

fn read(file: &str) -> Result<Vec<Document>, Failure> {
    let name = if file == "-" { "stdin" } else { file };
    let mut text = String::new();
    let done = match file {
        "-" => io::stdin().lock().take(BYTES_MAX).read_to_string(&mut text),
        file => fs::File::open(file).and_then(|open| open.take(BYTES_MAX).read_to_string(&mut text)),
    };
    done.map_err(|error| {
        let exit = if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
        Failure::new(exit, "the file cannot be read").on(name).because(error)
    })?;
    documents::read(name, &text).map_err(|error| {
        let place = format!("{}:{}", error.file, error.line);
        let why = color_eyre::Report::msg(format!("document {}: {}", error.number, error.message));
        Failure::new(Exit::Failed, "the file is not understood; nothing was changed").on(place).because(why)
    })
}

/// An object that can be written.
struct Prepared<'a> {
    document: &'a Document,
    api: Api<DynamicObject>,
    name: String,
    shown: String,
    /// What it was before; nothing if it is new.
    before: Option<DynamicObject>,
    /// What it would be after, as a trial said; nothing if it could not be tried.
    after: Option<DynamicObject>,
}

/// Finds out what each object would become. All mistakes are told together.
async fn prepare<'a>(
    client: &Client,
    arguments: &Arguments,
    documents: &'a [Document],
) -> Result<Vec<Prepared<'a>>, Failure> {
    let mut kinds = BTreeMap::new();
    let coming: BTreeSet<&str> = documents.iter().filter_map(namespace_made).collect();
    let (mut prepared, mut mistakes) = (Vec::new(), Vec::new());
    for document in documents {
        let looked = async {
            let (resource, capabilities) = kind_of(client, document, &mut kinds).await?;
            let mut one = place(client, arguments, document, &resource, &capabilities)?;
            try_it(&mut one, arguments, &coming).await?;
            Ok(one)
        };
        match looked.await {
            Ok(one) => prepared.push(one),
            Err(Mistake::Of(lines)) => mistakes.extend(lines),
            Err(Mistake::Silence(failure)) => return Err(*failure),
        }
    }
    if mistakes.is_empty() {
        return Ok(prepared);
    }
    Err(Failure::new(Exit::Failed, "the manager refuses this; nothing was changed")
        .because(color_eyre::Report::msg(mistakes.join("\n"))))
}

/// Why an object cannot be written.
enum Mistake {
    /// What is wrong with it, line by line.
    Of(Vec<String>),
    /// The manager does not answer.
    Silence(Box<Failure>),
}

impl Mistake {
    fn at(document: &Document, line: usize, message: &str) -> Self {
        Self::Of(vec![told(document, line, message)])
    }
}

fn told(document: &Document, line: usize, message: &str) -> String {
    let name = document.object["metadata"]["name"].as_str().unwrap_or_default();
    let kind = document.object["kind"].as_str().unwrap_or_default().to_lowercase();
    format!("{}:{line}: document {} ({kind} {name}): {message}", document.file, document.number)
}

fn namespace_made(document: &Document) -> Option<&str> {
    let is_namespace = document.object["kind"] == "Namespace" && document.object["apiVersion"] == "v1";
    if is_namespace { document.object["metadata"]["name"].as_str() } else { None }
}

type Kinds = BTreeMap<String, (ApiResource, ApiCapabilities)>;

async fn kind_of(
    client: &Client,
    document: &Document,
    known: &mut Kinds,
) -> Result<(ApiResource, ApiCapabilities), Mistake> {
    let text = |field: &str| document.object[field].as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let key = format!("{version} {kind}");
    if let Some(found) = known.get(&key) {
        return Ok(found.clone());
    }
    let (group, short) = version.split_once('/').unwrap_or(("", &version));
    let found = pinned_kind(client, &GroupVersionKind::gvk(group, short, &kind)).await;
    match found {
        Ok(found) => {
            known.insert(key, found.clone());
            Ok(found)
        }
        Err(kube::Error::Discovery(_)) => Err(unknown(document, &version, &kind)),
        Err(kube::Error::Api(status)) if status.code == 404 => Err(unknown(document, &version, &kind)),
        Err(error) => Err(Mistake::Silence(Box::new(unanswered(error.into())))),
    }
}

fn unknown(document: &Document, version: &str, kind: &str) -> Mistake {
    let message = format!("the manager does not know the kind {kind} of {version}");
    Mistake::at(document, document.line_of("kind"), &message)
}

fn place<'a>(
    client: &Client,
    arguments: &Arguments,
    document: &'a Document,
    resource: &ApiResource,
    capabilities: &ApiCapabilities,
) -> Result<Prepared<'a>, Mistake> {
    let meta = &document.object["metadata"];
    let name = meta["name"].as_str().unwrap_or_default().to_owned();
    let kind = resource.kind.to_lowercase();
    let (api, shown) = match capabilities.scope {
        Scope::Cluster => (Api::all_with(client.clone(), resource), format!("{kind}/{name}")),
        Scope::Namespaced => {
            let tenant = meta["namespace"].as_str().or(arguments.tenant.as_deref());
            let tenant = tenant.ok_or_else(|| {
                let message = "it names no tenant: add metadata.namespace, or give --tenant";
                Mistake::at(document, document.line_of("metadata"), message)
            })?;
            (Api::namespaced_with(client.clone(), tenant, resource), format!("{kind}/{tenant}/{name}"))
        }
    };
    Ok(Prepared { document, api, name, shown, before: None, after: None })
}

fn how(arguments: &Arguments, dry_run: bool) -> PatchParams {
    let how = PatchParams::apply(FIELD_MANAGER).validation_strict();
    PatchParams { dry_run, force: arguments.force_conflicts, ..how }
}

/// Lets the manager check an object without writing it. One whose namespace is made by the same files cannot be checked
/// before that is there.
async fn try_it(
    one: &mut Prepared<'_>,
    arguments: &Arguments,
    coming: &BTreeSet<&str>,
) -> Result<(), Mistake> {
    let silent = |error: kube::Error| Mistake::Silence(Box::new(unanswered(error.into())));
    one.before = one.api.get_opt(&one.name).await.map_err(silent)?;
    let tried = one.api.patch(&one.name, &how(arguments, true), &Patch::Apply(&one.document.object)).await;
    match tried {
        Ok(tried) => {
            one.after = Some(tried);
            Ok(())
        }
        Err(kube::Error::Api(status)) => {
            let tenant = one.shown.split('/').nth(1).unwrap_or_default();
            if status.code == 404 && coming.contains(tenant) {
                return Ok(());
            }
            Err(Mistake::Of(refusals(one.document, &status)))
        }
        Err(error) => Err(silent(error)),
    }
}

/// What the manager says against an object, each cause with the line of its field.
fn refusals(document: &Document, status: &Status) -> Vec<String> {
    let causes = status.details.as_ref().map(|details| details.causes.as_slice()).unwrap_or_default();
    if causes.is_empty() || status.code != 422 {
        let message = match status.code {
            409 => format!("{}; --force-conflicts takes the fields over", status.message),
            _ => status.message.clone(),
        };
        return vec![told(document, document.line, &message)];
    }
    let lines = causes.iter().map(|cause| {
        let message = format!("{}: {}", cause.field, cause.message);
        told(document, document.line_of(&cause.field), &message)
    });
    lines.collect()
}

/// Writes all objects in their order.
async fn write(arguments: &Arguments, prepared: &[Prepared<'_>]) -> Result<(), Failure> {
    for (done, one) in prepared.iter().enumerate() {
        let after = if arguments.dry_run {
            one.after.clone()
        } else {
            let (how, patch) = (how(arguments, false), Patch::Apply(&one.document.object));
            let written = one.api.patch(&one.name, &how, &patch).await;
            Some(written.map_err(|error| stopped(one, error, done, prepared.len()))?)
        };
        let what = match (&one.before, &after) {
            (None, _) => "created",
            (Some(before), Some(after)) if content(before) == content(after) => "unchanged",
            (Some(_), _) => "configured",
        };
        let trial = match (arguments.dry_run, &one.after) {
            (false, _) => "",
            (true, Some(_)) => " (dry run)",
            (true, None) => " (dry run; not checked, because its namespace comes with it)",
        };
        output::result(&format!("{} {what}{trial}\n", one.shown))?;
    }
    Ok(())
}

/// What people write of an object. What the manager counts and notes beside it is not a change.
fn content(object: &DynamicObject) -> (&Value, impl PartialEq + '_) {
    let meta = &object.metadata;
    let labels = (meta.labels.iter().flatten(), meta.annotations.iter().flatten());
    let rest = (&meta.finalizers, &meta.owner_references);
    (&object.data, (labels.0.collect::<Vec<_>>(), labels.1.collect::<Vec<_>>(), rest))
}

/// What was checked was refused all the same: somebody else wrote meanwhile, or it could not be checked before.
fn stopped(one: &Prepared<'_>, error: kube::Error, done: usize, all: usize) -> Failure {
    let failure = match error {
        kube::Error::Api(status) => {
            let told = refusals(one.document, &status).join("\n");
            Failure::new(Exit::Failed, "the manager refuses this").because(color_eyre::Report::msg(told))
        }
        error => unanswered(error.into()),
    };
    failure.on(&one.shown).remedy(format!("{done} of {all} objects are written; apply them all again"))
}
