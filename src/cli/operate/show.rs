//! Plans for people: what would be done, what it touches, what cannot be taken back, and what speaks against it.

use std::fmt::Write as _;

use super::journal::Filed;
use crate::api::operation_status::{OperationPlan, PlannedStep, Risk, Touches, Veto};
use crate::api::request::{Request, without_steps};
use crate::settings::words::printable;

/// How many steps of a plan are shown. The rest is counted; `-o json` has all.
const STEPS: usize = 20;

/// All plans together.
pub fn plans(filed: &[Filed]) -> String {
    let mut text = String::new();
    for one in filed {
        if !text.is_empty() {
            text.push('\n');
        }
        line(&mut text, &format!("plan: {}", one.request));
        match one.plan() {
            Some(plan) => whole(&mut text, &one.request, plan),
            None => line(&mut text, "  there is no plan"),
        }
    }
    text
}

/// One plan under the Operation whose it is.
pub fn one(request: &Request, plan: &OperationPlan) -> String {
    let mut text = String::new();
    line(&mut text, &format!("plan: {request}"));
    whole(&mut text, request, plan);
    text
}

fn whole(text: &mut String, request: &Request, plan: &OperationPlan) {
    let (later, now): (Vec<&PlannedStep>, Vec<&PlannedStep>) =
        plan.steps.iter().partition(|step| step.forecast);
    if plan.steps.is_empty() {
        line(text, &format!("  {}", without_steps(request.verb)));
    }
    steps(text, "first", &now);
    steps(text, "then, if nothing changes", &later);
    if let Some(touched) = touched(plan.touches) {
        line(text, &format!("  touches: {touched}"));
    }
    match &plan.undo {
        Some(undo) => line(text, &format!("  taken back by: {undo}")),
        None if !plan.reversible => line(text, "  this cannot be taken back"),
        None => {}
    }
    for veto in &plan.vetoes {
        line(text, &format!("  veto {}: {}", veto.reason, veto.message));
        if let Some(way) = way_out(request, veto) {
            line(text, &format!("    way out: {way}"));
        }
    }
}

fn steps(text: &mut String, heading: &str, steps: &[&PlannedStep]) {
    if steps.is_empty() {
        return;
    }
    line(text, &format!("  {heading}:"));
    for step in steps.iter().take(STEPS) {
        let risk = match (step.risk, step.reversible) {
            (Risk::None, true) => "",
            (Risk::None, false) => "  (cannot be taken back)",
            (Risk::Disturbs, true) => "  (pods move)",
            (Risk::Disturbs, false) => "  (pods move; cannot be taken back)",
            (Risk::Destroys, _) => "  (something is gone afterwards)",
        };
        line(text, &format!("    - {}{risk}", step.text));
    }
    if steps.len() > STEPS {
        line(text, &format!("    - and {} more", steps.len() - STEPS));
    }
}

fn touched(touches: Touches) -> Option<String> {
    let Touches { tenants, clusters, machines, pods, volumes, calls } = touches;
    let counts = [
        (tenants, "tenant"),
        (clusters, "cluster"),
        (machines, "machine"),
        (pods, "pod"),
        (volumes, "volume"),
        (calls, "call of the cloud"),
    ];
    let counted = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| match (count, *what) {
        (1, what) => format!("1 {what}"),
        (_, "call of the cloud") => format!("{count} calls of the cloud"),
        (_, what) => format!("{count} {what}s"),
    });
    let all: Vec<String> = counted.collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// What a person can do about a veto. Those of safety have no way past them but to mend the cause.
pub fn way_out(request: &Request, veto: &Veto) -> Option<String> {
    let object = veto.object.as_ref().or(request.target.as_ref());
    let named = object.map(ToString::to_string).unwrap_or_default();
    let way = match veto.reason.as_str() {
        "Paused" => format!("kaasboard resume {named}, or its cluster, whichever is paused"),
        "Braked" => "kaasboard brake --off, for what the brake reaches".to_owned(),
        "Protected" => {
            let target = request.target.as_ref()?;
            let place = target.namespace.as_deref().unwrap_or_default();
            format!(
                "kubectl patch kubernetescluster {} -n {place} --type=merge -p '{{\"spec\":{{\"protected\":false}}}}'",
                target.name
            )
        }
        "RemediationSkipped" => format!("take the annotation kaasboard.dev/skip-remediation off {named}"),
        "HealingDisabled" => "switch spec.healing of the cluster on".to_owned(),
        "RetriesExhausted" => format!("kaasboard retry {named}, after its cause is mended"),
        "Autoscaled" => "change spec.workers[].autoscale of the cluster".to_owned(),
        "TooManyBroken" | "FleetBurst" | "ZoneOutageSuspected" | "NetworkOutageSuspected" => {
            "none: mend what the machines share; kaasboard get incidents names it".to_owned()
        }
        "NoRoomToReplace" => "raise the quota, or allow one machine to be missing: spec.healing".to_owned(),
        _ => return None,
    };
    Some(way)
}

fn line(text: &mut String, body: &str) {
    for part in body.lines() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", printable(part));
    }
}
