//! Brakes: they stop the engine at once, as far as they reach.

use super::acts;
use crate::api::operation::{Arguments, BrakeScope, Verb};
use crate::api::reference::ObjectReference;
use crate::api::text::CloudName;
use crate::console::action::Act;
use crate::console::effect::{Effect, Write};
use crate::console::model::{Model, Tone};
use crate::console::rows::objects::kind_of;
use crate::console::rows::row::{Row, Target};
use crate::console::rows::subject::Subject;

/// What a brake would be about, and how far it reaches.
///
/// # Errors
/// When what is under the cursor does not say it.
pub fn reach(model: &Model, act: Act) -> Result<(Option<ObjectReference>, Arguments, String), String> {
    let row = acts::current(model);
    let links = row.map(|row| row.links.clone()).unwrap_or_default();
    let scope = |scope: BrakeScope| Arguments { scope: Some(scope), ..Arguments::default() };
    let reference = |subject: Subject, namespace: &str, name: &str| {
        let target = Target { kind: kind_of(subject), namespace: namespace.into(), name: name.into() };
        model.fleet.find(&target).and_then(Row::reference)
    };
    match act {
        Act::BrakeAll => Ok((None, scope(BrakeScope::All), "everything".to_owned())),
        Act::BrakeZone => {
            let zone = row.map(|row| row.cell("zone").text().to_owned()).filter(|zone| !zone.is_empty());
            let zone = zone.ok_or("select a node in the zone that is to be braked")?;
            let named = CloudName::try_from(zone.clone()).map_err(|error| error.to_string())?;
            Ok((None, Arguments { zone: Some(named), ..scope(BrakeScope::Zone) }, format!("zone {zone}")))
        }
        Act::BrakeTenant => {
            let tenant = links.tenant.ok_or("select something of the tenant that is to be braked")?;
            let target = reference(Subject::Tenant, "", &tenant);
            Ok((
                Some(target.ok_or("the tenant is not known")?),
                scope(BrakeScope::Tenant),
                format!("tenant {tenant}"),
            ))
        }
        _ => {
            let (Some(tenant), Some(cluster)) = (links.tenant, links.cluster) else {
                return Err("select something of the cluster that is to be braked".to_owned());
            };
            let target = reference(Subject::Cluster, &tenant, &cluster);
            let about = format!("cluster {tenant}/{cluster}");
            Ok((Some(target.ok_or("the cluster is not known")?), scope(BrakeScope::Cluster), about))
        }
    }
}

/// A brake holds from the moment it is seen: whoever brakes has no time to lose, and it is undone by one key.
pub fn brake(model: &mut Model, act: Act) -> Vec<Effect> {
    let (target, arguments, about) = match reach(model, act) {
        Ok(found) => found,
        Err(why) => {
            model.tell(Tone::Bad, why);
            return Vec::new();
        }
    };
    let reason = match model.gate.reason() {
        "" => "braked from the console".to_owned(),
        reason => reason.to_owned(),
    };
    let operation = acts::operation_of(model, Verb::Brake, target, arguments, &reason);
    let write = Write::File { operations: vec![(about.clone(), operation)], looked_at: Vec::new() };
    acts::permit(model, write, &format!("braking {about}; release it in the journal (8) with K"))
}
