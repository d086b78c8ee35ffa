//! The fault lab: what can go wrong in a sandbox, about what is under the cursor.

use crate::console::effect::{Effect, FaultWish, Write};
use crate::console::model::{Model, Tone};
use crate::console::overlay::{FaultMenu, Overlay};
use crate::console::rows::cell::Cell;

/// How many servers find no host, when that is tried.
const REFUSED: u32 = 5;

/// Offers what can be tried here.
pub fn open(model: &mut Model) -> Vec<Effect> {
    if !model.surroundings.sandbox {
        model.tell(Tone::Bad, "the fault lab is for the sandbox only: here everything is real");
        return Vec::new();
    }
    model.overlay = Some(Overlay::Faults(FaultMenu { faults: offered(model), at: 0 }));
    Vec::new()
}

/// Lets something go wrong.
pub fn inject(model: &mut Model, told: &str, wish: FaultWish) -> Vec<Effect> {
    model.overlay = None;
    match model.gate.permit(Write::Fault(wish), model.now) {
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

fn offered(model: &Model) -> Vec<(String, FaultWish)> {
    let mut all = Vec::new();
    let node = match &model.view.detail {
        Some((target, _)) => model.fleet.find(target),
        None => model.current(),
    };
    if let Some(row) = node.filter(|row| row.subject == crate::console::rows::subject::Subject::Node) {
        let name = row.name();
        if let Some(server) = row.links.server.as_deref().map(str::to_owned) {
            all.push((
                format!("the server of {name} dies"),
                FaultWish::ServerDies { server: server.clone() },
            ));
            for (stopped, word) in [(true, "stops"), (false, "runs again")] {
                let wish = FaultWish::Kubelet { server: server.clone(), stopped };
                all.push((format!("the kubelet of {name} {word}"), wish));
            }
        }
        let text = |word: &str| match row.cell(word) {
            Cell::Text(text) => Some(text.to_string()),
            _ => None,
        };
        if let Some(host) = text("host") {
            for (down, word) in [(true, "goes down"), (false, "comes back")] {
                let wish = FaultWish::Host { host: host.clone(), down };
                all.push((format!("hypervisor {host} {word}"), wish));
            }
        }
        if let Some(zone) = text("zone") {
            for (down, word) in [(true, "goes dark"), (false, "comes back")] {
                all.push((format!("zone {zone} {word}"), FaultWish::Zone { zone: zone.clone(), down }));
            }
        }
    }
    all.extend(everywhere());
    all
}

/// What needs nothing under the cursor.
fn everywhere() -> Vec<(String, FaultWish)> {
    vec![
        ("balancers stay in PENDING".to_owned(), FaultWish::Balancers { stuck: true }),
        ("balancers change again".to_owned(), FaultWish::Balancers { stuck: false }),
        ("half of the calls to Nova fail".to_owned(), FaultWish::ComputeErrors { failing: true }),
        ("Nova answers again".to_owned(), FaultWish::ComputeErrors { failing: false }),
        (format!("the next {REFUSED} servers find no host"), FaultWish::NoValidHost { servers: REFUSED }),
        ("everything is right again".to_owned(), FaultWish::AllWell),
    ]
}
