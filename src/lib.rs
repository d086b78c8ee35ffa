//! `kaasboard`: a terminal operations console for a Kubernetes as a Service, with its engine inside.
//!
//! This page is the map of the crate. It says where things are and which way they depend on each other; what each
//! of them does is said where it is.
//!
//! # Three ideas
//!
//! 1. **Observe, plan, act, report.** The engine has one loop. A planner without I/O compares what is wanted with
//!    what was observed and answers with steps, findings and reasons for waiting. A fault is a difference like any
//!    other, so healing, upgrading and scaling have no code of their own outside the planner.
//! 2. **Message, update, view.** The console's state changes in one function; what it wants done leaves that function
//!    as data.
//! 3. **Real or embedded, behind the same seam.** All records live in a *Manager Kubernetes*: some Kubernetes API, or
//!    the one in [`manager`]. Servers come from OpenStack or from a simulated world. [`startup`] puts them together, and
//!    the engine cannot tell which they are.
//!
//! # Two walks
//!
//! *A key press* becomes an action, the action a message, and the message an effect: an Operation written to the
//! manager. The engine plans it and writes the plan down; the screen shows it; a person confirms; the engine carries
//! it out, and its writes come back through a watch as the next frame.
//!
//! *A fault* is first seen as something missing or changed: a node that reports no more, a server in the wrong state.
//! The next pass of the loop finds the difference, waits as long as the policy says, and either acts, one step a pass,
//! or says what keeps it from acting. Records, conditions and the console tell the same story with the same names.
//!
//! # Rooms
//!
//! The first page of each room (its `mod.rs`) says what is in it, file by file.
//!
//! | module | what | imports |
//! |---|---|---|
//! | [`clock`] | the only reader of time; tests pause it | – |
//! | [`settings`] | `config.toml`: found, merged, checked | – |
//! | [`logging`] | the log file | clock |
//! | [`api`] | the kinds as Custom Resources, and the checked types that they are built of | clock |
//! | [`manager`] | the embedded Kubernetes API; knows no kind of ours | clock |
//! | [`cloud`] | what the engine asks of a cloud: types, errors, one trait | api, clock |
//! | [`cloud::openstack`] | the real cloud, the only user of its client | cloud, api, clock |
//! | [`workload`] | what the engine asks of a user cluster, and its real side: API servers and etcd over the network | api, clock |
//! | [`bootstrap`] | the user data of servers: PKI, cloud-init, kubeadm, etcd | api, clock |
//! | [`planning`] | the planner, pure: what is to be done, and every reason for not doing it | api, clock, the cloud's types |
//! | [`engine`] | the loops: observe, plan, act, report; the Lease; what it tells over HTTP | api, planning, the seams, bootstrap, clock |
//! | [`simulation`] | a cloud and user clusters of plain data, with a clock, a seed and faults | the seams, manager, api, clock |
//! | [`console`] | the screen, the only user of a terminal library | api, planning, engine, settings, clock; its fault lab the simulation |
//! | [`startup`] | the composition root: puts the real or the embedded parts together | everything |
//! | [`cli`] | the command line: one file per subcommand | everything |
//!
//! The seams are [`cloud`] and [`workload`]. `main.rs` reads the arguments, calls one file of [`cli`], and turns its
//! failure into a message and an exit code.
//!
//! What is not in the "imports" column is not imported: `tests/house` reads the sources and holds that, together with
//! the lengths of files and functions and the calls that have no place outside their module.

pub mod api;
pub mod bootstrap;
pub mod cli;
pub mod clock;
pub mod cloud;
pub mod console;
pub mod engine;
pub mod logging;
pub mod manager;
pub mod planning;
pub mod settings;
pub mod simulation;
pub mod startup;
pub mod workload;
