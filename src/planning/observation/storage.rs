//! A tenant on the storage: quota, credentials, access list, volumes.

use super::machine::MachineView;
use super::stored::Stored;
use crate::api::storage_tenant::{StorageTenantSpec, StorageTenantStatus};
use crate::cloud::types::identity::QuotaUse;
use crate::cloud::types::observed::Observed;
use crate::cloud::types::storage::{AccessRule, Volume};

/// A storage tenant with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageView {
    /// The record.
    pub record: Stored<StorageTenantSpec, StorageTenantStatus>,
    /// What the project may use and uses.
    pub quota: Observed<QuotaUse>,
    /// The generations of credentials that are kept as Secrets beside the record.
    pub kept: Vec<u32>,
    /// Whether the kept credential of the wanted generation still has its power.
    pub power: Observed<bool>,
    /// The generation of the credential that is in the cluster, if one is. Unknown while its API does not answer.
    pub inside: Observed<Option<u32>>,
    /// The access list, as the storage has it. Of a backend without one it is not read.
    pub rules: Observed<Vec<AccessRule>>,
    /// The volumes of the project.
    pub volumes: Observed<Vec<Volume>>,
    /// All machines of the cluster, those that are being taken down too.
    pub machines: Vec<MachineView>,
}
