//! What insides stand on: the servers of a world, or those of another cloud that is followed.

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::cloud::types::compute::ServerId;
use crate::simulation::cloud::SimulatedCloud;
use crate::simulation::follow::cloud::FollowedCloud;
use crate::simulation::world::ground::Ground;

/// What insides stand on.
#[derive(Clone, Debug)]
pub enum Footing {
    /// A world.
    World(SimulatedCloud),
    /// Another cloud.
    Followed(FollowedCloud),
}

impl From<SimulatedCloud> for Footing {
    fn from(cloud: SimulatedCloud) -> Self {
        Self::World(cloud)
    }
}

impl From<FollowedCloud> for Footing {
    fn from(cloud: FollowedCloud) -> Self {
        Self::Followed(cloud)
    }
}

impl Footing {
    /// The world, where it is one: for whoever makes faults.
    pub fn world(&self) -> Option<&SimulatedCloud> {
        match self {
            Self::World(cloud) => Some(cloud),
            Self::Followed(_) => None,
        }
    }

    pub(super) fn news(&self) -> watch::Receiver<u64> {
        match self {
            Self::World(cloud) => cloud.world().news(),
            Self::Followed(cloud) => cloud.news(),
        }
    }

    pub(super) fn cluster_revision(&self, uid: &str) -> u64 {
        match self {
            Self::World(cloud) => cloud.world().cluster_revision(uid),
            Self::Followed(cloud) => cloud.cluster_revision(uid),
        }
    }

    pub(super) fn clusters_changed_since(&self, revision: u64) -> Vec<String> {
        match self {
            Self::World(cloud) => cloud.world().clusters_changed_since(revision),
            Self::Followed(cloud) => cloud.clusters_changed_since(revision),
        }
    }

    pub(super) fn ground(&self, uid: &str, now: DateTime<Utc>) -> Ground {
        match self {
            Self::World(cloud) => cloud.world().ground(uid, now),
            Self::Followed(cloud) => cloud.ground(uid),
        }
    }

    pub(super) fn take_user_data(&self, id: &ServerId) -> Option<Vec<u8>> {
        match self {
            Self::World(cloud) => cloud.world().take_user_data(id),
            Self::Followed(cloud) => cloud.take_user_data(id),
        }
    }

    pub(super) fn say_on_console(&self, id: &ServerId, said: Option<String>) {
        match self {
            Self::World(cloud) => cloud.world().say_on_console(id, said),
            Self::Followed(cloud) => cloud.say_on_console(id, said),
        }
    }
}
