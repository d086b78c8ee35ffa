//! The kinds by the words that people use for them.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use kube::discovery::ApiResource;

use super::failure::{Exit, Failure};
use crate::api::crds;
use crate::api::names::{GROUP, VERSION};
use crate::settings::words;

/// What people say, and which kind they mean. The journal is what people asked for.
const ALIASES: [(&str, &str); 9] = [
    ("cluster", "kubernetesclusters"),
    ("clusters", "kubernetesclusters"),
    ("node", "machines"),
    ("nodes", "machines"),
    ("pool", "machinedeployments"),
    ("pools", "machinedeployments"),
    ("journal", "operations"),
    ("balancer", "loadbalancers"),
    ("balancers", "loadbalancers"),
];
/// What is no object of the manager, and is asked of the engine.
const OF_THE_ENGINE: [&str; 3] = ["loops", "volumes", "leaks"];

/// A kind of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub kind: String,
    /// Its name in paths.
    pub plural: String,
    /// Whether its objects belong to tenants.
    pub namespaced: bool,
}

impl Named {
    /// The kind as clients of the API name it.
    pub fn resource(&self) -> ApiResource {
        ApiResource {
            group: GROUP.to_owned(),
            version: VERSION.to_owned(),
            api_version: format!("{GROUP}/{VERSION}"),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
        }
    }

    /// The path of its objects, of all tenants or of one.
    pub fn path(&self, tenant: Option<&str>) -> String {
        match tenant {
            Some(tenant) if self.namespaced => {
                format!("/apis/{GROUP}/{VERSION}/namespaces/{tenant}/{}", self.plural)
            }
            Some(_) | None => format!("/apis/{GROUP}/{VERSION}/{}", self.plural),
        }
    }
}

/// The kind that a word names: its name, plural, singular or a short name, in any case.
///
/// # Errors
/// When there is none, with the nearest word.
pub fn find(word: &str) -> Result<Named, Failure> {
    let wrong =
        |error: color_eyre::Report| Failure::new(Exit::Failed, "the kinds cannot be read").because(error);
    let all = crds::all().map_err(|error| wrong(error.into()))?;
    let lower = word.to_lowercase();
    let meant = ALIASES.iter().find(|(alias, _)| *alias == lower).map(|(_, plural)| (*plural).to_owned());
    let wanted = meant.unwrap_or(lower);
    if let Some(found) = all.iter().find(|definition| words_of(definition).contains(&wanted)) {
        let names = &found.spec.names;
        let namespaced = found.spec.scope == "Namespaced";
        return Ok(Named { kind: names.kind.clone(), plural: names.plural.clone(), namespaced });
    }
    let known: Vec<String> = all.iter().flat_map(words_of).collect();
    let others = ALIASES.iter().map(|(alias, _)| *alias).chain(OF_THE_ENGINE);
    let nearest = words::nearest(word, known.iter().map(String::as_str).chain(others));
    let plurals: Vec<String> = all.iter().map(|definition| definition.spec.names.plural.clone()).collect();
    let failure = Failure::new(Exit::Usage, "there is no such kind").on(word);
    Err(match nearest {
        Some(nearest) => failure.remedy(format!("did you mean {nearest}?")),
        None => failure.remedy(format!(
            "kinds are: {}; and of the engine: {}",
            plurals.join(", "),
            OF_THE_ENGINE.join(", ")
        )),
    })
}

fn words_of(definition: &CustomResourceDefinition) -> Vec<String> {
    let names = &definition.spec.names;
    let mut words = vec![names.kind.to_lowercase(), names.plural.clone()];
    words.extend(names.singular.clone());
    words.extend(names.short_names.clone().unwrap_or_default());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_any_of_their_words() {
        for word in ["KubernetesCluster", "kubernetesclusters", "KC", "clusters"] {
            assert_eq!(find(word).unwrap().plural, "kubernetesclusters", "{word}");
        }
        assert_eq!(find("nodes").unwrap().kind, "Machine");
        assert_eq!(find("journal").unwrap().kind, "Operation");
        assert!(!find("tenants").unwrap().namespaced);
        let told = find("machin").unwrap_err().to_string();
        assert!(told.contains("did you mean machine?"), "{told}");
        for (wrong, meant) in [("nodse", "nodes"), ("lops", "loops"), ("clsuters", "clusters")] {
            let told = find(wrong).unwrap_err().to_string();
            assert!(told.contains(&format!("did you mean {meant}?")), "{told}");
        }
    }
}
