//! The place of the engine that lives in this process.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::engine::context::Engine;

/// The place of the engine that lives in this process: taken from the start, later, or never.
#[derive(Clone, Default)]
pub struct Seat(Arc<OnceLock<Arc<Engine>>>);

impl fmt::Debug for Seat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.get().is_some() { "Seat(taken)" } else { "Seat(empty)" })
    }
}

impl From<Arc<Engine>> for Seat {
    fn from(engine: Arc<Engine>) -> Self {
        Self(Arc::new(OnceLock::from(engine)))
    }
}

impl Seat {
    /// The engine, if it is there.
    pub fn get(&self) -> Option<&Arc<Engine>> {
        self.0.get()
    }

    /// Gives the place to an engine; whoever has it keeps it.
    pub fn take(&self, engine: Arc<Engine>) {
        self.0.get_or_init(|| engine);
    }
}
