//! Records as planners see them.

use kube::Resource;
use kube::core::object::{HasSpec, HasStatus};

use crate::planning::observation::meta::{Meta, MetaError};
use crate::planning::observation::stored::Stored;

/// A record as planners see it.
///
/// # Errors
/// When it lacks what every stored object has.
pub fn stored<K>(kind: &'static str, object: &K) -> Result<Stored<K::Spec, K::Status>, MetaError>
where
    K: Resource + HasSpec + HasStatus,
    K::Spec: Clone,
    K::Status: Clone + Default,
{
    Ok(Stored {
        meta: Meta::read(kind, object.meta())?,
        spec: object.spec().clone(),
        status: object.status().cloned().unwrap_or_default(),
    })
}
