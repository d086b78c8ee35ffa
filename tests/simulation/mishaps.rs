//! What the world does: things break, and most are mended after a while.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::api::role::Role;
use kaasboard::clock;
use kaasboard::cloud::types::compute::ServerId;
use kaasboard::simulation::faults::{Fault, Faults, Segment};

use crate::book::Book;
use crate::fleet::IMAGE;
use crate::stage::Stage;

/// A sort of thing that breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    Server,
    Kubelet,
    Etcd,
    Host,
    Zone,
    Balancers,
    Image,
    Room,
    Network,
    Quota,
    Disk,
    Access,
    Credential,
    Clock,
}

impl Mishap {
    /// One of them; those that happen more often in a data centre are drawn more often.
    pub fn drawn(book: &Book) -> Self {
        match book.draw(0..27) {
            0..5 => Self::Server,
            5..8 => Self::Kubelet,
            8 | 9 => Self::Etcd,
            10..13 => Self::Host,
            13..15 => Self::Zone,
            15 => Self::Balancers,
            16 => Self::Image,
            17..20 => Self::Room,
            20 | 21 => Self::Network,
            22 => Self::Quota,
            23 => Self::Disk,
            24 => Self::Access,
            25 => Self::Credential,
            _ => Self::Clock,
        }
    }
}

/// What is out of order, and until when.
#[derive(Default)]
pub struct Mishaps {
    open: Vec<(DateTime<Utc>, Fault)>,
}

impl Mishaps {
    /// Mends what is due; with `all`, whatever there is.
    pub fn mend(&mut self, stage: &Stage, all: bool) {
        let now = clock::now();
        let (due, open) = std::mem::take(&mut self.open).into_iter().partition(|(at, _)| all || *at <= now);
        self.open = open;
        for (_, fault) in due as Vec<(DateTime<Utc>, Fault)> {
            stage.book.say(format_args!("the world mends: {}", told(&fault)));
            note(stage, &fault);
            stage.cloud.world().inject(fault);
        }
        if all {
            stage.cloud.world().inject(Fault::NoValidHost(0));
        }
    }

    /// Something breaks, for so many seconds if it is mended at all.
    pub fn happen(&mut self, stage: &Stage, sort: Mishap, lasts: Range<u32>) {
        let Some((fault, mended)) = fault(stage, sort) else { return };
        stage.book.say(format_args!("the world breaks: {}", told(&fault)));
        note(stage, &fault);
        stage.cloud.world().inject(fault);
        let lasts = TimeDelta::seconds(i64::from(stage.book.draw(lasts)));
        self.open.extend(mended.map(|mended| (clock::now() + lasts, mended)));
    }
}

/// What breaks, and what mends it.
fn fault(stage: &Stage, sort: Mishap) -> Option<(Fault, Option<Fault>)> {
    let book = &stage.book;
    let hosts = stage.cloud.world().site.hosts.clone();
    match sort {
        Mishap::Server => Some((Fault::ServerDies(server(stage, &[Role::Worker, Role::Ingress])?), None)),
        Mishap::Kubelet => {
            let server = server(stage, &[Role::Worker, Role::Ingress])?;
            let stops = |stopped| Fault::KubeletStops { server: server.clone(), stopped };
            Some((stops(true), Some(stops(false))))
        }
        Mishap::Etcd => {
            let server = server(stage, &[Role::Etcd])?;
            let stops = |stopped| Fault::EtcdStops { server: server.clone(), stopped };
            Some((stops(true), Some(stops(false))))
        }
        Mishap::Host => {
            // One that something of ours runs on, if there is one.
            let of_ours = server(stage, &[Role::Worker, Role::Ingress, Role::ControlPlane]);
            let servers = stage.witness.ledger.servers();
            let busy = servers.into_iter().find(|one| Some(&one.id) == of_ours.as_ref());
            let host = busy.and_then(|one| one.host).or(Some(book.pick(&hosts)?.name.clone()))?;
            let down = |down| Fault::HostDown { host: host.clone(), down };
            Some((down(true), Some(down(false))))
        }
        Mishap::Zone => {
            let zone = book.pick(&hosts)?.zone.clone();
            let down = |down| Fault::ZoneDown { zone: zone.clone(), down };
            Some((down(true), Some(down(false))))
        }
        Mishap::Balancers => Some((Fault::BalancersStuck(true), Some(Fault::BalancersStuck(false)))),
        Mishap::Image => {
            let broken = |broken| Fault::BrokenImage { image: IMAGE.to_owned(), broken };
            Some((broken(true), Some(broken(false))))
        }
        Mishap::Room => Some((Fault::NoValidHost(book.draw(1..4)), None)),
        Mishap::Network | Mishap::Quota | Mishap::Credential => of_project(stage, sort),
        Mishap::Disk | Mishap::Access | Mishap::Clock => of_server(stage, sort),
    }
}

/// What befalls all servers of a cluster, or what it may have. A zone's network can be what breaks, too.
fn of_project(stage: &Stage, sort: Mishap) -> Option<(Fault, Option<Fault>)> {
    let roles = [Role::Worker, Role::Ingress, Role::ControlPlane];
    let server = server(stage, &roles)?;
    let server = stage.witness.ledger.servers().into_iter().find(|one| one.id == server)?;
    let project = server.project;
    match sort {
        Mishap::Quota => {
            let full = |full| Fault::QuotaFull { project: project.clone(), full };
            Some((full(true), Some(full(false))))
        }
        Mishap::Credential => {
            let revoked = |revoked| Fault::CredentialsRevoked { project: project.clone(), revoked };
            Some((revoked(true), Some(revoked(false))))
        }
        _ => {
            let of_zone = server.zone.filter(|_| stage.book.chance(0.5)).map(Segment::Zone);
            let of = of_zone.unwrap_or(Segment::Project(project));
            let out = |out| Fault::NetworkOut { of: of.clone(), out };
            Some((out(true), Some(out(false))))
        }
    }
}

/// What befalls a server that runs on.
fn of_server(stage: &Stage, sort: Mishap) -> Option<(Fault, Option<Fault>)> {
    let server = server(stage, &[Role::Worker, Role::Ingress, Role::Etcd])?;
    match sort {
        Mishap::Access => Some((Fault::AccessLost(server), None)),
        Mishap::Disk => {
            let full = |full| Fault::DiskFull { server: server.clone(), full };
            Some((full(true), Some(full(false))))
        }
        _ => {
            let behind = |behind| Fault::ClockSkew { server: server.clone(), behind };
            let most = TimeDelta::seconds(i64::from(stage.book.draw(30..1800)));
            Some((behind(most), Some(behind(TimeDelta::zero()))))
        }
    }
}

/// A server of one of these roles.
fn server(stage: &Stage, roles: &[Role]) -> Option<ServerId> {
    let ledger = &stage.witness.ledger;
    let machines = ledger.machines();
    let those: Vec<_> = machines.iter().filter(|machine| roles.contains(&machine.spec.role)).collect();
    let machine = stage.book.pick(&those)?;
    ledger.server_of(machine).map(|server| server.id)
}

/// Remembers since when something is out.
fn note(stage: &Stage, fault: &Fault) {
    let (name, down) = match fault {
        Fault::HostDown { host, down } => (host, *down),
        Fault::ZoneDown { zone, down } => (zone, *down),
        _ => return,
    };
    let mut memory = stage.witness.memory();
    if down {
        memory.outages.entry(name.clone()).or_insert(clock::now());
    } else {
        memory.outages.remove(name);
    }
}

fn told(fault: &Fault) -> String {
    format!("{fault:?}")
}

/// Whether nothing is out of order.
pub fn is_well(stage: &Stage) -> bool {
    let world = stage.cloud.world();
    world.faults == Faults { calls: world.faults.calls.clone(), ..Faults::default() }
}
