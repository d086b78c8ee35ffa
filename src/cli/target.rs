//! TARGET: the object that a command is about, as people name it.

use std::fmt;

use kube::Client;
use serde_json::Value;

use super::failure::{Exit, Failure};
use super::kinds::{self, Named};
use super::objects;
use crate::api::reference::ObjectReference;
use crate::settings::words;

/// How many objects are named to somebody who named several at once.
const SHOWN: usize = 8;

/// An object that was named and found.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its kind.
    pub kind: Named,
    /// The whole object.
    pub object: Value,
}

/// A TARGET as it was typed.
#[derive(Clone, Debug)]
struct Typed<'a> {
    kind: Named,
    tenant: Option<&'a str>,
    name: &'a str,
}

impl Target {
    /// The object as it was when it was found.
    pub fn reference(&self) -> ObjectReference {
        let meta = |field: &str| self.object["metadata"][field].as_str().map(str::to_owned);
        ObjectReference {
            kind: self.kind.kind.clone(),
            namespace: meta("namespace"),
            name: meta("name").unwrap_or_default(),
            uid: meta("uid"),
            resource_version: meta("resourceVersion"),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reference().fmt(out)
    }
}

/// The object that `kind/tenant/name` or, where it is unique, `kind/name` names.
///
/// # Errors
/// When there is none, or several; when the manager does not answer.
pub async fn find(client: &Client, text: &str) -> Result<Target, Failure> {
    let typed = parse(text)?;
    let mut found = objects::with_name(client, &typed.kind, typed.tenant, typed.name).await?;
    match (found.pop(), found.is_empty()) {
        (Some(object), true) => Ok(Target { kind: typed.kind, object }),
        (Some(last), false) => {
            found.push(last);
            Err(several(text, &typed, &found))
        }
        (None, _) => Err(missing(client, text, &typed).await?),
    }
}

fn parse(text: &str) -> Result<Typed<'_>, Failure> {
    let wrong = |remedy: String| Failure::new(Exit::Usage, "this names no object").on(text).remedy(remedy);
    let form =
        || wrong("write kind/tenant/name, or kind/name: machine/team-001/c0001-worker-bdrqshmq".to_owned());
    let parts: Vec<&str> = text.split('/').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Err(form());
    }
    let (kind, tenant, name) = match parts[..] {
        [kind, name] => (kinds::find(kind)?, None, name),
        [kind, tenant, name] => (kinds::find(kind)?, Some(tenant), name),
        _ => return Err(form()),
    };
    if tenant.is_some() && !kind.namespaced {
        let kind = kind.kind.to_lowercase();
        return Err(wrong(format!("a {kind} belongs to no tenant: write {kind}/{name}")));
    }
    Ok(Typed { kind, tenant, name })
}

fn several(text: &str, typed: &Typed<'_>, found: &[Value]) -> Failure {
    let full = |object: &Value| Target { kind: typed.kind.clone(), object: object.clone() }.to_string();
    let mut names: Vec<String> = found.iter().take(SHOWN).map(full).collect();
    if found.len() > SHOWN {
        names.push(format!("{} more", found.len() - SHOWN));
    }
    Failure::new(Exit::Usage, "more than one object has this name")
        .on(text)
        .remedy(format!("name one of them whole: {}", names.join(", ")))
}

async fn missing(client: &Client, text: &str, typed: &Typed<'_>) -> Result<Failure, Failure> {
    let failure = Failure::new(Exit::NotFound, "there is no such object").on(text);
    let all = objects::names(client, &typed.kind).await?;
    let kind = typed.kind.kind.to_lowercase();
    Ok(match nearest(typed, &all) {
        Some((Some(tenant), name)) => failure.remedy(format!("did you mean {kind}/{tenant}/{name}?")),
        Some((None, name)) => failure.remedy(format!("did you mean {kind}/{name}?")),
        None => failure.remedy(format!("run `kaasboard get {}` to see them all", typed.kind.plural)),
    })
}

/// What was probably meant: the same name elsewhere, or a similar one of that tenant, or a similar one at all.
fn nearest<'a>(
    typed: &Typed<'_>,
    all: &'a [(Option<String>, String)],
) -> Option<&'a (Option<String>, String)> {
    let is_there = |(tenant, _): &&(Option<String>, String)| tenant.as_deref() == typed.tenant;
    let similar = |among: Vec<&'a (Option<String>, String)>| {
        let name = words::nearest(typed.name, among.iter().map(|(_, name)| name.as_str()))?;
        among.into_iter().find(|(_, found)| found == name)
    };
    let elsewhere = all.iter().find(|(_, name)| name == typed.name);
    elsewhere
        .or_else(|| similar(all.iter().filter(is_there).collect()))
        .or_else(|| similar(all.iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_or_told_how_to_write() {
        let typed = parse("machine/shop/web-x").unwrap();
        assert_eq!((typed.kind.kind.as_str(), typed.tenant, typed.name), ("Machine", Some("shop"), "web-x"));
        assert_eq!(parse("cluster/web").unwrap().kind.kind, "KubernetesCluster");
        for wrong in ["web", "machine/", "/web", "machine/a/b/c", ""] {
            let told = parse(wrong).unwrap_err();
            assert_eq!(told.exit, Exit::Usage, "{wrong}");
            assert!(told.to_string().contains("write kind/tenant/name"), "{told}");
        }
        let told = parse("tenant/shop/shop").unwrap_err().to_string();
        assert!(told.contains("write tenant/shop"), "{told}");
        assert!(parse("machin/a/b").unwrap_err().to_string().contains("did you mean machine?"));
    }
}
