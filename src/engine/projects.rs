//! What belongs to one project: read when its cluster's turn is, and kept for a short while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::budget::Service;
use super::context::Engine;
use super::inventory::observed;
use crate::clock;
use crate::cloud::types::compute::ServerGroup;
use crate::cloud::types::identity::{CredentialId, Project, ProjectId, QuotaUse};
use crate::cloud::types::network::{Record, RecordState, SecurityGroup};
use crate::cloud::types::observed::Observed;
use crate::cloud::types::storage::AccessRule;

/// How long what was read is good for: less than a loop waits that looks for a change. Our own changes are read again at
/// once.
const FRESH: TimeDelta = TimeDelta::seconds(8);
/// The same of access lists, as the machines of a cluster ask for them: only we change them, and the loop that keeps them reads
/// them for all machines whenever it has its turn.
const FRESH_RULES: TimeDelta = TimeDelta::minutes(15);

/// The same of projects themselves, of their quotas, names, security groups and server groups, which are ours to make, to
/// set and to delete: as long as an object is left alone of which nothing is heard. A quota costs four calls that count what
/// a project uses: read in each turn, they alone kept a cloud of 40 clusters busy.
const FRESH_OWN: TimeDelta = TimeDelta::minutes(10);

/// The same of a name that is on its way to the name servers.
const FRESH_MOVING: TimeDelta = TimeDelta::seconds(20);

/// The same of credentials: they are ours, and hardly ever lose their power. What works with one tells as well when it has.
const FRESH_CREDENTIAL: TimeDelta = TimeDelta::minutes(5);

/// What belongs to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// What it may use, and uses.
    Quota,
    /// Its security groups.
    Firewalls,
    /// Its server groups.
    Spreads,
    /// Its names in DNS.
    Names,
    /// The access list of its storage.
    Rules,
    /// Whether its credential has its power.
    Power,
}

/// What belongs to a project, each part as far as somebody asked for it.
#[derive(Clone, Debug, Default)]
struct Belongings {
    quota: Option<Observed<QuotaUse>>,
    firewalls: Option<Observed<Vec<SecurityGroup>>>,
    spreads: Option<Observed<Vec<ServerGroup>>>,
    names: Option<Observed<Vec<Record>>>,
    /// Shared: each machine of a cluster asks for them.
    rules: Option<Observed<Arc<Vec<AccessRule>>>>,
    power: Option<Observed<bool>>,
    asked: HashMap<Part, DateTime<Utc>>,
    /// How often we changed each part: what was read while we did may be older.
    changes: HashMap<Part, u64>,
}

/// What belongs to each project.
#[derive(Debug, Default)]
pub struct Projects {
    all: Mutex<HashMap<ProjectId, Belongings>>,
    /// The projects that were found by their names, and when.
    found: Mutex<HashMap<String, (DateTime<Utc>, Project)>>,
}

impl Projects {
    /// A part of a project was changed: the next one who asks reads it again, and not the others.
    pub fn changed(&self, project: &ProjectId, part: Part) {
        if let Some(all) = self.all().get_mut(project) {
            all.asked.remove(&part);
            *all.changes.entry(part).or_default() += 1;
        }
    }

    /// A project was deleted.
    pub fn gone(&self, project: &ProjectId) {
        self.all().remove(project);
        self.found().retain(|_, (_, known)| known.id != *project);
    }

    /// The project of a name. One that is there is there for a while; one that is not is asked for each time.
    pub async fn named(&self, engine: &Engine, name: &str) -> Observed<Option<Project>> {
        let now = clock::now();
        if let Some((at, project)) = self.found().get(name)
            && now - *at < FRESH_OWN
        {
            return Observed::known(Some(project.clone()), *at);
        }
        let answer = engine.budget.call(Service::Identity, engine.cloud.project_named(name)).await;
        if let Ok(Some(project)) = &answer {
            self.found().insert(name.to_owned(), (now, project.clone()));
        }
        observed(answer)
    }

    /// What a project may use and uses.
    pub async fn quota(&self, engine: &Engine, project: &ProjectId) -> Observed<QuotaUse> {
        let read = async || observed(engine.budget.call(Service::Compute, engine.cloud.quota(project)).await);
        self.part(project, FRESH_OWN, Part::Quota, |all| &mut all.quota, read).await
    }

    /// A project's security groups.
    pub async fn firewalls(&self, engine: &Engine, project: &ProjectId) -> Observed<Vec<SecurityGroup>> {
        let call = || engine.budget.call(Service::Network, engine.cloud.security_groups(project));
        self.part(
            project,
            FRESH_OWN,
            Part::Firewalls,
            |all| &mut all.firewalls,
            async || observed(call().await),
        )
        .await
    }

    /// A project's server groups.
    pub async fn spreads(&self, engine: &Engine, project: &ProjectId) -> Observed<Vec<ServerGroup>> {
        let call = || engine.budget.call(Service::Compute, engine.cloud.server_groups(project));
        self.part(project, FRESH_OWN, Part::Spreads, |all| &mut all.spreads, async || observed(call().await))
            .await
    }

    /// A project's names in DNS. One that is on its way to the name servers is asked for until it is there.
    pub async fn names(&self, engine: &Engine, project: &ProjectId) -> Observed<Vec<Record>> {
        let Some(zone) = &engine.site.zone else { return Observed::known(Vec::new(), clock::now()) };
        let call = || engine.budget.call(Service::Dns, engine.cloud.records(project, zone));
        let moves = |names: &Vec<Record>| names.iter().any(|name| name.state != RecordState::Active);
        let known = self.all().get(project).and_then(|all| all.names.clone());
        let fresh = if known.is_some_and(|names| names.value().is_some_and(moves)) {
            FRESH_MOVING
        } else {
            FRESH_OWN
        };
        self.part(project, fresh, Part::Names, |all| &mut all.names, async || observed(call().await)).await
    }

    /// Whether the credential that a project's cluster works with has its power.
    pub async fn power(&self, engine: &Engine, project: &ProjectId, id: &CredentialId) -> Observed<bool> {
        let call = || engine.budget.call(Service::Identity, engine.cloud.knows_credential(project, id));
        self.part(
            project,
            FRESH_CREDENTIAL,
            Part::Power,
            |all| &mut all.power,
            async || observed(call().await),
        )
        .await
    }

    /// The access list of a project's storage, as the loop that keeps it has to see it.
    pub async fn rules_now(&self, engine: &Engine, project: &ProjectId) -> Observed<Arc<Vec<AccessRule>>> {
        self.rules_since(engine, project, FRESH).await
    }

    /// The access list of a project's storage, as the loops of machines see it.
    pub async fn rules(&self, engine: &Engine, project: &ProjectId) -> Observed<Arc<Vec<AccessRule>>> {
        self.rules_since(engine, project, FRESH_RULES).await
    }

    async fn rules_since(
        &self,
        engine: &Engine,
        project: &ProjectId,
        fresh: TimeDelta,
    ) -> Observed<Arc<Vec<AccessRule>>> {
        let call = || engine.budget.call(Service::Storage, engine.cloud.access_rules(project));
        let read = async || observed(call().await.map(Arc::new));
        self.part(project, fresh, Part::Rules, |all| &mut all.rules, read).await
    }

    async fn part<T: Clone>(
        &self,
        project: &ProjectId,
        fresh: TimeDelta,
        name: Part,
        of: fn(&mut Belongings) -> &mut Option<Observed<T>>,
        read: impl AsyncFnOnce() -> Observed<T>,
    ) -> Observed<T> {
        let now = clock::now();
        let changes = {
            let mut all = self.all();
            let all = all.entry(project.clone()).or_default();
            if let Some(part) = of(all).clone() {
                let good_for = if part.value().is_some() { fresh } else { FRESH };
                if all.asked.get(&name).is_some_and(|at| now - *at < good_for) {
                    return part;
                }
            }
            all.changes.get(&name).copied()
        };
        let part = read().await;
        let mut all = self.all();
        let all = all.entry(project.clone()).or_default();
        if all.changes.get(&name).copied() == changes {
            all.asked.insert(name, now);
        }
        *of(all) = Some(part.clone());
        part
    }

    fn found(&self) -> MutexGuard<'_, HashMap<String, (DateTime<Utc>, Project)>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<ProjectId, Belongings>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was read while we changed it may be what was before, and is read again.
    #[tokio::test(start_paused = true)]
    async fn what_is_changed_while_it_is_read_is_read_again() {
        let (projects, project) = (Projects::default(), ProjectId::new("p"));
        let known = |power| Observed::known(power, clock::now());
        let read = async |answer: Observed<bool>, changes: bool| {
            let reading = async || {
                if changes {
                    projects.changed(&project, Part::Power);
                }
                answer
            };
            projects.part(&project, FRESH_OWN, Part::Power, |all| &mut all.power, reading).await
        };
        assert_eq!(read(known(false), true).await.value(), Some(&false));
        assert_eq!(read(known(true), false).await.value(), Some(&true), "it is asked again");
        assert_eq!(read(known(false), false).await.value(), Some(&true), "now it is kept");
    }
}
