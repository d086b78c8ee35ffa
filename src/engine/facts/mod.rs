//! What the engine tells of itself over HTTP: its loops, its metrics, and whether it is well.
//!
//! - [`glance`]: all that a console shows, as JSON; [`shared`] writes the turns in it.
//! - [`ask`]: asks the engine that leads in another process.
//! - [`loops`]: the turns of the loops, as JSON.
//! - [`leaks`]: what in the cloud belongs to nobody, as JSON.
//! - [`metrics`]: numbers, in the text format of OpenMetrics.
//! - [`volumes`]: the volumes of all clusters, as JSON.
//! - [`serve`]: the server.

pub mod ask;
pub mod glance;
pub mod leaks;
pub mod loops;
pub mod metrics;
pub mod serve;
pub mod shared;
pub mod volumes;
