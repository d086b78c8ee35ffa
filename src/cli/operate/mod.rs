//! What is asked of the engine: Operations, written down, planned, shown, confirmed and followed.
//!
//! - [`arguments`]: what can be typed.
//! - [`requests`]: what was typed, as Operations that are to be made.
//! - [`brake`]: the requests of `brake`, `cancel` and `approve`.
//! - [`go`]: the way of an Operation from its request to its end.
//! - [`journal`]: the Operations as objects of the manager.
//! - [`run`]: what each command does.
//! - [`show`]: plans for people.
//! - [`confirm`]: the questions to a person.
//! - [`follow`]: the progress that is told.
//! - [`signals`]: what a person ends a command with.

pub mod arguments;
pub mod brake;
pub mod confirm;
pub mod follow;
pub mod go;
pub mod journal;
pub mod requests;
pub mod run;
pub mod show;
pub mod signals;
