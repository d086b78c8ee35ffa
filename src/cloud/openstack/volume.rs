//! Volumes (Cinder).

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::Method;
use serde::Deserialize;

use super::call::{Call, Service, or_without};
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::clock;
use crate::cloud::provider::Answer;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::observed::Listing;
use crate::cloud::types::storage::{Volume, VolumeId};

/// Under which names CSI drivers write down for which claim a volume was made (`--extra-create-metadata`).
const CLAIM: &str = "csi.storage.k8s.io/pvc/name";
const NAMESPACE: &str = "csi.storage.k8s.io/pvc/namespace";

/// Cinder's times, which are in UTC and do not say so.
const TIME: &str = "%Y-%m-%dT%H:%M:%S%.f";

#[derive(Deserialize)]
struct Shown {
    id: String,
    name: Option<String>,
    size: u64,
    status: String,
    #[serde(default)]
    metadata: HashMap<String, String>,
    #[serde(default)]
    attachments: Vec<Attached>,
    created_at: String,
    #[serde(rename = "os-vol-tenant-attr:tenant_id")]
    project: Option<String>,
}

#[derive(Deserialize)]
struct Attached {
    server_id: Option<String>,
}

impl Listed for Shown {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Shown {
    fn volume(self) -> Volume {
        let claim = self.metadata.get(NAMESPACE).zip(self.metadata.get(CLAIM));
        let claim = claim.map(|(namespace, name)| format!("{namespace}/{name}"));
        let attached = self.attachments.into_iter().filter_map(|one| one.server_id);
        Volume {
            id: VolumeId::new(self.id),
            project: ProjectId::new(self.project.unwrap_or_default()),
            name: self.name.unwrap_or_default(),
            claim,
            size_gib: self.size,
            status: self.status,
            attached: attached.map(ServerId::new).collect(),
            created: time(&self.created_at),
        }
    }
}

impl OpenStack {
    pub(super) async fn list_volumes(&self) -> Answer<Listing<Volume>> {
        let as_of = clock::now();
        let call = Call::new(("list volumes", "all"), (Service::Volume, Method::GET), &["volumes", "detail"]);
        let call = self.everywhere(call);
        let found = self.all::<Shown>(As::Reader, call, "volumes", Paging::Marker).await;
        let found = or_without(found, Vec::new)?;
        Ok(Listing { items: found.into_iter().map(Shown::volume).collect(), as_of })
    }

    pub(super) async fn list_volumes_of(&self, project: &ProjectId) -> Answer<Vec<Volume>> {
        let subject = ("list volumes", project.as_str());
        let call = Call::new(subject, (Service::Volume, Method::GET), &["volumes", "detail"]);
        let found = self.all::<Shown>(As::Member(project), call, "volumes", Paging::Marker).await;
        let found = or_without(found, Vec::new)?;
        Ok(found.into_iter().map(Shown::volume).collect())
    }

    pub(super) async fn remove_volume(&self, project: &ProjectId, id: &VolumeId) -> Answer<()> {
        let path = ["volumes", id.as_str()];
        let call = Call::new(("delete volume", id.as_str()), (Service::Volume, Method::DELETE), &path);
        self.send(As::Member(project), &call).await.map(|_| ())
    }
}

fn time(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, TIME).map(|time| time.and_utc()).unwrap_or_default()
}
