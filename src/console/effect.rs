//! What the console wants done outside itself, as data.

use super::gate::Permitted;
use super::rows::row::Target;
use crate::api::operation::Operation;

/// Something to be done outside the console's state.
#[derive(Debug)]
pub enum Effect {
    /// Change something. Only the gate makes these.
    Write(Permitted),
    /// Read an object.
    Load(Target),
    /// Read what a server wrote to its console.
    LoadConsoleLog(Target),
    /// Put a text on the clipboard of the person's terminal.
    Copy(String),
    /// Switch the mouse on or off.
    Mouse(bool),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back to the shell until `fg`.
    Suspend,
    /// Leave.
    Quit,
}

/// Something that changes what is outside the console.
#[derive(Clone, Debug)]
pub enum Write {
    /// Write Operations down, so that the engine plans them.
    Propose {
        /// By what the answer is known among others.
        request: u64,
        /// What it is about, for people, with the Operation.
        operations: Vec<(String, Operation)>,
    },
    /// Write Operations down that need no approval: the engine carries them out once it sees them.
    File {
        /// What it is about, for people, with the Operation.
        operations: Vec<(String, Operation)>,
        /// Those with which their plans were looked at. They go.
        looked_at: Vec<Name>,
    },
    /// Approve plans.
    Approve(Vec<Approve>),
    /// Stop Operations, or take back what was only proposed.
    Cancel(Vec<Name>),
    /// Say who is on an Incident.
    Acknowledge {
        /// The Incident.
        incident: String,
        /// Who.
        by: Option<String>,
    },
    /// Let something go wrong in a sandbox, or be right again.
    Fault(FaultWish),
}

/// The plan of one Operation that is approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approve {
    /// Which.
    pub name: Name,
    /// The hash of its plan.
    pub plan_hash: String,
    /// Who approves.
    pub by: String,
}

/// The name of an Operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What a person lets go wrong in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultWish {
    /// A virtual machine crashes.
    ServerDies {
        /// Its id.
        server: String,
    },
    /// A kubelet stops or runs again.
    Kubelet {
        /// The id of its server.
        server: String,
        /// Stopped or running.
        stopped: bool,
    },
    /// A hypervisor goes down or comes back.
    Host {
        /// Its name.
        host: String,
        /// Down or back.
        down: bool,
    },
    /// A zone goes dark or comes back.
    Zone {
        /// Its name.
        zone: String,
        /// Dark or back.
        down: bool,
    },
    /// An image stops booting, or boots again.
    Image {
        /// Its name.
        image: String,
        /// Broken or mended.
        broken: bool,
    },
    /// Balancers stay in PENDING, or no longer.
    Balancers {
        /// Stuck or not.
        stuck: bool,
    },
    /// The compute API fails half of its calls, or none.
    ComputeErrors {
        /// Failing or not.
        failing: bool,
    },
    /// The next servers find no host.
    NoValidHost {
        /// How many.
        servers: u32,
    },
    /// Everything is right again.
    AllWell,
}
