//! What a `config.toml` says, checked.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeTable;

use super::context::{Carrier, CloudAt, Confirm, Context, Engine, ManagerAt, OpenStackAt, Settings, Writing};
use super::fields::{Fields, Placed, Problems};
use super::load::Words;
use super::places::Places;
use super::problem::Problem;

const MANAGER_LIKE: &str = "{ kubeconfig = \"~/.kube/config\", context = \"manager\" }";
const CLOUD_LIKE: &str = "{ openstack = \"prod\" }";
/// Whether the certificates of a cloud may go unchecked.
const CERTIFICATES: [(&str, bool); 2] = [("checked", false), ("unchecked", true)];
const CARRIER_LIKE: &str = "{ provider = \"amphora\", flavor = \"large\" }";

/// The settings in `text`, or everything that is wrong with it. An empty text means the sandbox.
pub fn check(text: &str, places: &Places, words: Words<'_>) -> Result<Settings, Vec<Problem>> {
    let mut problems = Problems::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            problems.add(error.span().unwrap_or(0..0), format!("not TOML: {}", error.message()), None);
        }
        return problems.finish(Settings::sandbox());
    }
    let root = Fields::of(document.get_ref(), "setting", &["contexts", "current"], &mut problems);
    let mut contexts = BTreeMap::new();
    let tables = root.table("contexts", "[contexts.prod]", &mut problems);
    for (name, value) in tables.iter().flat_map(|(tables, _)| tables.iter()) {
        let Some(table) = value.get_ref().as_table() else {
            problems.add(value.span(), format!("context \"{}\" has to be a table", name.get_ref()), None);
            continue;
        };
        if name.get_ref().trim().is_empty() {
            problems.add(name.span(), "a context needs a name", None);
        }
        let context = check_context(table, name.span(), places, words, &mut problems);
        contexts.insert(name.get_ref().to_string(), context);
    }
    let current = check_current(&root, &contexts, tables.map(|(_, span)| span), &mut problems);
    problems.finish(())?;
    if contexts.is_empty() { Ok(Settings::sandbox()) } else { Ok(Settings { contexts, current }) }
}

/// The name of the context that is meant when none is named.
fn check_current(
    root: &Fields<'_>,
    contexts: &BTreeMap<String, Context>,
    contexts_at: Option<Range<usize>>,
    problems: &mut Problems<'_>,
) -> String {
    let names: Vec<&str> = contexts.keys().map(String::as_str).collect();
    match root.text("current", problems) {
        Some((name, span)) if names.is_empty() => {
            let help = format!("write a [contexts.{name}] table, or leave `current` out for the sandbox");
            problems.add(span, format!("\"{name}\" is no context: there are none"), Some(help));
        }
        Some((name, span)) if !names.contains(&name.as_str()) => {
            problems.add_word(span, "context", &name, &names);
        }
        Some((name, _)) => return name,
        None if names.len() > 1 && !root.has("current") && !root.misspelt => {
            let help = format!("write `current = \"…\"` with one of: {}", names.join(", "));
            let at = contexts_at.map_or(0, |span| span.start);
            problems.add(at..at, "several contexts, and none of them is the current one", Some(help));
        }
        None => {}
    }
    names.first().map(|name| (*name).to_owned()).unwrap_or_default()
}

fn check_context(
    table: &DeTable<'_>,
    at: Range<usize>,
    places: &Places,
    words: Words<'_>,
    problems: &mut Problems<'_>,
) -> Context {
    const KEYS: [&str; 7] = ["manager", "cloud", "engine", "theme", "keymap", "write", "confirm"];
    let fields = Fields::of(table, "setting of a context", &KEYS, problems);
    let manager = check_manager(&fields, places, problems);
    let cloud = check_cloud(&fields, problems);
    let engines = [("auto", Engine::Auto), ("never", Engine::Never)];
    let engine = fields.word("engine", &engines, problems);
    let modes = [("never", Writing::Never), ("armed", Writing::Armed), ("always", Writing::Always)];
    let confirmations = [("ask", Confirm::Ask), ("type-name", Confirm::TypeName)];
    let themes: Vec<(&str, &str)> = words.themes.iter().map(|name| (*name, *name)).collect();
    let keymaps: Vec<(&str, &str)> = words.keymaps.iter().map(|name| (*name, *name)).collect();
    let context = Context {
        manager: manager.as_ref().map_or(ManagerAt::Memory, |(manager, _)| manager.clone()),
        cloud: cloud.as_ref().map_or(CloudAt::Nothing, |(cloud, _)| cloud.clone()),
        engine: engine.unwrap_or(Engine::Auto),
        theme: fields.word("theme", &themes, problems).map(str::to_owned),
        keymap: fields.word("keymap", &keymaps, problems).map(str::to_owned),
        writing: fields.word("write", &modes, problems).unwrap_or(Writing::Armed),
        confirm: fields.word("confirm", &confirmations, problems).unwrap_or(Confirm::Ask),
    };
    // A combination is judged only where its parts could be read; else one mistake would be reported twice.
    let readable = !fields.misspelt
        && (manager.is_some() || !fields.has("manager"))
        && (cloud.is_some() || !fields.has("cloud"));
    let place = cloud.map(|(_, span)| span).or(manager.map(|(_, span)| span)).unwrap_or(at);
    if readable {
        return check_combination(context, place, problems);
    }
    context
}

fn check_manager(
    fields: &Fields<'_>,
    places: &Places,
    problems: &mut Problems<'_>,
) -> Option<Placed<ManagerAt>> {
    let (table, span) = fields.table("manager", MANAGER_LIKE, problems)?;
    let manager = Fields::of(table, "setting of a manager", &["kubeconfig", "context", "embedded"], problems);
    let kubeconfig = manager.text("kubeconfig", problems);
    let context = manager.text("context", problems);
    let embedded = manager.text("embedded", problems);
    let told = ["kubeconfig", "context", "embedded"].map(|key| manager.has(key));
    match (told, embedded) {
        ([false, false, false], _) if manager.misspelt => None,
        ([false, false, false], _) => {
            let help = format!("write `{MANAGER_LIKE}`, or `{{ embedded = \"FILE\" }}`");
            problems.add(span, "the manager is not named", Some(help));
            None
        }
        ([true, _, true] | [_, true, true], _) => {
            let why = "a manager is either embedded or named by a kubeconfig, not both";
            problems.add(span, why, None);
            None
        }
        (_, Some((word, _))) if word == "memory" => Some((ManagerAt::Memory, span)),
        (_, Some((path, _))) => Some((ManagerAt::File(places.resolve(&path)), span)),
        ([_, _, true], None) => None,
        ([_, _, false], None) => {
            let file = kubeconfig.map(|(path, _)| places.resolve(&path));
            Some((ManagerAt::Kubeconfig { file, context: context.map(|(name, _)| name) }, span))
        }
    }
}

fn check_cloud(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Option<Placed<CloudAt>> {
    let (table, span) = fields.table("cloud", CLOUD_LIKE, problems)?;
    const KEYS: [&str; 7] =
        ["openstack", "admin", "frontend", "zone", "certificates", "software", "hardware"];
    let cloud = Fields::of(table, "setting of a cloud", &KEYS, problems);
    let name = cloud.text("openstack", problems);
    let mut text = |key| cloud.text(key, problems).map(|(text, _)| text);
    let (admin, frontend, zone) = (text("admin"), text("frontend"), text("zone"));
    let unchecked = cloud.word("certificates", &CERTIFICATES, problems).unwrap_or_default();
    let [software, hardware] = ["software", "hardware"].map(|key| check_carrier(&cloud, key, problems));
    if !cloud.has("openstack") && !cloud.misspelt {
        let help = format!("write `{CLOUD_LIKE}` with the name of an entry of clouds.yaml");
        problems.add(span.clone(), "the cloud is not named", Some(help));
    }
    let at = OpenStackAt { name: name?.0, admin, frontend, zone, unchecked, software, hardware };
    Some((CloudAt::OpenStack(at), span))
}

/// What carries balancers of a kind: a provider, with a flavor or without.
fn check_carrier(cloud: &Fields<'_>, key: &str, problems: &mut Problems<'_>) -> Option<Carrier> {
    let (table, span) = cloud.table(key, CARRIER_LIKE, problems)?;
    let carrier = Fields::of(table, "setting of what carries balancers", &["provider", "flavor"], problems);
    let provider = carrier.text("provider", problems);
    let flavor = carrier.text("flavor", problems).map(|(flavor, _)| flavor);
    if !carrier.has("provider") && !carrier.misspelt {
        problems.add(span, "Octavia's provider is not named", Some(format!("write `{CARRIER_LIKE}`")));
    }
    Some(Carrier { provider: provider?.0, flavor })
}

/// Some pairs of manager and cloud would lose one while the other lives on.
fn check_combination(context: Context, at: Range<usize>, problems: &mut Problems<'_>) -> Context {
    match (&context.manager, &context.cloud) {
        (ManagerAt::Memory, CloudAt::Nothing) => return Context { cloud: CloudAt::Simulated, ..context },
        (ManagerAt::File(_), CloudAt::Nothing | CloudAt::Simulated) => problems.add(
            at,
            "an embedded manager on disk cannot go with the simulated cloud: that cloud lives in memory, so at \
             the next start the file would tell of servers that are gone",
            Some(format!("add `cloud = {CLOUD_LIKE}`, or write `embedded = \"memory\"` for a sandbox")),
        ),
        (ManagerAt::Kubeconfig { .. }, CloudAt::Nothing | CloudAt::Simulated)
            if context.engine == Engine::Auto =>
        {
            problems.add(
                at,
                "without a cloud the engine has nothing to act on",
                Some(format!("add `cloud = {CLOUD_LIKE}`, or `engine = \"never\"` to only look")),
            );
        }
        (ManagerAt::Memory, CloudAt::OpenStack(_)) => problems.add(
            at,
            "an embedded manager in memory cannot go with OpenStack: at the end of the process the servers would \
             stay, and the only record of them would be gone",
            Some("write `manager = { embedded = \"FILE\" }` to keep the record on disk".to_owned()),
        ),
        (ManagerAt::Memory, CloudAt::Simulated)
        | (ManagerAt::File(_), CloudAt::OpenStack(_))
        | (ManagerAt::Kubeconfig { .. }, _) => {}
    }
    context
}
