//! The cells of a Pod: how far it is, as its containers tell it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::look::{Look, NONE, text, time};

/// What the containers of a pod say together.
struct Summary {
    status: String,
    ready: usize,
    restarts: i64,
    last_restart: Option<DateTime<Utc>>,
}

/// What the init containers of a pod say together.
struct Beginning {
    /// `Init:1/2`, while they run.
    status: Option<String>,
    /// Restarts of all of them.
    all: Restarts,
    /// Restarts and readiness of those that keep running beside the pod's containers.
    beside: Restarts,
    ready: usize,
}

#[derive(Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Option<DateTime<Utc>>,
}

/// `1/2`: how many of its containers are ready.
pub fn ready(look: &Look<'_>) -> String {
    let beside = look.items("/spec/initContainers").iter().filter(|container| stays(container)).count();
    format!("{}/{}", summary(look).ready, look.items("/spec/containers").len() + beside)
}

/// `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`, …
pub fn status(look: &Look<'_>) -> String {
    let finished = matches!(look.text("/status/phase"), Some("Succeeded" | "Failed"));
    let deleted = look.text("/metadata/deletionTimestamp").is_some();
    match look.text("/status/reason") {
        Some("NodeLost") if deleted => "Unknown".to_owned(),
        _ if deleted && !finished => "Terminating".to_owned(),
        _ => summary(look).status,
    }
}

/// `3 (5m ago)`: how often its containers were restarted.
pub fn restarts(look: &Look<'_>) -> String {
    match summary(look) {
        Summary { restarts, last_restart: Some(last), .. } if restarts != 0 => {
            format!("{restarts} ({} ago)", look.age(Some(last)))
        }
        Summary { restarts, .. } => restarts.to_string(),
    }
}

/// `1/2`: how many of its readiness gates are open.
pub fn gates(look: &Look<'_>) -> String {
    let gates = look.items("/spec/readinessGates");
    let open =
        |gate: &&Value| text(gate, "/conditionType").and_then(|kind| look.condition(kind)) == Some("True");
    if gates.is_empty() {
        return NONE.to_owned();
    }
    format!("{}/{}", gates.iter().filter(open).count(), gates.len())
}

/// The conditions of the row of a pod that has ended.
pub fn row_conditions(look: &Look<'_>) -> Option<Value> {
    let (reason, message) = match look.text("/status/phase")? {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!([{ "type": "Completed", "status": "True", "reason": reason, "message": message }]))
}

fn summary(look: &Look<'_>) -> Summary {
    let phase = look.text("/status/reason").or_else(|| look.text("/status/phase")).unwrap_or_default();
    let gated =
        look.items("/status/conditions").iter().any(|condition| condition["reason"] == "SchedulingGated");
    let status = if gated { "SchedulingGated" } else { phase };
    let beginning = beginning(look);
    match beginning.status {
        Some(status) if look.condition("Initialized") != Some("True") => Summary {
            status,
            ready: beginning.ready,
            restarts: beginning.all.count,
            last_restart: beginning.all.last,
        },
        status_of_init => {
            let status = status_of_init.unwrap_or_else(|| status.to_owned());
            running(look, status, beginning.beside, beginning.ready)
        }
    }
}

/// Init containers are told up to the first one that has not done its part.
fn beginning(look: &Look<'_>) -> Beginning {
    let mut beginning =
        Beginning { status: None, all: Restarts::default(), beside: Restarts::default(), ready: 0 };
    let specs = look.items("/spec/initContainers");
    for (index, container) in look.items("/status/initContainerStatuses").iter().enumerate() {
        let stays = specs.iter().any(|spec| spec["name"] == container["name"] && stays(spec));
        beginning.all.add(container);
        if stays {
            beginning.beside.add(container);
        }
        let ended = container.pointer("/state/terminated");
        if ended.is_some_and(|ended| ended["exitCode"] == 0) {
            continue;
        }
        if stays && container["started"] == true {
            beginning.ready += usize::from(container["ready"] == true);
            continue;
        }
        let waiting = text(container, "/state/waiting/reason").filter(|reason| *reason != "PodInitializing");
        beginning.status = Some(match (ended, waiting) {
            (Some(ended), _) => format!("Init:{}", ending(ended)),
            (None, Some(reason)) => format!("Init:{reason}"),
            (None, None) => format!("Init:{index}/{}", specs.len()),
        });
        break;
    }
    beginning
}

fn running(look: &Look<'_>, mut status: String, mut restarts: Restarts, mut ready: usize) -> Summary {
    let mut runs = false;
    let mut failure = None;
    for container in look.items("/status/containerStatuses").iter().rev() {
        restarts.add(container);
        if let Some(reason) = text(container, "/state/waiting/reason") {
            status = reason.to_owned();
        } else if let Some(ended) = container.pointer("/state/terminated") {
            status = ending(ended);
            if ended["exitCode"] != 0 {
                failure = Some(status.clone());
            }
        } else if container["ready"] == true && container.pointer("/state/running").is_some() {
            runs = true;
            ready += 1;
        }
    }
    // A pod of which one container is done and another one runs is running.
    if status == "Completed" {
        status = match (runs, failure) {
            (true, _) if look.condition("Ready") == Some("True") => "Running".to_owned(),
            (_, Some(failure)) => failure,
            (true, None) => "NotReady".to_owned(),
            (false, None) => status,
        };
    }
    Summary { status, ready, restarts: restarts.count, last_restart: restarts.last }
}

/// Why a container ended, as a word.
fn ending(ended: &Value) -> String {
    match (text(ended, "/reason"), ended["signal"].as_i64().filter(|signal| *signal != 0)) {
        (Some(reason), _) => reason.to_owned(),
        (None, Some(signal)) => format!("Signal:{signal}"),
        (None, None) => format!("ExitCode:{}", ended["exitCode"].as_i64().unwrap_or_default()),
    }
}

/// Whether an init container keeps running beside the pod's containers.
fn stays(spec: &Value) -> bool {
    spec["restartPolicy"] == "Always"
}

impl Restarts {
    fn add(&mut self, container: &Value) {
        self.count += container["restartCount"].as_i64().unwrap_or_default();
        self.last = self.last.max(time(container, "/lastState/terminated/finishedAt"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: Value, expected: &str) {
        let pod = json!({
            "metadata": {},
            "spec": {
                "initContainers": [{ "name": "prepare" }, { "name": "proxy", "restartPolicy": "Always" }],
                "containers": [{ "name": "a" }, { "name": "b" }],
            },
            "status": status,
        });
        let now = DateTime::from_timestamp(1_000_000_300, 0).unwrap();
        let look = Look { object: &pod, now };
        assert_eq!(format!("{} {} {}", ready(&look), super::status(&look), restarts(&look)), expected);
    }

    #[test]
    fn a_pod_is_told_as_kubectl_tells_it() {
        let done = json!({ "name": "prepare", "state": { "terminated": { "exitCode": 0 } } });
        let proxy = json!({ "name": "proxy", "started": true, "ready": true, "restartCount": 1, "state": { "running": {} } });
        let runs = json!({ "ready": true, "restartCount": 2, "state": { "running": {} },
            "lastState": { "terminated": { "finishedAt": "2001-09-09T01:46:40Z" } } });
        let crashes = json!({ "restartCount": 7, "state": { "waiting": { "reason": "CrashLoopBackOff" } } });
        let failed = json!({ "state": { "terminated": { "exitCode": 2 } } });
        let completed = json!({ "state": { "terminated": { "exitCode": 0, "reason": "Completed" } } });
        check(json!({ "phase": "Pending" }), "0/3 Pending 0");
        check(json!({ "phase": "Pending", "reason": "Evicted" }), "0/3 Evicted 0");
        check(
            json!({ "phase": "Pending", "initContainerStatuses": [{ "name": "prepare", "state": { "waiting": {} } }] }),
            "0/3 Init:0/2 0",
        );
        check(
            json!({ "phase": "Pending", "initContainerStatuses": [{ "name": "prepare", "restartCount": 4, "state": { "terminated": { "exitCode": 3 } } }] }),
            "0/3 Init:ExitCode:3 4",
        );
        let init = json!([done, proxy]);
        check(
            json!({ "phase": "Running", "initContainerStatuses": init, "containerStatuses": [runs, crashes] }),
            "2/3 CrashLoopBackOff 10 (5m ago)",
        );
        check(
            json!({ "phase": "Running", "initContainerStatuses": init, "containerStatuses": [runs, completed] }),
            "2/3 NotReady 3 (5m ago)",
        );
        check(
            json!({ "phase": "Running", "initContainerStatuses": init, "containerStatuses": [runs, runs] }),
            "3/3 Running 5 (5m ago)",
        );
        check(json!({ "phase": "Failed", "containerStatuses": [failed, completed] }), "0/3 ExitCode:2 0");
    }
}
