//! What the world does: things break, and most are mended after a while.

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::api::role::Role;
use kaasboard::clock;
use kaasboard::cloud::types::compute::ServerId;
use kaasboard::simulation::faults::{Fault, Faults};

use crate::fleet::IMAGE;
use crate::stage::Stage;

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

    /// Something breaks.
    pub fn happen(&mut self, stage: &Stage) {
        let Some((fault, mended)) = self.draw(stage) else { return };
        stage.book.say(format_args!("the world breaks: {}", told(&fault)));
        note(stage, &fault);
        stage.cloud.world().inject(fault);
        let lasts = TimeDelta::seconds(i64::from(stage.book.draw(20..1500)));
        self.open.extend(mended.map(|mended| (clock::now() + lasts, mended)));
    }

    /// What breaks, and what mends it.
    fn draw(&self, stage: &Stage) -> Option<(Fault, Option<Fault>)> {
        let book = &stage.book;
        let hosts = stage.cloud.world().site.hosts.clone();
        match book.draw(0..20) {
            0..5 => Some((Fault::ServerDies(server(stage, &[Role::Worker, Role::Ingress])?), None)),
            5..8 => {
                let server = server(stage, &[Role::Worker, Role::Ingress])?;
                let stops = |stopped| Fault::KubeletStops { server: server.clone(), stopped };
                Some((stops(true), Some(stops(false))))
            }
            8 | 9 => {
                let server = server(stage, &[Role::Etcd])?;
                let stops = |stopped| Fault::EtcdStops { server: server.clone(), stopped };
                Some((stops(true), Some(stops(false))))
            }
            10..13 => {
                // One that something of ours runs on, if there is one.
                let of_ours = server(stage, &[Role::Worker, Role::Ingress, Role::ControlPlane]);
                let servers = stage.witness.ledger.servers();
                let busy = servers.into_iter().find(|one| Some(&one.id) == of_ours.as_ref());
                let host = busy.and_then(|one| one.host).or(Some(book.pick(&hosts)?.name.clone()))?;
                let down = |down| Fault::HostDown { host: host.clone(), down };
                Some((down(true), Some(down(false))))
            }
            13..15 => {
                let zone = book.pick(&hosts)?.zone.clone();
                let down = |down| Fault::ZoneDown { zone: zone.clone(), down };
                Some((down(true), Some(down(false))))
            }
            15 => Some((Fault::BalancersStuck(true), Some(Fault::BalancersStuck(false)))),
            16 => {
                let broken = |broken| Fault::BrokenImage { image: IMAGE.to_owned(), broken };
                Some((broken(true), Some(broken(false))))
            }
            _ => Some((Fault::NoValidHost(book.draw(1..4)), None)),
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
