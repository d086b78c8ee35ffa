//! Groups that keep servers apart (Nova).

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Service};
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::cloud::provider::Answer;
use crate::cloud::types::compute::{ServerGroup, ServerGroupId, SpreadPolicy};
use crate::cloud::types::identity::ProjectId;

/// Nova's words for the policies.
const HARD: &str = "anti-affinity";
const SOFT: &str = "soft-anti-affinity";

#[derive(Deserialize)]
struct Shown {
    id: String,
    name: String,
    policy: String,
    project_id: String,
}

#[derive(Deserialize)]
struct One {
    server_group: Shown,
}

impl Listed for Shown {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Shown {
    /// Groups of other policies are nothing that we would have made.
    fn group(self) -> Option<ServerGroup> {
        let policy = match self.policy.as_str() {
            HARD => SpreadPolicy::AntiAffinity,
            SOFT => SpreadPolicy::SoftAntiAffinity,
            _ => return None,
        };
        let (id, project) = (ServerGroupId::new(self.id), ProjectId::new(self.project_id));
        Some(ServerGroup { id, project, name: self.name, policy })
    }
}

impl OpenStack {
    pub(super) async fn list_groups(&self, project: &ProjectId) -> Answer<Vec<ServerGroup>> {
        let about = ("list server groups", project.as_str());
        let call = Call::new(about, (Service::Compute, Method::GET), &["os-server-groups"]);
        let found = self.all::<Shown>(As::Member(project), call, "server_groups", Paging::Offset).await?;
        Ok(found.into_iter().filter_map(Shown::group).collect())
    }

    pub(super) async fn make_group(
        &self,
        project: &ProjectId,
        name: &str,
        policy: SpreadPolicy,
    ) -> Answer<ServerGroup> {
        let word = match policy {
            SpreadPolicy::AntiAffinity => HARD,
            SpreadPolicy::SoftAntiAffinity => SOFT,
        };
        let about = ("create server group", name);
        let call = Call::new(about, (Service::Compute, Method::POST), &["os-server-groups"]);
        let call = call.body(json!({ "server_group": { "name": name, "policy": word } }));
        let made = self.fetch::<One>(As::Member(project), &call).await?.server_group;
        let (id, project) = (ServerGroupId::new(made.id), ProjectId::new(made.project_id));
        Ok(ServerGroup { id, project, name: made.name, policy })
    }

    pub(super) async fn remove_group(&self, project: &ProjectId, id: &ServerGroupId) -> Answer<()> {
        let path = ["os-server-groups", id.as_str()];
        let about = ("delete server group", id.as_str());
        let call = Call::new(about, (Service::Compute, Method::DELETE), &path);
        self.send(As::Member(project), &call).await.map(|_| ())
    }
}
