//! What a person ends a command with.

use tokio::signal::unix::{Signal, SignalKind};

use crate::cli::failure::Failure;
use crate::cli::manager::listen_for;

/// Ctrl-C, a termination, and a terminal that is gone.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Listens from now on: none of them ends the process by itself any more.
    ///
    /// # Errors
    /// When the operating system does not let us.
    pub fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: listen_for(SignalKind::interrupt())?,
            terminate: listen_for(SignalKind::terminate())?,
            hang_up: listen_for(SignalKind::hangup())?,
        })
    }

    /// Comes true with the first of them.
    pub async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
