//! The brakes that hold: read whenever an Operation changes, asked in every turn.

use std::sync::{Arc, PoisonError, RwLock};

use super::records::Records;
use crate::api::operation::Verb;
use crate::engine::observe::stored::stored;
use crate::planning::brake;
use crate::planning::observation::operation::OperationRecord;

/// The brakes that hold.
#[derive(Debug, Default)]
pub struct Brakes {
    on: RwLock<Arc<Vec<OperationRecord>>>,
}

impl Brakes {
    /// The brakes that hold.
    pub fn on(&self) -> Arc<Vec<OperationRecord>> {
        self.on.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads them anew. Answers whether they are others than before.
    pub fn read(&self, records: &Records) -> bool {
        let all = records.operations.all();
        let brakes = all.iter().filter(|operation| operation.spec.verb == Verb::Brake);
        let on: Vec<OperationRecord> = brakes
            .filter_map(|operation| stored("Operation", &**operation).ok())
            .filter(brake::is_on)
            .collect();
        let mut held = self.on.write().unwrap_or_else(PoisonError::into_inner);
        let names = |all: &[OperationRecord]| all.iter().map(|one| one.meta.uid.clone()).collect::<Vec<_>>();
        let differs = names(&held) != names(&on);
        *held = Arc::new(on);
        differs
    }
}
