//! What the cluster's controllers need to know of stored objects, read once for each version of an object.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::join::time;
use super::kube::Kube;
use crate::manager::object;
use crate::manager::store::entry::{Entry, Pairs};
use crate::workload::objects::ADDON;

/// The labels that say which version of its template a pod was made from.
pub(super) const HASHES: [&str; 2] = ["pod-template-hash", "controller-revision-hash"];

/// So few wishes are not worth looking through.
const FEW: usize = 64;

/// The label of the pods that speak to the storage for their cluster.
const CSI_CONTROLLER: &str = "csi-controller";

/// What was read of the objects of one type, each at the version at which it was read, in the order of their names.
#[derive(Debug)]
pub(super) struct Memory<T> {
    /// The newest revision of the type when it was looked at.
    newest: Option<u64>,
    entries: Vec<Arc<Entry>>,
    facts: Arc<[Arc<T>]>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { newest: None, entries: Vec::new(), facts: Arc::new([]) }
    }
}

impl<T> Memory<T> {
    /// All objects of a type, of which only those are read that changed.
    pub(super) fn look(
        &mut self,
        kube: &Kube,
        resource: &str,
        mut read: impl FnMut(&Arc<Entry>, &Value) -> T,
    ) -> Arc<[Arc<T>]> {
        // Before the list: what comes in between is looked at once more.
        let newest = kube.newest(resource);
        if self.newest == Some(newest) {
            return Arc::clone(&self.facts);
        }
        let listed = kube.list(resource);
        let (mut entries, mut all) = (Vec::with_capacity(listed.len()), Vec::with_capacity(listed.len()));
        let mut known = self.entries.iter().zip(self.facts.iter()).peekable();
        for entry in listed {
            while known.next_if(|(one, _)| one.key() < entry.key()).is_some() {}
            let same = known.next_if(|(one, _)| Arc::ptr_eq(one, &entry)).map(|(_, facts)| Arc::clone(facts));
            let facts = same.or_else(|| Some(Arc::new(read(&entry, &entry.value().ok()?))));
            if let Some(facts) = facts {
                entries.push(entry);
                all.push(facts);
            }
        }
        (self.newest, self.entries, self.facts) = (Some(newest), entries, all.into());
        Arc::clone(&self.facts)
    }
}

/// Where pods may run, shared by all that may run in the same places: a thousand pods have a handful of wishes.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    known: HashSet<Arc<Wish>>,
    /// How many there were after those were forgotten that nobody has.
    kept: usize,
}

impl Wishes {
    fn share(&mut self, wish: Wish) -> Arc<Wish> {
        if let Some(known) = self.known.get(&wish) {
            return Arc::clone(known);
        }
        if self.known.len() > 2 * self.kept + FEW {
            self.known.retain(|known| Arc::strong_count(known) > 1);
            self.kept = self.known.len();
        }
        let wish = Arc::new(wish);
        self.known.insert(Arc::clone(&wish));
        wish
    }
}

/// A taint of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TaintFacts {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) effect: String,
}

/// A node, as far as pods go.
#[derive(Clone, Debug)]
pub(super) struct NodeFacts {
    pub(super) name: String,
    pub(super) labels: Pairs,
    pub(super) taints: Vec<TaintFacts>,
    pub(super) is_cordoned: bool,
    /// The condition Ready, and since when.
    pub(super) ready: String,
    pub(super) since: Option<DateTime<Utc>>,
}

/// A toleration of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Toleration {
    /// Empty for every key.
    pub(super) key: String,
    /// Nothing for every value.
    pub(super) value: Option<String>,
    /// Empty for every effect.
    pub(super) effect: String,
    pub(super) seconds: Option<i64>,
}

/// Where a pod may run: of a pod, or of a template for pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Wish {
    pub(super) selector: BTreeMap<String, String>,
    pub(super) tolerations: Vec<Toleration>,
    pub(super) claims: Vec<String>,
    pub(super) host_network: bool,
}

/// A pod.
#[derive(Clone, Debug)]
pub(super) struct PodFacts {
    pub(super) namespace: String,
    pub(super) name: String,
    /// The uid of its controller, and whether that is a DaemonSet.
    pub(super) owner: Option<(String, bool)>,
    pub(super) hash: String,
    pub(super) node: Option<String>,
    pub(super) phase: &'static str,
    pub(super) is_ready: bool,
    /// Whether it speaks to the storage for its cluster.
    pub(super) is_driver: bool,
    /// Whether it is known that it fits nowhere.
    pub(super) is_unschedulable: bool,
    /// When its deletion was asked for, and how long it may take.
    pub(super) leaving: Option<(DateTime<Utc>, TimeDelta)>,
    pub(super) wish: Arc<Wish>,
}

/// What wants pods.
#[derive(Clone, Debug)]
pub(super) struct WorkloadFacts {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) owner: Option<String>,
    pub(super) generation: i64,
    pub(super) replicas: usize,
    /// The object itself: what its pods are made of is large, and read when one is made.
    pub(super) entry: Arc<Entry>,
    pub(super) hash: String,
    pub(super) wish: Wish,
    pub(super) is_cni: bool,
    pub(super) created: Option<DateTime<Utc>>,
    pub(super) claims: Vec<Value>,
    pub(super) status: Value,
    pub(super) is_leaving: bool,
}

impl PodFacts {
    /// Whether it counts for its owner: it is not on its way out, and has not ended.
    pub(super) fn is_active(&self) -> bool {
        self.leaving.is_none() && !matches!(self.phase, "Succeeded" | "Failed")
    }

    /// Whether its node keeps it, so that it never goes elsewhere.
    pub(super) fn is_bound(&self) -> bool {
        self.owner.as_ref().is_some_and(|(_, bound)| *bound)
    }
}

impl WorkloadFacts {
    /// Its spec, with the template of its pods.
    pub(super) fn spec(&self) -> Value {
        // What is stored can be read; the alternative is memory that is broken.
        self.entry.value().map(|mut value| value["spec"].take()).unwrap_or_default()
    }
}

pub(super) fn node(entry: &Arc<Entry>, value: &Value) -> NodeFacts {
    let conditions = value["status"]["conditions"].as_array();
    let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
    let taint = |taint: &Value| TaintFacts {
        key: text(&taint["key"]),
        value: text(&taint["value"]),
        effect: text(&taint["effect"]),
    };
    NodeFacts {
        name: object::name(value).to_owned(),
        labels: entry.labels().clone(),
        taints: list(&value["spec"]["taints"]).iter().map(taint).collect(),
        is_cordoned: value["spec"]["unschedulable"] == true,
        ready: ready.map(|ready| text(&ready["status"])).unwrap_or_default(),
        since: ready.and_then(|ready| time(ready["lastTransitionTime"].as_str()?)),
    }
}

pub(super) fn pod(wishes: &mut Wishes, entry: &Entry, value: &Value) -> PodFacts {
    let (meta, spec, status) = (&value["metadata"], &value["spec"], &value["status"]);
    let condition = |kind: &str| list(&status["conditions"]).iter().find(|one| one["type"] == kind);
    let owner = list(&meta["ownerReferences"]).iter().find(|owner| owner["controller"] == true);
    let end = meta["deletionTimestamp"].as_str().and_then(time);
    let grace = TimeDelta::seconds(meta["deletionGracePeriodSeconds"].as_i64().unwrap_or_default());
    let mut wish = wish(spec);
    // A claim of the pod's own is named after the pod and the volume.
    let own = list(&spec["volumes"]).iter().filter(|volume| volume["ephemeral"].is_object());
    wish.claims.extend(own.map(|volume| format!("{}-{}", object::name(value), text(&volume["name"]))));
    PodFacts {
        namespace: object::namespace(value).to_owned(),
        name: object::name(value).to_owned(),
        owner: owner.map(|owner| (text(&owner["uid"]), owner["kind"] == "DaemonSet")),
        hash: HASHES.iter().find_map(|key| entry.label(key)).unwrap_or_default().to_owned(),
        node: spec["nodeName"].as_str().filter(|name| !name.is_empty()).map(str::to_owned),
        phase: phase(&status["phase"]),
        is_ready: condition("Ready").is_some_and(|condition| condition["status"] == "True"),
        is_driver: entry.label("app") == Some(CSI_CONTROLLER),
        is_unschedulable: condition("PodScheduled").is_some_and(|condition| condition["status"] == "False"),
        leaving: end.map(|end| (end - grace, grace)),
        wish: wishes.share(wish),
    }
}

pub(super) fn workload(entry: &Arc<Entry>, value: &Value) -> WorkloadFacts {
    let (meta, spec) = (&value["metadata"], &value["spec"]);
    let owner = list(&meta["ownerReferences"]).iter().find(|owner| owner["controller"] == true);
    let replicas = spec["replicas"].as_u64().unwrap_or(1);
    WorkloadFacts {
        namespace: object::namespace(value).to_owned(),
        name: object::name(value).to_owned(),
        uid: object::uid(value).to_owned(),
        owner: owner.map(|owner| text(&owner["uid"])),
        generation: meta["generation"].as_i64().unwrap_or_default(),
        replicas: usize::try_from(replicas).unwrap_or(usize::MAX),
        entry: Arc::clone(entry),
        hash: hash(&spec["template"]),
        wish: wish(&spec["template"]["spec"]),
        is_cni: entry.label(ADDON) == Some("cni"),
        created: meta["creationTimestamp"].as_str().and_then(time),
        claims: list(&spec["volumeClaimTemplates"]).to_vec(),
        status: value["status"].clone(),
        is_leaving: object::is_deleting(value),
    }
}

/// The phases of pods, as the API knows them.
fn phase(value: &Value) -> &'static str {
    let known = ["Pending", "Running", "Succeeded", "Failed"];
    known.into_iter().find(|phase| value == phase).unwrap_or_default()
}

/// The elements of a list, or none.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A text, or the empty one.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn wish(spec: &Value) -> Wish {
    let toleration = |one: &Value| Toleration {
        key: text(&one["key"]),
        value: (one["operator"] != "Exists").then(|| text(&one["value"])),
        effect: text(&one["effect"]),
        seconds: one["tolerationSeconds"].as_i64(),
    };
    let claim = |volume: &Value| volume["persistentVolumeClaim"]["claimName"].as_str().map(str::to_owned);
    Wish {
        selector: labels(&spec["nodeSelector"]),
        tolerations: list(&spec["tolerations"]).iter().map(toleration).collect(),
        claims: list(&spec["volumes"]).iter().filter_map(claim).collect(),
        host_network: spec["hostNetwork"] == true,
    }
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// A short hash of a template, as it stands in the names and labels of what is made from it.
fn hash(template: &Value) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(template.to_string());
    digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}
