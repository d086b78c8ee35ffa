//! What happens to objects without being asked for: what controllers do beside a real API server.
//!
//! Every write leaves a [`notice`] of what may follow from it in the [`queue`]; the [`keeper`] is one task that works
//! the queue off, and sleeps while it is empty.
//! - [`garbage`]: what has lost its owners goes; foreground and orphan deletions come to their end.
//! - [`namespaces`]: they are there before what is in them, and go after it.
//! - [`definitions`]: a CustomResourceDefinition begins to be served when it is stored, and goes after its objects.
//! - [`budgets`]: the status of PodDisruptionBudgets.
//! - [`expiry`]: Events go after an hour.

pub mod budgets;
pub mod definitions;
pub mod expiry;
pub mod garbage;
pub mod keeper;
pub mod namespaces;
pub mod notice;
pub mod queue;
