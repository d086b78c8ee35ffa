//! The fault lab of a sandbox: what can go wrong with what is under the cursor, and with the whole cloud.

use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::json;

use crate::console::effect::FaultWish;
use crate::console::overlay::{FaultMenu, Offer};
use crate::console::theme::Role;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::frame;
use crate::simulation::fault_entry::{FaultEntry, FaultKind};
use crate::simulation::lab;

/// The ConfigMap with the faults of a sandbox. There is none where servers are real.
pub const LIST: &str = lab::NAME;

/// How many servers find no host, when that is tried.
const REFUSED: u32 = 5;
/// Which share of the calls of a service fails, when that is tried.
const HALF: f64 = 0.5;

/// What is under the cursor, as far as faults can be about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// A machine: its name and its path.
    pub machine: Option<(String, String)>,
    /// Whether a member of etcd runs on it.
    pub member: bool,
    /// A hypervisor.
    pub host: Option<String>,
    /// A zone.
    pub zone: Option<String>,
    /// A cluster: its name and its path.
    pub cluster: Option<(String, String)>,
}

/// What became of a fault on a sandbox's list: nothing yet, it goes wrong, or it cannot and why.
pub fn outcome(list: &ConfigMap, name: &str) -> Option<Result<(), String>> {
    match lab::entries(list).remove(name)? {
        Ok(FaultEntry { problem: Some(problem), .. }) | Err(problem) => Some(Err(problem)),
        Ok(entry) => entry.since.map(|_| Ok(())),
    }
}

/// What can be tried there, and everywhere.
pub fn offers(spot: &Spot) -> Vec<Offer> {
    let mut all = Vec::new();
    let mut add = |what: String, kind, target: Option<&str>| {
        all.push(offer(what, &FaultEntry::new(kind, target.map(str::to_owned))));
    };
    if let Some((name, path)) = &spot.machine {
        let mut of = |what: String, kind| add(what, kind, Some(path));
        of(format!("the server of {name} dies"), FaultKind::ServerDies);
        of(format!("the kubelet of {name} stops"), FaultKind::KubeletStops);
        if spot.member {
            of(format!("the etcd member on {name} stops"), FaultKind::EtcdStops);
        }
        of(format!("the disk of {name} is full"), FaultKind::DiskFull);
        of(format!("the storage lets {name} in no more"), FaultKind::AccessLost);
        of(format!("the clock of {name} is a quarter of an hour behind"), FaultKind::ClockSkew);
    }
    if let Some(host) = &spot.host {
        add(format!("hypervisor {host} goes down"), FaultKind::HostDown, Some(host));
    }
    if let Some(zone) = &spot.zone {
        add(format!("zone {zone} goes dark"), FaultKind::ZoneDown, Some(zone));
        add(format!("the network of zone {zone} carries nothing"), FaultKind::NetworkOut, Some(zone));
    }
    if let Some((name, path)) = &spot.cluster {
        let mut of = |what: String, kind| add(what, kind, Some(path));
        of(format!("the network of cluster {name} carries nothing"), FaultKind::NetworkOut);
        of(format!("the quota of cluster {name} is used up"), FaultKind::QuotaFull);
        of(format!("the storage credential of cluster {name} is revoked"), FaultKind::CredentialRevoked);
    }
    all.extend(everywhere());
    all
}

/// What needs nothing under the cursor.
fn everywhere() -> Vec<Offer> {
    let of = |kind, service: Option<&str>| FaultEntry::new(kind, service.map(str::to_owned));
    let half = |kind| FaultEntry { share: Some(HALF), ..of(kind, Some("compute")) };
    let refused = FaultEntry { count: Some(REFUSED), ..of(FaultKind::NoValidHost, None) };
    vec![
        offer("balancers stay in PENDING".to_owned(), &of(FaultKind::BalancersStuck, None)),
        offer("half of the calls to Nova fail".to_owned(), &half(FaultKind::ApiErrors)),
        offer("half of Nova's replies are lost".to_owned(), &half(FaultKind::RepliesLost)),
        offer("Nova says that there are too many calls".to_owned(), &half(FaultKind::Throttling)),
        offer("Neutron answers late".to_owned(), &of(FaultKind::Slow, Some("network"))),
        offer(format!("the next {REFUSED} servers find no host"), &refused),
        Offer {
            told: "everything is right again".to_owned(),
            begins: FaultWish { name: None, entry: None },
            ends: None,
        },
    ]
}

fn offer(told: String, entry: &FaultEntry) -> Offer {
    let wish = |text| FaultWish { name: Some(entry.name()), entry: text };
    let ends = (!entry.kind.is_once()).then(|| wish(None));
    Offer { told, begins: wish(Some(json!(entry).to_string())), ends }
}

/// Draws the faults that can be tried.
pub fn draw(canvas: &mut Canvas<'_>, menu: &FaultMenu) {
    // Whoever has nothing under the cursor does not learn otherwise that most faults are about something.
    let is_vague = menu.offers.len() == everywhere().len();
    let height = (menu.offers.len() as u16 + 4 + u16::from(is_vague)).min(canvas.buffer.area.height);
    let title = if menu.ends { "fault lab: what is to end" } else { "fault lab: what goes wrong" };
    let inner = frame::window(canvas, title, 76, height);
    let rows = usize::from(inner.height.saturating_sub(2 + u16::from(is_vague)));
    let first = menu.at.saturating_sub(rows.saturating_sub(1));
    for (line, (index, offer)) in menu.offers.iter().enumerate().skip(first).take(rows).enumerate() {
        let style = canvas.style(match (index == menu.at, menu.ends && offer.ends.is_none()) {
            (true, _) => Role::Cursor,
            (false, true) => Role::Dim,
            (false, false) => Role::Text,
        });
        let y = inner.y + line as u16;
        let width = usize::from(inner.width.saturating_sub(1));
        canvas.put(inner.x, y, &format!(" {:<width$}", offer.told), inner.width, style);
    }
    let dim = canvas.style(Role::Dim);
    if is_vague {
        let hint = "on a node (4) or a cluster (3): also what goes wrong there";
        canvas.put(inner.x, inner.bottom().saturating_sub(2), hint, inner.width, dim);
    }
    let keys = if menu.ends {
        "enter ends it    tab: what goes wrong    esc leaves it"
    } else {
        "enter lets it happen    tab: what is to end    esc leaves it"
    };
    canvas.put(inner.x, inner.bottom().saturating_sub(1), keys, inner.width, dim);
}
