//! Settings as TOML, with every default written out and every path resolved.

use std::path::Path;

use toml::Value;

use super::context::{Carrier, CloudAt, Confirm, Context, Engine, ManagerAt, OpenStackAt, Settings, Writing};

/// `settings` as a `config.toml` that says the same without relying on a default.
pub fn to_toml(settings: &Settings) -> String {
    let mut lines = vec![format!("current = {}", quoted(&settings.current))];
    for (name, context) in &settings.contexts {
        lines.push(format!("\n[contexts.{}]", key(name)));
        lines.extend(context_lines(context));
    }
    lines.join("\n") + "\n"
}

fn context_lines(context: &Context) -> Vec<String> {
    let engine = match context.engine {
        Engine::Auto => "auto",
        Engine::Never => "never",
    };
    let writing = match context.writing {
        Writing::Never => "never",
        Writing::Armed => "armed",
        Writing::Always => "always",
    };
    let confirm = match context.confirm {
        Confirm::Ask => "ask",
        Confirm::TypeName => "type-name",
    };
    let mut lines = vec![format!("manager = {}", manager(&context.manager)), cloud(&context.cloud)];
    lines.push(format!("engine = \"{engine}\""));
    lines.extend(context.theme.as_ref().map(|theme| format!("theme = {}", quoted(theme))));
    lines.extend(context.keymap.as_ref().map(|keymap| format!("keymap = {}", quoted(keymap))));
    lines.push(format!("write = \"{writing}\""));
    lines.push(format!("confirm = \"{confirm}\""));
    lines
}

fn manager(manager: &ManagerAt) -> String {
    match manager {
        ManagerAt::Memory => "{ embedded = \"memory\" }".to_owned(),
        ManagerAt::File(file) => format!("{{ embedded = {} }}", quoted_path(file)),
        ManagerAt::Kubeconfig { file, context } => {
            let file = file.as_deref().map(|file| format!("kubeconfig = {}", quoted_path(file)));
            let context = context.as_deref().map(|name| format!("context = {}", quoted(name)));
            format!("{{ {} }}", file.into_iter().chain(context).collect::<Vec<_>>().join(", "))
        }
    }
}

fn cloud(cloud: &CloudAt) -> String {
    match cloud {
        CloudAt::Nothing => "# no cloud: this context only looks".to_owned(),
        CloudAt::Simulated => "# no cloud named: the simulated one".to_owned(),
        CloudAt::OpenStack(at) => format!("cloud = {}", real_cloud(at)),
    }
}

fn real_cloud(at: &OpenStackAt) -> String {
    let unchecked = "unchecked".to_owned();
    let texts = [
        ("openstack", Some(&at.name)),
        ("admin", at.admin.as_ref()),
        ("frontend", at.frontend.as_ref()),
        ("zone", at.zone.as_ref()),
        ("certificates", at.unchecked.then_some(&unchecked)),
    ];
    let carriers = [("software", &at.software), ("hardware", &at.hardware)];
    let texts = texts.into_iter().filter_map(|(key, text)| Some(format!("{key} = {}", quoted(text?))));
    let carriers =
        carriers.into_iter().filter_map(|(key, it)| Some(format!("{key} = {}", carrier(it.as_ref()?))));
    format!("{{ {} }}", texts.chain(carriers).collect::<Vec<_>>().join(", "))
}

fn carrier(carrier: &Carrier) -> String {
    let flavor = carrier.flavor.as_ref().map(|flavor| format!(", flavor = {}", quoted(flavor)));
    format!("{{ provider = {}{} }}", quoted(&carrier.provider), flavor.unwrap_or_default())
}

fn key(name: &str) -> String {
    let bare = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
