//! The only place where the console's state changes.
//!
//! [`apply`] takes a message and answers effects. [`keys`] finds out what a key means, [`moves`] goes from row to row and
//! from screen to screen. [`acts`] asks the engine for something, [`plans`] shows what it would do and approves it, [`bulk`]
//! approves many in waves, [`brakes`] stops the engine, [`journal`] is about what was asked already, [`faults`] lets
//! something go wrong in a sandbox. [`dialogs`] takes the keys of what stands over the screen, [`palette`] finds actions and
//! objects by name, with what [`fits`] the letters. [`prepare`] works out afterwards what the screen will show.

pub mod acts;
pub mod apply;
pub mod brakes;
pub mod bulk;
pub mod dialogs;
pub mod faults;
pub mod fits;
pub mod journal;
pub mod keys;
pub mod moves;
pub mod palette;
pub mod plans;
pub mod prepare;
