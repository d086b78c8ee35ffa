//! Planted bugs: each breaks one invariant, and the search has to find it.

use kaasboard::planning::policy::Mistake;

/// A bug in what stands between the engine and the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blunder {
    /// A client that asks for a server a second time if it feels like it.
    AsksTwice,
    /// A client that takes a port for gone as soon as it is asked to delete it.
    ForgetsPorts,
    /// A client that deletes all servers of a name.
    DeletesByName,
    /// A watch of machines that is never opened again.
    StaysDeaf,
}

/// A bug, wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Around the engine.
    Around(Blunder),
    /// In its planner, where no wrapper can put one.
    Inside(Mistake),
}

/// The bugs, each with the invariant that it breaks.
pub const PLANTED: [(&str, Planted); 9] = [
    ("I1", Planted::Around(Blunder::AsksTwice)),
    ("I2", Planted::Around(Blunder::ForgetsPorts)),
    ("I3", Planted::Around(Blunder::DeletesByName)),
    ("I7", Planted::Inside(Mistake::MakesTooMany)),
    ("I9", Planted::Inside(Mistake::NeedsNoFence)),
    ("I12", Planted::Inside(Mistake::IgnoresHolds)),
    ("I13", Planted::Inside(Mistake::WaitsInSilence)),
    ("I14", Planted::Around(Blunder::StaysDeaf)),
    ("I15", Planted::Inside(Mistake::ReportsAlways)),
];
