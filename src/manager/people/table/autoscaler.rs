//! The cells of a HorizontalPodAutoscaler.

use serde_json::Value;

use super::look::{Look, NONE, UNKNOWN, UNSET, plain, text};

/// How many metrics are shown; the rest is counted.
const SHOWN: usize = 2;

/// `Deployment/web`: what is scaled.
pub fn reference(look: &Look<'_>) -> String {
    let part = |path: &str| look.text(path).unwrap_or_default();
    format!("{}/{}", part("/spec/scaleTargetRef/kind"), part("/spec/scaleTargetRef/name"))
}

/// The least number of replicas.
pub fn least(look: &Look<'_>) -> String {
    look.object.pointer("/spec/minReplicas").map_or(UNSET.to_owned(), plain)
}

/// `cpu: 40%/80%, 120/200 (avg)`: each metric as it is and as it is wanted.
pub fn targets(look: &Look<'_>) -> String {
    let wanted = look.items("/spec/metrics");
    let current = look.items("/status/currentMetrics");
    if wanted.is_empty() {
        return NONE.to_owned();
    }
    let shown: Vec<String> = wanted
        .iter()
        .enumerate()
        .take(SHOWN)
        .map(|(index, metric)| target(metric, current.get(index).unwrap_or(&Value::Null)))
        .collect();
    let shown = shown.join(", ");
    if wanted.len() > SHOWN { format!("{shown} + {} more...", wanted.len() - SHOWN) } else { shown }
}

fn target(wanted: &Value, current: &Value) -> String {
    let (source, resource) = match text(wanted, "/type").unwrap_or_default() {
        "External" => ("external", false),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        _ => return "<unknown type>".to_owned(),
    };
    let goal = |field: &str| wanted.pointer(&format!("/{source}/target/{field}"));
    let now = |field: &str| {
        let found = current.pointer(&format!("/{source}/current/{field}"));
        found.map_or(UNKNOWN.to_owned(), plain)
    };
    let percent = |value: String| if value == UNKNOWN { value } else { format!("{value}%") };
    let name = wanted.pointer(&format!("/{source}/name")).map_or(String::new(), plain);
    match (goal("averageValue"), goal("value")) {
        (Some(average), _) if resource => format!("{name}: {}/{}", now("averageValue"), plain(average)),
        (Some(average), _) if source == "pods" => format!("{}/{}", now("averageValue"), plain(average)),
        (Some(average), _) => format!("{}/{} (avg)", now("averageValue"), plain(average)),
        (None, _) if resource => {
            let goal = goal("averageUtilization").map_or("<auto>".to_owned(), |goal| percent(plain(goal)));
            format!("{name}: {}/{goal}", percent(now("averageUtilization")))
        }
        (None, value) => format!("{}/{}", now("value"), value.map_or("0".to_owned(), plain)),
    }
}
