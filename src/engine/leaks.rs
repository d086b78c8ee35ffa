//! What in the cloud belongs to nobody: looked for after each listing of everything, and only told.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use kube::ResourceExt;

use super::context::Engine;
use crate::clock;
use crate::planning::leak::{self, Known, Sort, Suspect};

/// The suspects since the engine began. Another engine begins anew, so that what it tells was seen by itself.
#[derive(Debug, Default)]
pub struct Leaks {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    suspects: BTreeMap<(Sort, String), Suspect>,
    looked: Option<DateTime<Utc>>,
}

impl Leaks {
    /// Joins what was listed with the records. As long as one of them is not complete nothing is known, and nothing changes.
    pub fn look(&self, engine: &Engine) {
        let records = &engine.records;
        if !(records.clusters.is_complete() && records.machines.is_complete()) {
            return;
        }
        let Some(things) = engine.inventory.things() else { return };
        let (clusters, machines) = (records.clusters.all(), records.machines.all());
        let known = Known {
            clusters: clusters.iter().filter_map(|one| one.uid()).collect(),
            machines: machines.iter().filter_map(|one| one.uid()).collect(),
            manager: engine.manager.clone(),
            projects: clusters
                .iter()
                .filter_map(|one| one.status.as_ref().and_then(|status| status.project_id.clone()))
                .collect(),
            own_projects: engine.site.own_projects(),
        };
        let now = clock::now();
        let mut state = self.state();
        state.suspects = leak::audit(&state.suspects, things, &known, now);
        state.looked = Some(now);
    }

    /// The suspects, and when was looked; nothing if that was not possible yet.
    pub fn suspects(&self) -> Option<(Vec<Suspect>, DateTime<Utc>)> {
        let state = self.state();
        state.looked.map(|at| (state.suspects.values().cloned().collect(), at))
    }

    /// Forgets one that was destroyed.
    pub fn forget(&self, gone: &Suspect) {
        self.state().suspects.remove(&(gone.thing.sort, gone.thing.id.clone()));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
