//! Projects and the credentials that act in them (Keystone).

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Service};
use super::cloud::{As, OpenStack};
use super::firewall::{DEFAULT, UNFINISHED};
use super::login::Scope;
use super::pages::{Listed, Paging};
use crate::api::names::Tag;
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::provider::Answer;
use crate::cloud::types::identity::{Credential, CredentialId, NewProject, Project, ProjectId};

#[derive(Deserialize)]
struct Shown {
    id: String,
    name: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct One {
    project: Shown,
}

#[derive(Deserialize)]
struct Made {
    application_credential: MadeCredential,
}

#[derive(Deserialize)]
struct MadeCredential {
    id: String,
    secret: String,
}

#[derive(Deserialize)]
struct Known {
    id: String,
    name: String,
}

impl Listed for Shown {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for Known {
    fn id(&self) -> &str {
        &self.id
    }
}

impl From<Shown> for Project {
    fn from(shown: Shown) -> Self {
        Self { id: ProjectId::new(shown.id), name: shown.name, tags: shown.tags }
    }
}

impl OpenStack {
    pub(super) async fn find_project(&self, name: &str) -> Answer<Option<Project>> {
        let call = Call::new(("find project", name), (Service::Identity, Method::GET), &["projects"]);
        let domain = self.home_domain(&call).await?;
        let call = call.query("name", name).query("domain_id", domain);
        let found = self.all::<Shown>(As::Reader, call, "projects", Paging::Whole).await?;
        Ok(found.into_iter().find(|project| project.name == name).map(Project::from))
    }

    /// Makes a project. The home account is let in when it first acts there.
    pub(super) async fn make_project(&self, wanted: &NewProject) -> Answer<Project> {
        let call =
            Call::new(("create project", &wanted.name), (Service::Identity, Method::POST), &["projects"]);
        let domain = self.home_domain(&call).await?;
        let call = call.body(json!({ "project": {
            "name": wanted.name,
            "description": wanted.description,
            "domain_id": domain,
            "enabled": true,
            "tags": wanted.tags,
        }}));
        Ok(self.fetch::<One>(As::Reader, &call).await?.project.into())
    }

    /// Deletes a project, and before it what services made for it by themselves and would keep.
    pub(super) async fn remove_project(&self, id: &ProjectId) -> Answer<()> {
        let call = Call::new(
            ("delete project", id.as_str()),
            (Service::Identity, Method::DELETE),
            &["projects", id.as_str()],
        );
        if !self.is_ours(id).await? {
            return Err(call.failed(CloudErrorKind::Denied("it has no tag of ours".to_owned())));
        }
        let by_itself = |name: &str| name == DEFAULT || name.ends_with(UNFINISHED);
        for group in self.list_firewalls(id).await?.into_iter().filter(|group| by_itself(&group.name)) {
            let path = ["security-groups", group.id.as_str()];
            let about = ("delete security group", group.id.as_str());
            let call = Call::new(about, (Service::Network, Method::DELETE), &path);
            self.send_if_there(As::Reader, &call).await?;
        }
        self.reset_quotas(id).await?;
        self.send(As::Reader, &call).await?;
        self.home.close(&Scope::Project(id.clone()));
        Ok(())
    }

    /// Lets the home account act in a project of ours, with the roles that it has in its own.
    pub(super) async fn let_in(&self, call: &Call, project: &ProjectId) -> Answer<()> {
        if !self.is_ours(project).await? {
            return Err(call.failed(CloudErrorKind::Denied("the project has no tag of ours".to_owned())));
        }
        let holder = self.home_holder(call).await?;
        for role in &holder.roles {
            let path = ["projects", project.as_str(), "users", &holder.user.id, "roles", &role.id];
            let about = ("grant role", role.name.as_str());
            let call = Call::new(about, (Service::Identity, Method::PUT), &path);
            self.send(As::Reader, &call).await?;
        }
        Ok(())
    }

    async fn is_ours(&self, id: &ProjectId) -> Answer<bool> {
        let path = ["projects", id.as_str()];
        let call = Call::new(("show project", id.as_str()), (Service::Identity, Method::GET), &path);
        let shown = self.fetch::<One>(As::Reader, &call).await?.project;
        Ok(shown.tags.iter().any(|tag| matches!(Tag::parse(tag), Some(Tag::ClusterUid(_)))))
    }

    /// Makes a credential. Its name is unique among all of the user's, so that the project is in it. One of that name whose
    /// secret nobody has is of no use, and gives way.
    pub(super) async fn make_credential(&self, project: &ProjectId, name: &str) -> Answer<Credential> {
        let about = ("create credential", name);
        let call = Call::new(about, (Service::Identity, Method::GET), &[]);
        let user = self.home_holder(&call).await?.user.id;
        let path = ["users", user.as_str(), "application_credentials"];
        let whole = format!("{name}-{project}");
        let call = Call::new(about, (Service::Identity, Method::GET), &path).query("name", whole.as_str());
        let known = self.all::<Known>(As::Home, call, "application_credentials", Paging::Whole).await?;
        for old in known.into_iter().filter(|known| known.name == whole) {
            self.remove_credential(&CredentialId::new(old.id)).await?;
        }
        let call = Call::new(about, (Service::Identity, Method::POST), &path);
        let call = call.body(json!({ "application_credential": { "name": whole } }));
        let made = self.fetch::<Made>(As::Member(project), &call).await?.application_credential;
        Ok(Credential { id: CredentialId::new(made.id), secret: made.secret })
    }

    pub(super) async fn has_credential(&self, id: &CredentialId) -> Answer<bool> {
        let about = ("show credential", id.as_str());
        let call = Call::new(about, (Service::Identity, Method::GET), &[]);
        let user = self.home_holder(&call).await?.user.id;
        let path = ["users", user.as_str(), "application_credentials", id.as_str()];
        let call = Call::new(about, (Service::Identity, Method::GET), &path);
        match self.send(As::Home, &call).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn remove_credential(&self, id: &CredentialId) -> Answer<()> {
        let about = ("revoke credential", id.as_str());
        let call = Call::new(about, (Service::Identity, Method::GET), &[]);
        let user = self.home_holder(&call).await?.user.id;
        let path = ["users", user.as_str(), "application_credentials", id.as_str()];
        let call = Call::new(about, (Service::Identity, Method::DELETE), &path);
        self.send(As::Home, &call).await.map(|_| ())
    }
}
