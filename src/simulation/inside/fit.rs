//! Where a pod may run: taints and tolerations, cordons, selectors.

use chrono::{DateTime, TimeDelta, Utc};

use super::facts::{NodeFacts, TaintFacts, Toleration, Wish};
use crate::workload::objects::OUT_OF_SERVICE;

/// How long pods stay on a node that is not ready or not heard of, unless they say otherwise
/// (`--default-unreachable-toleration-seconds`).
const STAYS: TimeDelta = TimeDelta::seconds(300);
/// The taints that the DaemonSet controller lets its pods tolerate.
const DAEMONS_TOLERATE: [&str; 6] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/unschedulable",
];

/// Whether a new pod may be put on a node.
pub(super) fn may_come(wish: &Wish, node: &NodeFacts) -> bool {
    let free = node.ready == "True" && !node.is_cordoned;
    free && selects(wish, node) && keeps_away(node).all(|taint| tolerates(wish, taint))
}

/// Whether a DaemonSet wants a pod on a node.
pub(super) fn wants_daemon(wish: &Wish, node: &NodeFacts) -> bool {
    let tolerated =
        |taint: &TaintFacts| DAEMONS_TOLERATE.contains(&taint.key.as_str()) || tolerates(wish, taint);
    selects(wish, node) && keeps_away(node).all(tolerated)
}

/// When a pod has to leave its node because of the node's taints, if it has to.
pub(super) fn leaves_at(wish: &Wish, node: &NodeFacts) -> Option<DateTime<Utc>> {
    let drives = node.taints.iter().filter(|taint| taint.effect == "NoExecute");
    let at = |taint: &TaintFacts| {
        let since = node.since.unwrap_or(DateTime::<Utc>::MIN_UTC);
        let state =
            matches!(taint.key.as_str(), "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable");
        let mut found =
            wish.tolerations.iter().filter(|toleration| is_tolerated_by(taint, toleration)).peekable();
        if found.peek().is_none() {
            // Admission lets every pod tolerate the states of its node for a while.
            return Some(if state { since + STAYS } else { since });
        }
        let seconds = found.map(|toleration| toleration.seconds).collect::<Option<Vec<i64>>>()?;
        let shortest = seconds.into_iter().min().unwrap_or_default().max(0);
        Some(since + TimeDelta::try_seconds(shortest).unwrap_or(STAYS))
    };
    drives.filter_map(at).min()
}

/// Whether somebody said that a node is out of service.
pub(super) fn is_out_of_service(node: &NodeFacts) -> bool {
    node.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
}

fn keeps_away(node: &NodeFacts) -> impl Iterator<Item = &TaintFacts> {
    node.taints.iter().filter(|taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute"))
}

fn selects(wish: &Wish, node: &NodeFacts) -> bool {
    wish.selector.iter().all(|(key, value)| node.labels.get(key) == Some(value.as_str()))
}

fn tolerates(wish: &Wish, taint: &TaintFacts) -> bool {
    wish.tolerations.iter().any(|toleration| is_tolerated_by(taint, toleration))
}

fn is_tolerated_by(taint: &TaintFacts, toleration: &Toleration) -> bool {
    (toleration.key.is_empty() || toleration.key == taint.key)
        && (toleration.effect.is_empty() || toleration.effect == taint.effect)
        && toleration.value.as_ref().is_none_or(|value| *value == taint.value)
}
