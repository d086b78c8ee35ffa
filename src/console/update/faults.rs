//! The fault lab: what can go wrong in a sandbox, about what is under the cursor.

use crate::console::effect::{Effect, Write};
use crate::console::model::{Model, Tone};
use crate::console::overlay::{FaultMenu, Overlay};
use crate::console::rows::cell::Cell;
use crate::console::rows::row::{Row, Target};
use crate::console::rows::subject::Subject;
use crate::console::screens::fault_lab::{self, Spot};

/// Offers what can be tried here.
pub fn open(model: &mut Model) -> Vec<Effect> {
    if !model.surroundings.sandbox {
        return vec![Effect::LookForLab];
    }
    offer(model);
    Vec::new()
}

/// Offers it if there is a sandbox behind the manager. Meanwhile the person may have opened something else, which stays.
pub fn found(model: &mut Model, found: Result<bool, String>) {
    match found {
        Ok(true) if model.overlay.is_none() => offer(model),
        Ok(true) => {}
        Ok(false) => model.tell(Tone::Bad, "the fault lab is for the sandbox only: here everything is real"),
        Err(why) => model.tell(Tone::Bad, format!("whether this is a sandbox is not known: {why}")),
    }
}

fn offer(model: &mut Model) {
    let offers = fault_lab::offers(&spot(model));
    model.overlay = Some(Overlay::Faults(FaultMenu { offers, at: 0, ends: false }));
}

/// Lets something go wrong, or ends it.
pub fn choose(model: &mut Model, menu: &FaultMenu) -> Vec<Effect> {
    let Some(offer) = menu.offers.get(menu.at) else { return Vec::new() };
    let (told, wish) = if menu.ends {
        let Some(wish) = &offer.ends else {
            model.tell(Tone::Bad, "this cannot be ended");
            return Vec::new();
        };
        (format!("over: {}", offer.told), wish)
    } else {
        (offer.told.clone(), &offer.begins)
    };
    model.overlay = None;
    match model.gate.permit(Write::Fault(wish.clone()), model.now) {
        Ok(effect) => {
            model.tell(Tone::Note, told);
            vec![effect]
        }
        Err(refusal) => {
            model.tell(Tone::Bad, refusal.to_string());
            Vec::new()
        }
    }
}

/// What is under the cursor.
fn spot(model: &Model) -> Spot {
    let row = match &model.view.detail {
        Some((target, _)) => model.fleet.find(target),
        None => model.current(),
    };
    let Some(row) = row else { return Spot::default() };
    let is_node = row.subject == Subject::Node;
    let own = |row: &Row| row.target.as_ref().map(|target| (target.name.to_string(), target.path()));
    let text = |word: &str| match row.cell(word) {
        Cell::Text(text) if is_node => Some(text.to_string()),
        _ => None,
    };
    let cluster = || {
        let (namespace, name) = (row.links.tenant.clone()?, row.links.cluster.clone()?);
        let target = Target { kind: "KubernetesCluster", namespace, name };
        Some((target.name.to_string(), target.path()))
    };
    Spot {
        machine: own(row).filter(|_| is_node && row.links.server.is_some()),
        member: text("role").as_deref() == Some("etcd"),
        host: text("host"),
        zone: text("zone"),
        cluster: if row.subject == Subject::Cluster { own(row) } else { cluster() },
    }
}
