//! The command line: one file per subcommand.
//!
//! Each subcommand answers with nothing or a [`failure::Failure`], which carries its exit code and says what
//! failed, on what, why, and what to do. Results go to stdout, everything else to stderr.
//!
//! What can be typed is in [`arguments`], and beside each subcommand. What several of them share: [`connect`] is the way to
//! a manager and how much may be done with it, [`kinds`], [`target`] and [`objects`] are what people name, [`documents`] the
//! YAML they hand in, and [`output`] writes. [`trouble`] tells why the manager
//! did not answer. [`loops`], [`volumes`] and [`leaks`] are what `get` shows beside objects: they are
//! asked, with [`engine_facts`], of the [`leader`]. The verbs that ask something of the engine are all in [`operate`].
//! `joining` is the engine beside a console, `door` the way into a sandbox from outside, [`player`] plays a story, and [`audience`] are those before whom it is played.

pub mod apply;
pub mod arguments;
pub mod audience;
pub mod bootstrap_data;
pub mod completions;
pub mod config;
pub mod connect;
pub mod console;
pub mod crds;
pub mod doctor;
pub mod documents;
mod door;
pub mod engine;
pub mod engine_facts;
pub mod explain;
pub mod failure;
pub mod fault;
pub mod get;
mod joining;
pub mod kinds;
pub mod kubeconfig;
pub mod leader;
pub mod leaks;
pub mod loops;
pub mod manager;
pub mod objects;
pub mod operate;
pub mod output;
pub mod player;
pub mod sandbox;
pub mod screen;
pub mod target;
pub mod trouble;
pub mod volumes;
pub mod walkthrough;
