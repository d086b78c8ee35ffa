//! A control plane with its machines.

use super::machine::MachineView;
use super::stored::Stored;
use crate::api::control_plane::{Certificate, ControlPlaneSpec, ControlPlaneStatus};
use crate::api::version::Version;

/// A control plane with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlPlaneView {
    /// The record.
    pub record: Stored<ControlPlaneSpec, ControlPlaneStatus>,
    /// Its machines, those that are being taken down too.
    pub machines: Vec<MachineView>,
    /// The lowest version that an API server told, as far as one did.
    pub version: Option<Version>,
    /// When the cluster's certificates expire, as far as they are known.
    pub certificates: Vec<Certificate>,
}
