//! A pool with its machines.

use super::machine::MachineView;
use super::meta::Meta;
use crate::api::machine_deployment::{MachineDeploymentSpec, MachineDeploymentStatus};

/// A pool with its machines.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentView {
    /// Its metadata.
    pub meta: Meta,
    /// What is wanted.
    pub spec: MachineDeploymentSpec,
    /// What was written down of it.
    pub status: MachineDeploymentStatus,
    /// Its machines, those that are being taken down too.
    pub machines: Vec<MachineView>,
}
