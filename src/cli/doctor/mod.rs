//! `kaasboard doctor`: everything that a context depends on, looked at, each with what to do about it.
//!
//! [`run`] goes through the parts in the order in which one needs the other: [`here`] is this machine, [`manager`] the
//! Manager Kubernetes, [`cloud`] the accounts and services, [`plan`] whether the cloud has what the manager's objects
//! ask for. [`report`] is how it is told. Nothing is ever changed.

pub mod cloud;
pub mod here;
pub mod manager;
pub mod plan;
pub mod report;
pub mod run;
