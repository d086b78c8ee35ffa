//! What lies in projects beside servers, ports, balancers and volumes, and the projects themselves: few things, made once for
//! each cluster, that stay behind when something goes wrong with its end.

use std::fmt;

use super::identity::ProjectId;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BelongingSort {
    /// A project.
    Project,
    /// A security group.
    SecurityGroup,
    /// A server group.
    ServerGroup,
    /// A name in DNS.
    Record,
    /// A credential.
    Credential,
}

impl BelongingSort {
    /// All of them, projects first: they say whose the others are.
    pub const ALL: [Self; 5] =
        [Self::Project, Self::SecurityGroup, Self::ServerGroup, Self::Record, Self::Credential];
}

impl fmt::Display for BelongingSort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Project => "project",
            Self::SecurityGroup => "securitygroup",
            Self::ServerGroup => "servergroup",
            Self::Record => "record",
            Self::Credential => "credential",
        })
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The project that it lies in, or is for; its own id, if it is one.
    pub project: ProjectId,
    /// The tags of a project; the others have none.
    pub tags: Vec<String>,
}
