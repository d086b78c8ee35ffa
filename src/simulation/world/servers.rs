//! The compute service: servers, and what becomes of them.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::state::World;
use super::timeline::Timeline;
use crate::clock;
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::types::compute::{Flavor, NewServer, Server, ServerFault, ServerId, ServerStatus};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::PortId;
use crate::simulation::site::Site;

/// What the compute service says when no hypervisor takes a server.
const NO_VALID_HOST: &str = "No valid host was found. There are not enough hosts available.";

/// A server of the world.
#[derive(Clone, Debug)]
pub struct ServerState {
    id: ServerId,
    wanted: NewServer,
    load: Load,
    host: Option<usize>,
    shown: Timeline<ServerStatus>,
    fault: Option<ServerFault>,
    crashed: Option<DateTime<Utc>>,
    /// The last words of its start program, as its console shows them.
    said: Option<String>,
}

/// For how long deleted servers are shown in listings of changes. Nova keeps them until its database is purged;
/// whoever asks for changes asks again within minutes.
const DELETED_SHOWN_FOR: TimeDelta = TimeDelta::hours(1);

/// Which servers changed when, so that `changes-since` costs what it shows.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeSet<(DateTime<Utc>, ServerId)>);

/// What the servers on one hypervisor, or of one project, use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Load {
    pub(super) servers: u32,
    pub(super) cores: u32,
    pub(super) memory_mib: u64,
}

impl Load {
    fn of(flavor: &Flavor) -> Self {
        Self { servers: 1, cores: flavor.cores, memory_mib: flavor.memory_mib }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            servers: self.servers + other.servers,
            cores: self.cores + other.cores,
            memory_mib: self.memory_mib + other.memory_mib,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            servers: self.servers.saturating_sub(other.servers),
            cores: self.cores.saturating_sub(other.cores),
            memory_mib: self.memory_mib.saturating_sub(other.memory_mib),
        }
    }
}

impl ServerState {
    pub(super) fn project(&self) -> &ProjectId {
        &self.wanted.project
    }

    pub(super) fn id(&self) -> &ServerId {
        &self.id
    }

    pub(super) fn tags(&self) -> &[String] {
        &self.wanted.tags
    }

    pub(super) fn port(&self) -> &PortId {
        &self.wanted.port
    }

    pub(super) fn image(&self) -> &str {
        &self.wanted.image
    }

    /// The hypervisor it runs on.
    pub(super) fn host(&self) -> Option<usize> {
        self.host
    }

    /// When its virtual machine crashed.
    pub(super) fn crashed(&self) -> Option<DateTime<Utc>> {
        self.crashed
    }

    /// Its status, and since when.
    pub(super) fn status(&self, now: DateTime<Utc>) -> (DateTime<Utc>, &ServerStatus) {
        self.shown.at(now)
    }

    /// When its status changes by itself.
    pub(super) fn next_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.shown.next_after(now)
    }

    /// Its size: what it was made with, under the name that it asked for.
    pub(super) fn flavor(&self, site: &Site) -> Flavor {
        let known = site.flavors.iter().find(|flavor| flavor.name == self.wanted.flavor);
        let (cores, memory_mib) = (self.load.cores, self.load.memory_mib);
        let disk_gib = known.map_or(0, |flavor| flavor.disk_gib);
        Flavor { name: self.wanted.flavor.clone(), cores, memory_mib, disk_gib }
    }

    /// Whether the compute service no longer lists it.
    pub fn is_deleted(&self, now: DateTime<Utc>) -> bool {
        *self.shown.at(now).1 == ServerStatus::Deleted
    }

    fn show(&self, site: &Site, now: DateTime<Utc>) -> Server {
        let (updated, status) = self.shown.at(now);
        let in_error = *status == ServerStatus::Error;
        let host = self.host.map(|index| &site.hosts[index]);
        Server {
            id: self.id.clone(),
            project: self.wanted.project.clone(),
            name: self.wanted.name.clone(),
            status: status.clone(),
            task: (*status == ServerStatus::Build).then(|| "spawning".to_owned()),
            fault: if in_error { self.fault.clone() } else { None },
            tags: self.wanted.tags.clone(),
            zone: host.map(|host| host.zone.clone()),
            host: host.map(|host| host.name.clone()),
            host_id: host.map(|host| format!("{}@{}", host.name, self.wanted.project)),
            created: self.shown.begun(),
            updated,
        }
    }
}

impl World {
    /// Asks for a server.
    ///
    /// The port is checked when the request comes, not when the server is built: two requests that come before
    /// either is built are both accepted, and the later one ends in ERROR.
    pub fn create_server(&mut self, wanted: &NewServer) -> Result<ServerId, CloudErrorKind> {
        let flavor = self.site.flavors.iter().find(|flavor| flavor.name == wanted.flavor).cloned();
        let Some(flavor) = flavor else {
            return Err(CloudErrorKind::Invalid(format!("Flavor {} could not be found.", wanted.flavor)));
        };
        if !self.site.images.iter().any(|image| image.name == wanted.image && image.active) {
            return Err(CloudErrorKind::Invalid(format!("Image {} could not be found.", wanted.image)));
        }
        if wanted.zone.as_ref().is_some_and(|zone| !self.site.hosts.iter().any(|host| host.zone == *zone)) {
            let why = "The requested availability zone is not available".to_owned();
            return Err(CloudErrorKind::Invalid(why));
        }
        self.check_port(&wanted.project, &wanted.port)?;
        self.check_quota(&wanted.project, &flavor)?;
        let now = clock::now();
        let load = Load::of(&flavor);
        let host = self.place(wanted, load);
        let id: ServerId = self.new_id();
        let mut shown = Timeline::begin(now, ServerStatus::Build);
        let ends = now + self.site.timing.build;
        let fault = self.fault_of(wanted, host);
        shown.then(ends, if fault.is_some() { ServerStatus::Error } else { ServerStatus::Active });
        let host = host.filter(|_| fault.is_none());
        self.changes.0.insert((now, id.clone()));
        self.changes.0.insert((ends, id.clone()));
        self.bind(&wanted.port, &id);
        self.count(wanted, host, |used| used.plus(load));
        let (wanted, state_project) = (wanted.clone(), wanted.project.clone());
        let state =
            ServerState { id: id.clone(), wanted, load, host, shown, fault, crashed: None, said: None };
        let known = id.clone();
        self.clusters.note(state.tags(), |things| {
            things.servers.insert(known);
        });
        self.servers.insert(id.clone(), state);
        if let Some(project) = self.projects.get_mut(&state_project) {
            project.servers.insert(id.clone());
        }
        Ok(id)
    }

    /// Asks for a server's deletion. It is listed until the compute service is done with it.
    pub fn delete_server(&mut self, project: &ProjectId, id: &ServerId) -> Result<(), CloudErrorKind> {
        let now = clock::now();
        let server = self.servers.get_mut(id).filter(|server| *server.project() == *project);
        let server = server.filter(|server| !server.is_deleted(now)).ok_or(CloudErrorKind::NotFound)?;
        server.shown.then(now, ServerStatus::Deleted);
        let (wanted, host, load) = (server.wanted.clone(), server.host, server.load);
        self.changes.0.insert((now, id.clone()));
        self.unbind(&wanted.port, id);
        self.detach_all(id);
        self.count(&wanted, host, |used| used.minus(load));
        self.note_server(id);
        self.forget_deleted(now - DELETED_SHOWN_FOR);
        Ok(())
    }

    /// One server, unless it is deleted.
    pub fn server(&self, project: &ProjectId, id: &ServerId) -> Result<Server, CloudErrorKind> {
        let now = clock::now();
        let server = self.servers.get(id).filter(|server| *server.project() == *project);
        let server = server.filter(|server| !server.is_deleted(now)).ok_or(CloudErrorKind::NotFound)?;
        Ok(server.show(&self.site, now))
    }

    /// All servers, or those that changed since a time, deleted ones too.
    pub fn list_servers(&self, since: Option<DateTime<Utc>>) -> Vec<Server> {
        let now = clock::now();
        let Some(since) = since else {
            let all = self.servers.values().filter(|server| !server.is_deleted(now));
            return all.map(|server| server.show(&self.site, now)).collect();
        };
        let from = (since, ServerId::new(""));
        let seen = self.changes.0.range(from..).take_while(|(at, _)| *at <= now).map(|(_, id)| id);
        let changed: BTreeSet<&ServerId> = seen.collect();
        changed
            .into_iter()
            .filter_map(|id| self.servers.get(id))
            .map(|server| server.show(&self.site, now))
            .collect()
    }

    /// The servers of a project with a tag.
    pub fn servers_tagged(&self, project: &ProjectId, tag: &str) -> Vec<Server> {
        let now = clock::now();
        let ours = self.projects.get(project).into_iter().flat_map(|project| &project.servers);
        let ours = ours.filter_map(|id| self.servers.get(id));
        let tagged = ours
            .filter(|server| server.wanted.tags.iter().any(|known| known == tag) && !server.is_deleted(now));
        tagged.map(|server| server.show(&self.site, now)).collect()
    }

    /// The last lines of a server's console.
    pub fn console_log(
        &self,
        project: &ProjectId,
        id: &ServerId,
        lines: usize,
    ) -> Result<String, CloudErrorKind> {
        let server = self.server(project, id)?;
        let said = self.servers.get(id).and_then(|state| state.said.clone());
        let mut log = vec![
            format!("[    0.000000] Linux version 6.12 on {}", server.host.as_deref().unwrap_or("no host")),
            format!("cloud-init: running 'modules:config' for {}", server.name),
        ];
        log.extend(said.map(|said| format!("{}: {said}", server.name)));
        log.push(format!("{} login:", server.name));
        Ok(log[log.len().saturating_sub(lines)..].join("\n"))
    }

    /// Lets a server's start program say something on its console, in place of what it said before.
    pub fn say_on_console(&mut self, id: &ServerId, said: Option<String>) {
        if let Some(server) = self.servers.get_mut(id) {
            server.said = said;
        }
    }

    /// What a server was given at its creation, for whoever plays its inside. It is read once, at the first boot, and
    /// then forgotten: in a large fleet it would be most of what a world takes.
    pub fn take_user_data(&mut self, id: &ServerId) -> Option<Vec<u8>> {
        self.servers.get_mut(id).map(|server| std::mem::take(&mut server.wanted.user_data))
    }

    /// Whether the virtual machine runs, and its host and zone do: what its inside depends on, and what no API shows.
    pub fn is_alive(&self, id: &ServerId, now: DateTime<Utc>) -> bool {
        let Some(server) = self.servers.get(id) else { return false };
        let runs = *server.shown.at(now).1 == ServerStatus::Active && server.crashed.is_none();
        runs && server.host.is_some_and(|host| !self.is_dark(&self.site.hosts[host]))
    }

    /// Whether it runs and the network leads to it.
    pub fn is_reachable(&self, id: &ServerId, now: DateTime<Utc>) -> bool {
        let server = self.servers.get(id).and_then(|server| Some((server.host?, server.project())));
        let reached = |(host, project)| self.is_reached(&self.site.hosts[host], project);
        self.is_alive(id, now) && server.is_some_and(reached)
    }

    /// When a server's programs run, if nothing happens to it: the end of its boot.
    pub fn booted_at(&self, id: &ServerId) -> Option<DateTime<Utc>> {
        let server = self.servers.get(id)?;
        Some(server.shown.begun() + self.site.timing.build + self.site.timing.boot)
    }

    /// A virtual machine crashes; the compute service notices a while later.
    pub(super) fn crash(&mut self, id: &ServerId) {
        let now = clock::now();
        let noticed = now + self.site.timing.notice;
        if let Some(server) = self.servers.get_mut(id).filter(|server| !server.is_deleted(now)) {
            server.crashed = Some(now);
            server.shown.then(noticed, ServerStatus::ShutOff);
            self.changes.0.insert((noticed, id.clone()));
        }
        self.note_server(id);
    }

    fn count(&mut self, wanted: &NewServer, host: Option<usize>, change: impl Fn(Load) -> Load) {
        let before = self.projects.get(&wanted.project).map(|project| project.load).unwrap_or_default();
        let after = change(before);
        if let Some(project) = self.projects.get_mut(&wanted.project) {
            project.load = after;
        }
        let Some(host) = host else { return };
        if let Some(used) = self.hosts.get_mut(host) {
            *used = change(*used);
        }
        if let Some(group) = &wanted.group {
            let siblings = self.siblings.entry(group.clone()).or_default().entry(host).or_default();
            *siblings =
                if after.servers > before.servers { *siblings + 1 } else { siblings.saturating_sub(1) };
        }
    }

    /// Forgets servers that were deleted before a time.
    fn forget_deleted(&mut self, before: DateTime<Utc>) {
        while let Some((at, id)) = self.changes.0.first().filter(|(at, _)| *at < before).cloned() {
            self.changes.0.remove(&(at, id.clone()));
            if let Some(server) = self.servers.get(&id).filter(|server| server.is_deleted(before)) {
                if let Some(project) = self.projects.get_mut(&server.wanted.project) {
                    project.servers.remove(&id);
                }
                self.clusters.note(&server.wanted.tags, |things| {
                    things.servers.remove(&id);
                });
                self.faults.kubelets.remove(&id);
                self.faults.etcd.remove(&id);
                self.faults.full_disks.remove(&id);
                self.faults.clocks.remove(&id);
                self.servers.remove(&id);
            }
        }
    }

    fn fault_of(&self, wanted: &NewServer, host: Option<usize>) -> Option<ServerFault> {
        if host.is_none() {
            return Some(ServerFault { code: 500, message: NO_VALID_HOST.to_owned() });
        }
        let broken = self.faults.images.contains(&wanted.image);
        let message = format!("Build of instance {} aborted: image {} is broken", wanted.name, wanted.image);
        if broken {
            return Some(ServerFault { code: 500, message });
        }
        let taken = self.port_taken_by(&wanted.port).is_some();
        let message = format!("Port {} is still in use.", wanted.port);
        taken.then_some(ServerFault { code: 500, message })
    }

    /// Whether a server is still being built.
    pub(super) fn is_building(&self, id: &ServerId) -> bool {
        let now = clock::now();
        self.servers.get(id).is_some_and(|server| *server.shown.at(now).1 == ServerStatus::Build)
    }

    /// The server that holds a port, if it is not deleted.
    pub(super) fn port_taken_by(&self, port: &PortId) -> Option<&ServerId> {
        let now = clock::now();
        let holder = self.ports.get(port)?.port.server.as_ref()?;
        self.servers.get(holder).filter(|server| !server.is_deleted(now)).map(|server| &server.id)
    }
}
