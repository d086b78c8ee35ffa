//! An Etcd with its slots' ports, its machines and what etcd itself says.

use super::machine::MachineView;
use super::stored::Stored;
use crate::api::etcd::{EtcdMember, EtcdSpec, EtcdStatus};
use crate::cloud::types::network::Port;
use crate::cloud::types::observed::Observed;

/// An Etcd with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct EtcdView {
    /// The record.
    pub record: Stored<EtcdSpec, EtcdStatus>,
    /// The ports that bear the cluster's tag and one of a slot.
    pub ports: Observed<Vec<Port>>,
    /// Its machines, those that are being taken down too.
    pub machines: Vec<MachineView>,
    /// The members, as etcd lists them, each asked by its own address. Unknown as long as none answers.
    pub members: Observed<Vec<EtcdMember>>,
}
