//! What is in the cloud and belongs to nobody whom the manager knows.
//!
//! A thing bears the tags of its cluster and of its machine. If there is no record of either, a record may still come:
//! a listing can be newer than a watch, and an act can be under way. So it is suspect at first, and called a leak only
//! when it was seen so at two looks that are [`CONFIRMED_AFTER`] apart. What another manager made is none of ours to
//! judge. Nothing is destroyed for being a leak: a person decides.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::names::Tag;
use crate::cloud::types::belonging::BelongingSort;

/// So long a thing must have been without a record: longer than any act of ours takes.
pub const CONFIRMED_AFTER: TimeDelta = TimeDelta::minutes(15);

/// The kind by which Operations name a leak; its name is the thing's id.
pub const KIND: &str = "Leak";

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A server.
    Server,
    /// A port.
    Port,
    /// A load balancer.
    Balancer,
    /// A volume.
    Volume,
    /// A project, or what else lies in one.
    Belonging(BelongingSort),
}

impl std::fmt::Display for Sort {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Server => out.write_str("server"),
            Self::Port => out.write_str("port"),
            Self::Balancer => out.write_str("loadbalancer"),
            Self::Volume => out.write_str("volume"),
            Self::Belonging(sort) => sort.fmt(out),
        }
    }
}

/// Something in the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub sort: Sort,
    /// Its id in the cloud.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of the project that owns it.
    pub project: String,
    /// Its tags.
    pub tags: Vec<String>,
}

/// Which record is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// That of the cluster with this uid.
    Cluster(String),
    /// The same of something that does not say which manager made it.
    Unsigned(String),
    /// That of the machine with this uid; its cluster is known.
    Machine(String),
    /// It bears no tag, and lies in a project in which all else belongs to a cluster without a record.
    Project,
    /// It was made for a project that is gone.
    Nowhere,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cluster(uid) => write!(out, "there is no cluster with the uid {uid}"),
            Self::Unsigned(uid) => {
                write!(out, "there is no cluster with the uid {uid} here; another manager may have it")
            }
            Self::Machine(uid) => write!(out, "its cluster has no machine with the uid {uid}"),
            Self::Project => out.write_str("its project belongs to a cluster that is gone"),
            Self::Nowhere => out.write_str("the project that it was made for is gone"),
        }
    }
}

/// A thing without a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// What it is.
    pub thing: Thing,
    /// Which record is missing.
    pub missing: Missing,
    /// When it was first seen so.
    pub since: DateTime<Utc>,
    /// When it was last seen so.
    pub seen: DateTime<Utc>,
    /// How many other things lie in it, if it is a project.
    pub holds: usize,
}

impl Suspect {
    /// Whether it was seen without a record for long enough.
    pub fn is_confirmed(&self) -> bool {
        self.seen - self.since >= CONFIRMED_AFTER
    }
}

/// The uids of the records that there are, and the projects of clusters.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Of clusters.
    pub clusters: HashSet<String>,
    /// Of machines.
    pub machines: HashSet<String>,
    /// The uid of the manager.
    pub manager: String,
    /// The ids of the projects that clusters with a record are in.
    pub projects: HashSet<String>,
    /// Whether each cluster has a project of its own, in which nothing else can be.
    pub own_projects: bool,
}

/// The suspects after a look at everything that there is: those of before that are suspect still keep the time
/// of when they became it.
pub fn audit(
    before: &BTreeMap<(Sort, String), Suspect>,
    things: Vec<Thing>,
    known: &Known,
    now: DateTime<Utc>,
) -> BTreeMap<(Sort, String), Suspect> {
    let orphaned: HashSet<String> = things
        .iter()
        .filter(|thing| matches!(missing(thing, known), Some(Missing::Cluster(_) | Missing::Unsigned(_))))
        .map(|thing| thing.project.clone())
        .filter(|project| known.own_projects && !known.projects.contains(project))
        .collect();
    let places = Places::of(&things);
    let suspect = |mut thing: Thing| {
        let is_nowhere = places.is_nowhere(&thing);
        places.sign(&mut thing);
        let tagged = thing.tags.iter().any(|tag| Tag::parse(tag).is_some());
        let missing = match missing(&thing, known) {
            None if is_nowhere => Missing::Nowhere,
            None if !tagged && orphaned.contains(&thing.project) => Missing::Project,
            other => other?,
        };
        let holds = places.held(&thing);
        let key = (thing.sort, thing.id.clone());
        let since = before.get(&key).map_or(now, |suspect| suspect.since);
        Some((key, Suspect { thing, missing, since, seen: now, holds }))
    };
    things.into_iter().filter_map(suspect).collect()
}

/// The projects that there are.
struct Places {
    /// With their tags, and how many things lie in each.
    projects: HashMap<String, (Vec<String>, usize)>,
}

impl Places {
    fn of(things: &[Thing]) -> Self {
        let is_project = |thing: &&Thing| thing.sort == PROJECT;
        let projects = things.iter().filter(is_project).map(|one| (one.id.clone(), (one.tags.clone(), 0)));
        let mut projects: HashMap<String, (Vec<String>, usize)> = projects.collect();
        for thing in things.iter().filter(|thing| thing.sort != PROJECT) {
            if let Some((_, held)) = projects.get_mut(&thing.project) {
                *held += 1;
            }
        }
        Self { projects }
    }

    /// What bears no tags itself is as its project says. What people made in a project of ours has none either: of servers and
    /// the like it is known by that.
    fn sign(&self, thing: &mut Thing) {
        if let (Sort::Belonging(_), Some((tags, _))) = (thing.sort, self.projects.get(&thing.project)) {
            thing.tags.clone_from(tags);
        }
    }

    /// Whether it is known to be made from here, for a project that is not among those that there are.
    fn is_nowhere(&self, thing: &Thing) -> bool {
        let is_ours = thing.sort == Sort::Belonging(BelongingSort::Record);
        is_ours && !self.projects.is_empty() && !self.projects.contains_key(&thing.project)
    }

    fn held(&self, thing: &Thing) -> usize {
        let own = self.projects.get(&thing.id).filter(|_| thing.sort == PROJECT);
        own.map_or(0, |(_, held)| *held)
    }
}

/// A project.
const PROJECT: Sort = Sort::Belonging(BelongingSort::Project);

/// Which record a thing of ours misses.
fn missing(thing: &Thing, known: &Known) -> Option<Missing> {
    let tags: Vec<Tag> = thing.tags.iter().filter_map(|tag| Tag::parse(tag)).collect();
    let mut makers = tags.iter().filter_map(|tag| match tag {
        Tag::ManagerUid(uid) => Some(uid),
        Tag::ClusterUid(_) | Tag::MachineUid(_) | Tag::Slot(_) => None,
    });
    let maker = makers.next();
    if maker.is_some_and(|maker| *maker != known.manager) {
        return None;
    }
    let without_cluster = |uid: &String| match maker {
        Some(_) => Missing::Cluster(uid.clone()),
        None => Missing::Unsigned(uid.clone()),
    };
    let without = tags.iter().find_map(|tag| match tag {
        Tag::ClusterUid(uid) if !known.clusters.contains(uid) => Some(without_cluster(uid)),
        _ => None,
    });
    without.or_else(|| {
        tags.iter().find_map(|tag| match tag {
            Tag::MachineUid(uid) if !known.machines.contains(uid) => Some(Missing::Machine(uid.clone())),
            _ => None,
        })
    })
}
