//! The nodes of a user cluster as its watch shows them, each as far as planners look: a large fleet has tens of thousands,
//! and a whole Node takes thirty times as much.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt;
use kube::runtime::watcher::Event;

use crate::api::names::TAINT_STARTING;
use crate::api::time::Time;
use crate::cloud::types::observed::Observed;
use crate::planning::observation::node::{Cordon, NodeView, Readiness};
use crate::workload::objects::{CORDONED_BY_US, OUT_OF_SERVICE};

/// The nodes of one cluster.
#[derive(Debug, Default)]
pub struct Nodes {
    all: BTreeMap<String, NodeView>,
    listing: Option<BTreeMap<String, NodeView>>,
    complete: bool,
}

impl Nodes {
    /// One node, as it is known at a time.
    pub fn get(&self, name: &str, at: DateTime<Utc>) -> Observed<Option<NodeView>> {
        if self.complete {
            Observed::known(self.all.get(name).cloned(), at)
        } else {
            Observed::unknown("its nodes were not listed yet")
        }
    }

    /// Puts a node in as the API server answered to a write of ours; nothing if it is gone.
    pub fn wrote(&mut self, name: &str, node: Option<&Node>) {
        match node {
            Some(node) => self.all.insert(name.to_owned(), view(node)),
            None => self.all.remove(name),
        };
    }

    /// Takes an event; answers the names of the nodes that changed, as far as anybody looks: kubelets report all the time.
    pub fn hear(&mut self, event: Event<Node>) -> Vec<String> {
        match event {
            Event::Apply(node) => {
                let name = node.name_any();
                let seen = view(&node);
                if self.all.get(&name) == Some(&seen) {
                    return Vec::new();
                }
                self.all.insert(name.clone(), seen);
                vec![name]
            }
            Event::Delete(node) => {
                self.all.remove(&node.name_any());
                vec![node.name_any()]
            }
            Event::Init => {
                self.listing = Some(BTreeMap::new());
                Vec::new()
            }
            Event::InitApply(node) => {
                if let Some(listing) = &mut self.listing {
                    listing.insert(node.name_any(), view(&node));
                }
                Vec::new()
            }
            Event::InitDone => {
                let listed = self.listing.take().unwrap_or_default();
                let mut touched: Vec<String> = listed
                    .iter()
                    .filter(|(name, node)| self.all.get(*name) != Some(*node))
                    .map(|(name, _)| name.clone())
                    .collect();
                touched.extend(self.all.keys().filter(|name| !listed.contains_key(*name)).cloned());
                (self.all, self.complete) = (listed, true);
                touched
            }
        }
    }
}

/// A node as planners see it. Nobody asked yet when its Lease was renewed.
fn view(node: &Node) -> NodeView {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions.clone().find(|condition| condition.type_ == "Ready");
    let readiness = match ready.map(|condition| condition.status.as_str()) {
        Some("True") => Readiness::True,
        Some("Unknown") => Readiness::Unknown,
        // A kubelet that has not said anything yet is not ready.
        Some(_) | None => Readiness::False,
    };
    let mut full =
        conditions.filter(|condition| condition.type_ == "DiskPressure" && condition.status == "True");
    let full = full.next().and_then(|condition| condition.last_transition_time.as_ref());
    let since = ready.and_then(|condition| condition.last_transition_time.as_ref());
    let created = node.metadata.creation_timestamp.as_ref();
    let spec = node.spec.as_ref();
    let taints = || spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    let unschedulable = spec.and_then(|spec| spec.unschedulable) == Some(true);
    NodeView {
        name: node.name_any(),
        ready: readiness,
        ready_since: since.or(created).map_or(DateTime::<Utc>::MIN_UTC, |time| Time::from(time).at()),
        lease_renewed: Observed::known(None, DateTime::<Utc>::MIN_UTC),
        disk_full: full.map(|time| Time::from(time).at()),
        cordon: match (unschedulable, node.annotations().contains_key(CORDONED_BY_US)) {
            (false, _) => Cordon::No,
            (true, true) => Cordon::Ours,
            (true, false) => Cordon::Foreign,
        },
        starting: taints().any(|taint| taint.key == TAINT_STARTING),
        out_of_service: taints().any(|taint| taint.key == OUT_OF_SERVICE),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn node(name: &str, ready: &str, heartbeat: &str) -> Node {
        let condition = json!({
            "type": "Ready", "status": ready, "lastTransitionTime": "2026-11-20T03:00:00Z",
            "lastHeartbeatTime": heartbeat,
        });
        of(name, json!({ "unschedulable": true }), &condition)
    }

    fn of(name: &str, spec: Value, condition: &Value) -> Node {
        let node =
            json!({ "metadata": { "name": name }, "spec": spec, "status": { "conditions": [condition] } });
        serde_json::from_value(node).unwrap()
    }

    fn known(nodes: &Nodes, name: &str) -> Option<NodeView> {
        nodes.get(name, Utc::now()).value().cloned().expect("they were listed")
    }

    #[test]
    fn only_what_somebody_looks_at_is_a_change() {
        let mut nodes = Nodes::default();
        assert!(nodes.get("a", Utc::now()).value().is_none(), "nothing was listed yet");
        nodes.hear(Event::Init);
        for name in ["a", "b"] {
            assert!(nodes.hear(Event::InitApply(node(name, "True", "2026-11-20T03:00:00Z"))).is_empty());
        }
        assert_eq!(nodes.hear(Event::InitDone), ["a", "b"]);
        assert!(known(&nodes, "a").is_some_and(|node| node.is_ready() && node.cordon == Cordon::Foreign));

        assert!(
            nodes.hear(Event::Apply(node("a", "True", "2026-11-20T03:05:00Z"))).is_empty(),
            "a heartbeat"
        );
        assert_eq!(nodes.hear(Event::Apply(node("a", "Unknown", "2026-11-20T03:05:00Z"))), ["a"]);
        assert_eq!(known(&nodes, "a").map(|node| node.ready), Some(Readiness::Unknown));

        nodes.wrote("b", Some(&node("b", "False", "2026-11-20T03:05:00Z")));
        assert_eq!(known(&nodes, "b").map(|node| node.ready), Some(Readiness::False));
        assert_eq!(nodes.hear(Event::Delete(node("b", "False", "2026-11-20T03:05:00Z"))), ["b"]);
        assert_eq!(known(&nodes, "b"), None);
    }

    #[test]
    fn a_list_that_is_read_again_tells_what_came_and_what_went() {
        let mut nodes = Nodes::default();
        for names in [["a", "b"], ["b", "c"]] {
            nodes.hear(Event::Init);
            for name in names {
                nodes.hear(Event::InitApply(node(name, "True", "2026-11-20T03:00:00Z")));
            }
            let touched = nodes.hear(Event::InitDone);
            assert_eq!(touched, if names[0] == "a" { ["a", "b"] } else { ["c", "a"] });
        }
    }
}
