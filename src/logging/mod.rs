//! The log: a file in the state directory, never the terminal.
//!
//! The file is readable by its owner alone, its size and number are bounded, and whoever logs never waits for
//! the disk: what the writer cannot take is counted and dropped. `KAASBOARD_LOG` says how much is written.
//! Secrets have no place in it: types that hold one do not show it, and the parts of the HTTP stack that would
//! print headers stay silent whatever the variable says.

pub mod level;
mod rolling;
pub mod start;
