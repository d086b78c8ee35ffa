//! The CSI driver of a user cluster: what it asks of the storage, with the credential that its cluster was given.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::kube::Kube;
use crate::api::quantity::Quantity;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::identity::{CredentialId, ProjectId};
use crate::cloud::types::storage::VolumeId;
use crate::simulation::cloud::SimulatedCloud;
use crate::simulation::world::volumes::NewVolume;

/// The Secret with the driver's credential.
const SECRET: (&str, &str) = ("kube-system", "kaasboard-storage");

/// The driver. Where the insides stand on another cloud there is no storage to ask, and all goes well.
#[derive(Debug)]
pub(super) struct Driver<'a> {
    pub(super) cloud: Option<&'a SimulatedCloud>,
    /// The cluster's project, once it has servers.
    pub(super) project: Option<ProjectId>,
    /// The servers of nodes.
    pub(super) servers: BTreeMap<String, ServerId>,
}

impl Driver<'_> {
    /// Makes the volume of a claim; answers how the storage calls it, or nothing if it refuses.
    pub(super) fn make(&self, kube: &Kube, name: &str, claim: (&str, &str), spec: &Value) -> Option<String> {
        let Some(cloud) = self.cloud else { return Some(name.to_owned()) };
        let project = self.project.clone().filter(|_| self.may(kube))?;
        let size = spec["resources"]["requests"]["storage"].as_str().unwrap_or_default();
        let gib = size.parse::<Quantity>().ok()?.ceil().max(1).unsigned_abs().div_ceil(1 << 30);
        let claim = format!("{}/{}", claim.0, claim.1);
        let size_gib = u64::try_from(gib).unwrap_or(u64::MAX);
        let wanted = NewVolume { project, name: name.to_owned(), claim, size_gib };
        cloud.world().create_volume(&wanted).ok().map(|id| id.to_string())
    }

    /// Attaches a volume to the server of a node. Answers whether it is attached.
    pub(super) fn attach(&self, kube: &Kube, volume: &str, node: &str) -> bool {
        let Some(cloud) = self.cloud else { return true };
        let server = self.servers.get(node).filter(|_| self.may(kube));
        server.is_some_and(|server| cloud.world().attach_volume(&VolumeId::new(volume), server).is_ok())
    }

    /// Takes a volume from the server of a node. Answers whether the server has it no more.
    pub(super) fn detach(&self, kube: &Kube, volume: &str, node: &str) -> bool {
        let Some(cloud) = self.cloud else { return true };
        // A server that is gone has nothing any more: the compute service took it from it.
        let Some(server) = self.servers.get(node) else { return true };
        if !self.may(kube) {
            return false;
        }
        // Nor does a volume that is gone belong to anybody.
        let _ = cloud.world().detach_volume(&VolumeId::new(volume), server);
        true
    }

    /// Deletes a volume. Answers whether there is none any more.
    pub(super) fn delete(&self, kube: &Kube, volume: &str) -> bool {
        let (Some(cloud), Some(project)) = (self.cloud, &self.project) else { return true };
        if !self.may(kube) {
            return false;
        }
        let id = VolumeId::new(volume);
        let mut world = cloud.world();
        let _ = world.delete_volume(project, &id);
        !world.volumes_of(project).iter().any(|left| left.id == id)
    }

    /// Whether the storage refuses whatever the driver shows it.
    pub(super) fn is_refused(&self) -> bool {
        let (Some(cloud), Some(project)) = (self.cloud, &self.project) else { return false };
        cloud.world().faults.revoked.contains(project)
    }

    /// Whether the storage knows the driver. A cluster without a credential of its own works with that of the project.
    fn may(&self, kube: &Kube) -> bool {
        let (Some(cloud), Some(project)) = (self.cloud, &self.project) else { return true };
        let Some(secret) = kube.get("secrets", SECRET.0, SECRET.1) else { return true };
        let id = secret["data"]["id"].as_str().and_then(|text| BASE64_STANDARD.decode(text).ok());
        let id = id.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        cloud.world().knows_credential(project, &CredentialId::new(id))
    }
}
