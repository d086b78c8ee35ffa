//! The storage service: volumes, and the servers that they are attached to.

use super::state::World;
use crate::clock;
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::storage::{Volume, VolumeId};

/// What Cinder calls a volume that nobody has, and one that somebody has.
const AVAILABLE: &str = "available";
const IN_USE: &str = "in-use";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVolume {
    /// The project that will own it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// The claim that it is for, as `namespace/name`.
    pub claim: String,
    /// Its size in GiB.
    pub size_gib: u64,
}

impl World {
    /// All volumes.
    pub fn list_volumes(&self) -> Vec<Volume> {
        self.volumes.values().cloned().collect()
    }

    /// The volumes of a project.
    pub fn volumes_of(&self, project: &ProjectId) -> Vec<Volume> {
        self.volumes.values().filter(|volume| volume.project == *project).cloned().collect()
    }

    /// Makes a volume. CSI drivers look for one of the name first, so that one that is there already is the answer.
    pub fn create_volume(&mut self, wanted: &NewVolume) -> Result<VolumeId, CloudErrorKind> {
        let mut volumes = self.volumes.values().filter(|volume| volume.project == wanted.project);
        if let Some(known) = volumes.find(|volume| volume.name == wanted.name) {
            return Ok(known.id.clone());
        }
        self.check_room(&wanted.project)?;
        let limit = self.known(&wanted.project)?.quota;
        let (count, gib) = self.volumes_used(&wanted.project);
        if count >= limit.volumes || gib + wanted.size_gib > limit.volume_gib {
            let why = format!(
                "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested \
                 {}G, quota is {}G and {gib}G has been consumed.",
                wanted.size_gib, limit.volume_gib
            );
            return Err(CloudErrorKind::Quota(why));
        }
        let id: VolumeId = self.new_id();
        let volume = Volume {
            id: id.clone(),
            project: wanted.project.clone(),
            name: wanted.name.clone(),
            claim: Some(wanted.claim.clone()),
            size_gib: wanted.size_gib,
            status: AVAILABLE.to_owned(),
            attached: Vec::new(),
            created: clock::now(),
        };
        self.volumes.insert(id.clone(), volume);
        Ok(id)
    }

    /// Attaches a volume to a server that runs. One server has it at a time.
    pub fn attach_volume(&mut self, id: &VolumeId, server: &ServerId) -> Result<(), CloudErrorKind> {
        let now = clock::now();
        let runs = self.servers.get(server).is_some_and(|server| !server.is_deleted(now));
        let volume = self.volumes.get_mut(id).filter(|_| runs).ok_or(CloudErrorKind::NotFound)?;
        match volume.attached.as_slice() {
            [] => {}
            [holder] if holder == server => return Ok(()),
            _ => {
                let why = format!("Invalid volume: volume {id} already attached to an instance");
                return Err(CloudErrorKind::Invalid(why));
            }
        }
        volume.attached.push(server.clone());
        volume.status = IN_USE.to_owned();
        Ok(())
    }

    /// Takes a volume from a server.
    pub fn detach_volume(&mut self, id: &VolumeId, server: &ServerId) -> Result<(), CloudErrorKind> {
        let volume = self.volumes.get_mut(id).ok_or(CloudErrorKind::NotFound)?;
        let_go(volume, server);
        Ok(())
    }

    /// Deletes a volume that is attached to nothing.
    pub fn delete_volume(&mut self, project: &ProjectId, id: &VolumeId) -> Result<(), CloudErrorKind> {
        let volume = self.volumes.get(id).filter(|volume| volume.project == *project);
        let volume = volume.ok_or(CloudErrorKind::NotFound)?;
        if !volume.attached.is_empty() {
            let why = "Invalid volume: Volume status must be available or error, but is in-use.".to_owned();
            return Err(CloudErrorKind::Invalid(why));
        }
        self.volumes.remove(id);
        Ok(())
    }

    /// The compute service takes all volumes from a server that it deletes.
    pub(super) fn detach_all(&mut self, server: &ServerId) {
        self.volumes.values_mut().for_each(|volume| let_go(volume, server));
    }

    /// How many volumes a project has, and how large they are together, in GiB.
    pub(super) fn volumes_used(&self, project: &ProjectId) -> (u32, u64) {
        let volumes = self.volumes.values().filter(|volume| volume.project == *project);
        volumes.fold((0, 0), |(count, gib), volume| (count + 1, gib + volume.size_gib))
    }
}

fn let_go(volume: &mut Volume, server: &ServerId) {
    volume.attached.retain(|holder| holder != server);
    if volume.attached.is_empty() {
        volume.status = AVAILABLE.to_owned();
    }
}
