//! `kaasboard get`: objects as the API server shows them.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use futures::{AsyncBufReadExt, TryStreamExt};
use http::Request;
use kube::Client;
use serde_json::{Value, json};

use super::connect::Manager;
use super::failure::{Exit, Failure};
use super::kinds::{self, Named};
use super::objects::unanswered;
use super::target::{self, Target};
use super::{leaks, loops, output, volumes};
use crate::settings::words::printable;
use crate::startup;

/// How the API server is asked for the columns that a kind has for people.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// The arguments of `kaasboard get`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard get clusters                    all clusters of all tenants
  kaasboard get machines --tenant team-001 -l kaasboard.dev/cluster=c0001 -o wide
  kaasboard get machines --field status.phase=Failed -o name
  kaasboard get journal                     what people asked for, the newest first
  kaasboard get incidents --watch
  kaasboard get volumes                     whose volumes there are, and where they are attached
  kaasboard get loops                       what the engine finds, does and waits for
  kaasboard get loops machine/team-001/NAME
  kaasboard get leaks                       what in the cloud belongs to nobody

Kinds: tenants, clusters (kc), pools (kmd), machines (kma), etcds, controlplanes, balancers, addons, storagetenants, \
releases, journal (operations, kop), incidents (kin). Loops, volumes and leaks are asked of the engine that leads, so that \
it has to be within reach.")]
pub struct Arguments {
    /// The kind: its name, plural or short name; `loops` are what the engine does, `volumes` what the cloud's storage
    /// holds, `leaks` what in the cloud belongs to nobody. All kinds are listed below
    kind: String,
    /// One object of it
    name: Option<String>,
    /// Of all tenants; so it is unless one is named
    #[arg(short = 'A', long = "all-tenants", conflicts_with = "tenant")]
    all_tenants: bool,
    /// Of this tenant alone
    #[arg(long, value_name = "TENANT", short = 'n', visible_alias = "namespace")]
    tenant: Option<String>,
    /// Those with these labels: `key=value,key!=value,key in (a,b)`
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<String>,
    /// Those whose field has this value: `status.phase=Failed`
    #[arg(long, value_name = "FIELD=VALUE")]
    field: Option<String>,
    /// The form
    #[arg(short = 'o', long, value_enum, default_value_t = Form::Table)]
    output: Form,
    /// Go on and tell each change, until Ctrl-C
    #[arg(long, short = 'w')]
    watch: bool,
    #[command(flatten)]
    manager: Manager,
}

/// In which form objects are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The columns that matter
    Table,
    /// All columns
    Wide,
    /// One JSON object with `items`
    Json,
    /// The same as YAML
    Yaml,
    /// `kind/tenant/name`, one a line
    Name,
}

/// Does what was asked.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match arguments.kind.as_str() {
        "loops" | "loop" => return startup::runtime()?.block_on(loops(arguments)),
        "volumes" | "volume" | "vol" => return startup::runtime()?.block_on(volumes(arguments)),
        "leaks" | "leak" => return startup::runtime()?.block_on(leaks(arguments)),
        _ => {}
    }
    let kind = kinds::find(&arguments.kind)?;
    if arguments.watch && matches!(arguments.output, Form::Json | Form::Yaml) {
        return Err(Failure::new(Exit::Usage, "changes are told as a table or as names")
            .remedy("leave --output out, or give `wide` or `name`"));
    }
    startup::runtime()?.block_on(async {
        let client = arguments.manager.client().await?;
        match arguments.output {
            Form::Table | Form::Wide | Form::Name => table(&client, arguments, &kind).await,
            Form::Json | Form::Yaml => whole(&client, arguments, &kind).await,
        }
    })
}

/// Loops are no objects: the engine is asked.
async fn loops(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.selector.is_some() || arguments.field.is_some() {
        return Err(Failure::new(Exit::Usage, "loops have no labels and fields")
            .remedy("name a tenant by --tenant, or a record: kaasboard get loops machine/team-001/NAME"));
    }
    let client = arguments.manager.client().await?;
    let name = arguments.name.as_deref();
    let target = match name.filter(|name| name.contains('/')) {
        Some(text) => Some(target::find(&client, text).await?),
        None => None,
    };
    let reference = target.as_ref().map(Target::reference);
    let query = match &reference {
        Some(object) => loops::Query {
            kind: Some(&object.kind),
            tenant: object.namespace.as_deref(),
            name: Some(&object.name),
        },
        None => loops::Query { tenant: arguments.tenant.as_deref(), name, ..loops::Query::default() },
    };
    loops::tell(&client, &query, form(arguments, target.is_some()), arguments.watch).await
}

/// Leaks are no objects: the engine is asked.
async fn leaks(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.selector.is_some() || arguments.field.is_some() || arguments.tenant.is_some() {
        return Err(Failure::new(Exit::Usage, "leaks have no labels, fields and tenants")
            .remedy("ask for all of them, or for one by its id: kaasboard get leaks ID"));
    }
    if arguments.watch {
        return Err(Failure::new(Exit::Usage, "leaks are not watched")
            .remedy("leave --watch out: cloud and records are compared every five minutes"));
    }
    let client = arguments.manager.client().await?;
    leaks::tell(&client, arguments.name.as_deref(), form(arguments, false)).await
}

/// Volumes are objects of the cloud: the engine is asked.
async fn volumes(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.selector.is_some() || arguments.field.is_some() {
        return Err(Failure::new(Exit::Usage, "volumes have no labels and fields")
            .remedy("name a tenant by --tenant, or a volume"));
    }
    let client = arguments.manager.client().await?;
    let (tenant, name) = (arguments.tenant.as_deref(), arguments.name.as_deref());
    volumes::tell(&client, tenant, name, form(arguments, false), arguments.watch).await
}

/// The form of what the engine is asked for.
fn form(arguments: &Arguments, wide: bool) -> loops::Form {
    match arguments.output {
        Form::Table => loops::Form::Table { wide },
        Form::Wide => loops::Form::Table { wide: true },
        Form::Json => loops::Form::Json,
        Form::Yaml => loops::Form::Yaml,
        Form::Name => loops::Form::Name,
    }
}

/// The query of a request for these objects. One object is asked for by its name as well, because its tenant may be left out.
fn uri(arguments: &Arguments, kind: &Named, watch_from: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(selector) = &arguments.selector {
        query.append_pair("labelSelector", selector);
    }
    let by_name = arguments.name.as_ref().map(|name| format!("metadata.name={name}"));
    let fields: Vec<String> = by_name.into_iter().chain(arguments.field.clone()).collect();
    if !fields.is_empty() {
        query.append_pair("fieldSelector", &fields.join(","));
    }
    if let Some(version) = watch_from {
        query.append_pair("watch", "true").append_pair("resourceVersion", version);
    }
    format!("{}?{}", kind.path(arguments.tenant.as_deref()), query.finish())
}

async fn ask(client: &Client, arguments: &Arguments, kind: &Named, accept: &str) -> Result<Value, Failure> {
    let request = Request::get(uri(arguments, kind, None)).header("accept", accept).body(Vec::new());
    let request = request.map_err(|error| refused(arguments, error.into()))?;
    client.request::<Value>(request).await.map_err(|error| refused(arguments, error.into()))
}

fn refused(arguments: &Arguments, error: color_eyre::Report) -> Failure {
    unanswered(error).on(&arguments.kind)
}

fn missing(arguments: &Arguments, kind: &Named) -> Failure {
    let name = arguments.name.as_deref().unwrap_or_default();
    let place = arguments.tenant.as_ref().map(|tenant| format!(" of tenant {tenant}")).unwrap_or_default();
    Failure::new(Exit::NotFound, "there is no such object")
        .on(format!("{} {name}{place}", kind.kind))
        .remedy(format!("run `kaasboard get {}` to see them all", kind.plural))
}

async fn whole(client: &Client, arguments: &Arguments, kind: &Named) -> Result<(), Failure> {
    let list = ask(client, arguments, kind, "application/json").await?;
    let mut items = list["items"].as_array().cloned().unwrap_or_default();
    if arguments.name.is_some() && items.is_empty() {
        return Err(missing(arguments, kind));
    }
    for item in &mut items {
        if let Some(meta) = item["metadata"].as_object_mut() {
            meta.remove("managedFields");
        }
        item["apiVersion"] = list["apiVersion"].clone();
        item["kind"] = json!(kind.kind);
    }
    newest_first(arguments, &mut items, |item| &item["metadata"]);
    let all = json!({ "items": items });
    let text = match arguments.output {
        Form::Yaml => serde_saphyr::to_string(&all).map_err(|error| refused(arguments, error.into()))?,
        Form::Table | Form::Wide | Form::Json | Form::Name => format!("{all:#}\n"),
    };
    output::result(&text)
}

/// The journal is read from its end.
fn newest_first(arguments: &Arguments, items: &mut [Value], meta: fn(&Value) -> &Value) {
    if arguments.kind.eq_ignore_ascii_case("journal") {
        let created = |item: &Value| meta(item)["creationTimestamp"].as_str().unwrap_or_default().to_owned();
        items.sort_by_key(|item| std::cmp::Reverse(created(item)));
    }
}

async fn table(client: &Client, arguments: &Arguments, kind: &Named) -> Result<(), Failure> {
    let answer = ask(client, arguments, kind, TABLE).await?;
    let mut rows = answer["rows"].as_array().cloned().unwrap_or_default();
    if arguments.name.is_some() && rows.is_empty() {
        return Err(missing(arguments, kind));
    }
    newest_first(arguments, &mut rows, |row| &row["object"]["metadata"]);
    let mut shown = Shown::new(arguments, kind, &answer["columnDefinitions"]);
    let text = shown.text(&rows);
    if rows.is_empty() {
        output::note("nothing found");
    }
    output::result(&text)?;
    if !arguments.watch {
        return Ok(());
    }
    let version = answer["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    follow(client, arguments, kind, version, &mut shown).await
}

async fn follow(
    client: &Client,
    arguments: &Arguments,
    kind: &Named,
    version: &str,
    shown: &mut Shown<'_>,
) -> Result<(), Failure> {
    let request = Request::get(uri(arguments, kind, Some(version))).header("accept", TABLE).body(Vec::new());
    let request = request.map_err(|error| refused(arguments, error.into()))?;
    let stream = client.request_stream(request).await.map_err(|error| refused(arguments, error.into()))?;
    let mut lines = stream.lines();
    while let Some(line) = lines.try_next().await.map_err(|error| refused(arguments, error.into()))? {
        let event: Value = serde_json::from_str(&line).map_err(|error| refused(arguments, error.into()))?;
        match event["type"].as_str() {
            Some("BOOKMARK") => {}
            Some("ERROR") => {
                let why = event["object"]["message"].as_str().unwrap_or("the watch ended").to_owned();
                return Err(refused(arguments, color_eyre::Report::msg(why)));
            }
            _ => {
                let rows = event["object"]["rows"].as_array().cloned().unwrap_or_default();
                output::result(&shown.text(&rows))?;
            }
        }
    }
    Ok(())
}

/// What is shown of rows: which columns, and how wide they are by now.
struct Shown<'a> {
    arguments: &'a Arguments,
    kind: &'a Named,
    columns: Vec<(usize, String)>,
    widths: Vec<usize>,
    headed: bool,
}

impl<'a> Shown<'a> {
    fn new(arguments: &'a Arguments, kind: &'a Named, definitions: &Value) -> Self {
        let wide = arguments.output == Form::Wide;
        let all = definitions.as_array().into_iter().flatten().enumerate();
        let wanted = all.filter(|(_, column)| wide || column["priority"].as_i64().unwrap_or(0) == 0);
        let columns: Vec<(usize, String)> = wanted
            .map(|(index, column)| (index, column["name"].as_str().unwrap_or_default().to_uppercase()))
            .collect();
        Self { arguments, kind, widths: Vec::new(), columns, headed: false }
    }

    fn text(&mut self, rows: &[Value]) -> String {
        if self.arguments.output == Form::Name {
            return rows.iter().map(|row| self.name(row)).collect();
        }
        let mut lines: Vec<Vec<String>> = Vec::new();
        if !self.headed && !rows.is_empty() {
            self.headed = true;
            let tenant = self.kind.namespaced.then(|| "TENANT".to_owned());
            lines.push(tenant.into_iter().chain(self.columns.iter().map(|(_, name)| name.clone())).collect());
        }
        lines.extend(rows.iter().map(|row| self.cells(row)));
        for line in &lines {
            self.widths.resize(self.widths.len().max(line.len()), 0);
            for (width, cell) in self.widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for line in lines {
            let mut told = String::new();
            for (cell, width) in line.iter().zip(&self.widths) {
                // Writing to a String cannot fail.
                let _ = write!(told, "{cell:<width$}   ");
            }
            text.push_str(told.trim_end());
            text.push('\n');
        }
        text
    }

    fn cells(&self, row: &Value) -> Vec<String> {
        let tenant = self.kind.namespaced.then(|| word(&row["object"]["metadata"]["namespace"]));
        let cells = self.columns.iter().map(|(index, _)| word(&row["cells"][*index]));
        tenant.into_iter().chain(cells).collect()
    }

    fn name(&self, row: &Value) -> String {
        let meta = &row["object"]["metadata"];
        let kind = self.kind.kind.to_lowercase();
        let name = word(&meta["name"]);
        match meta["namespace"].as_str() {
            Some(tenant) => format!("{kind}/{}/{name}\n", printable(tenant)),
            None => format!("{kind}/{name}\n"),
        }
    }
}

/// A cell as one word or sentence without anything that a terminal would act on.
fn word(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => printable(text),
        other => printable(&other.to_string()),
    }
}
