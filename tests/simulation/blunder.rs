//! Planted bugs: each breaks one invariant, and the search has to find it.

use kaasboard::planning::policy::Mistake;

use crate::day::Day;
use crate::mishaps::Mishap;

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

/// A bug, the invariant that it breaks, and a day on which it shows.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    pub breaks: &'static str,
    pub planted: Planted,
    pub day: Day,
}

const fn around(breaks: &'static str, blunder: Blunder, day: Day) -> Bug {
    Bug { breaks, planted: Planted::Around(blunder), day }
}

const fn inside(breaks: &'static str, mistake: Mistake, day: Day) -> Bug {
    Bug { breaks, planted: Planted::Inside(mistake), day }
}

/// The bugs: for each invariant at least one.
pub const BUGS: [Bug; 11] = [
    around("I1", Blunder::AsksTwice, Day::Usual),
    around("I2", Blunder::ForgetsPorts, Day::Usual),
    around("I3", Blunder::DeletesByName, Day::Usual),
    inside("I7", Mistake::MakesTooMany, Day::Usual),
    inside("I8", Mistake::IgnoresOutages, Day::Of(Mishap::Zone)),
    inside("I8", Mistake::IgnoresDeadHosts, Day::Of(Mishap::Host)),
    inside("I9", Mistake::NeedsNoFence, Day::Of(Mishap::Kubelet)),
    inside("I12", Mistake::IgnoresHolds, Day::Holds),
    inside("I13", Mistake::WaitsInSilence, Day::Of(Mishap::Image)),
    around("I14", Blunder::StaysDeaf, Day::Deaths),
    inside("I15", Mistake::ReportsAlways, Day::Quiet),
];
