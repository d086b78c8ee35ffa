//! The cloud, read in bulk: one listing a service, never a call per machine.
//!
//! What we made or deleted ourselves is put in at once; the next listing that began later says the truth again.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use super::budget::Service;
use super::choices::Choices;
use super::context::Engine;
use super::shelf::{Shelf, Tagged};
use crate::clock;
use crate::cloud::errors::{CloudError, CloudErrorKind};
use crate::cloud::types::balancer::{Balancer, BalancerId, Provisioning};
use crate::cloud::types::belonging::{Belonging, BelongingSort};
use crate::cloud::types::compute::{Server, ServerId, ServerStatus};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::{Port, PortId};
use crate::cloud::types::observed::{Listing, Observed};
use crate::cloud::types::storage::Volume;
use crate::planning::leak::{Sort, Thing};

/// How far back changes are asked for before the last listing began: clocks differ, and commits come late.
const OVERLAP: TimeDelta = TimeDelta::seconds(5);

/// How often volumes are listed: nothing waits for them, and people look at them.
const VOLUMES: TimeDelta = TimeDelta::seconds(60);

/// How often ports are listed while it is unknown what became of something that was asked for.
const PORTS: TimeDelta = TimeDelta::seconds(30);

/// How often everything is listed anew: it bounds how long something that no listing of changes told can hide.
pub const WHOLE: TimeDelta = TimeDelta::seconds(300);

/// How long what was listed is known after the time at which the next listing should have been there. A service that is busy
/// refuses a listing now and then.
const KNOWN: TimeDelta = TimeDelta::seconds(120);

/// The cloud, as it was when it was last read.
#[derive(Debug)]
pub struct Inventory {
    servers: RwLock<Shelf<ServerId, Server>>,
    ports: RwLock<Shelf<PortId, Port>>,
    balancers: RwLock<Shelf<BalancerId, Balancer>>,
    volumes: RwLock<Observed<Vec<Volume>>>,
    belongings: RwLock<Observed<Vec<(BelongingSort, Belonging)>>>,
    choices: RwLock<Arc<Choices>>,
    begun: Notify,
    /// When somebody last waited for what he does not know to be there.
    unsettled: RwLock<Option<DateTime<Utc>>>,
    /// Since when the cloud is read.
    since: DateTime<Utc>,
}

impl Default for Inventory {
    fn default() -> Self {
        Self {
            servers: RwLock::new(Shelf::known_for(KNOWN)),
            ports: RwLock::new(Shelf::known_for(WHOLE + KNOWN)),
            balancers: RwLock::new(Shelf::known_for(KNOWN)),
            volumes: RwLock::new(Observed::unknown("it was not listed yet")),
            belongings: RwLock::new(Observed::unknown("it was not listed yet")),
            choices: RwLock::default(),
            begun: Notify::new(),
            unsettled: RwLock::default(),
            since: clock::now(),
        }
    }
}

impl Inventory {
    /// Somebody waits for what became of something that he asked for. Servers are listed all the time, ports only now and
    /// then: who lost the reply to a port would wait for minutes.
    pub fn waits_for_news(&self) {
        *write(&self.unsettled) = Some(clock::now());
    }

    fn are_ports_due(&self, look: Look) -> bool {
        let now = clock::now();
        let is_waited_for = read(&self.unsettled).is_some_and(|at| now - at < PORTS);
        let ports = read(&self.ports);
        let is_old = ports.as_of.is_none_or(|at| now - at >= PORTS);
        look == Look::Whole || ports.failure.is_some() || (is_waited_for && is_old)
    }

    /// The servers that bear a tag.
    pub fn servers(&self, tag: &str) -> Observed<Vec<Server>> {
        let shelf = read(&self.servers);
        shelf.seen(|| shelf.tagged(tag).cloned().collect())
    }

    /// The ports that bear a tag and that are wanted: a cluster has thousands.
    pub fn ports(&self, tag: &str, is_wanted: impl Fn(&Port) -> bool) -> Observed<Vec<Port>> {
        let shelf = read(&self.ports);
        shelf.seen(|| shelf.tagged(tag).filter(|port| is_wanted(port)).cloned().collect())
    }

    /// The balancers of a name that bear a tag.
    pub fn balancers(&self, tag: &str, name: &str) -> Observed<Vec<Balancer>> {
        let shelf = read(&self.balancers);
        shelf.seen(|| shelf.tagged(tag).filter(|one| one.name == name).cloned().collect())
    }

    /// Whether the balancer of a name that bears a tag has a member at an address.
    pub fn has_member(&self, tag: &str, name: &str, address: Option<IpAddr>) -> Observed<bool> {
        let shelf = read(&self.balancers);
        let own = || shelf.tagged(tag).filter(|one| one.name == name);
        let members = || own().flat_map(|one| &one.pools).flat_map(|pool| &pool.members);
        shelf.seen(|| members().any(|member| Some(member.address) == address))
    }

    /// All volumes.
    pub fn volumes(&self) -> Observed<Vec<Volume>> {
        read(&self.volumes).clone()
    }

    /// Everything that was listed; nothing as long as one of the listings is missing, because what is not listed looks gone.
    pub fn things(&self) -> Option<Vec<Thing>> {
        let (servers, ports, balancers) = (read(&self.servers), read(&self.ports), read(&self.balancers));
        let listed = [
            (servers.as_of, &servers.failure),
            (ports.as_of, &ports.failure),
            (balancers.as_of, &balancers.failure),
        ];
        if listed.iter().any(|(as_of, failure)| as_of.is_none() || failure.is_some()) {
            return None;
        }
        let volumes = self.volumes();
        let volumes = volumes.value()?;
        let thing = |sort, id: String, name: &str, project: &ProjectId, tags: &[String]| Thing {
            sort,
            id,
            name: name.to_owned(),
            project: project.to_string(),
            tags: tags.to_vec(),
        };
        let mut all = Vec::new();
        for one in servers.all.values() {
            all.push(thing(Sort::Server, one.id.to_string(), &one.name, &one.project, &one.tags));
        }
        for one in ports.all.values() {
            all.push(thing(Sort::Port, one.id.to_string(), &one.name, &one.project, &one.tags));
        }
        for one in balancers.all.values() {
            all.push(thing(Sort::Balancer, one.id.to_string(), &one.name, &one.project, &one.tags));
        }
        // Volumes bear no tags: they are found by their project.
        for one in volumes {
            all.push(thing(Sort::Volume, one.id.to_string(), &one.name, &one.project, &[]));
        }
        let belongings = read(&self.belongings);
        for (sort, one) in belongings.value()? {
            all.push(thing(Sort::Belonging(*sort), one.id.clone(), &one.name, &one.project, &one.tags));
        }
        Some(all)
    }

    fn are_volumes_old(&self) -> bool {
        match &*read(&self.volumes) {
            Observed::Known { at, .. } => *at + VOLUMES <= clock::now(),
            Observed::Unknown { .. } => true,
        }
    }

    /// What there is to choose from.
    pub fn choices(&self) -> Arc<Choices> {
        read(&self.choices).clone()
    }

    /// How many servers, ports and balancers are known.
    pub fn counts(&self) -> (usize, usize, usize) {
        (read(&self.servers).all.len(), read(&self.ports).all.len(), read(&self.balancers).all.len())
    }

    /// Whether something is under way, so that looking often is worth it.
    pub fn is_busy(&self) -> bool {
        let building = read(&self.servers).all.values().any(|server| server.status == ServerStatus::Build);
        building || read(&self.balancers).all.values().any(|balancer| balancer.provisioning.is_pending())
    }

    /// Until something is set going that is worth looking at often.
    pub async fn set_going(&self) {
        self.begun.notified().await;
    }

    /// Puts a server in that we made.
    pub fn made_server(&self, server: Server) {
        let mut shelf = write(&self.servers);
        shelf.ours.insert(server.id.clone(), clock::now());
        shelf.put(server.id.clone(), server);
        self.begun.notify_one();
    }

    /// Takes a server out that is gone.
    pub fn lost_server(&self, id: &ServerId) {
        let mut shelf = write(&self.servers);
        shelf.ours.insert(id.clone(), clock::now());
        shelf.take(id);
    }

    /// Puts a port in that we made.
    pub fn made_port(&self, port: Port) {
        let mut shelf = write(&self.ports);
        shelf.ours.insert(port.id.clone(), clock::now());
        shelf.put(port.id.clone(), port);
    }

    /// Takes a port out that is gone.
    pub fn lost_port(&self, id: &PortId) {
        let mut shelf = write(&self.ports);
        shelf.ours.insert(id.clone(), clock::now());
        shelf.take(id);
    }

    /// Puts a balancer in as it was shown by itself.
    pub fn saw_balancer(&self, balancer: Balancer) {
        let mut shelf = write(&self.balancers);
        shelf.ours.insert(balancer.id.clone(), clock::now());
        if balancer.provisioning == Provisioning::Deleted {
            shelf.take(&balancer.id);
        } else {
            shelf.put(balancer.id.clone(), balancer);
        }
        self.begun.notify_one();
    }

    /// Remembers that a balancer was to be changed. Whether it was is in the next listing: an answer may get lost, and one
    /// that refuses the change because of another says that it is changing too.
    pub fn changed_balancer(&self, id: &BalancerId, into: Provisioning) {
        let mut shelf = write(&self.balancers);
        if let Some(balancer) = shelf.all.get(id).cloned() {
            shelf.ours.insert(id.clone(), clock::now());
            shelf.put(id.clone(), Balancer { provisioning: into, ..balancer });
        }
        self.begun.notify_one();
    }

    /// Takes a balancer out that is gone.
    pub fn lost_balancer(&self, id: &BalancerId) {
        let mut shelf = write(&self.balancers);
        shelf.ours.insert(id.clone(), clock::now());
        shelf.take(id);
    }

    /// Whether all was listed once that may be taken for absent, and it is known what is out, or was asked for long enough.
    pub fn is_complete(&self) -> bool {
        self.missing().is_none()
    }

    /// What was not listed yet although nothing can begin without it, and why; nothing if all was.
    pub fn missing(&self) -> Option<String> {
        let missing = |what: &str, why: Option<&str>| {
            Some(format!("{what}: {}", why.unwrap_or("the answer is not there yet")))
        };
        if let Some(why) = read(&self.servers).unlisted() {
            return missing("servers", why);
        }
        if let Some(why) = read(&self.ports).unlisted() {
            return missing("ports", why);
        }
        if let Some(why) = read(&self.balancers).unlisted() {
            return missing("balancers", why);
        }
        let choices = self.choices();
        let asked_for = clock::now() - self.since;
        if choices.are_complete(asked_for) {
            return None;
        }
        missing("zones and hypervisors", choices.blind.as_deref())
    }

    fn heard_servers(&self, listing: Result<Listing<Server>, CloudError>, whole: bool) -> Vec<String> {
        let mut shelf = write(&self.servers);
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) => return shelf.failed(&error),
        };
        let is_there = |server: &Server| server.status != ServerStatus::Deleted;
        if whole {
            let items = listing.items.into_iter().filter(is_there);
            return shelf.replace(listing.as_of, items.map(|server| (server.id.clone(), server)));
        }
        let mut touched = Vec::new();
        for server in listing.items {
            if shelf.ours.get(&server.id).is_some_and(|at| *at >= listing.as_of) {
                continue;
            }
            let id = server.id.clone();
            touched.extend(if is_there(&server) { shelf.put(id, server) } else { shelf.take(&id) });
        }
        (shelf.as_of, shelf.failure) = (Some(listing.as_of), None);
        touched
    }
}

/// Which listings are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Everything.
    Whole,
    /// What changes while something is under way.
    Changes,
}

/// Reads the cloud anew; answers the tags of everything that changed.
pub async fn refresh(engine: &Engine, look: Look) -> BTreeSet<String> {
    let (cloud, budget, inventory) = (&engine.cloud, &engine.budget, &engine.inventory);
    let since = match look {
        Look::Whole => None,
        Look::Changes => read(&inventory.servers).as_of.map(|at| at - OVERLAP),
    };
    let servers = budget.call(Service::Compute, cloud.servers(since)).await;
    let mut touched: BTreeSet<String> =
        inventory.heard_servers(servers, since.is_none()).into_iter().collect();
    let balancers = budget.call(Service::LoadBalancer, cloud.balancers()).await;
    touched.extend(take_over(&inventory.balancers, balancers, |balancer| balancer.id.clone()));
    if inventory.are_ports_due(look) {
        let ports = budget.call(Service::Network, cloud.ports()).await;
        touched.extend(take_over(&inventory.ports, ports, |port| port.id.clone()));
    }
    if look == Look::Whole || inventory.are_volumes_old() {
        let volumes = budget.call(Service::Storage, cloud.volumes()).await;
        *write(&inventory.volumes) = observed(volumes.map(|listing| listing.items));
    }
    if look == Look::Whole {
        *write(&inventory.belongings) = observed(belongings(engine).await);
    }
    let before = inventory.choices();
    let mut choices = (*before).clone();
    choices.read(engine, look).await;
    // The servers of a hypervisor that went down look as before, and whoever runs on them is asked again.
    let turned = choices.turned(&before);
    if !turned.is_empty() {
        let is_there = |server: &&Server| server.host.as_ref().is_some_and(|host| turned.contains(host));
        let servers = read(&inventory.servers);
        touched.extend(servers.all.values().filter(is_there).flat_map(|one| one.tags.clone()));
    }
    *write(&inventory.choices) = Arc::new(choices);
    touched
}

/// The projects and what else lies in them, for the comparison with the records. What is not shown to us is left out of it,
/// and so are names where the site gives none: a cloud need not have that service.
async fn belongings(engine: &Engine) -> Result<Vec<(BelongingSort, Belonging)>, CloudError> {
    let mut all = Vec::new();
    let has_names = engine.site.zone.is_some();
    for sort in BelongingSort::ALL.into_iter().filter(|sort| has_names || *sort != BelongingSort::Record) {
        let service = match sort {
            BelongingSort::Project | BelongingSort::Credential => Service::Identity,
            BelongingSort::SecurityGroup => Service::Network,
            BelongingSort::ServerGroup => Service::Compute,
            BelongingSort::Record => Service::Dns,
        };
        match engine.budget.call(service, engine.cloud.belongings(sort)).await {
            Ok(found) => all.extend(found.into_iter().map(|one| (sort, one))),
            Err(error) if matches!(error.kind, CloudErrorKind::Denied(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn take_over<I: Ord + Clone, T: Tagged + PartialEq>(
    shelf: &RwLock<Shelf<I, T>>,
    listing: Result<Listing<T>, CloudError>,
    id: fn(&T) -> I,
) -> Vec<String> {
    let mut shelf = write(shelf);
    match listing {
        Ok(listing) => {
            shelf.replace(listing.as_of, listing.items.into_iter().map(|thing| (id(&thing), thing)))
        }
        Err(error) => shelf.failed(&error),
    }
}

/// What a call answered, as an observation of now.
pub fn observed<T>(answer: Result<T, CloudError>) -> Observed<T> {
    match answer {
        Ok(value) => Observed::known(value, clock::now()),
        Err(error) => {
            tracing::debug!(%error, "something could not be read");
            Observed::unknown(error.lasting())
        }
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
