//! A tenant and what its clusters use.

use super::stored::Stored;
use crate::api::tenant::{TenantSpec, TenantStatus, TenantUsage};

/// A tenant with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TenantView {
    /// The record.
    pub record: Stored<TenantSpec, TenantStatus>,
    /// What its clusters have and want, counted from the records.
    pub usage: TenantUsage,
}
