//! What a member of etcd says.

/// The answer of one member, asked by its own address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EtcdAnswer {
    /// The member that answers.
    pub id: u64,
    /// The member that leads, if the one that answers knows of one.
    pub leader: Option<u64>,
    /// The size of its database, in bytes.
    pub db_bytes: u64,
    /// All members, as it knows them.
    pub members: Vec<ListedMember>,
    /// Whether it raised an alarm, in etcd's own word (`NOSPACE`, `CORRUPT`).
    pub alarms: Vec<String>,
}

/// An entry of etcd's list of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMember {
    /// Its id.
    pub id: u64,
    /// Its name; empty until it started for the first time.
    pub name: String,
    /// Where the others reach it.
    pub peer_urls: Vec<String>,
    /// Whether it only learns, and has no vote yet.
    pub learner: bool,
}
