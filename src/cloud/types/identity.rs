//! Projects, their quotas, and the credentials that act in them (Keystone).

use std::fmt;

use super::names::Id;

/// Marks the ids of projects.
#[derive(Debug)]
pub enum ProjectKind {}
/// The id of a project.
pub type ProjectId = Id<ProjectKind>;

/// Marks the ids of credentials.
#[derive(Debug)]
pub enum CredentialKind {}
/// The id of a credential.
pub type CredentialId = Id<CredentialKind>;

/// A project: what owns servers, ports, balancers and volumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name, unique in its domain.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
}

/// A project that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    /// Its name, unique in its domain.
    pub name: String,
    /// For people who find it in the cloud.
    pub description: String,
    /// Its tags.
    pub tags: Vec<String>,
}

/// What a project may use at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Servers.
    pub servers: u32,
    /// Virtual CPUs.
    pub cores: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Ports.
    pub ports: u32,
    /// Load balancers.
    pub balancers: u32,
    /// Volumes.
    pub volumes: u32,
    /// Volume capacity in GiB.
    pub volume_gib: u64,
}

/// What a project may use and what it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaUse {
    /// The limits.
    pub limit: Quota,
    /// What is used of them.
    pub used: Quota,
}

/// A credential that acts in one project only (Keystone's application credential).
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// The secret, which the service shows once, at creation.
    pub secret: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Credential").field("id", &self.id).finish_non_exhaustive()
    }
}
