//! What the engine tells of itself over HTTP: its loops, its metrics, and whether it is well.
//!
//! - [`loops`]: the turns of the loops, as JSON.
//! - [`metrics`]: numbers, in the text format of OpenMetrics.
//! - [`serve`]: the server.

pub mod loops;
pub mod metrics;
pub mod serve;
