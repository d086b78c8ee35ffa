//! What the engine asks of an Infrastructure as a Service.
//!
//! [`types`] is plain data, shared by the engine, its planners and every implementation. [`provider::Cloud`]
//! is the seam: OpenStack on one side, the simulated world on the other, one contract test suite for both.
//! [`openstack`] is the real one.
//! [`errors`] says what may go wrong, by what the caller has to do about it.

pub mod errors;
pub mod openstack;
pub mod provider;
pub mod types;
