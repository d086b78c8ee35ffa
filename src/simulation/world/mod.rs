//! What has been made on a site, service by service.
//!
//! [`state`] holds it all behind one lock; [`servers`], [`hosts`], [`network`], [`balancers`], [`projects`] and
//! [`volumes`] are what each service does; [`clusters`] is what belongs to which user cluster, and [`ground`] what its inside stands
//! on; [`timeline`] is how a thing changes with time while nobody looks.

pub mod balancers;
pub mod clusters;
pub mod ground;
pub mod hosts;
pub mod network;
pub mod projects;
pub mod servers;
pub mod state;
pub mod timeline;
pub mod volumes;
