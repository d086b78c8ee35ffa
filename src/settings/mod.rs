//! The settings: where they are found, how they are merged with the defaults, and how they are checked.
//!
//! One file, `config.toml` in the platform's configuration directory, names *contexts*: a Manager Kubernetes
//! and a cloud, and how much may be done there. `KAASBOARD_CONFIG` names another file. No file, or an empty
//! one, means the sandbox.
//!
//! Everything wrong with a file is reported at once, each with its line, its column, the text in question and
//! the nearest valid word. What comes out of [`load`] has been checked and cannot fail later for reasons that
//! could have been seen in the file.
//!
//! This module imports nothing of ours. Words that belong to others (the names of the themes) are handed to it.

mod check;
pub mod context;
pub mod error;
mod fields;
pub mod load;
pub mod person;
pub mod places;
pub mod problem;
pub mod show;
pub mod words;
