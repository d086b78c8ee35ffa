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
    /// Look whether there is a sandbox behind the manager, whose faults can be chosen.
    LookForLab,
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

/// What a person lets go wrong in the sandbox, or be right again: an entry of the list that `kaasboard faults` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultWish {
    /// The entry's name; without one, all there are.
    pub name: Option<String>,
    /// What the entry is to say; without, it is taken away.
    pub entry: Option<String>,
}
