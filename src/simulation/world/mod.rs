//! What has been made on a site, service by service.
//!
//! [`state`] holds it all behind one lock; [`servers`], [`network`], [`balancers`] and [`projects`] are what each
//! service does; [`timeline`] is how a thing changes with time while nobody looks.

pub mod balancers;
pub mod network;
pub mod projects;
pub mod servers;
pub mod state;
pub mod timeline;
