//! What lies in all projects beside servers, ports, balancers and volumes: one listing a service.

use reqwest::Method;
use serde::Deserialize;

use super::call::{Call, Service};
use super::cloud::{As, OpenStack};
use super::dns;
use super::firewall::DEFAULT;
use super::pages::{Listed, Paging};
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::provider::Answer;
use crate::cloud::types::belonging::{Belonging, BelongingSort};
use crate::cloud::types::identity::ProjectId;

/// How many characters the id of a project has: it is a UUID without dashes.
const PROJECT_ID: usize = 32;

#[derive(Deserialize)]
struct Shown {
    id: String,
    name: String,
    project_id: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    zone_id: Option<String>,
    description: Option<String>,
    #[serde(default)]
    action: String,
}

impl Listed for Shown {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Shown {
    fn of(self, project: String) -> Belonging {
        Belonging { id: self.id, name: self.name, project: ProjectId::new(project), tags: self.tags }
    }
}

impl OpenStack {
    pub(super) async fn list_belongings(&self, sort: BelongingSort) -> Answer<Vec<Belonging>> {
        let about = ("list belongings", "all");
        if !self.has_admin() {
            let why = "what lies in other projects is only shown to an administrator".to_owned();
            return Err(Call::login(about.0).failed(CloudErrorKind::Denied(why)));
        }
        let call = |service, path: &[&str]| Call::new(about, (service, Method::GET), path);
        match sort {
            BelongingSort::Project => {
                let call = call(Service::Identity, &["projects"]);
                let all = self.all::<Shown>(As::Reader, call, "projects", Paging::Whole).await?;
                Ok(all
                    .into_iter()
                    .map(|one| Shown { project_id: Some(one.id.clone()), ..one })
                    .filter_map(placed)
                    .collect())
            }
            BelongingSort::SecurityGroup => {
                let call = call(Service::Network, &["security-groups"]);
                let all = self.all::<Shown>(As::Reader, call, "security_groups", Paging::Marker).await?;
                Ok(all.into_iter().filter(|one| one.name != DEFAULT).filter_map(placed).collect())
            }
            BelongingSort::ServerGroup => {
                let call = call(Service::Compute, &["os-server-groups"]).query("all_projects", "true");
                let all = self.all::<Shown>(As::Reader, call, "server_groups", Paging::Offset).await?;
                Ok(all.into_iter().filter_map(placed).collect())
            }
            BelongingSort::Record => {
                let call = call(Service::Dns, &["recordsets"]).query("description", format!("{}*", dns::OF));
                let all = self.all::<Shown>(As::Home, call, "recordsets", Paging::Marker).await?;
                Ok(all.into_iter().filter(|one| one.action != "DELETE").filter_map(named).collect())
            }
            BelongingSort::Credential => {
                let user = self.home_holder(&call(Service::Identity, &[])).await?.user.id;
                let call = call(Service::Identity, &["users", user.as_str(), "application_credentials"]);
                let all = self.all::<Shown>(As::Home, call, "application_credentials", Paging::Whole).await?;
                Ok(all.into_iter().filter_map(ending).collect())
            }
        }
    }
}

/// Something that says itself which project it lies in.
fn placed(shown: Shown) -> Option<Belonging> {
    let project = shown.project_id.clone()?;
    Some(shown.of(project))
}

/// A name lies in the zone's project; for which one it was made, its description says.
fn named(shown: Shown) -> Option<Belonging> {
    let project = shown.description.as_deref()?.strip_prefix(dns::OF)?.to_owned();
    let id = format!("{}{}{}", shown.zone_id.as_deref()?, dns::WITHIN, shown.id);
    Some(Belonging { id, ..shown.of(project) })
}

/// A credential is the home account's; in which project it acts, the end of its name says.
fn ending(shown: Shown) -> Option<Belonging> {
    let (_, project) = shown.name.rsplit_once('-')?;
    let is_id = project.len() == PROJECT_ID && project.chars().all(|digit| digit.is_ascii_hexdigit());
    let project = is_id.then(|| project.to_owned())?;
    Some(shown.of(project))
}
