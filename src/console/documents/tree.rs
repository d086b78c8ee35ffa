//! What an object belongs to and what belongs to it, alike children collapsed.

use std::collections::BTreeMap;

use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::{Cell, State};
use crate::console::rows::row::{Row, Target};
use crate::console::rows::subject::Subject;

/// Beyond so many, children that are alike are one line.
const ALIKE: usize = 3;

/// The tree around an object: its tenant, its cluster, and all parts of that.
pub fn lines(model: &Model, target: &Target) -> Vec<Line> {
    let Some(row) = model.fleet.find(target) else {
        return vec![Line::of(Sense::Dim, "it is no object of a tree")];
    };
    let Some(tenant) = &row.links.tenant else {
        return vec![Line::of(Sense::Dim, "it belongs to no tenant")];
    };
    let mut lines = Vec::new();
    if let Some(owner) = model.fleet.shelf(Subject::Tenant).named("", tenant) {
        lines.push(entry(owner, 0, "tenant", target));
    }
    let clusters = model.fleet.shelf(Subject::Cluster).rows();
    let mut clusters: Vec<&Row> = clusters
        .filter(|cluster| cluster.links.tenant.as_ref() == Some(tenant))
        .filter(|cluster| row.links.cluster.is_none() || cluster.links.cluster == row.links.cluster)
        .collect();
    clusters.sort_by_key(|cluster| cluster.name().to_owned());
    for cluster in clusters {
        lines.push(entry(cluster, 1, "cluster", target));
        parts(model, cluster, target, &mut lines);
    }
    lines
}

fn parts(model: &Model, cluster: &Row, target: &Target, lines: &mut Vec<Line>) {
    let mine =
        |row: &&Row| row.links.tenant == cluster.links.tenant && row.links.cluster == cluster.links.cluster;
    let mut balancers: Vec<&Row> = model.fleet.shelf(Subject::Balancer).rows().filter(mine).collect();
    balancers.sort_by_key(|row| row.name().to_owned());
    for balancer in balancers {
        let line = entry(balancer, 2, "load balancer", target);
        lines.push(line.and(Sense::Dim, format!("  {}", balancer.cell("vip").text())));
    }
    let mut by_role: BTreeMap<(usize, String), Vec<&Row>> = BTreeMap::new();
    for node in model.fleet.shelf(Subject::Node).rows().filter(mine) {
        let role = node.cell("role").text();
        let order = ["etcd", "control-plane", "ingress", "worker"].iter().position(|known| *known == role);
        let pool =
            node.links.pool.as_deref().filter(|pool| *pool != role).map(|pool| format!("{role} pool {pool}"));
        by_role.entry((order.unwrap_or(9), pool.unwrap_or_else(|| role.to_owned()))).or_default().push(node);
    }
    for ((_, role), mut nodes) in by_role {
        let well = nodes.iter().filter(|node| node.state == State::Ok).count();
        let worst = nodes.iter().map(|node| node.state).min().unwrap_or(State::Ok);
        lines.push(
            Line::of(Sense::Plain, indent(2))
                .state(worst, &role)
                .and(Sense::Dim, format!("  {well}/{}", nodes.len())),
        );
        nodes.sort_by(|left, right| (left.state, left.name()).cmp(&(right.state, right.name())));
        let open: Vec<&Row> = nodes
            .iter()
            .filter(|node| node.state != State::Ok || node.target.as_ref() == Some(target))
            .copied()
            .collect();
        let rest: Vec<&Row> =
            nodes.iter().filter(|node| !open.iter().any(|open| open.id == node.id)).copied().collect();
        for node in open {
            machine(model, node, target, lines);
        }
        if rest.len() > ALIKE {
            lines.push(Line::of(Sense::Plain, indent(3)).state(
                State::Ok,
                format!("{} alike: {} … {}", rest.len(), rest[0].name(), rest[rest.len() - 1].name()),
            ));
        } else {
            rest.into_iter().for_each(|node| machine(model, node, target, lines));
        }
    }
}

/// A machine with its server and volumes.
fn machine(model: &Model, node: &Row, target: &Target, lines: &mut Vec<Line>) {
    lines.push(entry(node, 3, "", target));
    if node.target.as_ref() != Some(target) && node.state == State::Ok {
        return;
    }
    if let Some(server) = &node.links.server {
        let status = node.cell("server").text();
        let place = [node.cell("host").text(), node.cell("zone").text()].join(" ");
        lines.push(Line::of(Sense::Dim, format!("{}server {server} {status} on {place}", indent(4))));
        for volume in
            model.fleet.shelf(Subject::Volume).rows().filter(|row| row.links.server.as_ref() == Some(server))
        {
            let size = match volume.cell("size") {
                Cell::Number(size) => size.to_string(),
                _ => String::new(),
            };
            lines.push(Line::of(
                Sense::Dim,
                format!("{}volume {} {size} GiB", indent(4), volume.cell("name").text()),
            ));
        }
    }
    if let Cell::Text(address) = node.cell("ip") {
        lines.push(Line::of(Sense::Dim, format!("{}port {address}", indent(4))));
    }
}

fn entry(row: &Row, depth: usize, kind: &str, target: &Target) -> Line {
    let state = row.subject.state_column().and_then(|index| row.cells.get(index));
    let word = state.map(|cell| cell.text().to_owned()).unwrap_or_default();
    let here = row.target.as_ref() == Some(target);
    let sense = if here { Sense::Strong } else { Sense::Link };
    let kind = if kind.is_empty() { String::new() } else { format!("{kind} ") };
    let line = Line::of(Sense::Dim, format!("{}{kind}", indent(depth)))
        .and(sense, row.name())
        .and(Sense::Plain, "  ");
    let line = line.state(row.state, word);
    match &row.target {
        Some(target) if !here => line.to(target.clone()),
        _ => line,
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}
