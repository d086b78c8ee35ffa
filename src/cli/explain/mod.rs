//! `kaasboard explain`: why something is as it is, as a chain of evidence from what the objects and the engine say.
//!
//! It begins in [`run`]; `evidence` is of the object itself and of its loop, `around` of what belongs to it and what it is part of, and
//! `incident` of a cause that many objects share.

mod around;
mod evidence;
mod incident;
pub mod run;
