//! The scheduler: which node takes a pod.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::facts::{NodeFacts, PodFacts, Wish};
use super::fit;

/// The most pods on one node: kubelet's own default.
const MOST_PODS: usize = 110;

/// How many pods there are where, of whom.
#[derive(Debug)]
pub(super) struct Schedule<'a> {
    nodes: &'a [Arc<NodeFacts>],
    /// The claims that are going.
    going: &'a BTreeSet<(String, String)>,
    pods: BTreeMap<&'a str, usize>,
    /// By owner, then by node.
    siblings: BTreeMap<String, BTreeMap<&'a str, usize>>,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(
        nodes: &'a [Arc<NodeFacts>],
        pods: &'a [Arc<PodFacts>],
        going: &'a BTreeSet<(String, String)>,
    ) -> Self {
        let mut schedule = Self { nodes, going, pods: BTreeMap::new(), siblings: BTreeMap::new() };
        for pod in pods.iter().filter(|pod| pod.is_active()) {
            if let Some(node) = pod.node.as_deref() {
                schedule.count(node, pod.owner.as_ref().map(|(owner, _)| owner.as_str()));
            }
        }
        schedule
    }

    /// The node that takes a pod: of those that may, the one with the fewest pods of the same owner, then with the
    /// fewest pods.
    /// Nobody takes one whose claim is going.
    pub(super) fn place(&mut self, namespace: &str, wish: &Wish, owner: Option<&str>) -> Option<&'a str> {
        if wish.claims.iter().any(|claim| self.going.contains(&(namespace.to_owned(), claim.clone()))) {
            return None;
        }
        let pods = |node: &str| self.pods.get(node).copied().unwrap_or_default();
        let own = owner.and_then(|owner| self.siblings.get(owner));
        let siblings = |node: &str| own.and_then(|own| own.get(node)).copied().unwrap_or_default();
        let fitting = self.nodes.iter().filter(|node| fit::may_come(wish, node));
        let names = fitting.map(|node| node.name.as_str()).filter(|node| pods(node) < MOST_PODS);
        let found = names.min_by_key(|node| (siblings(node), pods(node), *node))?;
        self.count(found, owner);
        Some(found)
    }

    /// Why no node takes a pod, as the scheduler says it.
    pub(super) fn refusal(&self) -> String {
        let all = self.nodes.len();
        format!("0/{all} nodes are available: {all} node(s) didn't match the pod's requirements.")
    }

    fn count(&mut self, node: &'a str, owner: Option<&str>) {
        *self.pods.entry(node).or_default() += 1;
        let Some(owner) = owner else { return };
        if let Some(own) = self.siblings.get_mut(owner) {
            *own.entry(node).or_default() += 1;
        } else {
            self.siblings.insert(owner.to_owned(), BTreeMap::from([(node, 1)]));
        }
    }
}
