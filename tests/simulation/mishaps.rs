//! What the world does: things break, and most are mended after a while.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::api::role::Role;
use kaasboard::clock;
use kaasboard::cloud::types::compute::ServerId;
use kaasboard::simulation::faults::{Fault, Faults};

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
}

impl Mishap {
    /// One of them; those that happen more often in a data centre are drawn more often.
    pub fn drawn(book: &Book) -> Self {
        match book.draw(0..20) {
            0..5 => Self::Server,
            5..8 => Self::Kubelet,
            8 | 9 => Self::Etcd,
            10..13 => Self::Host,
            13..15 => Self::Zone,
            15 => Self::Balancers,
            16 => Self::Image,
            _ => Self::Room,
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
