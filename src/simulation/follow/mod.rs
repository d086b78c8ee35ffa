//! Another cloud's servers, followed closely enough to have insides.
//!
//! What boots on them is decided by the user data that they were made with, which no service gives back. So whoever makes
//! them does it through [`cloud`], which keeps it, and keeps what it sees of servers, ports, balancers and names as it
//! passes by: nothing is asked for that the engine does not ask for anyway. [`seen`] is what was seen last, [`orders`] what
//! servers were made with, where that is kept beyond the process.

pub mod cloud;
pub mod orders;
pub mod seen;
