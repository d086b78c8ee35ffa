//! The parts of a machine in a scene: words, port, server, node.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use kaasboard::cloud::types::compute::{Server, ServerId, ServerStatus};
use kaasboard::cloud::types::identity::ProjectId;
use kaasboard::cloud::types::network::{Port, PortId};
use kaasboard::cloud::types::observed::Observed;
use kaasboard::planning::observation::node::{Cordon, Load, NodeView, PodView, Readiness};
use kaasboard::planning::step_inside::PodName;

use crate::scene::{ago, noon};

/// The words of a line: `key=value`, or a word alone.
pub struct Words<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Words<'a> {
    pub fn of(line: &'a str) -> Self {
        Self(line.split_whitespace().map(|word| word.split_once('=').unwrap_or((word, ""))).collect())
    }

    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).copied()
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub fn number(&self, key: &str) -> Option<i64> {
        self.get(key).map(|text| text.parse().unwrap())
    }
}

/// A port.
pub fn port(id: &str, server: Option<&str>) -> Port {
    let address: IpAddr = [10, 0, 0, id.bytes().fold(1, u8::wrapping_add)].into();
    Port {
        id: PortId::new(id),
        project: ProjectId::new("project"),
        name: id.to_owned(),
        network: "backend".to_owned(),
        addresses: vec![address],
        server: server.map(ServerId::new),
        tags: Vec::new(),
        created: ago(3600),
    }
}

pub fn ports(name: &str, words: &Words<'_>) -> Observed<Vec<Port>> {
    let one = || port(&format!("port-{name}"), Some(&format!("server-{name}")));
    match words.get("port") {
        Some("none") => Observed::known(Vec::new(), noon()),
        Some("two") => Observed::known(vec![one(), port("port-other", None)], noon()),
        Some("unbound") => Observed::known(vec![port(&format!("port-{name}"), None)], noon()),
        Some("unknown") => Observed::unknown("HTTP 503"),
        _ => Observed::known(vec![one()], noon()),
    }
}

/// A server.
pub fn server(
    id: &str,
    status: ServerStatus,
    zone: Option<&str>,
    host: Option<&str>,
    created: i64,
) -> Server {
    Server {
        id: ServerId::new(id),
        project: ProjectId::new("project"),
        name: id.to_owned(),
        status,
        task: None,
        fault: None,
        tags: Vec::new(),
        zone: zone.map(str::to_owned),
        host: host.map(str::to_owned),
        host_id: None,
        created: ago(created),
        updated: ago(created.min(400)),
    }
}

pub fn servers(name: &str, words: &Words<'_>) -> Observed<Vec<Server>> {
    let created = words.number("age").unwrap_or(3000);
    let one =
        |status| server(&format!("server-{name}"), status, words.get("zone"), words.get("host"), created);
    let list = match words.get("server").unwrap_or(if words.has("new") { "none" } else { "ACTIVE" }) {
        "none" => Vec::new(),
        "unknown" => return Observed::unknown("HTTP 503"),
        "two" => {
            vec![one(ServerStatus::Active), server("server-other", ServerStatus::Active, None, None, 10)]
        }
        "BUILD" => vec![one(ServerStatus::Build)],
        "ERROR" => vec![one(ServerStatus::Error)],
        "SHUTOFF" => vec![one(ServerStatus::ShutOff)],
        _ => vec![one(ServerStatus::Active)],
    };
    Observed::known(list, noon())
}

pub fn node(name: &str, words: &Words<'_>, joined: bool) -> Observed<Option<NodeView>> {
    let ready = match words.get("node").unwrap_or(if joined { "True" } else { "none" }) {
        "none" => return Observed::known(None, noon()),
        "silent-api" => return Observed::unknown("connection refused"),
        "False" => Readiness::False,
        "Unknown" => Readiness::Unknown,
        _ => Readiness::True,
    };
    let cordon = match words.get("cordon") {
        Some("ours") => Cordon::Ours,
        Some(_) => Cordon::Foreign,
        None => Cordon::No,
    };
    let view = NodeView {
        name: name.to_owned(),
        ready,
        ready_since: ago(words.number("since").unwrap_or(2000)),
        disk_full: None,
        lease_renewed: lease(words),
        cordon,
        starting: words.has("starting"),
        out_of_service: words.has("out-of-service"),
    };
    Observed::known(Some(view), noon())
}

fn lease(words: &Words) -> Observed<Option<DateTime<Utc>>> {
    if words.has("lease-unread") {
        return Observed::unknown("too many calls");
    }
    Observed::known(Some(ago(words.number("lease").unwrap_or(5))), noon())
}

/// `pods=plain,plain,volume,bound,refused,going`.
pub fn load(words: &Words<'_>) -> Observed<Load> {
    let pod = |(number, word): (usize, &str)| PodView {
        name: PodName { namespace: "app".to_owned(), name: format!("{word}-{number}"), uid: String::new() },
        bound: word == "bound",
        finished: false,
        volumes: word == "volume" || word == "going",
        deleting: (word == "going").then(|| ago(5)),
        refused: (word == "refused").then(|| ago(5)),
    };
    let pods = words.get("pods").map(|all| all.split(',').enumerate().map(pod).collect()).unwrap_or_default();
    let volumes =
        (0..words.number("volumes").unwrap_or(0)).map(|number| format!("volume-{number}")).collect();
    Observed::known(Load { pods, volumes }, noon())
}
